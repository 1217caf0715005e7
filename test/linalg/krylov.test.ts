/**
 * Equations whose operator is a program, against direct solutions.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import {
  add,
  grad,
  hessian,
  jit,
  jvp,
  Linalg,
  matmul,
  mul,
  pad,
  sin,
  slice,
  sub,
  sum,
  Tensor,
  transpose,
  vmap
} from "wengert"
import { expectClose, expectFailure, expectSame, untyped, valuesOf } from "../grad/support/run.ts"
import { random, randomMatrix, run, type X } from "./support/matrices.ts"

type V = Tensor<[3], "float64">
type M = Tensor<[3, 3], "float64">
type Solve = (a: M, b: V) => Effect.Effect<V, any>

const definite: M = Tensor.make([[4, 1, 0], [1, 3, 1], [0, 1, 2]])
const general: M = Tensor.make([[4, 1, 0], [-2, 3, 1], [0.5, 1, -2]])
const b: V = Tensor.make([1, 2, 3])
const direct: Solve = (a, b) => Linalg.solve(a, b)

/** The symmetric part, so that every derivative by it is one along symmetric matrices. */
const symmetric = (a: M) => mul(add(a, transpose(a)), 0.5)

describe.each<readonly [string, M, Solve, Solve]>([
  [
    "cg",
    definite,
    (a, b) => Linalg.cg((x: V) => matmul(symmetric(a), x), b),
    (a, b) => Linalg.solve(symmetric(a), b)
  ],
  ["gmres", general, (a, b) => Linalg.gmres((x: V) => matmul(a, x), b), direct],
  [
    "gmres, restarted",
    general,
    (a, b) => Linalg.gmres((x: V) => matmul(a, x), b, { restart: 2, maxSteps: 400 }),
    direct
  ]
])("%s", (_, a, iterated, direct) => {
  const scalar = (solve: Solve) => (a: M, b: V) => sum(sin(solve(a, b)))

  it("solves", () => expectSame(iterated(a, b), direct(a, b), 1e-9))

  it("has the gradients of the solution, by operator and right hand side", () => {
    const both = { argnums: [0, 1] } as const
    expectSame(grad(scalar(iterated), both)(a, b), grad(scalar(direct), both)(a, b), 1e-8)
  })

  it("has its second derivatives", () => {
    expectSame(hessian(scalar(iterated))(a, b), hessian(scalar(direct))(a, b), 1e-8)
  })

  it("has its directional derivatives", () => {
    const along = (solve: Solve) => jvp(solve, [a, b], [Tensor.make([[1, 2, 0], [0, -1, 1], [2, 0, 1]]), b])
    expectSame(along(iterated), along(direct), 1e-8)
  })

  it("in a batch, and compiled", () => {
    const many = Tensor.make([[1, 2, 3], [0, 0, 0], [3, -2, 1]])
    const f = (solve: Solve) => vmap((b: V) => solve(a, b))(many)
    expectSame(f(iterated), f(direct), 1e-9)
    expectSame(jit((b: V) => iterated(a, b))(b), direct(a, b), 1e-9)
  })
})

describe("trees", () => {
  interface Pair {
    readonly u: Tensor<[2], "float64">
    readonly v: Tensor<[], "float64">
  }
  const right: Pair = { u: Tensor.make([3, 5]), v: Tensor.make(4) }
  // u₀ + v, 2u₁, u₀ − v
  const operator = ({ u, v }: Pair) =>
    Effect.gen(function*() {
      const first = yield* sum(mul(u, Tensor.make([1, 0])))
      const image: Pair = {
        u: yield* add(mul(u, Tensor.make([1, 2])), mul(v, Tensor.make([1, 0]))),
        v: yield* sub(first, v)
      }
      return image
    })

  it("in, and out", () => expectClose(Linalg.gmres(operator, right), { u: [3.5, 2.5], v: -0.5 }))

  it("starts where it is told, and then takes no step", () => {
    const start: Pair = { u: Tensor.make([3.5, 2.5]), v: Tensor.make(-0.5) }
    expect(valuesOf(Linalg.gmres(operator, right, { start, maxSteps: 1 }))).toEqual({ u: [3.5, 2.5], v: -0.5 })
  })
})

it("a large system without its matrix: the second difference of 200 numbers", () => {
  const n = 200
  const next = random(3)
  const x: X = Tensor.make(Array.from({ length: n }, next))
  const second = (x: X): Effect.Effect<X, any> => {
    const inner = sub(mul(2.5, x), add(pad(slice(x, [1, n]), [[0, 1]]), pad(slice(x, [0, n - 1]), [[1, 0]])))
    return untyped(inner)
  }
  expectSame(Linalg.cg(second, run(second(x))), Effect.succeed(x), 1e-8)
  expectSame(Linalg.gmres(second, run(second(x))), Effect.succeed(x), 1e-8)
})

it("what does not arrive is NaN", () => {
  const a = randomMatrix(3, 3, 5)
  expectClose(Linalg.cg((x: V) => matmul(definite, x), b, { maxSteps: 1 }), [NaN, NaN, NaN])
  expectClose(Linalg.gmres((x: V) => untyped<Effect.Effect<V>>(matmul(a, x)), b, { restart: 1, maxSteps: 2 }), [
    NaN,
    NaN,
    NaN
  ])
  // a singular operator
  expectClose(Linalg.cg((x: V) => mul(x, Tensor.make([1, 1, 0])), b), [NaN, NaN, NaN])
})

it("refuses what is no system", () => {
  expectFailure(Linalg.cg(untyped<(x: V) => Effect.Effect<V>>((x: V) => sum(x)), b), "TreeMismatchError", "Linalg.cg")
  expectFailure(Linalg.cg((x: V) => mul(x, 2), b, { rtol: -1 }), "ArgumentError", "Linalg.cg", "rtol", "-1")
  expectFailure(Linalg.cg((x: V) => mul(x, 2), b, untyped({ restart: 2 })), "ArgumentError", "Linalg.cg", "restart")
  expectFailure(Linalg.gmres((x: V) => mul(x, 2), b, { restart: 0 }), "ArgumentError", "Linalg.gmres", "restart", "0")
  expectFailure(
    Linalg.gmres(untyped<(x: V) => Effect.Effect<V>>(3), b),
    "ArgumentError",
    "Linalg.gmres requires a function"
  )
})

/**
 * Derivatives of solutions by their equations, compared with those of a solver that is written out.
 */
import { Effect, Ref } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  abs,
  add,
  cast,
  cos,
  div,
  fixedPoint,
  forLoop,
  grad,
  greater,
  hessian,
  implicitRoot,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  matmul,
  max,
  mul,
  pow,
  scan,
  sin,
  square,
  sub,
  sum,
  tanh,
  Tensor,
  vjp,
  vmap,
  whileLoop
} from "wengert"
import { expectClose, expectSame, run, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type V = Tensor<[2], "float64">
type Program = Effect.Effect<Scalar, OpError>
type F = (x: Scalar) => Program

const scalar = (x: number): Scalar => Tensor.make(x)

/** Newton's iteration, for a given number of steps: a solver that can be written out, and differentiated. */
const newton = (steps: number) => (equation: F, start: Scalar): Program =>
  forLoop(0, steps, (_, x: Scalar) =>
    Effect.gen(function*() {
      const [y, slope] = yield* jvp(equation, [x], [scalar(1)])
      return yield* sub(x, div(y, slope))
    }), start)

/** The same until it has converged: it has no reverse mode. */
const converging = (equation: F, start: Scalar): Program =>
  whileLoop((x: Scalar) => Effect.flatMap(equation(x), (y) => greater(abs(y), 1e-13)), (x) =>
    Effect.gen(function*() {
      const [y, slope] = yield* jvp(equation, [x], [scalar(1)])
      return yield* sub(x, div(y, slope))
    }), start)

/** Kepler's equation E − e·sin E = M, for E. */
const kepler = (anomaly: Scalar, { e, m }: { readonly e: Scalar; readonly m: Scalar }) =>
  sub(sub(anomaly, mul(e, sin(anomaly))), m)

describe("implicitRoot", () => {
  const root = implicitRoot((x: Scalar, p: Scalar) => sub(square(x), p), newton(40))
  const solve: F = (p) => root(scalar(1), p)

  it("√p and its derivatives to the third order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (n) => {
        const p = n / 4
        expectClose(solve(scalar(p)), Math.sqrt(p))
        expectClose(grad(solve)(scalar(p)), 0.5 * p ** -0.5)
        expectClose(grad(grad(solve))(scalar(p)), -0.25 * p ** -1.5)
        expectClose(grad(grad(grad(solve)))(scalar(p)), 0.375 * p ** -2.5, 1e-8)
      }),
      { numRuns: 4 }
    )
  })

  it("Kepler's equation: a tree of parameters, against the solver written out", () => {
    const f = (p: { readonly e: Scalar; readonly m: Scalar }) => implicitRoot(kepler, newton(20))(scalar(1), p)
    const unrolled = (p: { readonly e: Scalar; readonly m: Scalar }) => newton(20)((x) => kepler(x, p), scalar(1))
    const at = { e: scalar(0.3), m: scalar(1.2) }
    expectSame(f(at), unrolled(at))
    expectSame(grad(f)(at), grad(unrolled)(at))
    const third = (g: typeof f) =>
      grad(({ e, m }: typeof at) => grad((e: Scalar) => grad((m: Scalar) => g({ e, m }))(m))(e))
    expectSame(third(f)(at), third(unrolled)(at), 1e-8)
  })

  it("the solver is not differentiated: it need not have a reverse mode", () => {
    const f: F = (p) => implicitRoot((x: Scalar, p: Scalar) => sub(square(x), p), converging)(scalar(1), p)
    expectClose(grad(f)(scalar(9)), 1 / 6)
    expectClose(grad(grad(f))(scalar(9)), -1 / 108)
    // nor to be written in ops alone
    const bisecting: F = (p) =>
      implicitRoot((x: Scalar, p: Scalar) => sub(square(x), p), (equation: F, start: Scalar) =>
        Effect.gen(function*() {
          let x = start
          for (let i = 0; i < 200; i++) {
            const [y, slope] = yield* jvp(equation, [x], [scalar(1)])
            x = yield* sub(x, mul(0.5, div(y, slope)))
          }
          return x
        }))(scalar(1), p)
    expectClose(grad(bisecting)(scalar(9)), 1 / 6)
  })

  it("the start has no influence: its gradient is zero", () => {
    expect(valuesOf(grad(root, { argnums: [0, 1] })(scalar(3), scalar(4)))).toEqual([0, 0.25])
    expectClose(Effect.flatMap(vjp(root, scalar(3), scalar(4)), ([, pull]) => pull(scalar(2))), [0, 0.5])
  })

  it("in every mode, in every order of modes", () => {
    const modes: ReadonlyArray<(f: F) => F> = [
      (f) => grad(f),
      (f) => jacrev(f),
      (f) => jacfwd(f),
      (f) => (p) => Effect.map(jvp(f, [p], [scalar(1)]), ([, t]) => t),
      (f) => (p) => Effect.flatMap(linearize(f, p), ([, push]) => push(scalar(1)))
    ]
    for (const outer of modes) {
      expectClose(outer(solve)(scalar(4)), 0.25)
      for (const inner of modes) expectClose(outer(inner(solve))(scalar(4)), -0.25 / 8)
    }
    expectClose(hessian(solve)(scalar(4)), -0.25 / 8)
  })

  it("in batches, loops and branches", () => {
    const ps = [1, 4, 9]
    expectClose(vmap(solve)(Tensor.make(ps)), ps.map(Math.sqrt))
    expectClose(vmap(grad(solve))(Tensor.make(ps)), ps.map((p) => 0.5 / Math.sqrt(p)))
    const twice: F = (p) =>
      Effect.map(scan((c: Scalar) => Effect.map(solve(c), (y) => [y, []] as const), p, null, { length: 2 }), ([c]) => c)
    expectClose(grad(twice)(scalar(16)), 0.25 * 16 ** -0.75)
  })

  it("systems: the unknown may be a vector, or a tree", () => {
    // A·x = b with A = [[4, 1], [2, 3]], solved by Jacobi's iteration written for any linear equation
    const a = Tensor.make([[4, 1], [2, 3]])
    const jacobi = (equation: (x: V) => Effect.Effect<V, OpError>, start: V) =>
      forLoop(0, 200, (_, x: V) => sub(x, mul(0.2, equation(x))), start)
    const f = (b: V) => implicitRoot((x: V, b: V) => sub(matmul(a, x), b), jacobi)(Tensor.zeros([2]), b)
    // A⁻¹ = [[3, −1], [−2, 4]] / 10
    expectClose(f(Tensor.make([1, 2])), [0.1, 0.6])
    expectClose(jacrev(f)(Tensor.make([1, 2])), [[0.3, -0.1], [-0.2, 0.4]])
  })
})

describe("what an equation closes over", () => {
  it("is differentiated like its parameters: in every mode, to the third order, in batches and under jit", () => {
    const given = implicitRoot((x: Scalar, p: Scalar) => sub(mul(x, square(x)), p), newton(40))
    const asParameter: F = (p) => given(scalar(1), p)
    const closedOver: F = (p) =>
      Effect.flatMap(
        mul(p, 1),
        (q) =>
          implicitRoot((x: Scalar, two: Scalar) => sub(mul(x, square(x)), mul(div(two, 2), q)), newton(40))(
            scalar(1),
            scalar(2)
          )
      )
    const transformations: ReadonlyArray<(f: F) => F> = [
      (f) => f,
      (f) => grad(f),
      (f) => jacfwd(f),
      (f) => (p) => Effect.flatMap(linearize(f, p), ([, push]) => push(scalar(1))),
      (f) => grad(grad(f)),
      (f) => jacfwd(grad(f)),
      (f) => grad(grad(grad(f))),
      (f) => jit(grad(f)),
      (f) => grad(jit(f))
    ]
    for (const t of transformations) {
      expectSame(t(closedOver)(scalar(5)), t(asParameter)(scalar(5)), 1e-9)
      expectSame(vmap(t(closedOver))(Tensor.make([2, 5])), vmap(t(asParameter))(Tensor.make([2, 5])), 1e-9)
    }
  })

  it("may be integers, which have no derivative, and another solution", () => {
    // y⁴ = p as x² = y and y² = p, with the exponent 2 given as an integer
    const root: F = (p) => {
      const n = Tensor.make(2, { dtype: "int32" })
      return implicitRoot((x: Scalar, _: Scalar) => sub(pow(x, cast(n, "float64")), p), newton(40))(
        scalar(1),
        scalar(0)
      )
    }
    const fourth: F = (p) => Effect.flatMap(root(p), root)
    expectClose(grad(fourth)(scalar(16)), 0.25 * 16 ** -0.75)
    expectClose(grad(grad(fourth))(scalar(16)), -0.1875 * 16 ** -1.75, 1e-8)
    const counted = (p: Scalar, n: Tensor<[], "int32">) =>
      implicitRoot((x: Scalar, _: Scalar) => sub(mul(x, cast(n, "float64")), p), newton(5))(scalar(1), scalar(0))
    expectClose(vmap(grad(counted), { inAxes: [null, 0] })(scalar(3), Tensor.make([2, 4], { dtype: "int32" })), [
      0.5,
      0.25
    ])
  })

  it("unless it is the solver that closes over it: a solution does not depend on its solver", () => {
    const f = (step: Scalar) =>
      implicitRoot(
        (x: Scalar, p: Scalar) => sub(x, p),
        (equation: F, start: Scalar) => forLoop(0, 3, (_, x: Scalar) => sub(x, mul(step, equation(x))), start)
      )(scalar(1), scalar(2))
    expect(run(Effect.flip(grad(f)(scalar(1))))).toMatchObject({ _tag: "NonDifferentiableError" })
  })
})

describe("fixedPoint", () => {
  const iterate = <X, E>(step: (x: X) => Effect.Effect<X, E>, start: X) =>
    Effect.gen(function*() {
      let x = start
      for (let i = 0; i < 90; i++) x = yield* step(x)
      return x
    })

  it("the fixed point of the cosine, and how it moves, against the iteration written out", () => {
    const step = (x: Scalar, k: Scalar) => cos(mul(k, x))
    const f: F = (k) => fixedPoint(step, iterate)(scalar(0.5), k)
    const unrolled: F = (k) => iterate((x: Scalar) => step(x, k), scalar(0.5))
    const k = scalar(0.9)
    const x = valuesOf(f(k)) as number
    expect(x).toBeCloseTo(Math.cos(0.9 * x), 12)
    // x' = −x·sin(kx) / (1 + k·sin(kx))
    expectClose(grad(f)(k), -x * Math.sin(0.9 * x) / (1 + 0.9 * Math.sin(0.9 * x)))
    expectSame(grad(grad(f))(k), grad(grad(unrolled))(k), 1e-8)
    expectSame(
      vmap(grad(f))(Tensor.make([0.5, 0.9])),
      Effect.map(
        grad(unrolled)(scalar(0.5)),
        (a) => Tensor.make([valuesOf(Effect.succeed(a)) as number, valuesOf(grad(unrolled)(k)) as number])
      )
    )
  })

  it("the third order of a contraction", () => {
    // x = x/2 + p/(2x) is √p
    const f: F = (p) => fixedPoint((x: Scalar, p: Scalar) => mul(0.5, add(x, div(p, x))), iterate)(scalar(1), p)
    expectClose(grad(f)(scalar(4)), 0.25)
    expectClose(grad(grad(f))(scalar(4)), -0.25 / 8)
    expectClose(grad(grad(grad(f)))(scalar(4)), 0.375 / 32, 1e-8)
  })

  it("an equilibrium of a layer with a tree of weights", () => {
    interface Weights {
      readonly w: Tensor<[2, 2], "float64">
      readonly b: V
    }
    const layer = (x: V, { b, w }: Weights) => tanh(add(matmul(w, x), b))
    const at: Weights = { w: Tensor.make([[0.2, -0.3], [0.1, 0.4]]), b: Tensor.make([0.5, -0.2]) }
    const loss = (solve: (p: Weights) => Effect.Effect<V, OpError>) => (p: Weights) =>
      Effect.flatMap(solve(p), (x) => sum(mul(x, max(x))))
    const implicit = loss((p) => fixedPoint(layer, iterate)(Tensor.zeros([2]), p))
    const unrolled = loss((p) => iterate((x: V) => layer(x, p), Tensor.zeros([2])))
    expectSame(grad(implicit)(at), grad(unrolled)(at))
  })

  it("keeps services and failures of the step and of the solver", () => {
    const calls = run(Ref.make(0))
    const step = (x: Scalar, p: Scalar) => Effect.andThen(Ref.update(calls, (n) => n + 1), mul(0.5, add(x, p)))
    expectClose(grad((p: Scalar) => fixedPoint(step, iterate)(scalar(0), p))(scalar(3)), 1)
    expect(run(Ref.get(calls))).toBeGreaterThan(0)
    const failing = fixedPoint(step, () => Effect.fail("no solution" as const))
    expect(run(Effect.flip(failing(scalar(0), scalar(1))))).toBe("no solution")
  })
})

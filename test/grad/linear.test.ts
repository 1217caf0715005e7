/**
 * Transposes of linear functions, as users ask for them.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  abs,
  add,
  cond,
  cos,
  cumsum,
  div,
  einsum,
  exp,
  flip,
  floor,
  gather,
  grad,
  linearTranspose,
  matmul,
  max,
  mean,
  mul,
  neg,
  pad,
  relu,
  reshape,
  scan,
  slice,
  square,
  stack,
  stopGradient,
  sub,
  sum,
  take,
  Tensor,
  tile,
  transpose,
  tril,
  vmap,
  where
} from "wengert"
import { expectClose, expectFailure, expectNumbers, run, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type M = Tensor<[3, 3], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)
const k = Tensor.make([[1, -2, 3], [0, 5, 1], [2, 2, -1]])
const mask = Tensor.make([[true, false, true], [true, true, false], [false, true, true]])

/** Linear functions of a matrix. */
const linear: { readonly [name: string]: (x: M) => Effect.Effect<Tensor, OpError> } = {
  identity: (x) => Effect.succeed(x),
  zero: (x) => mul(x, 0),
  "sums and differences": (x) => sub(add(x, mul(2, x)), neg(x)),
  "a product with a constant": (x) => mul(k, x),
  "a quotient by a constant": (x) => div(x, 3),
  "matrix products": (x) => matmul(matmul(k, x), k),
  einsum: (x) => einsum("ij,jk,ki->i", k, x, k),
  selection: (x) => where(mask, x, 0),
  "selection between two": (x) => where(mask, x, mul(2, transpose(x))),
  "sums over axes": (x) => stack([sum(x, { axis: 0 }), mean(x, { axis: 1 })]),
  "running sums": (x) => cumsum(x, { axis: 1 }),
  "movements": (x) => tile(pad(flip(slice(reshape(x, [9]), [1, 8, 2])), [[1, 2]]), 2),
  "picked elements": (x) =>
    take(gather(x, Tensor.make([[0], [2], [0]], { dtype: "int32" })), Tensor.make([1, 1], { dtype: "int32" }), {
      axis: 1
    }),
  "a triangle": (x) => tril(x),
  "a branch": (x) => cond(Tensor.make(true), () => mul(x, 2), () => mul(x, 3)),
  "a loop": (x) =>
    Effect.flatMap(
      scan((c, row) => Effect.map(add(mul(c, 2), row), (n) => [n, n] as const), Tensor.zeros([3]), x),
      ([c, ys]) => add(c, ys)
    ),
  "a batch": (x) => vmap((row: Tensor<[3], "float64">) => mul(row, sum(Tensor.make([1, 2]))))(x)
}

/** Σ of products of elements. */
const inner = (a: unknown, b: unknown): number =>
  Array.isArray(a)
    ? a.reduce((total: number, v, i) => total + inner(v, (b as ReadonlyArray<unknown>)[i]), 0)
    : (a as number) * (b as number)

const elements = (x: { readonly size: number; readonly shape: ReadonlyArray<number> }) =>
  fc.array(fc.integer({ min: -8, max: 8 }), { minLength: x.size, maxLength: x.size })
    .map((data) => Tensor.make(Float64Array.from(data), { shape: x.shape }))

describe.each(Object.entries(linear))("%s", (_, f) => {
  const x0 = Tensor.zeros([3, 3])
  const y0 = run(f(x0))

  it("⟨y, f(x)⟩ = ⟨fᵀ(y), x⟩", () => {
    fc.assert(
      fc.property(elements(x0), elements(y0), (x, y) => {
        const [back] = valuesOf(linearTranspose(f, x0)(y)) as [unknown]
        expectNumbers(inner(valuesOf(Effect.succeed(y)), valuesOf(f(x))), inner(back, valuesOf(Effect.succeed(x))))
      }),
      { numRuns: 20 }
    )
  })

  it("the transpose of the transpose is the function", () => {
    fc.assert(
      fc.property(elements(x0), (x) => {
        const back = (y: Tensor) => Effect.map(linearTranspose(f, x0)(y), ([ct]) => ct)
        expectNumbers((valuesOf(linearTranspose(back, y0)(x)) as [number])[0], valuesOf(f(x)))
      }),
      { numRuns: 5 }
    )
  })

  it("primals tell types alone: their values do not matter", () => {
    const y = Tensor.make(Float64Array.from({ length: y0.size }, (_, i) => i), { shape: y0.shape })
    const nan = Tensor.make([[NaN, 1, Infinity], [0, 0, 0], [1, 2, 3]])
    expect(valuesOf(linearTranspose(f, nan)(y))).toEqual(valuesOf(linearTranspose(f, x0)(y)))
  })
})

describe("several arguments and trees", () => {
  it("give one cotangent tree for each", () => {
    const f = ({ a, b }: { readonly a: Scalar; readonly b: readonly [Tensor<[2], "float64">] }, c: Scalar) =>
      Effect.all({ p: add(mul(a, b.length), mul(3, c)), q: add(b[0], c) })
    const zero = { a: scalar(0), b: [Tensor.zeros([2])] } as const
    const program = linearTranspose(f, zero, scalar(0))({ p: scalar(10), q: Tensor.make([1, 2]) })
    expect(valuesOf(program)).toEqual([{ a: 10, b: [[1, 2]] }, 33])
  })

  it("works inside of other transformations, with coefficients of theirs", () => {
    const f = (k: Scalar) =>
      Effect.map(linearTranspose((x: Scalar) => mul(x, square(k)), scalar(0))(scalar(5)), ([ct]) => ct)
    expect(valuesOf(grad(f)(scalar(3)))).toBe(30)
    expect(valuesOf(vmap(f)(Tensor.make([1, 2])))).toEqual([5, 20])
  })
})

describe("functions that are not linear", () => {
  const nonlinear: { readonly [name: string]: (x: Scalar) => Effect.Effect<Scalar, OpError> } = {
    square,
    exp,
    cos,
    "x + 1": (x) => add(x, 1),
    "almost x": (x) => add(x, 1e-6),
    "a constant": () => Effect.succeed(scalar(7)),
    abs,
    relu,
    "x·|x|": (x) => mul(x, abs(x)),
    "x/x": (x) => div(x, x),
    floor,
    "x − stop(x)": (x) => sub(x, stopGradient(x)),
    "a maximum": (x) => max(stack([x, mul(2, x)])),
    "a loop": (x) =>
      Effect.map(scan((c, y) => Effect.map(mul(c, y), (n) => [n, []] as const), scalar(1), stack([x, x])), ([c]) => c)
  }

  it("names the first equation that is not linear", () => {
    for (const [f, name] of [[exp, "exp"], [(x: Scalar) => add(mul(2, x), 1), "add"], [square, "mul"]] as const) {
      expectFailure(linearTranspose((x: Scalar) => f(x), scalar(0))(scalar(1)), "NonLinearError", `got ${name}`)
    }
  })

  it.each(Object.entries(nonlinear))("%s is a NonLinearError", (_, f) => {
    expectFailure(
      linearTranspose((x: Scalar) => f(x), scalar(0))(scalar(1)),
      "NonLinearError",
      "linearTranspose requires a linear function"
    )
    expectFailure(linearTranspose((x: Scalar) => f(x), scalar(3))(scalar(1)), "NonLinearError")
  })

  it("a product of two arguments is linear in each alone", () => {
    expectFailure(
      linearTranspose((x: Scalar, y: Scalar) => mul(x, y), scalar(1), scalar(1))(scalar(1)),
      "NonLinearError"
    )
    expectClose(linearTranspose((x: Scalar) => mul(x, scalar(4)), scalar(1))(scalar(2)), [8])
  })
})

/**
 * Prefix sums of any associative operation.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import { add, associativeScan, cos, cumprod, cumsum, exp, grad, matmul, mul, sum, Tensor, trace } from "wengert"
import { expectClose, expectSame, run, untyped, valuesOf } from "./support/run.ts"

const numbers = fc.array(fc.integer({ min: -8, max: 8 }).map((n) => n / 4), { minLength: 1, maxLength: 5 })

describe("associativeScan", () => {
  it("is the prefix sum and product, along any axis, from either end, with its derivatives", () => {
    fc.assert(
      fc.property(numbers, (xs) => {
        const x = Tensor.make(xs)
        const plus = untyped<(a: Tensor, b: Tensor) => Effect.Effect<Tensor, OpError>>(add)
        const times = untyped<(a: Tensor, b: Tensor) => Effect.Effect<Tensor, OpError>>(mul)
        expectSame(associativeScan(plus, x as Tensor), cumsum(x))
        const f = (scanned: (x: Tensor) => Effect.Effect<Tensor, OpError>) => (x: Tensor<[number]>) =>
          sum(mul(scanned(x), cos(x)))
        expectSame(grad(f((x) => associativeScan(times, x)))(x), grad(f((x) => cumprod(x)))(x))
        expectClose(
          associativeScan(plus, x as Tensor, { reverse: true }),
          xs.map((_, i) => xs.slice(i).reduce((a, b) => a + b, 0))
        )
        const square = Tensor.make([xs, xs]) as Tensor
        expectSame(associativeScan(times, square, { axis: -1 }), cumprod(square, { axis: 1 }))
      }),
      { numRuns: 15 }
    )
  })

  it("of operations that do not commute, on trees", () => {
    // affine maps x → a·x + b, composed from the first to the last
    const compose = (f: { readonly a: Tensor; readonly b: Tensor }, g: { readonly a: Tensor; readonly b: Tensor }) =>
      Effect.all({ a: mul(f.a, g.a), b: add(mul(g.a, f.b), g.b) })
    fc.assert(
      fc.property(numbers, (as) => {
        const bs = as.map((a) => 1 - a)
        const byHand = (x: number) => as.map((_, i) => as.slice(0, i + 1).reduce((y, a, k) => a * y + bs[k]!, x))
        const all = associativeScan(compose, { a: Tensor.make(as) as Tensor, b: Tensor.make(bs) as Tensor })
        expectClose(Effect.flatMap(all, ({ a, b }) => add(mul(a, 2), b)), byHand(2))
      }),
      { numRuns: 10 }
    )
    const matrices = Tensor.make([[[0, 1], [1, 1]], [[2, 0], [0, 1]], [[1, 1], [0, 1]]]) as Tensor
    const products = associativeScan(
      (a: Tensor, b: Tensor) => untyped<Effect.Effect<Tensor, OpError>>(matmul(a, b)),
      matrices
    )
    expect(valuesOf(products)).toEqual([[[0, 1], [1, 1]], [[0, 1], [2, 1]], [[0, 1], [2, 3]]])
  })

  it("writes a list that grows with the logarithm of the length", () => {
    const size = (n: number) =>
      run(trace((x: Tensor) => associativeScan((a: Tensor, b: Tensor) => mul(a, exp(b)), x))(Tensor.zeros([n])))
        .equations.length
    expect(size(256) - size(128)).toBe(size(128) - size(64))
  })
})

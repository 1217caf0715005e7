/**
 * Linear equations, as a program like any other: it can be differentiated and batched.
 */
import { Effect } from "effect"
import { concat, div, expandDims, forLoop, oneHot, outer, slice, sub, take } from "wengert"
import type { Tensor } from "wengert"

/** The x with `a·x = b`, by Gauss–Jordan elimination. Without pivoting: for matrices that are positive definite. */
export const solve = <N extends number>(a: Tensor<[N, N], "float64">, b: Tensor<[N], "float64">) =>
  Effect.gen(function*() {
    const augmented: Tensor<[number, number], "float64"> = yield* concat([a, expandDims(b, 1)], 1)
    const reduced = yield* forLoop(0, b.size, (k, m) =>
      Effect.gen(function*() {
        // row k is divided by its pivot, and taken from all others as often as they have column k
        const row = yield* take(m, k, { axis: 0 })
        const unit = oneHot(k, b.size)
        return yield* sub(m, outer(sub(take(m, k, { axis: 1 }), unit), div(row, take(row, k, { axis: 0 }))))
      }), augmented)
    return yield* slice(reduced, null, b.size)
  })

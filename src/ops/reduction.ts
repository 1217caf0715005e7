/**
 * Reductions that are written with other ops, so that their derivatives hold at every order.
 *
 * Options are `axis` (one, several, or by default all) and `keepDims`. Results have the dtype of the operand.
 */
import * as Effect from "effect/Effect"
import type { Step } from "../core/primitive.ts"
import { range, reducedShape } from "../core/shape.ts"
import type { Tensor } from "../core/tensor.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { add, constant, div, mul, sub, where, zeros } from "./algebra.ts"
import { equal, isFinite, logicalNot } from "./comparison.ts"
import { exp, log, sqrt } from "./elementwise.ts"
import { countOf, maxOver, reduction, unreduce } from "./extremum.ts"
import { permute, reshapeTo, sumOver } from "./layout.ts"
import { stopGradient } from "./selection.ts"

export { argmax, argmin, max, min } from "./extremum.ts"

const meanOver = (x: Tensor, axes: ReadonlyArray<number>): Step<Tensor> =>
  div(sumOver(x, axes), countOf(x.shape, axes))

/**
 * The mean. Floats; of nothing it is NaN.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mean, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(mean(Tensor.make([[1, 5], [7, 3]]), { axis: 0 }))) // => tensor([4., 4.], float64)
 * ```
 */
export const mean: Typed.FloatReduction<"mean"> = reduction("mean", "float", meanOver)

/** The products of the first half with the second half, again and again: log n multiplications. */
const prodOver = (x: Tensor, axes: ReadonlyArray<number>): Step<Tensor> =>
  Effect.gen(function*() {
    const shape = reducedShape(x.shape, axes)
    const kept = range(x.shape.length).filter((i) => !axes.includes(i))
    const count = countOf(x.shape, axes)
    const rows = 2 ** Math.ceil(Math.log2(Math.max(count, 1)))
    let y = yield* reshapeTo(yield* permute(x, [...axes, ...kept]), [count, ...shape])
    y = yield* pad(y, [[0, rows - count], ...shape.map(() => [0, 0] as const)], { value: 1 })
    for (let half = rows / 2; half >= 1; half /= 2) y = yield* mul(slice(y, [0, half]), slice(y, [half, 2 * half]))
    return yield* reshapeTo(y, shape)
  })

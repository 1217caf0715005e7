/**
 * Reductions that are written with other ops, so that their derivatives hold at every order.
 *
 * Options are `axis` (one, several, or by default all) and `keepDims`. Results have the dtype of the operand.
 */
import * as Effect from "effect/Effect"
import type { Step } from "../core/primitive.ts"
import { range, reducedShape } from "../core/shape.ts"
import type { Tensor } from "../core/tensor.ts"
import { signed } from "../core/typed/operand.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { constant, div, mul, sub } from "./algebra.ts"
import { logicalNot } from "./comparison.ts"
import { countOf, maxOver, reduction } from "./extremum.ts"
import { permute, reshapeTo, sumOver, unreduce } from "./layout.ts"
import { concatAll, sliceAxis } from "./movement.ts"
import { normOver } from "./norm.ts"
import { stopGradient } from "./selection.ts"
import { logsumexpOver } from "./softmax.ts"

const meanOver = (x: Tensor, axes: ReadonlyArray<number>): Step<Tensor> => div(sumOver(x, axes), countOf(x.shape, axes))

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
export const mean: Typed.FloatReduction<"mean"> = signed(reduction("mean", "float", meanOver))

/** The products of the first half with the second half, again and again: log n multiplications. */
const prodOver = (x: Tensor, axes: ReadonlyArray<number>): Step<Tensor> =>
  Effect.gen(function*() {
    const shape = reducedShape(x.shape, axes)
    const kept = range(x.shape.length).filter((i) => !axes.includes(i))
    const count = countOf(x.shape, axes)
    const rows = 2 ** Math.ceil(Math.log2(Math.max(count, 1)))
    const factors = yield* reshapeTo(yield* permute(x, [...axes, ...kept]), [count, ...shape])
    const ones = yield* constant([rows - count, ...shape], x.dtype, 1)
    let y = yield* concatAll(rows === count ? [factors] : [factors, ones], 0)
    for (let half = rows / 2; half >= 1; half /= 2) {
      y = yield* mul(sliceAxis(y, 0, 0, half), sliceAxis(y, 0, half, 2 * half))
    }
    return yield* reshapeTo(y, shape)
  })

/**
 * The product. Float and int32, which wraps around; of nothing it is 1.
 *
 * Its derivative is the exact leave-one-out product, also where elements are 0. The elements are multiplied in pairs.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { prod, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(prod(Tensor.make([[1, 5], [7, 3]]), { axis: 1 }))) // => tensor([ 5., 21.], float64)
 * ```
 */
export const prod: Typed.Reduction<"prod"> = signed(reduction("prod", "numeric", prodOver))

/**
 * log Σ eˣ without overflow. Floats; of nothing, and of −∞ alone, it is −∞.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { logsumexp, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(logsumexp(Tensor.make([1000, -Infinity])))) // => tensor(1000., float64)
 * ```
 */
export const logsumexp: Typed.FloatReduction<"logsumexp"> = signed(reduction("logsumexp", "float", logsumexpOver))

/** A function of deviations from the mean: NaN of nothing. */
const aboutMean =
  (f: (half: Tensor, axes: ReadonlyArray<number>, count: number) => Step<Tensor>) =>
  (x: Tensor, axes: ReadonlyArray<number>): Step<Tensor> => {
    const count = countOf(x.shape, axes)
    return count === 0
      ? constant(reducedShape(x.shape, axes), x.dtype, NaN)
      : Effect.flatMap(halfDeviations(x, axes, count), (half) => f(half, axes, count))
  }

/**
 * (x − mean x)/2. Taken from the largest element, which changes nothing but makes them exactly 0 where all are equal; and
 * halved, so that no difference overflows.
 */
const halfDeviations = (x: Tensor, axes: ReadonlyArray<number>, count: number): Step<Tensor> =>
  Effect.gen(function*() {
    const half = yield* mul(x, 0.5)
    const largest = yield* stopGradient(maxOver(half, axes))
    const below = yield* sub(half, unreduce(largest, x.shape, axes))
    const mean = yield* sumOver(yield* div(below, count), axes)
    return yield* sub(below, unreduce(mean, x.shape, axes))
  })

/** Σ d·(d/n), with d twice the half: no square overflows that the mean of them does not. */
const varianceOver = aboutMean((half, axes, count) =>
  Effect.flatMap(mul(half, div(half, count / 4)), (terms) => sumOver(terms, axes))
)

/**
 * The variance, the mean of (x − mean x)². Floats; of nothing it is NaN.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, var as variance } from "wengert"
 *
 * console.log(Effect.runSync(variance(Tensor.make([1, 5])))) // => tensor(4., float64)
 * ```
 */
export const variance: Typed.FloatReduction<"var"> = signed(reduction("var", "float", varianceOver))

/**
 * The standard deviation, √var. Floats; of nothing it is NaN. Its derivative is 0 where all elements are equal.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { std, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(std(Tensor.make([1, 5])))) // => tensor(2., float64)
 * ```
 */
export const std: Typed.FloatReduction<"std"> = signed(
  reduction(
    "std",
    "float",
    // ‖d‖/√n
    aboutMean((half, axes, count) =>
      Effect.flatMap(div(half, Math.sqrt(count / 4)), (scaled) => normOver(scaled, axes))
    )
  )
)

/**
 * The 2-norm, √Σx². Floats. Its derivative is x/‖x‖, and 0 at 0.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { norm, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(norm(Tensor.make([3, 4])))) // => tensor(5., float64)
 * ```
 */
export const norm: Typed.FloatReduction<"norm"> = signed(reduction("norm", "float", normOver))

/**
 * Is any element true? Bools; of nothing it is false.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { any, greater, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(any(greater(Tensor.make([1, 5]), 4)))) // => tensor(true, bool)
 * ```
 */
export const any: Typed.BoolReduction<"any"> = signed(reduction("any", "bool", sumOver))

/**
 * Are all elements true? Bools; of nothing it is true.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { all, greater, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(all(greater(Tensor.make([1, 5]), 4)))) // => tensor(false, bool)
 * ```
 */
export const all: Typed.BoolReduction<"all"> = signed(
  reduction("all", "bool", (x, axes) => Effect.flatMap(logicalNot(x), (no) => logicalNot(sumOver(no, axes))))
)

/**
 * Order statistics, and statistics of what is not NaN.
 */
import * as Effect from "effect/Effect"
import { ArgumentError, describe } from "../../core/errors.ts"
import { checkDType, lone, operation } from "../../core/operation.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { listOf, range, reducedShape } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, constant, div, mul, sub, where } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { accepts } from "../define.ts"
import { isNaN, logicalNot } from "../elementwise/comparison.ts"
import { sort } from "../indexing/sorting.ts"
import { permute, reduceWith, reshapeTo, sumOver, unreduce } from "../movement/layout.ts"
import { concatAll, sliceAxis } from "../movement/parts.ts"
import { countOf, reduction } from "./extremum.ts"

/** What is reduced over, flat along a last axis. */
const inLine = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> => {
  const kept = range(x.shape.length).filter((i) => !axes.includes(i))
  return Effect.flatMap(
    permute(x, [...kept, ...axes]),
    (y) => reshapeTo(y, [...reducedShape(x.shape, axes), countOf(x.shape, axes)])
  )
}

/** Between the neighbours at q·(n − 1), linearly; NaN, and with it the derivative, where there is a NaN, or nothing. */
const quantileOver = (q: number) => (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const shape = reducedShape(x.shape, axes)
    const count = countOf(x.shape, axes)
    if (count === 0) return yield* constant(shape, x.dtype, NaN)
    const ordered: Tensor = yield* sort(yield* inLine(x, axes))
    const at = (i: number) => Effect.flatMap(sliceAxis(ordered, shape.length, i, i + 1), (y) => reshapeTo(y, shape))
    const place = q * (count - 1)
    const below = Math.floor(place)
    const above = place - below
    const between = above === 0 ? yield* at(below) : yield* add(mul(at(below), 1 - above), mul(at(below + 1), above))
    // NaNs come last
    const last = yield* at(count - 1)
    return yield* where(isNaN(last), mul(last, NaN), between)
  })

/** The fractions that are asked for. Throws `ArgumentError`. */
const checkFractions = (q: unknown): ReadonlyArray<number> => {
  const all = listOf(q) ?? [q]
  if (all.length > 0 && all.every((n): n is number => typeof n === "number" && n >= 0 && n <= 1)) return all
  const got = all.length === 0 ? "none" : all.map(describe).join(", ")
  throw new ArgumentError({ op: "quantile", message: `quantile requires numbers from 0 to 1, got ${got}` })
}

/**
 * The `q`-quantile, q from 0 to 1: the element at q·(n − 1) in order, between two elements linearly. Several q give as many
 * results along a new first axis.
 *
 * Floats; of nothing, and where there is a NaN, it is NaN. The derivative goes to the elements that it lies between. Fails
 * with `ArgumentError` for another q, and with `AxisError`. Source: Hyndman and Fan, The American Statistician 50 (1996)
 * 361, definition 7.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { quantile, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(quantile(Tensor.make([4, 1, 2, 3]), 0.25))) // => tensor(1.75, float64)
 * ```
 */
export const quantile: Typed.Quantile = signed((x: Operand, q: unknown, options?: Typed.ReductionOptions) =>
  operation("quantile", [x], ([x]) => {
    const tensor = lone(x)
    checkDType("quantile", tensor, accepts.float)
    const fractions = checkFractions(q)
    const one = (n: number) => reduceWith(tensor, options, "quantile", quantileOver(n))
    if (!Array.isArray(q)) return one(fractions[0]!)
    const rows = fractions.map((n) => Effect.flatMap(one(n), (y) => reshapeTo(y, [1, ...y.shape])))
    return Effect.flatMap(Effect.all(rows), (all) => concatAll(all, 0))
  })
)

/**
 * The median: the middle element in order, or the mean of the two in the middle. Floats; of nothing, and where there is a
 * NaN, it is NaN. The derivative goes to the elements that it lies between.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { median, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(median(Tensor.make([[5, 1, 3], [4, 2, 9]]), { axis: 1 }))) // => tensor([3., 4.], float64)
 * ```
 */
export const median: Typed.FloatReduction<"median"> = signed(reduction("median", "float", quantileOver(0.5)))

/** What is not NaN: its mean, and how many there are. */
const present = (x: Tensor, axes: ReadonlyArray<number>) =>
  Effect.gen(function*() {
    const there = yield* logicalNot(isNaN(x))
    const counts = yield* sumOver(yield* castTo(there, x.dtype), axes)
    const mean = yield* div(sumOver(yield* where(there, x, 0), axes), counts)
    return { there, counts, mean }
  })

/**
 * The mean of what is not NaN, which has no influence on it, nor on its derivative. Floats; of nothing it is NaN.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { nanMean, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(nanMean(Tensor.make([1, NaN, 3])))) // => tensor(2., float64)
 * ```
 */
export const nanMean: Typed.FloatReduction<"nanMean"> = signed(
  reduction("nanMean", "float", (x, axes) => Effect.map(present(x, axes), ({ mean }) => mean))
)

/**
 * The variance of what is not NaN, which has no influence on it, nor on its derivative. Floats; of nothing it is NaN.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { nanVar, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(nanVar(Tensor.make([1, NaN, 3])))) // => tensor(1., float64)
 * ```
 */
export const nanVar: Typed.FloatReduction<"nanVar"> = signed(
  reduction("nanVar", "float", (x, axes) =>
    Effect.gen(function*() {
      const { counts, mean, there } = yield* present(x, axes)
      const centred = yield* where(there, sub(x, unreduce(mean, x.shape, axes)), 0)
      return yield* div(sumOver(yield* mul(centred, centred), axes), counts)
    }))
)

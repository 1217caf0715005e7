/**
 * Reductions that are written with other ops, so that their derivatives hold at every order.
 *
 * Options are `axis` (one, several, or by default all) and `keepDims`. Results have the dtype of the operand.
 */
import * as Effect from "effect/Effect"
import { ShapeError, showShape } from "../../core/errors.ts"
import { adapt, checkDType, lone, operation } from "../../core/operation.ts"
import { checkOptions, propertiesOf } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { broadcastShapes, range, reducedShape, sameShape } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { scalar } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, constant, div, mul, sub, where, zeros } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { accepts } from "../define.ts"
import { isFinite, logicalNot } from "../elementwise/comparison.ts"
import { exp, log } from "../elementwise/exponential.ts"
import { stopGradient } from "../elementwise/selection.ts"
import { permute, reduceWith, reshapeTo, sumOver, unreduce } from "../movement/layout.ts"
import { concatAll, sliceAxis } from "../movement/parts.ts"
import { countOf, maxOver, type Reduce, reduction, toOneFloat } from "./extremum.ts"
import { normOver } from "./norm.ts"
import { logsumexpOver } from "./softmax.ts"

/**
 * The sum over `axis`: one axis, several, or (by default) all of them; with `keepDims` they stay, with size 1.
 *
 * Any dtype; int32 wraps around, and of bools it is the number of true ones, in int32. Of nothing it is 0. Fails with
 * `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sum, Tensor } from "wengert"
 *
 * const x = Tensor.make([[1, 2], [3, 4]])
 * console.log(Effect.runSync(sum(x))) // => tensor(10., float64)
 * console.log(Effect.runSync(sum(x, { axis: 0 }))) // => tensor([4., 6.], float64)
 * ```
 */
export const sum: Typed.Sum = signed(
  reduction(
    "sum",
    "any",
    (x, axes) => x.dtype === "bool" ? Effect.flatMap(castTo(x, "int32"), (y) => sumOver(y, axes)) : sumOver(x, axes),
    toOneFloat
  )
)

const meanOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  div(sumOver(x, axes), countOf(x.shape, axes))

/**
 * The mean; of bools the share of true ones, in float64. Floats and bools; of nothing it is NaN.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mean, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(mean(Tensor.make([[1, 5], [7, 3]]), { axis: 0 }))) // => tensor([4., 4.], float64)
 * ```
 */
export const mean: Typed.Mean = signed(
  reduction(
    "mean",
    "countable",
    (x, axes) =>
      x.dtype === "bool" ? Effect.flatMap(castTo(x, "float64"), (y) => meanOver(y, axes)) : meanOver(x, axes),
    toOneFloat
  )
)

/** The products of the first half with the second half, again and again: log n multiplications. */
const prodOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
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
export const prod: Typed.Reduction<"prod"> = signed(reduction("prod", "numeric", prodOver, toOneFloat))

/**
 * What `exp` is shifted by so that it cannot overflow, for rules: the largest element, as a constant. 0 where that is not
 * finite, so that ∞ − ∞ cannot appear.
 */
export const shiftOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  Effect.flatMap(stopGradient(maxOver(x, axes)), (largest) => where(isFinite(largest), largest, zeros(largest)))

/** Throws `DTypeError` unless a mask is bool, and `ShapeError` unless it broadcasts to `x`. */
export const checkMask = (op: string, x: Tensor, mask: Tensor): void => {
  checkDType(op, mask, accepts.bool)
  checkWithin(op, x, mask)
}

/** Throws `ShapeError` unless `y` broadcasts to the shape of `x`. */
const checkWithin = (op: string, x: Tensor, y: Tensor): void => {
  const shapes = [x.shape, y.shape]
  if (sameShape(broadcastShapes(op, shapes), x.shape)) return
  throw new ShapeError({
    op,
    shapes,
    message: `${op} requires options that broadcast to ${showShape(x.shape)}, got ${showShape(y.shape)}`
  })
}

/** log Σ b·eˣ = m + log Σ b·eˣ⁻ᵐ, for any m */
const scaledLogsumexp = (x: Tensor, b: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const shift = yield* shiftOver(x, axes)
    const terms: Tensor = yield* mul(b, exp(sub(x, unreduce(shift, x.shape, axes))))
    return yield* add(log(sumOver(terms, axes)), shift)
  })

/**
 * log Σ eˣ without overflow. Floats; of nothing, and of −∞ alone, it is −∞.
 *
 * With `where`, of the elements where that is true; with factors `b`, log Σ b·eˣ, which is NaN where the sum is negative.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { logsumexp, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(logsumexp(Tensor.make([1000, -Infinity])))) // => tensor(1000., float64)
 * ```
 */
export const logsumexp: Typed.Logsumexp = signed((x: Operand, options?: Typed.LogsumexpOptions) => {
  const op = "logsumexp"
  const given = propertiesOf(options)
  // operands, taken with the others: by default they change nothing
  const [allowed = scalar("bool", 1), b = 1] = [given?.["where"], given?.["b"]] as ReadonlyArray<Operand | undefined>
  return operation(op, [x, allowed, b], ([x, mask, factors]) => {
    const { axis, keepDims } = checkOptions(op, options, {
      axis: "checked",
      keepDims: "checked",
      where: "checked",
      b: "checked"
    })
    const tensor = lone(x)
    checkDType(op, tensor, accepts.float)
    const [kept, scale] = [lone(mask), typeof factors === "number" ? adapt(op, factors, tensor.dtype) : factors]
    checkMask(op, tensor, kept)
    checkDType(op, scale, [tensor.dtype])
    checkWithin(op, tensor, scale)
    const over = (y: Tensor, axes: ReadonlyArray<number>) =>
      given?.["b"] === undefined ? logsumexpOver(y, axes) : scaledLogsumexp(y, scale, axes)
    return reduceWith(tensor, { axis, keepDims }, op, (y, axes) =>
      given?.["where"] === undefined
        ? over(y, axes)
        : Effect.flatMap(where(kept, y, -Infinity), (masked) => over(masked, axes)))
  })
})

/** A function of deviations from the mean: NaN of nothing. */
const aboutMean =
  (f: (half: Tensor, axes: ReadonlyArray<number>, count: number) => OpEffect<Tensor>) =>
  (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> => {
    const count = countOf(x.shape, axes)
    return count === 0
      ? constant(reducedShape(x.shape, axes), x.dtype, NaN)
      : Effect.flatMap(halfDeviations(x, axes, count), (half) => f(half, axes, count))
  }

/**
 * (x − mean x)/2. Taken from the largest element, which changes nothing but makes them exactly 0 where all are equal; and
 * halved, so that no difference overflows.
 */
const halfDeviations = (x: Tensor, axes: ReadonlyArray<number>, count: number): OpEffect<Tensor> =>
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

/** The user's function in front of what n elements give, which is `scale`d where n − ddof of them are counted. */
const deviation =
  (name: string, reduce: Reduce, scale: (factor: number) => number) => (x: Operand, options?: Typed.DeviationOptions) =>
    operation(name, [x], ([x]) => {
      const { axis, ddof = 0, keepDims } = checkOptions(name, options, {
        axis: "checked",
        keepDims: "checked",
        ddof: "number"
      })
      const tensor = lone(x)
      checkDType(name, tensor, accepts.float)
      return reduceWith(tensor, { axis, keepDims }, name, (y, axes) => {
        const count = countOf(y.shape, axes)
        return ddof === 0 ? reduce(y, axes) : mul(reduce(y, axes), scale(count / Math.max(count - ddof, 0)))
      })
    })

/**
 * The variance, the mean of (x − mean x)². Floats; of nothing it is NaN. With `ddof`, the sum is divided by n − ddof instead
 * of n.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, var as variance } from "wengert"
 *
 * console.log(Effect.runSync(variance(Tensor.make([1, 5])))) // => tensor(4., float64)
 * ```
 */
export const variance: Typed.Deviation<"var"> = signed(deviation("var", varianceOver, (factor) => factor))

/**
 * The standard deviation, √var, with the options of `var`. Floats; of nothing it is NaN. Where all elements are equal its
 * derivative is 0, and the second one NaN, as that of `norm` at 0.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { std, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(std(Tensor.make([1, 5])))) // => tensor(2., float64)
 * ```
 */
export const std: Typed.Deviation<"std"> = signed(
  deviation(
    "std",
    // ‖d‖/√n; of one element d is 0 wherever it is, and has no kink
    aboutMean((half, axes, count) =>
      count === 1
        ? sumOver(half, axes)
        : Effect.flatMap(div(half, Math.sqrt(count / 4)), (scaled) => normOver(scaled, axes))
    ),
    Math.sqrt
  )
)

/**
 * The 2-norm, √Σx², without overflow or underflow on the way. Floats. Its derivative is x/‖x‖, and 0 at 0, where the
 * second one depends on the direction: it is NaN there, also in a composition that has one. The square of a norm, whose
 * Hessian is 2·I everywhere, is `sum(square(x))`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { norm, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(norm(Tensor.make([3, 4])))) // => tensor(5., float64)
 * ```
 */
export const norm: Typed.FloatReduction<"norm"> = signed(reduction("norm", "float", normOver, toOneFloat))

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

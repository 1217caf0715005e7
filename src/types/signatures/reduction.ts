/**
 * Signatures of reductions, and of ops that work along an axis.
 */
import type * as Effect from "effect/Effect"
import type { DType } from "../../core/dtype.ts"
import type { OpError } from "../../core/errors.ts"
import type { Shape } from "../../core/shape.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type { Product } from "../arithmetic.ts"
import type { CheckBool, CheckFloat, CheckNumeric } from "../dtype.ts"
import type { CheckTopK, TopK as TopKShape } from "../indexing.ts"
import type { DTypeOf, ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"
import type { Axes, CheckAxes, Reduce } from "../reduction.ts"

/** Which axes a reduction is over (all of them by default), and whether they stay, with size 1. */
export interface ReductionOptions {
  readonly axis?: number | ReadonlyArray<number> | undefined
  readonly keepDims?: boolean | undefined
}

/** The options of ops along one axis that goes away. */
export interface AxisOptions {
  readonly axis?: number | undefined
  readonly keepDims?: boolean | undefined
}

/** The options of ops along one axis that stays. */
export interface AlongOptions {
  readonly axis?: number | undefined
}

/** The options, with the axis checked against the operand's shape. */
type Options<Name extends string, A, Axis, Keep> = GivenAxis<Axis> & {
  readonly axis?: CheckAxes<Name, ShapeOf<A>, Axis, NoInfer<Axis>> | undefined
  readonly keepDims?: Keep | undefined
}

/**
 * Where `Axis` is inferred: from a conditional type beside `undefined`, TypeScript would take `number | number[]` apart.
 * What is a string besides leaves room for the sentence that refuses.
 */
interface GivenAxis<Axis> {
  readonly axis?: Axis | string | undefined
}

/** A reduction that keeps numeric dtypes: `sum`, `prod`, `max`, `min`. */
export interface Reduction<Name extends string> {
  <A extends Operand, const Axis extends Axes = undefined, const Keep extends boolean = false>(
    x: CheckNumeric<Name, SaidBy<A>, A>,
    options?: Options<Name, A, Axis, Keep>
  ): Effect.Effect<Tensor<Reduce<ShapeOf<A>, Axis, Keep>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** A reduction of floats: `mean`, `logsumexp`, `var`, `std`, `norm`. */
export interface FloatReduction<Name extends string> {
  <A extends Operand, const Axis extends Axes = undefined, const Keep extends boolean = false>(
    x: CheckFloat<Name, SaidBy<A>, A>,
    options?: Options<Name, A, Axis, Keep>
  ): Effect.Effect<Tensor<Reduce<ShapeOf<A>, Axis, Keep>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** A reduction of bools: `any`, `all`. */
export interface BoolReduction<Name extends string> {
  <A extends Operand, const Axis extends Axes = undefined, const Keep extends boolean = false>(
    x: CheckBool<Name, SaidBy<A>, A>,
    options?: Options<Name, A, Axis, Keep>
  ): Effect.Effect<Tensor<Reduce<ShapeOf<A>, Axis, Keep>, "bool">, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** A reduction to an index along one axis, or into the flattened operand: `argmax`, `argmin`. */
export interface ArgReduction<Name extends string> {
  <A extends Operand, const Axis extends number | undefined = undefined, const Keep extends boolean = false>(
    x: CheckNumeric<Name, SaidBy<A>, A>,
    options?: Options<Name, A, Axis, Keep>
  ): Effect.Effect<Tensor<Reduce<ShapeOf<A>, Axis, Keep>, "int32">, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** A mask of the elements that count. */
type MaskOperand = boolean | Tensor<any, any> | Effect.Effect<Tensor<any, any>, any, any>

/** Options of `softmax` and `logSoftmax`. */
export interface SoftmaxOptions extends AlongOptions {
  readonly where?: MaskOperand | undefined
}

/** Along one axis, the last by default; the shape stays: `softmax`, `logSoftmax`. */
export interface Softmax<Name extends string> {
  <A extends Operand, const Axis extends number | undefined = undefined, const M extends MaskOperand = boolean>(
    x: CheckFloat<Name, SaidBy<A>, A>,
    options?: { readonly axis?: CheckAxes<Name, ShapeOf<A>, Axis, Axis> | undefined; readonly where?: M | undefined }
  ): Effect.Effect<Tensor<ShapeOf<A>, DTypeOf<A>>, OpError | ErrorOf<A | M>, ServicesOf<A | M>>
}

/** Options of `logsumexp`. */
export interface LogsumexpOptions extends ReductionOptions {
  /** The elements that count, all by default. */
  readonly where?: MaskOperand | undefined
  /** Factors of the terms, 1 by default. */
  readonly b?: Operand | undefined
}

/** log Σ b·eˣ of the elements that count. */
export interface Logsumexp {
  <
    A extends Operand,
    const Axis extends Axes = undefined,
    const Keep extends boolean = false,
    M extends MaskOperand = boolean,
    B extends Operand = number
  >(
    x: CheckFloat<"logsumexp", SaidBy<A>, A>,
    options?: Options<"logsumexp", A, Axis, Keep> & { readonly where?: M | undefined; readonly b?: B | undefined }
  ): Effect.Effect<
    Tensor<Reduce<ShapeOf<A>, Axis, Keep>, DTypeOf<A>>,
    OpError | ErrorOf<A | M | B>,
    ServicesOf<A | M | B>
  >
}

/** Options of `var` and `std`. */
export interface DeviationOptions extends ReductionOptions {
  /** What is subtracted from the number of elements to divide by: 0 by default, 1 for an unbiased variance. */
  readonly ddof?: number | undefined
}

/** The reductions `var` and `std`. */
export interface Deviation<Name extends string> {
  <A extends Operand, const Axis extends Axes = undefined, const Keep extends boolean = false>(
    x: CheckFloat<Name, SaidBy<A>, A>,
    options?: Options<Name, A, Axis, Keep> & { readonly ddof?: number | undefined }
  ): Effect.Effect<Tensor<Reduce<ShapeOf<A>, Axis, Keep>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** The sum, which counts bools in int32. */
export interface Sum {
  <A extends Operand, const Axis extends Axes = undefined, const Keep extends boolean = false>(
    x: A,
    options?: Options<"sum", A, Axis, Keep>
  ): Effect.Effect<
    Tensor<Reduce<ShapeOf<A>, Axis, Keep>, Counted<DTypeOf<A>, "int32">>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** The mean, which of bools is a share in float64. */
export interface Mean {
  <A extends Operand, const Axis extends Axes = undefined, const Keep extends boolean = false>(
    x: SaidBy<A> extends readonly ["bool"] ? A : CheckFloat<"mean", SaidBy<A>, A>,
    options?: Options<"mean", A, Axis, Keep>
  ): Effect.Effect<
    Tensor<Reduce<ShapeOf<A>, Axis, Keep>, Counted<DTypeOf<A>, "float64">>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** The dtype of a result, in which bools are counted in `Count`. */
type Counted<D extends DType, Count extends DType> = [D] extends ["bool"] ? Count : D

/** Along one axis, whose shape stays, or along the flattened operand: `cumsum`, `cumprod`. */
export interface Cumulative<Name extends string> {
  <A extends Operand, const Axis extends number | undefined = undefined>(
    x: CheckNumeric<Name, SaidBy<A>, A>,
    options?: { readonly axis?: CheckAxes<Name, ShapeOf<A>, Axis, Axis> | undefined }
  ): Effect.Effect<Tensor<AlongOrFlat<ShapeOf<A>, Axis>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** The shape along an axis, or flattened where none is given. */
type AlongOrFlat<S extends Shape, Axis> = [Axis] extends [undefined] ? [Product<S>]
  : [Axis] extends [number] ? S
  : Shape

/** Quantiles: one for a number, several along a new first axis for a list. */
export interface Quantile {
  <A extends Operand, const Axis extends Axes = undefined, const Keep extends boolean = false>(
    x: CheckFloat<"quantile", SaidBy<A>, A>,
    q: number,
    options?: Options<"quantile", A, Axis, Keep>
  ): Effect.Effect<Tensor<Reduce<ShapeOf<A>, Axis, Keep>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
  <A extends Operand>(
    x: CheckFloat<"quantile", SaidBy<A>, A>,
    q: ReadonlyArray<number>,
    options?: ReductionOptions
  ): Effect.Effect<Tensor<Shape, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** How to sort: along which axis (the last by default), and in which order. */
export interface SortOptions {
  readonly axis?: number | undefined
  readonly descending?: boolean | undefined
}

interface SortingOptions<Name extends string, A, Axis> {
  readonly axis?: CheckAxes<Name, ShapeOf<A>, Axis, Axis> | undefined
  readonly descending?: boolean | undefined
}

/** The elements along an axis in order. */
export interface Sort {
  <A extends Operand, const Axis extends number | undefined = undefined>(
    x: A,
    options?: SortingOptions<"sort", A, Axis>
  ): Effect.Effect<Tensor<ShapeOf<A>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** The indices that put the elements along an axis in order. */
export interface ArgSort {
  <A extends Operand, const Axis extends number | undefined = undefined>(
    x: A,
    options?: SortingOptions<"argsort", A, Axis>
  ): Effect.Effect<Tensor<ShapeOf<A>, "int32">, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** The largest elements along the last axis, and where they are. */
export interface TopKResult<S extends Shape = Shape, D extends DType = DType> {
  readonly values: Tensor<S, D>
  readonly indices: Tensor<S, "int32">
}

/** The `k` largest along the last axis, in descending order. */
export interface TopK {
  <A extends Operand, const K extends number>(
    x: A,
    k: CheckTopK<ShapeOf<A>, K, K>
  ): Effect.Effect<TopKResult<TopKShape<ShapeOf<A>, K>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/**
 * Signatures of ops that move elements: other axes, other sizes, together and apart.
 */
import type * as Effect from "effect/Effect"
import type { DType } from "../../core/dtype.ts"
import type { OpError } from "../../core/errors.ts"
import type { Shape } from "../../core/shape.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type {
  CheckConcat,
  CheckSplit,
  CheckStack,
  Concat as ConcatShape,
  Split as SplitShapes,
  Stack as StackShape,
  StackFrame
} from "../assembly.ts"
import type { IsBad, IsFound, Refuse, Show } from "../check.ts"
import type { CheckNumeric, ClashAll, JoinAll, NoMix, Settled } from "../dtype.ts"
import type {
  CheckBroadcastTo,
  CheckDiagonal,
  CheckPad,
  CheckReshape,
  CheckTranspose,
  Diagonal as DiagonalShape,
  ExpandDims as ExpandedShape,
  ExpandFrame,
  Pad as PaddedShape,
  Reshape as ReshapedShape,
  SqueezeAll,
  Tile as TiledShape,
  Transpose as TransposedShape
} from "../movement.ts"
import type { DTypeOf, ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"
import type { Axes, CheckAxes, CheckUnitAxes, Reduce, ReduceOver } from "../reduction.ts"
import type { Mutable, SameShape } from "../shape.ts"

/** The same elements with other dims; one of them may be -1. */
export interface Reshape {
  <A extends Operand, const S extends Shape>(
    x: A,
    shape: CheckReshape<ShapeOf<A>, S, S>
  ): Effect.Effect<Tensor<ReshapedShape<ShapeOf<A>, S>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** The axes in another order, reversed by default. */
export interface Transpose {
  <A extends Operand, const P extends Shape | undefined = undefined>(
    x: A,
    axes?: CheckTranspose<ShapeOf<A>, P, P>
  ): Effect.Effect<Tensor<TransposedShape<ShapeOf<A>, P>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** The elements repeated to a larger shape. */
export interface BroadcastTo {
  <A extends Operand, const S extends Shape>(
    x: A,
    shape: CheckBroadcastTo<ShapeOf<A>, S, S>
  ): Effect.Effect<Tensor<Mutable<S>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** Without axes of size 1: those given, or all. */
export interface Squeeze {
  <A extends Operand, const Axis extends Axes = undefined>(
    x: CheckUnitAxes<"squeeze", ShapeOf<A>, Axis, A>,
    axis?: Axis
  ): Effect.Effect<
    Tensor<[Axis] extends [undefined] ? SqueezeAll<ShapeOf<A>> : Reduce<ShapeOf<A>, Axis, false>, DTypeOf<A>>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** With axes of size 1 at these places of the result. */
export interface ExpandDims {
  <A extends Operand, const Axis extends number | ReadonlyArray<number>>(
    x: A,
    axis: CheckAxes<"expandDims", ExpandFrame<ShapeOf<A>, Axis>, Axis, Axis>
  ): Effect.Effect<Tensor<ExpandedShape<ShapeOf<A>, Axis>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

type Shapes<As> = { [K in keyof As]: ShapeOf<As[K]> }
type DTypes<As> = { [K in keyof As]: SaidBy<As[K]> }

/** The dtype of many operands together. */
type JoinOfAll<As> = Settled<JoinAll<DTypes<As>>>

/** The operands' own types, unless their dtypes need a `cast`. */
type CheckDTypes<Name extends string, As, Arg> = IsFound<ClashAll<DTypes<As>>> extends true
  ? NoMix<Name, ClashAll<DTypes<As>>[0], ClashAll<DTypes<As>>[1]>
  : Arg

/** Tensors one after the other along an axis, the first by default. */
export interface Concat {
  <const As extends ReadonlyArray<Operand>, const Axis extends number = 0>(
    xs: CheckConcat<Shapes<As>, Axis, CheckDTypes<"concat", As, As>>,
    axis?: CheckAxes<"concat", Shapes<As>[0], Axis, Axis>
  ): Effect.Effect<
    Tensor<ConcatShape<Shapes<As>, Axis>, JoinOfAll<As>>,
    OpError | ErrorOf<As[number]>,
    ServicesOf<As[number]>
  >
}

/** Tensors of one shape along a new axis, the first by default. */
export interface Stack {
  <const As extends ReadonlyArray<Operand>, const Axis extends number = 0>(
    xs: CheckStack<Shapes<As>, CheckDTypes<"stack", As, As>>,
    axis?: CheckAxes<"stack", StackFrame<Shapes<As>>, Axis, Axis>
  ): Effect.Effect<
    Tensor<StackShape<Shapes<As>, Axis>, JoinOfAll<As>>,
    OpError | ErrorOf<As[number]>,
    ServicesOf<As[number]>
  >
}

/** Tensors of these shapes. */
type Tensors<Ss, D extends DType> = { -readonly [K in keyof Ss]: Ss[K] extends Shape ? Tensor<Ss[K], D> : never }

/** Parts along an axis: so many equal ones, or cut at these indices. */
export interface Split {
  <A extends Operand, const Sections extends number | ReadonlyArray<number>, const Axis extends number = 0>(
    x: A,
    sections: CheckSplit<ShapeOf<A>, Sections, Axis, Sections>,
    axis?: CheckAxes<"split", ShapeOf<A>, Axis, Axis>
  ): Effect.Effect<
    Tensors<SplitShapes<ShapeOf<A>, Sections, Axis>, DTypeOf<A>>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** The order reversed along axes, all by default. */
export interface Flip {
  <A extends Operand, const Axis extends Axes = undefined>(
    x: CheckAxes<"flip", ShapeOf<A>, Axis, A>,
    axis?: Axis
  ): Effect.Effect<Tensor<ShapeOf<A>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** How many elements to put before and after every axis. */
export type PadWidths = ReadonlyArray<readonly [before: number, after: number]>

/** Larger along every axis, filled up with a value. */
export interface Pad {
  <A extends Operand, const Widths extends PadWidths>(
    x: A,
    widths: CheckPad<ShapeOf<A>, Widths, Widths>,
    options?: { readonly value?: number | undefined }
  ): Effect.Effect<Tensor<PaddedShape<ShapeOf<A>, Widths>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** Repeated so often along every axis. */
export interface Tile {
  <A extends Operand, const Repeats extends number | ReadonlyArray<number>>(
    x: A,
    repeats: Repeats
  ): Effect.Effect<Tensor<TiledShape<ShapeOf<A>, Repeats>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** Diagonals of two axes (the first two by default) along a new last axis. */
export interface Diagonal {
  <A extends Operand, const Offset extends number = 0, const Axis1 extends number = 0, const Axis2 extends number = 1>(
    x: CheckDiagonal<ShapeOf<A>, Axis1, Axis2, A>,
    options?: {
      readonly offset?: Offset | undefined
      readonly axis1?: Axis1 | undefined
      readonly axis2?: Axis2 | undefined
    }
  ): Effect.Effect<
    Tensor<DiagonalShape<ShapeOf<A>, Offset, Axis1, Axis2>, DTypeOf<A>>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** A triangle of the last two axes, zero elsewhere: `tril`, `triu`. */
export interface Tri<Name extends string = "tril"> {
  <A extends Operand>(x: CheckMatrix<Name, ShapeOf<A>, A>, k?: number): Effect.Effect<
    Tensor<ShapeOf<A>, DTypeOf<A>>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

type CheckMatrix<Name extends string, S extends Shape, Arg> = S["length"] extends 0 | 1
  ? `ShapeError: ${Name}: requires at least two axes, got ${Show<S>}`
  : Arg

/** The operand itself, with a shape that is checked at run time and known from then on; -1 stands for any size. */
export interface Ensure {
  <A extends Operand, const S extends Shape>(
    x: A,
    shape: IsBad<SameShape<ShapeOf<A>, AnySize<S>>> extends true
      ? Refuse<[ShapeOf<A>], `ShapeError: ensure: ${Show<ShapeOf<A>>} is not ${Show<S>}`, S>
      : S
  ): Effect.Effect<Tensor<AnySize<S>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

type AnySize<S extends Shape> = { -readonly [K in keyof S]: S[K] extends -1 ? number : S[K] }

/** The elements moved on along axes, or in row-major order. */
export interface Roll {
  <A extends Operand>(
    x: A,
    shift: number | ReadonlyArray<number>,
    options?: { readonly axis?: number | ReadonlyArray<number> | undefined }
  ): Effect.Effect<Tensor<ShapeOf<A>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** Every element so many times, along an axis or flattened. */
export interface Repeat {
  <A extends Operand>(
    x: A,
    repeats: number | ReadonlyArray<number>,
    options?: { readonly axis?: number | undefined }
  ): Effect.Effect<Tensor<Shape, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** The slices along an axis. */
export interface Unstack {
  <A extends Operand, const Axis extends number = 0>(
    x: A,
    axis?: CheckAxes<"unstack", ShapeOf<A>, Axis, Axis>
  ): Effect.Effect<Array<Tensor<ReduceOver<ShapeOf<A>, Axis, false>, DTypeOf<A>>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** The sums along the diagonals of matrices. */
export interface MatrixTrace {
  <A extends Operand>(
    x: CheckNumeric<"matrixTrace", SaidBy<A>, A>,
    options?: { readonly offset?: number; readonly axis1?: number; readonly axis2?: number }
  ): Effect.Effect<Tensor<Shape, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

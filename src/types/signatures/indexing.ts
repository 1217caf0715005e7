/**
 * Signatures of ops that pick elements, by literal slices or by tensors of indices.
 */
import type * as Effect from "effect/Effect"
import type { DType } from "../../core/dtype.ts"
import type { OpError } from "../../core/errors.ts"
import type { Shape } from "../../core/shape.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type { IsBad } from "../check.ts"
import type { CheckInteger, CheckNumeric } from "../dtype.ts"
import type {
  CheckGather,
  CheckScatter,
  CheckSlice,
  CheckTakeAlongAxis,
  Gather as Gathered,
  OneHot as OneHotShape,
  Slice as Sliced,
  SliceSpec,
  Take as Taken,
  TakeAlongAxis as TakenAlong
} from "../indexing.ts"
import type { DTypeOf, ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"
import type { CheckAxes } from "../reduction.ts"
import type { CheckDTypes, JoinOf } from "./elementwise.ts"

export type { Bound, SliceSpec } from "../indexing.ts"

/** A part of every axis: `null` for all of it, an index, or `[start, stop, step?]`. */
export interface Slice {
  <A extends Operand, const Specs extends ReadonlyArray<SliceSpec>>(
    x: CheckSlice<ShapeOf<A>, Specs, A>,
    ...specs: Specs
  ): Effect.Effect<Tensor<Sliced<ShapeOf<A>, Specs>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** What indices along the leading axes pick. */
export interface Gather {
  <A extends Operand, I extends Operand>(
    x: A,
    indices: CheckGather<"gather", ShapeOf<A>, ShapeOf<I>, CheckInteger<"gather", SaidBy<I>, I>>,
    options?: { readonly outside?: "error" | "clip" | "fill" | undefined; readonly fill?: number | undefined }
  ): Effect.Effect<
    Tensor<Gathered<ShapeOf<A>, ShapeOf<I>>, DTypeOf<A>>,
    OpError | ErrorOf<A | I>,
    ServicesOf<A | I>
  >
}

/** What indices along one axis pick, or along the flattened operand. */
export interface Take {
  <A extends Operand, I extends Operand, const Axis extends number | undefined = undefined>(
    x: A,
    indices: CheckInteger<"take", SaidBy<I>, I>,
    options?: { readonly axis?: CheckAxes<"take", ShapeOf<A>, Axis, Axis> | undefined }
  ): Effect.Effect<
    Tensor<Taken<ShapeOf<A>, ShapeOf<I>, Axis>, DTypeOf<A>>,
    OpError | ErrorOf<A | I>,
    ServicesOf<A | I>
  >
}

/** What indices along one axis pick, each at its own place in the others. */
export interface TakeAlongAxis {
  <A extends Operand, I extends Operand, const Axis extends number>(
    x: A,
    indices: CheckTakeAlongAxis<ShapeOf<A>, ShapeOf<I>, Axis, CheckInteger<"takeAlongAxis", SaidBy<I>, I>>,
    axis: CheckAxes<"takeAlongAxis", ShapeOf<A>, Axis, Axis>
  ): Effect.Effect<
    Tensor<TakenAlong<ShapeOf<A>, ShapeOf<I>, Axis>, DTypeOf<A>>,
    OpError | ErrorOf<A | I>,
    ServicesOf<A | I>
  >
}

/** The operand with updates where the indices say, as in `gather`. */
export interface Scatter<Name extends string> {
  <A extends Operand, I extends Operand, U extends Operand>(
    x: CheckNumeric<Name, SaidBy<A>, A>,
    indices: CheckGather<Name, ShapeOf<A>, ShapeOf<I>, CheckInteger<Name, SaidBy<I>, I>>,
    updates: CheckUpdates<Name, A, I, U>,
    options?: { readonly outside?: "error" | "drop" | "clip" | undefined }
  ): Effect.Effect<Tensor<ShapeOf<A>, JoinOf<A, U>>, OpError | ErrorOf<A | I | U>, ServicesOf<A | I | U>>
}

type CheckUpdates<Name extends string, A, I, U> = IsBad<Gathered<ShapeOf<A>, ShapeOf<I>>> extends true ? U
  : CheckScatter<Name, ShapeOf<A>, ShapeOf<I>, ShapeOf<U>, CheckDTypes<Name, SaidBy<A>, SaidBy<U>, "known", DType, U>>

/** What becomes of the slices of each segment. */
export interface Segments<Name extends string> {
  <A extends Operand, I extends Operand>(
    x: CheckNumeric<Name, SaidBy<A>, A>,
    ids: CheckInteger<Name, SaidBy<I>, I>,
    count: number,
    options?: { readonly outside?: "error" | "drop" | "clip" | undefined }
  ): Effect.Effect<Tensor<Shape, DTypeOf<A>>, OpError | ErrorOf<A | I>, ServicesOf<A | I>>
}

/** A 1 at every index, zeros elsewhere, along a new last axis. */
export interface OneHot {
  <I extends Operand, const Depth extends number, const D extends DType = "float64">(
    indices: CheckInteger<"oneHot", SaidBy<I>, I>,
    depth: Depth,
    options?: { readonly dtype?: D | undefined }
  ): Effect.Effect<Tensor<OneHotShape<ShapeOf<I>, Depth>, D>, OpError | ErrorOf<I>, ServicesOf<I>>
}

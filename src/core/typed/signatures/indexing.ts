/**
 * Signatures of ops that pick elements, by literal slices or by tensors of indices.
 */
import type { DType } from "../../dtype.ts"
import type { Operand } from "../../tensor.ts"
import type { CheckInteger, CheckNumeric } from "../dtype.ts"
import type {
  CheckGather, CheckScatter, CheckSlice, CheckTakeAlongAxis, Gather as Gathered, OneHot as OneHotShape, Slice as Sliced,
  SliceSpec, Take as Taken, TakeAlongAxis as TakenAlong
} from "../indexing.ts"
import type { DTypeOf, Result, ShapeOf, WeakDTypeOf } from "../operand.ts"
import type { CheckAxes } from "../reduction.ts"
import type { IsBad } from "../check.ts"
import type { JoinOf, CheckDTypes } from "./elementwise.ts"

export type { Bound, SliceSpec } from "../indexing.ts"

/** A part of every axis: `null` for all of it, an index, or `[start, stop, step?]`. */
export interface Slice {
  <A extends Operand, const Specs extends ReadonlyArray<SliceSpec>>(
    x: CheckSlice<ShapeOf<A>, Specs, A>,
    ...specs: Specs
  ): Result<Sliced<ShapeOf<A>, Specs>, DTypeOf<A>, A>
}

/** What indices along the leading axes pick. */
export interface Gather {
  <A extends Operand, I extends Operand>(
    x: A,
    indices: CheckGather<"gather", ShapeOf<A>, ShapeOf<I>, CheckInteger<"gather", WeakDTypeOf<I>, I>>
  ): Result<Gathered<ShapeOf<A>, ShapeOf<I>>, DTypeOf<A>, A | I>
}

/** What indices along one axis pick, or along the flattened operand. */
export interface Take {
  <A extends Operand, I extends Operand, const Axis extends number | undefined = undefined>(
    x: A,
    indices: CheckInteger<"take", WeakDTypeOf<I>, I>,
    options?: { readonly axis?: CheckAxes<"take", ShapeOf<A>, Axis, Axis> | undefined }
  ): Result<Taken<ShapeOf<A>, ShapeOf<I>, Axis>, DTypeOf<A>, A | I>
}

/** What indices along one axis pick, each at its own place in the others. */
export interface TakeAlongAxis {
  <A extends Operand, I extends Operand, const Axis extends number>(
    x: A,
    indices: CheckTakeAlongAxis<ShapeOf<A>, ShapeOf<I>, Axis, CheckInteger<"takeAlongAxis", WeakDTypeOf<I>, I>>,
    axis: CheckAxes<"takeAlongAxis", ShapeOf<A>, Axis, Axis>
  ): Result<TakenAlong<ShapeOf<A>, ShapeOf<I>, Axis>, DTypeOf<A>, A | I>
}

/** The operand with updates added where the indices say, as in `gather`. */
export interface ScatterAdd {
  <A extends Operand, I extends Operand, U extends Operand>(
    x: CheckNumeric<"scatterAdd", WeakDTypeOf<A>, A>,
    indices: CheckGather<"scatterAdd", ShapeOf<A>, ShapeOf<I>, CheckInteger<"scatterAdd", WeakDTypeOf<I>, I>>,
    updates: CheckUpdates<A, I, U>
  ): Result<ShapeOf<A>, JoinOf<A, U>, A | I | U>
}

type CheckUpdates<A, I, U> = IsBad<Gathered<ShapeOf<A>, ShapeOf<I>>> extends true ? U
  : CheckScatter<ShapeOf<A>, ShapeOf<I>, ShapeOf<U>, CheckDTypes<"scatterAdd", WeakDTypeOf<A>, WeakDTypeOf<U>, "known", DType, U>>

/** A 1 at every index, zeros elsewhere, along a new last axis. */
export interface OneHot {
  <I extends Operand, const Depth extends number, const D extends DType = "float64">(
    indices: CheckInteger<"oneHot", WeakDTypeOf<I>, I>,
    depth: Depth,
    options?: { readonly dtype?: D | undefined }
  ): Result<OneHotShape<ShapeOf<I>, Depth>, D, I>
}

/**
 * Indexing in types: slices by literal bounds, and elements picked by tensors of indices.
 */
import type { Shape } from "../core/shape.ts"
import type { Add, CeilDiv, Min, OrZero, Sub } from "./arithmetic.ts"
import type { IsBad, IsFound, IsLiteral, IsNever, Refuse, Show } from "./check.ts"
import type { AxisIndex, Broadcast, BroadcastDim, Cut } from "./shape.ts"

// ---- slice

/** An end of a slice: counted from the start, from the end if negative, or open. */
export type Bound = number | null

/** What to take of one axis: all of it, one index (the axis goes away), or from `start` up to `stop`. */
export type SliceSpec = null | number | readonly [start: Bound, stop: Bound, step?: number]

/** The shape that is left; axes without an entry are kept. */
export type Slice<S extends Shape, Specs, Dims extends Array<number> = []> = number extends S["length"] ? Shape
  : Specs extends readonly [infer Spec, ...infer Others]
    ? S extends readonly [infer D extends number, ...infer Tail extends Shape]
      ? Spec extends number ? Slice<Tail, Others, Dims> : Slice<Tail, Others, [...Dims, SliceDim<D, Spec>]>
    : Dims
  : Specs extends readonly [] ? [...Dims, ...S]
  : Shape

type SliceDim<D extends number, Spec> = Spec extends null ? D
  : Spec extends readonly [infer Start, infer Stop, infer Step extends number]
    ? IsLiteral<Step> extends true ? `${Step}` extends `-${infer Down extends number}` ? Backward<D, Start, Stop, Down>
      : Extent<D, Start, Stop, Step>
    : number
  : Spec extends readonly [infer Start, infer Stop] ? Extent<D, Start, Stop>
  : number

/** The size of a part of `D` elements, `⌈(stop - start) / step⌉` or 0. Bounds beyond the ends are clipped. */
export type Extent<D extends number, Start, Stop, Step extends number = 1> = Count<
  Clip<D, Start, 0>,
  Clip<D, Stop, D>,
  Step
>

/** The same downwards, from `start` to just above `stop`: counted one further up, the bounds have the same range. */
type Backward<D extends number, Start, Stop, Step extends number> = Count<ClipUp<D, Stop, 0>, ClipUp<D, Start, D>, Step>

type Count<From extends number, To extends number, Step extends number> = number extends From | To ? number
  : [Sub<To, From>] extends [never] ? 0
  : CeilDiv<Sub<To, From>, Step>

/** A bound counted from the start, and clipped. */
type Clip<D extends number, B, Default extends number> = B extends number ? number extends D | B ? number
  : `${B}` extends `-${infer Back extends number}` ? OrZero<Sub<D, Back>>
  : Min<B, D>
  : Default

/** The place after it. */
type ClipUp<D extends number, B, Default extends number> = B extends number ? number extends D | B ? number
  : `${B}` extends `-${infer Back extends number}` ? OrZero<Sub<D, Sub<Back, 1>>>
  : Min<Add<B, 1>, D>
  : Default

/** `Arg`, unless an index is out of range, a step is 0, or there are more entries than axes. */
export type CheckSlice<S extends Shape, Specs extends ReadonlyArray<unknown>, Arg> = IsFound<BadSlice<S, Specs>> extends
  true ? Refuse<[S], SliceRefusal<S, Specs, BadSlice<S, Specs>>, Arg>
  : Arg

type SliceRefusal<S extends Shape, Specs extends ReadonlyArray<unknown>, Bad> = Bad extends "step"
  ? "IndexError: slice: a step of 0"
  : Bad extends [infer N extends number, infer Axis extends number]
    ? `IndexError: slice: index ${N} is out of range for axis ${Axis} of ${Show<S>}`
  : `IndexError: slice: ${Specs["length"]} entries for the ${S["length"]} axes of ${Show<S>}`

/** The first wrong index and its axis, or what else is wrong. */
type BadSlice<S extends Shape, Specs, Seen extends Array<0> = []> = number extends S["length"] ? never
  : Specs extends readonly [infer Spec, ...infer Others]
    ? S extends readonly [infer D extends number, ...infer Tail extends Shape]
      ? Spec extends readonly [unknown, unknown, 0] ? "step"
      : Spec extends number ?
        BadIndex<D, Spec> extends true ? [Spec, Seen["length"]] : BadSlice<Tail, Others, [...Seen, 0]>
      : BadSlice<Tail, Others, [...Seen, 0]>
    : "too many"
  : never

/** Does an index lie outside of `-d … d - 1`? */
type BadIndex<D extends number, N extends number> = number extends D | N ? false
  : `${N}` extends `-${infer Back extends number}` ? IsNever<Sub<D, Back>>
  : IsNever<Sub<D, Add<N, 1>>>

// ---- gather and scatterAdd

/** The last axis of the indices picks along the leading axes of S: `[…I without its last axis, …S from there on]`. */
export type Gather<S extends Shape, I extends Shape> = number extends S["length"] ? Shape
  : number extends I["length"] ? Shape
  : I extends readonly [...infer Batch extends Shape, infer Depth extends number] ? number extends Depth ? Shape
    : [Cut<S, Depth>] extends [never] ? never
    : Cut<S, Depth> extends [Shape, infer Rest extends Shape] ? [...Batch, ...Rest]
    : never
  : never

/** `Arg`, unless the indices have no last axis, or it is longer than S has axes. */
export type CheckGather<Name extends string, S extends Shape, I extends Shape, Arg> = IsBad<Gather<S, I>> extends true
  ? Refuse<[S, I], `ShapeError: ${Name}: indices of shape ${Show<I>} do not index ${Show<S>}`, Arg>
  : Arg

/** `Arg`, unless the updates do not broadcast to what the indices pick. */
export type CheckScatter<Name extends string, S extends Shape, I extends Shape, U extends Shape, Arg> =
  IsBad<Broadcast<Gather<S, I>, U>> extends true
    ? Refuse<[S, I, U], `ShapeError: ${Name}: updates of shape ${Show<U>} do not fit ${Show<Gather<S, I>>}`, Arg>
    : Arg

// ---- take, takeAlongAxis, oneHot, topK

/** NumPy's take: the indices' shape in place of the axis, or of all axes where none is given. */
export type Take<S extends Shape, I extends Shape, Axis> = [Axis] extends [undefined] ? I
  : number extends S["length"] | I["length"] ? Shape
  : IsLiteral<Axis> extends true
    ? Cut<S, AxisIndex<S, Axis & number>> extends
      [infer Before extends Shape, readonly [number, ...infer After extends Shape]] ? [...Before, ...I, ...After]
    : Shape
  : Shape

/** NumPy's take_along_axis: the indices' size along the axis; the other dims broadcast. */
export type TakeAlongAxis<S extends Shape, I extends Shape, Axis extends number> = number extends
  S["length"] | I["length"] ? Shape
  : S["length"] extends I["length"] ? IsLiteral<Axis> extends true ? AlongAxis<S, I, AxisIndex<S, Axis>> : Shape
  : never

type AlongAxis<S extends Shape, I extends Shape, At extends number, Dims extends Array<number> = []> = S extends
  readonly [infer HeadS extends number, ...infer TailS extends Shape]
  ? I extends readonly [infer HeadI extends number, ...infer TailI extends Shape]
    ? AlongAxis<TailS, TailI, At, [...Dims, Dims["length"] extends At ? HeadI : BroadcastDim<HeadS, HeadI>]>
  : Dims
  : Dims

/** `Arg`, unless ranks differ or the other dims do not broadcast. */
export type CheckTakeAlongAxis<S extends Shape, I extends Shape, Axis extends number, Arg> =
  IsBad<TakeAlongAxis<S, I, Axis>> extends true ? Refuse<
      [S, I],
      `ShapeError: takeAlongAxis: indices of shape ${Show<I>} do not fit ${Show<S>} off axis ${Axis}`,
      Arg
    >
    : Arg

/** A new last axis of size `Depth`. */
export type OneHot<I extends Shape, Depth extends number> = number extends I["length"] ? Shape : [...I, Depth]

/** The last axis with size `K`. */
export type TopK<S extends Shape, K extends number> = number extends S["length"] ? Shape
  : S extends readonly [...infer Init extends Shape, number] ? [...Init, K]
  : never

/** `Arg`, unless there is no last axis with `K` elements. */
export type CheckTopK<S extends Shape, K extends number, Arg> = IsFound<BadTopK<S, K>> extends true
  ? Refuse<[S], `ShapeError: topK: the last axis of ${Show<S>} has no ${K} elements`, Arg>
  : Arg

type BadTopK<S extends Shape, K extends number> = number extends S["length"] | K ? never
  : S extends readonly [...Shape, infer Last extends number] ? [Sub<Last, K>] extends [never] ? "short" : never
  : "scalar"

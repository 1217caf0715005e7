/**
 * Movement in types: the same elements under other axes, with other sizes, or repeated.
 */
import type { Shape } from "../core/shape.ts"
import type { Add, DivMod, Min, Mul, OrZero, Product, Sub } from "./arithmetic.ts"
import type { IsBad, IsFound, IsLiteral, Refuse, Show } from "./check.ts"
import type { AxisIndex, Broadcast, Mutable, RemoveAt } from "./shape.ts"

// ---- transpose

/** The axes in the order `Axes`, or reversed. */
export type Transpose<S extends Shape, Axes> = Axes extends ReadonlyArray<number>
  ? number extends S["length"] | Axes["length"] ? Shape
  : {
    -readonly [K in keyof Axes]: AxisIndex<S, Axes[K] & number> extends infer I extends keyof S ? S[I] & number : number
  }
  : [Axes] extends [undefined] ? Reverse<S>
  : Shape

type Reverse<S extends Shape, Reversed extends Array<number> = []> = S extends
  readonly [infer Head extends number, ...infer Tail extends Shape] ? Reverse<Tail, [Head, ...Reversed]>
  : number extends S["length"] ? Shape
  : Reversed

/** `Arg`, unless `Axes` is not a permutation of the axes of `S`. */
export type CheckTranspose<S extends Shape, Axes, Arg> = IsFound<BadPermutation<S, Axes>> extends true
  ? `AxisError: transpose: not a permutation of the ${S["length"]} axes of ${Show<S>}`
  : Arg

/** Something, unless every axis of `S` occurs, and nothing else. */
type BadPermutation<S extends Shape, Axes> = Axes extends ReadonlyArray<number>
  ? number extends S["length"] | Axes["length"] | Axes[number] ? never
  : Axes["length"] extends S["length"]
    ? Exclude<Positions<S>, { [K in keyof Axes]: `${AxisIndex<S, Axes[K] & number>}` }[number]>
  : "length"
  : never

/** The axes of a shape, as strings. */
type Positions<S extends Shape> = Exclude<keyof S, keyof Array<number>>

// ---- reshape

/** The dims `T`, with -1 filled in where the sizes of both shapes are known. */
export type Reshape<S extends Shape, T extends Shape> = number extends T["length"] ? Shape
  : Others<T>["length"] extends T["length"] ? Mutable<T>
  : { -readonly [K in keyof T]: T[K] extends -1 ? Left<S, T> : T[K] }

/** The dims that are not -1. */
type Others<T extends Shape, Dims extends Array<number> = []> = T extends
  readonly [infer Head extends number, ...infer Tail extends Shape]
  ? Others<Tail, Head extends -1 ? Dims : [...Dims, Head]>
  : Dims

/** What the other dims of `T` leave over for a -1: `number` where it is not known, or not whole. */
type Left<S extends Shape, T extends Shape> = DivMod<Product<S>, Product<Others<T>>> extends
  [infer Quotient extends number, 0] ? Quotient : number

/** `Arg`, unless the sizes differ, or -1 cannot be filled in. */
export type CheckReshape<S extends Shape, T extends Shape, Arg> = IsFound<BadReshape<S, T>> extends true
  ? Refuse<[S], BadReshape<S, T>, Arg>
  : Arg

type BadReshape<S extends Shape, T extends Shape> = number extends T["length"] ? never
  : Others<T>["length"] extends T["length"] ? number extends Product<S> | Product<T> ? never
    : Product<S> extends Product<T> ? never
    : `ShapeError: reshape: ${Show<S>} has ${Product<S>} elements, ${Show<T>} has ${Product<T>}`
  : [...Others<T>, -1]["length"] extends T["length"]
    ? DivMod<Product<S>, Product<Others<T>>> extends [number, infer Rest extends number] ? number extends Rest ? never
      : Rest extends 0 ? never
      : `ShapeError: reshape: ${Show<T>} does not determine -1 for ${Show<S>}`
    : `ShapeError: reshape: ${Show<T>} does not determine -1 for ${Show<S>}`
  : `ShapeError: reshape: several -1 in ${Show<T>}`

// ---- broadcastTo

/** `Arg`, unless `S` does not broadcast to `T`. */
export type CheckBroadcastTo<S extends Shape, T extends Shape, Arg> = IsBad<Broadcast<S, T>> extends true
  ? Refuse<[S], `ShapeError: broadcastTo: ${Show<S>} does not broadcast to ${Show<T>}`, Arg>
  : IsFound<Smaller<Broadcast<S, T>, T>> extends true
    ? Refuse<[S], `ShapeError: broadcastTo: ${Show<S>} does not broadcast to ${Show<T>}`, Arg>
  : Arg

/** Something, when broadcasting with `T` gives another shape than `T`. */
type Smaller<Both extends Shape, T extends Shape> = number extends Both["length"] | T["length"] | Both[number] ? never
  : Both extends Readonly<T> ? never
  : "smaller"

// ---- squeeze and expandDims

/** Without all axes of size 1. */
export type SqueezeAll<S extends Shape, Dims extends Array<number> = []> = S extends
  readonly [infer Head extends number, ...infer Tail extends Shape]
  ? number extends Head ? Shape : SqueezeAll<Tail, Head extends 1 ? Dims : [...Dims, Head]>
  : number extends S["length"] ? Shape
  : Dims

/** The shape with axes of size 1 at the places `Axis` of the result. */
export type ExpandDims<S extends Shape, Axis> = number extends S["length"] ? Shape
  : Axis extends ReadonlyArray<number>
    ? number extends Axis["length"] | Axis[number] ? Shape : Weave<S, [...S, ...Axis], Axis[number]>
  : Axis extends number ? IsLiteral<Axis> extends true ? Weave<S, [...S, 1], Axis> : Shape
  : Shape

/** Dims of `S` in order, with 1 at the places `Axes` of a shape of the length of `Frame`. */
type Weave<S extends Shape, Frame extends Shape, Axes extends number, Dims extends Array<number> = []> =
  Dims["length"] extends Frame["length"] ? Dims
    : Dims["length"] extends AxisIndices<Frame, Axes> ? Weave<S, Frame, Axes, [...Dims, 1]>
    : S extends readonly [infer Head extends number, ...infer Tail extends Shape] ?
      Weave<Tail, Frame, Axes, [...Dims, Head]>
    : Shape

type AxisIndices<S extends Shape, Axes extends number> = Axes extends number ? AxisIndex<S, Axes> : never

/** The shape that the axes of `expandDims` count in: that of the result. */
export type ExpandFrame<S extends Shape, Axis> = number extends S["length"] ? Shape
  : Axis extends ReadonlyArray<number> ? [...S, ...Axis]
  : [...S, 1]

// ---- pad, tile, diagonal

/** Every dim grows by its `[before, after]`. */
export type Pad<S extends Shape, Widths> = number extends S["length"] ? Shape
  : Widths extends ReadonlyArray<unknown> ? number extends Widths["length"] ? Shape : PadDims<S, Widths>
  : Shape

type PadDims<S extends Shape, Widths, Dims extends Array<number> = []> = S extends
  readonly [infer Head extends number, ...infer Tail extends Shape]
  ? Widths extends readonly [infer Width, ...infer Others] ? PadDims<Tail, Others, [...Dims, Grow<Head, Width>]>
  : [...Dims, ...S]
  : Dims

type Grow<D extends number, Width> = Width extends readonly [infer Before extends number, infer After extends number]
  ? `${Before}${After}` extends `${string}-${string}` ? number : Add<Before, Add<D, After>>
  : number

/** `Arg`, unless there is one pair per axis. */
export type CheckPad<S extends Shape, Widths extends ReadonlyArray<unknown>, Arg> = IsFound<
  number extends S["length"] | Widths["length"] ? never : Widths["length"] extends S["length"] ? never : "length"
> extends true ? `ShapeError: pad: ${Widths["length"]} pairs for the ${S["length"]} axes of ${Show<S>}`
  : Arg

/** Every dim times its repeats; the shorter list is filled up with ones in front. */
export type Tile<S extends Shape, Repeats> = Repeats extends ReadonlyArray<number>
  ? number extends S["length"] | Repeats["length"] ? Shape : TileDims<S, Repeats>
  : Repeats extends number ? number extends S["length"] ? Shape : TileDims<S, [Repeats]>
  : Shape

type TileDims<S extends Shape, Repeats extends Shape, Dims extends Array<number> = []> = S extends
  readonly [...infer Init extends Shape, infer Last extends number]
  ? Repeats extends readonly [...infer InitR extends Shape, infer LastR extends number]
    ? TileDims<Init, InitR, [Mul<Last, LastR>, ...Dims]>
  : [...S, ...Dims]
  : [...Repeats, ...Dims]

/** The diagonals of the axes `Axis1` and `Axis2`, which go away, along a new last axis. */
export type Diagonal<S extends Shape, Offset extends number, Axis1 extends number, Axis2 extends number> =
  number extends S["length"] | Axis1 | Axis2 ? Shape
    : [AxisIndex<S, Axis1>, AxisIndex<S, Axis2>] extends [infer I extends number, infer J extends number]
      ? [...WithoutTwo<S, I, J>, DiagonalDim<S[I] & number, S[J] & number, Offset>]
    : Shape

type WithoutTwo<S extends Shape, I extends number, J extends number> = [Sub<I, J>] extends [never]
  ? RemoveAt<RemoveAt<S, J>, I>
  : RemoveAt<RemoveAt<S, I>, J>

/** `min(rows, columns - offset)`, or `min(rows + offset, columns)` for a negative offset; at least 0. */
type DiagonalDim<Rows extends number, Columns extends number, Offset extends number> = number extends Offset ? number
  : `${Offset}` extends `-${infer Down extends number}` ? Min<OrZero<Sub<Rows, Down>>, Columns>
  : Min<Rows, OrZero<Sub<Columns, Offset>>>

/** `Arg`, unless there are no two such axes. */
export type CheckDiagonal<S extends Shape, Axis1 extends number, Axis2 extends number, Arg> = IsFound<
  number extends S["length"] | Axis1 | Axis2 ? never
    : [AxisIndex<S, Axis1>] extends [never] ? "range"
    : [AxisIndex<S, Axis2>] extends [never] ? "range"
    : AxisIndex<S, Axis1> extends AxisIndex<S, Axis2> ? "same"
    : never
> extends true ? `AxisError: diagonal: axes ${Axis1} and ${Axis2} are not two axes of ${Show<S>}`
  : Arg

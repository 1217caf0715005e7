/**
 * Assembly in types: putting tensors together along an axis, and taking them apart again.
 */
import type { Shape } from "../core/shape.ts"
import type { Add, DivMod } from "./arithmetic.ts"
import type { IsBad, IsFound, IsLiteral, Refuse, Show } from "./check.ts"
import type { Extent } from "./indexing.ts"
import type { AxisIndex, InsertAt, ReplaceAt, SameDim, SameShape } from "./shape.ts"

/** Shapes of operands: a tuple of them, or an array of which only the elements are known. */
type Shapes = ReadonlyArray<Shape>

/** `[2, 3], [4]`, as messages show several shapes. */
export type ShowAll<Ss, Text extends string = ""> = Ss extends readonly [infer Head extends Shape, ...infer Tail]
  ? ShowAll<Tail, Text extends "" ? Show<Head> : `${Text}, ${Show<Head>}`>
  : Text

// ---- concat

/** The sizes along `Axis` add up; the other dims are equal, `never` where they differ. */
export type Concat<Ss extends Shapes, Axis extends number> = number extends Ss["length"] ? ConcatSome<Ss[number], Axis>
  : Ss extends readonly [infer First extends Shape, ...infer Others extends Shapes]
    ? IsLiteral<Axis> extends true ? number extends First["length"] ? Shape
      : AxisIndex<First, Axis> extends infer I extends number ?
        [I] extends [never] ? Shape : ConcatDims<Others, I, First>
      : never
    : Shape
  : Shape

type ConcatSome<S extends Shape, Axis extends number> = number extends S["length"] ? Shape
  : IsLiteral<Axis> extends true ? ReplaceAt<S, AxisIndex<S, Axis>, number>
  : Shape

type ConcatDims<Ss extends Shapes, I extends number, Dims extends Shape> = Ss extends
  readonly [infer Head extends Shape, ...infer Tail extends Shapes] ? number extends Head["length"] ? Shape
  : Dims["length"] extends Head["length"] ? ConcatDims<Tail, I, ConcatTwo<Dims, Head, I>>
  : never
  : Dims

type ConcatTwo<A extends Shape, B extends Shape, I extends number, Dims extends Array<number> = []> = A extends
  readonly [infer HeadA extends number, ...infer TailA extends Shape]
  ? B extends readonly [infer HeadB extends number, ...infer TailB extends Shape]
    ? ConcatTwo<TailA, TailB, I, [...Dims, Dims["length"] extends I ? Add<HeadA, HeadB> : SameDim<HeadA, HeadB>]>
  : Dims
  : Dims

/** `Arg`, unless dims differ off the axis. */
export type CheckConcat<Ss extends Shapes, Axis extends number, Arg> = IsBad<Concat<Ss, Axis>> extends true
  ? Refuse<Ss, `ShapeError: concat: shapes ${ShowAll<Ss>} differ off axis ${Axis}`, Arg>
  : Arg

// ---- stack

/** One shape for all operands, with their number as a new axis. */
export type Stack<Ss extends Shapes, Axis extends number> = number extends Ss["length"] ?
  StackAt<Ss[number], number, Axis>
  : Ss extends readonly [infer First extends Shape, ...infer Others extends Shapes]
    ? StackAt<Common<Others, First>, Ss["length"], Axis>
  : Shape

/** The shape that all operands have, as well as it is known; `never` where they differ. */
export type Common<Ss extends Shapes, S extends Shape> = Ss extends
  readonly [infer Head extends Shape, ...infer Tail extends Shapes] ? Common<Tail, SameShape<S, Head>>
  : S

type StackAt<S extends Shape, N extends number, Axis extends number> = [S] extends [never] ? never
  : number extends S["length"] ? Shape
  : IsLiteral<Axis> extends true ? InsertAt<S, AxisIndex<[...S, N], Axis>, N>
  : Shape

/** `Arg`, unless the operands' shapes differ. */
export type CheckStack<Ss extends Shapes, Arg> = Ss extends
  readonly [infer First extends Shape, ...infer Others extends Shapes]
  ? IsBad<Common<Others, First>> extends true ? Refuse<Ss, `ShapeError: stack: shapes ${ShowAll<Ss>} differ`, Arg> : Arg
  : Arg

/** The shape that the axis of `stack` counts in: that of the result. */
export type StackFrame<Ss extends Shapes> = Ss extends readonly [infer First extends Shape, ...Shapes]
  ? number extends First["length"] ? Shape : [...First, number]
  : Shape

// ---- split

/** The shapes of the parts: n equal ones, or those between the given indices. */
export type Split<S extends Shape, Sections, Axis extends number> = number extends S["length"] ? Array<Shape>
  : IsLiteral<Axis> extends true ? SplitAt<S, Sections, AxisIndex<S, Axis>>
  : Array<Shape>

type SplitAt<S extends Shape, Sections, I extends number> = [I] extends [never] ? Array<Shape>
  : Sections extends ReadonlyArray<number>
    ? number extends Sections["length"] ? Array<ReplaceAt<S, I, number>> : Between<S, I, Sections>
  : Sections extends number ? SplitEqually<S, I, Sections>
  : Array<Shape>

type SplitEqually<S extends Shape, I extends number, N extends number> = IsLiteral<N> extends true
  ? DivMod<S[I] & number, N> extends [infer Size extends number, number] ? Repeat<ReplaceAt<S, I, Size>, N>
  : Array<Shape>
  : Array<ReplaceAt<S, I, number>>

/** A tuple of `n` times the same; beyond 64, where nobody destructures, an array. */
type Repeat<T, N extends number, All extends Array<T> = []> = All["length"] extends N ? All
  : All["length"] extends 64 ? Array<T>
  : Repeat<T, N, [...All, T]>

type Between<
  S extends Shape,
  I extends number,
  Indices extends ReadonlyArray<number>,
  From extends number = 0,
  Parts extends Array<Shape> = []
> = Indices extends readonly [infer Head extends number, ...infer Tail extends ReadonlyArray<number>]
  ? Between<S, I, Tail, Head, [...Parts, ReplaceAt<S, I, Extent<S[I] & number, From, Head>>]>
  : [...Parts, ReplaceAt<S, I, Extent<S[I] & number, From, null>>]

/** `Arg`, unless equal sections do not divide the axis. */
export type CheckSplit<S extends Shape, Sections, Axis extends number, Arg> =
  IsFound<BadSections<S, Sections, Axis>> extends true ? Refuse<
      [S],
      `ShapeError: split: axis ${Axis} of ${Show<S>} does not divide into ${Sections & number} equal sections`,
      Arg
    >
    : Arg

type BadSections<S extends Shape, Sections, Axis extends number> = number extends S["length"] | Axis ? never
  : Sections extends number ? number extends Sections ? never
    : [AxisIndex<S, Axis>] extends [never] ? never
    : DivMod<S[AxisIndex<S, Axis>] & number, Sections> extends [number, infer Rest extends number]
      ? number extends Rest ? never : Rest extends 0 ? never : "rest"
    : "zero sections"
  : never

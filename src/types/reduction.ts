/**
 * Reductions in types: which axes go away, and which sizes they leave.
 */
import type { Shape } from "../core/shape.ts"
import type { IsFound, IsLiteral, Show } from "./check.ts"
import type { AxisIndex } from "./shape.ts"

/** One axis, several, or (`undefined`) all of them. */
export type Axes = number | ReadonlyArray<number> | undefined

/**
 * The shape that is left after reducing over `Axis`, `Keep` standing for `keepDims`. "All axes" is decided first, so
 * that `sum(x)` is a scalar even for a generic `x`. Options that are not literal leave the shape unknown.
 */
export type Reduce<S extends Shape, Axis, Keep> = [Axis] extends [undefined] ? ReduceAll<S, Keep>
  : ReduceOver<S, Axis, Keep>

type ReduceAll<S extends Shape, Keep> = [Keep] extends [false | undefined] ? []
  : [Keep] extends [true] ? Ones<S>
  : Shape

type Ones<S extends Shape, Dims extends Array<1> = []> = S extends readonly [number, ...infer Tail extends Shape]
  ? Ones<Tail, [...Dims, 1]>
  : number extends S["length"] ? Shape
  : Dims

/** The shape that is left after reducing over literal axes. */
export type ReduceOver<S extends Shape, Axis, Keep> = number extends S["length"] ? Shape
  : IsKnown<Axis> extends true ? [Keep] extends [true] ? Without<S, AxisPositions<S, Axis>, [1]>
    : [Keep] extends [false | undefined] ? Without<S, AxisPositions<S, Axis>>
    : Shape
  : Shape

/** Is every axis literal? */
type IsKnown<Axis> = [Axis] extends [ReadonlyArray<number>]
  ? number extends Axis["length"] ? false : number extends Axis[number] ? false : true
  : IsLiteral<Axis>

/** The axes, counted from the start, as a union. */
type AxisPositions<S extends Shape, Axis> = Axis extends ReadonlyArray<number> ? AxisIndex<S, Axis[number]>
  : Axis extends number ? AxisIndex<S, Axis>
  : never

/** The shape with `Put` in place of the axes at the literal positions `Drop`. */
export type Without<
  S extends Shape,
  Drop extends number,
  Put extends Array<number> = [],
  Seen extends Array<0> = [],
  Dims extends Array<number> = []
> = S extends readonly [infer Head extends number, ...infer Tail extends Shape]
  ? Without<Tail, Drop, Put, [...Seen, 0], Seen["length"] extends Drop ? [...Dims, ...Put] : [...Dims, Head]>
  : Dims

/** `Arg`, unless an axis in `Axis` is out of range or given twice. `S` is the shape that the axes count in. */
export type CheckAxes<Name extends string, S extends Shape, Axis, Arg> = IsFound<BadAxis<S, Axis>> extends true
  ? AxisRefusal<Name, S, BadAxis<S, Axis>>
  : Arg

type AxisRefusal<Name extends string, S extends Shape, Axis extends number> = [AxisIndex<S, Axis>] extends [never]
  ? `AxisError: ${Name}: axis ${Axis} is out of range for ${Show<S>}`
  : `AxisError: ${Name}: axis ${Axis} is given twice`

/** The first axis that is wrong, or `never`. */
type BadAxis<S extends Shape, Axis> = number extends S["length"] ? never
  : Axis extends ReadonlyArray<number> ? number extends Axis["length"] ? never : BadAxisOf<S, Axis>
  : Axis extends number ? IsLiteral<Axis> extends true ? [AxisIndex<S, Axis>] extends [never] ? Axis : never : never
  : never

type BadAxisOf<S extends Shape, Axes extends ReadonlyArray<number>, Seen = never> = Axes extends
  readonly [infer Head extends number, ...infer Tail extends ReadonlyArray<number>]
  ? number extends Head ? BadAxisOf<S, Tail, Seen>
  : [AxisIndex<S, Head>] extends [never] ? Head
  : AxisIndex<S, Head> extends Seen ? Head
  : BadAxisOf<S, Tail, Seen | AxisIndex<S, Head>>
  : never

/** `Arg`, unless an axis in `Axis` is wrong, or has another size than 1. */
export type CheckUnitAxes<Name extends string, S extends Shape, Axis, Arg> = IsFound<BadAxis<S, Axis>> extends true
  ? AxisRefusal<Name, S, BadAxis<S, Axis>>
  : IsFound<LargeAxis<S, Axis>> extends true
    ? `ShapeError: ${Name}: axis ${LargeAxis<S, Axis>} of ${Show<S>} has size ${S[LargeAxis<S, Axis>]}, not 1`
  : Arg

/** The axes whose size is known and not 1. */
type LargeAxis<S extends Shape, Axis> = number extends S["length"] ? never
  : IsKnown<Axis> extends true ?
    LargeAt<S, Axis extends ReadonlyArray<number> ? AxisIndex<S, Axis[number]> : AxisIndex<S, Axis & number>>
  : never

type LargeAt<S extends Shape, I extends number> = I extends unknown
  ? number extends S[I] ? never : S[I] extends 1 ? never : I
  : never

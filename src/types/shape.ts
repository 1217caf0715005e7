/**
 * Shapes in types: broadcasting, axes, and cutting a shape at an axis.
 *
 * Every rule is gradual. A dim that is only `number` fits every dim, and a rank that is unknown (`Shape`, the shape of a
 * plain `Tensor`) makes the result unknown; both are checked at run time. Generic dims and shapes stay symbolic until the
 * generic function is called.
 */
import type { Shape } from "../core/shape.ts"
import type { Sub } from "./arithmetic.ts"
import type { Box, IsBad, Refuse, Show } from "./check.ts"

/** The shape without `readonly`, which literals and `const` type parameters bring along. */
export type Mutable<S extends Shape> = { -readonly [K in keyof S]: S[K] }

/** Two dims that must be equal, as well as they are known: `never` when they differ, because literals have nothing in common. */
export type SameDim<A extends number, B extends number> = A & B

/** Two dims under broadcasting: equal, or one of them is 1. The order of the questions decides early for generic dims. */
export type BroadcastDim<A extends number, B extends number> = Box<B> extends Box<A> | Box<1> ? A
  : [A] extends [1] ? B
  : SameDim<A, B>

/**
 * NumPy's broadcasting: align on the right; dims are equal, or one of them is 1. A dim is `never` where they do not fit.
 *
 * "The same shape" and "B is a scalar" are one question, because that settles both for generic shapes too.
 */
export type Broadcast<A extends Shape, B extends Shape> = Box<B> extends Box<A> | Box<[]> ? A : BroadcastDims<A, B>

type BroadcastDims<A extends Shape, B extends Shape, Dims extends Array<number> = []> = A extends
  readonly [...infer InitA extends Shape, infer LastA extends number]
  ? B extends readonly [...infer InitB extends Shape, infer LastB extends number]
    ? BroadcastDims<InitA, InitB, [BroadcastDim<LastA, LastB>, ...Dims]>
  : number extends B["length"] ? Shape
  : [...A, ...Dims]
  : number extends A["length"] ? Shape
  : number extends B["length"] ? Shape
  : [...B, ...Dims]

/** `Arg`, unless the shapes do not broadcast. */
export type CheckBroadcast<Name extends string, A extends Shape, B extends Shape, Arg> = IsBad<Broadcast<A, B>> extends
  true ? Refuse<[A, B], `ShapeError: ${Name}: cannot broadcast ${Show<A>} with ${Show<B>}`, Arg>
  : Arg

/** A possibly negative literal axis (or each of several), counted from the start; `never` when it is out of range. */
export type AxisIndex<S extends Shape, Axis extends number> = Axis extends unknown
  ? `${Axis}` extends `-${infer Back extends number}` ? Sub<S["length"], Back>
  : `${Axis}` extends keyof S ? Axis
  : never
  : never

/** `[the first n dims, the others]`; `never` when there are fewer than n. */
export type Cut<S extends Shape, N extends number, Before extends Array<number> = []> = Before["length"] extends N
  ? [Before, S]
  : S extends readonly [infer Head extends number, ...infer Tail extends Shape] ? Cut<Tail, N, [...Before, Head]>
  : never

/** The shape with a new axis of size `D` at literal position `N`; `never` when that is out of range. */
export type InsertAt<S extends Shape, N extends number, D extends number> = Cut<S, N> extends
  [infer Before extends Shape, infer After extends Shape] ? [...Before, D, ...After] : never

/** The shape without its axis at literal position `N`. */
export type RemoveAt<S extends Shape, N extends number> = Cut<S, N> extends
  [infer Before extends Shape, readonly [number, ...infer After extends Shape]] ? [...Before, ...After] : never

/** The shape with size `D` at literal position `N`. */
export type ReplaceAt<S extends Shape, N extends number, D extends number> = Cut<S, N> extends
  [infer Before extends Shape, readonly [number, ...infer After extends Shape]] ? [...Before, D, ...After] : never

/** Same rank and dims that fit: the better known of both, or `never` (or a `never` dim) when they differ. */
export type SameShape<A extends Shape, B extends Shape> = Box<A> extends Box<B> ? A
  : number extends A["length"] ? B
  : number extends B["length"] ? A
  : A["length"] extends B["length"] ? SameDims<A, B>
  : never

type SameDims<A extends Shape, B extends Shape, Dims extends Array<number> = []> = A extends
  readonly [infer HeadA extends number, ...infer TailA extends Shape]
  ? B extends readonly [infer HeadB extends number, ...infer TailB extends Shape]
    ? SameDims<TailA, TailB, [...Dims, SameDim<HeadA, HeadB>]>
  : Dims
  : Dims

/**
 * Convolution in types: the shapes of images, `[count, …places, channels]`, and of kernels, `[…size, in, out]`.
 */
import type { Shape } from "../core/shape.ts"
import type { Add, DivMod, Sub } from "./arithmetic.ts"
import type { IsFound, IsLiteral, Refuse, Show } from "./check.ts"

/** Where channels lie: behind the places, or before them. */
export type Layout = "channelsLast" | "channelsFirst"

/** What is around the places: as much as keeps their number, nothing, or a pair for each axis. */
export type Padding = "same" | "valid" | ReadonlyArray<readonly [before: number, after: number]>

/** A number for each axis of the places, or one for all. */
export type PerAxis = number | ReadonlyArray<number>

/** Is the option given? */
type Has<O, Name extends string> = Name extends keyof O ? [O[Name]] extends [undefined] ? false : true : false

/** Is anything given by which the number of places is not known? */
type IsSpecial<O> = true extends Has<O, "stride"> | Has<O, "dilation"> | Has<O, "inputDilation"> ? true : false

type IsLast<O> = Has<O, "layout"> extends false ? true
  : O extends { readonly layout: "channelsLast" } ? true
  : false

/** The places of kernels of the sizes `K` on `S`. */
type Places<S extends Shape, K extends Shape, O> = IsSpecial<O> extends true ? Unknown<S>
  : O extends { readonly padding: "same" } ? S
  : true extends Has<O, "padding"> ? O extends { readonly padding: "valid" } ? Valid<S, K> : Unknown<S>
  : Valid<S, K>

type Unknown<S extends Shape> = { -readonly [I in keyof S]: number }

type Valid<S extends Shape, K extends Shape> = {
  -readonly [I in keyof S]: I extends keyof K
    ? Sub<S[I] & number, K[I] & number> extends infer D extends number ? [D] extends [never] ? number : Add<D, 1>
    : number
    : number
}

/** The shape of the convolution of images and kernels. */
export type Conv<X extends Shape, W extends Shape, O> = number extends X["length"] | W["length"] ? Shape
  : IsLast<O> extends false ? Shape
  : X extends readonly [infer N extends number, ...infer S extends Shape, number]
    ? W extends readonly [...infer K extends Shape, number, infer Out extends number] ? [N, ...Places<S, K, O>, Out]
    : Shape
  : Shape

/** Why they do not fit, as far as is known. */
type BadConv<Name extends string, X extends Shape, W extends Shape, O> = number extends X["length"] | W["length"] ?
  never
  : X["length"] extends W["length"] ? X["length"] extends 0 | 1 | 2 ? NoPlaces<Name, X>
    : true extends Has<O, "groups"> ? never
    : IsLast<O> extends false ? never
    : X extends readonly [...Shape, infer C extends number]
      ? W extends readonly [...Shape, infer I extends number, number]
        ? IsLiteral<C> extends true ? IsLiteral<I> extends true ? C extends I ? never
            : `ShapeError: ${Name}: ${C} channels, and kernels for ${I}`
          : never
        : never
      : never
    : never
  : `ShapeError: ${Name}: images ${Show<X>} and kernels ${Show<W>} differ in rank`

type NoPlaces<Name extends string, X extends Shape> = `ShapeError: ${Name}: ${Show<
  X
>} has no axes between count and channels`

/** `Arg`, unless images and kernels do not fit. */
export type CheckConv<Name extends string, X extends Shape, W extends Shape, O, Arg> =
  IsFound<BadConv<Name, X, W, O>> extends true ? Refuse<[X, W], BadConv<Name, X, W, O>, Arg> : Arg

/** The shape of windows that are put together: those of `size`, next to each other. */
export type Pool<X extends Shape, Size, O> = number extends X["length"] ? Shape
  : IsLast<O> extends false ? Shape
  : X extends readonly [infer N extends number, ...infer S extends Shape, infer C extends number]
    ? true extends Has<O, "stride"> | Has<O, "padding"> ? [N, ...Unknown<S>, C] : [N, ...Divided<S, Size>, C]
  : Shape

type Divided<S extends Shape, Size> = {
  -readonly [I in keyof S]: DivMod<S[I] & number, SizeAt<Size, I>> extends [infer Q extends number, number] ? Q : number
}

type SizeAt<Size, I> = Size extends number ? Size : I extends keyof Size ? Size[I] & number : number

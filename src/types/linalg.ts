/**
 * Matrices in types: they lie along the last two axes.
 */
import type { Shape } from "../core/shape.ts"
import type { Box, IsBad, Refuse, Show } from "./check.ts"
import type { SameDim } from "./shape.ts"

/** The axes that count matrices. */
export type Lead<S extends Shape> = number extends S["length"] ? Shape
  : S extends readonly [...infer Rest extends Shape, number, number] ? Rest
  : never

/** The axes of the rows of matrices, and those before. */
export type Rows<S extends Shape> = number extends S["length"] ? Shape
  : S extends readonly [...infer Rest extends Shape, number] ? Rest
  : never

/** The shape with its last two axes exchanged. */
export type Flipped<S extends Shape> = number extends S["length"] ? Shape
  : S extends readonly [...infer Rest extends Shape, infer M extends number, infer N extends number] ? [...Rest, N, M]
  : never

/** The shape, with a `never` dim unless matrices are square. The first question settles generic dims. */
type Squared<S extends Shape> = number extends S["length"] ? Shape
  : S extends readonly [...infer Rest extends Shape, infer M extends number, infer N extends number]
    ? Box<M> extends Box<N> ? [...Rest, M, N] : [...Rest, M, SameDim<M, N>]
  : never

/** `Arg`, unless matrices are not square. */
export type CheckSquare<Name extends string, S extends Shape, Arg> = IsBad<Squared<S>> extends true
  ? Refuse<[S], `ShapeError: ${Name}: requires square matrices, got ${Show<S>}`, Arg>
  : Arg

/** `Arg`, unless there are less than two axes. */
export type CheckMatrix<Name extends string, S extends Shape, Arg> = IsBad<Lead<S>> extends true
  ? Refuse<[S], `ShapeError: ${Name}: requires matrices along the last two axes, got ${Show<S>}`, Arg>
  : Arg

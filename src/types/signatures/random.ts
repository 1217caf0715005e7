/**
 * Signatures of random numbers.
 */
import type * as Effect from "effect/Effect"
import type { DType, FloatDType } from "../../core/dtype.ts"
import type { OpError } from "../../core/errors.ts"
import type { Shape } from "../../core/shape.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type { CheckFloat } from "../dtype.ts"
import type { CheckSquare } from "../linalg.ts"
import type { DTypeOf, ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"
import type { Mutable } from "../shape.ts"
import type { JoinOf } from "./elementwise.ts"

/**
 * What random numbers are drawn with: a tree of one tensor, two words, so that no ordinary tensor is a key. `S` counts
 * several keys, which `vmap` maps over.
 */
export interface Key<S extends Shape = []> {
  readonly threefry: Tensor<[...S, 2], "int32">
}

/** What ops take as a key: a key, or an Effect that yields one. */
export type KeyOperand = Key | Effect.Effect<Key, any, any>

/** What an op gives that takes a key and operands. */
type Given<K, A, Result> = Effect.Effect<Result, OpError | ErrorOf<K | A>, ServicesOf<K | A>>

/** The shape that was asked for; that of the parameters, where none was. */
type Asked<S, Default extends Shape> = S extends Shape ? Mutable<S> : Default

/** As many keys as a number says. */
export type Keys<N extends number> = number extends N ? ReadonlyArray<Key>
  : N extends 1 ? readonly [Key]
  : N extends 2 ? readonly [Key, Key]
  : N extends 3 ? readonly [Key, Key, Key]
  : N extends 4 ? readonly [Key, Key, Key, Key]
  : ReadonlyArray<Key>

/** Several keys from one. */
export interface SplitKey {
  <K extends KeyOperand, const N extends number = 2>(key: K, n?: N): Given<K, never, Keys<N>>
}

/** A tensor of keys from one. */
export interface ManyKeys {
  <K extends KeyOperand, const N extends number>(key: K, n: N): Given<K, never, Key<[N]>>
}

/** A key from a key and data. */
export interface FoldIn {
  <K extends KeyOperand, A extends Operand>(key: K, data: A): Given<K, A, Key>
}

/** Words. */
export interface Bits {
  <K extends KeyOperand, const S extends Shape = []>(key: K, shape?: S): Given<K, never, Tensor<Mutable<S>, "int32">>
}

/** The dtype of what is drawn, float64 by default. */
export interface DrawOptions<D extends FloatDType> {
  readonly dtype?: D | undefined
}

/** Elements of a distribution without parameters. */
export interface Draw {
  <K extends KeyOperand, const S extends Shape = [], const D extends FloatDType = "float64">(
    key: K,
    shape?: S,
    options?: DrawOptions<D>
  ): Given<K, never, Tensor<Mutable<S>, D>>
}

/** Elements between two bounds. */
export interface DrawUniform {
  <
    K extends KeyOperand,
    const S extends Shape = [],
    const D extends FloatDType = "float64",
    Low extends Operand = number,
    High extends Operand = number
  >(
    key: K,
    shape?: S,
    options?: DrawOptions<D> & { readonly min?: Low | undefined; readonly max?: High | undefined }
  ): Given<K, Low | High, Tensor<Mutable<S>, D>>
}

/** Whole numbers between two bounds. */
export interface DrawInteger {
  <K extends KeyOperand, const S extends Shape, Low extends Operand, High extends Operand>(
    key: K,
    shape: S,
    min: Low,
    max: High
  ): Given<K, Low | High, Tensor<Mutable<S>, "int32">>
}

/** Elements of a distribution with one parameter, of which `Result` is the dtype, if it is not that of the parameter. */
export interface DrawWith<Name extends string, Result extends DType | undefined = undefined> {
  <K extends KeyOperand, A extends Operand, const S extends Shape | undefined = undefined>(
    key: K,
    parameter: CheckFloat<Name, SaidBy<A>, A>,
    shape?: S
  ): Given<K, A, Tensor<Asked<S, ShapeOf<A>>, Result extends DType ? Result : DTypeOf<A>>>
}

/** Elements of a distribution with two parameters, which broadcast. */
export interface DrawBetween<Name extends string> {
  <K extends KeyOperand, A extends Operand, B extends Operand, const S extends Shape | undefined = undefined>(
    key: K,
    first: CheckFloat<Name, SaidBy<A>, A>,
    second: CheckFloat<Name, SaidBy<B>, B>,
    shape?: S
  ): Given<K, A | B, Tensor<Asked<S, Shape>, JoinOf<A, B>>>
}

/** Vectors whose parameters are vectors. */
export interface DrawVectors<Name extends string> {
  <K extends KeyOperand, A extends Operand, const S extends Shape | undefined = undefined>(
    key: K,
    parameters: CheckFloat<Name, SaidBy<A>, A>,
    shape?: S
  ): Given<K, A, Tensor<S extends Shape ? Shape : ShapeOf<A>, DTypeOf<A>>>
}

/** Vectors with a mean and a covariance. */
export interface DrawMultivariate {
  <K extends KeyOperand, A extends Operand, B extends Operand, const S extends Shape | undefined = undefined>(
    key: K,
    mean: CheckFloat<"Random.multivariateNormal", SaidBy<A>, A>,
    covariance: CheckSquare<
      "Random.multivariateNormal",
      ShapeOf<B>,
      CheckFloat<"Random.multivariateNormal", SaidBy<B>, B>
    >,
    shape?: S
  ): Given<K, A | B, Tensor<Shape, JoinOf<A, B>>>
}

/** Indices, with the logarithms of their probabilities along an axis. */
export interface DrawCategorical {
  <K extends KeyOperand, A extends Operand>(
    key: K,
    logits: CheckFloat<"Random.categorical", SaidBy<A>, A>,
    options?: { readonly axis?: number | undefined; readonly shape?: Shape | undefined }
  ): Given<K, A, Tensor<Shape, "int32">>
}

/** The elements of a tensor, or whole numbers from 0, in another order. */
export interface Permutation {
  <K extends KeyOperand, A extends Operand>(
    key: K,
    x: A,
    options?: { readonly axis?: number | undefined }
  ): Given<K, A, A extends number ? Tensor<[A], "int32"> : Tensor<ShapeOf<A>, DTypeOf<A>>>
}

/** Some of the elements of a tensor, or whole numbers from 0. */
export interface Choice {
  <K extends KeyOperand, A extends Operand, P extends Operand = number>(
    key: K,
    x: A,
    shape?: Shape,
    options?: {
      readonly axis?: number | undefined
      readonly p?: P | undefined
      readonly replace?: boolean | undefined
    }
  ): Given<K, A | P, Tensor<Shape, A extends number ? "int32" : DTypeOf<A>>>
}

/** A program that is given a key, of which `Random.next` draws. */
export interface WithKey {
  <K extends KeyOperand>(
    key: K
  ): <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.Effect<A, E | OpError | ErrorOf<K>, R | ServicesOf<K>>
  <A, E, R, K extends KeyOperand>(
    program: Effect.Effect<A, E, R>,
    key: K
  ): Effect.Effect<A, E | OpError | ErrorOf<K>, R | ServicesOf<K>>
}

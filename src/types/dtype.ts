/**
 * Dtypes in types: what joins with what, and the sentences for what does not.
 *
 * Where a dtype is not known (`DType`), nothing is refused.
 */
import type { DType, FloatDType } from "../core/dtype.ts"
import type { Box, IsNever } from "./check.ts"

/**
 * What an operand says about the dtype of a result: a tensor says its own, a plain number says nothing and adapts. (As
 * the length of a tuple, TypeScript can tell the two apart even for a generic dtype.)
 */
export type Said = readonly [] | readonly [DType]

/** The dtypes with arithmetic. */
export type NumericDType = Exclude<DType, "bool">

/** What two dtypes join to. Pairs that are not here need a `cast`. */
export interface Joins {
  float64: { float64: "float64"; float32: "float64" }
  float32: { float64: "float64"; float32: "float32" }
  int32: { int32: "int32" }
  bool: { bool: "bool" }
}

/** What two operands say together. Dtypes that need a `cast` give an unknown one. A generic dtype joins with itself. */
export type Join<A extends Said, B extends Said> = A extends readonly [] ? B
  : B extends readonly [] ? A
  : Box<A> extends Box<B> ? A
  : readonly [JoinDTypes<A[number], B[number]>]

type JoinDTypes<A extends DType, B extends DType> = Box<DType> extends Box<A> | Box<B> ? DType
  : A extends unknown ? B extends keyof Joins[A] ? Joins[A][B] & DType : DType
  : never

/** The dtype of a result: numbers alone are float64. */
export type Settled<A extends Said> = A extends readonly [] ? "float64" : A[number]

/** What many operands say together. */
export type JoinAll<As, Joined extends Said = readonly []> = As extends
  readonly [infer Head extends Said, ...infer Tail] ? JoinAll<Tail, Join<Joined, Head>>
  : As extends readonly [] ? Joined
  : As extends ReadonlyArray<infer A extends Said> ? Join<Joined, A>
  : readonly [DType]

/** The first two dtypes that need a `cast`; `never` where there are none for sure. */
export type ClashAll<As, Joined extends Said = readonly []> = As extends
  readonly [infer Head extends Said, ...infer Tail]
  ? Clash<Joined, Head> extends true ? [Joined[number], Head[number]] : ClashAll<Tail, Join<Joined, Head>>
  : never

/** Do two dtypes need a `cast`, for sure? */
export type Clash<A extends Said, B extends Said> = A extends readonly [] ? false
  : B extends readonly [] ? false
  : Box<A> extends Box<B> ? false
  : IsNever<Joinable<A[number], B[number]>>

export type Joinable<A extends DType, B extends DType> = A extends unknown ? Extract<B, keyof Joins[A]> : never

/** Is the dtype, as far as it is known, none of `Accepted`? */
export type Outside<A extends Said, Accepted> = A extends readonly [] ? false : IsNever<Extract<A[number], Accepted>>

/** `"DTypeError: add: int32 and float64 do not mix; use cast"`. */
export type NoMix<Name extends string, A, B> = `DTypeError: ${Name}: ${A & string} and ${
  & B
  & string} do not mix; use cast`

/** `"DTypeError: sin requires a float dtype, got int32; use cast"`. */
export type Requires<Name extends string, Class extends string, A extends Said> =
  `DTypeError: ${Name} requires a ${Class} dtype, got ${A[number]}; use cast`

/** `Arg`, unless its dtype is not a float. */
export type CheckFloat<Name extends string, A extends Said, Arg> = Outside<A, FloatDType> extends true
  ? Requires<Name, "float", A>
  : Arg

/** `Arg`, unless its dtype is bool. */
export type CheckNumeric<Name extends string, A extends Said, Arg> = Outside<A, NumericDType> extends true
  ? Requires<Name, "numeric", A>
  : Arg

/** `Arg`, unless its dtype is not bool. A number stands for a bool where it is 0 or 1. */
export type CheckBool<Name extends string, A extends Said, Arg> = Outside<A, "bool"> extends true
  ? Requires<Name, "bool", A>
  : Arg

/** `Arg`, unless its dtype is not int32. A number stands for an int32 where it is whole. */
export type CheckInteger<Name extends string, A extends Said, Arg> = Outside<A, "int32"> extends true
  ? Requires<Name, "int32", A>
  : Arg

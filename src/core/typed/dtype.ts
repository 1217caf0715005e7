/**
 * Dtypes in types: what joins with what, and the sentences for what does not.
 *
 * A plain number is `"weak"`: it adapts to the tensor beside it, and alone it is float64. Where a dtype is not known
 * (`DType`), nothing is refused.
 */
import type { DType, FloatDType } from "../dtype.ts"
import type { Box, IsNever } from "./check.ts"

/** The dtype of an operand, `"weak"` for a number. */
export type WeakDType = DType | "weak"

/** The dtypes with arithmetic. */
export type NumericDType = Exclude<DType, "bool">

/** What two dtypes join to. Pairs that are not here need a `cast`. */
interface Joins {
  float64: { float64: "float64"; float32: "float64"; weak: "float64" }
  float32: { float64: "float64"; float32: "float32"; weak: "float32" }
  int32: { int32: "int32"; weak: "int32" }
  bool: { bool: "bool"; weak: "bool" }
  weak: { float64: "float64"; float32: "float32"; int32: "int32"; bool: "bool"; weak: "weak" }
}

/** The dtype that two operands join to; `never` when they need a `cast`. A generic dtype joins with itself and with numbers. */
export type Join<A, B> = Box<B> extends Box<A> | Box<"weak"> ? A
  : Box<DType> extends Box<A> | Box<B> ? DType
  : A extends keyof Joins ? B extends keyof Joins[A] ? Joins[A][B] : never
  : never

/** The dtype of a result: numbers alone are float64, and a refused join counts as unknown. */
export type Settled<D> = [D] extends [never] ? DType : D extends "weak" ? "float64" : D extends DType ? D : DType

/** The dtype that many operands join to. */
export type JoinAll<Ds, Joined = "weak"> = Ds extends readonly [infer Head, ...infer Tail] ? JoinAll<Tail, Join<Joined, Head>>
  : Ds extends readonly [] ? Joined
  : Ds extends ReadonlyArray<infer D> ? Join<Joined, D>
  : DType

/** Do two dtypes need a `cast`? An operand without a dtype was refused before. */
export type Clash<A, B> = IsNever<Join<A, B>> extends true
  ? IsNever<A> extends true ? false : IsNever<B> extends true ? false : true
  : false

/** Is a dtype, as far as it is known, none of `Accepted`? Numbers adapt. */
export type Outside<D, Accepted> = IsNever<Extract<D, Accepted | "weak">> extends true
  ? IsNever<D> extends true ? false : true
  : false

/** `"DTypeError: add: int32 and float64 do not mix; use cast"`. */
export type NoMix<Name extends string, A, B> = `DTypeError: ${Name}: ${A & string} and ${B & string} do not mix; use cast`

/** `"DTypeError: sin requires a float dtype, got int32; use cast"`. */
export type Requires<Name extends string, Class extends string, D> =
  `DTypeError: ${Name} requires a ${Class} dtype, got ${D & string}; use cast`

/** `Arg`, unless its dtype is not a float. */
export type CheckFloat<Name extends string, D, Arg> = Outside<D, FloatDType> extends true ? Requires<Name, "float", D> : Arg

/** `Arg`, unless its dtype is bool. */
export type CheckNumeric<Name extends string, D, Arg> = Outside<D, NumericDType> extends true ? Requires<Name, "numeric", D> : Arg

/** `Arg`, unless its dtype is not bool. A number stands for a bool where it is 0 or 1. */
export type CheckBool<Name extends string, D, Arg> = Outside<D, "bool"> extends true ? Requires<Name, "bool", D> : Arg

/** `Arg`, unless its dtype is not int32. */
export type CheckInteger<Name extends string, D, Arg> = Outside<D, "int32"> extends true ? Requires<Name, "int32", D> : Arg

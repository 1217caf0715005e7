/**
 * Signatures of contractions.
 */
import type { Operand } from "../../tensor.ts"
import type { IsNever } from "../check.ts"
import type { CheckDot, CheckMatMul, CheckTensorDot, Dot as Dotted, MatMul as Multiplied, Outer as OuterShape, TensorDot as TensorDotted } from "../contraction.ts"
import type { JoinAll, NumericDType, Outside, Requires, Settled } from "../dtype.ts"
import type { CheckEinsum, Einsum as Summed } from "../einsum.ts"
import type { Result, ShapeOf, WeakDTypeOf } from "../operand.ts"
import type { CheckDTypes, JoinOf } from "./elementwise.ts"

/** `Arg`, unless the dtypes of the factors need a `cast`, or are bool. */
type CheckFactors<Name extends string, A, B, Arg> = CheckDTypes<Name, WeakDTypeOf<A>, WeakDTypeOf<B>, "numeric", NumericDType, Arg>

/** The matrix product; axes before the last two broadcast. */
export interface MatMul {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckMatMul<ShapeOf<A>, ShapeOf<B>, CheckFactors<"matmul", A, B, B>>
  ): Result<Multiplied<ShapeOf<A>, ShapeOf<B>>, JoinOf<A, B>, A | B>
}

/** NumPy's dot. */
export interface Dot {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckDot<ShapeOf<A>, ShapeOf<B>, CheckFactors<"dot", A, B, B>>
  ): Result<Dotted<ShapeOf<A>, ShapeOf<B>>, JoinOf<A, B>, A | B>
}

/** All products of an element of one with an element of the other. */
export interface Outer {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckFactors<"outer", A, B, B>
  ): Result<OuterShape<ShapeOf<A>, ShapeOf<B>>, JoinOf<A, B>, A | B>
}

/** The product summed over given axes of both, by default the last two of one with the first two of the other. */
export interface TensorDot {
  <A extends Operand, B extends Operand, const Axes extends number | readonly [ReadonlyArray<number>, ReadonlyArray<number>] = 2>(
    a: A,
    b: CheckTensorDot<ShapeOf<A>, ShapeOf<B>, Axes, CheckFactors<"tensordot", A, B, B>>,
    axes?: Axes
  ): Result<TensorDotted<ShapeOf<A>, ShapeOf<B>, Axes>, JoinOf<A, B>, A | B>
}

type Shapes<As> = { [K in keyof As]: ShapeOf<As[K]> }
type DTypes<As> = { [K in keyof As]: WeakDTypeOf<As[K]> }

/** The product of all operands, summed over the labels that the output does not name. */
export interface Einsum {
  <const Equation extends string, As extends ReadonlyArray<Operand>>(
    equation: CheckEinsum<Equation, Shapes<As>, CheckOperands<As, Equation>>,
    ...operands: As
  ): Result<Summed<Equation, Shapes<As>>, Settled<JoinAll<DTypes<As>>>, As[number]>
}

type CheckOperands<As, Arg> = IsNever<JoinAll<DTypes<As>>> extends true
  ? `DTypeError: einsum: ${DTypes<As>[number & keyof As] & string} do not mix; use cast`
  : Outside<JoinAll<DTypes<As>>, NumericDType> extends true ? Requires<"einsum", "numeric", JoinAll<DTypes<As>>>
  : Arg


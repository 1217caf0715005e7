/**
 * Signatures of contractions.
 */
import type * as Effect from "effect/Effect"
import type { OpError } from "../../core/errors.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type { IsFound } from "../check.ts"
import type {
  CheckDot,
  CheckMatMul,
  CheckTensorDot,
  Dot as Dotted,
  MatMul as Multiplied,
  Outer as OuterShape,
  TensorDot as TensorDotted
} from "../contraction.ts"
import type { ClashAll, JoinAll, NoMix, NumericDType, Outside, Requires, Settled } from "../dtype.ts"
import type { CheckEinsum, Einsum as Summed } from "../einsum.ts"
import type { ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"
import type { CheckDTypes, JoinOf } from "./elementwise.ts"

/** `Arg`, unless the dtypes of the factors need a `cast`, or are bool. */
type CheckFactors<Name extends string, A, B, Arg> = CheckDTypes<
  Name,
  SaidBy<A>,
  SaidBy<B>,
  "numeric",
  NumericDType,
  Arg
>

/** The matrix product; axes before the last two broadcast. */
export interface MatMul {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckMatMul<ShapeOf<A>, ShapeOf<B>, CheckFactors<"matmul", A, B, B>>
  ): Effect.Effect<
    Tensor<Multiplied<ShapeOf<A>, ShapeOf<B>>, JoinOf<A, B>>,
    OpError | ErrorOf<A | B>,
    ServicesOf<A | B>
  >
}

/** NumPy's dot. */
export interface Dot {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckDot<ShapeOf<A>, ShapeOf<B>, CheckFactors<"dot", A, B, B>>
  ): Effect.Effect<
    Tensor<Dotted<ShapeOf<A>, ShapeOf<B>>, JoinOf<A, B>>,
    OpError | ErrorOf<A | B>,
    ServicesOf<A | B>
  >
}

/** All products of an element of one with an element of the other. */
export interface Outer {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckFactors<"outer", A, B, B>
  ): Effect.Effect<
    Tensor<OuterShape<ShapeOf<A>, ShapeOf<B>>, JoinOf<A, B>>,
    OpError | ErrorOf<A | B>,
    ServicesOf<A | B>
  >
}

/** The product summed over given axes of both, by default the last two of one with the first two of the other. */
export interface TensorDot {
  <
    A extends Operand,
    B extends Operand,
    const Axes extends number | readonly [ReadonlyArray<number>, ReadonlyArray<number>] = 2
  >(
    a: A,
    b: CheckTensorDot<ShapeOf<A>, ShapeOf<B>, Axes, CheckFactors<"tensordot", A, B, B>>,
    axes?: Axes
  ): Effect.Effect<
    Tensor<TensorDotted<ShapeOf<A>, ShapeOf<B>, Axes>, JoinOf<A, B>>,
    OpError | ErrorOf<A | B>,
    ServicesOf<A | B>
  >
}

type Shapes<As> = { [K in keyof As]: ShapeOf<As[K]> }
type DTypes<As> = { [K in keyof As]: SaidBy<As[K]> }

/** The product of all operands, summed over the labels that the output does not name. */
export interface Einsum {
  <const Equation extends string, As extends ReadonlyArray<Operand>>(
    equation: CheckEinsum<Equation, Shapes<As>, CheckOperands<As, Equation>>,
    ...operands: As
  ): Effect.Effect<
    Tensor<Summed<Equation, Shapes<As>>, Settled<JoinAll<DTypes<As>>>>,
    OpError | ErrorOf<As[number]>,
    ServicesOf<As[number]>
  >
}

type CheckOperands<As, Arg> = IsFound<ClashAll<DTypes<As>>> extends true
  ? NoMix<"einsum", ClashAll<DTypes<As>>[0], ClashAll<DTypes<As>>[1]>
  : Outside<JoinAll<DTypes<As>>, NumericDType> extends true ? Requires<"einsum", "numeric", JoinAll<DTypes<As>>>
  : Arg

/**
 * Signatures of elementwise ops, comparisons and selections.
 */
import type * as Effect from "effect/Effect"
import type { DType, FloatDType } from "../../core/dtype.ts"
import type { OpError } from "../../core/errors.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type { IsBad, IsFound, Refuse, Show } from "../check.ts"
import type {
  CheckBool,
  CheckFloat,
  CheckNumeric,
  Clash,
  Join,
  NoMix,
  NumericDType,
  Outside,
  Requires,
  Said,
  Settled
} from "../dtype.ts"
import type { DTypeOf, ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"
import type { Broadcast, CheckBroadcast } from "../shape.ts"

/** The shape of two operands together. A number in front is no question of shapes, so a generic shape is kept as it is. */
export type Both<A, B> = A extends number ? ShapeOf<B> : Broadcast<ShapeOf<A>, ShapeOf<B>>

/** The dtype of two operands together. */
export type JoinOf<A, B> = Settled<Join<SaidBy<A>, SaidBy<B>>>

/**
 * The second operand's own type, unless the two do not broadcast, need a `cast`, or have a dtype that the op does not
 * take.
 */
export type CheckPair<Name extends string, A, B, Class extends string, Accepted> = IsBad<Both<A, B>> extends true
  ? Refuse<
    [ShapeOf<A>, ShapeOf<B>],
    `ShapeError: ${Name}: cannot broadcast ${Show<ShapeOf<A>>} with ${Show<ShapeOf<B>>}`,
    B
  >
  : CheckDTypes<Name, SaidBy<A>, SaidBy<B>, Class, Accepted, CheckHeld<Name, A, B>>

/** The second operand's own type, unless one is a fraction and the other int32. */
type CheckHeld<Name extends string, A, B> = IsFound<Fraction<A, SaidBy<B>> | Fraction<B, SaidBy<A>>> extends true
  ? `DTypeError: ${Name}: int32 cannot hold ${Fraction<A, SaidBy<B>> | Fraction<B, SaidBy<A>>}; use cast`
  : B

/** `N`, when it is a literal fraction beside an int32. */
type Fraction<N, Beside extends Said> = N extends number
  ? Beside extends readonly ["int32"] ? `${N}` extends `${string}.${string}` | `${string}e-${string}` ? N : never
  : never
  : never

/** `Arg`, unless two dtypes need a `cast`, or join to one that the op does not take. */
export type CheckDTypes<Name extends string, A extends Said, B extends Said, Class extends string, Accepted, Arg> =
  Clash<A, B> extends true ? NoMix<Name, A[number], B[number]>
    : Outside<Join<A, B>, Accepted> extends true ? Requires<Name, Class, Join<A, B>>
    : Arg

/** One operand of any numeric dtype, which the result keeps: `neg`, `abs`, `floor`, … */
export interface Unary<Name extends string> {
  <A extends Operand>(x: CheckNumeric<Name, SaidBy<A>, A>): Effect.Effect<
    Tensor<ShapeOf<A>, DTypeOf<A>>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** One operand of a float dtype, which the result keeps: `sin`, `exp`, … */
export interface FloatUnary<Name extends string> {
  <A extends Operand>(x: CheckFloat<Name, SaidBy<A>, A>): Effect.Effect<
    Tensor<ShapeOf<A>, DTypeOf<A>>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** Two numeric operands that broadcast: `add`, `mul`, … */
export interface Binary<Name extends string> {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckPair<Name, A, B, "numeric", NumericDType>
  ): Effect.Effect<Tensor<Both<A, B>, JoinOf<A, B>>, OpError | ErrorOf<A | B>, ServicesOf<A | B>>
}

/** Two float operands that broadcast: `div`, `pow`, … */
export interface FloatBinary<Name extends string> {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckPair<Name, A, B, "float", FloatDType>
  ): Effect.Effect<Tensor<Both<A, B>, JoinOf<A, B>>, OpError | ErrorOf<A | B>, ServicesOf<A | B>>
}

/** Two operands that broadcast, compared: bools can be equal, but have no order. */
export interface Compare<Name extends string> {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckPair<Name, A, B, "numeric", Name extends "equal" | "notEqual" ? DType : NumericDType>
  ): Effect.Effect<Tensor<Both<A, B>, "bool">, OpError | ErrorOf<A | B>, ServicesOf<A | B>>
}

/** Two bools that broadcast: `logicalAnd`, `logicalOr`. */
export interface Logical<Name extends string> {
  <A extends Operand, B extends Operand>(
    a: A,
    b: CheckPair<Name, A, B, "bool", "bool">
  ): Effect.Effect<Tensor<Both<A, B>, "bool">, OpError | ErrorOf<A | B>, ServicesOf<A | B>>
}

/** One bool. */
export interface LogicalNot {
  <A extends Operand>(x: CheckBool<"logicalNot", SaidBy<A>, A>): Effect.Effect<
    Tensor<ShapeOf<A>, "bool">,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** A question about every number: `isNaN`, and `isFinite`, which is for floats. */
export interface Test<Name extends string> {
  <A extends Operand>(
    x: Name extends "isFinite" ? CheckFloat<Name, SaidBy<A>, A> : CheckNumeric<Name, SaidBy<A>, A>
  ): Effect.Effect<Tensor<ShapeOf<A>, "bool">, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** A number between two bounds, all of which broadcast. */
export interface Clip {
  <A extends Operand, Lo extends Operand, Hi extends Operand>(
    x: A,
    lo: CheckPair<"clip", A, Lo, "numeric", NumericDType>,
    hi: CheckPair<"clip", A, Hi, "numeric", NumericDType>
  ): Effect.Effect<
    Tensor<Broadcast<Both<A, Lo>, ShapeOf<Hi>>, Settled<Join<Join<SaidBy<A>, SaidBy<Lo>>, SaidBy<Hi>>>>,
    OpError | ErrorOf<A | Lo | Hi>,
    ServicesOf<A | Lo | Hi>
  >
}

/** The same elements in the dtype `D`. */
export interface Cast {
  <A extends Operand, const D extends DType>(x: A, dtype: D): Effect.Effect<
    Tensor<ShapeOf<A>, D>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** The operand itself, without its derivative. */
export interface StopGradient {
  <A extends Operand>(x: A): Effect.Effect<
    Tensor<ShapeOf<A>, DTypeOf<A>>,
    OpError | ErrorOf<A>,
    ServicesOf<A>
  >
}

/** `a` where the mask is true, `b` where it is not; all three broadcast. */
export interface Where {
  <M extends Operand, A extends Operand, B extends Operand>(
    mask: CheckBool<"where", SaidBy<M>, M> | boolean,
    a: CheckBroadcast<"where", ShapeOf<M>, ShapeOf<A>, A>,
    b: CheckAlternative<M, A, B>
  ): Effect.Effect<
    Tensor<Broadcast<Both<M, A>, ShapeOf<B>>, JoinOf<A, B>>,
    OpError | ErrorOf<M | A | B>,
    ServicesOf<M | A | B>
  >
}

type CheckAlternative<M, A, B> = IsBad<Broadcast<Both<M, A>, ShapeOf<B>>> extends true ? Refuse<
    [Both<M, A>, ShapeOf<B>],
    `ShapeError: where: cannot broadcast ${Show<Both<M, A>>} with ${Show<ShapeOf<B>>}`,
    B
  >
  : CheckDTypes<"where", SaidBy<A>, SaidBy<B>, "known", DType, B>

/** Other numbers in place of those that are not finite. */
export interface NanToNum {
  <A extends Operand>(
    x: CheckFloat<"nanToNum", SaidBy<A>, A>,
    options?: {
      readonly nan?: number | undefined
      readonly posInf?: number | undefined
      readonly negInf?: number | undefined
    }
  ): Effect.Effect<Tensor<ShapeOf<A>, DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>>
}

/** A float scaled by a power of two. */
export interface Ldexp {
  <A extends Operand, N extends Operand>(
    x: CheckFloat<"ldexp", SaidBy<A>, A>,
    n: N
  ): Effect.Effect<Tensor<Broadcast<ShapeOf<A>, ShapeOf<N>>, DTypeOf<A>>, OpError | ErrorOf<A | N>, ServicesOf<A | N>>
}

/** `x` where the mask is true, `fill` where it is not. */
export interface Mask {
  <A extends Operand, M extends Operand, F extends Operand = 0>(
    x: A,
    mask: IsBad<Both<A, M>> extends true ? CheckBroadcast<"mask", ShapeOf<A>, ShapeOf<M>, M>
      : CheckBool<"mask", SaidBy<M>, M> | boolean,
    fill?: CheckPair<"mask", A, F, "known", DType>
  ): Effect.Effect<
    Tensor<Broadcast<Both<A, M>, ShapeOf<F>>, JoinOf<A, F>>,
    OpError | ErrorOf<A | M | F>,
    ServicesOf<A | M | F>
  >
}

/**
 * What the compiler knows of an operand: the shape and dtype of the tensor that it is or yields, the errors that it can
 * fail with and the services that it needs.
 */
import type * as Effect from "effect/Effect"
import type { DType } from "../core/dtype.ts"
import type { Shape } from "../core/shape.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import type { IsAny } from "./check.ts"

// `any` and `Operand` itself, which is what a type parameter is erased to, tell nothing; `Operand extends A` asks for both

/** The shape of an operand; a number is a scalar. */
export type ShapeOf<A> = Operand extends A ? Shape
  : A extends number ? []
  : A extends Tensor<infer S, any> ? S
  : A extends Effect.Effect<Tensor<infer S, any>, any, any> ? S
  : never

/** What an operand says about the dtype of a result: its own, or nothing, for a number adapts to the tensor beside it. */
export type SaidBy<A> = Operand extends A ? readonly [DType]
  : A extends number ? readonly []
  : A extends Tensor<any, infer D> ? readonly [D]
  : A extends Effect.Effect<Tensor<any, infer D>, any, any> ? readonly [D]
  : readonly []

/** The dtype of an operand that stands alone; a number is float64. */
export type DTypeOf<A> = Operand extends A ? DType
  : A extends number ? "float64"
  : A extends Tensor<any, infer D> ? D
  : A extends Effect.Effect<Tensor<any, infer D>, any, any> ? D
  : never

/** The errors that an operand can fail with. */
export type ErrorOf<A> = IsAny<A> extends true ? never : A extends Effect.Effect<any, infer E, any> ? NotAny<E> : never

/** The services that an operand needs. */
export type ServicesOf<A> = IsAny<A> extends true ? never
  : A extends Effect.Effect<any, any, infer R> ? NotAny<R>
  : never

/** `any` is not to spread. */
type NotAny<T> = IsAny<T> extends true ? never : T

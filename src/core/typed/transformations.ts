import type * as Effect from "effect/Effect"
import type { Option } from "effect/Option"
import type { DType } from "../dtype.ts"
import type { OpError, UnconnectedGradientError } from "../errors.ts"
import type { Shape } from "../shape.ts"
import type { Tensor } from "../tensor.ts"

export type Unconnected = "zero" | "none" | "error"
export interface GradOptions { readonly argnums?: number | ReadonlyArray<number>; readonly unconnected?: Unconnected }
type Picked<Args extends ReadonlyArray<unknown>, O> = O extends { readonly argnums: infer N }
  ? N extends number ? Args[N] : N extends ReadonlyArray<number> ? { -readonly [K in keyof N]: Args[N[K] & keyof Args] } : never
  : Args[0]
export type OptionLeaves<P> = P extends Tensor<any, any> ? Option<P> : P extends object ? { [K in keyof P]: OptionLeaves<P[K]> } : P
export type GradOf<Args extends ReadonlyArray<unknown>, O> = O extends { readonly unconnected: "none" } ? OptionLeaves<Picked<Args, O>> : Picked<Args, O>
type GradError<O> = O extends { readonly unconnected: "error" } ? UnconnectedGradientError : never
export interface Grad {
  <Args extends ReadonlyArray<unknown>, S extends Shape, D extends DType, E, R, const O extends GradOptions = {}>(
    f: (...args: Args) => Effect.Effect<Tensor<S, D>, E, R>, options?: O
  ): (...args: Args) => Effect.Effect<GradOf<Args, O>, E | OpError | GradError<O>, R>
}
export interface ValueAndGrad {
  <Args extends ReadonlyArray<unknown>, S extends Shape, D extends DType, E, R, const O extends GradOptions = {}>(
    f: (...args: Args) => Effect.Effect<Tensor<S, D>, E, R>, options?: O
  ): (...args: Args) => Effect.Effect<[value: Tensor<S, D>, gradient: GradOf<Args, O>], E | OpError | GradError<O>, R>
}
export interface GradWithAux {
  <Args extends ReadonlyArray<unknown>, S extends Shape, D extends DType, Aux, E, R, const O extends GradOptions = {}>(
    f: (...args: Args) => Effect.Effect<{ readonly value: Tensor<S, D>; readonly aux: Aux }, E, R>, options?: O
  ): (...args: Args) => Effect.Effect<{ readonly gradient: GradOf<Args, O>; readonly value: Tensor<S, D>; readonly aux: Aux }, E | OpError | GradError<O>, R>
}
export interface Jvp {
  <Args extends ReadonlyArray<unknown>, A, E, R>(f: (...args: Args) => Effect.Effect<A, E, R>, primals: NoInfer<Args>, tangents: NoInfer<Args>): Effect.Effect<[output: A, tangent: A], E | OpError, R>
}
export interface Vjp {
  <Args extends ReadonlyArray<unknown>, A, E, R>(f: (...args: Args) => Effect.Effect<A, E, R>, ...primals: NoInfer<Args>): Effect.Effect<[output: A, pullback: (ct: A) => Effect.Effect<Args, OpError>], E | OpError, R>
}
export interface Linearize {
  <Args extends ReadonlyArray<unknown>, A, E, R>(f: (...args: Args) => Effect.Effect<A, E, R>, ...primals: NoInfer<Args>): Effect.Effect<[output: A, pushforward: (...tangents: Args) => Effect.Effect<A, OpError>], E | OpError, R>
}
export type Jac<Out, In> = any
export interface JacobianOptions { readonly argnums?: number | ReadonlyArray<number> }
export interface Jacobian {
  <Args extends ReadonlyArray<unknown>, A, E, R, const O extends JacobianOptions = {}>(f: (...args: Args) => Effect.Effect<A, E, R>, options?: O): (...args: Args) => Effect.Effect<Jac<A, Picked<Args, O>>, E | OpError, R>
}
export interface Hessian {
  <Args extends ReadonlyArray<unknown>, S extends Shape, D extends DType, E, R, const O extends JacobianOptions = {}>(f: (...args: Args) => Effect.Effect<Tensor<S, D>, E, R>, options?: O): (...args: Args) => Effect.Effect<Jac<Jac<Tensor<S, D>, Picked<Args, O>>, Picked<Args, O>>, E | OpError, R>
}
export interface Hvp {
  <Args extends ReadonlyArray<unknown>, S extends Shape, D extends DType, E, R>(f: (...args: Args) => Effect.Effect<Tensor<S, D>, E, R>): (primals: Args, tangents: Args) => Effect.Effect<Args, E | OpError, R>
}
export interface VmapOptions { readonly inAxes?: any; readonly outAxes?: any }
export type Batch<P, _N extends number, _Axes = 0> = any
export interface Vmap {
  <Args extends ReadonlyArray<unknown>, A, E, R>(f: (...args: Args) => Effect.Effect<A, E, R>, options?: VmapOptions): (...args: { [K in keyof Args]: any }) => Effect.Effect<any, E | OpError, R>
}
export interface Jit {
  <Args extends ReadonlyArray<unknown>, A, E, R>(f: (...args: Args) => Effect.Effect<A, E, R>): (...args: Args) => Effect.Effect<A, E | OpError, R>
}
export interface Checkpoint extends Jit {}

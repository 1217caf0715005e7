/**
 * What transformations say about a program: the arguments that they differentiate with respect to, what a gradient looks
 * like, and which programs have none.
 */
import type * as Effect from "effect/Effect"
import type { Option } from "effect/Option"
import type { FloatDType } from "../core/dtype.ts"
import type { OpError, UnconnectedGradientError } from "../core/errors.ts"
import type { Shape } from "../core/shape.ts"
import type { Tensor } from "../core/tensor.ts"
import type { IsAny, IsFound, Show } from "./check.ts"
import type { Outside } from "./dtype.ts"
import type { Adapted, ErrorsIn, NonFloatLeaves, ServicesIn, TensorsOf } from "./tree.ts"

/** The parameters of a program. */
export type Parameters = ReadonlyArray<unknown>

/**
 * The errors of a program that gives `Out`. An Effect's own are all that count: whether the tree that it yields holds
 * Effects again could not be decided for a tree of generic type, so `CheckProgram` sees to it that they add nothing.
 */
export type ErrorOfProgram<Out> = Out extends Effect.Effect<any, infer E, any> ? E : ErrorsIn<Out>

/** The services that a program needs, likewise. */
export type ServicesOfProgram<Out> = Out extends Effect.Effect<any, any, infer R> ? R : ServicesIn<Out>

/** `Next`, unless it is known not to be a program: a function from trees of tensors to such a tree, or an Effect of one. */
export type CheckProgram<Name extends string, Args extends Parameters, Out, Next = unknown> =
  IsFound<BadProgram<Args, Out>> extends true ? `TreeLeafError: ${Name} requires ${BadProgram<Args, Out>}`
    : CheckYield<Out, Next>

type BadProgram<Args extends Parameters, Out> = IsAny<Out> extends true ? never
  : Out extends PromiseLike<unknown>
    ? "a program that gives an Effect or tensors, got an async function; make an Effect of it with Effect.promise"
  : { [K in keyof Args]: StrangeLeaf<Args[K], `args[${K & string}]`> }[number]

/** What in a tree is no leaf, as the rest of a sentence. What may be absent is not asked about. */
type StrangeLeaf<T, Path extends string, Depth extends Array<0> = []> = IsAny<T> extends true ? never
  : T extends number | Tensor<any, any> | Effect.Effect<any, any, any> ? never
  : T extends string ? NoLeaf<"a string", Path>
  : T extends boolean ? NoLeaf<"a boolean", Path>
  : T extends bigint ? NoLeaf<"a bigint", Path>
  : T extends (...args: never) => unknown ? NoLeaf<"a function or a method", Path>
  : Depth["length"] extends 8 ? never
  : T extends ReadonlyArray<infer Item> ? StrangeLeaf<Item, `${Path}[]`, [...Depth, 0]>
  : T extends object ? { [K in keyof T]-?: StrangeLeaf<T[K], `${Path}.${K & string}`, [...Depth, 0]> }[keyof T]
  : never

type NoLeaf<Got extends string, Path extends string> =
  `trees of tensors (records, tuples, arrays), got ${Got} at ${Path}; close over it`

/** `Next`, unless Effects inside of what an Effect yields have errors or services that its type does not tell of. */
type CheckYield<Out, Next> = Out extends Effect.Effect<infer A, infer E, infer R>
  ? IsFound<Exclude<ErrorsIn<A>, E | OpError> | Exclude<ServicesIn<A>, R>> extends true
    ? "an Effect inside of the result has errors or services of its own; yield* it"
  : Next
  : Next

// ---- which arguments, and what comes back for them

/** Which arguments to differentiate with respect to: a position, or several. The first by default. */
export type Argnums = number | ReadonlyArray<number> | undefined

/** What a gradient is where no differentiable path leads to the result: zeros (the default), `Option.none`, or an error. */
export type Unconnected = "zero" | "none" | "error"

/** The options of `grad` and its kin. */
export interface GradOptions {
  readonly argnums?: number | ReadonlyArray<number> | undefined
  readonly unconnected?: Unconnected | undefined
}

/** The same, with what is literal. */
export interface Options<N, U> {
  readonly argnums?: N | undefined
  readonly unconnected?: U | undefined
}

/** The options of `jacfwd`, `jacrev` and `hessian`. */
export interface JacobianOptions {
  readonly argnums?: number | ReadonlyArray<number> | undefined
}

/** The options of Jacobians and Hessians that can be sparse. */
export interface SparseOptions extends JacobianOptions {
  /** Blocks as sparse matrices. */
  readonly sparse?: boolean | undefined
}

/** The arguments that `argnums` picks: one, or a tuple. */
export type Picked<Args extends Parameters, N> = [N] extends [undefined] ? Args[0]
  : [N] extends [number] ? Args[N]
  : N extends ReadonlyArray<number> ? { -readonly [K in keyof N]: Args[N[K] & keyof Args] }
  : Args[number]

/** A tree with every tensor as an `Option`. */
export type OptionLeaves<T> = IsAny<T> extends true ? T
  : T extends Tensor<any, any> ? Option<T>
  : T extends number ? Option<Tensor<[], "float64">>
  : T extends object ? { [K in keyof T]: OptionLeaves<T[K]> }
  : T

/** The gradient of a program with respect to the arguments that `argnums` picks. */
export type GradOf<Args extends Parameters, N = undefined, U = "zero"> = U extends "none" ?
  OptionLeaves<Picked<Args, N>>
  : Adapted<Picked<Args, N>>

/** The error that `unconnected` adds. */
export type GradError<U> = U extends "error" ? UnconnectedGradientError : never

// ---- what is refused

/** `Next`, unless the result is known not to be a float scalar. */
export type CheckScalar<Name extends string, Out, Next = unknown> = IsFound<NotScalar<Out>> extends true
  ? `NonDifferentiableError: ${Name} requires a ${NotScalar<Out> & string}`
  : Next

/** What is wrong with a result, as the rest of a sentence. */
type NotScalar<Out> = Out extends Tensor<infer S, infer D>
  ? S extends readonly [number, ...Shape] ? `scalar result, got ${Show<S>}; reduce it, or use jacrev`
  : Outside<readonly [D], FloatDType> extends true ? `float result, got ${D}`
  : never
  : Out extends object ? "scalar result, got a tree; use gradWithAux or jacrev"
  : never

/** `unknown`, unless `argnums` are out of range, or leaves of the arguments that it picks are known not to be floats. */
export type CheckArguments<Name extends string, Args extends Parameters, N> = IsFound<BadArgnum<Args, N>> extends true
  ? `AxisError: ${Name}: argnums ${BadArgnum<Args, N>} is out of range for ${Args["length"]} arguments`
  : CheckFloats<Name, Args, N>

/** `unknown`, unless leaves of the picked arguments are known not to be floats. */
export type CheckFloats<Name extends string, Args extends Parameters, N> =
  IsFound<NonFloatLeaves<Picked<Args, N>>> extends true ?
    `NonDifferentiableError: ${Name} requires float arguments, got ${NonFloatLeaves<
      Picked<Args, N>
    >}; use argnums or cast`
    : unknown

/** The positions that no parameter has. */
type BadArgnum<Args extends Parameters, N> = number extends Args["length"] ? never
  : N extends ReadonlyArray<number> ? BadPosition<Args, N[number]>
  : N extends number ? BadPosition<Args, N>
  : never

type BadPosition<Args extends Parameters, N extends number> = N extends unknown
  ? number extends N ? never : `${N}` extends keyof Args ? never : N
  : never

/** The value that a program with auxiliary results is differentiated at. */
export type ValueOf<Out> = TensorsOf<Out> extends { readonly value: infer Value } ? Value : never
/** The auxiliary results. */
export type AuxOf<Out> = TensorsOf<Out> extends { readonly aux: infer Aux } ? Aux : never

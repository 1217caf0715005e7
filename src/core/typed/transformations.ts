/**
 * Signatures of transformations: functions from programs to programs.
 *
 * The program's parameters are inferred as one tuple, so that its parameter names and generic parameters carry over:
 * `grad(<S extends Shape>(x: Tensor<S>) => …)` is itself generic. For the same reason a program is refused by
 * intersecting its type with a sentence, and not by a conditional parameter type.
 */
import type * as Effect from "effect/Effect"
import type { Option } from "effect/Option"
import type { FloatDType } from "../dtype.ts"
import type { OpError, UnconnectedGradientError } from "../errors.ts"
import type { Shape } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import type { IsAny, IsFound, Show } from "./check.ts"
import type { Outside } from "./dtype.ts"
import type { Adapted, Batch, ErrorsIn, Jac, NonFloatLeaves, ServicesIn, TensorsOf } from "./tree.ts"

export type { Batch, Jac } from "./tree.ts"

/** The parameters of a program. */
type Parameters = ReadonlyArray<unknown>

/**
 * The errors of a program that gives `Out`. An Effect's own are all that count: whether the tree that it yields holds
 * Effects again could not be decided for a tree of generic type, so {@link CheckYield} sees to it that they add nothing.
 */
type ErrorOfProgram<Out> = Out extends Effect.Effect<any, infer E, any> ? E : ErrorsIn<Out>

/** The services that a program needs, likewise. */
type ServicesOfProgram<Out> = Out extends Effect.Effect<any, any, infer R> ? R : ServicesIn<Out>

/** `unknown`, unless Effects inside of what an Effect yields have errors or services that its type does not tell of. */
type CheckYield<Out> = Out extends Effect.Effect<infer A, infer E, infer R>
  ? IsFound<Exclude<ErrorsIn<A>, E | OpError> | Exclude<ServicesIn<A>, R>> extends true
    ? "TreeLeafError: an Effect inside of the result has errors or services of its own; yield* it"
  : unknown
  : unknown

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

interface Options<N, U> {
  readonly argnums?: N | undefined
  readonly unconnected?: U | undefined
}

/** The options of `jacfwd`, `jacrev` and `hessian`. */
export interface JacobianOptions {
  readonly argnums?: number | ReadonlyArray<number> | undefined
}

/** The arguments that `argnums` picks: one, or a tuple. */
type Picked<Args extends Parameters, N> = [N] extends [undefined] ? Args[0]
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

type GradError<U> = U extends "error" ? UnconnectedGradientError : never

// ---- what is refused

/** `unknown`, unless the result is known not to be a float scalar. */
type CheckScalar<Name extends string, Out> = IsFound<NotScalar<Out>> extends true
  ? `NonDifferentiableError: ${Name} requires a ${NotScalar<Out> & string}`
  : unknown

/** What is wrong with a result, as the rest of a sentence. */
type NotScalar<Out> = Out extends Tensor<infer S, infer D>
  ? S extends readonly [number, ...Shape] ? `scalar result, got ${Show<S>}; reduce it, or use jacrev`
  : Outside<readonly [D], FloatDType> extends true ? `float result, got ${D}`
  : never
  : Out extends object ? "scalar result, got a tree; use gradWithAux or jacrev"
  : never

/** `unknown`, unless leaves of the picked arguments are known not to be floats. */
type CheckArguments<Name extends string, Args extends Parameters, N> = IsFound<BadArgnum<Args, N>> extends true
  ? `AxisError: ${Name}: argnums ${BadArgnum<Args, N>} is out of range for ${Args["length"]} arguments`
  : CheckFloats<Name, Args, N>

type CheckFloats<Name extends string, Args extends Parameters, N> = IsFound<NonFloatLeaves<Picked<Args, N>>> extends
  true ? `NonDifferentiableError: ${Name} requires float arguments, got ${NonFloatLeaves<
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
type ValueOf<Out> = TensorsOf<Out> extends { readonly value: infer Value } ? Value : never
type AuxOf<Out> = TensorsOf<Out> extends { readonly aux: infer Aux } ? Aux : never

// ---- reverse mode

/** The gradient of a scalar program. */
export interface Grad {
  <Args extends Parameters, Out, const N extends Argnums = undefined, const U extends Unconnected = "zero">(
    f:
      & ((...args: Args) => Out)
      & CheckYield<Out>
      & CheckScalar<"grad", TensorsOf<Out>>
      & CheckArguments<"grad", Args, N>,
    options?: Options<N, U>
  ): (
    ...args: Args
  ) => Effect.Effect<GradOf<Args, N, U>, ErrorOfProgram<Out> | OpError | GradError<U>, ServicesOfProgram<Out>>
}

/** A scalar program's value together with its gradient. */
export interface ValueAndGrad {
  <Args extends Parameters, Out, const N extends Argnums = undefined, const U extends Unconnected = "zero">(
    f:
      & ((...args: Args) => Out)
      & CheckYield<Out>
      & CheckScalar<"valueAndGrad", TensorsOf<Out>>
      & CheckArguments<"valueAndGrad", Args, N>,
    options?: Options<N, U>
  ): (
    ...args: Args
  ) => Effect.Effect<
    [value: TensorsOf<Out>, gradient: GradOf<Args, N, U>],
    ErrorOfProgram<Out> | OpError | GradError<U>,
    ServicesOfProgram<Out>
  >
}

/** The gradient of the value that a program gives beside other results. */
export interface GradWithAux {
  <
    Args extends Parameters,
    Out extends WithAux | Effect.Effect<WithAux, any, any>,
    const N extends Argnums = undefined,
    const U extends Unconnected = "zero"
  >(
    f:
      & ((...args: Args) => Out)
      & CheckYield<Out>
      & CheckScalar<"gradWithAux", ValueOf<Out>>
      & CheckArguments<"gradWithAux", Args, N>,
    options?: Options<N, U>
  ): (
    ...args: Args
  ) => Effect.Effect<
    GradientAndAux<GradOf<Args, N, U>, ValueOf<Out>, AuxOf<Out>>,
    ErrorOfProgram<Out> | OpError | GradError<U>,
    ServicesOfProgram<Out>
  >
}

/** What a program for `gradWithAux` gives. */
export interface WithAux {
  readonly value: unknown
  readonly aux: unknown
}

/** What `gradWithAux` gives. */
export interface GradientAndAux<Gradient, Value, Aux> {
  readonly gradient: Gradient
  readonly value: Value
  readonly aux: Aux
}

/** A program's output, and the linear map from its cotangent to the cotangents of all arguments. */
export interface Vjp {
  <Args extends Parameters, Out>(
    f: ((...args: Args) => Out) & CheckYield<Out> & CheckFloats<"vjp", [Args], undefined>,
    ...primals: Args
  ): Effect.Effect<
    [output: TensorsOf<Out>, pullback: (cotangent: TensorsOf<Out>) => Effect.Effect<Tangents<Args>, OpError>],
    ErrorOfProgram<Out> | OpError,
    ServicesOfProgram<Out>
  >
}

/** One tree per argument. */
type Tangents<Args extends Parameters> = { -readonly [K in keyof Args]: Adapted<Args[K]> }

// ---- forward mode

/** A program's output and its derivative in the direction of the tangents. */
export interface Jvp {
  <Args extends Parameters, Out>(
    f: ((...args: Args) => Out) & CheckYield<Out> & CheckFloats<"jvp", [Args], undefined>,
    primals: readonly [...Args],
    tangents: NoInfer<Readonly<Tangents<Args>>>
  ): Effect.Effect<
    [output: TensorsOf<Out>, tangent: TensorsOf<Out>],
    ErrorOfProgram<Out> | OpError,
    ServicesOfProgram<Out>
  >
}

/** A program's output, and the linear map from tangents of all arguments to the tangent of the output. */
export interface Linearize {
  <Args extends Parameters, Out>(
    f: ((...args: Args) => Out) & CheckYield<Out> & CheckFloats<"linearize", [Args], undefined>,
    ...primals: Args
  ): Effect.Effect<
    [output: TensorsOf<Out>, pushforward: (...tangents: Tangents<Args>) => Effect.Effect<TensorsOf<Out>, OpError>],
    ErrorOfProgram<Out> | OpError,
    ServicesOfProgram<Out>
  >
}

// ---- whole Jacobians

/** All derivatives of all results: `jacfwd`, `jacrev`. A leaf has the axes of the result's leaf, then of the argument's. */
export interface Jacobian<Name extends string = "jacrev"> {
  <Args extends Parameters, Out, const N extends Argnums = undefined>(
    f: ((...args: Args) => Out) & CheckYield<Out> & CheckArguments<Name, Args, N>,
    options?: { readonly argnums?: N | undefined }
  ): (
    ...args: Args
  ) => Effect.Effect<Jac<TensorsOf<Out>, Picked<Args, N>>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** All second derivatives of a scalar program. */
export interface Hessian {
  <Args extends Parameters, Out, const N extends Argnums = undefined>(
    f:
      & ((...args: Args) => Out)
      & CheckYield<Out>
      & CheckScalar<"hessian", TensorsOf<Out>>
      & CheckArguments<"hessian", Args, N>,
    options?: { readonly argnums?: N | undefined }
  ): (
    ...args: Args
  ) => Effect.Effect<
    Jac<Jac<TensorsOf<Out>, Picked<Args, N>>, Picked<Args, N>>,
    ErrorOfProgram<Out> | OpError,
    ServicesOfProgram<Out>
  >
}

/** The Hessian of a scalar program times the tangents. */
export interface Hvp {
  <Args extends Parameters, Out>(
    f:
      & ((...args: Args) => Out)
      & CheckYield<Out>
      & CheckScalar<"hvp", TensorsOf<Out>>
      & CheckFloats<"hvp", [Args], undefined>
  ): (
    primals: Readonly<Args>,
    tangents: Readonly<Tangents<Args>>
  ) => Effect.Effect<Tangents<Args>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

// ---- batching

/** Where the batch axis is: one place for all leaves, `null` for none, or a tree of places along the arguments or results. */
export type BatchAxes = number | null | ReadonlyArray<unknown> | { readonly [key: string]: unknown }

/** The options of `vmap`. */
export interface VmapOptions {
  readonly inAxes?: BatchAxes | undefined
  readonly outAxes?: BatchAxes | undefined
}

/** One place for all arguments, or one for each. */
type AxesAt<Axes, K> = Axes extends number | null ? Axes : K extends keyof Axes ? Axes[K] : 0

/** The first argument with a batch axis: the size of the batch is that of its leaves, and the others have to agree. */
type FirstBatched<In, Skipped extends Array<0> = []> = In extends readonly [infer Head, ...infer Tail]
  ? Head extends null ? FirstBatched<Tail, [...Skipped, 0]> : `${Skipped["length"]}`
  : "0"

/** The places, unless their number is not that of the arguments, or no argument has one. */
type CheckInAxes<Args extends Parameters, In> = IsFound<BadInAxes<Args, In>> extends true ? BadInAxes<Args, In> : In

type BadInAxes<Args extends Parameters, In> = [In] extends [null] ? "AxisError: vmap: no argument has a batch axis"
  : In extends ReadonlyArray<unknown> ? number extends Args["length"] | In["length"] ? never
    : In["length"] extends Args["length"] ?
      [In[number]] extends [null] ? "AxisError: vmap: no argument has a batch axis" : never
    : `TreeMismatchError: vmap: ${In["length"]} inAxes for ${Args["length"]} arguments`
  : never

/**
 * The program for a whole batch. The size of the batch is read off the arguments. A program that is generic itself can be
 * batched, but its own parameters fall back to their constraints: TypeScript keeps them only where the result of a
 * transformation has none of its own.
 */
export interface Vmap {
  <Args extends Parameters, Out, const In extends BatchAxes = 0, const To extends BatchAxes = 0>(
    f: ((...args: Args) => Out) & CheckYield<Out>,
    options?: { readonly inAxes?: CheckInAxes<Args, In> | undefined; readonly outAxes?: To | undefined }
  ): <N extends number>(
    ...args: { [K in keyof Args]: Batch<Args[K], K extends FirstBatched<In> ? N : NoInfer<N>, AxesAt<In, K>> }
  ) => Effect.Effect<Batch<TensorsOf<Out>, N, To>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

// ---- the same program, evaluated in another way

/** The program, traced and compiled once per shape of its arguments. */
export interface Jit {
  <Args extends Parameters, Out>(
    f: ((...args: Args) => Out) & CheckYield<Out>
  ): (...args: Args) => Effect.Effect<TensorsOf<Out>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** The program, which computes its intermediate values again when differentiated instead of keeping them. */
export interface Checkpoint {
  <Args extends Parameters, Out>(
    f: ((...args: Args) => Out) & CheckYield<Out>
  ): (...args: Args) => Effect.Effect<TensorsOf<Out>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

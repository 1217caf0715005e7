/**
 * Signatures of transformations: functions from programs to programs.
 *
 * The program's parameters are inferred as one tuple, so that its parameter names and generic parameters carry over:
 * `grad(<S extends Shape>(x: Tensor<S>) => …)` is itself generic. For the same reason a program is refused by the type of
 * `this`, and not by a conditional parameter type: the compiler then says the sentence at once,
 *
 *     The 'this' context of type 'void' is not assignable to method's 'this' of type '"NonDifferentiableError: …"'.
 *
 * where an argument is quoted with all its inferred types before.
 */
import type * as Effect from "effect/Effect"
import type { OpError } from "../core/errors.ts"
import type { CheckpointPolicy } from "../core/policy.ts"
import type { IsFound } from "./check.ts"
import type {
  Argnums,
  AuxOf,
  CheckArguments,
  CheckFloats,
  CheckProgram,
  CheckScalar,
  ErrorOfProgram,
  GradError,
  GradOf,
  Options,
  Parameters,
  Picked,
  ServicesOfProgram,
  Unconnected,
  ValueOf
} from "./gradient.ts"
import type { Adapted, Batch, Jac, PatternOf, SparseJac, TensorsOf } from "./tree.ts"

export type {
  Argnums,
  GradOf,
  GradOptions,
  JacobianOptions,
  OptionLeaves,
  SparseOptions,
  Unconnected
} from "./gradient.ts"
export type { Batch, Jac } from "./tree.ts"

// ---- reverse mode

/** The gradient of a scalar program. */
export interface Grad {
  <Args extends Parameters, Out, const N extends Argnums = undefined, const U extends Unconnected = "zero">(
    this: CheckProgram<"grad", Args, Out, CheckScalar<"grad", TensorsOf<Out>, CheckArguments<"grad", Args, N>>>,
    f: (...args: Args) => Out,
    options?: Options<N, U>
  ): (
    ...args: Args
  ) => Effect.Effect<GradOf<Args, N, U>, ErrorOfProgram<Out> | OpError | GradError<U>, ServicesOfProgram<Out>>
}

/** A scalar program's value together with its gradient. */
export interface ValueAndGrad {
  <Args extends Parameters, Out, const N extends Argnums = undefined, const U extends Unconnected = "zero">(
    this: CheckProgram<
      "valueAndGrad",
      Args,
      Out,
      CheckScalar<"valueAndGrad", TensorsOf<Out>, CheckArguments<"valueAndGrad", Args, N>>
    >,
    f: (...args: Args) => Out,
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
    this: CheckProgram<
      "gradWithAux",
      Args,
      Out,
      CheckScalar<"gradWithAux", ValueOf<Out>, CheckArguments<"gradWithAux", Args, N>>
    >,
    f: (...args: Args) => Out,
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
    this: CheckProgram<"vjp", Args, Out, CheckFloats<"vjp", [Args], undefined>>,
    f: (...args: Args) => Out,
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
    this: CheckProgram<"jvp", Args, Out, CheckFloats<"jvp", [Args], undefined>>,
    f: (...args: Args) => Out,
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
    this: CheckProgram<"linearize", Args, Out, CheckFloats<"linearize", [Args], undefined>>,
    f: (...args: Args) => Out,
    ...primals: Args
  ): Effect.Effect<
    [output: TensorsOf<Out>, pushforward: (...tangents: Tangents<Args>) => Effect.Effect<TensorsOf<Out>, OpError>],
    ErrorOfProgram<Out> | OpError,
    ServicesOfProgram<Out>
  >
}

// ---- Taylor mode

/** Taylor coefficients of a program along a line, from the value on. */
export interface Taylor {
  <X, Out>(
    this: CheckProgram<"taylor", [X], Out, CheckFloats<"taylor", [[X]], undefined>>,
    f: (x: X) => Out,
    order: number
  ): (
    x: X,
    direction: NoInfer<Tangents<[X]>[0]>
  ) => Effect.Effect<ReadonlyArray<TensorsOf<Out>>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** Taylor coefficients of a program along a curve that is given by its own. */
export interface Jet {
  <X, Out>(
    this: CheckProgram<"jet", [X], Out, CheckFloats<"jet", [[X]], undefined>>,
    f: (x: X) => Out
  ): (
    curve: ReadonlyArray<X>
  ) => Effect.Effect<ReadonlyArray<TensorsOf<Out>>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** A derivative of a program of one scalar. */
export interface Derivative {
  <X, Out>(
    this: CheckProgram<"derivative", [X], Out, CheckFloats<"derivative", [[X]], undefined>>,
    f: (x: X) => Out,
    n?: number
  ): (x: X) => Effect.Effect<TensorsOf<Out>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** The sum of the second derivatives of a program. */
export interface Laplacian {
  <X, Out>(
    this: CheckProgram<"laplacian", [X], Out, CheckFloats<"laplacian", [[X]], undefined>>,
    f: (x: X) => Out
  ): (x: X) => Effect.Effect<TensorsOf<Out>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

// ---- whole Jacobians

/** All derivatives of all results: `jacfwd`, `jacrev`. A leaf has the axes of the result's leaf, then of the argument's. */
export interface Jacobian<Name extends string = "jacrev"> {
  <Args extends Parameters, Out, const N extends Argnums = undefined>(
    this: CheckProgram<Name, Args, Out, CheckArguments<Name, Args, N>>,
    f: (...args: Args) => Out,
    options?: { readonly argnums?: N | undefined }
  ): (
    ...args: Args
  ) => Effect.Effect<Jac<TensorsOf<Out>, Picked<Args, N>>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** All derivatives of all results, with dense or sparse blocks. */
export interface AnyJacobian {
  <Args extends Parameters, Out, const N extends Argnums = undefined, const Sparse extends boolean = false>(
    this: CheckProgram<"jacobian", Args, Out, CheckArguments<"jacobian", Args, N>>,
    f: (...args: Args) => Out,
    options?: { readonly argnums?: N | undefined; readonly sparse?: Sparse | undefined }
  ): (
    ...args: Args
  ) => Effect.Effect<
    BlocksOf<Sparse, TensorsOf<Out>, Picked<Args, N>>,
    ErrorOfProgram<Out> | OpError,
    ServicesOfProgram<Out>
  >
}

type BlocksOf<Sparse extends boolean, Out, In> = Sparse extends true ? SparseJac<Out, In> : Jac<Out, In>

/** Where derivatives of results can be nonzero. */
export interface Sparsity {
  <Args extends Parameters, Out, const N extends Argnums = undefined>(
    this: CheckProgram<"sparsity", Args, Out, CheckArguments<"sparsity", Args, N>>,
    f: (...args: Args) => Out,
    options?: { readonly argnums?: N | undefined }
  ): (
    ...args: Args
  ) => Effect.Effect<PatternOf<TensorsOf<Out>, Picked<Args, N>>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** All second derivatives of a scalar program. */
export interface Hessian {
  <Args extends Parameters, Out, const N extends Argnums = undefined, const Sparse extends boolean = false>(
    this: CheckProgram<
      "hessian",
      Args,
      Out,
      CheckScalar<"hessian", TensorsOf<Out>, CheckArguments<"hessian", Args, N>>
    >,
    f: (...args: Args) => Out,
    options?: { readonly argnums?: N | undefined; readonly sparse?: Sparse | undefined }
  ): (
    ...args: Args
  ) => Effect.Effect<
    BlocksOf<Sparse, Jac<TensorsOf<Out>, Picked<Args, N>>, Picked<Args, N>>,
    ErrorOfProgram<Out> | OpError,
    ServicesOfProgram<Out>
  >
}

/** The Hessian of a scalar program times the tangents. */
export interface Hvp {
  <Args extends Parameters, Out>(
    this: CheckProgram<"hvp", Args, Out, CheckScalar<"hvp", TensorsOf<Out>, CheckFloats<"hvp", [Args], undefined>>>,
    f: (...args: Args) => Out
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
    this: CheckProgram<"vmap", Args, Out>,
    f: (...args: Args) => Out,
    options?: { readonly inAxes?: CheckInAxes<Args, In> | undefined; readonly outAxes?: To | undefined }
  ): <N extends number>(
    ...args: { [K in keyof Args]: Batch<Args[K], K extends FirstBatched<In> ? N : NoInfer<N>, AxesAt<In, K>> }
  ) => Effect.Effect<Batch<TensorsOf<Out>, N, To>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

// ---- the same program, evaluated in another way

/** The program, traced and compiled once per shape of its arguments. */
export interface Jit {
  <Args extends Parameters, Out>(
    this: CheckProgram<"jit", Args, Out>,
    f: (...args: Args) => Out
  ): (...args: Args) => Effect.Effect<TensorsOf<Out>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** Options of `checkpoint`. */
export interface CheckpointOptions {
  readonly policy?: CheckpointPolicy | undefined
}

/** The program, which computes its intermediate values again when differentiated instead of keeping them. */
export interface Checkpoint {
  <Args extends Parameters, Out>(
    this: CheckProgram<"checkpoint", Args, Out>,
    f: (...args: Args) => Out,
    options?: CheckpointOptions
  ): (...args: Args) => Effect.Effect<TensorsOf<Out>, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

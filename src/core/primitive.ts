/**
 * Primitives: the words of the vocabulary.
 *
 * A primitive is one immutable value with all its rules: how shapes follow, how it is differentiated, transposed and
 * batched, where its linear image can be nonzero, and what it computes. Transformations never name an op; they ask the
 * primitive. The rules are programs written with the same ops, run by the interpreter that the transformation provides.
 */
import type * as Effect from "effect/Effect"
import type { DType, TypedArray } from "./dtype.ts"
import type { OpError } from "./errors.ts"
import type { Aval, ConcreteTensor, Tensor } from "./tensor.ts"
import type { Trace } from "./trace.ts"

/** What a parameter of an equation can be. A kind says how it is checked, printed, hashed and encoded. */
export interface ParamKinds {
  readonly integer: number
  readonly integers: ReadonlyArray<number>
  readonly boolean: boolean
  readonly dtype: DType
  readonly pairs: ReadonlyArray<readonly [number, number]>
  readonly trace: Trace
  readonly traces: ReadonlyArray<Trace>
  /** A user's function; equal only to itself, and not encodable. */
  readonly opaque: unknown
}

/** Names and kinds of a primitive's parameters. */
export type ParamSpec = { readonly [name: string]: keyof ParamKinds }

/** The parameters that a spec describes. */
export type ParamsOf<S extends ParamSpec> = { readonly [K in keyof S]: ParamKinds[S[K]] }

/** A step of a rule. */
export type Step<A> = Effect.Effect<A, OpError>

/**
 * Where a linear value can be nonzero: a bool mask of the value's own shape outside which it is zero by structure, or
 * `"full"`. The value itself is exactly 0 outside its support.
 */
export type Support = Tensor<any, "bool"> | "full"

/** The shape rule: avals of the results. Throws an `OpError` for operands that the primitive cannot take. */
export type InferRule<P> = (operands: ReadonlyArray<Aval>, params: P) => ReadonlyArray<Aval>

/** What the primitive computes, in plain loops: the oracle of every engine. */
export type ReferenceRule<P> = (
  operands: ReadonlyArray<ConcreteTensor>,
  params: P,
  results: ReadonlyArray<Aval>,
  run: (trace: Trace, args: ReadonlyArray<ConcreteTensor>) => ReadonlyArray<ConcreteTensor>
) => ReadonlyArray<TypedArray | ConcreteTensor>

/** Tangents of the results, linear in the tangents of the operands; `undefined` is a tangent that does not exist. */
export type JvpRule<P> = (args: {
  readonly primals: ReadonlyArray<Tensor>
  readonly tangents: ReadonlyArray<Tensor | undefined>
  readonly outputs: ReadonlyArray<Tensor>
  readonly params: P
}) => Step<ReadonlyArray<Tensor | undefined>>

/**
 * Primal results and tangents together, for primitives that hold sub-traces. In mode `"jvp"` one equation may compute
 * both; in mode `"linearize"` every emitted equation is either free of tangents or linear in them.
 */
export type ForwardRule<P> = (args: {
  readonly primals: ReadonlyArray<Tensor>
  readonly tangents: ReadonlyArray<Tensor | undefined>
  readonly params: P
  readonly mode: "jvp" | "linearize"
  readonly transform: Transform
}) => Step<{ readonly outputs: ReadonlyArray<Tensor>; readonly tangents: ReadonlyArray<Tensor | undefined> }>

/**
 * Cotangents of the linear operands. A linear operand is seen as `undefined` (it has no value when the list runs
 * backwards), with its aval beside it; the other operands are coefficients.
 */
export type TransposeRule<P> = (args: {
  readonly cotangents: ReadonlyArray<Tensor | undefined>
  readonly operands: ReadonlyArray<Tensor | undefined>
  readonly avals: ReadonlyArray<Aval>
  readonly params: P
  readonly transform: Transform
}) => Step<ReadonlyArray<Tensor | undefined>>

/**
 * The equation again, for linear operands with support: results that are exactly 0 outside the returned supports, whatever
 * the coefficients are. A `undefined` support marks a coefficient (or, in an additive position, a zero).
 */
export type SupportRule<P> = (args: {
  readonly operands: ReadonlyArray<Tensor>
  readonly supports: ReadonlyArray<Support | undefined>
  readonly params: P
  readonly transform: Transform
}) => Step<{ readonly outputs: ReadonlyArray<Tensor>; readonly supports: ReadonlyArray<Support | undefined> }>

/** The equation for a whole batch: a batched operand or result has the batch as its first axis. */
export type BatchRule<P> = (args: {
  readonly operands: ReadonlyArray<Tensor>
  readonly batched: ReadonlyArray<boolean>
  readonly size: number
  readonly params: P
  readonly transform: Transform
}) => Step<{ readonly outputs: ReadonlyArray<Tensor>; readonly batched: ReadonlyArray<boolean> }>

/** What remains of an equation. */
export interface Pruned<P> {
  readonly params: P
  readonly operands: ReadonlyArray<number>
  readonly results: ReadonlyArray<number>
}

/** A primitive, with parameters `P`. */
export interface Primitive<P = any> {
  readonly name: string
  readonly params: ParamSpec
  /** How many operands it takes. Absent: as many as its shape rule says. */
  readonly arity?: number | undefined
  readonly infer: InferRule<P>
  readonly reference: ReferenceRule<P>
  readonly batch: BatchRule<P>
  /** Absent: the results do not depend on the operands in a differentiable way. */
  readonly jvp?: JvpRule<P> | undefined
  readonly forward?: ForwardRule<P> | undefined
  readonly transpose?: TransposeRule<P> | undefined
  /** Absent: the results are treated as nonzero everywhere. */
  readonly support?: SupportRule<P> | undefined
  /** Can a result have a support though no operand has one? */
  readonly masks?: boolean | undefined
  /**
   * The equation when only the marked results are needed: its parameters, and which operands and results remain.
   * `undefined` where it cannot do less.
   */
  readonly prune?: ((params: P, needed: ReadonlyArray<boolean>) => Pruned<P> | undefined) | undefined
  /** What the equation is when its operands can be read: the branch that is taken. */
  readonly resolve?:
    | ((args: {
      readonly operands: ReadonlyArray<Tensor>
      readonly params: P
      readonly read: (x: Tensor) => Step<ConcreteTensor>
      readonly run: (trace: Trace, args: ReadonlyArray<Tensor>) => Step<ReadonlyArray<Tensor>>
    }) => Step<ReadonlyArray<Tensor>>)
    | undefined
}

/**
 * The transformations, as the rules of primitives with sub-traces see them: functions from list to list. They are handed
 * to the rules, so that the vocabulary does not depend on the transformations.
 */
export interface Transform {
  /** Do contractions keep supports? Those of basis vectors they drop: a copy of the coefficients for each is too much. */
  readonly contractions: "keep" | "drop"
  /** Inputs `[...primals, ...active tangents]`; outputs `[...primals, ...tangents]`, the existing ones. */
  readonly jvp: (trace: Trace, active: ReadonlyArray<boolean>, mode?: "jvp" | "linearize") => Step<{
    readonly trace: Trace
    readonly tangents: ReadonlyArray<boolean>
  }>
  /** The primal list, with residuals behind its outputs, and the linear list `(...residuals, ...active tangents)`. */
  readonly linearize: (trace: Trace, active: ReadonlyArray<boolean>) => Step<Linearized>
  /**
   * For a list that is linear in the inputs marked `linear`: inputs `[...coefficients, ...cotangents]`, with a cotangent
   * for every output marked in `cotangents`; outputs the cotangents of the linear inputs that have one.
   */
  readonly transpose: (trace: Trace, linear: ReadonlyArray<boolean>, cotangents: ReadonlyArray<boolean>) => Step<{
    readonly trace: Trace
    readonly connected: ReadonlyArray<boolean>
  }>
  /** The list again, guarded; supports are further inputs (for inputs marked) and further outputs (for outputs marked). */
  readonly support: (
    trace: Trace,
    linear: ReadonlyArray<boolean>,
    supported: ReadonlyArray<boolean>
  ) => Step<Supported>
  /** The list for a whole batch; outputs marked in `force` are batched in any case. */
  readonly batch: (
    trace: Trace,
    batched: ReadonlyArray<boolean>,
    size: number,
    force?: ReadonlyArray<boolean>
  ) => Step<{ readonly trace: Trace; readonly batched: ReadonlyArray<boolean> }>
}

/** A list that is guarded, and carries supports. */
export interface Supported {
  readonly trace: Trace
  /** Which outputs are linear. */
  readonly linear: ReadonlyArray<boolean>
  /** Which outputs have a support. */
  readonly supported: ReadonlyArray<boolean>
}

/** A list taken apart into what is computed once and what is linear in the tangents. */
export interface Linearized {
  readonly primal: Trace
  readonly linear: Trace
  readonly residuals: number
  /** Which outputs have a tangent. */
  readonly tangents: ReadonlyArray<boolean>
}

/** The parameters of a primitive that has none. */
export const none = Object.freeze({})

/** Declares a primitive whose parameters are described by `params`. */
export const primitive = <const S extends ParamSpec>(
  spec: Omit<Primitive<ParamsOf<S>>, "params"> & { readonly params: S }
): Primitive<ParamsOf<S>> => Object.freeze({ ...spec, params: Object.freeze({ ...spec.params }) })

/**
 * Primitives: the words of the vocabulary.
 *
 * A primitive is one immutable value with all its rules: how shapes follow, how it is differentiated, transposed and
 * batched, where its linear image can be nonzero, and what it computes. Transformations never name an op; they ask the
 * primitive. The rules are programs written with the same ops, run by the interpreter that the transformation provides.
 *
 * The type of a primitive says its name, its parameters and how many operands and results it has, so that a rule is given
 * tuples of that length. Rules are methods: their parameters are then compared loosely, and every primitive is a
 * `Primitive`.
 */
import type * as Effect from "effect/Effect"
import type { DType, TypedArray } from "./dtype.ts"
import type { OpError } from "./errors.ts"
import type { LazyTrace } from "./lazy.ts"
import type { LinearTrace } from "./linear-trace.ts"
import type { CheckpointPolicy } from "./policy.ts"
import type { Aval, ConcreteTensor, Linear, Tensor, Zero } from "./tensor.ts"
import type { Equation, Trace } from "./trace.ts"

/** What a parameter of an equation can be. A kind says how it is checked, printed, hashed and encoded. */
export interface ParamKinds {
  readonly integer: number
  readonly integers: ReadonlyArray<number>
  readonly boolean: boolean
  readonly dtype: DType
  readonly trace: Trace
  readonly traces: ReadonlyArray<Trace>
  /** A user's rule: a list that is written when it is needed. */
  readonly lazy: LazyTrace
  /** A name, which is data, or a user's function, which is equal only to itself and cannot be encoded. */
  readonly policy: CheckpointPolicy
}

/** Names and kinds of a primitive's parameters. */
export type ParamSpec = { readonly [name: string]: keyof ParamKinds }

/** The parameters that a spec describes. */
export type ParamsOf<S extends ParamSpec> = { readonly [K in keyof S]: ParamKinds[S[K]] }

/** What rules are, and transformations: an Effect that fails only as ops do. */
export type OpEffect<A> = Effect.Effect<A, OpError>

/** As many as a number says; any number of them where that is not known. */
export type Tuple<A, N extends number> = number extends N ? ReadonlyArray<A>
  : N extends 0 ? readonly []
  : N extends 1 ? readonly [A]
  : N extends 2 ? readonly [A, A]
  : N extends 3 ? readonly [A, A, A]
  : N extends 5 ? readonly [A, A, A, A, A]
  : ReadonlyArray<A>

/** Of which one at least is `Some`, or nobody would have asked: a lone one is. */
export type NotAll<A, Some, N extends number> = number extends N ? ReadonlyArray<A>
  : N extends 1 ? readonly [Some]
  : Tuple<A, N>

/** A tangent; `Zero` where nothing depends on what is differentiated. */
export type Tangent = Tensor | Zero

/** A cotangent; `Zero` where the result does not depend on the value. */
export type Cotangent = Tensor | Zero

/**
 * Where a linear value can be nonzero: a bool mask of the value's own shape outside which it is zero by structure, or
 * `"full"`. The value itself is exactly 0 outside its support.
 */
export type Support = Tensor<any, "bool"> | "full"

/** Is it a mask? */
export const isMask = (s: Support | undefined): s is Tensor<any, "bool"> => s !== undefined && s !== "full"

/** The list in which an equation stands, for a rule that asks how its operands depend on one another. */
export interface Around {
  readonly trace: Trace
  readonly equation: Equation
  /** Inputs are free, or bound to one another by what is around the list. */
  readonly inputs: "free" | "bound"
  /** Of all variables before the equation. */
  readonly values: ReadonlyArray<Tensor>
  readonly tangents: ReadonlyArray<Tangent>
  readonly transform: Transform
}

/** What a JVP rule is given. */
export interface JvpArgs<P, In extends number, Out extends number> {
  readonly primals: Tuple<Tensor, In>
  readonly tangents: NotAll<Tangent, Tensor, In>
  readonly outputs: Tuple<Tensor, Out>
  readonly params: P
  /** Absent where there is none. */
  readonly around?: Around
}

/** What a forward rule is given. */
export interface ForwardArgs<P> {
  readonly primals: ReadonlyArray<Tensor>
  readonly tangents: ReadonlyArray<Tangent>
  readonly params: P
  readonly mode: "jvp" | "linearize"
  readonly transform: Transform
}

/** What a recurrence is given: Taylor coefficients of the operands up to the k-th, and of the results before it. */
export interface RecurrenceArgs<P, In extends number, Out extends number> {
  readonly operands: Tuple<ReadonlyArray<Tangent>, In>
  readonly results: Tuple<ReadonlyArray<Tangent>, Out>
  readonly k: number
  readonly params: P
}

/** What a Taylor rule is given: of each operand that has any, the coefficients from the first to that of the order. */
export interface TaylorArgs<P> {
  readonly primals: ReadonlyArray<Tensor>
  readonly coefficients: ReadonlyArray<ReadonlyArray<Tensor>>
  readonly order: number
  readonly params: P
  readonly transform: Transform
}

/** What a transpose rule is given: a linear operand has no value when the list runs backwards; the others are coefficients. */
export interface TransposeArgs<P, In extends number, Out extends number> {
  readonly cotangents: NotAll<Cotangent, Tensor, Out>
  readonly operands: NotAll<Tensor | Linear, Linear, In>
  readonly params: P
  readonly transform: Transform
}

/** What a support rule is given. A `undefined` support marks a coefficient (or, in an additive position, a zero). */
export interface SupportArgs<P, In extends number> {
  readonly operands: Tuple<Tensor, In>
  readonly supports: NotAll<Support | undefined, Support, In>
  readonly params: P
  /** Do contractions keep supports? Those of basis vectors they drop: a copy of the coefficients for each is too much. */
  readonly contractions: Contractions
  readonly transform: Transform
}

/** Whether contractions keep supports. */
export type Contractions = "keep" | "drop"

/** What a batch rule is given: a batched operand has the batch as its first axis. */
export interface BatchArgs<P, In extends number> {
  readonly operands: Tuple<Tensor, In>
  readonly batched: Tuple<boolean, In>
  readonly size: number
  readonly params: P
  readonly transform: Transform
}

/** What remains of an equation. */
export interface Pruned<P> {
  readonly params: P
  readonly operands: ReadonlyArray<number>
  readonly results: ReadonlyArray<number>
}

/**
 * Why a derivative ends at a primitive: it `stops` it by intention, or its results are `steps`, constant almost
 * everywhere. Either way there is no path, and so no derivative that could be NaN, whatever the values are.
 */
export type Barrier = "stops" | "steps"

/**
 * The operands in which a primitive is linear: in all of them together, in each while the others stay as they are, in
 * those at some places together; or, with sub-traces, as far as those are.
 */
export type LinearIn<P> = "all" | "each" | "lists" | ReadonlyArray<number> | ((params: P) => ReadonlyArray<number>)

/** One step of an equation with sub-traces: a list, and what it is applied to. The answer is its results. */
export interface SubCall<V> {
  readonly trace: Trace
  readonly args: ReadonlyArray<V>
}

/** The steps of an equation, and in the end its results. */
export type Unfolding<V> = Generator<SubCall<V>, ReadonlyArray<V>, ReadonlyArray<V>>

/** What an equation that unfolds asks of values, whatever they are. */
export interface Values<V> {
  /** The elements of a value on which a decision depends. */
  readonly read: (x: V) => ConcreteTensor
  /** The part at an index of the first axis. */
  readonly slice: (x: V, index: number) => V
  /** A value of a type, put together from its parts along the first axis. */
  readonly stack: (aval: Aval) => Stack<V>
}

/** A value in the making. */
export interface Stack<V> {
  readonly put: (index: number, part: V) => void
  readonly done: () => V
}

/** An axis of an operand, and the axis of a result that is the same. */
export type AxisPair = readonly [operand: number, result: number]

/** All axes of operands that have those of the result. */
export const sameAxes = (operands: ReadonlyArray<Aval>): ReadonlyArray<ReadonlyArray<AxisPair>> =>
  operands.map(({ shape }) => shape.map((_, i) => [i, i]))

/** A primitive: its name, the kinds of its parameters, and the numbers of its operands and results. */
export interface Primitive<
  Name extends string = string,
  S extends ParamSpec = any,
  In extends number = any,
  Out extends number = any
> {
  readonly name: Name
  readonly params: S
  /** How many operands it takes. Absent: as many as its shape rule says. */
  readonly arity?: number | undefined
  /** The shape rule: avals of the results. Throws an `OpError` for operands that the primitive cannot take. */
  infer(operands: Tuple<Aval, In>, params: ParamsOf<S>): Tuple<Aval, Out>
  /** What the primitive computes, in plain loops: the oracle of every engine. */
  reference?(
    operands: Tuple<ConcreteTensor, In>,
    params: ParamsOf<S>,
    results: Tuple<Aval, Out>
  ): Tuple<TypedArray | ConcreteTensor, Out>
  /**
   * What a primitive with sub-traces computes: their steps, one by one. Whoever drives them decides what a value is and
   * what becomes of each step, so that to compute, to interrupt, to watch and to follow connections are one rule.
   */
  unfold?<V>(operands: ReadonlyArray<V>, params: ParamsOf<S>, values: Values<V>): Unfolding<V>
  /** The equation for a whole batch; a batched result has the batch as its first axis. */
  batch(args: BatchArgs<ParamsOf<S>, In>): OpEffect<{
    readonly outputs: Tuple<Tensor, Out>
    readonly batched: Tuple<boolean, Out>
  }>
  /** Tangents of the results, linear in the tangents of the operands. */
  jvp?(args: JvpArgs<ParamsOf<S>, In, Out>): OpEffect<Tuple<Tangent, Out>>
  /**
   * Primal results and tangents together, for primitives that hold sub-traces. In mode `"jvp"` one equation may compute
   * both; in mode `"linearize"` every emitted equation is either free of tangents or linear in them.
   */
  forward?(args: ForwardArgs<ParamsOf<S>>): OpEffect<Dual>
  /**
   * The k-th Taylor coefficients of the results, k > 0. Absent: they follow from the jvp, for y' = f'(x)·x' makes k·yₖ the
   * coefficient before of a product whose factors are known.
   */
  recurrence?(args: RecurrenceArgs<ParamsOf<S>, In, Out>): OpEffect<Tuple<Tangent, Out>>
  /** Results and all their Taylor coefficients in one equation, for primitives that hold sub-traces. */
  taylor?(args: TaylorArgs<ParamsOf<S>>): OpEffect<{
    readonly outputs: ReadonlyArray<Tensor>
    readonly coefficients: ReadonlyArray<ReadonlyArray<Tensor>>
  }>
  /** Declared by a primitive with neither a jvp nor a forward rule: why no derivative passes. */
  readonly barrier?: Barrier | undefined
  /** Is it the linear map whose adjoint somebody gave, so that its transpose is what has to run? */
  readonly isAdjoint?: boolean | undefined
  /** Cotangents of the linear operands; of the others, nobody reads them. */
  transpose?(args: TransposeArgs<ParamsOf<S>, In, Out>): OpEffect<Tuple<Cotangent, In>>
  /**
   * The equation again, for linear operands with support: results that are exactly 0 outside the returned supports,
   * whatever the coefficients are. Absent: the results are treated as nonzero everywhere.
   */
  support?(args: SupportArgs<ParamsOf<S>, In>): OpEffect<{
    readonly outputs: Tuple<Tensor, Out>
    readonly supports: Tuple<Support | undefined, Out>
  }>
  /** In which operands it is linear. Absent: in none. */
  readonly linear?: LinearIn<ParamsOf<S>> | undefined
  /** Can a result have a support though no operand has one? */
  readonly introducesSupport?: boolean | undefined
  /** Does exchanging its two operands change nothing, to the last bit? */
  readonly commutes?: boolean | undefined
  /** Of two operands, the number which as the second leaves the first as it is, to the last bit. */
  readonly unit?: number | undefined
  /** Are the elements of its result elements of its operand, so that one of equal elements stays one? */
  readonly repeats?: boolean | undefined
  /**
   * Are its linear operands moved and not mixed: is, of the matrix that it is, at most one element of each row not zero, or of
   * each column? Of `"rows"`, every element of the result is one of an operand, or zero; of `"columns"`, the adjoint is so.
   */
  readonly selects?: "rows" | "columns" | undefined
  /**
   * For each operand, pairs of an axis of it and one of the results: an element reaches those results alone that are at its
   * place along these. Absent: every element may reach all results.
   */
  aligned?(operands: Tuple<Aval, In>, params: ParamsOf<S>): ReadonlyArray<ReadonlyArray<AxisPair>>
  /** Is it a sum of products, worth more than the memory of its result? Checkpoint policies ask. */
  readonly contracts?: boolean | undefined
  /**
   * The equation when only the marked results are needed: its parameters, and which operands and results remain.
   * `undefined` where it cannot do less.
   */
  prune?(params: ParamsOf<S>, needed: ReadonlyArray<boolean>): Pruned<ParamsOf<S>> | undefined
}

/** Values and their tangents. */
export interface Dual {
  readonly outputs: ReadonlyArray<Tensor>
  readonly tangents: ReadonlyArray<Tangent>
}

/**
 * What an op gives for operands, numbers or of known types, with which it cannot fail; `undefined` where it may, or where that would be long
 * to say.
 */
export type Foresee = (...operands: ReadonlyArray<any>) => Aval | undefined

/** A primitive that applies a function of numbers, element by element. */
export interface Elementwise<Name extends string = string, In extends number = any> extends Primitive<Name, {}, In, 1> {
  /** The arithmetic on floats. */
  readonly scalar: (...xs: ReadonlyArray<number>) => number
  readonly foresee: Foresee
}

/**
 * The transformations, as the rules of primitives with sub-traces see them: functions from list to list. They are handed
 * to the rules, so that the vocabulary does not depend on the transformations.
 */
export interface Transform {
  /** Inputs `[...primals, ...active tangents]`; outputs `[...primals, ...tangents]`, the existing ones. */
  readonly jvp: (trace: Trace, active: ReadonlyArray<boolean>, mode?: "jvp" | "linearize") => OpEffect<{
    readonly trace: Trace
    readonly tangents: ReadonlyArray<boolean>
  }>
  /**
   * Inputs `[...primals, ...coefficients of active ones]`, from the first on: as many as are `given` of each, by default
   * `order`; the others are 0. Outputs likewise, with `order` coefficients of each output that is marked in `tangents`.
   */
  readonly taylor: (trace: Trace, active: ReadonlyArray<boolean>, order: number, given?: number) => OpEffect<{
    readonly trace: Trace
    readonly tangents: ReadonlyArray<boolean>
  }>
  /** The primal list, with residuals behind its outputs, and the list `(...residuals, ...active tangents)`. */
  readonly linearize: (trace: Trace, active: ReadonlyArray<boolean>) => OpEffect<Linearized>
  /**
   * Inputs `[...coefficients, ...cotangents]`, with a cotangent for every output marked; outputs the cotangents of the
   * linear inputs that have one.
   */
  readonly transpose: (linear: LinearTrace, cotangents: ReadonlyArray<boolean>) => OpEffect<Transposed>
  /** The list again, guarded; supports are further inputs (for inputs marked) and further outputs (for outputs marked). */
  readonly support: (
    linear: LinearTrace,
    supported: ReadonlyArray<boolean>,
    contractions: Contractions
  ) => OpEffect<Supported>
  /** The list for a whole batch; outputs marked in `force` are batched in any case. */
  readonly batch: (
    trace: Trace,
    batched: ReadonlyArray<boolean>,
    size: number,
    force?: ReadonlyArray<boolean>
  ) => OpEffect<{ readonly trace: Trace; readonly batched: ReadonlyArray<boolean> }>
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
  /** Its outputs are those of the list, and then the residuals. */
  readonly primal: Trace
  /** The residuals are its coefficients. */
  readonly linear: LinearTrace
  readonly residuals: number
  /** Which outputs have a tangent. */
  readonly tangents: ReadonlyArray<boolean>
}

/** A linear list run backwards: linear in the cotangents. */
export interface Transposed {
  readonly linear: LinearTrace
  /** Which linear inputs have a cotangent. */
  readonly connected: ReadonlyArray<boolean>
}

/** The parameters of a primitive that has none. */
export const none = Object.freeze({})

/** Declares a primitive, whose type stands beside its name: `const sin: Primitive<"sin", {}, 1, 1> = primitive({ … })`. */
export const primitive = <P extends Primitive>(spec: P): P =>
  Object.freeze({ ...spec, params: Object.freeze({ ...spec.params }) })

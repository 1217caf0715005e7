/**
 * Signatures of control flow inside of a program: branches and loops that a Wengert list can hold.
 */
import type * as Effect from "effect/Effect"
import type { OpError } from "../../core/errors.ts"
import type { Shape } from "../../core/shape.ts"
import type { Operand } from "../../core/tensor.ts"
import type { Show } from "../check.ts"
import type { CheckBool, CheckInteger } from "../dtype.ts"
import type { ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"
import type { Batch, CheckAlike, ErrorsIn, LeadingDim, Literal, Merge, Ran, ServicesIn, Unbatch } from "../tree.ts"

/** `Arg`, unless it is known not to be a scalar. */
type CheckScalar<Name extends string, What extends string, S extends Shape, Arg> = S extends readonly [number, ...Shape]
  ? `DTypeError: ${Name} requires a scalar ${What}, got ${Show<S>}`
  : Arg

interface Branches<Name extends string> {
  readonly shapes: "ShapeError"
  readonly sentence: `${Name}: the branches give`
}

/**
 * What one of two thunks gives, as a bool scalar says. They close over the values that they use, and give an operand, a
 * tree of operands, or an Effect of a tree, of one structure.
 */
export interface Cond {
  <P extends Operand, const A, const B>(
    this: CheckAlike<Branches<"cond">, Ran<A>, Ran<B>, unknown>,
    pred: CheckPredicate<P> | boolean,
    onTrue: () => A,
    onFalse: () => B
  ): Effect.Effect<
    Merge<Ran<A>, Ran<B>>,
    OpError | ErrorOf<P> | ErrorsIn<A> | ErrorsIn<B>,
    ServicesOf<P> | ServicesIn<A> | ServicesIn<B>
  >
}

/** The predicate's own type, unless it is known not to be a bool scalar. */
type CheckPredicate<P> = P extends number ? "DTypeError: cond requires a bool dtype, got a number; compare it"
  : CheckScalar<"cond", "predicate", ShapeOf<P>, CheckBool<"cond", SaidBy<P>, P>>

/** What one of several thunks gives, as an int32 scalar says, from 0. */
export interface SwitchCase {
  <I extends Operand, const As extends ReadonlyArray<unknown>>(
    this: CheckBranches<As, unknown>,
    index: CheckScalar<"switchCase", "index", ShapeOf<I>, CheckInteger<"switchCase", SaidBy<I>, I>>,
    branches: { readonly [K in keyof As]: () => As[K] }
  ): Effect.Effect<
    MergeAll<As>,
    OpError | ErrorOf<I> | ErrorsIn<As[number]>,
    ServicesOf<I> | ServicesIn<As[number]>
  >
}

type CheckBranches<As extends ReadonlyArray<unknown>, Arg> = As extends readonly [infer A, infer B, ...infer Others]
  ? CheckAlike<Branches<"switchCase">, Ran<A>, Ran<B>, CheckBranches<[A, ...Others], Arg>>
  : Arg

type MergeAll<As extends ReadonlyArray<unknown>> = As extends readonly [infer First, ...infer Others]
  ? MergeInto<Ran<First>, Others>
  : Literal<As[number]>

type MergeInto<A, Others> = Others extends readonly [infer B, ...infer Rest] ? MergeInto<Merge<A, Ran<B>>, Rest>
  : Literal<A>

/** How to scan. */
export interface ScanOptions {
  /** The number of steps, where there is nothing to scan over. */
  readonly length?: number | undefined
  /** From the last to the first. */
  readonly reverse?: boolean | undefined
  /**
   * Keep the carry of every k-th step alone, and compute the steps between again when running backwards; `true` takes
   * √length.
   */
  readonly checkpoint?: number | boolean | undefined
}

/**
 * A loop with a carry: `f(carry, x)` gives `[carry, y]` for every x along the first axis of `xs` (a tree, or `null` for
 * none), and the result is `[the last carry, all ys along a first axis]`.
 */
export interface Scan {
  <
    const Init,
    const Xs,
    const Out extends readonly [unknown, unknown] | Effect.Effect<readonly [unknown, unknown], any, any>,
    const N extends number = LeadingDim<Literal<Xs>>
  >(
    this: CheckCarry<Init, Out>,
    f: (carry: Literal<Init>, x: Unbatch<Literal<Xs>>) => Out,
    init: Init,
    xs: Xs,
    options?: {
      readonly length?: N | undefined
      readonly reverse?: boolean | undefined
      readonly checkpoint?: number | boolean | undefined
    }
  ): Effect.Effect<
    [carry: Merge<Ran<Init>, Ran<Step<Out>[0]>>, ys: Batch<Literal<Step<Out>[1]>, N>],
    OpError | ErrorsIn<Init> | ErrorsIn<Xs> | ErrorsIn<Out>,
    ServicesIn<Init> | ServicesIn<Xs> | ServicesIn<Out>
  >
}

/** `[carry, y]`, as a step of a scan gives it. */
type Step<Out> = Out extends Effect.Effect<infer A, any, any> ? Step<A>
  : Out extends readonly [unknown, unknown] ? Out
  : never

type CheckCarry<Init, Out> = CheckAlike<
  { shapes: "TreeMismatchError"; sentence: "scan: the carry before and after a step is" },
  Ran<Init>,
  Ran<Step<Out>[0]>,
  unknown
>

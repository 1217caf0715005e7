/**
 * Signatures of what users do with trees. A tree whose type is a type parameter keeps it, so that a generic optimiser
 * needs no cast.
 */
import type * as Effect from "effect/Effect"
import type { OpError } from "../../core/errors.ts"
import type { Tensor } from "../../core/tensor.ts"
import type { IsAny, IsFound } from "../check.ts"
import type { Adapted, ErrorsIn, ServicesIn } from "../tree.ts"

/** A tree, or an Effect of one. */
type Given<T, E, R> = T | Effect.Effect<T, E, R>

/** What a function of leaves gives, or an Effect of it. */
type Answer<A, E, R> = A | Effect.Effect<A, E, R>

/** `unknown`, unless Effects inside of the trees have errors or services that could not be told of where `T` is generic. */
type CheckLeaves<T> = IsFound<Exclude<ErrorsIn<T>, OpError> | ServicesIn<T>> extends true
  ? "an Effect inside of the tree has errors or services of its own; yield* it"
  : unknown

/**
 * A tree with `A` for every leaf. A tensor of unknown rank tells nothing, so its leaf keeps the type that it had, as far as
 * the compiler goes.
 */
export type Leafwise<T, A> = [A] extends [Tensor<infer S, any>] ? number extends S["length"] ? Adapted<T>
  : Replaced<T, A>
  : Replaced<T, A>

/** A type that refers to itself has no end: eight levels deep, nothing is known. */
type Replaced<T, A, Depth extends Array<0> = []> = IsAny<T> extends true ? T
  : T extends number | Tensor<any, any> | Effect.Effect<any, any, any> ? A
  : T extends object
    ? Depth["length"] extends 8 ? unknown : { -readonly [K in keyof T]: Replaced<T[K], A, [...Depth, 0]> }
  : T

/** `Tree.map`. */
export interface TreeMap {
  <T, A, E0 = never, R0 = never, E = never, R = never>(
    this: CheckLeaves<T>,
    tree: Given<T, E0, R0>,
    f: (leaf: Tensor, path: string) => Answer<A, E, R>
  ): Effect.Effect<Leafwise<T, A>, E0 | E | OpError, R0 | R>
}

/** `Tree.zipWith`. */
export interface TreeZipWith {
  <T, U, A, E0 = never, R0 = never, E1 = never, R1 = never, E = never, R = never>(
    this: CheckLeaves<[T, U]>,
    tree: Given<T, E0, R0>,
    that: Given<U, E1, R1>,
    f: (leaf: Tensor, other: Tensor, path: string) => Answer<A, E, R>
  ): Effect.Effect<Leafwise<T, A>, E0 | E1 | E | OpError, R0 | R1 | R>
}

/** `Tree.leaves`. */
export interface TreeLeaves {
  <T, E = never, R = never>(
    this: CheckLeaves<T>,
    tree: Given<T, E, R>
  ): Effect.Effect<ReadonlyArray<Tensor>, E | OpError, R>
}

/** `Tree.paths`. */
export interface TreePaths {
  <T, E = never, R = never>(
    this: CheckLeaves<T>,
    tree: Given<T, E, R>
  ): Effect.Effect<ReadonlyArray<string>, E | OpError, R>
}

/** `Tree.reduce`. */
export interface TreeReduce {
  <T, A, E0 = never, R0 = never, E = never, R = never>(
    this: CheckLeaves<T>,
    tree: Given<T, E0, R0>,
    initial: A,
    f: (sofar: Sofar<A>, leaf: Tensor, path: string) => Answer<Sofar<A>, E, R>
  ): Effect.Effect<Sofar<A>, E0 | E | OpError, R0 | R>
}

/** A number is an operand: it adapts to the tensors that come. */
export type Sofar<A> = [A] extends [number] ? number | Tensor : A

/**
 * Assertions about types. They are checked by `tsc`; at run time they do nothing.
 */
import type * as Effect from "effect/Effect"

/** Are two types the same, to the letter? Mutual assignability would let gradual types pass for anything. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

/** Asserts that a type is `true`. */
export const is = <_ extends true>(): void => {}

/** What a program yields. */
export type Yield<P> = P extends Effect.Effect<infer A, any, any> ? A : never

/** What a program can fail with. */
export type Fail<P> = P extends Effect.Effect<any, infer E, any> ? E : never

/** What a program needs. */
export type Need<P> = P extends Effect.Effect<any, any, infer R> ? R : never

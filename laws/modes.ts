/**
 * Derivatives of any order by any mixture of modes.
 */
import * as Effect from "effect/Effect"
import type { Tensor } from "../src/index.ts"
import { grad, jvp } from "../src/index.ts"
import type { Flat, Scalar } from "./trees.ts"
import { dot } from "./values.ts"

/** How one derivative is taken: `F` by `jvp`, `R` by `grad`. */
export type Mode = "F" | "R"

/** The directional derivative of a scalar function along `ts`, by one of the modes, as a function of the point. */
const derived = <E, R>(mode: Mode, f: Scalar<E, R>, ts: ReadonlyArray<Tensor>): Scalar<any, R> =>
  mode === "F"
    ? (xs) => Effect.map(jvp(f, [xs], [ts]), ([, tangent]) => tangent)
    : (xs) => Effect.flatMap(gradient(f)(xs), (gs) => dot(ts, gs))

/**
 * Which modes a program has: both, or reverse mode alone, as with a rule for that, or forward mode alone, as a loop
 * without a bound. Laws about the other mode do not apply.
 */
export type Modes = "both" | "reverse" | "forward"

/** The directional derivative of `f` along `ts`, as a function of the point. Reverse mode is for scalar functions. */
export const pushed = <E, R>(f: Flat<E, R>, ts: ReadonlyArray<Tensor>, modes: Modes = "both"): Flat<any, R> =>
  modes !== "reverse"
    ? (xs) => Effect.map(jvp(f, [xs], [ts]), ([, tangent]) => tangent)
    : (xs) =>
      Effect.map(derived("R", (xs) => Effect.map(f(xs), ([y]) => y as Tensor<[]>), ts)(xs), (tangent) => [tangent])

/** The gradient of a scalar function, as a function of the point. */
export const gradient = <E, R>(f: Scalar<E, R>): Flat<any, R> => (xs) => grad(f)(xs)

/** ⟨ws, f⟩. Its result is a scalar even where `f` gives nothing. */
export const weighed = <E, R>(f: Flat<E, R>, ws: ReadonlyArray<Tensor>): Scalar<any, R> => (xs) =>
  Effect.flatMap(f(xs), (ys) => dot(ws, ys))

/** The derivative of `f` along the directions, the first mode innermost. */
export const along = <E, R>(
  word: ReadonlyArray<Mode>,
  f: Scalar<E, R>,
  directions: ReadonlyArray<ReadonlyArray<Tensor>>
): Scalar<any, R> => word.reduce<Scalar<any, R>>((g, mode, i) => derived(mode, g, directions[i]!), f)

/** All words of a length. */
export const wordsOf = (length: number, modes: Modes = "both"): ReadonlyArray<ReadonlyArray<Mode>> => {
  if (length === 0) return [[]]
  const last: ReadonlyArray<Mode> = modes === "both" ? ["F", "R"] : modes === "reverse" ? ["R"] : ["F"]
  return wordsOf(length - 1, modes).flatMap((word) => last.map((mode) => [...word, mode]))
}

/** "reverse over forward", the outermost first, as people say it. */
export const showWord = (word: ReadonlyArray<Mode>): string =>
  word.toReversed().map((mode) => mode === "F" ? "forward" : "reverse").join(" over ")

/** The order of a derivative in words. */
export const ordinal = (order: number): string =>
  ["value", "derivative", "2nd derivative", "3rd derivative"][order] ?? `${order}th derivative`

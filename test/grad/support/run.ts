/**
 * Programs run, read and compared: what the tests of transformations share.
 */
import { Effect, Option } from "effect"
import { expect } from "vitest"
import { Tensor } from "wengert"

/** Elements in nested arrays, in a tree like the tensors that they come from; `null` for a gradient that is `none`. */
export type Read = number | boolean | null | ReadonlyArray<Read> | { readonly [key: string]: Read }

/** Is it a tensor, concrete or traced? */
export const isTensor = (u: unknown): u is Tensor => typeof u === "object" && u !== null && "~wengert/Tensor" in u

/** A tree of tensors, read. */
export const read = (tree: unknown): Effect.Effect<Read, unknown> =>
  Effect.gen(function*() {
    if (isTensor(tree)) return yield* Tensor.toArray(tree)
    if (Option.isOption(tree)) return Option.isNone(tree) ? null : yield* read(tree.value)
    if (Array.isArray(tree)) return yield* Effect.forEach(tree, read)
    if (typeof tree !== "object" || tree === null) throw new TypeError(`no tree of tensors: ${String(tree)}`)
    const entries = yield* Effect.forEach(
      Object.entries(tree),
      ([key, child]) => Effect.map(read(child), (value) => [key, value] as const)
    )
    return Object.fromEntries(entries)
  })

/** What a program gives, read. */
export const valuesOf = (program: Effect.Effect<unknown, unknown>): Read =>
  Effect.runSync(Effect.flatMap(program, read))

/** What a program gives. */
export const run = <A, E>(program: Effect.Effect<A, E>): A => Effect.runSync(program)

/** Where two numbers differ by more than rounding; NaN equals NaN, and infinities are exact. */
const isClose = (got: number, want: number, tolerance: number): boolean =>
  Object.is(got, want) || got === want || Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want))

/** All places where two trees of numbers differ. */
const differences = (got: Read, want: Read, tolerance: number, path = ""): ReadonlyArray<string> => {
  if (typeof got === "number" && typeof want === "number") {
    return isClose(got, want, tolerance) ? [] : [`${path}: got ${got}, expected ${want}`]
  }
  if (typeof got !== "object" || typeof want !== "object" || got === null || want === null) {
    return got === want ? [] : [`${path}: got ${JSON.stringify(got)}, expected ${JSON.stringify(want)}`]
  }
  const [a, b] = [Object.keys(got), Object.keys(want)]
  if (Array.isArray(got) !== Array.isArray(want) || a.toSorted().join() !== b.toSorted().join()) {
    return [`${path}: got ${JSON.stringify(got)}, expected ${JSON.stringify(want)}`]
  }
  const at = (tree: object, key: string): Read => (tree as { readonly [key: string]: Read })[key]!
  return a.flatMap((key) => differences(at(got, key), at(want, key), tolerance, `${path}.${key}`))
}

/** Two trees of numbers agree up to rounding. */
export const expectNumbers = (got: Read, want: Read, tolerance = 1e-9): void => {
  expect(differences(got, want, tolerance)).toEqual([])
}

/** A program gives these numbers, up to rounding. */
export const expectClose = (program: Effect.Effect<unknown, unknown>, expected: Read, tolerance = 1e-9): void =>
  expectNumbers(valuesOf(program), expected, tolerance)

/** Two programs give the same, up to rounding. */
export const expectSame = (
  program: Effect.Effect<unknown, unknown>,
  expected: Effect.Effect<unknown, unknown>,
  tolerance = 1e-9
): void => expectNumbers(valuesOf(program), valuesOf(expected), tolerance)

/** What a failure says. */
export interface Failure {
  readonly _tag: string
  readonly message: string
  readonly path?: string
  readonly paths?: ReadonlyArray<string>
}

/** What a program fails with. A defect is thrown, and so is a success. */
export const failureOf = (program: Effect.Effect<unknown, unknown>): Failure =>
  // programs here fail with tagged errors alone
  Effect.runSync(Effect.flip(program)) as Failure

/** A program fails with an error of this tag, whose message holds all of these phrases. */
export const expectFailure = (
  program: Effect.Effect<unknown, unknown>,
  tag: string,
  ...phrases: ReadonlyArray<string>
): void => {
  const failure = failureOf(program)
  expect(failure._tag).toBe(tag)
  for (const phrase of phrases) expect(failure.message).toContain(phrase)
}

/** Compile-time checks withdrawn, where only the run time is tested: a value under a type of the caller's choice. */
export const untyped = <A>(value: unknown): A => value as A

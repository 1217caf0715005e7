/**
 * Laws and how they are checked.
 *
 * A law says of every sample of an arbitrary whether it holds, in words if it does not. fast-check draws the samples,
 * always the same ones unless told otherwise, and shrinks those that break the law.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "fast-check"
import { show } from "./trees.ts"

/**
 * A statement about every sample of an arbitrary. Programs in it may need services `R`.
 *
 * Make one with the constructors of this module; run it with `check` (which throws) or `checkEffect`.
 */
export interface Law<out R = never> {
  /** What the law says, as a test's name. */
  readonly name: string
  readonly arbitrary: fc.Arbitrary<unknown>
  /** Why the law does not hold of a sample, or `undefined` if it does. */
  readonly refute: (sample: any) => Effect.Effect<string | undefined, unknown, R>
  /** Number of samples, if 20 are not right. */
  readonly runs?: number | undefined
}

/** How a law is checked. */
export interface CheckOptions {
  /** The samples are a function of the seed, 42 by default. */
  readonly seed?: number | undefined
  /** Number of samples, 20 by default. */
  readonly runs?: number | undefined
  /** Where a failed check left off, as its message says. */
  readonly path?: string | undefined
}

/** A law does not hold: the smallest sample that was found, and why. */
export class LawBroken extends Data.TaggedError("LawBroken")<{
  /** The law, the reason, the counterexample and how to see it again. */
  readonly message: string
  readonly law: string
  readonly reason: string
  /** The sample that breaks the law. */
  readonly counterexample: unknown
  readonly seed: number
  readonly path: string
}> {}

/** The services that a program needs, as far as its type tells: ops by themselves do not say, and need none. */
export type Services<R> = unknown extends R ? never : R

/** `unknown` where a program needs no services, as far as its type tells. */
export type Plain<R> = [Services<R>] extends [never] ? unknown
  : "the program needs services: use checkEffect, and provide them"

/**
 * A law about the samples of an arbitrary: `refute` says why a sample breaks it, or gives `undefined`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { all, greaterEqual, softmax, Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const law = Laws.law("softmax is not negative", Laws.tensor([3]), (x) =>
 *   Effect.map(Tensor.item(all(greaterEqual(softmax(x), 0))), (holds) => holds ? undefined : "an element is"))
 * Laws.check(law)
 * ```
 */
export const law = <A, R = never>(
  name: string,
  arbitrary: fc.Arbitrary<A>,
  refute: (sample: A) => Effect.Effect<string | undefined, unknown, R>
): Law<Services<R>> => ({ name, arbitrary, refute: refute as Law<Services<R>>["refute"] })

/** The name of a function in the names of laws. */
export const nameOf = (f: { readonly name: string }): string => f.name === "" ? "f" : f.name

/** What is thrown to fast-check, which reports it. */
class Refuted extends Error {
  override readonly name = "LawRefuted"
}

const verdict = (exit: Exit.Exit<string | undefined, unknown>): void => {
  const reason = Exit.isSuccess(exit) ? exit.value : `the program fails: ${Cause.pretty(exit.cause)}`
  if (reason !== undefined) throw new Refuted(reason)
}

const parameters = (law: Law<any>, options: CheckOptions): fc.Parameters<any> => ({
  seed: options.seed ?? 42,
  numRuns: options.runs ?? law.runs ?? 20,
  ...(options.path === undefined ? {} : { path: options.path })
})

const broken = (law: Law<any>, details: fc.RunDetails<unknown>): LawBroken | undefined => {
  if (!details.failed) return undefined
  const sample = (details.counterexample as ReadonlyArray<unknown> | null)?.[0]
  const { errorInstance: error, numShrinks, seed } = details
  const reason = error instanceof Refuted ? error.message : `the program dies: ${String(error)}`
  const path = details.counterexamplePath ?? ""
  return new LawBroken({
    law: law.name,
    reason,
    counterexample: sample,
    seed,
    path,
    message: `${law.name}: ${reason}\n  counterexample, after ${numShrinks} shrinks: ${show(sample)}\n` +
      `  again: { seed: ${seed}, path: ${JSON.stringify(path)} }`
  })
}

/**
 * The law as a fast-check property, to be run with options of your own. The programs in it must be synchronous.
 *
 * @example
 * ```ts
 * import * as fc from "fast-check"
 * import { sin } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * fc.assert(Laws.property(Laws.duality(sin, Laws.tensors([[3]]))), { numRuns: 100 })
 * ```
 */
export const property = (law: Law): fc.IPropertyWithHooks<[unknown]> =>
  fc.property(law.arbitrary, (sample) => verdict(Effect.runSyncExit(law.refute(sample))))

/**
 * Checks laws, one or several, and throws `LawBroken` at the first that does not hold.
 *
 * This is for plain tests of synchronous programs; where programs need services or wait, use `checkEffect`.
 *
 * @example
 * ```ts
 * import { mul, sin } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const f = (x: Tensor<[]>) => mul(x, sin(x))
 * Laws.check(Laws.gradient(f, Laws.tensors([[]]), { order: 2 }))
 * console.log("the law holds") // => the law holds
 * ```
 */
export const check = (laws: Law | Iterable<Law>, options: CheckOptions = {}): void => {
  for (const law of "refute" in laws ? [laws] : laws) {
    const error = broken(law, fc.check(property(law), parameters(law, options)))
    if (error !== undefined) throw error
  }
}

/**
 * Checks laws as an Effect, which fails with `LawBroken` at the first that does not hold.
 *
 * For programs that need services or wait for something, and for tests written as Effects.
 *
 * @example
 * ```ts
 * import { Context, Effect } from "effect"
 * import { mul } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * class Rate extends Context.Service<Rate, number>()("Rate") {}
 * const f = (x: Tensor<[]>) => Effect.flatMap(Rate, (rate) => mul(x, rate))
 * const program = Laws.checkEffect(Laws.duality(f, Laws.tensors([[]])))
 * Effect.runPromise(Effect.provideService(program, Rate, 0.1))
 * ```
 */
export const checkEffect = <R>(
  laws: Law<R> | Iterable<Law<R>>,
  options: CheckOptions = {}
): Effect.Effect<void, LawBroken, R> =>
  Effect.gen(function*() {
    const context: Context.Context<R> = yield* Effect.context<R>()
    for (const law of "refute" in laws ? [laws] : laws) {
      const asserted = fc.asyncProperty(law.arbitrary, async (sample) => {
        verdict(await Effect.runPromiseExitWith(context)(law.refute(sample)))
      })
      const error = broken(law, yield* Effect.promise(async () => fc.check(asserted, parameters(law, options))))
      if (error !== undefined) return yield* error
    }
  })

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
import type { Sample } from "./arbitraries.ts"
import { sampled } from "./arbitraries.ts"
import type { Blame, Point } from "./blame.ts"
import { findBlame } from "./blame.ts"
import type { Program } from "./trees.ts"
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
  /** Where derivatives are in question: the program and its arguments, among whose equations one may be to blame. */
  readonly about?: ((sample: any) => Point<any, R> | undefined) | undefined
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
  /** The law, the reason, the equation to blame, the counterexample and how to see it again. */
  readonly message: string
  readonly law: string
  /** Both sides, and by how much they may differ. */
  readonly reason: string
  /** The equation whose own derivatives are wrong, if there is one. */
  readonly blame: Blame | undefined
  /** The sample that breaks the law. */
  readonly counterexample: unknown
  /** The sample as TypeScript, to paste into a test. */
  readonly source: string
  /** How often the sample was made smaller. */
  readonly shrinks: number
  readonly seed: number
  readonly path: string
}> {}

/** A law held of every sample that was drawn. */
export interface LawHeld {
  readonly _tag: "LawHeld"
  readonly law: string
  /** Number of samples. */
  readonly samples: number
  readonly seed: number
}

/** What was found out about a law. */
export type Verdict = LawHeld | LawBroken

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

/** A law about a program, at a point or at the samples of an arbitrary; the seed is that of directions, weights and masks. */
export const lawOf = <Args extends ReadonlyArray<any>, E, R>(
  name: string,
  f: Program<Args, any, any>,
  at: fc.Arbitrary<Args> | Args,
  refute: (sample: Sample<Args>) => Effect.Effect<string | undefined, E, R>
): Law<Services<R>> => ({ ...law(name, sampled(at), refute), about: ({ args }: Sample<Args>) => ({ f, args }) })

/** The name of a function in the names of laws. */
export const nameOf = (f: { readonly name: string }): string => f.name === "" ? "f" : f.name

/** What is thrown to fast-check, which reports it. */
class Refuted extends Error {
  override readonly name = "LawRefuted"
}

const judge = (exit: Exit.Exit<string | undefined, unknown>): void => {
  const reason = Exit.isSuccess(exit) ? exit.value : `the program fails: ${Cause.pretty(exit.cause)}`
  if (reason !== undefined) throw new Refuted(reason)
}

const parameters = (law: Law<any>, options: CheckOptions): fc.Parameters<any> => ({
  seed: options.seed ?? 42,
  numRuns: options.runs ?? law.runs ?? 20,
  ...(options.path === undefined ? {} : { path: options.path })
})

/** The equation to blame at the sample that breaks a law. */
const blameFor = <R>(law: Law<R>, sample: unknown): Effect.Effect<Blame | undefined, never, R> => {
  const point = sample === undefined ? undefined : law.about?.(sample)
  return point === undefined ? Effect.succeed(undefined) : findBlame(point)
}

const showBlame = ({ op, operands, primitive, reason, site }: Blame): string =>
  `\n  to blame: ${op}${primitive === op ? "" : ` (${primitive})`}${
    site === undefined ? "" : `, called at ${site.file}:${site.line}:${site.column}`
  }, at ${operands}: ${reason}`

/** The sample that breaks the law, if one does. */
const sampleOf = ({ counterexample, failed }: fc.RunDetails<unknown>): unknown =>
  failed ? (counterexample as ReadonlyArray<unknown> | null)?.[0] : undefined

const verdictOf = (law: Law<any>, details: fc.RunDetails<unknown>, blame: Blame | undefined): Verdict => {
  const { errorInstance: error, failed, numRuns: samples, numShrinks: shrinks, seed } = details
  if (!failed) return { _tag: "LawHeld", law: law.name, samples, seed }
  const reason = error instanceof Refuted ? error.message : `the program dies: ${String(error)}`
  const path = details.counterexamplePath ?? ""
  const counterexample = sampleOf(details)
  const source = show(counterexample)
  return new LawBroken({
    law: law.name,
    reason,
    blame,
    counterexample,
    source,
    shrinks,
    seed,
    path,
    message: `${law.name}: ${reason}${blame === undefined ? "" : showBlame(blame)}\n` +
      `  counterexample, after ${shrinks} shrinks: ${source}\n` +
      `  again: { seed: ${seed}, path: ${JSON.stringify(path)} }`
  })
}

/** The verdict on a law whose programs are synchronous. */
const verdictNow = (law: Law, options: CheckOptions): Verdict => {
  const details = fc.check(property(law), parameters(law, options))
  const blame = Effect.runSyncExit(blameFor(law, sampleOf(details)))
  return verdictOf(law, details, Exit.isSuccess(blame) ? blame.value : undefined)
}

const all = <L extends Law<any>>(laws: L | Iterable<L>): Iterable<L> => "refute" in laws ? [laws] : laws

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
  fc.property(law.arbitrary, (sample) => judge(Effect.runSyncExit(law.refute(sample))))

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
  for (const law of all(laws)) {
    const verdict = verdictNow(law, options)
    if (verdict._tag === "LawBroken") throw verdict
  }
}

/**
 * Checks laws and gives what was found out about each, as data: for tables, for machines, for a runner of tests of your own.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { customJvp, mul, sin } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * // sin' is cos, and not sin
 * const f = customJvp((x: Tensor) => sin(x), ([x], [dx]) => Effect.all([sin(x), mul(dx, sin(x))]))
 * const at = Laws.tensors([[]])
 * for (const verdict of Laws.verdicts([Laws.jvpLinear(f, at), Laws.gradient(f, at)])) {
 *   console.log(verdict._tag, verdict._tag === "LawHeld" ? verdict.samples : verdict.blame?.op)
 * }
 * // => LawHeld 20
 * // => LawBroken customJvp
 * ```
 */
export const verdicts = (laws: Law | Iterable<Law>, options: CheckOptions = {}): ReadonlyArray<Verdict> =>
  Array.from(all(laws), (law) => verdictNow(law, options))

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
    for (const law of all(laws)) {
      const verdict = yield* verdictLater(law, options)
      if (verdict._tag === "LawBroken") return yield* verdict
    }
  })

/**
 * Checks laws as an Effect that gives what was found out about each, as {@link verdicts} does.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sin } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const found = await Effect.runPromise(Laws.verdictsEffect(Laws.duality(sin, Laws.tensors([[]]))))
 * console.log(found.map((verdict) => verdict._tag)) // => [ 'LawHeld' ]
 * ```
 */
export const verdictsEffect = <R>(
  laws: Law<R> | Iterable<Law<R>>,
  options: CheckOptions = {}
): Effect.Effect<ReadonlyArray<Verdict>, never, R> =>
  Effect.forEach(Array.from(all(laws)), (law) => verdictLater(law, options))

const verdictLater = <R>(law: Law<R>, options: CheckOptions): Effect.Effect<Verdict, never, R> =>
  Effect.gen(function*() {
    const context: Context.Context<R> = yield* Effect.context<R>()
    const asserted = fc.asyncProperty(law.arbitrary, async (sample) => {
      judge(await Effect.runPromiseExitWith(context)(law.refute(sample)))
    })
    const details = yield* Effect.promise(async () => fc.check(asserted, parameters(law, options)))
    return verdictOf(law, details, yield* blameFor(law, sampleOf(details)))
  })

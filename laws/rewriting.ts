/**
 * Laws of rewriting: what changes the text of a program, or keeps it in another form, changes nothing that it computes.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { checkpoint, cos, customJvp, customVjp, grad, jvp, Trace, trace, vjp, where } from "../src/index.ts"
import { sampled } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { weighed } from "./modes.ts"
import { refuteSame } from "./sameness.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { direction, randomMask, roundoff } from "./values.ts"

/** Every leaf by an op. */
const each = <R>(f: Flat<any, R>, op: (y: Tensor) => Effect.Effect<Tensor, any>): Flat<any, R> => (xs) =>
  Effect.flatMap(f(xs), (ys) => Effect.forEach(ys, op))

/**
 * What a program computes does not change when it is run under `checkpoint`, when there is code in it whose result
 * nobody needs, when parts of it are computed twice, when it is run from its list, and from the list of that list.
 *
 * @example
 * ```ts
 * import { softmax } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.rewritingChangesNothing(softmax, Laws.tensors([[2, 3]])))
 * ```
 */
export const rewritingChangesNothing = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(`${nameOf(f)}: rewriting changes nothing`, sampled(at), ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const evaluated: Flat<any, R> = (xs) => Effect.flatMap(trace(g)(xs), (list) => Trace.evaluate(list, [xs]))
      const rewrites: ReadonlyArray<readonly [string, Flat<any, R>]> = [
        ["checkpoint", (xs) => checkpoint(g)(xs)],
        ["checkpoint that keeps dots", (xs) => checkpoint(g, { policy: "dots" })(xs)],
        ["dead code", (xs) => Effect.flatMap(g(xs), (ys) => Effect.as(each(g, (y) => cos(y))(xs), ys))],
        [
          "computing twice",
          (xs) =>
            Effect.flatMap(
              Effect.all([g(xs), g(xs)]),
              ([as, bs]) => Effect.forEach(as, (a, i) => where(randomMask(seed + i, a.shape), a, bs[i]!))
            )
        ],
        ["its list", evaluated],
        ["the list of its list", (xs) => Effect.flatMap(trace(evaluated)(xs), (list) => Trace.evaluate(list, [xs]))]
      ]
      for (const rewrite of rewrites) {
        // cotangents that are computed apart are added later: of infinite ones, that may be ∞ − ∞
        const finite = rewrite[0] === "computing twice" ? g : undefined
        const reason = yield* refuteSame(rewrite, ["the program", g], xs, seed, { finite, order: 1 })
        if (reason !== undefined) return reason
      }
      return undefined
    }))

/**
 * A rule that is the derivative changes nothing: a program with its own `jvp` as a rule by `customJvp`, and with its
 * own pullback as a rule by `customVjp`, has the values and derivatives that it has without, in both modes.
 *
 * @example
 * ```ts
 * import { softmax } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.rulesChangeNothing(softmax, Laws.tensors([[2, 3]])))
 * ```
 */
export const rulesChangeNothing = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(
    `${nameOf(f)}: a rule that is the derivative changes nothing`,
    sampled(at),
    ({ args, seed }) =>
      Effect.gen(function*() {
        const { f: g, xs } = atPoint(f, args)
        const byJvp: Flat<any, R> = customJvp(g, ([xs], [dxs]) => jvp(g, [xs], [dxs]))
        const byVjp: Flat<any, R> = customVjp(
          g,
          (xs) => Effect.map(g(xs), (ys) => [ys, xs] as const),
          (xs, cts) => Effect.flatMap(vjp(g, xs), ([, pullback]) => pullback(cts))
        )
        return (yield* refuteSame(["customJvp", byJvp], ["the program", g], xs, seed)) ??
          (yield* refuteSame(["customVjp", byVjp], ["the program", g], xs, seed))
      })
  )

/**
 * An engine agrees with the reference, engine(f)(x) = f(x): programs run by it have the values and the derivatives that
 * they have when every op is computed by itself.
 *
 * @example
 * ```ts
 * import { jit, softmax } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.engineAgrees("jit", jit, softmax, Laws.tensors([[2, 3]])))
 * ```
 */
export const engineAgrees = <Args extends ReadonlyArray<any> | [], E, R>(
  name: string,
  engine: (f: Flat<any, R>) => Flat<any, R>,
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args,
  { order = 1 }: { readonly order?: number | undefined } = {}
): Law<Services<R>> =>
  law(`${nameOf(f)}: ${name} agrees with the reference`, sampled(at), ({ args, seed }) => {
    const { f: g, xs } = atPoint(f, args)
    return refuteSame([name, engine(g)], ["the reference", g], xs, seed, { order })
  })

/** Where something in it is not frozen, apart from elements of tensors, which nothing hands out, and rules, which are code. */
const thawed = (u: unknown, path: string, seen = new Set<unknown>()): string | undefined => {
  if (typeof u !== "object" || u === null || seen.has(u) || ArrayBuffer.isView(u) || Effect.isEffect(u)) {
    return undefined
  }
  seen.add(u)
  if (!Object.isFrozen(u)) return path
  for (const [key, value] of Object.entries(u)) {
    const found = key === "primitive" ? undefined : thawed(value, `${path}.${key}`, seen)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Lists are data, decode(encode(list)) = list: those of a program and of its gradient are deeply frozen, are written
 * the same each time, and read back from JSON as they were, if they hold no function of the user's; what is read
 * computes the same, bit by bit.
 *
 * @example
 * ```ts
 * import { softmax } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.listsAreData(softmax, Laws.tensors([[2, 3]])))
 * ```
 */
export const listsAreData = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(`${nameOf(f)}: lists are data`, sampled(at), ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const ys = yield* g(xs)
      const pulled: Flat<any, R> = (xs) => grad(weighed(g, direction(seed, 0, ys)))(xs)
      for (const [name, program] of [["its list", g], ["the list of its gradient", pulled]] as const) {
        const list = yield* trace(program)(xs)
        const warm = thawed(list, name)
        if (warm !== undefined) return `${warm} is not frozen`
        const text = yield* Effect.result(Trace.encode(list))
        // rules and policies are functions, which no document can hold, and which are the user's each time
        if (text._tag === "Failure") {
          if (text.failure._tag === "TraceEncodeError" && text.failure.message.includes("function")) continue
          return `${name} cannot be written: ${text.failure.message}`
        }
        const again = yield* trace(program)(xs)
        // the rules of custom functions count once they are written
        const same = JSON.stringify(yield* Trace.encode(again)) === JSON.stringify(text.success)
        if (!same || !Trace.equals(list, again) || Trace.hash(list) !== Trace.hash(again)) {
          return `${name} differs each time`
        }
        const read = yield* Trace.decode(text.success)
        if (!Trace.equals(read, list)) return `${name} reads back as another`
        const decoded: Flat<any, R> = (xs) => Trace.evaluate(read, [xs]) as ReturnType<Flat<any, R>>
        const reason = yield* refuteSame([`${name}, read back`, decoded], [name, program], xs, seed, {
          order: roundoff(xs) > 1e-10 ? 0 : 1
        })
        if (reason !== undefined) return reason
      }
      return undefined
    }))

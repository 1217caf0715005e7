/**
 * The law of Taylor mode.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import { jvp, taylor } from "../src/index.ts"
import type { Law, Services } from "./check.ts"
import { lawOf, nameOf } from "./check.ts"
import { ordinal } from "./modes.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { difference, direction, read, rounding, roundoff } from "./values.ts"

/**
 * Taylor coefficients are nested derivatives: k!·yₖ = dᵏ/dtᵏ f(x + t·v) at t = 0, by forward mode within forward mode, for
 * every k up to an `order`, 3 by default.
 *
 * @example
 * ```ts
 * import { tanh } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.taylorNests(tanh, Laws.tensors([[5]])))
 * ```
 */
export const taylorNests = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args,
  { order = 3 }: { readonly order?: number | undefined } = {}
): Law<Services<R>> =>
  lawOf(
    `${nameOf(f)}: Taylor coefficients are nested derivatives`,
    f,
    at,
    ({ args, seed }) =>
      Effect.gen(function*() {
        const { f: g, xs } = atPoint(f, args)
        const ts = direction(seed, 1, xs)
        const coefficients = yield* (taylor as any)(g, order)(xs, ts) as Effect.Effect<ReadonlyArray<typeof xs>, any, R>
        let nested: Flat<any, R> = g
        let factorial = 1
        const scale: Array<ReadonlyArray<Float64Array>> = []
        for (const [k, coefficient] of coefficients.entries()) {
          const expected = yield* read(yield* nested(xs))
          scale.push(expected)
          const inner = nested
          nested = (xs) => Effect.map(jvp(inner, [xs], [ts]), ([, tangents]) => tangents)
          factorial *= Math.max(1, k)
          const found = (yield* read(coefficient)).map((data) => data.map((c) => factorial * c))
          const what = k === 0 ? "the value" : `the ${ordinal(k)}`
          const reason = difference(
            [`${what} by Taylor mode`, found],
            ["by nested derivatives", expected],
            rounding(4 ** k * roundoff([...xs, ...coefficient]), ...scale)
          )
          if (reason !== undefined) return reason
        }
        return undefined
      })
  )

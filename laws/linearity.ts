/**
 * Laws about derivatives as linear maps.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { jvp, linearize, vjp } from "../src/index.ts"
import type { Law, Services } from "./check.ts"
import { lawOf, nameOf } from "./check.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { difference, direction, read, rounding, roundoff, withElements } from "./values.ts"

/**
 * Why a map is not linear: L(−2t) = −2·L(t) exactly, since a power of two rounds nothing, and L(s + t) = L(s) + L(t)
 * up to rounding of numbers as large as those in `scale`.
 */
const refuteLinear = <R>(
  map: Flat<any, R>,
  at: ReadonlyArray<Tensor>,
  seed: number,
  scale: ReadonlyArray<Float64Array>
): Effect.Effect<string | undefined, any, R> =>
  Effect.gen(function*() {
    const [s, t] = [direction(seed, 1, at), direction(seed, 2, at)]
    const [ss, st] = [yield* read(s), yield* read(t)]
    const scaled = t.map((x, leaf) => withElements(x, (i) => -2 * st[leaf]![i]!))
    const added = t.map((x, leaf) => withElements(x, (i) => ss[leaf]![i]! + st[leaf]![i]!))
    const images = [yield* map(s), yield* map(t)] as const
    const [ls, lt] = [yield* read(images[0]), yield* read(images[1])]
    const homogeneous = difference(
      ["L(−2t)", yield* read(yield* map(scaled))],
      ["−2·L(t)", lt.map((data) => data.map((v) => -2 * v))],
      () => 0
    )
    const slack = rounding(roundoff([...at, ...images[0]]), ls, lt, scale)
    return homogeneous ?? difference(
      ["L(s + t)", yield* read(yield* map(added))],
      ["L(s) + L(t)", ls.map((data, leaf) => data.map((v, i) => v + lt[leaf]![i]!))],
      slack
    )
  })

/**
 * `jvp` is linear in the tangents: L(−2t) = −2·L(t) exactly, and L(s + t) = L(s) + L(t) up to rounding.
 *
 * A custom rule that is not linear in the tangent cannot be run backwards.
 *
 * @example
 * ```ts
 * import { matmul } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.jvpLinear(matmul, Laws.tensors([[2, 3], [3]])))
 * ```
 */
export const jvpLinear = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(`${nameOf(f)}: jvp is linear in the tangents`, f, at, ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const map: Flat<any, R> = (ts) => Effect.map(jvp(g, [xs], [ts]), ([, tangents]) => tangents)
      return yield* refuteLinear(map, xs, seed, yield* read(yield* g(xs)))
    }))

/**
 * `vjp` is linear in the cotangent: L(−2ct) = −2·L(ct) exactly, and L(a + b) = L(a) + L(b) up to rounding.
 *
 * @example
 * ```ts
 * import { matmul } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.vjpLinear(matmul, Laws.tensors([[2, 3], [3]])))
 * ```
 */
export const vjpLinear = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(`${nameOf(f)}: vjp is linear in the cotangent`, f, at, ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const [ys, pullback] = yield* vjp(g, xs)
      const map: Flat<any> = (cts) => Effect.map(pullback(cts), ([cotangents]) => cotangents)
      return yield* refuteLinear(map, ys, seed, yield* read(ys))
    }))

/**
 * The pushforward of `linearize` is `jvp`, L(t) = f'(x)·t, for every tangent and however often it is applied.
 *
 * @example
 * ```ts
 * import { tanh } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.linearizeIsJvp(tanh, Laws.tensors([[3]])))
 * ```
 */
export const linearizeIsJvp = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(`${nameOf(f)}: linearize is jvp`, f, at, ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const [ys, pushforward] = yield* linearize(g, xs)
      for (const stream of [1, 2]) {
        const ts = direction(seed, stream, xs)
        const [, tangents] = yield* jvp(g, [xs], [ts])
        const expected = yield* read(tangents)
        const slack = rounding(roundoff([...xs, ...ys]), expected, yield* read(ys))
        const reason = difference(["linearize", yield* read(yield* pushforward(ts))], ["jvp", expected], slack)
        if (reason !== undefined) return reason
      }
      return undefined
    }))

/**
 * Laws about the two modes together: they are adjoint to each other, and neither changes what the program computes.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import { jvp, linearize, Tensor, vjp } from "../src/index.ts"
import type { Law, Services } from "./check.ts"
import { lawOf, nameOf } from "./check.ts"
import { isOfKink } from "./derivatives.ts"
import type { Program } from "./trees.ts"
import { atPoint, run } from "./trees.ts"
import { difference, direction, dot, read, rounding, roundoff, same } from "./values.ts"

/**
 * Reverse mode is the adjoint of forward mode: ⟨ct, J·t⟩ = ⟨Jᵀ·ct, t⟩ for all tangents t and cotangents ct.
 *
 * Cheap, and exact up to rounding; it holds at every point where J is finite, kinks included.
 *
 * Source: A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, section 3.4 (the dot product test).
 *
 * @example
 * ```ts
 * import { mul, tanh } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.duality((x, y) => mul(tanh(x), y), Laws.tensors([[2, 3], [3]])))
 * ```
 */
export const duality = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(`${nameOf(f)}: reverse mode is adjoint to forward mode`, f, at, ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const ts = direction(seed, 1, xs)
      const [, tangents] = yield* jvp(g, [xs], [ts])
      const [ys, pullback] = yield* vjp(g, xs)
      const cts = direction(seed, 0, ys)
      const [cotangents] = yield* pullback(cts)
      const forward = yield* Tensor.item(yield* dot(cts, tangents))
      const reverse = yield* Tensor.item(yield* dot(ts, cotangents))
      const slack = rounding(roundoff([...xs, ...ys]), yield* read(tangents), yield* read(cotangents), yield* read(ys))
      // at a kink neither is a number
      const isUndefined = Number.isNaN(forward) && Number.isNaN(reverse) && (yield* isOfKink(g, xs))
      return isUndefined || Math.abs(forward - reverse) <= slack()
        ? undefined
        : `⟨ct, J·t⟩ is ${forward}, ⟨Jᵀ·ct, t⟩ is ${reverse}`
    }))

/**
 * A transformation computes what the program computes: jvp(f)(x)₁ = linearize(f)(x)₁ = vjp(f)(x)₁ = f(x), bit by bit.
 *
 * A custom rule gives the value a second time; this is where a difference shows.
 *
 * @example
 * ```ts
 * import { softmax } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.valueUnchanged(softmax, Laws.tensors([[2, 3]])))
 * ```
 */
export const valueUnchanged = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(`${nameOf(f)}: transformations leave the value alone`, f, at, ({ args }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const plain = yield* read(yield* g(xs))
      const [pushed] = yield* jvp(g, [xs], [direction(0, 1, xs)])
      const [linear] = yield* linearize(g, xs)
      const [pulled] = yield* vjp(g, xs)
      for (const [name, ys] of [["jvp", pushed], ["linearize", linear], ["vjp", pulled]] as const) {
        const reason = difference([`the result of ${name}`, yield* read(ys)], ["that of the program", plain], () => 0)
        if (reason !== undefined) return reason
      }
      return undefined
    }))

/**
 * Two programs compute the same, f(x) = g(x), bit by bit: for a rewrite of a program, or the same one in another place.
 *
 * @example
 * ```ts
 * import { mul, square } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const twice = (x: Tensor) => mul(x, x)
 * Laws.check(Laws.sameValue("x² is x·x", (x: Tensor) => square(x), twice, Laws.tensors([[3]])))
 * ```
 */
export const sameValue = <Args extends ReadonlyArray<any> | [], E, R>(
  name: string,
  f: Program<Args, E, R>,
  g: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(name, f, at, ({ args }) =>
    Effect.gen(function*() {
      const [one, other] = [yield* read(yield* run(f, args)), yield* read(yield* run(g, args))]
      if (one.length !== other.length || !one.every((data, leaf) => same(data.length, other[leaf]!.length))) {
        return "the results have different structures"
      }
      return difference(["one", one], ["the other", other], () => 0)
    }))

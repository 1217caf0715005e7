/**
 * The law of connectivity: "unconnected" is never said of what has an influence, nor "connected" of what has no path.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { grad, jvp, stopGradient, UnconnectedGradientError } from "../src/index.ts"
import { sampled } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { isOfKink } from "./derivatives.ts"
import { weighed } from "./modes.ts"
import type { Flat, Program, Scalar } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { direction, largest, read, withElements } from "./values.ts"

/** Which leaves of the arguments have a differentiable path to a scalar result. */
export const connected = <R>(
  f: Scalar<any, R>,
  xs: ReadonlyArray<Tensor>
): Effect.Effect<ReadonlyArray<boolean>, any, R> =>
  Effect.map(grad(f, { unconnected: "none" })(xs), (gradient) => gradient.map(Option.isSome))

/**
 * Connectivity is sound both ways: ∂f/∂xᵢ ≠ 0 ⇒ xᵢ is connected, and xᵢ is unconnected ⇒ ∂f/∂xᵢ = 0. A leaf without a
 * path has no influence: no tangent of it comes through, and its zeros are exact; one whose tangent comes through is
 * connected. The three answers that may be asked for agree: zeros, none and an error. What is cut off by
 * `stopGradient`, alone or with the others, is unconnected, and the others stay as they are.
 *
 * @example
 * ```ts
 * import { floor, mul } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.connectivity((x, y) => mul(x, floor(y)), Laws.tensors([[3], [3]])))
 * ```
 */
export const connectivity = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(`${nameOf(f)}: connectivity is sound both ways`, sampled(at), ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const scalar = weighed(g, direction(seed, 0, yield* g(xs)))
      const found = yield* connected(scalar, xs)
      const zeros = yield* read(yield* grad(scalar)(xs))
      const ts = direction(seed, 1, xs)
      for (const [leaf, isConnected] of found.entries()) {
        const alone = xs.map((x, i) => i === leaf ? ts[i]! : withElements(x, () => 0))
        const [, tangents] = yield* jvp(g, [xs], [alone])
        const moves = largest(yield* read(tangents)) > 0
        // what is NaN at a kink is so for a tangent of 0, too
        const isUndefined = moves && !isConnected && largest(yield* read(tangents)) === Infinity &&
          (yield* isOfKink(g, xs))
        if (isUndefined) continue
        if (moves && !isConnected) return `leaf ${leaf} is said to be unconnected, but its tangent comes through`
        if (!isConnected && largest([zeros[leaf]!]) !== 0) {
          return `leaf ${leaf} is unconnected, but its gradient is not 0`
        }
      }
      const strict = yield* Effect.result(grad(scalar, { unconnected: "error" })(xs))
      const refused = strict._tag === "Failure" && strict.failure instanceof UnconnectedGradientError
      if (refused === found.every(Boolean)) {
        return `"error" ${refused ? "refuses" : "accepts"} what "none" says is ${refused ? "connected" : "unconnected"}`
      }
      for (const [cut] of xs.entries()) {
        const stopped: Flat<any, R> = (xs) =>
          Effect.flatMap(Effect.forEach(xs, (x, i) => i === cut ? stopGradient(x) : Effect.succeed(x)), g)
        const rest = yield* connected(weighed(stopped, direction(seed, 0, yield* g(xs))), xs)
        if (rest[cut]) return `leaf ${cut} is cut off, but connected`
        const changed = rest.findIndex((isConnected, i) => i !== cut && isConnected !== found[i])
        if (changed !== -1) return `cutting leaf ${cut} off changes whether leaf ${changed} is connected`
      }
      return undefined
    }))

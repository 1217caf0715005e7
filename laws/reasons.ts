/**
 * The laws of reasons: what must be connected is, and what a report says is what the gradient is.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { LeafReport, Tensor } from "../src/index.ts"
import { explain, grad, requireConnected, UnconnectedGradientError } from "../src/index.ts"
import { sampled } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { connected as connectedLeaves } from "./connectivity.ts"
import { weighed } from "./modes.ts"
import type { Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { direction, read } from "./values.ts"

/**
 * Every float leaf of the arguments of `f` has a differentiable path to its results; where one has not, the law breaks
 * with the causes and their lines. For the tests of a training step.
 *
 * @example
 * ```ts
 * import { floor, mul } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.connected((x, y) => mul(x, y), Laws.tensors([[3], [3]])))
 * try {
 *   Laws.check(Laws.connected((x, y) => mul(x, floor(y)), Laws.tensors([[3], [3]])))
 * } catch (error) {
 *   console.log(String(error).includes("floor has no derivative")) // => true
 * }
 * ```
 */
export const connected = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(`${nameOf(f)} is connected`, sampled(at), ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const scalar = weighed(g, direction(seed, 0, yield* g(xs)))
      const found = yield* Effect.result(requireConnected(scalar)(xs))
      if (found._tag === "Success") return undefined
      if (found.failure instanceof UnconnectedGradientError) return found.failure.message
      return yield* Effect.fail(found.failure)
    }))

const counted = ({ elements: { infinite, masked, nan, nonzero, zero } }: LeafReport): ReadonlyArray<number> => [
  nonzero,
  zero + masked,
  infinite,
  nan
]

/** The same counts of a gradient itself. */
const countsOf = (x: ArrayLike<number>): ReadonlyArray<number> => {
  const counts = [0, 0, 0, 0]
  for (const v of Array.from(x)) counts[Number.isNaN(v) ? 3 : Number.isFinite(v) ? (v === 0 ? 1 : 0) : 2]!++
  return counts
}

/**
 * What `explain` says is so: a leaf is connected in the report where it is connected for `grad`, and has a cause, and a
 * cut among its barriers, where it is not; its elements are counted as the gradient has them, and add up; what is not
 * finite has an origin.
 *
 * @example
 * ```ts
 * import { floor, mul } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.reasonsAreSound((x, y) => mul(x, floor(y)), Laws.tensors([[3], [3]])))
 * ```
 */
export const reasonsAreSound = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(`${nameOf(f)}: its reasons are sound`, sampled(at), ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const scalar = weighed(g, direction(seed, 0, yield* g(xs)))
      const { leaves } = yield* explain(scalar)(xs)
      const known = yield* connectedLeaves(scalar, xs)
      const gradient = yield* read(yield* grad(scalar)(xs) as Effect.Effect<ReadonlyArray<Tensor>, any, any>)
      for (const [i, leaf] of leaves.entries()) {
        const { causes, cut, elements, nonFinite, status } = leaf
        if ((status === "connected") !== known[i]) return `leaf ${i} is ${status} for explain, and not for grad`
        if (status === "unconnected" && causes.length === 0) return `leaf ${i} is unconnected without a cause`
        const isUnused = causes.some(({ _tag }) => _tag === "Unused")
        if (status === "unconnected" && (cut.length === 0) !== isUnused) return `leaf ${i} has no cut`
        const [said, found] = [counted(leaf), countsOf(gradient[i]!)]
        if (said.join() !== found.join()) {
          return `leaf ${i} has ${found.join()} elements nonzero, zero, infinite and NaN, but explain says ${said.join()}`
        }
        if ((elements.infinite + elements.nan > 0) !== (nonFinite !== undefined)) {
          return `leaf ${i} ${nonFinite === undefined ? "is not finite without an origin" : "is finite with an origin"}`
        }
      }
      return undefined
    }))

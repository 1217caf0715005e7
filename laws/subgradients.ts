/**
 * The law of kinks: where a function is not differentiable, its gradient is the shortest of its subgradients.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Law, Services } from "./check.ts"
import { lawOf, nameOf } from "./check.ts"
import { oneSided } from "./differences.ts"
import { gradient, weighed } from "./modes.ts"
import type { Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { direction, largest, read, roundoff, withElements } from "./values.ts"

/**
 * The gradient is the subgradient of least norm, wherever the program (with a scalar result) is convex or concave
 * about the point.
 *
 * For a convex f with one-sided directional derivatives f'(x; d), g is a subgradient if ⟨g, d⟩ ≤ f'(x; d) for all d,
 * and the shortest one if also f'(x; −g) = −‖g‖², that is, if −g is the direction of steepest descent. For a concave f
 * the same holds of −f. Where f is smooth both say that g is the gradient.
 *
 * The directional derivatives are one-sided differences; random directions and the axes are tried.
 *
 * Source: R. T. Rockafellar, "Convex Analysis", Princeton 1970, theorem 23.2; Griewank and Walther (2008), chapter 14.
 *
 * @example
 * ```ts
 * import { maximum, Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * // at a tie the subgradients are (t, 1 − t): the shortest shares equally
 * Laws.check(Laws.subgradient(maximum, [Tensor.make(1), Tensor.make(1)]))
 * ```
 */
export const subgradient = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args,
  { tolerance = 1e-5 }: { readonly tolerance?: number | undefined } = {}
): Law<Services<R>> =>
  lawOf(
    `${nameOf(f)}: the gradient is the shortest subgradient`,
    f,
    at,
    ({ args, seed }) =>
      Effect.gen(function*() {
        const { f: program, xs } = atPoint(f, args)
        const unit = roundoff(xs)
        const here = yield* program(xs)
        const value = weighed(program, here.map((y) => withElements(y, () => 1)))
        const g = yield* read(yield* gradient(value)(xs))
        if (largest(g) === Infinity) {
          return `the gradient is not finite: ${g.map((v) => `[${v.join(", ")}]`).join(", ")}`
        }
        const data = yield* read(xs)
        /** f'(x; d), by one-sided differences. */
        const slope = (d: ReadonlyArray<Float64Array>) =>
          Effect.gen(function*() {
            const sample = (h: number) =>
              Effect.flatMap(
                value(xs.map((x, leaf) => withElements(x, (i) => data[leaf]![i]! + h * d[leaf]![i]!))),
                (y) => Effect.map(read([y]), ([data]) => data!)
              )
            const { error, value: limit } = yield* oneSided(sample, 0.0625, unit)
            return { limit: limit[0]!, slack: 10 * error[0]! + tolerance * (1 + Math.abs(limit[0]!)) }
          })
        const inner = (a: ReadonlyArray<Float64Array>, b: ReadonlyArray<Float64Array>) =>
          a.reduce((total, data, leaf) => total + data.reduce((s, v, i) => s + v * b[leaf]![i]!, 0), 0)
        const negated = (a: ReadonlyArray<Float64Array>) => a.map((data) => data.map((v) => -v))

        const axes = data.flatMap((leaf, l) =>
          Array.from(leaf, (_, i) => data.map((other, k) => other.map((_, j) => k === l && j === i ? 1 : 0)))
        )
        const random = [1, 2, 3].map((stream) => direction(seed, stream, xs))
        const directions = [
          ...axes,
          ...axes.map(negated),
          ...(yield* Effect.forEach(random, read)),
          ...(yield* Effect.forEach(random, read)).map(negated)
        ]
        const slopes = yield* Effect.forEach(directions, slope)
        for (const { slack } of slopes) {
          if (!(slack < 0.1)) return "one-sided differences have no limit here"
        }
        const steepest = { down: yield* slope(negated(g)), up: yield* slope(g) }
        const square = inner(g, g)
        /** Why g is not the shortest subgradient of ±f. */
        const refute = (sign: 1 | -1): string | undefined => {
          for (const [n, d] of directions.entries()) {
            const { limit, slack } = slopes[n]!
            if (sign * inner(g, d) > sign * limit + slack) {
              return `⟨g, d⟩ = ${inner(g, d)}, but the derivative along d = ${show(d)} is ${limit}`
            }
          }
          const { limit, slack } = sign === 1 ? steepest.down : steepest.up
          return Math.abs(limit + sign * square) <= slack
            ? undefined
            : `‖g‖² = ${square}, but the derivative along ${sign === 1 ? "−g" : "g"} is ${limit}: a shorter one exists`
        }
        const reasons = [refute(1), refute(-1)]
        return reasons.includes(undefined)
          ? undefined
          : `g = ${show(g)} is not the shortest subgradient: ${reasons[0]}; nor the shortest supergradient: ${
            reasons[1]
          }`
      })
  )

const show = (all: ReadonlyArray<Float64Array>): string => `(${all.map((data) => data.join(", ")).join("; ")})`

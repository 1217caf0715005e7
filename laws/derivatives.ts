/**
 * What `jvp` and `grad` give at a point, beside what differences give.
 */
import * as Effect from "effect/Effect"
import { explain, Tensor } from "../src/index.ts"
import type { Estimate } from "./differences.ts"
import { central } from "./differences.ts"
import { isKinked } from "./domains.ts"
import type { Modes } from "./modes.ts"
import { along, ordinal, pushed, showWord, weighed, wordsOf } from "./modes.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { direction, dot, largest, place, read, rounding, roundoff, same, withElements } from "./values.ts"

/** How a gradient is checked. */
export interface GradientOptions {
  /** Up to which order: 1 by default; 2 is the gradient of the gradient, in all four mixtures of modes. */
  readonly order?: number | undefined
  /**
   * What to do where the program has a kink, so that differences from left and right differ: `"reject"` (the default)
   * reports it, for a program that should have none; `"between"` asks that the derivative be one of those between, an
   * element of the generalised gradient (F. H. Clarke, "Optimization and Nonsmooth Analysis", Wiley 1983). Which of them
   * is declared is what `subgradient` and `exact` check. Where the program passes through a kink that differences do not
   * see, as `maximum(x, x)` does, the derivative of its slope may be NaN, if `explain` says that the kink is the reason.
   */
  readonly kinks?: "reject" | "between" | undefined
  /** Which modes the program has: `"both"`, by default, or one alone. */
  readonly modes?: Modes | undefined
  /** Relative tolerance beside the error that was estimated: 1e-6 by default, 2e-3 where there is a float32. */
  readonly tolerance?: number | undefined
}

/** `x + h·t`, on the host. */
const shifted = (
  xs: ReadonlyArray<Tensor>,
  data: ReadonlyArray<Float64Array>,
  steps: ReadonlyArray<Float64Array>,
  h: number
): ReadonlyArray<Tensor> =>
  h === 0 ? xs : xs.map((x, leaf) => withElements(x, (i) => data[leaf]![i]! + h * steps[leaf]![i]!))

const joined = (all: ReadonlyArray<Float64Array>): Float64Array =>
  Float64Array.from(all.flatMap((data) => Array.from(data)))

/** The derivative of `f` along `ts` by differences, with the elements of all leaves one after the other. */
const byDifferences = <E, R>(
  f: Flat<E, R>,
  xs: ReadonlyArray<Tensor>,
  ts: ReadonlyArray<Tensor>,
  unit: number,
  magnitude: number
) =>
  Effect.gen(function*() {
    const data = yield* read(xs)
    const steps = yield* read(ts)
    const sample = (h: number) => Effect.map(Effect.flatMap(f(shifted(xs, data, steps, h)), read), joined)
    const least = data.reduce((least, xs) => xs.reduce((a, x) => Math.min(a, Math.abs(x)), least), Infinity)
    return yield* central(sample, 0.125 * (least > 1 && least < Infinity ? least : 1), unit, largest(data), magnitude)
  })

/** Why derivatives are not limits of differences. */
export interface Refutation {
  readonly reason: string
  /** Do differences say so? They do not where they have no limit. */
  readonly isSure: boolean
}

/** What is wrong with one element, given what `jvp` and differences say; `"kink"` where there is one. */
const judge = (
  ad: number,
  at: Estimate,
  i: number,
  tolerance: number,
  floor: number
): Refutation | "kink" | undefined => {
  const [value, error, kink, kinkError] = [at.value[i]!, at.error[i]!, at.kink[i]!, at.kinkError[i]!]
  const differs: Refutation = {
    reason: `it is ${ad}, differences give ${value} ± ${error.toExponential(1)}`,
    isSure: Number.isFinite(error)
  }
  if (!Number.isFinite(ad)) return differs
  const size = Math.max(Math.abs(value), Math.abs(ad))
  if (Math.abs(kink) > 10 * kinkError + 1e-3 * size) return "kink"
  if (!(error <= Math.max(1e-3, 50 * tolerance) * Math.max(size, at.scale[i]!, at.size))) {
    return {
      reason: `differences have no limit, or are not defined on both sides: they give ${value} ± ${
        error.toExponential(1)
      }, it is ${ad}`,
      isSure: false
    }
  }
  if (same(ad, value) || Math.abs(ad - value) <= 10 * error + tolerance * size + floor) return undefined
  return differs
}

/** Is a derivative between those from the left and from the right? */
const isBetween = (ad: number, { error, kink, kinkError, value }: Estimate, i: number): boolean =>
  Math.abs(ad - value[i]!) <= Math.abs(kink[i]!) / 2 + 10 * (error[i]! + kinkError[i]!)

/**
 * Is the derivative of a function not finite because one of its ops is at a kink, and for no other reason? The derivative
 * of the slope there is NaN, also where the program is smooth.
 */
export const isOfKink = <E, R>(f: Flat<E, R>, xs: ReadonlyArray<Tensor>): Effect.Effect<boolean, any, R> =>
  Effect.gen(function*() {
    const ones = (yield* f(xs)).map((y) => withElements(y, () => 1))
    const { leaves } = yield* explain(weighed(f, ones))(xs)
    const origins = leaves.flatMap(({ nonFinite }) => nonFinite === undefined ? [] : [nonFinite])
    return origins.length > 0 &&
      origins.every(({ op, operands }) => isKinked(op) && operands.length === 2 && operands.every((x) => x === 0))
  })

/** Where a function is not differentiable, the two derivatives. */
const showKink = (at: Estimate, i: number): string =>
  `the program has a kink here: its derivative is ${at.value[i]! - at.kink[i]! / 2} from the left and ${
    at.value[i]! + at.kink[i]! / 2
  } from the right`

/** Why derivatives up to an order are not limits of differences at a point, or not the same by every mixture of modes. */
export const refuteDerivatives = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  args: Args,
  seed: number,
  { kinks = "reject", modes = "both", order = 1, ...options }: GradientOptions = {}
): Effect.Effect<Refutation | undefined, any, R> =>
  Effect.gen(function*() {
    const point = atPoint(f, args)
    const { xs } = point
    const here = yield* point.f(xs)
    const value = yield* read(here)
    if (largest(value) === Infinity) {
      const reason = `the value is not finite: ${value.map((v) => `[${v.join(", ")}]`).join(", ")}`
      return { reason, isSure: false }
    }
    const precision = roundoff([...xs, ...here])
    const tolerance = options.tolerance ?? (precision > 1e-10 ? 2e-3 : 1e-6)
    const scalar = weighed(point.f, direction(seed, 0, here))
    const directions: Array<ReadonlyArray<Tensor>> = []
    let derivative: Flat<any, R> = modes !== "reverse" ? point.f : (xs) => Effect.map(scalar(xs), (y) => [y])
    let magnitude = 0
    for (let k = 1; k <= order; k++) {
      const ts = direction(seed, k, xs)
      // every derivative is computed from those below it, and rounds more
      const unit = precision * 4 ** (k - 1)
      magnitude = Math.max(magnitude, largest(yield* read(yield* derivative(xs))))
      const limit = yield* byDifferences(derivative, xs, ts, unit, magnitude)
      const lower = derivative
      derivative = pushed(derivative, ts, modes)
      directions.push(ts)
      const tangents = yield* derivative(xs)
      const found = yield* read(tangents)
      const isUndefined = kinks === "between" && largest(found) === Infinity && (yield* isOfKink(lower, xs))
      const slack = rounding(unit, [[magnitude]], found)
      let i = 0
      for (const [leaf, tangent] of found.entries()) {
        for (let e = 0; e < tangent.length; e++, i++) {
          if (isUndefined && !Number.isFinite(tangent[e]!)) continue
          const wrong = judge(tangent[e]!, limit, i, tolerance, slack())
          if (wrong === undefined || wrong === "kink" && kinks === "between" && isBetween(tangent[e]!, limit, i)) {
            continue
          }
          const { isSure, reason } = wrong === "kink" ? { reason: showKink(limit, i), isSure: true } : wrong
          return { reason: `${ordinal(k)}: ${reason}${place(found, leaf, e)}`, isSure }
        }
      }
      if (isUndefined) return undefined
      if (modes !== "both") continue
      const expected = yield* Tensor.item(yield* dot(direction(seed, 0, here), tangents))
      for (const word of wordsOf(k)) {
        if (!word.includes("R")) continue
        const got = yield* Tensor.item(yield* along(word, scalar, directions)(xs))
        if (Math.abs(got - expected) <= slack() + 1e-3 * tolerance * Math.abs(expected)) continue
        const others = `${showWord(word.map(() => "F"))} gives ${expected}`
        return { reason: `${ordinal(k)}: ${showWord(word)} gives ${got}, ${others}`, isSure: true }
      }
    }
    return undefined
  })

/**
 * Derivatives by differences, with an estimate of their error.
 *
 * Differences over steps h, h/2, h/4, … are extrapolated to h = 0 by Neville's scheme; what neighbours in the scheme
 * disagree by estimates the error, and the best entry wins. So the step that suits every single element is found even
 * where a singularity is near.
 *
 * Sources: L. F. Richardson, "The approximate arithmetical solution by finite differences", 1911; C. J. F. Ridders,
 * "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4 (1982) 75.
 */
import * as Effect from "effect/Effect"

/**
 * For every element: its derivative at 0, how far off that may be, and the same for the jump of the derivative there.
 */
export interface Estimate {
  readonly value: Float64Array
  readonly error: Float64Array
  /** Derivative from the right minus derivative from the left: not 0 at a kink. */
  readonly kink: Float64Array
  readonly kinkError: Float64Array
  /** How fast the function varies at the coarsest step. */
  readonly scale: Float64Array
  /** The size of what is computed over the coarsest step: a derivative that is small beside this is small. */
  readonly size: number
}

/** Extrapolation to h = 0 of a quantity with an expansion in h^p₁, h^p₂, …, sampled at h, h/2, h/4, … */
class Neville {
  readonly value: Float64Array
  readonly error: Float64Array
  /** The newest extrapolations, by 0, 1, 2, … powers. */
  row: ReadonlyArray<Float64Array> = []
  private readonly powers: ReadonlyArray<number>
  private count = 0
  private readonly merit: Float64Array
  constructor(size: number, powers: ReadonlyArray<number>) {
    this.value = new Float64Array(size).fill(NaN)
    this.error = new Float64Array(size).fill(Infinity)
    this.powers = powers
    this.merit = new Float64Array(size).fill(Infinity)
  }
  /**
   * The next sample; `doubt` is what to add to the error of element i extrapolated by k powers. The least error wins,
   * or the least relative to a `measure` of the element.
   */
  push(
    sample: Float64Array,
    doubt: (i: number, k: number) => number,
    measure: (i: number, value: number) => number = () => 1
  ): void {
    const row = [sample]
    for (let k = 0; k < Math.min(this.row.length, this.powers.length); k++) {
      const factor = 2 ** this.powers[k]!
      const [fine, coarse] = [row[k]!, this.row[k]!]
      const next = fine.map((v, i) => (factor * v - coarse[i]!) / (factor - 1))
      for (let i = 0; i < next.length; i++) {
        const error = Math.max(Math.abs(next[i]! - fine[i]!), Math.abs(next[i]! - coarse[i]!)) + doubt(i, k + 1)
        const merit = error === 0 ? 0 : error / measure(i, next[i]!)
        // a slope of coarse steps that finer ones are sure is none was that of stairs; the finest see stairs of rounding
        const size = Math.max(Math.abs(next[i]!), Math.abs(this.value[i]!))
        const refutes = this.count < 8 && error < 1e-3 * size &&
          Math.abs(next[i]! - this.value[i]!) > 10 * (error + this.error[i]!)
        if (merit < this.merit[i]! || refutes) {
          this.merit[i] = merit
          this.error[i] = error
          this.value[i] = next[i]!
        }
      }
      row.push(next)
    }
    this.row = row
    this.count++
  }
}

const evenPowers = [2, 4, 6, 8, 10]

/** Steps down from `h`, until the errors of all elements are small, or steps are lost in rounding. */
const steps = <R>(
  h: number,
  least: number,
  satisfied: () => boolean,
  at: (h: number) => Effect.Effect<void, any, R>
): Effect.Effect<void, any, R> =>
  Effect.gen(function*() {
    for (let level = 0, step = h; level < 5 || step > least; level++, step /= 2) {
      yield* at(step)
      if (level >= 4 && satisfied()) return
    }
  })

/**
 * The derivative of `f` at 0 by central differences, beginning with step `h`. Steps are known up to `unit · reach`, and
 * elements of `f` up to `unit · magnitude`: so large are the numbers that they are computed from.
 */
export const central = <R>(
  f: (h: number) => Effect.Effect<Float64Array, any, R>,
  h: number,
  unit: number,
  reach: number,
  magnitude: number
): Effect.Effect<Estimate, any, R> =>
  Effect.gen(function*() {
    const here = yield* f(0)
    // (f(h) − f(−h)) / 2h = f' + O(h²) + O(h⁴) + …, also at a kink, where f' is the mean of the two derivatives
    const slope = new Neville(here.length, evenPowers)
    // (f(h) + f(−h)) / 2 = f(0) + O(h²) + O(h⁴) + …: a step that misses f(0) has stepped over something
    const middle = new Neville(here.length, evenPowers)
    // (f(h) − 2f(0) + f(−h)) / h = the jump of f', + O(h) + O(h³) + …
    const kink = new Neville(here.length, [1, 3, 5, 7])
    const scale = new Float64Array(here.length)
    const size = magnitude / (8 * h)
    const target = Math.sqrt(unit)
    const satisfied = () =>
      slope.error.every((e, i) =>
        e <= target * Math.max(Math.abs(slope.value[i]!), 1e-3 * Math.max(scale[i]!, size))
      ) &&
      kink.error.every((e, i) =>
        e <= 1e-4 * Math.max(Math.abs(slope.value[i]!), Math.abs(kink.value[i]!), scale[i]!, size)
      )
    yield* steps(h, 32 * unit * Math.max(reach, h), satisfied, (h) =>
      Effect.gen(function*() {
        const [right, left] = [yield* f(h), yield* f(-h)]
        const steepness = (i: number) => Math.max(Math.abs(right[i]! - here[i]!), Math.abs(left[i]! - here[i]!)) / h
        const noise = (i: number) =>
          2 * unit / h * (Math.max(Math.abs(right[i]!), Math.abs(left[i]!), magnitude) + reach * steepness(i))
        for (let i = 0; i < scale.length; i++) {
          if (scale[i] === 0 && Number.isFinite(steepness(i))) scale[i] = steepness(i)
        }
        middle.push(right.map((r, i) => (r + left[i]!) / 2), () => 0)
        slope.push(
          right.map((r, i) => (r - left[i]!) / (2 * h)),
          (i, k) => noise(i) + Math.abs(middle.row[k]![i]! - here[i]!) / h,
          (i, value) => Math.max(Math.abs(value), 1e-3 * scale[i]!, 1e-3 * size) || 1
        )
        kink.push(right.map((r, i) => (r - 2 * here[i]! + left[i]!) / h), (i) => 4 * noise(i))
      }))
    return { value: slope.value, error: slope.error, kink: kink.value, kinkError: kink.error, scale, size }
  })

/** The derivative of `f` from the right at 0, beginning with step `h`. */
export const oneSided = <R>(
  f: (h: number) => Effect.Effect<Float64Array, any, R>,
  h: number,
  unit: number
): Effect.Effect<{ readonly value: Float64Array; readonly error: Float64Array }, any, R> =>
  Effect.gen(function*() {
    const here = yield* f(0)
    // (f(h) − f(0)) / h = f'₊ + O(h) + O(h²) + …
    const slope = new Neville(here.length, [1, 2, 3, 4, 5])
    const target = 0.1 * Math.sqrt(unit)
    const satisfied = () =>
      slope.error.every((e, i) => e <= target * (Math.abs(slope.value[i]!) + Math.abs(here[i]!) + unit))
    yield* steps(h, 1e4 * unit, satisfied, (h) =>
      Effect.map(f(h), (right) =>
        slope.push(
          right.map((r, i) => (r - here[i]!) / h),
          (i) => 2 * unit * Math.max(Math.abs(right[i]!), Math.abs(here[i]!)) / h
        )))
    return slope
  })

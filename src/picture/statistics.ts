/**
 * The numbers of both lists, counted while they are computed once more.
 */
import * as Effect from "effect/Effect"
import { evaluator } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { OpEffect as Stepwise } from "../core/primitive.ts"
import { dataOf, scalar } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { countOf } from "../explain/gradient.ts"
import { coefficient, full, watch, type Watched } from "../explain/numbers.ts"
import type { Subject } from "../explain/subject.ts"
import { transform } from "../grad/transform.ts"
import type { Statistics } from "./drawing.ts"

const nothing: Statistics = {
  runs: 0,
  size: 0,
  nonzero: 0,
  zero: 0,
  masked: 0,
  infinite: 0,
  nan: 0,
  least: Infinity,
  largest: -Infinity
}

/** What a value adds to what is known. One that is no linear value has no zeros by structure. */
const counted = (before: Statistics, watched: Watched): Statistics => {
  const { size } = watched.value
  const count = countOf(watched.support === undefined ? { ...watched, support: "full" } : watched, size)
  let { largest, least } = before
  for (const x of dataOf(watched.value)) {
    if (!Number.isFinite(x)) continue
    if (x < least) least = x
    if (x > largest) largest = x
  }
  return {
    runs: before.runs,
    size: before.size,
    nonzero: before.nonzero + count.nonzero,
    zero: before.zero + count.zero,
    masked: before.masked + count.masked,
    infinite: before.infinite + count.infinite,
    nan: before.nan + count.nan,
    least,
    largest
  }
}

/** The statistics of a value that is computed once. */
export const statisticsOf = (watched: Watched): Statistics =>
  counted({ ...nothing, runs: 1, size: watched.value.size }, watched)

/** Counts what equations give, every time that they run. */
class Counts {
  readonly #known = new Map<Equation, Statistics>()
  readonly seen = (equation: Equation, results: ReadonlyArray<Watched>): void => {
    const { runs, ...before } = this.#known.get(equation) ?? nothing
    const size = results.reduce((sum, { value }) => sum + value.size, 0)
    this.#known.set(equation, results.reduce(counted, { ...before, runs: runs + 1, size }))
  }
  of(equation: Equation): Statistics | undefined {
    return this.#known.get(equation)
  }
}

/** Both lists with their numbers. */
export interface Observed {
  readonly forward: Trace
  /** The way forward as it is differentiated: with what the derivative keeps of it. */
  readonly primal: Trace
  readonly backward: Trace
  /** What the derivative keeps of the way forward: the inputs of the backward list, before the one of the result. */
  readonly kept: ReadonlyArray<{ readonly made: Equation | number | undefined; readonly statistics: Statistics }>
  readonly arguments: ReadonlyArray<Statistics>
  /** Of each active leaf; `undefined` where there is none. */
  readonly gradients: ReadonlyArray<Statistics | undefined>
  readonly counts: (equation: Equation) => Statistics | undefined
}

/** Runs a list and its derivative, and counts. */
export const observe = ({ leaves, trace }: Subject): Stepwise<Observed> =>
  Effect.gen(function*() {
    const { linear, primal, tangents } = yield* transform.linearize(trace, leaves.map(({ active }) => active))
    const { connected, linear: backward } = yield* transform.transpose(linear, tangents.filter((exists) => exists))
    const counts = new Counts()
    const given = leaves.map(({ value }) => coefficient({ value, blame: undefined }))
    watch(trace, given, { seen: counts.seen })
    const [value, ...residuals] = watch(primal, given)
    const seeds = tangents.filter((exists) => exists).map(() =>
      full({ value: scalar(value!.value.dtype, 1), blame: undefined })
    )
    const gradients = watch(backward.trace, [...residuals, ...seeds], { seen: counts.seen })
    let next = 0
    const producers = producersOf(primal)
    return {
      forward: trace,
      primal,
      backward: backward.trace,
      kept: residuals.map((x, i) => ({ made: producers[primal.outputs[i + 1]!], statistics: statisticsOf(x) })),
      arguments: given.map(statisticsOf),
      gradients: connected.map((exists) => exists ? statisticsOf(gradients[next++]!) : undefined),
      counts: (equation: Equation) => counts.of(equation)
    }
  }).pipe(Effect.provideService(Interpreter, evaluator))

/** What made each variable: an equation, or the number of an input; nothing made what is captured. */
const producersOf = (trace: Trace): ReadonlyArray<Equation | number | undefined> => [
  ...trace.inputs.map((_, i) => i),
  ...trace.captured.map(() => undefined),
  ...trace.equations.flatMap((equation) => equation.results.map(() => equation))
]

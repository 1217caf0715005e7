/**
 * The gradient of a list at numbers, and what there is to say of it: how many elements are what, and who made those that
 * are not finite.
 */
import * as Effect from "effect/Effect"
import { evaluator } from "../core/evaluator.ts"
import type { OpEffect as Stepwise } from "../core/primitive.ts"
import type { Cause, Elements, LeafReport, NonFinite } from "../core/report.ts"
import { located } from "../core/site.ts"
import { type ConcreteTensor, dataOf, isConcrete, scalar } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import type { Leaf } from "../grad/reasons.ts"
import { transform } from "../grad/transform.ts"
import { Blaming, firstOf } from "./blame.ts"
import { coefficient, full, outside, watch, type Watched } from "./numbers.ts"
import * as remedy from "./remedy.ts"
import { opOf, stepOf } from "./step.ts"

/** An argument whose elements are known. */
export interface KnownLeaf extends Leaf {
  readonly value: ConcreteTensor
}

/** The gradient of a list at numbers, watched. */
export const watchGradient = (
  trace: Trace,
  leaves: ReadonlyArray<KnownLeaf>
): Stepwise<{ readonly value: ConcreteTensor; readonly gradient: ReadonlyArray<Watched | undefined> }> =>
  Effect.gen(function*() {
    const args = leaves.map(({ value }) => value)
    const { linear, primal, tangents } = yield* transform.linearize(trace, leaves.map(({ active }) => active))
    const { connected, linear: backward } = yield* transform.transpose(linear, tangents.filter((exists) => exists))
    // the loops of the way forward can be interrupted here
    const [value, ...residuals] = (yield* evaluator.run(primal, args)) as ReadonlyArray<ConcreteTensor>
    const seeds = tangents.filter((exists) => exists).map(() =>
      full({ value: scalar(value!.dtype, 1), blame: undefined })
    )
    const spread = (found: ReadonlyArray<Watched>) => {
      let next = 0
      return connected.map((c) => c ? found[next++] : undefined)
    }
    const plainly = residuals.map((value) => coefficient({ value, blame: undefined }))
    const found = watch(backward.trace, [...plainly, ...seeds])
    if (found.every(({ value }) => dataOf(value).every((x) => Number.isFinite(x)))) {
      return { value: value!, gradient: spread(found) }
    }

    // once more, to find out who made what is not finite
    const blaming = new Blaming()
    const given = leaves.map(({ path, value }) => coefficient(blaming.given(path, value)))
    const blamed = watch(primal, given, { blaming }).slice(1)
    blaming.pass = "backward"
    return {
      value: value!,
      gradient: spread(watch(backward.trace, [...blamed.map(coefficient), ...seeds], { blaming }))
    }
  })

/** The elements of a gradient by what they are. */
export const countOf = (watched: Watched | undefined, size: number): Elements => {
  const count = { nonzero: 0, zero: 0, masked: 0, infinite: 0, nan: 0 }
  if (watched?.support === undefined) return { ...count, masked: size }
  const data = dataOf(watched.value)
  const mask = isConcrete(watched.support) ? dataOf(watched.support) : undefined
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!
    if (mask?.[i] === 0) count.masked++
    else if (x === 0) count.zero++
    else if (Number.isNaN(x)) count.nan++
    else if (Number.isFinite(x)) count.nonzero++
    else count.infinite++
  }
  return count
}

const nonFiniteOf = (watched: Watched | undefined): NonFinite | undefined => {
  const origin = firstOf(watched?.blame)
  if (origin === undefined) return undefined
  const { index, made, operands, pass, result } = origin
  const [op, primitive, site] = typeof made === "string"
    ? [made, made, undefined]
    : [opOf(made), made.primitive.name, located(made.site)]
  return { op, site, primitive, pass, index, operands, result, remedy: remedy.nonFinite(op, origin) }
}

const magnitude = (gradient: ConcreteTensor | undefined) => {
  let [largest, squares] = [0, 0]
  if (gradient !== undefined) {
    for (const x of dataOf(gradient)) largest = Math.max(largest, Math.abs(x))
    // scaled, so that squares neither overflow nor vanish
    const scale = largest > 0 && Number.isFinite(largest) ? largest : 1
    for (const x of dataOf(gradient)) squares += (x / scale) ** 2
    return { largest, norm: Number.isNaN(squares) ? NaN : scale * Math.sqrt(squares) }
  }
  return { largest, norm: 0 }
}

/** The ops that made elements zero by structure. */
export const maskedBy = (watched: Watched | undefined, path: string): ReadonlyArray<Cause> =>
  watched === undefined || !isConcrete(watched.support) || outside(watched.support) === 0
    ? []
    : [...watched.removers].map(([equation, removed]): Cause => ({
      _tag: "Masked",
      ...stepOf(equation),
      remedy: remedy.removed(path, opOf(equation)),
      removed
    }))

/** What the numbers of a gradient say; a leaf without one has zeros. */
export const numbersOf = (
  watched: Watched | undefined,
  size: number
): Pick<LeafReport, "elements" | "nonFinite" | "largest" | "norm"> => ({
  elements: countOf(watched, size),
  nonFinite: nonFiniteOf(watched),
  ...magnitude(watched?.value)
})

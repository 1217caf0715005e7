/**
 * Slots: the operands and results of equations with lists, in named sections, and what stands beside them.
 *
 * A value can have companions: a primal its tangent, a linear value its support. The lists that transformations give take
 * and give all values and then all companions; an equation wants those of a section together, so that companions of what
 * is constant in a loop are constant, and those of a carry are carried.
 */
import * as Effect from "effect/Effect"
import type { OpEffect, Supported, Tangent, Transform } from "../../core/primitive.ts"
import { range } from "../../core/shape.ts"
import type { Aval, Tensor } from "../../core/tensor.ts"
import { isZero, Zero } from "../../core/tensor.ts"
import type { Trace } from "../../core/trace.ts"
import { outputAvals } from "../../core/trace.ts"
import { constant, zeros } from "../algebra.ts"
import { mapOutputs } from "./subtrace.ts"

/** How many slots each section has. The sections are in the order of their names here. */
export type Sizes<Section extends string> = { readonly [S in Section]: number }

/** What belongs to the slots of each section. */
export type Sections<Section extends string, A> = { readonly [S in Section]: ReadonlyArray<A> }

/** What belongs to all slots, by section. */
export const split = <Section extends string, A>(
  all: ReadonlyArray<A>,
  sizes: Sizes<Section>
): Sections<Section, A> => {
  const sections: { [S in Section]?: ReadonlyArray<A> } = {}
  let from = 0
  for (const section in sizes) sections[section] = all.slice(from, from += sizes[section])
  // each section has got its own
  return sections as Sections<Section, A>
}

/** The numbers of the slots that are marked. */
export const places = (marks: ReadonlyArray<boolean>): ReadonlyArray<number> => marks.flatMap((m, i) => m ? [i] : [])

/** What belongs to the slots that are marked. */
export const marked = <A>(all: ReadonlyArray<A>, marks: ReadonlyArray<boolean>): ReadonlyArray<A> =>
  all.filter((_, i) => marks[i])

/** Or, mark by mark. */
export const union = (all: ReadonlyArray<ReadonlyArray<boolean>>): ReadonlyArray<boolean> =>
  all.reduce((a, b) => a.map((m, i) => m || b[i] === true))

/** Repeats `step` until the marks of a carry, which only grow, stay as they are. */
export const untilStable = <A>(
  initial: ReadonlyArray<boolean>,
  step: (carry: ReadonlyArray<boolean>) => OpEffect<{ readonly carry: ReadonlyArray<boolean>; readonly found: A }>
): OpEffect<{ readonly carry: ReadonlyArray<boolean>; readonly found: A }> =>
  Effect.flatMap(step(initial), (after) => {
    const grown = union([initial, after.carry])
    return grown.every((mark, i) => mark === initial[i])
      ? Effect.succeed({ carry: initial, found: after.found })
      : untilStable(grown, step)
  })

/** Which of them exist: are tangents or cotangents that are no structural zeros. */
export const existing = (values: ReadonlyArray<Tangent>): ReadonlyArray<boolean> => values.map((x) => !isZero(x))

/** Those that exist. */
export const nonZeros = (values: ReadonlyArray<Tangent>): ReadonlyArray<Tensor> => values.filter((x) => !isZero(x))

/** For each slot, the next value where one exists, and a structural zero elsewhere. */
export const spreadZeros = (
  exist: ReadonlyArray<boolean>,
  avals: ReadonlyArray<Aval>,
  values: ReadonlyArray<Tensor>
): ReadonlyArray<Tangent> => {
  const rest = values.values()
  return avals.map((aval, i) => exist[i] === true ? rest.next().value ?? new Zero(aval) : new Zero(aval))
}

/** What stands beside a value: nothing, a tangent or a support, or any number of coefficients. */
export type Beside = ReadonlyArray<Tensor>

/** For each slot, its companions, of all in a row: as many beside each that is marked. */
export const besideOf = (marks: ReadonlyArray<boolean>, all: ReadonlyArray<Tensor>): ReadonlyArray<Beside> => {
  const each = all.length / Math.max(1, places(marks).length)
  let from = 0
  return marks.map((m) => m ? all.slice(from, from += each) : [])
}

/** A list with companions: it takes and gives `[...values, ...companions]`. */
export interface Accompanied {
  readonly trace: Trace
  /** How many stand beside a value that has any. */
  readonly each: number
  /** Which outputs have companions. */
  readonly has: ReadonlyArray<boolean>
  /** Those of an output that has none, where one is wanted. */
  readonly absent: (output: number) => OpEffect<Beside>
}

/** As many zeros of the type of a slot. */
export const zerosLike = (avals: ReadonlyArray<Aval>, each = 1) => (i: number): OpEffect<Beside> =>
  Effect.map(zeros(avals[i] as Aval), (zero) => Array.from({ length: each }, () => zero))

/** Beside primals, their tangents. */
export const withTangents = (
  transform: Transform,
  trace: Trace,
  active: ReadonlyArray<boolean>
): OpEffect<Accompanied> =>
  Effect.map(transform.jvp(trace, active), (dual) => ({
    trace: dual.trace,
    each: 1,
    has: dual.tangents,
    absent: zerosLike(outputAvals(trace))
  }))

/** Beside primals, their Taylor coefficients up to an order. */
export const withCoefficients = (
  transform: Transform,
  trace: Trace,
  active: ReadonlyArray<boolean>,
  order: number
): OpEffect<Accompanied> =>
  Effect.map(transform.taylor(trace, active, order), (expanded) => ({
    trace: expanded.trace,
    each: order,
    has: expanded.tangents,
    absent: zerosLike(outputAvals(trace), order)
  }))

/** Beside linear values, their supports: elsewhere, ones where it is full, and zeros for what is not linear. */
export const withSupports = (trace: Trace, { linear, supported, trace: guarded }: Supported): Accompanied => ({
  trace: guarded,
  each: 1,
  has: supported,
  absent: (o) =>
    Effect.map(constant((outputAvals(trace)[o] as Aval).shape, "bool", linear[o] === true ? 1 : 0), (mask) => [mask])
})

/** The list with companions for all outputs that are wanted. */
export const completed = ({ absent, has, trace }: Accompanied, wanted: ReadonlyArray<boolean>): OpEffect<Trace> =>
  completing(trace, has.length, has, wanted, absent)

/** The list whose outputs, which are those that exist, are those that are wanted: zeros where one is missing. */
export const withZeros = (
  trace: Trace,
  exist: ReadonlyArray<boolean>,
  wanted: ReadonlyArray<boolean>,
  avals: ReadonlyArray<Aval>
): OpEffect<Trace> => completing(trace, 0, exist, wanted, zerosLike(avals))

/** Outputs before `from` stay; behind, there is something for every slot in `has`, and then for every one in `wanted`. */
const completing = (
  trace: Trace,
  from: number,
  has: ReadonlyArray<boolean>,
  wanted: ReadonlyArray<boolean>,
  absent: (slot: number) => OpEffect<Beside>
): OpEffect<Trace> =>
  wanted.every((w, i) => w === has[i])
    ? Effect.succeed(trace)
    : mapOutputs(trace, (all) => {
      const known = besideOf(has, all.slice(from))
      return Effect.map(
        Effect.forEach(places(wanted), (i) => has[i] === true ? Effect.succeed(known[i] ?? []) : absent(i)),
        (found) => [...all.slice(0, from), ...found.flat()]
      )
    })

/** How `[...values, ...companions]` of a list are ordered in an equation: those of each section together. */
export interface Arrangement<Section extends string> {
  /** How many values and companions each section has. */
  readonly sizes: Sizes<Section>
  /** For each place in the equation, that in the list. */
  readonly order: ReadonlyArray<number>
}

/** The arrangement of sections whose marked slots have companions, `each` as many. */
export const arrange = <Section extends string>(
  sections: Sizes<Section>,
  marks: ReadonlyArray<boolean>,
  each = 1
): Arrangement<Section> => {
  const sizes: { [S in Section]: number } = { ...sections }
  const order: Array<number> = []
  let [value, companion] = [0, marks.length]
  for (const section in sections) {
    const values = sections[section]
    const companions = each * places(marks.slice(value, value + values)).length
    for (const i of range(values)) order.push(value + i)
    for (const i of range(companions)) order.push(companion + i)
    sizes[section] = values + companions
    value += values
    companion += companions
  }
  return { sizes, order }
}

/** From the order of a list to that of an equation. */
export const arranged = <A>({ order }: Arrangement<string>, all: ReadonlyArray<A>): ReadonlyArray<A> =>
  order.map((i) => all[i] as A)

/** And back. */
export const disarranged = <A>({ order }: Arrangement<string>, all: ReadonlyArray<A>): ReadonlyArray<A> => {
  const back: Array<A> = new Array(all.length)
  order.forEach((i, e) => back[i] = all[e] as A)
  return back
}

/**
 * A linear list run backwards on numbers, with everything that `explain` wants to see of them: where they are zero by
 * structure, which ops made them so, and who made those that are not finite.
 */
import * as Effect from "effect/Effect"
import { type Facts, interpret } from "../core/abstract.ts"
import { compute, concreteValues, evaluator } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { OpEffect, SubCall, Support } from "../core/primitive.ts"
import type { ConcreteTensor } from "../core/tensor.ts"
import { dataOf, filled, isConcrete } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { transform } from "../grad/transform.ts"
import type { Blamed, Blaming, Origin } from "./blame.ts"
import { partOf, withPart } from "./blame.ts"

/** A number by number known value, and where it can be nonzero; what is no linear value has no support. */
export interface Watched extends Blamed {
  readonly support: Support | undefined
  /** The equations that left out elements, and how many. */
  readonly removers: ReadonlyMap<Equation, number>
}

const noRemovers: ReadonlyMap<Equation, number> = new Map()

/** A value that is no linear one. */
export const coefficient = (x: Blamed): Watched => ({ ...x, support: undefined, removers: noRemovers })

/** A linear value that can be nonzero everywhere. */
export const full = (x: Blamed): Watched => ({ ...x, support: "full", removers: noRemovers })

type Mask = ConcreteTensor

const isMask = (s: Support | undefined): s is Support & Mask => isConcrete(s)

/** Elements outside of a mask. */
export const outside = (mask: Mask): number => {
  let count = 0
  for (const m of dataOf(mask)) if (m === 0) count++
  return count
}

/** Rules run on numbers at once. */
const atOnce = <A>(rule: () => OpEffect<A>): A =>
  Effect.runSync(Effect.provideService(Effect.suspend(rule), Interpreter, evaluator))

const union = (all: ReadonlyArray<ReadonlyMap<Equation, number>>): ReadonlyMap<Equation, number> => {
  const some = all.filter((m) => m.size > 0)
  if (some.length < 2) return some[0] ?? noRemovers
  const found = new Map<Equation, number>()
  // what left out the same elements twice is counted once
  for (const m of some) for (const [equation, n] of m) found.set(equation, Math.max(n, found.get(equation) ?? 0))
  return found
}

/**
 * The arguments of the steps of loops that are linear, of the first step or of a later one: where another step is given a
 * constant, which is 0 then, that 0 is zero by structure.
 */
type LinearPlaces = Map<Equation, Map<Trace, Set<number>>>

const isZero = ({ value }: Watched): boolean => dataOf(value).every((x) => x === 0)

/** The arguments of a step, with those zeros; `found` is told of places that are linear though a step before was given a constant. */
const enterStep =
  (places: LinearPlaces, found: () => void) => (equation: Equation, { args, trace }: SubCall<Watched>) => {
    const steps = places.get(equation) ?? new Map<Trace, Set<number>>()
    places.set(equation, steps)
    const isFirst = !steps.has(trace)
    const linear = steps.get(trace) ?? new Set<number>()
    steps.set(trace, linear)
    return args.map((x, i) => {
      if (x.support !== undefined) {
        if (!linear.has(i) && !isFirst) found()
        linear.add(i)
        return x
      }
      if (!linear.has(i) || !isZero(x)) return x
      return { ...x, support: filled(x.value.shape, "bool", 0) as Support & Mask }
    })
  }

const watching = (
  places: LinearPlaces,
  found: () => void,
  blaming: Blaming | undefined,
  seen: Facts<Watched>["seen"]
): Facts<Watched> => {
  const blamed = (equation: Equation, operands: ReadonlyArray<Watched>, value: ConcreteTensor): Blamed =>
    blaming === undefined ? { value, blame: undefined } : blaming.result(equation, operands, value)

  const supports = (
    equation: Equation,
    operands: ReadonlyArray<Watched>,
    supports: ReadonlyArray<Support | undefined>
  ) =>
    atOnce(() =>
      equation.primitive.support!({
        operands: operands.map(({ value }) => value),
        supports,
        params: equation.params,
        contractions: "keep",
        transform
      })
    )

  /** How many elements the equation itself leaves out, of operands without masks. */
  const removes = (equation: Equation, operands: ReadonlyArray<Watched>): number => {
    const found = supports(equation, operands, operands.map(({ support }) => support && "full")).supports
    return found.reduce((n: number, s: Support | undefined) => isMask(s) ? n + outside(s) : n, 0)
  }

  const facts: Facts<Watched> = {
    seen,
    enter: enterStep(places, found),
    captured: (x) => {
      if (!isConcrete(x)) throw new Error("what a list captures is read before it is watched")
      return coefficient(blaming?.given("a constant", x) ?? { value: x, blame: undefined })
    },
    apply: (equation, operands) => {
      const { primitive } = equation
      const isLinear = operands.some(({ support }) => support !== undefined)
      if (primitive.unfold !== undefined && (primitive.support !== undefined || !isLinear)) return undefined
      const isMasked = operands.some(({ support }) => isMask(support))
      if (!isLinear || primitive.support === undefined || !(isMasked || primitive.introducesSupport === true)) {
        return compute(equation, operands.map(({ value }) => value)).map((value): Watched => ({
          ...blamed(equation, operands, value),
          support: isLinear ? "full" : undefined,
          removers: noRemovers
        }))
      }
      const after = supports(equation, operands, operands.map(({ support }) => support))
      const removed = removes(equation, operands)
      const removers = union(operands.map((x) => x.removers))
      // rules that run on numbers give numbers
      return (after.outputs as ReadonlyArray<ConcreteTensor>).map((value, r): Watched => {
        const support = after.supports[r]
        return {
          ...blamed(equation, operands, value),
          support,
          removers: !isMask(support)
            ? noRemovers
            : removed === 0
            ? removers
            : union([removers, new Map([[equation, removed]])])
        }
      })
    },
    values: {
      read: ({ value }) => value,
      slice: (x, index) => {
        const value = concreteValues.slice(x.value, index)
        const support = isMask(x.support) ? concreteValues.slice(x.support, index) as Support & Mask : x.support
        return { value, support, removers: x.removers, blame: partOf(x.blame, index, value) }
      },
      stack: (aval) => {
        const elements = concreteValues.stack(aval)
        const parts: Array<readonly [number, Watched]> = []
        return {
          put: (index, part) => {
            elements.put(index, part.value)
            parts.push([index, part])
          },
          done: () => {
            const blame = new Map<number, Origin>()
            for (const [index, part] of parts) withPart(blame, index, part)
            return {
              value: elements.done(),
              blame: blame.size === 0 ? undefined : blame,
              ...stacked(aval.shape, parts)
            }
          }
        }
      }
    },
    join: () => {
      throw new Error("all values are known")
    }
  }
  return facts
}

/** The support of a whole: what is no linear value among its parts is zero. */
const stacked = (shape: ReadonlyArray<number>, parts: ReadonlyArray<readonly [number, Watched]>) => {
  const supports = parts.map(([, { support }]) => support)
  if (supports.every((s) => s === undefined)) return { support: undefined, removers: noRemovers }
  if (supports.every((s) => s === "full")) return { support: "full" as const, removers: noRemovers }
  const all = concreteValues.stack({ shape, dtype: "bool" })
  for (const [index, { support, value }] of parts) {
    all.put(index, isMask(support) ? support : filled(value.shape, "bool", support === "full" ? 1 : 0))
  }
  return { support: all.done() as Support & Mask, removers: union(parts.map(([, { removers }]) => removers)) }
}

/** The outputs of a list; `seen` is told the results of every equation. */
export const watch = (
  trace: Trace,
  args: ReadonlyArray<Watched>,
  { blaming, seen }: { readonly blaming?: Blaming; readonly seen?: Facts<Watched>["seen"] } = {}
): ReadonlyArray<Watched> => {
  const places: LinearPlaces = new Map()
  const mayLoop = args.some(({ support }) => support !== undefined) &&
    trace.equations.some(({ primitive }) => primitive.unfold !== undefined)
  // a place that turns out to be linear in a later step was so from the start
  for (let isKnown = !mayLoop; !isKnown;) {
    isKnown = true
    interpret(watching(places, () => isKnown = false, undefined, undefined), trace, args)
  }
  return interpret(watching(places, () => {}, blaming, seen), trace, args)
}

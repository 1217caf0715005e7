/**
 * The sparsity pattern of a linear list: for each element of its outputs, the set of the elements of its inputs that it
 * depends on. It comes from the list itself: every primitive says how elements are moved and mixed, and loops and branches
 * are followed step by step. It is sound: outside of the pattern, a derivative is zero by structure.
 */
import * as Effect from "effect/Effect"
import { type Facts, interpret, Undecided } from "../core/abstract.ts"
import { compute, concreteValues, evaluator } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { LinearTrace } from "../core/linear-trace.ts"
import type { Primitive, Values } from "../core/primitive.ts"
import { sizeOf } from "../core/shape.ts"
import { subTraces } from "../core/structure.ts"
import type { Aval, ConcreteTensor } from "../core/tensor.ts"
import { dataOf, filled, fromData, isConcrete, Linear } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { outputAvals } from "../core/trace.ts"
import { transform } from "../grad/transform.ts"
import type { Rows } from "./rows.ts"
import { empty, IndexSets } from "./sets.ts"

/** A value: its elements, if they are known, and for each the number of the set that it depends on. */
interface Reached {
  readonly aval: Aval
  /** `undefined` where it is not known. */
  readonly value: () => ConcreteTensor | undefined
  /** `undefined` where no element depends on anything. */
  readonly sets: Int32Array | undefined
}

const unknown = (): undefined => undefined

/** Elements numbered from 1 on. */
const numbered = ({ shape }: Aval): ConcreteTensor => {
  const numbers = new Float64Array(sizeOf(shape))
  for (let i = 0; i < numbers.length; i++) numbers[i] = i + 1
  return fromData(shape, "float64", numbers)
}

/** Is an operand of what moves elements moved, or does it say where they go? */
const isMoved = ({ linear }: Primitive, operand: number): boolean =>
  linear === "all" || (linear as ReadonlyArray<number>).includes(operand)

/** What moves elements, applied to their numbers: for each element of the result that of the operand `i`, or 0. */
const origins = (
  { params, primitive }: Equation,
  operands: ReadonlyArray<Aval>,
  known: ReadonlyArray<ConcreteTensor | undefined>,
  i: number
): ArrayLike<number> => {
  const args = operands.map((aval, o) =>
    o === i ? numbered(aval) : isMoved(primitive, o) ? filled(aval.shape, "float64", 0) : known[o]!
  )
  return dataOf(compute({ params, primitive, results: primitive.infer(args, params) }, args)[0]!)
}

/** What adds elements up, run backwards on the numbers of its results: for each element of the operand that of the result, or 0. */
const targets = (
  { params, primitive }: Equation,
  operands: ReadonlyArray<Aval>,
  known: ReadonlyArray<ConcreteTensor | undefined>,
  i: number,
  result: Aval
): ArrayLike<number> => {
  const args = operands.map((aval, o) => o === i ? new Linear({ ...aval, dtype: "float64" }) : known[o]!)
  const rule = primitive.transpose!({ cotangents: [numbered(result)], operands: args, params, transform })
  // a concrete tensor, for it was computed at once
  const ct = Effect.runSync(Effect.provideService(rule, Interpreter, evaluator))[i] as ConcreteTensor
  return dataOf(ct)
}

/** For each element the number of its place along `axes`, in the order given. */
const placesAlong = (shape: ReadonlyArray<number>, axes: ReadonlyArray<number>): Int32Array => {
  const places = new Int32Array(sizeOf(shape))
  let stride = 1
  for (const axis of axes.toReversed()) {
    const inner = sizeOf(shape.slice(axis + 1))
    const length = shape[axis]!
    for (let i = 0; i < places.length; i++) places[i]! += stride * (Math.floor(i / inner) % length)
    stride *= length
  }
  return places
}

/** The sets of a result of whose elements each depends on all elements in a group of the operand's. */
const gathered = (sets: IndexSets, given: Int32Array, groups: ArrayLike<number>, count: number): Int32Array => {
  const ends = new Int32Array(count + 1)
  for (let i = 0; i < given.length; i++) ends[groups[i]! + 1]!++
  for (let g = 0; g < count; g++) ends[g + 1]! += ends[g]!
  const next = ends.slice()
  const sorted = new Int32Array(given.length)
  for (let i = 0; i < given.length; i++) sorted[next[groups[i]!]!++] = given[i]!
  return Int32Array.from({ length: count }, (_, g) => sets.unionOf(sorted, ends[g]!, ends[g + 1]!))
}

/** Through one operand: the sets of the elements of a result. */
const through = (
  sets: IndexSets,
  equation: Equation,
  operands: ReadonlyArray<Reached>,
  i: number,
  result: Aval
): Int32Array => {
  const { params, primitive } = equation
  const avals = operands.map(({ aval }) => aval)
  const given = operands[i]!.sets!
  const size = sizeOf(result.shape)
  if (primitive.selects !== undefined) {
    const known = operands.map((x, o) => isMoved(primitive, o) ? undefined : x.value())
    // an index or a mask that is not known moves elements nobody knows where
    if (known.every((x, o) => x !== undefined || isMoved(primitive, o))) {
      if (primitive.selects === "rows") {
        const from = origins(equation, avals, known, i)
        const found = new Int32Array(size)
        for (let r = 0; r < size; r++) if (from[r]! > 0) found[r] = given[from[r]! - 1]!
        return found
      }
      // the first group is that of elements which go nowhere
      return gathered(sets, given, targets(equation, avals, known, i, result), size + 1).subarray(1)
    }
  }
  const pairs = primitive.aligned?.(avals, params)[i] ?? []
  const { shape } = operands[i]!.aval
  if (pairs.length === shape.length && shape.length === result.shape.length && pairs.every(([a, b]) => a === b)) {
    return given
  }
  const count = sizeOf(pairs.map(([axis]) => shape[axis]!))
  const groups = gathered(sets, given, placesAlong(shape, pairs.map(([axis]) => axis)), count)
  const places = placesAlong(result.shape, pairs.map(([, axis]) => axis))
  return places.map((place) => groups[place]!)
}

/** Both, element by element. */
const united = (sets: IndexSets, a: Int32Array | undefined, b: Int32Array | undefined): Int32Array | undefined =>
  a === undefined || a === b ? b : b === undefined ? a : a.map((set, i) => sets.union(set, b[i]!))

const following = (sets: IndexSets): Facts<Reached> => {
  const all = (equation: Equation, operands: ReadonlyArray<Reached>): ReadonlyArray<Reached> => {
    const found = sets.unionOf(Int32Array.from(operands, (x) => allOf(sets, x)), 0, operands.length)
    return equation.results.map((aval) => ({
      aval,
      value: unknown,
      sets: found === empty ? undefined : new Int32Array(sizeOf(aval.shape)).fill(found)
    }))
  }
  return {
    captured: (x) => ({ aval: x, value: () => isConcrete(x) ? x : undefined, sets: undefined }),
    apply: (equation, operands) => {
      if (operands.every((x) => x.sets === undefined)) return computed(equation, operands)
      if (equation.primitive.linear === "lists") return undefined
      return equation.results.map((aval) => ({
        aval,
        value: unknown,
        sets: operands.reduce<Int32Array | undefined>(
          (found, x, i) =>
            x.sets === undefined ? found : united(sets, found, through(sets, equation, operands, i, aval)),
          undefined
        )
      }))
    },
    endless: all,
    values,
    join: (a, b) => ({ aval: a.aval, value: unknown, sets: united(sets, a.sets, b.sets) })
  }
}

/** The set of what any element of a value depends on. */
const allOf = (sets: IndexSets, x: Reached): number =>
  x.sets === undefined ? empty : sets.unionOf(x.sets, 0, x.sets.length)

/** What depends on nothing is known where its operands are, and computed when somebody asks. */
const computed = (equation: Equation, operands: ReadonlyArray<Reached>): ReadonlyArray<Reached> => {
  let results: ReadonlyArray<ConcreteTensor> | undefined
  const compose = (): ReadonlyArray<ConcreteTensor> | undefined => {
    if (results !== undefined) return results
    const known = operands.map((x) => x.value())
    return known.every((x) => x !== undefined) ? results = compute(equation, known) : undefined
  }
  return equation.results.map((aval, r) => ({ aval, value: () => compose()?.[r], sets: undefined }))
}

const values: Values<Reached> = {
  read: (x) => {
    const value = x.sets === undefined ? x.value() : undefined
    if (value === undefined) throw new Undecided()
    return value
  },
  slice: (x, index) => {
    const shape = x.aval.shape.slice(1)
    const size = sizeOf(shape)
    return {
      aval: { shape, dtype: x.aval.dtype },
      value: () => {
        const value = x.value()
        return value === undefined ? undefined : concreteValues.slice(value, index)
      },
      sets: x.sets?.subarray(index * size, (index + 1) * size)
    }
  },
  stack: (aval) => {
    const size = sizeOf(aval.shape.slice(1))
    const parts = new Map<number, Reached>()
    return {
      put: (index, part) => {
        parts.set(index, part)
      },
      done: () => {
        let found: Int32Array | undefined
        for (const [index, part] of parts) {
          if (part.sets === undefined) continue
          found ??= new Int32Array(sizeOf(aval.shape))
          found.set(part.sets, index * size)
        }
        return {
          aval,
          value: () => {
            const elements = concreteValues.stack(aval)
            for (const [index, part] of parts) {
              const value = part.value()
              if (value === undefined) return undefined
              elements.put(index, value)
            }
            return elements.done()
          },
          sets: found
        }
      }
    }
  }
}

/** Does it take values, beside its list, to say where elements go? */
export const asksValues = ({ equations }: Trace): boolean =>
  equations.some((equation) => {
    const { operands, primitive } = equation
    const lists = subTraces(equation)
    return lists.length > 1 || lists.some(([, list]) => asksValues(list)) ||
      (primitive.selects !== undefined && operands.some((_, o) => !isMoved(primitive, o)))
  })

/** No pattern takes more memory than this many elements, or that many for each row and column. */
const roomy = 2 ** 24
const perElement = 64

/**
 * The pattern of a linear list: a row for each element of its outputs, in order, a column for each of its linear inputs'.
 * Coefficients are known as far as they are given.
 */
export const patternOf = (
  { linear, trace }: LinearTrace,
  coefficients: ReadonlyArray<ConcreteTensor | undefined>
): Rows => {
  const columns = trace.inputs.reduce((sum, { shape }, i) => sum + (linear[i] ? sizeOf(shape) : 0), 0)
  const rows = outputAvals(trace).reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const sets = new IndexSets(columns, Math.max(roomy, perElement * (rows + columns)))
  let [column, coefficient] = [0, 0]
  const args = trace.inputs.map((aval, i): Reached => {
    if (!linear[i]) {
      const known = coefficients[coefficient++]
      return { aval, value: () => known, sets: undefined }
    }
    return {
      aval,
      value: unknown,
      sets: Int32Array.from({ length: sizeOf(aval.shape) }, () => sets.singleton(column++))
    }
  })
  const reached = interpret(following(sets), trace, args)
  const starts = new Int32Array(rows + 1)
  let [row, entries] = [0, 0]
  for (const { aval, sets: found } of reached) {
    const size = sizeOf(aval.shape)
    for (let i = 0; i < size; i++, row++) {
      if (found !== undefined) entries += sets.sizeOf(found[i]!)
      starts[row + 1] = entries
    }
  }
  if (entries > 2 ** 31 - 1) throw new RangeError("a pattern has less than 2^31 elements")
  const members = new Int32Array(entries)
  row = 0
  for (const { aval, sets: found } of reached) {
    const size = sizeOf(aval.shape)
    for (let i = 0; i < size; i++, row++) if (found !== undefined) sets.copy(found[i]!, members, starts[row]!)
  }
  return { columns, starts, members }
}

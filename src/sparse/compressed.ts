/**
 * Jacobians by fewer passes than they have columns: columns (or rows) that have no row (or column) in common are computed
 * in one pass, and told apart by the pattern.
 *
 * Source: A. R. Curtis, M. J. D. Powell and J. K. Reid, "On the estimation of sparse Jacobian matrices", IMA Journal of
 * Applied Mathematics 13(1), 1974.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../core/dtype.ts"
import { ShapeError, showShape } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { LinearTrace } from "../core/linear-trace.ts"
import { Memory } from "../core/memory.ts"
import type { OpEffect } from "../core/primitive.ts"
import { sizeOf } from "../core/shape.ts"
import type { Aval, ConcreteTensor, Tensor } from "../core/tensor.ts"
import { allocating, fromData } from "../core/tensor.ts"
import { images, type JacobianCall, type Vectors } from "../grad/jacobian.ts"
import { transform } from "../grad/transform.ts"
import { castTo } from "../ops/cast.ts"
import { takeAt } from "../ops/indexing/indexed.ts"
import { reshapeTo } from "../ops/movement/layout.ts"
import { concatAll } from "../ops/movement/parts.ts"
import { asksValues, patternOf } from "./pattern.ts"
import {
  colorColumns,
  type Coloring,
  colorSymmetric,
  rowCount,
  type Rows,
  symmetric,
  transposed,
  widest
} from "./rows.ts"

/** How a Jacobian is computed: by the images of tangents, of cotangents, or of tangents of a gradient. */
export type Mode = "forward" | "reverse" | "symmetric"

/** A pattern, and the colours by which it is computed. */
export interface Plan extends Coloring {
  readonly mode: Mode
  readonly rows: Rows
}

/** The plan for the derivative of a gradient, which is symmetric. */
const symmetricPlan = (rows: Rows): Plan => {
  const both = symmetric(rows)
  return { mode: "symmetric", rows: both, ...colorSymmetric(both) }
}

/** The plan with the fewest passes; none where it takes more than `most`. */
const planOf = (rows: Rows, most = Infinity): Plan | undefined => {
  const byColumn = transposed(rows)
  const modes = [
    { mode: "forward", bound: widest(rows), color: () => colorColumns(rows, byColumn) },
    { mode: "reverse", bound: widest(byColumn), color: () => colorColumns(byColumn, rows) }
  ] as const
  let best: Plan | undefined
  // no colouring has fewer colours than its bound, and those with many are dear
  for (const { bound, color, mode } of modes.toSorted((a, b) => a.bound - b.bound)) {
    if (bound > most || (best !== undefined && bound >= best.count)) continue
    const coloring = color()
    if (coloring.count <= most && (best === undefined || coloring.count < best.count)) {
      best = { mode, rows, ...coloring }
    }
  }
  return best
}

/** A linear list with what it is applied to, and which results and arguments of a function it goes between. */
export interface Derivative {
  readonly linear: LinearTrace
  readonly coefficients: ReadonlyArray<Tensor>
  readonly inputs: ReadonlyArray<Aval>
  readonly outputs: ReadonlyArray<Aval>
  /** Which outputs have a tangent; of the others all rows are empty. */
  readonly tangents: ReadonlyArray<boolean>
}

/** The derivative of a list at the point where it is called. */
export const derivativeAt = ({ active, inputs, leaves, outputs, trace }: JacobianCall): OpEffect<Derivative> =>
  Effect.gen(function*() {
    const { linear, primal, tangents } = yield* transform.linearize(trace, active)
    const coefficients = (yield* (yield* Interpreter).run(primal, leaves)).slice(outputs.length)
    return { linear, coefficients, inputs, outputs, tangents }
  })

/** The pattern of a derivative, for the values that its coefficients have, as far as they are known. */
const patternAt = (op: string, { coefficients, linear, outputs, tangents }: Derivative): OpEffect<Rows> =>
  Effect.gen(function*() {
    const interpreter = yield* Interpreter
    const known: Array<ConcreteTensor | undefined> = []
    for (const x of asksValues(linear.trace) ? coefficients : []) {
      known.push(
        yield* Effect.catchTag(
          interpreter.read(x, op, undefined),
          ["TracedValueError"],
          () => Effect.succeed(undefined)
        )
      )
    }
    return yield* patternFitting(op, linear, known, outputs, tangents)
  })

/** Which plan is wanted: that of a symmetric matrix, or one with at most so many passes. */
type Wanted = "symmetric" | number

/** Plans of lists that ask for no values: their patterns are always the same. */
const plans = new Memory<{ readonly plan: Plan | undefined }>()

/** The plan for a derivative at a point, if there is one. */
export const planAt = (op: string, derivative: Derivative, wanted: Wanted): OpEffect<Plan | undefined> =>
  Effect.gen(function*() {
    const { linear: { trace } } = derivative
    const known = plans.recall(trace, String(wanted))
    if (known !== undefined) return known.plan
    const rows = yield* patternAt(op, derivative)
    const plan = wanted === "symmetric" ? symmetricPlan(rows) : planOf(rows, wanted)
    if (!asksValues(trace)) plans.keep(trace, String(wanted), { plan })
    return plan
  })

/** The pattern of a linear list between the inputs and all outputs; a `ShapeError` where memory does not hold it. */
export const patternFitting = (
  op: string,
  linear: LinearTrace,
  known: ReadonlyArray<ConcreteTensor | undefined>,
  outputs: ReadonlyArray<Aval>,
  tangents: ReadonlyArray<boolean>
): OpEffect<Rows> =>
  attempt(
    () =>
      allocating(op, [...outputs, ...linear.trace.inputs], () => withRows(patternOf(linear, known), outputs, tangents)),
    undefined
  )

/** The rows of all outputs, of those that have a tangent. */
const withRows = (rows: Rows, outputs: ReadonlyArray<Aval>, tangents: ReadonlyArray<boolean>): Rows => {
  if (tangents.every((t) => t)) return rows
  const starts = [0]
  let row = 0
  for (const [o, { shape }] of outputs.entries()) {
    for (let i = sizeOf(shape); i > 0; i--) starts.push(tangents[o] ? rows.starts[++row]! : starts.at(-1)!)
  }
  return { ...rows, starts: Int32Array.from(starts) }
}

/** For each space that is there, vectors that add up the basis vectors of each colour. */
const seeds = (
  spaces: ReadonlyArray<Aval>,
  there: ReadonlyArray<boolean>,
  { colors, count }: Coloring
): Vectors => {
  const found: Array<() => ConcreteTensor> = []
  let first = 0
  for (const [i, { dtype, shape }] of spaces.entries()) {
    const [at, size] = [first, sizeOf(shape)]
    first += size
    if (!there[i]) continue
    found.push(() => {
      const data = allocate(dtype, count * size)
      for (let e = 0; e < size; e++) if (colors[at + e]! !== -1) data[colors[at + e]! * size + e] = 1
      return fromData([count, ...shape], dtype, data)
    })
  }
  return found
}

/** Positions are int32. */
const largest = 2 ** 31 - 1

/** All elements in a row: for each pass, those of each space. */
const inARow = (op: string, all: ReadonlyArray<Tensor>, count: number): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const dtype = all.some((x) => x.dtype === "float64") ? "float64" : "float32"
    const parts: Array<Tensor> = []
    for (const x of all) parts.push(yield* reshapeTo(yield* castTo(x, dtype), [count, x.size / count]))
    const joined = parts.length === 1 ? parts[0]! : yield* concatAll(parts, 1)
    if (joined.size <= largest) return yield* reshapeTo(joined, [joined.size])
    return yield* new ShapeError({
      op,
      shapes: [joined.shape],
      message: `${op} requires less than 2^31 elements in all passes, got ${showShape(joined.shape)}`
    })
  })

/** The elements of the pattern, in its order. */
export const elementsOf = (
  op: string,
  { coefficients, inputs, linear, outputs, tangents }: Derivative,
  plan: Plan
): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const { colors, count, mode, rows } = plan
    if (count === 0) return fromData([0], "float64", new Float64Array(0))
    if (mode === "reverse") {
      const { connected, linear: backward } = yield* transform.transpose(linear, linear.trace.outputs.map(() => true))
      const found = yield* images(op, backward, coefficients, seeds(outputs, tangents, plan), count)
      const { places, size } = placesOf(inputs, connected)
      const lie = positions(rows, (r, c) => colors[r]! * size + places[c]!)
      return yield* takeAt(yield* inARow(op, found, count), lie, 0)
    }
    const found = yield* images(op, linear, coefficients, seeds(inputs, inputs.map(() => true), plan), count)
    const { places, size } = placesOf(outputs, tangents)
    const inRow = (r: number, c: number) => colors[c]! * size + places[r]!
    const isAlone = mode === "symmetric" ? aloneInRow(rows, plan) : () => true
    const lie = positions(rows, (r, c) => isAlone(r, c) ? inRow(r, c) : inRow(c, r))
    return yield* takeAt(yield* inARow(op, found, count), lie, 0)
  })

/** Where the elements of spaces lie in a row, if only those that are there do. */
const placesOf = (spaces: ReadonlyArray<Aval>, there: ReadonlyArray<boolean>) => {
  const places = new Int32Array(spaces.reduce((n, { shape }) => n + sizeOf(shape), 0)).fill(-1)
  let [at, size] = [0, 0]
  for (const [i, { shape }] of spaces.entries()) {
    for (let e = sizeOf(shape); e > 0; e--, at++) if (there[i]) places[at] = size++
  }
  return { places, size }
}

/** For each element of the pattern, where it lies among what was computed. */
const positions = (rows: Rows, place: (row: number, column: number) => number): ConcreteTensor => {
  const { members, starts } = rows
  const found = new Int32Array(members.length)
  for (let r = 0; r < rowCount(rows); r++) {
    for (let e = starts[r]!; e < starts[r + 1]!; e++) found[e] = place(r, members[e]!)
  }
  return fromData([found.length], "int32", found)
}

/** Has a column of a symmetric matrix a colour of its own in a row? If not, the row has one in the column. Rows come in order. */
const aloneInRow = ({ members, starts }: Rows, { colors, count }: Coloring) => {
  const times = new Int32Array(count)
  let current = -1
  const enter = (row: number, by: number): void => {
    for (let e = starts[row]!; e < starts[row + 1]!; e++) times[colors[members[e]!]!]! += by
  }
  return (r: number, c: number): boolean => {
    if (r !== current) {
      if (current !== -1) enter(current, -1)
      enter(r, 1)
      current = r
    }
    return times[colors[c]!] === 1
  }
}

/**
 * A list as a function: its steps in order, each a function of its own, with the places of all values.
 */
import { byteSize } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import type { ConcreteTensor } from "../../core/tensor.ts"
import { dataOf, isConcrete } from "../../core/tensor.ts"
import type { Trace } from "../../core/trace.ts"
import { describe } from "../describe.ts"
import { argmax, argmin, cumsum } from "../kernels/along.ts"
import { checkpoint, cond, scan, while as whileLoop } from "../kernels/control.ts"
import { dot } from "../kernels/dot.ts"
import { index, scatter, take } from "../kernels/indexed.ts"
import type { Kernel, Operand } from "../kernels/kernel.ts"
import { cholesky, lu, solve, triangularSolve } from "../kernels/matrices.ts"
import { concat, overlapAdd, pad } from "../kernels/movement.ts"
import { random, threefry } from "../kernels/random.ts"
import { byRows } from "../rows.ts"
import type { Step } from "../schedule.ts"
import { schedule } from "../schedule.ts"
import type { View } from "../view.ts"
import type { Named } from "../vocabulary.ts"
import { wayOf } from "../vocabulary.ts"
import { i32 } from "../wasm/code.ts"
import type { FunctionWriter } from "../wasm/module.ts"
import type { Context, Place } from "./context.ts"
import { after } from "./context.ts"
import type { Effort, Piece } from "./pauses.ts"
import { sequence } from "./pauses.ts"
import { emitStrip } from "./strip.ts"

/** The kernels, by the names of their primitives. */
const kernels: { readonly [P in Named<"kernel">]: Kernel } = {
  argmax,
  argmin,
  checkpoint,
  cholesky,
  concat,
  cond,
  cumsum,
  dot,
  index,
  lu,
  overlapAdd,
  pad,
  random,
  scan,
  scatter,
  solve,
  take,
  threefry,
  triangularSolve,
  while: whileLoop
}

/** An equation that is computed outside of the module. */
const hosted: Kernel = ({ context, equation, f, operands, results }) => {
  const number = context.hostCalls.push({
    equation,
    operands: operands.map(({ aval, place }) => ({ aval, place })),
    results: results.map((place, i) => ({ aval: equation.results[i]!, place }))
  }) - 1
  f.call(context.callHost, i32.const(number))
}

const kernelOf = (name: string): Kernel =>
  // the way says that there is one of that name
  wayOf(name) === "kernel" ? kernels[name as Named<"kernel">] : hosted

/** The tensors that a step reads, and those that it writes. */
const readBy = (step: Step): ReadonlyArray<View> =>
  step.kind === "kernel"
    ? step.operands
    : [...step.items.flatMap((item) => item.operands), ...step.reductions.map((r) => r.operand)]

const writtenBy = (step: Step): ReadonlyArray<number> =>
  step.kind === "kernel" ? step.results : [...step.items, ...step.reductions].map((x) => x.result)

/** A list in a module: the function, and where its outputs are. */
export interface EmittedList extends Piece {
  /** Its steps, in words. */
  readonly steps: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<Place>
}

/** Writes a list whose inputs are at these places; its outputs go to `wanted`, or to places of their own. */
export const emitList = (
  context: Context,
  original: Trace,
  inputs: ReadonlyArray<Place>,
  wanted?: ReadonlyArray<Place>
): EmittedList => {
  const trace = byRows(original)
  const { avals, outputs, steps } = schedule(trace)
  const given = trace.inputs.length + trace.captured.length
  const places: Array<Place | undefined> = [...inputs, ...trace.captured.map((x) => context.constant(concrete(x)))]

  const lastRead = new Float64Array(avals.length).fill(-1)
  steps.forEach((step, s) => {
    for (const { root } of readBy(step)) lastRead[root] = s
  })
  outputs.forEach(({ root }, i) => {
    lastRead[root] = Infinity
    places[root] = wanted?.[i]
  })
  const literal = (root: number, offset: number): number | undefined => {
    const captured = root < given ? trace.captured[root - trace.inputs.length] : undefined
    return captured !== undefined && isConcrete(captured) && captured.size <= 16 ? dataOf(captured)[offset] : undefined
  }
  const allocate = (root: number): void => {
    const { dtype, shape } = avals[root]!
    places[root] ??= context.allocateBytes(byteSize(dtype) * shape.reduce((n, d) => n * d, 1))
  }
  const operandOf = (view: View): Operand => {
    const { dtype } = avals[view.root]!
    return {
      view,
      aval: { dtype, shape: view.shape },
      place: after(places[view.root]!, view.offset * byteSize(dtype))
    }
  }
  const write = (f: FunctionWriter, step: Step): Effort => {
    if (step.kind === "strip") {
      emitStrip(f, context, step, { avals, placeOf: (root) => places[root], literal })
      return { work: step.size * (step.items.length + step.reductions.length), pauses: false }
    }
    const { before, equation, operands, results } = step
    const effort = kernelOf(equation.primitive.name)({
      f,
      context,
      before,
      equation,
      operands: operands.map(operandOf),
      results: results.map((r) => places[r]!),
      list: (body, from, to) => emitList(context, body, from, to)
    })
    const sizes = [...operands, ...equation.results].map((x) => sizeOf(x.shape))
    return effort ?? { work: sizes.reduce((sum, size) => sum + size, 0), pauses: false }
  }
  const pieces = steps.map((step, s): Piece => {
    const isReduction = new Set(step.kind === "strip" ? step.reductions.map((r) => r.result) : [])
    for (const root of writtenBy(step)) {
      // what only this strip reads needs no storage
      if (step.kind === "kernel" || isReduction.has(root) || lastRead[root]! > s) allocate(root)
    }
    let effort: Effort = { work: 0, pauses: false }
    const callee = context.module.function([], undefined, (f) => {
      effort = write(f, step)
    })
    for (const root of [...readBy(step).map((x) => x.root), ...writtenBy(step)]) {
      if (root >= given && lastRead[root]! <= s && places[root] !== undefined) {
        context.free(places[root])
        places[root] = undefined
      }
    }
    return { ...effort, callee }
  })
  return {
    ...sequence(context, pieces),
    steps: steps.map((step) => describe(step, avals)),
    outputs: outputs.map(({ root }) => places[root]!)
  }
}

const concrete = (x: Trace["captured"][number]): ConcreteTensor => {
  if (isConcrete(x)) return x
  throw new Error(`a list that is compiled captures values alone, got ${x}`)
}

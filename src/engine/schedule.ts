/**
 * The schedule: which equations run together.
 *
 * Elementwise equations of one size, and the reductions at their end, share a walk over their elements, a strip at a time.
 * Movements that strides can express become views, and cost nothing. Everything else is a kernel of its own. Steps run in
 * order; a step reads only what earlier steps, or earlier items of its own, have written.
 */
import type { DType } from "../core/dtype.ts"
import type { Shape } from "../core/shape.ts"
import { range, reducedShape, sizeOf } from "../core/shape.ts"
import type { Aval } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { avalsOf } from "../core/trace.ts"
import { windowStrides } from "../ops/convolution/windows.ts"
import type { ParamsOfPrimitive } from "../ops/vocabulary.ts"
import { leastLength } from "./rows.ts"
import type { View } from "./view.ts"
import { broadcasted, flipped, isFlat, permuted, reshaped, sliced, whole } from "./view.ts"
import type { Contraction } from "./vocabulary.ts"
import { contractionOf, wayOf } from "./vocabulary.ts"

/** An elementwise equation of a strip: its operands have as many elements as the strip. */
export interface Item {
  readonly name: string
  /** Which derivative, of a family of functions. */
  readonly orders: ReadonlyArray<number>
  readonly operands: ReadonlyArray<View>
  readonly result: number
  /** Which row of its result it writes: results are put together from rows that are as long as the strip. */
  readonly row: number
}

/** A reduction of a strip, over axes of its operand. */
export interface Reduction {
  readonly name: "sum" | "max" | "min"
  readonly operand: View
  readonly axes: ReadonlyArray<number>
  readonly result: number
}

/** Equations that share a walk over `size` elements. */
export interface Strip {
  readonly kind: "strip"
  readonly size: number
  readonly items: Array<Item>
  readonly reductions: Array<Reduction>
}

/** An equation by itself. */
export interface Kernel {
  readonly kind: "kernel"
  readonly equation: Equation
  /** A product that nothing but this equation reads, and which it computes itself, part by part: the operands are its. */
  readonly before: Equation | undefined
  readonly operands: ReadonlyArray<View>
  readonly results: ReadonlyArray<number>
}

export type Step = Strip | Kernel

/** What is to be done for a list, in order. */
export interface Schedule {
  readonly steps: ReadonlyArray<Step>
  /** The avals of everything that is stored, or read as if it were: inputs, captured values, results. */
  readonly avals: ReadonlyArray<Aval>
  readonly outputs: ReadonlyArray<View>
}

/** A strip takes no more than this, so that no function becomes too long for the compiler. */
const mostItems = 1000

class Scheduler {
  readonly steps: Array<Step> = []
  readonly avals: Array<Aval> = []
  /** Where each stored tensor is written: the number of the step, −1 for what is there from the start. */
  readonly #positions: Array<number> = []
  readonly #views: Array<View> = []
  /** Of what one equation alone reads, and once, that equation. */
  readonly #consumers = new Map<number, Equation>()
  /** Products that are computed by the equations which read them. */
  readonly #waiting = new Map<number, Equation>()
  /** The last strip of each size. */
  readonly #last = new Map<number, number>()

  constructor(trace: Trace) {
    const all = avalsOf(trace)
    const given = trace.inputs.length + trace.captured.length
    const reads = new Map<number, number>()
    const read = (v: number) => reads.set(v, (reads.get(v) ?? 0) + 1)
    trace.outputs.forEach(read)
    for (const { operands } of trace.equations) operands.forEach(read)
    for (const equation of trace.equations) {
      for (const v of equation.operands) if (reads.get(v) === 1) this.#consumers.set(v, equation)
    }
    for (let v = 0; v < given; v++) this.#views[v] = whole(this.#stored(all[v]!, -1), all[v]!.shape)
  }

  #stored(aval: Aval, position: number): number {
    this.#positions.push(position)
    return this.avals.push(aval) - 1
  }

  viewOf(variable: number): View {
    return this.#views[variable]!
  }

  /** Could a strip of this size, at this position, read the operand? Its own items it reads as it writes them. */
  #canRead(position: number, size: number, x: View): boolean {
    const written = this.#positions[x.root]!
    return written < position || (written === position && x.offset % size === 0 && isFlat(x))
  }

  /** The strip of this size that takes an equation on these operands. */
  #stripFor(size: number, operands: ReadonlyArray<View>): { readonly strip: Strip; readonly position: number } {
    const latest = Math.max(-1, ...operands.map((x) => this.#positions[x.root]!))
    for (const position of [latest, this.#last.get(size) ?? -1]) {
      const step = this.steps[position]
      if (
        step?.kind === "strip" && step.size === size && step.items.length + step.reductions.length < mostItems &&
        operands.every((x) => this.#canRead(position, size, x))
      ) return { strip: step, position }
    }
    const strip: Strip = { kind: "strip", size, items: [], reductions: [] }
    const position = this.steps.push(strip) - 1
    this.#last.set(size, position)
    return { strip, position }
  }

  /** An elementwise equation. */
  elementwise(name: string, aval: Aval, operands: ReadonlyArray<View>, orders: ReadonlyArray<number> = []): View {
    const { position, strip } = this.#stripFor(sizeOf(aval.shape), operands)
    const result = this.#stored(aval, position)
    strip.items.push({ name, orders, operands, result, row: 0 })
    return whole(result, aval.shape)
  }

  /** The same elements, next to each other. */
  copied(x: View): View {
    return this.elementwise("copy", { shape: x.shape, dtype: this.dtypeOf(x) }, [x])
  }

  flat(x: View): View {
    return isFlat(x) ? x : this.copied(x)
  }

  /** Long vectors put together as rows: each is stored where it belongs when it is computed. */
  #joined({ params, primitive, results: [aval] }: Equation, operands: ReadonlyArray<View>): View | undefined {
    const size = sizeOf(operands[0]?.shape ?? [])
    const areRows = primitive.name === "concat" && params["axis"] === 0 && size >= leastLength &&
      operands.every((x) => sizeOf(x.shape) === size)
    if (!areRows) return undefined
    const { position, strip } = this.#stripFor(size, operands)
    const result = this.#stored(aval!, position)
    operands.forEach((x, row) => strip.items.push({ name: "copy", orders: [], operands: [x], result, row }))
    return whole(result, aval!.shape)
  }

  dtypeOf(x: View): DType {
    return this.avals[x.root]!.dtype
  }

  reduction(name: Reduction["name"], operand: View, axes: ReadonlyArray<number>): View {
    const { position, strip } = this.#stripFor(sizeOf(operand.shape), [operand])
    const aval = { shape: reducedShape(operand.shape, axes), dtype: this.dtypeOf(operand) }
    // what a reduction gives is complete only when its strip has ended
    const result = this.#stored(aval, position + 0.5)
    strip.reductions.push({ name, operand, axes, result })
    return whole(result, aval.shape)
  }

  kernel(equation: Equation, operands: ReadonlyArray<View>, before?: Equation): ReadonlyArray<View> {
    const position = this.steps.length
    const results = equation.results.map((aval) => this.#stored(aval, position + 0.5))
    this.steps.push({ kind: "kernel", equation, before, operands, results })
    return results.map((r, i) => whole(r, equation.results[i]!.shape))
  }

  #reshape(x: View, shape: Shape): View {
    return reshaped(x, shape) ?? whole(this.copied(x).root, shape)
  }

  /** The result of an equation that only moves elements, as a view. */
  #movement({ params, primitive, results: [aval] }: Equation, x: View): View {
    const { shape } = aval!
    // the primitives say what their parameters are
    const axes = (name: string) => params[name] as ReadonlyArray<number>
    switch (primitive.name) {
      case "reshape":
        return this.#reshape(x, shape)
      case "transpose":
        return permuted(x, axes("permutation"))
      case "broadcast":
        return broadcasted(x, shape, axes("axes"))
      case "slice":
        return sliced(x, axes("start"), axes("step"), shape)
      case "flip":
        return flipped(x, axes("axes"))
      case "windows":
        return { ...x, shape, strides: windowStrides(x.strides, params as ParamsOfPrimitive<"windows">) }
      default:
        return x
    }
  }

  /** A contraction as products and a sum: for what is no product of matrices. */
  #productsAndSum([a, b]: readonly [View, View], { depth, lhs, rhs }: Contraction, { dtype, shape }: Aval): View {
    const strides = (x: View, axes: ReadonlyArray<number>) => axes.map((i) => x.strides[i]!)
    const sizes = (x: View, axes: ReadonlyArray<number>) => axes.map((i) => x.shape[i]!)
    const none = (axes: ReadonlyArray<number>) => axes.map(() => 0)
    // the elements in the order in which the second factor is stored
    const step = (axes: ReadonlyArray<number>) =>
      Math.min(...axes.map((i) => b.shape[i] === 1 ? Infinity : Math.abs(b.strides[i]!)))
    const sumsLast = rhs.free.length === 0 || step(rhs.contract) <= step(rhs.free)
    const ordered = <A>(outer: ReadonlyArray<A>, free: ReadonlyArray<A>, sum: ReadonlyArray<A>): ReadonlyArray<A> =>
      sumsLast ? [...outer, ...free, ...sum] : [...outer, ...sum, ...free]
    const all = ordered(sizes(a, [...lhs.batch, ...lhs.free]), sizes(b, rhs.free), sizes(b, rhs.contract))
    const x = ordered(strides(a, [...lhs.batch, ...lhs.free]), none(rhs.free), strides(a, lhs.contract))
    const y = ordered([...strides(b, rhs.batch), ...none(lhs.free)], strides(b, rhs.free), strides(b, rhs.contract))
    const product = this.elementwise("mul", { shape: all, dtype }, [
      { ...a, shape: all, strides: x },
      { ...b, shape: all, strides: y }
    ])
    // a sum begins with 0, so that it is not −0
    if (depth === 1) return this.#reshape(this.elementwise("plusZero", { shape: all, dtype }, [product]), shape)
    const first = lhs.batch.length + lhs.free.length + (sumsLast ? rhs.free.length : 0)
    return this.reduction("sum", product, range(rhs.contract.length).map((i) => first + i))
  }

  run(equation: Equation): void {
    const { params, primitive, result, results } = equation
    const { name } = primitive
    const [aval] = results as readonly [Aval]
    const operands = equation.operands.map((v) => this.#views[v]!)
    const [x, y] = operands as [View, View]
    const way = wayOf(name)
    if (way === "view") this.#views[result] = this.#movement(equation, x)
    else if (way === "strip") {
      const orders = Object.keys(primitive.params).filter((key) => primitive.params[key] === "integer")
      this.#views[result] = this.elementwise(name, aval, operands, orders.map((key) => params[key] as number))
    } else if (way === "reduction") {
      const axes = params["axes"] as ReadonlyArray<number>
      // the way says that it is one of these
      this.#views[result] = axes.length === 0 ? x : this.reduction(name as Reduction["name"], x, axes)
    } else {
      const contraction = name === "dot" ? contractionOf(equation, x.shape, y.shape) : undefined
      if (contraction !== undefined && !isMatrixProduct(contraction, aval.dtype)) {
        this.#views[result] = this.#productsAndSum([x, y], contraction, aval)
        return
      }
      if (contraction?.lhs.batch.length === 0 && this.#consumers.get(result)?.primitive.name === "overlapAdd") {
        // windows that are only added up need not be there all at once
        this.#waiting.set(result, equation)
        return
      }
      const before = this.#waiting.get(equation.operands[0]!)
      if (before !== undefined) {
        const factors = before.operands.map((v) => this.#views[v]!)
        this.#views[result] = this.kernel(equation, factors, before)[0]!
        return
      }
      const joined = this.#joined(equation, operands)
      if (joined !== undefined) {
        this.#views[result] = joined
        return
      }
      // a product of matrices reads its factors when it packs them
      const ready = contraction === undefined ? operands.map((operand) => this.flat(operand)) : operands
      for (const [i, view] of this.kernel(equation, ready).entries()) this.#views[result + i] = view
    }
  }
}

/** Is it worth the packing? */
const isMatrixProduct = (
  { batch, columns, depth, rows }: Contraction,
  dtype: DType
): boolean => batch > 0 && (dtype === "float32" || dtype === "float64") && rows > 1 && columns > 1 && depth > 1

/** The schedule of a list. */
export const schedule = (trace: Trace): Schedule => {
  const scheduler = new Scheduler(trace)
  for (const equation of trace.equations) scheduler.run(equation)
  const given = trace.inputs.length + trace.captured.length
  const taken = new Set<number>()
  const outputs = trace.outputs.map((v) => {
    const view = scheduler.viewOf(v)
    // results have storage of their own
    const own = view.root >= given && !taken.has(view.root) && view.offset === 0 && isFlat(view) &&
      sizeOf(view.shape) === sizeOf(scheduler.avals[view.root]!.shape)
    taken.add(view.root)
    return own ? view : scheduler.copied(view)
  })
  return { steps: scheduler.steps, avals: scheduler.avals, outputs }
}

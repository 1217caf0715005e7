/**
 * Batches row by row: a tensor with few elements for each member of a large batch becomes as many vectors along the batch.
 *
 * What broadcasts, slices, pads, and picks by known indices then costs nothing, what is equal is computed once, and what a
 * known mask leaves out is not computed: the one-hot tangents of a Jacobian are mostly zeros by structure. The equations that
 * remain are elementwise along the batch, and pass through the cache together.
 */
import { Memory } from "../core/memory.ts"
import { range, sizeOf, stridesOf } from "../core/shape.ts"
import type { Shape } from "../core/shape.ts"
import { dataOf } from "../core/tensor.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import type { ParamsOfPrimitive, PrimitiveName } from "../ops/vocabulary.ts"
import { Rewriter } from "./rewriter.ts"
import { wayOf } from "./vocabulary.ts"

/** A batch is as long as this or longer, and has at most so many elements for each of its members. */
export const leastLength = 256
const mostRows = 32

/** The axis along a batch of this length, and the number of rows, if there are few. */
const layoutOf = (shape: Shape, length: number): { readonly axis: number; readonly rows: number } | undefined => {
  const axis = shape.indexOf(length)
  const rows = sizeOf(shape) / length
  return axis === -1 || rows > mostRows ? undefined : { axis, rows }
}

/** The length of the batch that a list is mostly about, if each member has more than one element. */
const batchOf = (trace: Trace): number | undefined => {
  const elements = new Map<number, number>()
  let all = 0
  for (const { primitive: { name }, results: [aval] } of trace.equations) {
    if (wayOf(name) === "view" || aval === undefined) continue
    const size = sizeOf(aval.shape)
    all += size
    for (const d of new Set(aval.shape)) {
      if (d >= leastLength && size > d && size / d <= mostRows) elements.set(d, (elements.get(d) ?? 0) + size)
    }
  }
  const [most] = [...elements].toSorted(([, a], [, b]) => b - a)
  return most !== undefined && most[1] > all / 2 ? most[0] : undefined
}

/** A tensor as vectors along one of its axes, for every index of the others. */
interface Rows {
  readonly shape: Shape
  readonly axis: number
  readonly rows: ReadonlyArray<Variable>
}

const isRows = (x: Variable | Rows): x is Rows => typeof x !== "number"

/** All axes but one. */
const others = (shape: Shape, axis: number): ReadonlyArray<number> => shape.toSpliced(axis, 1)

/** Every index of a shape, in row-major order. */
const indicesOf = (shape: Shape): ReadonlyArray<ReadonlyArray<number>> =>
  shape.reduce<ReadonlyArray<ReadonlyArray<number>>>((all, d) => all.flatMap((i) => range(d).map((k) => [...i, k])), [
    []
  ])

const position = (shape: Shape, index: ReadonlyArray<number>): number => {
  const strides = stridesOf(shape)
  return index.reduce((sum, i, a) => sum + i * strides[a]!, 0)
}

/** Results are put together from so many parts by known indices. */
const fewIndices = 16

class RowWriter {
  readonly #rewriter = new Rewriter((_, params) => params)
  readonly #length: number
  readonly #values: Array<Variable | Rows> = []
  readonly #whole = new Map<Rows, Variable>()

  constructor(length: number) {
    this.#length = length
  }

  /** A row of a tensor. */
  #row(x: Variable, axis: number, index: ReadonlyArray<number>): Variable {
    const rewriter = this.#rewriter
    const aval = rewriter.avalOf(x)
    const vector = { dtype: aval.dtype, shape: [this.#length] }
    const value = rewriter.uniformOf(x)
    if (value !== undefined) return rewriter.filled(vector, value)
    const producer = rewriter.producerOf(x)
    const at = index.toSpliced(axis, 0, 0)
    if (producer?.primitive.name === "broadcast") {
      // the row of what is repeated: a vector, or one element
      const { axes } = producer.params as ParamsOfPrimitive<"broadcast">
      const [source] = producer.operands as readonly [Variable]
      const { shape } = rewriter.avalOf(source)
      const inner = axes.map((a, i) => shape[i] === 1 ? 0 : at[a]!)
      const along = axes.findIndex((a, i) => a === axis && shape[i] === this.#length)
      if (along !== -1) return this.#row(source, along, inner.toSpliced(along, 1))
      return rewriter.apply("broadcast", [this.#part(source, inner, [])], { shape: vector.shape, axes: [] })
    }
    return this.#part(x, at, vector.shape, axis)
  }

  /** The element at an index, or all elements along an axis there, with this shape. */
  #part(x: Variable, index: ReadonlyArray<number>, shape: Shape, axis?: number): Variable {
    const rewriter = this.#rewriter
    const start = index.map((i, a) => a === axis ? 0 : i)
    const stop = index.map((i, a) => a === axis ? this.#length : i + 1)
    const part = rewriter.apply("slice", [x], { start, stop, step: index.map(() => 1) })
    return rewriter.apply("reshape", [part], { shape })
  }

  /** A value by rows along an axis of its shape. */
  #rowsOf(x: Variable | Rows, axis: number): Rows {
    if (isRows(x)) {
      if (x.axis === axis) return x
      return this.#rowsOf(this.#variableOf(x), axis)
    }
    const { shape } = this.#rewriter.avalOf(x)
    return { shape, axis, rows: indicesOf(others(shape, axis)).map((index) => this.#row(x, axis, index)) }
  }

  /** A value as one variable. */
  #variableOf(x: Variable | Rows): Variable {
    if (!isRows(x)) return x
    let found = this.#whole.get(x)
    if (found === undefined) {
      const { axis, rows, shape } = x
      const rewriter = this.#rewriter
      const parts = rows.map((row) => rewriter.apply("reshape", [row], { shape: [1, this.#length] }))
      const all = parts.length === 1 ? parts[0]! : rewriter.apply("concat", parts, { axis: 0 })
      const apart = rewriter.apply("reshape", [all], { shape: [...others(shape, axis), this.#length] })
      const last = shape.length - 1
      found = rewriter.apply("transpose", [apart], {
        permutation: range(shape.length).map((a) => a === axis ? last : a < axis ? a : a - 1)
      })
      this.#whole.set(x, found)
    }
    return found
  }

  /** A result whose rows are rows of the operand, or `fill`: `from` says which, by their indices. */
  #moved(
    x: Rows,
    shape: Shape,
    axis: number,
    from: (index: ReadonlyArray<number>) => ReadonlyArray<number> | undefined,
    fill?: Variable
  ): Rows {
    const inner = others(x.shape, x.axis)
    return {
      shape,
      axis,
      rows: indicesOf(others(shape, axis)).map((index) => {
        const source = from(index)
        return source === undefined ? fill! : x.rows[position(inner, source)]!
      })
    }
  }

  /** A movement of rows; `undefined` where it would part them. */
  #movement({ params, primitive, results: [aval] }: Equation, x: Rows): Rows | undefined {
    const { shape } = aval!
    const { axis } = x
    /** An index without the axis of the rows, with it, and back. */
    const full = (index: ReadonlyArray<number>, at: number) => index.toSpliced(at, 0, 0)
    const drop = (index: ReadonlyArray<number>) => index.toSpliced(axis, 1)
    switch (primitive.name as PrimitiveName) {
      case "transpose": {
        const { permutation } = params as ParamsOfPrimitive<"transpose">
        const to = permutation.indexOf(axis)
        return this.#moved(x, shape, to, (index) => {
          const all = full(index, to)
          return drop(range(shape.length).map((a) => all[permutation.indexOf(a)]!))
        })
      }
      case "broadcast": {
        const { axes } = params as ParamsOfPrimitive<"broadcast">
        const to = axes[axis]!
        if (sizeOf(shape) / this.#length > mostRows) return undefined
        return this.#moved(x, shape, to, (index) => {
          const all = full(index, to)
          return drop(axes.map((a, i) => x.shape[i] === 1 ? 0 : all[a]!))
        })
      }
      case "slice": {
        const { start, step } = params as ParamsOfPrimitive<"slice">
        if (shape[axis] !== this.#length) return undefined
        return this.#moved(x, shape, axis, (index) => drop(full(index, axis).map((i, a) => start[a]! + i * step[a]!)))
      }
      case "flip": {
        const { axes } = params as ParamsOfPrimitive<"flip">
        if (axes.includes(axis)) return undefined
        return this.#moved(
          x,
          shape,
          axis,
          (index) => drop(full(index, axis).map((i, a) => axes.includes(a) ? shape[a]! - 1 - i : i))
        )
      }
      case "reshape": {
        const before = sizeOf(x.shape.slice(0, axis))
        const to = shape.findIndex((d, a) => d === this.#length && sizeOf(shape.slice(0, a)) === before)
        return to === -1 ? undefined : { shape, axis: to, rows: x.rows }
      }
      case "pad": {
        const { high, interior, low } = params as ParamsOfPrimitive<"pad">
        if (low[axis]! + high[axis]! + interior[axis]! > 0) return undefined
        const zero = this.#rewriter.filled({ dtype: aval!.dtype, shape: [this.#length] }, 0)
        const source = (i: number, a: number): number => {
          const at = (i - low[a]!) / (interior[a]! + 1)
          return Number.isInteger(at) && at >= 0 && at < x.shape[a]! ? at : -1
        }
        return this.#moved(x, shape, axis, (index) => {
          const all = full(index, axis).map((i, a) => a === axis ? 0 : source(i, a))
          return all.includes(-1) ? undefined : drop(all)
        }, zero)
      }
      default:
        return undefined
    }
  }

  /** The rows of an equation that picks, puts, joins or adds rows; `undefined` where it does something else. */
  #rowwise(equation: Equation, operands: ReadonlyArray<Variable | Rows>): Rows | undefined {
    const { params, primitive: { name }, results: [aval], site } = equation
    const { dtype, shape } = aval!
    const rewriter = this.#rewriter
    const layout = layoutOf(shape, this.#length)
    if (layout === undefined) return undefined
    const { axis } = layout
    if (wayOf(name) === "strip") {
      const all = operands.map((x) => this.#rowsOf(x, axis))
      const row = (r: number) => rewriter.equation(equation.primitive, all.map((x) => x.rows[r]!), params, site)[0]!
      return { shape, axis, rows: range(layout.rows).map(row) }
    }
    const [first, second] = operands as readonly [Variable | Rows, Variable | Rows]
    const known = second === undefined || isRows(second) ? undefined : rewriter.knownOf(second)
    const indices = known !== undefined && known.size <= fewIndices && known.shape.length === 1
      ? Array.from(dataOf(known))
      : undefined
    const drop = (index: ReadonlyArray<number>, at: number) => index.toSpliced(at, 1)
    const full = (index: ReadonlyArray<number>) => index.toSpliced(axis, 0, 0)
    switch (name as PrimitiveName) {
      case "concat": {
        const { axis: along } = params as ParamsOfPrimitive<"concat">
        if (along === axis) return undefined
        const all = operands.map((x) => this.#rowsOf(x, axis))
        const place = (index: ReadonlyArray<number>): Variable => {
          let [i, k] = [full(index)[along]!, 0]
          while (i >= all[k]!.shape[along]!) i -= all[k++]!.shape[along]!
          return all[k]!.rows[position(others(all[k]!.shape, axis), drop(full(index).with(along, i), axis))]!
        }
        return { shape, axis, rows: indicesOf(others(shape, axis)).map(place) }
      }
      case "take": {
        const { axis: along } = params as ParamsOfPrimitive<"take">
        if (along === axis || indices === undefined) return undefined
        const x = this.#rowsOf(first, axis)
        const size = x.shape[along]!
        if (indices.some((i) => i < -size || i >= size)) return undefined
        return this.#moved(x, shape, axis, (index) => {
          const i = indices[full(index)[along]!]!
          return drop(full(index).with(along, i < 0 ? i + size : i), axis)
        })
      }
      case "scatter": {
        const { axis: along, size } = params as ParamsOfPrimitive<"scatter">
        if (along === axis || indices === undefined || indices.some((i) => i < -size || i >= size)) return undefined
        const x = this.#rowsOf(first, axis)
        const places = indices.map((i) => i < 0 ? i + size : i)
        const zero = rewriter.filled({ dtype, shape: [this.#length] }, 0)
        const place = (index: ReadonlyArray<number>): Variable =>
          places.reduce(
            (sum, i, k) =>
              i === full(index)[along]
                ? rewriter.apply(
                  "add",
                  [sum, x.rows[position(others(x.shape, axis), drop(full(index).with(along, k), axis))]!],
                  {},
                  site
                )
                : sum,
            zero
          )
        return { shape, axis, rows: indicesOf(others(shape, axis)).map(place) }
      }
      case "sum": {
        const { axes } = params as ParamsOfPrimitive<"sum">
        return this.#sum(first, shape, axes, site)
      }
      default:
        return undefined
    }
  }

  /** A sum over axes beside that of the rows: it begins with 0, so that it is not −0. */
  #sum(x: Variable | Rows, shape: Shape, axes: ReadonlyArray<number>, site: Equation["site"]): Rows | undefined {
    const rewriter = this.#rewriter
    const whole = isRows(x) ? x.shape : rewriter.avalOf(x).shape
    const axis = isRows(x) ? x.axis : layoutOf(whole, this.#length)?.axis
    if (axis === undefined || axes.includes(axis)) return undefined
    const all = this.#rowsOf(x, axis)
    const zero = rewriter.filled({ dtype: rewriter.avalOf(all.rows[0]!).dtype, shape: [this.#length] }, 0)
    const sums = new Map<string, Variable>()
    indicesOf(others(whole, axis)).forEach((index, r) => {
      const kept = index.toSpliced(axis, 0, -1).filter((_, a) => !axes.includes(a)).join()
      sums.set(kept, rewriter.apply("add", [sums.get(kept) ?? zero, all.rows[r]!], {}, site))
    })
    return { shape, axis: axis - axes.filter((a) => a < axis).length, rows: [...sums.values()] }
  }

  write(trace: Trace): Trace {
    const rewriter = this.#rewriter
    trace.inputs.forEach((aval) => this.#values.push(rewriter.input(aval)))
    trace.captured.forEach((x) => this.#values.push(rewriter.capture(x)))
    for (const equation of trace.equations) {
      const { operands, params, primitive, result, results, site } = equation
      const given = operands.map((v) => this.#values[v]!)
      const [first] = given
      const rows = first !== undefined && isRows(first) ? this.#movement(equation, first) : undefined
      const found = rows ?? (wayOf(primitive.name) === "view" ? undefined : this.#rowwise(equation, given))
      if (found !== undefined) {
        this.#values[result] = found
        continue
      }
      const variables = rewriter.equation(primitive, given.map((x) => this.#variableOf(x)), params, site, results)
      variables.forEach((v, r) => this.#values[result + r] = v)
    }
    return rewriter.seal(trace.outputs.map((v) => this.#variableOf(this.#values[v]!)), trace)
  }
}

const written = new Memory<Trace>()

/** The list by rows, if it is mostly about a large batch. */
export const byRows = (trace: Trace): Trace => {
  const length = batchOf(trace)
  if (length === undefined) return trace
  return written.recall(trace, "") ?? written.keep(trace, "", new RowWriter(length).write(trace))
}

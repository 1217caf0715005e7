/**
 * Strips: a walk over many elements, a thousand or less at a time, so that everything between its equations stays in the
 * first-level cache.
 *
 * Source: M. Franz and others, and the compilers of array languages, know it as strip-mining; measured here it beats one loop
 * over everything, which runs out of registers.
 */
import type { DType } from "../../core/dtype.ts"
import { byteSize } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import type { Aval } from "../../core/tensor.ts"
import type { Item, Strip } from "../schedule.ts"
import type { View } from "../view.ts"
import { isFlat, isUniform, runsOf } from "../view.ts"
import type { I32 } from "../wasm/code.ts"
import { i32 } from "../wasm/code.ts"
import type { FunctionWriter } from "../wasm/module.ts"
import type { Context, Place } from "./context.ts"
import { addressOf, after } from "./context.ts"
import { isSimple } from "./elementwise.ts"
import { loadStrip, rowLength } from "./load.ts"
import { reducedRowLength, reducing } from "./reduce.ts"
import type { Source, UnitOp } from "./unit.ts"
import { unit } from "./unit.ts"
import type { Width } from "./vectors.ts"

/** The bytes of a strip of the widest dtype. */
const stripBytes = 4096

/** From this many equations on strips are shorter. */
const manyItems = 64

/** A unit has no more equations, and no more addresses, than fit into registers. */
const mostOps = 16
const mostParams = 12

/** What a strip has to know of the values around it. */
export interface Surroundings {
  readonly avals: ReadonlyArray<Aval>
  /** Where a tensor is stored; none for what only this strip uses. */
  readonly placeOf: (root: number) => Place | undefined
  /** The value of a captured scalar. */
  readonly literal: (root: number, offset: number) => number | undefined
}

const widthOf = (item: Item, avals: ReadonlyArray<Aval>): Width =>
  [item.result, ...item.operands.map((x) => x.root)].some((r) => avals[r]!.dtype === "float64") ? 2 : 4

/** Which row of a result an operand is. */
const rowOf = ({ offset }: View, size: number): number => offset / Math.max(size, 1)

/** The items of a strip by units, in order. */
const unitsOf = ({ items }: Strip, avals: ReadonlyArray<Aval>): ReadonlyArray<ReadonlyArray<Item>> => {
  const units: Array<Array<Item>> = []
  let [width, simple, params] = [0, false, new Set<string>()]
  for (const item of items) {
    const mine = units.at(-1) ?? []
    const outside = item.operands.filter((x) => !mine.some((other) => other.result === x.root))
    const keys = [...outside.map(viewKey), `${item.result} ${item.row}`]
    const joined = new Set([...params, ...keys])
    const fits = simple && isSimple(item.name) && width === widthOf(item, avals) && mine.length < mostOps &&
      joined.size <= mostParams
    if (fits) {
      mine.push(item)
      params = joined
    } else {
      units.push([item])
      width = widthOf(item, avals)
      simple = isSimple(item.name)
      params = new Set(keys)
    }
  }
  return units
}

const viewKey = ({ offset, root, shape, strides }: View): string =>
  `${root} ${offset} ${runsOf({ shape, strides }).map((r) => `${r.size}:${r.stride}`).join()}`

const gcd = (a: number, b: number): number => b === 0 ? a : gcd(b, a % b)

/** Elements at a time: whole rows of as many operands as possible. */
const stripLength = (size: number, bytes: number, rows: ReadonlyArray<number>): number => {
  const most = stripBytes / bytes
  if (size <= most) return size
  let common = 1
  for (const row of rows) {
    const next = common / gcd(common, row) * row
    if (next <= most) common = next
  }
  // vectors of four, where rows allow it
  const even = common * 4 / gcd(common, 4)
  return even <= most ? most - most % even : most - most % common
}

/** Writes a strip into a function. */
export const emitStrip = (f: FunctionWriter, context: Context, step: Strip, around: Surroundings): void => {
  const { items, reductions, size } = step
  const { avals, literal, placeOf } = around
  const dtypeOf = (root: number): DType => avals[root]!.dtype
  const units = unitsOf(step, avals)
  const written = new Set(items.map((item) => item.result))
  const isOutside = (x: View) => !written.has(x.root)
  const needsLoad = (x: View) => isOutside(x) && !isUniform(x) && !isFlat(x)
  /** The rows of a tensor that this strip writes. */
  const rowsIn = (root: number): number => size === 0 ? 1 : Math.max(sizeOf(avals[root]!.shape) / size, 1)

  const views = [...items.flatMap((item) => item.operands), ...reductions.map((r) => r.operand)]
  const rows = [
    ...views.filter(needsLoad).map(rowLength),
    ...reductions.map((r) => reducedRowLength(r.operand.shape, r.axes))
  ]
  const bytes = Math.max(
    ...views.map((x) => byteSize(dtypeOf(x.root))),
    ...items.map((i) => byteSize(dtypeOf(i.result))),
    4
  )
  // of many values, each gets less of the cache
  const length = stripLength(size, items.length > manyItems ? 2 * bytes : bytes, rows)
  const single = length >= size
  const isComplete = (row: number) => single || length % row === 0
  /** Elements from one row of a buffer to the next. */
  const pitch = Math.ceil((length + 4) / 4) * 4

  // what is read again in another unit, or by a reduction, and has no storage of its own
  const lastUse = new Map<string, number>()
  const keyOfValue = (x: View) => isOutside(x) ? viewKey(x) : String(x.root)
  units.forEach((members, u) => members.forEach((item) => item.operands.forEach((x) => lastUse.set(keyOfValue(x), u))))
  for (const { operand } of reductions) lastUse.set(keyOfValue(operand), units.length)
  const madeIn = new Map(units.flatMap((members, u) => members.map((item) => [item.result, u] as const)))
  const isStored = (root: number, u: number) =>
    placeOf(root) !== undefined || (lastUse.get(String(root)) ?? -1) > u || madeIn.get(root)! > u

  const reducers = reductions.map((r) =>
    reducing(context, {
      reducer: r.name,
      dtype: dtypeOf(r.result),
      shape: r.operand.shape,
      axes: r.axes,
      place: placeOf(r.result)!,
      complete: isComplete(reducedRowLength(r.operand.shape, r.axes)),
      strips: Math.ceil(size / Math.max(length, 1))
    })
  )
  for (const r of reducers) r.begin(f)

  const buffers = new Map<string, Place>()
  const body = (start: I32 | undefined, count: I32): void => {
    /** An element's address in a row of something that is stored as a whole. */
    const within = (place: Place): (dtype: DType) => I32 => (dtype) =>
      start === undefined ? addressOf(place) : i32.add(addressOf(place), i32.mul(start, i32.const(byteSize(dtype))))
    const firstOf = (x: View): Place => after(placeOf(x.root)!, x.offset * byteSize(dtypeOf(x.root)))
    /** The address of the strip of a row that this strip writes. */
    const written = (root: number, row: number): I32 => {
      const dtype = dtypeOf(root)
      const place = placeOf(root)
      if (place !== undefined) return within(after(place, row * size * byteSize(dtype)))(dtype)
      let buffer = buffers.get(String(root))
      if (buffer === undefined) buffers.set(String(root), buffer = context.allocate(dtype, rowsIn(root) * pitch))
      return addressOf(after(buffer, row * pitch * byteSize(dtype)))
    }
    /** The address of the strip of a value, which is loaded if it has to be. */
    const streamOf = (x: View): I32 => {
      const dtype = dtypeOf(x.root)
      if (!isOutside(x)) return written(x.root, rowOf(x, size))
      if (isFlat(x)) return within(firstOf(x))(dtype)
      const key = viewKey(x)
      let buffer = buffers.get(key)
      if (buffer === undefined) {
        buffers.set(key, buffer = context.allocate(dtype, length))
        const complete = isComplete(rowLength(x))
        loadStrip(f, context, x, dtype, { to: addressOf(buffer), from: addressOf(firstOf(x)), start, count, complete })
      }
      return addressOf(buffer)
    }
    const turn = (members: ReadonlyArray<Item>, u: number): void => {
      const args: Array<I32> = []
      const params = new Map<string, number>()
      const param = (key: string, address: () => I32): number => {
        let p = params.get(key)
        if (p === undefined) params.set(key, p = args.push(address()) - 1)
        return p
      }
      const ops = members.map((item, i): UnitOp => {
        const operands = item.operands.map((x): Source => {
          const dtype = dtypeOf(x.root)
          const op = members.findIndex((other, j) => j < i && other.result === x.root && other.row === rowOf(x, size))
          if (op !== -1) return { kind: "value", op }
          if (isOutside(x) && isUniform(x)) {
            const value = literal(x.root, x.offset)
            return value === undefined
              ? { kind: "uniform", dtype, param: param(`uniform ${viewKey(x)}`, () => addressOf(firstOf(x))) }
              : { kind: "literal", dtype, value }
          }
          return { kind: "stream", dtype, param: param(`${x.root} ${viewKey(x)}`, () => streamOf(x)) }
        })
        const { result } = item
        const stored = isStored(result, u)
          ? param(`result ${result} ${item.row}`, () => written(result, item.row))
          : undefined
        return { name: item.name, orders: item.orders, dtype: dtypeOf(result), operands, stored }
      })
      f.call(unit(context, ops, args.length, widthOf(members[0]!, avals)), ...args, count)
    }
    units.forEach((members, u) => {
      turn(members, u)
      for (const [key, use] of lastUse) {
        const buffer = buffers.get(key)
        if (use === u && buffer !== undefined) {
          context.free(buffer)
          buffers.delete(key)
        }
      }
    })
    reductions.forEach(({ operand }, i) => {
      reducers[i]!.strip(f, streamOf(operand), start ?? i32.const(0), count)
    })
  }
  if (size > 0) {
    if (single) body(undefined, i32.const(size))
    else {
      f.for(i32.const(0), i32.const(size), length, (start) => {
        const rest = i32.sub(i32.const(size), start)
        body(start, f.let(i32.select(rest, i32.const(length), i32.ltS(rest, i32.const(length)))))
      })
    }
  }
  for (const r of reducers) {
    r.end(f)
    r.free()
  }
  for (const buffer of buffers.values()) context.free(buffer)
}

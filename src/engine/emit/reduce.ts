/**
 * Reductions at the end of a strip.
 *
 * Floats are accumulated in double precision: within a row of a strip in several lanes, across strips with the rounding
 * errors kept (A. Neumaier, ZAMM 54, 1974), so that the error of a long sum does not grow with its length.
 */
import type { DType } from "../../core/dtype.ts"
import { byteSize, isFloat } from "../../core/dtype.ts"
import type { Shape } from "../../core/shape.ts"
import { sizeOf } from "../../core/shape.ts"
import type { Code, F64, I32 } from "../wasm/code.ts"
import { f64, i32 } from "../wasm/code.ts"
import type { FunctionWriter, Local } from "../wasm/module.ts"
import type { Context, Place } from "./context.ts"
import { addressOf } from "./context.ts"
import {
  accumulateRow,
  accumulatorType,
  combine,
  loadWide,
  neutral,
  reducedRow,
  type Reducer,
  storeNarrow
} from "./rows.ts"
import { walk } from "./walk.ts"

/** The axes of an operand, neighbours of one kind merged. */
interface Group {
  readonly size: number
  readonly isReduced: boolean
}

const groupsOf = (shape: Shape, axes: ReadonlyArray<number>): ReadonlyArray<Group> => {
  const groups: Array<Group> = []
  shape.forEach((size, a) => {
    if (size === 1) return
    const isReduced = axes.includes(a)
    const last = groups.at(-1)
    if (last?.isReduced === isReduced) groups[groups.length - 1] = { size: last.size * size, isReduced }
    else groups.push({ size, isReduced })
  })
  return groups.length === 0 ? [{ size: 1, isReduced: true }] : groups
}

/** How many elements a row of a reduction has. */
export const reducedRowLength = (shape: Shape, axes: ReadonlyArray<number>): number =>
  groupsOf(shape, axes).at(-1)!.size

/** Rows up to this length are added up without a loop. */
const shortRow = 16

/** A reduction that is under way. */
export interface Reducing {
  /** Before all strips. */
  readonly begin: (f: FunctionWriter) => void
  /** For a strip: `count` elements from number `start` on, stored at `from`. */
  readonly strip: (f: FunctionWriter, from: I32, start: I32, count: I32) => void
  /** After all strips. */
  readonly end: (f: FunctionWriter) => void
  readonly free: () => void
}

/**
 * A reduction over `axes` of an operand of this shape, into `place`. With `complete` no row is met in part; `strips` is the
 * number of strips.
 */
export const reducing = (
  context: Context,
  { axes, complete, dtype, place, reducer, shape, strips }: {
    readonly reducer: Reducer
    readonly dtype: DType
    readonly shape: Shape
    readonly axes: ReadonlyArray<number>
    readonly place: Place
    readonly complete: boolean
    readonly strips: number
  }
): Reducing => {
  const groups = groupsOf(shape, axes)
  const results = sizeOf(shape.filter((_, a) => !axes.includes(a)))
  const last = groups.at(-1)!
  const type = accumulatorType(dtype)
  const wide = type === "f64" ? 8 : 4
  // every result is one row
  const direct = last.isReduced && complete && groups.filter((g) => g.isReduced).length === 1 && sizeOf(shape) > 0
  const compensated = !direct && last.isReduced && isFloat(dtype) && reducer === "sum" && strips > 8
  const accumulators = direct ? place : context.allocateBytes(results * wide * (compensated ? 2 : 1))
  const size = direct ? byteSize(dtype) : wide
  let stride = size
  const steps = groups.map(() => 0)
  for (let g = groups.length - 1; g >= 0; g--) {
    if (groups[g]!.isReduced) continue
    steps[g] = stride
    stride *= groups[g]!.size
  }
  const total = (f: FunctionWriter, from: I32, length: I32): Code<"f64" | "i32"> => {
    if (!(complete && last.size <= shortRow)) return reducedRow(context, dtype, reducer, from, length)
    const sum = f.let<"f64" | "i32">(loadWide(dtype, from))
    for (let i = 1; i < last.size; i++) {
      sum.set(combine(f, dtype, reducer, sum, loadWide(dtype, from, i * byteSize(dtype))))
    }
    return sum
  }
  const loadTotal = (to: I32): Code<"f64" | "i32"> => type === "f64" ? f64.load(to) : i32.load(to)
  const storeTotal = (f: FunctionWriter, to: I32, value: Code<"f64" | "i32">) =>
    // the accumulator's type follows from the dtype
    f.do(type === "f64" ? f64.store(to, value as F64) : i32.store(to, value as I32))
  const key = `${reducer} ${dtype} ${
    groups.map((g) => `${g.size}${g.isReduced ? "r" : "k"}`).join()
  } ${complete} ${direct} ${compensated} ${results}`
  const strip = context.function(key, 4, (f) => {
    const [from, to, start, count] = [f.integer(0), f.integer(1), f.integer(2), f.integer(3)]
    walk(
      f,
      groups.map((g, i) => ({ size: g.size, steps: [steps[i]!] })),
      [to],
      start,
      count,
      complete,
      (length) => {
        if (!last.isReduced) f.call(accumulateRow(context, dtype, reducer), to, from, length)
        else if (direct) storeNarrow(f, dtype, to, total(f, from, length))
        else if (compensated) {
          const known = f.let(f64.load(to))
          // the accumulator of a float is one
          const one = f.let(total(f, from, length) as F64)
          const sum = f.let(f64.add(known, one))
          const part = f.let(f64.sub(sum, known))
          // the sum's rounding error, exactly (D. E. Knuth, TAOCP 4.2.2)
          const error = f64.add(f64.sub(known, f64.sub(sum, part)), f64.sub(one, part))
          const lost = f64.add(f64.load(to, results * wide), error)
          f.do(f64.store(to, lost, results * wide))
          f.do(f64.store(to, sum))
        } else storeTotal(f, to, combine(f, dtype, reducer, loadTotal(to), total(f, from, length)))
        from.set(i32.add(from, i32.mul(length, i32.const(byteSize(dtype)))))
      }
    )
  })
  return {
    begin: (f) => {
      if (direct) return
      f.for(i32.const(0), i32.const(results * (compensated ? 2 : 1) * wide), wide, (i) => {
        storeTotal(f, i32.add(addressOf(accumulators), i), neutral(dtype, reducer))
      })
    },
    strip: (f, from, start, count) => f.call(strip, from, addressOf(accumulators), start, count),
    end: (f) => {
      if (direct) return
      f.for(i32.const(0), i32.const(results), 1, (i) => {
        const from = f.let(i32.add(addressOf(accumulators), i32.mul(i, i32.const(wide))))
        const to = i32.add(addressOf(place), i32.mul(i, i32.const(byteSize(dtype))))
        const sum = f.let<"f64" | "i32">(loadTotal(from))
        if (compensated) {
          const error = f.let(f64.load(from, results * wide))
          // an error of ∞ − ∞ is none
          f.if(f64.eq(error, error), () => sum.set(f64.add(sum as Local<"f64">, error)))
        }
        storeNarrow(f, dtype, to, sum)
      })
    },
    free: () => {
      if (!direct) context.free(accumulators)
    }
  }
}

/**
 * `cumsum`, `argmax` and `argmin`: along an axis, one element after the other.
 */
import { byteSize, isFloat } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import { addressOf } from "../emit/context.ts"
import { accumulatorType, combine, loadWide, neutral, storeNarrow } from "../emit/rows.ts"
import type { Code, F64, I32 } from "../wasm/code.ts"
import { f64, i32 } from "../wasm/code.ts"
import type { Kernel, KernelCall } from "./kernel.ts"
import { at } from "./kernel.ts"

/** Visits each line along an axis of the operand: its number, and the address of its first element. */
const forEachLine = ({ f, operands: [x] }: KernelCall, axis: number, visit: (line: I32, offset: I32) => void): void => {
  const { dtype, shape } = x!.aval
  const inner = sizeOf(shape.slice(axis + 1))
  const outer = sizeOf(shape.slice(0, axis))
  if (outer * inner === 0) return
  f.for(i32.const(0), i32.const(outer), 1, (o) => {
    f.for(i32.const(0), i32.const(inner), 1, (i) => {
      const first = i32.add(i32.mul(o, i32.const(shape[axis]! * inner)), i)
      visit(i32.add(i32.mul(o, i32.const(inner)), i), f.let(i32.mul(first, i32.const(byteSize(dtype)))))
    })
  })
}

export const cumsum: Kernel = (call) => {
  const { equation: { params }, f, operands: [x], results: [result] } = call
  const { axis, reverse } = params as { readonly axis: number; readonly reverse: boolean }
  const { dtype, shape } = x!.aval
  const length = shape[axis]!
  const step = byteSize(dtype) * sizeOf(shape.slice(axis + 1))
  if (length === 0) return
  forEachLine(call, axis, (_, offset) => {
    const total = f.local<"f64" | "i32">(accumulatorType(dtype))
    total.set(neutral(dtype, "sum"))
    const at = reverse ? f.let(i32.add(offset, i32.const((length - 1) * step))) : f.let(offset)
    f.for(i32.const(0), i32.const(length), 1, () => {
      total.set(combine(f, dtype, "sum", total, loadWide(dtype, i32.add(addressOf(x!.place), at))))
      storeNarrow(f, dtype, i32.add(addressOf(result!), at), total)
      at.set(i32.add(at, i32.const(reverse ? -step : step)))
    })
  })
}

/** Does x take the place of y, which came before it? NaN, if there is one, is extreme. */
const exceeds = (float: boolean, largest: boolean, x: Code<"f64" | "i32">, y: Code<"f64" | "i32">): I32 => {
  // the accumulator's type follows from the dtype
  if (!float) return largest ? i32.gtS(x as I32, y as I32) : i32.ltS(x as I32, y as I32)
  const [a, b] = [x as F64, y as F64]
  const isFirstNaN = i32.and(f64.ne(a, a), f64.eq(b, b))
  return i32.or(largest ? f64.gt(a, b) : f64.lt(a, b), isFirstNaN)
}

const argExtremum = (largest: boolean): Kernel => (call) => {
  const { equation: { params }, f, operands: [x], results: [result] } = call
  const axis = params["axis"] as number
  const { dtype, shape } = x!.aval
  const step = byteSize(dtype) * sizeOf(shape.slice(axis + 1))
  forEachLine(call, axis, (line, offset) => {
    const from = f.let(i32.add(addressOf(x!.place), offset))
    const best = f.let(i32.const(0))
    const extreme = f.let(loadWide(dtype, from))
    f.for(i32.const(1), i32.const(shape[axis]!), 1, (k) => {
      from.set(i32.add(from, i32.const(step)))
      const one = f.let(loadWide(dtype, from))
      f.if(exceeds(isFloat(dtype), largest, one, extreme), () => {
        best.set(k)
        extreme.set(one)
      })
    })
    f.do(i32.store(at(addressOf(result!), line, 4), best))
  })
}

export const argmax: Kernel = argExtremum(true)
export const argmin: Kernel = argExtremum(false)

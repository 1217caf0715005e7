/**
 * `concat`, `pad` and `overlapAdd`, which write into parts of their results.
 */
import type { DType } from "../../core/dtype.ts"
import { byteSize } from "../../core/dtype.ts"
import { sizeOf, stridesOf } from "../../core/shape.ts"
import { windowStrides } from "../../ops/convolution/windows.ts"
import type { ParamsOfPrimitive } from "../../ops/vocabulary.ts"
import type { Context } from "../emit/context.ts"
import { addressOf, after } from "../emit/context.ts"
import { copyBytes, moveElement } from "../emit/rows.ts"
import { walk } from "../emit/walk.ts"
import { runsOf } from "../view.ts"
import type { I32 } from "../wasm/code.ts"
import { f32, f32x4, f64, f64x2, i32, i32x4, v128 } from "../wasm/code.ts"
import type { Callee } from "../wasm/module.ts"
import { productInParts } from "./dot.ts"
import { clear } from "./indexed.ts"
import type { Kernel } from "./kernel.ts"
import { at } from "./kernel.ts"

export const concat: Kernel = ({ context, equation, f, operands, results: [result] }) => {
  const axis = equation.params["axis"] as number
  const { dtype, shape } = equation.results[0]!
  const bytes = byteSize(dtype)
  const rows = sizeOf(shape.slice(0, axis))
  const stride = bytes * sizeOf(shape.slice(axis))
  let offset = 0
  for (const { aval, place } of operands) {
    const run = bytes * sizeOf(aval.shape.slice(axis))
    const to = after(result!, offset)
    offset += run
    if (run === 0) continue
    f.for(i32.const(0), i32.const(rows), 1, (i) => {
      f.call(copyBytes(context), at(addressOf(to), i, stride), at(addressOf(place), i, run), i32.const(run))
    })
  }
}

export const pad: Kernel = (call) => {
  const { equation: { params, results: [aval] }, f, operands: [x], results: [result] } = call
  const [low, interior] = [params["low"], params["interior"]] as [ReadonlyArray<number>, ReadonlyArray<number>]
  const bytes = byteSize(aval!.dtype)
  clear(call, addressOf(result!), bytes * sizeOf(aval!.shape))
  const strides = stridesOf(aval!.shape)
  const { shape } = x!.aval
  if (sizeOf(shape) === 0) return
  const offset = low.reduce((sum, n, a) => sum + n * strides[a]!, 0)
  const axes = shape.map((size, a) => ({ size, steps: [bytes * strides[a]! * (1 + interior[a]!)] }))
  const [row] = axes.length === 0 ? [{ size: 1, steps: [bytes] }] : axes.slice(-1)
  const to = f.let(addressOf(after(result!, offset * bytes)))
  const from = f.let(addressOf(x!.place))
  const count = f.let(i32.const(sizeOf(shape)))
  walk(f, axes.length === 0 ? [row!] : axes, [to], i32.const(0), count, true, () => {
    const [step] = row!.steps as [number]
    const place = f.let(to)
    const end = f.let(i32.add(from, i32.const(row!.size * bytes)))
    f.repeat(() => {
      moveElement(f, bytes, place, from)
      place.set(i32.add(place, i32.const(step)))
      from.set(i32.add(from, i32.const(bytes)))
      return i32.ltU(from, end)
    })
  })
}

/** Adds a row of `count` elements to one whose elements are `stride` apart: `(to, from, count)`. */
const addRow = (context: Context, dtype: DType, stride: number): Callee =>
  context.function(`add row ${dtype} ${stride}`, 3, (f) => {
    const [to, from, count] = [f.integer(0), f.integer(1), f.integer(2)]
    const bytes = byteSize(dtype)
    const advance = (elements: number): void => {
      to.set(i32.add(to, i32.const(elements * stride * bytes)))
      from.set(i32.add(from, i32.const(elements * bytes)))
      count.set(i32.sub(count, i32.const(elements)))
    }
    const width = 16 / bytes
    if (stride === 1) {
      const sum = dtype === "float64"
        ? f64x2.add
        : dtype === "float32"
        ? f32x4.add
        : dtype === "int32"
        ? i32x4.add
        : v128.or
      f.while(i32.geS(count, i32.const(width)), () => {
        f.do(v128.store(to, sum(v128.load(to), v128.load(from))))
        advance(width)
      })
    }
    f.while(i32.gtS(count, i32.const(0)), () => {
      if (dtype === "float64") f.do(f64.store(to, f64.add(f64.load(to), f64.load(from))))
      else if (dtype === "float32") f.do(f32.store(to, f32.add(f32.load(to), f32.load(from))))
      else if (dtype === "int32") f.do(i32.store(to, i32.add(i32.load(to), i32.load(from))))
      else f.do(i32.store8(to, i32.or(i32.load8U(to), i32.load8U(from))))
      advance(1)
    })
  })

export const overlapAdd: Kernel = (call) => {
  const { before, context, equation: { params, results: [aval] }, f, operands: [x], results: [result] } = call
  const { dtype, shape } = aval!
  const bytes = byteSize(dtype)
  clear(call, addressOf(result!), bytes * sizeOf(shape))
  const { shape: from } = before === undefined ? x!.aval : before.results[0]!
  if (sizeOf(from) === 0) return
  const strides = windowStrides(stridesOf(shape), params as ParamsOfPrimitive<"overlapAdd">)
  /** Adds windows from `source` on, along all axes but the first `walked`, from `target` on. */
  const add = (source: I32, target: I32, walked: number): void => {
    const runs = runsOf({ shape: from.slice(walked), strides: strides.slice(walked) })
    const [row] = runs.length === 0 ? [{ size: 1, stride: 1 }] : runs.slice(-1)
    const outer = runs.slice(0, -1)
    const [next, to] = [f.let(source), f.let(target)]
    const count = f.let(i32.const(sizeOf(outer.map(({ size }) => size))))
    const axes = [...outer, { size: 1, stride: 0 }].map(({ size, stride }) => ({ size, steps: [stride * bytes] }))
    walk(f, axes, [to], i32.const(0), count, true, () => {
      f.call(addRow(context, dtype, row!.stride), to, next, i32.const(row!.size))
      next.set(i32.add(next, i32.const(row!.size * bytes)))
    })
  }
  if (before === undefined) return add(addressOf(x!.place), addressOf(result!), 0)
  const start = f.let(addressOf(result!))
  const work = productInParts(
    call,
    before,
    [start, strides.map((s) => s * bytes)],
    (rows, target, walked) => add(addressOf(rows), target, walked)
  )
  return { work, pauses: false }
}

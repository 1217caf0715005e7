/**
 * `concat` and `pad`, which write into parts of their results.
 */
import { byteSize } from "../../core/dtype.ts"
import { sizeOf, stridesOf } from "../../core/shape.ts"
import { addressOf, after } from "../emit/context.ts"
import { copyBytes, moveElement } from "../emit/rows.ts"
import { walk } from "../emit/walk.ts"
import { i32 } from "../wasm/code.ts"
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

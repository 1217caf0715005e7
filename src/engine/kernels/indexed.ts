/**
 * `take`, `scatter` and `index`. An index that is out of range ends the program; the reference then says which.
 */
import { byteSize } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import { addressOf } from "../emit/context.ts"
import { copyBytes, moveElement } from "../emit/rows.ts"
import type { I32 } from "../wasm/code.ts"
import { f32, f64, i32 } from "../wasm/code.ts"
import type { Local } from "../wasm/module.ts"
import type { Kernel, KernelCall } from "./kernel.ts"
import { at } from "./kernel.ts"

/** An index counted from the start. */
const fromStart = ({ context, f }: KernelCall, address: I32, size: number): Local<"i32"> => {
  const index = f.let(i32.load(address))
  f.if(i32.ltS(index, i32.const(0)), () => index.set(i32.add(index, i32.const(size))))
  f.if(i32.geU(index, i32.const(size)), () => f.call(context.fail))
  return index
}

/** Visits pairs of rows: the one that an index names among `size`, and its place among those that are counted through. */
const forEachIndex = (
  call: KernelCall,
  outer: number,
  size: number,
  visit: (row: I32, place: I32) => void
): void => {
  const { f, operands: [, indices] } = call
  const count = sizeOf(indices!.aval.shape)
  if (outer === 0 || count === 0) return
  f.for(i32.const(0), i32.const(outer), 1, (o) => {
    f.for(i32.const(0), i32.const(count), 1, (i) => {
      const row = fromStart(call, at(addressOf(indices!.place), i, 4), size)
      visit(i32.add(i32.mul(o, i32.const(size)), row), i32.add(i32.mul(o, i32.const(count)), i))
    })
  })
}

/** Rows of at most this many elements are moved without a loop. */
const shortRow = 8

export const take: Kernel = (call) => {
  const { context, equation, f, operands: [x], results: [result] } = call
  const axis = equation.params["axis"] as number
  const { dtype, shape } = x!.aval
  const [bytes, width] = [byteSize(dtype), sizeOf(shape.slice(axis + 1))]
  forEachIndex(call, sizeOf(shape.slice(0, axis)), shape[axis]!, (row, place) => {
    const from = f.let(at(addressOf(x!.place), row, width * bytes))
    const to = f.let(at(addressOf(result!), place, width * bytes))
    if (width > shortRow) f.call(copyBytes(context), to, from, i32.const(width * bytes))
    else for (let i = 0; i < width; i++) moveElement(f, bytes, to, from, i * bytes, i * bytes)
  })
}

export const scatter: Kernel = (call) => {
  const { equation: { params, results: [aval] }, f, operands: [updates], results: [result] } = call
  const axis = params["axis"] as number
  const { dtype, shape } = aval!
  const [bytes, width] = [byteSize(dtype), sizeOf(shape.slice(axis + 1))]
  clear(call, addressOf(result!), bytes * sizeOf(shape))
  if (width === 0) return
  forEachIndex(call, sizeOf(shape.slice(0, axis)), shape[axis]!, (row, place) => {
    const to = f.let(at(addressOf(result!), row, width * bytes))
    const from = f.let(at(addressOf(updates!.place), place, width * bytes))
    const end = f.let(i32.add(to, i32.const(width * bytes)))
    f.repeat(() => {
      if (dtype === "float64") f.do(f64.store(to, f64.add(f64.load(to), f64.load(from))))
      else if (dtype === "float32") f.do(f32.store(to, f32.add(f32.load(to), f32.load(from))))
      else if (dtype === "int32") f.do(i32.store(to, i32.add(i32.load(to), i32.load(from))))
      else f.do(i32.store8(to, i32.or(i32.load8U(to), i32.load8U(from))))
      for (const pointer of [to, from]) pointer.set(i32.add(pointer, i32.const(bytes)))
      return i32.ltU(to, end)
    })
  })
}

/** Zeros. */
export const clear = ({ f }: Pick<KernelCall, "f">, address: I32, bytes: number): void => {
  if (bytes > 0) f.fill(address, bytes)
}

export const index: Kernel = (call) => {
  const { equation: { params, results: [aval] }, f, operands: [coordinates], results: [result] } = call
  const sizes = params["sizes"] as ReadonlyArray<number>
  f.for(i32.const(0), i32.const(sizeOf(aval!.shape)), 1, (i) => {
    const position = f.let(i32.const(0))
    const from = f.let(at(addressOf(coordinates!.place), i, 4 * sizes.length))
    sizes.forEach((size, a) => {
      const coordinate = fromStart(call, i32.add(from, i32.const(4 * a)), size)
      position.set(i32.add(i32.mul(position, i32.const(size)), coordinate))
    })
    f.do(i32.store(at(addressOf(result!), i, 4), position))
  })
}

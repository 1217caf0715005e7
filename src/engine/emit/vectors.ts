/**
 * Values in registers: as many elements at once as fit of the widest dtype among them.
 *
 * Two elements at a time where a float64 is among them, else four. Narrower elements then fill the lower half of their
 * vector. A bool is a mask, with lanes of the width that two or four elements have.
 */
import type { DType } from "../../core/dtype.ts"
import type { Lanes } from "../math/lanes.ts"
import { lanesOf } from "../math/lanes.ts"
import type { I32, V128 } from "../wasm/code.ts"
import { i16x8, i32, i32x4, i64x2, i8x16, v128 } from "../wasm/code.ts"
import type { FunctionWriter } from "../wasm/module.ts"

/** How many elements at once. */
export type Width = 2 | 4

const spreadBytes = [0, 16, 16, 16, 16, 16, 16, 16, 1, 16, 16, 16, 16, 16, 16, 16]
const lowWords = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]
const eachWordTwice = [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7]
const firstBytes = [0, 8, ...new Array<number>(14).fill(0)]

/** Registers of a function, `width` elements at a time. */
export class Vectors {
  readonly f: FunctionWriter
  readonly width: Width
  readonly #lanes: { [D in "float32" | "float64"]?: Lanes } = {}

  readonly #fused: boolean

  constructor(f: FunctionWriter, width: Width, fused: boolean) {
    this.f = f
    this.width = width
    this.#fused = fused
  }

  lanes(dtype: "float32" | "float64"): Lanes {
    return this.#lanes[dtype] ??= lanesOf(dtype, this.f, this.#fused)
  }

  let(x: V128): V128 {
    return this.f.let(x)
  }

  /** All bits 0. */
  get zero(): V128 {
    return this.f.hoist("zero", v128.const(new Array<number>(16).fill(0)))
  }

  /** All elements equal to `value`. */
  splat(dtype: DType, value: number): V128 {
    if (dtype === "float64" || dtype === "float32") return this.lanes(dtype).splat(value)
    if (dtype === "int32") return this.f.hoist(`int32 ${value}`, i32x4.splat(i32.const(value)))
    return value === 0 ? this.zero : this.f.hoist("true", v128.not(this.zero))
  }

  /** A mask for elements of this dtype, from one that has the lanes of a bool. */
  maskFor(dtype: DType, mask: V128): V128 {
    return this.#isHalf(dtype) ? v128.shuffle(mask, mask, lowWords) : mask
  }

  /** A bool, from a comparison of elements of this dtype. */
  fromComparison(dtype: DType, mask: V128): V128 {
    return this.#isHalf(dtype) ? v128.shuffle(mask, mask, eachWordTwice) : mask
  }

  #isHalf(dtype: DType): boolean {
    return this.width === 2 && (dtype === "float32" || dtype === "int32")
  }

  load(dtype: DType, address: I32): V128 {
    if (dtype !== "bool") return this.#isHalf(dtype) ? v128.load64Zero(address) : v128.load(address)
    return this.width === 4
      ? i32x4.ne(i32x4.extendLowU(i16x8.extendLowU(v128.load32Zero(address))), this.zero)
      : i64x2.ne(v128.shuffle(v128.load16Splat(address), this.zero, spreadBytes), this.zero)
  }

  /** One element in all lanes. */
  loadUniform(dtype: DType, address: I32): V128 {
    if (dtype === "bool") return i32x4.ne(i32x4.splat(i32.load8U(address)), this.zero)
    return dtype === "float64" ? v128.load64Splat(address) : v128.load32Splat(address)
  }

  /** A bool's elements as bytes, next to each other. */
  #bytes(mask: V128): V128 {
    const ones = this.f.hoist("byte ones", i32x4.splat(i32.const(0x01010101)))
    if (this.width === 2) return this.let(v128.and(v128.shuffle(mask, mask, firstBytes), ones))
    const halves = this.let(i16x8.narrowS(mask, mask))
    return this.let(v128.and(i8x16.narrowS(halves, halves), ones))
  }

  /** Stores all elements. */
  store(dtype: DType, address: I32, value: V128): void {
    const { f } = this
    if (dtype === "bool") {
      const bytes = this.#bytes(value)
      f.do(this.width === 4 ? v128.store32Lane(address, bytes, 0) : v128.store16Lane(address, bytes, 0))
    } else f.do(this.#isHalf(dtype) ? v128.store64Lane(address, value, 0) : v128.store(address, value))
  }

  /** Stores the first `count` elements, fewer than all. */
  storePart(dtype: DType, address: I32, value: V128, count: I32): void {
    const { f, width } = this
    const source = dtype === "bool" ? f.let(i32x4.extract(this.#bytes(value), 0)) : value
    const lane = (i: number): void => {
      if (dtype === "float64") f.do(v128.store64Lane(address, value, i, 8 * i))
      // a bool's source is an int32, everything else a vector
      else if (dtype === "bool") f.do(i32.store8(address, i32.shrU(source as I32, i32.const(8 * i)), i))
      else f.do(v128.store32Lane(address, value, i, 4 * i))
    }
    lane(0)
    for (let i = 1; i < width - 1; i++) f.if(i32.gtS(count, i32.const(i)), () => lane(i))
  }
}

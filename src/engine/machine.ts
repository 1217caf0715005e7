/**
 * The memory of an engine. Constants stay in it for as long as their program does; behind them is the arena, which every
 * program has for itself while it runs.
 */
import * as Data from "effect/Data"
import type { DType, TypedArray } from "../core/dtype.ts"
import { byteSize } from "../core/dtype.ts"
import type { ConcreteTensor } from "../core/tensor.ts"
import { dataOf } from "../core/tensor.ts"
import { Arena } from "./arena.ts"
import { hasFusedMultiplyAdd } from "./relaxed.ts"
import type { WasmMemory } from "./wasm/runtime.ts"
import { runtime } from "./wasm/runtime.ts"

/** A program that cannot be compiled: it needs more memory than there are addresses, or the machine has no SIMD. */
export class CompileError extends Data.TaggedError("CompileError")<{
  readonly message: string
  /** The bytes that it needs, where that is what is wrong. */
  readonly bytes?: number | undefined
}> {}

/** All addresses of a 32-bit memory. */
const mostBytes = 2 ** 32
const pageBytes = 2 ** 16

/** A run that has given others their turn. */
export interface Occupant {
  /** Others need the arena now. */
  readonly leave: () => void
}

/** The memory of an engine. */
export class Machine {
  readonly relaxed: boolean
  /** Operations on elements between two pauses of a program: about a millisecond. */
  readonly grain: number
  readonly memory: WasmMemory
  /** The program that ran last: the arena is as that one has left it. */
  latest: (() => void) | undefined
  /** What is in the arena and has not come to its end. */
  occupant: Occupant | undefined
  readonly #constants = new Arena()
  #views: { readonly [D in DType]: TypedArray }

  /** Throws `CompileError` where there is no WebAssembly. */
  constructor(relaxed = hasFusedMultiplyAdd(), grain = 2 ** 20) {
    this.relaxed = relaxed
    this.grain = grain
    this.memory = new (available()).Memory({ initial: 1, maximum: mostBytes / pageBytes })
    this.#views = viewsOf(this.memory.buffer)
  }

  /** Where the arena begins: behind all constants. */
  get arena(): number {
    return this.#constants.peak
  }

  views(): { readonly [D in DType]: TypedArray } {
    return this.#views
  }

  /** Makes sure of so many bytes behind the constants. Throws `CompileError`. */
  reserve(bytes: number): void {
    const needed = this.arena + bytes + 64
    const { buffer } = this.memory
    if (needed <= buffer.byteLength) return
    const refuse = () => {
      throw new CompileError({ bytes, message: `a program requires at most ${mostBytes} bytes, got ${needed}` })
    }
    if (needed > mostBytes - pageBytes) refuse()
    try {
      this.memory.grow(Math.ceil((needed - buffer.byteLength) / pageBytes))
    } catch {
      refuse()
    }
    this.#views = viewsOf(this.memory.buffer)
  }

  /** The address of constants, for as long as `release` is not called. */
  keep(tensors: ReadonlyArray<ConcreteTensor>, bytes: number): number {
    if (bytes === 0) return -1
    this.occupant?.leave()
    const address = this.#constants.allocate(bytes)
    this.reserve(0)
    let at = address
    for (const x of tensors) {
      write(this.#views, x, at)
      at += constantSize(x)
    }
    return address
  }

  release(address: number): void {
    this.#constants.free(address)
  }
}

export const available = (): NonNullable<typeof runtime> => {
  if (runtime !== undefined) return runtime
  throw new CompileError({ message: "Engine.wasm requires WebAssembly with SIMD, got none; use Engine.reference" })
}

/** A constant's bytes, with what vectors read beyond the end. */
const constantSize = ({ dtype, size }: ConcreteTensor): number => Math.ceil((byteSize(dtype) * size + 16) / 16) * 16

const viewsOf = (buffer: ArrayBuffer): { readonly [D in DType]: TypedArray } => ({
  float64: new Float64Array(buffer),
  float32: new Float32Array(buffer),
  int32: new Int32Array(buffer),
  bool: new Uint8Array(buffer)
})

/** Up to this size a loop is faster than a call. */
export const few = 32

export const write = (views: { readonly [D in DType]: TypedArray }, x: ConcreteTensor, address: number): void => {
  const data = dataOf(x)
  const view = views[x.dtype]
  const start = address / byteSize(x.dtype)
  if (data.length > few) view.set(data, start)
  else for (let i = 0; i < data.length; i++) view[start + i] = data[i]!
}

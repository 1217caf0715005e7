/**
 * Lists as running programs: one memory for all of them, one module for each.
 *
 * Constants stay in the memory for as long as their program does. Behind them is the arena, which every program has for
 * itself while it runs: nothing in it outlives a call.
 */
import * as Data from "effect/Data"
import type { DType, TypedArray } from "../core/dtype.ts"
import { byteSize } from "../core/dtype.ts"
import { compute, evaluate } from "../core/evaluator.ts"
import { sizeOf } from "../core/shape.ts"
import type { Aval, ConcreteTensor } from "../core/tensor.ts"
import { dataOf, fromData } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { outputAvals } from "../core/trace.ts"
import { Arena } from "./arena.ts"
import type { Place, Stored } from "./emit/context.ts"
import { Context } from "./emit/context.ts"
import { hostFunctions } from "./emit/host.ts"
import { emitList } from "./emit/list.ts"
import { optimize } from "./optimize.ts"
import { hasFusedMultiplyAdd } from "./relaxed.ts"
import type { WasmGlobal, WasmInstance, WasmMemory } from "./wasm/runtime.ts"
import { runtime } from "./wasm/runtime.ts"

/** A program that cannot be compiled: it needs more memory than there are addresses, or the machine has no SIMD. */
export class CompileError extends Data.TaggedError("CompileError")<{
  readonly message: string
  /** The bytes that it needs, where that is what is wrong. */
  readonly bytes?: number | undefined
}> {}

/** A program that is compiled. */
export interface Compiled {
  /** The list as it runs. */
  readonly trace: Trace
  /** What runs one after the other, in words. */
  readonly kernels: ReadonlyArray<string>
  /** The module's bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The most bytes of the arena that are in use at once, and the bytes of the constants. */
  readonly peakBytes: number
  readonly constantBytes: number
  readonly run: (args: ReadonlyArray<ConcreteTensor>) => ReadonlyArray<ConcreteTensor>
  /** Gives the memory of the constants back; the program must not run again. */
  readonly release: () => void
}

/** All addresses of a 32-bit memory. */
const mostBytes = 2 ** 32
const pageBytes = 2 ** 16

/** What the program throws when an index is out of range; the reference then finds the words. */
const failed = new Error("an index is out of range")

/** The memory of an engine. */
export class Machine {
  readonly relaxed: boolean
  readonly memory: WasmMemory
  /** The program that ran last: the arena is as that one has left it. */
  latest: (() => void) | undefined
  readonly #constants = new Arena()
  #views: { readonly [D in DType]: TypedArray }

  /** Throws `CompileError` where there is no WebAssembly. */
  constructor(relaxed = hasFusedMultiplyAdd()) {
    this.relaxed = relaxed
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

const available = (): NonNullable<typeof runtime> => {
  if (runtime !== undefined) return runtime
  throw new CompileError({ message: "Engine.wasm requires WebAssembly with SIMD, got none; use Engine.reference" })
}

/** The module, ready to run. Throws `CompileError` where the machine does not know its instructions. */
const load = (bytes: Uint8Array<ArrayBuffer>, host: { readonly [name: string]: unknown }): WasmInstance => {
  const { Instance, Module } = available()
  try {
    return new Instance(new Module(bytes), { engine: host })
  } catch (error) {
    throw new CompileError({ message: `Engine.wasm requires WebAssembly with SIMD, got ${String(error)}` })
  }
}

/** A constant's bytes, with what vectors read beyond the end. */
const constantSize = ({ dtype, size }: ConcreteTensor): number => Math.ceil((byteSize(dtype) * size + 16) / 16) * 16

const viewsOf = (buffer: ArrayBuffer): { readonly [D in DType]: TypedArray } => ({
  float64: new Float64Array(buffer),
  float32: new Float32Array(buffer),
  int32: new Int32Array(buffer),
  bool: new Uint8Array(buffer)
})

/** Below this a loop is faster than a call. */
const few = 32

const write = (views: { readonly [D in DType]: TypedArray }, x: ConcreteTensor, address: number): void => {
  const data = dataOf(x)
  const view = views[x.dtype]
  const start = address / byteSize(x.dtype)
  if (data.length > few) view.set(data, start)
  else for (let i = 0; i < data.length; i++) view[start + i] = data[i]!
}

/** Compiles a list, all of whose captured values are known. Throws `CompileError`. */
export const instantiate = (machine: Machine, original: Trace): Compiled => {
  const trace = optimize(original)
  const context = new Context(machine.relaxed)
  const inputs = trace.inputs.map((aval) => context.allocate(aval.dtype, sizeOf(aval.shape)))
  const { callee, outputs, steps } = emitList(context, trace, inputs)
  context.module.export("run", callee)
  const bytes = context.module.bytes()
  const { arena: { peak }, constantBytes, constantTensors, hostCalls } = context
  machine.reserve(peak + constantBytes)
  const constants = machine.keep(constantTensors, constantBytes)

  const baseOf = ({ base, offset }: Place): number =>
    // the module exports every global under its name
    (exports[base.name] as WasmGlobal).value + offset
  const readAt = (address: number, { dtype, shape }: Aval): TypedArray => {
    const from = address / byteSize(dtype)
    return machine.views()[dtype].slice(from, from + sizeOf(shape))
  }
  const read = ({ aval, place }: Stored): ConcreteTensor =>
    fromData(aval.shape, aval.dtype, readAt(baseOf(place), aval))
  const call = (n: number): void => {
    const { equation, operands, results } = hostCalls[n]!
    const computed = compute(equation, operands.map(read))
    results.forEach(({ place }, i) => write(machine.views(), computed[i]!, baseOf(place)))
  }
  const host = {
    ...Object.fromEntries(Object.entries(hostFunctions).map(([name, { f }]) => [name, f])),
    memory: machine.memory,
    fail: () => {
      throw failed
    },
    call
  }
  const { exports } = load(bytes, host)
  // what was exported above
  const program = exports["run"] as () => void
  const scratch = exports[context.scratch.name] as WasmGlobal
  ;(exports[context.constants.name] as WasmGlobal).value = constants

  const avals = outputAvals(trace)
  const given: Array<WeakRef<ConcreteTensor> | undefined> = []
  let arena = -1
  const run = (args: ReadonlyArray<ConcreteTensor>): ReadonlyArray<ConcreteTensor> => {
    if (arena !== machine.arena) {
      machine.reserve(peak)
      scratch.value = arena = machine.arena
      machine.latest = undefined
    }
    const views = machine.views()
    // what large arguments were before, nobody has written over if no other program ran since: tensors do not change
    const isSame = machine.latest === program
    for (let i = 0; i < inputs.length; i++) {
      const x = args[i]!
      if (isSame && x.size > few && given[i]?.deref() === x) continue
      write(views, x, arena + inputs[i]!.offset)
      given[i] = x.size > few ? new WeakRef(x) : undefined
    }
    machine.latest = program
    try {
      program()
    } catch (error) {
      if (error !== failed) throw error
      return evaluate(original, args)
    }
    return outputs.map(({ offset }, i) => {
      const aval = avals[i]!
      return fromData(aval.shape, aval.dtype, readAt(arena + offset, aval))
    })
  }
  return {
    trace,
    kernels: steps,
    bytes,
    peakBytes: peak,
    constantBytes,
    run,
    release: () => machine.release(constants)
  }
}

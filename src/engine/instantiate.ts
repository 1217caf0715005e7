/**
 * Lists as running programs: one module for each.
 */
import type { TypedArray } from "../core/dtype.ts"
import { byteSize } from "../core/dtype.ts"
import { compute, evaluate } from "../core/evaluator.ts"
import { sizeOf } from "../core/shape.ts"
import type { Aval, ConcreteTensor } from "../core/tensor.ts"
import { fromData } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { outputAvals } from "../core/trace.ts"
import type { Place, Stored } from "./emit/context.ts"
import { Context } from "./emit/context.ts"
import { hostFunctions } from "./emit/host.ts"
import { emitList } from "./emit/list.ts"
import type { Machine, Occupant } from "./machine.ts"
import { available, CompileError, few, write } from "./machine.ts"
import { optimize } from "./optimize.ts"
import type { Global } from "./wasm/module.ts"
import type { WasmGlobal, WasmInstance } from "./wasm/runtime.ts"
import { written } from "./written.ts"

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
  /** Runs it until it ends or pauses. Throws typed errors. */
  readonly run: (args: ReadonlyArray<ConcreteTensor>) => Progress
  /** Gives the memory of the constants back; the program must not be run again. */
  readonly release: () => void
}

/** Results, or a run that gives others their turn. */
export type Progress = ReadonlyArray<ConcreteTensor> | PausedRun

/** A run that gives others their turn: other programs may run, and this one too. */
export interface PausedRun {
  /** Goes on until it ends or pauses. Throws typed errors. */
  readonly resume: () => Progress
  /** Ends it where it is. */
  readonly drop: () => void
}

/** Has it come to its end? */
export const isEnded = (progress: Progress): progress is ReadonlyArray<ConcreteTensor> => Array.isArray(progress)

/** The results of a run that gives nobody a turn. Throws typed errors. */
export const atOnce = (progress: Progress): ReadonlyArray<ConcreteTensor> => {
  let now = progress
  while (!isEnded(now)) now = now.resume()
  return now
}

/** What the program throws when an index is out of range; the reference then finds the words. */
const failed = new Error("an index is out of range")

/** The module, ready to run. Throws `CompileError` where the machine does not know its instructions. */
const load = (bytes: Uint8Array<ArrayBuffer>, host: { readonly [name: string]: unknown }): WasmInstance => {
  const { Instance, Module } = available()
  try {
    return new Instance(new Module(bytes), { engine: host })
  } catch (error) {
    throw new CompileError({ message: `Engine.wasm requires WebAssembly with SIMD, got ${String(error)}` })
  }
}

/** Compiles a list, all of whose captured values are known. Throws `CompileError`. */
export const instantiate = (machine: Machine, original: Trace): Compiled => {
  const trace = written(optimize(original))
  const context = new Context(machine)
  const inputs = trace.inputs.map((aval) => context.allocate(aval.dtype, sizeOf(aval.shape)))
  const { callee, outputs, pauses, steps } = emitList(context, trace, inputs)
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
  const global = ({ name }: Global): WasmGlobal => exports[name] as WasmGlobal
  const [scratch, left, paused] = [global(context.scratch), global(context.left), global(context.paused)]
  const [counters, addresses] = [context.counters.map(global), context.addresses.map(global)]
  global(context.constants).value = constants

  const avals = outputAvals(trace)
  const given: Array<WeakRef<ConcreteTensor> | undefined> = []
  let arena = -1
  const settle = (): void => {
    if (arena === machine.arena) return
    machine.reserve(peak)
    scratch.value = arena = machine.arena
    machine.latest = undefined
  }

  /** How many runs have paused: they need the constants. */
  let unfinished = 0
  let isReleased = false
  const release = (): void => {
    isReleased = true
    if (unfinished === 0) machine.release(constants)
  }
  const finish = (): void => {
    for (const counter of counters) counter.value = 0
    machine.occupant = undefined
  }
  const pause = (args: ReadonlyArray<ConcreteTensor>): PausedRun & Occupant => {
    /** What it had in the arena, while others are there. */
    let kept: { from: number; bytes: Uint8Array; counters: Array<number>; addresses: Array<number> } | undefined
    let isOver = false
    unfinished++
    const end = (): void => {
      if (isOver) return
      isOver = true
      if (machine.occupant === run) finish()
      kept = undefined
      if (--unfinished === 0 && isReleased) machine.release(constants)
    }
    const run: PausedRun & Occupant = {
      leave: () => {
        kept = {
          from: arena,
          bytes: new Uint8Array(machine.memory.buffer).slice(arena, arena + peak),
          counters: counters.map((x) => x.value),
          addresses: addresses.map((x) => x.value)
        }
        finish()
      },
      resume: () => {
        if (kept !== undefined) {
          machine.occupant?.leave()
          settle()
          new Uint8Array(machine.memory.buffer).set(kept.bytes, arena)
          kept.counters.forEach((value, i) => counters[i]!.value = value)
          // constants stay where they are; the arena may begin elsewhere
          const moved = arena - kept.from
          const { from } = kept
          kept.addresses.forEach((value, i) => addresses[i]!.value = value < from ? value : value + moved)
          // the arguments of this run are not those that were written last
          machine.latest = kept = undefined
        }
        try {
          const progress = advance(args, run)
          if (isEnded(progress)) end()
          return progress
        } catch (error) {
          end()
          throw error
        }
      },
      drop: end
    }
    return run
  }
  const advance = (args: ReadonlyArray<ConcreteTensor>, self?: PausedRun & Occupant): Progress => {
    if (pauses) {
      left.value = machine.grain
      paused.value = 0
    }
    try {
      program()
    } catch (error) {
      finish()
      if (error !== failed) throw error
      return evaluate(original, args)
    }
    if (pauses) {
      if (paused.value !== 0) return machine.occupant = self ?? pause(args)
      machine.occupant = undefined
    }
    return outputs.map(({ offset }, i) => {
      const aval = avals[i]!
      return fromData(aval.shape, aval.dtype, readAt(arena + offset, aval))
    })
  }
  const run = (args: ReadonlyArray<ConcreteTensor>): Progress => {
    machine.occupant?.leave()
    settle()
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
    return advance(args)
  }
  return {
    trace,
    kernels: steps,
    bytes,
    peakBytes: peak,
    constantBytes,
    run,
    release
  }
}

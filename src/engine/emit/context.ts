/**
 * What all emitters share: the module, the functions of the host, and where values are stored.
 */
import type { DType } from "../../core/dtype.ts"
import { byteSize } from "../../core/dtype.ts"
import type { Aval, ConcreteTensor } from "../../core/tensor.ts"
import type { Equation } from "../../core/trace.ts"
import { Arena } from "../arena.ts"
import type { I32, ValueType } from "../wasm/code.ts"
import { i32 } from "../wasm/code.ts"
import type { Callee, FunctionWriter, Global } from "../wasm/module.ts"
import { ModuleWriter } from "../wasm/module.ts"
import { hostFunctions } from "./host.ts"

/** Where bytes are: at an offset from a base, which is known when the program runs. */
export interface Place {
  readonly base: Global
  readonly offset: number
}

/** The place so many bytes further. */
export const after = ({ base, offset }: Place, bytes: number): Place => ({ base, offset: offset + bytes })

/** The address of a place. */
export const addressOf = ({ base, offset }: Place): I32 => offset === 0 ? base : i32.add(base, i32.const(offset))

/** A value in memory. */
export interface Stored {
  readonly place: Place
  readonly aval: Aval
}

/** An equation that is computed outside of the module. */
export interface HostCall {
  readonly equation: Equation
  readonly operands: ReadonlyArray<Stored>
  readonly results: ReadonlyArray<Stored>
}

/** A module under construction, with its memory plan. */
export class Context {
  readonly module = new ModuleWriter()
  readonly arena = new Arena()
  /** Where the arena begins, and the constants. */
  readonly scratch: Global
  readonly constants: Global
  /** The work that is left until the program pauses, and whether it has paused. */
  readonly left: Global
  readonly paused: Global
  /** Where the functions that pause are, and the addresses that they keep. */
  readonly counters: Array<Global> = []
  readonly addresses: Array<Global> = []
  readonly #host: { readonly [name: string]: Callee }
  readonly #constantTensors: Array<ConcreteTensor> = []
  #constantBytes = 0
  readonly hostCalls: Array<HostCall> = []

  /** Is there one instruction, `relaxed_madd`, that multiplies and adds with one rounding? */
  readonly relaxed: boolean
  /** The work between two pauses. */
  readonly grain: number

  constructor({ grain, relaxed }: { readonly relaxed: boolean; readonly grain: number }) {
    this.relaxed = relaxed
    this.grain = grain
    const { module } = this
    this.#host = Object.fromEntries(
      Object.entries(hostFunctions).map(([name, { arity }]) => [
        name,
        module.import(name, new Array<ValueType>(arity).fill("f64"), "f64")
      ])
    )
    this.fail = module.import("fail", [])
    this.callHost = module.import("call", ["i32"])
    this.scratch = module.global()
    this.constants = module.global()
    this.left = module.global()
    this.paused = module.global()
  }

  /** Ends the program: the reference then says what was wrong. */
  readonly fail: Callee
  /** Computes equation number n outside. */
  readonly callHost: Callee

  /** A scalar function of the host. */
  host(name: string): Callee {
    return this.#host[name]!
  }

  /** A variable of a function that pauses: 0 ahead of its first call, and when it has come to its end. */
  counter(): Global {
    const global = this.module.global()
    this.counters.push(global)
    return global
  }

  /** An address that is known when the program runs. */
  address(): Global {
    const global = this.module.global()
    this.addresses.push(global)
    return global
  }

  /** Storage for a while; `free` ends it. */
  allocate(dtype: DType, size: number): Place {
    return this.allocateBytes(byteSize(dtype) * size)
  }

  allocateBytes(bytes: number): Place {
    return { base: this.scratch, offset: this.arena.allocate(bytes) }
  }

  free({ base, offset }: Place): void {
    if (base === this.scratch) this.arena.free(offset)
  }

  /** Storage for a captured value, for as long as the program lives. */
  constant(tensor: ConcreteTensor): Place {
    const place = { base: this.constants, offset: this.#constantBytes }
    this.#constantTensors.push(tensor)
    this.#constantBytes += Math.ceil((byteSize(tensor.dtype) * tensor.size + 16) / 16) * 16
    return place
  }

  get constantTensors(): ReadonlyArray<ConcreteTensor> {
    return this.#constantTensors
  }

  get constantBytes(): number {
    return this.#constantBytes
  }

  /** A function of the module, written once for each key. */
  function(key: string, params: number, write: (f: FunctionWriter) => void, result?: ValueType): Callee {
    return this.module.function(new Array<ValueType>(params).fill("i32"), result, write, key)
  }
}

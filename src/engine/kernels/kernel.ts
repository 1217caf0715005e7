/**
 * What the emitters of kernels are given.
 */
import type { Aval } from "../../core/tensor.ts"
import type { Equation, Trace } from "../../core/trace.ts"
import type { Context, Place } from "../emit/context.ts"
import type { Effort, Piece } from "../emit/pauses.ts"
import type { View } from "../view.ts"
import type { I32 } from "../wasm/code.ts"
import { i32 } from "../wasm/code.ts"
import type { FunctionWriter } from "../wasm/module.ts"

/** An operand: its elements, the first of which is at `place`. Next to each other, except for those of `dot`. */
export interface Operand {
  readonly view: View
  readonly aval: Aval
  readonly place: Place
}

/** An equation in a function under construction. */
export interface KernelCall {
  readonly f: FunctionWriter
  readonly context: Context
  readonly equation: Equation
  readonly operands: ReadonlyArray<Operand>
  /** The equation that computes what this one reads, where both are one kernel: the operands are its. */
  readonly before: Equation | undefined
  /** Where the results go. */
  readonly results: ReadonlyArray<Place>
  /** The function of a list, which reads its inputs at these places and writes its outputs to those. */
  readonly list: (trace: Trace, inputs: ReadonlyArray<Place>, outputs: ReadonlyArray<Place>) => Piece
}

/** Writes the code of an equation, and says what it takes where its operands do not say so. */
export type Kernel = (call: KernelCall) => Effort | void

/** `address + index·bytes` */
export const at = (address: I32, index: I32, bytes: number): I32 =>
  i32.add(address, bytes === 1 ? index : i32.mul(index, i32.const(bytes)))

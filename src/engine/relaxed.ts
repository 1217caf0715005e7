/**
 * Whether this machine multiplies and adds with one rounding, in one instruction.
 */
import { f64, f64x2 } from "./wasm/code.ts"
import { ModuleWriter } from "./wasm/module.ts"
import { runtime } from "./wasm/runtime.ts"

const probe = (): boolean => {
  const module = new ModuleWriter()
  const callee = module.function(["i32"], "f64", (f) => {
    // (1 + 2⁻³⁰)² = 1 + 2⁻²⁹ + 2⁻⁶⁰, of which one rounding keeps the last term when the others are taken off
    const x = f64x2.splat(f64.add(f64.const(1 + 2 ** -30), f64.fromI32(f.integer(0))))
    f.return(f64x2.extract(f64x2.relaxedMadd(x, x, f64x2.splat(f64.const(-1 - 2 ** -29))), 0))
  })
  module.export("run", callee)
  if (runtime === undefined) return false
  const { Instance, Memory, Module } = runtime
  try {
    const memory = new Memory({ initial: 0 })
    const { exports } = new Instance(new Module(module.bytes()), { engine: { memory } })
    // the module above exports this function
    return (exports["run"] as (zero: number) => number)(0) === 2 ** -60
  } catch {
    return false
  }
}

let known: boolean | undefined

/** Asked of the machine once. */
export const hasFusedMultiplyAdd = (): boolean => known ??= probe()

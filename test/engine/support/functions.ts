/**
 * The engine's elementary functions, each compiled by itself.
 */
import { exp, expm1, log, log1p, sech, sigmoid, tanh } from "../../../src/engine/math/exponential.ts"
import type { Lanes } from "../../../src/engine/math/lanes.ts"
import { lanesOf } from "../../../src/engine/math/lanes.ts"
import { cos, sin } from "../../../src/engine/math/trigonometric.ts"
import type { V128 } from "../../../src/engine/wasm/code.ts"
import { i32, v128 } from "../../../src/engine/wasm/code.ts"
import type { Callee } from "../../../src/engine/wasm/module.ts"
import { ModuleWriter } from "../../../src/engine/wasm/module.ts"
import { runtime } from "../../../src/engine/wasm/runtime.ts"

/** The functions. */
export const names = ["exp", "expm1", "log", "log1p", "sech", "sigmoid", "tanh", "sin", "cos"] as const
export type Name = typeof names[number]

/** The precisions. */
export type Precision = "float32" | "float64"

const { Instance, Memory, Module } = runtime!
const count = 4096
const memory = new Memory({ initial: 2 })

const lower = (name: Name, l: Lanes, x: V128, host: { readonly [name: string]: Callee }): V128 =>
  name === "sin"
    ? sin(l, x, host["sin"]!)
    : name === "cos"
    ? cos(l, x, host["cos"]!)
    : { exp, expm1, log, log1p, sech, sigmoid, tanh }[name](l, x)

/** The function of many numbers at once, as a module computes it, with products that are rounded or `fused`. The result is valid until the next call. */
export const functionOf = (
  name: Name,
  dtype: Precision,
  fused: boolean
): (xs: ArrayLike<number>) => Float32Array | Float64Array => {
  const module = new ModuleWriter()
  const host = { sin: module.import("sin", ["f64"], "f64"), cos: module.import("cos", ["f64"], "f64") }
  const callee = module.function(["i32"], undefined, (f) => {
    f.for(i32.const(0), f.integer(0), 16, (i) => {
      const x = f.let(v128.load(i))
      f.do(v128.store(i, lower(name, lanesOf(dtype, f, fused), x, host), 8 * count))
    })
  })
  module.export("run", callee)
  const { exports } = new Instance(new Module(module.bytes()), { engine: { memory, sin: Math.sin, cos: Math.cos } })
  const run = exports["run"] as (bytes: number) => void
  const TypedArray = dtype === "float64" ? Float64Array : Float32Array
  const [from, to] = [new TypedArray(memory.buffer, 0, count), new TypedArray(memory.buffer, 8 * count, count)]
  return (xs) => {
    if (xs.length === count) {
      from.set(xs)
      run(from.byteLength)
      return to
    }
    const ys = new TypedArray(xs.length)
    for (let i = 0; i < xs.length; i += count) {
      from.fill(1)
      from.set(Array.prototype.slice.call(xs, i, i + count))
      run(from.byteLength)
      ys.set(to.subarray(0, Math.min(count, xs.length - i)), i)
    }
    return ys
  }
}

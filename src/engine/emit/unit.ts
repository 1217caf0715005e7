/**
 * A unit: elementwise equations that share one loop, their values in registers between them.
 *
 * A unit is a function of its own, called for every strip, so that the optimising compiler gets to it soon; equal units are
 * written once.
 */
import type { DType } from "../../core/dtype.ts"
import { byteSize } from "../../core/dtype.ts"
import { i32 } from "../wasm/code.ts"
import type { Callee } from "../wasm/module.ts"
import type { Context } from "./context.ts"
import type { Register } from "./elementwise.ts"
import { lower } from "./elementwise.ts"
import type { Width } from "./vectors.ts"
import { Vectors } from "./vectors.ts"

/** Where a unit gets a value from: memory, element by element or one for all; or it is known. */
export type Source =
  | { readonly kind: "stream" | "uniform"; readonly dtype: DType; readonly param: number }
  | { readonly kind: "literal"; readonly dtype: DType; readonly value: number }
  | { readonly kind: "value"; readonly op: number }

/** An equation of a unit. */
export interface UnitOp {
  readonly name: string
  readonly orders: ReadonlyArray<number>
  readonly dtype: DType
  readonly operands: ReadonlyArray<Source>
  /** The parameter that says where the result is stored, if it is. */
  readonly stored: number | undefined
}

const keyOf = (source: Source): string =>
  source.kind === "value"
    ? `v${source.op}`
    : source.kind === "literal"
    ? `${source.dtype}=${Object.is(source.value, -0) ? "-0" : source.value}`
    : `${source.kind}${source.param}:${source.dtype}`

/** The function of a unit: it takes the addresses of its parameters, and the number of elements, which is not 0. */
export const unit = (context: Context, ops: ReadonlyArray<UnitOp>, params: number, width: Width): Callee => {
  const key = `unit${width} ${
    ops.map((op) => `${op.name}${op.orders.join()}:${op.dtype}(${op.operands.map(keyOf).join()})>${op.stored ?? ""}`)
      .join(";")
  }`
  return context.function(key, params + 1, (f) => {
    const v = new Vectors(f, width, context.relaxed)
    const count = f.integer(params)
    const uniforms = new Map<number, Register>()
    const streams = new Map<number, DType>()
    for (const { dtype, operands, stored } of ops) {
      if (stored !== undefined) streams.set(stored, dtype)
      for (const x of operands) {
        if (x.kind === "stream") streams.set(x.param, x.dtype)
        else if (x.kind === "uniform" && !uniforms.has(x.param)) {
          uniforms.set(x.param, { dtype: x.dtype, value: v.let(v.loadUniform(x.dtype, f.integer(x.param))) })
        }
      }
    }
    f.repeat(() => {
      const loaded = new Map<number, Register>()
      const results: Array<Register> = []
      const read = (source: Source): Register => {
        switch (source.kind) {
          case "value":
            return results[source.op]!
          case "literal":
            return { dtype: source.dtype, value: v.splat(source.dtype, source.value) }
          case "uniform":
            return uniforms.get(source.param)!
          case "stream": {
            const { dtype, param } = source
            const known = loaded.get(param) ?? { dtype, value: v.let(v.load(dtype, f.integer(param))) }
            loaded.set(param, known)
            return known
          }
        }
      }
      for (const { dtype, name, operands, orders } of ops) {
        results.push({ dtype, value: v.let(lower(name, { context, v, dtype, orders }, operands.map(read))) })
      }
      const stores = ops.flatMap(({ dtype, stored }, i) =>
        stored === undefined ? [] : [{ dtype, address: f.integer(stored), value: results[i]!.value }]
      )
      f.if(i32.ltS(count, i32.const(width)), () => {
        for (const { address, dtype, value } of stores) v.storePart(dtype, address, value, count)
        f.return()
      })
      for (const { address, dtype, value } of stores) v.store(dtype, address, value)
      for (const [param, dtype] of streams) {
        const pointer = f.integer(param)
        pointer.set(i32.add(pointer, i32.const(width * byteSize(dtype))))
      }
      count.set(i32.sub(count, i32.const(width)))
      return count
    })
  })
}

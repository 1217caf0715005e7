/**
 * The encoder: numbers as the binary format has them, and modules that validate and compute.
 */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Bytes } from "../../src/engine/wasm/bytes.ts"
import { f64, i32, v128 } from "../../src/engine/wasm/code.ts"
import type { FunctionWriter } from "../../src/engine/wasm/module.ts"
import { callOf, ModuleWriter } from "../../src/engine/wasm/module.ts"
import { runtime } from "../../src/engine/wasm/runtime.ts"

const { Instance, Memory, Module } = runtime!

const bytesOf = (write: (out: Bytes) => void): ReadonlyArray<number> => {
  const out = new Bytes()
  write(out)
  return Array.from(out.view())
}

/** A module with one function, `run`. */
const functionOf = (params: number, write: (f: FunctionWriter) => void) => {
  const module = new ModuleWriter()
  module.export("run", module.function(new Array<"i32">(params).fill("i32"), "i32", write))
  const memory = new Memory({ initial: 1 })
  const { exports } = new Instance(new Module(module.bytes()), { engine: { memory } })
  return { run: exports["run"] as (...args: ReadonlyArray<number>) => number, memory }
}

describe("LEB128", () => {
  // examples of the DWARF standard, version 4, appendix C
  test("examples", () => {
    expect(bytesOf((b) => b.unsigned(624485))).toEqual([0xe5, 0x8e, 0x26])
    expect(bytesOf((b) => b.signed(-123456))).toEqual([0xc0, 0xbb, 0x78])
    expect(bytesOf((b) => b.signed(127))).toEqual([0xff, 0x00])
    expect(bytesOf((b) => b.signed(-128))).toEqual([0x80, 0x7f])
    expect(bytesOf((b) => b.unsigned(2 ** 32 - 1))).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f])
    expect(bytesOf((b) => b.signed64(-(2n ** 63n)))).toEqual([...new Array<number>(9).fill(0x80), 0x7f])
  })

  test("an int32 constant is what the machine reads", () => {
    fc.assert(fc.property(fc.integer(), (n) => {
      expect(functionOf(0, (f) => f.return(i32.const(n))).run()).toBe(n)
    }))
  })
})

test("a loop adds up, and a condition chooses", () => {
  const { run } = functionOf(1, (f) => {
    const total = f.let(i32.const(0))
    f.for(i32.const(0), f.integer(0), 1, (i) => {
      f.if(i32.remU(i, i32.const(2)), () => total.set(i32.add(total, i)), () => total.set(i32.sub(total, i32.const(1))))
    })
    f.return(total)
  })
  const expected = (n: number) => Array.from({ length: n }, (_, i) => i % 2 === 1 ? i : -1).reduce((a, b) => a + b, 0)
  for (const n of [0, 1, 2, 7, 100]) expect(run(n)).toBe(n === 0 ? 0 : expected(n))
})

test("equal functions are written once, and constants ahead of loops", () => {
  const module = new ModuleWriter()
  const twice = () =>
    module.function(["i32"], "i32", (f) => f.return(i32.mul(f.integer(0), f.hoist("two", i32.const(2)))), "twice")
  expect(twice().index).toBe(twice().index)
  module.export("run", module.function(["i32"], "i32", (f) => f.return(callOf(twice(), "i32", f.integer(0)))))
  const { exports } = new Instance(new Module(module.bytes()), { engine: { memory: new Memory({ initial: 1 }) } })
  expect((exports["run"] as (n: number) => number)(21)).toBe(42)
})

test("a large module keeps its bytes", () => {
  const { memory, run } = functionOf(0, (f) => {
    for (let i = 0; i < 2000; i++) f.do(f64.store(i32.const(8 * i), f64.const(i / 3)))
    f.do(v128.store(i32.const(8 * 2000), v128.load(i32.const(8))))
    f.return(i32.const(1))
  })
  run()
  const found = new Float64Array(memory.buffer, 0, 2002)
  for (let i = 0; i < 2000; i++) expect(found[i]).toBe(i / 3)
  expect(Array.from(found.subarray(2000))).toEqual([1 / 3, 2 / 3])
})

/**
 * Engines as users meet them: `jit`, `compile` and the Layers.
 */
import { Effect, Exit } from "effect"
import { describe, expect, test } from "vitest"
import * as w from "wengert"
import { CompileError, Engine, Tensor } from "wengert"
import { evaluator } from "../../src/core/evaluator.ts"
import { Interpreter } from "../../src/core/interpreter.ts"
import { Programs } from "../../src/engine/engine.ts"
import { atOnce } from "../../src/engine/instantiate.ts"
import { Machine } from "../../src/engine/machine.ts"
import { concrete, listOf } from "./support/run.ts"

const run = <A, E>(program: Effect.Effect<A, E>): A => Effect.runSync(program)
const numbers = (x: Effect.Effect<Tensor, unknown> | Tensor): ReadonlyArray<number> =>
  Array.from(run(Tensor.data(Effect.isEffect(x) ? run(x) : x)))

const f = (x: Tensor<[3]>) => w.sum(w.mul(x, w.sin(x)))
const x: Tensor<[3]> = Tensor.make([0, 0.5, 1])
const slope = [0, 0.9182168195493894, 1.3817732906760363]

describe("jit composes with transformations both ways", () => {
  const expectSlope = (y: Effect.Effect<Tensor, unknown>) => {
    for (const [i, d] of numbers(y).entries()) expect(d).toBeCloseTo(slope[i]!, 14)
  }
  test("jit(grad(f))", () => expectSlope(w.jit(w.grad(f))(x)))
  test("grad(jit(f))", () => expectSlope(w.grad((y: Tensor<[3]>) => w.jit(f)(y))(x)))
  test("vmap(jit(f))", () => {
    const rows = Tensor.make([[0, 0.5, 1], [1, 2, 3]])
    const expected = numbers(w.vmap(f)(rows))
    const found = numbers(w.vmap((y: Tensor<[3]>) => w.jit(f)(y))(rows))
    for (const [i, y] of found.entries()) expect(y).toBeCloseTo(expected[i]!, 13)
  })
  test("jit inside of scan", () => {
    const g = w.jit((y: Tensor<[3]>) => w.mul(y, 2))
    const [last] = run(w.scan((c: Tensor<[3]>) => Effect.map(g(c), (y) => [y, []] as const), x, null, { length: 3 }))
    expect(numbers(last)).toEqual([0, 4, 8])
  })
})

test("jit writes a program down once, and another engine can run it", () => {
  let written = 0
  const g = w.jit((y: Tensor<[3]>) => {
    written++
    return w.sin(y)
  })
  const both = [g(x), g(x), Effect.provide(g(x), Engine.reference), Effect.provide(g(x), Engine.wasm)].map(numbers)
  for (const ys of both) for (const [i, y] of ys.entries()) expect(y).toBeCloseTo(Math.sin([0, 0.5, 1][i]!), 15)
  expect(written).toBe(1)
})

test("the engines are interpreters of their own", () => {
  const ambient = Effect.map(Interpreter, (i) => i)
  expect(run(ambient)).toBe(evaluator)
  expect(run(Effect.provide(ambient, Engine.reference))).not.toBe(evaluator)
  expect(run(Effect.provide(ambient, Engine.wasm))).not.toBe(run(Effect.provide(ambient, Engine.reference)))
})

test("ops by themselves, large enough for kernels", () => {
  const large = Tensor.linspace(-3, 3, 20_000)
  const program = Effect.gen(function*() {
    const y = yield* w.mul(w.exp(large), large)
    const [total] = yield* w.scan(
      (c: Tensor<[]>, z: Tensor<[]>) => Effect.map(w.add(c, z), (d) => [d, []] as const),
      0,
      y
    )
    return [yield* w.sum(y), total] as const
  })
  const [one, other] = [Engine.wasm, Engine.reference].map((engine) =>
    run(Effect.provide(program, engine)).map((y) => numbers(y)[0]!)
  ) as [Array<number>, Array<number>]
  for (const [i, y] of one.entries()) expect(Math.abs(y / other[i]! - 1)).toBeLessThan(1e-13)
})

describe("failures are those of the reference, with their sites", () => {
  const at = (i: number) => Tensor.make(Int32Array.of(i))
  const g = (y: Tensor<[3]>, i: Tensor<[1], "int32">) => w.take(y, i, { axis: 0 })
  const errorOf = (program: Effect.Effect<unknown, unknown>) => {
    const exit = Effect.runSyncExit(Effect.flip(program))
    return Exit.isSuccess(exit) ? exit.value : expect.fail("it succeeds")
  }

  test("an index that is out of range", () => {
    const compiled = w.jit(g)
    for (const i of [3, -4, 2 ** 31 - 1, -(2 ** 31)]) {
      expect(String(errorOf(compiled(x, at(i))))).toBe(String(errorOf(g(x, at(i)))))
    }
    // and then the program still runs
    expect(numbers(compiled(x, at(-1)))).toEqual([1])
  })

  test("in a loop, in a branch, in a scatter", () => {
    const rows = Tensor.make(Int32Array.of(0, 7))
    const looping = (is: Tensor<[2], "int32">) =>
      w.scan((c: Tensor<[]>, i: Tensor<[], "int32">) => Effect.map(w.take(x, i), (y) => [c, y] as const), 0, is)
    const branching = (i: Tensor<[], "int32">) => w.switchCase(i, [() => x, () => w.sin(x)])
    const scattering = (i: Tensor<[1], "int32">) => w.scatterAdd(x, w.reshape(i, [1, 1]), Tensor.make([1]))
    expect(errorOf(w.jit(looping)(rows))).toMatchObject({ _tag: "IndexError" })
    expect(errorOf(w.jit(branching)(Tensor.make(2, { dtype: "int32" })))).toMatchObject({ _tag: "IndexError" })
    expect(errorOf(w.jit(scattering)(at(3)))).toMatchObject({ _tag: "IndexError" })
  })

  test("more memory than there are addresses", () => {
    const huge = w.compile((y: Tensor<[1]>) => w.sum(w.sort(w.broadcastTo(y, [2 ** 30]), { axis: 0 })))
    const error = errorOf(huge(Tensor.spec([1])))
    expect(error).toBeInstanceOf(CompileError)
    expect((error as CompileError).bytes).toBeGreaterThan(2 ** 32)
    expect(String(error)).toContain("requires at most 4294967296 bytes, got")
  })
})

describe("compile", () => {
  const program = run(w.compile(w.grad(f))(Tensor.spec([3])))

  test("shows what runs", () => {
    expect(program.kernels).toEqual(["strip[3]: sin, cos, mul, add"])
    expect(w.Trace.print(program.trace)).toContain("float64[3] = add")
    expect(program.bytes.slice(0, 4)).toEqual(Uint8Array.of(0, 0x61, 0x73, 0x6d))
    expect(program.constantBytes).toBe(0)
  })

  test("runs, and refuses other arguments", () => {
    for (const [i, d] of numbers(program.run(x)).entries()) expect(d).toBeCloseTo(slope[i]!, 14)
    const other = Effect.runSyncExit(program.run(Tensor.make([1, 2]) as unknown as typeof x))
    expect(Exit.isFailure(other) && String(other.cause)).toContain("TreeMismatchError")
  })

  test("an operand that belongs to a transformation is refused", () => {
    const inner = (y: Tensor<[3]>) =>
      Effect.flatMap(w.compile((z: Tensor<[3]>) => w.mul(y, z))(Tensor.spec([3])), (p) => p.run(x))
    const exit = Effect.runSyncExit(w.grad((y: Tensor<[3]>) => w.sum(inner(y) as Effect.Effect<Tensor<[3]>>))(x))
    expect(Exit.isFailure(exit) && String(exit.cause)).toContain("EscapedTracerError")
  })
})

describe("memory", () => {
  test("results are their own", () => {
    const g = w.jit((y: Tensor<[3]>) => w.mul(y, 2))
    const [first, second] = [run(g(x)), run(g(Tensor.make([7, 8, 9])))]
    expect(numbers(first)).toEqual([0, 1, 2])
    expect(numbers(second)).toEqual([14, 16, 18])
  })

  test("arguments that were there before are there still, and others are not taken for them", () => {
    const large = (value: number) => Tensor.full([1000], value)
    const [double, half] = [w.jit((y: Tensor) => w.mul(y, 2)), w.jit((y: Tensor) => w.div(w.exp(y), 2))]
    const [a, b] = [large(1), large(5)]
    for (const [y, expected] of [[a, 2], [a, 2], [b, 10], [a, 2]] as const) {
      expect(numbers(double(y))[999]).toBe(expected)
    }
    expect(numbers(half(b))[0]).toBeCloseTo(Math.exp(5) / 2, 10)
    expect(numbers(double(a))[0]).toBe(2)
  })

  test("programs that are let go give their constants back", () => {
    const machine = new Machine()
    const programs = new Programs(machine)
    const constant = Tensor.linspace(0, 1, 10_000)
    for (let i = 0; i < 300; i++) {
      const args = [Tensor.full([10_000], i)]
      // every list has a constant of its own
      const list = listOf(
        (y: Tensor) => w.add(w.mul(y, Tensor.full([], i)), w.add(constant, Tensor.linspace(i, i + 1, 10_000))),
        args
      )
      atOnce(programs.of(list).run(concrete(args)))
    }
    // 64 programs are remembered, with 80 kB each
    expect(machine.memory.buffer.byteLength).toBeLessThan(64 * 2 * 80_000 + 2 ** 20)
  })

  test("ten thousand steps do not grow", () => {
    const step = w.jit((y: Tensor<[3]>) => w.sub(y, w.mul(0.001, w.grad(f)(y))))
    let y: Tensor<[3]> = x
    for (let i = 0; i < 10_000; i++) y = run(step(y))
    expect(numbers(y).every(Number.isFinite)).toBe(true)
  })
})

test("a sum of ten million numbers is as exact as NumPy's", () => {
  const n = 10_000_000
  for (const dtype of ["float64", "float32"] as const) {
    const [rounding, data] = dtype === "float64" ? [2 ** -53, new Float64Array(n)] : [2 ** -24, new Float32Array(n)]
    // 0.1 is no float: every addition rounds
    data.fill(0.1)
    const exact = n * data[0]!
    const [total] = numbers(w.jit((y: Tensor) => w.sum(y))(Tensor.make(data)))
    // pairwise summation: log2(n / 128) roundings, plus those of a block
    expect(Math.abs(total! - exact) / exact).toBeLessThanOrEqual(16 * rounding)
  }
})

/**
 * On random programs with control flow: what is called unconnected has derivative 0, and taking the cut away connects.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it, test } from "vitest"
import * as w from "wengert"
import { Laws } from "../../laws/index.ts"
import { kindOf } from "../../src/core/structure.ts"
import type { Tensor } from "../../src/core/tensor.ts"
import type { Equation, Trace } from "../../src/core/trace.ts"
import type { Barrier } from "../../src/explain/graph.ts"
import { connects, cutOf, leads, routesOf } from "../../src/explain/paths.ts"
import { runOf } from "../../src/explain/run.ts"
import { negPrimitive } from "../../src/ops/algebra.ts"

const sampleOf = (language: Laws.Language, length: number, numRuns: number, seed: number) =>
  fc.sample(Laws.program({ language, length }), { seed, numRuns })

test("what explain says of random programs is what grad does", () => {
  Laws.check(Laws.everyProgram("reasons are sound", Laws.reasonsAreSound, { language: "all", length: 8 }), {
    runs: 150
  })
})

test("what a loop carries is linear in all of its steps, though it may be the constant 0 in one", () => {
  // where the second step multiplies that 0 by the derivative of the root of a negative number
  const f = (x: Tensor) =>
    w.scan(
      (_: Tensor, y: Tensor) =>
        Effect.map(w.where(w.greater(x, 0.25), w.sqrt(w.sub(x, 0.25)), w.neg(x)), (next) => [next, y] as const),
      x,
      x
    )
  const at = w.Tensor.make([0.125, 0.5])
  const { leaves } = Effect.runSync(w.explain((x: Tensor) => Effect.flatMap(f(x), ([y]) => w.sum(y)))(at))
  expect(leaves[0]!.elements).toEqual({ nonzero: 2, zero: 0, masked: 0, infinite: 0, nan: 0 })
  Laws.check(Laws.reasonsAreSound(f, [at]))
})

test("a leaf that must be connected, and is not, breaks the law with its cause", () => {
  const f = (x: Tensor, y: Tensor) => w.mul(x, w.floor(y))
  expect(() => Laws.check(Laws.connected(f, Laws.tensors([[2], [2]])))).toThrow("floor has no derivative, at ")
  Laws.check(Laws.connected((x: Tensor, y: Tensor) => w.mul(x, y), Laws.tensors([[2], [2]])))
})

/** Σ of what a program gives, as one list, and its float arguments. */
const listOf = ({ args, f }: Laws.RandomProgram) => {
  const scalar = (...xs: ReadonlyArray<Tensor>) =>
    Effect.gen(function*() {
      const ys = [yield* f(...xs)].flat()
      let total: Tensor = w.Tensor.make(0)
      for (const y of ys) total = yield* w.add(total, w.cast(w.sum(w.cast(y, "float64")), "float64"))
      return total
    })
  return { scalar, trace: Effect.runSync(w.trace(scalar)(...args)) as Trace }
}
const leavesOf = (args: ReadonlyArray<Tensor>) =>
  args.map((value, i) => ({ path: `args[${i}]`, value, active: value.dtype.startsWith("float") }))

describe("what is unconnected", () => {
  it("has differences that are exactly 0, wherever no constant is made of it", () => {
    let count = 0
    for (const sample of sampleOf("differentiable", 10, 150, 7)) {
      const { scalar, trace } = listOf(sample)
      const run = runOf(trace, leavesOf(sample.args))
      const numbers = routesOf(run, "numbers")
      let leaf = 0
      for (const [i, x] of sample.args.entries()) {
        if (!x.dtype.startsWith("float")) continue
        if (connects(numbers, leaf++)) continue
        const at = (h: number) => {
          const moved = Effect.runSync(w.add(x, h))
          return Effect.runSync(w.Tensor.item(scalar(...sample.args.with(i, moved))))
        }
        // a step so small that no decision of the program changes
        const [above, below] = [at(1e-9), at(-1e-9)]
        expect(above, String(sample.f)).toBe(below)
        if (Number.isFinite(above)) count++
      }
    }
    expect(count).toBeGreaterThan(20)
  })
})

/** The list in which these barriers are gone: an op that passes numbers on stands in their place. */
const without = (trace: Trace, gone: ReadonlySet<Equation>): Trace => {
  const other = (e: Equation): Equation => {
    if (gone.has(e)) return { ...e, primitive: negPrimitive as Equation["primitive"], params: {} }
    const params = Object.fromEntries(
      Object.entries(e.params).map(([name, value]) => {
        const kind = kindOf(e.primitive, name)
        return [
          name,
          kind === "trace"
            ? without(value as Trace, gone)
            : kind === "traces"
            ? (value as ReadonlyArray<Trace>).map((t) => without(t, gone))
            : value
        ]
      })
    )
    return { ...e, params }
  }
  return { ...trace, equations: trace.equations.map(other) }
}

/** Can it be replaced by an op that passes numbers on? */
const isReplaceable = ({ _tag, equation }: Barrier, operandDType: string): boolean =>
  _tag !== "BranchNotTaken" && equation.primitive.unfold === undefined && equation.results.length === 1 &&
  equation.operands.length === 1 && equation.results[0]!.dtype === operandDType

describe("a cut", () => {
  const samples = sampleOf("all", 12, 900, 11)

  it("connects when all of it is gone, and not while one of it stands", () => {
    let count = 0
    for (const sample of samples) {
      const run = runOf(listOf(sample).trace, leavesOf(sample.args))
      const numbers = routesOf(run, "numbers")
      const floats = sample.args.filter(({ dtype }) => dtype.startsWith("float")).length
      for (let leaf = 0; leaf < floats; leaf++) {
        if (connects(numbers, leaf) || !leads(numbers, leaf)) continue
        const cut = cutOf(run, numbers, leaf)
        const isConnected = (gone: ReadonlyArray<Barrier>) =>
          connects(routesOf(run, "numbers", (b) => gone.includes(b)), leaf)
        expect(isConnected(cut), String(sample.f)).toBe(true)
        for (const stands of cut) expect(isConnected(cut.filter((b) => b !== stands)), String(sample.f)).toBe(false)
        count++
      }
    }
    expect(count).toBeGreaterThan(30)
  })

  it("connects for grad too, in the list without it", () => {
    let count = 0
    for (const sample of samples) {
      const { trace } = listOf(sample)
      const run = runOf(trace, leavesOf(sample.args))
      const numbers = routesOf(run, "numbers")
      let leaf = 0
      for (const [i, x] of sample.args.entries()) {
        if (!x.dtype.startsWith("float")) continue
        const [node, known] = [leaf++, numbers]
        if (connects(known, node) || !leads(known, node)) continue
        const cut = cutOf(run, known, node)
        if (!cut.every((b) => isReplaceable(b, "float64"))) continue
        const list = without(trace, new Set(cut.map(({ equation }) => equation)))
        // other values may decide otherwise: the run of the new list says which branches it takes
        if (!connects(routesOf(runOf(list, leavesOf(sample.args)), "numbers"), node)) continue
        const f = (...xs: ReadonlyArray<Tensor>) => w.Trace.evaluate(list, xs)
        const gradient = Effect.runSync(
          w.grad(f as any, { argnums: i, unconnected: "none" })(...sample.args) as Effect.Effect<{ _tag: string }>
        )
        expect(gradient._tag, String(sample.f)).toBe("Some")
        count++
      }
    }
    expect(count).toBeGreaterThan(12)
  })
})

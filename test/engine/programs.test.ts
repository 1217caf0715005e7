/**
 * The engine gives what the reference gives: for every op and every kind of control flow, its gradient and its batch, and
 * for random programs.
 */
import { Effect, Exit } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { add, grad, mul, sum, Tensor, trace } from "wengert"
import { Laws } from "../../laws/index.ts"
import type { Trace } from "../../src/core/trace.ts"
import { avalsOf } from "../../src/core/trace.ts"
import { batched, plainOf, toTensor } from "../grad/support/batches.ts"
import { control } from "../grad/support/control.ts"
import type { Case } from "../grad/support/ops.ts"
import { ops } from "../grad/support/ops.ts"
import { isTensor, untyped } from "../grad/support/run.ts"
import { expectAgreement, listOf } from "./support/run.ts"

const tolerance = { share: 1e-10 }
const single = { share: 1e-5 }

const all = Object.entries({ ...ops, ...control }).flatMap(([name, cases]) =>
  cases.map((c, i) => [`${name}, case ${i}`, c] as const)
)
const isFloat = ({ dtype }: { readonly dtype: string }): boolean => dtype.startsWith("float")

/** Arguments for a case, with a batch in front of them if there is one. */
const argumentsFor = ({ args }: Case, lead: ReadonlyArray<number>, seed: number): ReadonlyArray<Tensor> =>
  args.map((a, i) => toTensor(fc.sample(plainOf(a, [...lead, ...a.shape]), { seed: seed + i, numRuns: 1 })[0]!))

const toleranceFor = ({ args }: Case) => args.some((a) => a.dtype === "float32") ? single : tolerance

const leaves = (tree: unknown): ReadonlyArray<Tensor> =>
  isTensor(tree) ? [tree] : Object.values(tree as object).flatMap(leaves)

/** Σ over all float results. */
const total = (tree: unknown) =>
  Effect.gen(function*() {
    let all: Tensor = Tensor.make(0)
    for (const y of leaves(tree).filter(isFloat)) all = yield* add(all, sum(mul(y, 1.25)))
    return all
  })

describe("values", () => {
  test.each(all)("%s", (_, c) => {
    for (const seed of [1, 2, 3]) {
      const args = argumentsFor(c, [], seed)
      expectAgreement(listOf(c.f, args), args, toleranceFor(c))
    }
  })
})

describe("batches", () => {
  test.each(all)("%s", (_, c) => {
    // more than fits into a strip at once
    for (const size of [1, 3, 700]) {
      const args = argumentsFor(c, [size], 7)
      expectAgreement(listOf(batched(c.f), args), args, toleranceFor(c))
    }
  })
})

const forwardOnly = new Set(["whileLoop, case 0", "whileLoop, case 1", "forLoop, case 1"])
const differentiable = all.filter(([name, c]) => c.args.some(isFloat) && !forwardOnly.has(name))

describe("gradients", () => {
  test.each(differentiable)("%s", (_, c) => {
    const argnums = c.args.flatMap((a, i) => isFloat(a) ? [i] : [])
    const gradient = untyped<(f: Case["f"], o: unknown) => Case["f"]>(grad)(
      (...xs: ReadonlyArray<Tensor>) => Effect.flatMap(c.f(...xs), total),
      { argnums }
    )
    for (const seed of [4, 5]) {
      const args = argumentsFor(c, [], seed)
      expectAgreement(listOf(gradient, args), args, toleranceFor(c))
    }
  })
})

/** The list of a program, if it has one. */
const written = (f: Laws.RandomProgram["f"], args: ReadonlyArray<Tensor>): Trace | undefined => {
  const exit = Effect.runSyncExit(trace(f)(...args))
  return Exit.isSuccess(exit) ? exit.value : undefined
}

describe("random programs", () => {
  const check = (of: (f: Laws.RandomProgram["f"]) => Laws.RandomProgram["f"], numRuns: number): void =>
    fc.assert(
      fc.property(Laws.program({ length: 12, language: "all" }), ({ args, f }) => {
        const list = written(of(f), args)
        // what cannot be written down is nothing to run
        fc.pre(list !== undefined)
        const isSingle = avalsOf(list).some((aval) => aval.dtype === "float32")
        expectAgreement(list, args, { share: isSingle ? 1e-3 : 1e-9 })
      }),
      { numRuns, seed: 11 }
    )
  test("values", () => check((f) => f, 150))
  /** The gradient of all that a program gives, by all that it takes. */
  const derivative = (f: Laws.RandomProgram["f"]): Laws.RandomProgram["f"] =>
    ((...args: ReadonlyArray<Tensor>) =>
      untyped<(f: Case["f"], o: unknown) => Case["f"]>(grad)(
        (...xs: ReadonlyArray<Tensor>) => Effect.flatMap(f(...xs), total),
        { argnums: args.flatMap((x, i) => isFloat(x) ? [i] : []) }
      )(...args)) as Laws.RandomProgram["f"]
  test("gradients", () => check(derivative, 100))
  test("second derivatives", () => check((f) => derivative(derivative(f)), 30))
})

describe("nothing at all", () => {
  const empty = [[0], [0, 3], [3, 0], [2, 0, 3]]
  test.each(empty)("%s", (...shape) => {
    const x = Tensor.zeros(shape.filter((d): d is number => typeof d === "number"))
    const programs: ReadonlyArray<(x: Tensor) => Effect.Effect<unknown, unknown>> = [
      (x) => mul(x, 2),
      (x) => sum(x),
      (x) => sum(x, { axis: 0 }),
      (x) => sum(x, { axis: -1 })
    ]
    for (const f of programs) expectAgreement(listOf(f, [x]), [x])
  })
})

test("a program is compiled from a list that was decoded", () => {
  const list = Effect.runSync(trace((x: Tensor<[3]>) => sum(mul(x, x)))(Tensor.spec([3]))) as Trace
  const { peakBytes, bytes } = expectAgreement(list, [Tensor.make([1, 2, 3])])
  expect(peakBytes).toBeGreaterThan(0)
  expect(bytes.slice(0, 4)).toEqual(Uint8Array.of(0, 0x61, 0x73, 0x6d))
})

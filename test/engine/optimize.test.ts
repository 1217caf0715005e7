/**
 * Passes from list to list: the same results to the last bit, the same list when applied again, and never more work.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { DType } from "wengert"
import * as w from "wengert"
import { Tensor, Trace } from "wengert"
import { Laws } from "../../laws/index.ts"
import { isOpError } from "../../src/core/errors.ts"
import { subTraces } from "../../src/core/structure.ts"
import { dataOf } from "../../src/core/tensor.ts"
import type { Trace as List } from "../../src/core/trace.ts"
import { optimize } from "../../src/engine/optimize.ts"
import { wayOf } from "../../src/engine/vocabulary.ts"
import { plainOf, toTensor } from "../grad/support/batches.ts"
import { control } from "../grad/support/control.ts"
import { type Case, ops } from "../grad/support/ops.ts"
import { untyped } from "../grad/support/run.ts"
import { concrete, listOf, outcomeOf } from "./support/run.ts"

/** Equations that compute; views cost nothing. */
const work = (list: List): number =>
  list.equations.reduce(
    (n, e) => n + (wayOf(e.primitive.name) === "view" ? 0 : 1) + subTraces(e).reduce((m, [, t]) => m + work(t), 0),
    0
  )

const expectSame = (list: List, args: ReadonlyArray<Tensor>): List => {
  const simpler = optimize(list)
  const [found, expected] = [simpler, list].map((t) => {
    const outcome = outcomeOf(t, concrete(args))
    return isOpError(outcome) ? String(outcome) : outcome.map((x) => Array.from(dataOf(x)))
  })
  expect(found).toEqual(expected)
  expect(work(simpler)).toBeLessThanOrEqual(work(list))
  expect(Trace.equals(optimize({ ...simpler }), simpler)).toBe(true)
  return simpler
}

const all = Object.entries({ ...ops, ...control }).flatMap(([name, cases]) =>
  cases.map((c, i) => [`${name}, case ${i}`, c] as const)
)
const argumentsFor = ({ args }: Case, seed: number): ReadonlyArray<Tensor> =>
  args.map((a, i) => toTensor(fc.sample(plainOf(a, a.shape), { seed: seed + i, numRuns: 1 })[0]!))

test.each(all)("%s", (_, c) => {
  const args = argumentsFor(c, 3)
  expectSame(listOf(c.f, args), args)
})

/** Σ over all float results. */
const total = (tree: unknown) =>
  Effect.gen(function*() {
    const ys = Array.isArray(tree) ? tree as ReadonlyArray<Tensor> : [tree as Tensor]
    let all: Tensor = Tensor.make(0)
    for (const y of ys) if (y.dtype.startsWith("float")) all = yield* w.add(all, w.sum(y))
    return all
  })

describe("random programs", () => {
  /** The gradient of the sum, by all arguments. */
  const gradient = (f: Laws.RandomProgram["f"]) => (...args: ReadonlyArray<Tensor>) =>
    untyped<(f: Case["f"], o: unknown) => Case["f"]>(w.grad)(
      (...xs: ReadonlyArray<Tensor>) => Effect.flatMap(f(...xs), total),
      { argnums: args.flatMap((x, i) => x.dtype.startsWith("float") ? [i] : []) }
    )(...args)
  const poison = fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1, -1, 1e-310)

  test.each([["values", (f: Laws.RandomProgram["f"]) => f], ["gradients", gradient]] as const)("%s", (_, of) => {
    fc.assert(
      fc.property(Laws.program({ length: 12, language: "all" }), poison, fc.nat(20), ({ args, f }, x, at) => {
        const list = listOf(of(f), args)
        // special values among the arguments
        const spoilt = concrete(args).map((a) => {
          if (a.dtype !== "float64") return a
          const data = Float64Array.from(dataOf(a))
          if (data.length > 0) data[at % data.length] = x
          return Tensor.make(data, { shape: a.shape })
        })
        expectSame(list, args)
        expectSame(list, spoilt)
      }),
      { numRuns: 100, seed: 5 }
    )
  })
})

/** What a program of one tensor of special values becomes. */
const simplified = (f: (x: any) => Effect.Effect<unknown, unknown>, dtype: DType = "float64"): string => {
  const values = dtype === "bool"
    ? [0, 1, 1, 0, 0, 1]
    : dtype === "int32"
    ? [0, 1, -1, 5, 2 ** 31 - 1, -(2 ** 31)]
    : [0, -0, NaN, Infinity, -Infinity, -2.5]
  const args = [Tensor.make(values, { shape: [2, 3], dtype })]
  const simpler = expectSame(listOf(f, args), args)
  return simpler.equations.filter((e) => wayOf(e.primitive.name) !== "view").map((e) => e.primitive.name).join(" ")
}

type Example = readonly [string, (x: any) => Effect.Effect<unknown, unknown>, string, DType?]
const examples: ReadonlyArray<Example> = [
  ["x − 0", (x) => w.sub(x, 0), ""],
  ["x + −0", (x) => w.add(x, -0), ""],
  ["x + 0, which is not x for −0", (x) => w.add(x, 0), "add"],
  ["x · 0, which is not 0 for NaN", (x) => w.mul(x, 0), "mul"],
  ["x · 0 for int32", (x) => w.mul(x, 0), "", "int32"],
  ["x · 1 · −1", (x) => w.mul(w.mul(x, 1), -1), "neg"],
  ["x / 4, whose inverse is exact", (x) => w.div(x, 4), "mul"],
  ["x / 3, whose inverse is not", (x) => w.div(x, 3), "div"],
  ["−(−x)", (x) => w.neg(w.neg(x)), ""],
  ["x − (−x)", (x) => w.sub(x, w.neg(x)), "add"],
  ["x², and what it is computed from", (x) => w.pow(x, 2), "mul"],
  ["known numbers", (x) => w.add(x, w.sum(w.sin(Tensor.make([1, 2, 3])))), "add"],
  ["a mask that is known", (x) => w.where(w.less(Tensor.zeros([2, 3]), 1), x, w.sin(x)), ""],
  ["a mask of one mask", (x) => w.where(w.less(x, 1), w.where(w.less(x, 1), x, 3), 4), "less where"],
  ["not of not", (x) => w.logicalNot(w.logicalNot(x)), "", "bool"],
  ["the same and the same", (x) => w.logicalAnd(x, x), "", "bool"],
  ["movements there and back", (x) => w.transpose(w.reshape(w.reshape(w.transpose(x), [6]), [3, 2])), ""],
  ["parts of a gradient", (x) => w.grad((y: any) => w.sum(w.add(w.slice(y, 0), w.mul(2, w.slice(y, 1)))))(x), ""]
]

test.each(examples.map(([name, ...rest]) => [name, rest] as const))("%s", (_, [f, expected, dtype]) => {
  expect(simplified(f, dtype)).toBe(expected)
})

test("what a list holds is simpler too, and loops stay loops", () => {
  const step = (c: Tensor<[2]>) => Effect.map(w.mul(w.add(c, -0), 1), (y) => [y, []] as const)
  const args = [Tensor.make([1, 2])]
  const list = expectSame(listOf((x: Tensor<[2]>) => w.scan(step, x, null, { length: 3 }), args), args)
  expect(work(list)).toBe(1)
})

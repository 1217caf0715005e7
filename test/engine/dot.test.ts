/**
 * Products of matrices of all sizes and layouts, with fused and with rounded products.
 */
import type { Effect } from "effect"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { einsum, Tensor } from "wengert"
import { evaluate } from "../../src/core/evaluator.ts"
import { dataOf } from "../../src/core/tensor.ts"
import { atOnce, instantiate } from "../../src/engine/instantiate.ts"
import { Machine } from "../../src/engine/machine.ts"
import { untyped } from "../grad/support/run.ts"
import { concrete, listOf } from "./support/run.ts"

const machines = [new Machine(), new Machine(false)]

/** Numbers that are exact in either precision, so that nothing depends on the order of additions. */
const whole = (shape: ReadonlyArray<number>, dtype: "float32" | "float64" | "int32", seed: number): Tensor => {
  const size = shape.reduce((n, d) => n * d, 1)
  return Tensor.make(Array.from({ length: size }, (_, i) => (i * 7919 + seed * 104729) % 17 - 8), { shape, dtype })
}

const expectExact = (formula: string, args: ReadonlyArray<Tensor>): void => {
  const list = listOf(
    (a, b) => untyped<(f: string, ...xs: ReadonlyArray<Tensor>) => Effect.Effect<Tensor>>(einsum)(formula, a, b),
    args
  )
  const [expected] = evaluate(list, concrete(args))
  for (const machine of machines) {
    const program = instantiate(machine, list)
    expect(atOnce(program.run(concrete(args))).map((y) => Array.from(dataOf(y)))).toEqual([
      Array.from(dataOf(expected!))
    ])
    program.release()
  }
}

const dtype = fc.constantFrom("float32", "float64", "int32")

test("every size around the tiles, every order of the axes", () => {
  const size = fc.integer({ min: 0, max: 20 })
  const formula = fc.constantFrom(
    "ik,kj->ij",
    "ki,kj->ij",
    "ik,jk->ij",
    "ki,jk->ji",
    "bik,bkj->bij",
    "ibk,kjb->bij",
    "bik,kj->bij"
  )
  fc.assert(
    fc.property(formula, dtype, size, size, size, fc.integer({ min: 1, max: 3 }), (f, d, i, k, j, b) => {
      const sizes: { readonly [axis: string]: number } = { i, k, j, b }
      const [left, right] = f.split("->")[0]!.split(",").map((axes) => axes.split("").map((a) => sizes[a]!))
      expectExact(f, [whole(left!, d, 1), whole(right!, d, 2)])
    }),
    { numRuns: 150 }
  )
})

test.each([[7, 300, 9], [1, 513, 40], [40, 513, 1], [65, 257, 130], [13, 1, 300], [2, 700, 530]])(
  "%i × %i × %i",
  (i, k, j) => {
    for (const d of ["float32", "float64"] as const) {
      expectExact("ik,kj->ij", [whole([i, k], d, 1), whole([k, j], d, 2)])
      expectExact("ki,kj->ij", [whole([k, i], d, 1), whole([k, j], d, 2)])
      expectExact("ik,jk->ij", [whole([i, k], d, 1), whole([j, k], d, 2)])
    }
  }
)

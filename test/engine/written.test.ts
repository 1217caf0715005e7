/**
 * Primitives that the engine writes in simpler ones: their values are those of the reference arithmetic, special cases
 * included, over one axis, several, and none.
 */
import { expect, test } from "vitest"
import { Tensor } from "wengert"
import { apply } from "../../src/core/operation.ts"
import type { Primitive } from "../../src/core/primitive.ts"
import { wayOf } from "../../src/engine/vocabulary.ts"
import { primitives } from "../../src/ops/vocabulary.ts"
import { expectAgreement, listOf } from "./support/run.ts"

const written = (Object.values(primitives) as ReadonlyArray<Primitive>).filter(({ name }) => wayOf(name) === "written")

test("there are as many as there should be", () => {
  expect(written.length).toBe(5)
})

/** Rows of three: ordinary ones, ties, zeros, and where squares and exponentials overflow and underflow. */
const rows: ReadonlyArray<readonly [number, number, number]> = [
  [1, 2, 3],
  [-1, 0.5, -1],
  [0, 0, 0],
  [-0, 0, 1],
  [5, 5, 5],
  [1000, 0, -1000],
  [-1000, -1000, -1001],
  [37.43, 0, -3],
  [3e-170, 4e-170, 0],
  [1e200, -1e200, 1],
  [1.7e308, 1e308, 0],
  [5e-324, 1e-320, 0],
  [3e-30, 4e-30, 0],
  [1e20, 1e20, 1],
  [2e38, -1e38, 5],
  [1e-45, 4e-45, 0],
  [Infinity, 0, 1],
  [Infinity, Infinity, 1],
  [-Infinity, 0, Infinity],
  [-Infinity, -Infinity, -Infinity],
  [NaN, 0, 1],
  [NaN, Infinity, 0]
]

/** The engine's vector functions are within 2 units themselves. */
const tolerance = { ulps: 6 }

test.each(written.flatMap((p) => (["float64", "float32"] as const).map((dtype) => [p.name, dtype, p] as const)))(
  "%s of %s",
  (_, dtype, primitive) => {
    const table = Tensor.make(rows, { dtype })
    const both = Tensor.make([rows.slice(0, 6), rows.slice(2, 8)], { dtype })
    for (const [x, axes] of [[table, [1]], [table, []], [both, [0, 2]], [both, [1]]] as const) {
      expectAgreement(listOf((x) => apply(primitive, [x], { axes }), [x]), [x], tolerance)
    }
    for (const row of rows) {
      const x = Tensor.make(row, { dtype })
      expectAgreement(listOf((x) => apply(primitive, [x], { axes: [0] }), [x]), [x], tolerance)
    }
    const nothing = Tensor.zeros([2, 0], dtype)
    for (const axes of [[0], [1]]) expectAgreement(listOf((x) => apply(primitive, [x], { axes }), [nothing]), [nothing])
  }
)

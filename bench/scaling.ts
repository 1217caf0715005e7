/**
 * Writing a list, and each transformation of it, take time in proportion to its length.
 */
import { Effect } from "effect"
import { add, cos, div, exp, mul, neg, sin, sub, tanh, Tensor } from "wengert"
import type { OpError } from "wengert"
// what users never call apart from each other is measured apart
// oxlint-disable-next-line no-restricted-imports
import { traceProgram } from "../src/core/program.ts"
// oxlint-disable-next-line no-restricted-imports
import { transform } from "../src/grad/transform.ts"
// oxlint-disable-next-line no-restricted-imports
import { tuple } from "../src/core/tree.ts"
import { agree, measure, table } from "./measure.ts"

type Vector = Tensor<[4], "float64">

/** A list of `length` equations that keeps its numbers in bounds. */
const chain = (length: number) => (x: Vector) =>
  Effect.gen(function*() {
    let [y, z]: [Vector, Vector] = [x, x]
    for (let i = 0; i < length; i++) {
      ...
    }
    return y
  })

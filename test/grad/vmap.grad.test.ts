/**
 * Batching and differentiation together: for every op, the gradient of a batch is the batch of gradients.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, it } from "vitest"
import type { OpError } from "wengert"
import { add, grad, mul, sum, Tensor } from "wengert"
import {
  argumentsOf,
  type Batch,
  batched,
  batchOf,
  expectLeaves,
  expectMap,
  leavesOf,
  stacked,
  toTensor
} from "./support/batches.ts"
import { control } from "./support/control.ts"
import { type Case, ops } from "./support/ops.ts"
import { isTensor, run, untyped } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type Program = Effect.Effect<Tensor, OpError>

const scalar = (x: number): Scalar => Tensor.make(x)
const isFloat = ({ dtype }: { readonly dtype: string }): boolean => dtype.startsWith("float")

/** The tensors of a tree. */
const tensorsOf = (tree: unknown): ReadonlyArray<Tensor> =>
  isTensor(tree) ? [tree] : Object.values(tree as object).flatMap(tensorsOf)

/** Σ over all float results, each element with a weight of its own; axes in front of `rank` share weights. */
const weighed = (tree: unknown, lead: number): Program =>
  Effect.gen(function*() {
    let total: Tensor = scalar(0)
    for (const y of tensorsOf(tree).filter(isFloat)) {
      const shape = y.shape.slice(lead)
      const size = shape.reduce((n, d) => n * d, 1)
      const weights = Tensor.make(Float64Array.from({ length: size }, (_, i) => 1 + (i % 7) / 8), { shape })
      total = yield* add(total, sum(mul(y, weights)))
    }
    return total
  })

/** The gradient of a case with respect to all of its float arguments; `lead` is the number of batch axes in front. */
const gradientOf = ({ args, f }: Case, lead = 0): Case["f"] => {
  const argnums = args.flatMap((a, i) => isFloat(a) ? [i] : [])
  const scalarOf = (...xs: ReadonlyArray<Tensor>) => Effect.flatMap(f(...xs), (y) => weighed(y, lead))
  return untyped<(f: Case["f"], o: unknown) => Case["f"]>(grad)(scalarOf, { argnums })
}

/** Programs that have a float argument, and may be differentiated in reverse mode. */
const forwardOnly = new Set(["whileLoop 0", "whileLoop 1", "forLoop 1"])
const differentiable = Object.entries({ ...ops, ...control }).flatMap(([name, cases]) =>
  cases.flatMap((c, i) =>
    c.args.some(isFloat) && !forwardOnly.has(`${name} ${i}`) ? [[`${name}, case ${i}`, c] as const] : []
  )
)

/** The gradient with respect to a whole batch: stacked where there was an axis, summed where all elements share. */
const expectGradientOfBatch = (c: Case, batch: Batch): void => {
  const floats = c.args.flatMap((a, i) => isFloat(a) ? [i] : [])
  const one = gradientOf(c)
  const each = Array.from({ length: batch.size }, (_, i) => leavesOf(run(one(...argumentsOf(batch, i).map(toTensor)))))
  const expected = floats.map((arg, k) => {
    const axis = batch.axes[arg]!
    const all = stacked(each.map((leaves) => leaves[k]!), axis ?? 0)
    if (axis !== null) return all
    const first = each[0]![k]!
    return { ...first, data: first.data.map((_, i) => each.reduce((total, leaves) => total + leaves[k]!.data[i]!, 0)) }
  })
  const whole = gradientOf({ args: c.args, f: batched(c.f, { inAxes: batch.axes }) }, 1)
  expectLeaves(leavesOf(run(whole(...batch.args.map(toTensor)))), expected, 1e-6)
}

describe.each(differentiable)("%s", (_, c) => {
  it("vmap of grad is a map of grad", () => {
    fc.assert(fc.property(batchOf(c.args), (batch) => expectMap({ args: c.args, f: gradientOf(c) }, batch)), {
      numRuns: 2
    })
  })

  it("grad of vmap stacks and sums the gradients of the elements", () => {
    fc.assert(fc.property(batchOf(c.args), (batch) => expectGradientOfBatch(c, batch)), { numRuns: 2 })
  })
})

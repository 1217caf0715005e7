/**
 * Indices: patterns of elements at places that are not known, as small as they can be, and batches that take each its own.
 */
import { Effect } from "effect"
import { Laws } from "../../../laws/index.ts"
import * as w from "../../../src/index.ts"
import type { Cases } from "../cases.ts"
import { type F, holds, once, spread, type X } from "./claims.ts"

const { Tensor } = w

/** The two first places along an axis, in the order of sums. */
const orderAlong = (x: X, axis: 0 | 1 | 2) => {
  const others = [0, 1, 2].filter((a) => a < x.shape.length && a !== axis)
  return w.slice(w.argsort(w.sum(x, { axis: others as never }) as never), [0, 2])
}
const arranged: { readonly [rank: number]: (order: any) => any } = {
  0: (order) => w.slice(order, 0),
  1: (order) => order,
  2: (order) => w.expandDims(order, 1)
}
const unsure = (axis: 0 | 1 | 2, rank: number) => (x: X) =>
  w.take(w.square(x), arranged[rank]!(orderAlong(x, axis)), { axis })
/** The number of elements of the pattern of a function of one tensor. */
const sizeOfPattern = (f: F, x: X) =>
  Effect.map(w.sparsity(f as never)(x as never) as Effect.Effect<any, any>, (found) => (found.indices as X).size)

/** Indices that depend on the point: the pattern for all points does not know them. */
const patterns: Cases = Object.fromEntries(
  ([[0, [3, 2]], [1, [2, 3]], [0, [3, 2, 2]], [1, [2, 3, 2]], [2, [2, 2, 3]]] as const).flatMap(([axis, shape]) =>
    [0, 1, 2].map((rank) => [
      `a pattern of elements along axis ${axis} of ${shape}, by ${rank} axes of indices that are not known`,
      () => {
        const f = unsure(axis, rank)
        const table = (x: X) =>
          Effect.flatMap(
            w.vjp((y: X) => w.take(y, arranged[rank]!(orderAlong(x, axis)), { axis }), x) as any,
            ([, back]: any) => Effect.map(back(w.square(f(x))), ([ct]: any) => ct)
          ) as any
        // every element depends on the three of its line, taken or not
        const lines = shape.reduce((a, b) => a * b, 1) / 3
        const taken = rank === 0 ? 1 : 2
        return [
          ...once(Laws.sparseAgrees(f as F, [spread(shape)]), Laws.sparseAgrees(table as F, [spread(shape)])),
          ...holds(
            "a pattern is no larger than that",
            (x) => Effect.map(sizeOfPattern(f as F, x), (size) => Tensor.make(size === lines * taken * 3)),
            spread(shape)
          ),
          ...holds(
            "nor is that of what is put back",
            (x) => Effect.map(sizeOfPattern(table as F, x), (size) => Tensor.make(size === lines * 9)),
            spread(shape)
          )
        ]
      }
    ])
  )
)
const batches: Cases = {
  "the pattern of a batch of matrices is one of blocks": () => {
    const a = Tensor.make([[[3, 1], [0.5, 2]], [[2, 0.5], [1, 4]]])
    const solved = (b: X) => w.Linalg.solve(a, b) as Effect.Effect<X, any>
    const triangle = (b: X) => w.Linalg.triangularSolve(a, b, { lower: true }) as Effect.Effect<X, any>
    const [b, wide] = [spread([2, 2, 1]), spread([2, 2, 3])]
    const sizes = (f: F, x: X, count: number) =>
      holds(
        "a pattern is no larger than its blocks",
        (x) => Effect.map(sizeOfPattern(f, x), (size) => Tensor.make(size === count)),
        x
      )
    return [
      ...sizes(solved as F, b, 8),
      ...sizes(solved as F, wide, 24),
      ...sizes(triangle as F, b, 8),
      ...sizes(w.Linalg.eigvalsh as F, a, 16),
      ...sizes(((a: X) => Effect.map(w.Linalg.svd(a), ({ s }) => s)) as F, a, 16)
    ]
  }
}

const rowsTaken: Cases = {
  "two rows of indices, each for its row": () => {
    const [x, i] = [Tensor.make([[1, 2, 3], [4, 5, 6]]), Tensor.make([[2, 0], [1, 1]], { dtype: "int32" })]
    return once(
      Laws.sameDerivatives(
        "a batch",
        (x: X) => w.vmap((x: X, i: any) => w.take(x, i) as any)(x as never, i as never) as any,
        (x: X) => w.takeAlongAxis(x, i, 1),
        [x]
      )
    )
  },
  "indices along a middle axis": () => {
    const x = spread([2, 2, 3, 2])
    const i = Tensor.make([[2, 0], [1, 1]], { dtype: "int32" })
    const each = (x: X, i: any) => w.take(x, i, { axis: 1 }) as Effect.Effect<X, any>
    return once(
      Laws.sameDerivatives(
        "a batch",
        (x: X) => w.vmap(each as never)(x as never, i as never) as any,
        (x: X) =>
          Effect.flatMap(
            Effect.forEach([0, 1], (b) =>
              Effect.flatMap(Effect.all([w.slice(x, b), w.slice(i, b)]), ([x, i]) => each(x, i))),
            (ys) =>
              w.stack(ys)
          ) as any,
        [x]
      )
    )
  }
}

export const indices: Cases = { ...patterns, ...batches, ...rowsTaken }

/**
 * The law of sparse derivatives.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { hessian, jacobian, jacrev, Sparse, sparsity } from "../src/index.ts"
import { sampled } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { weighed } from "./modes.ts"
import type { Program } from "./trees.ts"
import { atPoint, leavesOf } from "./trees.ts"
import { difference, direction, read, rounding, roundoff } from "./values.ts"

type Blocks<A> = ReadonlyArray<ReadonlyArray<A>>

/** An element of one pattern, if there is any, that the other does not have. */
const beyond = (inner: Sparse.Pattern, outer: Sparse.Pattern) =>
  Effect.map(read([inner.indptr, inner.indices, outer.indptr, outer.indices]), ([starts, members, others, allowed]) => {
    for (let r = 0; r + 1 < starts!.length; r++) {
      const row = new Set(allowed!.subarray(others![r], others![r + 1]))
      for (const c of members!.subarray(starts![r], starts![r + 1])) if (!row.has(c)) return [r, c] as const
    }
    return undefined
  })

/**
 * Sparse derivatives are the dense ones: `jacobian`, sparse or not, is `jacrev`, the sparse `hessian` is `hessian`, so that
 * what is outside of a pattern is zero; and the pattern for all arguments, `sparsity`, holds the one at this point.
 *
 * @example
 * ```ts
 * import { cumsum } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.sparseAgrees(cumsum, Laws.tensors([[5]])))
 * ```
 */
export const sparseAgrees = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(
    `${nameOf(f)}: sparse derivatives are the dense ones`,
    sampled(at),
    ({ args, seed }) =>
      Effect.gen(function*() {
        const { f: g, xs } = atPoint(f, args)
        const ys = yield* g(xs)
        const dense = yield* read(leavesOf(yield* jacrev(g)(xs)))
        const slack = rounding(roundoff([...xs, ...ys]), dense, yield* read(ys))
        const picked = yield* read(leavesOf(yield* jacobian(g)(xs)))
        const other = difference(["jacobian", picked], ["jacrev", dense], slack)
        if (other !== undefined) return other

        const blocks = (yield* jacobian(g, { sparse: true })(xs)) as Blocks<Sparse.Matrix>
        const found: Array<Tensor> = []
        for (const block of blocks.flat()) found.push(yield* Sparse.toDense(block))
        const reason = difference(["the sparse Jacobian", yield* read(found)], ["jacrev", dense], slack)
        if (reason !== undefined) return reason
        const anywhere = ((yield* sparsity(g)(xs)) as Blocks<Sparse.Pattern>).flat()
        for (const [b, block] of blocks.flat().entries()) {
          const place = yield* beyond(block, anywhere[b]!)
          if (place !== undefined) return `block ${b} has an element at [${place}], where sparsity has none`
        }

        const scalar = weighed(g, direction(seed, 0, ys))
        const second = yield* read(leavesOf(yield* hessian(scalar)(xs)))
        const sparse = (yield* hessian(scalar, { sparse: true })(xs)) as unknown as Blocks<Sparse.Matrix>
        const all: Array<Tensor> = []
        for (const block of sparse.flat()) all.push(yield* Sparse.toDense(block))
        return difference(
          ["the sparse Hessian", yield* read(all)],
          ["hessian", second],
          rounding(4 * roundoff(xs), second, dense, yield* read(ys))
        )
      })
  )

/**
 * Laws about whole Jacobians and Hessians: all ways to them agree.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { hessian, hvp, jacfwd, jacrev, jvp } from "../src/index.ts"
import type { Law, Services } from "./check.ts"
import { lawOf, nameOf } from "./check.ts"
import { gradient, weighed } from "./modes.ts"
import type { Program } from "./trees.ts"
import { atPoint, leavesOf } from "./trees.ts"
import { difference, direction, read, rounding, roundoff } from "./values.ts"

/**
 * A matrix of blocks, one for each pair of a result and an argument, applied to a direction: the results, one by one.
 */
const applied = (
  blocks: ReadonlyArray<Float64Array>,
  rows: ReadonlyArray<Tensor>,
  vs: ReadonlyArray<Float64Array>
): ReadonlyArray<Float64Array> =>
  rows.map(({ size }, row) =>
    Float64Array.from(
      { length: size },
      (_, i) =>
        vs.reduce(
          (total, v, column) =>
            v.reduce((sum, vj, j) => sum + blocks[row * vs.length + column]![i * v.length + j]! * vj, total),
          0
        )
    )
  )

/**
 * `jacfwd` and `jacrev` give one matrix J, and that matrix times a direction is `jvp`: J·t = f'(x)·t.
 *
 * @example
 * ```ts
 * import { softmax } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.jacobiansAgree(softmax, Laws.tensors([[2, 3]])))
 * ```
 */
export const jacobiansAgree = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(`${nameOf(f)}: jacfwd, jacrev and jvp agree`, f, at, ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const ys = yield* g(xs)
      const forward = yield* read(leavesOf(yield* jacfwd(g)(xs)))
      const reverse = yield* read(leavesOf(yield* jacrev(g)(xs)))
      const slack = rounding(roundoff([...xs, ...ys]), forward, yield* read(ys))
      const reason = difference(["jacrev", reverse], ["jacfwd", forward], slack)
      if (reason !== undefined) return reason
      const ts = direction(seed, 1, xs)
      const [, tangents] = yield* jvp(g, [xs], [ts])
      return difference(["jvp", yield* read(tangents)], ["J·t", applied(forward, ys, yield* read(ts))], slack)
    }))

/**
 * The Hessian H of ⟨w, f⟩ is symmetric, H = Hᵀ, and times a direction it is `hvp`: H·t.
 *
 * @example
 * ```ts
 * import { matmul } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.hessianSymmetric(matmul, Laws.tensors([[2, 2], [2]])))
 * ```
 */
export const hessianSymmetric = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(
    `${nameOf(f)}: the Hessian is symmetric, and hvp is its product`,
    f,
    at,
    ({ args, seed }) =>
      Effect.gen(function*() {
        const { f: g, xs } = atPoint(f, args)
        const ys = yield* g(xs)
        const scalar = weighed(g, direction(seed, 0, ys))
        const blocks = yield* read(leavesOf(yield* hessian(scalar)(xs)))
        const slack = rounding(4 * roundoff(xs), blocks, yield* read(ys), yield* read(yield* gradient(scalar)(xs)))
        const transposed = xs.flatMap(({ size: rows }, i) =>
          xs.map(({ size: columns }, j) =>
            Float64Array.from(
              { length: rows * columns },
              (_, n) => blocks[j * xs.length + i]![n % columns * rows + Math.floor(n / columns)]!
            )
          )
        )
        const reason = difference(["Hᵀ", transposed], ["H", blocks], slack)
        if (reason !== undefined) return reason
        const ts = direction(seed, 1, xs)
        const [product] = yield* hvp(scalar)([xs], [ts])
        return difference(["hvp", yield* read(product)], ["H·t", applied(blocks, xs, yield* read(ts))], slack)
      })
  )

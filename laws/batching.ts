/**
 * The law of batching: a program for a batch does for each what the program does for one.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { stack, vjp, vmap } from "../src/index.ts"
import type { Sample } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint, leavesOf, rebuild, show } from "./trees.ts"
import { difference, direction, read, rounding, roundoff, withElements } from "./values.ts"

/** A batch of arguments, and which of them are the same for all of the batch. */
interface Batch<Args> extends Sample<ReadonlyArray<Args>> {
  readonly shared: ReadonlyArray<boolean>
}

/**
 * `vmap` maps: every row of its result is the program's result for that row of the arguments, and the same is true of
 * the gradient inside of it, whichever arguments are batched.
 *
 * The samples of the arbitrary should have one structure and shape; others are passed over.
 *
 * @example
 * ```ts
 * import { matmul } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.batching(matmul, Laws.tensors([[2, 3], [3]])))
 * ```
 */
export const batching = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args>
): Law<Services<R>> =>
  law(
    `${nameOf(f)}: vmap does for each what the program does for one`,
    fc.record({
      args: fc.array(at, { minLength: 3, maxLength: 3 }).map(alike),
      seed: fc.nat(999),
      shared: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })
    }),
    ({ args, seed, shared }: Batch<Args>) =>
      Effect.gen(function*() {
        const points = args.map((a) => atPoint(f, a))
        const count = points[0]!.xs.length
        const isShared = (leaf: number) => count > 1 && shared[leaf % shared.length]! && leaf !== seed % count
        // a leaf that is shared is that of the first row in all rows
        const rows = points.map(({ xs }) => xs.map((x, leaf) => isShared(leaf) ? points[0]!.xs[leaf]! : x))
        const many = yield* Effect.forEach(
          rows[0]!,
          (x, leaf) => isShared(leaf) ? Effect.succeed(x) : stack(rows.map((row) => row[leaf]!))
        )
        const inAxes = [rows[0]!.map((_, leaf) => isShared(leaf) ? null : 0)]
        const { f: program } = points[0]!
        const ys = yield* program(rows[0]!)
        const value = yield* read(ys)
        const pulledBack: Flat<any, R> = (xs) =>
          Effect.flatMap(
            vjp(program, xs),
            ([, pullback]) => Effect.map(pullback(direction(seed, 0, ys)), ([cts]) => cts)
          )
        for (const [name, g] of [["result", program], ["gradient", pulledBack]] as const) {
          const expected = yield* Effect.forEach(rows, (row) => Effect.flatMap(g(row), read))
          const all = yield* read(yield* vmap(g, { inAxes })(many) as Effect.Effect<ReadonlyArray<Tensor>, any, R>)
          const slack = rounding(roundoff(many), value, ...expected)
          for (const [n, row] of expected.entries()) {
            const mine = all.map((data, leaf) => data.subarray(n * row[leaf]!.length, (n + 1) * row[leaf]!.length))
            const reason = difference([`the ${name} of vmap in row ${n}`, mine], ["alone", row], slack)
            if (reason !== undefined) return reason
          }
        }
        return undefined
      })
  )

/** Rows that differ from the first in structure or shape are replaced by it. */
const alike = <Args extends ReadonlyArray<any>>(rows: ReadonlyArray<Args>): ReadonlyArray<Args> => {
  // show, with every element a 0, tells structures, shapes and dtypes apart
  const kind = (row: Args) => show(rebuild(row, leavesOf(row).map((x) => withElements(x, () => 0))))
  return rows.map((row) => kind(row) === kind(rows[0]!) ? row : rows[0]!)
}

/**
 * The law of batching: a program for a batch does for each what the program does for one.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { mul, stack, sum, vjp, vmap } from "../src/index.ts"
import type { Sample } from "./arbitraries.ts"
import { examples } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { gradient } from "./modes.ts"
import type { Flat, Program } from "./trees.ts"
import { isFloat, leavesOf, rebuild, run } from "./trees.ts"
import { difference, direction, dot, read, rounding, roundoff } from "./values.ts"

/** A batch of arguments, which of them are the same for all of the batch, and where the batch axes are. */
interface Batch<Args> extends Sample<ReadonlyArray<Args>> {
  readonly shared: ReadonlyArray<boolean>
  readonly axes: ReadonlyArray<number>
}

type Axes = ReadonlyArray<number | null>

/** `vmap` of a function of a list, with an axis for each leaf. */
const batched = <R>(f: Flat<any, R>, inAxes: Axes, outAxes: ReadonlyArray<number> | number): Flat<any, R> =>
  // the compiler cannot count the leaves of a list
  vmap(f, { inAxes: [inAxes], outAxes }) as unknown as Flat<any, R>

/**
 * `vmap` maps: vmap(f)(x₁ … xₙ) = f(x₁) … f(xₙ). Every row of its result is the program's result for that row of the
 * arguments, and the same is true of the gradient inside of it; and its own gradient is that of every row, added up for
 * what the rows share. It does not matter which arguments are batched, be they floats, whole numbers or bools, nor
 * which axes of arguments and results are those of the batch.
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
      args: examples(at),
      seed: fc.nat(999),
      shared: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      axes: fc.array(fc.nat(3), { minLength: 8, maxLength: 8 })
    }),
    ({ args, axes, seed, shared }: Batch<Args>) =>
      Effect.gen(function*() {
        const points = args.map(leavesOf)
        const count = points[0]!.length
        const isShared = (leaf: number) => count > 1 && shared[leaf % shared.length]! && leaf !== seed % count
        // a leaf that is shared is that of the first row in all rows
        const rows = points.map((xs) => xs.map((x, leaf) => isShared(leaf) ? points[0]![leaf]! : x))
        // the axis of the batch is any of those that a stack of the leaf has
        const axisOf = (leaf: number, x: Tensor) => axes[leaf % axes.length]! % (x.shape.length + 1)
        const inAxes = rows[0]!.map((x, leaf) => isShared(leaf) ? null : axisOf(leaf, x))
        const many = yield* Effect.forEach(
          rows[0]!,
          (x, leaf) => inAxes[leaf] === null ? Effect.succeed(x) : stack(rows.map((row) => row[leaf]!), inAxes[leaf])
        )
        const program: Flat<any, R> = (xs) =>
          Effect.map(run(f, rebuild(args[0], xs) as Args), (ys) => ys.filter(isFloat))
        const ys = yield* program(rows[0]!)
        const value = yield* read(ys)
        const floats = rows[0]!.flatMap((x, leaf) => isFloat(x) ? [leaf] : [])
        /** The program as a function of its float leaves, the others of a row held fixed. */
        const of = (f: Flat<any, R>, all: ReadonlyArray<Tensor>): Flat<any, R> => (xs) =>
          f(all.map((x, leaf) => isFloat(x) ? xs[floats.indexOf(leaf)]! : x))
        const cts = direction(seed, 0, ys)
        const pulledBack: Flat<any, R> = (xs) =>
          Effect.flatMap(
            vjp(of(program, xs), xs.filter(isFloat)),
            ([, pullback]) => Effect.map(pullback(cts), ([cts]) => cts)
          )
        for (const [name, g] of [["result", program], ["gradient", pulledBack]] as const) {
          const expected = yield* Effect.forEach(rows, (row) => Effect.flatMap(g(row), read))
          // a result has its batch in front, or last
          const outAxes = expected[0]!.map((_, k) => axes[(k + 1) % axes.length]! % 2 === 0 ? 0 : -1)
          const found = yield* batched(g, inAxes, outAxes)(many)
          const all = yield* read(found)
          const slack = rounding(roundoff(many), value, ...expected)
          for (const [n, row] of expected.entries()) {
            const mine = all.map((data, leaf) => {
              const length = row[leaf]!.length
              return outAxes[leaf] === 0
                ? data.subarray(n * length, (n + 1) * length)
                : data.filter((_, i) => i % rows.length === n)
            })
            const reason = difference([`the ${name} of vmap in row ${n}`, mine], ["alone", row], slack)
            if (reason !== undefined) return reason
          }
        }
        const weights = yield* Effect.forEach(cts, (ct) => stack(rows.map(() => ct)))
        const total = (xs: ReadonlyArray<Tensor>) =>
          Effect.flatMap(batched(program, inAxes, 0)(xs), (ys) => dot(weights, ys))
        const found = yield* read(
          yield* gradient((xs) => total(many.map((x, i) => isFloat(x) ? xs[floats.indexOf(i)]! : x)))(
            many.filter(isFloat)
          )
        )
        const each = yield* Effect.forEach(
          rows,
          (row) => gradient((xs) => Effect.flatMap(of(program, row)(xs), (ys) => dot(cts, ys)))(row.filter(isFloat))
        )
        const expected = yield* Effect.flatMap(
          Effect.forEach(floats, (leaf, k) => {
            const stacked = stack(each.map((row) => row[k]!), inAxes[leaf] ?? 0)
            return inAxes[leaf] === null ? sum(mul(1, stacked), { axis: 0 }) : stacked
          }),
          read
        )
        const slack = rounding(roundoff(many), value, expected, ...yield* Effect.forEach(each, read))
        return difference(["the gradient of vmap", found], ["the gradients alone", expected], slack)
      })
  )

/**
 * The law of NaN: where a value is none, its derivative is none, so that a NaN never turns into a number that looks right.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { explain } from "../src/index.ts"
import { tensor } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { gradient, weighed } from "./modes.ts"
import type { Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { direction, dot, read, withElements } from "./values.ts"

/**
 * Of an elementwise op: where an operand is NaN the derivative with respect to it is NaN, and at the other elements it is what it
 * was. That holds of operands for which the derivative asks: that of x + y does not.
 *
 * `domains` are the elements of each operand where the op is smooth.
 *
 * @example
 * ```ts
 * import { maximum } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.nanStaysNaN(maximum, [Laws.real(0, 1), Laws.real(2, 3)]))
 * console.log("NaN stays NaN") // => NaN stays NaN
 * ```
 */
export const nanStaysNaN = <E, R>(
  f: Program<ReadonlyArray<any>, E, R>,
  domains: ReadonlyArray<fc.Arbitrary<number>>
): Law<Services<R>> =>
  law(
    `${nameOf(f)}: where a value is NaN its derivative is`,
    fc.record({ xs: fc.tuple(...domains.map((elements) => tensor([3], { elements }))), seed: fc.nat(999) }),
    ({ seed, xs }) =>
      Effect.gen(function*() {
        const { f: program } = atPoint(f, xs)
        const ys = yield* program(xs)
        const scalar = weighed(program, direction(seed, 0, ys))
        /** Does the derivative with respect to an operand ask for it? That of what is linear in it does not. */
        const asks = (leaf: number) =>
          Effect.map(
            explain((x: Tensor) =>
              Effect.flatMap(gradient(scalar)(xs.with(leaf, x)), (gs) =>
                dot([direction(seed, 1, xs)[leaf]!], [gs[leaf]!]))
            )(xs[leaf]!),
            ({ leaves: [report] }) =>
              report!.causes.every(({ _tag }) => _tag !== "Unused")
          )
        const before = yield* read(yield* gradient(scalar)(xs))
        const data = yield* read(xs)
        for (const leaf of xs.keys()) {
          if (!(yield* asks(leaf))) continue
          const at = (seed + leaf) % 3
          const spoilt = xs.with(leaf, withElements(xs[leaf]!, (i) => i === at ? NaN : data[leaf]![i]!))
          const after = (yield* read(yield* gradient(scalar)(spoilt)))[leaf]!
          for (const [i, v] of after.entries()) {
            if (i === at ? !Number.isNaN(v) : !Object.is(v, before[leaf]![i])) {
              return `where element ${at} of operand ${leaf} is NaN, element ${i} of its gradient is ${v}`
            }
          }
        }
        return undefined
      })
  )

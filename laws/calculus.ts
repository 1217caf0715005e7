/**
 * The rules of calculus, of programs as a whole.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { add, jvp, mul } from "../src/index.ts"
import type { Law, Services } from "./check.ts"
import { lawOf, nameOf } from "./check.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint, run } from "./trees.ts"
import { difference, direction, read, rounding, roundoff } from "./values.ts"

/** Leaf by leaf; both programs give results of one structure. */
const zip = <R>(
  op: (a: Tensor, b: Tensor) => Effect.Effect<Tensor, any>,
  f: Flat<any, R>,
  g: Flat<any, R>
): Flat<any, R> =>
(xs) => Effect.flatMap(Effect.all([f(xs), g(xs)]), ([as, bs]) => Effect.forEach(as, (a, i) => op(a, bs[i]!)))

/** Value and tangent along a direction. */
const dual = <R>(f: Flat<any, R>, xs: ReadonlyArray<Tensor>, ts: ReadonlyArray<Tensor>) => jvp(f, [xs], [ts])

/**
 * The sum and the product rule: (f + g)' = f' + g' and (f·g)' = f'·g + f·g'.
 *
 * Both programs give results of one structure and shape.
 *
 * @example
 * ```ts
 * import { exp, sin } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.sumAndProductRule(sin, exp, Laws.tensors([[2, 3]])))
 * ```
 */
export const sumAndProductRule = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  g: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(
    `the sum and the product rule of ${nameOf(f)} and ${nameOf(g)}`,
    f,
    at,
    ({ args, seed }) =>
      Effect.gen(function*() {
        const [{ f: one, xs }, { f: other }] = [atPoint(f, args), atPoint(g, args)]
        const ts = direction(seed, 1, xs)
        const [[a, da], [b, db]] = [yield* dual(one, xs, ts), yield* dual(other, xs, ts)]
        const [sum, product] = [
          yield* dual(zip(add, one, other), xs, ts),
          yield* dual(zip(mul, one, other), xs, ts)
        ]
        const byHand = (op: (i: number) => Effect.Effect<Tensor, any>) =>
          Effect.flatMap(Effect.forEach(a, (_, i) => op(i)), read)
        const sums = yield* byHand((i) => add(da[i]!, db[i]!))
        const products = yield* byHand((i) => add(mul(da[i]!, b[i]!), mul(a[i]!, db[i]!)))
        const terms = [yield* byHand((i) => mul(da[i]!, b[i]!)), yield* byHand((i) => mul(a[i]!, db[i]!))]
        const unit = roundoff([...xs, ...a])
        return difference(
          ["(f + g)'", yield* read(sum[1])],
          ["f' + g'", sums],
          rounding(unit, yield* read(da), yield* read(db))
        ) ??
          difference(["(f·g)'", yield* read(product[1])], ["f'·g + f·g'", products], rounding(unit, ...terms))
      })
  )

/**
 * The chain rule: (g ∘ f)'(x) = g'(f(x)) · f'(x), where `g` takes the float leaves of the results of `f`, one by one.
 *
 * @example
 * ```ts
 * import { softmax, tanh } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.chainRule(tanh, softmax, Laws.tensors([[2, 3]])))
 * ```
 */
export const chainRule = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  g: Program<ReadonlyArray<any>, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(`the chain rule of ${nameOf(g)} after ${nameOf(f)}`, f, at, ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: inner, xs } = atPoint(f, args)
      const outer: Flat<any, R> = (ys) => run(g, ys)
      const ts = direction(seed, 1, xs)
      const [ys, dys] = yield* dual(inner, xs, ts)
      const [zs, expected] = yield* dual(outer, ys, dys)
      const [, found] = yield* dual((xs) => Effect.flatMap(inner(xs), outer), xs, ts)
      const slack = rounding(roundoff([...xs, ...ys, ...zs]), yield* read(zs), yield* read(dys), yield* read(expected))
      return difference(["(g ∘ f)'", yield* read(found)], ["g'(f) · f'", yield* read(expected)], slack)
    }))

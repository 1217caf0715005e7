/**
 * The laws of branches: a `cond` is the branch that it takes.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import { cond, Tensor, where } from "../src/index.ts"
import { sampled } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law } from "./check.ts"
import { connected } from "./connectivity.ts"
import { gradient, weighed } from "./modes.ts"
import type { Flat, Program, Scalar } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { difference, direction, dot, read, rounding, roundoff } from "./values.ts"

/** Asks a question of the arguments: the result is a bool scalar. */
export type Predicate<Args extends ReadonlyArray<any>, E = never, R = never> = (
  ...args: Args
) => Effect.Effect<Tensor<any, "bool">, E, R> | Tensor<any, "bool">

/** The gradient, and the gradient of what it weighs along a direction. */
const derivatives = <R>(f: Scalar<any, R>, xs: ReadonlyArray<Tensor>, ts: ReadonlyArray<Tensor>) =>
  Effect.gen(function*() {
    const second: Scalar<any, R> = (xs) => Effect.flatMap(gradient(f)(xs), (gs) => dot(ts, gs))
    return [yield* read(yield* gradient(f)(xs)), yield* read(yield* gradient(second)(xs))] as const
  })

/**
 * A `cond` is the branch that it takes: cond(p, f, g) = f where p, and g where not. It has its value and its
 * derivatives, and arguments that only the other branch reads are unconnected.
 *
 * Two more programs say the same: a host `if` on the value of the predicate, and `where`, which computes both branches
 * but must not let the other one through, even where that is singular. Both must agree, at orders 1 and 2.
 *
 * @example
 * ```ts
 * import { greater, log, neg } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const isPositive = (x: Tensor<[]>) => greater(x, 0)
 * const law = Laws.condTakesBranch(isPositive, (x) => log(x), (x) => neg(x), Laws.tensors([[]]))
 * Laws.check(law)
 * console.log(law.name) // => cond takes a branch, and is where and if
 * ```
 */
export const condTakesBranch = <Args extends ReadonlyArray<any> | [], E = never, R = never>(
  predicate: Predicate<Args, E, R>,
  onTrue: Program<Args, E, R>,
  onFalse: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law("cond takes a branch, and is where and if", sampled(at), ({ args, seed }) =>
    Effect.gen(function*() {
      const [yes, no] = [atPoint(onTrue, args), atPoint(onFalse, args)]
      const { xs } = yes
      const pred = atPoint(predicate, args, () => true).f
      const [decision] = yield* read(yield* pred(xs))
      const isTrue = decision?.[0]
      const taken = isTrue === 1 ? yes.f : no.f
      const ys = yield* taken(xs)
      const ws = direction(seed, 0, ys)
      const ts = direction(seed, 1, xs)

      const condition: Flat<any, R> = (xs) => Effect.flatMap(pred(xs), ([p]) => branches(p!, yes.f(xs), no.f(xs)))
      const selection: Flat<any, R> = (xs) =>
        Effect.gen(function*() {
          const [[p], as, bs] = [yield* pred(xs), yield* yes.f(xs), yield* no.f(xs)]
          return yield* Effect.forEach(as, (a, i) => where(p as Tensor<any, "bool">, a, bs[i]!))
        })
      const host: Flat<any, R> = (xs) =>
        Effect.flatMap(pred(xs), ([p]) => Effect.flatMap(Tensor.item(p!), (v) => (v ? yes.f : no.f)(xs)))

      const branch = isTrue === 1 ? "the branch taken (true)" : "the branch taken (false)"
      const value = yield* read(ys)
      const expected = yield* derivatives(weighed(taken, ws), xs, ts)
      const slack = rounding(roundoff(xs), value, ...expected)
      for (const [name, f] of [["cond", condition], ["where", selection], ["if", host]] as const) {
        const got = yield* derivatives(weighed(f, ws), xs, ts)
        const reason = difference([`${name}: the value`, yield* read(yield* f(xs))], [`of ${branch}`, value], () =>
          0) ??
          difference([`${name}: the gradient`, got[0]], [`of ${branch}`, expected[0]], slack) ??
          difference([`${name}: the 2nd derivative`, got[1]], [`of ${branch}`, expected[1]], slack)
        if (reason !== undefined) return reason
      }
      return difference(
        ["cond: connected (0 is no)", [(yield* connected(weighed(condition, ws), xs)).map(Number)]],
        [`by ${branch}`, [(yield* connected(weighed(taken, ws), xs)).map(Number)]],
        () => 0
      )
    }))

/** A `cond` whose branches are Effects of lists. */
const branches = <R>(
  predicate: Tensor,
  onTrue: Effect.Effect<ReadonlyArray<Tensor>, any, R>,
  onFalse: Effect.Effect<ReadonlyArray<Tensor>, any, R>
): Effect.Effect<ReadonlyArray<Tensor>, any, R> => cond(predicate as Tensor<[], "bool">, () => onTrue, () => onFalse)

/**
 * The laws of `stopGradient`: it is the identity, and a constant.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { grad, jvp, stopGradient, vjp } from "../src/index.ts"
import { sampled } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { gradient, weighed } from "./modes.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint, isFloat, run } from "./trees.ts"
import { difference, direction, largest, read, rounding, roundoff } from "./values.ts"

/**
 * `stopGradient` is the identity and a constant: it leaves the value alone, does so again when applied again, and its
 * derivative is 0 in both modes, by having no connection at all.
 *
 * @example
 * ```ts
 * import { exp } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.stopsGradient(exp, Laws.tensors([[3]])))
 * ```
 */
export const stopsGradient = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(`stopGradient(${nameOf(f)}) is a constant`, sampled(at), ({ args, seed }) =>
    Effect.gen(function*() {
      const { f: g, xs } = atPoint(f, args)
      const stopped: Flat<any, R> = (xs) => Effect.flatMap(g(xs), (ys) => Effect.forEach(ys, (y) => stopGradient(y)))
      const twice: Flat<any, R> = (xs) =>
        Effect.flatMap(stopped(xs), (ys) => Effect.forEach(ys, (y) => stopGradient(y)))
      const ys = yield* g(xs)
      const value = yield* read(ys)
      const reason = difference(["stopGradient(y)", yield* read(yield* stopped(xs))], ["y", value], () => 0) ??
        difference(["stopGradient(stopGradient(y))", yield* read(yield* twice(xs))], ["y", value], () => 0)
      if (reason !== undefined) return reason
      const [, tangents] = yield* jvp(stopped, [xs], [direction(seed, 1, xs)])
      const [, pullback] = yield* vjp(stopped, xs)
      const [cotangents] = yield* pullback(direction(seed, 0, ys))
      if (largest(yield* read(tangents)) !== 0) return "a tangent passes"
      if (largest(yield* read(cotangents)) !== 0) return "a cotangent passes"
      const found = yield* grad(weighed(stopped, direction(seed, 0, ys)), { unconnected: "none" })(xs)
      return found.every(Option.isNone) ? undefined : "the gradient is connected"
    }))

/**
 * Stopping is freezing: the derivative of `f(stopGradient(g(x)), x)` is that of `f(c, x)` with the number c = g(x), at
 * orders 1 and 2.
 *
 * `g` gives one tensor, which `f` takes as its first argument.
 *
 * @example
 * ```ts
 * import { exp, mul } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const law = Laws.stoppingFreezes(
 *   (c, x: Tensor<[]>) => mul(c, mul(x, x)),
 *   (x: Tensor<[]>) => exp(x),
 *   Laws.tensors([[]])
 * )
 * Laws.check(law)
 * ```
 */
export const stoppingFreezes = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<[frozen: Tensor, ...Args], E, R>,
  g: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law("a stopped value is a frozen value", sampled(at), ({ args, seed }) =>
    Effect.gen(function*() {
      const frozen = (yield* run(g, args)).find(isFloat)
      if (frozen === undefined) return "the program that is stopped gives no float tensor"
      const stopped = (...args: Args) =>
        Effect.flatMap(run(g, args), ([y]) => Effect.flatMap(stopGradient(y!), (y) => run(f, [y, ...args])))
      const { f: one, xs } = atPoint(stopped, args)
      const { f: other } = atPoint((...args: Args) => run(f, [frozen, ...args]), args)
      const ys = yield* one(xs)
      const ws = direction(seed, 0, ys)
      const ts = direction(seed, 1, xs)
      const seconds = (h: Flat<any, R>): Flat<any, R> => gradient(weighed(gradient(weighed(h, ws)), ts))
      const orders = [(h: Flat<any, R>) => gradient(weighed(h, ws)), seconds]
      for (const [k, derivative] of orders.entries()) {
        const expected = yield* read(yield* derivative(other)(xs))
        const reason = difference(
          [`order ${k + 1}: stopped`, yield* read(yield* derivative(one)(xs))],
          ["frozen", expected],
          rounding(roundoff(xs), yield* read(ys), expected)
        )
        if (reason !== undefined) return reason
      }
      return undefined
    }))

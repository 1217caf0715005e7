/**
 * The laws of `stopGradient`: it is the identity, and a constant.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { grad, jvp, stopGradient, vjp } from "../src/index.ts"
import { sampled } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { gradient } from "./gradient.ts"
import { weighed } from "./modes.ts"
import { refuteSame } from "./sameness.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint, isFloat, run } from "./trees.ts"
import { difference, direction, largest, read } from "./values.ts"

/**
 * `stopGradient` is the identity and a constant, s(y) = y, s(s(y)) = s(y) and s' = 0: it leaves the value alone, does
 * so again when applied again, and its derivative is 0 in both modes, by having no connection at all.
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
 * Stopping is freezing: the derivatives of `f(stopGradient(g(x)), x)` are those of `f(c, x)` with the number c = g(x),
 * at orders 1 to 3, and what differences say of that.
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
  at: fc.Arbitrary<Args> | Args,
  { differences = true }: { readonly differences?: boolean | undefined } = {}
): Law<Services<R>> =>
  law("a stopped value is a frozen value", sampled(at), ({ args, seed }) =>
    Effect.gen(function*() {
      const frozen = (yield* run(g, args)).find(isFloat)
      if (frozen === undefined) return "the program that is stopped gives no float tensor"
      const stopped = (...args: Args) =>
        Effect.flatMap(
          run(g, args),
          (ys) => Effect.flatMap(stopGradient(ys.find(isFloat)!), (y) => run(f, [y, ...args]))
        )
      const { f: one, xs } = atPoint(stopped, args)
      const { f: other } = atPoint((...args: Args) => run(f, [frozen, ...args]), args)
      const reason = yield* refuteSame(
        ["the program with a stopped value", one],
        ["that with a frozen one", other],
        xs,
        seed,
        {
          order: 3
        }
      )
      if (reason !== undefined || !differences) return reason
      const { arbitrary, refute } = gradient((...xs: ReadonlyArray<any>) => other(xs), xs as ReadonlyArray<any>, {
        kinks: "between"
      })
      return yield* refute(fc.sample(arbitrary, { seed, numRuns: 1 })[0])
    }))

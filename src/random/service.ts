/**
 * Keys from a service, so that programs need not hand them on.
 */
import * as Effect from "effect/Effect"
import * as Function from "effect/Function"
import { ArgumentError, describe, type OpError } from "../core/errors.ts"
import { failure } from "../core/evaluator.ts"
import { KeySource } from "../core/keys.ts"
import { signed } from "../core/signed.ts"
import { isEffect } from "../core/tensor.ts"
import type * as Typed from "../types/signatures.ts"
import { foldIn } from "./key.ts"

/**
 * Another key each time that it is run: the n-th run folds n into the key that the program was given by `withKey`.
 *
 * So a program draws the same numbers whenever it is given the same key, under every transformation. Fails with `ArgumentError` where there is no key,
 * and in programs that are written down once and run many times (the bodies of loops, `vmap`, `jit`, `compile`), where it would draw the same numbers in all
 * runs: those take a key as an argument.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, mul, Random, sum, Tensor } from "wengert"
 *
 * const noisy = (x: Tensor<[3]>) => sum(mul(x, Random.normal(Random.next, [3])))
 * const program = grad(noisy)(Tensor.ones([3]))
 * const [a, b] = [1, 1].map((seed) => Effect.runSync(Random.withKey(program, Random.key(seed))))
 * console.log(String(a) === String(b)) // => true
 * ```
 */
export const next: Effect.Effect<Typed.Key, OpError> = Effect.withFiber((fiber) =>
  Effect.map(fiber.getRef(KeySource).next(), (threefry): Typed.Key => Object.freeze({ threefry: threefry as any }))
)

/**
 * The program, with a key of which `Random.next` makes others. Each run of the result begins anew. Fails with `TreeLeafError` for what is no key.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * const program = Random.uniform(Random.next, [2]).pipe(Random.withKey(Random.key(0)))
 * console.log(Effect.runSync(program).shape) // => [ 2 ]
 * ```
 */
export const withKey: Typed.WithKey = signed(Function.dual(
  2,
  (program: Effect.Effect<unknown>, key: Typed.KeyOperand) =>
    Effect.suspend(() => {
      if (!isEffect(program)) {
        const message = `Random.withKey requires an Effect as program, got ${describe(program)}`
        return failure(new ArgumentError({ op: "Random.withKey", message }), undefined)
      }
      let runs = 0
      const own = isEffect(key) ? Effect.cached(key as Effect.Effect<Typed.Key>) : Effect.succeed(Effect.succeed(key))
      return Effect.flatMap(own, (key) =>
        Effect.provideService(program, KeySource, {
          next: () => Effect.map(foldIn(key, runs++), ({ threefry }) => threefry)
        }))
    })
))

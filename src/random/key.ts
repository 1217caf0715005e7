/**
 * Keys: what random numbers are a function of.
 */
import * as Effect from "effect/Effect"
import { ArgumentError, describe } from "../core/errors.ts"
import { storage } from "../core/make.ts"
import { apply, lone, type Taken } from "../core/operation.ts"
import { checkDType } from "../core/operation.ts"
import type { OpEffect } from "../core/primitive.ts"
import { none } from "../core/primitive.ts"
import { range } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { fromData } from "../core/tensor.ts"
import { stack } from "../ops/movement/assembly.ts"
import { broadcastLike, reshapeTo } from "../ops/movement/layout.ts"
import { sliceAxis } from "../ops/movement/parts.ts"
import { threefryPrimitive } from "../ops/random/threefry.ts"
import type * as Typed from "../types/signatures.ts"
import { keyed } from "./draw.ts"

export type { Key } from "../types/signatures.ts"

/** The key of words. */
const keyOf = (words: Tensor<any, any>): Typed.Key<any> => Object.freeze({ threefry: words })

/**
 * The key of a seed, any safe integer.
 *
 * A key is a tree of one tensor, two words of int32. Throws `ArgumentError` for anything but a safe integer. The words are those of JAX's
 * `random.key(seed)` with 64-bit integers.
 *
 * @example
 * ```ts
 * import { Random } from "wengert"
 *
 * console.log(Random.key(7).threefry) // => tensor([0, 7], int32)
 * ```
 */
export const key = (seed: number): Typed.Key => {
  if (!Number.isSafeInteger(seed)) {
    throw new ArgumentError({
      op: "Random.key",
      message: `Random.key requires a whole number up to 2^53 as seed, got ${describe(seed)}`
    })
  }
  return keyOf(fromData([2], "int32", Int32Array.of(Math.floor(seed / 2 ** 32), seed | 0)))
}

/** As many keys as are asked for, from the words of one. */
const manyFrom = (op: string, words: Tensor, n: number): OpEffect<Tensor> => {
  const counters = storage(op, [n, 2], "int32")
  for (let i = 0; i < n; i++) counters[2 * i + 1] = i
  return Effect.flatMap(
    broadcastLike(words, [n, 2]),
    (keys) => apply(threefryPrimitive, [keys, fromData([n, 2], "int32", counters)], none)
  )
}

/**
 * Keys from a key, two by default, as an array: what they draw is independent of each other. The key itself is not to be used again.
 *
 * Fails with `ShapeError` unless `n` is whole and not negative. The words are those of JAX's `random.split`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * const program = Effect.gen(function*() {
 *   const [left, right] = yield* Random.split(Random.key(0))
 *   return [yield* Random.uniform(left), yield* Random.uniform(right)]
 * })
 * console.log(Effect.runSync(program)) // => [ tensor(0.969948, float64), tensor(0.08062437, float64) ]
 * ```
 */
export const split: Typed.SplitKey = signed((key: Typed.KeyOperand, n = 2) =>
  keyed(
    "Random.split",
    key,
    [],
    (words) =>
      Effect.flatMap(manyFrom("Random.split", words, n), (keys) =>
        Effect.forEach(range(n), (i) =>
          Effect.map(
            Effect.flatMap(sliceAxis(keys, 0, i, i + 1), (one) => reshapeTo(one, [2])),
            keyOf
          )))
  )
)

/**
 * `n` keys from a key, as one key of shape [n]: for `vmap` and `scan`, which take them one by one.
 *
 * The words are those of `split`. Fails with `ShapeError` unless `n` is whole and not negative.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random, vmap } from "wengert"
 *
 * const draw = vmap((key: Random.Key) => Random.normal(key, [3]))
 * const program = Effect.flatMap(Random.keys(Random.key(0), 5), draw)
 * console.log(Effect.runSync(program).shape) // => [ 5, 3 ]
 * ```
 */
export const keys: Typed.ManyKeys = signed((key: Typed.KeyOperand, n: number) =>
  keyed("Random.keys", key, [], (words) => Effect.map(manyFrom("Random.keys", words, n), keyOf))
)

/** A number as an int32, by the bits that JAX takes of it. Throws `ArgumentError`, and `DTypeError` for other dtypes. */
const wordOf = (op: string, data: Taken): Tensor => {
  if (typeof data === "number") {
    if (Number.isInteger(data) && data >= -(2 ** 31) && data < 2 ** 32) {
      return fromData([], "int32", Int32Array.of(data))
    }
    throw new ArgumentError({ op, message: `${op} requires a whole number of 32 bits, got ${describe(data)}` })
  }
  checkDType(op, lone(data), ["int32"])
  return data
}

/**
 * The key that a key and a number make, an int32: of the step of a loop, of an index.
 *
 * `data` is a whole number of 32 bits, or a scalar int32. Fails with `ArgumentError`, `DTypeError` and `ShapeError` for anything else. The words are those of
 * JAX's `random.fold_in`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { add, Random, scan, Tensor } from "wengert"
 *
 * const key = Random.key(0)
 * const walk = scan(
 *   (at: Tensor<[]>, i: Tensor<[], "int32">) =>
 *     Effect.map(add(at, Random.normal(Random.foldIn(key, i))), (next) => [next, next] as const),
 *   0,
 *   Tensor.arange(4, undefined, 1, "int32")
 * )
 * console.log(Effect.runSync(walk)[1].shape) // => [ 4 ]
 * ```
 */
export const foldIn: Typed.FoldIn = signed((key: Typed.KeyOperand, data: Operand) =>
  keyed("Random.foldIn", key, [data], (words, data) => {
    const word = reshapeTo(wordOf("Random.foldIn", data), [])
    return Effect.gen(function*() {
      const counter = yield* stack([fromData([], "int32", Int32Array.of(0)), yield* word])
      return keyOf(yield* apply(threefryPrimitive, [words, counter], none))
    })
  })
)

/**
 * Discrete distributions: steps of their parameters, by which no derivative passes. `explain` says so.
 */
import * as Effect from "effect/Effect"
import { ArgumentError, describe, ShapeError, showShape } from "../core/errors.ts"
import { apply, checkDType, lone, type Taken } from "../core/operation.ts"
import { checkOptions, flag, propertiesOf } from "../core/options.ts"
import type { OpEffect } from "../core/primitive.ts"
import { none } from "../core/primitive.ts"
import type { Shape } from "../core/shape.ts"
import { checkShape, normalizeAxis, sizeOf } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { add, mul, sub } from "../ops/algebra.ts"
import { castTo, shapesOf } from "../ops/cast.ts"
import { accepts } from "../ops/define.ts"
import { less } from "../ops/elementwise/comparison.ts"
import { log } from "../ops/elementwise/exponential.ts"
import { floor } from "../ops/elementwise/unary.ts"
import { take } from "../ops/indexing/picking.ts"
import { argsort } from "../ops/indexing/sorting.ts"
import { broadcastLike, reshapeTo } from "../ops/movement/layout.ts"
import { sliceAxis } from "../ops/movement/parts.ts"
import { poissonPrimitive } from "../ops/random/variates.ts"
import { argmax } from "../ops/reduction/extremum.ts"
import type * as Typed from "../types/signatures.ts"
import { gumbelOf } from "./continuous.ts"
import { checkBroadcast, keyed, parameters, random } from "./draw.ts"

/**
 * Words of 32 random bits, as int32. `shape` is [] by default. Fails with `ShapeError`. They are those of JAX's `random.bits`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * console.log(Effect.runSync(Random.bits(Random.key(0), [4])).dtype) // => int32
 * ```
 */
export const bits: Typed.Bits = signed((key: Typed.KeyOperand, shape: Shape = []) =>
  keyed("Random.bits", key, [], (words) => random(words, checkShape("Random.bits", shape), "int32"))
)

/**
 * Whole numbers from `min` up to but without `max`, as int32.
 *
 * The bounds are int32, or whole numbers, and broadcast to `shape`; where max <= min it is `min`. Fails with `ShapeError` and `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * console.log(Effect.runSync(Random.randint(Random.key(0), [3], 5, 6))) // => tensor([5, 5, 5], int32)
 * ```
 */
export const randint: Typed.DrawInteger = signed((key: Typed.KeyOperand, shape: Shape, min: Operand, max: Operand) =>
  keyed("Random.randint", key, [min, max], (words, ...given) => {
    const op = "Random.randint"
    const to = checkBroadcast(op, shapesOf(given), checkShape(op, shape))
    const [low, high] = given.map((x) => wholeOf(op, x))
    return Effect.gen(function*() {
      const [from, end] = [yield* castTo(low!, "float64"), yield* castTo(high!, "float64")]
      // 52 bits are many more than an int32 has, and what is drawn for one value is as likely as for another to 2⁻²⁰
      const u = yield* random(words, to, "float64")
      return yield* castTo(yield* add(from, floor(mul(u, sub(end, from)))), "int32")
    })
  })
)

/** A bound: whole, of 32 bits or one more than that. Throws `ArgumentError` and `DTypeError`. */
const wholeOf = (op: string, x: Taken): Tensor => {
  if (typeof x !== "number") {
    checkDType(op, x, accepts.integer)
    return x
  }
  if (Number.isInteger(x) && Math.abs(x) <= 2 ** 31) return lone(x)
  throw new ArgumentError({ op, message: `${op} requires whole numbers of 32 bits as bounds, got ${describe(x)}` })
}

/**
 * `true` with probability `p`, a float or several, broadcast to `shape` if it is given: where a uniform number is less than p.
 *
 * No derivative passes. Fails with `ShapeError` and `DTypeError`. The values are those of JAX's `random.bernoulli`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * console.log(Effect.runSync(Random.bernoulli(Random.key(0), 1, [2]))) // => tensor([true, true], bool)
 * ```
 */
export const bernoulli: Typed.DrawWith<"Random.bernoulli", "bool"> = signed((
  key: Typed.KeyOperand,
  p: Operand,
  shape?: Shape
) =>
  keyed("Random.bernoulli", key, [p], (words, given) => {
    const { dtype, shape: to, tensors } = parameters("Random.bernoulli", [given], shape)
    return Effect.flatMap(tensors, ([p]) => less(random(words, to, dtype), p!))
  })
)

/**
 * Indices along `axis`, the last by default, each with the probability whose logarithm, up to a constant, stands there: where logits with Gumbel noise are largest.
 *
 * Floats; the result is int32, and has the shape of the logits without that axis, or the given one to which that broadcasts. No derivative passes; the softmax of the
 * same sums has one. Fails with `AxisError`, `ShapeError` and `DTypeError`. Source: Gumbel (1954); Maddison, Tarlow and Minka, "A* sampling", NeurIPS 2014.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random, Tensor } from "wengert"
 *
 * const logits = Tensor.make([-Infinity, 0, -Infinity])
 * console.log(Effect.runSync(Random.categorical(Random.key(0), logits, { shape: [3] }))) // => tensor([1, 1, 1], int32)
 * ```
 */
export const categorical: Typed.DrawCategorical = signed((
  key: Typed.KeyOperand,
  logits: Operand,
  options?: { readonly axis?: number; readonly shape?: Shape }
) =>
  keyed("Random.categorical", key, [logits], (words, given) => {
    const op = "Random.categorical"
    const { axis = -1, shape } = checkOptions(op, options, { axis: "checked", shape: "checked" })
    const tensor = lone(given)
    checkDType(op, tensor, accepts.float)
    const at = normalizeAxis(op, axis, tensor.shape.length, tensor.shape)
    const lead = tensor.shape.toSpliced(at, 1)
    const to = shape === undefined ? lead : checkBroadcast(op, [lead], checkShape(op, shape))
    // counted from the end, the axis is where it was
    const place = to.length - (lead.length - at)
    const all = to.toSpliced(place, 0, tensor.shape[at]!)
    return Effect.gen(function*() {
      const noise = yield* gumbelOf(words, all, tensor.dtype)
      return yield* argmax(yield* add(noise, tensor), { axis: place })
    })
  })
)

/**
 * Variates of Poisson's distribution of mean `rate`, as int32, broadcast to `shape` if it is given.
 *
 * Floats. −1 for what is no rate: negative, NaN, or larger than an int32 holds the variates of (2³¹ − 2¹⁹). No derivative passes. Fails with `ShapeError` and `DTypeError`. Source: Hörmann,
 * "The transformed rejection method for generating Poisson random variables", Insurance: Mathematics and Economics 12 (1993), 39–45.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * console.log(Effect.runSync(Random.poisson(Random.key(0), 0, [2]))) // => tensor([0, 0], int32)
 * ```
 */
export const poisson: Typed.DrawWith<"Random.poisson", "int32"> = signed((
  key: Typed.KeyOperand,
  rate: Operand,
  shape?: Shape
) =>
  keyed("Random.poisson", key, [rate], (words, given) =>
    Effect.flatMap(
      parameters("Random.poisson", [given], shape).tensors,
      ([ready]) => apply(poissonPrimitive, [words, ready!], none)
    ))
)

/** A random order of n things: that of uniform numbers, of which two of n are equal with a probability of n²·2⁻⁵³. */
const orderOf = (words: Tensor, n: number): OpEffect<Tensor> =>
  Effect.flatMap(random(words, [n], "float64"), (u) => argsort(u as Tensor<[number], "float64">)) as OpEffect<Tensor>

/** What there is to choose from: slices of a tensor along an axis, or whole numbers. */
interface Population {
  readonly size: number
  readonly pick: (indices: Tensor) => OpEffect<Tensor>
}

const populationOf = (op: string, x: Taken, axis: unknown): Population => {
  if (typeof x === "number") {
    const [size] = checkShape(op, [x])
    return { size: size!, pick: Effect.succeed }
  }
  const at = normalizeAxis(op, axis, x.shape.length, x.shape)
  return {
    size: x.shape[at]!,
    pick: (indices) => take(x, indices as Tensor<any, "int32">, { axis: at }) as OpEffect<Tensor>
  }
}

/**
 * The slices of a tensor along `axis`, 0 by default, in random order; of a number n, the whole numbers 0, …, n − 1, as int32.
 *
 * Any dtype. The derivative goes to the elements where they came from. Fails with `AxisError`, and with `ShapeError` for a number that is not whole.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random, sort } from "wengert"
 *
 * console.log(Effect.runSync(sort(Random.permutation(Random.key(0), 5)))) // => tensor([0, 1, 2, 3, 4], int32)
 * ```
 */
export const permutation: Typed.Permutation = signed((
  key: Typed.KeyOperand,
  x: Operand,
  options?: { readonly axis?: number }
) =>
  keyed("Random.permutation", key, [x], (words, x) => {
    const op = "Random.permutation"
    const { axis = 0 } = checkOptions(op, options, { axis: "checked" })
    const { pick, size } = populationOf(op, x, axis)
    return Effect.flatMap(orderOf(words, size), pick)
  })
)

/**
 * Slices of a tensor along `axis`, 0 by default, or whole numbers below n, chosen at random: as many as `shape` has elements, which stands in place of that
 * axis; [] by default.
 *
 * By default each is chosen anew. With `replace: false` none is chosen twice. `p` are their probabilities, floats, up to a factor. Any dtype. The derivative goes to the elements where they
 * came from; none to `p`. Fails with `AxisError`, `DTypeError`, and `ShapeError` where there is nothing, or less than asked for without replacement, to choose from.
 * Source of the choice by p without replacement: Efraimidis and Spirakis, Inf. Process. Lett. 97 (2006), 181–185.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random, sort, Tensor } from "wengert"
 *
 * const key = Random.key(0)
 * console.log(Effect.runSync(sort(Random.choice(key, 3, [3], { replace: false })))) // => tensor([0, 1, 2], int32)
 * console.log(Effect.runSync(Random.choice(key, Tensor.make([1, 2]), [2], { p: Tensor.make([0, 1]) })))
 * // => tensor([2., 2.], float64)
 * ```
 */
export const choice: Typed.Choice = signed((
  key: Typed.KeyOperand,
  x: Operand,
  shape: Shape = [],
  options?: { readonly axis?: number; readonly p?: Operand; readonly replace?: boolean }
) => {
  const op = "Random.choice"
  const p = propertiesOf(options)?.["p"] as Operand | undefined
  return keyed(op, key, p === undefined ? [x] : [x, p], (words, x, p) => {
    const { axis = 0, replace = true } = checkOptions(op, options, { axis: "checked", p: "checked", replace: flag })
    const to = checkShape(op, shape)
    const count = sizeOf(to)
    const { pick, size } = populationOf(op, x, axis)
    const weights = p === undefined ? undefined : lone(p)
    if (weights !== undefined) {
      checkDType(op, weights, accepts.float)
      if (weights.shape.length !== 1 || weights.shape[0] !== size) {
        throw new ShapeError({
          op,
          shapes: [weights.shape],
          message: `${op} requires ${size} probabilities, got ${showShape(weights.shape)}`
        })
      }
    }
    if (replace ? size === 0 && count > 0 : count > size) {
      throw new ShapeError({
        op,
        message: `${op} requires something to choose from, got ${count} of ${size}${
          replace ? "" : " without replacement"
        }`
      })
    }
    return Effect.gen(function*() {
      const indices = yield* indicesOf(words, { count, size, replace, weights })
      return yield* pick(yield* reshapeTo(indices, to))
    })
  })
})

/** Random indices. */
const indicesOf = (
  words: Tensor,
  { count, replace, size, weights }: {
    readonly count: number
    readonly replace: boolean
    readonly size: number
    readonly weights: Tensor | undefined
  }
): OpEffect<Tensor> =>
  Effect.gen(function*() {
    if (weights === undefined) {
      if (!replace) return yield* sliceAxis(yield* orderOf(words, size), 0, 0, count)
      const u = yield* random(words, [count], "float64")
      return yield* castTo(yield* floor(mul(u, size)), "int32")
    }
    const logits: Tensor = yield* log(weights)
    const noise = yield* gumbelOf(words, replace ? [count, size] : [size], weights.dtype)
    const scores: Tensor = yield* add(noise, yield* broadcastLike(logits, noise.shape))
    if (replace) return yield* argmax(scores, { axis: 1 })
    return yield* sliceAxis(yield* argsort(scores, { descending: true }), 0, 0, count)
  }) as OpEffect<Tensor>

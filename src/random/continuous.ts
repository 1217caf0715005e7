/**
 * Continuous distributions. Every sample is a function of its parameters and of numbers that do not depend on them, so that
 * derivatives by the parameters are right: where that function is known, its own; gamma's, and with them beta's and Dirichlet's, implicitly.
 */
import * as Effect from "effect/Effect"
import type { DType, FloatDType } from "../core/dtype.ts"
import { ShapeError, showShape } from "../core/errors.ts"
import { adapt, apply, checkDType, commonDType, lone, type Taken } from "../core/operation.ts"
import { checkOptions, propertiesOf } from "../core/options.ts"
import type { OpEffect } from "../core/primitive.ts"
import { none } from "../core/primitive.ts"
import type { Shape } from "../core/shape.ts"
import { broadcastShapes, checkShape } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { add, mul, neg, sub, where } from "../ops/algebra.ts"
import { castTo, shapesOf } from "../ops/cast.ts"
import { matmul } from "../ops/contraction/products.ts"
import { accepts } from "../ops/define.ts"
import { maximum, minimum } from "../ops/elementwise/binary.ts"
import { less, lessEqual } from "../ops/elementwise/comparison.ts"
import { exp, log, log1p, sigmoid } from "../ops/elementwise/exponential.ts"
import { erfc, erfcinv, erfinv } from "../ops/elementwise/special.ts"
import { abs, sign } from "../ops/elementwise/unary.ts"
import { cholesky } from "../ops/linalg/cholesky.ts"
import { matricesOf } from "../ops/linalg/matrix.ts"
import { broadcastLike, reshapeTo } from "../ops/movement/layout.ts"
import { logGammaVariatePrimitive } from "../ops/random/variates.ts"
import { softmax } from "../ops/reduction/cumulative.ts"
import type * as Typed from "../types/signatures.ts"
import { checkBroadcast, drawing, floatOf, keyed, parameters, random } from "./draw.ts"
import { split } from "./key.ts"

/** The distance of 1 to the next number, and the smallest number with all its digits. */
const limits = {
  float64: { epsilon: 2 ** -52, tiny: 2 ** -1022, before: 5e-324 },
  float32: { epsilon: 2 ** -23, tiny: 2 ** -126, before: 2 ** -149 }
} as const

const limitsOf = ({ dtype }: { readonly dtype: DType }) => limits[dtype as FloatDType]

/**
 * Uniform numbers from `min`, 0 by default, up to but without `max`, 1 by default.
 *
 * `min` and `max` are operands that broadcast to `shape`, [] by default; the derivative by them is that of min + u·(max − min). The
 * numbers have 23 (float32) or 52 random bits. Fails with `ShapeError` and `DTypeError`. The numbers are those of JAX's `random.uniform`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * const u = Effect.runSync(Random.uniform(Random.key(0), [2, 3], { min: -1, max: 1, dtype: "float32" }))
 * console.log(u.shape, u.dtype) // => [ 2, 3 ] float32
 * ```
 */
export const uniform: Typed.DrawUniform = signed((
  key: Typed.KeyOperand,
  shape: Shape = [],
  options?: { readonly dtype?: FloatDType; readonly min?: Operand; readonly max?: Operand }
) => {
  const op = "Random.uniform"
  // an option that is an operand is one of the op
  const bounds = boundsOf(options)
  return keyed(op, key, bounds, (words, min, max) => {
    const given = checkOptions(op, options, { dtype: "checked", max: "checked", min: "checked" })
    const dtype = floatOf(op, given.dtype)
    const to = checkBroadcast(op, shapesOf([min, max]), checkShape(op, shape))
    const u = random(words, to, dtype)
    if (min === 0 && max === 1) return u
    const [low, high] = [floatAs(op, min, dtype), floatAs(op, max, dtype)]
    return maximum(low, add(mul(u, sub(high, low)), low))
  })
})

const boundsOf = (options: unknown): [Operand, Operand] => {
  // checked when they are taken
  const { max = 1, min = 0 } = (propertiesOf(options) ?? {}) as { readonly min?: Operand; readonly max?: Operand }
  return [min, max]
}

/** A float in a dtype that was asked for. Throws `DTypeError`. */
const floatAs = (op: string, x: Taken, dtype: DType): OpEffect<Tensor> => {
  if (typeof x === "number") return Effect.succeed(adapt(op, x, dtype))
  checkDType(op, x, accepts.float)
  return castTo(x, dtype)
}

/** A uniform number between −1 and 1 as a normal one. */
const normalFrom = (u: Tensor): OpEffect<Tensor> => {
  const low = -1 + limitsOf(u).epsilon / 2
  return mul(Math.SQRT2, erfinv(maximum(add(mul(u, 1 - low), low), low))) as OpEffect<Tensor>
}

/**
 * Normal numbers of mean 0 and variance 1: √2·erf⁻¹(u) of numbers uniform between −1 and 1.
 *
 * `shape` is [] by default. `mul` and `add` give them another deviation and mean, with their derivatives. Fails with `ShapeError` and `DTypeError`. The numbers are those of JAX's
 * `random.normal`, but for its rounding.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * console.log(Effect.runSync(Random.normal(Random.key(0), [2, 3])).shape) // => [ 2, 3 ]
 * ```
 */
export const normal: Typed.Draw = signed(drawing("Random.normal", normalFrom))

/**
 * Exponential numbers of mean 1: −log(1 − u). Otherwise as for `normal`; as JAX's `random.exponential`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * console.log(Effect.runSync(Random.exponential(Random.key(0), [2])).shape) // => [ 2 ]
 * ```
 */
export const exponential: Typed.Draw = signed(drawing("Random.exponential", (u) => neg(log1p(neg(u)))))

const gumbelFrom = (u: Tensor): OpEffect<Tensor> => neg(log(neg(log(maximum(u, limitsOf(u).tiny))))) as OpEffect<Tensor>

/**
 * Gumbel numbers of location 0 and scale 1: −log(−log u), the largest of which, added to logits, is `categorical`. Otherwise as for `normal`; as JAX's
 * `random.gumbel`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * console.log(Effect.runSync(Random.gumbel(Random.key(0), [2])).shape) // => [ 2 ]
 * ```
 */
export const gumbel: Typed.Draw = signed(drawing("Random.gumbel", gumbelFrom))

/** Gumbel numbers, for other draws. */
export const gumbelOf = (words: Tensor, shape: Shape, dtype: DType): OpEffect<Tensor> =>
  Effect.flatMap(random(words, shape, dtype), gumbelFrom)

/**
 * Laplace numbers of location 0 and scale 1: sign u·log(1 − |u|) of numbers uniform between −1 and 1. Otherwise as for `normal`; as JAX's
 * `random.laplace`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * console.log(Effect.runSync(Random.laplace(Random.key(0), [2])).shape) // => [ 2 ]
 * ```
 */
export const laplace: Typed.Draw = signed(drawing("Random.laplace", (given) =>
  Effect.gen(function*() {
    const low = -1 + limitsOf(given).epsilon / 2
    const u: Tensor = yield* maximum(add(mul(given, 1 - low), low), low)
    return yield* mul(sign(u), log1p(neg(abs(u))))
  })))

/**
 * Normal numbers of mean 0 and variance 1, given that they lie between `lower` and `upper`.
 *
 * Floats that broadcast, to `shape` if it is given. Differentiable by both bounds. Right also in the tails: it inverts erfc on the side where that is small. NaN unless
 * lower <= upper. Fails with `ShapeError` and `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { all, greaterEqual, Random } from "wengert"
 *
 * const tail = Random.truncatedNormal(Random.key(0), 30, Infinity, [100])
 * console.log(Effect.runSync(all(greaterEqual(tail, 30)))) // => tensor(true, bool)
 * ```
 */
export const truncatedNormal: Typed.DrawBetween<"Random.truncatedNormal"> = signed((
  key: Typed.KeyOperand,
  lower: Operand,
  upper: Operand,
  shape?: Shape
) =>
  keyed("Random.truncatedNormal", key, [lower, upper], (words, ...given) => {
    const { dtype, shape: to, tensors } = parameters("Random.truncatedNormal", given, shape)
    return Effect.gen(function*() {
      const [lower, upper] = yield* tensors
      const u = yield* random(words, to, dtype)
      // turned round where the mass is on the left
      const left = yield* less(add(lower!, upper!), 0)
      const low: Tensor = yield* where(left, neg(upper!), lower!)
      const high: Tensor = yield* where(left, neg(lower!), upper!)
      const [above, most] = [erfc(mul(high, Math.SQRT1_2)), erfc(mul(low, Math.SQRT1_2))]
      const z: Tensor = yield* mul(Math.SQRT2, erfcinv(sub(most, mul(u, sub(most, above)))))
      const inside: Tensor = yield* maximum(low, minimum(z, high))
      return yield* where(lessEqual(lower!, upper!), where(left, neg(inside), inside), NaN)
    })
  })
)

/** The logarithms of variates of Γ(a, 1). */
const logGammas = (words: Tensor, a: Tensor): OpEffect<Tensor> => apply(logGammaVariatePrimitive, [words, a], none)

/**
 * Variates of the gamma distribution of shape `a` and scale 1, of density xᵃ⁻¹ e⁻ˣ / Γ(a).
 *
 * Floats, broadcast to `shape` if it is given. The derivative by `a` is implicit: that of the x at which the distribution function stays the same, to
 * any order. 0 for a = 0, NaN below. Fails with `ShapeError` and `DTypeError`. Sources: Marsaglia and Tsang, ACM TOMS 26 (2000), 363–372; Figurnov,
 * Mohamed and Mnih, "Implicit reparameterization gradients", arXiv:1805.08498.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, greater, mean, Random, Tensor } from "wengert"
 *
 * // the mean is a, so that its derivative is 1 on the average
 * const f = (a: Tensor<[]>) => mean(Random.gamma(Random.key(0), a, [1000]))
 * console.log(Effect.runSync(greater(grad(f)(Tensor.make(2)), 0.9))) // => tensor(true, bool)
 * ```
 */
export const gamma: Typed.DrawWith<"Random.gamma"> = signed((key: Typed.KeyOperand, a: Operand, shape?: Shape) =>
  keyed(
    "Random.gamma",
    key,
    [a],
    (words, a) =>
      Effect.flatMap(parameters("Random.gamma", [a], shape).tensors, ([ready]) => exp(logGammas(words, ready!)))
  )
)

/** Two keys from the words of one. */
const two = (words: Tensor): OpEffect<ReadonlyArray<Tensor>> =>
  Effect.map(
    split({ threefry: words }) as OpEffect<ReadonlyArray<Typed.Key>>,
    (keys) => keys.map(({ threefry }) => threefry as Tensor<any, any>)
  )

/**
 * Variates of the beta distribution of density proportional to xᵃ⁻¹ (1 − x)ᵇ⁻¹: x / (x + y) for x of Γ(a) and y of Γ(b), by their logarithms, so that
 * small parameters do no harm. Differentiable by both, as `gamma` is; otherwise as there.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random } from "wengert"
 *
 * console.log(Effect.runSync(Random.beta(Random.key(0), 2, 3, [4])).shape) // => [ 4 ]
 * ```
 */
export const beta: Typed.DrawBetween<"Random.beta"> = signed((
  key: Typed.KeyOperand,
  a: Operand,
  b: Operand,
  shape?: Shape
) =>
  keyed("Random.beta", key, [a, b], (words, ...given) => {
    const { tensors } = parameters("Random.beta", given, shape)
    return Effect.gen(function*() {
      const [a, b] = yield* tensors
      const [first, second] = yield* two(words)
      return yield* sigmoid(sub(logGammas(first!, a!), logGammas(second!, b!)))
    })
  })
)

/** The shape of vectors: that which was asked for, and behind it theirs. */
const vectorsOf = (op: string, lead: Shape, shape: Shape | undefined, n: number): Shape => [
  ...shape === undefined ? lead : checkBroadcast(op, [lead], checkShape(op, shape)),
  n
]

/** The last dim. Throws `ShapeError` for a scalar. */
const lastOf = (op: string, x: Tensor): number => {
  const last = x.shape.at(-1)
  if (last !== undefined) return last
  throw new ShapeError({ op, shapes: [x.shape], message: `${op} requires vectors along the last axis, got a scalar` })
}

/**
 * Vectors of Dirichlet's distribution, along the last axis: positive, with sum 1, of density proportional to Π xᵢ^(αᵢ − 1).
 *
 * `alpha` is of floats, with vectors along its last axis; `shape` is that of the axes before it, to which they broadcast. Made of gamma variates by their
 * logarithms; differentiable as they are. Fails with `ShapeError` and `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Random.dirichlet(Random.key(0), Tensor.make([1, 2, 3]), [5])).shape) // => [ 5, 3 ]
 * ```
 */
export const dirichlet: Typed.DrawVectors<"Random.dirichlet"> = signed((
  key: Typed.KeyOperand,
  alpha: Operand,
  shape?: Shape
) =>
  keyed("Random.dirichlet", key, [alpha], (words, given) => {
    const op = "Random.dirichlet"
    const a = lone(given)
    checkDType(op, a, accepts.float)
    const to = vectorsOf(op, a.shape.slice(0, -1), shape, lastOf(op, a))
    return Effect.flatMap(broadcastLike(a, to), (all) => softmax(logGammas(words, all), { axis: -1 }))
  })
)

/**
 * Normal vectors of a mean and a covariance, along the last axis: mean + L·z, with covariance = L·Lᵀ.
 *
 * Floats: `mean` has vectors along its last axis, `covariance` matrices along its last two; the axes before broadcast, to `shape` if it is given. Differentiable by both. NaN
 * where a covariance is not positive definite. Fails with `ShapeError` and `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Random, Tensor } from "wengert"
 *
 * const x = Random.multivariateNormal(Random.key(0), Tensor.zeros([2]), Tensor.make([[2, 1], [1, 2]]), [5])
 * console.log(Effect.runSync(x).shape) // => [ 5, 2 ]
 * ```
 */
export const multivariateNormal: Typed.DrawMultivariate = signed((
  key: Typed.KeyOperand,
  mean: Operand,
  covariance: Operand,
  shape?: Shape
) =>
  keyed("Random.multivariateNormal", key, [mean, covariance], (words, ...given) => {
    const op = "Random.multivariateNormal"
    const dtype = commonDType(op, given)
    const [center, matrices] = [lone(given[0]!), matricesOf(op, given[1]!, "square matrices")]
    checkDType(op, center, accepts.float)
    const n = lastOf(op, center)
    if (matrices.shape.at(-1) !== n) {
      const shapes = [center.shape, matrices.shape]
      const got = shapes.map(showShape).join(" and ")
      throw new ShapeError({
        op,
        shapes,
        message: `${op} requires a mean with as many elements as the covariance has rows, got ${got}`
      })
    }
    const to = vectorsOf(op, broadcastShapes(op, [center.shape.slice(0, -1), matrices.shape.slice(0, -2)]), shape, n)
    return Effect.gen(function*() {
      const z = yield* normalFrom(yield* random(words, to, dtype))
      const factor: Tensor<any, any> = yield* cholesky((yield* castTo(matrices, dtype)) as Tensor<any, any>)
      const moved: Tensor<any, any> = yield* matmul(factor, (yield* reshapeTo(z, [...to, 1])) as Tensor<any, any>)
      return yield* add(yield* castTo(center, dtype), yield* reshapeTo(moved, to))
    })
  })
)

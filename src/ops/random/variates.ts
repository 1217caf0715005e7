/**
 * Variates that take as many draws as it needs to accept one: gamma's, whose derivative is implicit, and Poisson's.
 *
 * Each element draws from a stream of its own, of the key that its place makes of the key.
 */
import * as Effect from "effect/Effect"
import { ShapeError, showShapes } from "../../core/errors.ts"
import { apply, checkDType } from "../../core/operation.ts"
import type { OpEffect, Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { range, sameShape, sizeOf } from "../../core/shape.ts"
import type { Aval, ConcreteTensor, Tensor } from "../../core/tensor.ts"
import { dataOf } from "../../core/tensor.ts"
import { add, mul, neg, plus, sub } from "../algebra.ts"
import { accepts, batchTogether, inferElementwise, partials } from "../define.ts"
import { exp } from "../elementwise/exponential.ts"
import { checkOrder, member } from "../elementwise/family.ts"
import { polygammaPrimitive } from "../elementwise/special.ts"
import { erfcinv } from "../elementwise/special/erfinv.ts"
import { gammaSlope } from "../elementwise/special/gamma-slope.ts"
import { lgamma } from "../elementwise/special/gamma.ts"
import { block, checkKeys, unit, words } from "./threefry.ts"

/** Uniform numbers in (0, 1), one after the other. */
type Stream = () => number

/** The stream of an element. */
const streamOf = (key0: number, key1: number, place: number): Stream => {
  block(key0, key1, 0, place)
  const [own0, own1] = [words[0]!, words[1]!]
  let counter = 0
  return () => {
    block(own0, own1, 0, counter++)
    // in the middle of its interval, so that it is not 0
    return unit(words[0]!, words[1]!) + 2 ** -53
  }
}

const normal = (stream: Stream): number => Math.SQRT2 * erfcinv(2 * stream())

/**
 * The logarithm of a variate of Γ(a, 1), which is not 0 where a is small. Source: Marsaglia and Tsang, "A simple method for generating gamma
 * variables", ACM TOMS 26 (2000), 363–372.
 */
const logGamma = (stream: Stream, a: number): number => {
  if (!(a >= 0)) return NaN
  if (a === 0 || a === Infinity) return a === 0 ? -Infinity : Infinity
  // Γ(a) is Γ(a + 1) times the a-th root of a uniform number
  if (a < 1) return logGamma(stream, a + 1) + Math.log(stream()) / a
  const d = a - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(stream)
    const root = 1 + c * x
    if (root <= 0) continue
    const v = root ** 3
    const u = stream()
    if (Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return Math.log(d) + Math.log(v)
  }
}

/** The largest mean of a Poisson variate that an int32 holds with certainty. */
const largestRate = 2 ** 31 - 2 ** 19

/**
 * A variate of Poisson's distribution: by counting for small rates, by transformed rejection (Hörmann 1993, "The transformed rejection method for generating
 * Poisson random variables", PTRS) from 10 on. −1 for what is no rate, and for rates whose variates an int32 might not hold.
 */
const poisson = (stream: Stream, rate: number): number => {
  if (!(rate >= 0 && rate <= largestRate)) return -1
  if (rate < 10) {
    const limit = Math.exp(-rate)
    let count = -1
    for (let product = 1; product > limit || count < 0; count++) product *= stream()
    return count
  }
  const log = Math.log(rate)
  const b = 0.931 + 2.53 * Math.sqrt(rate)
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const limit = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = stream() - 0.5
    const v = stream()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor((2 * a / us + b) * u + rate + 0.43)
    if (us >= 0.07 && v <= limit) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    if (Math.log(v * inverseAlpha / (a / (us * us) + b)) <= k * log - rate - lgamma(k + 1)) return k
  }
}

/** The axes of parameters are those that count keys, and behind them those of what is drawn for each. */
const checkParameters = (op: string, [key, x]: readonly [Aval, Aval]): void => {
  checkKeys(op, key)
  checkDType(op, x, accepts.float)
  const lead = key.shape.slice(0, -1)
  if (sameShape(lead, x.shape.slice(0, lead.length))) return
  const shapes = [key.shape, x.shape]
  throw new ShapeError({
    op,
    shapes,
    message: `${op} requires parameters for each key, got keys and parameters of shapes ${showShapes(shapes)}`
  })
}

/** What is drawn for the elements of parameters. */
const drawn = (
  [key, x]: readonly [ConcreteTensor, ConcreteTensor],
  out: Float32Array | Float64Array | Int32Array,
  draw: (stream: Stream, parameter: number) => number
) => {
  const [keys, parameters] = [dataOf(key), dataOf(x)]
  const each = sizeOf(x.shape.slice(key.shape.length - 1))
  for (let i = 0; i < out.length; i++) {
    const k = 2 * Math.floor(i / each)
    out[i] = draw(streamOf(keys[k]!, keys[k + 1]!, i % each), parameters[i]!)
  }
  return [out] as const
}

/** Elements are independent of each other. */
const alignedToParameters = ([, x]: readonly [Aval, Aval]) => [[], range(x.shape.length).map((i) => [i, i] as const)]

/** The logarithms of variates of Γ(a, 1), for a key and a tensor of shapes a. */
export const logGammaVariatePrimitive: Primitive<"logGammaVariate", {}, 2, 1> = primitive({
  name: "logGammaVariate",
  arity: 2,
  params: {},
  aligned: alignedToParameters,
  infer: (operands) => {
    checkParameters("logGammaVariate", operands)
    return [operands[1]]
  },
  reference: (operands, _, [out]) =>
    drawn(
      operands,
      out.dtype === "float32" ? new Float32Array(sizeOf(out.shape)) : new Float64Array(sizeOf(out.shape)),
      logGamma
    ),
  jvp: ({ outputs: [y], primals: [, a], tangents: [, da] }) =>
    // words have no tangent
    Effect.map(mul(da as Tensor, slopeOf(1, a, y)), (dy) => [dy]),
  batch: batchTogether(() => logGammaVariatePrimitive)
})

/**
 * −∂ₐⁿF(a, y) / ∂ᵧF(a, y) of the distribution function F of y = log x for x ~ Γ(a, 1), for rules. With q = ∂ᵧF, it follows
 * that ∂ₐGₙ = Gₙ₊₁ − Gₙ·∂ₐlog q and ∂ᵧGₙ = −∂ₐⁿq/q − Gₙ·∂ᵧlog q.
 */
export const gammaSlopePrimitive: Primitive<"gammaSlope", { readonly order: "integer" }, 2, 1> = primitive({
  name: "gammaSlope",
  arity: 2,
  params: { order: "integer" },
  aligned: (operands) => operands.map(({ shape }) => shape.map((_, i) => [i, i] as const)),
  infer: (operands, { order }) => {
    checkOrder("gammaSlope", order)
    return inferElementwise("gammaSlope", "float")(operands)
  },
  reference: ([a, y], { order }, [out]) => {
    const ys = dataOf(y)
    const f = (shape: number, i: number) => gammaSlope(order, shape, ys[i]!)
    return [out.dtype === "float32" ? Float32Array.from(dataOf(a), f) : Float64Array.from(dataOf(a), f)]
  },
  jvp: (args) => {
    const { params: { order } } = args
    return partials([
      (da, { out, x: a, y }) => mul(da, sub(slopeOf(order + 1, a, y), mul(out, logDensityByShape(0, a, y)))),
      (dy, { out, x: a, y }) => mul(dy, neg(add(densityByShape(order, a, y), mul(out, sub(a, exp(y))))))
    ], plus)(args)
  },
  batch: batchTogether(() => gammaSlopePrimitive)
})

const slopeOf = (order: number, a: Tensor, y: Tensor): OpEffect<Tensor> => apply(gammaSlopePrimitive, [a, y], { order })

/** ∂ₐᵏ⁺¹ log q, where log q = a·y − eʸ − log Γ(a). */
const logDensityByShape = (k: number, a: Tensor, y: Tensor): OpEffect<Tensor> => {
  const psi = member(polygammaPrimitive, a, k)
  return k === 0 ? sub(y, psi) : neg(psi)
}

/** ∂ₐⁿq / q, by Bell's recurrence on the derivatives of its logarithm. */
const densityByShape = (n: number, a: Tensor, y: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    // B₁, B₂, …; B₀ is 1
    const found: Array<Tensor> = []
    for (let k = 0; k < n; k++) {
      let sum = yield* logDensityByShape(k, a, y)
      let choose = 1
      for (let i = 0; i < k; i++) {
        const term: Tensor = yield* mul(mul(choose, found[k - i - 1]!), logDensityByShape(i, a, y))
        sum = yield* plus(sum, term)
        choose *= (k - i) / (i + 1)
      }
      found.push(sum)
    }
    return found[n - 1]!
  })

/** Variates of Poisson's distribution, for a key and a tensor of rates. */
export const poissonPrimitive: Primitive<"poisson", {}, 2, 1> = primitive({
  name: "poisson",
  arity: 2,
  params: {},
  barrier: "steps",
  aligned: alignedToParameters,
  infer: (operands) => {
    checkParameters("poisson", operands)
    return [{ shape: operands[1].shape, dtype: "int32" }]
  },
  reference: (operands, _, [out]) => drawn(operands, new Int32Array(sizeOf(out.shape)), poisson),
  batch: batchTogether(() => poissonPrimitive)
})

/**
 * Elementwise functions of one real variable, each with its derivative as a textbook has it.
 *
 * Derivatives: M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", chapter 4; NIST DLMF
 * chapter 4. At kinks: the minimum-norm element of the subdifferential.
 */
import type { Op } from "../core/operation.ts"
import type { Step } from "../core/primitive.ts"
import type { Tensor } from "../core/tensor.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { add, div, mul, neg, sub, where } from "./algebra.ts"
import { greater, lessEqual } from "./comparison.ts"
import { composed, unary } from "./define.ts"
import { logistic } from "./special/logistic.ts"

/** Absolute value; |x|' = sign x, which is 0 at 0. */
export const abs: Op<Typed.Unary<"abs">> = unary("abs", {
  accepts: "numeric",
  reference: Math.abs,
  jvp: (dx, { x }) => mul(dx, sign(x))
})

/** −1, 0 or 1; its derivative is 0 everywhere. */
export const sign: Op<Typed.Unary<"sign">> = unary("sign", { accepts: "numeric", reference: Math.sign, jvp: "zero" })

/** Square root; √' = 1 / (2√x), ∞ at 0. */
export const sqrt: Op<Typed.FloatUnary<"sqrt">> = unary("sqrt", {
  reference: Math.sqrt,
  jvp: (dx, { out }) => mul(dx, div(0.5, out))
})

/** Cube root; ∛' = ∛x / (3x) = 1 / (3 ∛x²), ∞ at 0. */
export const cbrt: Op<Typed.FloatUnary<"cbrt">> = unary("cbrt", {
  reference: Math.cbrt,
  jvp: (dx, { out }) => mul(dx, div(1 / 3, mul(out, out)))
})

/** eˣ, its own derivative. */
export const exp: Op<Typed.FloatUnary<"exp">> = unary("exp", { reference: Math.exp, jvp: (dx, { out }) => mul(dx, out) })

/** eˣ − 1, exact near 0. */
export const expm1: Op<Typed.FloatUnary<"expm1">> = unary("expm1", {
  reference: Math.expm1,
  jvp: (dx, { x }) => mul(dx, exp(x))
})

/** Natural logarithm; log' = 1/x. */
export const log: Op<Typed.FloatUnary<"log">> = unary("log", { reference: Math.log, jvp: (dx, { x }) => div(dx, x) })

/** log(1 + x), exact near 0. */
export const log1p: Op<Typed.FloatUnary<"log1p">> = unary("log1p", {
  reference: Math.log1p,
  jvp: (dx, { x }) => div(dx, add(x, 1))
})

/** Logarithm to base 2; 1 / (x ln 2). */
export const log2: Op<Typed.FloatUnary<"log2">> = unary("log2", {
  reference: Math.log2,
  jvp: (dx, { x }) => div(dx, mul(x, Math.LN2))
})

/** Logarithm to base 10; 1 / (x ln 10). */
export const log10: Op<Typed.FloatUnary<"log10">> = unary("log10", {
  reference: Math.log10,
  jvp: (dx, { x }) => div(dx, mul(x, Math.LN10))
})

/** Sine. Units: radians. */
export const sin: Op<Typed.FloatUnary<"sin">> = unary("sin", {
  reference: Math.sin,
  // d sin x = cos x · dx
  jvp: (dx, { x }) => mul(dx, cos(x))
})

/** Cosine. Units: radians. */
export const cos: Op<Typed.FloatUnary<"cos">> = unary("cos", {
  reference: Math.cos,
  // d cos x = −sin x · dx
  jvp: (dx, { x }) => neg(mul(dx, sin(x)))
})

/** Tangent; tan' = 1 + tan². Units: radians. */
export const tan: Op<Typed.FloatUnary<"tan">> = unary("tan", {
  reference: Math.tan,
  jvp: (dx, { out }) => mul(dx, add(mul(out, out), 1))
})

/** √((1 − x)(1 + x)), exact near ±1. */
const cosOfAsin = (x: Tensor) => sqrt(mul(sub(1, x), add(1, x)))

/** Inverse sine, in [−π/2, π/2]; 1/√(1 − x²). Units: radians. */
export const asin: Op<Typed.FloatUnary<"asin">> = unary("asin", {
  reference: Math.asin,
  jvp: (dx, { x }) => div(dx, cosOfAsin(x))
})

/** Inverse cosine, in [0, π]; −1/√(1 − x²). Units: radians. */
export const acos: Op<Typed.FloatUnary<"acos">> = unary("acos", {
  reference: Math.acos,
  jvp: (dx, { x }) => neg(div(dx, cosOfAsin(x)))
})

/** Inverse tangent, in [−π/2, π/2]; 1/(1 + x²). Units: radians. */
export const atan: Op<Typed.FloatUnary<"atan">> = unary("atan", {
  reference: Math.atan,
  jvp: (dx, { x }) => div(dx, add(mul(x, x), 1))
})

/** Hyperbolic sine. */
export const sinh: Op<Typed.FloatUnary<"sinh">> = unary("sinh", {
  reference: Math.sinh,
  jvp: (dx, { x }) => mul(dx, cosh(x))
})

/** Hyperbolic cosine. */
export const cosh: Op<Typed.FloatUnary<"cosh">> = unary("cosh", {
  reference: Math.cosh,
  jvp: (dx, { x }) => mul(dx, sinh(x))
})

/** Hyperbolic tangent; tanh' = (1 − tanh)(1 + tanh). */
export const tanh: Op<Typed.FloatUnary<"tanh">> = unary("tanh", {
  reference: Math.tanh,
  jvp: (dx, { out }) => mul(dx, mul(sub(1, out), add(1, out)))
})

/** Inverse hyperbolic sine; 1/√(x² + 1). */
export const asinh: Op<Typed.FloatUnary<"asinh">> = unary("asinh", {
  reference: Math.asinh,
  jvp: (dx, { x }) => div(dx, sqrt(add(mul(x, x), 1)))
})

/** Inverse hyperbolic cosine, for x ≥ 1; 1/√((x − 1)(x + 1)). */
export const acosh: Op<Typed.FloatUnary<"acosh">> = unary("acosh", {
  reference: Math.acosh,
  jvp: (dx, { x }) => div(dx, sqrt(mul(sub(x, 1), add(x, 1))))
})

/** Inverse hyperbolic tangent, for |x| ≤ 1; 1/((1 − x)(1 + x)). */
export const atanh: Op<Typed.FloatUnary<"atanh">> = unary("atanh", {
  reference: Math.atanh,
  jvp: (dx, { x }) => div(dx, mul(sub(1, x), add(1, x)))
})

/** The logistic function σ(x) = 1/(1 + e⁻ˣ); σ' = σ(x)·σ(−x). */
export const sigmoid: Op<Typed.FloatUnary<"sigmoid">> = unary("sigmoid", {
  reference: logistic,
  jvp: (dx, { out, x }) => mul(dx, mul(out, sigmoid(neg(x))))
})

/** max(x, 0); relu'(0) = 0. */
export const relu: Op<Typed.Unary<"relu">> = unary("relu", {
  accepts: "numeric",
  reference: (x) => x > 0 ? x : x <= 0 ? 0 : x,
  jvp: (dx, { out, x }) => mul(dx, step(x, out))
})

/** 1 where x > 0, else 0; NaN stays NaN. */
const step = (x: Tensor, out: Tensor): Step<Tensor> => where(greater(x, 0), 1, where(lessEqual(x, 0), 0, out))

/** Largest whole number not above x; its derivative is 0. */
export const floor: Op<Typed.Unary<"floor">> = unary("floor", { accepts: "numeric", reference: Math.floor, jvp: "zero" })

/** Smallest whole number not below x; its derivative is 0. */
export const ceil: Op<Typed.Unary<"ceil">> = unary("ceil", { accepts: "numeric", reference: Math.ceil, jvp: "zero" })

/** The whole part, towards 0; its derivative is 0. */
export const trunc: Op<Typed.Unary<"trunc">> = unary("trunc", { accepts: "numeric", reference: Math.trunc, jvp: "zero" })

const roundHalfToEven = (x: number): number => {
  const floor = Math.floor(x)
  const rest = x - floor
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0)
  // the sign of −0.3 survives in −0
  return up ? floor + 1 || (x < 0 ? -0 : 0) : floor === 0 && Object.is(x, -0) ? -0 : floor
}

/** Nearest whole number, halves to even as NumPy rounds; its derivative is 0. */
export const round: Op<Typed.Unary<"round">> = unary("round", {
  accepts: "numeric",
  reference: roundHalfToEven,
  jvp: "zero"
})

/** x². */
export const square: Typed.Unary<"square"> = composed("square", "numeric", (x) => mul(x, x))

/** 1/x. */
export const reciprocal: Typed.FloatUnary<"reciprocal"> = composed("reciprocal", "float", (x) => div(1, x))

/** 1/√x. */
export const rsqrt: Typed.FloatUnary<"rsqrt"> = composed("rsqrt", "float", (x) => div(1, sqrt(x)))

/** x·σ(x), also called swish. */
export const silu: Typed.FloatUnary<"silu"> = composed("silu", "float", (x) => mul(x, sigmoid(x)))

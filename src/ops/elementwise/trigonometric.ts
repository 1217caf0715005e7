/**
 * Trigonometric and hyperbolic functions and their inverses, elementwise. Angles are in radians.
 *
 * Derivatives: M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", chapter 4; NIST DLMF chapter 4.
 */
import * as Effect from "effect/Effect"
import { apply } from "../../core/operation.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { none } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, constant, div, mul, neg, sub } from "../algebra.ts"
import { unary, unaryOp } from "../define.ts"
import { hypot, inversion } from "./angle.ts"
import { sech } from "./special/logistic.ts"
import { sqrt } from "./unary.ts"

export const sinPrimitive = unary("sin", {
  reference: Math.sin,
  // d sin x = cos x · dx
  jvp: (dx, { x }) => mul(dx, cos(x))
})

/**
 * The sine; sin' = cos. Units: radians. Floats; fails with `DTypeError` for other dtypes. Source: DLMF 4.20.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, sin, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(sin(Tensor.make([0, Math.PI / 2])))) // => tensor([0., 1.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => sin(x))(Tensor.make(0)))) // => tensor(1., float64)
 * ```
 */
export const sin: Typed.FloatUnary<"sin"> = signed(unaryOp(sinPrimitive))

export const cosPrimitive = unary("cos", {
  reference: Math.cos,
  // d cos x = −sin x · dx
  jvp: (dx, { x }) => mul(dx, neg(sin(x)))
})

/**
 * The cosine; cos' = −sin. Units: radians. Floats; fails with `DTypeError` for other dtypes. Source: DLMF 4.20.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { cos, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(cos(Tensor.make([0, Math.PI])))) // => tensor([ 1., -1.], float64)
 * ```
 */
export const cos: Typed.FloatUnary<"cos"> = signed(unaryOp(cosPrimitive))

export const tanPrimitive = unary("tan", {
  reference: Math.tan,
  jvp: (dx, { out }) => mul(dx, add(mul(out, out), 1))
})

/**
 * The tangent; tan' = 1 + tan². Units: radians. Floats; fails with `DTypeError` for other dtypes. Source: DLMF 4.20.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, tan, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(grad((x: Tensor) => tan(x))(Tensor.make(0)))) // => tensor(1., float64)
 * ```
 */
export const tan: Typed.FloatUnary<"tan"> = signed(unaryOp(tanPrimitive))

/**
 * The Lorentz factor γ = 1/√(1 − x²) = asin' x, for rules; γ' = xγ³. Its derivatives are sums of terms of one sign, so that
 * they neither cancel nor are ∞ − ∞ at ±1.
 */
export const lorentzFactorPrimitive = unary("lorentzFactor", {
  reference: (x) => 1 / Math.sqrt((1 - x) * (1 + x)),
  jvp: (dx, { out, x }) => mul(dx, mul(x, mul(out, mul(out, out))))
})

/** 1/√(1 − x²), for rules. */
const lorentzFactor = (x: Tensor): OpEffect<Tensor> => apply(lorentzFactorPrimitive, [x], none)

const ones = (x: Tensor): OpEffect<Tensor> => constant(x.shape, x.dtype, 1)

export const asinPrimitive = unary("asin", {
  reference: Math.asin,
  jvp: (dx, { x }) => mul(dx, lorentzFactor(x))
})

/**
 * The inverse sine, in [−π/2, π/2]; asin' = 1 / √(1 − x²), ∞ at ±1, and asin'' ±∞. NaN outside of [−1, 1]. Units: radians. Floats;
 * fails with `DTypeError` for other dtypes. Source: DLMF 4.24.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { asin, div } from "wengert"
 *
 * console.log(Effect.runSync(div(asin(1), Math.PI))) // => tensor(0.5, float64)
 * ```
 */
export const asin: Typed.FloatUnary<"asin"> = signed(unaryOp(asinPrimitive))

export const acosPrimitive = unary("acos", {
  reference: Math.acos,
  jvp: (dx, { x }) => mul(dx, neg(lorentzFactor(x)))
})

/**
 * The inverse cosine, in [0, π]; acos' = −1 / √(1 − x²), −∞ at ±1, and acos'' ∓∞. NaN outside of [−1, 1]. Units: radians. Floats;
 * fails with `DTypeError` for other dtypes. Source: DLMF 4.24.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { acos, div } from "wengert"
 *
 * console.log(Effect.runSync(div(acos(-1), Math.PI))) // => tensor(1., float64)
 * ```
 */
export const acos: Typed.FloatUnary<"acos"> = signed(unaryOp(acosPrimitive))

export const atanPrimitive = unary("atan", {
  reference: Math.atan,
  // 1/(1 + x²), where x² does not overflow
  jvp: (dx, { x }) => Effect.flatMap(ones(x), (one) => mul(dx, inversion(one, x)))
})

/**
 * The inverse tangent, in [−π/2, π/2]; atan' = 1 / (1 + x²). Units: radians. Floats; fails with `DTypeError` for other
 * dtypes. Source: DLMF 4.24.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { atan, div, grad, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(div(atan(Infinity), Math.PI))) // => tensor(0.5, float64)
 * console.log(Effect.runSync(grad((x: Tensor) => atan(x))(Tensor.make(1)))) // => tensor(0.5, float64)
 * ```
 */
export const atan: Typed.FloatUnary<"atan"> = signed(unaryOp(atanPrimitive))

export const sinhPrimitive = unary("sinh", {
  reference: Math.sinh,
  jvp: (dx, { x }) => mul(dx, cosh(x))
})

/**
 * The hyperbolic sine; sinh' = cosh. Floats; fails with `DTypeError` for other dtypes. Source: DLMF 4.34.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, sinh, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(grad((x: Tensor) => sinh(x))(Tensor.make(0)))) // => tensor(1., float64)
 * ```
 */
export const sinh: Typed.FloatUnary<"sinh"> = signed(unaryOp(sinhPrimitive))

export const coshPrimitive = unary("cosh", {
  reference: Math.cosh,
  jvp: (dx, { x }) => mul(dx, sinh(x))
})

/**
 * The hyperbolic cosine; cosh' = sinh. Floats; fails with `DTypeError` for other dtypes. Source: DLMF 4.34.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { cosh, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(cosh(Tensor.make([0, Infinity])))) // => tensor([ 1., inf], float64)
 * ```
 */
export const cosh: Typed.FloatUnary<"cosh"> = signed(unaryOp(coshPrimitive))

export const tanhPrimitive = unary("tanh", {
  reference: Math.tanh,
  // tanh' = sech², where 1 − tanh² cancels
  jvp: (dx, { x }) => mul(dx, sechSquared(x))
})

/** sech² x = 1/cosh² x, for rules; (sech²)' = −2 sech²·tanh (DLMF 4.34.11). */
export const sechSquaredPrimitive = unary("sechSquared", {
  reference: (x) => sech(x) ** 2,
  jvp: (dx, { out, x }) => mul(dx, mul(mul(tanh(x), -2), out))
})

/** sech² x, for rules. */
export const sechSquared = (x: Operand): OpEffect<Tensor> => apply(sechSquaredPrimitive, [x], none)

/**
 * The hyperbolic tangent; tanh' = sech². Floats; fails with `DTypeError` for other dtypes. Source: DLMF
 * 4.34.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { tanh, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(tanh(Tensor.make([0, -Infinity])))) // => tensor([ 0., -1.], float64)
 * ```
 */
export const tanh: Typed.FloatUnary<"tanh"> = signed(unaryOp(tanhPrimitive))

export const asinhPrimitive = unary("asinh", {
  reference: Math.asinh,
  // 1/√(1 + x²)
  jvp: (dx, { x }) => Effect.flatMap(ones(x), (one) => div(dx, hypot(one, x)))
})

/**
 * The inverse hyperbolic sine; asinh' = 1 / √(x² + 1). Floats; fails with `DTypeError` for other dtypes. Source: DLMF
 * 4.38.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { asinh, grad, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(grad((x: Tensor) => asinh(x))(Tensor.make(0)))) // => tensor(1., float64)
 * ```
 */
export const asinh: Typed.FloatUnary<"asinh"> = signed(unaryOp(asinhPrimitive))

export const acoshPrimitive = unary("acosh", {
  reference: Math.acosh,
  // two roots, for (x − 1)(x + 1) overflows
  jvp: (dx, { x }) => div(div(dx, sqrt(sub(x, 1))), sqrt(add(x, 1)))
})

/**
 * The inverse hyperbolic cosine; acosh' = 1 / √((x − 1)(x + 1)), ∞ at 1. NaN below 1. Floats; fails with `DTypeError`
 * for other dtypes. Source: DLMF 4.38.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { acosh, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(acosh(Tensor.make([1, Infinity])))) // => tensor([ 0., inf], float64)
 * ```
 */
export const acosh: Typed.FloatUnary<"acosh"> = signed(unaryOp(acoshPrimitive))

export const atanhPrimitive = unary("atanh", {
  reference: Math.atanh,
  jvp: (dx, { x }) => Effect.flatMap(lorentzFactor(x), (factor) => mul(dx, mul(factor, factor)))
})

/**
 * The inverse hyperbolic tangent; atanh' = 1 / ((1 − x)(1 + x)), ∞ at ±1. ±∞ at ±1, NaN outside, and its derivatives too. Floats; fails with `DTypeError`
 * for other dtypes. Source: DLMF 4.38.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { atanh, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(atanh(Tensor.make([0, -1])))) // => tensor([  0., -inf], float64)
 * ```
 */
export const atanh: Typed.FloatUnary<"atanh"> = signed(unaryOp(atanhPrimitive))

/**
 * Elementwise functions of one real variable, each with its derivative as a textbook has it.
 *
 * Derivatives: M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", chapter 4; NIST DLMF
 * chapter 4. At kinks: the minimum-norm element of the subdifferential.
 */
import type { Step } from "../core/primitive.ts"
import type { Tensor } from "../core/tensor.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { add, div, mul, neg, sub, where } from "./algebra.ts"
import { greater, lessEqual } from "./comparison.ts"
import { composed, unary } from "./define.ts"
import { logistic } from "./special/logistic.ts"

/**
 * The absolute value; |x|' = sign x, and so 0 at 0. Float and int32; fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { abs, grad, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(abs(Tensor.make([-2, 3])))) // => tensor([2., 3.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => abs(x))(Tensor.make(0)))) // => tensor(0., float64)
 * ```
 */
export const abs: Typed.Unary<"abs"> = unary("abs", {
  accepts: "numeric",
  reference: Math.abs,
  jvp: (dx, { x }) => mul(dx, sign(x))
})

/**
 * −1, 0 or 1; NaN stays NaN. Its derivative is 0 everywhere. Float and int32; fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sign, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(sign(Tensor.make([-2, 0, 3])))) // => tensor([-1.,  0.,  1.], float64)
 * ```
 */
export const sign: Typed.Unary<"sign"> = unary("sign", { accepts: "numeric", reference: Math.sign, jvp: "zero" })

/**
 * The square root; √' = 1 / (2√x), ∞ at 0. NaN below 0. Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, sqrt, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(sqrt(Tensor.make([4, 9])))) // => tensor([2., 3.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => sqrt(x))(Tensor.make(4)))) // => tensor(0.25, float64)
 * ```
 */
export const sqrt: Typed.FloatUnary<"sqrt"> = unary("sqrt", {
  reference: Math.sqrt,
  jvp: (dx, { out }) => mul(dx, div(0.5, out))
})

/**
 * The cube root, also below 0; ∛' = 1 / (3 ∛x²), ∞ at 0. Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { cbrt, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(cbrt(Tensor.make([-8, 27])))) // => tensor([-2.,  3.], float64)
 * ```
 */
export const cbrt: Typed.FloatUnary<"cbrt"> = unary("cbrt", {
  reference: Math.cbrt,
  jvp: (dx, { out }) => mul(dx, div(1 / 3, mul(out, out)))
})

/**
 * eˣ, which is its own derivative. Floats; fails with `DTypeError` for other dtypes. Source: DLMF 4.7.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { exp, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(exp(Tensor.make([0, -Infinity])))) // => tensor([1., 0.], float64)
 * ```
 */
export const exp: Typed.FloatUnary<"exp"> = unary("exp", { reference: Math.exp, jvp: (dx, { out }) => mul(dx, out) })

/**
 * eˣ − 1, accurate near 0, where `exp` and a subtraction are not. Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { expm1 } from "wengert"
 *
 * console.log(Effect.runSync(expm1(1e-20))) // => tensor(1.e-20, float64)
 * ```
 */
export const expm1: Typed.FloatUnary<"expm1"> = unary("expm1", {
  reference: Math.expm1,
  jvp: (dx, { x }) => mul(dx, exp(x))
})

/**
 * The natural logarithm; log' = 1/x. −∞ at 0, NaN below. Floats; fails with `DTypeError` for other dtypes. Source: DLMF
 * 4.7.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, log, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(log(Tensor.make([1, 0])))) // => tensor([  0., -inf], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => log(x))(Tensor.make(4)))) // => tensor(0.25, float64)
 * ```
 */
export const log: Typed.FloatUnary<"log"> = unary("log", { reference: Math.log, jvp: (dx, { x }) => div(dx, x) })

/**
 * log(1 + x), accurate near 0, where an addition and `log` are not; log1p' = 1 / (1 + x). Floats; fails with
 * `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { log1p } from "wengert"
 *
 * console.log(Effect.runSync(log1p(1e-20))) // => tensor(1.e-20, float64)
 * ```
 */
export const log1p: Typed.FloatUnary<"log1p"> = unary("log1p", {
  reference: Math.log1p,
  jvp: (dx, { x }) => div(dx, add(x, 1))
})

/**
 * The logarithm to base 2; log2' = 1 / (x ln 2). −∞ at 0, NaN below. Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { log2, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(log2(Tensor.make([8, 0.5])))) // => tensor([ 3., -1.], float64)
 * ```
 */
export const log2: Typed.FloatUnary<"log2"> = unary("log2", {
  reference: Math.log2,
  jvp: (dx, { x }) => div(dx, mul(x, Math.LN2))
})

/**
 * The logarithm to base 10; log10' = 1 / (x ln 10). −∞ at 0, NaN below. Floats; fails with `DTypeError` for other
 * dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { log10, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(log10(Tensor.make([100, 1])))) // => tensor([2., 0.], float64)
 * ```
 */
export const log10: Typed.FloatUnary<"log10"> = unary("log10", {
  reference: Math.log10,
  jvp: (dx, { x }) => div(dx, mul(x, Math.LN10))
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
export const sin: Typed.FloatUnary<"sin"> = unary("sin", {
  reference: Math.sin,
  // d sin x = cos x · dx
  jvp: (dx, { x }) => mul(dx, cos(x))
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
export const cos: Typed.FloatUnary<"cos"> = unary("cos", {
  reference: Math.cos,
  // d cos x = −sin x · dx
  jvp: (dx, { x }) => neg(mul(dx, sin(x)))
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
export const tan: Typed.FloatUnary<"tan"> = unary("tan", {
  reference: Math.tan,
  jvp: (dx, { out }) => mul(dx, add(mul(out, out), 1))
})

/** √((1 − x)(1 + x)), exact near ±1. */
const cosOfAsin = (x: Tensor) => sqrt(mul(sub(1, x), add(1, x)))

/**
 * The inverse sine, in [−π/2, π/2]; asin' = 1 / √(1 − x²), ∞ at ±1. NaN outside of [−1, 1]. Units: radians. Floats;
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
export const asin: Typed.FloatUnary<"asin"> = unary("asin", {
  reference: Math.asin,
  jvp: (dx, { x }) => div(dx, cosOfAsin(x))
})

/**
 * The inverse cosine, in [0, π]; acos' = −1 / √(1 − x²), −∞ at ±1. NaN outside of [−1, 1]. Units: radians. Floats;
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
export const acos: Typed.FloatUnary<"acos"> = unary("acos", {
  reference: Math.acos,
  jvp: (dx, { x }) => neg(div(dx, cosOfAsin(x)))
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
export const atan: Typed.FloatUnary<"atan"> = unary("atan", {
  reference: Math.atan,
  jvp: (dx, { x }) => div(dx, add(mul(x, x), 1))
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
export const sinh: Typed.FloatUnary<"sinh"> = unary("sinh", {
  reference: Math.sinh,
  jvp: (dx, { x }) => mul(dx, cosh(x))
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
export const cosh: Typed.FloatUnary<"cosh"> = unary("cosh", {
  reference: Math.cosh,
  jvp: (dx, { x }) => mul(dx, sinh(x))
})

/**
 * The hyperbolic tangent; tanh' = (1 − tanh)(1 + tanh). Floats; fails with `DTypeError` for other dtypes. Source: DLMF
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
export const tanh: Typed.FloatUnary<"tanh"> = unary("tanh", {
  reference: Math.tanh,
  jvp: (dx, { out }) => mul(dx, mul(sub(1, out), add(1, out)))
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
export const asinh: Typed.FloatUnary<"asinh"> = unary("asinh", {
  reference: Math.asinh,
  // 1/√(x² + 1) = 1/cosh(asinh x), which does not overflow
  jvp: (dx, { out }) => div(dx, cosh(out))
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
export const acosh: Typed.FloatUnary<"acosh"> = unary("acosh", {
  reference: Math.acosh,
  jvp: (dx, { x }) => div(dx, sqrt(mul(sub(x, 1), add(x, 1))))
})

/**
 * The inverse hyperbolic tangent; atanh' = 1 / ((1 − x)(1 + x)). ±∞ at ±1, NaN outside. Floats; fails with `DTypeError`
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
export const atanh: Typed.FloatUnary<"atanh"> = unary("atanh", {
  reference: Math.atanh,
  jvp: (dx, { x }) => div(dx, mul(sub(1, x), add(1, x)))
})

/**
 * The logistic function σ(x) = 1 / (1 + e⁻ˣ), without overflow; σ' = σ(x)·σ(−x), without cancellation. Floats; fails
 * with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, sigmoid, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(sigmoid(Tensor.make([-1000, 1000])))) // => tensor([0., 1.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => sigmoid(x))(Tensor.make(0)))) // => tensor(0.25, float64)
 * ```
 */
export const sigmoid: Typed.FloatUnary<"sigmoid"> = unary("sigmoid", {
  reference: logistic,
  jvp: (dx, { out, x }) => mul(dx, mul(out, sigmoid(neg(x))))
})

/**
 * max(x, 0); relu' is 1 above 0 and 0 elsewhere: relu'(0) = 0. NaN stays NaN. Float and int32; fails with `DTypeError`
 * for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, relu, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(relu(Tensor.make([-2, 3])))) // => tensor([0., 3.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => relu(x))(Tensor.make(0)))) // => tensor(0., float64)
 * ```
 */
export const relu: Typed.Unary<"relu"> = unary("relu", {
  accepts: "numeric",
  reference: (x) => x > 0 ? x : x <= 0 ? 0 : x,
  jvp: (dx, { out, x }) => mul(dx, step(x, out))
})

/** 1 where x > 0, else 0; NaN stays NaN. */
const step = (x: Tensor, out: Tensor): Step<Tensor> => where(greater(x, 0), 1, where(lessEqual(x, 0), 0, out))

/**
 * The largest whole number not above x; its derivative is 0. Float and int32; fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { floor, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(floor(Tensor.make([1.5, -1.5])))) // => tensor([ 1., -2.], float64)
 * ```
 */
export const floor: Typed.Unary<"floor"> = unary("floor", { accepts: "numeric", reference: Math.floor, jvp: "zero" })

/**
 * The smallest whole number not below x; its derivative is 0. Float and int32; fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ceil, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(ceil(Tensor.make([1.5, -1.5])))) // => tensor([ 2., -1.], float64)
 * ```
 */
export const ceil: Typed.Unary<"ceil"> = unary("ceil", { accepts: "numeric", reference: Math.ceil, jvp: "zero" })

/**
 * The whole number next to x towards 0; its derivative is 0. Float and int32; fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, trunc } from "wengert"
 *
 * console.log(Effect.runSync(trunc(Tensor.make([1.5, -1.5])))) // => tensor([ 1., -1.], float64)
 * ```
 */
export const trunc: Typed.Unary<"trunc"> = unary("trunc", { accepts: "numeric", reference: Math.trunc, jvp: "zero" })

const roundHalfToEven = (x: number): number => {
  const floor = Math.floor(x)
  const rest = x - floor
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0)
  // the sign of −0.3 survives in −0
  return up ? floor + 1 || (x < 0 ? -0 : 0) : floor === 0 && Object.is(x, -0) ? -0 : floor
}

/**
 * The nearest whole number, of two the even one; its derivative is 0. Float and int32; fails with `DTypeError` for
 * bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { round, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(round(Tensor.make([0.5, 1.5, 2.5])))) // => tensor([0., 2., 2.], float64)
 * ```
 */
export const round: Typed.Unary<"round"> = unary("round", {
  accepts: "numeric",
  reference: roundHalfToEven,
  jvp: "zero"
})

/**
 * x². int32 wraps around. Float and int32; fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { square, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(square(Tensor.make([3, -4])))) // => tensor([ 9., 16.], float64)
 * ```
 */
export const square: Typed.Unary<"square"> = composed("square", "numeric", (x) => mul(x, x))

/**
 * 1/x, ±∞ at ±0; its derivative is −1/x². Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { reciprocal, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(reciprocal(Tensor.make([1, 0])))) // => tensor([ 1., inf], float64)
 * ```
 */
export const reciprocal: Typed.FloatUnary<"reciprocal"> = composed("reciprocal", "float", (x) => div(1, x))

/**
 * 1/√x, ∞ at 0, NaN below; its derivative is −1 / (2x√x). Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { rsqrt, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(rsqrt(Tensor.make([1, 0])))) // => tensor([ 1., inf], float64)
 * ```
 */
export const rsqrt: Typed.FloatUnary<"rsqrt"> = composed("rsqrt", "float", (x) => div(1, sqrt(x)))

/**
 * x·σ(x), also called swish. Floats; fails with `DTypeError` for other dtypes. Source: Elfwing, Uchibe and Doya, Neural
 * Networks 107 (2018) 3.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { silu, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(silu(Tensor.make([0, 100])))) // => tensor([  0., 100.], float64)
 * ```
 */
export const silu: Typed.FloatUnary<"silu"> = composed("silu", "float", (x) => mul(x, sigmoid(x)))

/**
 * Exponentials and logarithms, elementwise, and the logistic function.
 *
 * Derivatives: M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", chapter 4; NIST DLMF chapter 4.
 */
import { signed } from "../../core/signed.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, div, mul } from "../algebra.ts"
import { unary, unaryOp } from "../define.ts"
import { family, first } from "./family.ts"
import { siluDerivative } from "./special/activation.ts"
import { logistic } from "./special/logistic.ts"
import { sechSquared } from "./trigonometric.ts"

export const expPrimitive = unary("exp", { reference: Math.exp, jvp: (dx, { out }) => mul(dx, out) })

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
export const exp: Typed.FloatUnary<"exp"> = signed(unaryOp(expPrimitive))

export const expm1Primitive = unary("expm1", {
  reference: Math.expm1,
  jvp: (dx, { x }) => mul(dx, exp(x))
})

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
export const expm1: Typed.FloatUnary<"expm1"> = signed(unaryOp(expm1Primitive))

export const logPrimitive = unary("log", { reference: Math.log, jvp: (dx, { x }) => div(dx, x) })

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
export const log: Typed.FloatUnary<"log"> = signed(unaryOp(logPrimitive))

export const log1pPrimitive = unary("log1p", {
  reference: Math.log1p,
  jvp: (dx, { x }) => div(dx, add(x, 1))
})

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
export const log1p: Typed.FloatUnary<"log1p"> = signed(unaryOp(log1pPrimitive))

export const log2Primitive = unary("log2", {
  reference: Math.log2,
  // not dx / (x ln 2): its own derivative would square ln 2 and overflow before 1/x² does
  jvp: (dx, { x }) => mul(dx, div(Math.LOG2E, x))
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
export const log2: Typed.FloatUnary<"log2"> = signed(unaryOp(log2Primitive))

export const log10Primitive = unary("log10", {
  reference: Math.log10,
  jvp: (dx, { x }) => mul(dx, div(Math.LOG10E, x))
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
export const log10: Typed.FloatUnary<"log10"> = signed(unaryOp(log10Primitive))

export const sigmoidPrimitive = unary("sigmoid", {
  reference: logistic,
  // σ' = σ(x) σ(−x) = ¼ sech² ½x: neither it nor its derivatives cancel
  jvp: (dx, { x }) => mul(dx, mul(sechSquared(mul(x, 0.5)), 0.25))
})

/**
 * The logistic function σ(x) = 1 / (1 + e⁻ˣ), without overflow; σ' = σ(x)·σ(−x). Floats; fails with `DTypeError` for
 * other dtypes.
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
export const sigmoid: Typed.FloatUnary<"sigmoid"> = signed(unaryOp(sigmoidPrimitive))

export const siluPrimitive = family("silu", siluDerivative)

/**
 * x·σ(x), also called swish; 0 at −∞. Floats; fails with `DTypeError` for other dtypes. Source: Elfwing, Uchibe and Doya, Neural
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
export const silu: Typed.FloatUnary<"silu"> = signed(first("silu", siluPrimitive))

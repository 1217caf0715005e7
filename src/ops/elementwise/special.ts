/**
 * Special functions: the error function, the gamma function's family, a Bessel function, sinc, and what is made of them.
 *
 * Source of the formulas: NIST Digital Library of Mathematical Functions (DLMF), chapters 5, 7 and 10. The numerics are in
 * `special/`, each with its own source.
 */
import * as Effect from "effect/Effect"
import { signed } from "../../core/signed.ts"
import type { Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { mul, neg, where } from "../algebra.ts"
import { composed, unary, unaryOp } from "../define.ts"
import { logaddexp } from "./binary.ts"
import { greater } from "./comparison.ts"
import { exp } from "./exponential.ts"
import { family, first } from "./family.ts"
import { geluDerivative } from "./special/activation.ts"
import { i0Derivative } from "./special/bessel.ts"
import { erf as erfOf, erfc as erfcOf } from "./special/erf.ts"
import { erfcinv as erfcinvOf, erfinv as erfinvOf } from "./special/erfinv.ts"
import { lgamma as lgammaOf } from "./special/gamma.ts"
import { polygamma as polygammaOf } from "./special/polygamma.ts"
import { sincDerivative as sincDerivativeOf } from "./special/sinc.ts"

/** 2/√π e^(−x²). Beyond ±40 it is 0 in any precision: cut there, its derivative at infinity is the limit, not 0·∞. */
const derivativeOfErf = (x: Tensor) =>
  Effect.gen(function*() {
    const near = yield* where(greater(mul(x, x), 1600), 40, x)
    return yield* mul(2 / Math.sqrt(Math.PI), exp(neg(mul(near, near))))
  })

export const erfPrimitive = unary("erf", {
  reference: erfOf,
  jvp: (dx, { x }) => mul(dx, derivativeOfErf(x))
})

/**
 * The error function 2/√π ∫₀ˣ e^(−t²) dt, to a relative 1e−15; erf' = 2/√π · e^(−x²). Floats; fails with `DTypeError`
 * for other dtypes.
 *
 * Source: DLMF 7.2.1; by its power series (7.6.1) and the trapezoidal rule for erfc (Matta and Reichel 1971).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { erf, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(erf(Tensor.make([0, Infinity])))) // => tensor([0., 1.], float64)
 * ```
 */
export const erf: Typed.FloatUnary<"erf"> = signed(unaryOp(erfPrimitive))

export const erfcPrimitive = unary("erfc", {
  reference: erfcOf,
  jvp: (dx, { x }) => neg(mul(dx, derivativeOfErf(x)))
})

/**
 * The complementary error function 1 − erf x, which keeps its relative accuracy of 2e−15 for large x; erfc' = −2/√π ·
 * e^(−x²). Floats; fails with `DTypeError` for other dtypes.
 *
 * Source: DLMF 7.2.2; by the trapezoidal rule for its integral 7.7.1 (Matta and Reichel 1971).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { erfc, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(erfc(Tensor.make([0, 100, -100])))) // => tensor([1., 0., 2.], float64)
 * ```
 */
export const erfc: Typed.FloatUnary<"erfc"> = signed(unaryOp(erfcPrimitive))

/** √π/2 e^(y²), the derivative of the inverse of erf where its value is y. */
const derivativeOfInverse = (y: Tensor) => mul(Math.sqrt(Math.PI) / 2, exp(mul(y, y)))

export const erfinvPrimitive = unary("erfinv", {
  reference: erfinvOf,
  jvp: (dx, { out }) => mul(dx, derivativeOfInverse(out))
})

/**
 * The inverse of the error function: the y with erf y = x, to a relative 1e−15; erfinv' = √π/2 · e^(y²). ±∞ at ±1, NaN outside. Floats; fails with
 * `DTypeError` for other dtypes.
 *
 * Source: Halley's method on `erf` and `erfc` (DLMF 7.2, 3.8(v)).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { erf, erfinv, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(erfinv(Tensor.make([0, 1])))) // => tensor([ 0., inf], float64)
 * console.log(Effect.runSync(erf(erfinv(0.25)))) // => tensor(0.25, float64)
 * ```
 */
export const erfinv: Typed.FloatUnary<"erfinv"> = signed(unaryOp(erfinvPrimitive))

export const erfcinvPrimitive = unary("erfcinv", {
  reference: erfcinvOf,
  jvp: (dx, { out }) => neg(mul(dx, derivativeOfInverse(out)))
})

/**
 * The inverse of the complementary error function: the y with erfc y = x, to a relative 1e−15 down to the smallest x; erfcinv' = −√π/2 · e^(y²). ∞ at 0, −∞ at
 * 2, NaN outside. Floats; fails with `DTypeError` for other dtypes.
 *
 * Source: Halley's method on `erf` and `erfc` (DLMF 7.2, 3.8(v)).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { erfcinv, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(erfcinv(Tensor.make([0, 1, 2])))) // => tensor([ inf,   0., -inf], float64)
 * ```
 */
export const erfcinv: Typed.FloatUnary<"erfcinv"> = signed(unaryOp(erfcinvPrimitive))

export const lgammaPrimitive = unary("lgamma", {
  reference: lgammaOf,
  jvp: (dx, { x }) => mul(dx, digamma(x))
})

/**
 * log |Γ(x)|, the logarithm of the gamma function; lgamma' = ψ, the `digamma` function. ∞ at the poles 0, −1, −2, … To
 * a relative 1e−15 for x > −2. Floats; fails with `DTypeError` for other dtypes.
 *
 * Source: DLMF 5.11.1 (Stirling's series), 5.7.3 about its zeros 1 and 2, 5.5.3 (reflection) below 0.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { lgamma, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(lgamma(Tensor.make([1, 2, 0])))) // => tensor([ 0.,  0., inf], float64)
 * ```
 */
export const lgamma: Typed.FloatUnary<"lgamma"> = signed(unaryOp(lgammaPrimitive))

export const polygammaPrimitive = family("polygamma", polygammaOf)

/**
 * ψ(x) = Γ'(x)/Γ(x); its derivatives of every order are the polygamma functions. −∞ at 0, NaN at the poles −1, −2, … To
 * a relative 3e−15 for x > 0. Floats; fails with `DTypeError` for other dtypes.
 *
 * Source: DLMF 5.2.2 and 5.11.2; polygamma by 25.11.12, below 0 by 5.15.6.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { digamma, sub } from "wengert"
 *
 * console.log(Effect.runSync(sub(digamma(3), digamma(2)))) // => tensor(0.5, float64)
 * ```
 */
export const digamma: Typed.FloatUnary<"digamma"> = signed(first("digamma", polygammaPrimitive))

export const sincPrimitive = family("sincDerivative", sincDerivativeOf)

/**
 * The normalised sinc function sin πx / (πx), as NumPy has it: 1 at 0, and 0 at all other whole numbers. Smooth
 * everywhere, with sinc'(0) = 0; derivatives of every order are accurate also about 0. Floats; fails with `DTypeError`
 * for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, sinc, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(sinc(Tensor.make([0, 1, 2])))) // => tensor([1., 0., 0.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => sinc(x))(Tensor.make(0)))) // => tensor(0., float64)
 * ```
 */
export const sinc: Typed.FloatUnary<"sinc"> = signed(first("sinc", sincPrimitive))

export const i0Primitive = family("i0", i0Derivative)

/**
 * The modified Bessel function I₀, of which Kaiser's window and von Mises' distribution are made; derivatives of every
 * order are as accurate as it is, to a relative 1e−14. ∞ beyond ±713.986. Floats; fails with `DTypeError` for other dtypes.
 *
 * Source: DLMF 10.25.2, and 10.32.1 by the trapezoidal rule.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, i0, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(i0(Tensor.make([0, 1e3])))) // => tensor([ 1., inf], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => i0(x))(Tensor.make(0)))) // => tensor(0., float64)
 * ```
 */
export const i0: Typed.FloatUnary<"i0"> = signed(first("i0", i0Primitive))

/**
 * log(1 + eˣ), without overflow: a smooth `relu`. Its derivative is σ(x). Floats; fails with `DTypeError` for other
 * dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, softplus, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(softplus(Tensor.make([-1000, 1000])))) // => tensor([   0., 1000.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => softplus(x))(Tensor.make(0)))) // => tensor(0.5, float64)
 * ```
 */
export const softplus: Typed.FloatUnary<"softplus"> = composed("softplus", "float", (x) => logaddexp(x, 0))

export const geluPrimitive = family("gelu", geluDerivative)

/**
 * x·Φ(x), with the normal distribution function Φ(x) = erfc(−x/√2)/2: the exact one, not its approximation by tanh.
 * Floats; fails with `DTypeError` for other dtypes. Source: Hendrycks and Gimpel, arXiv:1606.08415.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { gelu, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(gelu(Tensor.make([0, 100])))) // => tensor([  0., 100.], float64)
 * ```
 */
export const gelu: Typed.FloatUnary<"gelu"> = signed(first("gelu", geluPrimitive))

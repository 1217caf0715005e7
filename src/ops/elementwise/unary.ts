/**
 * Elementwise functions of one real variable: sign, roots and rounding.
 *
 * At kinks: the minimum-norm element of the subdifferential.
 */
import { signed } from "../../core/signed.ts"
import type * as Typed from "../../types/signatures.ts"
import { div, mul, sub, where, zeros } from "../algebra.ts"
import { composed, unary, unaryOp } from "../define.ts"
import { lessEqual } from "./comparison.ts"
import { heaviside } from "./kink.ts"

export const absPrimitive = unary("abs", {
  accepts: "numeric",
  reference: Math.abs,
  // sign x, with the kink at 0
  jvp: (dx, { x }) => mul(dx, sub(mul(heaviside(x, zeros(x)), 2), 1))
})

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
export const abs: Typed.Unary<"abs"> = signed(unaryOp(absPrimitive))

export const signPrimitive = unary("sign", { accepts: "numeric", reference: Math.sign, jvp: "steps" })

/**
 * −1, 0 or 1; NaN stays NaN. Its derivative is zero, at NaN too: no path leads through it. Float and int32; fails with
 * `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sign, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(sign(Tensor.make([-2, 0, 3])))) // => tensor([-1.,  0.,  1.], float64)
 * ```
 */
export const sign: Typed.Unary<"sign"> = signed(unaryOp(signPrimitive))

export const sqrtPrimitive = unary("sqrt", {
  reference: Math.sqrt,
  jvp: (dx, { out }) => mul(dx, div(0.5, out))
})

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
export const sqrt: Typed.FloatUnary<"sqrt"> = signed(unaryOp(sqrtPrimitive))

export const cbrtPrimitive = unary("cbrt", {
  reference: Math.cbrt,
  jvp: (dx, { out }) => div(div(mul(dx, 1 / 3), out), out)
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
export const cbrt: Typed.FloatUnary<"cbrt"> = signed(unaryOp(cbrtPrimitive))

export const reluPrimitive = unary("relu", {
  accepts: "numeric",
  reference: (x) => x > 0 ? x : x <= 0 ? 0 : x,
  // what lies below 0 is left out; sign x is 1 above 0, and NaN at NaN
  jvp: (dx, { x }) => where(lessEqual(x, 0), 0, mul(dx, sign(x)))
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
export const relu: Typed.Unary<"relu"> = signed(unaryOp(reluPrimitive))

export const floorPrimitive = unary("floor", { accepts: "numeric", reference: Math.floor, jvp: "steps" })

/**
 * The largest whole number not above x. Its derivative is zero, at NaN too: no path leads through it. Float and int32;
 * fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { floor, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(floor(Tensor.make([1.5, -1.5])))) // => tensor([ 1., -2.], float64)
 * ```
 */
export const floor: Typed.Unary<"floor"> = signed(unaryOp(floorPrimitive))

export const ceilPrimitive = unary("ceil", { accepts: "numeric", reference: Math.ceil, jvp: "steps" })

/**
 * The smallest whole number not below x. Its derivative is zero, at NaN too: no path leads through it. Float and int32;
 * fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ceil, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(ceil(Tensor.make([1.5, -1.5])))) // => tensor([ 2., -1.], float64)
 * ```
 */
export const ceil: Typed.Unary<"ceil"> = signed(unaryOp(ceilPrimitive))

export const truncPrimitive = unary("trunc", { accepts: "numeric", reference: Math.trunc, jvp: "steps" })

/**
 * The whole number next to x towards 0. Its derivative is zero, at NaN too: no path leads through it. Float and int32;
 * fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, trunc } from "wengert"
 *
 * console.log(Effect.runSync(trunc(Tensor.make([1.5, -1.5])))) // => tensor([ 1., -1.], float64)
 * ```
 */
export const trunc: Typed.Unary<"trunc"> = signed(unaryOp(truncPrimitive))

const roundHalfToEven = (x: number): number => {
  const floor = Math.floor(x)
  const rest = x - floor
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0)
  // the sign of −0.3 survives in −0
  return up ? floor + 1 || (x < 0 ? -0 : 0) : floor === 0 && Object.is(x, -0) ? -0 : floor
}

export const roundPrimitive = unary("round", {
  accepts: "numeric",
  reference: roundHalfToEven,
  jvp: "steps"
})

/**
 * The nearest whole number, of two the even one. Its derivative is zero, at NaN too: no path leads through it. Float
 * and int32; fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { round, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(round(Tensor.make([0.5, 1.5, 2.5])))) // => tensor([0., 2., 2.], float64)
 * ```
 */
export const round: Typed.Unary<"round"> = signed(unaryOp(roundPrimitive))

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

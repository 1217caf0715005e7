/**
 * Elementwise functions of two real variables, each with its two partial derivatives. Ties share equally.
 */
import * as Effect from "effect/Effect"
import { checkDType, commonDType, operation } from "../core/operation.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { signed } from "../core/typed/operand.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { div, mul, neg, plus, sub, where, zeros } from "./algebra.ts"
import { equal, greater, greaterEqual, isFinite, less, lessEqual, logicalAnd, logicalNot } from "./comparison.ts"
import { accepts, binary, binaryOp, composed } from "./define.ts"
import { trunc } from "./elementwise.ts"
import { log, sigmoid } from "./exponential.ts"
import { logaddexp as logaddexpOf } from "./special/logistic.ts"

export const powPrimitive = binary("pow", {
  // unlike Math.pow, 1 to any power is 1
  reference: (x, y) => x === 1 ? 1 : x ** y,
  jvp: [
    (dx, { x, y }) => mul(dx, where(logicalAnd(equal(x, 0), equal(y, 0)), 0, mul(y, pow(x, sub(y, 1))))),
    (dy, { out, x, y }) => mul(dy, where(logicalAnd(equal(x, 0), greater(y, 0)), 0, mul(out, log(x))))
  ]
}, plus)

/**
 * xʸ, as IEEE 754 has it: x⁰ = 1 and 1ʸ = 1 even for NaN, and NaN where x is negative and y is not whole.
 *
 * ∂x = y·xʸ⁻¹, ∂y = xʸ·log x, which is NaN for negative x. At x = 0 the limits: ∂x of x⁰ is 0, and ∂y is 0 for y > 0.
 * Floats, which join and broadcast as in `add`, with its errors; int32 is a `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, pow, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(pow(Tensor.make([2, 3]), 2))) // => tensor([4., 9.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => pow(x, 3))(Tensor.make(2)))) // => tensor(12., float64)
 * ```
 */
export const pow: Typed.FloatBinary<"pow"> = signed(binaryOp(powPrimitive))

export const atan2Primitive = binary("atan2", {
  reference: Math.atan2,
  jvp: [
    (dy, { x: y, y: x }) => mul(dy, overSquaredNorm(x, x, y)),
    (dx, { x: y, y: x }) => neg(mul(dx, overSquaredNorm(y, x, y)))
  ]
}, plus)

/**
 * The angle of the point (x, y) in [−π, π]: `atan2(y, x)`. Units: radians.
 *
 * ∂y = x / (x² + y²), ∂x = −y / (x² + y²), NaN at the origin, where no angle is a limit. Floats, which join and
 * broadcast as in `add`, with its errors; int32 is a `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { atan2, div } from "wengert"
 *
 * console.log(Effect.runSync(div(atan2(1, 0), Math.PI))) // => tensor(0.5, float64)
 * ```
 */
export const atan2: Typed.FloatBinary<"atan2"> = signed(binaryOp(atan2Primitive))

/** a/(x² + y²) without overflow. */
const overSquaredNorm = (a: Tensor, x: Tensor, y: Tensor) => Effect.flatMap(hypot(x, y), (h) => div(div(a, h), h))

export const hypotPrimitive = binary("hypot", {
  reference: Math.hypot,
  jvp: [(dx, { out, x }) => mul(dx, direction(x, out)), (dy, { out, y }) => mul(dy, direction(y, out))]
}, plus)

/**
 * √(x² + y²), without overflow. ∂x = x/h, ∂y = y/h, and both are 0 at the origin. Floats, which join and broadcast as
 * in `add`, with its errors; int32 is a `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, hypot, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(hypot(Tensor.make([3, 5]), Tensor.make([4, 12])))) // => tensor([ 5., 13.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => hypot(x, 0))(Tensor.make(0)))) // => tensor(0., float64)
 * ```
 */
export const hypot: Typed.FloatBinary<"hypot"> = signed(binaryOp(hypotPrimitive))

/** x/h, and 0 where h = 0. */
const direction = (x: Tensor, h: Tensor) => where(equal(h, 0), 0, div(x, h))

export const logaddexpPrimitive = binary("logaddexp", {
  reference: logaddexpOf,
  jvp: [(dx, { x, y }) => mul(dx, sigmoid(difference(x, y))), (dy, { x, y }) => mul(dy, sigmoid(difference(y, x)))]
}, plus)

/**
 * log(eˣ + eʸ), without overflow. ∂x = σ(x − y), ∂y = σ(y − x). Floats, which join and broadcast as in `add`, with its
 * errors; int32 is a `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { logaddexp } from "wengert"
 *
 * console.log(Effect.runSync(logaddexp(1000, -1000))) // => tensor(1000., float64)
 * ```
 */
export const logaddexp: Typed.FloatBinary<"logaddexp"> = signed(binaryOp(logaddexpPrimitive))

/** x − y, with ∞ − ∞ = 0. */
const difference = (x: Tensor, y: Tensor) => where(logicalAnd(equal(x, y), logicalNot(isFinite(x))), 0, sub(x, y))

export const remPrimitive = binary("rem", {
  accepts: "numeric",
  reference: (x, y) => x % y,
  jvp: [(dx) => mul(dx, 1), (dy, { x, y }) => neg(mul(dy, trunc(div(x, y))))]
}, plus)

/**
 * The remainder of the division that truncates, x − y·trunc(x/y): it has the sign of x, as JavaScript's `%`.
 *
 * ∂x = 1, ∂y = −trunc(x/y), also where it jumps. By 0 it is NaN, for int32 0. Float and int32, which join and broadcast
 * as in `add`, with its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { rem, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(rem(Tensor.make([7, -7]), 3))) // => tensor([ 1., -1.], float64)
 * ```
 */
export const rem: Typed.Binary<"rem"> = signed(binaryOp(remPrimitive))

/** The tangent of x where it is chosen, half of it at a tie. */
const shared = (exceeds: typeof greater, dx: Tensor, x: Tensor, y: Tensor) =>
  where(exceeds(x, y), dx, where(equal(x, y), mul(dx, 0.5), zeros(dx)))

export const maximumPrimitive = binary("maximum", {
  accepts: "numeric",
  reference: Math.max,
  jvp: [(dx, { x, y }) => shared(greater, dx, x, y), (dy, { x, y }) => shared(greater, dy, y, x)]
}, plus)

/**
 * The larger of two, elementwise; NaN if either is. At a tie each gets half of the derivative. Float and int32, which
 * join and broadcast as in `add`, with its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, maximum, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(maximum(Tensor.make([1, 5]), 3))) // => tensor([3., 5.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => maximum(x, 3))(Tensor.make(3)))) // => tensor(0.5, float64)
 * ```
 */
export const maximum: Typed.Binary<"maximum"> = signed(binaryOp(maximumPrimitive))

export const minimumPrimitive = binary("minimum", {
  accepts: "numeric",
  reference: Math.min,
  jvp: [(dx, { x, y }) => shared(less, dx, x, y), (dy, { x, y }) => shared(less, dy, y, x)]
}, plus)

/**
 * The smaller of two, elementwise; NaN if either is. At a tie each gets half of the derivative. Float and int32, which
 * join and broadcast as in `add`, with its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, minimum, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(minimum(Tensor.make([1, 5]), 3))) // => tensor([1., 3.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => minimum(x, 3))(Tensor.make(3)))) // => tensor(0.5, float64)
 * ```
 */
export const minimum: Typed.Binary<"minimum"> = signed(binaryOp(minimumPrimitive))

/**
 * 2ˣ; exp2' = 2ˣ ln 2. Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { exp2, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(exp2(Tensor.make([3, 0])))) // => tensor([8., 1.], float64)
 * ```
 */
export const exp2: Typed.FloatUnary<"exp2"> = composed("exp2", "float", (x) => pow(2, x))

/**
 * x between two bounds: `clip(x, lo, hi)`. Where lo > hi it is hi; NaN stays NaN.
 *
 * Its derivative is 1 inside, and 0 outside and at the ends, where the bound gets it. Float and int32, which join and
 * broadcast as in `add`, with its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { clip, grad, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(clip(Tensor.make([-1, 3, 8]), 0, 5))) // => tensor([0., 3., 5.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => clip(x, 0, 1))(Tensor.make(0)))) // => tensor(0., float64)
 * ```
 */
export const clip: Typed.Clip = signed((x: Operand, lo: Operand, hi: Operand) =>
  operation("clip", [x, lo, hi], ([x, lo, hi]) => {
    checkDType("clip", { shape: [], dtype: commonDType("clip", [x!, lo!, hi!]) }, accepts.numeric)
    return Effect.gen(function*() {
      const value = yield* minimum(maximum(x!, lo!), hi!)
      // the bounds come first, so that x has no influence at the ends; where lo > hi, hi wins; NaN passes through
      const chosen = where(greaterEqual(maximum(x!, lo!), hi!), hi!, where(lessEqual(x!, lo!), lo!, x!))
      return yield* where(equal(value, value), chosen, value)
    })
  })
)

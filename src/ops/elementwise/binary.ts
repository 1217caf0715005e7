/**
 * Elementwise functions of two real variables, each with its two partial derivatives. Ties share equally.
 */
import * as Effect from "effect/Effect"
import { checkDType, commonDType, operation } from "../../core/operation.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, div, mul, neg, plus, sub, where } from "../algebra.ts"
import { accepts, binary, binaryOp } from "../define.ts"
import { equal, greaterEqual, isFinite, less, lessEqual, logicalAnd, logicalNot } from "./comparison.ts"
import { sigmoid } from "./exponential.ts"
import { heaviside } from "./kink.ts"
import { logaddexp as logaddexpOf } from "./special/logistic.ts"
import { round } from "./unary.ts"

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
  // trunc(x/y) as the remainder has it: x/y itself may round up to the next whole number
  jvp: [
    // 1, and NaN where the remainder is
    (dx, { out }) => mul(dx, add(1, mul(0, out))),
    (dy, { out, x, y }) => neg(mul(dy, round(div(sub(x, out), y))))
  ]
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

/** The tangent of `a` as the larger of two, which is left out where it is the smaller; half of it at a tie. */
const ofLarger = (da: Tensor, a: Tensor, b: Tensor) => where(less(a, b), 0, mul(da, heaviside(a, b)))

/** The tangent of `a` as the smaller of two. */
const ofSmaller = (da: Tensor, a: Tensor, b: Tensor) => where(less(b, a), 0, mul(da, heaviside(b, a)))

export const maximumPrimitive = binary("maximum", {
  accepts: "numeric",
  reference: Math.max,
  jvp: [(dx, { x, y }) => ofLarger(dx, x, y), (dy, { x, y }) => ofLarger(dy, y, x)]
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
  jvp: [(dx, { x, y }) => ofSmaller(dx, x, y), (dy, { x, y }) => ofSmaller(dy, y, x)]
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
    checkDType("clip", { shape: [], dtype: commonDType("clip", [x, lo, hi]) }, accepts.numeric)
    return Effect.gen(function*() {
      const value = yield* minimum(maximum(x, lo), hi)
      // the bounds come first, so that x has no influence at the ends; where lo > hi, hi wins; NaN passes through
      const chosen = where(greaterEqual(maximum(x, lo), hi), hi, where(lessEqual(x, lo), lo, x))
      return yield* where(equal(value, value), chosen, value)
    })
  })
)

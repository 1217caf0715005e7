/**
 * Points in the plane: their distance from the origin, and their direction.
 */
import * as Effect from "effect/Effect"
import { apply } from "../../core/operation.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { none } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { div, mul, neg, plus, sub } from "../algebra.ts"
import { binary, binaryOp } from "../define.ts"
import { cosine, inversion as inversionOf } from "./special/plane.ts"

export const hypotPrimitive = binary("hypot", {
  reference: Math.hypot,
  jvp: [(dx, { x, y }) => mul(dx, directionCosine(x, y)), (dy, { x, y }) => mul(dy, directionCosine(y, x))]
}, plus)

/**
 * √(x² + y²), without overflow. ∂x = x/h, ∂y = y/h, and both are 0 at the origin, where second derivatives are not
 * finite. At infinity the limits: ∂x is 1 at (∞, 1). Floats, which join and broadcast as in `add`, with its errors; int32
 * is a `DTypeError`.
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

/**
 * x/h with h = √(x² + y²), the cosine of the direction, for rules. With c = x/h and s = y/h, dc = s (s dx − c dy)/h, where
 * dx/h − c dh/h would cancel. At the origin it is 0, and its derivative 0/0.
 */
export const directionCosinePrimitive = binary("directionCosine", {
  reference: cosine,
  jvp: [
    (dx, { x, y }) => acrossTo(dx, x, y, directionCosine(y, x)),
    (dy, { out, x, y }) => neg(acrossTo(dy, x, y, out))
  ]
}, plus)

/** d·s/h·a: divided before the second factor, so that it does not underflow on the way. */
const acrossTo = (d: Tensor, x: Tensor, y: Tensor, a: Tensor | OpEffect<Tensor>): OpEffect<Tensor> =>
  mul(div(mul(d, directionCosine(y, x)), hypot(x, y)), a)

/** x/√(x² + y²), for rules. */
export const directionCosine = (x: Tensor, y: Tensor): OpEffect<Tensor> => apply(directionCosinePrimitive, [x, y], none)

/**
 * x/(x² + y²) = Re 1/z, for rules. With p = Re 1/z and q = −Im 1/z, dp = (q − p)(q + p) dx − 2pq dy, for d(1/z) = −dz/z².
 */
export const inversionPrimitive = binary("inversion", {
  reference: inversionOf,
  jvp: [
    (dx, { out: p, x, y }) => Effect.flatMap(inversion(y, x), (q) => mul(dx, mul(sub(q, p), plus(q, p)))),
    (dy, { out: p, x, y }) => mul(dy, mul(mul(p, -2), inversion(y, x)))
  ]
}, plus)

/** x/(x² + y²), for rules. */
export const inversion = (x: Tensor, y: Tensor): OpEffect<Tensor> => apply(inversionPrimitive, [x, y], none)

export const atan2Primitive = binary("atan2", {
  reference: Math.atan2,
  // ∂y = x/h², ∂x = −y/h²
  jvp: [
    (dy, { x: y, y: x }) => mul(dy, inversion(x, y)),
    (dx, { x: y, y: x }) => neg(mul(dx, inversion(y, x)))
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

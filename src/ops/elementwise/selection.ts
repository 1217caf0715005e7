/**
 * Selection: `where` with a fill, and the barrier that stops a gradient.
 */
import * as Effect from "effect/Effect"
import { apply, lone, operation } from "../../core/operation.ts"
import type { Primitive } from "../../core/primitive.ts"
import { none, primitive } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { where } from "../algebra.ts"

/**
 * `x` where the mask is true, `fill` (0 by default) where it is not: `mask(x, m, fill)`.
 *
 * For padding and for elements outside of a domain. A masked element has no influence: its gradient is exactly 0, even
 * where its own derivative is infinite or NaN, which no product with a mask of zeros and ones achieves. Dtypes, shapes
 * and errors are those of `where`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, greater, log, mask, sum, Tensor } from "wengert"
 *
 * const x = Tensor.make([0, 1])
 * console.log(Effect.runSync(mask(log(x), greater(x, 0)))) // => tensor([0., 0.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => sum(mask(log(x), greater(x, 0))))(x))) // => tensor([0., 1.], float64)
 * ```
 */
export const mask: Typed.Mask = signed((x: Operand, m: Operand, fill: Operand = 0) =>
  operation("mask", [x, m, fill], ([x, m, fill]) => where(lone(m), x, fill))
)

export const stopGradientPrimitive: Primitive<"stopGradient", {}, 1, 1> = primitive({
  name: "stopGradient",
  arity: 1,
  params: {},
  barrier: "stops",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  reference: ([x]) => [x],
  batch: ({ operands }) =>
    Effect.map(apply(stopGradientPrimitive, operands, none), (y) => ({ outputs: [y], batched: [true] }))
})

/**
 * The same value as a constant: no derivative passes, in any mode and of any order. Any dtype.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, mul, stopGradient, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(grad((x: Tensor) => mul(stopGradient(x), x))(Tensor.make(3)))) // => tensor(3., float64)
 * ```
 */
export const stopGradient: Typed.StopGradient = signed((x: Operand) =>
  operation("stopGradient", [x], ([x], running) => running.bind(stopGradientPrimitive, [lone(x)], none))
)

/**
 * Selection: `where` with a fill, and the barrier that stops a gradient.
 */
import * as Effect from "effect/Effect"
import type { Op } from "../core/operation.ts"
import { apply, lone, op, operation } from "../core/operation.ts"
import type { Primitive } from "../core/primitive.ts"
import { none, primitive } from "../core/primitive.ts"
import type { Operand } from "../core/tensor.ts"
import { signed } from "../core/typed/operand.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { where } from "./algebra.ts"

/** `x` where the mask is true, `fill` where it is not. A masked element has no influence on a result or a gradient. */
export const mask: Typed.Mask = signed((x: Operand, m: Operand, fill: Operand = 0) =>
  operation("mask", [x, m, fill], ([x, m, fill]) => where(m!, x!, fill!))
)

const stopGradientPrimitive: Primitive<{}> = primitive({
  name: "stopGradient",
  arity: 1,
  params: {},
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  reference: ([x]) => [x!],
  batch: ({ operands }) =>
    Effect.map(apply(stopGradientPrimitive, operands, none), (y) => ({ outputs: [y], batched: [true] }))
})

/** The same value, as a constant: no derivative passes. */
export const stopGradient: Op<Typed.StopGradient> = op(
  (x: Operand) => operation("stopGradient", [x], ([x], call) => call.bind(stopGradientPrimitive, [lone(x!)], none)),
  stopGradientPrimitive
)

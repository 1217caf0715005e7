/**
 * Kinks: where a function bends, and what its derivatives are there.
 *
 * The first derivative at a kink is the shortest subgradient, which is often a mean of the slopes on its sides. A mean has
 * no chain rule of second order: (½·1 + ½·(−1))² is 0, the mean of 1² and (−1)² is 1. So the slope, a function that
 * jumps there, has no derivative: NaN, which is no structural zero, and what is differentiated twice through a kink is
 * NaN and never a wrong number.
 */
import * as Effect from "effect/Effect"
import { apply } from "../../core/operation.ts"
import type { Elementwise, OpEffect } from "../../core/primitive.ts"
import { none } from "../../core/primitive.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { div, mul, neg, plus, sub, where } from "../algebra.ts"
import { elementwise, partials } from "../define.ts"
import { less, logicalOr } from "./comparison.ts"

/** d·0/(x − y), whose derivatives are like it: 0 where x and y differ, whatever d is, and NaN where they do not. */
const undefinedAtTie = (d: Tensor, x: Tensor, y: Tensor): OpEffect<Tensor> =>
  where(logicalOr(less(x, y), less(y, x)), 0, mul(d, div(0, sub(x, y))))

/** 1 where x > y, ½ where x = y, 0 where x < y; NaN where one is NaN. Its derivative is 0, and undefined where it jumps. */
export const heavisidePrimitive: Elementwise<"heaviside", 2> = elementwise(
  "heaviside",
  2,
  "float",
  (x, y) => x > y ? 1 : x < y ? 0 : x === y ? 0.5 : NaN,
  {
    jvp: partials([
      (dx, { x, y }) => undefinedAtTie(dx, x, y),
      (dy, { x, y }) => Effect.flatMap(undefinedAtTie(dy, x, y), neg)
    ], plus)
  }
)

/** The step function of x − y with the value ½ at 0, for rules. */
export const heaviside = (x: Operand, y: Operand): OpEffect<Tensor> => apply(heavisidePrimitive, [x, y], none)

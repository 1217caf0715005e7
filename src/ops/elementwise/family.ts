/**
 * Families f₀, f₁, … of elementwise functions in which each is the derivative of the one before: for functions whose
 * derivatives have a form that neither cancels nor overflows, which rules put together from other ops would lose.
 */
import * as Effect from "effect/Effect"
import { DTypeError } from "../../core/errors.ts"
import { apply, lone, operation } from "../../core/operation.ts"
import type { Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { dataOf } from "../../core/tensor.ts"
import { mul } from "../algebra.ts"
import { inferElementwise } from "../define.ts"

/** The primitive of a family: its parameter says which member it is. */
export type Family<Name extends string> = Primitive<Name, { readonly order: "integer" }, 1, 1>

/** Throws `DTypeError` for an order that no derivative has. */
export const checkOrder = (name: string, order: number): void => {
  if (Number.isInteger(order) && order >= 0 && order <= 100) return
  throw new DTypeError({ op: name, message: `${name} requires a whole order from 0 to 100, got ${order}` })
}

/** The family whose member of an order is `f(order, x)`. */
export const family = <const Name extends string>(
  name: Name,
  f: (order: number, x: number) => number
): Family<Name> => {
  const self: Family<Name> = primitive({
    name,
    arity: 1,
    params: { order: "integer" },
    infer: (operands, { order }) => {
      checkOrder(name, order)
      return inferElementwise(name, "float")(operands)
    },
    reference: ([x], { order }, [out]) => [
      out.dtype === "float32"
        ? Float32Array.from(dataOf(x), (v) => f(order, v))
        : Float64Array.from(dataOf(x), (v) => f(order, v))
    ],
    // fₙ' = fₙ₊₁
    jvp: ({ params: { order }, primals: [x], tangents: [dx] }) =>
      Effect.map(mul(dx, member(self, x, order + 1)), (dy) => [dy]),
    batch: ({ operands, params }) =>
      Effect.map(apply(self, operands, params), (y) => ({ outputs: [y], batched: [true] }))
  })
  return self
}

/** A member of a family, for rules. */
export const member = (self: Family<string>, x: Tensor, order: number) => apply(self, [x], { order })

/** The first member of a family, as the user's function. */
export const first = (name: string, self: Family<string>) => (x: Operand) =>
  operation(name, [x], ([x], running) => running.bind(self, [lone(x)], { order: 0 }))

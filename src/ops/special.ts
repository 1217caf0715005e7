/**
 * Special functions: the error function, the gamma function's family, sinc, and what is made of them.
 *
 * Source of the formulas: NIST Digital Library of Mathematical Functions (DLMF), chapters 5 and 7. The numerics are in
 * `special/`, each with its own source.
 */
import * as Effect from "effect/Effect"
import { DTypeError } from "../core/errors.ts"
import type { Op } from "../core/operation.ts"
import { apply, lone, op, operation } from "../core/operation.ts"
import type { Primitive } from "../core/primitive.ts"
import { none, primitive } from "../core/primitive.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { dataOf } from "../core/tensor.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { mul, neg } from "./algebra.ts"
import { logaddexp } from "./binary.ts"
import { exp } from "./elementwise.ts"
import { composed, inferElementwise, unary } from "./define.ts"
import { erf as erfOf, erfc as erfcOf } from "./special/erf.ts"
import { lgamma as lgammaOf } from "./special/gamma.ts"
import { polygamma as polygammaOf } from "./special/polygamma.ts"
import { sincDerivative as sincDerivativeOf } from "./special/sinc.ts"

const derivativeOfErf = (x: Tensor) => mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x))))

/** The error function; erf' = 2/√π · e^(−x²). DLMF 7.2.1. */
export const erf: Op<Typed.FloatUnary<"erf">> = unary("erf", {
  reference: erfOf,
  jvp: (dx, { x }) => mul(dx, derivativeOfErf(x))
})

/** 1 − erf, exact for large x. DLMF 7.2.2. */
export const erfc: Op<Typed.FloatUnary<"erfc">> = unary("erfc", {
  reference: erfcOf,
  jvp: (dx, { x }) => neg(mul(dx, derivativeOfErf(x)))
})

/** log |Γ(x)|; its derivative is ψ. DLMF 5.2. */
export const lgamma: Op<Typed.FloatUnary<"lgamma">> = unary("lgamma", {
  reference: lgammaOf,
  jvp: (dx, { x }) => mul(dx, digamma(x))
})

/** A family f₀, f₁, … in which each function is the derivative of the one before. */
const family = (name: string, f: (order: number, x: number) => number): Primitive<{ readonly order: number }> => {
  const self: Primitive<{ readonly order: number }> = primitive({
    name,
    arity: 1,
    params: { order: "integer" },
    infer: (operands, { order }) => {
      if (!Number.isInteger(order) || order < 0 || order > 100) {
        throw new DTypeError({ op: name, message: `${name} requires a whole order from 0 to 100, got ${order}` })
      }
      return inferElementwise(name, "float")(operands, none)
    },
    reference: ([x], { order }, [out]) => [
      out!.dtype === "float32"
        ? Float32Array.from(dataOf(x!), (v) => f(order, v))
        : Float64Array.from(dataOf(x!), (v) => f(order, v))
    ],
    jvp: ({ params: { order }, primals: [x], tangents: [dx] }) =>
      Effect.map(mul(dx!, apply(self, [x!], { order: order + 1 })), (dy) => [dy]),
    batch: ({ operands, params }) =>
      Effect.map(apply(self, operands, params), (y) => ({ outputs: [y], batched: [true] }))
  })
  return self
}

/** The first member of a family, as the user's function. */
const first = (name: string, self: Primitive<{ readonly order: number }>) => (x: Operand) =>
  operation(name, [x], ([x], call) => call.bind(self, [lone(x!)], { order: 0 }))

const polygammaPrimitive = family("polygamma", polygammaOf)

/** ψ(x) = Γ'(x)/Γ(x); its derivatives are the polygamma functions. DLMF 5.2.2 and 5.15. */
export const digamma: Op<Typed.FloatUnary<"digamma">> = op(first("digamma", polygammaPrimitive), polygammaPrimitive)

const sincPrimitive = family("sincDerivative", sincDerivativeOf)

/** sin πx / (πx), 1 at 0; smooth everywhere, with sinc'(0) = 0. */
export const sinc: Op<Typed.FloatUnary<"sinc">> = op(first("sinc", sincPrimitive), sincPrimitive)

/** log(1 + eˣ); its derivative is σ(x). */
export const softplus: Typed.FloatUnary<"softplus"> = composed("softplus", "float", (x) => logaddexp(x, 0))

/** x·Φ(x), with the normal distribution function Φ(x) = erfc(−x/√2)/2: the exact one, no approximation by tanh. */
export const gelu: Typed.FloatUnary<"gelu"> = composed(
  "gelu",
  "float",
  (x) => mul(x, mul(0.5, erfc(mul(x, -Math.SQRT1_2))))
)

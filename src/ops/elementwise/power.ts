/**
 * Powers. All derivatives of xʸ are one family, so that mixed derivatives agree in either order, limits at 0 included, and
 * none overflows on the way.
 */
import { apply } from "../../core/operation.ts"
import type { OpEffect, Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Tensor } from "../../core/tensor.ts"
import { dataOf } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { mul, plus } from "../algebra.ts"
import { batchTogether, binary, binaryOp, composed, inferElementwise, partials } from "../define.ts"
import { checkOrder } from "./family.ts"
import { power, powerDerivative } from "./special/power.ts"

export const powPrimitive = binary("pow", {
  reference: power,
  jvp: [(dx, { x, y }) => mul(dx, derivative(1, 0, x, y)), (dy, { x, y }) => mul(dy, derivative(0, 1, x, y))]
}, plus)

/** ∂ₓᵐ ∂ᵧⁿ xʸ, for rules. */
export const powDerivativePrimitive: Primitive<
  "powDerivative",
  { readonly x: "integer"; readonly y: "integer" },
  2,
  1
> = primitive({
  name: "powDerivative",
  arity: 2,
  params: { x: "integer", y: "integer" },
  infer: (operands, { x, y }) => {
    for (const order of [x, y]) checkOrder("powDerivative", order)
    return inferElementwise("powDerivative", "float")(operands)
  },
  reference: ([x, y], orders, [out]) => {
    const [xs, ys] = [dataOf(x), dataOf(y)]
    const f = (v: number, i: number) => powerDerivative(orders.x, orders.y, v, ys[i]!)
    return [out.dtype === "float32" ? Float32Array.from(xs, f) : Float64Array.from(xs, f)]
  },
  // one more of either
  jvp: (args) =>
    partials([
      (dx, { x, y }) => mul(dx, derivative(args.params.x + 1, args.params.y, x, y)),
      (dy, { x, y }) => mul(dy, derivative(args.params.x, args.params.y + 1, x, y))
    ], plus)(args),
  batch: batchTogether(() => powDerivativePrimitive)
})

const derivative = (m: number, n: number, x: Tensor, y: Tensor): OpEffect<Tensor> =>
  apply(powDerivativePrimitive, [x, y], { x: m, y: n })

/**
 * xʸ, as IEEE 754 has it: x⁰ = 1 and 1ʸ = 1 even for NaN, and NaN where x is negative and y is not whole.
 *
 * ∂x = y·xʸ⁻¹, ∂y = xʸ·log x, which is NaN for negative x. At x = 0 and at infinities the limits: ∂x of x⁰ is 0, and ∂y is
 * 0 for x = 0 < y. Mixed derivatives are the same in either order. Floats, which join and broadcast as in `add`, with its errors; int32 is a `DTypeError`.
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

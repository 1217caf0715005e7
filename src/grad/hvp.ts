/**
 * Products of Hessians with vectors.
 */
import * as Effect from "effect/Effect"
import type { Program } from "../core/program.ts"
import { listOf } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Hvp } from "../types/transformations.ts"
import { gradientOf } from "./grad.ts"
import { jvpAs } from "./jvp.ts"

/**
 * `hvp(f)(primals, tangents)`: the Hessian of a function with a scalar float result times a vector, without the matrix.
 *
 * Forward over reverse: it costs a small multiple of `f`. With respect to all arguments, of which primals, tangents and
 * the result are tuples. Errors are those of `grad` and `jvp`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { hvp, mul, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => sum(mul(x, mul(x, x)))
 * const [product] = Effect.runSync(hvp(f)([Tensor.make([1, 2])], [Tensor.make([1, 10])]))
 * console.log(product) // => tensor([  6., 120.], float64)
 * ```
 */
export const hvp = signed<Hvp>((f: Program) => (primals: ReadonlyArray<unknown>, tangents: ReadonlyArray<unknown>) => {
  const gradient = gradientOf("hvp", f, { argnums: (listOf(primals) ?? []).map((_, i) => i) })
  return Effect.map(jvpAs("hvp", gradient, primals, tangents), ([, tangent]) => tangent)
})

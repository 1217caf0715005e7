/**
 * Second derivatives: Hessians, and their products with vectors.
 */
import * as Effect from "effect/Effect"
import { attempt } from "../core/evaluator.ts"
import type { Program } from "../core/program.ts"
import { listOf } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Hessian, Hvp, SparseOptions } from "../types/transformations.ts"
import { gradientOf } from "./grad.ts"
import { forwardBlocks, jacobianCall } from "./jacobian.ts"
import { jvp } from "./jvp.ts"
import { checkSparse, sparseBlocks } from "./sparse/jacobian.ts"

/**
 * All second derivatives of a function with a scalar float result, forward over reverse.
 *
 * A block has the shape `[...first, ...second]`; `argnums` and errors are those of `jacfwd` and `grad`. For a product
 * with a vector, `hvp` does not compute the matrix. With `sparse: true` blocks are those of `jacobian`, computed by as many
 * products with vectors as a star colouring of the pattern has colours.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { hessian, mul, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => mul(sum(x), sum(x))
 * console.log(Effect.runSync(sum(hessian(f)(Tensor.make([1, 2])), { axis: 0 }))) // => tensor([4., 4.], float64)
 * ```
 */
export const hessian = signed<Hessian>((f: Program, options?: SparseOptions) => (...args: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { argnums = 0, sparse } = yield* attempt(() => checkSparse("hessian", options), undefined)
    const call = yield* jacobianCall("hessian", gradientOf("hessian", f, { argnums }), argnums, args)
    return call.assemble(yield* sparse === true ? sparseBlocks("hessian", call, true) : forwardBlocks(call))
  })
)

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
  return Effect.map((jvp as any)(gradient, primals, tangents), ([, tangent]: any) => tangent)
})

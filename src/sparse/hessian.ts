/**
 * Hessians, dense and sparse, for users.
 */
import * as Effect from "effect/Effect"
import { attempt } from "../core/evaluator.ts"
import type { Program } from "../core/program.ts"
import { signed } from "../core/signed.ts"
import { gradientOf } from "../grad/grad.ts"
import { forwardBlocks, jacobianCall } from "../grad/jacobian.ts"
import type { Hessian, SparseOptions } from "../types/transformations.ts"
import { checkSparse, sparseBlocks } from "./jacobian.ts"

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

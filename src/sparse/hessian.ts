/**
 * Hessians, dense and sparse, for users.
 */
import * as Effect from "effect/Effect"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { Memory } from "../core/memory.ts"
import type { Program } from "../core/program.ts"
import { signed } from "../core/signed.ts"
import { subTraces } from "../core/structure.ts"
import type { Trace } from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import { flattenLike, traceCall } from "../grad/arguments.ts"
import { gradientOf } from "../grad/grad.ts"
import { forwardBlocks, jacobianCall } from "../grad/jacobian.ts"
import type { Hessian, SparseOptions } from "../types/transformations.ts"
import { checkSparse, sparseBlocks } from "./jacobian.ts"

/**
 * All second derivatives of a function with a scalar float result, forward over reverse.
 *
 * A block has the shape `[...first, ...second]`; `argnums` and errors are those of `jacfwd` and `grad`. For a product
 * with a vector, `hvp` does not compute the matrix. With `sparse: true` blocks are those of `jacobian`, computed by as many
 * products with vectors as a star colouring of the pattern has colours. Where `f` has custom rules, or `argnums` are not in
 * order, nothing says that it is symmetric, and its columns are coloured as those of a Jacobian.
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
    if (sparse !== true) {
      const call = yield* jacobianCall("hessian", gradientOf("hessian", f, { argnums }), argnums, args)
      return call.assemble(yield* forwardBlocks("hessian", call))
    }
    // the list of the function tells whether its gradient is one; the gradient is that of the list
    const { trace } = yield* traceCall("hessian", f, args, argnums)
    const call = yield* jacobianCall("hessian", gradientOfList(trace, argnums), argnums, args)
    const isSymmetric = isAscending(argnums) && !hasCustomRules(trace)
    return call.assemble(yield* sparseBlocks("hessian", call, isSymmetric))
  })
)

const gradients = new Memory<Program>()

/** The gradient of a list, the same function each time, so that its own list is known. */
const gradientOfList = (trace: Trace, argnums: number | ReadonlyArray<number>): Program => {
  const question = JSON.stringify(argnums)
  return gradients.recall(trace, question) ??
    gradients.keep(trace, question, gradientOf("hessian", programOf(trace), { argnums }))
}

/** A list as a program, for arguments like those that it was written for. */
const programOf = (trace: Trace): Program => (...args) =>
  Effect.gen(function*() {
    const like = { tree: trace.argumentTree, avals: trace.inputs }
    const leaves = yield* flattenLike("hessian", "arguments", args, like)
    return unflatten(trace.resultTree, yield* (yield* Interpreter).run(trace, leaves))
  })

/** Rows and columns are then the same elements in the same order. */
const isAscending = (argnums: number | ReadonlyArray<number>): boolean =>
  typeof argnums === "number" || argnums.every((n, i) => i === 0 || argnums[i - 1]! < n)

/** Nobody knows whether what a user's rule gives is the derivative of anything. */
const hasCustomRules = ({ equations }: Trace): boolean =>
  equations.some((equation) =>
    Object.values(equation.primitive.params).includes("lazy") ||
    subTraces(equation).some(([, list]) => hasCustomRules(list))
  )

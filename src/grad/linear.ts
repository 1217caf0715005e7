/**
 * The transpose of a linear function, for users.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "../core/errors.ts"
import { NonLinearError } from "../core/errors.ts"
import { evaluate } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { type Program, traceProgram } from "../core/program.ts"
import { dataOf, filled, isConcrete } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { outputAvals, variableCount } from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import { flattenCall, flattenLike } from "./arguments.ts"
import { guardTrace } from "./support.ts"
import { transform } from "./transform.ts"
import { withZeros } from "./vjp.ts"

/** The signature of `linearTranspose`. */
export interface LinearTranspose {
  <Args extends ReadonlyArray<any>, A, E, R>(
    f: (...args: Args) => Effect.Effect<A, E, R>,
    ...primals: NoInfer<Args>
  ): (ct: A) => Effect.Effect<Args, E | OpError | NonLinearError, R>
}

/** Does a residual of a linearised function depend on where it was linearised? */
const dependsOnPoint = (primal: Trace, outputs: number): boolean => {
  const depends = new Uint8Array(variableCount(primal)).fill(1, 0, primal.inputs.length)
  for (const { operands, result, results } of primal.equations) {
    if (operands.some((v) => depends[v] === 1)) depends.fill(1, result, result + results.length)
  }
  return primal.outputs.slice(outputs).some((v) => depends[v] === 1)
}

/** Is it 0 at 0? Asked only where the function can be computed here and now. */
const vanishesAtZero = (trace: Trace): boolean =>
  !trace.captured.every(isConcrete) ||
  evaluate(trace, trace.inputs.map(({ dtype, shape }) => filled(shape, dtype, 0)))
    .every((y) => dataOf(y).every((v) => v === 0))

const linearTransposeOf = (f: Program, ...primals: ReadonlyArray<unknown>) => (ct: unknown): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const call = yield* flattenCall("linearTranspose", primals, "all")
    const trace = yield* traceProgram("linearTranspose", f, { tree: call.tree, avals: call.leaves })
    const { linear, primal, residuals, tangents } = yield* transform.linearize(trace, call.active)
    if (dependsOnPoint(primal, trace.outputs.length) || !vanishesAtZero(trace)) {
      return yield* new NonLinearError({
        op: "linearTranspose",
        message: "linearTranspose requires a linear function, got one whose derivative depends on its argument, " +
          "or that is not 0 at 0"
      })
    }
    const avals = outputAvals(trace)
    const cts = yield* flattenLike("linearTranspose", "a cotangent", ct, { tree: trace.resultTree, avals })
    const inputs = linear.inputs.map((_, i) => i >= residuals)
    const transposed = yield* transform.transpose(linear, inputs, linear.outputs.map(() => true))
    const guarded = yield* guardTrace(transform, transposed.trace, transposed.trace.inputs.map((_, i) => i >= residuals))
    const interpreter = yield* Interpreter
    const constants = (yield* interpreter.run(primal, call.leaves)).slice(avals.length)
    const found = yield* interpreter.run(guarded, [...constants, ...cts.filter((_, i) => tangents[i])])
    return unflatten(call.tree, withZeros(call.leaves, transposed.connected, found))
  })

/**
 * The adjoint of a linear function: `linearTranspose(f, ...primals)(ct)` gives a cotangent for each primal, a tuple.
 *
 * The primals are float tensors, or trees of them, that tell shapes and dtypes alone. Fails with `NonLinearError` if
 * `f` is not linear, with `TreeMismatchError` for a cotangent that does not look like the result, and with the errors
 * of `f`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { linearTranspose, slice, sub, Tensor } from "wengert"
 *
 * const differences = (x: Tensor) => sub(slice(x, [1, 3]), slice(x, [0, 2]))
 * const adjoint = linearTranspose(differences, Tensor.zeros([3]))
 * const [ct] = Effect.runSync(adjoint(Tensor.make([1, 10])))
 * console.log(ct) // => tensor([-1., -9., 10.], float64)
 * ```
 */
export const linearTranspose = signed<LinearTranspose>(linearTransposeOf)

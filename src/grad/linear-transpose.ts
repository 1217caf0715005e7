/**
 * The transpose of a linear function, for users.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "../core/errors.ts"
import { NonLinearError } from "../core/errors.ts"
import { Interpreter } from "../core/interpreter.ts"
import { nonLinearity } from "../core/linearity.ts"
import type { Program } from "../core/program.ts"
import { signed } from "../core/signed.ts"
import { withEverySite } from "../core/site.ts"
import { outputAvals } from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import { flattenLike, traceCall } from "./arguments.ts"
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

const linearTransposeOf =
  (f: Program, ...primals: ReadonlyArray<unknown>) => (ct: unknown): Effect.Effect<any, any, any> =>
    Effect.gen(function*() {
      const call = yield* withEverySite(traceCall("linearTranspose", f, primals, "all", "types"))
      const { trace } = call
      const reason = nonLinearity({ trace, linear: call.active })
      if (reason !== undefined) {
        return yield* new NonLinearError({
          op: "linearTranspose",
          message: `linearTranspose requires a linear function, got ${reason}`
        })
      }
      const { linear, primal, tangents } = yield* transform.linearize(trace, call.active)
      const avals = outputAvals(trace)
      const cts = yield* flattenLike("linearTranspose", "a cotangent", ct, { tree: trace.resultTree, avals })
      const transposed = yield* transform.transpose(linear, linear.trace.outputs.map(() => true))
      const { trace: guarded } = yield* guardTrace(transform, transposed.linear)
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

/**
 * Forward mode for users: `jvp` and `linearize`.
 */
import * as Effect from "effect/Effect"
import { Interpreter } from "../core/interpreter.ts"
import { linearBehind } from "../core/linear-trace.ts"
import type { Program } from "../core/program.ts"
import { signed } from "../core/signed.ts"
import { outputAvals } from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import type { Jvp, Linearize } from "../types/transformations.ts"
import { flattenLike, traceCall } from "./arguments.ts"
import { guardTrace } from "./support.ts"
import { transform } from "./transform.ts"
import { withZeros } from "./vjp.ts"

/** `jvp`, with the name that its errors give. */
export const jvpAs = (
  op: string,
  f: Program,
  primals: ReadonlyArray<unknown>,
  tangents: ReadonlyArray<unknown>
): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const call = yield* traceCall(op, f, primals, "all")
    const { trace } = call
    const along = yield* flattenLike(op, "tangents", tangents, { tree: call.tree, avals: call.leaves })
    const dual = yield* transform.jvp(trace, call.active)
    const { trace: guarded } = yield* guardTrace(transform, linearBehind(call.leaves.length, dual.trace))
    const results = yield* (yield* Interpreter).run(guarded, [...call.leaves, ...along])
    const count = trace.outputs.length
    return [
      unflatten(trace.resultTree, results.slice(0, count)),
      unflatten(trace.resultTree, withZeros(outputAvals(trace), dual.tangents, results.slice(count)))
    ]
  })

/**
 * Forward mode: `[output, tangent]`, the value of `f` at `primals` and its derivative there along `tangents`.
 *
 * Primals are trees of float tensors, and tangents look like them; the tangent of the result looks like the result. It
 * costs a small multiple of `f`, whatever the sizes. Fails with `NonDifferentiableError` for primals of another dtype,
 * with `TreeMismatchError` for tangents that do not look like the primals, and with the errors of `f`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { jvp, mul, Tensor } from "wengert"
 *
 * const f = (x: Tensor, y: Tensor) => mul(x, y)
 * const [output, tangent] = Effect.runSync(jvp(f, [Tensor.make(3), Tensor.make(5)], [Tensor.make(1), Tensor.make(0)]))
 * console.log(output) // => tensor(15., float64)
 * console.log(tangent) // => tensor(5., float64)
 * ```
 */
export const jvp = signed<Jvp>((f: Program, primals: ReadonlyArray<unknown>, tangents: ReadonlyArray<unknown>) =>
  jvpAs("jvp", f, primals, tangents)
)

const linearizeOf = (f: Program, ...primals: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const call = yield* traceCall("linearize", f, primals, "all")
    const { trace } = call
    const { linear, primal, tangents } = yield* transform.linearize(trace, call.active)
    const { trace: guarded } = yield* guardTrace(transform, linear)
    const results = yield* (yield* Interpreter).run(primal, call.leaves)
    const kept = results.slice(trace.outputs.length)
    const pushforward = (...along: ReadonlyArray<unknown>): Effect.Effect<unknown, any, any> =>
      Effect.gen(function*() {
        const leaves = yield* flattenLike("linearize", "tangents", along, { tree: call.tree, avals: call.leaves })
        const found = yield* (yield* Interpreter).run(guarded, [...kept, ...leaves])
        return unflatten(trace.resultTree, withZeros(outputAvals(trace), tangents, found))
      })
    return [unflatten(trace.resultTree, results.slice(0, trace.outputs.length)), pushforward]
  })

/**
 * `[output, pushforward]`: the value of `f` at `primals`, and its derivative there as a linear function of tangents.
 *
 * The pushforward may be applied any number of times, and costs the linear part alone: what is not linear has been
 * computed. Errors are those of `jvp`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { linearize, mul, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => mul(x, mul(x, x))
 * const [output, pushforward] = Effect.runSync(linearize(f, Tensor.make(2)))
 * console.log(output) // => tensor(8., float64)
 * console.log(Effect.runSync(pushforward(Tensor.make(10)))) // => tensor(120., float64)
 * ```
 */
export const linearize = signed<Linearize>(linearizeOf)

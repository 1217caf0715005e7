/**
 * Reverse mode: linearise, transpose, guard.
 */
import * as Effect from "effect/Effect"
import { Interpreter } from "../core/interpreter.ts"
import type { LinearTrace } from "../core/linear-trace.ts"
import type { OpEffect } from "../core/primitive.ts"
import type { Program } from "../core/program.ts"
import { signed } from "../core/signed.ts"
import type { Aval, Tensor } from "../core/tensor.ts"
import { filled } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { outputAvals } from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import type { Vjp } from "../types/transformations.ts"
import { flattenLike, traceCall } from "./arguments.ts"
import { guardTrace } from "./support.ts"
import { transform } from "./transform.ts"

/** A list, and the list that runs it backwards. */
export interface Reverse {
  /** Outputs: the results, then the residuals. */
  readonly forward: Trace
  /** Inputs: the residuals, then a cotangent for every result marked in `cotangents`. */
  readonly backward: Trace
  /** From residuals and tangents of the active inputs to the tangents of results that have one. */
  readonly linear: LinearTrace
  /** Which results are differentiable functions of an active input. */
  readonly cotangents: ReadonlyArray<boolean>
  /** Which active inputs have a cotangent; the others are unconnected. */
  readonly connected: ReadonlyArray<boolean>
}

/** Reverse mode as a function from list to lists. Only results marked in `wanted` get cotangents. */
export const reverse = (
  trace: Trace,
  active: ReadonlyArray<boolean>,
  wanted: ReadonlyArray<boolean> = trace.outputs.map(() => true)
): OpEffect<Reverse> =>
  Effect.gen(function*() {
    const { linear, primal, tangents } = yield* transform.linearize(trace, active)
    const existing = tangents.flatMap((exists, i) => exists ? [wanted[i]!] : [])
    const transposed = yield* transform.transpose(linear, existing)
    const { trace: backward } = yield* guardTrace(transform, transposed.linear)
    return {
      forward: primal,
      backward,
      linear,
      cotangents: tangents.map((exists, i) => exists && wanted[i]!),
      connected: transposed.connected
    }
  })

/** One cotangent for each of `avals`: what was found where it exists, zeros where there is no connection. */
export const withZeros = (
  avals: ReadonlyArray<Aval>,
  connected: ReadonlyArray<boolean>,
  found: ReadonlyArray<Tensor>
): ReadonlyArray<Tensor> => {
  let next = 0
  return avals.map((aval, i) => connected[i] ? found[next++]! : filled(aval.shape, aval.dtype, 0))
}

const vjpOf = (f: Program, ...primals: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const call = yield* traceCall("vjp", f, primals, "all")
    const { trace } = call
    const { backward, connected, cotangents, forward } = yield* reverse(trace, call.active)
    const results = yield* (yield* Interpreter).run(forward, call.leaves)
    const outputs = results.slice(0, trace.outputs.length)
    const residuals = results.slice(trace.outputs.length)
    const expected = { tree: trace.resultTree, avals: outputAvals(trace) }
    const pullback = (ct: unknown): Effect.Effect<unknown, any, any> =>
      Effect.gen(function*() {
        const cts = yield* flattenLike("vjp", "a cotangent", ct, expected)
        const found = yield* (yield* Interpreter).run(backward, [...residuals, ...cts.filter((_, i) => cotangents[i])])
        return unflatten(call.tree, withZeros(call.leaves, connected, found))
      })
    return [unflatten(trace.resultTree, outputs), pullback]
  })

/**
 * Reverse mode: `[output, pullback]`, the value of `f` at `primals`, and the function from a cotangent of the result to
 * the cotangents of all primals, a tuple.
 *
 * For results that are no scalars; for those there is `grad`. Primals are trees of float tensors. The pullback may be
 * applied any number of times, and gives zeros where nothing connects. Fails with `NonDifferentiableError` for primals
 * of another dtype, and with the errors of `f`; the pullback, with `TreeMismatchError` for a cotangent that does not
 * look like the result.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, Tensor, vjp } from "wengert"
 *
 * const f = (x: Tensor) => mul(x, x)
 * const [output, pullback] = Effect.runSync(vjp(f, Tensor.make([1, 2])))
 * console.log(output) // => tensor([1., 4.], float64)
 * const [ct] = Effect.runSync(pullback(Tensor.make([1, 10])))
 * console.log(ct) // => tensor([ 2., 40.], float64)
 * ```
 */
export const vjp = signed<Vjp>(vjpOf)

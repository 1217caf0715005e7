/**
 * The `Trace` type and namespace, and `trace`, which writes a program down.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { type Program, traceProgram } from "../core/program.ts"
import { signed } from "../core/signed.ts"
import { CaptureSites, withEverySite } from "../core/site.ts"
import { SpecTensor } from "../core/tensor.ts"
import type * as Core from "../core/trace.ts"
import { flatten } from "../core/tree.ts"
import type { ErrorsIn, ServicesIn, TensorsOf } from "../types/tree.ts"
import * as Trace from "./namespace.ts"

/** What a list takes and gives, for the compiler alone: no list has it. */
declare const Signature: unique symbol

/**
 * A Wengert list: a program written down as immutable data, in static single assignment form.
 *
 * `Args` are the arguments that it was traced with and `Out` is its result, for {@link Trace.evaluate}; a list of unknown
 * origin is plain `Trace`. Variables are numbered: first the inputs, then the captured values, then the results of each
 * equation in order.
 */
interface Trace<Args extends ReadonlyArray<unknown> = ReadonlyArray<unknown>, Out = unknown> extends Core.Trace {
  readonly [Signature]?: { args(_: Args): void; out(): Out }
}

/** A program that is traced instead of being run. */
export interface TraceOf {
  <Args extends ReadonlyArray<unknown>, Out>(
    f: (...args: Args) => Out
  ): (...args: Args) => Effect.Effect<Trace<Args, TensorsOf<Out>>, ErrorsIn<Out> | OpError, ServicesIn<Out>>
}

/**
 * Writes a program down, as the list of the operations that it does for these arguments.
 *
 * For looking at a program or at its derivative (`trace(grad(f))(x)`), for keeping it, and for running it without the code
 * that it came from. What the result does not need is left out; equal programs give equal lists; every equation knows the
 * line where its op was called. Arguments may be abstract (`Tensor.spec`): then no value is known, and reading one fails
 * with `TracedValueError`. With concrete arguments, ifs and loops of the host may depend on them, and the list holds the
 * way that was taken.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, mul, sin, sum, Tensor, Trace, trace } from "wengert"
 *
 * const f = (x: Tensor<[3]>) => sum(mul(x, sin(x)))
 * console.log(Trace.print(Effect.runSync(trace(grad(f))(Tensor.spec([3])))))
 * // => trace(a: float64[3])
 * // =>   b: float64[3] = sin a
 * // =>   c: float64[3] = cos a
 * // =>   d: float64[3] = mul a c
 * // =>   e: float64[3] = add b d
 * // =>   return e
 * ```
 */
export const trace = signed<TraceOf>((f: Program) => (...args: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { leaves, tree } = yield* attempt(() => flatten("trace", args, "args"), undefined)
    // one abstract argument makes all of them abstract
    const values = leaves.some((x) => x instanceof SpecTensor) ? undefined : leaves
    return yield* traceProgram("trace", f, { tree, avals: leaves, values })
  }).pipe(Effect.provideService(CaptureSites, true), withEverySite)
)

export { Trace }

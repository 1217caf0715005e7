/**
 * What can be done with a list: `print` it, draw it with `toMermaid` and `toDot`, `evaluate` it, `encode` and `decode` it
 * as JSON, compare lists with `equals` and `hash`. The functions of `Trace`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sin, Tensor, Trace, trace } from "wengert"
 *
 * const program = Effect.gen(function*() {
 *   const list = yield* trace((x: Tensor<[]>) => sin(x))(Tensor.spec([]))
 *   const again = yield* Trace.decode(yield* Trace.encode(list))
 *   return [Trace.print(again), yield* Trace.evaluate(again, [Tensor.make(0)])]
 * })
 * const [text, result] = Effect.runSync(program)
 * console.log(text)
 * // => trace(a: float64[])
 * // =>   b: float64[] = sin a
 * // =>   return b
 * console.log(result) // => tensor(0., float64)
 * ```
 */
import * as Effect from "effect/Effect"
import type { OpError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import * as structure from "../core/structure.ts"
import type * as Core from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import { flattenLike } from "../grad/arguments.ts"
import { checkTrace } from "./given.ts"
import type { Trace } from "./trace.ts"

export { decode } from "./decode.ts"
export { encode } from "./encode.ts"
export { toDot, toMermaid } from "./graph.ts"
export { print } from "./print.ts"

/**
 * Runs a list on arguments like those that it was traced with, in the ambient interpreter.
 *
 * So it can be differentiated, batched and traced again like any program. Fails with `TreeMismatchError` for arguments of
 * another structure, shape or dtype, and as its ops fail.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, Tensor, Trace, trace } from "wengert"
 *
 * const list = Effect.runSync(trace((x: Tensor<[]>) => mul(x, x))(Tensor.spec([])))
 * console.log(Effect.runSync(Trace.evaluate(list, [Tensor.make(3)]))) // => tensor(9., float64)
 * ```
 */
export const evaluate = <Args extends ReadonlyArray<unknown>, Out>(
  trace: Trace<Args, Out>,
  args: NoInfer<Args>
): Effect.Effect<Out, OpError> =>
  Effect.gen(function*() {
    yield* attempt(() => checkTrace("Trace.evaluate", trace), undefined)
    const leaves = yield* flattenLike("Trace.evaluate", "arguments", args, {
      tree: trace.argumentTree,
      avals: trace.inputs
    })
    // a list that has a signature gives what that says
    return unflatten(trace.resultTree, yield* (yield* Interpreter).run(trace, leaves))
    // a list that has a signature takes values, and gives what that says
  }) as Effect.Effect<Out, OpError>

/**
 * Are two lists the same program?
 *
 * Equal programs, traced with arguments of the same types, give equal lists; a list that was written down and read again
 * equals the original. Source sites do not count. NaN equals NaN here, and 0 does not equal −0. Rules of custom functions
 * count once they are written, at the first derivative or by `Trace.encode`; before, each equals itself alone.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, Tensor, Trace, trace } from "wengert"
 *
 * const double = trace((x: Tensor<[]>) => mul(x, 2))
 * const [a, b] = [Effect.runSync(double(Tensor.make(1))), Effect.runSync(double(Tensor.spec([])))]
 * console.log(Trace.equals(a, b)) // => true
 * ```
 */
export const equals = (a: Core.Trace, b: Core.Trace): boolean =>
  structure.equals(checkTrace("Trace.equals", a), checkTrace("Trace.equals", b))

/**
 * A whole number from 0 to 2³² − 1 that is the same for lists that {@link equals} calls the same program.
 *
 * For caches. It depends on the structure alone, so it is the same in every process, and is computed once per list.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, Tensor, Trace, trace } from "wengert"
 *
 * const double = trace((x: Tensor<[]>) => mul(x, 2))
 * const [a, b] = [Effect.runSync(double(Tensor.make(1))), Effect.runSync(double(Tensor.spec([])))]
 * console.log(Trace.hash(a) === Trace.hash(b)) // => true
 * ```
 */
export const hash = (trace: Core.Trace): number => structure.hash(checkTrace("Trace.hash", trace))

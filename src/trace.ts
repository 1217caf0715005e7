/**
 * The `Trace` type and namespace, and `trace`, which writes a program down.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "./core/errors.ts"
import { attempt } from "./core/evaluator.ts"
import { Interpreter } from "./core/interpreter.ts"
import { type Program, traceProgram } from "./core/program.ts"
import { CaptureSites } from "./core/site.ts"
import { equals, hash } from "./core/structure.ts"
import { SpecTensor } from "./core/tensor.ts"
import type * as Core from "./core/trace.ts"
import { flatten, unflatten } from "./core/tree.ts"
import { signed } from "./core/typed/operand.ts"
import type { ErrorsIn, ServicesIn, TensorsOf } from "./core/typed/tree.ts"
import { flattenLike } from "./grad/arguments.ts"
import { decode } from "./inspect/decode.ts"
import { encode } from "./inspect/encode.ts"
import { checkTrace } from "./inspect/given.ts"
import { toDot, toMermaid } from "./inspect/graph.ts"
import { print } from "./inspect/print.ts"

/** What a list takes and gives, for the compiler alone: no list has it. */
declare const Signature: unique symbol

/**
 * A Wengert list: a program written down as immutable data, in static single assignment form.
 *
 * `Args` are the arguments that it was traced with and `Out` is its result, for {@link Trace.evaluate}; a list of unknown
 * origin is plain `Trace`. Variables are numbered: first the inputs, then the captured values, then the results of each
 * equation in order.
 */
export interface Trace<Args extends ReadonlyArray<unknown> = ReadonlyArray<unknown>, Out = unknown> extends Core.Trace {
  readonly [Signature]?: { args(_: Args): void; out(): Out }
}

/** A program that is traced instead of being run. */
interface TraceOf {
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
 * // =>   d: float64[3] = broadcast[shape=[3], axes=[]] 1.0
 * // =>   e: float64[3] = mul a d
 * // =>   f: float64[3] = mul d b
 * // =>   g: float64[3] = mul e c
 * // =>   h: float64[3] = add f g
 * // =>   return h
 * ```
 */
export const trace = signed<TraceOf>((f: Program) => (...args: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { leaves, tree } = yield* attempt(() => flatten("trace", args, "args"), undefined)
    // one abstract argument makes all of them abstract
    const values = leaves.some((x) => x instanceof SpecTensor) ? undefined : leaves
    return yield* traceProgram("trace", f, { tree, avals: leaves, values })
  }).pipe(Effect.provideService(CaptureSites, true))
)

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
const evaluate = <Args extends ReadonlyArray<unknown>, Out>(
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
 * What can be done with a list: `print` it, draw it with `toMermaid` and `toDot`, `evaluate` it, `encode` and `decode` it as JSON, compare lists with `equals`
 * and `hash`.
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
export const Trace = {
  print,
  toMermaid,
  toDot,
  evaluate,
  encode,
  decode,
  equals: (a: Core.Trace, b: Core.Trace): boolean =>
    equals(checkTrace("Trace.equals", a), checkTrace("Trace.equals", b)),
  hash: (trace: Core.Trace): ReturnType<typeof hash> => hash(checkTrace("Trace.hash", trace))
} as const

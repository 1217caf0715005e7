/**
 * The `Trace` type and namespace, and `trace`, which writes a program down.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "./core/errors.ts"
import { attempt } from "./core/evaluator.ts"
import { Interpreter } from "./core/interpreter.ts"
import { type Program, traceProgram } from "./core/program.ts"
import { CaptureSites } from "./core/site.ts"
import { SpecTensor, type Tensor } from "./core/tensor.ts"
import type * as Core from "./core/trace.ts"
import { flatten, unflatten } from "./core/tree.ts"
import { flattenLike } from "./grad/arguments.ts"

/** A Wengert list: a program written down as immutable data. */
export type Trace = Core.Trace

const traceOf = (f: Program) => (...args: ReadonlyArray<unknown>): Effect.Effect<Trace, any, any> =>
  Effect.gen(function*() {
    const { leaves, tree } = yield* attempt(() => flatten("trace", args, "args"), undefined)
    // one abstract argument makes all of them abstract
    const values: ReadonlyArray<Tensor> | undefined = leaves.some((x) => x instanceof SpecTensor) ? undefined : leaves
    return yield* traceProgram("trace", f, { tree, avals: leaves, values })
  }).pipe(Effect.provideService(CaptureSites, true))

/** Writes `f` down for these arguments, concrete or abstract (`Tensor.spec`). Every equation knows its source site. */
// the signature says what traceOf does: arguments as f takes them, E and R as f has them
export const trace = traceOf as <Args extends ReadonlyArray<any>, A, E, R>(
  f: (...args: Args) => Effect.Effect<A, E, R>
) => (...args: Args) => Effect.Effect<Trace, E | OpError, R>

/** Applies a list to arguments like those that it was traced with, in the ambient interpreter. */
const evaluate = (trace: Trace, args: ReadonlyArray<unknown>): Effect.Effect<unknown, OpError> =>
  Effect.gen(function*() {
    const leaves = yield* flattenLike("evaluate", "arguments", args, { tree: trace.argumentTree, avals: trace.inputs })
    return unflatten(trace.resultTree, yield* (yield* Interpreter).run(trace, leaves))
  })

/** What can be done with a list. */
export const Trace = { evaluate }

/**
 * `jit`: a function is written down once for each shape of its arguments, and from then on the list is run.
 */
import * as Effect from "effect/Effect"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { type Program, traceProgram } from "../core/program.ts"
import { isConcrete, showAval } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { flatten, unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import type { Jit } from "../core/typed/transformations.ts"

/** The lists of one function that are remembered; the one that was written first makes room. */
const capacity = 64

const jitOf = (f: Program) => {
  // a memo, and no part of the meaning: without it every call would write the same list again
  const lists = new Map<string, Trace>()
  return (...args: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
    Effect.gen(function*() {
      const { leaves, tree } = yield* attempt(() => flatten("jit", args, "args"), undefined)
      const key = `${JSON.stringify(tree)} ${leaves.map(showAval).join(" ")}`
      let trace = lists.get(key)
      if (trace === undefined) {
        trace = yield* traceProgram("jit", f, { tree, avals: leaves })
        // a list that captures values of a running transformation dies with it
        if (trace.captured.every(isConcrete)) {
          if (lists.size >= capacity) lists.delete(lists.keys().next().value!)
          lists.set(key, trace)
        }
      }
      return unflatten(trace.resultTree, yield* (yield* Interpreter).run(trace, leaves))
    })
}

/**
 * `f`, written down once for each structure, shapes and dtypes of its arguments: later calls run the list, not `f`. So
 * effects of the user's happen when the list is written, and values cannot be read (`TracedValueError`).
 */
export const jit = signed<Jit>(jitOf)

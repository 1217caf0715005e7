/**
 * `jit`: a function is written down once for each shape of its arguments, and from then on the list is run.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../core/closure.ts"
import { attempt } from "../core/evaluator.ts"
import { applyAll } from "../core/operation.ts"
import { type Program, traceProgram } from "../core/program.ts"
import { showAval, type Tensor } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { flatten, type TreeDef, unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import type { Jit } from "../core/typed/transformations.ts"
import { jitPrimitive } from "../ops/jit.ts"

/** The lists of one function that are remembered; the one that was written first makes room. */
const capacity = 64

/** A function that is written down. */
interface Known {
  readonly call: Trace
  /** What it takes from the programs around it. */
  readonly free: ReadonlyArray<Tensor>
  readonly resultTree: TreeDef
}

const jitOf = (f: Program) => {
  // a memo, and no part of the meaning: without it every call would write the same list again
  const lists = new Map<string, Known>()
  return (...args: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
    Effect.gen(function*() {
      const { leaves, tree } = yield* attempt(() => flatten("jit", args, "args"), undefined)
      const key = `${JSON.stringify(tree)} ${leaves.map(showAval).join(" ")}`
      let known = lists.get(key)
      if (known === undefined) {
        const trace = yield* traceProgram("jit", f, { tree, avals: leaves })
        const free = freeTensors([trace])
        known = { call: closeOver(trace, free), free, resultTree: trace.resultTree }
        // a list that takes values of a running transformation dies with it
        if (free.length === 0) {
          if (lists.size >= capacity) lists.delete(lists.keys().next().value!)
          lists.set(key, known)
        }
      }
      const { call, free, resultTree } = known
      return unflatten(resultTree, yield* applyAll(jitPrimitive, [...leaves, ...free], { call }))
    })
}

/**
 * `f`, written down once for each structure, shapes and dtypes of its arguments: later calls run the list, not `f`. So
 * effects of the user's happen when the list is written, and values cannot be read (`TracedValueError`).
 */
export const jit = signed<Jit>(jitOf)

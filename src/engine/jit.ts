/**
 * `jit`: a function is written down once for each shape of its arguments, and from then on the list is run.
 */
import * as Effect from "effect/Effect"
import { Random } from "effect/Random"
import { CurrentStackFrame } from "effect/References"
import { Scheduler } from "effect/Scheduler"
import { Scope } from "effect/Scope"
import { ParentSpan } from "effect/Tracer"
import { closeOver, freeTensors } from "../core/closure.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { applyAll } from "../core/operation.ts"
import { type Program, traceProgram } from "../core/program.ts"
import { CaptureSites } from "../core/site.ts"
import { showAval, type Tensor } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { flatten, type TreeDef, unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import type { Jit } from "../core/typed/transformations.ts"
import { jitPrimitive } from "../ops/jit.ts"

/** The lists of one function that are remembered; the one that was written first makes room. */
const capacity = 64

/** The lists for the same arguments that are remembered, written with other services. */
const variants = 8

/** The services that a program runs with, by their keys. */
type Services = ReadonlyMap<string, unknown>

/** What is different in every run, and no part of what a program means. */
const passing: ReadonlySet<string> = new Set(
  [Interpreter, CaptureSites, Random, CurrentStackFrame, ParentSpan, Scheduler, Scope].map(({ key }) => key)
)

/** The same services, each of them the same object? */
const sameServices = (a: Services, b: Services): boolean => {
  if (a === b) return true
  const holds = (from: Services, to: Services) =>
    [...from].every(([key, service]) => passing.has(key) || (to.has(key) && Object.is(to.get(key), service)))
  return holds(a, b) && holds(b, a)
}

/** A function that is written down. */
interface Known {
  readonly services: Services
  readonly call: Trace
  /** What it takes from the programs around it. */
  readonly free: ReadonlyArray<Tensor>
  readonly resultTree: TreeDef
}

const jitOf = (f: Program) => {
  // a memo, and no part of the meaning: without it every call would write the same list again
  const lists = new Map<string, ReadonlyArray<Known>>()
  return (...args: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
    Effect.gen(function*() {
      const { leaves, tree } = yield* attempt(() => flatten("jit", args, "args"), undefined)
      const key = `${JSON.stringify(tree)} ${leaves.map(showAval).join(" ")}`
      const services: Services = (yield* Effect.context()).mapUnsafe
      const before = lists.get(key) ?? []
      let known = before.find((other) => sameServices(other.services, services))
      if (known === undefined) {
        const trace = yield* traceProgram("jit", f, { tree, avals: leaves, repeats: true })
        const free = freeTensors([trace])
        known = { services, call: closeOver(trace, free), free, resultTree: trace.resultTree }
        // a list that takes values of a running transformation dies with it
        if (free.length === 0) {
          if (lists.size >= capacity) lists.delete(lists.keys().next().value!)
          lists.set(key, [known, ...before].slice(0, variants))
        }
      }
      const { call, free, resultTree } = known
      return unflatten(resultTree, yield* applyAll(jitPrimitive, [...leaves, ...free], { call }))
    })
}

/**
 * `f`, written down once for each structure, shapes and dtypes of its arguments: later calls run the list, not `f`. So
 * effects of the user's happen when the list is written, and values cannot be read (`TracedValueError`).
 *
 * A list holds what its services said when it was written; where one of the services around a call is another object,
 * `f` is written again. What changes inside of a service that stays the same object is not seen: pass it as an argument.
 * Random numbers would freeze, so drawing them fails with `ArgumentError`; draw them before, and pass them.
 *
 * @example
 * ```ts
 * import { Context, Effect } from "effect"
 * import { jit, mul, Tensor } from "wengert"
 *
 * class Rate extends Context.Service<Rate, { readonly rate: number }>()("Rate") {}
 * const grow = jit((x: Tensor<[]>) => Effect.flatMap(Rate, ({ rate }) => mul(x, rate)))
 * const at = (rate: number) => Effect.runSync(Effect.provideService(grow(Tensor.make(1)), Rate, { rate }))
 * console.log(at(1), at(2)) // => tensor(1., float64) tensor(2., float64)
 * ```
 */
export const jit = signed<Jit>(jitOf)

/**
 * `jit`: a function is written down once for each shape of its arguments, and from then on the list is run.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../core/closure.ts"
import { evaluator, failure } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { applyAll } from "../core/operation.ts"
import { type Program, traceProgram } from "../core/program.ts"
import { signed } from "../core/signed.ts"
import { withEverySite } from "../core/site.ts"
import { isConcrete, sameAvals, showAval, type Tensor } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { type Flat, flatten, sameTree, type TreeDef, unflatten } from "../core/tree.ts"
import { jitPrimitive } from "../ops/control/jit.ts"
import type { Jit } from "../types/transformations.ts"
import { runCompiled, sharedPrograms } from "./engine.ts"
import { sameServices, type Services } from "./services.ts"

/** The lists of one function that are remembered; the one that was written first makes room. */
const capacity = 64

/** The lists for the same arguments that are remembered, written with other services. */
const variants = 8

/** A function that is written down for arguments of some types. */
interface Known {
  readonly services: Services
  readonly tree: TreeDef
  readonly call: Trace
  /** What it takes from the programs around it. */
  readonly free: ReadonlyArray<Tensor>
  readonly resultTree: TreeDef
}

const jitOf = (f: Program) => {
  // a memo, and no part of the meaning: without it every call would write the same list again
  const lists = new Map<string, ReadonlyArray<Known>>()
  /** The one that was used last: most calls are like the call before. */
  let latest: Known | undefined

  const write = (key: string, { leaves, tree }: Flat, services: Services): Effect.Effect<Known, any, any> =>
    Effect.map(withEverySite(traceProgram("jit", f, { tree, avals: leaves, repeats: true })), (trace) => {
      const free = freeTensors([trace])
      const known = { services, tree, call: closeOver(trace, free), free, resultTree: trace.resultTree }
      // a list that takes values of a running transformation dies with it
      if (free.length === 0) {
        if (lists.size >= capacity) lists.delete(lists.keys().next().value!)
        lists.set(key, [known, ...lists.get(key) ?? []].slice(0, variants))
      }
      return known
    })

  const knownFor = (flat: Flat, services: Services): Known | Effect.Effect<Known, any, any> => {
    const { leaves, tree } = flat
    if (
      latest !== undefined && sameTree(latest.tree, tree) && sameAvals(latest.call.inputs, leaves) &&
      sameServices(latest.services, services)
    ) return latest
    const key = `${JSON.stringify(tree)} ${leaves.map(showAval).join(" ")}`
    return lists.get(key)?.find((known) => sameServices(known.services, services)) ?? write(key, flat, services)
  }

  const apply = (
    known: Known,
    leaves: ReadonlyArray<Tensor>,
    interpreter: Interpreter
  ): Effect.Effect<any, any, any> => {
    const { call, free, resultTree } = known
    // an engine or a transformation that was asked for has its say
    const isPlain = interpreter === evaluator && free.length === 0
    if (free.length === 0) latest = known
    const results = isPlain && leaves.every(isConcrete)
      ? runCompiled(sharedPrograms, call, leaves, undefined)
      : applyAll(jitPrimitive, [...leaves, ...free], { call })
    return Effect.map(results, (all) => unflatten(resultTree, all))
  }

  return (...args: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
    Effect.withFiber((fiber) => {
      try {
        const flat = flatten("jit", args, "args")
        const known = knownFor(flat, fiber.context.mapUnsafe)
        const interpreter = fiber.getRef(Interpreter)
        return Effect.isEffect(known)
          ? Effect.flatMap(known, (k) => apply(k, flat.leaves, interpreter))
          : apply(known, flat.leaves, interpreter)
      } catch (error) {
        return failure(error, undefined)
      }
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

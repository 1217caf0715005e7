/**
 * Gradients of scalar functions.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isFloat } from "../core/dtype.ts"
import { NonDifferentiableError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { checkOptions } from "../core/options.ts"
import type { Program } from "../core/program.ts"
import { range } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import { withEverySite } from "../core/site.ts"
import type { Tensor } from "../core/tensor.ts"
import { scalar, showAval } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { outputAvals, project } from "../core/trace.ts"
import type { TreeDef } from "../core/tree.ts"
import { leafCount, showTree, unflatten } from "../core/tree.ts"
import type { Grad, GradOptions, GradWithAux, ValueAndGrad } from "../types/transformations.ts"
import { traceCall, unflattenActive } from "./arguments.ts"
import { connectionsOf } from "./connectivity.ts"
import { refusal } from "./reasons.ts"
import { reverse, withZeros } from "./vjp.ts"

/** The aval of the scalar that is differentiated, which is output 0. */
export const scalarResult = (op: string, trace: Trace, tree: TreeDef | undefined) =>
  Effect.gen(function*() {
    const aval = outputAvals(trace)[0]
    if (tree?.kind === "leaf" && aval !== undefined && aval.shape.length === 0 && isFloat(aval.dtype)) return aval
    const got = tree?.kind === "leaf" && aval !== undefined ? showAval(aval) : showTree(tree ?? trace.resultTree)
    return yield* new NonDifferentiableError({
      op,
      shapes: aval === undefined ? undefined : [aval.shape],
      dtypes: aval === undefined ? undefined : [aval.dtype],
      message: `${op} requires a function with a scalar float result, got ${got}; sum it, or use jacrev or vjp`
    })
  })

/** A member of a result record: its structure, and where its leaves are. */
const memberOf = (tree: TreeDef, key: string) => {
  const at = tree.kind === "record" ? tree.keys.indexOf(key) : -1
  if (tree.kind !== "record" || at === -1) return undefined
  const start = tree.children.slice(0, at).reduce((n, child) => n + leafCount(child), 0)
  const member = tree.children[at]!
  return { tree: member, outputs: range(leafCount(member)).map((i) => start + i) }
}

/** The list with some of its outputs. */
const withOutputs = (trace: Trace, outputs: ReadonlyArray<number>): Trace =>
  project(trace, range(trace.inputs.length), outputs)

/** Value, gradient and the rest of the results of `f(...args)`. */
const differentiate = (
  op: string,
  f: Program,
  options: GradOptions | undefined,
  args: ReadonlyArray<unknown>,
  hasAux: boolean
) =>
  Effect.gen(function*() {
    const { argnums = 0, unconnected = "zero" } = yield* attempt(
      () => checkOptions(op, options, { argnums: "checked", unconnected: ["zero", "none", "error"] }),
      undefined
    )
    const written = traceCall(op, f, args, argnums)
    const call = yield* unconnected === "error" ? withEverySite(written) : written
    const { trace } = call
    const value = hasAux
      ? memberOf(trace.resultTree, "value")
      : { tree: trace.resultTree, outputs: range(trace.outputs.length) }
    const aux = hasAux ? memberOf(trace.resultTree, "aux") : undefined
    // the scalar first, and then what it comes with
    const ordered = hasAux ? withOutputs(trace, [...value?.outputs ?? [], ...aux?.outputs ?? []]) : trace
    const aval = yield* scalarResult(op, ordered, value?.tree)

    const { backward, connected: byList, cotangents, forward, linear } = yield* reverse(
      ordered,
      call.active,
      ordered.outputs.map((_, i) => i === 0)
    )
    const interpreter = yield* Interpreter
    const results = yield* interpreter.run(forward, call.leaves)
    const residuals = results.slice(ordered.outputs.length)
    const seed = cotangents[0] ? [scalar(aval.dtype, 1)] : []
    const found = yield* interpreter.run(backward, [...residuals, ...seed])

    const leaves = call.leaves.filter((_, i) => call.active[i])
    // a branch that is not taken does not connect
    const taken = unconnected === "zero" || !byList.includes(true)
      ? byList
      : yield* connectionsOf(op, linear, residuals)
    const connected = byList.map((c, i) => c && taken[i]!)
    const missing = call.paths.filter((_, i) => call.active[i]).filter((_, i) => !connected[i])
    if (unconnected === "error" && missing.length > 0) {
      const given = call.leaves.map((value, i) => ({ value, path: call.paths[i]!, active: call.active[i]! }))
      return yield* yield* refusal(op, hasAux ? withOutputs(trace, value?.outputs ?? []) : trace, given, missing)
    }
    const zeroed = withZeros(leaves, byList, found)
    const gradient: ReadonlyArray<Tensor | Option.Option<Tensor>> = unconnected === "none"
      ? zeroed.map((x, i) => connected[i] ? Option.some(x) : Option.none())
      : zeroed
    return {
      value: results[0]!,
      gradient: unflattenActive(call, argnums, gradient),
      aux: aux === undefined ? undefined : unflatten(aux.tree, results.slice(1, ordered.outputs.length))
    }
  })

/** The gradient of `f`, for a transformation `op`. */
export const gradientOf = (op: string, f: Program, options?: GradOptions) => (...args: ReadonlyArray<unknown>) =>
  Effect.map(differentiate(op, f, options, args, false), ({ gradient }) => gradient)

/**
 * The gradient of a function with a scalar float result, as a function of the same arguments.
 *
 * With respect to the argument `argnums`, the first by default; a list of them gives a tuple. Arguments are trees of
 * float tensors, and the gradient has their structure, shapes and dtypes. Where no differentiable path leads to the
 * result, `unconnected` decides: `"zero"` (default) gives zeros, `"none"` makes an `Option` of every leaf, and
 * `"error"` fails with `UnconnectedGradientError`. Fails with `NonDifferentiableError` for a result or an argument of
 * another type, with `AxisError` for wrong `argnums`, and with the errors of `f`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { add, grad, mul, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => mul(x, mul(x, x))
 * console.log(Effect.runSync(grad(f)(Tensor.make(2)))) // => tensor(12., float64)
 * console.log(Effect.runSync(grad(grad(f))(Tensor.make(2)))) // => tensor(12., float64)
 *
 * const loss = ({ b, w }: { readonly b: Tensor; readonly w: Tensor }) => add(mul(w, 3), b)
 * const { w } = Effect.runSync(grad(loss)({ b: Tensor.make(1), w: Tensor.make(2) }))
 * console.log(w) // => tensor(3., float64)
 * ```
 */
export const grad = signed<Grad>((f: Program, options?: GradOptions) => gradientOf("grad", f, options))

/**
 * `[value, gradient]` of a function with a scalar float result, for the price of the gradient. Options and errors are
 * those of `grad`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, Tensor, valueAndGrad } from "wengert"
 *
 * const f = (x: Tensor) => mul(x, x)
 * const [value, gradient] = Effect.runSync(valueAndGrad(f)(Tensor.make(3)))
 * console.log(value) // => tensor(9., float64)
 * console.log(gradient) // => tensor(6., float64)
 * ```
 */
export const valueAndGrad = signed<ValueAndGrad>(
  (f: Program, options?: GradOptions) => (...args: ReadonlyArray<unknown>) =>
    Effect.map(differentiate("valueAndGrad", f, options, args, false), ({ gradient, value }) => [value, gradient])
)

/**
 * `{ gradient, value, aux }` of a function that gives `{ value, aux }`: the scalar that is differentiated, and whatever
 * else it wants to tell, a tree. Options and errors are those of `grad`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { gradWithAux, mul, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => ({ value: mul(x, x), aux: { twice: mul(x, 2) } })
 * const { aux, gradient } = Effect.runSync(gradWithAux(f)(Tensor.make(3)))
 * console.log(gradient) // => tensor(6., float64)
 * console.log(aux.twice) // => tensor(6., float64)
 * ```
 */
export const gradWithAux = signed<GradWithAux>(
  (f: Program, options?: GradOptions) => (...args: ReadonlyArray<unknown>) =>
    differentiate("gradWithAux", f, options, args, true)
)

/**
 * Gradients of scalar functions.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isFloat } from "../core/dtype.ts"
import { NonDifferentiableError, UnconnectedGradientError } from "../core/errors.ts"
import { Interpreter } from "../core/interpreter.ts"
import { type Program, traceProgram } from "../core/program.ts"
import type { Tensor } from "../core/tensor.ts"
import { scalar, showAval } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { outputAvals } from "../core/trace.ts"
import type { TreeDef } from "../core/tree.ts"
import { leafCount, showTree, unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import type { Grad, GradOptions, GradWithAux, ValueAndGrad } from "../core/typed/transformations.ts"
import { flattenCall, unflattenActive } from "./arguments.ts"
import { reverse, withZeros } from "./vjp.ts"

/** The aval of the scalar that is differentiated, which is output 0. */
const scalarResult = (op: string, trace: Trace, tree: TreeDef | undefined) =>
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

/** The structure of `key` in a result record. */
const memberOf = (tree: TreeDef, key: string): TreeDef | undefined =>
  tree.kind === "record" ? tree.children[tree.keys.indexOf(key)] : undefined

/** Value, gradient and the rest of the results of `f(...args)`. */
const differentiate = (op: string, f: Program, options: GradOptions, args: ReadonlyArray<unknown>, hasAux: boolean) =>
  Effect.gen(function*() {
    const { argnums = 0, unconnected = "zero" } = options
    const call = yield* flattenCall(op, args, argnums)
    const trace = yield* traceProgram(
      op,
      f,
      { tree: call.tree, avals: call.leaves, values: call.leaves },
      // a branch that is not taken does not connect
      { resolve: unconnected !== "zero" }
    )
    // the result of a function with aux is { aux, value }, its keys sorted
    const valueTree = hasAux ? memberOf(trace.resultTree, "value") : trace.resultTree
    const auxTree = hasAux ? memberOf(trace.resultTree, "aux") : undefined
    const auxCount = auxTree === undefined ? 0 : leafCount(auxTree)
    const ordered: Trace = { ...trace, outputs: [...trace.outputs.slice(auxCount), ...trace.outputs.slice(0, auxCount)] }
    const aval = yield* scalarResult(op, ordered, valueTree)

    const { backward, connected, cotangents, forward } = yield* reverse(
      ordered,
      call.active,
      ordered.outputs.map((_, i) => i === 0)
    )
    const interpreter = yield* Interpreter
    const results = yield* interpreter.run(forward, call.leaves)
    const seed = cotangents[0] ? [scalar(aval.dtype, 1)] : []
    const found = yield* interpreter.run(backward, [...results.slice(ordered.outputs.length), ...seed])

    const leaves = call.leaves.filter((_, i) => call.active[i])
    const missing = call.paths.filter((_, i) => call.active[i]).filter((_, i) => !connected[i])
    if (unconnected === "error" && missing.length > 0) {
      return yield* new UnconnectedGradientError({
        op,
        paths: missing,
        message: `${op} requires a differentiable path from every argument to the result, got none from ${missing.join(", ")}`
      })
    }
    const zeroed = withZeros(leaves, connected, found)
    const gradient: ReadonlyArray<Tensor | Option.Option<Tensor>> = unconnected === "none"
      ? zeroed.map((x, i) => connected[i] ? Option.some(x) : Option.none())
      : zeroed
    return {
      value: results[0]!,
      gradient: unflattenActive(call, argnums, gradient),
      aux: auxTree === undefined ? undefined : unflatten(auxTree, results.slice(1, 1 + auxCount))
    }
  })

/** The gradient of `f` with respect to the arguments `argnums`, the first by default. */
export const grad = signed<Grad>((f: Program, options: GradOptions = {}) => (...args: ReadonlyArray<unknown>) =>
  Effect.map(differentiate("grad", f, options, args, false), ({ gradient }) => gradient))

/** `[value, gradient]` of `f`, for the price of the gradient. */
export const valueAndGrad = signed<ValueAndGrad>((f: Program, options: GradOptions = {}) => (...args: ReadonlyArray<unknown>) =>
  Effect.map(differentiate("valueAndGrad", f, options, args, false), ({ gradient, value }) => [value, gradient]))

/** `{ gradient, value, aux }` of an `f` that gives `{ value, aux }`: the scalar, and whatever else it wants to tell. */
export const gradWithAux = signed<GradWithAux>((f: Program, options: GradOptions = {}) => (...args: ReadonlyArray<unknown>) =>
  differentiate("gradWithAux", f, options, args, true))

/**
 * Reverse rules that the user gives: `customVjp`.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../core/closure.ts"
import { isFloat } from "../core/dtype.ts"
import { MissingRuleError, NonDifferentiableError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { applyAll } from "../core/operation.ts"
import type { ParamsOf, ParamSpec, Primitive, Unfolding } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import { checkProgram, flattenResult, type Program, traceProgram, writeTrace } from "../core/program.ts"
import { here } from "../core/site.ts"
import { isZero, type Tensor, Zero } from "../core/tensor.ts"
import { outputAvals } from "../core/trace.ts"
import { leavesLike, type Like, tuple, unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import { instantiate } from "../ops/algebra.ts"
import { sumOver } from "../ops/layout.ts"
import {
  argumentTangents,
  batchRule,
  type CustomOptions,
  fixedArguments,
  inferCall,
  type LeafRule,
  splitArguments,
  within
} from "./custom.ts"

interface CustomVjpSpec extends ParamSpec {
  readonly call: "trace"
  readonly args: "integer"
  /** From the arguments, and what else the function sees, to results and residuals. */
  readonly forward: "opaque"
  /** From residuals, cotangents of the results and what else the function sees to cotangents of the arguments. */
  readonly backward: "opaque"
}

export const customVjpPrimitive: Primitive<"customVjp", CustomVjpSpec> = primitive({
  name: "customVjp",
  params: { call: "trace", args: "integer", forward: "opaque", backward: "opaque" },
  infer: (operands, { call }) => inferCall("customVjp", operands, call),
  *unfold<V>(args: ReadonlyArray<V>, { call }: ParamsOf<CustomVjpSpec>): Unfolding<V> {
    return yield { trace: call, args }
  },
  forward: ({ params: { args, backward, call, forward }, primals, tangents }) =>
    Effect.gen(function*() {
      yield* argumentTangents("customVjp", args, tangents)
      const both = yield* (forward as LeafRule)(primals)
      const outputs = both.slice(0, call.outputs.length)
      const residuals = both.slice(call.outputs.length)
      const active = tangents.slice(0, args).map((t) => !isZero(t))
      const dots = tangents.filter((t) => !isZero(t))
      const free = primals.slice(args)
      const params = { results: call, residuals: residuals.length, free: free.length, active, backward }
      const dys = yield* applyAll(pullbackPrimitive, [...residuals, ...free, ...dots], params)
      return { outputs, tangents: outputs.map((y, i) => isFloat(y.dtype) ? dys[i]! : new Zero(y)) }
    }),
  batch: ({ batched, operands, params: { args, backward, call, forward }, size, transform }) =>
    Effect.gen(function*() {
      const all = call.outputs.map(() => true)
      const many = yield* transform.batch(call, batched, size, all)
      const flags = batched.slice(0, args)
      const { trace: one } = yield* writeTrace((tracer) =>
        Effect.map((forward as LeafRule)(call.inputs.map((aval) => tracer.input(aval))), (outputs) => ({ outputs }))
      )
      const inner = outputAvals(one)
      const cts = [...inner.slice(call.outputs.length), ...inner.slice(0, call.outputs.length)]
      const back = batchRule(
        backward as LeafRule,
        [...cts, ...call.inputs.slice(args)],
        [...cts.map(() => true), ...batched.slice(args)],
        size,
        transform
      )
      const outputs = yield* applyAll(customVjpPrimitive, operands, {
        call: many.trace,
        args,
        forward: batchRule(forward as LeafRule, call.inputs, batched, size, transform),
        // an argument that is the same for the whole batch gets the sum of what its elements say
        backward: (inputs: ReadonlyArray<Tensor>) =>
          Effect.flatMap(back(inputs), (found) =>
            Effect.forEach(found, (ct, i) => flags[i] ? Effect.succeed(ct) : sumOver(ct, [0])))
      })
      return { outputs, batched: all }
    })
})

interface PullbackSpec extends ParamSpec {
  /** The list whose results these are the tangents of. */
  readonly results: "trace"
  readonly residuals: "integer"
  readonly free: "integer"
  /** The arguments that have a tangent. */
  readonly active: "opaque"
  readonly backward: "opaque"
}

const noForwardMode = (): never => {
  throw new MissingRuleError({
    op: "customVjp",
    rule: "jvp",
    message: "customVjp requires reverse mode, got forward mode, for which it has no rule; use customJvp"
  })
}

/** The linear map that is known by its transpose alone. */
export const pullbackPrimitive: Primitive<"customPullback", PullbackSpec> = primitive({
  name: "customPullback",
  params: { results: "trace", residuals: "integer", free: "integer", active: "opaque", backward: "opaque" },
  infer: (_, { results }) => outputAvals(results),
  reference: noForwardMode,
  batch: noForwardMode,
  // linear in the tangents: the same map on what they have become
  jvp: noForwardMode,
  transpose: ({ cotangents, operands, params: { active, backward, free, residuals } }) =>
    Effect.gen(function*() {
      const cts = yield* Effect.forEach(cotangents, instantiate)
      // what is not linear has a value
      const known = operands.slice(0, residuals + free) as ReadonlyArray<Tensor>
      const found = yield* (backward as LeafRule)([...known.slice(0, residuals), ...cts, ...known.slice(residuals)])
      return [
        ...known.map((x) => new Zero(x)),
        ...found.filter((_, i) => (active as ReadonlyArray<boolean>)[i])
      ]
    })
})

/** The signature of `customVjp`. */
export interface CustomVjp {
  <Args extends ReadonlyArray<any>, A, E, R, Residuals, E2, R2, E3, R3>(
    f: (...args: Args) => Effect.Effect<A, E, R>,
    forward: (...args: Args) => Effect.Effect<readonly [output: NoInfer<A>, residuals: Residuals], E2, R2>,
    backward: (residuals: Residuals, ct: A) => Effect.Effect<ReadonlyArray<unknown>, E3, R3>,
    options?: CustomOptions
  ): (...args: Args) => Effect.Effect<A, E | E2 | E3, R | R2 | R3>
}

const customVjpOf = (
  args: ReadonlyArray<unknown>,
  f: Program,
  forward: Program,
  backward: Program,
  options?: CustomOptions
): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const nonDifferentiable = yield* fixedArguments("customVjp", options)
    yield* attempt(() => [forward, backward].forEach((rule) => checkProgram("customVjp", rule)), undefined)
    const context = yield* Effect.context()
    const { all, flat } = yield* splitArguments("customVjp", args, nonDifferentiable)
    const { leaves, tree } = flat
    const trace = yield* traceProgram("customVjp", (...xs) => checkProgram("customVjp", f)(...all(xs)), { tree, avals: leaves })
    const expected: Like = { tree: trace.resultTree, avals: outputAvals(trace) }
    let residualTree = tuple(0)
    const forwardRule = (inputs: ReadonlyArray<Tensor>) =>
      Effect.gen(function*() {
        const given: unknown = yield* Effect.suspend(() =>
          forward(...all(unflatten(tree, inputs) as ReadonlyArray<unknown>)) as Effect.Effect<unknown>
        )
        if (!Array.isArray(given) || given.length !== 2) {
          return yield* new NonDifferentiableError({
            op: "customVjp",
            message: "customVjp requires a forward rule that gives [output, residuals]"
          })
        }
        const [y, kept] = [yield* flattenResult("customVjp", given[0]), yield* flattenResult("customVjp", given[1])]
        residualTree = kept.tree
        const outputs = yield* attempt(
          () => leavesLike("customVjp", "a forward rule with an output", y, expected),
          undefined
        )
        return [...outputs, ...kept.leaves]
      })
    const backwardRule = (inputs: ReadonlyArray<Tensor>) =>
      Effect.gen(function*() {
        const count = inputs.length - expected.avals.length
        const kept = unflatten(residualTree, inputs.slice(0, count))
        const ct = unflatten(trace.resultTree, inputs.slice(count))
        const given = yield* flattenResult(
          "customVjp",
          Effect.suspend(() => backward(kept, ct) as Effect.Effect<unknown>)
        )
        return yield* attempt(
          () => leavesLike("customVjp", "a backward rule with cotangents", given, { tree, avals: leaves }),
          undefined
        )
      })
    const free = freeTensors([trace])
    const results = yield* applyAll(customVjpPrimitive, [...leaves, ...free], {
      call: closeOver(trace, free),
      args: leaves.length,
      forward: within(context, free, forwardRule),
      backward: within(context, free, backwardRule)
    })
    return unflatten(trace.resultTree, results)
  })

/**
 * `f` with a derivative of the user's for reverse mode: `forward(...args)` gives `[output, residuals]`, and
 * `backward(residuals, ct)` the cotangents of the arguments, a tuple.
 *
 * Residuals are any tree of tensors. The rules can be differentiated again; forward mode fails with `MissingRuleError`,
 * so `customJvp` is the better choice where both are possible. Arguments named in `nonDifferentiable` may be any
 * values, but not traced ones. Fails otherwise as `customJvp` does.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { clip, customVjp, grad, mul, Tensor } from "wengert"
 *
 * // a function that bounds the gradient that flows back through it
 * const bounded = customVjp(
 *   (x: Tensor) => Effect.succeed(x),
 *   (x) => Effect.succeed([x, []] as const),
 *   (_, ct) => Effect.map(clip(ct, -1, 1), (dx) => [dx])
 * )
 * console.log(Effect.runSync(grad((x: Tensor) => mul(bounded(x), 5))(Tensor.make(2)))) // => tensor(1., float64)
 * ```
 */
export const customVjp: CustomVjp = signed(
  (f: Program, forward: Program, backward: Program, options?: CustomOptions) => (...args: ReadonlyArray<unknown>) =>
    here(() => customVjpOf(args, f, forward, backward, options))
)

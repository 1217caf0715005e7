/**
 * Forward rules that the user gives: `customJvp`.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../core/closure.ts"
import { isFloat } from "../core/dtype.ts"
import { NonDifferentiableError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { applyAll } from "../core/operation.ts"
import type { ParamsOf, ParamSpec, Primitive, Unfolding } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import { checkProgram, flattenResult, type Program, traceProgram } from "../core/program.ts"
import { here } from "../core/site.ts"
import { type Tensor, Zero } from "../core/tensor.ts"
import { outputAvals } from "../core/trace.ts"
import { leavesLike, type Like, unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
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

interface CustomJvpSpec extends ParamSpec {
  readonly call: "trace"
  readonly args: "integer"
  /** From primals and tangents of the arguments, and what else the function sees, to results and their tangents. */
  readonly rule: "opaque"
}

export const customJvpPrimitive: Primitive<"customJvp", CustomJvpSpec> = primitive({
  name: "customJvp",
  params: { call: "trace", args: "integer", rule: "opaque" },
  infer: (operands, { call }) => inferCall("customJvp", operands, call),
  *unfold<V>(args: ReadonlyArray<V>, { call }: ParamsOf<CustomJvpSpec>): Unfolding<V> {
    return yield { trace: call, args }
  },
  forward: ({ params: { args, call, rule }, primals, tangents }) =>
    Effect.gen(function*() {
      const dots = yield* argumentTangents("customJvp", args, tangents)
      const both = yield* (rule as LeafRule)([...primals.slice(0, args), ...dots, ...primals.slice(args)])
      const count = call.outputs.length
      return {
        outputs: both.slice(0, count),
        tangents: both.slice(count).map((dy) => isFloat(dy.dtype) ? dy : new Zero(dy))
      }
    }),
  batch: ({ batched, operands, params: { args, call, rule }, size, transform }) =>
    Effect.gen(function*() {
      const all = call.outputs.map(() => true)
      const many = yield* transform.batch(call, batched, size, all)
      const flags = batched.slice(0, args)
      const avals = call.inputs.slice(0, args)
      const outputs = yield* applyAll(customJvpPrimitive, operands, {
        call: many.trace,
        args,
        rule: batchRule(
          rule as LeafRule,
          [...avals, ...avals, ...call.inputs.slice(args)],
          [...flags, ...flags, ...batched.slice(args)],
          size,
          transform
        )
      })
      return { outputs, batched: all }
    })
})

/** The signature of `customJvp`. */
export interface CustomJvp {
  <Args extends ReadonlyArray<any>, A, E, R, B extends A, E2, R2>(
    f: (...args: Args) => Effect.Effect<A, E, R>,
    rule: (primals: Args, tangents: Args) => Effect.Effect<readonly [output: B, tangent: B], E2, R2>,
    options?: CustomOptions
  ): (...args: Args) => Effect.Effect<A, E | E2, R | R2>
}

const customJvpOf = (
  args: ReadonlyArray<unknown>,
  f: Program,
  rule: Program,
  options?: CustomOptions
): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const nonDifferentiable = yield* fixedArguments("customJvp", options)
    yield* attempt(() => checkProgram("customJvp", rule), undefined)
    const context = yield* Effect.context()
    const { all, flat } = yield* splitArguments("customJvp", args, nonDifferentiable)
    const { leaves, tree } = flat
    const trace = yield* traceProgram("customJvp", (...xs) => checkProgram("customJvp", f)(...all(xs)), { tree, avals: leaves })
    const expected: Like = { tree: trace.resultTree, avals: outputAvals(trace) }
    const leafRule = (inputs: ReadonlyArray<Tensor>) =>
      Effect.gen(function*() {
        const [primals, tangents] = [inputs.slice(0, leaves.length), inputs.slice(leaves.length)]
        const [xs, dxs] = [primals, tangents].map((v) => all(unflatten(tree, v) as ReadonlyArray<unknown>))
        const given: unknown = yield* Effect.suspend(() => rule(xs, dxs) as Effect.Effect<unknown>)
        if (!Array.isArray(given) || given.length !== 2) {
          return yield* new NonDifferentiableError({
            op: "customJvp",
            message: "customJvp requires a rule that gives [output, tangent]"
          })
        }
        const [y, dy] = [yield* flattenResult("customJvp", given[0]), yield* flattenResult("customJvp", given[1])]
        return yield* attempt(() => [
          ...leavesLike("customJvp", "a rule with an output", y, expected),
          ...leavesLike("customJvp", "a rule with a tangent", dy, expected)
        ], undefined)
      })
    const free = freeTensors([trace])
    const results = yield* applyAll(customJvpPrimitive, [...leaves, ...free], {
      call: closeOver(trace, free),
      args: leaves.length,
      rule: within(context, free, leafRule)
    })
    return unflatten(trace.resultTree, results)
  })

/**
 * `f` with a derivative of the user's for forward mode, and so for reverse mode too: for derivatives that are more
 * accurate, or cheaper, than what the ops of `f` give.
 *
 * `rule(primals, tangents)` gives `[output, tangent]`, which look like the result of `f`; the tangent has to be linear
 * in the tangents. The rule can be differentiated again. Arguments named in `nonDifferentiable` may be any values, but
 * not traced ones. Fails with `NonDifferentiableError` if `f` closes over a value that is differentiated, with
 * `TreeMismatchError` for a rule that gives something else, and with the errors of `f` and of the rule.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { add, customJvp, exp, grad, log, mul, sigmoid, Tensor } from "wengert"
 *
 * const naive = (x: Tensor) => log(add(exp(x), 1))
 * const rule = ([x]: readonly [Tensor], [dx]: readonly [Tensor]) => Effect.all([naive(x), mul(dx, sigmoid(x))])
 * console.log(Effect.runSync(grad(naive)(Tensor.make(1000)))) // => tensor(nan, float64)
 * console.log(Effect.runSync(grad(customJvp(naive, rule))(Tensor.make(1000)))) // => tensor(1., float64)
 * ```
 */
export const customJvp: CustomJvp = signed(
  (f: Program, rule: Program, options?: CustomOptions) => (...args: ReadonlyArray<unknown>) =>
    here(() => customJvpOf(args, f, rule, options))
)

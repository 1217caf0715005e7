/**
 * Forward rules that the user gives: `customJvp`.
 */
import * as Effect from "effect/Effect"
import { dependenceOf } from "../../core/abstract.ts"
import { isFloat } from "../../core/dtype.ts"
import { NonDifferentiableError } from "../../core/errors.ts"
import { applyAll } from "../../core/operation.ts"
import type { Linearized, OpEffect, ParamsOf, ParamSpec, Primitive, Unfolding } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import type { Program } from "../../core/program.ts"
import { signed } from "../../core/signed.ts"
import { here } from "../../core/site.ts"
import { isZero, type Tensor, Zero } from "../../core/tensor.ts"
import { outputAvals } from "../../core/trace.ts"
import { leafCount, unflatten } from "../../core/tree.ts"
import { instantiate } from "../algebra.ts"
import {
  batched,
  checkClosure,
  checkLike,
  checkLinear,
  customCall,
  type CustomOptions,
  inferCall,
  rulesOf,
  sectionsOf
} from "./custom.ts"
import { split } from "./slots.ts"
import { inline } from "./subtrace.ts"

export interface CustomJvpSpec extends ParamSpec {
  readonly call: "trace"
  /** How many operands are arguments; the others are what the function closes over. */
  readonly args: "integer"
  /** From primals and tangents of the arguments, and what the function closes over, to results and their tangents. */
  readonly rule: "lazy"
}

/** The results of a rule, values free of tangents: the rule is linear in them, so it is its own derivative at 0. */
const apart = (
  { linear, primal, tangents }: Linearized,
  count: number,
  at: (pushed: ReadonlyArray<Tensor>) => ReadonlyArray<Tensor>,
  pushed: ReadonlyArray<Tensor>
): OpEffect<ReadonlyArray<Tensor>> =>
  Effect.gen(function*() {
    const zeros = yield* Effect.forEach(pushed, (dot) => instantiate(new Zero(dot)))
    const all = yield* inline(primal, at(zeros))
    const images = yield* inline(linear.trace, [...all.slice(tangents.length), ...pushed])
    let next = 0
    return tangents.map((exists, o) => {
      const image = exists ? images[next++]! : undefined
      return o < count ? all[o]! : image ?? all[o]!
    })
  })

export const customJvpPrimitive: Primitive<"customJvp", CustomJvpSpec, number, number> = primitive({
  name: "customJvp",
  params: { call: "trace", args: "integer", rule: "lazy" },
  infer: (operands, { call }) => inferCall("customJvp", operands, call),
  linear: "lists",
  *unfold<V>(args: ReadonlyArray<V>, { call }: ParamsOf<CustomJvpSpec>): Unfolding<V> {
    return yield { trace: call, args }
  },
  forward: ({ mode, params, primals, tangents, transform }) =>
    Effect.gen(function*() {
      const { args, call, rule } = params
      const [given, dx] = [split(primals, sectionsOf(params)), split(tangents, sectionsOf(params))]
      yield* checkClosure("customJvp", dx.free)
      const trace = yield* rule.trace
      const count = call.outputs.length
      const isTangent = trace.inputs.map((_, i) => i >= args && i < 2 * args)
      yield* checkLinear(
        "customJvp",
        "a rule whose tangent is linear in the tangents",
        { trace, linear: isTangent },
        count
      )
      const pushed = yield* Effect.forEach(dx.args, instantiate)
      const at = (pushed: ReadonlyArray<Tensor>) => [...given.args, ...pushed, ...given.free]
      // an equation of the rule may give a value and a tangent, a loop with both: they are taken apart
      const both = mode === "jvp"
        ? yield* inline(trace, at(pushed))
        : yield* apart(yield* transform.linearize(trace, isTangent), count, at, pushed)
      // a tangent that does not depend on one that exists is a structural zero
      const depends = dependenceOf(trace)
      const isActive = (o: number) => dx.args.some((t, i) => !isZero(t) && depends[count + o]?.[args + i] === true)
      return {
        outputs: both.slice(0, count),
        tangents: both.slice(count).map((dy, o) => isFloat(dy.dtype) && isActive(o) ? dy : new Zero(dy))
      }
    }),
  batch: ({ batched: flags, operands, params, size, transform }) =>
    Effect.gen(function*() {
      const { args, call, rule } = params
      const many = split(flags, sectionsOf(params))
      const all = call.outputs.map(() => true)
      const { trace } = yield* transform.batch(call, flags, size, all)
      const inRule = [...many.args, ...many.args, ...many.free]
      const outputs = yield* applyAll(customJvpPrimitive, operands, {
        call: trace,
        args,
        rule: batched(rule, (trace) => transform.batch(trace, inRule, size, [...all, ...all]))
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

const customJvpOf = (args: ReadonlyArray<unknown>, f: Program, rule: Program, options?: CustomOptions) =>
  Effect.gen(function*() {
    const { all, argumentTree, arguments: leaves, call, operands, result, rule: ruleOf } = yield* customCall(
      "customJvp",
      f,
      args,
      [rule],
      options
    )
    const write = Effect.gen(function*() {
      const trace = yield* ruleOf(
        (xs, dxs) => rule(all(xs), all(dxs)),
        { kind: "array", children: [argumentTree, argumentTree] },
        [...leaves, ...leaves]
      )
      const { resultTree: given } = trace
      if (given.kind !== "array" || given.children.length !== 2) {
        return yield* new NonDifferentiableError({
          op: "customJvp",
          message: "customJvp requires a rule that gives [output, tangent]"
        })
      }
      const [y, dy] = given.children as [typeof given, typeof given]
      const avals = outputAvals(trace)
      const count = leafCount(y)
      yield* checkLike("customJvp", "a rule with an output", y, avals.slice(0, count), result)
      yield* checkLike("customJvp", "a rule with a tangent", dy, avals.slice(count), result)
      return trace
    })
    const [lazy] = yield* rulesOf(rule, call, [write])
    const results = yield* applyAll(customJvpPrimitive, operands, { call, args: leaves.length, rule: lazy })
    return unflatten(result.tree, results)
  })

/**
 * `f` with a derivative of the user's for forward mode, and so for reverse mode too: for derivatives that are more
 * accurate, or cheaper, than what the ops of `f` give.
 *
 * `rule(primals, tangents)` gives `[output, tangent]`, which look like the result of `f`; the tangent has to be linear
 * in the tangents. The rule can be differentiated again. It is run once for each call of the function that is
 * differentiated, when that happens first, and is a list from then on. Arguments named in `nonDifferentiable` may be any
 * values, but not traced ones. Fails with `NonDifferentiableError` if `f` closes over a value that is differentiated, with
 * `NonLinearError` naming the op where a tangent is not linear, with `TreeMismatchError` for a rule that gives something
 * else, and with the errors of `f` and of the rule.
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
    here("customJvp", () => customJvpOf(args, f, rule, options))
)

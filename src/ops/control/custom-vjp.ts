/**
 * Reverse rules that the user gives: `customVjp`.
 */
import * as Effect from "effect/Effect"
import { isFloat } from "../../core/dtype.ts"
import { MissingRuleError, NonDifferentiableError, ShapeError } from "../../core/errors.ts"
import type { LazyTrace } from "../../core/lazy.ts"
import { nonLinearity } from "../../core/linearity.ts"
import { applyAll } from "../../core/operation.ts"
import type { Cotangent, OpEffect, ParamsOf, ParamSpec, Primitive, Unfolding } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import type { Program } from "../../core/program.ts"
import { range } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import { here } from "../../core/site.ts"
import { filled, sameAvals, type Tensor, Zero } from "../../core/tensor.ts"
import { outputAvals, type Trace } from "../../core/trace.ts"
import { leafCount, type TreeDef, unflatten } from "../../core/tree.ts"
import { instantiate, repeat } from "../algebra.ts"
import { sumOver } from "../movement/layout.ts"
import {
  batched,
  checkClosure,
  checkLike,
  customCall,
  type CustomOptions,
  inferCall,
  rulesOf,
  sectionsOf
} from "./custom.ts"
import { backwardPrimitive } from "./jit.ts"
import { existing, marked, nonZeros, places, type Sections, split, spreadZeros, withZeros } from "./slots.ts"
import { inline, mapOutputs } from "./subtrace.ts"

export interface CustomVjpSpec extends ParamSpec {
  readonly call: "trace"
  /** How many operands are arguments; the others are what the function closes over. */
  readonly args: "integer"
  /** From the arguments, and what the function closes over, to results and residuals. */
  readonly forward: "lazy"
  /** From residuals, cotangents of the results and what the function closes over to cotangents of the arguments. */
  readonly backward: "lazy"
}

export const customVjpPrimitive: Primitive<"customVjp", CustomVjpSpec, number, number> = primitive({
  name: "customVjp",
  params: { call: "trace", args: "integer", forward: "lazy", backward: "lazy" },
  infer: (operands, { call }) => inferCall("customVjp", operands, call),
  linear: "lists",
  *unfold<V>(args: ReadonlyArray<V>, { call }: ParamsOf<CustomVjpSpec>): Unfolding<V> {
    return yield { trace: call, args }
  },
  forward: ({ mode, params, primals, tangents, transform }) =>
    Effect.gen(function*() {
      const { args, call, ...rules } = params
      const { free } = split(primals, sectionsOf(params))
      const dx = split(tangents, sectionsOf(params))
      yield* checkClosure("customVjp", dx.free)
      const [forward, backward] = [yield* rules.forward.trace, yield* rules.backward.trace]
      const count = call.outputs.length
      const { outputs, residuals } = split(
        yield* inline(forward, primals),
        { outputs: count, residuals: forward.outputs.length - count }
      )
      const isLinear = backward.inputs.map((_, i) => i >= residuals.length && i < residuals.length + count)
      const isLinearRule = nonLinearity({ trace: backward, linear: isLinear }) === undefined
      // the rule apart: an equation of it may give a coefficient and a cotangent, a loop with both
      const rule = isLinearRule ? yield* transform.linearize(backward, isLinear) : undefined
      // what does not depend on the cotangents is zero, if the rule is linear: those arguments are not connected
      const active = existing(dx.args).map((isActive, i) => isActive && rule?.tangents[i] !== false)
      if (rule !== undefined && !active.includes(true)) return { outputs, tangents: outputs.map((y) => new Zero(y)) }

      const directions = nonZeros(marked(dx.args, active))
      const taking = { residuals: residuals.length, free: free.length, directions: directions.length }
      const operands = [...residuals, ...free, ...directions]
      const along: Array<Trace> = []
      if (rule !== undefined) {
        // its transpose: (...residuals, ...free, ...tangents) to the tangents of all results
        const back = yield* transform.transpose(rule.linear, marked(active, rule.tangents))
        const some = yield* mapOutputs(
          rule.primal,
          (found, inputs) =>
            inline(back.linear.trace, [...found.slice(backward.outputs.length), ...split(inputs, taking).directions]),
          operands,
          (inputs) => {
            const { free, residuals } = split(inputs, taking)
            // the rule is linear in the cotangents, so that its derivative is the same wherever they are
            return [...residuals, ...outputs.map(({ dtype, shape }) => filled(shape, dtype, 0)), ...free]
          }
        )
        along.push(yield* withZeros(some, back.connected, outputs.map(() => true), outputs))
      }
      const pushed = mode === "jvp" && along[0] !== undefined
        ? yield* inline(along[0], operands)
        : yield* applyAll(pullbackPrimitive, operands, {
          results: call,
          residuals: residuals.length,
          active: places(active),
          backward,
          along
        })
      return { outputs, tangents: pushed.map((dy) => isFloat(dy.dtype) ? dy : new Zero(dy)) }
    }),
  batch: ({ batched: flags, operands, params, size, transform }) =>
    Effect.gen(function*() {
      const { args, backward, call, forward } = params
      const { free } = split(flags, sectionsOf(params))
      const count = call.outputs.length
      const all = call.outputs.map(() => true)
      const many = yield* transform.batch(call, flags, size, all)
      const outputs = yield* applyAll(customVjpPrimitive, operands, {
        call: many.trace,
        args,
        forward: batched(forward, (trace) => transform.batch(trace, flags, size, trace.outputs.map(() => true))),
        backward: batched(backward, (trace) =>
          Effect.gen(function*() {
            const inRule = [...range(trace.inputs.length - free.length).map(() => true), ...free]
            const found = yield* transform.batch(trace, inRule, size, trace.outputs.map(() => true))
            // an argument that is the same for the whole batch gets the sum of what its elements say
            const summed = yield* mapOutputs(
              found.trace,
              (cts) => Effect.forEach(cts, (ct, i) => flags[i] ? Effect.succeed(ct) : sumOver(ct, [0]))
            )
            return { trace: summed }
          }))
      })
      return { outputs: outputs.slice(0, count), batched: all }
    })
})

export interface PullbackSpec extends ParamSpec {
  /** The list whose results these are the tangents of. */
  readonly results: "trace"
  readonly residuals: "integer"
  /** The arguments that have a tangent. */
  readonly active: "integers"
  readonly backward: "trace"
  /** Its transpose, where the backward rule is linear: from coefficients and tangents to the tangents of the results. */
  readonly along: "traces"
}

/** The sections of the operands: coefficients, and tangents of the active arguments. */
const sectionsOfPullback = ({ active, backward, residuals, results }: ParamsOf<PullbackSpec>) => ({
  residuals,
  free: backward.inputs.length - residuals - results.outputs.length,
  directions: active.length
})

const noForwardMode = (): MissingRuleError =>
  new MissingRuleError({
    op: "customVjp",
    rule: "jvp",
    message:
      "customVjp requires reverse mode, or a backward rule that is linear in the cotangent, got forward mode and a " +
      "rule that is not; use customJvp"
  })

/** The linear map that is given by its transpose: operands are residuals, what the function closes over, and tangents. */
export const pullbackPrimitive: Primitive<"customPullback", PullbackSpec, number, number> = primitive({
  name: "customPullback",
  params: { results: "trace", residuals: "integer", active: "integers", backward: "trace", along: "traces" },
  infer: (operands, { active, along, backward, residuals, results }) => {
    const outputs = outputAvals(results)
    const cotangents = outputAvals(backward)
    const known = backward.inputs.toSpliced(residuals, outputs.length)
    const pushed = active.map((i) => cotangents[i])
    const fits = sameAvals(backward.inputs.slice(residuals, residuals + outputs.length), outputs) &&
      pushed.every((x) => x !== undefined) && sameAvals([...known, ...pushed], operands) &&
      along.every((list) => sameAvals(list.inputs, operands) && sameAvals(outputAvals(list), outputs))
    if (fits) return outputs
    throw new ShapeError({ op: "customVjp", message: "customVjp requires operands that fit its lists" })
  },
  isAdjoint: true,
  linear: (params) => {
    const { directions, free, residuals } = sectionsOfPullback(params)
    return range(residuals + free + directions).slice(residuals + free)
  },
  *unfold<V>(args: ReadonlyArray<V>, { along: [along] }: ParamsOf<PullbackSpec>): Unfolding<V> {
    if (along === undefined) throw noForwardMode()
    return yield { trace: along, args }
  },
  // a derivative of the map is one of the list that computes it
  forward: ({ mode, params: { along: [along] }, primals, tangents, transform }) =>
    Effect.gen(function*() {
      if (along === undefined) return yield* noForwardMode()
      const dual = yield* transform.jvp(along, existing(tangents), mode)
      const both = yield* inline(dual.trace, [...primals, ...nonZeros(tangents)])
      const outputs = both.slice(0, along.outputs.length)
      return { outputs, tangents: spreadZeros(dual.tangents, outputs, both.slice(outputs.length)) }
    }),
  batch: ({ batched: flags, operands, params, size, transform }) =>
    Effect.gen(function*() {
      const { active, along, backward, residuals, results } = params
      const all = <A>(xs: ReadonlyArray<A>) => xs.map(() => true)
      const given = split(operands, sectionsOfPullback(params))
      const isMany = split(flags, sectionsOfPullback(params))
      const directions = yield* Effect.forEach(given.directions, (x, i) =>
        isMany.directions[i] === true ? Effect.succeed(x) : repeat(x, size))
      const many = (trace: Trace, inputs: ReadonlyArray<boolean>) =>
        Effect.map(transform.batch(trace, inputs, size, all(trace.outputs)), ({ trace }) =>
          trace)
      const outputs = yield* applyAll(pullbackPrimitive, [...given.residuals, ...given.free, ...directions], {
        results: yield* many(results, all(results.inputs)),
        residuals,
        active,
        backward: yield* many(backward, [...isMany.residuals, ...all(results.outputs), ...isMany.free]),
        along: yield* Effect.forEach(along, (trace) =>
          many(trace, [...isMany.residuals, ...isMany.free, ...all(directions)]))
      })
      return { outputs, batched: all(outputs) }
    }),
  transpose: ({ cotangents, operands, params }) =>
    Effect.gen(function*() {
      const { active, along, backward } = params
      const { directions: _, ...known } = split(operands, sectionsOfPullback(params))
      // the tangents are linear, and what stands before them has a value
      const { free, residuals } = known as Sections<keyof typeof known, Tensor>
      const args = [...residuals, ...yield* Effect.forEach(cotangents, instantiate), ...free]
      const found = yield* along.length === 0
        ? applyAll(backwardPrimitive, args, { call: backward })
        : inline(backward, args)
      return [...residuals, ...free].map((x): Cotangent => new Zero(x)).concat(active.map((i) => found[i] as Tensor))
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
) =>
  Effect.gen(function*() {
    const { all, argumentTree, arguments: leaves, call, operands, result, rule } = yield* customCall(
      "customVjp",
      f,
      args,
      [forward, backward],
      options
    )
    const writeForward = Effect.gen(function*() {
      const trace = yield* rule((...xs) => forward(...all(xs)), argumentTree, leaves)
      const { resultTree: given } = trace
      const [y, residuals, ...rest] = given.kind === "array" ? given.children : []
      if (y === undefined || residuals === undefined || rest.length > 0) {
        return yield* new NonDifferentiableError({
          op: "customVjp",
          message: "customVjp requires a forward rule that gives [output, residuals]"
        })
      }
      yield* checkLike(
        "customVjp",
        "a forward rule with an output",
        y,
        outputAvals(trace).slice(0, leafCount(y)),
        result
      )
      return trace
    })
    const writeBackward: OpEffect<Trace> = Effect.gen(function*() {
      const trace = yield* forwards.trace
      // the forward rule gives a pair
      const [, residuals] = (trace.resultTree as Extract<TreeDef, { readonly kind: "array" }>).children
      const avals = outputAvals(trace).slice(result.avals.length)
      const back = yield* rule(
        backward,
        { kind: "array", children: [residuals as TreeDef, result.tree] },
        [...avals, ...result.avals]
      )
      const expected = { tree: argumentTree, avals: leaves }
      yield* checkLike("customVjp", "a backward rule with cotangents", back.resultTree, outputAvals(back), expected)
      return back
    })
    const [forwards, backwards]: readonly [LazyTrace, LazyTrace] = yield* rulesOf(backward, call, [
      writeForward,
      writeBackward
    ])
    const results = yield* applyAll(customVjpPrimitive, operands, {
      call,
      args: leaves.length,
      forward: forwards,
      backward: backwards
    })
    return unflatten(result.tree, results)
  })

/**
 * `f` with a derivative of the user's for reverse mode: `forward(...args)` gives `[output, residuals]`, and
 * `backward(residuals, ct)` the cotangents of the arguments, a tuple.
 *
 * Residuals are any tree of tensors. The rules can be differentiated again. Forward mode exists where `backward` is linear
 * in the cotangent, and is its transpose; elsewhere it fails with `MissingRuleError`. An argument for which a linear rule
 * gives zeros that do not depend on `ct` is not connected. Arguments named in
 * `nonDifferentiable` may be any values, but not traced ones. Fails otherwise as `customJvp` does.
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
    here("customVjp", () => customVjpOf(args, f, forward, backward, options))
)

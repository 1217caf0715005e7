/**
 * Derivatives that the user gives: `customJvp` and `customVjp`.
 *
 * A rule is a program like any other. It is run when the function is differentiated, in the list that is being written,
 * so it can be differentiated again, and it may call the function that it belongs to.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { isFloat } from "../core/dtype.ts"
import { MissingRuleError, NonDifferentiableError, ShapeError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { applyAll, type Op, op } from "../core/operation.ts"
import type { Primitive, Step, Transform } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import { flattenResult, type Program, traceProgram, writeTrace } from "../core/program.ts"
import { sameShape } from "../core/shape.ts"
import type { Aval, Tensor } from "../core/tensor.ts"
import { outputAvals, type Trace } from "../core/trace.ts"
import { leavesLike, type Like, tuple, unflatten } from "../core/tree.ts"
import { zeros } from "../ops/algebra.ts"
import { sumOver } from "../ops/layout.ts"
import { closeOver, freeTensors } from "../ops/subtrace.ts"

/** A rule on leaves: from lists of tensors to a list of tensors. */
type LeafRule = (inputs: ReadonlyArray<Tensor>) => Step<ReadonlyArray<Tensor>>

/** A rule on leaves for a batch: inputs marked are batched, outputs all of them. */
const batchRule = (
  rule: LeafRule,
  avals: ReadonlyArray<Aval>,
  batched: ReadonlyArray<boolean>,
  size: number,
  transform: Transform
): LeafRule =>
(inputs) =>
  Effect.gen(function*() {
    const one = yield* writeTrace((tracer) => rule(avals.map((aval) => tracer.input(aval))))
    const many = yield* transform.batch(one, batched, size, one.outputs.map(() => true))
    return yield* (yield* Interpreter).run(many.trace, inputs)
  })

const inferCall = (op: string, operands: ReadonlyArray<Aval>, call: Trace): ReadonlyArray<Aval> => {
  if (operands.length !== call.inputs.length ||
    !call.inputs.every((aval, i) => aval.dtype === operands[i]!.dtype && sameShape(aval.shape, operands[i]!.shape))) {
    throw new ShapeError({ op, message: `${op} requires operands that fit the function` })
  }
  return outputAvals(call)
}

/** The tangents of the arguments; a tangent of anything else that the function sees would be lost. */
const argumentTangents = (op: string, args: number, primals: ReadonlyArray<Tensor>, tangents: ReadonlyArray<Tensor | undefined>) =>
  Effect.gen(function*() {
    if (tangents.slice(args).some((t) => t !== undefined)) {
      return yield* new NonDifferentiableError({
        op,
        message: `${op} requires a function of its arguments, got one that closes over a value that is differentiated; ` +
          `pass it as an argument, or stop its gradient`
      })
    }
    return yield* Effect.forEach(primals.slice(0, args), (x, i) => tangents[i] === undefined ? zeros(x) : Effect.succeed(tangents[i]))
  })

/** The arguments of a call, those that are differentiated apart; the others may be anything. */
const splitArguments = (op: string, args: ReadonlyArray<unknown>, fixed: ReadonlyArray<number>) =>
  Effect.gen(function*() {
    const places = args.map((_, i) => i).filter((i) => !fixed.includes(i))
    const flat = yield* flattenResult(op, places.map((i) => args[i]))
    const all = (values: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
      args.map((x, i) => fixed.includes(i) ? x : values[places.indexOf(i)])
    return { flat, all }
  })

// ---------------------------------------------------------------------------------------------------------------------
// forward rules

interface CustomJvpParams {
  readonly call: Trace
  readonly args: number
  /** From primals and tangents of the arguments to results and their tangents. */
  readonly rule: unknown
}

const customJvpPrimitive: Primitive<CustomJvpParams> = primitive({
  name: "customJvp",
  params: { call: "trace", args: "integer", rule: "opaque" },
  infer: (operands, { call }) => inferCall("customJvp", operands, call),
  reference: (operands, { call }, _, run) => run(call, operands),
  forward: ({ params: { args, call, rule }, primals, tangents }) =>
    Effect.gen(function*() {
      const dots = yield* argumentTangents("customJvp", args, primals, tangents)
      const both = yield* (rule as LeafRule)([...primals.slice(0, args), ...dots])
      const count = call.outputs.length
      return {
        outputs: both.slice(0, count),
        tangents: both.slice(count).map((dy) => isFloat(dy.dtype) ? dy : undefined)
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
        rule: batchRule(rule as LeafRule, [...avals, ...avals], [...flags, ...flags], size, transform)
      })
      return { outputs, batched: all }
    })
})

/** Options of custom rules. */
export interface CustomOptions {
  /** Arguments that are not differentiated; they may be anything, also values that are not tensors. */
  readonly nonDifferentiable?: ReadonlyArray<number> | undefined
}

/** The signature of `customJvp`. */
export interface CustomJvp {
  <Args extends ReadonlyArray<any>, A, E, R, B extends A, E2, R2>(
    f: (...args: Args) => Effect.Effect<A, E, R>,
    rule: (primals: Args, tangents: Args) => Effect.Effect<readonly [output: B, tangent: B], E2, R2>,
    options?: CustomOptions
  ): (...args: Args) => Effect.Effect<A, E | E2, R | R2>
}

const customJvpOf = (f: Program, rule: Program, { nonDifferentiable = [] }: CustomOptions = {}) =>
(...args: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<never>()
    const { all, flat } = yield* splitArguments("customJvp", args, nonDifferentiable)
    const { leaves, tree } = flat
    const trace = yield* traceProgram("customJvp", (...xs) => f(...all(xs)), { tree, avals: leaves })
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
      rule: within(context, leafRule)
    })
    return unflatten(trace.resultTree, results)
  })

/** The rule with the services that were there where the function was called; what interprets it is decided later. */
const within = (
  context: Context.Context<never>,
  rule: (inputs: ReadonlyArray<Tensor>) => Effect.Effect<ReadonlyArray<Tensor>, any, any>
): LeafRule =>
(inputs) =>
  Effect.flatMap(
    Interpreter,
    (interpreter) =>
      // what a user's rule fails with stands in the signature of the function that it belongs to
      rule(inputs).pipe(
        Effect.provideService(Interpreter, interpreter),
        Effect.provideContext(context)
      ) as Step<ReadonlyArray<Tensor>>
  )

/**
 * `f` with a derivative of the user's in forward mode, and so in reverse mode too: `rule(primals, tangents)` gives
 * `[output, tangent]`, linear in the tangents.
 */
export const customJvp: Op<CustomJvp> = op(customJvpOf, customJvpPrimitive)

// ---------------------------------------------------------------------------------------------------------------------
// reverse rules

interface CustomVjpParams {
  readonly call: Trace
  readonly args: number
  /** From the arguments to results and residuals. */
  readonly forward: unknown
  /** From residuals and cotangents of the results to cotangents of the arguments. */
  readonly backward: unknown
}

const customVjpPrimitive: Primitive<CustomVjpParams> = primitive({
  name: "customVjp",
  params: { call: "trace", args: "integer", forward: "opaque", backward: "opaque" },
  infer: (operands, { call }) => inferCall("customVjp", operands, call),
  reference: (operands, { call }, _, run) => run(call, operands),
  forward: ({ params: { args, backward, call, forward }, primals, tangents }) =>
    Effect.gen(function*() {
      yield* argumentTangents("customVjp", args, primals, tangents)
      const both = yield* (forward as LeafRule)(primals.slice(0, args))
      const outputs = both.slice(0, call.outputs.length)
      const residuals = both.slice(call.outputs.length)
      const active = tangents.slice(0, args).map((t) => t !== undefined)
      const dots = tangents.filter((t) => t !== undefined)
      const dys = yield* applyAll(pullbackPrimitive, [...residuals, ...dots], { results: call, residuals: residuals.length, active, backward })
      return { outputs, tangents: outputs.map((y, i) => isFloat(y.dtype) ? dys[i] : undefined) }
    }),
  batch: ({ batched, operands, params: { args, backward, call, forward }, size, transform }) =>
    Effect.gen(function*() {
      const all = call.outputs.map(() => true)
      const many = yield* transform.batch(call, batched, size, all)
      const flags = batched.slice(0, args)
      const avals = call.inputs.slice(0, args)
      const one = yield* writeTrace((tracer) => (forward as LeafRule)(avals.map((aval) => tracer.input(aval))))
      const inner = outputAvals(one)
      const residuals = inner.slice(call.outputs.length)
      const cts = [...residuals, ...inner.slice(0, call.outputs.length)]
      const back = batchRule(backward as LeafRule, cts, cts.map(() => true), size, transform)
      const outputs = yield* applyAll(customVjpPrimitive, operands, {
        call: many.trace,
        args,
        forward: batchRule(forward as LeafRule, avals, flags, size, transform),
        // an argument that is the same for the whole batch gets the sum of what its elements say
        backward: (inputs: ReadonlyArray<Tensor>) =>
          Effect.flatMap(back(inputs), (found) =>
            Effect.forEach(found, (ct, i) => flags[i] ? Effect.succeed(ct) : sumOver(ct, [0])))
      })
      return { outputs, batched: all }
    })
})

interface PullbackParams {
  /** The list whose results these are the tangents of. */
  readonly results: Trace
  readonly residuals: number
  /** The arguments that have a tangent. */
  readonly active: unknown
  readonly backward: unknown
}

const noForwardMode = (): never => {
  throw new MissingRuleError({
    op: "customVjp",
    rule: "jvp",
    message: "customVjp requires reverse mode, got forward mode, for which it has no rule; use customJvp"
  })
}

/** The linear map that is known by its transpose alone. */
const pullbackPrimitive: Primitive<PullbackParams> = primitive({
  name: "customPullback",
  params: { results: "trace", residuals: "integer", active: "opaque", backward: "opaque" },
  infer: (_, { results }) => outputAvals(results),
  reference: noForwardMode,
  batch: noForwardMode,
  // linear in the tangents: the same map on what they have become
  jvp: noForwardMode,
  transpose: ({ cotangents, operands, params: { active, backward, residuals, results } }) =>
    Effect.gen(function*() {
      const avals = outputAvals(results)
      const cts = yield* Effect.forEach(avals, (aval, i) =>
        cotangents[i] === undefined ? zeros(aval) : Effect.succeed(cotangents[i]))
      const found = yield* (backward as LeafRule)([...operands.slice(0, residuals) as ReadonlyArray<Tensor>, ...cts])
      return [
        ...Array<undefined>(residuals).fill(undefined),
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

const customVjpOf = (f: Program, forward: Program, backward: Program, { nonDifferentiable = [] }: CustomOptions = {}) =>
(...args: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<never>()
    const { all, flat } = yield* splitArguments("customVjp", args, nonDifferentiable)
    const { leaves, tree } = flat
    const trace = yield* traceProgram("customVjp", (...xs) => f(...all(xs)), { tree, avals: leaves })
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
        const outputs = yield* attempt(() => leavesLike("customVjp", "a forward rule with an output", y, expected), undefined)
        return [...outputs, ...kept.leaves]
      })
    const backwardRule = (inputs: ReadonlyArray<Tensor>) =>
      Effect.gen(function*() {
        const count = inputs.length - expected.avals.length
        const kept = unflatten(residualTree, inputs.slice(0, count))
        const ct = unflatten(trace.resultTree, inputs.slice(count))
        const given = yield* flattenResult("customVjp", Effect.suspend(() => backward(kept, ct) as Effect.Effect<unknown>))
        return yield* attempt(
          () => leavesLike("customVjp", "a backward rule with cotangents", given, { tree, avals: leaves }),
          undefined
        )
      })
    const free = freeTensors([trace])
    const results = yield* applyAll(customVjpPrimitive, [...leaves, ...free], {
      call: closeOver(trace, free),
      args: leaves.length,
      forward: within(context, forwardRule),
      backward: within(context, backwardRule)
    })
    return unflatten(trace.resultTree, results)
  })

/**
 * `f` with a derivative of the user's in reverse mode: `forward(...args)` gives `[output, residuals]`, and
 * `backward(residuals, ct)` the cotangents of the arguments, as a tuple.
 */
export const customVjp: Op<CustomVjp> = op(customVjpOf, customVjpPrimitive)

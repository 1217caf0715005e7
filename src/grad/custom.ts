/**
 * What `customJvp` and `customVjp` share: rules that the user gives.
 *
 * A rule is a program like any other. It is run when the function is differentiated, in the list that is being written,
 * so it can be differentiated again, and it may call the function that it belongs to.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { ArgumentError, describe, NonDifferentiableError, ShapeError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { checkOptions } from "../core/options.ts"
import type { Step, Tangent, Transform } from "../core/primitive.ts"
import { flattenResult, writeTrace } from "../core/program.ts"
import { listOf } from "../core/shape.ts"
import { type Aval, isZero, sameAvals, type Tensor } from "../core/tensor.ts"
import { outputAvals, type Trace } from "../core/trace.ts"
import { Tracer } from "../core/tracer.ts"
import { instantiate } from "../ops/algebra.ts"

/** A rule on leaves: from lists of tensors to a list of tensors. */
export type LeafRule = (inputs: ReadonlyArray<Tensor>) => Step<ReadonlyArray<Tensor>>

/** A rule on leaves for a batch: inputs marked are batched, outputs all of them. */
export const batchRule = (
  rule: LeafRule,
  avals: ReadonlyArray<Aval>,
  batched: ReadonlyArray<boolean>,
  size: number,
  transform: Transform
): LeafRule =>
(inputs) =>
  Effect.gen(function*() {
    const { trace: one } = yield* writeTrace((tracer) =>
      Effect.map(rule(avals.map((aval) => tracer.input(aval))), (outputs) => ({ outputs }))
    )
    const many = yield* transform.batch(one, batched, size, one.outputs.map(() => true))
    return yield* (yield* Interpreter).run(many.trace, inputs)
  })

export const inferCall = (op: string, operands: ReadonlyArray<Aval>, call: Trace): ReadonlyArray<Aval> => {
  if (!sameAvals(operands, call.inputs)) {
    throw new ShapeError({ op, message: `${op} requires operands that fit the function` })
  }
  return outputAvals(call)
}

/** The tangents of the arguments; a tangent of anything else that the function sees would be lost. */
export const argumentTangents = (
  op: string,
  args: number,
  tangents: ReadonlyArray<Tangent>
) =>
  Effect.gen(function*() {
    if (!tangents.slice(args).every(isZero)) {
      return yield* new NonDifferentiableError({
        op,
        message:
          `${op} requires a function of its arguments, got one that closes over a value that is differentiated; ` +
          `pass it as an argument, or stop its gradient`
      })
    }
    return yield* Effect.forEach(tangents.slice(0, args), instantiate)
  })

/** The arguments of a call, those that are differentiated apart; the others may be anything. */
export const splitArguments = (op: string, args: ReadonlyArray<unknown>, fixed: ReadonlyArray<number>) =>
  Effect.gen(function*() {
    const places = args.map((_, i) => i).filter((i) => !fixed.includes(i))
    const flat = yield* flattenResult(op, places.map((i) => args[i]))
    const all = (values: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
      args.map((x, i) => fixed.includes(i) ? x : values[places.indexOf(i)])
    return { flat, all }
  })

/** Options of custom rules. */
export interface CustomOptions {
  /** Arguments that are not differentiated; they may be anything, also values that are not tensors. */
  readonly nonDifferentiable?: ReadonlyArray<number> | undefined
}

/** The arguments that are not differentiated. */
export const fixedArguments = (op: string, options: CustomOptions | undefined) =>
  attempt(() => {
    const { nonDifferentiable = [] } = checkOptions(op, options, { nonDifferentiable: "checked" })
    const fixed = listOf(nonDifferentiable)
    if (fixed?.every((n): n is number => Number.isInteger(n))) return fixed
    throw new ArgumentError({
      op,
      message: `${op} requires positions of arguments as nonDifferentiable, got ${describe(nonDifferentiable)}`
    })
  }, undefined)

/**
 * The rule with the services that were there where the function was called; what interprets it is decided later. It sees
 * the values that the function closes over (`free`, the last inputs) as what they have become by then.
 */
export const within = (
  context: Context.Context<never>,
  free: ReadonlyArray<Tensor>,
  rule: (inputs: ReadonlyArray<Tensor>) => Effect.Effect<ReadonlyArray<Tensor>, any, any>
): LeafRule =>
(inputs) =>
  Effect.flatMap(Interpreter, (interpreter) => {
    const own = inputs.length - free.length
    if (interpreter instanceof Tracer) free.forEach((x, i) => interpreter.alias(x, inputs[own + i]!))
    // what a user's rule fails with stands in the signature of the function that it belongs to
    return rule(inputs.slice(0, own)).pipe(
      Effect.provideService(Interpreter, interpreter),
      Effect.provideContext(context)
    ) as Step<ReadonlyArray<Tensor>>
  })

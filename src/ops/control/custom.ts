/**
 * What `customJvp` and `customVjp` share: rules that the user gives.
 *
 * A rule is a program like any other. It is written down when the function is differentiated first, so it may call the
 * function that it belongs to, and is a list from then on, as if the vocabulary had it. What the function closes over are
 * further inputs of the list, in the rule too.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { Scheduler } from "effect/Scheduler"
import { closeOver, freeTensors } from "../../core/closure.ts"
import { ArgumentError, describe, NonDifferentiableError, NonLinearError, ShapeError } from "../../core/errors.ts"
import { attempt } from "../../core/evaluator.ts"
import { Interpreter } from "../../core/interpreter.ts"
import { LazyTrace } from "../../core/lazy.ts"
import type { LinearTrace } from "../../core/linear-trace.ts"
import { nonLinearity } from "../../core/linearity.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect, Tangent } from "../../core/primitive.ts"
import { checkProgram, flattenResult, type Program, traceProgram } from "../../core/program.ts"
import { listOf } from "../../core/shape.ts"
import { withEverySite } from "../../core/site.ts"
import { equals } from "../../core/structure.ts"
import { type Aval, isZero, sameAvals, type Tensor } from "../../core/tensor.ts"
import { outputAvals, type Trace } from "../../core/trace.ts"
import { leavesLike, type Like, type TreeDef } from "../../core/tree.ts"

/** Options of custom rules. */
export interface CustomOptions {
  /** Arguments that are not differentiated; they may be anything, also values that are not tensors. */
  readonly nonDifferentiable?: ReadonlyArray<number> | undefined
}

/** The arguments that are not differentiated. Throws `ArgumentError`. */
const fixedArguments = (op: string, options: CustomOptions | undefined): ReadonlyArray<number> => {
  const { nonDifferentiable = [] } = checkOptions(op, options, { nonDifferentiable: "checked" })
  const fixed = listOf(nonDifferentiable)
  if (fixed?.every((n): n is number => Number.isInteger(n))) return fixed
  throw new ArgumentError({
    op,
    message: `${op} requires positions of arguments as nonDifferentiable, got ${describe(nonDifferentiable)}`
  })
}

/** A function of the user's that is called: its list, closed, and how its rules are written. */
export interface CustomCall {
  /** From the leaves of the arguments, and what the function closes over, to the leaves of its result. */
  readonly call: Trace
  readonly operands: ReadonlyArray<Tensor>
  readonly argumentTree: TreeDef
  readonly arguments: ReadonlyArray<Tensor>
  readonly result: Like
  /** All arguments, from those that are differentiated. */
  readonly all: (values: ReadonlyArray<unknown>) => ReadonlyArray<unknown>
  /** The list of a rule: a program of arguments with this structure and these types. */
  readonly rule: (f: Program, tree: TreeDef, avals: ReadonlyArray<Aval>) => OpEffect<Trace>
}

/** A rule that is being written, of a call of a function. */
interface Writing {
  readonly rule: Program
  readonly call: Trace
  readonly rules: ReadonlyArray<LazyTrace>
}

/** The rules that are being written; one that calls its own function meets itself there. */
const WritingRules = Context.Reference<ReadonlyArray<Writing>>("wengert/WritingRules", { defaultValue: () => [] })

/** One for each list to write. */
type RulesOf<Writes extends ReadonlyArray<unknown>> = { readonly [I in keyof Writes]: LazyTrace }

/**
 * The rules of a call: those that are being written, if this is the same call again, so that a rule which calls its own
 * function is one list that holds itself; else new ones.
 */
export const rulesOf = <const Writes extends ReadonlyArray<OpEffect<Trace>>>(
  rule: Program,
  call: Trace,
  write: Writes
): Effect.Effect<RulesOf<Writes>> =>
  Effect.map(WritingRules, (writing) => {
    const known = writing.find((w) => w.rule === rule && equals(w.call, call))
    // it is as many, of the same rule
    if (known !== undefined) return known.rules as RulesOf<Writes>
    const rules: ReadonlyArray<LazyTrace> = write.map((step) =>
      new LazyTrace(
        Effect.suspend(() => Effect.provideService(step, WritingRules, [...writing, { rule, call, rules }]))
      )
    )
    return rules as RulesOf<Writes>
  })

/** A call of `f` as lists. */
export const customCall = (
  op: string,
  f: Program,
  args: ReadonlyArray<unknown>,
  rules: ReadonlyArray<unknown>,
  options: CustomOptions | undefined
): Effect.Effect<CustomCall, any, any> =>
  Effect.gen(function*() {
    yield* attempt(() => [f, ...rules].forEach((rule) => checkProgram(op, rule)), undefined)
    const nonDifferentiable = yield* attempt(() => fixedArguments(op, options), undefined)
    const context: Context.Context<never> = yield* Effect.context()
    const places = args.map((_, i) => i).filter((i) => !nonDifferentiable.includes(i))
    const { leaves, tree } = yield* flattenResult(op, places.map((i) => args[i]))
    const all = (values: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
      args.map((x, i) => nonDifferentiable.includes(i) ? x : values[places.indexOf(i)])
    const trace = yield* traceProgram(op, (...xs) => f(...all(xs)), { tree, avals: leaves })
    const free = freeTensors([trace])
    const rule = (f: Program, tree: TreeDef, avals: ReadonlyArray<Aval>) =>
      Effect.flatMap(
        Effect.all([Interpreter, Scheduler, WritingRules]),
        ([interpreter, scheduler, writing]) =>
          // with the services that were there where the function was called, but for what is going on now: the other fiber may have
          // ended; what a rule fails with stands in the signature of the function that it belongs to
          Effect.provideContext(
            withEverySite(traceProgram(op, f, { tree, avals, free })),
            context.pipe(
              Context.add(Interpreter, interpreter),
              Context.add(Scheduler, scheduler),
              Context.add(WritingRules, writing)
            )
          )
      ) as OpEffect<Trace>
    return {
      call: closeOver(trace, free),
      operands: [...leaves, ...free],
      argumentTree: tree,
      arguments: leaves,
      result: { tree: trace.resultTree, avals: outputAvals(trace) },
      all,
      rule
    }
  })

/** The sections of the operands: arguments, and what the function closes over. */
export const sectionsOf = ({ args, call }: { readonly args: number; readonly call: Trace }) => ({
  args,
  free: call.inputs.length - args
})

/** The shape rule of a call. */
export const inferCall = (op: string, operands: ReadonlyArray<Aval>, call: Trace): ReadonlyArray<Aval> => {
  if (sameAvals(operands, call.inputs)) return outputAvals(call)
  throw new ShapeError({ op, message: `${op} requires operands that fit the function` })
}

/** Checks that a part of what a rule gives looks like `expected`. */
export const checkLike = (
  op: string,
  what: string,
  tree: TreeDef,
  avals: ReadonlyArray<Aval>,
  expected: Like
): OpEffect<unknown> => attempt(() => leavesLike(op, what, { leaves: avals, tree }, expected), undefined)

/** Fails with `NonLinearError` unless a rule is linear where it has to be. */
export const checkLinear = (op: string, what: string, linear: LinearTrace, from: number): OpEffect<void> => {
  const reason = nonLinearity(linear, from)
  return reason === undefined
    ? Effect.void
    : Effect.fail(new NonLinearError({ op, message: `${op} requires ${what}, got ${reason}` }))
}

/** A tangent of anything else that the function sees would be lost. */
export const checkClosure = (op: string, free: ReadonlyArray<Tangent>): OpEffect<void> =>
  free.every(isZero)
    ? Effect.void
    : Effect.fail(
      new NonDifferentiableError({
        op,
        message:
          `${op} requires a function of its arguments, got one that closes over a value that is differentiated; ` +
          `pass it as an argument, or stop its gradient`
      })
    )

/** The rule for a whole batch. */
export const batched = (
  rule: LazyTrace,
  transform: (trace: Trace) => OpEffect<{ readonly trace: Trace }>
): LazyTrace => rule.map((trace) => Effect.map(transform(trace), (many) => many.trace))

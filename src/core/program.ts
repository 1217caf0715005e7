/**
 * Running a user's program under a tracer.
 */
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { Random } from "effect/Random"
import { ArgumentError, describe, isOpError, type OpError } from "./errors.ts"
import { attempt, failure } from "./evaluator.ts"
import { Interpreter } from "./interpreter.ts"
import { KeySource, refusingKeys } from "./keys.ts"
import { CaptureSites, enter, leave, ofRule, type Site } from "./site.ts"
import type { Aval, Tensor } from "./tensor.ts"
import { isEffect, isTensor, scalar } from "./tensor.ts"
import type { Trace } from "./trace.ts"
import { Tracer } from "./tracer.ts"
import type { Flat, TreeDef } from "./tree.ts"
import { badLeaf, flattenWith, leafPaths, tuple, unflatten } from "./tree.ts"

/** A function of tensors, as transformations see it. */
export type Program = (...args: ReadonlyArray<any>) => unknown

type Leaf = number | Tensor | Effect.Effect<Tensor, unknown, unknown>

const acceptLeaf = (u: unknown): Leaf | undefined =>
  typeof u === "number" || isTensor(u) ? u : isEffect(u) ? u as Leaf : undefined

/** A tree taken apart, with the leaves marked that were written as plain numbers: they have no dtype of their own. */
export interface FlatResult extends Flat {
  readonly weak: ReadonlyArray<boolean>
}

/** The leaves of what a program gives, or is given: a tree of operands, or an Effect of one. */
export const flattenResult = (op: string, result: unknown, root = "result"): Effect.Effect<FlatResult, any, any> =>
  Effect.gen(function*() {
    const value = isEffect(result) ? yield* (result as Effect.Effect<unknown>) : result
    const { leaves, tree } = yield* attempt(() => flattenWith(op, value, root, acceptLeaf), undefined)
    const tensors: Array<Tensor> = []
    for (const [i, x] of leaves.entries()) {
      const leaf: unknown = isEffect(x) ? yield* (x as Effect.Effect<unknown>) : x
      if (typeof leaf === "number") tensors.push(scalar("float64", leaf))
      else if (isTensor(leaf)) tensors.push(leaf)
      else return yield* badLeaf(op, `an Effect of ${describe(leaf)}`, leafPaths(tree, root)[i]!)
    }
    return { leaves: tensors, tree, weak: leaves.map((x) => typeof x === "number") }
  })

/** `f`, if it can be called. Throws `ArgumentError`. */
export const checkProgram = (op: string, f: unknown): Program => {
  if (typeof f === "function") return f as Program
  throw new ArgumentError({ op, message: `${op} requires a function, got ${describe(f)}` })
}

/** The leaves of what the user's `f` gives. Typed errors that it throws, as those of `Tensor.make`, are failures. */
export const callProgram = (
  op: string,
  f: unknown,
  args: ReadonlyArray<unknown>
): Effect.Effect<FlatResult, any, any> => {
  // whatever op we are in, the program is the user's
  const before = enter(undefined)
  try {
    return flattenResult(op, checkProgram(op, f)(...args))
  } catch (error) {
    return failure(error, undefined)
  } finally {
    leave(before)
  }
}

/** The arguments of a program that is to be traced. */
export interface Arguments {
  readonly tree: TreeDef
  readonly avals: ReadonlyArray<Aval>
  /** Given, what depends on them can be read. */
  readonly values?: ReadonlyArray<Tensor> | undefined
  /** Values that the program closes over: further inputs of the list stand for them. */
  readonly free?: ReadonlyArray<Tensor> | undefined
  /** The list stands for more than one run of the program: what that draws at random would be the same in all of them. */
  readonly repeats?: boolean | undefined
}

/** A list, and which of its outputs were written as plain numbers. */
export interface Traced {
  readonly trace: Trace
  readonly weak: ReadonlyArray<boolean>
}

/** A source of random numbers that refuses, for programs which are written down once and run many times. */
const refusing = (op: string): Random => {
  const refuse = (): never => {
    throw new ArgumentError({
      op,
      message: `${op} requires a program that draws no random numbers, got one that reads Random; it is written down ` +
        `once and would repeat them: draw them before, and pass a tensor of them as an argument`
    })
  }
  return { nextIntUnsafe: refuse, nextDoubleUnsafe: refuse }
}

/** Typed errors that a service throws are failures, as those of ops. */
const withoutRandom = (op: string) => (program: Effect.Effect<FlatResult, any, any>) =>
  program.pipe(
    Effect.catchDefect((defect) => isOpError(defect) ? Effect.fail(defect) : Effect.die(defect)),
    Effect.provideService(Random, refusing(op)),
    Effect.provideService(KeySource, refusingKeys(op))
  )

/** Runs `f` once, on traced tensors, and gives the list that it wrote. The user's E and R are kept. */
export const traceWeak = (
  op: string,
  f: Program,
  { avals, free, repeats, tree, values }: Arguments
): Effect.Effect<Traced, any, any> =>
  Effect.withFiber((fiber) => {
    const tracer = new Tracer(fiber.getRef(Interpreter))
    const inputs = avals.map((aval, i) => tracer.input(aval, values?.[i]))
    free?.forEach((x) => tracer.standIn(x))
    const argumentTree: TreeDef = free === undefined ? tree : tuple(inputs.length + free.length)
    return Effect.suspend(() => callProgram(op, f, unflatten(tree, inputs) as Array<unknown>)).pipe(
      repeats === true ? withoutRandom(op) : identity,
      // whatever op we are in, the program is the user's, and its ops happen where it calls them
      Effect.provideService(CaptureSites, fiber.getRef(CaptureSites) !== false),
      Effect.flatMap(({ leaves, tree: resultTree, weak }) =>
        attempt(() => ({ trace: tracer.seal(leaves, argumentTree, resultTree), weak }), undefined)
      ),
      Effect.provideService(Interpreter, tracer),
      Effect.ensuring(Effect.sync(() => tracer.close()))
    )
  })

/** Runs `f` once, on traced tensors, and gives the list that it wrote; plain numbers are float64. */
export const traceProgram = (
  op: string,
  f: Program,
  args: Arguments
): Effect.Effect<Trace, any, any> => Effect.map(traceWeak(op, f, args), ({ trace }) => trace)

/** Runs rules that write a list under a tracer of their own, and finishes what they wrote. */
export const withTracer = <W, A>(
  write: (tracer: Tracer) => Effect.Effect<W, OpError>,
  finish: (tracer: Tracer, written: W) => A
): Effect.Effect<A, OpError> =>
  Effect.withFiber((fiber) => {
    const tracer = new Tracer(fiber.getRef(Interpreter))
    return Effect.suspend(() => write(tracer)).pipe(
      Effect.flatMap((written) => attempt(() => finish(tracer, written), undefined)),
      Effect.provideService(Interpreter, tracer),
      // rules are not the user's code, but may hold programs that are
      Effect.provideService(CaptureSites, fiber.getRef(CaptureSites) !== false && ofRule),
      Effect.ensuring(Effect.sync(() => tracer.close()))
    )
  })

/** What a writer gives: the outputs of the list, and what it found on the way. */
interface Written {
  readonly outputs: ReadonlyArray<Tensor>
}

/** The list that rules write, in place of its outputs: `write` is given the tracer. */
export const writeTrace = <W extends Written>(
  write: (tracer: Tracer) => Effect.Effect<W, OpError>
): Effect.Effect<Omit<W, "outputs"> & { readonly trace: Trace }, OpError> =>
  withTracer(write, (tracer, { outputs, ...found }) => ({ ...found, trace: tracer.seal(outputs) }))

/** Runs a rule; what it writes happens where the op was called whose rule it is. Typed errors that it throws are failures. */
export const applyRule = <A>(
  interpreter: Interpreter,
  site: Site | undefined,
  rule: () => Effect.Effect<A, OpError>
): Effect.Effect<A, OpError> => {
  if (interpreter instanceof Tracer) interpreter.site = site
  try {
    return rule()
  } catch (error) {
    return failure(error, site)
  }
}

/**
 * Running a user's program under a tracer.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "./errors.ts"
import { attempt, failure } from "./evaluator.ts"
import { Interpreter } from "./interpreter.ts"
import { CaptureSites, enter, leave, ofRule, type Site } from "./site.ts"
import type { Aval, Tensor } from "./tensor.ts"
import { isTensor, scalar } from "./tensor.ts"
import type { Trace } from "./trace.ts"
import { Tracer } from "./tracer.ts"
import type { Flat, TreeDef } from "./tree.ts"
import { flattenWith, tuple, unflatten } from "./tree.ts"

/** A function of tensors, as transformations see it. */
export type Program = (...args: ReadonlyArray<any>) => unknown

type Leaf = number | Tensor | Effect.Effect<Tensor, unknown, unknown>

const acceptLeaf = (u: unknown): Leaf | undefined =>
  typeof u === "number" || isTensor(u) ? u : Effect.isEffect(u) ? u as Leaf : undefined

/** A tree taken apart, with the leaves marked that were written as plain numbers: they have no dtype of their own. */
export interface FlatResult extends Flat {
  readonly weak: ReadonlyArray<boolean>
}

/** The leaves of what a program gives: a tree of operands, or an Effect of one. */
export const flattenResult = (op: string, result: unknown): Effect.Effect<FlatResult, any, any> =>
  Effect.gen(function*() {
    const value = Effect.isEffect(result) ? yield* (result as Effect.Effect<unknown>) : result
    const { leaves, tree } = yield* attempt(() => flattenWith(op, value, "result", acceptLeaf), undefined)
    const tensors: Array<Tensor> = []
    for (const x of leaves) {
      tensors.push(typeof x === "number" ? scalar("float64", x) : isTensor(x) ? x : yield* (x as Effect.Effect<Tensor>))
    }
    return { leaves: tensors, tree, weak: leaves.map((x) => typeof x === "number") }
  })

/** The arguments of a program that is to be traced. */
export interface Arguments {
  readonly tree: TreeDef
  readonly avals: ReadonlyArray<Aval>
  /** Given, what depends on them can be read. */
  readonly values?: ReadonlyArray<Tensor> | undefined
  /** Values that the program closes over: further inputs of the list stand for them. */
  readonly free?: ReadonlyArray<Tensor> | undefined
}

/** A list, and which of its outputs were written as plain numbers. */
export interface Traced {
  readonly trace: Trace
  readonly weak: ReadonlyArray<boolean>
}

/** Runs `f` once, on traced tensors, and gives the list that it wrote. The user's E and R are kept. */
export const traceWeak = (
  op: string,
  f: Program,
  { avals, free, tree, values }: Arguments
): Effect.Effect<Traced, any, any> =>
  Effect.withFiber((fiber) => {
    const tracer = new Tracer(fiber.getRef(Interpreter))
    const inputs = avals.map((aval, i) => tracer.input(aval, values?.[i]))
    free?.forEach((x) => tracer.standIn(x))
    const argumentTree: TreeDef = free === undefined ? tree : tuple(inputs.length + free.length)
    const program = () => {
      const before = enter(undefined)
      try {
        return f(...unflatten(tree, inputs) as Array<unknown>)
      } finally {
        leave(before)
      }
    }
    return Effect.suspend(() => flattenResult(op, program())).pipe(
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

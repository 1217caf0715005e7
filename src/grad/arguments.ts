/**
 * Calls of transformed functions: their arguments flattened, with those that are differentiated marked, and their lists.
 */
import * as Effect from "effect/Effect"
import { isFloat } from "../core/dtype.ts"
import { ArgumentError, AxisError, describe, NonDifferentiableError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { flattenResult, type Program, traceProgram } from "../core/program.ts"
import { listOf } from "../core/shape.ts"
import { equals } from "../core/structure.ts"
import type { Aval, Tensor } from "../core/tensor.ts"
import { isConcrete, showAval } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import type { TreeDef } from "../core/tree.ts"
import { leafCount, leafPaths, leavesLike, type Like, unflatten } from "../core/tree.ts"

/** The flattened arguments of a call. */
export interface Call {
  readonly leaves: ReadonlyArray<Tensor>
  readonly tree: TreeDef
  /** Paths of the leaves, e.g. `args[0].layers[1].w`. */
  readonly paths: ReadonlyArray<string>
  /** The leaves that are differentiated. */
  readonly active: ReadonlyArray<boolean>
}

/** Flattens the arguments of a call of `op(f)`. */
export const flattenCall = (
  op: string,
  args: unknown,
  argnums: number | ReadonlyArray<number> | "all" = 0
): Effect.Effect<Call, any, any> =>
  // whatever Effects among the arguments fail with or need stands in the signature that the user sees
  Effect.flatMap(flattenResult(op, args, "args"), ({ leaves, tree }) =>
    attempt(() => {
      if (tree.kind !== "array") {
        throw new ArgumentError({ op, message: `${op} requires a list of arguments, got ${describe(args)}` })
      }
      const paths = leafPaths(tree, "args")
      const wanted = checkArgnums(op, argnums, tree.children.length)
      const active = tree.children.flatMap((child, i) => Array<boolean>(leafCount(child)).fill(wanted.includes(i)))
      leaves.forEach((x, i) => {
        if (active[i]) checkDifferentiable(op, x, paths[i]!)
      })
      return { leaves, tree, paths, active }
    }, undefined))

/** The arguments that are differentiated. Throws `AxisError`. */
const checkArgnums = (op: string, argnums: unknown, count: number): ReadonlyArray<unknown> => {
  if (argnums === "all") return Array.from({ length: count }, (_, i) => i)
  const wanted = listOf(argnums, 2 ** 16) ?? [argnums]
  const wrong = wanted.find((n) => typeof n !== "number" || !Number.isInteger(n) || n < 0 || n >= count)
  if (wanted.every((n) => typeof n === "number" && Number.isInteger(n) && n >= 0 && n < count)) return wanted
  const range = count === 0 ? "an argument to differentiate" : `argnums from 0 to ${count - 1}`
  throw new AxisError({
    op,
    message: `${op} requires ${range} for ${count} arguments, got ${describe(wrong)}`
  })
}

/** A call, and the list that its function writes for it. */
export interface TracedCall extends Call {
  readonly trace: Trace
}

/**
 * The list that a call of `op(f)` writes. While it is written, the host's `if` and loops may read what depends on the arguments,
 * unless only their types are known.
 */
export const writeCall = (
  op: string,
  f: Program,
  args: unknown,
  argnums: number | ReadonlyArray<number> | "all",
  known: "values" | "types" = "values"
): Effect.Effect<TracedCall, any, any> =>
  Effect.gen(function*() {
    const call = yield* flattenCall(op, args, argnums)
    const { leaves, tree } = call
    const values = known === "values" ? leaves : undefined
    return { ...call, trace: yield* traceProgram(op, f, { tree, avals: leaves, values }) }
  })

/** The last list of each function. */
const lists = new WeakMap<Program, Trace>()

/** The list of a call: the one that `f` wrote the last time, if it is the same program, so that what was derived from it is known. */
export const traceCall = (...given: Parameters<typeof writeCall>): ReturnType<typeof writeCall> =>
  Effect.map(writeCall(...given), (call) => {
    const [, f] = given
    const { trace } = call
    const last = lists.get(f)
    if (last !== undefined && equals(last, trace) && sitesOf(last) === sitesOf(trace)) {
      return { ...call, trace: last }
    }
    // a list does not outlive the transformations whose values it holds
    if (trace.captured.every(isConcrete)) lists.set(f, trace)
    return call
  })

/** How many equations know where they were called. */
const sitesOf = ({ equations }: Trace): number => equations.reduce((n, { site }) => site === undefined ? n : n + 1, 0)

const checkDifferentiable = (op: string, x: Aval, path: string): void => {
  if (isFloat(x.dtype)) return
  throw new NonDifferentiableError({
    op,
    dtypes: [x.dtype],
    shapes: [x.shape],
    message: `${op} requires float arguments to differentiate, got ${
      showAval(x)
    } at ${path}; cast it, or leave it out of argnums`
  })
}

/** The tree of the differentiated arguments from one leaf for each active one: a tuple if `argnums` is a list. */
export const unflattenActive = <Leaf>(
  { active, tree }: Call,
  argnums: number | ReadonlyArray<number>,
  leaves: ReadonlyArray<Leaf>
): unknown => {
  let next = 0
  const all = unflatten(tree, active.map((a) => a ? leaves[next++] : undefined)) as ReadonlyArray<unknown>
  return typeof argnums === "number" ? all[argnums] : argnums.map((n) => all[n])
}

/** The leaves of a tree that must look like `expected`: tangents like primals, cotangents like results. */
export const flattenLike = (
  op: string,
  what: string,
  value: unknown,
  expected: Like
): Effect.Effect<ReadonlyArray<Tensor>, any, any> =>
  Effect.flatMap(
    flattenResult(op, value, what),
    (flat) => attempt(() => leavesLike(op, what, flat, expected), undefined)
  )

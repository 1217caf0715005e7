/**
 * Loops as entries of the list, not unrolled: `scan`, and what is a scan underneath.
 */
import * as Effect from "effect/Effect"
import { ShapeError, TreeMismatchError } from "../core/errors.ts"
import { applyAll, type Op, op } from "../core/operation.ts"
import { flattenResult, type Program, traceProgram } from "../core/program.ts"
import { sameShape } from "../core/shape.ts"
import type { Aval, Tensor } from "../core/tensor.ts"
import { fromData, isTensor, showAval } from "../core/tensor.ts"
import { outputAvals, type Trace } from "../core/trace.ts"
import type { Flat, TreeDef } from "../core/tree.ts"
import { leafCount, leafPaths, sameTree, showTree, unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { checkpoint } from "./checkpoint.ts"
import { castTo, reshapeTo } from "./layout.ts"
import { concatAll, sliceAxis } from "./movement.ts"
import { scanPrimitive } from "./scan.ts"
import { closeOver, freeTensors } from "./subtrace.ts"

/** How a scan runs. */
export interface LoopOptions extends Typed.ScanOptions {
  /**
   * Keep the carry of every k-th step alone, and compute the steps between again when running backwards; `true` takes
   * √length.
   */
  readonly checkpoint?: number | boolean | undefined
}

/** The leaves of a tree of operands; `null` is the empty tree. */
const leavesOf = (op: string, value: unknown) => flattenResult(op, value ?? [])

/** A carry whose leaves keep structure, shape and dtype from step to step. Throws where they do not. */
export const checkCarry = (op: string, init: TreeDef, avals: ReadonlyArray<Aval>, after: TreeDef, outputs: ReadonlyArray<Aval>) => {
  if (!sameTree(init, after)) {
    return new TreeMismatchError({
      op,
      path: "carry",
      message: `${op} requires a body that gives a carry with the structure ${showTree(init)}, got ${showTree(after)}`
    })
  }
  const paths = leafPaths(init, "carry")
  const i = avals.findIndex((aval, i) => aval.dtype !== outputs[i]!.dtype || !sameShape(aval.shape, outputs[i]!.shape))
  return i === -1 ? undefined : new TreeMismatchError({
    op,
    path: paths[i]!,
    shapes: [avals[i]!.shape, outputs[i]!.shape],
    dtypes: [avals[i]!.dtype, outputs[i]!.dtype],
    message: `${op} requires a carry that keeps its type, got ${showAval(avals[i]!)} before and ${showAval(outputs[i]!)} after a step at ${paths[i]}`
  })
}

/** The initial carry, with plain numbers in the dtype that the body gives them. */
export const traceCarry = (
  op: string,
  init: unknown,
  body: (carry: Flat) => Effect.Effect<{ readonly trace: Trace; readonly tree: TreeDef; readonly outputs: ReadonlyArray<Aval> }, any, any>
) =>
  Effect.gen(function*() {
    const carry = yield* leavesOf(op, init)
    const isNumber = carry.leaves.map((_, i) => numbersOf(init, carry.leaves.length)[i] === true)
    const first = yield* body(carry)
    const adapted = yield* Effect.forEach(carry.leaves, (x, i) =>
      isNumber[i] && first.outputs[i] !== undefined ? castTo(x, first.outputs[i].dtype) : Effect.succeed(x))
    const changed = adapted.some((x, i) => x.dtype !== carry.leaves[i]!.dtype)
    const start = { leaves: adapted, tree: carry.tree }
    const traced = changed ? yield* body(start) : first
    const error = checkCarry(op, carry.tree, adapted, traced.tree, traced.outputs)
    if (error !== undefined) return yield* error
    return { carry: start, trace: traced.trace }
  })

/** Which leaves of a tree of operands were written as plain numbers. */
const numbersOf = (value: unknown, count: number): ReadonlyArray<boolean> => {
  const marks: Array<boolean> = []
  const go = (u: unknown): void => {
    if (typeof u === "number") marks.push(true)
    else if (isTensor(u) || Effect.isEffect(u)) marks.push(false)
    else if (Array.isArray(u)) u.forEach(go)
    else if (typeof u === "object" && u !== null) Object.keys(u).sort().forEach((k) => go((u as { [key: string]: unknown })[k]))
  }
  go(value)
  return marks.length === count ? marks : []
}

/** The number of steps: the common size of the first axes, and `length` where there is nothing to scan over. */
const stepsOf = (xs: Flat, given: number | undefined) => {
  const paths = leafPaths(xs.tree, "xs")
  const length = given ?? xs.leaves[0]?.shape[0]
  const bad = xs.leaves.findIndex((x) => x.shape.length === 0 || x.shape[0] !== length)
  if (length === undefined || !Number.isInteger(length) || length < 0 || bad !== -1) {
    return new ShapeError({
      op: "scan",
      shapes: xs.leaves.map((x) => x.shape),
      message: bad === -1
        ? `scan requires xs or a length, got ${String(length)}`
        : `scan requires xs with ${length} steps along their first axis, got ${showAval(xs.leaves[bad]!)} at ${paths[bad]}`
    })
  }
  return length
}

const scanOf = (f: Program, init: unknown, xs: unknown, options: LoopOptions = {}): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const slices = yield* leavesOf("scan", xs)
    const length = stepsOf(slices, options.length)
    if (typeof length !== "number") return yield* length
    const block = options.checkpoint === true ? Math.ceil(Math.sqrt(length)) : options.checkpoint || 0
    if (block > 0 && block < length) return yield* blockwise(f, init, slices, length, block, options.reverse === true)

    const one = slices.leaves.map(({ dtype, shape }): Aval => ({ dtype, shape: shape.slice(1) }))
    let resultTree: TreeDef | undefined
    const { carry, trace } = yield* traceCarry("scan", init, (carry) =>
      Effect.gen(function*() {
        const trace = yield* traceProgram("scan", (c, x) => f(c, xs === null || xs === undefined ? xs : x), {
          tree: { kind: "array", children: [carry.tree, slices.tree] },
          avals: [...carry.leaves, ...one]
        })
        const [after, ys] = trace.resultTree.kind === "array" ? trace.resultTree.children : []
        if (after === undefined || ys === undefined) {
          return yield* new TreeMismatchError({
            op: "scan",
            path: "result",
            message: `scan requires a body that gives [carry, y], got ${showTree(trace.resultTree)}`
          })
        }
        resultTree = trace.resultTree
        return { trace, tree: after, outputs: outputAvals(trace).slice(0, leafCount(after)) }
      }))
    const free = freeTensors([trace])
    const results = yield* applyAll(scanPrimitive, [...free, ...carry.leaves, ...slices.leaves], {
      body: closeOver(trace, free, "front"),
      length,
      reverse: options.reverse === true,
      consts: free.length,
      carry: carry.leaves.length
    })
    return unflatten(resultTree!, results)
  })

/** A scan over blocks of a scan that is computed again when it runs backwards. */
const blockwise = (f: Program, init: unknown, xs: Flat, length: number, size: number, reverse: boolean) =>
  Effect.gen(function*() {
    const blocks = Math.floor(length / size)
    const isEmpty = xs.leaves.length === 0
    const inner = checkpoint((carry: any, x: any) => scanOf(f, carry, isEmpty ? null : x, { length: size, reverse }))
    const rest = length - blocks * size
    // what does not fill a block comes last
    const [from, tail] = reverse ? [rest, 0] : [0, blocks * size]
    const some = yield* Effect.forEach(xs.leaves, (x) =>
      Effect.flatMap(sliceAxis(x, 0, from, from + blocks * size), (y) =>
        reshapeTo(y, [blocks, size, ...x.shape.slice(1)])))
    const [carry, ys] = yield* scanOf(inner, init, unflatten(xs.tree, some), { length: blocks, reverse })
    const many = yield* leavesOf("scan", ys)
    const flat = yield* Effect.forEach(many.leaves, (y) => reshapeTo(y, [blocks * size, ...y.shape.slice(2)]))
    if (rest === 0) return [carry, unflatten(many.tree, flat)]
    const few = yield* Effect.forEach(xs.leaves, (x) => sliceAxis(x, 0, tail, tail + rest))
    const [last, others] = yield* scanOf(f, carry, isEmpty ? null : unflatten(xs.tree, few), { length: rest, reverse })
    const remaining = yield* leavesOf("scan", others)
    const joined = yield* Effect.forEach(flat, (y, i) =>
      concatAll(reverse ? [remaining.leaves[i]!, y] : [y, remaining.leaves[i]!], 0))
    return [last, unflatten(many.tree, joined)]
  })

/**
 * A loop with a carry: `f(carry, x)` gives `[carry, y]`; the result is `[last carry, all ys]`. One equation of the list,
 * whatever the length; its derivative is a scan too.
 */
export const scan: Op<Typed.Scan> = op(scanOf, scanPrimitive)

/** `f` applied to each slice of `xs` along the first axis, one after the other. For all at once, `vmap`. */
export const map = signed<MapSlices>((f: Program, xs: unknown) =>
  Effect.map(scanOf((_, x) => Effect.map(leavesOf("map", f(x)), (y) => [[], unflatten(y.tree, y.leaves)]), [], xs), ([, ys]) => ys)
)

/** The signature of `map`. */
export interface MapSlices {
  <X, A, E, R>(f: (x: X) => Effect.Effect<A, E, R>, xs: X): Effect.Effect<A, E, R>
}

/** The whole numbers from `lower` up to `upper`, without it. */
export const wholeNumbers = (lower: number, upper: number): Tensor =>
  fromData([Math.max(0, upper - lower)], "int32", Int32Array.from({ length: Math.max(0, upper - lower) }, (_, i) => lower + i))

export { scanOf }

/**
 * Loops as entries of the list, not unrolled: `scan`, and what is a scan underneath.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../../core/closure.ts"
import { describe, DTypeError, ShapeError, TreeMismatchError } from "../../core/errors.ts"
import { attempt } from "../../core/evaluator.ts"
import { applyAll } from "../../core/operation.ts"
import { checkOptions, flag } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { callProgram, checkProgram, flattenResult, type Program, traceProgram } from "../../core/program.ts"
import { signed } from "../../core/signed.ts"
import { here } from "../../core/site.ts"
import type { Aval, Tensor } from "../../core/tensor.ts"
import { isEffect, sameAval, showAval } from "../../core/tensor.ts"
import { outputAvals, type Trace } from "../../core/trace.ts"
import type { Flat, TreeDef } from "../../core/tree.ts"
import { leafCount, leafPaths, sameTree, showTree, unflatten } from "../../core/tree.ts"
import type * as Typed from "../../types/signatures.ts"
import { reshapeTo } from "../movement/layout.ts"
import { concatAll, sliceAxis } from "../movement/parts.ts"
import { checkpoint } from "./checkpoint.ts"
import { scanPrimitive } from "./scan.ts"
import { adaptTo } from "./subtrace.ts"

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

/** What a step gives, with the empty tree as output where it gives none. */
const withoutNull = (step: unknown): unknown =>
  isEffect(step)
    ? Effect.map(step, withoutNull)
    : Array.isArray(step) && step.length === 2 && (step[1] === null || step[1] === undefined)
    ? [step[0], []]
    : step

/** A carry whose leaves keep structure, shape and dtype from step to step. Throws where they do not. */
export const checkCarry = (
  op: string,
  init: TreeDef,
  avals: ReadonlyArray<Aval>,
  after: TreeDef,
  outputs: ReadonlyArray<Aval>
) => {
  if (!sameTree(init, after)) {
    return new TreeMismatchError({
      op,
      path: "carry",
      message: `${op} requires a body that gives a carry with the structure ${showTree(init)}, got ${showTree(after)}`
    })
  }
  const paths = leafPaths(init, "carry")
  const i = avals.findIndex((aval, i) => !sameAval(aval, outputs[i]!))
  return i === -1 ? undefined : new TreeMismatchError({
    op,
    path: paths[i]!,
    shapes: [avals[i]!.shape, outputs[i]!.shape],
    dtypes: [avals[i]!.dtype, outputs[i]!.dtype],
    message: `${op} requires a carry that keeps its type, got ${showAval(avals[i]!)} before and ${
      showAval(outputs[i]!)
    } after a step at ${paths[i]}`
  })
}

/** The initial carry, with plain numbers in the dtype that the body gives them. */
export const traceCarry = (
  op: string,
  init: unknown,
  body: (
    carry: Flat
  ) => Effect.Effect<{ readonly trace: Trace; readonly tree: TreeDef; readonly outputs: ReadonlyArray<Aval> }, any, any>
) =>
  Effect.gen(function*() {
    const carry = yield* leavesOf(op, init)
    // a plain number takes the dtype that the body gives it; beside int32, it is one from the start
    const whole = (x: Tensor, i: number) => carry.weak[i] ? adaptTo(op, x, "int32") : Effect.succeed(x)
    const first = yield* body(carry).pipe(
      Effect.catchIf(
        (error) => error instanceof DTypeError && carry.weak.includes(true),
        (error) =>
          Effect.forEach(carry.leaves, whole).pipe(
            Effect.flatMap((leaves) => body({ leaves, tree: carry.tree })),
            Effect.mapError(() => error)
          )
      )
    )
    const adapted = yield* Effect.forEach(carry.leaves, (x, i) =>
      carry.weak[i] && first.outputs[i] !== undefined ? adaptTo(op, x, first.outputs[i].dtype) : Effect.succeed(x))
    const changed = adapted.some((x, i) =>
      x.dtype !== carry.leaves[i]!.dtype
    )
    const start = { leaves: adapted, tree: carry.tree }
    const traced = changed ? yield* body(start) : first
    const error = checkCarry(op, carry.tree, adapted, traced.tree, traced.outputs)
    if (error !== undefined) return yield* error
    return { carry: start, trace: traced.trace }
  })

/** The number of steps: the common size of the first axes, and `length` where there is nothing to scan over. */
const stepsOf = (op: string, xs: Flat, given: unknown) => {
  const paths = leafPaths(xs.tree, "xs")
  const length = given ?? xs.leaves[0]?.shape[0]
  const bad = xs.leaves.findIndex((x) => x.shape.length === 0 || x.shape[0] !== length)
  if (typeof length !== "number" || !Number.isInteger(length) || length < 0 || bad !== -1) {
    return new ShapeError({
      op,
      shapes: xs.leaves.map((x) => x.shape),
      message: bad === -1
        ? `${op} requires xs or a length, got ${describe(length)}`
        : `${op} requires xs with ${
          length === undefined ? "the same number of" : describe(length)
        } steps along their first axis, got ${showAval(xs.leaves[bad]!)} at ${paths[bad]}`
    })
  }
  return length
}

/** A body that has been traced: its list takes `[...free, ...carry, ...slices of xs]`. */
interface Body {
  readonly list: Trace
  readonly free: ReadonlyArray<Tensor>
  readonly carry: number
}

/** The results of the loop: the leaves of the last carry, and of all ys. */
const runScan = (
  { carry: count, free, list }: Body,
  carry: ReadonlyArray<Tensor>,
  xs: ReadonlyArray<Tensor>,
  length: number,
  reverse: boolean
): OpEffect<ReadonlyArray<Tensor>> =>
  applyAll(scanPrimitive, [...free, ...carry, ...xs], {
    body: list,
    length,
    reverse,
    consts: free.length,
    carry: count
  })

/** `scan`, with the name that its errors give. */
export const scanAs = (
  op: string,
  f: Program,
  init: unknown,
  xs: unknown,
  given?: LoopOptions
): Effect.Effect<any, any, any> =>
  here(op, () =>
    Effect.gen(function*() {
      const options = yield* attempt(
        () => checkOptions(op, given, { length: "checked", reverse: flag, checkpoint: "checked" }),
        undefined
      )
      const slices = yield* leavesOf(op, xs)
      const length = stepsOf(op, slices, options.length)
      if (typeof length !== "number") return yield* length

      const one = slices.leaves.map(({ dtype, shape }): Aval => ({ dtype, shape: shape.slice(1) }))
      const { carry, trace } = yield* traceCarry(op, init, (carry) =>
        Effect.gen(function*() {
          const trace = yield* traceProgram(
            op,
            (c, x) => withoutNull(checkProgram(op, f)(c, xs === null || xs === undefined ? xs : x)),
            {
              tree: { kind: "array", children: [carry.tree, slices.tree] },
              avals: [...carry.leaves, ...one],
              repeats: true
            }
          )
          const [after, ys, ...rest] = trace.resultTree.kind === "array" ? trace.resultTree.children : []
          if (after === undefined || ys === undefined || rest.length > 0) {
            return yield* new TreeMismatchError({
              op,
              path: "result",
              message: `${op} requires a body that gives [carry, y], got ${showTree(trace.resultTree)}`
            })
          }
          return { trace, tree: after, outputs: outputAvals(trace).slice(0, leafCount(after)) }
        }))
      const free = freeTensors([trace])
      const body: Body = { list: closeOver(trace, free, "front"), free, carry: carry.leaves.length }
      const { checkpoint: wanted = 0 } = options
      const block = wanted === true ? Math.ceil(Math.sqrt(length)) : wanted === false ? 0 : wanted
      if (!Number.isInteger(block) || block < 0) {
        return yield* new ShapeError({
          op,
          message: `${op} requires a whole number of steps to checkpoint, got ${describe(block)}`
        })
      }
      const run = block > 0 && block < length ? runBlocks(block) : runScan
      return unflatten(
        trace.resultTree,
        yield* run(body, carry.leaves, slices.leaves, length, options.reverse === true)
      )
    }))

/** The same results by a scan over blocks, each a scan that is computed again when it runs backwards. */
const runBlocks = (size: number): typeof runScan => (body, carry, xs, length, reverse) =>
  Effect.gen(function*() {
    const blocks = Math.floor(length / size)
    const rest = length - blocks * size
    // what does not fill a block comes last
    const [from, tail] = reverse ? [rest, 0] : [0, blocks * size]
    const inner = checkpoint((carry: ReadonlyArray<Tensor>, x: ReadonlyArray<Tensor>) =>
      runScan(body, carry, x, size, reverse)
    )
    const step = (carry: ReadonlyArray<Tensor>, x: ReadonlyArray<Tensor> | null) =>
      Effect.map(inner(carry, x ?? []), (all) => [all.slice(0, body.carry), all.slice(body.carry)])
    const grouped = yield* Effect.forEach(xs, (x) =>
      Effect.flatMap(sliceAxis(x, 0, from, from + blocks * size), (y) =>
        reshapeTo(y, [blocks, size, ...x.shape.slice(1)])))
    const outer = scanAs("scan", step, carry, grouped.length === 0 ? null : grouped, { length: blocks, reverse })
    // the program scanned here is ours: it fails with OpError alone, and carries lists
    const [last, many] = yield* outer as OpEffect<readonly [ReadonlyArray<Tensor>, ReadonlyArray<Tensor>]>
    const ys = yield* Effect.forEach(many, (y) =>
      reshapeTo(y, [blocks * size, ...y.shape.slice(2)]))
    if (rest === 0) {
      return [...last, ...ys]
    }
    const few = yield* Effect.forEach(xs, (x) =>
      sliceAxis(x, 0, tail, tail + rest))
    const remaining = yield* runScan(body, last, few, rest, reverse)
    const joined = yield* Effect.forEach(ys, (y, i) => {
      const z = remaining[body.carry + i]!
      return concatAll(reverse ? [z, y] : [y, z], 0)
    })
    return [...remaining.slice(0, body.carry), ...joined]
  })

/**
 * A loop with a carry: `f(carry, x)` gives `[carry, y]` for each slice `x` of `xs` along the first axis, and the result
 * is `[last carry, all ys]`. One equation of the list, whatever the length; its derivative is a scan too.
 *
 * Carry, `xs` and `y` are trees; the carry keeps structure, shapes and dtypes. `xs` may be `null` with a `length`;
 * `reverse` runs from the last to the first; `checkpoint: k` keeps the carry of every k-th step alone (`true`: every
 * √length-th) and computes the steps between again on the way back. Fails with `ShapeError` for first axes that differ,
 * with `TreeMismatchError` for a carry that changes its type, and with the errors of `f`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, scan, Tensor } from "wengert"
 *
 * const f = (balance: Tensor, rate: Tensor) => [mul(balance, rate), balance] as const
 * const [last, all] = Effect.runSync(scan(f, Tensor.make(100), Tensor.make([2, 0.5, 3])))
 * console.log(last) // => tensor(300., float64)
 * console.log(all) // => tensor([100., 200., 100.], float64)
 * ```
 */
export const scan: Typed.Scan = signed((f: Program, init: unknown, xs: unknown, options?: LoopOptions) =>
  scanAs("scan", f, init, xs, options)
)

/**
 * `f` applied to each slice of `xs` along the first axis, one after the other: a `scan` without a carry. For all at
 * once, which is faster and takes more memory, `vmap`.
 *
 * `xs` and what `f` gives are trees. Fails with `ShapeError` for first axes that differ, and with the errors of `f`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { map, sum, Tensor } from "wengert"
 *
 * const x = Tensor.make([[1, 2], [3, 4]])
 * console.log(Effect.runSync(map((row: Tensor) => sum(row), x))) // => tensor([3., 7.], float64)
 * ```
 */
export const map = signed<MapSlices>((f: Program, xs: unknown) =>
  Effect.map(
    scanAs("map", (_, x) => Effect.map(callProgram("map", f, [x]), (y) => [[], unflatten(y.tree, y.leaves)]), [], xs),
    ([, ys]) => ys
  )
)

/** The signature of `map`. */
export interface MapSlices {
  <X, A, E, R>(f: (x: X) => Effect.Effect<A, E, R>, xs: X): Effect.Effect<A, E, R>
}

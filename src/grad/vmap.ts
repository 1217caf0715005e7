/**
 * Batching for users: `vmap`.
 */
import * as Effect from "effect/Effect"
import { AxisError, describe, ShapeError, TreeMismatchError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { checkOptions, propertiesOf } from "../core/options.ts"
import { type Program, traceProgram } from "../core/program.ts"
import { listOf, normalizeAxis, showList } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Tensor } from "../core/tensor.ts"
import { showAval } from "../core/tensor.ts"
import type { TreeDef } from "../core/tree.ts"
import { leafCount, leafPaths, showTree, unflatten } from "../core/tree.ts"
import { moveAxis } from "../ops/movement/layout.ts"
import type { Vmap, VmapOptions } from "../types/transformations.ts"
import { flattenCall } from "./arguments.ts"
import { transform } from "./transform.ts"

/** The batch axis of a leaf; `null` where it is the same for the whole batch. */
type Axis = number | null

/** One axis for each leaf, from a spec that is a prefix of the tree: a number stands for everything below it. */
const axesOf = (what: string, spec: unknown, tree: TreeDef, path: string): Array<Axis> => {
  if (spec === null || typeof spec === "number") return Array<Axis>(leafCount(tree)).fill(spec)
  const list = listOf(spec, 2 ** 16)
  if (tree.kind === "array" && list?.length === tree.children.length) {
    return tree.children.flatMap((child, i) => axesOf(what, list[i], child, `${path}[${i}]`))
  }
  if (tree.kind === "record" && list === undefined) {
    const given = propertiesOf(spec) ?? {}
    if (tree.keys.length === Object.keys(given).length && tree.keys.every((k) => k in given)) {
      return tree.children.flatMap((child, i) => axesOf(what, given[tree.keys[i]!], child, `${path}.${tree.keys[i]}`))
    }
  }
  throw new TreeMismatchError({
    op: "vmap",
    path,
    message: `vmap requires ${what} that is a number, null or a prefix of ${showTree(tree)}, got ${
      list === undefined ? describe(spec) : showList(list)
    } at ${path}`
  })
}

/** The size that all batched leaves agree on. */
const batchSize = (leaves: ReadonlyArray<Tensor>, axes: ReadonlyArray<Axis>, paths: ReadonlyArray<string>): number => {
  const sizes = leaves.flatMap((x, i) => {
    const axis = axes[i]!
    return axis === null ? [] : [{ path: paths[i]!, size: x.shape[axis]!, aval: showAval(x), axis, shape: x.shape }]
  })
  const [first] = sizes
  if (first === undefined) {
    throw new AxisError({
      op: "vmap",
      message: `vmap requires a batch axis for at least one argument, got null for all`
    })
  }
  const other = sizes.find(({ size }) => size !== first.size)
  if (other !== undefined) {
    throw new ShapeError({
      op: "vmap",
      shapes: [first.shape, other.shape],
      message:
        `vmap requires one batch size, got ${first.size} in axis ${first.axis} of ${first.path} (${first.aval}) and ` +
        `${other.size} in axis ${other.axis} of ${other.path} (${other.aval})`
    })
  }
  return first.size
}

const batched = (f: Program, options: VmapOptions | undefined, args: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { inAxes = 0, outAxes = 0 } = yield* attempt(
      () => checkOptions("vmap", options, { inAxes: "checked", outAxes: "checked" }),
      undefined
    )
    const { leaves, paths, tree } = yield* flattenCall("vmap", args, [])
    const { axes, size } = yield* attempt(() => {
      const axes = axesOf("inAxes", inAxes, tree, "args").map((a, i) =>
        a === null ? null : normalizeAxis("vmap", a, leaves[i]!.shape.length, leaves[i]!.shape)
      )
      return { axes, size: batchSize(leaves, axes, paths) }
    }, undefined)
    const inFront = yield* Effect.forEach(leaves, (x, i) => {
      const axis = axes[i]!
      return axis === null ? Effect.succeed(x) : moveAxis(x, axis, 0)
    })
    const avals = leaves.map(({ dtype, shape }, i) => ({ dtype, shape: shape.filter((_, a) => a !== axes[i]) }))
    const trace = yield* traceProgram("vmap", f, { tree, avals, repeats: true })
    const resultPaths = leafPaths(trace.resultTree, "result")
    const wanted = yield* attempt(() => axesOf("outAxes", outAxes, trace.resultTree, "result"), undefined)
    const many = yield* transform.batch(trace, axes.map((a) => a !== null), size, wanted.map((a) => a !== null))
    const results = yield* (yield* Interpreter).run(many.trace, inFront)
    const placed = yield* Effect.forEach(results, (y, i): Effect.Effect<Tensor, any> => {
      const axis = wanted[i]!
      if (axis !== null) {
        return Effect.flatMap(
          attempt(() => normalizeAxis("vmap", axis, y.shape.length, y.shape), undefined),
          (a) => moveAxis(y, 0, a)
        )
      }
      if (!many.batched[i]) return Effect.succeed(y)
      return Effect.fail(
        new AxisError({
          op: "vmap",
          message: `vmap requires an out axis for a result that depends on the batch, got null for ${resultPaths[i]}`
        })
      )
    })
    return unflatten(trace.resultTree, placed)
  })

/**
 * `f` for a whole batch at once, written for one element: its ops run on tensors with one axis more.
 *
 * `inAxes` says where the batch axis of the arguments is: a number (0 by default), `null` for what is the same for the
 * whole batch, or a tree of these along the arguments; `outAxes` says the same of the results. Fails with `ShapeError`
 * for batch sizes that differ, with `AxisError` for an axis that is not there or a batched result without one, with
 * `TreeMismatchError` for axes that do not fit the arguments, and with the errors of `f`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, sum, Tensor, vmap } from "wengert"
 *
 * const dot = (x: Tensor<[2]>, y: Tensor<[2]>) => sum(mul(x, y))
 * const products = vmap(dot, { inAxes: [0, null] })
 * const rows = Tensor.make([[1, 2], [3, 4]])
 * console.log(Effect.runSync(products(rows, Tensor.make([1, 1])))) // => tensor([3., 7.], float64)
 * ```
 */
export const vmap = signed<Vmap>((f: Program, options?: VmapOptions) => (...args: ReadonlyArray<unknown>) =>
  batched(f, options, args)
)

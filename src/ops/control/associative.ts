/**
 * Prefix sums of any associative operation, in log n vectorised steps.
 *
 * Source: G. E. Blelloch, "Prefix sums and their applications", 1990.
 */
import * as Effect from "effect/Effect"
import { ShapeError } from "../../core/errors.ts"
import { attempt } from "../../core/evaluator.ts"
import { checkOptions, flag } from "../../core/options.ts"
import { callProgram, flattenResult, type Program } from "../../core/program.ts"
import { normalizeAxis } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import { here } from "../../core/site.ts"
import { showAval, type Tensor } from "../../core/tensor.ts"
import { leavesLike, type TreeDef, unflatten } from "../../core/tree.ts"
import { moveAxis, reshapeTo } from "../movement/layout.ts"
import { concatAll, flipOver, sliceAxis } from "../movement/parts.ts"

/** Options of `associativeScan`. */
export interface AssociativeOptions {
  readonly axis?: number | undefined
  /** From the last to the first. */
  readonly reverse?: boolean | undefined
}

/** The signature of `associativeScan`. */
export interface AssociativeScan {
  <X, E, R>(
    f: (a: X, b: X) => Effect.Effect<NoInfer<X>, E, R>,
    xs: X,
    options?: AssociativeOptions
  ): Effect.Effect<X, E, R>
}

type Leaves = ReadonlyArray<Tensor>

/** Combines two trees whose leaves have the axis first. */
const combine = (f: Program, tree: TreeDef, a: Leaves, b: Leaves): Effect.Effect<Leaves, any, any> =>
  Effect.flatMap(
    callProgram("associativeScan", f, [unflatten(tree, a), unflatten(tree, b)]),
    (c) => attempt(() => leavesLike("associativeScan", "a function with results", c, { tree, avals: a }), undefined)
  )

/** a₀, b₀, a₁, b₁, … where `a` may be one longer. */
const interleave = (a: Tensor, b: Tensor) =>
  Effect.gen(function*() {
    const [n, ...rest] = b.shape as [number, ...Array<number>]
    const pairs = yield* concatAll([
      yield* reshapeTo(yield* sliceAxis(a, 0, 0, n), [n, 1, ...rest]),
      yield* reshapeTo(b, [n, 1, ...rest])
    ], 1)
    const flat = yield* reshapeTo(pairs, [2 * n, ...rest])
    return a.shape[0] === n ? flat : yield* concatAll([flat, yield* sliceAxis(a, 0, n, n + 1)], 0)
  })

/** Neighbours are combined, the pairs scanned, and what lies between them filled in. */
const scanLeaves = (f: Program, tree: TreeDef, xs: Leaves): Effect.Effect<Leaves, any, any> =>
  Effect.gen(function*() {
    const n = xs[0]!.shape[0]!
    if (n < 2) return xs
    const each = (g: (x: Tensor) => Effect.Effect<Tensor, any, any>, all: Leaves) => Effect.forEach(all, g)
    const pairs = yield* combine(
      f,
      tree,
      yield* each((x) => sliceAxis(x, 0, 0, n - 1, 2), xs),
      yield* each((x) => sliceAxis(x, 0, 1, n, 2), xs)
    )
    const odd = yield* scanLeaves(f, tree, pairs)
    const first = yield* each((x) => sliceAxis(x, 0, 0, 1), xs)
    if (n === 2) return yield* Effect.forEach(first, (x, i) => concatAll([x, odd[i]!], 0))
    const between = yield* combine(
      f,
      tree,
      yield* each((y) => sliceAxis(y, 0, 0, Math.ceil(n / 2) - 1), odd),
      yield* each((x) => sliceAxis(x, 0, 2, n, 2), xs)
    )
    const even = yield* Effect.forEach(first, (x, i) => concatAll([x, between[i]!], 0))
    return yield* Effect.forEach(even, (y, i) => interleave(y, odd[i]!))
  })

const associativeOf = (
  f: Program,
  xs: unknown,
  options?: AssociativeOptions
): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const { axis = 0, reverse = false } = yield* attempt(
      () => checkOptions("associativeScan", options, { axis: "checked", reverse: flag }),
      undefined
    )
    const { leaves, tree } = yield* flattenResult("associativeScan", xs)
    const axes = yield* attempt(
      () => leaves.map((x) => normalizeAxis("associativeScan", axis, x.shape.length, x.shape)),
      undefined
    )
    const length = leaves[0]?.shape[axes[0]!]
    if (length === undefined || leaves.some((x, i) => x.shape[axes[i]!] !== length)) {
      return yield* new ShapeError({
        op: "associativeScan",
        shapes: leaves.map((x) => x.shape),
        message: `associativeScan requires leaves of one length along axis ${axis}, got ${
          leaves.map(showAval).join(", ")
        }`
      })
    }
    const turn = (x: Tensor) => reverse ? flipOver(x, [0]) : Effect.succeed(x)
    const inFront = yield* Effect.forEach(leaves, (x, i) => Effect.flatMap(moveAxis(x, axes[i]!, 0), turn))
    const scanned = yield* scanLeaves(f, tree, inFront)
    return unflatten(
      tree,
      yield* Effect.forEach(scanned, (y, i) => Effect.flatMap(turn(y), (z) => moveAxis(z, 0, axes[i]!)))
    )
  })

/**
 * All prefixes x₀, x₀∘x₁, x₀∘x₁∘x₂, … of an associative operation: about 2n applications in 2 log₂ n vectorised steps.
 *
 * `f(a, b)` is given trees of whole slices along `axis` (0 by default) and combines them elementwise along it; with
 * `reverse` it runs from the last to the first, and `a` is what comes later. Fails with `ShapeError` for leaves of
 * different lengths, with `AxisError`, and with `TreeMismatchError` for an `f` that does not keep the type. Source: G.
 * E. Blelloch, "Prefix sums and their applications", 1990.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { associativeScan, mul, Tensor } from "wengert"
 *
 * const x = Tensor.make([1, 2, 3, 4])
 * console.log(Effect.runSync(associativeScan((a, b) => mul(a, b), x))) // => tensor([ 1.,  2.,  6., 24.], float64)
 * ```
 */
export const associativeScan = signed<AssociativeScan>((...args: Parameters<typeof associativeOf>) =>
  here("associativeScan", () => associativeOf(...args))
)

/**
 * Trees of tensors, leaf by leaf. The functions of `Tree`.
 *
 * What programs take and give are trees: records, tuples and arrays, nested, with tensors as leaves. As ops do, these take
 * Effects as well, of trees and among the leaves; a number is a float64 scalar. Records are walked in the order of their
 * sorted keys. They fail with `TreeLeafError` for what is no tree, and as the given function fails.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { add, grad, mul, sub, Tensor, Tree } from "wengert"
 *
 * // one step of gradient descent, whatever the parameters are
 * const descend = <P>(loss: (p: P) => Effect.Effect<Tensor<[]>>, p: P) =>
 *   Tree.zipWith(p, grad(loss)(p), (x, dx) => sub(x, mul(0.1, dx)))
 *
 * const loss = ({ b, w }: { b: Tensor<[]>; w: Tensor<[]> }) => Effect.orDie(add(mul(w, w), b))
 * const next = Effect.runSync(descend(loss, { b: Tensor.make(1), w: Tensor.make(2) }))
 * console.log(next.w, next.b) // => tensor(1.6, float64) tensor(0.9, float64)
 * ```
 */
import * as Effect from "effect/Effect"
import type { TreeLeaves, TreeMap, TreePaths, TreeReduce, TreeZipWith } from "../types/signatures/tree.ts"
import { TreeMismatchError } from "./errors.ts"
import { attempt } from "./evaluator.ts"
import { checkProgram, flattenResult, type Program } from "./program.ts"
import { signed } from "./signed.ts"
import { isEffect } from "./tensor.ts"
import { leafPaths, sameTree, showTree, unflatten } from "./tree.ts"

/** What the user's function gives for a leaf, once it has run. */
const answer = (f: Program, ...args: ReadonlyArray<unknown>): Effect.Effect<unknown, any, any> =>
  Effect.flatMap(
    attempt(() => f(...args), undefined),
    (given): Effect.Effect<unknown, any, any> => isEffect(given) ? given : Effect.succeed(given)
  )

/** Leaf by leaf over trees of one structure. */
const zip = (op: string, trees: ReadonlyArray<unknown>, f: unknown): Effect.Effect<unknown, any, any> =>
  Effect.gen(function*() {
    const program = yield* attempt(() => checkProgram(op, f), undefined)
    const flat = yield* Effect.forEach(trees, (tree) => flattenResult(op, tree, ""))
    const { tree } = flat[0]!
    const other = flat.find((each) => !sameTree(tree, each.tree))
    if (other !== undefined) {
      return yield* new TreeMismatchError({
        op,
        path: "",
        message: `${op} requires trees of one structure, got ${showTree(tree)} and ${showTree(other.tree)}`
      })
    }
    const results: Array<unknown> = []
    for (const [i, path] of leafPaths(tree).entries()) {
      results.push(yield* answer(program, ...flat.map(({ leaves }) => leaves[i]), path))
    }
    return unflatten(tree, results)
  })

/**
 * The tree of what `f` gives for each leaf, and for its path.
 *
 * `f` may give an Effect, and it need not be of a tensor. Where the compiler does not know the shape of what `f` gives, it takes
 * the leaf to be like the one that was there.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sum, Tensor, Tree } from "wengert"
 *
 * const params = { w: Tensor.ones([2, 2]), b: Tensor.ones([2]) }
 * console.log(Effect.runSync(Tree.map(params, (x) => sum(x))).w) // => tensor(4., float64)
 * console.log(Effect.runSync(Tree.map(params, (x, path) => `${path} of ${x.size}`)).b) // => b of 2
 * ```
 */
export const map = signed<TreeMap>((tree: unknown, f: unknown) => zip("Tree.map", [tree], f))

/**
 * The tree of what `f` gives for each leaf, the one at the same place of another tree, and their path. Fails with
 * `TreeMismatchError` for trees of two structures.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sub, Tensor, Tree } from "wengert"
 *
 * const a = { w: Tensor.make([3, 4]), b: Tensor.make(1) }
 * const b = { w: Tensor.make([1, 1]), b: Tensor.make(1) }
 * console.log(Effect.runSync(Tree.zipWith(a, b, (x, y) => sub(x, y))).w) // => tensor([2., 3.], float64)
 * ```
 */
export const zipWith = signed<TreeZipWith>((tree: unknown, that: unknown, f: unknown) =>
  zip("Tree.zipWith", [tree, that], f)
)

/**
 * The leaves, in order.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, Tree } from "wengert"
 *
 * const leaves = Effect.runSync(Tree.leaves({ w: [Tensor.zeros([2]), Tensor.zeros([3])], b: 1 }))
 * console.log(leaves.map(({ shape }) => shape)) // => [ [], [ 2 ], [ 3 ] ]
 * ```
 */
export const leaves = signed<TreeLeaves>((tree: unknown) =>
  Effect.map(flattenResult("Tree.leaves", tree, ""), (flat) => flat.leaves)
)

/**
 * The paths of the leaves, in the same order, as reports and errors show them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, Tree } from "wengert"
 *
 * const params = { layers: [{ w: Tensor.zeros([2]), b: Tensor.zeros([]) }], scale: 1 }
 * console.log(Effect.runSync(Tree.paths(params))) // => [ 'layers[0].b', 'layers[0].w', 'scale' ]
 * ```
 */
export const paths = signed<TreePaths>((tree: unknown) =>
  Effect.map(flattenResult("Tree.paths", tree, ""), (flat) => leafPaths(flat.tree))
)

/**
 * One value of all leaves: `f(sofar, leaf, path)`, from `initial` on. A number to begin with is an operand, which adapts to
 * the tensors that come; anything else stays what it is.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { add, sqrt, square, sum, Tensor, Tree } from "wengert"
 *
 * const gradient = { w: Tensor.make([3, 0]), b: Tensor.make(4) }
 * const squares = Tree.reduce(gradient, 0, (total, x) => add(total, sum(square(x))))
 * console.log(Effect.runSync(Effect.flatMap(squares, (total) => sqrt(total)))) // => tensor(5., float64)
 * console.log(Effect.runSync(Tree.reduce(gradient, "", (text, _, path) => text + path))) // => bw
 * ```
 */
export const reduce = signed<TreeReduce>((tree: unknown, initial: unknown, f: unknown) =>
  Effect.gen(function*() {
    const program = yield* attempt(() => checkProgram("Tree.reduce", f), undefined)
    const flat = yield* flattenResult("Tree.reduce", tree, "")
    const paths = leafPaths(flat.tree)
    let sofar: unknown = initial
    for (const [i, leaf] of flat.leaves.entries()) sofar = yield* answer(program, sofar, leaf, paths[i])
    return sofar
  })
)

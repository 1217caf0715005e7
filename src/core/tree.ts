/**
 * Trees of tensors: records, tuples and arrays, nested, with tensors as leaves (JAX's pytrees).
 *
 * Arguments and results of programs are trees. Transformations see the flat list of leaves; the structure is kept as plain
 * data beside it. Records are walked in the order of their sorted keys, so that the order in which somebody wrote them
 * does not matter.
 */
import { describe, TreeLeafError, TreeMismatchError } from "./errors.ts"
import { listOf } from "./shape.ts"
import type { Aval, Tensor } from "./tensor.ts"
import { isTensor, sameAval, scalar, showAval } from "./tensor.ts"

/** The structure of a tree without its leaves. */
export type TreeDef =
  | { readonly kind: "leaf" }
  | { readonly kind: "array"; readonly children: ReadonlyArray<TreeDef> }
  | { readonly kind: "record"; readonly keys: ReadonlyArray<string>; readonly children: ReadonlyArray<TreeDef> }

/** The structure of a lone tensor. */
export const leaf: TreeDef = Object.freeze({ kind: "leaf" })

/** The structure of a flat tuple of `n` tensors. */
export const tuple = (n: number): TreeDef =>
  Object.freeze({ kind: "array", children: Object.freeze(Array(n).fill(leaf)) })

/** A tree taken apart. */
export interface Flat<Leaf = Tensor> {
  readonly leaves: ReadonlyArray<Leaf>
  readonly tree: TreeDef
}

/** Trees nest no deeper than this; a cyclic value is reported rather than followed. */
const maxDepth = 1000

/** No message shows more of a path. */
const maxPath = 80

/** The members of a plain record; `undefined` for anything else, and for what throws when it is read. */
const membersOf = (u: unknown): { readonly [key: string]: unknown } | undefined => {
  try {
    if (typeof u !== "object" || u === null) return undefined
    const prototype: unknown = Object.getPrototypeOf(u)
    return prototype === Object.prototype || prototype === null ? { ...u } : undefined
  } catch {
    return undefined
  }
}

const child = (path: string, key: string | number): string =>
  typeof key === "number"
    ? `${path}[${key}]`
    : /^[A-Za-z_$][\w$]*$/.test(key)
    ? path === "" ? key : `${path}.${key}`
    : `${path}[${JSON.stringify(key)}]`

/** The error for a leaf that is none. */
export const badLeaf = (op: string, got: string, path: string): TreeLeafError => {
  const at = path.length > maxPath ? `${path.slice(0, maxPath)}…` : path
  return new TreeLeafError({
    op,
    path,
    message: `${op} requires trees of tensors (records, tuples, arrays), got ${got}${at === "" ? "" : ` at ${at}`}; ` +
      `close over values that are not tensors instead of passing them`
  })
}

/**
 * Takes a tree apart, with `accept` deciding what a leaf is (returning `undefined` refuses).
 * Throws `TreeLeafError` for anything else.
 */
export const flattenWith = <Leaf>(
  op: string,
  value: unknown,
  root: string,
  accept: (u: unknown) => Leaf | undefined
): Flat<Leaf> => {
  const leaves: Array<Leaf> = []
  const go = (u: unknown, path: () => string, depth: number): TreeDef => {
    const accepted = accept(u)
    if (accepted !== undefined) {
      leaves.push(accepted)
      return leaf
    }
    const list = depth < maxDepth ? listOf(u, 2 ** 24) : undefined
    if (list !== undefined) {
      return Object.freeze({
        kind: "array",
        children: Object.freeze(list.map((v, i) => go(v, () => child(path(), i), depth + 1)))
      })
    }
    const members = depth < maxDepth ? membersOf(u) : undefined
    if (members !== undefined) {
      const keys = Object.keys(members).sort()
      return Object.freeze({
        kind: "record",
        keys: Object.freeze(keys),
        children: Object.freeze(keys.map((k) => go(members[k], () => child(path(), k), depth + 1)))
      })
    }
    throw badLeaf(op, depth >= maxDepth ? "a tree that is cyclic or too deep" : describe(u), path())
  }
  const tree = go(value, () => root, 0)
  return { leaves, tree }
}

/** Takes a tree of tensors and numbers apart; a number is a float64 scalar. */
export const flatten = (op: string, value: unknown, root = ""): Flat =>
  flattenWith(op, value, root, (u) => isTensor(u) ? u : typeof u === "number" ? scalar("float64", u) : undefined)

/** Puts leaves back into their structure. */
export const unflatten = <Leaf>(tree: TreeDef, leaves: ReadonlyArray<Leaf>): unknown => {
  let next = 0
  const go = (t: TreeDef): unknown => {
    switch (t.kind) {
      case "leaf":
        return leaves[next++]
      case "array":
        return t.children.map(go)
      case "record":
        return Object.fromEntries(t.keys.map((k, i) => [k, go(t.children[i]!)]))
    }
  }
  return go(tree)
}

/** Number of leaves. */
export const leafCount = (tree: TreeDef): number =>
  tree.kind === "leaf" ? 1 : tree.children.reduce((n, c) => n + leafCount(c), 0)

/** The paths of all leaves, e.g. `params.layers[0].w`. */
export const leafPaths = (tree: TreeDef, root = ""): Array<string> =>
  tree.kind === "leaf"
    ? [root]
    : tree.kind === "array"
    ? tree.children.flatMap((c, i) => leafPaths(c, child(root, i)))
    : tree.children.flatMap((c, i) => leafPaths(c, child(root, tree.keys[i]!)))

/** Same structure? */
export const sameTree = (a: TreeDef, b: TreeDef): boolean => {
  if (a === b) return true
  if (a.kind === "leaf" || b.kind === "leaf" || a.kind !== b.kind || a.children.length !== b.children.length) {
    return a.kind === b.kind && a.kind === "leaf"
  }
  if (a.kind === "record" && b.kind === "record" && !a.keys.every((k, i) => k === b.keys[i])) return false
  return a.children.every((c, i) => sameTree(c, b.children[i]!))
}

/** The structure as messages show it: `{ b: *, w: [*, *] }`. */
export const showTree = (tree: TreeDef): string =>
  tree.kind === "leaf"
    ? "*"
    : tree.kind === "array"
    ? `[${tree.children.map(showTree).join(", ")}]`
    : `{ ${tree.children.map((c, i) => `${tree.keys[i]}: ${showTree(c)}`).join(", ")} }`

/** What a tree has to look like. */
export interface Like {
  readonly tree: TreeDef
  readonly avals: ReadonlyArray<Aval>
}

/** The leaves of a tree, which has the expected structure, shapes and dtypes. Throws `TreeMismatchError` naming the leaf. */
export const leavesLike = <A extends Aval>(
  op: string,
  what: string,
  { leaves, tree }: Flat<A>,
  expected: Like
): ReadonlyArray<A> => {
  if (!sameTree(expected.tree, tree)) {
    const here = leafPaths(tree)
    throw new TreeMismatchError({
      op,
      path: leafPaths(expected.tree).find((p, i) => p !== here[i]) ?? here.at(-1) ?? "",
      message: `${op} requires ${what} with the structure ${showTree(expected.tree)}, got ${showTree(tree)}`
    })
  }
  leaves.forEach((x, i) => {
    const aval = expected.avals[i]!
    if (sameAval(x, aval)) return
    const path = leafPaths(tree)[i]!
    throw new TreeMismatchError({
      op,
      path,
      shapes: [aval.shape, x.shape],
      dtypes: [aval.dtype, x.dtype],
      message: `${op} requires ${what} of type ${showAval(aval)}, got ${showAval(x)}${path === "" ? "" : ` at ${path}`}`
    })
  })
  return leaves
}

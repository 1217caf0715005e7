/**
 * Trees of tensors, taken apart: laws look at programs as functions from a flat list of float tensors to another.
 */
import * as Effect from "effect/Effect"
import { Tensor } from "../src/index.ts"

/** What a program gives: a tensor or a tree of tensors, or an Effect of one, which may fail with `E` and need `R`. */
export type Result<E = never, R = never> =
  | Effect.Effect<unknown, E, R>
  | Tensor
  | number
  | ReadonlyArray<unknown>
  | { readonly [key: string]: unknown }

/** A program that laws are checked on: what `grad` and its kin take. */
export type Program<Args extends ReadonlyArray<any>, E = never, R = never> = (...args: Args) => Result<E, R>

/** A function from a flat list of float tensors to a flat list of float tensors. */
export type Flat<E = never, R = never> = (
  xs: ReadonlyArray<Tensor>
) => Effect.Effect<ReadonlyArray<Tensor>, E, R>

/** A scalar function of a flat list of float tensors. */
export type Scalar<E = never, R = never> = (xs: ReadonlyArray<Tensor>) => Effect.Effect<Tensor<[]>, E, R>

/** A program at a point: the function of its float leaves, all other leaves held fixed. */
export interface AtPoint<E, R> {
  readonly f: Flat<E, R>
  readonly xs: ReadonlyArray<Tensor>
}

/** Is it a tensor, concrete or traced? */
export const isTensor = (u: unknown): u is Tensor => typeof u === "object" && u !== null && "~wengert/Tensor" in u

/** Does it carry a derivative? */
export const isFloat = ({ dtype }: Tensor): boolean => dtype === "float64" || dtype === "float32"

/** The leaves of a tree, depth first, a record's in the order of its sorted keys; a number is a float64 scalar. */
export const leavesOf = (tree: unknown): ReadonlyArray<Tensor> =>
  isTensor(tree)
    ? [tree]
    : typeof tree === "number"
    ? [Tensor.make(tree)]
    : typeof tree === "object" && tree !== null
    ? childrenOf(tree).flatMap(([, child]) => leavesOf(child))
    : []

/** The tree with other leaves. */
export const rebuild = (tree: unknown, leaves: ReadonlyArray<Tensor>): unknown => {
  let next = 0
  const go = (node: unknown): unknown =>
    isTensor(node) || typeof node === "number"
      ? leaves[next++]
      : Array.isArray(node)
      ? node.map(go)
      : typeof node === "object" && node !== null
      ? Object.fromEntries(childrenOf(node).map(([key, child]) => [key, go(child)]))
      : node
  return go(tree)
}

/** The children of a node by their keys. */
export const childrenOf = (node: object): ReadonlyArray<readonly [string, unknown]> =>
  Array.isArray(node) ? Object.entries(node) : Object.entries(node).sort(([a], [b]) => a < b ? -1 : 1)

/** What a program gave, with all Effects in it run. */
const settle = (result: unknown): Effect.Effect<ReadonlyArray<Tensor>, any, any> =>
  isTensor(result) || typeof result === "number"
    ? Effect.succeed(leavesOf(result))
    : Effect.isEffect(result)
    ? Effect.flatMap(result as Effect.Effect<unknown>, settle)
    : typeof result === "object" && result !== null
    ? Effect.map(Effect.forEach(childrenOf(result), ([, child]) => settle(child)), (all) => all.flat())
    : Effect.succeed([])

/** The leaves of what a program gives, of any dtype. */
export const run = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  args: Args
): Effect.Effect<ReadonlyArray<Tensor>, E, R> => Effect.suspend(() => settle(f(...args)))

/**
 * A program at a point, seen as a function of its float leaves. Its results are the leaves to keep of its results: by
 * default the floats, which can be differentiated.
 */
export const atPoint = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  args: Args,
  keep: (y: Tensor) => boolean = isFloat
): AtPoint<E, R> => {
  const all = leavesOf(args)
  return {
    xs: all.filter(isFloat),
    f: (xs) => {
      let next = 0
      const moved = rebuild(args, all.map((x) => isFloat(x) ? xs[next++]! : x)) as Args
      return Effect.map(run(f, moved), (ys) => ys.filter(keep))
    }
  }
}

/** A tensor as the code that makes it, exact to the last bit. */
export const showTensor = (x: Tensor, data: ArrayLike<number>): string => {
  const number = (v: number): string => x.dtype === "bool" ? String(v !== 0) : Object.is(v, -0) ? "-0" : String(v)
  const nested = (axis: number, offset: number): string =>
    axis === x.shape.length
      ? number(data[offset]!)
      : `[${
        Array.from({ length: x.shape[axis]! }, (_, i) => nested(axis + 1, offset * x.shape[axis]! + i)).join(", ")
      }]`
  const options = [
    ...(x.size === 0 ? [`shape: [${x.shape.join(", ")}]`] : []),
    ...(x.dtype === "float64" || x.dtype === "bool" && x.size > 0 ? [] : [`dtype: ${JSON.stringify(x.dtype)}`])
  ]
  return `Tensor.make(${x.size === 0 ? "[]" : nested(0, 0)}${
    options.length === 0 ? "" : `, { ${options.join(", ")} }`
  })`
}

/** A tree of tensors as the code that makes it. */
export const show = (tree: unknown): string =>
  isTensor(tree)
    ? showTensor(tree, Effect.runSync(Tensor.data(tree)))
    : Array.isArray(tree)
    ? `[${tree.map(show).join(", ")}]`
    : typeof tree === "object" && tree !== null
    ? `{ ${childrenOf(tree).map(([key, child]) => `${key}: ${show(child)}`).join(", ")} }`
    : String(tree)

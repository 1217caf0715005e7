/**
 * Batches by definition: arguments sliced, results stacked, outside of the library.
 */
import type { Effect } from "effect"
import * as fc from "fast-check"
import { expect } from "vitest"
import type { DType } from "wengert"
import { Tensor, vmap } from "wengert"
import type { Index } from "../../support/naive.ts"
import { at, sizeOf, tabulate } from "../../support/naive.ts"
import type { Argument, Case } from "./ops.ts"
import { isTensor, run, untyped } from "./run.ts"

/** A tensor, read. */
export interface Plain {
  readonly shape: Index
  readonly dtype: DType
  readonly data: ReadonlyArray<number>
}

const arrays = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array }

export const toTensor = ({ data, dtype, shape }: Plain): Tensor =>
  Tensor.make(arrays[dtype].from(data), { shape, dtype })

export const toPlain = (x: Tensor): Plain => ({ shape: x.shape, dtype: x.dtype, data: Array.from(run(Tensor.data(x))) })

/** The leaves of a tree of tensors, a record's in the order of its keys. */
export const leavesOf = (tree: unknown): ReadonlyArray<Plain> =>
  isTensor(tree)
    ? [toPlain(tree)]
    : Object.keys(tree as object).toSorted().flatMap((key) =>
      leavesOf((tree as { readonly [key: string]: unknown })[key])
    )

const fromStart = (axis: number, rank: number): number => axis < 0 ? axis + rank : axis

/** Slice `i` along an axis. */
const sliceOf = (x: Plain, axis: number, i: number): Plain => {
  const a = fromStart(axis, x.shape.length)
  return { dtype: x.dtype, ...tabulate(x.shape.toSpliced(a, 1), (index) => at(x, index.toSpliced(a, 0, i))) }
}

/** Tensors of one type along a new axis. */
export const stacked = (xs: ReadonlyArray<Plain>, axis: number): Plain => {
  const [{ dtype, shape }] = xs as readonly [Plain]
  const a = fromStart(axis, shape.length + 1)
  return {
    dtype,
    ...tabulate(shape.toSpliced(a, 0, xs.length), (index) => at(xs[index[a]!]!, index.toSpliced(a, 1)))
  }
}

/** Elements of an argument. */
const elementOf = ({ dtype, elements }: Argument): fc.Arbitrary<number> =>
  typeof elements === "object"
    ? fc.nat({ max: elements.below - 1 })
    : elements === "positive"
    ? fc.integer({ min: 1, max: 12 }).map((n) => n / 2)
    : elements === "unit"
    ? fc.integer({ min: -7, max: 7 }).map((n) => n / 8)
    : fc.integer({ min: -8, max: 8 }).map((n) => dtype === "int32" ? n : n / 4)

export const plainOf = (argument: Argument, shape: Index): fc.Arbitrary<Plain> =>
  fc.array(elementOf(argument), { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
    .map((data) => ({ shape, dtype: argument.dtype, data }))

/** Arguments of a batch, and the axes that they have it at. */
export interface Batch {
  readonly size: number
  readonly axes: ReadonlyArray<number | null>
  readonly args: ReadonlyArray<Plain>
  /** A number that chooses an out axis. */
  readonly out: number
}

/** Batches for arguments of these types: at least one of them has an axis, from either end. */
export const batchOf = (args: ReadonlyArray<Argument>): fc.Arbitrary<Batch> =>
  fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.tuple(
      ...args.map(({ shape }) => fc.option(fc.integer({ min: -shape.length - 1, max: shape.length }), { freq: 3 }))
    ),
    fc.nat({ max: 99 })
  )
    .map(([size, axes, out]) => ({ size, axes: axes.every((a) => a === null) ? [0, ...axes.slice(1)] : axes, out }))
    .chain(({ axes, out, size }) =>
      fc.tuple(...args.map((argument, i) => {
        const axis = axes[i]!
        const { shape } = argument
        return plainOf(argument, axis === null ? shape : shape.toSpliced(fromStart(axis, shape.length + 1), 0, size))
      })).map((args) => ({ size, axes, args, out }))
    )

/** The arguments of element `i` of a batch. */
export const argumentsOf = ({ args, axes }: Batch, i: number): ReadonlyArray<Plain> =>
  args.map((x, k) => axes[k] === null ? x : sliceOf(x, axes[k]!, i))

const isClose = (a: number, b: number, tolerance: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))

/** The same shapes and dtypes, and the same elements up to rounding. */
export const expectLeaves = (got: ReadonlyArray<Plain>, want: ReadonlyArray<Plain>, tolerance = 1e-9): void => {
  const types = (xs: ReadonlyArray<Plain>) => xs.map(({ dtype, shape }) => [dtype, shape])
  expect(types(got)).toEqual(types(want))
  const off = got.flatMap((x, k) =>
    x.data.flatMap((v, i) =>
      isClose(v, want[k]!.data[i]!, tolerance) ? [] : [{ leaf: k, i, got: v, want: want[k]!.data[i] }]
    )
  )
  expect(off).toEqual([])
}

type Batched = (...args: ReadonlyArray<Tensor>) => Effect.Effect<unknown, unknown>

/** `vmap` without its types: the tables hold programs of any number of arguments. */
export const batched = (
  f: Case["f"],
  options: { readonly inAxes?: ReadonlyArray<number | null>; readonly outAxes?: unknown } = {}
): Batched => untyped<(f: Case["f"], options: unknown) => Batched>(vmap)(f, options)

/** A case, batched, is the stack of what it gives for every element. */
export const expectMap = ({ f }: Case, batch: Batch): void => {
  const each = Array.from({ length: batch.size }, (_, i) => leavesOf(run(f(...argumentsOf(batch, i).map(toTensor)))))
  const rank = Math.min(...each[0]!.map((y) => y.shape.length))
  const outAxes = batch.out % (2 * rank + 2) - rank - 1
  const all = leavesOf(run(batched(f, { inAxes: batch.axes, outAxes })(...batch.args.map(toTensor))))
  expectLeaves(all, each[0]!.map((_, k) => stacked(each.map((leaves) => leaves[k]!), outAxes)))
}

/** All arguments batched twice: vmap of vmap is the stack of stacks. */
export const expectNestedMap = ({ args, f }: Case, seed: number): void => {
  const [outer, inner] = [2, 3]
  const [sample] = fc.sample(fc.tuple(...args.map((a) => plainOf(a, [outer, inner, ...a.shape]))), { seed, numRuns: 1 })
  const rows = Array.from({ length: outer }, (_, i) => {
    const row = Array.from(
      { length: inner },
      (_, j) => leavesOf(run(f(...sample!.map((x) => toTensor(sliceOf(sliceOf(x, 0, i), 0, j))))))
    )
    return row[0]!.map((_, k) => stacked(row.map((leaves) => leaves[k]!), 0))
  })
  expectLeaves(
    leavesOf(run(batched(batched(f))(...sample!.map(toTensor)))),
    rows[0]!.map((_, k) => stacked(rows.map((leaves) => leaves[k]!), 0))
  )
}

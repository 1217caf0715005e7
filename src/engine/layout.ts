/**
 * Layouts: in which order elements are stored and walked over.
 *
 * Elements of a batch that are treated alike, with little for each, are best walked over along the batch: then every
 * equation is a few long rows, a broadcast is a row that is read again, and a strip of the batch passes through all
 * equations while it is in the cache. Such an axis is stored last, whichever it is in the shape.
 */
import type { Shape } from "../core/shape.ts"
import { range, sizeOf } from "../core/shape.ts"
import type { Trace } from "../core/trace.ts"
import type { View } from "./view.ts"
import { permuted } from "./view.ts"
import { wayOf } from "./vocabulary.ts"

/** A batch is as long as this or longer, and has at most so many elements for each of its members. */
const leastLength = 256
export const mostRows = 32

/** An axis that is stored last, and the number of rows along it. */
export interface Layout {
  readonly axis: number
  readonly rows: number
}

/** How a tensor is laid out in rows of this length, if it can be. */
export const layoutOf = (shape: Shape, length: number | undefined): Layout | undefined => {
  if (length === undefined) return undefined
  const axis = shape.indexOf(length)
  const rows = sizeOf(shape) / length
  return axis === -1 || rows > mostRows ? undefined : { axis, rows }
}

/** The length of the batch that a list is mostly about, which has `least` elements or more for each member. */
export const batchOf = (trace: Trace, least: 1 | 2): number | undefined => {
  const elements = new Map<number, number>()
  let all = 0
  for (const { primitive: { name }, results: [aval] } of trace.equations) {
    if (wayOf(name) === "view" || aval === undefined) continue
    const size = sizeOf(aval.shape)
    all += size
    for (const d of new Set(aval.shape)) {
      if (d >= leastLength && size / d >= least && size / d <= mostRows) elements.set(d, (elements.get(d) ?? 0) + size)
    }
  }
  const [most] = [...elements].toSorted(([, a], [, b]) => b - a)
  return most !== undefined && most[1] > all / 2 ? most[0] : undefined
}

/** The axes with one of them last. */
export const withLast = (rank: number, axis: number): ReadonlyArray<number> => [
  ...range(rank).filter((a) => a !== axis),
  axis
]

/** A view row by row: the last axis for every index of the others, in row-major order. */
export const rowsOf = ({ offset, root, shape, strides }: View): ReadonlyArray<View> => {
  const last = shape.length - 1
  let offsets = [offset]
  for (let a = 0; a < last; a++) {
    offsets = offsets.flatMap((o) => Array.from({ length: shape[a]! }, (_, i) => o + i * strides[a]!))
  }
  return offsets.map((o) => ({ root, shape: [shape[last]!], strides: [strides[last]!], offset: o }))
}

/** All of a stored tensor that is laid out in rows. */
export const wholeRows = (root: number, shape: Shape, { axis }: Layout): View => {
  const strides = shape.map(() => 0)
  let stride = 1
  for (const a of withLast(shape.length, axis).toReversed()) {
    strides[a] = stride
    stride *= shape[a]!
  }
  return { root, shape, strides, offset: 0 }
}

/** A view with the axis of a layout last. */
export const inLayout = (x: View, { axis }: Layout): View => permuted(x, withLast(x.shape.length, axis))

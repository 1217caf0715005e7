/**
 * Shapes at run time: sizes, strides, broadcasting and axes. A function here throws the typed error of the op that asked;
 * `bind` is the one place that turns it into a failure.
 */
import { AxisError, describe, ShapeError, showShape, showShapes } from "./errors.ts"

/** Sizes of a tensor's axes. `[]` is a scalar. */
export type Shape = ReadonlyArray<number>

/** Number of elements. */
export const sizeOf = (shape: Shape): number => {
  let size = 1
  for (let i = 0; i < shape.length; i++) size *= shape[i]!
  return size
}

/** Same rank and same dims. */
export const sameShape = (a: Shape, b: Shape): boolean => {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Row-major strides, in elements. */
export const stridesOf = (shape: Shape): Array<number> => {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]!
  }
  return strides
}

/** `[0, 1, …, n - 1]`. */
export const range = (n: number): Array<number> => Array.from({ length: n }, (_, i) => i)

/** No list of axes or dims is longer than this. */
const longest = 1024

/** Is it an array? A proxy that is revoked is none. */
export const isArray = (u: unknown): u is ReadonlyArray<unknown> => {
  try {
    return Array.isArray(u)
  } catch {
    return false
  }
}

/** A copy of an array of at most `most` elements, without holes; `undefined` for anything else, whatever that is. */
export const listOf = (u: unknown, most = 2 ** 16): ReadonlyArray<unknown> | undefined => {
  try {
    return Array.isArray(u) && u.length <= most ? Array.from(u as ReadonlyArray<unknown>) : undefined
  } catch {
    return undefined
  }
}

/** A list from outside as messages show it. */
export const showList = (u: unknown): string => {
  const list = listOf(u, longest)
  return list === undefined ? describe(u) : `[${list.map(describe).join(", ")}]`
}

const isWhole = (d: unknown): d is number => Number.isSafeInteger(d)

/** Whole numbers: dims, repeats, sections, of which −1 or others may have a meaning. Throws `ShapeError`. */
export const checkWholes = (op: string, given: unknown): ReadonlyArray<number> => {
  const list = listOf(given, longest)
  if (list?.every(isWhole)) return list
  throw new ShapeError({ op, message: `${op} requires a list of whole numbers, got ${showList(given)}` })
}

/** `shape`, if it can be the shape of a tensor: whole, non-negative dims and a size that storage can have. */
export const checkShape = (op: string, shape: unknown): Shape => {
  const dims = listOf(shape, longest)
  if (dims?.every((d): d is number => isWhole(d) && d >= 0) && sizeOf(dims) <= 2 ** 32) return dims
  throw new ShapeError({
    op,
    message: `${op} requires whole, non-negative dims with at most 2^32 elements, got ${showList(shape)}`,
    shapes: dims?.every(isWhole) ? [dims] : undefined
  })
}

/** The shape to which all operands broadcast, by NumPy's rule: align on the right; equal, or one of them is 1. */
export const broadcastShapes = (op: string, shapes: ReadonlyArray<Shape>): Shape => {
  const rank = Math.max(0, ...shapes.map((s) => s.length))
  const out = new Array<number>(rank).fill(1)
  for (const shape of shapes) {
    const offset = rank - shape.length
    for (let i = 0; i < shape.length; i++) {
      const d = shape[i]!
      const o = out[offset + i]!
      if (d === o || d === 1) continue
      if (o !== 1) {
        throw new ShapeError({
          op,
          message: `${op} requires shapes that broadcast together, got ${showShapes(shapes)}`,
          shapes
        })
      }
      out[offset + i] = d
    }
  }
  return out
}

/** A possibly negative axis as an index from the start. */
export const normalizeAxis = (op: string, axis: unknown, rank: number, shape?: Shape): number => {
  const i = isWhole(axis) ? axis < 0 ? axis + rank : axis : -1
  if (i < 0 || i >= rank) {
    throw new AxisError({
      op,
      message: `${op} requires an axis from ${-rank} to ${rank - 1}${rank === 0 ? " (a scalar has none)" : ""}, got ${
        describe(axis)
      }${shape === undefined ? "" : ` for shape ${showShape(shape)}`}`,
      shapes: shape === undefined ? undefined : [shape]
    })
  }
  return i
}

/** Distinct axes, from the start, ascending; `undefined` means all of them. */
export const normalizeAxes = (
  op: string,
  axis: unknown,
  shape: Shape
): Array<number> => {
  if (axis === undefined) return range(shape.length)
  const given = listOf(axis, longest) ?? [axis]
  const axes = given.map((a) => normalizeAxis(op, a, shape.length, shape)).sort((a, b) => a - b)
  if (new Set(axes).size !== axes.length) {
    throw new AxisError({
      op,
      message: `${op} requires distinct axes, got ${showList(given)} for shape ${showShape(shape)}`,
      shapes: [shape]
    })
  }
  return axes
}

/** Throws `AxisError` unless the axes of a primitive are distinct, ascending and counted from the start. */
export const checkAxes = (op: string, axes: ReadonlyArray<number>, shape: Shape): void => {
  if (sameShape(axes, normalizeAxes(op, axes, shape))) return
  throw new AxisError({
    op,
    shapes: [shape],
    message: `${op} requires ascending axes that count from the start, got [${axes.join(", ")}] for shape ${
      showShape(shape)
    }`
  })
}

/** The shape without `axes`, or with 1 in their place. `axes` are normalised. */
export const reducedShape = (shape: Shape, axes: ReadonlyArray<number>, keepDims = false): Array<number> =>
  keepDims ? shape.map((d, i) => axes.includes(i) ? 1 : d) : shape.filter((_, i) => !axes.includes(i))

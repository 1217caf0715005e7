/**
 * Results that are put together from rows of others: what `concat` and `pad` do, and `take` and `scatter` where the indices
 * are known.
 */
import type { Shape } from "../core/shape.ts"
import { stridesOf } from "../core/shape.ts"
import type { Equation } from "../core/trace.ts"
import type { ParamsOfPrimitive } from "../ops/vocabulary.ts"
import type { Layout } from "./layout.ts"
import { inLayout, rowsOf, withLast } from "./layout.ts"
import type { View } from "./view.ts"
import { sliced } from "./view.ts"

/** Rows of an operand, and the rows of the result that they are. */
export interface Piece {
  readonly from: ReadonlyArray<View>
  readonly to: ReadonlyArray<number>
  /** Whether 0 is added, as `scatter` does. */
  readonly adds: boolean
}

/** The rows that a part of a result has, whose elements begin at `low` and are `step` apart. */
const rowsAt = (shape: Shape, part: Shape, low: Shape, step: Shape): ReadonlyArray<number> => {
  const strides = stridesOf(shape)
  return part.reduce<ReadonlyArray<number>>(
    (rows, size, a) =>
      rows.flatMap((row) => Array.from({ length: size }, (_, i) => row + (low[a]! + i * step[a]!) * strides[a]!)),
    [0]
  )
}

/** Without the axis that the layout stores last. */
const outer = (of: ReadonlyArray<number>, { axis }: Layout): ReadonlyArray<number> =>
  withLast(of.length, axis).slice(0, -1).map((a) => of[a]!)

const indices = (known: ArrayLike<number>, size: number): ReadonlyArray<number> | undefined => {
  const all = Array.from(known, (i) => i < 0 ? i + size : i)
  return all.every((i) => i >= 0 && i < size) ? all : undefined
}

/** The part of a view at an index of an axis. */
export const along = (x: View, axis: number, index: number): View =>
  sliced(x, x.shape.map((_, a) => a === axis ? index : 0), x.shape.map(() => 1), x.shape.with(axis, 1))

/** The pieces of a result with this layout, if the equation only puts rows together. */
export const piecesOf = (
  { params, primitive: { name }, results: [aval] }: Equation,
  operands: ReadonlyArray<View>,
  layout: Layout,
  /** The elements of the second operand, if they are few and known. */
  known: ArrayLike<number> | undefined
): ReadonlyArray<Piece> | undefined => {
  const { shape } = aval!
  const [x] = operands as readonly [View]
  const piece = (view: View, low: Shape, step: Shape, adds = false): Piece => ({
    from: rowsOf(inLayout(view, layout)),
    to: rowsAt(outer(shape, layout), outer(view.shape, layout), outer(low, layout), outer(step, layout)),
    adds
  })
  const ones = shape.map(() => 1)
  const at = (axis: number, index: number) => shape.map((_, a) => a === axis ? index : 0)
  switch (name) {
    case "concat": {
      const { axis } = params as ParamsOfPrimitive<"concat">
      if (axis === layout.axis) return undefined
      let start = 0
      return operands.map((view) => {
        const low = at(axis, start)
        start += view.shape[axis]!
        return piece(view, low, ones)
      })
    }
    case "pad": {
      const { high, interior, low } = params as ParamsOfPrimitive<"pad">
      if (low[layout.axis]! + high[layout.axis]! + interior[layout.axis]! > 0) return undefined
      return [piece(x, low, interior.map((n) => n + 1))]
    }
    case "take": {
      const { axis } = params as ParamsOfPrimitive<"take">
      const all = known && indices(known, x.shape[axis]!)
      if (all === undefined || operands[1]!.shape.length !== 1 || axis === layout.axis) return undefined
      return all.map((i, k) => piece(along(x, axis, i), at(axis, k), ones))
    }
    case "scatter": {
      const { axis, size } = params as ParamsOfPrimitive<"scatter">
      const all = known && indices(known, size)
      const isPlain = all !== undefined && new Set(all).size === all.length && operands[1]!.shape.length === 1
      if (!isPlain || axis === layout.axis) return undefined
      return all.map((i, k) => piece(along(x, axis, k), at(axis, i), ones, true))
    }
    default:
      return undefined
  }
}

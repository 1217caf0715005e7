/**
 * How windows move over images: sizes, strides, padding and layouts, as options give them.
 */
import { ArgumentError, describe, ShapeError, showShape } from "../../core/errors.ts"
import type { OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { listOf, range, showList } from "../../core/shape.ts"
import type { Tensor } from "../../core/tensor.ts"
import type { Layout, Padding, PerAxis } from "../../types/convolution.ts"
import { permute } from "../movement/layout.ts"
import { dilated } from "../movement/parts.ts"
import { countOf, spanOf } from "./windows.ts"

/** Windows over the axes between the first and the last. */
export interface Geometry {
  /** The axes of the places. */
  readonly axes: ReadonlyArray<number>
  readonly size: ReadonlyArray<number>
  readonly stride: ReadonlyArray<number>
  readonly dilation: ReadonlyArray<number>
  /** What is added before, behind, and between elements. */
  readonly low: ReadonlyArray<number>
  readonly high: ReadonlyArray<number>
  readonly interior: ReadonlyArray<number>
}

/** A positive number for each of `rank` axes. Throws `ArgumentError`. */
export const perAxis = (op: string, name: string, given: PerAxis | undefined, rank: number): ReadonlyArray<number> => {
  const isPositive = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) > 0
  const all = listOf(given, rank) ?? new Array<unknown>(rank).fill(given ?? 1)
  if (all.length === rank && all.every(isPositive)) return all
  throw new ArgumentError({
    op,
    message: `${op} requires a whole, positive ${name} for each of ${rank} axes, got ${showList(given)}`
  })
}

/** How many axes of places there are. Throws `ShapeError` for none. */
export const placesOf = (op: string, shape: Shape): number => {
  if (shape.length > 2) return shape.length - 2
  throw new ShapeError({
    op,
    shapes: [shape],
    message: `${op} requires axes of places between count and channels, got ${showShape(shape)}`
  })
}

/** A layout that was asked for. Throws `ArgumentError`. */
export const layoutOf = (op: string, layout: Layout | undefined): Layout => {
  if (layout === undefined || layout === "channelsLast" || layout === "channelsFirst") return layout ?? "channelsLast"
  throw new ArgumentError({
    op,
    message: `${op} requires "channelsLast" or "channelsFirst" as layout, got ${describe(layout)}`
  })
}

/** Images with channels last. */
export const channelsLast = (x: Tensor, layout: Layout): OpEffect<Tensor> =>
  permute(x, layout === "channelsLast" ? range(x.shape.length) : [0, ...range(x.shape.length).slice(2), 1])

/** Images with channels last, in a layout. */
export const inLayout = (x: Tensor, layout: Layout): OpEffect<Tensor> => {
  const last = x.shape.length - 1
  return permute(x, layout === "channelsLast" ? range(x.shape.length) : [0, last, ...range(last).slice(1)])
}

/** A shape with channels last. */
export const lastShape = (shape: Shape, layout: Layout): Shape =>
  layout === "channelsLast" ? shape : [shape[0]!, ...shape.slice(2), shape[1]!]

/** Pairs for each axis, as they were given; `undefined` for words. Throws `ArgumentError`. */
export const pairsOf = (
  op: string,
  padding: Padding,
  rank: number
): ReadonlyArray<readonly [number, number]> | undefined => {
  if (padding === "same" || padding === "valid") return undefined
  const pairs = listOf(padding, rank)?.map((pair) => listOf(pair, 2))
  const isPair = (pair: ReadonlyArray<unknown> | undefined) =>
    pair?.length === 2 && pair.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)
  // each is a pair of numbers
  if (pairs?.length === rank && pairs.every(isPair)) return pairs as unknown as ReadonlyArray<readonly [number, number]>
  throw new ArgumentError({
    op,
    message: `${op} requires "same", "valid" or a pair of whole, non-negative widths for each of ${rank} axes as ` +
      `padding, got ${typeof padding === "string" ? describe(padding) : showList(padding)}`
  })
}

/** What keeps the number of places, up to the stride: one more behind than before, where it is odd. */
export const samePad = (dim: number, count: number, stride: number, span: number): readonly [number, number] => {
  const total = Math.max((count - 1) * stride + span - dim, 0)
  return [Math.floor(total / 2), total - Math.floor(total / 2)]
}

/** The geometry that options describe, over images of a shape with channels last. Throws `ArgumentError` and `ShapeError`. */
export const geometryOf = (
  op: string,
  shape: Shape,
  size: ReadonlyArray<number>,
  { dilation, inputDilation, padding = "valid", stride }: {
    readonly dilation?: PerAxis | undefined
    readonly inputDilation?: PerAxis | undefined
    readonly padding?: Padding | undefined
    readonly stride?: PerAxis | undefined
  }
): Geometry => {
  const rank = size.length
  const steps = perAxis(op, "stride", stride, rank)
  const spread = perAxis(op, "dilation", dilation, rank)
  const interior = perAxis(op, "inputDilation", inputDilation, rank).map((n) => n - 1)
  const pairs = pairsOf(op, padding, rank)
  const dims = interior.map((n, i) => dilated(shape[i + 1]!, n))
  const spans = size.map((n, i) => spanOf(n, spread[i]!))
  const pads = dims.map((dim, i) =>
    pairs?.[i] ??
      (padding === "same" ? samePad(dim, Math.ceil(dim / steps[i]!), steps[i]!, spans[i]!) : [0, 0] as const)
  )
  const padded = dims.map((dim, i) => dim + pads[i]![0] + pads[i]![1])
  if (padded.some((dim, i) => countOf(dim, size[i]!, steps[i]!, spread[i]!) < 1)) {
    throw new ShapeError({
      op,
      shapes: [shape],
      message: `${op} requires windows that fit, got ${showShape(spans)} over ${showShape(padded)}, padding included`
    })
  }
  return {
    axes: range(rank).map((i) => i + 1),
    size,
    stride: steps,
    dilation: spread,
    low: pads.map(([low]) => low),
    high: pads.map(([, high]) => high),
    interior
  }
}

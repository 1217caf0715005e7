/**
 * The loop behind every movement: reads a strided view of row-major data into a new row-major array.
 */
import type { DType, TypedArray } from "../../core/dtype.ts"
import { allocate } from "../../core/dtype.ts"
import type { Shape } from "../../core/shape.ts"
import { reducedShape, sizeOf, stridesOf } from "../../core/shape.ts"
import type { ConcreteTensor } from "../../core/tensor.ts"
import { dataOf } from "../../core/tensor.ts"

/** Calls `row(offset, position)` for every run along the last axis of `shape`, in row-major order. */
export const forEachRow = (
  shape: Shape,
  strides: ReadonlyArray<number>,
  offset: number,
  row: (offset: number, position: number) => void
): void => {
  if (sizeOf(shape) === 0) return
  const outer = shape.length - 1
  const index = new Array<number>(Math.max(outer, 0)).fill(0)
  const width = outer < 0 ? 1 : shape[outer]!
  let position = 0
  for (;;) {
    row(offset, position)
    position += width
    let axis = outer - 1
    for (; axis >= 0; axis--) {
      offset += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      offset -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
    if (axis < 0) return
  }
}

/** The elements `data[offset + Σ index·strides]` for all indices of `shape`. */
export const gatherStrided = (
  data: TypedArray,
  dtype: DType,
  shape: Shape,
  strides: ReadonlyArray<number>,
  offset = 0
): TypedArray => {
  const out = allocate(dtype, sizeOf(shape))
  const width = shape.at(-1) ?? 1
  const stride = strides.at(-1) ?? 1
  forEachRow(shape, strides, offset, (from, to) => {
    if (stride === 1) out.set(data.subarray(from, from + width), to)
    else if (stride === 0) out.fill(data[from]!, to, to + width)
    else for (let i = 0; i < width; i++) out[to + i] = data[from + i * stride]!
  })
  return out
}

/**
 * Walks `x` in row-major order, run by run, together with the place in the result of a reduction over `axes`:
 * element `from + i` of the data belongs to element `to + i·stride` of the result.
 */
export const accumulate = (
  x: ConcreteTensor,
  axes: ReadonlyArray<number>,
  row: (data: TypedArray, from: number, width: number, to: number, stride: number) => void
): void => {
  const { shape } = x
  const data = dataOf(x)
  const kept = stridesOf(reducedShape(shape, axes))
  let next = 0
  const strides = shape.map((_, i) => axes.includes(i) ? 0 : kept[next++]!)
  const width = shape.at(-1) ?? 1
  const stride = strides.at(-1) ?? 0
  forEachRow(shape, strides, 0, (to, from) => row(data, from, width, to, stride))
}

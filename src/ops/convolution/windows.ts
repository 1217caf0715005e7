/**
 * Windows: what a kernel sees, at each of its places, as further axes. They only say which elements those are; the sum of
 * overlapping windows is the adjoint. Convolution and pooling are written with the two, contractions and reductions.
 */
import { allocate } from "../../core/dtype.ts"
import { ShapeError, showShape } from "../../core/errors.ts"
import { apply } from "../../core/operation.ts"
import type { OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { checkAxes, checkShape, sizeOf, stridesOf } from "../../core/shape.ts"
import type { Tensor } from "../../core/tensor.ts"
import { dataOf } from "../../core/tensor.ts"
import { constant } from "../algebra.ts"
import { linear } from "../linear.ts"
import { forEachRow, gatherStrided } from "../movement/strided.ts"

/** Windows along neighbouring axes: how large they are, how far apart, and how far apart the elements of one are. */
interface Windows {
  readonly axes: ReadonlyArray<number>
  readonly size: ReadonlyArray<number>
  readonly stride: ReadonlyArray<number>
  readonly dilation: ReadonlyArray<number>
}

const spec = { axes: "integers", size: "integers", stride: "integers", dilation: "integers" } as const

/** From the first element of a window to the last, both included. */
export const spanOf = (size: number, dilation: number): number => (size - 1) * dilation + 1

/** How many windows there are along an axis of `dim` elements; less than 1 where none fits. */
export const countOf = (dim: number, size: number, stride: number, dilation: number): number =>
  Math.floor((dim - spanOf(size, dilation)) / stride) + 1

/** Throws `ShapeError` unless windows lie along neighbouring axes, and are of positive sizes. */
const checkWindows = (op: string, shape: Shape, { axes, dilation, size, stride }: Windows): void => {
  checkAxes(op, axes, shape)
  const areNeighbours = axes.every((a, i) => a === axes[0]! + i)
  const arePositive = [size, stride, dilation].every((xs) =>
    xs.length === axes.length && xs.every((x) => Number.isSafeInteger(x) && x > 0)
  )
  if (areNeighbours && arePositive) return
  throw new ShapeError({
    op,
    shapes: [shape],
    message: `${op} requires neighbouring axes, and for each a positive size, stride and dilation, got axes ${
      showShape(axes)
    }, sizes ${showShape(size)}, strides ${showShape(stride)} and dilations ${showShape(dilation)}`
  })
}

/** The shape of windows: their places instead of the axes, and their elements behind them. */
const windowsShape = (shape: Shape, { axes, dilation, size, stride }: Windows): Shape => {
  const first = axes[0] ?? 0
  const counts = axes.map((a, i) => countOf(shape[a]!, size[i]!, stride[i]!, dilation[i]!))
  return [...shape.slice(0, first), ...counts, ...size, ...shape.slice(first + axes.length)]
}

/** The strides of windows, in a tensor whose strides these are. */
export const windowStrides = (
  strides: ReadonlyArray<number>,
  { axes, dilation, stride }: Windows
): ReadonlyArray<number> => {
  const first = axes[0] ?? 0
  const own = strides.slice(first, first + axes.length)
  return [
    ...strides.slice(0, first),
    ...own.map((s, i) => s * stride[i]!),
    ...own.map((s, i) => s * dilation[i]!),
    ...strides.slice(first + axes.length)
  ]
}

/** The windows of a tensor along neighbouring axes: their places are there instead, and behind them their elements. */
export const windowsPrimitive = linear("windows", {
  selects: "rows",
  repeats: true,
  params: spec,
  infer: ([x], params) => {
    checkWindows("windows", x.shape, params)
    return [{ shape: checkShape("windows", windowsShape(x.shape, params)), dtype: x.dtype }]
  },
  reference: ([x], params, [out]) => [
    gatherStrided(dataOf(x), x.dtype, out.shape, windowStrides(stridesOf(x.shape), params))
  ],
  transpose: (ct, x, params) => overlapAdd(ct, params, x.shape.slice(params.axes[0]).slice(0, params.axes.length)),
  batch: (params) => ({ ...params, axes: params.axes.map((a) => a + 1) })
})

/** Is every element in a window? */
const coversAll = ({ dilation, dims, size, stride }: Windows & { readonly dims: Shape }): boolean =>
  dims.every((dim, i) => {
    const count = countOf(dim, size[i]!, stride[i]!, dilation[i]!)
    const covered = new Set<number>()
    for (let w = 0; w < count; w++) {
      for (let k = 0; k < size[i]!; k++) covered.add(w * stride[i]! + k * dilation[i]!)
    }
    return covered.size === dim
  })

/** The sum of windows, each where it was in a tensor whose axes are of the sizes `dims`: the adjoint of `windows`. */
export const overlapAddPrimitive = linear("overlapAdd", {
  selects: "columns",
  params: { ...spec, dims: "integers" },
  // what no window covers is zero by structure
  ones: (shape, params) => coversAll(params) ? undefined : constant(shape, "bool", 1),
  infer: ([x], params) => {
    const { axes, dims, dilation, size, stride } = params
    const { dtype, shape } = x
    const first = axes[0] ?? 0
    const end = first + axes.length
    checkWindows("overlapAdd", shape, params)
    const result = checkShape("overlapAdd", [...shape.slice(0, first), ...dims, ...shape.slice(end + axes.length)])
    const fits = dims.length === axes.length && shape.length >= end + axes.length &&
      axes.every((a, i) =>
        shape[a] === countOf(dims[i]!, size[i]!, stride[i]!, dilation[i]!) && shape[a + axes.length] === size[i]
      )
    if (!fits) {
      throw new ShapeError({
        op: "overlapAdd",
        shapes: [shape],
        message: `overlapAdd requires the windows of axes ${showShape(dims)} of sizes ${showShape(size)}, got ${
          showShape(shape)
        }`
      })
    }
    return [{ shape: result, dtype }]
  },
  reference: ([x], params, [out]) => {
    const data = dataOf(x)
    const sums = allocate(x.dtype, sizeOf(out.shape))
    const strides = windowStrides(stridesOf(out.shape), params)
    const width = x.shape.at(-1) ?? 1
    const stride = strides.at(-1) ?? 1
    forEachRow(x.shape, strides, 0, (to, from) => {
      for (let i = 0; i < width; i++) {
        const at = to + i * stride
        if (x.dtype === "bool") sums[at] = sums[at]! | data[from + i]!
        else sums[at] = sums[at]! + data[from + i]!
      }
    })
    return [sums]
  },
  transpose: (ct, _, params) => windowsOf(ct, params),
  batch: (params) => ({ ...params, axes: params.axes.map((a) => a + 1) })
})

/** The windows of a tensor, for rules. */
export const windowsOf = (x: Tensor, { axes, dilation, size, stride }: Windows): OpEffect<Tensor> =>
  apply(windowsPrimitive, [x], { axes, dilation, size, stride })

/** The sum of windows, each where it was, for rules. */
export const overlapAdd = (
  x: Tensor,
  { axes, dilation, size, stride }: Windows,
  dims: Shape
): OpEffect<Tensor> => apply(overlapAddPrimitive, [x], { axes, size, stride, dilation, dims })

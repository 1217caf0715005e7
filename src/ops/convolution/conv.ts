/**
 * Convolution of images and kernels, as neural networks mean it: kernels are not turned round, which signal processing calls
 * correlation. It is a contraction of windows with kernels, and its transpose a sum of overlapping windows.
 */
import * as Effect from "effect/Effect"
import { ArgumentError, describe, ShapeError, showShape } from "../../core/errors.ts"
import type { Taken } from "../../core/operation.ts"
import { checkDType, commonDType, lone, operation } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { range } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { castTo } from "../cast.ts"
import { dotGeneral } from "../contraction/dot.ts"
import { accepts } from "../define.ts"
import { permute, reshapeTo } from "../movement/layout.ts"
import { padWith, sliceTo } from "../movement/parts.ts"
import type { Geometry } from "./geometry.ts"
import {
  channelsLast,
  geometryOf,
  inLayout,
  lastShape,
  layoutOf,
  pairsOf,
  perAxis,
  placesOf,
  samePad
} from "./geometry.ts"
import { countOf, overlapAdd, spanOf, windowsOf } from "./windows.ts"

/** Kernels `[…size, in, out]`, of those of a layout. */
const kernelsLast = (w: Tensor, layout: Typed.Layout): OpEffect<Tensor> =>
  permute(w, layout === "channelsLast" ? range(w.shape.length) : [...range(w.shape.length).slice(2), 1, 0])

/** The options that a convolution and its transpose share. */
const accepted = {
  dilation: "checked",
  groups: "checked",
  layout: "checked",
  padding: "checked",
  stride: "checked"
} as const

/** Images and kernels of an op, checked. */
interface Factors {
  readonly rank: number
  readonly layout: Typed.Layout
  readonly groups: number
  /** Shapes with channels last. */
  readonly images: Shape
  readonly kernels: Shape
  /** Both in their common dtype, with channels last. */
  readonly ready: OpEffect<readonly [images: Tensor, kernels: Tensor]>
}

const factorsOf = (
  op: string,
  [given, kernels]: readonly [Taken, Taken],
  { groups = 1, layout: asked }: { readonly groups?: number | undefined; readonly layout?: Typed.Layout | undefined }
): Factors => {
  const layout = layoutOf(op, asked)
  const dtype = commonDType(op, [given, kernels])
  const [x, w] = [lone(given), lone(kernels)]
  checkDType(op, { dtype, shape: x.shape }, accepts.numeric)
  const rank = placesOf(op, x.shape)
  if (w.shape.length !== x.shape.length) {
    throw new ShapeError({
      op,
      shapes: [x.shape, w.shape],
      message: `${op} requires images and kernels of one rank, got ${showShape(x.shape)} and ${showShape(w.shape)}`
    })
  }
  if (!Number.isSafeInteger(groups) || groups < 1) {
    throw new ArgumentError({
      op,
      message: `${op} requires a whole, positive number of groups, got ${describe(groups)}`
    })
  }
  return {
    rank,
    layout,
    groups,
    images: lastShape(x.shape, layout),
    kernels: layout === "channelsLast" ? w.shape : [...w.shape.slice(2), w.shape[1]!, w.shape[0]!],
    ready: Effect.all([
      Effect.flatMap(castTo(x, dtype), (y) => channelsLast(y, layout)),
      Effect.flatMap(castTo(w, dtype), (y) => kernelsLast(y, layout))
    ])
  }
}

/** Throws `ShapeError` unless channels fit kernels: `taken` of the images' are those of all groups. */
const checkChannels = (
  op: string,
  { groups, images, kernels }: Factors,
  taken: number
): void => {
  const channels = images.at(-1)!
  const [, out] = kernels.slice(-2) as [number, number]
  if (channels === taken && out % groups === 0) return
  throw new ShapeError({
    op,
    shapes: [images, kernels],
    message: `${op} requires kernels for ${channels} channels in ${groups} group${groups === 1 ? "" : "s"}, got ${
      showShape(images)
    } and ${showShape(kernels)}, channels last`
  })
}

/** The axes of windows: of the elements of a window, and the last. */
const inner = (rank: number): ReadonlyArray<number> => range(rank + 1).map((i) => i + rank + 1)

/** The contraction of padded images with kernels, in groups. */
const contracted = (x: Tensor, w: Tensor, geometry: Geometry, groups: number): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const rank = geometry.axes.length
    const windows = yield* windowsOf(x, geometry)
    if (groups === 1) {
      return yield* dotGeneral(windows, w, {
        contractLhs: inner(rank),
        contractRhs: range(rank + 1),
        batchLhs: [],
        batchRhs: []
      })
    }
    const [each, out] = w.shape.slice(-2) as [number, number]
    const places = windows.shape.slice(0, rank + 1)
    const left = yield* reshapeTo(windows, [...windows.shape.slice(0, -1), groups, each])
    const right = yield* reshapeTo(w, [...w.shape.slice(0, -1), groups, out / groups])
    const y = yield* dotGeneral(left, right, {
      contractLhs: [...inner(rank).slice(0, -1), 2 * rank + 2],
      contractRhs: range(rank + 1),
      batchLhs: [2 * rank + 1],
      batchRhs: [rank + 1]
    })
    // groups come first, and belong beside their channels
    const order = [...range(rank + 1).map((i) => i + 1), 0, rank + 2]
    return yield* reshapeTo(yield* permute(y, order), [...places, out])
  })

/**
 * The convolution of images `[count, …places, channels]` and kernels `[…size, channels / groups, out]`: at each place the
 * sum, over a window and the channels of a group, of elements times those of a kernel. Kernels are not turned round.
 *
 * Any number of axes of places, numeric dtypes. `padding` is `"valid"` (none, the default), `"same"` (so much that there are ⌈n / stride⌉ places, one more
 * behind than before where it is odd) or pairs; `stride`, `dilation` (of kernels) and `inputDilation` (of images, with zeros between) are numbers, or
 * one for each axis. With as many `groups` as channels it is depthwise. In the layout `"channelsFirst"` images are `[count, channels, …places]` and
 * kernels `[out, channels / groups, …size]`. As JAX's `lax.conv_general_dilated`. Fails with `ShapeError`, `ArgumentError` and `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { conv, reshape, Tensor } from "wengert"
 *
 * const image = reshape(Tensor.make([1, 2, 4, 7]), [1, 4, 1])
 * const difference = reshape(Tensor.make([-1, 1]), [2, 1, 1])
 * console.log(Effect.runSync(reshape(conv(image, difference), [-1]))) // => tensor([1., 2., 3.], float64)
 * console.log(Effect.runSync(conv(image, difference, { padding: "same", stride: 2 })).shape) // => [ 1, 2, 1 ]
 * ```
 */
export const conv: Typed.Conv = signed((x: Operand, kernels: Operand, options?: Typed.ConvOptions) =>
  operation("conv", [x, kernels], (taken) => {
    const op = "conv"
    const given = checkOptions<Typed.ConvOptions>(op, options, { ...accepted, inputDilation: "checked" })
    const factors = factorsOf(op, taken, given)
    const { groups, images, kernels, layout, ready } = factors
    checkChannels(op, factors, kernels.at(-2)! * groups)
    const geometry = geometryOf(op, images, kernels.slice(0, -2), given)
    return Effect.gen(function*() {
      const [x, w] = yield* ready
      return yield* inLayout(yield* contracted(yield* padded(x, geometry), w, geometry, groups), layout)
    })
  })
)

/** Images with zeros around and between. */
const padded = (x: Tensor, { high, interior, low }: Geometry): OpEffect<Tensor> =>
  [...low, ...high, ...interior].every((n) => n === 0)
    ? Effect.succeed(x)
    : padWith(x, [0, ...low, 0], [0, ...high, 0], [0, ...interior, 0])

/** The sizes of images from which a convolution makes `counts` places, and what it pads them with. */
const before = (
  op: string,
  counts: Shape,
  kernel: ReadonlyArray<number>,
  { dilation, padding = "valid", size, stride }: Typed.ConvTransposeOptions
): { readonly dims: Shape; readonly geometry: Geometry } => {
  const rank = counts.length
  const [steps, spread] = [perAxis(op, "stride", stride, rank), perAxis(op, "dilation", dilation, rank)]
  const spans = kernel.map((n, i) => spanOf(n, spread[i]!))
  const pairs = pairsOf(op, padding, rank)
  const least = counts.map((n, i) =>
    padding === "same" ? n * steps[i]! : (n - 1) * steps[i]! + spans[i]! - (pairs?.[i]![0] ?? 0) - (pairs?.[i]![1] ?? 0)
  )
  const dims = size === undefined ? least : perAxis(op, "size", size, rank)
  const pads = dims.map((dim, i) =>
    pairs?.[i] ?? (padding === "same" ? samePad(dim, counts[i]!, steps[i]!, spans[i]!) : [0, 0] as const)
  )
  const fits = dims.every((dim, i) =>
    dim > 0 && countOf(dim + pads[i]![0] + pads[i]![1], kernel[i]!, steps[i]!, spread[i]!) === counts[i]
  )
  if (!fits) {
    throw new ShapeError({
      op,
      shapes: [counts],
      message: `${op} requires sizes from which the convolution makes ${showShape(counts)} places, got ${
        showShape(dims)
      }`
    })
  }
  const axes = range(rank).map((i) => i + 1)
  const [low, high] = [pads.map(([n]) => n), pads.map(([, n]) => n)]
  return {
    dims,
    geometry: { axes, size: kernel, stride: steps, dilation: spread, low, high, interior: axes.map(() => 0) }
  }
}

/**
 * The transpose of `conv` with the same kernels and options: the linear map with ⟨conv(x), y⟩ = ⟨x, convTranspose(y)⟩, from `[count,
 * …places, out]` to images `[count, …size, channels]`. Decoders make large pictures of small ones with it.
 *
 * The size of the images is n·stride with the padding `"same"`, else the least from which the convolution makes n places; `size` is another of
 * those. Everything else is as for `conv`, and as PyTorch's `conv_transpose2d`, whose `output_padding` is the size beyond the least.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { convTranspose, reshape, Tensor } from "wengert"
 *
 * const y = reshape(Tensor.make([1, 2]), [1, 2, 1])
 * const kernel = reshape(Tensor.make([1, 10, 100]), [3, 1, 1])
 * const x = convTranspose(y, kernel, { stride: 2 })
 * console.log(Effect.runSync(reshape(x, [-1]))) // => tensor([  1.,  10., 102.,  20., 200.], float64)
 * ```
 */
export const convTranspose: Typed.ConvTranspose = signed((
  y: Operand,
  kernels: Operand,
  options?: Typed.ConvTransposeOptions
) =>
  operation("convTranspose", [y, kernels], (taken) => {
    const op = "convTranspose"
    const given = checkOptions<Typed.ConvTransposeOptions>(op, options, { ...accepted, size: "checked" })
    const factors = factorsOf(op, taken, given)
    const { groups, images, kernels, layout, rank, ready } = factors
    checkChannels(op, factors, kernels.at(-1)!)
    const { dims, geometry: { high, low, ...windows } } = before(op, images.slice(1, -1), kernels.slice(0, -2), given)
    return Effect.gen(function*() {
      const [y, w] = yield* ready
      const all = dims.map((dim, i) => dim + low[i]! + high[i]!)
      const sums = yield* overlapAdd(yield* spread(y, w, rank, groups), windows, all)
      const last = sums.shape.at(-1)!
      const part = sliceTo(
        sums,
        [0, ...low, 0],
        [sums.shape[0]!, ...dims.map((dim, i) => dim + low[i]!), last],
        sums.shape.map(() => 1)
      )
      return yield* inLayout(yield* part, layout)
    })
  })
)

/** Windows of which each is a sum of kernels, in groups. */
const spread = (y: Tensor, w: Tensor, rank: number, groups: number): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const [each, out] = w.shape.slice(-2) as [number, number]
    if (groups === 1) {
      return yield* dotGeneral(y, w, { contractLhs: [rank + 1], contractRhs: [rank + 1], batchLhs: [], batchRhs: [] })
    }
    const left = yield* reshapeTo(y, [...y.shape.slice(0, -1), groups, out / groups])
    const right = yield* reshapeTo(w, [...w.shape.slice(0, -1), groups, out / groups])
    const x = yield* dotGeneral(left, right, {
      contractLhs: [rank + 2],
      contractRhs: [rank + 2],
      batchLhs: [rank + 1],
      batchRhs: [rank + 1]
    })
    // groups come first, and belong beside their channels
    const outer = range(2 * rank + 1).map((i) => i + 1)
    const shape = outer.map((i) => x.shape[i]!)
    return yield* reshapeTo(yield* permute(x, [...outer, 0, 2 * rank + 2]), [...shape, groups * each])
  })

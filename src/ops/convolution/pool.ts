/**
 * Pooling: what windows of images have in common.
 */
import * as Effect from "effect/Effect"
import type { Taken } from "../../core/operation.ts"
import { checkDType, lone, operation } from "../../core/operation.ts"
import { checkOptions, flag } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { range, sizeOf, stridesOf } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { fromData } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { div } from "../algebra.ts"
import { castTo } from "../cast.ts"
import type { Accepts } from "../define.ts"
import { accepts } from "../define.ts"
import { broadcastAxes, sumOver } from "../movement/layout.ts"
import { pad } from "../movement/parts.ts"
import { maxOver } from "../reduction/extremum.ts"
import type { Geometry } from "./geometry.ts"
import { channelsLast, geometryOf, inLayout, lastShape, layoutOf, perAxis, placesOf } from "./geometry.ts"
import { windowsOf } from "./windows.ts"

/** Windows of images, put together by `reduce`, which is given the axes of their elements. */
const pooled = (
  op: string,
  taken: Taken,
  size: Typed.PerAxis,
  options: Typed.PoolOptions,
  { accepted, fill, reduce }: {
    readonly accepted: Accepts
    /** What is around the images. */
    readonly fill: (x: Tensor) => number
    readonly reduce: (windows: Tensor, axes: ReadonlyArray<number>, geometry: Geometry) => OpEffect<Tensor>
  }
): OpEffect<Tensor> => {
  const layout = layoutOf(op, options.layout)
  const x = lone(taken)
  checkDType(op, x, accepts[accepted])
  const rank = placesOf(op, x.shape)
  const sizes = perAxis(op, "size", size, rank)
  const geometry = geometryOf(op, lastShape(x.shape, layout), sizes, {
    padding: options.padding,
    stride: options.stride ?? sizes
  })
  const widths = [[0, 0], ...geometry.low.map((low, i) => [low, geometry.high[i]!] as const), [0, 0]] as const
  return Effect.gen(function*() {
    const images: Tensor = yield* channelsLast(x, layout)
    const around: Tensor = widths.every(([low, high]) => low + high === 0)
      ? images
      : yield* pad(images as Tensor<any, any>, widths as never, { value: fill(x) }) as OpEffect<Tensor>
    const windows = yield* windowsOf(around, geometry)
    return yield* inLayout(yield* reduce(windows, range(rank).map((i) => i + rank + 1), geometry), layout)
  })
}

const poolOptions = { layout: "checked", padding: "checked", stride: "checked" } as const

/**
 * The largest element of each window of images `[count, …places, channels]`, channel by channel. NaN where there is one.
 *
 * Float and int32. `size` is that of windows, for each axis or all; they lie next to each other, unless `stride` says how far apart. What `padding` adds is
 * less than everything. Of equal largest elements each has the same part of the derivative, as in `max`. Options are those of `conv`. Fails with
 * `ShapeError`, `ArgumentError` and `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { maxPool, reshape, Tensor } from "wengert"
 *
 * const image = reshape(Tensor.make([1, 3, 2, 5, 4, 0]), [1, 6, 1])
 * console.log(Effect.runSync(reshape(maxPool(image, 2), [-1]))) // => tensor([3., 5., 4.], float64)
 * console.log(Effect.runSync(maxPool(image, 3, { stride: 1, padding: "same" })).shape) // => [ 1, 6, 1 ]
 * ```
 */
export const maxPool: Typed.MaxPool = signed((x: Operand, size: Typed.PerAxis, options?: Typed.PoolOptions) =>
  operation(
    "maxPool",
    [x],
    ([x]) =>
      pooled("maxPool", x, size, checkOptions<Typed.PoolOptions>("maxPool", options, poolOptions), {
        accepted: "numeric",
        fill: ({ dtype }) => dtype === "int32" ? -(2 ** 31) : -Infinity,
        reduce: maxOver
      })
  )
)

type AvgOptions = Typed.PoolOptions & { readonly countPadding?: boolean | undefined }

/**
 * The mean of each window of images `[count, …places, channels]`, channel by channel.
 *
 * Floats. What `padding` adds are zeros that count, unless `countPadding` is false. Everything else is as for `maxPool`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { avgPool, reshape, Tensor } from "wengert"
 *
 * const image = reshape(Tensor.make([1, 3, 2, 6]), [1, 4, 1])
 * console.log(Effect.runSync(reshape(avgPool(image, 2), [-1]))) // => tensor([2., 4.], float64)
 * ```
 */
export const avgPool: Typed.AvgPool = signed((x: Operand, size: Typed.PerAxis, options?: AvgOptions) =>
  operation("avgPool", [x], ([x]) => {
    const { countPadding = true, ...rest } = checkOptions<AvgOptions>("avgPool", options, {
      ...poolOptions,
      countPadding: flag
    })
    const places = lastShape(lone(x).shape, layoutOf("avgPool", rest.layout)).slice(1, -1)
    return pooled("avgPool", x, size, rest, {
      accepted: "float",
      fill: () => 0,
      reduce: (windows, axes, geometry) =>
        Effect.gen(function*() {
          const sums = yield* sumOver(windows, axes)
          if (countPadding) return yield* div(sums, sizeOf(geometry.size)) as OpEffect<Tensor>
          const counts = yield* castTo(countsOf(places, sums.shape.slice(1, -1), geometry), sums.dtype)
          return yield* div(sums, broadcastAxes(counts, sums.shape, geometry.axes)) as OpEffect<Tensor>
        })
    })
  })
)

/** How many elements of each window are not padding. */
const countsOf = (dims: Shape, counts: Shape, { low, size, stride }: Geometry): Tensor => {
  const along = counts.map((count, i) =>
    range(count).map((w) => {
      const start = w * stride[i]! - low[i]!
      return Math.max(0, Math.min(start + size[i]!, dims[i]!) - Math.max(start, 0))
    })
  )
  const strides = stridesOf(counts)
  const data = Float64Array.from(
    { length: sizeOf(counts) },
    (_, n) => along.reduce((product, list, i) => product * list[Math.floor(n / strides[i]!) % counts[i]!]!, 1)
  )
  return fromData(counts, "float64", data)
}

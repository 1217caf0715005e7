/**
 * Pictures in other sizes.
 */
import * as Effect from "effect/Effect"
import { ShapeError, showShape } from "../../core/errors.ts"
import { checkDType, lone, operation } from "../../core/operation.ts"
import { checkOptions, flag } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { checkShape, range } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { fromData } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { castTo } from "../cast.ts"
import { dotGeneral } from "../contraction/dot.ts"
import { accepts } from "../define.ts"
import { take } from "../indexing/picking.ts"
import { moveAxis } from "../movement/layout.ts"

/** Weights by which `to` elements are made of `from`: a triangle about each center, as wide as the coarser grid. */
const weightsOf = (from: number, to: number, antialias: boolean): Tensor => {
  const scale = from / to
  const width = antialias ? Math.max(scale, 1) : 1
  const weights = new Float64Array(from * to)
  for (let j = 0; j < to; j++) {
    const center = (j + 0.5) * scale - 0.5
    const column = range(from).map((i) => Math.max(0, 1 - Math.abs(center - i) / width))
    const total = column.reduce((sum, x) => sum + x, 0)
    column.forEach((x, i) => weights[i * to + j] = x / total)
  }
  return fromData([from, to], "float64", weights)
}

const linearly = (x: Tensor, shape: Shape, antialias: boolean): OpEffect<Tensor> =>
  Effect.gen(function*() {
    let y = x
    for (const [axis, to] of shape.entries()) {
      const from = y.shape[axis]!
      if (from === to) continue
      const weights = yield* castTo(weightsOf(from, to, antialias), x.dtype)
      const moved = yield* dotGeneral(y, weights, { contractLhs: [axis], contractRhs: [0], batchLhs: [], batchRhs: [] })
      y = yield* moveAxis(moved, shape.length - 1, axis)
    }
    return y
  })

const byNearest = (x: Tensor, shape: Shape): OpEffect<Tensor> =>
  Effect.gen(function*() {
    let y = x
    for (const [axis, to] of shape.entries()) {
      const from = y.shape[axis]!
      if (from === to) continue
      const indices = Int32Array.from({ length: to }, (_, j) => Math.min(from - 1, Math.floor((j + 0.5) * from / to)))
      const picked: Tensor<any, any> = fromData([to], "int32", indices)
      y = yield* take(y as Tensor<any, any>, picked, { axis }) as OpEffect<Tensor>
    }
    return y
  })

/**
 * A picture in another shape, axis by axis: between the centers of its elements by straight lines, or the nearest element.
 *
 * Floats. `shape` has a size for every axis; those that stay are left alone. The method is `"linear"` by default; making smaller, it takes the mean over what falls
 * together, unless `antialias` is false. Linear in the picture, so that the derivative is exact. As JAX's `image.resize`. Fails with `ShapeError`,
 * `ArgumentError` and `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { resize, Tensor } from "wengert"
 *
 * const x = Tensor.make([0, 4])
 * console.log(Effect.runSync(resize(x, [4]))) // => tensor([0., 1., 3., 4.], float64)
 * console.log(Effect.runSync(resize(x, [4], { method: "nearest" }))) // => tensor([0., 0., 4., 4.], float64)
 * ```
 */
export const resize: Typed.Resize = signed((
  x: Operand,
  shape: Shape,
  options?: { readonly method?: "linear" | "nearest"; readonly antialias?: boolean }
) =>
  operation("resize", [x], ([x]) => {
    const { antialias = true, method = "linear" } = checkOptions("resize", options, {
      antialias: flag,
      method: ["linear", "nearest"]
    })
    const tensor = lone(x)
    checkDType("resize", tensor, accepts.float)
    const to = checkShape("resize", shape)
    const grows = to.some((d, a) => d > 0 && tensor.shape[a] === 0)
    if (to.length !== tensor.shape.length || grows) {
      throw new ShapeError({
        op: "resize",
        shapes: [tensor.shape, to],
        message: `resize requires a size for each axis of something, got ${showShape(to)} for ${
          showShape(tensor.shape)
        }`
      })
    }
    return method === "linear" ? linearly(tensor, to, antialias) : byNearest(tensor, to)
  })
)

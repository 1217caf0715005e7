/**
 * Indexing: elements picked, and put back, by tensors of int32 indices. Negative indices count from the end; one that
 * is out of range is an `IndexError`, never another element.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../../core/dtype.ts"
import { ShapeError, showShape, showShapes } from "../../core/errors.ts"
import type { Taken } from "../../core/operation.ts"
import { adapt, apply, checkDType, lone, operation } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { broadcastShapes, checkShape, normalizeAxis, range, sizeOf } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { fromData, wholeNumbers } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { where } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { accepts } from "../define.ts"
import { maximum, minimum } from "../elementwise/binary.ts"
import { equal, logicalNot, notEqual } from "../elementwise/comparison.ts"
import { broadcastAxes, broadcastLike, moveAxis, reshapeTo, sumOver } from "../movement/layout.ts"
import { indexPrimitive, takeAt, takeRows } from "./indexed.ts"

/** Indices as an int32 tensor. Throws `DTypeError`. */
export const indicesOf = (op: string, indices: Taken): Tensor => {
  const tensor = typeof indices === "number" ? adapt(op, indices, "int32") : indices
  checkDType(op, tensor, accepts.integer)
  return tensor
}

/**
 * The elements at `indices` along `axis`; without an axis, of the flattened tensor. The axes of the indices take the
 * place of that axis.
 *
 * Any dtype; indices are int32. The derivative adds up at every index what was taken from there. Fails with
 * `IndexError` for an index that is out of range, with `AxisError`, and with `DTypeError` for indices that are not
 * int32.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { take, Tensor } from "wengert"
 *
 * const x = Tensor.make([[1, 2], [3, 4]])
 * const indices = Tensor.make([1, 0, -1], { dtype: "int32" })
 * console.log(Effect.runSync(take(x, indices))) // => tensor([2., 1., 4.], float64)
 * console.log(Effect.runSync(take(x, 1, { axis: 0 }))) // => tensor([3., 4.], float64)
 * ```
 */
export const take: Typed.Take = signed((
  x: Operand,
  indices: Operand,
  options?: { readonly axis?: number | undefined }
) =>
  operation("take", [x, indices], ([x, indices]) => {
    const tensor = lone(x)
    const { axis } = checkOptions("take", options, { axis: "checked" })
    const at = indicesOf("take", indices)
    return axis === undefined
      ? Effect.flatMap(reshapeTo(tensor, [tensor.size]), (flat) => takeAt(flat, at, 0))
      : takeAt(tensor, at, normalizeAxis("take", axis, tensor.shape.length, tensor.shape))
  })
)

/**
 * The elements at `indices` along `axis`, each at its own place along the other axes; what `sort` does with `argsort`.
 *
 * Any dtype; indices are int32, with as many axes as the tensor, and broadcast with it along the other axes. Fails with
 * `ShapeError`, with `IndexError`, with `AxisError` and with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { squeeze, takeAlongAxis, Tensor } from "wengert"
 *
 * const x = Tensor.make([[1, 2], [3, 4]])
 * const columns = Tensor.make([[1], [0]], { dtype: "int32" })
 * console.log(Effect.runSync(squeeze(takeAlongAxis(x, columns, 1)))) // => tensor([2., 3.], float64)
 * ```
 */
export const takeAlongAxis: Typed.TakeAlongAxis = signed((x: Operand, indices: Operand, axis: number) =>
  operation(
    "takeAlongAxis",
    [x, indices],
    ([x, indices]) => takeAlong("takeAlongAxis", lone(x), indicesOf("takeAlongAxis", indices), axis)
  )
)

/** `takeAlongAxis`, for rules. */
export const takeAlong = (op: string, x: Tensor, indices: Tensor, axis: number): OpEffect<Tensor> => {
  const shapes = [x.shape, indices.shape]
  const at = normalizeAxis(op, axis, x.shape.length, x.shape)
  if (indices.shape.length !== x.shape.length) {
    throw new ShapeError({
      op,
      shapes,
      message: `${op} requires indices with the axes of the tensor, got ${showShapes(shapes)}`
    })
  }
  const lead = broadcastShapes(op, shapes.map((s) => s.toSpliced(at, 1)))
  const last = (y: Tensor) =>
    Effect.flatMap(moveAxis(y, at, lead.length), (moved) => broadcastLike(moved, [...lead, y.shape[at]!]))
  return Effect.gen(function*() {
    const y = yield* takeRows(yield* last(x), yield* last(indices), lead.length)
    return yield* moveAxis(y, lead.length, at)
  })
}

/** The leading axes, from which coordinates along the last axis of `indices` pick, and the rest. Throws `ShapeError`. */
export const picked = (op: string, x: Tensor, indices: Tensor): { readonly sizes: Shape; readonly rest: Shape } => {
  const depth = indices.shape.at(-1)
  if (depth === undefined || depth > x.shape.length) {
    const shapes = [x.shape, indices.shape]
    throw new ShapeError({
      op,
      shapes,
      message: `${op} requires indices with at most ${x.shape.length} coordinates along a last axis for ${
        showShape(x.shape)
      }, got ${showShape(indices.shape)}`
    })
  }
  return { sizes: x.shape.slice(0, depth), rest: x.shape.slice(depth) }
}

/**
 * What coordinates pick: those along the last axis of `indices` belong to the leading axes of the tensor, and its other
 * axes are taken whole.
 *
 * Any dtype; indices are int32. For `x` of shape `[a, b, c]` and indices of shape `[n, 2]` the result has shape `[n,
 * c]`. The derivative adds up at every place what was picked there. Fails with `IndexError` for a coordinate that is
 * out of range, unless `outside` says `"clip"`, to the nearest, or `"fill"`, with `fill` (0 by default) in their place; with `ShapeError` for more coordinates than axes, and with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { gather, Tensor } from "wengert"
 *
 * const x = Tensor.make([[1, 2], [3, 4]])
 * const indices = Tensor.make([[0, 1], [-1, 0]], { dtype: "int32" })
 * console.log(Effect.runSync(gather(x, indices))) // => tensor([2., 3.], float64)
 * ```
 */
export const gather: Typed.Gather = signed((
  x: Operand,
  indices: Operand,
  options?: { readonly outside?: "error" | "clip" | "fill" | undefined; readonly fill?: number | undefined }
) =>
  operation("gather", [x, indices], ([x, indices]) => {
    const { fill = 0, outside = "error" } = checkOptions("gather", options, {
      outside: ["error", "clip", "fill"],
      fill: "number"
    })
    const tensor = lone(x)
    const at = indicesOf("gather", indices)
    const { rest, sizes } = picked("gather", tensor, at)
    return Effect.gen(function*() {
      const near = outside === "error" ? at : yield* clipped(at, sizes)
      const positions = yield* apply(indexPrimitive, [near], { sizes })
      const found = yield* takeAt(yield* reshapeTo(tensor, [sizeOf(sizes), ...rest]), positions, 0)
      if (outside !== "fill") return found
      const inside = yield* isInside(at, near)
      return yield* where(broadcastAxes(inside, found.shape, range(inside.shape.length)), found, fill)
    })
  })
)

/** Coordinates moved to the nearest that there are. Throws `IndexError` where there are none. */
export const clipped = (at: Tensor, sizes: Shape): OpEffect<Tensor> => {
  const bounds = (of: (size: number) => number) => fromData([sizes.length], "int32", Int32Array.from(sizes, of))
  return Effect.flatMap(maximum(at, bounds((n) => -n)), (y) => minimum(y, bounds((n) => n - 1)))
}

/** Which coordinates were there before they were clipped? */
export const isInside = (at: Tensor, near: Tensor): OpEffect<Tensor> =>
  Effect.flatMap(
    notEqual(at, near),
    (moved) => Effect.flatMap(sumOver(moved, [at.shape.length - 1]), (outside) => logicalNot(outside))
  )

/**
 * A 1 at every index, zeros elsewhere, along a new last axis of size `depth`; an index outside of `0 … depth − 1` gives
 * zeros alone, so −1 can mark what is to be left out.
 *
 * Indices are int32; the result has `dtype`, float64 by default. Fails with `DTypeError` and with `ShapeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { oneHot } from "wengert"
 *
 * console.log(Effect.runSync(oneHot(2, 4))) // => tensor([0., 0., 1., 0.], float64)
 * ```
 */
export const oneHot: Typed.OneHot = signed((
  indices: Operand,
  depth: number,
  options?: { readonly dtype?: DType | undefined }
) =>
  operation("oneHot", [indices], ([indices]) => {
    const { dtype = "float64" } = checkOptions("oneHot", options, { dtype: "checked" })
    const at = indicesOf("oneHot", indices)
    checkShape("oneHot", [...at.shape, depth])
    const steps = wholeNumbers(0, depth)
    return Effect.flatMap(equal(reshapeTo(at, [...at.shape, 1]), steps), (mask) => castTo(mask, dtype))
  })
)

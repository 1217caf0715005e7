/**
 * Sorting. The order has no derivative; what is put in order keeps its own, for it is taken by indices.
 */
import * as Effect from "effect/Effect"
import type { TypedArray } from "../../core/dtype.ts"
import { describe, ShapeError, showShape } from "../../core/errors.ts"
import { apply, lone, operation } from "../../core/operation.ts"
import { checkOptions, flag } from "../../core/options.ts"
import type { Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { checkAxes, normalizeAxis, sizeOf } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { dataOf } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { sliceAxis } from "../movement/parts.ts"
import { takeAlong } from "./picking.ts"

/** Ascending or descending, with NaN last in both; equal elements are 0 apart, so that they stay in their order. */
const comparison = (data: TypedArray, descending: boolean) => (i: number, j: number): number => {
  const [x, y] = [data[i]!, data[j]!]
  return x < y
    ? (descending ? 1 : -1)
    : x > y
    ? (descending ? -1 : 1)
    : Number(Number.isNaN(x)) - Number(Number.isNaN(y))
}

export const argsortPrimitive: Primitive<
  "argsort",
  { readonly axis: "integer"; readonly descending: "boolean" },
  1,
  1
> = primitive({
  name: "argsort",
  arity: 1,
  params: { axis: "integer", descending: "boolean" },
  barrier: "steps",
  infer: ([x], { axis }) => {
    checkAxes("argsort", [axis], x.shape)
    return [{ shape: x.shape, dtype: "int32" }]
  },
  reference: ([x], { axis, descending }) => {
    const data = dataOf(x)
    const order = new Int32Array(data.length)
    const size = x.shape[axis]!
    const stride = sizeOf(x.shape.slice(axis + 1))
    const compare = comparison(data, descending)
    for (let block = 0; block < data.length; block += size * stride) {
      for (let first = block; first < block + stride; first++) {
        const line = Int32Array.from({ length: size }, (_, i) => first + i * stride).sort(compare)
        for (let i = 0; i < size; i++) order[first + i * stride] = (line[i]! - first) / stride
      }
    }
    return [order]
  },
  batch: ({ operands, params: { axis, descending } }) =>
    Effect.map(
      apply(argsortPrimitive, operands, { axis: axis + 1, descending }),
      (y) => ({ outputs: [y], batched: [true] })
    )
})

/** The axis along which to sort, counted from the start, and the indices that do. */
const orderOf = (op: string, x: Tensor, options: Typed.SortOptions | undefined) => {
  const { axis: given = -1, descending = false } = checkOptions(op, options, { axis: "checked", descending: flag })
  const axis = normalizeAxis(op, given, x.shape.length, x.shape)
  return { axis, order: apply(argsortPrimitive, [x], { axis, descending }) }
}

/**
 * The indices that put the elements along `axis`, the last by default, in order: ascending, or `descending`. Equal
 * elements stay in the order in which they are, and NaN comes last either way.
 *
 * Any dtype; the result is int32, and has no derivative. Fails with `AxisError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { argsort, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(argsort(Tensor.make([3, 1, 2])))) // => tensor([1, 2, 0], int32)
 * ```
 */
export const argsort: Typed.ArgSort = signed((x: Operand, options?: Typed.SortOptions) =>
  operation("argsort", [x], ([x]) => orderOf("argsort", lone(x), options).order)
)

/**
 * The elements along `axis`, the last by default, in order: ascending, or `descending`. NaN comes last either way.
 *
 * Any dtype. The derivative goes to the elements where they came from. Fails with `AxisError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sort, Tensor } from "wengert"
 *
 * const x = Tensor.make([3, 1, 2])
 * console.log(Effect.runSync(sort(x))) // => tensor([1., 2., 3.], float64)
 * console.log(Effect.runSync(sort(x, { descending: true }))) // => tensor([3., 2., 1.], float64)
 * ```
 */
export const sort: Typed.Sort = signed((x: Operand, options?: Typed.SortOptions) =>
  operation("sort", [x], ([x]) => {
    const tensor = lone(x)
    const { axis, order } = orderOf("sort", tensor, options)
    return Effect.flatMap(order, (indices) => takeAlong("sort", tensor, indices, axis))
  })
)

/**
 * `{ values, indices }` of the `k` largest elements along the last axis, in descending order; of equal elements the
 * first come first, and NaN counts as the smallest.
 *
 * Any dtype; the indices are int32. The derivative of the values goes to the elements where they came from. Fails with
 * `ShapeError` unless there is a last axis with k elements.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, topK } from "wengert"
 *
 * const { indices, values } = Effect.runSync(topK(Tensor.make([3, 1, 4, 1, 5]), 2))
 * console.log(values) // => tensor([5., 4.], float64)
 * console.log(indices) // => tensor([4, 2], int32)
 * ```
 */
export const topK: Typed.TopK = signed((x: Operand, k: number) =>
  operation("topK", [x], ([x]) => {
    const tensor = lone(x)
    const { shape } = tensor
    const last = shape.length - 1
    if (!Number.isInteger(k) || k < 0 || last < 0 || k > shape[last]!) {
      throw new ShapeError({
        op: "topK",
        shapes: [shape],
        message: `topK requires a last axis with at least k elements, got ${showShape(shape)} and k = ${describe(k)}`
      })
    }
    return Effect.gen(function*() {
      const order = yield* orderOf("topK", tensor, { descending: true }).order
      const indices = yield* sliceAxis(order, last, 0, k)
      return { values: yield* takeAlong("topK", tensor, indices, last), indices }
    })
  })
)

/**
 * Reading the elements of tensors. Under a transformation it works where the value is known, and fails with
 * `TracedValueError` where it is not.
 */
import * as Effect from "effect/Effect"
import type { ArrayOf, DataOf, ElementOf, Nested } from "../types/construction.ts"
import type { DTypeOf, ErrorOf, ServicesOf, ShapeOf } from "../types/operand.ts"
import type { DType, TypedArray } from "./dtype.ts"
import type { OpError } from "./errors.ts"
import { ShapeError, showShape } from "./errors.ts"
import { attempt } from "./evaluator.ts"
import { lone, operation } from "./operation.ts"
import type { Shape } from "./shape.ts"
import { sizeOf } from "./shape.ts"
import type { ConcreteTensor, Operand } from "./tensor.ts"
import { dataOf } from "./tensor.ts"

/** What `view` makes of a tensor that has its elements. */
const reader = <Value>(op: string, x: Operand, view: (x: ConcreteTensor) => Value): Effect.Effect<Value, any, any> =>
  // what a reader gives may be changed by whom it is given to, so it is made anew each time
  operation(
    op,
    [x],
    ([x], { interpreter, site }) =>
      Effect.flatMap(interpreter.read(lone(x), op, site), (known) => attempt(() => view(known), site)),
    "effectful"
  )

/**
 * The number in a tensor with one element; of a bool, 0 or 1.
 *
 * Fails with `ShapeError` for any other size, and with `TracedValueError`: use `cond` or `where` there.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sum, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Tensor.item(sum(Tensor.make([1, 2, 3]))))) // => 6
 * ```
 */
export const item = <A extends Operand>(x: A): Effect.Effect<number, OpError | ErrorOf<A>, ServicesOf<A>> =>
  Effect.flatMap(reader("Tensor.item", x, (tensor) => tensor), (tensor) =>
    tensor.size === 1
      ? Effect.succeed(dataOf(tensor)[0]!)
      : Effect.fail(
        new ShapeError({
          op: "Tensor.item",
          shapes: [tensor.shape],
          message: `Tensor.item requires one element, got ${tensor.size} in shape ${showShape(tensor.shape)}`
        })
      ))

/** The part of `data` from `offset` on as arrays, nested like `shape`. */
const nest = (data: TypedArray, dtype: DType, shape: Shape, offset = 0): Nested<number | boolean> => {
  if (shape.length === 0) return dtype === "bool" ? data[offset] === 1 : data[offset]!
  const rest = shape.slice(1)
  const size = sizeOf(rest)
  return Array.from({ length: shape[0]! }, (_, i) => nest(data, dtype, rest, offset + i * size))
}

/**
 * The elements in nested arrays: numbers, or booleans for bool. A scalar is its number.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Tensor.toArray(Tensor.eye(2)))) // => [ [ 1, 0 ], [ 0, 1 ] ]
 * ```
 */
export const toArray = <A extends Operand>(
  x: A
): Effect.Effect<ArrayOf<ShapeOf<A>, ElementOf<DTypeOf<A>>>, OpError | ErrorOf<A>, ServicesOf<A>> =>
  // the nesting is that of the shape, which the compiler knows only as far as A tells
  reader("Tensor.toArray", x, (tensor) =>
    nest(dataOf(tensor), tensor.dtype, tensor.shape) as ArrayOf<ShapeOf<A>, ElementOf<DTypeOf<A>>>)

/**
 * The elements, row-major, in a fresh typed array; bools are bytes that are 0 or 1.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Tensor.data(Tensor.eye(2)))) // => Float64Array(4) [ 1, 0, 0, 1 ]
 * ```
 */
export const data = <A extends Operand>(x: A): Effect.Effect<DataOf<DTypeOf<A>>, OpError | ErrorOf<A>, ServicesOf<A>> =>
  // the dtype says which array it is
  reader("Tensor.data", x, (tensor) => dataOf(tensor).slice() as DataOf<DTypeOf<A>>)

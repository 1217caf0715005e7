/**
 * Conversion of elements, and the dtypes and shapes that operands agree on.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../core/dtype.ts"
import { allocate, isFloat } from "../core/dtype.ts"
import { checkDTypeName } from "../core/make.ts"
import type { Taken } from "../core/operation.ts"
import { adapt, apply, lone, operation } from "../core/operation.ts"
import type { OpEffect, Primitive } from "../core/primitive.ts"
import { primitive, sameAxes } from "../core/primitive.ts"
import type { Shape } from "../core/shape.ts"
import { broadcastShapes, sameShape } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { dataOf, Zero } from "../core/tensor.ts"
import type * as Typed from "../types/signatures.ts"
import { broadcastLike } from "./movement/layout.ts"

/** Converts elements. To int32 it truncates (NaN and what lies outside becomes 0 or wraps); to bool it asks whether they are not 0. */
export const castPrimitive: Primitive<"cast", { readonly dtype: "dtype" }, 1, 1> = primitive({
  name: "cast",
  arity: 1,
  params: { dtype: "dtype" },
  linear: "all",
  aligned: sameAxes,
  infer: ([x], { dtype }) => {
    return [{ shape: x.shape, dtype: checkDTypeName("cast", dtype) }]
  },
  reference: ([x], { dtype }) => {
    const data = dataOf(x)
    const out = allocate(dtype, data.length)
    if (dtype === "bool") { for (let i = 0; i < data.length; i++) out[i] = data[i] === 0 ? 0 : 1 }
    else out.set(data)
    return [out]
  },
  jvp: ({ params: { dtype }, primals: [x], tangents: [dx] }) =>
    isFloat(dtype) && isFloat(x.dtype)
      ? Effect.map(castTo(dx, dtype), (dy) => [dy])
      : Effect.succeed([new Zero({ shape: x.shape, dtype })]),
  transpose: ({ cotangents: [ct], operands: [x] }) => Effect.map(castTo(ct, x.dtype), (dx) => [dx]),
  support: ({ operands: [x], params: { dtype }, supports: [support] }) =>
    Effect.map(castTo(x, dtype), (y) => ({ outputs: [y], supports: [support] })),
  batch: ({ operands: [x], params: { dtype } }) =>
    Effect.map(castTo(x, dtype), (y) => ({ outputs: [y], batched: [true] }))
})

/** `x` with elements of `dtype`, for rules. */
export const castTo = (x: Tensor, dtype: DType): OpEffect<Tensor> =>
  x.dtype === dtype ? Effect.succeed(x) : apply(castPrimitive, [x], { dtype })

/**
 * The same elements in another dtype. Between floats it is differentiable; to and from int32 and bool no derivative
 * passes.
 *
 * To int32 it is what JavaScript's `|` and typed arrays do (ECMAScript's ToInt32): it truncates, NaN and ±∞ become 0, and
 * what lies outside wraps around, so 3e9 becomes −1294967296. Elements may be unknown when a program is written down, so
 * a cast cannot refuse them: `clip` first, where that may happen. To bool it is false for 0, else true (NaN too). From
 * bool it gives 0 and 1. Fails with `DTypeError` for an unknown dtype.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { cast, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(cast(Tensor.make([1.7, -1.7]), "int32"))) // => tensor([ 1, -1], int32)
 * console.log(Effect.runSync(cast(3e9, "int32"))) // => tensor(-1294967296, int32)
 * ```
 */
export const cast: Typed.Cast = signed((x: Operand, dtype: DType) =>
  operation(
    "cast",
    [x],
    ([x], running) => running.bind(castPrimitive, [lone(x)], { dtype: checkDTypeName("cast", dtype) })
  )
)

/**
 * Operands of an op brought to these dtypes and to the shape that they broadcast to: numbers adapt, tensors are cast and
 * repeated where they must.
 */
export const conform = (
  op: string,
  operands: ReadonlyArray<Taken>,
  dtypes: ReadonlyArray<DType>
): OpEffect<ReadonlyArray<Tensor>> | ReadonlyArray<Tensor> => {
  const tensors = operands.map((x, i) => typeof x === "number" ? adapt(op, x, dtypes[i]!) : x)
  const sameDTypes = tensors.every((x, i) => x.dtype === dtypes[i])
  if (sameDTypes && tensors.every((x) => sameShape(x.shape, tensors[0]!.shape))) return tensors
  const shape = broadcastShapes(op, tensors.map((x) => x.shape))
  return Effect.gen(function*() {
    const out: Array<Tensor> = []
    for (const [i, x] of tensors.entries()) out.push(yield* broadcastLike(yield* castTo(x, dtypes[i]!), shape))
    return out
  })
}

/** The shapes of taken operands; a number is a scalar. */
export const shapesOf = (operands: ReadonlyArray<Taken>): Array<Shape> =>
  operands.map((x) => typeof x === "number" ? [] : x.shape)

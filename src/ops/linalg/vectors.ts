/**
 * Products of vectors that lie along an axis.
 */
import * as Effect from "effect/Effect"
import { ShapeError, showShapes } from "../../core/errors.ts"
import type { Taken } from "../../core/operation.ts"
import { lone, operation } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { broadcastShapes, normalizeAxis } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { mul, sub } from "../algebra.ts"
import { factors } from "../contraction/products.ts"
import { broadcastLike, moveAxis, sumOver } from "../movement/layout.ts"
import { concatAll, sliceAxis } from "../movement/parts.ts"

/** Which axis vectors lie along. */
interface AlongOptions {
  readonly axis?: number | undefined
}

/** The user's function of two tensors of vectors, which it is given along the last axis of one shape. */
const ofVectors = (
  op: string,
  operands: ReadonlyArray<Taken>,
  options: AlongOptions | undefined,
  { requires, size }: { readonly size: number | undefined; readonly requires: string },
  f: (a: Tensor, b: Tensor) => OpEffect<Tensor>
): { readonly product: OpEffect<Tensor>; readonly axis: number } => {
  const { axis = -1 } = checkOptions(op, options, { axis: "checked" })
  const shapes = operands.map((x) => lone(x).shape)
  const places = shapes.map((shape) => normalizeAxis(op, axis, shape.length, shape))
  const sizes = shapes.map((shape, i) => shape[places[i]!]!)
  if (sizes[0] !== sizes[1] || (size ?? sizes[0]) !== sizes[0]) {
    throw new ShapeError({ op, shapes, message: `${op} requires ${requires}, got ${showShapes(shapes)}` })
  }
  const last = shapes.map((shape, i) => [...shape.toSpliced(places[i]!, 1), sizes[i]!])
  const all = broadcastShapes(op, last)
  const product = Effect.forEach(factors(op, operands), (factor, i) =>
    factor.pipe(
      Effect.flatMap((x) => moveAxis(x, places[i]!, x.shape.length - 1)),
      Effect.flatMap((x) => broadcastLike(x, all))
    ))
  return {
    product: Effect.flatMap(product, ([a, b]) => f(a!, b!)),
    axis: normalizeAxis(op, axis, all.length, all)
  }
}

/**
 * Σ xᵢ·yᵢ along an axis, by default the last: the scalar product of the vectors that lie there. Other axes broadcast.
 *
 * Float and int32, which join as in `mul`. Fails with `ShapeError` where vectors have different sizes, and with `AxisError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * const x = Tensor.make([[1, 2], [3, 4]])
 * console.log(Effect.runSync(Linalg.vecdot(x, Tensor.make([10, 1])))) // => tensor([12., 34.], float64)
 * ```
 */
export const vecdot: Typed.AlongVectors = signed((a: Operand, b: Operand, options?: AlongOptions) =>
  operation("Linalg.vecdot", [a, b], (operands, { op }) =>
    ofVectors(
      op,
      operands,
      options,
      { size: undefined, requires: "vectors of one size" },
      (x, y) => Effect.flatMap(mul(x, y) as OpEffect<Tensor>, (terms) => sumOver(terms, [terms.shape.length - 1]))
    ).product)
)

/** The elements along the last axis, each in the place of the one before it; `by` times. */
const turned = (x: Tensor, by: 1 | 2): OpEffect<Tensor> => {
  const axis = x.shape.length - 1
  return Effect.flatMap(
    Effect.all([sliceAxis(x, axis, by, 3), sliceAxis(x, axis, 0, by)]),
    (parts) => concatAll(parts, axis)
  )
}

/**
 * The vector product of vectors in space, which lie along an axis, by default the last. Other axes broadcast.
 *
 * Float and int32, which join as in `mul`. Fails with `ShapeError` unless vectors have three elements, and with `AxisError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Linalg.cross(Tensor.make([1, 0, 0]), Tensor.make([0, 1, 0])))) // => tensor([0., 0., 1.], float64)
 * ```
 */
export const cross: Typed.AlongVectors = signed((a: Operand, b: Operand, options?: AlongOptions) =>
  operation("Linalg.cross", [a, b], (operands, { op }) => {
    const { axis, product } = ofVectors(
      op,
      operands,
      options,
      { size: 3, requires: "vectors of three elements" },
      (x, y) => sub(mul(turned(x, 1), turned(y, 2)), mul(turned(x, 2), turned(y, 1))) as OpEffect<Tensor>
    )
    return Effect.flatMap(product, (z) => moveAxis(z, z.shape.length - 1, axis))
  })
)

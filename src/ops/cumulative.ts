/**
 * Running sums and products along an axis, and the functions that normalise along one.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../core/dtype.ts"
import { apply, checkDType, lone, operation } from "../core/operation.ts"
import type { Primitive, Step } from "../core/primitive.ts"
import { checkAxes, normalizeAxis, sizeOf } from "../core/shape.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { dataOf } from "../core/tensor.ts"
import { signed } from "../core/typed/operand.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { constant, mul } from "./algebra.ts"
import { accepts } from "./define.ts"
import { reshapeTo } from "./layout.ts"
import { linear } from "./linear.ts"
import { concatAll, sliceAxis } from "./movement.ts"
import { logSoftmaxOver, softmaxOver } from "./softmax.ts"

/** Running sums from the start, or in reverse from the end. The adjoint of one is the other. */
export const cumsumPrimitive: Primitive<"cumsum", { readonly axis: "integer"; readonly reverse: "boolean" }, 1, 1> =
  linear("cumsum", {
    params: { axis: "integer", reverse: "boolean" },
    infer: ([x], { axis }) => {
      checkAxes("cumsum", [axis], x.shape)
      return [{ shape: x.shape, dtype: x.dtype }]
    },
    reference: ([x], { axis, reverse }) => {
      const data = dataOf(x)
      const out = allocate(x.dtype, data.length)
      const length = x.shape[axis]!
      const stride = sizeOf(x.shape.slice(axis + 1))
      for (let i = 0; i < data.length / length; i++) {
        const from = Math.floor(i / stride) * stride * length + i % stride
        let total = 0
        for (let k = 0; k < length; k++) {
          const at = from + (reverse ? length - 1 - k : k) * stride
          total += data[at]!
          out[at] = x.dtype === "bool" ? Math.min(total, 1) : total
        }
      }
      return [out]
    },
    transpose: (ct, _, { axis, reverse }) => apply(cumsumPrimitive, [ct], { axis, reverse: !reverse }),
    batch: ({ axis, reverse }) => ({ axis: axis + 1, reverse })
  })

/** The user's function in front: along an axis, or without one along all elements in row-major order. */
const cumulative =
  (name: string, along: (x: Tensor, axis: number) => Step<Tensor>) => (x: Operand, { axis }: Typed.AlongOptions = {}) =>
    operation(name, [x], ([x]) => {
      const tensor = lone(x!)
      checkDType(name, tensor, accepts.numeric)
      return axis === undefined
        ? Effect.flatMap(reshapeTo(tensor, [tensor.size]), (flat) => along(flat, 0))
        : along(tensor, normalizeAxis(name, axis, tensor.shape.length, tensor.shape))
    })

/**
 * Running sums along an axis; without one, of all elements in row-major order.
 *
 * Float and int32. Fails with `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { cumsum, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(cumsum(Tensor.make([[1, 2], [3, 4]])))) // => tensor([ 1.,  3.,  6., 10.], float64)
 * ```
 */
export const cumsum: Typed.Cumulative<"cumsum"> = signed(
  cumulative("cumsum", (x, axis) => apply(cumsumPrimitive, [x], { axis, reverse: false }))
)

/** Products of 1, 2, 4, … neighbours: log n multiplications. Source: Hillis and Steele, CACM 29 (1986) 1170. */
const cumprodAlong = (x: Tensor, axis: number): Step<Tensor> =>
  Effect.gen(function*() {
    let y = x
    for (let d = 1; d < x.shape[axis]!; d *= 2) y = yield* mul(y, delayed(y, axis, d))
    return y
  })

/** `x` moved on by `d` places along an axis, after ones. */
const delayed = (x: Tensor, axis: number, d: number): Step<Tensor> =>
  Effect.gen(function*() {
    const ones = yield* constant(x.shape.map((n, i) => i === axis ? d : n), x.dtype, 1)
    return yield* concatAll([ones, yield* sliceAxis(x, axis, 0, x.shape[axis]! - d)], axis)
  })

/**
 * Running products along an axis; without one, of all elements in row-major order.
 *
 * Float and int32, which wraps around. Its derivative is exact, also where elements are 0. Fails with `AxisError` for a
 * wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { cumprod, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(cumprod(Tensor.make([1, 2, 3, 4])))) // => tensor([ 1.,  2.,  6., 24.], float64)
 * ```
 */
export const cumprod: Typed.Cumulative<"cumprod"> = signed(cumulative("cumprod", cumprodAlong))

/** A function along one axis that stays, by default the last. */
const alongAxis =
  (name: string, f: (x: Tensor, axes: ReadonlyArray<number>) => Step<Tensor>) =>
  (x: Operand, { axis = -1 }: Typed.AlongOptions = {}) =>
    operation(name, [x], ([x]) => {
      const tensor = lone(x!)
      checkDType(name, tensor, accepts.float)
      return f(tensor, [normalizeAxis(name, axis, tensor.shape.length, tensor.shape)])
    })

/**
 * eˣ / Σ eˣ along an axis, by default the last, without overflow: the gradient of `logsumexp`. Where the largest element is
 * infinite, its equals share alike: the limit of equal numbers.
 *
 * Floats. Fails with `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { softmax, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(softmax(Tensor.make([1000, 1000, -Infinity])))) // => tensor([0.5, 0.5, 0. ], float64)
 * ```
 */
export const softmax: Typed.AxisWise<"softmax"> = signed(alongAxis("softmax", softmaxOver))

/**
 * x − log Σ eˣ along an axis, by default the last: the logarithm of `softmax`, without overflow.
 *
 * Floats. Fails with `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { logSoftmax, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(logSoftmax(Tensor.make([1000, 0])))) // => tensor([    0., -1000.], float64)
 * ```
 */
export const logSoftmax: Typed.AxisWise<"logSoftmax"> = signed(alongAxis("logSoftmax", logSoftmaxOver))

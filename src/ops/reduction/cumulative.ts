/**
 * Running sums and products along an axis, and the functions that normalise along one.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../../core/dtype.ts"
import { allocate } from "../../core/dtype.ts"
import { apply, checkDType, lone, operation } from "../../core/operation.ts"
import { checkOptions, propertiesOf } from "../../core/options.ts"
import type { OpEffect, Primitive } from "../../core/primitive.ts"
import { sameAxes } from "../../core/primitive.ts"
import { checkAxes, normalizeAxis, sizeOf } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { dataOf } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { constant, mul, where } from "../algebra.ts"
import { type Accepts, accepts } from "../define.ts"
import { logaddexp, maximum, minimum } from "../elementwise/binary.ts"
import { linear } from "../linear.ts"
import { reshapeTo } from "../movement/layout.ts"
import { concatAll, sliceAxis } from "../movement/parts.ts"
import type { Reduce } from "./extremum.ts"
import { logSoftmaxOver, softmaxOver } from "./softmax.ts"
import { checkMask } from "./sums.ts"

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
    batch: ({ axis, reverse }) => ({ axis: axis + 1, reverse }),
    aligned: (operands, { axis }) => sameAxes(operands).map((pairs) => pairs.filter(([i]) => i !== axis))
  })

/** The user's function in front: along an axis, or without one along all elements in row-major order. */
const cumulative =
  (name: string, along: (x: Tensor, axis: number) => OpEffect<Tensor>, accepted: Accepts = "numeric") =>
  (x: Operand, options?: Typed.AlongOptions) =>
    operation(name, [x], ([x]) => {
      const tensor = lone(x)
      checkDType(name, tensor, accepts[accepted])
      const { axis } = checkOptions(name, options, { axis: "checked" })
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

/** Of 1, 2, 4, … neighbours: log n times the op. Source: Hillis and Steele, CACM 29 (1986) 1170. */
const running =
  (op: (x: Tensor, before: Tensor) => OpEffect<Tensor>, identity: (dtype: DType) => number) =>
  (x: Tensor, axis: number): OpEffect<Tensor> =>
    Effect.gen(function*() {
      let y = x
      for (let d = 1; d < x.shape[axis]!; d *= 2) y = yield* op(y, yield* delayed(y, axis, d, identity(x.dtype)))
      return y
    })

const cumprodAlong = running(mul, () => 1)
const lowest = (dtype: DType): number => dtype === "int32" ? -(2 ** 31) : -Infinity
const highest = (dtype: DType): number => dtype === "int32" ? 2 ** 31 - 1 : Infinity

/** `x` moved on by `d` places along an axis, after `identity`. */
const delayed = (x: Tensor, axis: number, d: number, identity: number): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const before = yield* constant(x.shape.map((n, i) => i === axis ? d : n), x.dtype, identity)
    return yield* concatAll([before, yield* sliceAxis(x, axis, 0, x.shape[axis]! - d)], axis)
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

/**
 * Running maxima along an axis; without one, of all elements in row-major order. From a NaN on, NaN.
 *
 * Float and int32. At a tie, the derivative is shared among the largest. Fails with `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { cummax, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(cummax(Tensor.make([1, 3, 2, 4])))) // => tensor([1., 3., 3., 4.], float64)
 * ```
 */
export const cummax: Typed.Cumulative<"cummax"> = signed(cumulative("cummax", running(maximum, lowest)))

/**
 * Running minima along an axis; without one, of all elements in row-major order. From a NaN on, NaN.
 *
 * Float and int32. At a tie, the derivative is shared among the smallest. Fails with `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { cummin, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(cummin(Tensor.make([3, 4, 1, 2])))) // => tensor([3., 3., 1., 1.], float64)
 * ```
 */
export const cummin: Typed.Cumulative<"cummin"> = signed(cumulative("cummin", running(minimum, highest)))

/**
 * Running log Σ eˣ along an axis, without overflow; without an axis, of all elements in row-major order.
 *
 * Floats. Fails with `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { logcumsumexp, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(logcumsumexp(Tensor.make([-Infinity, 1000, -Infinity])))) // => tensor([ -inf, 1000., 1000.], float64)
 * ```
 */
export const logcumsumexp: Typed.Cumulative<"logcumsumexp"> = signed(
  cumulative("logcumsumexp", running(logaddexp, () => -Infinity), "float")
)

/** The user's function in front; what `where` leaves out is −∞ before, and `outside` after. */
const alongAxis = (name: string, outside: number, f: Reduce) => (x: Operand, options?: Typed.SoftmaxOptions) => {
  // an operand, taken with the others
  const allowed = propertiesOf(options)?.["where"] as Operand | undefined
  return operation(name, allowed === undefined ? [x] : [x, allowed], ([x, taken]) => {
    const tensor = lone(x)
    checkDType(name, tensor, accepts.float)
    const { axis = -1 } = checkOptions(name, options, { axis: "checked", where: "checked" })
    const axes = [normalizeAxis(name, axis, tensor.shape.length, tensor.shape)]
    if (taken === undefined) return f(tensor, axes)
    const known = lone(taken)
    checkMask(name, tensor, known)
    return Effect.flatMap(where(known, tensor, -Infinity), (y) => where(known, f(y, axes), outside))
  })
}

/**
 * eˣ / Σ eˣ along an axis, by default the last, without overflow: the gradient of `logsumexp`. With `where`, of the elements
 * where that is true, and 0 elsewhere. Where the largest element is infinite, its equals share alike: the limit of equal numbers.
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
export const softmax: Typed.Softmax<"softmax"> = signed(alongAxis("softmax", 0, softmaxOver))

/**
 * x − log Σ eˣ along an axis, by default the last: the logarithm of `softmax`, without overflow; with `where`, of the
 * elements where that is true, and −∞ elsewhere.
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
export const logSoftmax: Typed.Softmax<"logSoftmax"> = signed(alongAxis("logSoftmax", -Infinity, logSoftmaxOver))

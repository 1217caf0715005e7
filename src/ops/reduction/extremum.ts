/**
 * The extreme element of many, and the place where it is. Beside them, what every reduction has in front.
 */
import * as Effect from "effect/Effect"
import { allocate, isFloat } from "../../core/dtype.ts"
import { AxisError, describe, ShapeError, showShape } from "../../core/errors.ts"
import { apply, checkDType, lone, operation } from "../../core/operation.ts"
import type { Foresee, OpEffect, Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { checkAxes, reducedShape, sizeOf } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Aval, Operand, Tensor } from "../../core/tensor.ts"
import { dataOf } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { div, mul, where } from "../algebra.ts"
import { castTo } from "../cast.ts"
import type { Accepts } from "../define.ts"
import { accepts } from "../define.ts"
import { equal, greater, less } from "../elementwise/comparison.ts"
import { heaviside } from "../elementwise/kink.ts"
import { reduceWith, reshapeTo, sumOver, unreduce } from "../movement/layout.ts"
import { accumulate } from "../movement/strided.ts"

/** What a reduction over normalised axes gives. */
export type Reduce = (x: Tensor, axes: ReadonlyArray<number>) => OpEffect<Tensor>

/** The user's function in front of a reduction. */
export const reduction =
  (name: string, accepted: Accepts, reduce: Reduce, foresee?: Foresee) =>
  (x: Operand, options?: Typed.ReductionOptions): Effect.Effect<Tensor<any, any>, any, any> =>
    // as in `composed`: a function for both would be one more frame of a stack that keeps few
    operation(
      name,
      [x],
      ([x]) => {
        const tensor = lone(x)
        checkDType(name, tensor, accepts[accepted])
        return reduceWith(tensor, options, name, reduce)
      },
      "pure",
      options === undefined ? foresee : undefined
    )

/** All floats that there are make one. */
export const toOneFloat: Foresee = (x: number | Aval) =>
  typeof x === "object" && isFloat(x.dtype) && sizeOf(x.shape) > 0 ? { shape: [], dtype: x.dtype } : undefined

/** How many elements become one. */
export const countOf = (shape: Shape, axes: ReadonlyArray<number>): number => sizeOf(axes.map((a) => shape[a]!))

/** Throws `ShapeError` where there is nothing to choose from. */
const checkNonEmpty = (name: string, shape: Shape, axes: ReadonlyArray<number>): void => {
  if (countOf(shape, axes) > 0) return
  throw new ShapeError({
    op: name,
    shapes: [shape],
    message: `${name} requires at least one element along axes [${axes.join(", ")}], got ${showShape(shape)}`
  })
}

/** The extreme element. NaN, if there is one, is extreme. */
const extremum = <const Name extends string>(
  name: Name,
  pick: (x: number, y: number) => number,
  start: number,
  exceeds: (x: Tensor, y: Tensor) => OpEffect<Tensor>
) => {
  const self: Primitive<Name, { readonly axes: "integers" }, 1, 1> = primitive({
    name,
    arity: 1,
    params: { axes: "integers" },
    infer: ([x], { axes }) => {
      checkDType(name, x, accepts.numeric)
      checkAxes(name, axes, x.shape)
      checkNonEmpty(name, x.shape, axes)
      return [{ shape: reducedShape(x.shape, axes), dtype: x.dtype }]
    },
    reference: ([x], { axes }, [out]) => {
      const extremes = new Float64Array(sizeOf(out.shape)).fill(start)
      accumulate(x, axes, (data, from, width, to, stride) => {
        for (let i = 0; i < width; i++) extremes[to + i * stride] = pick(extremes[to + i * stride]!, data[from + i]!)
      })
      const result = allocate(out.dtype, extremes.length)
      result.set(extremes)
      return [result]
    },
    // Σ dx over the elements that are extreme: the one, or at a tie equal shares. The others are left out
    jvp: ({ outputs: [out], params: { axes }, primals: [x], tangents: [dx] }) =>
      Effect.gen(function*() {
        const extreme = yield* unreduce(out, x.shape, axes)
        const count = yield* sumOver(yield* castTo(yield* equal(x, extreme), x.dtype), axes)
        const isOne = yield* unreduce(yield* equal(count, 1), x.shape, axes)
        // H(x − m) is ½ at m, NaN at NaN, and tells the derivative of the kink
        const share = yield* mul(dx, mul(heaviside(x, extreme), unreduce(yield* div(2, count), x.shape, axes)))
        const terms = yield* where(exceeds(extreme, x), 0, where(isOne, dx, share))
        return [yield* sumOver(terms, axes)]
      }),
    batch: ({ operands, params: { axes } }) =>
      Effect.map(apply(self, operands, { axes: axes.map((a) => a + 1) }), (y) => ({ outputs: [y], batched: [true] }))
  })
  return self
}

export const maxPrimitive = extremum("max", Math.max, -Infinity, greater)
export const minPrimitive = extremum("min", Math.min, Infinity, less)

/** The largest element over normalised axes, for rules. */
export const maxOver: Reduce = (x, axes) => apply(maxPrimitive, [x], { axes })

/**
 * The largest element. NaN if there is one; at a tie, the largest elements share the derivative equally.
 *
 * Float and int32. Fails with `ShapeError` where there is no element, with `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { max, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(max(Tensor.make([[1, 5], [7, 3]]), { axis: 1 }))) // => tensor([5., 7.], float64)
 * ```
 */
export const max: Typed.Reduction<"max"> = signed(reduction("max", "numeric", maxOver, toOneFloat))

/**
 * The smallest element. NaN if there is one; at a tie, the smallest elements share the derivative equally.
 *
 * Float and int32. Fails with `ShapeError` where there is no element, with `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { min, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(min(Tensor.make([[1, 5], [7, 3]]), { axis: 1 }))) // => tensor([1., 3.], float64)
 * ```
 */
export const min: Typed.Reduction<"min"> = signed(
  reduction("min", "numeric", (x, axes) => apply(minPrimitive, [x], { axes }), toOneFloat)
)

/** Where the extreme element is, the first of them. NaN, if there is one, is extreme. */
const argExtremum = <const Name extends string>(name: Name, exceeds: (x: number, y: number) => boolean) => {
  const self: Primitive<Name, { readonly axis: "integer" }, 1, 1> = primitive({
    name,
    arity: 1,
    params: { axis: "integer" },
    barrier: "steps",
    infer: ([x], { axis }) => {
      checkDType(name, x, accepts.numeric)
      checkAxes(name, [axis], x.shape)
      checkNonEmpty(name, x.shape, [axis])
      return [{ shape: reducedShape(x.shape, [axis]), dtype: "int32" }]
    },
    reference: ([x], { axis }, [out]) => {
      const data = dataOf(x)
      const length = x.shape[axis]!
      const stride = sizeOf(x.shape.slice(axis + 1))
      const result = new Int32Array(sizeOf(out.shape))
      for (let i = 0; i < result.length; i++) {
        const from = Math.floor(i / stride) * stride * length + i % stride
        let best = 0
        for (let k = 1; k < length; k++) {
          const [x, y] = [data[from + k * stride]!, data[from + best * stride]!]
          if (exceeds(x, y) || (Number.isNaN(x) && !Number.isNaN(y))) best = k
        }
        result[i] = best
      }
      return [result]
    },
    batch: ({ operands, params: { axis } }) =>
      Effect.map(apply(self, operands, { axis: axis + 1 }), (y) => ({ outputs: [y], batched: [true] }))
  })
  return self
}

/** The user's function in front of it: without an axis, the place in row-major order. */
const argReduction =
  (name: string, self: Primitive<string, { readonly axis: "integer" }, 1, 1>) =>
  (x: Operand, options?: Typed.AxisOptions) =>
    reduction(name, "numeric", (x, axes) => {
      // they have been checked; all axes of a tensor that has several are one in row-major order
      const axis = options?.axis
      if (axis !== undefined && typeof axis !== "number") {
        throw new AxisError({ op: name, message: `${name} requires one axis, got ${describe(axis)}` })
      }
      return axis === undefined
        ? apply(self, [reshapeTo(x, [x.size])], { axis: 0 })
        : apply(self, [x], { axis: axes[0]! })
    })(x, options)

export const argmaxPrimitive = argExtremum("argmax", (x, y) => x > y)
export const argminPrimitive = argExtremum("argmin", (x, y) => x < y)

/**
 * The index of the largest element along an axis, or in row-major order; of equals the first, of NaNs the first.
 *
 * Float and int32, to int32, which carries no derivative. Fails with `ShapeError` where there is no element, with
 * `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { argmax, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(argmax(Tensor.make([[1, 5], [7, 7]]), { axis: 1 }))) // => tensor([1, 0], int32)
 * ```
 */
export const argmax: Typed.ArgReduction<"argmax"> = signed(argReduction("argmax", argmaxPrimitive))

/**
 * The index of the smallest element along an axis, or in row-major order; of equals the first, of NaNs the first.
 *
 * Float and int32, to int32, which carries no derivative. Fails with `ShapeError` where there is no element, with
 * `AxisError` for a wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { argmin, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(argmin(Tensor.make([[1, 5], [7, 7]]), { axis: 1 }))) // => tensor([0, 0], int32)
 * ```
 */
export const argmin: Typed.ArgReduction<"argmin"> = signed(argReduction("argmin", argminPrimitive))

/**
 * Layout: the same elements in another shape or order; and `sum`, which is the adjoint of broadcasting.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../../core/dtype.ts"
import { AxisError, ShapeError, showShape } from "../../core/errors.ts"
import { apply, lone, operation } from "../../core/operation.ts"
import { checkOptions, flag } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import {
  broadcastShapes,
  checkAxes,
  checkShape,
  checkWholes,
  listOf,
  normalizeAxes,
  normalizeAxis,
  range,
  reducedShape,
  sameShape,
  showList,
  sizeOf,
  stridesOf
} from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { dataOf, filled, fromData, valueOf } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { linear } from "../linear.ts"
import { accumulate, gatherStrided } from "./strided.ts"

export const reshapePrimitive = linear("reshape", {
  selects: "rows",
  repeats: true,
  params: { shape: "integers" },
  infer: ([x], { shape }) => {
    checkShape("reshape", shape)
    if (sizeOf(shape) !== sizeOf(x.shape)) {
      throw new ShapeError({
        op: "reshape",
        shapes: [x.shape, shape],
        message:
          `reshape requires a shape of the same size, got ${showShape(x.shape)} with ${sizeOf(x.shape)} elements ` +
          `and ${showShape(shape)} with ${sizeOf(shape)}`
      })
    }
    return [{ shape, dtype: x.dtype }]
  },
  reference: ([x], { shape }) => {
    const value = valueOf(x)
    return [value === undefined ? fromData(shape, x.dtype, dataOf(x)) : filled(shape, x.dtype, value)]
  },
  transpose: (ct, x) => reshapeTo(ct, x.shape),
  batch: ({ shape }, size) => ({ shape: [size, ...shape] })
})

/** The dims of a reshape, with a single −1 filled in. */
const inferDim = (x: Tensor, given: unknown): Shape => {
  const shape = checkWholes("reshape", given)
  const unknown = shape.indexOf(-1)
  if (unknown === -1) return shape
  const rest = sizeOf(shape.filter((_, i) => i !== unknown))
  if (shape.lastIndexOf(-1) !== unknown || rest === 0 || x.size % rest !== 0) {
    throw new ShapeError({
      op: "reshape",
      shapes: [x.shape, shape],
      message: `reshape requires at most one -1 that the other dims determine, got ${showShape(x.shape)} and ${
        showShape(shape)
      }`
    })
  }
  return shape.map((d) => d === -1 ? x.size / rest : d)
}

/** `x` with the dims `shape`, for rules. */
export const reshapeTo = (x: Tensor, shape: Shape): OpEffect<Tensor> =>
  sameShape(x.shape, shape) ? Effect.succeed(x) : apply(reshapePrimitive, [x], { shape: [...shape] })

/**
 * The same elements, in row-major order, with other dims; one of them may be −1, which is what the others leave over.
 *
 * Any dtype. Fails with `ShapeError` for a shape of another size.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { reshape, Tensor } from "wengert"
 *
 * const x = Tensor.make([1, 2, 3, 4, 5, 6])
 * console.log(Effect.runSync(reshape(x, [2, -1])).shape) // => [ 2, 3 ]
 * ```
 */
export const reshape: Typed.Reshape = signed(
  (x: Operand, shape: Shape) =>
    operation("reshape", [x], ([x], running) => {
      const tensor = lone(x)
      return running.bind(reshapePrimitive, [tensor], { shape: inferDim(tensor, shape) })
    })
)

export const transposePrimitive = linear("transpose", {
  selects: "rows",
  repeats: true,
  params: { permutation: "integers" },
  infer: ([x], { permutation }) => {
    const { dtype, shape } = x
    if (
      permutation.length !== shape.length || new Set(permutation).size !== shape.length ||
      !permutation.every((p) => Number.isInteger(p) && p >= 0 && p < shape.length)
    ) {
      throw new AxisError({
        op: "transpose",
        shapes: [shape],
        message: `transpose requires a permutation of the ${shape.length} axes of ${showShape(shape)}, got [${
          permutation.join(", ")
        }]`
      })
    }
    return [{ shape: permutation.map((p) => shape[p]!), dtype }]
  },
  reference: ([x], { permutation }, [out]) => {
    const strides = stridesOf(x.shape)
    return [gatherStrided(dataOf(x), x.dtype, out.shape, permutation.map((p) => strides[p]!))]
  },
  transpose: (ct, _, { permutation }) => permute(ct, range(permutation.length).map((i) => permutation.indexOf(i))),
  batch: ({ permutation }) => ({ permutation: [0, ...permutation.map((p) => p + 1)] })
})

/** `x` with its axes in the order `permutation`, for rules. */
export const permute = (x: Tensor, permutation: ReadonlyArray<number>): OpEffect<Tensor> =>
  permutation.every((p, i) => p === i) ? Effect.succeed(x) : apply(transposePrimitive, [x], { permutation })

/** `x` with axis `from` moved to `to`. */
export const moveAxis = (x: Tensor, from: number, to: number): OpEffect<Tensor> => {
  const rest = range(x.shape.length).filter((i) => i !== from)
  return permute(x, [...rest.slice(0, to), from, ...rest.slice(to)])
}

/**
 * The axes in another order; without `axes`, reversed. Negative axes count from the end.
 *
 * Any dtype. Axis `i` of the result is axis `axes[i]` of the operand. Fails with `AxisError` unless `axes` is a
 * permutation.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, transpose } from "wengert"
 *
 * const x = Tensor.zeros([2, 3, 4])
 * console.log(Effect.runSync(transpose(x)).shape) // => [ 4, 3, 2 ]
 * console.log(Effect.runSync(transpose(x, [1, 0, 2])).shape) // => [ 3, 2, 4 ]
 * ```
 */
export const transpose: Typed.Transpose = signed(
  (x: Operand, axes?: ReadonlyArray<number>) =>
    operation("transpose", [x], ([x], running) => {
      const tensor = lone(x)
      const rank = tensor.shape.length
      const permutation = axes === undefined
        ? range(rank).reverse()
        : checkWholes("transpose", axes).map((a) => a < 0 ? a + rank : a)
      return running.bind(transposePrimitive, [tensor], { permutation })
    })
)

/** `axes[i]` is the axis of the result that axis `i` of the operand becomes; the other axes repeat it. */
export const broadcastPrimitive = linear("broadcast", {
  selects: "rows",
  repeats: true,
  params: { shape: "integers", axes: "integers" },
  infer: ([x], { axes, shape }) => {
    checkShape("broadcast", shape)
    const fits = axes.length === x.shape.length &&
      axes.every((a, i) => (i === 0 || axes[i - 1]! < a) && a in shape && (x.shape[i] === shape[a] || x.shape[i] === 1))
    if (!fits) {
      throw new ShapeError({
        op: "broadcast",
        shapes: [x.shape, shape],
        message: `broadcast requires axes of ${showShape(x.shape)} that fit into ${showShape(shape)}, got [${
          axes.join(", ")
        }]`
      })
    }
    return [{ shape, dtype: x.dtype }]
  },
  reference: ([x], { axes, shape }) => {
    const value = valueOf(x)
    if (value !== undefined) return [filled(shape, x.dtype, value)]
    const from = stridesOf(x.shape)
    const strides = new Array<number>(shape.length).fill(0)
    axes.forEach((a, i) => strides[a] = x.shape[i] === 1 ? 0 : from[i]!)
    return [gatherStrided(dataOf(x), x.dtype, shape, strides)]
  },
  transpose: (ct, x, { axes, shape }) => {
    const repeated = range(shape.length).filter((a) =>
      !axes.includes(a) || (shape[a] !== 1 && x.shape[axes.indexOf(a)] === 1)
    )
    return Effect.flatMap(sumOver(ct, repeated), (y) => reshapeTo(y, x.shape))
  },
  batch: ({ axes, shape }, size) => ({ shape: [size, ...shape], axes: [0, ...axes.map((a) => a + 1)] })
})

/** `x` repeated to `shape`, with its axes at `axes`, for rules. */
export const broadcastAxes = (x: Operand, shape: Shape, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  apply(broadcastPrimitive, [x], { shape: [...shape], axes })

/** What was reduced over `axes`, repeated along them again, for rules. */
export const unreduce = (y: Tensor, shape: Shape, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  broadcastAxes(y, shape, range(shape.length).filter((i) => !axes.includes(i)))

/** `x` repeated to `shape` by NumPy's rule, aligned on the right. */
export const broadcastLike = (x: Tensor, shape: Shape): OpEffect<Tensor> =>
  sameShape(x.shape, shape)
    ? Effect.succeed(x)
    : broadcastAxes(x, shape, x.shape.map((_, i) => shape.length - x.shape.length + i))

/**
 * The elements repeated along new and unit axes up to `shape`, by NumPy's rule. The derivative adds up what was
 * repeated.
 *
 * Any dtype. Fails with `ShapeError` for a tensor that does not broadcast to `shape`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { broadcastTo, Tensor } from "wengert"
 *
 * const x = Tensor.make([[1], [2]])
 * console.log(Effect.runSync(broadcastTo(x, [3, 2, 2])).shape) // => [ 3, 2, 2 ]
 * ```
 */
export const broadcastTo: Typed.BroadcastTo = signed(
  (x: Operand, given: Shape) =>
    operation("broadcastTo", [x], ([x]) => {
      const tensor = lone(x)
      const shape = checkShape("broadcastTo", given)
      if (!sameShape(broadcastShapes("broadcastTo", [tensor.shape, shape]), shape)) {
        throw new ShapeError({
          op: "broadcastTo",
          shapes: [tensor.shape, shape],
          message: `broadcastTo requires a shape that broadcasts to ${showShape(shape)}, got ${showShape(tensor.shape)}`
        })
      }
      return broadcastLike(tensor, shape)
    })
)

export const sumPrimitive = linear("sum", {
  selects: "columns",
  params: { axes: "integers" },
  infer: ([x], { axes }) => {
    checkAxes("sum", axes.toSorted((a, b) => a - b), x.shape)
    return [{ shape: reducedShape(x.shape, axes), dtype: x.dtype }]
  },
  reference: ([x], { axes }, [out]) => {
    const totals = new Float64Array(sizeOf(out.shape))
    accumulate(x, axes, (data, from, width, to, stride) => {
      for (let i = 0; i < width; i++) totals[to + i * stride]! += data[from + i]!
    })
    const result = allocate(out.dtype, totals.length)
    if (out.dtype === "bool") totals.forEach((t, i) => result[i] = t === 0 ? 0 : 1)
    else result.set(totals)
    return [result]
  },
  transpose: (ct, x, { axes }) => broadcastAxes(ct, x.shape, range(x.shape.length).filter((i) => !axes.includes(i))),
  batch: ({ axes }) => ({ axes: axes.map((a) => a + 1) })
})

/** The sum over normalised axes, for rules; over bools, `or`. */
export const sumOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  axes.length === 0 ? Effect.succeed(x) : apply(sumPrimitive, [x], { axes })

/** A reduction over `axes`, its axes kept with size 1 where `keepDims` says so. */
export const reduceWith = (
  x: Tensor,
  options: Typed.ReductionOptions | undefined,
  name: string,
  reduce: (x: Tensor, axes: ReadonlyArray<number>) => OpEffect<Tensor>
): OpEffect<Tensor> => {
  const { axis, keepDims } = checkOptions(name, options, { axis: "checked", keepDims: flag })
  const axes = normalizeAxes(name, axis, x.shape)
  const reduced = reduce(x, axes)
  return keepDims === true
    ? Effect.flatMap(reduced, (y) => reshapeTo(y, reducedShape(x.shape, axes, true)))
    : reduced
}

/**
 * Without axes of size 1: all of them, or those given.
 *
 * Any dtype. Fails with `ShapeError` for an axis of another size, and with `AxisError` for one that is out of range.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { squeeze, Tensor } from "wengert"
 *
 * const x = Tensor.zeros([1, 3, 1])
 * console.log(Effect.runSync(squeeze(x)).shape) // => [ 3 ]
 * console.log(Effect.runSync(squeeze(x, 0)).shape) // => [ 3, 1 ]
 * ```
 */
export const squeeze: Typed.Squeeze = signed((x: Operand, axis?: number | ReadonlyArray<number>) =>
  operation("squeeze", [x], ([x]) => {
    const tensor = lone(x)
    const axes = axis === undefined
      ? range(tensor.shape.length).filter((i) => tensor.shape[i] === 1)
      : normalizeAxes("squeeze", axis, tensor.shape)
    if (axes.some((a) => tensor.shape[a] !== 1)) {
      throw new ShapeError({
        op: "squeeze",
        shapes: [tensor.shape],
        message: `squeeze requires axes of size 1, got [${axes.join(", ")}] of ${showShape(tensor.shape)}`
      })
    }
    return reshapeTo(tensor, reducedShape(tensor.shape, axes))
  })
)

/**
 * With axes of size 1 at these places of the result: one place, or several. Negative places count from the end.
 *
 * Any dtype. Fails with `AxisError` for a place that is out of range or given twice.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { expandDims, Tensor } from "wengert"
 *
 * const x = Tensor.zeros([3])
 * console.log(Effect.runSync(expandDims(x, -1)).shape) // => [ 3, 1 ]
 * console.log(Effect.runSync(expandDims(x, [0, 2])).shape) // => [ 1, 3, 1 ]
 * ```
 */
export const expandDims: Typed.ExpandDims = signed((x: Operand, axis: number | ReadonlyArray<number>) =>
  operation("expandDims", [x], ([x]) => {
    const tensor = lone(x)
    const given = listOf(axis) ?? [axis]
    const shape = new Array<number | undefined>(tensor.shape.length + given.length).fill(undefined)
    const axes = given.map((a) => normalizeAxis("expandDims", a, shape.length))
    if (new Set(axes).size !== axes.length) {
      throw new AxisError({ op: "expandDims", message: `expandDims requires distinct axes, got ${showList(given)}` })
    }
    for (const a of axes) shape[a] = 1
    const dims = [...tensor.shape]
    return reshapeTo(tensor, shape.map((d) => d ?? dims.shift()!))
  })
)

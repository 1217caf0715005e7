/**
 * Movement: parts of a tensor, larger tensors around it, the reverse order, and tensors one after the other. Each is
 * linear, and the adjoint of another: what a slice leaves out, its transpose fills with zeros.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../../core/dtype.ts"
import { describe, DTypeError, IndexError, ShapeError, showShape, showShapes } from "../../core/errors.ts"
import { adapt, apply, commonDType, lone, operation, operationOf } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { Cotangent, OpEffect, Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import {
  checkAxes,
  checkShape,
  checkWholes,
  listOf,
  normalizeAxes,
  normalizeAxis,
  sameShape,
  sizeOf,
  stridesOf
} from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { dataOf, isLinear, Zero } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { constant, instantiate, maskOf, where } from "../algebra.ts"
import { castTo, shapesOf } from "../cast.ts"
import { repeat } from "../define.ts"
import { linear } from "../linear.ts"
import { forEachRow, gatherStrided } from "./strided.ts"

const areWhole = (rank: number, ...params: ReadonlyArray<ReadonlyArray<number>>): boolean =>
  params.every((p) => p.length === rank && p.every((n) => Number.isSafeInteger(n)))

/** What `n` elements take up with `interior` others between any two. */
export const dilated = (n: number, interior: number): number => n === 0 ? 0 : n + (n - 1) * interior

/** Linear. `start`, `stop` and `step` have an entry for each axis. */
export const slicePrimitive = linear("slice", {
  selects: "rows",
  params: { start: "integers", stop: "integers", step: "integers" },
  infer: ([x], { start, step, stop }) => {
    const { dtype, shape } = x
    const fits = areWhole(shape.length, start, stop, step) &&
      shape.every((d, a) => 0 <= start[a]! && start[a]! <= stop[a]! && stop[a]! <= d && step[a]! >= 1)
    if (!fits) {
      throw new IndexError({
        op: "slice",
        shapes: [shape],
        message: `slice requires ranges inside of ${showShape(shape)} and positive steps, got ${showShape(start)} to ${
          showShape(stop)
        } by ${showShape(step)}`
      })
    }
    return [{ shape: start.map((s, a) => Math.ceil((stop[a]! - s) / step[a]!)), dtype }]
  },
  reference: ([x], { start, step }, [out]) => {
    const strides = stridesOf(x.shape)
    const offset = start.reduce((sum, s, a) => sum + s * strides[a]!, 0)
    return [gatherStrided(dataOf(x), x.dtype, out.shape, strides.map((s, a) => s * step[a]!), offset)]
  },
  transpose: (ct, x, { start, step }) => {
    const interior = step.map((s) => s - 1)
    return padWith(ct, start, x.shape.map((d, a) => d - start[a]! - dilated(ct.shape[a]!, interior[a]!)), interior)
  },
  batch: ({ start, step, stop }, size) => ({ start: [0, ...start], stop: [size, ...stop], step: [1, ...step] })
})

/** Every `step`th element from `start` up to `stop`, along each axis, for rules. */
export const sliceTo = (x: Tensor, start: Shape, stop: Shape, step: Shape): OpEffect<Tensor> =>
  sameShape(stop, x.shape) && start.every((s) => s === 0) && step.every((s) => s === 1)
    ? Effect.succeed(x)
    : apply(slicePrimitive, [x], { start, stop, step })

/** Every `step`th element from `start` up to `stop`, along one axis, for rules. */
export const sliceAxis = (x: Tensor, axis: number, start: number, stop: number, step = 1): OpEffect<Tensor> =>
  sliceTo(
    x,
    x.shape.map((_, a) => a === axis ? start : 0),
    x.shape.map((d, a) => a === axis ? stop : d),
    x.shape.map((_, a) => a === axis ? step : 1)
  )

/** `low` zeros before, `high` after and `interior` between the elements of each axis; over bools, false. */
export const padPrimitive = linear("pad", {
  selects: "rows",
  params: { low: "integers", high: "integers", interior: "integers" },
  ones: (shape) => constant(shape, "bool", 1),
  infer: ([x], { high, interior, low }) => {
    const { dtype, shape } = x
    if (!areWhole(shape.length, low, high, interior) || [...low, ...high, ...interior].some((n) => n < 0)) {
      throw new ShapeError({
        op: "pad",
        shapes: [shape],
        message: `pad requires whole, non-negative widths for the axes of ${showShape(shape)}, got ${
          showShape(low)
        } before, ${showShape(high)} after and ${showShape(interior)} between the elements`
      })
    }
    return [{ shape: checkShape("pad", shape.map((d, a) => low[a]! + dilated(d, interior[a]!) + high[a]!)), dtype }]
  },
  reference: ([x], { interior, low }, [out]) => {
    const data = dataOf(x)
    const padded = allocate(x.dtype, sizeOf(out.shape))
    const strides = stridesOf(out.shape)
    const offset = low.reduce((sum, n, a) => sum + n * strides[a]!, 0)
    const width = x.shape.at(-1) ?? 1
    const stride = 1 + (interior.at(-1) ?? 0)
    forEachRow(x.shape, strides.map((s, a) => s * (1 + interior[a]!)), offset, (to, from) => {
      for (let i = 0; i < width; i++) padded[to + i * stride] = data[from + i]!
    })
    return [padded]
  },
  transpose: (ct, x, { interior, low }) =>
    sliceTo(ct, low, low.map((n, a) => n + dilated(x.shape[a]!, interior[a]!)), interior.map((n) => n + 1)),
  batch: ({ high, interior, low }) => ({ low: [0, ...low], high: [0, ...high], interior: [0, ...interior] })
})

/** More elements before, behind and between those of each axis, for rules. */
export const padWith = (x: Tensor, low: Shape, high: Shape, interior: Shape): OpEffect<Tensor> =>
  apply(padPrimitive, [x], { low, high, interior })

export const flipPrimitive = linear("flip", {
  selects: "rows",
  params: { axes: "integers" },
  infer: ([x], { axes }) => {
    checkAxes("flip", axes, x.shape)
    return [{ shape: x.shape, dtype: x.dtype }]
  },
  reference: ([x], { axes }) => {
    const strides = stridesOf(x.shape)
    const offset = axes.reduce((sum, a) => sum + (x.shape[a]! - 1) * strides[a]!, 0)
    return [gatherStrided(dataOf(x), x.dtype, x.shape, strides.map((s, a) => axes.includes(a) ? -s : s), offset)]
  },
  transpose: (ct, _, { axes }) => flipOver(ct, axes),
  batch: ({ axes }) => ({ axes: axes.map((a) => a + 1) })
})

/** The order reversed along `axes`, for rules. */
export const flipOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  axes.length === 0 ? Effect.succeed(x) : apply(flipPrimitive, [x], { axes })

/** Throws `ShapeError` for no operands at all, or shapes that are not the same apart from `axis`. */
export const checkShapes = (op: string, shapes: ReadonlyArray<Shape>, axis?: number): void => {
  const [first] = shapes
  const rest = (shape: Shape) => shape.filter((_, a) => a !== axis)
  if (first !== undefined && shapes.every((s) => s.length === first.length && sameShape(rest(s), rest(first)))) return
  throw new ShapeError({
    op,
    shapes,
    message: `${op} requires operands of one shape${axis === undefined ? "" : ` apart from axis ${axis}`}, got ${
      first === undefined ? "none" : showShapes(shapes)
    }`
  })
}

export const concatPrimitive: Primitive<"concat", { readonly axis: "integer" }, number, 1> = primitive({
  name: "concat",
  linear: "all",
  selects: "rows",
  introducesSupport: true,
  params: { axis: "integer" },
  infer: (operands, { axis }) => {
    const shapes = operands.map((x) => x.shape)
    checkShapes("concat", shapes, axis)
    const [{ dtype, shape }] = operands as readonly [Tensor]
    checkAxes("concat", [axis], shape)
    const dtypes = operands.map((x) => x.dtype)
    if (!dtypes.every((d) => d === dtype)) {
      throw new DTypeError({
        op: "concat",
        dtypes,
        message: `concat requires operands of one dtype, got ${dtypes.join(" and ")}`
      })
    }
    const size = shapes.reduce((sum, s) => sum + s[axis]!, 0)
    return [{ shape: checkShape("concat", shape.with(axis, size)), dtype }]
  },
  reference: (operands, { axis }, [out]) => {
    const data = allocate(out.dtype, sizeOf(out.shape))
    const width = sizeOf(out.shape.slice(axis))
    let offset = 0
    for (const x of operands) {
      const from = dataOf(x)
      const run = sizeOf(x.shape.slice(axis))
      for (let i = 0; i * run < from.length; i++) data.set(from.subarray(i * run, (i + 1) * run), offset + i * width)
      offset += run
    }
    return [data]
  },
  jvp: ({ params: { axis }, tangents }) =>
    Effect.gen(function*() {
      return [yield* concatAll(yield* Effect.forEach(tangents, instantiate), axis)]
    }),
  // every operand gets the part of the cotangent that lies where it lay
  transpose: ({ cotangents: [ct], operands, params: { axis } }) =>
    Effect.gen(function*() {
      const parts: Array<Cotangent> = []
      let start = 0
      for (const x of operands) {
        const stop = start + x.shape[axis]!
        parts.push(isLinear(x) ? yield* sliceAxis(ct, axis, start, stop) : new Zero(x))
        start = stop
      }
      return parts
    }),
  // an operand that is not linear is zero
  support: ({ operands, params: { axis }, supports }) =>
    Effect.gen(function*() {
      const outputs = [yield* concatAll(operands, axis)] as const
      if (supports.every((s) => s === "full")) return { outputs, supports: ["full"] as const }
      const masks = yield* Effect.forEach(operands, ({ shape }, i) =>
        supports[i] === undefined ? constant(shape, "bool", 0) : maskOf(supports[i], shape))
      return { outputs, supports: [yield* concatAll(masks, axis)] as const }
    }),
  batch: ({ batched, operands, params: { axis }, size }) =>
    Effect.gen(function*() {
      const all = yield* Effect.forEach(operands, (x, i) => batched[i] ? Effect.succeed(x) : repeat(x, size))
      return { outputs: [yield* concatAll(all, axis + 1)], batched: [true] } as const
    })
})

/** Tensors one after the other along `axis`, for rules. */
export const concatAll = (xs: ReadonlyArray<Tensor>, axis: number): OpEffect<Tensor> =>
  xs.length === 1 ? Effect.succeed(xs[0]!) : apply(concatPrimitive, xs, { axis })

/**
 * A tensor with `[before, after]` more elements along each axis, all of them `value`, 0 by default.
 *
 * Any dtype, as long as it can hold the value; over bools, 0 is false and 1 true. Fails with `ShapeError` unless there
 * is one pair of whole, non-negative widths per axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { pad, Tensor } from "wengert"
 *
 * const x = Tensor.make([1, 2])
 * console.log(Effect.runSync(pad(x, [[1, 2]]))) // => tensor([0., 1., 2., 0., 0.], float64)
 * console.log(Effect.runSync(pad(x, [[0, 1]], { value: -1 }))) // => tensor([ 1.,  2., -1.], float64)
 * ```
 */
export const pad: Typed.Pad = signed((
  x: Operand,
  given: Typed.PadWidths,
  options?: { readonly value?: number | undefined }
) =>
  operation("pad", [x], ([x]) => {
    const tensor = lone(x)
    const { dtype, shape } = tensor
    const { value = 0 } = checkOptions("pad", options, { value: "number" })
    const widths = listOf(given)?.map((pair) => checkWholes("pad", pair))
    if (widths?.length !== shape.length || !widths.every((pair) => pair.length === 2)) {
      throw new ShapeError({
        op: "pad",
        shapes: [shape],
        message: `pad requires a pair of widths for each of the ${shape.length} axes of ${showShape(shape)}, got ${
          widths === undefined ? describe(given) : `[${widths.map(showShape).join(", ")}]`
        }`
      })
    }
    const padded = (y: Tensor) =>
      padWith(y, widths.map(([low]) => low!), widths.map(([, high]) => high!), shape.map(() => 0))
    if (Object.is(value, 0)) return padded(tensor)
    const fill = adapt("pad", value, dtype)
    return where(Effect.flatMap(constant(shape, "bool", 1), padded), padded(tensor), fill)
  })
)

/**
 * The elements in reverse order along `axis`: one axis, several, or (by default) all of them.
 *
 * Any shape and dtype. Fails with `AxisError` for an axis that is out of range or given twice.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { flip, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(flip(Tensor.make([1, 2, 3])))) // => tensor([3., 2., 1.], float64)
 * ```
 */
export const flip: Typed.Flip = signed((x: Operand, axis?: number | ReadonlyArray<number>) =>
  operation("flip", [x], ([x]) => {
    const tensor = lone(x)
    return flipOver(tensor, normalizeAxes("flip", axis, tensor.shape))
  })
)

/**
 * Tensors one after the other along `axis`, the first by default.
 *
 * Any dtype; float32 beside float64 gives float64. The shapes are the same apart from that axis, where the sizes add
 * up. Fails with `ShapeError`, with `AxisError` for an axis that is out of range, and with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { concat, Tensor } from "wengert"
 *
 * const x = Tensor.make([1, 2])
 * console.log(Effect.runSync(concat([x, Tensor.make([3])]))) // => tensor([1., 2., 3.], float64)
 * ```
 */
export const concat: Typed.Concat = signed((xs: ReadonlyArray<Operand>, axis: number = 0) =>
  operationOf("concat", xs, (operands) => {
    const shapes = shapesOf(operands)
    const [first] = shapes
    const at = first === undefined ? 0 : normalizeAxis("concat", axis, first.length, first)
    checkShapes("concat", shapes, at)
    const dtype = commonDType("concat", operands)
    // the shapes have an axis, so no operand is a plain number
    const all = Effect.forEach(operands, (x) => castTo(lone(x), dtype))
    return Effect.flatMap(all, (tensors) => concatAll(tensors, at))
  })
)

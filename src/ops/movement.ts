/**
 * Movement: parts of a tensor, and tensors put together. `slice`, `pad`, `flip` and `concat` are linear, and each is the
 * adjoint of another: what a slice leaves out, its transpose pads with zeros.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../core/dtype.ts"
import { AxisError, DTypeError, IndexError, ShapeError, showShape, showShapes } from "../core/errors.ts"
import type { Op, Taken } from "../core/operation.ts"
import { adapt, apply, commonDType, lone, op, operation } from "../core/operation.ts"
import type { Primitive, Step, Support } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import type { Shape } from "../core/shape.ts"
import { checkShape, normalizeAxes, normalizeAxis, range, sameShape, sizeOf, stridesOf } from "../core/shape.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { dataOf, scalar } from "../core/tensor.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { constant, maskOf, where, zeros } from "./algebra.ts"
import { repeat } from "./define.ts"
import { broadcastAxes, castTo, reshapeTo } from "./layout.ts"
import { linear } from "./linear.ts"
import { forEachRow, gatherStrided } from "./strided.ts"

/** Which elements a slice takes: per axis those from `start` up to `stop`, every `step`th. */
interface Ranges {
  readonly start: ReadonlyArray<number>
  readonly stop: ReadonlyArray<number>
  readonly step: ReadonlyArray<number>
}

const areWhole = (rank: number, ...params: ReadonlyArray<ReadonlyArray<number>>): boolean =>
  params.every((p) => p.length === rank && p.every(Number.isSafeInteger))

const slicePrimitive = linear("slice", {
  params: { start: "integers", stop: "integers", step: "integers" },
  infer: ([x], { start, step, stop }) => {
    const { dtype, shape } = x!
    const fits = areWhole(shape.length, start, stop, step) &&
      shape.every((d, a) => 0 <= start[a]! && start[a]! <= stop[a]! && stop[a]! <= d && step[a]! >= 1)
    if (!fits) {
      throw new IndexError({
        op: "slice",
        shapes: [shape],
        message: `slice requires ranges inside of ${showShape(shape)} with positive steps, got from ${showShape(start)} to ${
          showShape(stop)
        } by ${showShape(step)}`
      })
    }
    return [{ shape: start.map((s, a) => Math.ceil((stop[a]! - s) / step[a]!)), dtype }]
  },
  reference: ([x], { start, step }, [out]) => {
    const strides = stridesOf(x!.shape)
    const offset = start.reduce((sum, s, a) => sum + s * strides[a]!, 0)
    return [gatherStrided(dataOf(x!), x!.dtype, out!.shape, strides.map((s, a) => s * step[a]!), offset)]
  },
  transpose: (ct, x, { start, step }) => {
    const interior = step.map((s) => s - 1)
    const high = x.shape.map((d, a) => d - start[a]! - spread(ct.shape[a]!, interior[a]!))
    return padWith(ct, { low: start, high, interior })
  },
  batch: ({ start, step, stop }, _, size) => ({ start: [0, ...start], stop: [size, ...stop], step: [1, ...step] })
})

const sliceTo = (x: Tensor, ranges: Ranges): Step<Tensor> =>
  ranges.step.every((s, a) => s === 1 && ranges.start[a] === 0 && ranges.stop[a] === x.shape[a])
    ? Effect.succeed(x)
    : apply(slicePrimitive, [x], ranges)

/** The elements from `start` up to `stop` along one axis, for rules. */
export const sliceAxis = (x: Tensor, axis: number, start: number, stop: number, step = 1): Step<Tensor> =>
  sliceTo(x, {
    start: x.shape.map((_, a) => a === axis ? start : 0),
    stop: x.shape.map((d, a) => a === axis ? stop : d),
    step: x.shape.map((_, a) => a === axis ? step : 1)
  })

/** How many zeros a pad puts before, after and between the elements along each axis. */
interface Padding {
  readonly low: ReadonlyArray<number>
  readonly high: ReadonlyArray<number>
  readonly interior: ReadonlyArray<number>
}

/** What `n` elements take up with `interior` zeros between any two. */
const spread = (n: number, interior: number): number => n === 0 ? 0 : n + (n - 1) * interior

const padPrimitive = linear("pad", {
  params: { low: "integers", high: "integers", interior: "integers" },
  infer: ([x], { high, interior, low }) => {
    const { dtype, shape } = x!
    if (!areWhole(shape.length, low, high, interior) || [...low, ...high, ...interior].some((n) => n < 0)) {
      throw new ShapeError({
        op: "pad",
        shapes: [shape],
        message: `pad requires whole, non-negative widths for every axis of ${showShape(shape)}, got ${
          showShapes([low, high, interior])
        }`
      })
    }
    return [{ shape: checkShape("pad", shape.map((d, a) => low[a]! + spread(d, interior[a]!) + high[a]!)), dtype }]
  },
  reference: ([x], { interior, low }, [out]) => {
    const data = dataOf(x!)
    const padded = allocate(x!.dtype, sizeOf(out!.shape))
    const strides = stridesOf(out!.shape)
    const offset = low.reduce((sum, n, a) => sum + n * strides[a]!, 0)
    const width = x!.shape.at(-1) ?? 1
    const stride = 1 + (interior.at(-1) ?? 0)
    forEachRow(x!.shape, strides.map((s, a) => s * (1 + interior[a]!)), offset, (to, from) => {
      for (let i = 0; i < width; i++) padded[to + i * stride] = data[from + i]!
    })
    return [padded]
  },
  transpose: (ct, x, { interior, low }) =>
    sliceTo(ct, {
      start: low,
      stop: low.map((n, a) => n + spread(x.shape[a]!, interior[a]!)),
      step: interior.map((n) => n + 1)
    }),
  batch: ({ high, interior, low }) => ({ low: [0, ...low], high: [0, ...high], interior: [0, ...interior] })
})

const padWith = (x: Tensor, padding: Padding): Step<Tensor> => apply(padPrimitive, [x], padding)

const flipPrimitive = linear("flip", {
  params: { axes: "integers" },
  infer: ([x], { axes }) => {
    normalizeAxes("flip", axes, x!.shape)
    return [{ shape: x!.shape, dtype: x!.dtype }]
  },
  reference: ([x], { axes }) => {
    const strides = stridesOf(x!.shape)
    const offset = axes.reduce((sum, a) => sum + (x!.shape[a]! - 1) * strides[a]!, 0)
    return [gatherStrided(dataOf(x!), x!.dtype, x!.shape, strides.map((s, a) => axes.includes(a) ? -s : s), offset)]
  },
  transpose: (ct, _, { axes }) => flipOver(ct, axes),
  batch: ({ axes }) => ({ axes: axes.map((a) => a + 1) })
})

const flipOver = (x: Tensor, axes: ReadonlyArray<number>): Step<Tensor> =>
  axes.length === 0 ? Effect.succeed(x) : apply(flipPrimitive, [x], { axes })

const concatPrimitive: Primitive<{ readonly axis: number }> = primitive({
  name: "concat",
  masks: true,
  params: { axis: "integer" },
  infer: (operands, { axis }) => {
    const [first] = operands
    const shapes = operands.map((x) => x.shape)
    if (first === undefined) throw new ShapeError({ op: "concat", shapes, message: "concat requires an operand, got none" })
    commonDType("concat", operands as ReadonlyArray<Tensor>)
    const at = normalizeAxis("concat", axis, first.shape.length, first.shape)
    const withSize = (shape: Shape, size: number) => shape.map((d, a) => a === at ? size : d)
    if (!shapes.every((s) => sameShape(withSize(s, 0), withSize(first.shape, 0)))) {
      throw new ShapeError({
        op: "concat",
        shapes,
        message: `concat requires shapes that differ along axis ${axis} alone, got ${showShapes(shapes)}`
      })
    }
    const size = shapes.reduce((sum, s) => sum + s[at]!, 0)
    return [{ shape: checkShape("concat", withSize(first.shape, size)), dtype: first.dtype }]
  },
  reference: (operands, { axis }, [out]) => {
    const data = allocate(out!.dtype, sizeOf(out!.shape))
    const width = sizeOf(out!.shape.slice(axis))
    let offset = 0
    for (const x of operands) {
      const from = dataOf(x)
      const run = sizeOf(x.shape.slice(axis))
      for (let i = 0; i * run < from.length; i++) data.set(from.subarray(i * run, (i + 1) * run), offset + i * width)
      offset += run
    }
    return [data]
  },
  jvp: ({ params: { axis }, primals, tangents }) =>
    Effect.gen(function*() {
      const all: Array<Tensor> = []
      for (const [i, dx] of tangents.entries()) all.push(dx ?? (yield* zeros(primals[i]!)))
      return [yield* concatAll(all, axis)]
    }),
  // every operand gets the part of the cotangent that lies where it lay
  transpose: ({ avals, cotangents: [ct], operands, params: { axis } }) =>
    Effect.gen(function*() {
      const parts: Array<Tensor | undefined> = []
      let start = 0
      for (const [i, { shape }] of avals.entries()) {
        const stop = start + shape[axis]!
        parts.push(operands[i] === undefined ? yield* sliceAxis(ct!, axis, start, stop) : undefined)
        start = stop
      }
      return parts
    }),
  support: ({ operands, params: { axis }, supports }) =>
    Effect.gen(function*() {
      const outputs = [yield* concatAll(operands, axis)]
      if (supports.every((s) => s === "full")) return { outputs, supports: ["full"] }
      const masks: Array<Tensor> = []
      for (const [i, s] of supports.entries()) {
        const { shape } = operands[i]!
        masks.push(yield* s === undefined ? constant(shape, "bool", 0) : maskOf(s, shape))
      }
      return { outputs, supports: [(yield* concatAll(masks, axis)) as Support] }
    }),
  batch: ({ batched, operands, params: { axis }, size }) =>
    Effect.gen(function*() {
      const all: Array<Tensor> = []
      for (const [i, x] of operands.entries()) all.push(batched[i] ? x : yield* repeat(x, size))
      return { outputs: [yield* concatAll(all, axis + 1)], batched: [true] }
    })
})

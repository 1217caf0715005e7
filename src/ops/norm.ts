/**
 * The 2-norm and the direction of a vector.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../core/dtype.ts"
import { apply, checkDType } from "../core/operation.ts"
import type { Primitive, Step } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import { checkAxes, reducedShape, sizeOf } from "../core/shape.ts"
import type { ConcreteTensor, Tensor } from "../core/tensor.ts"
import { div, mul, sub } from "./algebra.ts"
import { accepts } from "./define.ts"
import { sumOver, unreduce } from "./layout.ts"
import { accumulate } from "./strided.ts"

/** A primitive that knows axes. */
export type Along<Name extends string> = Primitive<Name, { readonly axes: "integers" }, 1, 1>

/** The rules that all of those have. */
export const along = <const Name extends string>(
  name: Name,
  rules: Pick<Along<Name>, "jvp" | "reference"> & { readonly keeps: boolean }
): Along<Name> => {
  const self: Along<Name> = primitive({
    name,
    arity: 1,
    params: { axes: "integers" },
    infer: ([x], { axes }) => {
      checkDType(name, x, accepts.float)
      checkAxes(name, axes, x.shape)
      return [{ shape: rules.keeps ? x.shape : reducedShape(x.shape, axes), dtype: x.dtype }]
    },
    batch: ({ operands, params: { axes } }) =>
      Effect.map(apply(self, operands, { axes: axes.map((a) => a + 1) }), (y) => ({ outputs: [y], batched: [true] })),
    jvp: rules.jvp!,
    reference: rules.reference!
  })
  return self
}

/** For each element, in order: where it belongs among `count` results, its place, and the element. */
export const eachAlong = (
  x: ConcreteTensor,
  axes: ReadonlyArray<number>,
  f: (to: number, at: number, element: number) => void
): void =>
  accumulate(x, axes, (data, from, width, to, stride) => {
    for (let i = 0; i < width; i++) f(to + i * stride, from + i, data[from + i]!)
  })

/** For each vector, the power of two that brings its largest element, exactly, to where squares are numbers. */
const scales = (x: ConcreteTensor, axes: ReadonlyArray<number>): Float64Array => {
  const largest = new Float64Array(sizeOf(reducedShape(x.shape, axes)))
  eachAlong(x, axes, (to, _, v) => largest[to] = Math.max(largest[to]!, Math.abs(v)))
  return largest.map((m) => m > 1e140 ? 2 ** -600 : m < 1e-140 ? 2 ** 600 : 1)
}

const norms = (x: ConcreteTensor, axes: ReadonlyArray<number>, scale: Float64Array): Float64Array => {
  const squares = new Float64Array(scale.length)
  eachAlong(x, axes, (to, _, v) => squares[to]! += (v * scale[to]!) ** 2)
  return squares.map(Math.sqrt)
}

/** √Σx² over axes. */
export const normPrimitive: Along<"norm"> = along("norm", {
  keeps: false,
  reference: ([x], { axes }, [out]) => {
    const scale = scales(x, axes)
    const result = allocate(out.dtype, scale.length)
    result.set(norms(x, axes, scale).map((n, i) => n / scale[i]!))
    return [result]
  },
  // d‖x‖ = x/‖x‖ · dx
  jvp: ({ params: { axes }, primals: [x], tangents: [dx] }) =>
    Effect.map(Effect.flatMap(mul(dx, directionOver(x, axes)), (terms) => sumOver(terms, axes)), (dy) => [dy])
})

/** The 2-norm over normalised axes, for rules. */
export const normOver = (x: Tensor, axes: ReadonlyArray<number>): Step<Tensor> => apply(normPrimitive, [x], { axes })

/**
 * x/‖x‖ over axes, for rules: 0 at 0, where its derivative is not finite. Infinite elements grow alike; beside them the
 * finite ones vanish.
 */
export const directionPrimitive: Along<"direction"> = along("direction", {
  keeps: true,
  reference: ([x], { axes }, [out]) => {
    const scale = scales(x, axes)
    const norm = norms(x, axes, scale)
    const infinite = new Float64Array(norm.length)
    eachAlong(x, axes, (to, _, v) => infinite[to]! += Math.abs(v) === Infinity ? 1 : 0)
    const result = allocate(out.dtype, x.size)
    eachAlong(x, axes, (to, at, v) => {
      result[at] = infinite[to]! > 0 && norm[to] === Infinity
        ? Math.abs(v) === Infinity ? Math.sign(v) / Math.sqrt(infinite[to]!) : 0
        : norm[to] === 0
        ? v
        : v * scale[to]! / norm[to]!
    })
    return [result]
  },
  // u = x/‖x‖: du = (dx − u (u·dx))/‖x‖
  jvp: ({ outputs: [u], params: { axes }, primals: [x], tangents: [dx] }) =>
    Effect.gen(function*() {
      const along = yield* unreduce(yield* sumOver(yield* mul(dx, u), axes), x.shape, axes)
      const across = yield* sub(dx, mul(along, u))
      return [yield* div(across, unreduce(yield* normOver(x, axes), x.shape, axes))]
    })
})

const directionOver = (x: Tensor, axes: ReadonlyArray<number>): Step<Tensor> => apply(directionPrimitive, [x], { axes })

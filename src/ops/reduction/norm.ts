/**
 * The 2-norm and the direction of a vector.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../../core/dtype.ts"
import { apply, checkDType } from "../../core/operation.ts"
import type { OpEffect, Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { checkAxes, reducedShape, sizeOf } from "../../core/shape.ts"
import type { ConcreteTensor, Tensor } from "../../core/tensor.ts"
import { div, mul, sub } from "../algebra.ts"
import { accepts } from "../define.ts"
import { sumOver, unreduce } from "../movement/layout.ts"
import { accumulate } from "../movement/strided.ts"

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

/**
 * Vectors, each scaled by a power of two, exactly, to where squares are numbers; and the roots of the sums of these. Where
 * elements are infinite they are units, beside which finite ones are 0, and the scale is 0.
 */
const scaled = (x: ConcreteTensor, axes: ReadonlyArray<number>) => {
  const largest = new Float64Array(sizeOf(reducedShape(x.shape, axes)))
  eachAlong(x, axes, (to, _, v) => largest[to] = Math.max(largest[to]!, Math.abs(v)))
  const scale = largest.map((m) => m === Infinity ? 0 : m > 1e140 ? 2 ** -600 : m < 1e-140 ? 2 ** 600 : 1)
  const element = (to: number, v: number): number =>
    scale[to] !== 0 ? v * scale[to]! : Math.abs(v) === Infinity ? Math.sign(v) : 0
  const squares = new Float64Array(scale.length)
  eachAlong(x, axes, (to, _, v) => squares[to]! += element(to, v) ** 2)
  return { element, roots: squares.map(Math.sqrt), scale }
}

/** √Σx² over axes. */
export const normPrimitive: Along<"norm"> = along("norm", {
  keeps: false,
  reference: ([x], { axes }, [out]) => {
    const { roots, scale } = scaled(x, axes)
    const result = allocate(out.dtype, roots.length)
    result.set(roots.map((root, i) => root / scale[i]!))
    return [result]
  },
  // d‖x‖ = x/‖x‖ · dx
  jvp: ({ params: { axes }, primals: [x], tangents: [dx] }) =>
    Effect.map(Effect.flatMap(mul(dx, directionOver(x, axes)), (terms) => sumOver(terms, axes)), (dy) => [dy])
})

/** The 2-norm over normalised axes, for rules. */
export const normOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  apply(normPrimitive, [x], { axes })

/**
 * x/‖x‖ over axes, for rules: 0 at 0, where its derivative is not finite. Infinite elements grow alike; beside them the
 * finite ones vanish.
 */
export const directionPrimitive: Along<"direction"> = along("direction", {
  keeps: true,
  reference: ([x], { axes }, [out]) => {
    const { element, roots } = scaled(x, axes)
    const result = allocate(out.dtype, x.size)
    eachAlong(x, axes, (to, at, v) => result[at] = roots[to] === 0 ? v : element(to, v) / roots[to]!)
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

const directionOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  apply(directionPrimitive, [x], { axes })

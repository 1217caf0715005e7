/**
 * log Σ eˣ along axes, and its derivative, the softmax.
 *
 * All are computed from the differences to the largest element, where ∞ − ∞ is 0: infinite elements share as equal finite
 * ones do. With r the sum of e to all differences but that of one largest element, Σ eˣ = eᵐ (1 + r), and log1p and r keep
 * the digits that 1 + r loses.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../../core/dtype.ts"
import { apply } from "../../core/operation.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { reducedShape, sizeOf } from "../../core/shape.ts"
import type { ConcreteTensor, Tensor } from "../../core/tensor.ts"
import { mul, neg, sub } from "../algebra.ts"
import { expm1 } from "../elementwise/exponential.ts"
import { sumOver, unreduce } from "../movement/layout.ts"
import type { Along } from "./norm.ts"
import { along, eachAlong } from "./norm.ts"

/** x − m, where m is the largest: 0 where both are the same infinity. */
const difference = (x: number, m: number): number => x === m ? 0 : x - m

/** For each slice: its largest element m, and the sum r of e^(x − m) over all others. */
const shifted = (x: ConcreteTensor, axes: ReadonlyArray<number>) => {
  const count = sizeOf(reducedShape(x.shape, axes))
  const largest = new Float64Array(count).fill(-Infinity)
  const rest = new Float64Array(count)
  const passed = new Uint8Array(count)
  eachAlong(x, axes, (to, _, v) => largest[to] = Math.max(largest[to]!, v))
  eachAlong(x, axes, (to, _, v) => {
    if (v === largest[to] && passed[to] === 0) passed[to] = 1
    else rest[to]! += Math.exp(difference(v, largest[to]!))
  })
  return { largest, rest }
}

/** A function of each element's difference to the largest, and of r. */
const ofDifferences = (f: (d: number, r: number) => number) =>
(
  [x]: readonly [ConcreteTensor],
  { axes }: { readonly axes: ReadonlyArray<number> }
) => {
  const { largest, rest } = shifted(x, axes)
  const result = allocate(x.dtype, x.size)
  eachAlong(x, axes, (to, at, v) => result[at] = f(difference(v, largest[to]!), rest[to]!))
  return [result] as const
}

export const logsumexpPrimitive: Along<"logsumexp"> = along("logsumexp", {
  keeps: false,
  reference: ([x], { axes }, [out]) => {
    const { largest, rest } = shifted(x, axes)
    const result = allocate(out.dtype, rest.length)
    result.set(largest.map((m, i) => m + Math.log1p(rest[i]!)))
    return [result]
  },
  // Σ p·dx with p the softmax
  jvp: ({ params: { axes }, primals: [x], tangents: [dx] }) =>
    Effect.map(Effect.flatMap(mul(dx, softmaxOver(x, axes)), (terms) => sumOver(terms, axes)), (dy) => [dy])
})

/** log Σ eˣ over normalised axes, for rules. */
export const logsumexpOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  apply(logsumexpPrimitive, [x], { axes })

export const softmaxPrimitive: Along<"softmax"> = along("softmax", {
  keeps: true,
  reference: ofDifferences((d, r) => Math.exp(d) / (1 + r)),
  // p = e^ℓ
  jvp: ({ outputs: [p], params: { axes }, primals: [x], tangents: [dx] }) =>
    Effect.map(
      Effect.flatMap(logSoftmaxOver(x, axes), (l) => mul(p, logSoftmaxTangent(p, l, dx, axes))),
      (dp) => [dp]
    )
})

/** eˣ / Σ eˣ over normalised axes, for rules. */
export const softmaxOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  apply(softmaxPrimitive, [x], { axes })

export const logSoftmaxPrimitive: Along<"logSoftmax"> = along("logSoftmax", {
  keeps: true,
  reference: ofDifferences((d, r) => d - Math.log1p(r)),
  jvp: ({ outputs: [l], params: { axes }, primals: [x], tangents: [dx] }) =>
    Effect.map(Effect.flatMap(softmaxOver(x, axes), (p) => logSoftmaxTangent(p, l, dx, axes)), (dl) => [dl])
})

/** x − log Σ eˣ over normalised axes, for rules. */
export const logSoftmaxOver = (x: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  apply(logSoftmaxPrimitive, [x], { axes })

/**
 * dℓᵢ = dxᵢ − Σ pⱼ dxⱼ = (1 − pᵢ) dxᵢ − Σ_{j≠i} pⱼ dxⱼ, with 1 − p = −expm1 ℓ: where pᵢ is nearly 1, the first form is the
 * difference of two numbers that are nearly the same.
 */
const logSoftmaxTangent = (p: Tensor, l: Tensor, dx: Tensor, axes: ReadonlyArray<number>): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const terms = yield* mul(p, dx)
    const others = yield* sub(unreduce(yield* sumOver(terms, axes), p.shape, axes), terms)
    return yield* sub(mul(neg(expm1(l)), dx), others)
  })

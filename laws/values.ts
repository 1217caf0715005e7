/**
 * Numbers outside of programs: elements read and compared, and pseudo-random directions.
 */
import * as Effect from "effect/Effect"
import { add, mul, sum, Tensor } from "../src/index.ts"

/** The elements of tensors, as doubles. */
export const read = (xs: ReadonlyArray<Tensor>): Effect.Effect<ReadonlyArray<Float64Array>, any> =>
  Effect.forEach(xs, (x) => Effect.map(Tensor.data(x), (data) => Float64Array.from(data)))

/** A tensor like `x` with other elements. */
export const withElements = (x: Tensor, element: (i: number) => number): Tensor =>
  Tensor.make(Array.from({ length: x.size }, (_, i) => element(i)), { shape: x.shape, dtype: x.dtype }) as Tensor

/** A generator of numbers in [0, 1): mulberry32, by T. Ettinger (public domain). */
export const random = (seed: number): () => number => {
  let state = seed | 0
  return () => {
    state = state + 0x6d2b79f5 | 0
    let t = Math.imul(state ^ state >>> 15, 1 | state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) / 4294967296
  }
}

/**
 * Tensors like `xs` with elements of either sign and size 0.5 to 1.5: along such a direction no derivative can hide.
 * The `stream` tells directions of one seed apart. Seed 0 is what counterexamples shrink to: small whole numbers.
 */
export const direction = (seed: number, stream: number, xs: ReadonlyArray<Tensor>): ReadonlyArray<Tensor> => {
  const next = random(seed * 7919 + stream * 104729)
  let count = 0
  return xs.map((x) =>
    withElements(x, () => {
      if (seed === 0) return 1 + count++ % 7
      const u = next()
      return u < 0.5 ? -0.5 - 2 * u : 2 * u - 0.5
    })
  )
}

/** A bool tensor of a shape. Seed 0 gives alternating elements. */
export const randomMask = (seed: number, shape: ReadonlyArray<number>): Tensor<any, "bool"> => {
  const next = random(seed * 7919 + 31)
  const size = shape.reduce((n, d) => n * d, 1)
  const bits = Array.from({ length: size }, (_, i) => (seed === 0 ? i % 2 === 0 : next() < 0.5) ? 1 : 0)
  return Tensor.make(bits, { shape, dtype: "bool" }) as Tensor<any, "bool">
}

/** Σ ⟨wᵢ, yᵢ⟩ of two lists of tensors. */
export const dot = (ws: ReadonlyArray<Tensor>, ys: ReadonlyArray<Tensor>): Effect.Effect<Tensor<[]>, any> =>
  Effect.gen(function*() {
    let total: Tensor = Tensor.make(0)
    for (const [i, w] of ws.entries()) total = yield* add(total, sum(mul(w, ys[i]!)))
    return total
  })

/** Unit roundoff of the coarsest float among tensors. */
export const roundoff = (xs: ReadonlyArray<Tensor>): number =>
  xs.some((x) => x.dtype === "float32") ? 2 ** -24 : 2 ** -53

/** The largest absolute value; NaN is as large as ∞. */
export const largest = (all: ReadonlyArray<ArrayLike<number>>): number => {
  let most = 0
  for (const data of all) {
    for (let i = 0; i < data.length; i++) {
      const size = Math.abs(data[i]!)
      if (!(size <= most)) most = Number.isNaN(size) ? Infinity : size
    }
  }
  return most
}

/** Same number? NaN equals NaN, and 0 equals −0. */
export const same = (a: number, b: number): boolean => a === b || Number.isNaN(a) && Number.isNaN(b)

/** Where two lists of elements differ by more than `slack` allows, as a phrase; or nothing. */
export const difference = (
  [oneName, one]: readonly [string, ReadonlyArray<ArrayLike<number>>],
  [otherName, other]: readonly [string, ReadonlyArray<ArrayLike<number>>],
  slack: (leaf: number, i: number) => number
): string | undefined => {
  for (const [leaf, a] of one.entries()) {
    const b = other[leaf]!
    for (let i = 0; i < a.length; i++) {
      if (same(a[i]!, b[i]!) || Math.abs(a[i]! - b[i]!) <= slack(leaf, i)) continue
      return `${oneName} is ${a[i]}, ${otherName} is ${b[i]}${place(one, leaf, i)}`
    }
  }
  return undefined
}

/** ", at element 3 of leaf 1", as far as there is more than one. */
export const place = (all: ReadonlyArray<ArrayLike<number>>, leaf: number, i: number): string =>
  (all[leaf]!.length > 1 ? `, at element ${i} (row-major)` : "") + (all.length > 1 ? ` of leaf ${leaf}` : "")

/** Slack for two ways of adding up the same numbers: a thousand roundings of the largest finite one, or of subnormal numbers. */
export const rounding = (unit: number, ...scales: ReadonlyArray<ReadonlyArray<ArrayLike<number>>>): () => number => {
  const finite = scales.flat().map((data) => Array.from(data).filter(Number.isFinite))
  const subnormal = unit < 2 ** -30 ? 2 ** -1074 : 2 ** -149
  const slack = 1000 * Math.max(unit * largest(finite), subnormal)
  return () => slack
}

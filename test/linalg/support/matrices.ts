/**
 * Matrices to test with, and what is left over of an equation.
 */
import { Effect } from "effect"
import type * as fc from "fast-check"
import { add, matmul, mul, reshape, sub, Tensor, transpose } from "wengert"
import { Laws } from "wengert/laws"

/** Tensors whose shapes are known at run time alone. */
export type X = Tensor<any, "float64">

/** What a program gives. */
export const run = <A>(program: Effect.Effect<A, unknown>): A => Effect.runSync(program)

/** The elements of a tensor, or of what a program gives. */
export const dataOf = (x: X | Effect.Effect<X, unknown>): Float64Array =>
  Float64Array.from(run(Effect.flatMap(Effect.isEffect(x) ? x : Effect.succeed(x), (x: X) => Tensor.data(x))))

/** Numbers from −1 to 1: mulberry32, by T. Ettinger (public domain). */
export const random = (seed: number): () => number => {
  let state = seed
  return () => {
    state = state + 0x6d2b79f5 | 0
    let t = Math.imul(state ^ state >>> 15, 1 | state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) / 2147483648 - 1
  }
}

/** A matrix with elements from −1 to 1. */
export const randomMatrix = (rows: number, columns: number, seed = 1, dtype: "float64" | "float32" = "float64"): X => {
  const next = random(seed)
  return Tensor.make(Array.from({ length: rows * columns }, next), { shape: [rows, columns], dtype })
}

/** Aᵀ */
export const flipped = (x: X): X => run(transpose(x) as Effect.Effect<X>)

/** A·B */
export const times = (a: X, b: X): X => run(matmul(a, b) as Effect.Effect<X>)

/** A·diag(s) */
export const scaled = (a: X, s: X): X => run(mul(a, reshape(s, [1, s.size])) as Effect.Effect<X>)

/** A + B */
export const plus = (a: X, b: X): X => run(add(a, b) as Effect.Effect<X>)

/** The largest sum of sizes along a row: ‖A‖∞. */
export const sizeOf = (x: X): number => {
  const data = dataOf(x)
  const [rows, columns] = x.shape as [number, number]
  let most = 0
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let j = 0; j < columns; j++) sum += Math.abs(data[i * columns + j]!)
    most = Math.max(most, Number.isNaN(sum) ? Infinity : sum)
  }
  return most
}

/** ‖A − B‖∞ */
export const distance = (a: X, b: X): number => sizeOf(run(sub(a, b) as Effect.Effect<X>))

/** ‖QᵀQ − 1‖∞ */
export const skewness = (q: X): number => distance(times(flipped(q), q), Tensor.eye(q.shape[1]!))

/** A matrix U·diag(s)·Vᵀ whose singular values fall from 1 to 1/condition; symmetric and positive definite with `definite`. */
export const conditioned = (n: number, condition: number, orthogonal: (x: X) => X, definite = false): X => {
  const s = Tensor.make(Array.from({ length: n }, (_, i) => condition ** (-i / Math.max(n - 1, 1))))
  const [u, v] = [orthogonal(randomMatrix(n, n, 2)), orthogonal(randomMatrix(n, n, 3))]
  return times(scaled(u, s), flipped(definite ? u : v))
}

/** Matrices that are far from singular, with a spectrum whose elements are apart; symmetric parts are positive definite. */
export const regular = (rows: number, columns = rows): fc.Arbitrary<X> =>
  Laws.tensor([rows, columns], { elements: Laws.real(-0.6, 0.6) }).map((x): X => {
    const diagonal = Tensor.make(
      Array.from({ length: rows * columns }, (_, at) => {
        const [i, j] = [Math.floor(at / columns), at % columns]
        return i === j ? 3 + 2 * i : (1 + i + 2 * j) / 10
      }),
      { shape: [rows, columns] }
    )
    return plus(x, diagonal as X)
  })

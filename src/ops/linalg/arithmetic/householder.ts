/**
 * Reflections: orthogonal matrices that make zeros. Source: Golub and Van Loan, "Matrix Computations", 4th ed., sections 5.1,
 * 5.2 and 8.3.1.
 */
import { scaleOf } from "./scale.ts"

/** H = 1 − τ·v·vᵀ, with v = (1, …). */
export interface Reflection {
  readonly v: Float64Array
  readonly tau: number
}

/** The reflection that takes x to (β, 0, …), with the sign of β opposite to that of x₀, as LAPACK has it; `x` becomes v. */
const reflect = (x: Float64Array): Reflection & { readonly beta: number } => {
  let rest = 0
  for (let i = 1; i < x.length; i++) rest += x[i]! ** 2
  const first = x[0]!
  x[0] = 1
  if (rest === 0) return { v: x, tau: 0, beta: first }
  const beta = first > 0 ? -Math.sqrt(first ** 2 + rest) : Math.sqrt(first ** 2 + rest)
  for (let i = 1; i < x.length; i++) x[i]! /= first - beta
  return { v: x, tau: (beta - first) / beta, beta }
}

/** H·A, for rows from `top` and columns from `left` of a matrix with `width` columns. */
const apply = ({ tau, v }: Reflection, a: Float64Array, width: number, top: number, left: number): void => {
  if (tau === 0) return
  const sums = new Float64Array(width)
  for (let i = 0; i < v.length; i++) {
    for (let j = left; j < width; j++) sums[j]! += v[i]! * a[(top + i) * width + j]!
  }
  for (let i = 0; i < v.length; i++) {
    const factor = tau * v[i]!
    for (let j = left; j < width; j++) a[(top + i) * width + j]! -= factor * sums[j]!
  }
}

/** The product of reflections, the k-th of which starts at row `k + shift`, as far as it has `columns` columns. */
const accumulate = (all: ReadonlyArray<Reflection>, rows: number, columns: number, shift: number): Float64Array => {
  const q = new Float64Array(rows * columns)
  for (let i = 0; i < columns; i++) q[i * columns + i] = 1
  for (let k = all.length - 1; k >= 0; k--) apply(all[k]!, q, columns, k + shift, k + shift)
  return q
}

/** Column `j` of a matrix with `width` columns, from row `top` on. */
const columnFrom = (a: Float64Array, width: number, top: number, j: number): Float64Array =>
  Float64Array.from({ length: a.length / width - top }, (_, i) => a[(top + i) * width + j]!)

/** Q with orthonormal columns and R, upper triangular, with A = Q·R, of a matrix with at least as many rows as columns. */
export const orthogonalize = (a: Float64Array, rows: number, columns: number) => {
  const scale = scaleOf(a)
  for (let i = 0; i < a.length; i++) a[i]! *= scale
  const all: Array<Reflection> = []
  for (let k = 0; k < columns; k++) {
    const { beta, tau, v } = reflect(columnFrom(a, columns, k, k))
    all.push({ tau, v })
    apply({ tau, v }, a, columns, k, k + 1)
    a[k * columns + k] = beta
    for (let i = k + 1; i < rows; i++) a[i * columns + k] = 0
  }
  const r = a.slice(0, columns * columns)
  for (let i = 0; i < r.length; i++) r[i]! /= scale
  const q = accumulate(all, rows, columns, 0)
  return { q: Number.isNaN(scale) ? q.fill(NaN) : q, r: Number.isNaN(scale) ? r.fill(NaN) : r }
}

/** A symmetric matrix as Q·T·Qᵀ: the diagonal of T, what is beside it, and Q. */
export const tridiagonalize = (a: Float64Array, n: number) => {
  const beside = new Float64Array(Math.max(n - 1, 0))
  const all: Array<Reflection> = []
  for (let k = 0; k < n - 2; k++) {
    const top = k + 1
    const { beta, tau, v } = reflect(columnFrom(a, n, top, k))
    all.push({ tau, v })
    beside[k] = beta
    if (tau === 0) continue
    // H·B·H = B − v·wᵀ − w·vᵀ
    const w = new Float64Array(v.length)
    let along = 0
    for (let i = 0; i < v.length; i++) {
      const from = (top + i) * n + top
      let sum = 0
      for (let j = 0; j < v.length; j++) sum += a[from + j]! * v[j]!
      w[i] = tau * sum
      along += w[i]! * v[i]!
    }
    for (let i = 0; i < v.length; i++) w[i]! -= tau / 2 * along * v[i]!
    for (let i = 0; i < v.length; i++) {
      const from = (top + i) * n + top
      for (let j = 0; j < v.length; j++) a[from + j]! -= v[i]! * w[j]! + w[i]! * v[j]!
    }
  }
  if (n > 1) beside[n - 2] = a[(n - 1) * n + n - 2]!
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), beside, q: accumulate(all, n, n, 1) }
}

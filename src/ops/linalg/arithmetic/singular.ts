/**
 * Singular values and vectors by rotations of columns, until they are orthogonal: accurate for small singular values too.
 *
 * Sources: M. R. Hestenes, "Inversion of matrices by biorthogonalization and related results", J. SIAM 6 (1958) 51; Demmel and
 * Veselić, "Jacobi's method is more accurate than QR", SIAM J. Matrix Anal. Appl. 13 (1992) 1204.
 */
import { orthogonalize } from "./householder.ts"
import { scaleOf } from "./scale.ts"
import { rotate, turned } from "./symmetric.ts"

/** The most sweeps over all pairs; six to ten are common. */
const patience = 60

/** Σ xᵢyᵢ of two rows. */
const dot = (a: Float64Array, n: number, i: number, j: number): number => {
  let sum = 0
  for (let k = 0, p = i * n, q = j * n; k < n; k++, p++, q++) sum += a[p]! * a[q]!
  return sum
}

/** Makes two rows orthogonal, the longer one first, and turns those of `v` with them. Were they so already? */
const orthogonal = (w: Float64Array, v: Float64Array, n: number, i: number, j: number): boolean => {
  let [alpha, beta, gamma] = [dot(w, n, i, i), dot(w, n, j, j), dot(w, n, i, j)]
  if (Math.abs(gamma) <= Number.EPSILON * Math.sqrt(alpha) * Math.sqrt(beta)) return true
  const turn = (c: number, s: number): void => {
    rotate(w, n, i, j, c, s)
    rotate(v, n, i, j, c, s)
  }
  if (alpha < beta) {
    turn(0, 1)
    ;[alpha, beta, gamma] = [beta, alpha, -gamma]
  }
  const zeta = (alpha - beta) / (2 * gamma)
  const t = Math.sign(gamma) / (Math.abs(zeta) + Math.hypot(1, zeta))
  const c = 1 / Math.hypot(1, t)
  turn(c, c * t)
  return false
}

/** Gives the rows from `rank` on, which are 0, directions that are orthogonal to all before them. */
const complete = (u: Float64Array, n: number, rank: number): void => {
  for (let i = rank, axis = 0; i < n && axis < n; axis++) {
    u.fill(0, i * n, (i + 1) * n)
    u[i * n + axis] = 1
    // once more, for what rounding left
    for (const _ of [1, 2]) {
      for (let j = 0; j < i; j++) {
        const along = dot(u, n, i, j)
        for (let k = 0; k < n; k++) u[i * n + k]! -= along * u[j * n + k]!
      }
    }
    const size = Math.sqrt(dot(u, n, i, i))
    // one of the axes that are left is at least as far from the others as their mean
    if (size < 0.5 / Math.sqrt(n)) continue
    for (let k = 0; k < n; k++) u[i * n + k]! /= size
    i++
  }
}

/** A = U·diag(s)·Vᵀ, with s descending, of a matrix with at least as many rows as columns; NaN where it is not finite. */
export const singularValues = (a: Float64Array, rows: number, n: number) => {
  const scale = scaleOf(a)
  if (Number.isNaN(scale)) {
    return { u: a.fill(NaN), s: new Float64Array(n).fill(NaN), v: new Float64Array(n * n).fill(NaN) }
  }
  for (let i = 0; i < a.length; i++) a[i]! *= scale
  const { q, r } = orthogonalize(a, rows, n)
  // columns are rows here, which lie next to each other
  const w = turned(r, n)
  const v = new Float64Array(n * n)
  for (let i = 0; i < n; i++) v[i * n + i] = 1
  let settled = false
  for (let sweep = 0; sweep < patience && !settled; sweep++) {
    settled = true
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) settled = orthogonal(w, v, n, i, j) && settled
  }
  const lengths = Float64Array.from({ length: n }, (_, i) => Math.sqrt(dot(w, n, i, i)))
  const order = Array.from(lengths.keys()).sort((i, j) => lengths[j]! - lengths[i]!)
  const [left, right] = [new Float64Array(n * n), new Float64Array(n * n)]
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) left[to * n + k] = w[from * n + k]! / lengths[from]!
    right.set(v.subarray(from * n, (from + 1) * n), to * n)
  })
  complete(left, n, lengths.reduce((count, length) => count + (length > 0 ? 1 : 0), 0))
  return {
    u: timesRows(q, left, rows, n),
    s: Float64Array.from(order, (i) => lengths[i]! / scale),
    v: turned(right, n)
  }
}

/** Q·Xᵀ, for X by rows. */
const timesRows = (q: Float64Array, x: Float64Array, rows: number, n: number): Float64Array => {
  const out = new Float64Array(rows * n)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let k = 0; k < n; k++) sum += q[i * n + k]! * x[j * n + k]!
      out[i * n + j] = sum
    }
  }
  return out
}

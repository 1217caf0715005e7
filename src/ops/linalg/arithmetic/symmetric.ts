/**
 * Eigenvalues and eigenvectors of a symmetric matrix: a tridiagonal one, and QR steps with Wilkinson's shift. Source: Golub and Van
 * Loan, "Matrix Computations", 4th ed., section 8.3.
 */
import { tridiagonalize } from "./householder.ts"
import { scaleOf } from "./scale.ts"

/** The most steps for each eigenvalue; two are common. */
const patience = 60

/** Eigenvalues, ascending, and eigenvectors, as columns; NaN where the matrix is not finite. */
export const symmetricEigen = (a: Float64Array, n: number) => {
  const scale = scaleOf(a)
  if (Number.isNaN(scale)) return { values: new Float64Array(n).fill(NaN), vectors: a.fill(NaN) }
  for (let i = 0; i < a.length; i++) a[i]! *= scale
  const { beside: e, diagonal: d, q } = tridiagonalize(a, n)
  // vectors are rows until the end, which lie next to each other
  const rows = turned(q, n)
  const negligible = (k: number): boolean =>
    Math.abs(e[k]!) <= Number.EPSILON / 2 * (Math.abs(d[k]!) + Math.abs(d[k + 1]!))
  let steps = patience * n
  for (let high = n - 1; high > 0;) {
    if (negligible(high - 1) || steps-- === 0) {
      high--
      continue
    }
    let low = high - 1
    while (low > 0 && !negligible(low - 1)) low--
    step(d, e, rows, n, low, high)
  }
  const order = Array.from(d.keys()).sort((i, j) => d[i]! - d[j]!)
  const sorted = new Float64Array(n * n)
  order.forEach((from, to) => sorted.set(rows.subarray(from * n, (from + 1) * n), to * n))
  return { values: Float64Array.from(order, (i) => d[i]! / scale), vectors: turned(sorted, n) }
}

/** One QR step on the part of a tridiagonal matrix from `low` to `high`, by rotations that move a bulge down. */
const step = (
  d: Float64Array,
  e: Float64Array,
  rows: Float64Array,
  n: number,
  low: number,
  high: number
): void => {
  const half = (d[high - 1]! - d[high]!) / 2
  const last = e[high - 1]!
  const shift = d[high]! - last * (last / (half + (half < 0 ? -1 : 1) * Math.hypot(half, last)))
  let x = d[low]! - shift
  let bulge = e[low]!
  for (let k = low; k < high; k++) {
    const r = Math.hypot(x, bulge)
    const [c, s] = r === 0 ? [1, 0] : [x / r, bulge / r]
    if (k > low) e[k - 1] = r
    const [above, beside, below] = [d[k]!, e[k]!, d[k + 1]!]
    d[k] = c * c * above + 2 * c * s * beside + s * s * below
    d[k + 1] = s * s * above - 2 * c * s * beside + c * c * below
    e[k] = c * s * (below - above) + (c * c - s * s) * beside
    if (k < high - 1) {
      x = e[k]!
      bulge = s * e[k + 1]!
      e[k + 1]! *= c
    }
    rotate(rows, n, k, k + 1, c, s)
  }
}

/** Rows i and j of a matrix, turned by an angle: c·rᵢ + s·rⱼ and c·rⱼ − s·rᵢ. */
export const rotate = (a: Float64Array, columns: number, i: number, j: number, c: number, s: number): void => {
  for (let k = 0, p = i * columns, q = j * columns; k < columns; k++, p++, q++) {
    const [x, y] = [a[p]!, a[q]!]
    a[p] = c * x + s * y
    a[q] = c * y - s * x
  }
}

/** Aᵀ */
export const turned = (a: Float64Array, rows: number, columns: number = rows): Float64Array =>
  Float64Array.from(a, (_, i) => a[i % rows * columns + Math.floor(i / rows)]!)

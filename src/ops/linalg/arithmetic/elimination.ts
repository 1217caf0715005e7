/**
 * Gaussian elimination with partial pivoting. Source: Golub and Van Loan, "Matrix Computations", 4th ed., section 3.4.
 */
import { scaleOf } from "./scale.ts"

/** Which row of A became which, and whether by an even (1) or an odd (−1) number of exchanges. */
export interface Pivots {
  readonly order: Int32Array
  readonly sign: number
}

/** Writes L, below its ones, and U in the place of an n×n matrix, so that A[order] = L·U; NaN where it is not finite. */
export const eliminate = (a: Float64Array, n: number): Pivots => {
  const order = Int32Array.from({ length: n }, (_, i) => i)
  let sign = 1
  if (Number.isNaN(scaleOf(a))) a.fill(NaN)
  for (let k = 0; k < n; k++) {
    let pivot = k
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[pivot * n + k]!)) pivot = i
    if (pivot !== k) {
      const row = a.slice(k * n, (k + 1) * n)
      a.copyWithin(k * n, pivot * n, (pivot + 1) * n)
      a.set(row, pivot * n)
      const first = order[k]!
      order[k] = order[pivot]!
      order[pivot] = first
      sign = -sign
    }
    // a column of zeros is left as it is
    if (a[k * n + k] === 0) continue
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / a[k * n + k]!
      a[i * n + k] = factor
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= factor * a[k * n + j]!
    }
  }
  return { order, sign }
}

/**
 * Triangular systems by substitution, row by row.
 */

/**
 * Solves for a triangle of an n×n matrix, or for that of its transpose; what takes the place of `b` is the solution. NaN where the diagonal has a
 * zero, unless it counts as ones (`unit`).
 */
export const substitute = (
  a: Float64Array,
  n: number,
  lower: boolean,
  transposed: boolean,
  unit: boolean,
  b: Float64Array,
  columns: number
): void => {
  if (!unit) { for (let i = 0; i < n; i++) if (a[i * n + i] === 0) return void b.fill(NaN) }
  const forward = lower !== transposed
  const [down, across] = transposed ? [1, n] : [n, 1]
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step
    const to = i * columns
    // the unknowns that are known: those before, or those behind
    for (let j = forward ? 0 : i + 1; j < (forward ? i : n); j++) {
      const factor = a[i * down + j * across]!
      const from = j * columns
      for (let c = 0; c < columns; c++) b[to + c]! -= factor * b[from + c]!
    }
    if (!unit) { for (let c = 0; c < columns; c++) b[to + c]! /= a[i * n + i]! }
  }
}

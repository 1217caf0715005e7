/**
 * The size of what is in a matrix.
 */

/** A power of two that brings the largest of some numbers to about 1; NaN where one of them is not finite. */
export const scaleOf = (a: Float64Array): number => {
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const size = Math.abs(a[i]!)
    if (!(size < Infinity)) return NaN
    if (size > largest) largest = size
  }
  return largest === 0 ? 1 : 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest))))
}

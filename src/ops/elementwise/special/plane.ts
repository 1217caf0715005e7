/**
 * Points in the plane: the cosine of their direction, and their image by inversion in the unit circle.
 */

/** The power of two that brings a size, exactly, to where neither squares nor their root lose digits or overflow. */
const scaleOf = (size: number): number => size > 1e140 ? 2 ** -600 : size < 1e-140 ? 2 ** 600 : 1

/**
 * x/√(x² + y²), for all real x and y, to 2 units in the last place. The limits at infinity, where two infinite operands
 * grow alike, as IEEE 754 has it of atan2: ±√½ at (±∞, ∞). 0 at the origin; NaN if one is NaN.
 */
export const cosine = (x: number, y: number): number => {
  if (Math.abs(x) === Infinity) {
    return Math.sign(x) * (Math.abs(y) === Infinity ? Math.SQRT1_2 : Number.isNaN(y) ? NaN : 1)
  }
  const largest = Math.max(Math.abs(x), Math.abs(y))
  const scale = scaleOf(largest)
  return largest === 0 ? x : x * scale / Math.hypot(x * scale, y * scale)
}

/** x/(x² + y²), for all real x and y, to 4 units in the last place: 0 at infinity, NaN at the origin and if one is NaN. */
export const inversion = (x: number, y: number): number => {
  const largest = Math.max(Math.abs(x), Math.abs(y))
  if (largest === Infinity) return x < 0 || Object.is(x, -0) ? -0 : 0
  const scale = scaleOf(largest)
  const [a, b] = [x * scale, y * scale]
  return a / (a * a + b * b) * scale
}

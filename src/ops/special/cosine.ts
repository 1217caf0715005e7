/**
 * The cosine of a direction in the plane.
 */

/**
 * x/√(x² + y²), for all real x and y, to 2 units in the last place. The limits at infinity, where two infinite operands
 * grow alike, as IEEE 754 has it of atan2: ±√½ at (±∞, ∞). 0 at the origin; NaN if one is NaN.
 */
export const cosine = (x: number, y: number): number => {
  if (Math.abs(x) === Infinity) return Math.sign(x) * (Math.abs(y) === Infinity ? Math.SQRT1_2 : Number.isNaN(y) ? NaN : 1)
  const largest = Math.max(Math.abs(x), Math.abs(y))
  // the operands scaled, exactly, to where neither the squares nor their root lose digits or overflow
  const scale = largest > 1e300 ? 2 ** -600 : largest < 1e-290 ? 2 ** 600 : 1
  return largest === 0 ? x : x * scale / Math.hypot(x * scale, y * scale)
}

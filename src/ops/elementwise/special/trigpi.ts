/**
 * Sine and cosine of πx. The period of 2 is taken off before the multiplication by π, and that subtraction is exact:
 * the result is as good at 1e15 as at 1, and the zeros are zeros.
 */

/** sin(πx) for |x| <= 1, folded into |x| <= 1/2 by sin(π − u) = sin u; 1 − |x| is exact where it is used. */
const folded = (x: number): number => Math.sin(Math.PI * (Math.abs(x) > 0.5 ? Math.sign(x) * (1 - Math.abs(x)) : x))

/** x − 2k in [−1, 1]. */
const reduced = (x: number): number => {
  const r = x % 2
  return Math.abs(r) > 1 ? r - 2 * Math.sign(r) : r
}

/**
 * sin(πx), for every real x, to 2 units in the last place: 0 at the integers, NaN at ±Infinity and NaN.
 */
export const sinpi = (x: number): number => folded(reduced(x))

/**
 * cos(πx) = sin(π(½ − |x|)), for every real x, to 2 units in the last place: 0 at the half-integers, NaN at ±Infinity
 * and NaN.
 */
export const cospi = (x: number): number => folded(0.5 - Math.abs(reduced(x)))

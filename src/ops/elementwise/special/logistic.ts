/**
 * The logistic function, the hyperbolic secant, and the logarithm of a sum of exponentials.
 */

/**
 * The logistic function σ(x) = 1 / (1 + e⁻ˣ), for every real x, to 3 units in the last place: no overflow, gradual
 * underflow, 0 at −Infinity, 1 at Infinity, NaN at NaN (Verhulst 1845).
 */
export const logistic = (x: number): number => {
  const e = Math.exp(-Math.abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}

/** 1 / cosh x, for every real x, to 3 units in the last place: 0 at ±Infinity, NaN at NaN (DLMF 4.28.6). */
export const sech = (x: number): number => {
  const e = Math.exp(-Math.abs(x))
  return 2 * e / (1 + e * e)
}

/**
 * log(eˣ + eʸ), for all real x and y, without overflow: symmetric, −Infinity is its neutral element, Infinity if either
 * argument is, NaN if either is NaN. Accurate to 2 units in the last place of max(|x|, |y|, log 2), which is relative
 * accuracy except about the curve eˣ + eʸ = 1 of its zeros. From max(x, y) + log(1 + e^−|x − y|).
 */
export const logaddexp = (x: number, y: number): number =>
  x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)))

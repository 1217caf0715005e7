/**
 * Powers, and all their derivatives.
 */

/** xʸ as IEEE 754 has it: unlike with Math.pow, 1 to any power is 1, and so is −1 to an infinite one. */
export const power = (x: number, y: number): number => x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y

/**
 * The coefficients of P in ∂ₓᵐ ∂ᵧⁿ xʸ = xʸ⁻ᵐ P(log x): with D = d/dL, since (xᵉ P(log x))' = xᵉ⁻¹ (e P + P')(log x),
 * P = (y − m + 1 + D) … (y − 1 + D) (y + D) Lⁿ.
 */
const coefficients = (m: number, n: number, y: number): ReadonlyArray<number> => {
  let p = Array.from({ length: n + 1 }, (_, k) => Number(k === n))
  for (let e = 0; e < m; e++) p = p.map((c, k) => (y - e) * c + (k < n ? (k + 1) * p[k + 1]! : 0))
  return p
}

/** c·xᵉ, where the power alone may overflow or underflow. */
const scaled = (c: number, x: number, e: number): number => {
  const whole = power(x, e)
  if (c === 0) return 0
  if (x <= 0 || (Math.abs(whole) >= 1e-290 && whole !== Infinity)) return c * whole
  const part = power(x, e / 8)
  let product = c
  for (let k = 0; k < 8; k++) product *= part
  return product
}

/**
 * ∂ₓᵐ ∂ᵧⁿ xʸ, in either order, for whole m, n >= 0. Relative accuracy (m + n + 1) 1e-13, except about zeros of P.
 *
 * At x = 0 and at infinite x and y the limits: powers of x beat its logarithm, and exponentials powers. Of negative x the
 * derivatives by y do not exist: NaN. NaN at NaN.
 */
export const powerDerivative = (m: number, n: number, x: number, y: number): number => {
  if (Number.isNaN(x) || Number.isNaN(y) || (x < 0 && n > 0)) return NaN
  if (Math.abs(y) === Infinity) {
    const vanishes = x === 0 || Math.abs(x) === Infinity || x === 1
      ? x === 1 ? n > 0 : (x === 0) === (y > 0)
      : (Math.abs(x) < 1) === (y > 0)
    return vanishes
      ? 0
      : power(x, y) * (y < 0 && m % 2 === 1 ? -1 : 1) * (Math.abs(x) < 1 && n % 2 === 1 ? -1 : 1) * Infinity
  }
  const e = y - m
  if (n === 0) {
    let c = 1
    for (let k = 0; k < m; k++) c *= y - k
    return scaled(c, x, e)
  }
  const p = coefficients(m, n, y)
  // the largest power of the logarithm decides where that is infinite
  const degree = p.findLastIndex((c) => c !== 0)
  if (degree === -1) return 0
  const log = Math.log(x)
  if (degree === 0) return scaled(p[0]!, x, e)
  if (Math.abs(log) === Infinity) {
    const vanishes = x === 0 ? e > 0 : e < 0
    return vanishes ? 0 : p[degree]! * log ** degree * power(x, e)
  }
  return scaled(p.reduceRight((sum, c) => sum * log + c, 0), x, e)
}

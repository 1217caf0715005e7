/**
 * The normalised sinc function sin(πx) / (πx) and all its derivatives.
 */
import { cospi, sinpi } from "./trigpi.ts"

/**
 * The n-th derivative of sinc x = sin(πx) / (πx), for whole n >= 0 and every real x. The error is at most (n + 8) 2e-16
 * of the envelope πⁿ / max(n + 1, π|x|), which is relative accuracy except about the zeros; at the zero 0 of the odd
 * derivatives, and for n = 0 at all of them, it is relative accuracy too. At 0: πⁿ cos(nπ/2) / (n + 1). 0 at ±Infinity,
 * NaN at NaN, and NaN for any other n.
 *
 * With u = πx and S(u) = sin u / u, differentiating u S = sin u n times gives u Sₙ + n Sₙ₋₁ = sin(u + nπ/2). Read
 * upwards it damps errors by n / |u|, which serves for n < |u|. Else it is read downwards, damping them by |u| / n, and
 * unrolled: Sₙ = Σ (−u)ʲ⁻¹ sin(u + (n + j) π/2) / ((n + 1) … (n + j)) over j >= 1, convergent for every u.
 */
export const sincDerivative = (n: number, x: number): number => {
  if (!Number.isInteger(n) || n < 0) return NaN
  if (Math.abs(x) === Infinity) return 0
  const u = Math.PI * x
  const sin = sinpi(x)
  const cos = cospi(x)
  /** sin(u + kπ/2). */
  const shifted = (k: number): number => (k % 2 === 0 ? sin : cos) * (k % 4 < 2 ? 1 : -1)
  let value = 0
  if (n < Math.abs(u)) {
    value = sin / u
    for (let k = 1; k <= n; k++) value = (shifted(k) - k * value) / u
  } else {
    let term = 1
    for (let k = n + 1; Math.abs(term) > 1e-18 * Math.abs(value); k++) {
      term /= k
      value += term * shifted(k)
      term *= -u
    }
  }
  return value === 0 ? value : value * Math.PI ** n
}

/**
 * The Hurwitz zeta function at whole s >= 2, which is at once the coefficients of the Taylor series of ln Γ and ψ, and
 * the polygamma functions.
 */
import { bernoulli } from "./series.ts"

/**
 * cⁿ ζ(n + 1, q) = Σ (c / (q + k))ⁿ / (q + k) over k >= 0, for whole n >= 1 and q > 0, to a relative (n + 4) 2e-16; the
 * scale c, near q, is what keeps high powers from underflow. NaN at NaN.
 *
 * Terms up to q + k = a >= n + 10 (DLMF 25.11.3), then Euler–Maclaurin (DLMF 25.11.43):
 * ζ(s, a) ~ a^(1−s) / (s − 1) + a^(−s) / 2 + Σ B₂ⱼ / (2j)! (s)₂ⱼ₋₁ a^(1−s−2j), where ten terms leave a relative 1e-17.
 */
export const scaledZeta = (n: number, q: number, c: number): number => {
  let sum = 0
  let a = q
  for (; a < n + 10; a += 1) {
    const term = (c / a) ** n / a
    sum += term
    if (term <= 1e-18 * sum) return sum
  }
  let tail = 1 / n + 0.5 / a
  let factor = (n + 1) / (2 * a * a)
  for (let j = 0; j < bernoulli.length; j++) {
    tail += bernoulli[j]! * factor
    factor *= ((n + 2 * j + 2) / a) * ((n + 2 * j + 3) / a) / ((2 * j + 3) * (2 * j + 4))
  }
  return sum + (c / a) ** n * tail
}

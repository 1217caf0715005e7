/**
 * The logarithm of the gamma function.
 */
import { bernoulli, horner } from "./series.ts"
import { sinpi } from "./trigpi.ts"
import { scaledZeta } from "./zeta.ts"

/** Euler's constant γ (DLMF 5.2.3). */
const euler = 0.57721566490153286

/**
 * ln Γ(2 + z) = z (1 − γ) + Σ (−1)ᵏ (ζ(k) − 1) zᵏ / k over k >= 2 (DLMF 5.7.3), for |z| <= 1/2, where the terms fall as
 * 4⁻ᵏ. The factor z is kept outside: relative accuracy holds at the zero.
 */
const taylor: ReadonlyArray<number> = [
  1 - euler,
  ...Array.from({ length: 26 }, (_, i) => ((-1) ** i * scaledZeta(i + 1, 2, 1)) / (i + 2))
]
const aboutTwo = (z: number): number => z * horner(taylor, z)

/** B₂ₖ / (2k (2k − 1)), of Stirling's series (DLMF 5.11.1). */
const stirling: ReadonlyArray<number> = bernoulli.map((b, i) => b / ((2 * i + 2) * (2 * i + 1)))

/**
 * log |Γ(x)|, for every real x. Relative accuracy 1e-15 for x > −2, also about the zeros 1 and 2; below, the absolute
 * error is at most 1e-15 (1 + |log Γ(−x)|), which shows about the zeros on the negative axis. Infinity at the poles
 * 0, −1, −2, … and at ±Infinity (at −Infinity as in C: every number beyond 2⁵² is a pole), NaN at NaN.
 *
 * Four ways: Stirling's series from 8 on, the Taylor series about 2 around it, the recurrence Γ(x + 1) = x Γ(x)
 * (DLMF 5.5.1) to get there, and below −1/2 the reflection Γ(x) Γ(−x) = −π / (x sin πx) (DLMF 5.5.3).
 */
export const lgamma = (x: number): number => {
  if (x === -Infinity || (x <= 0 && Number.isInteger(x))) return Infinity
  if (x < -0.5) return Math.log(Math.PI / Math.abs(x * sinpi(x))) - lgamma(-x)
  if (x < 0.5) return aboutTwo(x) - Math.log1p(x) - Math.log(Math.abs(x))
  if (x < 1.5) return aboutTwo(x - 1) - Math.log(x)
  if (x < 8) {
    let y = x
    let product = 1
    while (y > 2.5) product *= y -= 1
    return aboutTwo(y - 2) + Math.log(product)
  }
  // (x − ½) ln x − x + ½ ln 2π, so written that nothing overflows before the value does
  return (x - 0.5) * (Math.log(x) - 1) + 0.5 * (Math.log(2 * Math.PI) - 1) + horner(stirling, 1 / (x * x)) / x
}

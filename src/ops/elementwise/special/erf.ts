/**
 * The error function and its complement. No table of fitted coefficients: a power series below 1/2, the trapezoidal
 * rule above it.
 */
import { horner } from "./series.ts"

/** erf x = 2/√π Σ (−1)ᵏ x²ᵏ⁺¹ / (k! (2k + 1)) (DLMF 7.6.1); for |x| <= 1/2 the fourteenth term is below 1e-18. */
const maclaurin: ReadonlyArray<number> = (() => {
  let power = 2 / Math.sqrt(Math.PI)
  return Array.from({ length: 14 }, (_, k) => (power *= k === 0 ? 1 : -1 / k) / (2 * k + 1))
})()

/** Nodes (kh)² and weights e^−(kh)² of the rule in `tail`, for h = 1/2; the thirteenth weight is below 1e-18. */
const nodes: ReadonlyArray<number> = Array.from({ length: 12 }, (_, i) => ((i + 1) / 2) ** 2)
const weights: ReadonlyArray<number> = nodes.map((t) => Math.exp(-t))

/** e^−x². With y = x rounded to sixteenths, y² is exact, and x² − y² is small (Cody 1969, Math. Comp. 23, 631–637). */
const gaussian = (x: number): number => {
  const y = Math.round(16 * x) / 16
  return Math.exp(-y * y) * Math.exp((y - x) * (y + x))
}

/** The Hermite polynomial Hₙ, by Hₙ₊₁ = 2x Hₙ − 2n Hₙ₋₁ (DLMF 18.9.1). */
export const hermite = (n: number, x: number): number => {
  let [before, h] = [0, 1]
  for (let k = 0; k < n; k++) [before, h] = [h, 2 * (x * h - k * before)]
  return h
}

/**
 * The n-th derivative of e^−x², (−1)ⁿ Hₙ(x) e^−x² (DLMF 18.5.5), for whole n >= 0 and every real x, to a relative
 * (n + 2) 2e-16 except about its zeros: 0 at ±Infinity, NaN at NaN.
 */
export const gaussianDerivative = (n: number, x: number): number => {
  if (Math.abs(x) > 60) return 0
  const y = Math.round(16 * x) / 16
  // half of the power on either side of Hₙ: neither overflows or underflows before the product does
  const half = Math.exp(-y * y / 2)
  return (n % 2 === 0 ? 1 : -1) * (hermite(n, x) * half) * Math.exp((y - x) * (y + x)) * half
}

/**
 * erfc x for x >= 1/2, from erfc x = (x/π) e^−x² ∫ e^−t² / (x² + t²) dt over the real line (DLMF 7.7.1).
 *
 * By the trapezoidal rule of step h, whose terms are all positive. While x < π/h the pole at ix makes it too large by
 * 2 / (e^(2πx/h) − 1); what error remains is of relative order e^−(π/h)² = 7e-18 (Chiarella & Reichel 1968, Math. Comp.
 * 22, 137–143; Matta & Reichel 1971, Math. Comp. 25, 339–344).
 */
const tail = (x: number): number => {
  if (x > 28) return 0
  let sum = 0
  for (let k = nodes.length - 1; k >= 0; k--) sum += weights[k]! / (x * x + nodes[k]!)
  sum += 0.5 / (x * x)
  return (x / Math.PI) * sum * gaussian(x) - (x < 2 * Math.PI ? 2 / Math.expm1(4 * Math.PI * x) : 0)
}

/**
 * The error function 2/√π ∫₀ˣ e^−t² dt, for every real x, to a relative 1e-15: odd, ±1 at ±Infinity, NaN at NaN
 * (DLMF 7.2.1).
 */
export const erf = (x: number): number =>
  Math.abs(x) < 0.5 ? x * horner(maclaurin, x * x) : Math.sign(x) * (1 - tail(Math.abs(x)))

/**
 * The complementary error function 1 − erf x, for every real x, to a relative 2e-15 down to where it leaves the normal
 * numbers (x = 26.54), and from there to the spacing of the subnormal ones: 0 from x = 27.23 on, 0 at Infinity, 2 at
 * −Infinity, NaN at NaN (DLMF 7.2.2).
 */
export const erfc = (x: number): number => (x < 0.5 ? 1 - erf(x) : tail(x))

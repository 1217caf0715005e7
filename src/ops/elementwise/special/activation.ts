/**
 * The smooth activations and all their derivatives, with their limits at ±∞.
 */
import { erfc, gaussianDerivative, hermite } from "./erf.ts"
import { logistic, sech } from "./logistic.ts"
import { horner } from "./series.ts"

/**
 * Coefficients of Qₙ in σ⁽ⁿ⁾(x) = ¼ s² Qₙ(t) with s = sech(x/2) and t = tanh(x/2): since (s²)' = −s² t and t' = ½(1 − t²),
 * Q₁ = 1 and Qₙ₊₁ = −t Qₙ + ½(1 − t²) Qₙ'.
 */
const logisticPolynomials: Array<ReadonlyArray<number>> = [[], [1]]
const logisticPolynomial = (n: number): ReadonlyArray<number> => {
  for (let k = logisticPolynomials.length; k <= n; k++) {
    const q = logisticPolynomials[k - 1]!
    const at = (i: number) => q[i] ?? 0
    logisticPolynomials.push(
      Array.from({ length: k }, (_, i) => -at(i - 1) + ((i + 1) * at(i + 1) - (i - 1) * at(i - 1)) / 2)
    )
  }
  return logisticPolynomials[n]!
}

/** c·σ⁽ⁿ⁾(x), for whole n >= 0, to a relative (n + 4) 2e-16 except about zeros. */
const scaledLogistic = (n: number, x: number, c: number): number => {
  if (n === 0) {
    const h = Math.exp(-Math.abs(x) / 2)
    return x < 0 ? c * h * h / (1 + h * h) : c * logistic(x)
  }
  const s = sech(x / 2)
  return 0.25 * (c * s) * s * horner(logisticPolynomial(n), Math.tanh(x / 2))
}

/**
 * The n-th derivative of x·σ(x), by Leibniz x σ⁽ⁿ⁾ + n σ⁽ⁿ⁻¹⁾, for whole n >= 0 and every real x. Relative accuracy
 * (n + 4) 4e-16 except about its zeros.
 */
export const siluDerivative = (n: number, x: number): number =>
  Math.abs(x) === Infinity
    ? x > 0 ? n === 0 ? x : n === 1 ? 1 : 0 : 0
    : scaledLogistic(n, x, x) + (n === 0 ? 0 : scaledLogistic(n - 1, x, n))

/**
 * The n-th derivative of x·Φ(x), Φ the normal distribution function and φ its density, for whole n >= 0 and every real x:
 * x Φ; Φ + x φ; and n φ⁽ⁿ⁻²⁾ + x φ⁽ⁿ⁻¹⁾ for n >= 2. Relative accuracy (n + x²) 1e-15 except about its zeros.
 *
 * With z = x/√2, Φ = ½ erfc(−z), and φ⁽ᵏ⁾(x) is the derivative of e^(−z²)/√(2π) by z, over √2ᵏ.
 */
export const geluDerivative = (n: number, x: number): number => {
  if (Math.abs(x) === Infinity) return x > 0 ? n === 0 ? x : n === 1 ? 1 : 0 : 0
  const z = x * Math.SQRT1_2
  if (n === 0) return x * (0.5 * erfc(-z))
  const density = (k: number, c: number) => c * gaussianDerivative(k, z) * Math.SQRT1_2 ** k / Math.sqrt(2 * Math.PI)
  if (n === 1) return 0.5 * erfc(-z) + density(0, x)
  if (Math.abs(z) > 60) return 0
  // both terms have the factor e^(−z²): it is taken out, so that it alone underflows
  const h = n * hermite(n - 2, z) * 2 - x * hermite(n - 1, z) * Math.SQRT2
  return (n % 2 === 0 ? 1 : -1) * h * Math.SQRT1_2 ** n * gaussianDerivative(0, z) / Math.sqrt(2 * Math.PI)
}

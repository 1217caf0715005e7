/**
 * The modified Bessel function I₀ and all its derivatives. Neither of the two sums has a term of the other sign that
 * counts, so that nothing cancels.
 */

/**
 * The n-th derivative of Σ (x/2)²ᵏ / k!² (DLMF 10.25.2), term by term: Σ (2k)! / (4ᵏ k!²) x²ᵏ⁻ⁿ / (2k − n)! over
 * 2k >= n.
 */
const series = (n: number, x: number): number => {
  let k = Math.ceil(n / 2)
  let term = 2 * k === n ? 1 : x
  for (let j = 1; j <= k; j++) term *= (2 * j - 1) / (2 * j)
  let sum = 0
  while (sum + term !== sum) {
    sum += term
    const m = 2 * k - n
    term *= ((2 * k + 1) * x * x) / ((2 * k + 2) * (m + 1) * (m + 2))
    k++
  }
  return sum
}

/**
 * ∫ cosⁿt eˣ ᶜᵒˢ ᵗ dt / π over [0, π] (DLMF 10.32.1), with eˣ taken out: x (cos t − 1) = −2x sin²(t/2). By the trapezoidal
 * rule with N steps, whose relative error 2 I₂ɴ(x) / I₀(x) is about e^(−2N²/x) = e^−50 (Trefethen and Weideman 2014,
 * SIAM Review 56, 385–458).
 */
const integral = (n: number, x: number): number => {
  const steps = Math.ceil(5 * Math.sqrt(x))
  let sum = 0.5
  for (let i = 1; i < steps; i++) {
    const s = Math.sin((i * Math.PI) / (2 * steps)) ** 2
    sum += (1 - 2 * s) ** n * Math.exp(-2 * x * s)
  }
  // half of the power at either end: it does not overflow before the result does
  const half = Math.exp(x / 2)
  return half * (sum / steps) * half
}

/**
 * The n-th derivative of I₀ for whole n >= 0 and every real x, to a relative (n + 8) 4e-16. Even or odd as n is;
 * Infinity beyond ±713.986…, where the true value overflows, and at Infinity; NaN at NaN, and NaN for any other n.
 */
export const i0Derivative = (n: number, x: number): number => {
  if (!Number.isInteger(n) || n < 0 || Number.isNaN(x)) return NaN
  const a = Math.abs(x)
  const value = a > 714 ? Infinity : a < 30 ? series(n, a) : integral(n, a)
  return n % 2 === 1 && x < 0 ? -value : value
}

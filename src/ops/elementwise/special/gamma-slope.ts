/**
 * How a gamma variate moves with its shape.
 *
 * With F the distribution function of y = log x for x ~ Γ(a, 1), and q = ∂F/∂y = xᵃ e⁻ˣ / Γ(a), the y whose F stays the
 * same moves by dy/da = −∂ₐF / q (Figurnov, Mohamed and Mnih, arXiv:1805.08498). Higher derivatives take −∂ₐⁿF / q.
 */
import { polygamma } from "./polygamma.ts"

/** eʳ − 1 − r, to full precision about 0. */
const excess = (r: number): number => {
  if (Math.abs(r) > 0.3) return Math.expm1(r) - r
  let [sum, term] = [0, r]
  for (let k = 2; k < 16; k++) sum += term *= r / k
  return sum
}

/** Where a growing function that is 0 at 0 and convex is 1. */
const scaleOf = (f: (r: number) => number): number => {
  let [low, high] = [-760, 760]
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2
    if (f(Math.exp(middle)) < 1) low = middle
    else high = middle
  }
  return Math.exp(low)
}

/** The step, and how far from 0 the nodes go, of the quadrature. */
const [step, reach] = [1 / 16, 4.2]

/**
 * ∫₀^∞ rʲ e^−f(r) dr for j = 0, …, n and a convex f that is 0 at 0: by the trapezoidal rule in t, where r = L·exp(t − e⁻ᵗ)
 * and f(L) = 1 (Takahasi and Mori 1974, Publ. RIMS 9, 721–741).
 */
const moments = (n: number, f: (r: number) => number): Array<number> => {
  const scale = scaleOf(f)
  const sums = new Array<number>(n + 1).fill(0)
  for (let t = -reach; t <= reach; t += step) {
    const fall = Math.exp(-t)
    const r = scale * Math.exp(t - fall)
    let term = step * r * (1 + fall) * Math.exp(-f(r))
    for (let j = 0; j <= n; j++, term *= r) sums[j]! += term
  }
  return sums
}

/** Bₖ = ∂ₐᵏ e^g / e^g for k = 0, …, n, with g' = `first` and the derivatives of −ψ(a) behind it: Bell's polynomials. */
const bell = (n: number, a: number, first: number): Array<number> => {
  const derivative = (k: number): number => k === 0 ? first : -polygamma(k, a)
  const out = [1]
  for (let k = 0; k < n; k++) {
    let [sum, choose] = [0, 1]
    for (let i = 0; i <= k; i++) {
      sum += choose * out[k - i]! * derivative(i)
      choose *= (k - i) / (i + 1)
    }
    out.push(sum)
  }
  return out
}

/**
 * −∂ₐⁿF / q at shape a > 0 and y = log x, for whole n > 0: dy/da for n = 1. NaN for other a.
 *
 * F/q = ∫₀^∞ exp(−a·r − x·(e⁻ʳ − 1)) dr, and (1 − F)/q = ∫₀^∞ exp(a·r − x·(eʳ − 1)) dr; the one below the mode, the other above
 * it, so that nothing cancels. Below a = 1 by F(a) = F(a + 1) + q(a)/a (DLMF 8.8.5).
 */
export const gammaSlope = (n: number, a: number, y: number): number => {
  if (!(a > 0) || Number.isNaN(y)) return NaN
  if (a === Infinity || y === Infinity) return 0
  const x = Math.exp(y)
  if (a < 1) {
    const below = bell(n, a + 1, y - polygamma(0, a + 1))[n]!
    return (x === 0 ? -below : x * gammaSlope(n, a + 1, y) - below) / a
  }
  const factors = bell(n, a, y - polygamma(0, a))
  const isLower = x <= a
  // the exponents, so written that they are sums of what is not negative
  const integrals = moments(n, isLower ? (r) => (a - x) * r + x * excess(-r) : (r) => (x - a) * r + x * excess(r))
  let [sum, choose] = [0, 1]
  for (let j = 0; j <= n; j++) {
    sum += choose * factors[n - j]! * integrals[j]! * (isLower && j % 2 === 1 ? -1 : 1)
    choose *= (n - j) / (j + 1)
  }
  return isLower ? -sum : sum
}

/**
 * The derivatives of ln Γ.
 */
import { bernoulli, horner } from "./series.ts"
import { cospi, sinpi } from "./trigpi.ts"
import { scaledZeta } from "./zeta.ts"

/** The positive zero x₀ of ψ, 1.46163 21449 68362 34126 26595… (DLMF §5.4(iii)), as a sum of two doubles. */
const zero = { high: 1.4616321449683622, low: 9.549995429965697e-17 } as const

/** ζ(2, x₀), −ζ(3, x₀), …: ψ(x₀ + d) = Σ (−1)ᵏ⁺¹ ζ(k + 1, x₀) dᵏ over k >= 1, Taylor's series by DLMF 25.11.12. */
const aboutZero: ReadonlyArray<number> = Array.from(
  { length: 28 },
  (_, k) => (-1) ** k * scaledZeta(k + 1, zero.high, 1)
)

/** B₂ₖ / 2k, of the asymptotic series of ψ (DLMF 5.11.2). */
const asymptotic: ReadonlyArray<number> = bernoulli.map((b, i) => b / (2 * i + 2))

/**
 * The digamma function ψ = Γ′/Γ, for every real x. Relative accuracy 3e-15 for x > 0, also about the zero 1.4616…;
 * below 0 the absolute error is at most 1e-15 (1 + |ψ(1 − x)| + |π cot πx|), which shows about the zeros there.
 * −Infinity at 0 and Infinity at −0, NaN at the other poles −1, −2, … (as SciPy) and at −Infinity, Infinity at
 * Infinity, NaN at NaN.
 *
 * The asymptotic series ln x − 1/2x − Σ B₂ₖ / (2k x²ᵏ) from 8 on, the Taylor series about the zero, the recurrence
 * ψ(x + 1) = ψ(x) + 1/x (DLMF 5.5.2) to get there, and below 0 the reflection ψ(x) = ψ(1 − x) − π cot πx (DLMF 5.5.4).
 */
export const digamma = (x: number): number => {
  if (x === 0) return -1 / x
  if (x < 0) return Number.isInteger(x) ? NaN : digamma(1 - x) - (Math.PI * cospi(x)) / sinpi(x)
  const d = x - zero.high - zero.low
  if (Math.abs(d) < 0.35) return d * horner(aboutZero, d)
  let sum = 0
  let y = x
  for (; y < 8; y += 1) sum += 1 / y
  return Math.log(y) - 0.5 / y - horner(asymptotic, 1 / (y * y)) / (y * y) - sum
}

/** n! / cⁿ, its factors so ordered that no partial product leaves the range that 1 and the result span. */
const factorialOverPower = (n: number, c: number): number => {
  let product = 1
  for (let low = 1, high = n; low <= high;) product *= (product < 1 ? high-- : low++) / c
  return product
}

/**
 * The polygamma function ψ⁽ⁿ⁾, the n-th derivative of the digamma function, for whole n >= 0 and every real x.
 * Relative accuracy (n + 8) 2e-16 for x > 0, and for x < 0 when n is odd; when n is even ψ⁽ⁿ⁾ has zeros on the negative
 * axis, about which the error is that multiple of |ψ⁽ⁿ⁾(d)|, d the distance of x from the nearest pole. At the poles
 * 0, −1, −2, … Infinity for odd n and −Infinity for even n >= 2 (as SciPy); 0 at Infinity, NaN at −Infinity and at NaN,
 * and NaN for any other n. For n = 0 it is `digamma`.
 *
 * ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! Σ 1 / (x + k)ⁿ⁺¹ = (−1)ⁿ⁺¹ n! ζ(n + 1, x) (DLMF 25.11.12). Below 0 the poles right and left of x
 * are summed apart: with s = n + 1 and r = x − floor x, ζ(s, x) = ζ(s, r) + (−1)ˢ (ζ(s, 1 − r) − ζ(s, 1 − x)). That is
 * the reflection formula DLMF 5.15.6 with the derivative of its cotangent as partial fractions (DLMF 4.22.3).
 */
export const polygamma = (n: number, x: number): number => {
  if (!Number.isInteger(n) || n < 0) return NaN
  if (n === 0) return digamma(x)
  const sign = n % 2 === 0 ? -1 : 1
  if (x <= 0 && Number.isInteger(x)) return sign * Infinity
  if (x === Infinity) return sign > 0 ? 0 : -0
  if (x > 0) return sign * factorialOverPower(n, x) * scaledZeta(n, x, x)
  const d = x - Math.round(x)
  const c = Math.abs(d)
  if (sign < 0 && c === 0.5) return polygamma(n, 1 - x)
  const [right, left] = d > 0 ? [d, 1 - d] : [1 + d, -d]
  const sum = scaledZeta(n, right, c) + sign * (scaledZeta(n, left, c) - scaledZeta(n, 1 - x, c))
  return sign * factorialOverPower(n, c) * sum
}

/**
 * Rational numbers, and polynomials in h over them up to an order: the Taylor coefficients of what is computed at
 * x + h·t, exactly.
 *
 * Source: A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, section 13.2.
 */

/** A fraction; the denominator is positive, or 0 with a numerator of 0: no number, and what is made of it is none. */
export interface Rational {
  readonly n: bigint
  readonly d: bigint
}

const gcd = (a: bigint, b: bigint): bigint => b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b)

/** 0/0. */
export const none: Rational = { n: 0n, d: 0n }

const reduced = (n: bigint, d: bigint): Rational => {
  if (d === 1n) return { n, d }
  if (d === 0n) return none
  const g = gcd(n, d)
  return { n: n / g, d: d / g }
}

/** A double, exactly. */
export const rational = (x: number): Rational => {
  if (!Number.isFinite(x)) throw new RangeError(`a rational number requires a finite one, got ${x}`)
  let [n, d] = [x, 1n]
  while (!Number.isInteger(n)) [n, d] = [n * 2, d * 2n]
  return reduced(BigInt(n), d)
}

/** The nearest double, or one beside it; NaN for what is no number. */
export const toNumber = ({ d, n }: Rational): number => {
  if (d === 0n) return NaN
  // 64 bits of the quotient are more than a double has
  const shift = BigInt(Math.max(0, 64 + d.toString(2).length - (n < 0n ? -n : n).toString(2).length))
  const scale = 2 ** -Number(shift)
  return shift > 1000n ? Number(n) / Number(d) : Number((n << shift) / d) * scale
}

export const plus = (a: Rational, b: Rational): Rational =>
  a.d === b.d ? reduced(a.n + b.n, a.d) : reduced(a.n * b.d + b.n * a.d, a.d * b.d)
export const times = (a: Rational, b: Rational): Rational => reduced(a.n * b.n, a.d * b.d)
export const compare = (a: Rational, b: Rational): number => {
  const difference = a.n * b.d - b.n * a.d
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
const zero: Rational = { n: 0n, d: 1n }

/** Taylor coefficients: of h⁰, h¹, …; what is missing at the end is 0. */
export type Jet = ReadonlyArray<Rational>

/** A constant. */
export const constant = (x: number): Jet => [rational(x)]

/** Coefficient k. */
export const coefficient = (jet: Jet, k: number): Rational => jet[k] ?? zero

export const addJets = (a: Jet, b: Jet): Jet =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, k) => plus(coefficient(a, k), coefficient(b, k)))

/** Σ aᵢ·b₍ₖ₋ᵢ₎, up to the order. */
export const mulJets = (a: Jet, b: Jet, order: number): Jet =>
  Array.from(
    { length: Math.min(order + 1, a.length + b.length - 1) },
    (_, k) => a.reduce((total, ai, i) => i <= k && k - i < b.length ? plus(total, times(ai, b[k - i]!)) : total, zero)
  )

export const scaleJet = (a: Jet, by: Rational): Jet => a.map((c) => times(c, by))

/**
 * Exponentials and logarithms of vectors, within 2 units in the last place over the whole domain, subnormal numbers
 * included; special cases as in C99, Annex F.
 *
 * No tables of fitted coefficients: arguments are reduced so far that the series themselves are short. Sources: W. J. Cody
 * and W. Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, for the reductions; P. T. P. Tang,
 * ACM TOMS 15 (1989) and 16 (1990), for keeping the low parts apart.
 */
import type { FloatDType } from "../../core/dtype.ts"
import type { V128 } from "../wasm/code.ts"
import { i32, i32x4, v128 } from "../wasm/code.ts"
import type { Lanes } from "./lanes.ts"

/** log 2 in two parts: the first with so few bits that its product with an exponent is exact. */
const ln2 = {
  float32: { high: 0.693359375, low: -2.1219444005469057e-4 },
  float64: { high: 0.6931471803691238, low: 1.9082149292705877e-10 }
} as const

/** 1/2!, 1/3!, …: the first term left out is below half a unit of the last place. */
const factorials = (terms: number): ReadonlyArray<number> => {
  let f = 1
  return Array.from({ length: terms }, (_, k) => 1 / (f *= k + 2))
}

/** How an exponent is taken off: x/log 2 less `shift` is rounded to a whole number. */
interface Reduction {
  readonly shift: number
  readonly terms: { readonly [D in FloatDType]: ReadonlyArray<number> }
}

/** |r| <= ½ log 2 */
const centred: Reduction = { shift: 0, terms: { float32: factorials(6), float64: factorials(12) } }

/** −0.18 <= r <= 0.52: for x up to 0.518, n is 0. */
const shifted: Reduction = { shift: 0.25, terms: { float32: factorials(7), float64: factorials(14) } }

/** x = n·log 2 + r: n, its bits, r, and eʳ − 1 − r = r²·(1/2! + r/3! + …). */
const reduced = (l: Lanes, x: V128, { shift, terms }: Reduction) => {
  const y = shift === 0 ? x : l.sub(x, l.splat(shift * Math.LN2))
  const t = l.let(l.madd(y, l.splat(Math.LOG2E), l.splat(l.magic)))
  const n = l.let(l.sub(t, l.splat(l.magic)))
  const r = l.let(l.nmadd(n, l.splat(ln2[l.dtype].low), l.nmadd(n, l.splat(ln2[l.dtype].high), x)))
  return {
    n,
    bits: l.let(l.bits.sub(t, l.splat(l.magic))),
    r,
    rest: l.mul(l.mul(r, r), l.polynomial(r, terms[l.dtype]))
  }
}

/** `x`·2ⁿ in two steps, so that neither factor leaves the range; n as bits. */
const scaled = (l: Lanes, x: V128, n: V128): V128 => {
  // n fits into 32 bits, and V8 has no short code for the arithmetic shift of 64
  const half = l.let(i32x4.shrS(n, i32.const(1)))
  return l.mul(l.mul(x, l.powerOfTwo(half)), l.powerOfTwo(l.bits.sub(n, half)))
}

/** Beyond these eˣ is ∞, or rounds to 0. */
const expRange = { float32: [-104, 89], float64: [-746, 710] } as const

const clamped = (l: Lanes, x: V128, [low, high]: readonly [number, number]): V128 =>
  l.let(l.pmin(l.pmax(x, l.splat(low)), l.splat(high)))

/** eˣ */
export const exp = (l: Lanes, x: V128): V128 => {
  const { bits, r, rest } = reduced(l, clamped(l, x, expRange[l.dtype]), centred)
  return scaled(l, l.add(l.splat(1), l.add(r, rest)), bits)
}

/** Below these eˣ − 1 rounds to −1. */
const expm1Range = { float32: [-20, 89], float64: [-45, 710] } as const

/** eˣ − 1 = 2ⁿ·(((1 − 2⁻ⁿ) + r) + (eʳ − 1 − r)) */
export const expm1 = (l: Lanes, x: V128): V128 => {
  const { bits, n, r, rest } = reduced(l, clamped(l, x, expm1Range[l.dtype]), centred)
  // of 2⁻¹⁰⁰ nothing is left beside the 1
  const inverse = l.powerOfTwo(l.toBits(l.neg(l.pmin(n, l.splat(100)))))
  const y = scaled(l, l.add(l.add(l.sub(l.splat(1), inverse), r), rest), bits)
  return l.let(l.select(l.eq(x, l.splat(0)), x, y))
}

/** 2/3, 2/5, …: of 2·atanh s = 2s + s·(2/3·s² + 2/5·s⁴ + …), with |s| <= (√2 − 1)/(√2 + 1). */
const atanhTerms = {
  float32: Array.from({ length: 4 }, (_, k) => 2 / (2 * k + 3)),
  float64: Array.from({ length: 10 }, (_, k) => 2 / (2 * k + 3))
} as const

const bitsOf = (l: Lanes, x: number): bigint =>
  l.dtype === "float64"
    ? new BigInt64Array(Float64Array.of(x).buffer)[0]!
    : BigInt(new Int32Array(Float32Array.of(x).buffer)[0]!)

/** x = 2ᵏ·(1 + f) with 1 + f in [√½, √2), for positive normal numbers: k, and 1 + f. */
const split = (l: Lanes, x: V128) => {
  const d = l.let(l.bits.sub(x, l.splatBits(bitsOf(l, Math.SQRT1_2))))
  return { k: l.exponent(d), significand: l.bits.sub(x, v128.and(d, l.splatBits(-1n << BigInt(l.mantissa)))) }
}

/**
 * k·log 2 + log(1 + f) + c. With s = f/(2 + f), log(1 + f) = 2·atanh s = f − (f²/2 − s·(f²/2 + R)), where R is what the
 * series has beyond its first term.
 */
const logOf = (l: Lanes, k: V128, f: V128, c?: V128): V128 => {
  const s = l.let(l.div(f, l.add(l.splat(2), f)))
  const z = l.let(l.mul(s, s))
  const half = l.let(l.mul(l.mul(l.splat(0.5), f), f))
  const R = l.mul(z, l.polynomial(z, atanhTerms[l.dtype]))
  const { high, low } = ln2[l.dtype]
  const lowest = c === undefined ? l.mul(k, l.splat(low)) : l.madd(k, l.splat(low), c)
  const tail = l.madd(s, l.add(half, R), lowest)
  return l.let(l.madd(k, l.splat(high), l.sub(f, l.sub(half, tail))))
}

/** The logarithm's values where it is none of a positive finite number: −∞ at 0, ∞ at ∞, NaN below 0 and at NaN. */
const atEnds = (l: Lanes, x: V128, y: V128): V128 => {
  const inside = l.let(l.select(l.eq(x, l.splat(0)), l.splat(-Infinity), y))
  const above = l.let(l.select(l.eq(x, l.splat(Infinity)), x, inside))
  // the negation is true for NaN
  return l.select(l.ge(x, l.splat(0)), above, l.splat(NaN))
}

/** log x */
export const log = (l: Lanes, x: V128): V128 => {
  // subnormal numbers are brought up
  const small = l.let(l.lt(x, l.splat(2 ** (1 - l.bias))))
  const up = l.mantissa + 2
  const { k, significand } = split(l, l.let(l.select(small, l.mul(x, l.splat(2 ** up)), x)))
  const n = l.let(l.sub(k, v128.and(small, l.splat(up))))
  return atEnds(l, x, logOf(l, n, l.let(l.sub(significand, l.splat(1)))))
}

/** log(1 + x) */
export const log1p = (l: Lanes, x: V128): V128 => {
  const u = l.let(l.add(l.splat(1), x))
  const { k, significand } = split(l, u)
  // close to 0 nothing is rounded; else c is what the sum u has lost, relative to it
  const near = l.let(v128.and(l.gt(x, l.splat(Math.SQRT1_2 - 1)), l.lt(x, l.splat(Math.SQRT2 - 1))))
  const lost = l.select(l.ge(x, l.splat(1)), l.sub(l.splat(1), l.sub(u, x)), l.sub(x, l.sub(u, l.splat(1))))
  const c = l.let(v128.andNot(l.div(lost, u), near))
  const f = l.let(l.select(near, x, l.sub(significand, l.splat(1))))
  const y = logOf(l, l.let(v128.andNot(k, near)), f, c)
  return l.let(l.select(l.eq(x, l.splat(0)), x, atEnds(l, u, y)))
}

/** σ(x) = 1/(1 + e⁻ˣ), from e = e^−|x|; for small e, e/(1 + e) = e − e·e/(1 + e) meets fewer roundings. */
export const sigmoid = (l: Lanes, x: V128): V128 => {
  const e = l.let(exp(l, l.let(l.neg(l.abs(x)))))
  const y = l.let(l.div(l.select(l.lt(x, l.splat(0)), e, l.splat(1)), l.add(l.splat(1), e)))
  return l.select(l.lt(x, l.splat(-0.7)), l.nmadd(e, y, e), y)
}

/** 1/cosh x = 2e/(1 + e²), from e = e^−|x|; for small e, 2e − e²·2e/(1 + e²) meets fewer roundings. */
export const sech = (l: Lanes, x: V128): V128 => {
  const e = l.let(exp(l, l.let(l.neg(l.abs(x)))))
  const [twice, square] = [l.let(l.add(e, e)), l.let(l.mul(e, e))]
  const y = l.let(l.div(twice, l.add(l.splat(1), square)))
  return l.select(l.lt(e, l.splat(0.5)), l.nmadd(square, y, twice), y)
}

/** h = e^−|x|/2, so that h² underflows no sooner than what it is multiplied with; and 1/(1 + h²) = σ(|x|). */
const halves = (l: Lanes, x: V128) => {
  const h = l.let(exp(l, l.let(l.mul(l.abs(x), l.splat(-0.5)))))
  return { h, upper: l.let(l.div(l.splat(1), l.madd(h, h, l.splat(1)))), isNegative: l.let(l.lt(x, l.splat(0))) }
}

/** x·σ(x): 0 at −∞. */
export const silu = (l: Lanes, x: V128): V128 => {
  const { h, isNegative, upper } = halves(l, x)
  const y = l.let(l.mul(l.select(isNegative, l.mul(l.mul(x, h), h), x), upper))
  return l.select(l.eq(x, l.splat(-Infinity)), l.splat(0), y)
}

/** σ(x) + x·σ'(x), with σ' = h²/(1 + h²)²: 0 at −∞, 1 at ∞. */
export const siluSlope = (l: Lanes, x: V128): V128 => {
  const { h, isNegative, upper } = halves(l, x)
  const [square, none] = [l.let(l.mul(h, h)), l.splat(0)]
  const value = l.let(l.mul(l.select(isNegative, square, l.splat(1)), upper))
  const slope = l.mul(l.mul(l.mul(l.mul(x, h), h), upper), upper)
  return l.let(l.add(value, l.select(l.eq(h, none), none, slope)))
}

/** Beyond this the hyperbolic tangent rounds to 1. */
const tanhLimit = { float32: 9.5, float64: 20 } as const

/**
 * With t = e^2|x| − 1, tanh |x| = t/(t + 2) = 1 − 2/(t + 2); close to 0, where t = 2|x| + ρ and ρ is known better than t,
 * it is |x| + (ρ − |x|·t)/(t + 2).
 */
export const tanh = (l: Lanes, x: V128): V128 => {
  const size = l.let(l.pmin(l.abs(x), l.splat(tanhLimit[l.dtype])))
  const { bits, r, rest } = reduced(l, l.let(l.add(size, size)), shifted)
  const ρ = l.let(rest)
  // 2ⁿ and 2⁻ⁿ are far from the ends of the range
  const inverse = l.powerOfTwo(l.bits.sub(l.splatBits(0n), bits))
  const t = l.let(l.mul(l.add(l.add(l.sub(l.splat(1), inverse), r), ρ), l.powerOfTwo(bits)))
  const near = l.let(l.lt(size, l.splat(0.259)))
  const far = l.let(l.gt(t, l.splat(2)))
  const numerator = l.select(near, l.nmadd(size, t, ρ), l.select(far, l.splat(2), t))
  const quotient = l.let(l.div(numerator, l.add(t, l.splat(2))))
  const y = l.select(near, l.add(size, quotient), l.select(far, l.sub(l.splat(1), quotient), quotient))
  return l.copySign(l.let(y), x)
}

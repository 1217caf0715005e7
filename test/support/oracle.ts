/**
 * The oracle of numerical tests: derivatives to 30 digits and more, from nothing but values.
 *
 * A function is known by its value in decimal arithmetic of any precision; its derivatives are central differences with a
 * step of 1e-25, whose truncation error is then about 1e-50, in a precision that leaves the digits which the differences
 * cancel. So no formula for a derivative is shared with what is tested.
 *
 * Source: B. Fornberg, Math. Comp. 51 (1988) 699–706, table 1 (central differences of second order).
 */
import { Decimal } from "decimal.js"

/** Decimal arithmetic of a precision that is set before every evaluation. */
const D = Decimal.clone({ precision: 100, maxE: 9e15, minE: -9e15 })
export type Real = Decimal

/** A function of real variables, in the precision that `D` has at the moment. */
export interface Exact {
  readonly value: (...xs: ReadonlyArray<Real>) => Real
  /** How far the power series along operand `k` reaches: a step stays far inside. */
  readonly radius: (at: ReadonlyArray<number>, k: number) => number
}

/** `f` in a precision of `digits` more than there are, its result in the precision that there was. */
const withDigits = (digits: number, f: () => Real): Real => {
  const before = D.precision
  D.set({ precision: before + Math.max(0, Math.ceil(digits)) })
  const y = f()
  D.set({ precision: before })
  return y.plus(0)
}

/** The leading zeros of a number below 1: the digits that 1 + x loses of x. */
const zerosOf = (x: Real): number => x.isZero() ? 0 : Math.max(0, -x.e)

const real = (x: Decimal.Value): Real => new D(x)
const one = real(1)

/** A double, exactly. */
const exactly = (x: number): Real => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  const bits = view.getBigUint64(0)
  const exponent = Number(bits >> 52n & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const mantissa = exponent === 0 ? fraction : fraction | 1n << 52n
  const e = (exponent === 0 ? 1 : exponent) - 1075
  const size = e < 0 ? real(mantissa.toString()).div(real(2).pow(-e)) : real((mantissa << BigInt(e)).toString())
  return x < 0 ? size.neg() : size
}

/** Below 1e-2000 nothing of x² is left in any double. */
const log1p = (x: Real): Real => zerosOf(x) > 2000 ? x : withDigits(zerosOf(x), () => one.plus(x).ln())
const expm1 = (x: Real): Real => withDigits(zerosOf(x), () => x.exp().minus(1))
const logistic = (x: Real): Real => one.div(x.neg().exp().plus(1))
/** e^x grows beyond all bounds that matter: not computed for its own sake. */
const tanh = (x: Real): Real => {
  const e = expm1(x.abs().times(-2))
  return withDigits(0, () => e.neg().div(e.plus(2)).times(x.s))
}
const sinh = (x: Real): Real => withDigits(2 * zerosOf(x), () => x.exp().minus(x.neg().exp()).div(2))
const cosh = (x: Real): Real => x.exp().plus(x.neg().exp()).div(2)
const root = (x: Real): Real => x.sqrt()
/** Σ (−1)ᵏ x²ᵏ⁺¹ / (2k + 1), after halvings of the angle: tan(θ/2) = t / (1 + √(1 + t²)). */
const atan = (x: Real): Real => {
  if (x.abs().gt(1)) return pi().div(2).times(x.s).minus(atan(one.div(x)))
  let halvings = 0
  let t = x
  for (; t.abs().gt(0.05); halvings++) t = t.div(root(t.times(t).plus(1)).plus(1))
  const square = t.times(t).neg()
  let power = t
  let sum = t
  for (let k = 3; !power.isZero() && power.e > sum.e - D.precision - 5; k += 2) {
    power = power.times(square)
    sum = sum.plus(power.div(k))
  }
  return sum.times(2 ** halvings)
}
/** π to 3000 digits, by Machin's formula 16 arctan(1/5) − 4 arctan(1/239) in whole numbers. */
const digitsOfPi: string = (() => {
  const unit = 10n ** 3020n
  const arctan = (n: bigint): bigint => {
    let [power, sum] = [unit / n, unit / n]
    for (let k = 3n; power !== 0n; k += 2n) {
      power /= -n * n
      sum += power / k
    }
    return sum
  }
  return `0.${16n * arctan(5n) - 4n * arctan(239n)}`.slice(0, 3002)
})()
const pi = (): Real => real(digitsOfPi).times(10).plus(0)
/** sin and cos of far numbers lose the digits of their whole part. */
const sin = (x: Real): Real => x.e < 0 ? alternating(x, 1) : withDigits(Math.max(0, x.e) + 20, () => x.sin())
const cos = (x: Real): Real => x.e < 0 ? alternating(x, 0) : withDigits(Math.max(0, x.e) + 20, () => x.cos())
/** Σ (−1)ᵏ xᵏ / k! over even or odd k: the library would reduce small arguments by more digits of π than it has. */
const alternating = (x: Real, start: 0 | 1): Real => {
  const square = x.times(x).neg()
  let term = start === 0 ? one : x
  let sum = term
  for (let k = start + 2; !term.isZero() && term.e > sum.e - D.precision - 5; k += 2) {
    term = term.times(square).div(k * (k - 1))
    sum = sum.plus(term)
  }
  return sum
}
const asinh = (x: Real): Real =>
  withDigits(2 * zerosOf(x), () => x.abs().plus(root(x.times(x).plus(1))).ln()).times(x.s)
const acosh = (x: Real): Real => withDigits(2 * zerosOf(x.minus(1)), () => x.plus(root(x.times(x).minus(1))).ln())
const asin = (x: Real): Real => withDigits(20, () => atan(x.div(root(one.minus(x.times(x))))))
const acos = (x: Real): Real => withDigits(20, () => atan(root(one.minus(x).div(one.plus(x)))).times(2))

/** erf x = 2/√π e^−x² Σ 2ᵏ x²ᵏ⁺¹ / (1·3 … (2k + 1)), all terms of one sign (DLMF 7.6.2). */
const erf = (x: Real): Real => {
  const square = x.times(x)
  let term = x
  let sum = x
  for (let k = 1; !term.isZero() && term.e > sum.e - D.precision - 5; k++) {
    term = term.times(square).times(2).div(2 * k + 1)
    sum = sum.plus(term)
  }
  return sum.times(2).div(root(pi())).times(square.neg().exp())
}
/** 1 − erf x, with the digits that it loses. */
const erfc = (x: Real): Real =>
  x.abs().gt(60)
    ? real(x.s < 0 ? 2 : 0)
    : withDigits(x.s < 0 ? 0 : x.times(x).toNumber() / Math.LN10 + 10, () => one.minus(erf(x)))

/** Newton's method on log erfc, which is concave. */
const erfcinv = (y: Real): Real => {
  if (y.eq(1)) return real(0)
  if (y.gt(1)) return erfcinv(real(2).minus(y)).neg()
  const log = y.ln()
  let x = D.max(log.neg(), "0.01").sqrt().times(0.8)
  for (let i = 0; i < 60; i++) {
    const value = erfc(x)
    const slope = x.times(x).neg().exp().times(2).div(root(pi()))
    const step = value.ln().minus(log).times(value).div(slope)
    x = x.plus(step)
    if (step.isZero() || step.e < x.e - D.precision / 2 - 2) break
  }
  return x
}
/** Newton's method on erf, which is concave above 0. */
const erfinv = (y: Real): Real => {
  if (y.s < 0) return erfinv(y.neg()).neg()
  if (y.gt(0.5)) return erfcinv(one.minus(y))
  let x = y.times(root(pi())).div(2)
  for (let i = 0; i < 60 && !x.isZero(); i++) {
    const step = y.minus(erf(x)).times(x.times(x).exp()).times(root(pi())).div(2)
    x = x.plus(step)
    if (step.isZero() || step.e < x.e - D.precision / 2 - 2) break
  }
  return x
}

/** The Bernoulli numbers B₂, B₄, … as fractions, by Σ C(n + 1, k) Bₖ = 0 (DLMF 24.5.3). */
const bernoulli: ReadonlyArray<readonly [bigint, bigint]> = (() => {
  const gcd = (a: bigint, b: bigint): bigint => b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b)
  const all: Array<readonly [bigint, bigint]> = [[1n, 1n]]
  for (let n = 1; n <= 160; n++) {
    let [top, bottom] = [0n, 1n]
    let binomial = 1n
    for (let k = 0; k < n; k++) {
      const [a, b] = all[k]!
      top = top * b + binomial * a * bottom
      bottom *= b
      const g = gcd(top, bottom)
      top /= g
      bottom /= g
      binomial = binomial * BigInt(n + 1 - k) / BigInt(k + 1)
    }
    const g = gcd(top, bottom * BigInt(n + 1))
    all.push([-top / g, bottom * BigInt(n + 1) / g])
  }
  return all.filter((_, n) => n >= 2 && n % 2 === 0)
})()

/** Where Stirling's series has the digits: it is shifted there by Γ(x + 1) = x Γ(x). */
const far = (): number => Math.ceil(0.45 * D.precision + 10)

/** log |Γ(x)| by Stirling's series (DLMF 5.11.1), below 0 by reflection (DLMF 5.5.3). */
const lgamma = (x: Real): Real => {
  if (x.lt(0.5)) return pi().div(sin(pi().times(x))).abs().ln().minus(lgamma(one.minus(x)))
  let y = x
  let product = one
  for (; y.lt(far()); y = y.plus(1)) product = product.times(y)
  let sum = y.minus(0.5).times(y.ln()).minus(y).plus(pi().times(2).ln().div(2))
  let power = y
  for (const [k, [a, b]] of bernoulli.entries()) {
    const term = real(a.toString()).div(b.toString()).div((2 * k + 2) * (2 * k + 1)).div(power)
    if (term.e < sum.e - D.precision - 5) break
    sum = sum.plus(term)
    power = power.times(y).times(y)
  }
  return sum.minus(product.ln())
}

/** ψ(x) by its asymptotic series (DLMF 5.11.2), below 0 by reflection (DLMF 5.5.4). */
const digamma = (x: Real): Real => {
  if (x.lt(0.5)) return digamma(one.minus(x)).minus(pi().times(cos(pi().times(x))).div(sin(pi().times(x))))
  let y = x
  let sum = real(0)
  for (; y.lt(far()); y = y.plus(1)) sum = sum.minus(one.div(y))
  sum = sum.plus(y.ln()).minus(one.div(y).div(2))
  const square = y.times(y)
  let power = square
  for (const [k, [a, b]] of bernoulli.entries()) {
    const term = real(a.toString()).div(b.toString()).div(2 * k + 2).div(power)
    if (term.e < sum.e - D.precision - 5) break
    sum = sum.minus(term)
    power = power.times(square)
  }
  return sum
}

const atan2 = (y: Real, x: Real): Real =>
  x.isZero()
    ? pi().div(2).times(y.s)
    : x.s > 0
    ? atan(y.div(x))
    : atan(y.div(x)).plus(pi().times(y.isZero() || y.s > 0 ? 1 : -1))
const logaddexp = (x: Real, y: Real): Real => D.max(x, y).plus(log1p(x.minus(y).abs().neg().exp()))
const power = (x: Real, y: Real): Real =>
  y.isZero() ? one : x.isZero() ? real(0) : x.s > 0 ? y.times(x.ln()).exp() : x.pow(y)
const rem = (x: Real, y: Real): Real =>
  withDigits(Math.max(0, x.e - y.e) + 20, () => x.minus(y.times(x.div(y).trunc())))

/** Terms of one sign. Beyond 720, where it is no double, e^|x| is as good. */
const i0 = (x: Real): Real => {
  if (x.abs().gt(720)) return x.abs().exp()
  const quarter = x.times(x).div(4)
  let [sum, term] = [one, one]
  for (let k = 1; term.e > sum.e - D.precision - 5 && !term.isZero(); k++) {
    term = term.times(quarter).div(k * k)
    sum = sum.plus(term)
  }
  return sum
}

/** Of one operand; it has no power series about these points. */
const unary = (value: (x: Real) => Real, ...singular: ReadonlyArray<number>): Exact =>
  radial(value, (x) => Math.min(...singular.map((p) => Math.abs(x - p))))
const radial = (value: (x: Real) => Real, radius: (x: number) => number): Exact => ({
  value,
  radius: ([x]) => radius(x!)
})
const binary = (value: (x: Real, y: Real) => Real, radius: Exact["radius"] = () => Infinity): Exact => ({
  value,
  radius
})
/** As far as ±i. */
const imaginary = (x: number): number => Math.hypot(x, 1)
/** As far as the nearest pole of the gamma function. */
const poles = (x: number): number => Math.abs(x - Math.min(0, Math.round(x)))
const origin = (at: ReadonlyArray<number>): number => Math.hypot(...at)
/** As far as the next multiple of y. */
const jumps = ([x, y]: ReadonlyArray<number>, k: number): number => {
  const r = Math.abs(x! % y!)
  return Math.min(r, Math.abs(y!) - r) / (k === 0 ? 1 : 1 + Math.abs(x! / y!))
}

/** The elementwise ops, by their values. */
export const exact = {
  acos: unary(acos, -1, 1),
  acosh: unary(acosh, -1, 1),
  asin: unary(asin, -1, 1),
  asinh: radial(asinh, imaginary),
  atan: radial(atan, imaginary),
  atanh: unary((x) => withDigits(zerosOf(x), () => log1p(x).minus(log1p(x.neg())).div(2)), -1, 1),
  cbrt: unary((x) => x.cbrt(), 0),
  cos: unary(cos),
  cosh: unary(cosh),
  digamma: radial(digamma, poles),
  erf: unary((x) => x.abs().gt(60) ? real(x.s) : erf(x)),
  erfc: unary(erfc),
  erfcinv: unary(erfcinv, 0, 2),
  erfinv: unary(erfinv, -1, 1),
  exp: unary((x) => x.exp()),
  exp2: unary((x) => x.times(real(2).ln()).exp()),
  expm1: unary(expm1),
  gelu: unary((x) => x.times(erfc(x.neg().div(root(real(2))))).div(2)),
  i0: unary(i0),
  lgamma: radial(lgamma, poles),
  log: unary((x) => x.ln(), 0),
  log10: unary((x) => x.ln().div(real(10).ln()), 0),
  log1p: unary(log1p, -1),
  log2: unary((x) => x.ln().div(real(2).ln()), 0),
  neg: unary((x) => x.neg()),
  reciprocal: unary((x) => one.div(x), 0),
  rsqrt: unary((x) => one.div(root(x)), 0),
  sigmoid: unary(logistic),
  silu: unary((x) => x.times(logistic(x))),
  sin: unary(sin),
  sinc: unary((x) => x.isZero() ? one : sin(pi().times(x)).div(pi().times(x))),
  sinh: unary(sinh),
  softplus: unary((x) => x.s > 0 ? x.plus(log1p(x.neg().exp())) : log1p(x.exp())),
  sqrt: unary(root, 0),
  square: radial((x) => x.times(x), (x) => Math.abs(x) || 1),
  tan: radial((x) => sin(x).div(cos(x)), (x) => Math.abs(Math.cos(x))),
  tanh: unary(tanh),
  add: binary((x, y) => x.plus(y)),
  atan2: binary(atan2, origin),
  div: binary((x, y) => x.div(y), ([, y], k) => k === 0 ? Infinity : Math.abs(y!)),
  hypot: binary((x, y) => root(x.times(x).plus(y.times(y))), origin),
  logaddexp: binary(logaddexp),
  mul: binary((x, y) => x.times(y)),
  pow: binary(power, ([x], k) => k === 0 ? Math.abs(x!) : Infinity),
  rem: binary(rem, jumps),
  sub: binary((x, y) => x.minus(y))
} satisfies { readonly [name: string]: Exact }

/** The step along a coordinate. */
const stepOf = (f: Exact, at: ReadonlyArray<number>, k: number): Real => {
  const radius = f.radius(at, k)
  return exactly(radius === Infinity ? 1 : radius).times("1e-25")
}

const factors = [[[0, 1]], [[1, 0.5], [-1, -0.5]], [[1, 1], [0, -2], [-1, 1]]] as const

/** The mixed derivative of the given orders (at most 2 along each operand) at a point of doubles, as a double. */
export const derivativeAt = (f: Exact, at: ReadonlyArray<number>, orders: ReadonlyArray<number>): number => {
  const order = orders.reduce((a, b) => a + b, 0)
  // the digits of x + h, of whatever sizes the two are
  const spread = Math.max(...at.map((x) => Math.ceil(Math.abs(Math.log10(Math.abs(x) || 1)))))
  // whatever is representable shows in 2 · 324 digits more; the library knows no more than 1025 of ln 10
  const most = Math.min(700 + spread, 1000)
  for (
    let digits = 40 + spread + 26 * order, last = 0;
    last < most;
    last = digits, digits = Math.min(2 * digits, most)
  ) {
    D.set({ precision: digits })
    const xs = at.map(exactly)
    const steps = at.map((_, k) => stepOf(f, at, k))
    let sum = real(0)
    let largest = -Infinity
    const add = (point: ReadonlyArray<Real>, weight: number): void => {
      const i = point.length
      if (i < at.length) {
        for (const [k, w] of factors[orders[i]!]!) add([...point, xs[i]!.plus(steps[i]!.times(k))], weight * w)
        return
      }
      const term = f.value(...point).times(weight)
      if (!term.isZero()) largest = Math.max(largest, term.e)
      sum = sum.plus(term)
    }
    add([], 1)
    if (order === 0 || largest === -Infinity || (!sum.isZero() && sum.e - largest > 25 + spread - digits)) {
      return orders.reduce((y, n, i) => y.div(steps[i]!.pow(n)), sum).toNumber()
    }
  }
  // nothing but rounding is left: a zero, or too small for any double
  return 0
}

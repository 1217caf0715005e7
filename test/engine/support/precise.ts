/**
 * Elementary functions to 250 bits and more, in whole numbers: what correctly rounded means.
 *
 * A number is X·2^(e − bits). Series alone, whose terms are added up until they vanish; nothing is fitted.
 */
const bits = 400n
const one = 1n << bits

/** A real number that is exact for all that doubles can tell. */
export interface Precise {
  readonly x: bigint
  readonly e: bigint
}

const times = (a: bigint, b: bigint): bigint => (a * b) >> bits
const over = (a: bigint, b: bigint): bigint => (a << bits) / b

const view = new DataView(new ArrayBuffer(8))

/** A finite double as M·2^E. */
const parts = (y: number): { readonly M: bigint; readonly E: bigint } => {
  view.setFloat64(0, y)
  const word = view.getBigUint64(0)
  const [sign, exponent, fraction] = [word >> 63n, (word >> 52n) & 0x7ffn, word & ((1n << 52n) - 1n)]
  const M = exponent === 0n ? fraction : fraction | (1n << 52n)
  return { M: sign === 1n ? -M : M, E: (exponent === 0n ? 1n : exponent) - 1075n }
}

const shift = (x: bigint, by: bigint): bigint => by >= 0n ? x << by : x >> -by

const fixed = (y: number): bigint => {
  const { E, M } = parts(y)
  return shift(M, E + bits)
}

/** Σ s^(2k+1)/(2k+1) */
const atanh = (s: bigint): bigint => {
  const square = times(s, s)
  let [sum, power] = [0n, s]
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k
    power = times(power, square)
  }
  return sum
}

const ln2 = 2n * atanh(one / 3n)

/** Machin's formula, π/4 = 4·atan(1/5) − atan(1/239). */
const pi = (() => {
  const atan = (n: bigint): bigint => {
    let [sum, power, sign] = [0n, one / n, 1n]
    for (let k = 1n; power !== 0n; k += 2n) {
      sum += sign * (power / k)
      power /= n * n
      sign = -sign
    }
    return sum
  }
  return 4n * (4n * atan(5n) - atan(239n))
})()

const nearest = (a: bigint, b: bigint): bigint => (2n * a + b) / (2n * b) - ((2n * a + b) % (2n * b) < 0n ? 1n : 0n)

/** A first term, of degree `start`, and then of each the next: times the factor, over the degrees between. */
const series = (first: bigint, start: bigint, step: 1n | 2n, factor: bigint): bigint => {
  let [sum, term] = [0n, first]
  for (let k = start; term !== 0n && term !== -1n; k += step) {
    sum += term
    term = times(term, factor) / (step === 1n ? k + 1n : (k + 1n) * (k + 2n))
  }
  return sum
}

const expOf = (x: bigint): Precise => {
  const n = nearest(x, ln2)
  const r = x - n * ln2
  return { x: series(one, 0n, 1n, r), e: n }
}

const logOf = ({ e, x }: Precise): bigint => {
  // x·2ᵉ with x in [½, 1)
  let [m, k] = [x, e]
  while (m >= one) [m, k] = [m / 2n, k + 1n]
  while (m < one / 2n) [m, k] = [m * 2n, k - 1n]
  return k * ln2 + 2n * atanh(over(m - one, m + one))
}

const sineOf = (x: bigint, quarters: bigint): bigint => {
  const k = nearest(x, pi / 2n)
  const r = x - k * pi / 2n
  const square = -times(r, r)
  const q = (((k + quarters) % 4n) + 4n) % 4n
  const value = q % 2n === 0n ? series(r, 1n, 2n, square) : series(one, 0n, 2n, square)
  return q < 2n ? value : -value
}

const plain = (x: bigint): Precise => ({ x, e: 0n })
const expFixed = (x: bigint): bigint => {
  const y = expOf(x)
  return shift(y.x, y.e)
}

/** The functions, for finite arguments: |x| from 1e-40 to 1e6 where results are fixed-point numbers. */
export const precise: { readonly [name: string]: (x: number) => Precise } = {
  exp: (x) => expOf(fixed(x)),
  expm1: (x) => x > 40 ? expOf(fixed(x)) : plain(expFixed(fixed(x)) - one),
  log: (x) => {
    const { E, M } = parts(x)
    return plain(logOf({ x: M << bits, e: E }))
  },
  log1p: (x) => plain(logOf(plain(one + fixed(x)))),
  sech: (x) => {
    const e = expOf(fixed(-Math.abs(x)))
    if (Math.abs(x) > 60) return { ...e, x: 2n * e.x }
    const t = expFixed(fixed(-Math.abs(x)))
    return plain(over(2n * t, one + times(t, t)))
  },
  sigmoid: (x) => {
    if (x < -100) return expOf(fixed(x))
    return plain(over(one, one + expFixed(-fixed(x))))
  },
  tanh: (x) => {
    const e = expFixed(2n * fixed(Math.max(-60, Math.min(60, x))))
    return plain(over(e - one, e + one))
  },
  sin: (x) => plain(sineOf(fixed(x), 0n)),
  cos: (x) => plain(sineOf(fixed(x), 1n))
}

/** How far a double is from a real number, in units of its last place; the significand has `digits` bits. */
export const ulpsFrom = (y: number, exact: Precise, digits: 24 | 53): number => {
  const { E, M } = parts(y)
  const least = digits === 53 ? -1074n : -149n
  const magnitude = BigInt((M < 0n ? -M : M).toString(2).length) + E
  const unit = magnitude - BigInt(digits) > least ? magnitude - BigInt(digits) : least
  // both in thousandths of the unit
  const scaled = (x: bigint, e: bigint) => shift(x * 1000n, e - unit)
  const difference = scaled(M, E) - scaled(exact.x, exact.e - bits)
  return Number(difference < 0n ? -difference : difference) / 1000
}

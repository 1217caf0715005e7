/**
 * The discrete Fourier transform of one line, in double precision: Σⱼ xⱼ e^(−2πi jk/n), unscaled.
 *
 * Sources: Stockham's self-sorting algorithm for mixed radices (Van Loan, "Computational Frameworks for the Fast Fourier
 * Transform", 1992, section 1.7); Bluestein, "A linear filtering approach to the computation of discrete Fourier transform",
 * IEEE Trans. Audio Electroacoustics 18 (1970), for lengths with a large prime factor.
 */
import { cospi, sinpi } from "../elementwise/special/trigpi.ts"

/** A line of complex numbers. */
export interface Line {
  readonly re: Float64Array
  readonly im: Float64Array
}

const lineOf = (n: number): Line => ({ re: new Float64Array(n), im: new Float64Array(n) })

/** A radix is at most this, for a step of radix p takes p operations for each element. */
const largestRadix = 31

/** The factors of n, as radices: fours first, and then primes. */
const factorsOf = (n: number): ReadonlyArray<number> => {
  const factors: Array<number> = []
  let rest = n
  for (; rest % 4 === 0; rest /= 4) factors.push(4)
  for (let p = 2; p * p <= rest; p++) for (; rest % p === 0; rest /= p) factors.push(p)
  if (rest > 1) factors.push(rest)
  return factors
}

/** What transforms of one length share: e^(−2πi k/n) for all k, and storage. */
class Plan {
  readonly n: number
  readonly factors: ReadonlyArray<number>
  readonly roots: Line
  readonly spare: Line
  /** e^(−πi k²/n), and the transform of its conjugate, for lengths with a large prime factor. */
  readonly chirp: { readonly line: Line; readonly image: Line; readonly plan: Plan } | undefined

  constructor(n: number) {
    this.n = n
    this.factors = factorsOf(n)
    this.roots = lineOf(n)
    for (let k = 0; k < n; k++) {
      this.roots.re[k] = cospi(2 * k / n)
      this.roots.im[k] = -sinpi(2 * k / n)
    }
    this.spare = lineOf(n)
    this.chirp = this.factors.some((p) => p > largestRadix) ? chirpOf(n) : undefined
  }

  /** Transforms a line in place. */
  run(line: Line): void {
    if (this.chirp === undefined) this.#stages(line)
    else this.#bluestein(line, this.chirp)
  }

  #stages(line: Line): void {
    const { n: all, roots } = this
    let [x, y] = [line, this.spare]
    let [n, s] = [all, 1]
    for (const p of this.factors) {
      const m = n / p
      if (p === 4) radix4(x, y, roots, m, s)
      else if (p === 2) radix2(x, y, roots, m, s)
      else radix(p, x, y, roots, m, s)
      ;[x, y] = [y, x]
      ;[n, s] = [m, s * p]
    }
    if (x === line) return
    line.re.set(x.re)
    line.im.set(x.im)
  }

  /** With jk = (j² + k² − (k − j)²) / 2 the transform is a convolution, which is a product of transforms of a power of 2. */
  #bluestein({ im, re }: Line, { image, line: chirp, plan }: NonNullable<Plan["chirp"]>): void {
    const long = lineOf(plan.n)
    for (let j = 0; j < this.n; j++) {
      long.re[j] = re[j]! * chirp.re[j]! - im[j]! * chirp.im[j]!
      long.im[j] = re[j]! * chirp.im[j]! + im[j]! * chirp.re[j]!
    }
    plan.run(long)
    for (let k = 0; k < plan.n; k++) {
      const [a, b] = [long.re[k]!, long.im[k]!]
      // turned round, so that the next transform is the inverse
      long.im[k] = a * image.re[k]! - b * image.im[k]!
      long.re[k] = a * image.im[k]! + b * image.re[k]!
    }
    plan.run(long)
    for (let k = 0; k < this.n; k++) {
      const [a, b] = [long.im[k]! / plan.n, long.re[k]! / plan.n]
      re[k] = a * chirp.re[k]! - b * chirp.im[k]!
      im[k] = a * chirp.im[k]! + b * chirp.re[k]!
    }
  }
}

const chirpOf = (n: number): Plan["chirp"] => {
  const plan = planOf(2 ** Math.ceil(Math.log2(2 * n - 1)))
  const [line, image] = [lineOf(n), lineOf(plan.n)]
  for (let k = 0; k < n; k++) {
    // k² modulo 2n, which is exact where k² is not
    const square = Number(BigInt(k) * BigInt(k) % BigInt(2 * n))
    line.re[k] = cospi(square / n)
    line.im[k] = -sinpi(square / n)
    for (const at of [k, (plan.n - k) % plan.n]) {
      image.re[at] = line.re[k]!
      image.im[at] = -line.im[k]!
    }
  }
  plan.run(image)
  return { line, image, plan }
}

const radix2 = (x: Line, y: Line, roots: Line, m: number, s: number): void => {
  const step = roots.re.length / (2 * m)
  for (let j = 0; j < m; j++) {
    const [c, d] = [roots.re[j * step]!, roots.im[j * step]!]
    for (let q = 0; q < s; q++) {
      const [one, two, to] = [q + s * j, q + s * (j + m), q + s * 2 * j]
      const [re, im] = [x.re[one]! - x.re[two]!, x.im[one]! - x.im[two]!]
      y.re[to] = x.re[one]! + x.re[two]!
      y.im[to] = x.im[one]! + x.im[two]!
      y.re[to + s] = re * c - im * d
      y.im[to + s] = re * d + im * c
    }
  }
}

const radix4 = (x: Line, y: Line, roots: Line, m: number, s: number): void => {
  const step = roots.re.length / (4 * m)
  const [xr, xi, yr, yi] = [x.re, x.im, y.re, y.im]
  for (let j = 0; j < m; j++) {
    const c1 = roots.re[j * step]!
    const d1 = roots.im[j * step]!
    const c2 = roots.re[2 * j * step]!
    const d2 = roots.im[2 * j * step]!
    const c3 = roots.re[3 * j * step]!
    const d3 = roots.im[3 * j * step]!
    for (let q = 0; q < s; q++) {
      const a = q + s * j
      const b = a + s * m
      const c = b + s * m
      const d = c + s * m
      const evenRe = xr[a]! + xr[c]!
      const evenIm = xi[a]! + xi[c]!
      const sameRe = xr[b]! + xr[d]!
      const sameIm = xi[b]! + xi[d]!
      const oddRe = xr[a]! - xr[c]!
      const oddIm = xi[a]! - xi[c]!
      // (x_b − x_d)·(−i)
      const turnedRe = xi[b]! - xi[d]!
      const turnedIm = xr[d]! - xr[b]!
      const to = q + s * 4 * j
      yr[to] = evenRe + sameRe
      yi[to] = evenIm + sameIm
      const re1 = oddRe + turnedRe
      const im1 = oddIm + turnedIm
      yr[to + s] = re1 * c1 - im1 * d1
      yi[to + s] = re1 * d1 + im1 * c1
      const re2 = evenRe - sameRe
      const im2 = evenIm - sameIm
      yr[to + 2 * s] = re2 * c2 - im2 * d2
      yi[to + 2 * s] = re2 * d2 + im2 * c2
      const re3 = oddRe - turnedRe
      const im3 = oddIm - turnedIm
      yr[to + 3 * s] = re3 * c3 - im3 * d3
      yi[to + 3 * s] = re3 * d3 + im3 * c3
    }
  }
}

const radix = (p: number, x: Line, y: Line, roots: Line, m: number, s: number): void => {
  const all = roots.re.length
  const [step, turn] = [all / (p * m), all / p]
  for (let j = 0; j < m; j++) {
    for (let q = 0; q < s; q++) {
      for (let k = 0; k < p; k++) {
        let [re, im] = [0, 0]
        for (let i = 0; i < p; i++) {
          const from = q + s * (j + i * m)
          const at = i * k % p * turn
          re += x.re[from]! * roots.re[at]! - x.im[from]! * roots.im[at]!
          im += x.re[from]! * roots.im[at]! + x.im[from]! * roots.re[at]!
        }
        const to = q + s * (p * j + k)
        const [c, d] = [roots.re[j * k * step]!, roots.im[j * k * step]!]
        y.re[to] = re * c - im * d
        y.im[to] = re * d + im * c
      }
    }
  }
}

/** The plans of lengths that were used, the latest of them last. */
const plans = new Map<number, Plan>()

/** How many are kept. */
const mostPlans = 16

const planOf = (n: number): Plan => {
  const plan = plans.get(n) ?? new Plan(n)
  plans.delete(n)
  plans.set(n, plan)
  if (plans.size > mostPlans) plans.delete(plans.keys().next().value!)
  return plan
}

/** Transforms a line in place; with the roots turned round, if it is `inverse`. Unscaled in both directions. */
export const transformLine = (line: Line, inverse: boolean): void => {
  const n = line.re.length
  // e^(+2πi jk/n) on x is e^(−2πi jk/n) with real and imaginary parts exchanged on both sides
  if (n > 1) planOf(n).run(inverse ? { re: line.im, im: line.re } : line)
}

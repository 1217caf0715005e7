/**
 * The special functions against 40-digit values, at the accuracy that each documents (never worse than 1e-12), at their
 * special values, and under the functional equations that characterise them.
 */
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { i0Derivative } from "../../src/ops/elementwise/special/bessel.ts"
import { erf, erfc } from "../../src/ops/elementwise/special/erf.ts"
import { lgamma } from "../../src/ops/elementwise/special/gamma.ts"
import { logaddexp, logistic } from "../../src/ops/elementwise/special/logistic.ts"
import { digamma, polygamma } from "../../src/ops/elementwise/special/polygamma.ts"
import { sincDerivative } from "../../src/ops/elementwise/special/sinc.ts"
import { cospi, sinpi } from "../../src/ops/elementwise/special/trigpi.ts"

type Row = readonly [number, number] | readonly [number, number, number]
type Table = Readonly<Record<string, ReadonlyArray<Row>>>
const reference: Table & { readonly nearZeros: Table } = JSON.parse(
  readFileSync(new URL("./special.reference.json", import.meta.url), "utf8")
)

/** Rows whose value is off by more than `bound(value, …arguments)`, with what was computed and the error in bounds. */
const offenders = (
  rows: ReadonlyArray<Row>,
  f: (a: number, b: number) => number,
  bound: (value: number, a: number, b: number) => number
): ReadonlyArray<unknown> =>
  rows.flatMap((row) => {
    const value = row.at(-1)!
    const [a, b] = row
    const excess = Math.abs(f(a, b) - value) / bound(value, a, b)
    return excess <= 1 ? [] : [{ row, got: f(a, b), excess }]
  })

/** |π cot πx| and |ψ⁽ⁿ⁾| at the distance of x from its nearest integer: the documented scales of absolute accuracy. */
const cotangent = (x: number): number => Math.abs((Math.PI * cospi(x)) / sinpi(x))
const nearPole = (n: number, x: number): number => Math.abs(polygamma(n, Math.abs(x - Math.round(x))))
const envelope = (n: number, x: number): number => Math.PI ** n / Math.max(n + 1, Math.PI * Math.abs(x))

describe("reference values", () => {
  const relative: Readonly<
    Record<string, readonly [f: (a: number, b: number) => number, tolerance: (a: number) => number, count: number]>
  > = {
    erf: [erf, () => 1e-15, 50],
    erfc: [erfc, () => 2e-15, 62],
    lgamma: [lgamma, () => 1e-15, 113],
    digamma: [digamma, () => 3e-15, 85],
    polygamma: [polygamma, (n) => (n + 8) * 2e-16, 258],
    sincDerivative: [sincDerivative, () => 1e-12, 196],
    i0: [i0Derivative, (n) => (n + 8) * 4e-16, 66],
    logistic: [logistic, () => 4e-16, 19],
    logaddexp: [logaddexp, () => 1e-15, 22]
  }
  for (const [name, [f, tolerance, count]] of Object.entries(relative)) {
    it(`${name} is relatively accurate`, () => {
      const rows = reference[name]!
      expect(rows.length).toBe(count)
      expect(offenders(rows, f, (value, a) => tolerance(a) * Math.abs(value) + Number.MIN_VALUE)).toEqual([])
    })
  }

  it("sincDerivative is accurate beside its envelope", () => {
    expect(offenders(reference["sincDerivative"]!, sincDerivative, (_, n, x) => (n + 8) * 2e-16 * envelope(n, x)))
      .toEqual([])
  })

  const { nearZeros } = reference
  it("lgamma is absolutely accurate about its negative zeros", () => {
    expect(offenders(nearZeros["lgamma"]!, lgamma, (_, x) => 1e-15 * (1 + Math.abs(lgamma(-x))))).toEqual([])
  })
  it("digamma is absolutely accurate about its negative zeros", () => {
    expect(offenders(nearZeros["digamma"]!, digamma, (_, x) => 1e-15 * (1 + Math.abs(digamma(1 - x)) + cotangent(x))))
      .toEqual([])
  })
  it("polygamma is absolutely accurate about its negative zeros", () => {
    expect(offenders(nearZeros["polygamma"]!, polygamma, (_, n, x) => (n + 8) * 2e-16 * nearPole(n, x))).toEqual([])
  })

  it("erfc underflows through the subnormal numbers", () => {
    // mpmath 1.3.0, mp.dps = 40
    expect(Math.abs(erfc(26.6) - 1.08851258854422725e-309)).toBeLessThan(1e-323)
    expect(Math.abs(erfc(27) - 5.2370464393526e-319)).toBeLessThan(1e-323)
    expect(erfc(27.2)).toBeGreaterThan(0)
    for (const x of [27.23, 28, 28.5, 1e10, 1e200]) expect(erfc(x)).toBe(0)
  })
})

describe("special values", () => {
  it("NaN gives NaN", () => {
    for (const f of [erf, erfc, lgamma, digamma, logistic, sinpi, cospi]) expect(f(NaN)).toBeNaN()
    for (const n of [0, 1, 2, 7]) {
      expect(polygamma(n, NaN)).toBeNaN()
      expect(sincDerivative(n, NaN)).toBeNaN()
      expect(i0Derivative(n, NaN)).toBeNaN()
    }
    for (const y of [0, Infinity, -Infinity, NaN]) {
      expect(logaddexp(NaN, y)).toBeNaN()
      expect(logaddexp(y, NaN)).toBeNaN()
    }
  })

  it("orders that are no whole number from 0 on give NaN", () => {
    for (const n of [-1, 0.5, NaN, Infinity]) {
      expect(polygamma(n, 2)).toBeNaN()
      expect(sincDerivative(n, 2)).toBeNaN()
      expect(i0Derivative(n, 2)).toBeNaN()
    }
  })

  it("at ±Infinity are the limits", () => {
    expect([erf(Infinity), erf(-Infinity)]).toEqual([1, -1])
    expect([erfc(Infinity), erfc(-Infinity)]).toEqual([0, 2])
    expect([lgamma(Infinity), lgamma(-Infinity)]).toEqual([Infinity, Infinity])
    expect([digamma(Infinity), digamma(-Infinity)]).toEqual([Infinity, NaN])
    for (const n of [1, 2, 3, 8]) {
      expect(Math.abs(polygamma(n, Infinity))).toBe(0)
      expect(polygamma(n, -Infinity)).toBeNaN()
    }
    for (const n of [0, 1, 2, 30]) {
      for (const x of [Infinity, -Infinity]) expect(sincDerivative(n, x)).toBe(0)
    }
    expect([logistic(Infinity), logistic(-Infinity)]).toEqual([1, 0])
    expect(logaddexp(Infinity, Infinity)).toBe(Infinity)
    expect(logaddexp(-Infinity, -Infinity)).toBe(-Infinity)
    expect(logaddexp(Infinity, -Infinity)).toBe(Infinity)
    expect(logaddexp(3, -Infinity)).toBe(3)
    expect([sinpi(Infinity), cospi(-Infinity)]).toEqual([NaN, NaN])
  })

  it("at the poles of the gamma function are SciPy's", () => {
    for (const x of [0, -0, -1, -2, -1e15, -1e308]) {
      expect(lgamma(x)).toBe(Infinity)
      for (const n of [1, 3, 9]) expect(polygamma(n, x)).toBe(Infinity)
      for (const n of [2, 4, 10]) expect(polygamma(n, x)).toBe(-Infinity)
    }
    for (const f of [digamma, (x: number) => polygamma(0, x)]) {
      expect([f(0), f(-0)]).toEqual([-Infinity, Infinity])
      for (const x of [-1, -2, -1e15, -1e308]) expect(f(x)).toBeNaN()
    }
  })

  it("zeros are exact", () => {
    expect([erf(0), erf(-0), erfc(0), lgamma(1), lgamma(2)]).toEqual([0, -0, 1, 0, 0])
    for (const x of [1, -1, 2, 1e6, 1e15, 1e300]) {
      expect(Math.abs(sinpi(x))).toBe(0)
      expect(Math.abs(sincDerivative(0, x))).toBe(0)
      expect(Math.abs(cospi(x - 0.5))).toBe(x < 1e16 ? 0 : 1)
    }
    for (const n of [1, 3, 99, 701]) expect(Math.abs(sincDerivative(n, 0))).toBe(0)
    expect([sincDerivative(0, 0), sincDerivative(0, -0), sincDerivative(0, 5e-324)]).toEqual([1, 1, 1])
    // s₁(x) = −π²x/3 + …
    expect(sincDerivative(1, 1e-300) / 1e-300).toBeCloseTo(-(Math.PI ** 2) / 3, 14)
  })

  it("nothing overflows before its value", () => {
    expect(lgamma(2.55e305)).toBeLessThan(Infinity)
    expect(lgamma(2.6e305)).toBe(Infinity)
    expect(logistic(-745)).toBe(Number.MIN_VALUE)
    // mpmath has I₀ = 1.7960…e308 and 1.7978…e308 there, and the largest double is 1.7976…e308
    expect([713.986, 713.987].map((x) => Number.isFinite(i0Derivative(0, x)))).toEqual([true, false])
    expect([polygamma(1, 1e-160), polygamma(2, 1e-160), polygamma(2, 1e200)]).toEqual([Infinity, -Infinity, -0])
  })
})

describe("properties", () => {
  const real = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true })
  const offPole = (min: number, max: number): fc.Arbitrary<number> =>
    real(min, max).filter((x) => Math.abs(x) > 1e-300 && !Number.isInteger(x))
  /** a = b to `tolerance` relative to the largest of `scale`, the terms that the equation is made of. */
  const agree = (a: number, b: number, tolerance: number, ...scale: ReadonlyArray<number>): void =>
    expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.max(...scale.map(Math.abs)))
  const check = <A extends [unknown, ...Array<unknown>]>(
    arbitraries: { readonly [K in keyof A]: fc.Arbitrary<A[K]> },
    predicate: (...args: A) => void
  ): void =>
    fc.assert(
      fc.property(fc.tuple<A>(...arbitraries), (args) => {
        predicate(...args)
      }),
      { numRuns: 1000 }
    )

  it("erf is odd and erfc its complement", () => {
    check([fc.double({ noNaN: true })], (x) => {
      expect(erf(-x)).toBe(-erf(x))
      agree(erf(x) + erfc(x), 1, 3e-16, 1)
      agree(erfc(x) + erfc(-x), 2, 3e-16, 2)
    })
  })

  it("erfc decreases", () => {
    check([real(-6, 27), real(1e-3, 1)], (x, d) => {
      expect(erfc(x + d)).toBeLessThanOrEqual(erfc(x))
    })
  })

  it("Γ(x + 1) = x Γ(x)", () => {
    check([offPole(-40, 60)], (x) => {
      const log = Math.log(Math.abs(x))
      agree(lgamma(x + 1), lgamma(x) + log, 3e-15, 1, log, lgamma(x), lgamma(Math.abs(x) + 1))
    })
  })

  it("Γ(x) Γ(1 − x) = π / sin πx", () => {
    check([offPole(-40, 40)], (x) => {
      const right = Math.log(Math.PI / Math.abs(Math.sin(Math.PI * (x - Math.round(x)))))
      agree(lgamma(x) + lgamma(1 - x), right, 3e-15, 1, right, lgamma(Math.abs(x) + 1))
    })
  })

  it("Γ(2x) = 2²ˣ⁻¹ Γ(x) Γ(x + ½) / √π", () => {
    check([real(1e-300, 1e5)], (x) => {
      const right = (2 * x - 1) * Math.LN2 + lgamma(x) + lgamma(x + 0.5) - 0.5 * Math.log(Math.PI)
      agree(lgamma(2 * x), right, 3e-15, 1, x, lgamma(2 * x), lgamma(x))
    })
  })

  it("ψ(x + 1) = ψ(x) + 1/x", () => {
    check([offPole(-40, 60)], (x) => {
      const scale = [1, 1 / x, cotangent(x), digamma(Math.abs(x) + 1)]
      agree(digamma(x + 1), digamma(x) + 1 / x, 5e-15, ...scale)
    })
  })

  it("ψ(1 − x) − ψ(x) = π cot πx, and 2ψ(2x) = ψ(x) + ψ(x + ½) + 2 ln 2", () => {
    check([offPole(-40, 40)], (x) => {
      const right = Math.PI / Math.tan(Math.PI * (x - Math.round(x)))
      agree(digamma(1 - x) - digamma(x), right, 5e-15, 1, right, digamma(Math.abs(x) + 1))
    })
    check([real(1e-300, 1e300)], (x) => {
      agree(2 * digamma(2 * x), digamma(x) + digamma(x + 0.5) + 2 * Math.LN2, 5e-15, 1, digamma(x))
    })
  })

  it("ψ⁽ⁿ⁾(x + 1) = ψ⁽ⁿ⁾(x) + (−1)ⁿ n! / xⁿ⁺¹", () => {
    // closer to a pole the high orders overflow
    const apart = offPole(-20, 40).filter((x) => Math.abs(x - Math.round(x)) > 1e-10)
    check([fc.integer({ min: 1, max: 20 }), apart], (n, x) => {
      let power = (-1) ** n / x
      for (let k = 1; k <= n; k++) power *= k / x
      agree(polygamma(n, x + 1), polygamma(n, x) + power, (n + 8) * 6e-16, power, polygamma(n, x), nearPole(n, x))
    })
  })

  it("ψ⁽ⁿ⁾ has the sign (−1)ⁿ⁺¹ and falls in magnitude on the positive axis", () => {
    check([fc.integer({ min: 1, max: 40 }), real(1e-3, 1e3), real(1e-3, 1e3)], (n, x, d) => {
      expect(Math.sign(polygamma(n, x))).toBe(n % 2 === 0 ? -1 : 1)
      expect(Math.abs(polygamma(n, x + d))).toBeLessThan(Math.abs(polygamma(n, x)))
    })
  })

  it("the derivatives of sinc are even and odd by turns and satisfy x sₙ + n sₙ₋₁ = πⁿ⁻¹ sin(πx + nπ/2)", () => {
    check([fc.integer({ min: 1, max: 40 }), real(-60, 60)], (n, x) => {
      expect(sincDerivative(n, -x)).toBe((-1) ** n * sincDerivative(n, x) + 0)
      const sine = Math.PI ** (n - 1) * [sinpi(x), cospi(x), -sinpi(x), -cospi(x)][n % 4]!
      agree(
        x * sincDerivative(n, x) + n * sincDerivative(n - 1, x),
        sine,
        (n + 8) * 6e-16,
        x * envelope(n, x),
        n * envelope(n - 1, x)
      )
    })
  })

  it("sinpi and cospi have period 2 and sin² + cos² = 1", () => {
    check([fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.integer({ min: -4096, max: 4096 })], (k, m) => {
      const x = m / 2048
      expect(sinpi(2 * k + x) + 0).toBe(sinpi(x) + 0)
      expect(cospi(2 * k + x) + 0).toBe(cospi(x) + 0)
      agree(sinpi(x) ** 2 + cospi(x) ** 2, 1, 4e-16, 1)
    })
  })

  it("σ(x) + σ(−x) = 1", () => {
    check([fc.double({ noNaN: true })], (x) => agree(logistic(x) + logistic(-x), 1, 3e-16, 1))
  })

  it("log(eˣ + eʸ) is symmetric, moves with its arguments and gives σ(x − y) = eˣ / (eˣ + eʸ)", () => {
    check([real(-300, 300), real(-300, 300), real(-300, 300)], (x, y, c) => {
      const value = logaddexp(x, y)
      expect(logaddexp(y, x)).toBe(value)
      agree(logaddexp(x + c, y + c), value + c, 1e-15, 1, x, y, c)
      agree(Math.exp(x - value), logistic(x - y), 1e-13, logistic(x - y), 1e-300)
    })
  })
})

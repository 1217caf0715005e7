/**
 * Do samples have the distributions that they are said to have? By Kolmogorov and Smirnov's test, and by moments.
 *
 * Keys are fixed, so that a test that passes once passes always. Of another key, each comparison would fail by chance with a
 * probability of at most 1e−6: the distance of two distribution functions exceeds √(log(2/α) / 2n) with probability α
 * (Massart 1990, Ann. Probab. 18, 1269–1283), and a frequency its mean by √(log(2/α) / 2n) (Hoeffding 1963).
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { Random, Tensor, vmap } from "wengert"
import { erfc } from "../../src/ops/elementwise/special/erf.ts"
import { lgamma } from "../../src/ops/elementwise/special/gamma.ts"
import { run, valuesOf } from "../grad/support/run.ts"

const alarm = 1e-6
const n = 20_000
/** How far apart two distribution functions, or a frequency and a probability, may be. */
const limit = (count = n): number => Math.sqrt(Math.log(2 / alarm) / (2 * count))

const key = Random.key(2024)
const sampleOf = (program: Effect.Effect<Tensor<any, any>, unknown>): Array<number> =>
  Array.from(run(Effect.flatMap(program, (x: Tensor<any, any>) => Tensor.data(x))) as ArrayLike<number>, Number)

/** The largest distance of the sample's distribution function from `cdf`. */
const distance = (sample: ReadonlyArray<number>, cdf: (x: number) => number): number => {
  const sorted = sample.toSorted((a, b) => a - b)
  return Math.max(...sorted.map((x, i) => Math.max(Math.abs(cdf(x) - i / n), Math.abs(cdf(x) - (i + 1) / n))))
}

const phi = (x: number): number => erfc(-x / Math.SQRT2) / 2

/** ∫ f from a to b by Simpson's rule. */
const integral = (f: (x: number) => number, a: number, b: number, steps = 400): number => {
  const h = (b - a) / steps
  let sum = 0
  for (let i = 0; i <= steps; i++) sum += f(a + i * h) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2)
  return sum * h / 3
}

/** P(a, x) = xᵃ e⁻ˣ Σ xᵏ / Γ(a + k + 1) (DLMF 8.11.4, 8.7.1). */
const gammaCdf = (a: number) => (x: number): number => {
  if (x <= 0) return 0
  let term = Math.exp(a * Math.log(x) - x - lgamma(a + 1))
  let sum = term
  for (let k = 1; k < 2000 && term > 1e-17 * sum; k++) sum += term *= x / (a + k)
  return Math.min(sum, 1)
}
/** The beta distribution function, by u = sin² of an angle: its density is then smooth for parameters from 1/2 on. */
const betaCdf = (a: number, b: number) => (x: number): number => {
  const constant = Math.exp(lgamma(a + b) - lgamma(a) - lgamma(b))
  const density = (t: number) => 2 * Math.sin(t) ** (2 * a - 1) * Math.cos(t) ** (2 * b - 1)
  return Math.min(1, constant * integral(density, 0, Math.asin(Math.sqrt(x))))
}
const truncated = (low: number, high: number) => (x: number): number => (phi(x) - phi(low)) / (phi(high) - phi(low))

const continuous: {
  readonly [name: string]: readonly [Effect.Effect<Tensor<any, any>, unknown>, (x: number) => number]
} = {
  uniform: [Random.uniform(key, [n]), (x) => x],
  "uniform, float32": [Random.uniform(key, [n], { dtype: "float32" }), (x) => x],
  "uniform between bounds": [Random.uniform(key, [n], { min: -2, max: 6 }), (x) => (x + 2) / 8],
  normal: [Random.normal(key, [n]), phi],
  "normal, float32": [Random.normal(key, [n], { dtype: "float32" }), phi],
  truncatedNormal: [Random.truncatedNormal(key, -0.5, 2, [n]), truncated(-0.5, 2)],
  "truncatedNormal, on the left": [Random.truncatedNormal(key, -3, -1, [n]), truncated(-3, -1)],
  // beyond 9 the tail is an exponential one of rate 9 + … : Mills' ratio
  "truncatedNormal, far out": [
    Random.truncatedNormal(key, 9, Infinity, [n]),
    (x) => 1 - erfc(x / Math.SQRT2) / erfc(9 / Math.SQRT2)
  ],
  exponential: [Random.exponential(key, [n]), (x) => -Math.expm1(-x)],
  gumbel: [Random.gumbel(key, [n]), (x) => Math.exp(-Math.exp(-x))],
  laplace: [Random.laplace(key, [n]), (x) => x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2],
  "gamma of 0.1": [Random.gamma(key, 0.1, [n]), gammaCdf(0.1)],
  "gamma of 1": [Random.gamma(key, 1, [n]), gammaCdf(1)],
  "gamma of 7.5": [Random.gamma(key, 7.5, [n]), gammaCdf(7.5)],
  "gamma of 300": [Random.gamma(key, 300, [n]), gammaCdf(300)],
  "beta of 0.5, 0.5": [Random.beta(key, 0.5, 0.5, [n]), betaCdf(0.5, 0.5)],
  "beta of 2, 5": [Random.beta(key, 2, 5, [n]), betaCdf(2, 5)]
}

describe("Kolmogorov and Smirnov find no difference", () => {
  it.each(Object.keys(continuous))("%s", (name) => {
    const [program, cdf] = continuous[name]!
    expect(distance(sampleOf(program), cdf)).toBeLessThan(limit())
  })

  it("each element of dirichlet", () => {
    const x = sampleOf(Random.dirichlet(key, Tensor.make([1.5, 1, 2]), [n]))
    for (const [i, a] of [1.5, 1, 2].entries()) {
      const column = Array.from({ length: n }, (_, k) => x[3 * k + i]!)
      expect(distance(column, betaCdf(a, 4.5 - a))).toBeLessThan(limit())
    }
    for (let k = 0; k < n; k++) expect(Math.abs(x[3 * k]! + x[3 * k + 1]! + x[3 * k + 2]! - 1)).toBeLessThan(1e-15)
  })

  it("would find one", () => {
    expect(distance(sampleOf(Random.normal(key, [n])), (x) => phi(x / 1.05))).toBeGreaterThan(limit() * 0.5)
    expect(distance(sampleOf(Random.gamma(key, 2, [n])), gammaCdf(2.1))).toBeGreaterThan(limit())
  })
})

/** Frequencies of whole numbers. */
const frequencies = (sample: ReadonlyArray<number>): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>()
  for (const x of sample) counts.set(x, (counts.get(x) ?? 0) + 1 / sample.length)
  return counts
}

/** Whole numbers have these probabilities, and there are no others. */
const expectFrequencies = (sample: ReadonlyArray<number>, probability: (k: number) => number): void => {
  for (const [k, frequency] of frequencies(sample)) {
    expect(probability(k), `probability of ${k}`).toBeGreaterThan(0)
    expect(Math.abs(frequency - probability(k)), `frequency of ${k}`).toBeLessThan(limit(sample.length))
  }
}

describe("frequencies", () => {
  it.each([0.1, 3, 9.9, 10, 55, 1e4])("poisson of %d", (rate) => {
    const sample = sampleOf(Random.poisson(key, rate, [n]))
    expectFrequencies(sample, (k) => k < 0 ? 0 : Math.exp(k * Math.log(rate) - rate - lgamma(k + 1)))
    // P(X <= k) is the upper incomplete gamma function (DLMF 8.4.10)
    expect(distance(sample.map((k) => k + 0.5), (k) => 1 - gammaCdf(Math.floor(k) + 1)(rate)))
      .toBeLessThan(limit() + Math.max(...frequencies(sample).values()))
  })
  it("poisson of what is no rate is −1", () => {
    expect(sampleOf(Random.poisson(key, Tensor.make([-1, NaN, Infinity, 3e9, 0])))).toEqual([-1, -1, -1, -1, 0])
  })
  it("bernoulli", () => {
    expectFrequencies(sampleOf(Random.bernoulli(key, 0.3, [n])), (k) => [0.7, 0.3][k]!)
  })
  it("categorical, along any axis", () => {
    const p = [0.1, 0.2, 0.3, 0.4]
    const logits = Tensor.make(p.map((x) => Math.log(x) + 5))
    expectFrequencies(sampleOf(Random.categorical(key, logits, { shape: [n] })), (k) => p[k]!)
    const columns = Tensor.make(p.map((x) => [Math.log(x), Math.log(0.5 - x)]))
    const x = sampleOf(Random.categorical(key, columns, { axis: 0, shape: [n, 2] }))
    expectFrequencies(x.filter((_, i) => i % 2 === 0), (k) => p[k]!)
    expectFrequencies(x.filter((_, i) => i % 2 === 1), (k) => 0.5 - p[k]!)
  })
  it("randint", () => {
    expectFrequencies(sampleOf(Random.randint(key, [n], -2, 4)), (k) => k >= -2 && k < 4 ? 1 / 6 : 0)
    const ends = sampleOf(Random.randint(key, [n], -(2 ** 31), 2 ** 31))
    expect(Math.abs(ends.filter((x) => x < 0).length / n - 0.5)).toBeLessThan(limit())
    expect(Math.min(...ends)).toBeLessThan(-(2 ** 31) * (1 - 1e-2))
  })
  it("permutation: each order is as likely", () => {
    const keys = run(Random.keys(key, n))
    const orders = sampleOf(
      vmap((one: Random.Key) => Random.permutation(one, 3))(keys as never) as Effect.Effect<Tensor>
    )
    const sample = Array.from({ length: n }, (_, i) => 9 * orders[3 * i]! + 3 * orders[3 * i + 1]! + orders[3 * i + 2]!)
    expect(new Set(sample).size).toBe(6)
    expectFrequencies(sample, () => 1 / 6)
  })
  it("choice", () => {
    expectFrequencies(sampleOf(Random.choice(key, 5, [n])), () => 1 / 5)
    const p = Tensor.make([0.2, 0.8, 0, 3].map((x) => x / 4))
    expectFrequencies(sampleOf(Random.choice(key, 4, [n], { p })), (k) => [0.05, 0.2, 0, 0.75][k]!)
  })
  it("choice without replacement: by weights, one after the other", () => {
    const p = [0.5, 0.3, 0.2]
    const pick = (one: Random.Key) => Random.choice(one, 3, [2], { p: Tensor.make(p), replace: false })
    const pairs = sampleOf(vmap(pick)(run(Random.keys(key, n)) as never) as Effect.Effect<Tensor>)
    const sample = Array.from({ length: n }, (_, i) => 3 * pairs[2 * i]! + pairs[2 * i + 1]!)
    expectFrequencies(sample, (k) => {
      const [i, j] = [Math.floor(k / 3), k % 3]
      return i === j ? 0 : p[i]! * p[j]! / (1 - p[i]!)
    })
  })
})

describe("vectors", () => {
  it("multivariateNormal has its mean and covariance", () => {
    const [mean, covariance] = [[1, -2], [[2, 1.2], [1.2, 3]]]
    const x = sampleOf(Random.multivariateNormal(key, Tensor.make(mean), Tensor.make(covariance), [n]))
    // along any direction it is normal
    for (const [a, b] of [[1, 0], [0, 1], [0.6, 0.8], [1, -1]] as const) {
      const center = a * mean[0]! + b * mean[1]!
      const variance = a * a * 2 + 2 * a * b * 1.2 + b * b * 3
      const along = Array.from(
        { length: n },
        (_, i) => (a * x[2 * i]! + b * x[2 * i + 1]! - center) / Math.sqrt(variance)
      )
      expect(distance(along, phi)).toBeLessThan(limit())
    }
  })
  it("elements and keys are independent of each other", () => {
    // products of independent numbers between −1 and 1 with mean 0 have mean 0, to √(2·log(2/α) / n)
    const bound = 2 * limit()
    const x = sampleOf(Random.uniform(key, [n], { min: -1 }))
    for (const lag of [1, 2, 3, 4, 16, 1024]) {
      const mean = x.slice(lag).reduce((sum, u, i) => sum + u * x[i]!, 0) / (n - lag)
      expect(Math.abs(mean), `lag ${lag}`).toBeLessThan(bound)
    }
    const keys = run(Random.split(key, 3))
    const others = keys.map((one) => sampleOf(Random.uniform(one, [n], { min: -1 })))
    for (const y of others) {
      expect(Math.abs(y.reduce((sum, u, i) => sum + u * x[i]!, 0) / n)).toBeLessThan(bound)
    }
    expect(Math.abs(others[0]!.reduce((sum, u, i) => sum + u * others[1]![i]!, 0) / n)).toBeLessThan(bound)
  })
})

describe("parameters", () => {
  it("broadcast, keep float32, and shape the result", () => {
    const a = Tensor.make([1, 2, 3], { dtype: "float32" })
    const x = run(Random.gamma(key, a, [4, 3]))
    expect([x.shape, x.dtype]).toEqual([[4, 3], "float32"])
    expect(run(Random.beta(key, a, Tensor.make([[1], [2]], { dtype: "float32" }))).shape).toEqual([2, 3])
    expect(run(Random.categorical(key, Tensor.zeros([2, 5]))).shape).toEqual([2])
    expect(run(Random.multivariateNormal(key, Tensor.zeros([4, 1, 2]), Tensor.ones([3, 2, 2]))).shape).toEqual([
      4,
      3,
      2
    ])
    expect(run(Random.choice(key, Tensor.zeros([2, 5]), [3, 4], { axis: 1 })).shape).toEqual([2, 3, 4])
  })
  it("outside of what they can be give NaN", () => {
    expect(valuesOf(Random.gamma(key, Tensor.make([-1, NaN, 0])))).toEqual([NaN, NaN, 0])
    expect(valuesOf(Random.truncatedNormal(key, 1, Tensor.make([0, 1])))).toEqual([NaN, 1])
    expect(valuesOf(Random.multivariateNormal(key, Tensor.zeros([1]), Tensor.make([[-1]])))).toEqual([NaN])
  })
  it("that do not fit are refused", () => {
    const fails = (program: Effect.Effect<unknown, unknown>) => String(run(Effect.flip(program)))
    expect(fails(Random.gamma(key, Tensor.ones([2]), [3]))).toContain(
      "Random.gamma requires parameters that broadcast to the shape [3], got [2]"
    )
    expect(fails(Random.gamma(key, Tensor.ones([2], "int32") as never))).toContain(
      "requires float64 or float32, got int32"
    )
    expect(fails(Random.normal(key, [2], { dtype: "int32" as never }))).toContain(
      "requires float64 or float32, got int32"
    )
    expect(fails(Random.choice(key, 3, [4], { replace: false }))).toContain("got 4 of 3 without replacement")
    expect(fails(Random.choice(key, 0, [1]))).toContain("requires something to choose from")
    expect(fails(Random.choice(key, 3, [1], { p: Tensor.ones([2]) }))).toContain("requires 3 probabilities, got [2]")
    expect(fails(Random.uniform(key, [2], { min: Tensor.zeros([3]) }))).toContain("broadcast to the shape [2]")
  })
})

/**
 * Derivatives of samples by the parameters of their distributions.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { add, cast, explain, grad, jit, mean, mul, Random, sum, Tensor, vmap } from "wengert"
import { Laws } from "wengert/laws"
import { run, valuesOf } from "../grad/support/run.ts"

const key = Random.key(5)
const { rows } = JSON.parse(readFileSync(new URL("./gamma.reference.json", import.meta.url), "utf8")) as {
  readonly rows: ReadonlyArray<readonly [seed: number, a: number, x: number, first: number, second: number]>
}
const at = (x: number): Tensor<[]> => Tensor.make(x)
const close = (got: unknown, expected: number, tolerance: number) =>
  expect(Math.abs(got as number - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected))

describe("gamma, implicitly", () => {
  it.each(rows)("seed %d, a = %d", (seed, a, x, first, second) => {
    const draw = (a: Tensor<[]>) => Random.gamma(Random.key(seed), a)
    // a variate is known to √a roundings
    const tolerance = 1e-14 * Math.max(10, Math.sqrt(a))
    close(valuesOf(draw(at(a))), x, 1e-15)
    close(valuesOf(grad(draw)(at(a))), first, tolerance)
    close(valuesOf(grad(grad(draw))(at(a))), second, 1e4 * tolerance)
    close(valuesOf(jit(grad(draw))(at(a))), first, tolerance)
  })
  it("in float32, in batches, and for many at once", () => {
    const shapes = Tensor.make([0.5, 2, 30], { dtype: "float32" })
    const total = (a: Tensor<[3], "float32">) => sum(Random.gamma(key, a))
    const exact = valuesOf(grad((a: Tensor<[3]>) => sum(Random.gamma(key, a)))(Tensor.make([0.5, 2, 30])))
    const got = valuesOf(grad(total)(shapes)) as ReadonlyArray<number>
    got.forEach((x, i) => close(x, (exact as ReadonlyArray<number>)[i]!, 1e-5))
    const one = grad((a: Tensor<[]>) => Random.gamma(key, a))
    const each = [0.5, 2, 30].map((a) => valuesOf(one(at(a))))
    expect(valuesOf(vmap(one)(Tensor.make([0.5, 2, 30])))).toEqual(each)
  })
  it("is on the average the derivative of the mean, and of the second moment", () => {
    const a = 1.5
    const moment = (power: 1 | 2) => (a: Tensor<[]>) => {
      const x = Random.gamma(key, a, [20_000])
      return mean(power === 1 ? x : mul(x, x))
    }
    // E x = a and E x² = a² + a; 20,000 of them leave about one percent
    close(valuesOf(grad(moment(1))(at(a))), 1, 0.03)
    close(valuesOf(grad(moment(2))(at(a))), 2 * a + 1, 0.06)
  })
  it("is infinite or NaN only where it is", () => {
    const d = grad((a: Tensor<[]>) => Random.gamma(key, a))
    expect(valuesOf(d(at(-1)))).toBe(NaN)
    expect(valuesOf(d(at(1e-100)))).toBe(0)
    expect(valuesOf(d(at(1e15)))).toBeGreaterThan(0.99)
  })
})

describe("what is made of gamma variates", () => {
  it("beta: on the average the derivative of a/(a + b)", () => {
    const f = (a: Tensor<[]>, b: Tensor<[]>) => mean(Random.beta(key, a, b, [20_000]))
    const [da, db] = valuesOf(grad(f, { argnums: [0, 1] })(at(2), at(3))) as ReadonlyArray<number>
    close(da, 3 / 25, 0.04)
    close(db, -2 / 25, 0.04)
  })
  it("beta and dirichlet of tiny parameters are finite", () => {
    const f = (a: Tensor<[]>) => sum(Random.beta(key, a, 1e-4, [100]))
    expect(valuesOf(grad(f)(at(1e-4)))).toSatisfy(Number.isFinite)
    const g = (a: Tensor<[3]>) => sum(mul(Random.dirichlet(key, a, [50]), Tensor.make([1, 2, 3])))
    expect(valuesOf(grad(g)(Tensor.make([1e-3, 1e-3, 1e-3])))).toSatisfy((d: Array<number>) => d.every(Number.isFinite))
  })
  it("dirichlet: on the average the derivatives of αᵢ/Σα", () => {
    const f = (a: Tensor<[3]>) => mean(mul(Random.dirichlet(key, a, [20_000]), Tensor.make([3, 0, 0])))
    const [first, second] = valuesOf(grad(f)(Tensor.make([1, 2, 3]))) as ReadonlyArray<number>
    close(first, 5 / 36, 0.05)
    close(second, -1 / 36, 0.05)
  })
})

describe("what is a function of its parameters agrees with its differences", () => {
  it("uniform, by its bounds", () => {
    Laws.checkGradient(
      (min: Tensor<[]>, max: Tensor<[3]>) => sum(mul(Random.uniform(key, [3], { min, max }), Tensor.make([1, 2, 3]))),
      [at(-1), Tensor.make([1, 2, 3])],
      { order: 2 }
    )
  })
  it("truncatedNormal, by its bounds, on either side", () => {
    for (const [low, high] of [[-1, 2], [1, 3], [-4, -2], [5, 9]] as const) {
      Laws.checkGradient(
        (low: Tensor<[]>, high: Tensor<[]>) => Random.truncatedNormal(key, low, high),
        [at(low), at(high)],
        { order: 2 }
      )
    }
  })
  it("multivariateNormal, by mean and covariance", () => {
    Laws.checkGradient(
      (mean: Tensor<[2]>, covariance: Tensor<[2, 2]>) =>
        sum(mul(Random.multivariateNormal(key, mean, covariance), Tensor.make([1, -2]))),
      [Tensor.make([1, 2]), Tensor.make([[2, 0.5], [0.5, 1]])],
      { order: 2 }
    )
  })
})

describe("what is a step says so", () => {
  const programs: { readonly [name: string]: (x: Tensor<[2]>) => Effect.Effect<Tensor<any, any>, any> } = {
    bernoulli: (x) => Random.bernoulli(key, x),
    poisson: (x) => Random.poisson(key, x),
    categorical: (x) => Random.categorical(key, x)
  }
  it.each(Object.entries(programs))("%s", (_, draw) => {
    const f = (x: Tensor<[2]>) => add(0, sum(mul(0.5, Effect.flatMap(draw(x), (y) => cast(y, "float64")))))
    const { leaves: [leaf] } = run(explain(f as any)(Tensor.make([0.25, 0.75])))
    expect(leaf!.status).toBe("unconnected")
    expect(leaf!.causes.map((cause) => cause._tag)).toEqual(["NonDifferentiable"])
  })
})

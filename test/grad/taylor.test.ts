import { Decimal } from "decimal.js"
import { Effect } from "effect"
import { describe, expect, it, test } from "vitest"
import * as w from "../../src/index.ts"

type X = w.Tensor<[], "float64">
type F = (x: X) => Effect.Effect<X, any>

const { Tensor } = w
const run = <A, E>(program: Effect.Effect<A, E>): A => Effect.runSync(program)
const scalar = (x: number): X => Tensor.make(x)
const item = (x: w.Tensor): number => run(Tensor.item(x as X))
const order = 12

const factorial = (n: number): number => n < 2 ? 1 : n * factorial(n - 1)
const overFactorials = (numerators: ReadonlyArray<number>) => numerators.map((n, k) => n / factorial(k))
const orders = Array.from({ length: order + 1 }, (_, k) => k)

/** In decimal arithmetic: polynomials by their coefficients. */
const D = Decimal.clone({ precision: 60 })
const at = (polynomial: ReadonlyArray<Decimal>, x: Decimal): Decimal =>
  polynomial.reduceRight((sum, c) => sum.times(x).plus(c), new D(0))
const differentiated = (p: ReadonlyArray<Decimal>) => p.slice(1).map((c, i) => c.times(i + 1))
const product = (p: ReadonlyArray<Decimal>, q: ReadonlyArray<Decimal>) =>
  Array.from(
    { length: p.length + q.length - 1 },
    (_, n) => p.reduce((sum, c, i) => n - i >= 0 && n - i < q.length ? sum.plus(c.times(q[n - i]!)) : sum, new D(0))
  )

/** tanh⁽ᵏ⁾ = Pₖ(tanh) with P₀ = t, Pₖ₊₁ = Pₖ'·(1 − t²). */
const ofTanh = (x: number): ReadonlyArray<number> => {
  const t = new D(x).tanh()
  let p = [new D(0), new D(1)]
  return orders.map((k) => {
    const value = at(p, t).div(factorial(k)).toNumber()
    p = product(differentiated(p), [new D(1), new D(0), new D(-1)])
    return value
  })
}

/** erf⁽ᵏ⁾ = 2/√π (−1)ᵏ⁻¹ Hₖ₋₁(x) e^(−x²), Hₙ₊₁ = 2x·Hₙ − Hₙ' (DLMF 7.10.1 and 18.9). */
const ofErf = (x: number): ReadonlyArray<number> => {
  const scale = new D(2).div(D.acos(-1).sqrt()).times(new D(x).pow(2).neg().exp())
  let h = [new D(1)]
  return [
    item(run(w.erf(scalar(x)))),
    ...orders.slice(1).map((k) => {
      const value = at(h, new D(x)).times(scale).times((-1) ** (k - 1)).div(factorial(k)).toNumber()
      const slope = differentiated(h)
      h = product(h, [new D(0), new D(2)]).map((c, i) => c.minus(slope[i] ?? 0))
      return value
    })
  ]
}

// γ and ζ(3), ζ(5), … to 20 digits: OEIS A001620, A002117, A013663, A013665, A013667, A013669
const gamma = 0.57721566490153286061
const odd = [
  1.2020569031595942854,
  1.0369277551433699263,
  1.0083492773819228268,
  1.0020083928260822144,
  1.0004941886041194646
]
const { PI } = Math
// DLMF 25.6.1
const even = [PI ** 2 / 6, PI ** 4 / 90, PI ** 6 / 945, PI ** 8 / 9450, PI ** 10 / 93555, 691 * PI ** 12 / 638512875]
const zeta = (s: number): number => s % 2 === 0 ? even[s / 2 - 1]! : odd[(s - 3) / 2]!

const closedForms: { readonly [name: string]: readonly [f: F, x: number, coefficients: ReadonlyArray<number>] } = {
  exp: [w.exp, 0.7, overFactorials(orders.map(() => Math.exp(0.7)))],
  log: [w.log, 0.7, orders.map((k) => k === 0 ? Math.log(0.7) : (-1) ** (k + 1) / (k * 0.7 ** k))],
  sin: [
    w.sin,
    0.7,
    overFactorials(orders.map((k) => [Math.sin(0.7), Math.cos(0.7), -Math.sin(0.7), -Math.cos(0.7)][k % 4]!))
  ],
  tanh: [w.tanh, 0.3, ofTanh(0.3)],
  "x^2.5": [
    (x) => w.pow(x, 2.5),
    0.7,
    orders.map((k) => orders.slice(0, k).reduce((c, j) => c * (2.5 - j) / (j + 1), 1) * 0.7 ** (2.5 - k))
  ],
  erf: [w.erf, 0.4, ofErf(0.4)],
  // DLMF 5.7.3
  lgamma: [w.lgamma, 1, orders.map((k) => k === 0 ? 0 : k === 1 ? -gamma : (-1) ** k * zeta(k) / k)],
  reciprocal: [w.reciprocal, 0.7, orders.map((k) => (-1) ** k / 0.7 ** (k + 1))],
  // the generating function of Fibonacci's numbers
  "1/(1 − x − x²)": [
    (x) => w.div(1, w.sub(w.sub(1, x), w.mul(x, x))),
    0,
    [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233]
  ],
  // OEIS A002017
  "exp(sin x)": [
    (x) => w.exp(w.sin(x)),
    0,
    overFactorials([1, 1, 1, 0, -3, -8, -3, 56, 217, 64, -2951, -12672, 5973])
  ],
  // Bell's numbers, OEIS A000110
  "exp(exp x − 1)": [
    (x) => w.exp(w.expm1(x)),
    0,
    overFactorials([1, 1, 2, 5, 15, 52, 203, 877, 4140, 21147, 115975, 678570, 4213597])
  ],
  // Euler's numbers, OEIS A122045
  "1/cosh x": [
    (x) => w.reciprocal(w.cosh(x)),
    0,
    overFactorials([1, 0, -1, 0, 5, 0, -61, 0, 1385, 0, -50521, 0, 2702765])
  ]
}

describe("coefficients of closed forms, to order 12", () => {
  it.each(Object.entries(closedForms))("%s", (_, [f, x, expected]) => {
    const found = run(w.taylor(f, order)(scalar(x), scalar(1))).map(item)
    expect(found).toHaveLength(order + 1)
    const wrong = found.flatMap((c, k) => {
      const error = Math.abs(c - expected[k]!)
      return error <= 1e-13 * Math.abs(expected[k]!) + 1e-16 ? [] : [`${k}: ${c} for ${expected[k]}`]
    })
    expect(wrong).toEqual([])
  })
})

describe("what it is made of", () => {
  const f: F = (x) => w.mul(w.tanh(w.sin(x)), w.exp(w.mul(x, x)))
  const equations = (n: number) => run(w.trace(w.derivative(f, n))(scalar(0.5))).equations.length

  it("a list grows at most with the square of the order", () => {
    expect(equations(16)).toBeLessThan(3000)
    expect(equations(32) / equations(16)).toBeLessThan(4)
  })

  it("composes with grad, vmap, jit and itself", () => {
    const third = item(run(w.derivative(f, 3)(scalar(0.5))))
    const fourth = item(run(w.derivative(f, 4)(scalar(0.5))))
    const nested = item(run(w.grad(w.grad(w.grad(f)))(scalar(0.5))))
    expect(third).toBeCloseTo(nested, 11)
    expect(item(run(w.grad(w.derivative(f, 3) as F)(scalar(0.5))))).toBeCloseTo(fourth, 10)
    expect(item(run(w.derivative(w.derivative(f, 2) as F, 2)(scalar(0.5))))).toBeCloseTo(fourth, 10)
    expect(item(run(w.derivative(w.grad(f) as F, 3)(scalar(0.5))))).toBeCloseTo(fourth, 10)
    const many = run(w.vmap(w.derivative(f, 3) as F)(Tensor.make([0.5, 0.25]) as never))
    expect(run(Tensor.toArray(many as never) as any)).toEqual([
      third,
      item(run(w.derivative(f, 3)(scalar(0.25))))
    ])
    expect(item(run(w.jit(w.derivative(f, 3) as F)(scalar(0.5))))).toBeCloseTo(third, 12)
  })

  it("order 0 is the value, and arguments, directions and results are trees", () => {
    expect(run(w.taylor(f, 0)(scalar(0.5), scalar(1))).map(item)).toEqual([item(run(f(scalar(0.5))))])
    const g = ({ x, y }: { readonly x: X; readonly y: X }) =>
      Effect.all({ sum: w.add(x, y), last: w.mul(x, w.mul(x, y)) })
    const series = run(w.taylor(g as any, 3)({ x: scalar(2), y: scalar(3) }, { x: scalar(1), y: scalar(10) })) as any
    expect(series.map(({ sum }: any) => item(sum))).toEqual([5, 11, 0, 0])
    // (2 + t)² (3 + 10t)
    expect(series.map(({ last }: any) => item(last))).toEqual([12, 52, 43, 10])
  })

  it("the Laplacian is the trace of the Hessian", () => {
    const g = (x: w.Tensor<[3], "float64">) => w.sum(w.mul(w.exp(x), w.sin(w.cumsum(x))))
    const x = Tensor.make([0.5, -1, 2])
    expect(item(run(w.laplacian(g as any)(x as any) as any))).toBeCloseTo(
      item(run(w.matrixTrace(w.hessian(g)(x)) as any)),
      12
    )
    const pair = ({ a, b }: any) => w.mul(w.mul(a, a), w.sum(w.mul(b, w.mul(b, b))))
    // 2·Σb³ + a²·Σ6b
    expect(item(run((w.laplacian as any)(pair)({ a: scalar(2), b: Tensor.make([1, 2]) })))).toBe(2 * 9 + 4 * 18)
  })
})

describe("masks", () => {
  const isPositive = (x: X) => w.greater(x, 0)
  const programs: { readonly [name: string]: F } = {
    "an argument that is masked": (x) => w.sqrt(w.mask(x, isPositive(x))),
    "a value that is masked": (x) => w.mask(w.log(x), isPositive(x)),
    "a masked argument under a mask": (x) => w.where(isPositive(x), w.pow(w.mask(x, isPositive(x)), 0.5), 0),
    "two masks that meet": (x) => w.mul(w.sqrt(w.mask(x, isPositive(x))), w.cbrt(w.mask(w.mul(x, 2), isPositive(x))))
  }
  it.each(Object.entries(programs))("a masked NaN never leaks into a coefficient: %s", (_, f) => {
    const found = run(w.taylor(f, 5)(scalar(0), scalar(1))).map(item)
    expect(found).toEqual([0, 0, 0, 0, 0, 0])
  })
  it("and what is not masked is what it is", () => {
    const f = (x: w.Tensor<[2], "float64">) => w.sqrt(w.mask(x, w.greater(x, 0)))
    const rows = run(w.taylor(f as any, 3)(Tensor.make([0, 4]) as any, Tensor.make([1, 1]) as any)) as any
    expect(rows.map((row: any) => run(Tensor.toArray(row)))).toEqual([[0, 2], [0, 1 / 4], [0, -1 / 64], [0, 1 / 512]])
  })
})

test("bad input is a typed error", () => {
  const said = (program: Effect.Effect<unknown, any>): string => run(Effect.flip(program)).message
  const id: any = (x: X) => w.mul(x, 1)
  expect(said(w.taylor(id, -1)(scalar(1) as any, scalar(1) as any))).toBe(
    "taylor requires a whole order from 0 to 1024, got -1"
  )
  expect(said(w.taylor(id, 2)(scalar(1) as any, Tensor.make([1]) as any))).toBe(
    "taylor requires coefficient 1 of type float64[], got float64[1] at [0]"
  )
  expect(said(w.jet(id)([]))).toBe(
    "jet requires an array of at least one and at most 1025 coefficients, got an array of 0"
  )
  expect(said(w.derivative(id, 0.5)(scalar(1) as any))).toBe(
    "derivative requires a whole order from 0 to 1024, got 0.5"
  )
  expect(said(w.derivative(id)(Tensor.make([1]) as any))).toBe(
    "derivative requires a scalar argument, got a tensor float64[1]; use taylor, jvp or grad"
  )
})

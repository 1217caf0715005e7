/**
 * Transformations inside of transformations: every value belongs to one of them, and none is taken for another's.
 *
 * Source of the first programs: J. Siskind and B. Pearlmutter, "Perturbation confusion and referential transparency",
 * 2005, and O. Manzyuk et al., "Perturbation confusion in forward automatic differentiation of higher-order functions",
 * 2019.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  add,
  cos,
  derivative,
  exp,
  grad,
  jacfwd,
  jvp,
  linearize,
  mul,
  scan,
  sin,
  square,
  sub,
  sum,
  tanh,
  Tensor,
  trace,
  vjp,
  vmap
} from "wengert"
import { expectClose, expectSame, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type Program = Effect.Effect<Scalar, OpError>
type F = (x: Scalar) => Program

const scalar = (x: number): Scalar => Tensor.make(x)

/** The derivative of a scalar function, by each of the ways to get it. */
const derivatives: { readonly [way: string]: (f: F) => F } = {
  grad: (f) => grad(f),
  jvp: (f) => (x) => Effect.map(jvp(f, [x], [scalar(1)]), ([, tangent]) => tangent),
  vjp: (f) => (x) => Effect.flatMap(vjp(f, x), ([, pullback]) => Effect.map(pullback(scalar(1)), ([ct]) => ct)),
  linearize: (f) => (x) => Effect.flatMap(linearize(f, x), ([, push]) => push(scalar(1))),
  jacfwd: (f) => jacfwd(f)
}
const ways = Object.entries(derivatives)
const pairs = ways.flatMap(([a, outer]) => ways.map(([b, inner]) => [`${a} of ${b}`, outer, inner] as const))

describe.each(pairs)("perturbation confusion: %s", (_, outer, inner) => {
  it("D(x → x·D(y → x·y)(1)) is 2x: at 4 it is 8", () => {
    expect(valuesOf(outer((x) => mul(x, inner((y) => mul(x, y))(scalar(1))))(scalar(4)))).toBe(8)
  })

  it("D(x → x·D(y → x + y)(1)) is 1", () => {
    expect(valuesOf(outer((x) => mul(x, inner((y) => add(x, y))(scalar(1))))(scalar(5)))).toBe(1)
  })

  it("D(x → D(y → x·y²)(x)) is the derivative of 2x²", () => {
    expect(valuesOf(outer((x) => inner((y) => mul(x, square(y)))(x))(scalar(3)))).toBe(12)
  })

  it("D(x → D(y → D(z → x·y²·z²)(y))(x)) is the derivative of 6x³", () => {
    // ∂z at z = y: 2x·y³; ∂y at y = x: 6x·x²
    const f: F = (x) => inner((y) => outer((z) => mul(mul(x, square(y)), square(z)))(y))(x)
    expect(valuesOf(outer(f)(scalar(2)))).toBe(72)
  })

  it("a function of the outer variable is a constant of the inner", () => {
    const f: F = (x) =>
      Effect.gen(function*() {
        const s = yield* sin(x)
        const inside = yield* inner((y) => mul(s, exp(mul(s, y))))(scalar(0))
        return yield* mul(s, inside)
      })
    // sin x · sin² x
    expectClose(outer(f)(scalar(0.7)), 3 * Math.sin(0.7) ** 2 * Math.cos(0.7))
  })

  it("a closure that the inner program gives still means the outer variable", () => {
    // D(u → h → (y → h(y + u)))(0), applied twice to itself: the second derivative
    const shift = (f: F): F => (y) => outer((u) => f2(f)(u, y))(scalar(0))
    const f2 = (f: F) => (u: Scalar, y: Scalar): Program => Effect.flatMap(add(y, u), f)
    const twice = shift(shift((x) => inner((v) => exp(mul(v, x)))(x)))
    // f(x) = x·exp(x²), f'' = (6x + 4x³)·exp(x²)
    expectClose(twice(scalar(0.5)), (6 * 0.5 + 4 * 0.5 ** 3) * Math.exp(0.25))
  })
})

describe("values around a transformation", () => {
  it("a program may close over traced values of all transformations around it", () => {
    const f: F = (x) => grad((y: Scalar) => grad((z: Scalar) => mul(mul(x, square(y)), mul(square(z), z)))(x))(x)
    // ∂z at z = x: 3x³y²; ∂y at y = x: 6x⁴; its derivative: 24x³
    expect(valuesOf(grad(f)(scalar(2)))).toBe(24 * 8)
  })

  it("what is computed between is computed in the transformation where it stands", () => {
    const f: F = (x) =>
      Effect.gen(function*() {
        const a = yield* square(x)
        const b = yield* grad((y: Scalar) => mul(a, square(y)))(x)
        const c = yield* mul(a, b)
        return yield* grad((y: Scalar) => mul(c, sub(y, a)))(b)
      })
    // c = a·b = x²·2x³
    expect(valuesOf(grad(f)(scalar(2)))).toBe(10 * 16)
  })

  it("vmap inside grad inside vmap closes over both", () => {
    const xs = Tensor.make([1, 2, 3])
    const ys = Tensor.make([4, 5])
    const f = (x: Scalar) => grad((u: Scalar) => sum(vmap((y: Scalar) => mul(mul(x, y), square(u)))(ys)))(x)
    // Σⱼ 2x²·yⱼ
    expect(valuesOf(vmap(f)(xs))).toEqual([18, 72, 162])
  })

  it("a scan inside grad inside a scan closes over both", () => {
    const xs = Tensor.make([1, 2])
    const inner = (c: Scalar, x: Scalar): F => (u) =>
      Effect.map(
        scan((k, y) => Effect.map(add(k, mul(mul(c, x), mul(y, square(u)))), (n) => [n, n] as const), scalar(0), xs),
        ([k]) => k
      )
    const f: F = (start) =>
      Effect.map(
        scan((c, x) => Effect.map(grad(inner(c, x))(x), (n) => [n, n] as const), start, xs),
        ([c]) => c
      )
    // a step: c → Σⱼ c·x·yⱼ·2x = 6x²·c, so two steps are 6·24·c
    expect(valuesOf(f(scalar(1)))).toBe(144)
    expect(valuesOf(grad(f)(scalar(1)))).toBe(144)
  })

  it("the tangent of a tangent is not the tangent of the value", () => {
    fc.assert(fc.property(fc.integer({ min: -8, max: 8 }), (n) => {
      const along: F = (x) => Effect.map(jvp((y: Scalar) => mul(sin(y), x), [x], [x]), ([, tangent]) => tangent)
      // x²·cos x
      const x = n / 4
      expectClose(grad(along)(scalar(x)), 2 * x * Math.cos(x) - x * x * Math.sin(x))
    }))
  })
})

describe("depth", () => {
  it("six levels of differing transformations are the sixth derivative", () => {
    const order = ["grad", "jvp", "vjp", "linearize", "jacfwd", "grad"] as const
    const deep = order.reduce((f, way) => derivatives[way]!(f), (x: Scalar): Program => mul(sin(x), exp(x)))
    // (sin x·eˣ)⁗ = −4·sin x·eˣ, so the sixth is −4·2·cos x·eˣ
    expectClose(deep(scalar(0.3)), -8 * Math.cos(0.3) * Math.exp(0.3))
  })

  it("vmap between any two of four levels of grad", () => {
    const f: F = (x) => mul(square(x), mul(square(x), sin(x)))
    const plain = grad(grad(grad(grad(f))))
    const xs = [-1, 0.5, 2]
    const lifted = (g: F): F => (x) =>
      Effect.flatMap(vmap((k: Scalar) => mul(k, g(x)))(Tensor.make([0.25, 0.75])), (ys) => sum(ys))
    expectSame(
      vmap(grad(lifted(grad(lifted(grad(lifted(grad(f))))))))(Tensor.make(xs)),
      Effect.map(Effect.forEach(xs, (x) => Effect.flatMap(plain(scalar(x)), Tensor.item)), (ys) => Tensor.make(ys))
    )
  })

  it("six nested vmaps are an outer product", () => {
    const xs = Tensor.make([1, 2])
    const product = (...all: ReadonlyArray<Scalar>): Program =>
      all.slice(1).reduce((p: Program, x) => mul(p, x), Effect.succeed(all[0]!))
    const nest = (depth: number, taken: ReadonlyArray<Scalar>): Effect.Effect<Tensor, OpError> =>
      depth === 0 ? product(...taken) : vmap((x: Scalar) => nest(depth - 1, [...taken, x]))(xs)
    const outer = (depth: number, p: number): ReadonlyArray<unknown> | number =>
      depth === 0 ? p : [1, 2].map((x) => outer(depth - 1, p * x))
    expect(valuesOf(nest(6, []))).toEqual(outer(6, 1))
  })

  it("a gradient step inside a gradient step, as in meta-learning", () => {
    const loss = (w: Scalar, t: Scalar) => square(sub(cos(w), t))
    const step = (w: Scalar, rate: Scalar) => sub(w, mul(rate, grad((v: Scalar) => loss(v, scalar(0.2)))(w)))
    const meta: F = (rate) => Effect.flatMap(step(scalar(1), rate), (w) => loss(w, scalar(0.5)))
    // w' = w − r·g, d loss/dr = −2·(cos w' − 0.5)·sin w'·(−g), with g = −2·(cos w − 0.2)·sin w
    const g = -2 * (Math.cos(1) - 0.2) * Math.sin(1)
    const w = 1 - 0.3 * g
    expectClose(grad(meta)(scalar(0.3)), 2 * (Math.cos(w) - 0.5) * Math.sin(w) * g)
  })
})

describe("the lists of nested derivatives", () => {
  const f: F = (x) => mul(tanh(sin(x)), exp(square(x)))
  const orders = Array.from({ length: 7 }, (_, n) => n + 1)
  const nested = orders.map((n) => orders.slice(0, n).reduce<F>((g) => grad(g), f))
  const lengths = nested.map((g) => Effect.runSync(trace(g)(scalar(0.5))).equations.length)

  it("are at most half as long as those of JAX", () => {
    // equations of the jaxprs of jax.grad nested as often, those of calls in them counted in place of the calls: JAX 0.10.2
    const jax = [17, 50, 136, 355, 922, 2425, 6500]
    for (const n of [3, 4, 5, 6, 7]) expect(lengths[n - 1]! * 2).toBeLessThanOrEqual(jax[n - 1]!)
  })

  it("grow with a power of the order: from one to the next ever less, and never by more than 2.2", () => {
    const growth = lengths.slice(1).map((n, i) => n / lengths[i]!)
    expect(growth[0]).toBeLessThanOrEqual(2.2)
    expect(growth).toEqual(growth.toSorted((a, b) => b - a))
  })

  it("compute what Taylor mode does", () => {
    for (const [i, g] of nested.entries()) expectClose(g(scalar(0.3)), valuesOf(derivative(f, i + 1)(scalar(0.3))))
  })
})

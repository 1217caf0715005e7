/**
 * Programs of known bug reports of other systems, each with the reason that we give.
 */
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import * as w from "wengert"

const { Tensor } = w
type X = w.Tensor

/** The report of the sum of a program. */
const explained = (f: (x: X) => Effect.Effect<X, any>, x: X): w.LeafReport =>
  Effect.runSync(w.explain((x: X) => w.sum(f(x)) as Effect.Effect<w.Tensor<[]>, any>)(x)).leaves[0]!
const counts = { nonzero: 0, zero: 0, masked: 0, infinite: 0, nan: 0 }

describe("numbers that leak elsewhere are left out by structure, and the report says by what", () => {
  test("jax #9159: cond over rows by vmap, one of which is 0", () => {
    const normal = (x: w.Tensor<[2]>) =>
      w.cond(w.all(w.equal(x, 0)), () => w.mul(x, 0), () => w.div(x, w.sqrt(w.sum(w.square(x)))))
    const each = (x: X) => w.vmap(normal as any)(x as any) as Effect.Effect<X>
    const { causes, elements, nonFinite } = explained(each, Tensor.make([[0, 0], [3, 4]]))
    expect(elements).toEqual({ ...counts, nonzero: 2, zero: 2 })
    expect([causes, nonFinite]).toEqual([[], undefined])
  })

  test("pytorch #52248: where(isFinite(f(x)), f(x), g(x))", () => {
    const f = (x: X) => w.log(x)
    const report = explained((x) => w.where(w.isFinite(f(x)), f(x), w.mul(x, 0)), Tensor.make([2, 0]))
    expect(report.elements).toEqual({ ...counts, nonzero: 1, zero: 1 })
    expect(report.nonFinite).toBeUndefined()
  })

  test("burn #3727: a division by 0 that a mask never selects", () => {
    const report = explained((x) => w.where(Tensor.make([false]), w.div(x, 0), x), Tensor.make([1]))
    expect(report).toMatchObject({ status: "connected", largest: 1, causes: [] })
  })

  test("Theano #4918: ifelse(x > 0, x + 1, exp x) at 1000", () => {
    const report = explained((x) => w.cond(w.greater(x, 0), () => w.add(x, 1), () => w.exp(x)), Tensor.make(1000))
    expect(report).toMatchObject({ largest: 1, nonFinite: undefined })
    expect(report.witness.map(({ op }) => op)).toEqual(["add", "cond"])
  })

  test("Theano #6476: a switch of a switch at −∞", () => {
    const mu = Tensor.make(0)
    const f = (mu: X) =>
      Effect.gen(function*() {
        const a = Tensor.make(-Infinity)
        const v = yield* w.square(w.sub(a, mu))
        return yield* w.where(w.equal(a, -Infinity), mu, w.where(w.greaterEqual(a, 0), v, w.neg(v)))
      })
    expect(explained(f, mu)).toMatchObject({ largest: 1, nonFinite: undefined })
  })

  test("jax #4177: the square of the norm at 0 is 0 by numbers", () => {
    expect(explained((x) => w.square(w.norm(x)), Tensor.zeros([2])).elements).toEqual({ ...counts, zero: 2 })
  })

  test("the norm by hand at 0 is NaN, and the report names the root and its cure; 1/2√x is computed on the way forward", () => {
    const { nonFinite } = explained((x) => w.sqrt(w.sum(w.square(x))), Tensor.zeros([2]))
    expect(nonFinite).toMatchObject({ op: "sqrt", primitive: "div", pass: "forward", result: Infinity })
    expect(nonFinite!.remedy).toContain("mask the input before sqrt")
  })
})

describe("derivatives that are wrong elsewhere", () => {
  // burn #3864 has the program and what is expected; the thread of Theano is not to be had, and that it is about 0 among the
  // factors is said where its workaround is used
  test("burn #3864, Theano #5197: cumprod with a 0 in it is not divided by its factors", () => {
    const x = Tensor.make([2, 0, 3, 4])
    const sums = (x: X) => w.sum(w.cumprod(x)) as Effect.Effect<w.Tensor<[]>, any>
    // y = (a, ab, abc, abcd) at b = 0: ∂a = 1 + b(1 + c + cd), ∂b = a(1 + c + cd), ∂c = ab(1 + d), ∂d = abc
    expect(Effect.runSync(Tensor.toArray(w.grad(sums)(x)))).toEqual([1, 32, 0, 0])
    const { causes, elements, nonFinite, status } = explained((x) => w.cumprod(x), x)
    expect({ causes, nonFinite, status }).toEqual({ causes: [], nonFinite: undefined, status: "connected" })
    // those behind the 0 are zero because they are multiplied by it
    expect(elements).toEqual({ ...counts, nonzero: 2, zero: 2 })
  })

  // as its test suite has it (test/ConfusionTest.jl): D(x ↦ x·D(y ↦ x + y)(1))(1) is 1, and 2 where x and y are confused
  test("ForwardDiff #83: the inner derivative does not depend on the outer argument, and the report says so", () => {
    type Scalar = w.Tensor<[]>
    const one = Tensor.make(1)
    const inner = (x: Scalar) => w.grad((y: Scalar) => w.add(x, y))(one)
    const outer = (x: Scalar) => w.mul(x, inner(x))
    expect(Effect.runSync(Tensor.item(w.grad(outer)(one)))).toBe(1)
    expect(explained(outer as any, one)).toMatchObject({ status: "connected", largest: 1 })
    expect(explained(inner as any, one)).toMatchObject({ status: "unconnected", causes: [{ _tag: "Unused" }] })
    // Σv · D(y ↦ y·‖v‖)(1) is Σv·‖v‖: there it does depend
    const v = Tensor.make([3, 4])
    const product = (v: X) => w.mul(w.sum(v), w.grad((y: Scalar) => w.mul(y, w.norm(v)) as Effect.Effect<Scalar>)(one))
    const { largest, nonFinite } = explained(product as any, v)
    // ∂ᵢ = ‖v‖ + Σv·vᵢ/‖v‖
    expect(largest).toBeCloseTo(5 + 7 * 4 / 5, 12)
    expect(nonFinite).toBeUndefined()
  })
})

describe("zeros that are numbers, not structure", () => {
  test("Enzyme.jl #2453: log x₁ − x₂² and min(1, 1/x₁) at (0, 1), in both modes", () => {
    const f = (x: X) =>
      w.stack([
        w.sub(w.log(w.slice(x, 0)), w.square(w.slice(x, 1))),
        w.minimum(1, w.div(1, w.slice(x, 0)))
      ])
    const x = Tensor.make([0, 1])
    for (const jacobian of [w.jacfwd, w.jacrev]) {
      const rows = Effect.runSync(w.Tensor.toArray(jacobian(f as any)(x as any) as Effect.Effect<X, any>))
      expect(rows).toEqual([[Infinity, -2], [0, 0]])
    }
    // ∂/∂x₁ of the first is ∞, made by log and by nothing else
    const { elements, nonFinite } = explained((x) => w.slice(f(x), 0), x)
    expect(elements).toEqual({ ...counts, nonzero: 1, infinite: 1 })
    expect(nonFinite).toMatchObject({ op: "log", index: [], result: Infinity })
  })

  test("ForwardDiff #774: log(0·x₁ + x₂) at (1, 0): the zero is a number, so 0·∞ is NaN; a stopped x₁ is left out", () => {
    const number = explained((x) => w.log(w.add(w.mul(0, w.slice(x, 0)), w.slice(x, 1))), Tensor.make([1, 0]))
    expect(number.elements).toEqual({ ...counts, infinite: 1, nan: 1 })
    expect(number.nonFinite).toMatchObject({ op: "log", result: Infinity })
    const stopped = explained((x) => w.log(w.add(w.stopGradient(w.slice(x, 0)), w.slice(x, 1))), Tensor.make([0, 0]))
    expect(stopped.elements).toEqual({ ...counts, masked: 1, infinite: 1 })
  })

  test("tensorflow #11756: softmax behind a mask of −∞: what is masked is 0 by structure, the rest are numbers", () => {
    const m = Tensor.make([true, false, true, true, true])
    const { causes, elements } = explained(
      (x) => w.slice(w.softmax(w.where(m, x, -Infinity)), 2),
      Tensor.make([1, 1, 1, 1, 1])
    )
    expect(elements).toEqual({ ...counts, nonzero: 4, masked: 1 })
    expect(causes.filter(({ op }) => op === "where")).toMatchObject([{ _tag: "Masked", removed: 1 }])
  })
})

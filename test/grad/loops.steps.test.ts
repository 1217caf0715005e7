/**
 * Loops by their number of steps: none, known, known when they run, bounded; and what their carry must be.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  add,
  associativeScan,
  cast,
  cos,
  cumprod,
  cumsum,
  div,
  exp,
  forLoop,
  grad,
  greater,
  hessian,
  jacfwd,
  jvp,
  less,
  logicalAnd,
  map,
  matmul,
  maximum,
  mul,
  scan,
  sin,
  stack,
  sub,
  sum,
  Tensor,
  trace,
  vmap,
  where,
  whileLoop
} from "wengert"
import { expectClose, expectFailure, expectSame, failureOf, run, untyped, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type Program = Effect.Effect<Scalar, OpError>
type F = (x: Scalar) => Program

const scalar = (x: number): Scalar => Tensor.make(x)
const int = (x: number): Tensor<[], "int32"> => Tensor.make(x, { dtype: "int32" })
const numbers = fc.array(fc.integer({ min: -8, max: 8 }).map((n) => n / 4), { minLength: 1, maxLength: 5 })

describe("scan", () => {
  it("over nothing gives its start, whose gradient is 1, and empty ys of the right type", () => {
    const body = (c: Scalar, x: Scalar) => Effect.map(mul(c, x), (y) => [y, { y, on: greater(y, 0) }] as const)
    for (const options of [{}, { reverse: true }, { checkpoint: true }, { checkpoint: 2 }]) {
      const [carry, { on, y }] = run(scan(body, scalar(3), Tensor.zeros([0]), options))
      expect([valuesOf(Effect.succeed(carry)), y.shape, y.dtype, on.shape, on.dtype]).toEqual([3, [0], "float64", [0], "bool"])
      const f = (x: Scalar) => Effect.map(scan(body, x, Tensor.zeros([0]), options), ([c]) => c)
      expect(valuesOf(grad(f)(scalar(3)))).toBe(1)
      expect(valuesOf(jvp(f, [scalar(3)], [scalar(5)]))).toEqual([3, 5])
      expect(valuesOf(vmap(f)(Tensor.make([1, 2])))).toEqual([1, 2])
    }
    const xs = Tensor.zeros([0])
    expect(run(grad((xs: Tensor<[0]>) => Effect.map(scan(body, scalar(3), xs), ([c]) => c))(xs)).shape).toEqual([0])
  })

  it("over a length alone", () => {
    fc.assert(fc.property(fc.nat({ max: 6 }), (length) => {
      const f: F = (x) => Effect.map(scan((c: Scalar) => Effect.map(mul(c, x), (y) => [y, c] as const), scalar(1), null, { length }), ([c]) => c)
      expectClose(f(scalar(1.5)), 1.5 ** length)
      expectClose(grad(f)(scalar(1.5)), length * 1.5 ** (length - 1))
      expectClose(grad(grad(f))(scalar(1.5)), length * (length - 1) * 1.5 ** (length - 2))
    }), { numRuns: 8 })
  })

  it("a plain number in the carry takes the dtype that the body gives it", () => {
    const xs = Tensor.make([1, 2], { dtype: "float32" })
    const body = (c: Tensor, x: Tensor) => Effect.map(cast(add(c, x), "float32"), (y) => [y, y] as const)
    const [c, ys] = run(untyped<Effect.Effect<readonly [Tensor, Tensor], OpError>>(scan(body, untyped<Tensor>(0), xs)))
    expect([c.dtype, ys.dtype]).toEqual(["float32", "float32"])
    expect(valuesOf(Effect.succeed([c, ys]))).toEqual([3, [1, 3]])
  })

  it("xs that disagree, are scalars, or are missing, are ShapeErrors that name the leaf", () => {
    const body = (c: Scalar) => [c, []] as const
    const over = (xs: unknown, options = {}) =>
      untyped<(f: unknown, c: unknown, xs: unknown, o: unknown) => Effect.Effect<unknown, unknown>>(scan)(body, scalar(0), xs, options)
    expectFailure(over({ a: Tensor.zeros([2]), b: [Tensor.zeros([3])] }), "ShapeError", "2 steps", "float64[3] at xs.b[0]")
    expectFailure(over({ a: Tensor.zeros([2]), b: scalar(1) }), "ShapeError", "float64[] at xs.b")
    expectFailure(over(Tensor.zeros([2]), { length: 3 }), "ShapeError", "3 steps", "at xs")
    for (const length of [undefined, -1, 1.5, NaN]) expectFailure(over(null, { length }), "ShapeError", "xs or a length")
  })

  it("what is not [carry, y] is a TreeMismatchError", () => {
    const give = (after: unknown) =>
      untyped<(f: unknown, c: unknown, xs: unknown, o: unknown) => Effect.Effect<unknown, unknown>>(scan)(() => after, scalar(0), null, {
        length: 1
      })
    for (const after of [scalar(1), [scalar(1)], { carry: scalar(1), y: [] }, []]) {
      expectFailure(give(after), "TreeMismatchError", "scan requires a body that gives [carry, y]")
    }
    expectFailure(give([scalar(1), [], scalar(7)]), "TreeMismatchError", "[carry, y]")
  })
})

describe("map", () => {
  it("is vmap, one after the other", () => {
    fc.assert(fc.property(numbers, (xs) => {
      const f = (x: Scalar) => Effect.map(mul(x, sin(x)), (a) => ({ a, b: [greater(x, 0), scalar(1)] as const }))
      const all = untyped<Scalar>(Tensor.make(xs))
      expectClose(map(f, all), { a: xs.map((x) => x * Math.sin(x)), b: [xs.map((x) => x > 0), xs.map(() => 1)] } as never)
      const total = (x: Tensor<[number]>) => sum(untyped<Effect.Effect<Tensor, OpError>>(map((y: Scalar) => mul(y, sin(y)), untyped<Scalar>(x))))
      expectClose(grad(total)(Tensor.make(xs)), xs.map((x) => Math.sin(x) + x * Math.cos(x)))
    }), { numRuns: 20 })
  })
})

describe("forLoop", () => {
  // (x + lower)·…·(x + upper − 1)
  const rising = (lower: number, upper: number): F => (x) =>
    forLoop(lower, upper, (i, c: Scalar) => mul(c, add(x, cast(i, "float64"))), scalar(1))
  const risingOf = (lower: number | Tensor<[], "int32">, upper: number | Tensor<[], "int32">): F => (x) =>
    forLoop(lower, upper, (i, c: Scalar) => mul(c, add(x, cast(i, "float64"))), scalar(1))
  const product = (x: number, from: number, to: number): number => {
    let p = 1
    for (let i = from; i < to; i++) p *= x + i
    return p
  }
  const slope = (x: number, from: number, to: number): number => {
    let total = 0
    for (let k = from; k < to; k++) total += product(x, from, k) * product(x, k + 1, to)
    return total
  }
  const bound = fc.integer({ min: -3, max: 4 })

  it("with numbers as bounds is differentiable in both modes", () => {
    fc.assert(fc.property(bound, bound, (lower, upper) => {
      const x = scalar(0.75)
      expectClose(rising(lower, upper)(x), product(0.75, lower, upper))
      expectClose(grad(rising(lower, upper))(x), slope(0.75, lower, upper))
      expectClose(Effect.map(jvp(rising(lower, upper), [x], [scalar(1)]), ([, t]) => t), slope(0.75, lower, upper))
    }), { numRuns: 20 })
  })

  it("with a tensor as a bound it is a whileLoop: forward mode, and a typed error backwards", () => {
    fc.assert(fc.property(bound, bound, fc.boolean(), (lower, upper, both) => {
      const f = risingOf(both ? int(lower) : lower, int(upper))
      const x = scalar(0.75)
      expectClose(f(x), product(0.75, lower, upper))
      expectClose(Effect.map(jvp(f, [x], [scalar(1)]), ([, t]) => t), slope(0.75, lower, upper))
      expectFailure(grad(f)(x), "MissingRuleError", "maxSteps")
    }), { numRuns: 10 })
  })

  it("the index is an int32 scalar, and a carry of numbers keeps its type", () => {
    const seen: Array<unknown> = []
    const program = forLoop(0, 3, (i, { n, x }: { readonly n: Tensor<[], "int32">; readonly x: Scalar }) => {
      seen.push([i.dtype, i.shape])
      return Effect.all({ n: add(n, i), x: mul(x, 2) })
    }, { n: int(0), x: scalar(1) })
    expect(valuesOf(program)).toEqual({ n: 3, x: 8 })
    expect(seen).toEqual([["int32", []]])
  })

  it("bounds that are no whole numbers, or no scalars, are typed errors", () => {
    const loop = (lower: unknown, upper: unknown) =>
      untyped<(...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>>(forLoop)(lower, upper, (_: unknown, c: Scalar) => c, scalar(1))
    // an int32 index cannot count there
    const far = [loop(2 ** 31, 2 ** 31 + 2), loop(0, 1e12), loop(-1e12, 0)]
    for (const program of [...far, loop(0, 1.5), loop(0.5, 2), loop(0, NaN), loop(0, Infinity), loop(int(0), 1.5)]) {
      expect(["DTypeError", "ShapeError", "IndexError"]).toContain(failureOf(program)._tag)
    }
    expect(["DTypeError", "ShapeError"]).toContain(failureOf(loop(int(0), scalar(2)))._tag)
    expect(["DTypeError", "ShapeError"]).toContain(failureOf(loop(Tensor.make([0], { dtype: "int32" }), 2))._tag)
  })
})

describe("whileLoop", () => {
  const powers = (options?: { readonly maxSteps: number }): F => (x) =>
    whileLoop((c: Scalar) => less(c, 100), (c) => mul(c, x), x, options)
  // the power of x that first reaches 100: 3⁵, 7³, 12², 200
  const cases = [[3, 5], [7, 3], [12, 2], [200, 1]] as const

  it("without a bound: forward mode, at any order", () => {
    for (const [x, n] of cases) {
      expectClose(jvp(powers(), [scalar(x)], [scalar(1)]), [x ** n, n * x ** (n - 1)])
      const once: F = (x) => Effect.map(jvp(powers(), [x], [scalar(1)]), ([, t]) => t)
      expectClose(jvp(once, [scalar(x)], [scalar(1)]), [n * x ** (n - 1), n * (n - 1) * x ** (n - 2)])
    }
  })

  it("without a bound: reverse mode is a typed error that says what to do", () => {
    expectFailure(grad(powers())(scalar(3)), "MissingRuleError", "give maxSteps, or use scan, forLoop or forward mode")
    // where nothing depends on it, there is nothing to run backwards
    const constant: F = (x) => Effect.flatMap(powers()(scalar(3)), (k) => mul(k, x))
    expect(valuesOf(grad(constant)(scalar(2)))).toBe(243)
  })

  it("with a bound: every mode and order, up to the bound", () => {
    for (const [x, n] of cases) {
      for (const maxSteps of [4, 6, 7]) {
        const f = powers({ maxSteps })
        expectClose(f(scalar(x)), x ** n)
        expectClose(grad(f)(scalar(x)), n * x ** (n - 1))
        expectClose(grad(grad(f))(scalar(x)), n * (n - 1) * x ** (n - 2))
        expectClose(hessian(f)(scalar(x)), n * (n - 1) * x ** (n - 2))
        expectClose(jacfwd(f)(scalar(x)), n * x ** (n - 1))
      }
      // stopped after two steps: x³ at most
      expectClose(grad(powers({ maxSteps: 2 }))(scalar(x)), Math.min(n, 3) * x ** (Math.min(n, 3) - 1))
    }
    expectClose(grad(powers({ maxSteps: 0 }))(scalar(3)), 1)
  })

  it("elements of a batch stop for themselves, and keep their derivatives", () => {
    const xs = Tensor.make(cases.map(([x]) => x))
    const slopes = cases.map(([x, n]) => n * x ** (n - 1))
    expectClose(vmap(powers())(xs), cases.map(([x, n]) => x ** n))
    expectClose(vmap((x: Scalar) => Effect.map(jvp(powers(), [x], [scalar(1)]), ([, t]) => t))(xs), slopes)
    expectClose(vmap(grad(powers({ maxSteps: 6 })))(xs), slopes)
    expectClose(grad((x: Tensor<[number]>) => sum(vmap(powers({ maxSteps: 6 }))(x)))(xs), slopes)
  })

  it("an element that has stopped is not computed on: what it would become has no influence", () => {
    // 1/(1 − c) is infinite one step after the end
    const f: F = (x) => whileLoop((c: Scalar) => less(c, 1), (c) => maximum(add(c, 0.5), div(0.1, sub(1.5, c))), x)
    const xs = [0.5, 0, 1, 1.5, 9]
    expectSame(vmap(f)(Tensor.make(xs)), Effect.flatMap(Effect.forEach(xs, (x) => f(scalar(x))), (all) => stack(all)))
    expectSame(
      vmap((x: Scalar) => Effect.map(jvp(f, [x], [scalar(1)]), ([, t]) => t))(Tensor.make(xs)),
      Effect.flatMap(Effect.forEach(xs, (x) => Effect.map(jvp(f, [scalar(x)], [scalar(1)]), ([, t]) => t)), (all) => stack(all))
    )
  })

  it("a carry of several types, closed-over values in test and body", () => {
    const f = (k: Scalar) =>
      whileLoop(
        ({ i, x }: { readonly i: Tensor<[], "int32">; readonly on: Tensor<[], "bool">; readonly x: Scalar }) =>
          logicalAnd(less(x, mul(k, 10)), less(i, 20)),
        ({ i, on, x }) => Effect.all({ i: add(i, 1), on: less(x, k), x: where(on, mul(x, k), add(x, k)) }),
        { i: int(0), on: Tensor.make(true), x: scalar(1) }
      )
    // 1 → 1·2 = 2 → 2·2 = 4 (2 < 2 is false from here) → 6 → … → 20
    const byHand = (k: number) => {
      let [i, on, x] = [0, true, 1]
      while (x < k * 10 && i < 20) [i, on, x] = [i + 1, x < k, on ? x * k : x + k]
      return { i, on, x }
    }
    for (const k of [1.5, 2, 3]) expectClose(f(scalar(k)), byHand(k))
    expectClose(vmap(f)(Tensor.make([1.5, 2, 3])), {
      i: [1.5, 2, 3].map((k) => byHand(k).i),
      on: [1.5, 2, 3].map((k) => byHand(k).on),
      x: [1.5, 2, 3].map((k) => byHand(k).x)
    })
  })

  it("a test that gives no bool scalar, and a carry that changes, are typed errors", () => {
    const loop = (test: unknown, body: unknown, options?: unknown) =>
      untyped<(...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>>(whileLoop)(test, body, { p: scalar(1) }, options)
    const same = (c: unknown) => c
    const never = () => Tensor.make(false)
    for (const options of [undefined, { maxSteps: 4 }]) {
      for (const test of [() => scalar(1), () => Tensor.make([true]), () => [], () => [never(), never()], () => int(0)]) {
        expect(["DTypeError", "TreeLeafError", "ShapeError"]).toContain(failureOf(loop(test, same, options))._tag)
      }
    }
    expect(failureOf(loop(never, () => ({ p: Tensor.make([1]) })))).toMatchObject({ _tag: "TreeMismatchError", path: "carry.p" })
    expect(failureOf(loop(never, () => ({ p: int(1) })))).toMatchObject({ _tag: "TreeMismatchError", path: "carry.p" })
    expect(failureOf(loop(never, () => ({ q: scalar(1) })))).toMatchObject({ _tag: "TreeMismatchError", path: "carry" })
    for (const maxSteps of [-1, 1.5, NaN]) expect(failureOf(loop(never, same, { maxSteps }))._tag).toMatch(/Error$/)
  })
})

describe("associativeScan", () => {
  it("is the prefix sum and product, along any axis, from either end, with its derivatives", () => {
    fc.assert(fc.property(numbers, (xs) => {
      const x = Tensor.make(xs)
      const plus = untyped<(a: Tensor, b: Tensor) => Effect.Effect<Tensor, OpError>>(add)
      const times = untyped<(a: Tensor, b: Tensor) => Effect.Effect<Tensor, OpError>>(mul)
      expectSame(associativeScan(plus, x as Tensor), cumsum(x))
      const f = (scanned: (x: Tensor) => Effect.Effect<Tensor, OpError>) => (x: Tensor<[number]>) => sum(mul(scanned(x), cos(x)))
      expectSame(grad(f((x) => associativeScan(times, x)))(x), grad(f((x) => cumprod(x)))(x))
      expectClose(associativeScan(plus, x as Tensor, { reverse: true }), xs.map((_, i) => xs.slice(i).reduce((a, b) => a + b, 0)))
      const square = Tensor.make([xs, xs]) as Tensor
      expectSame(associativeScan(times, square, { axis: -1 }), cumprod(square, { axis: 1 }))
    }), { numRuns: 15 })
  })

  it("of operations that do not commute, on trees", () => {
    // affine maps x → a·x + b, composed from the first to the last
    const compose = (f: { readonly a: Tensor; readonly b: Tensor }, g: { readonly a: Tensor; readonly b: Tensor }) =>
      Effect.all({ a: mul(f.a, g.a), b: add(mul(g.a, f.b), g.b) })
    fc.assert(fc.property(numbers, (as) => {
      const bs = as.map((a) => 1 - a)
      const byHand = (x: number) => as.map((_, i) => as.slice(0, i + 1).reduce((y, a, k) => a * y + bs[k]!, x))
      const all = associativeScan(compose, { a: Tensor.make(as) as Tensor, b: Tensor.make(bs) as Tensor })
      expectClose(Effect.flatMap(all, ({ a, b }) => add(mul(a, 2), b)), byHand(2))
    }), { numRuns: 10 })
    const matrices = Tensor.make([[[0, 1], [1, 1]], [[2, 0], [0, 1]], [[1, 1], [0, 1]]]) as Tensor
    const products = associativeScan((a: Tensor, b: Tensor) => untyped<Effect.Effect<Tensor, OpError>>(matmul(a, b)), matrices)
    expect(valuesOf(products)).toEqual([[[0, 1], [1, 1]], [[0, 1], [2, 1]], [[0, 1], [2, 3]]])
  })

  it("writes a list that grows with the logarithm of the length", () => {
    const size = (n: number) =>
      run(trace((x: Tensor) => associativeScan((a: Tensor, b: Tensor) => mul(a, exp(b)), x))(Tensor.zeros([n]))).equations.length
    expect(size(256) - size(128)).toBe(size(128) - size(64))
  })
})

/**
 * Loops by their number of steps: none, known, known when they run, bounded; and what their carry must be.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import { add, cast, forLoop, grad, greater, jvp, map, mul, scan, sin, sum, Tensor, vmap } from "wengert"
import { expectClose, expectFailure, failureOf, run, untyped, valuesOf } from "./support/run.ts"

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
      expect([valuesOf(Effect.succeed(carry)), y.shape, y.dtype, on.shape, on.dtype]).toEqual([
        3,
        [0],
        "float64",
        [0],
        "bool"
      ])
      const f = (x: Scalar) => Effect.map(scan(body, x, Tensor.zeros([0]), options), ([c]) => c)
      expect(valuesOf(grad(f)(scalar(3)))).toBe(1)
      expect(valuesOf(jvp(f, [scalar(3)], [scalar(5)]))).toEqual([3, 5])
      expect(valuesOf(vmap(f)(Tensor.make([1, 2])))).toEqual([1, 2])
    }
    const xs = Tensor.zeros([0])
    expect(run(grad((xs: Tensor<[0]>) => Effect.map(scan(body, scalar(3), xs), ([c]) => c))(xs)).shape).toEqual([0])
  })

  it("over a length alone", () => {
    fc.assert(
      fc.property(fc.nat({ max: 6 }), (length) => {
        const f: F = (x) =>
          Effect.map(
            scan((c: Scalar) => Effect.map(mul(c, x), (y) => [y, c] as const), scalar(1), null, { length }),
            ([c]) => c
          )
        expectClose(f(scalar(1.5)), 1.5 ** length)
        expectClose(grad(f)(scalar(1.5)), length * 1.5 ** (length - 1))
        expectClose(grad(grad(f))(scalar(1.5)), length * (length - 1) * 1.5 ** (length - 2))
      }),
      { numRuns: 8 }
    )
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
      untyped<(f: unknown, c: unknown, xs: unknown, o: unknown) => Effect.Effect<unknown, unknown>>(scan)(
        body,
        scalar(0),
        xs,
        options
      )
    expectFailure(
      over({ a: Tensor.zeros([2]), b: [Tensor.zeros([3])] }),
      "ShapeError",
      "2 steps",
      "float64[3] at xs.b[0]"
    )
    expectFailure(over({ a: Tensor.zeros([2]), b: scalar(1) }), "ShapeError", "float64[] at xs.b")
    expectFailure(over(Tensor.zeros([2]), { length: 3 }), "ShapeError", "3 steps", "at xs")
    for (const length of [undefined, -1, 1.5, NaN]) {
      expectFailure(over(null, { length }), "ShapeError", "xs or a length")
    }
  })

  it("what is not [carry, y] is a TreeMismatchError", () => {
    const give = (after: unknown) =>
      untyped<(f: unknown, c: unknown, xs: unknown, o: unknown) => Effect.Effect<unknown, unknown>>(scan)(
        () => after,
        scalar(0),
        null,
        {
          length: 1
        }
      )
    for (const after of [scalar(1), [scalar(1)], { carry: scalar(1), y: [] }, []]) {
      expectFailure(give(after), "TreeMismatchError", "scan requires a body that gives [carry, y]")
    }
    expectFailure(give([scalar(1), [], scalar(7)]), "TreeMismatchError", "[carry, y]")
  })
})

describe("map", () => {
  it("is vmap, one after the other", () => {
    fc.assert(
      fc.property(numbers, (xs) => {
        const f = (x: Scalar) => Effect.map(mul(x, sin(x)), (a) => ({ a, b: [greater(x, 0), scalar(1)] as const }))
        const all = untyped<Scalar>(Tensor.make(xs))
        expectClose(map(f, all), { a: xs.map((x) => x * Math.sin(x)), b: [xs.map((x) => x > 0), xs.map(() => 1)] })
        const total = (x: Tensor<[number]>) =>
          sum(untyped<Effect.Effect<Tensor, OpError>>(map((y: Scalar) => mul(y, sin(y)), untyped<Scalar>(x))))
        expectClose(grad(total)(Tensor.make(xs)), xs.map((x) => Math.sin(x) + x * Math.cos(x)))
      }),
      { numRuns: 20 }
    )
  })

  it("names itself in errors, not the scan that it is written in", () => {
    const over = (xs: unknown) => map(untyped<(x: unknown) => Effect.Effect<unknown, OpError>>((x: Tensor) => x), xs)
    expectFailure(over({ a: Tensor.zeros([2]), b: scalar(1) }), "ShapeError", "map requires xs with 2 steps", "xs.b")
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
    fc.assert(
      fc.property(bound, bound, (lower, upper) => {
        const x = scalar(0.75)
        expectClose(rising(lower, upper)(x), product(0.75, lower, upper))
        expectClose(grad(rising(lower, upper))(x), slope(0.75, lower, upper))
        expectClose(Effect.map(jvp(rising(lower, upper), [x], [scalar(1)]), ([, t]) => t), slope(0.75, lower, upper))
      }),
      { numRuns: 20 }
    )
  })

  it("with a tensor as a bound it is a whileLoop: forward mode, and a typed error backwards", () => {
    fc.assert(
      fc.property(bound, bound, fc.boolean(), (lower, upper, both) => {
        const f = risingOf(both ? int(lower) : lower, int(upper))
        const x = scalar(0.75)
        expectClose(f(x), product(0.75, lower, upper))
        expectClose(Effect.map(jvp(f, [x], [scalar(1)]), ([, t]) => t), slope(0.75, lower, upper))
        expectFailure(grad(f)(x), "MissingRuleError", "maxSteps")
      }),
      { numRuns: 10 }
    )
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
      untyped<(...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>>(forLoop)(
        lower,
        upper,
        (_: unknown, c: Scalar) => c,
        scalar(1)
      )
    // an int32 index cannot count there
    const far = [loop(2 ** 31, 2 ** 31 + 2), loop(0, 1e12), loop(-1e12, 0)]
    for (const program of [...far, loop(0, 1.5), loop(0.5, 2), loop(0, NaN), loop(0, Infinity), loop(int(0), 1.5)]) {
      expect(["DTypeError", "ShapeError", "IndexError"]).toContain(failureOf(program)._tag)
    }
    expect(["DTypeError", "ShapeError"]).toContain(failureOf(loop(int(0), scalar(2)))._tag)
    expect(["DTypeError", "ShapeError"]).toContain(failureOf(loop(Tensor.make([0], { dtype: "int32" }), 2))._tag)
  })
})

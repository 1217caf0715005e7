/**
 * Reductions against their definitions, element by element, and the derivatives at the points where their rules are
 * delicate: ties, zeros, empty axes, masked elements.
 */
import type { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  all,
  any,
  argmax,
  argmin,
  grad,
  greater,
  hessian,
  log,
  logsumexp,
  mask,
  max,
  mean,
  min,
  norm,
  prod,
  std,
  sum as sumOp,
  Tensor,
  var as variance
} from "wengert"
import type { Index, Plain } from "../support/naive.ts"
import {
  at,
  axisOf,
  expectClose,
  extended,
  failureOf,
  halves,
  indicesOf,
  integers,
  plain,
  shapes,
  sum,
  tabulate,
  tensor,
  valuesOf
} from "../support/naive.ts"

interface Options {
  readonly axis?: number | ReadonlyArray<number> | undefined
  readonly keepDims?: boolean
}

type Reduction = (x: Tensor, options?: Options) => Effect.Effect<Tensor, OpError>

/** The axes that options name, from the start. */
const axesOf = ({ axis }: Options, rank: number): ReadonlyArray<number> =>
  (axis === undefined ? Array.from({ length: rank }, (_, i) => i) : [axis].flat()).map((a) => a < 0 ? a + rank : a)

/** `f` of the elements that differ in the reduced axes alone. */
const reduce = (x: Plain, options: Options, f: (xs: ReadonlyArray<number>) => number): Plain => {
  const axes = axesOf(options, x.shape.length)
  const kept = x.shape.map((d, i) => axes.includes(i) ? 1 : d)
  const reduced = tabulate(
    kept,
    (out) =>
      f(indicesOf(x.shape).filter((i) => i.every((k, a) => axes.includes(a) || k === out[a])).map((i) => at(x, i)))
  )
  return options.keepDims ? reduced : { ...reduced, shape: kept.filter((_, i) => !axes.includes(i)) }
}

const optionsOf = (shape: Index): fc.Arbitrary<Options> =>
  fc.record({
    axis: fc.oneof(
      fc.constant(undefined),
      shape.length === 0 ? fc.constant([]) : axisOf(shape),
      fc.uniqueArray(shape.length === 0 ? fc.nat() : axisOf(shape), {
        maxLength: shape.length,
        selector: (a) => a < 0 ? a + shape.length : a
      })
    ),
    keepDims: fc.boolean()
  })

const cases = (element: fc.Arbitrary<number>): fc.Arbitrary<readonly [Plain, Options]> =>
  shapes().chain((shape) => fc.tuple(plain(shape, element), optionsOf(shape)))

const average = (xs: ReadonlyArray<number>) => sum(xs) / xs.length
const deviation = (xs: ReadonlyArray<number>) => average(xs.map((x) => (x - average(xs)) ** 2))

const definitions: Readonly<Record<string, readonly [Reduction, (xs: ReadonlyArray<number>) => number]>> = {
  max: [max, (xs) => Math.max(...xs)],
  min: [min, (xs) => Math.min(...xs)],
  mean: [mean, average],
  prod: [prod, (xs) => xs.reduce((p, x) => p * x, 1)],
  logsumexp: [logsumexp, (xs) => Math.log(sum(xs.map(Math.exp)))],
  var: [variance, deviation],
  std: [std, (xs) => Math.sqrt(deviation(xs))],
  norm: [norm, (xs) => Math.sqrt(sum(xs.map((x) => x * x)))]
}

describe("values", () => {
  for (const [name, [op, definition]] of Object.entries(definitions)) {
    it(`${name} is its definition, over any axes`, () => {
      fc.assert(fc.property(cases(extended), ([x, options]) => {
        const empty = axesOf(options, x.shape.length).some((a) => x.shape[a] === 0)
        if (empty && (name === "max" || name === "min")) {
          expect(failureOf(op(tensor(x), options))[0]).toBe("ShapeError")
        } else {
          expectClose(op(tensor(x), options), reduce(x, options, definition))
        }
      }))
    })
  }

  it("any and all are ∃ and ∀", () => {
    fc.assert(fc.property(cases(fc.constantFrom(0, 1)), ([x, options]) => {
      expectClose(any(tensor(x, "bool"), options), reduce(x, options, (xs) => xs.some((b) => b === 1) ? 1 : 0))
      expectClose(all(tensor(x, "bool"), options), reduce(x, options, (xs) => xs.every((b) => b === 1) ? 1 : 0))
    }))
  })

  const extremes = { argmax: [argmax, Math.max], argmin: [argmin, Math.min] } as const
  for (const [name, [op, pick]] of Object.entries(extremes)) {
    it(`${name} is the first place of the extreme element; NaN is extreme`, () => {
      const place = (xs: ReadonlyArray<number>) => xs.findIndex((x) => Object.is(x + 0, pick(...xs) + 0))
      const one = shapes({ minLength: 1 }).chain((shape) =>
        fc.tuple(plain(shape, extended), fc.option(axisOf(shape), { nil: undefined }), fc.boolean())
      )
      fc.assert(fc.property(one, ([x, axis, keepDims]) => {
        const program = op(tensor(x), { axis, keepDims })
        if (axesOf({ axis }, x.shape.length).some((a) => x.shape[a] === 0)) {
          expect(failureOf(program)[0]).toBe("ShapeError")
        } else {
          expectClose(program, reduce(x, { axis, keepDims }, place))
          expect(valuesOf(program).dtype).toBe("int32")
        }
      }))
    })
  }

  it("a logsumexp of huge elements does not overflow", () => {
    expectClose(logsumexp(Tensor.make([1000, 1000])), { shape: [], data: [1000 + Math.LN2] })
    expectClose(logsumexp(Tensor.make([-1000, -1000])), { shape: [], data: [-1000 + Math.LN2] })
  })
})

describe("dtypes", () => {
  it("float32 stays float32", () => {
    for (const [op, definition] of Object.values(definitions)) {
      fc.assert(fc.property(plain([4], halves), (x) => {
        expect(valuesOf(op(tensor(x, "float32"))).dtype).toBe("float32")
        expectClose(op(tensor(x, "float32")), reduce(x, {}, definition), 1e-6)
      }))
    }
  })

  it("max, min and prod take int32, and prod wraps around", () => {
    fc.assert(fc.property(plain([2, 3], integers), (x) => {
      for (const name of ["max", "min", "prod"]) {
        const [op, definition] = definitions[name]!
        expectClose(op(tensor(x, "int32"), { axis: 1 }), reduce(x, { axis: 1 }, definition))
        expect(valuesOf(op(tensor(x, "int32"))).dtype).toBe("int32")
      }
    }))
    expect(valuesOf(prod(tensor({ shape: [2], data: [2 ** 30 + 1, 4] }, "int32"))).data).toEqual([4])
  })

  it("other dtypes are refused", () => {
    const whole = tensor({ shape: [2], data: [1, 2] }, "int32") as Tensor<[2]>
    const truth = tensor({ shape: [2], data: [0, 1] }, "bool") as Tensor<[2]>
    expect(failureOf(mean(whole))).toEqual([
      "DTypeError",
      "mean requires float64 or float32 or bool, got int32[2]; use cast"
    ])
    expect(failureOf(max(truth))).toEqual([
      "DTypeError",
      "max requires float64 or float32 or int32, got bool[2]; use cast"
    ])
    expect(failureOf(any(whole))).toEqual(["DTypeError", "any requires bool, got int32[2]; use cast"])
  })
})

describe("errors", () => {
  const x: Tensor = tensor({ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] })

  it("an axis out of range", () => {
    expect(failureOf(max(x, { axis: 2 }))).toEqual([
      "AxisError",
      "max requires an axis from -2 to 1, got 2 for shape [2, 3]"
    ])
    expect(failureOf(argmin(x, { axis: -3 })))
      .toEqual(["AxisError", "argmin requires an axis from -2 to 1, got -3 for shape [2, 3]"])
  })

  it("an axis given twice", () => {
    expect(failureOf(mean(x, { axis: [1, -1] })))
      .toEqual(["AxisError", "mean requires distinct axes, got [1, -1] for shape [2, 3]"])
  })

  it("nothing to choose from", () => {
    const nothing: Tensor = Tensor.zeros([0, 3])
    expect(failureOf(max(nothing, { axis: 0 })))
      .toEqual(["ShapeError", "max requires at least one element along axes [0], got [0, 3]"])
    expect(failureOf(argmax(nothing)))
      .toEqual(["ShapeError", "argmax requires at least one element along axes [0], got [0]"])
  })
})

describe("derivatives", () => {
  it("tied extremes share equally", () => {
    expectClose(grad((x: Tensor) => max(x))(Tensor.make([1, 3, 3])), { shape: [3], data: [0, 1 / 2, 1 / 2] })
    expectClose(grad((x: Tensor) => min(x))(Tensor.make([2, 2, 2])), { shape: [3], data: [1 / 3, 1 / 3, 1 / 3] })
  })

  it("prod: the product of the others, and of the others of those", () => {
    const others = (x: ReadonlyArray<number>, ...left: ReadonlyArray<number>) =>
      new Set(left).size < left.length ? 0 : x.reduce((p, v, i) => left.includes(i) ? p : p * v, 1)
    fc.assert(fc.property(fc.array(fc.constantFrom(0, 1, -2, 3), { minLength: 1, maxLength: 5 }), (data) => {
      const x: Tensor = tensor({ shape: [data.length], data })
      expectClose(grad((x: Tensor) => prod(x))(x), tabulate([data.length], ([i]) => others(data, i!)))
      expectClose(
        hessian((x: Tensor) => prod(x))(x),
        tabulate([data.length, data.length], ([i, j]) => others(data, i!, j!))
      )
    }))
  })

  it("logsumexp: the softmax, with zeros for −∞", () => {
    const x = Tensor.make([-Infinity, 0, Math.log(3)])
    expectClose(grad((x: Tensor) => logsumexp(x))(x), { shape: [3], data: [0, 1 / 4, 3 / 4] })
  })

  it("norm and std: 0 where they are 0, and no second derivative", () => {
    const zero = Tensor.zeros([2])
    const equal = Tensor.make([5, 5])
    expectClose(grad((x: Tensor) => norm(x))(zero), { shape: [2], data: [0, 0] })
    expect(valuesOf(hessian((x: Tensor) => norm(x))(zero)).data.some(Number.isFinite)).toBe(false)
    expectClose(grad((x: Tensor) => std(x))(equal), { shape: [2], data: [0, 0] })
    expect(valuesOf(hessian((x: Tensor) => std(x))(equal)).data.some(Number.isFinite)).toBe(false)
  })

  it("what a mask leaves out has no influence, at every order", () => {
    const x = Tensor.make([2, 0, 4])
    const f = (x: Tensor) => logsumexp(mask(log(x), greater(x, 0), -Infinity))
    // log Σ x over the positive elements: 1/Σ, and −1/Σ²
    expectClose(grad(f)(x), { shape: [3], data: [1 / 6, 0, 1 / 6] })
    expectClose(hessian(f)(x), tabulate([3, 3], ([i, j]) => i === 1 || j === 1 ? 0 : -1 / 36))
    expectClose(grad((x: Tensor) => sumOp(prod(mask(log(x), greater(x, 0), 1))))(x), {
      shape: [3],
      data: [Math.log(4) / 2, 0, Math.log(2) / 4]
    })
  })
})

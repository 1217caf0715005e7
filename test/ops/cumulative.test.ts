/**
 * Running sums and products, and normalisation along an axis, against their definitions.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  cumprod,
  cumsum,
  exp,
  grad,
  greater,
  hessian,
  log,
  logSoftmax,
  mask,
  mul,
  softmax,
  sqrt,
  sum as sumOp,
  Tensor
} from "wengert"
import type { Index, Plain } from "../support/naive.ts"
import {
  at,
  axisOf,
  expectClose,
  extended,
  failureOf,
  halves,
  integers,
  plain,
  shapes,
  sum,
  tabulate,
  tensor,
  valuesOf
} from "../support/naive.ts"

/** The elements along an axis through `index`. */
const lineThrough = (x: Plain, axis: number, index: Index): ReadonlyArray<number> =>
  Array.from({ length: x.shape[axis]! }, (_, k) => at(x, index.with(axis, k)))

/** Every element as a function of the line that it is in, and of its place there. */
const along = (x: Plain, axis: number, f: (line: ReadonlyArray<number>, place: number) => number): Plain => {
  const from = axis < 0 ? axis + x.shape.length : axis
  return tabulate(x.shape, (index) => f(lineThrough(x, from, index), index[from]!))
}

const flat = (x: Plain): Plain => ({ shape: [x.data.length], data: x.data })

const product = (xs: ReadonlyArray<number>): number => xs.reduce((p, x) => p * x, 1)

const cases = (element: fc.Arbitrary<number>) =>
  shapes({ minLength: 1 }).chain((shape) => fc.tuple(plain(shape, element), axisOf(shape)))

describe("cumsum and cumprod", () => {
  const definitions = { cumsum: [cumsum, sum], cumprod: [cumprod, product] } as const
  for (const [name, [op, definition]] of Object.entries(definitions)) {
    const upTo = (line: ReadonlyArray<number>, place: number) => definition(line.slice(0, place + 1))

    it(`${name} is its definition, along any axis`, () => {
      fc.assert(fc.property(cases(extended), ([x, axis]) => expectClose(op(tensor(x), { axis }), along(x, axis, upTo))))
    })

    it(`${name} without an axis takes all elements in row-major order`, () => {
      fc.assert(
        fc.property(shapes().chain((shape) => plain(shape)), (x) => expectClose(op(tensor(x)), along(flat(x), 0, upTo)))
      )
    })

    it(`${name} keeps float32 and int32`, () => {
      fc.assert(fc.property(plain([2, 3], integers), (x) => {
        for (const dtype of ["float32", "int32"] as const) {
          expectClose(op(tensor(x, dtype), { axis: 1 }), along(x, 1, upTo))
          expect(valuesOf(op(tensor(x, dtype))).dtype).toBe(dtype)
        }
      }))
    })
  }
})

describe("softmax and logSoftmax", () => {
  const some = fc.oneof({ weight: 8, arbitrary: halves }, fc.constantFrom(-Infinity, Infinity))
  /** eˣ; beside an infinite element that is the largest, only its equals count, and share alike. */
  const weights = (line: ReadonlyArray<number>): ReadonlyArray<number> => {
    const largest = Math.max(...line)
    return Number.isFinite(largest) ? line.map(Math.exp) : line.map((x) => x === largest ? 1 : 0)
  }

  it("are their definitions, along any axis", () => {
    fc.assert(fc.property(cases(some), ([x, axis]) => {
      const probability = (line: ReadonlyArray<number>, i: number) => weights(line)[i]! / sum(weights(line))
      expectClose(softmax(tensor(x), { axis }), along(x, axis, probability))
      expectClose(logSoftmax(tensor(x), { axis }), along(x, axis, (line, i) => Math.log(probability(line, i))))
    }))
  })

  it("take the last axis by default", () => {
    fc.assert(fc.property(plain([2, 3]), (x) => {
      expect(valuesOf(softmax(tensor(x)))).toEqual(valuesOf(softmax(tensor(x), { axis: 1 })))
      expect(valuesOf(logSoftmax(tensor(x)))).toEqual(valuesOf(logSoftmax(tensor(x), { axis: 1 })))
    }))
  })

  it("do not change when a constant is added, however large", () => {
    expectClose(softmax(Tensor.make([1e6, 1e6 + 1])), valuesOf(softmax(Tensor.make([0, 1]))))
    expectClose(logSoftmax(Tensor.make([-1e6, 1 - 1e6])), valuesOf(logSoftmax(Tensor.make([0, 1]))))
  })

  it("keep float32", () => {
    expect(valuesOf(softmax(tensor({ shape: [2], data: [1, 2] }, "float32"))).dtype).toBe("float32")
  })
})

describe("errors", () => {
  const x: Tensor = tensor({ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] })

  it("an axis out of range", () => {
    const message = (op: string) => `${op} requires an axis from -2 to 1, got 2 for shape [2, 3]`
    for (const op of [cumsum, cumprod]) {
      expect(failureOf(op(x, { axis: 2 }))).toEqual(["AxisError", message(op === cumsum ? "cumsum" : "cumprod")])
    }
    expect(failureOf(softmax(x, { axis: 2 }))).toEqual(["AxisError", message("softmax")])
    expect(failureOf(logSoftmax(x, { axis: 2 }))).toEqual(["AxisError", message("logSoftmax")])
  })

  it("a scalar has no axis", () => {
    expect(failureOf(softmax(tensor({ shape: [], data: [1] })))[0]).toBe("AxisError")
  })

  it("dtypes", () => {
    expect(failureOf(softmax(tensor({ shape: [2], data: [1, 2] }, "int32"))))
      .toEqual(["DTypeError", "softmax requires float64 or float32, got int32[2]; use cast"])
    expect(failureOf(cumsum(tensor({ shape: [2], data: [1, 0] }, "bool"))))
      .toEqual(["DTypeError", "cumsum requires float64 or float32 or int32, got bool[2]; use cast"])
  })
})

describe("derivatives", () => {
  it("cumsum: an element counts in all sums from its place on", () => {
    const weights = Tensor.make([1, 10, 100])
    const f = (x: Tensor) => sumOp(mul(cumsum(x), weights))
    expectClose(grad(f)(Tensor.make([7, 8, 9])), { shape: [3], data: [111, 110, 100] })
  })

  it("cumprod: the product of the others, also where elements are 0", () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(0, 1, -2, 3), { minLength: 1, maxLength: 5 }), (data) => {
      const n = data.length
      const x: Tensor = tensor({ shape: [n], data })
      const f = (x: Tensor) => sumOp(cumprod(x))
      const over = (left: ReadonlyArray<number>) =>
        sum(
          data.map((_, end) =>
            left.every((i) => i <= end) ? product(data.slice(0, end + 1).filter((_, i) => !left.includes(i))) : 0
          )
        )
      expectClose(grad(f)(x), tabulate([n], over))
      expectClose(hessian(f)(x), tabulate([n, n], ([i, j]) => i === j ? 0 : over([i!, j!])))
    }))
  })

  it("softmax: p·(w − p·w)", () => {
    const [w, p] = [[1, 2, 4], [1 / 7, 2 / 7, 4 / 7]]
    const mean = sum(w.map((v, i) => v * p[i]!))
    const x = Tensor.make([0, Math.LN2, 2 * Math.LN2])
    const expected = { shape: [3], data: p.map((q, i) => q * (w[i]! - mean)) }
    expectClose(grad((x: Tensor) => sumOp(mul(softmax(x), Tensor.make(w))))(x), expected)
    expectClose(grad((x: Tensor) => sumOp(mul(exp(logSoftmax(x)), Tensor.make(w))))(x), expected)
  })

  it("what a mask leaves out has no influence, at every order", () => {
    const f = (w: ReadonlyArray<number>) => (x: Tensor) =>
      sumOp(mul(softmax(mask(sqrt(x), greater(x, 0), -Infinity)), Tensor.make(w)))
    const [x, w] = [Tensor.make([4, 0, 9]), [1, 5, 3]]
    const [y, v] = [Tensor.make([4, 9]), [1, 3]]
    // as if it were not there
    const there = (x: Plain) => (index: Index) => index.includes(1) ? 0 : at(x, index.map((i) => i / 2))
    expectClose(grad(f(w))(x), tabulate([3], there(valuesOf(grad(f(v))(y)))))
    expectClose(hessian(f(w))(x), tabulate([3, 3], there(valuesOf(hessian(f(v))(y)))))
    expectClose(grad((x: Tensor) => sumOp(cumsum(mask(log(x), greater(x, 0)))))(x), {
      shape: [3],
      data: [3 / 4, 0, 1 / 9]
    })
  })
})

/**
 * Sorting against JavaScript's own, which is stable too, and its derivatives, which go where the elements came from.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { argsort, grad, greater, jvp, log, mul, sort, stack, sum, take, Tensor, topK, vmap, where } from "wengert"
import type { Primitive } from "../../src/core/primitive.ts"
import { primitives } from "../../src/ops/vocabulary.ts"
import type { Plain } from "../support/naive.ts"
import {
  at,
  axisOf,
  expectClose,
  extended,
  failureOf,
  halves,
  plain,
  shapes,
  tabulate,
  tensor,
  valuesOf
} from "../support/naive.ts"

/** With operands and parameters of any type, as decoded documents have them. */
const asPrimitive = (primitive: Primitive): Primitive => primitive

/** The order of some numbers: NaN last, and equal numbers as they are. */
const orderOf = (xs: ReadonlyArray<number>, descending = false): ReadonlyArray<number> => {
  const order = xs.map((_, i) => i)
  const numbers = order.filter((i) => !Number.isNaN(xs[i]))
  numbers.sort((i, j) => xs[i] === xs[j] ? 0 : (xs[i]! < xs[j]!) === descending ? 1 : -1)
  return [...numbers, ...order.filter((i) => Number.isNaN(xs[i]))]
}

/** The numbers along an axis, through one index. */
const line = (x: Plain, index: ReadonlyArray<number>, axis: number): ReadonlyArray<number> =>
  Array.from({ length: x.shape[axis]! }, (_, k) => at(x, index.with(axis, k)))

const cases = shapes({ minLength: 1 }).chain((shape) =>
  fc.tuple(
    plain(shape, fc.oneof(fc.constantFrom(-0, 0, 1), extended)),
    fc.option(axisOf(shape), { nil: undefined }),
    fc.boolean()
  )
)

describe("values", () => {
  it("argsort is the stable order, NaN last, and sort is the elements in it", () => {
    fc.assert(fc.property(cases, ([x, axis, descending]) => {
      const a = (axis ?? -1) < 0 ? (axis ?? -1) + x.shape.length : axis!
      const order = tabulate(x.shape, (index) => orderOf(line(x, index, a), descending)[index[a]!]!)
      const options = { axis, descending }
      expectClose(argsort(tensor(x), options), order)
      expectClose(sort(tensor(x), options), tabulate(x.shape, (index) => at(x, index.with(a, at(order, index)))))
    }))
  })

  it("topK is the head of the descending order", () => {
    const withK = shapes({ minLength: 1 }).chain((shape) =>
      fc.tuple(plain(shape, extended), fc.nat({ max: shape.at(-1)! }))
    )
    fc.assert(fc.property(withK, ([x, k]) => {
      const last = x.shape.length - 1
      const order = tabulate(x.shape.with(last, k), (index) => orderOf(line(x, index, last), true)[index[last]!]!)
      const { indices, values } = Effect.runSync(topK(tensor(x), k))
      expectClose(Effect.succeed(indices), order)
      expectClose(Effect.succeed(values), tabulate(order.shape, (index) => at(x, index.with(last, at(order, index)))))
    }))
  })

  it("dtypes are kept; an order is int32", () => {
    for (const dtype of ["float64", "float32", "int32", "bool"] as const) {
      const x: Tensor = tensor({ shape: [3], data: [1, 0, 1] }, dtype)
      expect(valuesOf(sort(x))).toEqual({ shape: [3], dtype, data: [0, 1, 1] })
      expect(valuesOf(argsort(x))).toEqual({ shape: [3], dtype: "int32", data: [1, 0, 2] })
      expect(Effect.runSync(topK(x, 1)).values.dtype).toBe(dtype)
    }
  })
})

describe("derivatives", () => {
  const weights = [1, 10, 100, 1000]
  const weighed = (x: Tensor) => sum(mul(Tensor.make(weights), sort(x)))

  it("the gradient carries every weight to where the element came from, ties in their order", () => {
    fc.assert(fc.property(plain([4]), (x) => {
      const order = orderOf(x.data)
      expectClose(grad(weighed)(tensor(x)), tabulate([4], ([i]) => weights[order.indexOf(i!)]!))
    }))
  })

  it("the tangent is put in the same order", () => {
    fc.assert(fc.property(plain([4]), plain([4]), (x, dx) => {
      const descending = (x: Tensor) => sort(x, { descending: true })
      const [, tangent] = Effect.runSync(jvp(descending, [tensor(x)], [tensor(dx)]))
      const order = orderOf(x.data, true)
      expectClose(Effect.succeed(tangent), tabulate([4], ([i]) => dx.data[order[i!]!]!))
    }))
  })

  it("at second order: squares of sorted elements", () => {
    // f = Σ w·s², f″·1 = 2w, each where its element came from
    const f = (x: Tensor) => sum(mul(Tensor.make(weights), mul(sort(x), sort(x))))
    fc.assert(fc.property(plain([4]), (x) => {
      const order = orderOf(x.data)
      const second = grad((x: Tensor) => sum(grad(f)(x)))(tensor(x))
      expectClose(second, tabulate([4], ([i]) => 2 * weights[order.indexOf(i!)]!))
    }))
  })

  it("the largest elements have the gradient, the others have none", () => {
    const largest = (x: Tensor) => Effect.flatMap(topK(x, 2), ({ values }) => sum(values))
    expectClose(grad(largest)(Tensor.make([3, 1, 4, 2])), { shape: [4], data: [1, 0, 1, 0] })
  })

  it("an order has no derivative", () => {
    const x = Tensor.make([3, 1, 2])
    const smallest = (x: Tensor) => sum(take(x, argsort(x), { axis: 0 }))
    expectClose(grad(smallest)(x), { shape: [3], data: [1, 1, 1] })
  })

  it("what a mask leaves out has no influence", () => {
    const x = Tensor.make([2, 0, 4])
    const before = (x: Tensor) => sum(sort(where(greater(x, 0), log(x), 0)))
    const behind = (x: Tensor) => sum(where(greater(sort(x), 0), sort(log(x)), 0))
    for (const f of [before, behind]) {
      expectClose(grad(f)(x), { shape: [3], data: [1 / 2, 0, 1 / 4] })
      expectClose(grad((x: Tensor) => sum(grad(f)(x)))(x), { shape: [3], data: [-1 / 4, 0, -1 / 16] })
    }
  })

  it("vmap is one after the other", () => {
    fc.assert(fc.property(fc.array(plain([4], halves), { minLength: 1, maxLength: 3 }), (xs) => {
      const all: Tensor = tensor({ shape: [xs.length, 4], data: xs.flatMap(({ data }) => data) })
      const values = (x: Tensor) => Effect.map(topK(x, 2), ({ values }) => values)
      for (const f of [(x: Tensor) => sort(x), (x: Tensor) => argsort(x), values, grad(weighed)]) {
        expectClose(vmap(f)(all), valuesOf(stack(xs.map((x) => f(tensor(x))))))
      }
    }))
  })
})

describe("errors", () => {
  const x: Tensor = Tensor.zeros([2, 3])
  const scalar: Tensor = Tensor.make(1)

  it("an axis that is out of range", () => {
    expect(failureOf(sort(x, { axis: 2 }))).toEqual([
      "AxisError",
      "sort requires an axis from -2 to 1, got 2 for shape [2, 3]"
    ])
    expect(failureOf(argsort(scalar))).toEqual([
      "AxisError",
      "argsort requires an axis from 0 to -1 (a scalar has none), got -1 for shape []"
    ])
  })

  it("an axis that is not normal, as a document could hold it", () => {
    for (const axis of [-1, 1, 0.5]) {
      const infer = () =>
        asPrimitive(primitives.argsort).infer([{ shape: [2], dtype: "float64" }], { axis, descending: false })
      expect(infer).toThrow(expect.objectContaining({ _tag: "AxisError" }))
    }
  })

  it("more than there are", () => {
    const four: number = 4
    expect(failureOf(topK(x, four)))
      .toEqual(["ShapeError", "topK requires a last axis with at least k elements, got [2, 3] and k = 4"])
    for (const k of [-1, 0.5, NaN]) expect(failureOf(topK(x, k))[0]).toBe("ShapeError")
    expect(failureOf(topK(scalar, four))[0]).toBe("ShapeError")
  })

  it("nothing to sort is nothing", () => {
    const nothing: Tensor = Tensor.zeros([0, 3])
    expectClose(sort(nothing, { axis: 0 }), { shape: [0, 3], data: [] })
    expectClose(argsort(nothing), { shape: [0, 3], data: [] })
    expectClose(Effect.map(topK(nothing, 2), ({ values }) => values), { shape: [0, 2], data: [] })
  })
})

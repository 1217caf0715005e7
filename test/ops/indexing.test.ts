/**
 * Indexing against loops over indices, its derivatives by following every element to where it goes, and batches of indices.
 */
import type { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  cast,
  diagonal,
  gather,
  grad,
  mul,
  oneHot,
  reshape,
  scatterAdd,
  sin,
  stack,
  sum as sumOp,
  take,
  takeAlongAxis,
  Tensor,
  tril,
  triu,
  vmap
} from "wengert"
import type { Primitive } from "../../src/core/primitive.ts"
import { primitives } from "../../src/ops/vocabulary.ts"
import { describeMovements } from "../support/movements.ts"
import type { Index, Plain } from "../support/naive.ts"
import {
  at,
  axisOf,
  expectClose,
  extended,
  failureOf,
  plain,
  shapes,
  sum,
  tabulate,
  tensor,
  valuesOf
} from "../support/naive.ts"

/** With operands and parameters of any type, as decoded documents have them. */
const asPrimitive = (primitive: Primitive): Primitive => primitive

type Program = Effect.Effect<Tensor, OpError>

const int32 = (x: Plain): Tensor<any, "int32"> => tensor(x, "int32") as Tensor<any, "int32">

/** Shapes without empty axes, which have no indices. */
const filled = (rank: { readonly minLength?: number; readonly maxLength?: number }) =>
  fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3, ...rank })

/** Indices of an axis, from either end. */
const indexOf = (size: number) => fc.integer({ min: -size, max: size - 1 })

const fromStart = (index: number, size: number): number => index < 0 ? index + size : index

describe("values", () => {
  it("take puts the axes of the indices in place of one axis, or of all", () => {
    const cases = filled({ minLength: 1 }).chain((shape) =>
      axisOf(shape).chain((axis) =>
        shapes({ maxLength: 2 }).chain((places) =>
          fc.tuple(
            plain(shape, extended),
            fc.constant(axis),
            plain(places, indexOf(shape.at(axis)!)),
            plain(places, indexOf(shape.reduce((size, d) => size * d)))
          )
        )
      )
    )
    fc.assert(fc.property(cases, ([x, axis, indices, flat]) => {
      const a = fromStart(axis, x.shape.length)
      const rank = indices.shape.length
      const expected = tabulate(x.shape.toSpliced(a, 1, ...indices.shape), (index) => {
        const picked = at(indices, index.slice(a, a + rank))
        return at(x, index.toSpliced(a, rank, fromStart(picked, x.shape[a]!)))
      })
      expectClose(take(tensor(x), int32(indices), { axis }), expected)
      const elements = tabulate(flat.shape, (index) => x.data.at(at(flat, index))!)
      expectClose(take(tensor(x), int32(flat)), elements)
    }))
  })

  it("takeAlongAxis takes each at its own place; the other axes broadcast", () => {
    const cases = filled({ minLength: 1 }).chain((shape) =>
      fc.tuple(axisOf(shape), fc.nat({ max: 3 }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 })).chain(
        ([axis, count, repeated]) => {
          const places = shape.map((d, a) => repeated[a] ? 1 : d).with(axis, count)
          return fc.tuple(plain(shape, extended), fc.constant(axis), plain(places, indexOf(shape.at(axis)!)))
        }
      )
    )
    fc.assert(fc.property(cases, ([x, axis, indices]) => {
      const a = fromStart(axis, x.shape.length)
      const expected = tabulate(x.shape.with(a, indices.shape[a]!), (index) => {
        const picked = at(indices, index.map((i, b) => indices.shape[b] === 1 ? 0 : i))
        return at(x, index.with(a, fromStart(picked, x.shape[a]!)))
      })
      expectClose(takeAlongAxis(tensor(x), int32(indices), axis), expected)
    }))
  })

  /** A tensor, and coordinates for some of its leading axes. */
  const withCoordinates = filled({ minLength: 1 }).chain((shape) =>
    fc.tuple(fc.nat({ max: shape.length }), shapes({ maxLength: 2 })).chain(([depth, places]) => {
      const coordinate = (_: number, place: number) => indexOf(shape[place % depth]!)
      const count = places.reduce((size, d) => size * d, depth)
      const data = fc.tuple(...Array.from({ length: count }, coordinate))
      return fc.tuple(plain(shape), data.map((data): Plain => ({ shape: [...places, depth], data })))
    })
  )

  /** Where the coordinates at some place point to. */
  const pointed = (x: Plain, coordinates: Plain, place: Index): Index =>
    x.shape.slice(0, coordinates.shape.at(-1)).map((d, a) => fromStart(at(coordinates, [...place, a]), d))

  it("gather picks by coordinates", () => {
    fc.assert(fc.property(withCoordinates, ([x, coordinates]) => {
      const places = coordinates.shape.slice(0, -1)
      const expected = tabulate(
        [...places, ...x.shape.slice(coordinates.shape.at(-1))],
        (index) => at(x, [...pointed(x, coordinates, index.slice(0, places.length)), ...index.slice(places.length)])
      )
      expectClose(gather(tensor(x), int32(coordinates)), expected)
    }))
  })

  it("scatterAdd adds up what comes to the same place", () => {
    const cases = withCoordinates.chain(([x, coordinates]) =>
      fc.tuple(
        fc.constant(x),
        fc.constant(coordinates),
        plain([...coordinates.shape.slice(0, -1), ...x.shape.slice(coordinates.shape.at(-1))])
      )
    )
    fc.assert(fc.property(cases, ([x, coordinates, updates]) => {
      const places = coordinates.shape.slice(0, -1)
      const added = tabulate(updates.shape, () => 0).shape
      const arrivals = updates.data.map((_, i) => {
        // the index of element i of the updates
        const index = added.map((d, a) => Math.floor(i / added.slice(a + 1).reduce((n, e) => n * e, 1)) % d)
        return [...pointed(x, coordinates, index.slice(0, places.length)), ...index.slice(places.length)].join()
      })
      const expected = tabulate(
        x.shape,
        (index) => at(x, index) + sum(updates.data.filter((_, i) => arrivals[i] === index.join()))
      )
      expectClose(scatterAdd(tensor(x), int32(coordinates), tensor(updates)), expected)
    }))
  })

  it("oneHot marks the index, and nothing for what is none", () => {
    fc.assert(fc.property(shapes().chain((shape) => plain(shape, fc.integer({ min: -2, max: 4 }))), (indices) => {
      const expected = tabulate(
        [...indices.shape, 3],
        (index) => at(indices, index.slice(0, -1)) === index.at(-1) ? 1 : 0
      )
      expectClose(oneHot(int32(indices), 3), expected)
    }))
  })

  it("diagonal, tril and triu", () => {
    const cases = shapes({ minLength: 2 }).chain((shape) =>
      fc.tuple(
        plain(shape, extended),
        fc.integer({ min: -4, max: 4 }),
        fc.uniqueArray(axisOf(shape), { minLength: 2, maxLength: 2, selector: (a) => fromStart(a, shape.length) })
      )
    )
    fc.assert(fc.property(cases, ([x, offset, [axis1, axis2]]) => {
      const [i, j] = [axis1!, axis2!].map((a) => fromStart(a, x.shape.length)) as [number, number]
      // along the diagonal k, row − column = −offset
      const along = Array.from({ length: 8 }, (_, k) => [k + Math.max(0, -offset), k + Math.max(0, offset)] as const)
        .filter(([row, column]) => row < x.shape[i]! && column < x.shape[j]!)
      const others = x.shape.flatMap((_, a) => a === i || a === j ? [] : [a])
      const expected = tabulate([...others.map((a) => x.shape[a]!), along.length], (index) => {
        const [row, column] = along[index.at(-1)!]!
        return at(x, x.shape.map((_, a) => a === i ? row : a === j ? column : index[others.indexOf(a)]!))
      })
      expectClose(diagonal(tensor(x), { offset, axis1: axis1!, axis2: axis2! }), expected)
      const kept = (keeps: (above: number) => boolean) =>
        tabulate(x.shape, (index) => keeps(index.at(-1)! - index.at(-2)!) ? at(x, index) : 0)
      expectClose(tril(tensor(x), offset), kept((above) => above <= offset))
      expectClose(triu(tensor(x), offset), kept((above) => above >= offset))
    }))
  })

  it("dtypes are kept; oneHot has the one it is told", () => {
    const zero = int32({ shape: [1, 1], data: [0] })
    for (const dtype of ["float64", "float32", "int32", "bool"] as const) {
      const x: Tensor = tensor({ shape: [2, 2], data: [0, 1, 1, 0] }, dtype)
      const programs = [take(x, 1), takeAlongAxis(x, zero, 0), gather(x, zero), diagonal(x), tril(x), triu(x)]
      for (const program of [...programs, oneHot(zero, 2, { dtype })]) expect(valuesOf(program).dtype).toBe(dtype)
    }
    const whole: Tensor = tensor({ shape: [1], data: [2 ** 31 - 1] }, "int32")
    const one: Tensor = tensor({ shape: [1], data: [1] }, "int32")
    // int32 wraps around
    expect(valuesOf(scatterAdd(whole, zero, one)).data).toEqual([-(2 ** 31)])
    const single: Tensor = tensor({ shape: [1], data: [1] }, "float32")
    expect(valuesOf(scatterAdd(single, zero, 0.5))).toEqual({ shape: [1], dtype: "float32", data: [1.5] })
    expect(valuesOf(scatterAdd(single, zero, Tensor.make([0.5]))).dtype).toBe("float64")
  })
})

const list = (...data: ReadonlyArray<number>) => Tensor.make(Int32Array.from(data))
const pairs = Tensor.make([[1, 0], [-1, 2], [1, 0]], { dtype: "int32" })

describeMovements({
  "take": [(x) => take(x, list(2, 0, -1), { axis: 1 }), [2, 3, 2]],
  "take of all": [(x) => take(x, list(5, 1, 5)), [2, 3]],
  "takeAlongAxis": [(x) => takeAlongAxis(x, reshape(list(2, 0, -1, 1), [2, 2]), 1), [2, 3]],
  "takeAlongAxis, repeated": [(x) => takeAlongAxis(x, reshape(list(0, -1), [1, 2]), -1), [2, 3]],
  "gather": [(x) => gather(x, pairs), [2, 3, 2]],
  "gather by nothing": [(x) => gather(x, Tensor.zeros([2, 0], "int32")), [2]],
  "scatterAdd of updates": [(x) => scatterAdd(Tensor.zeros([4, 2]), reshape(list(3, -4), [2, 1]), x), [2, 2]],
  "diagonal": [(x) => diagonal(x, { offset: -1, axis1: 2, axis2: 0 }), [3, 2, 4]],
  "tril": [(x) => tril(x, -1), [2, 3, 3]],
  "triu": [(x) => triu(x, 1), [2, 4]]
})

describe("batches", () => {
  type Indexing = (x: Tensor, indices: Tensor<any, "int32">) => Program
  const ops: Readonly<Record<string, readonly [f: Indexing, x: Index, indices: Index, size: number]>> = {
    "take": [(x, indices) => take(x, indices, { axis: 1 }), [2, 3, 2], [2, 2], 3],
    "take of one": [(x, indices) => take(x, indices, { axis: 0 }), [3], [], 3],
    "takeAlongAxis": [(x, indices) => takeAlongAxis(x, indices, 0), [3, 2], [2, 1], 3],
    "gather": [(x, indices) => gather(x, indices), [2, 2, 3], [2, 2], 2],
    "scatterAdd": [(x, indices) => scatterAdd(sin(x), indices, x), [3, 2], [3, 1], 3]
  }

  describe.each(Object.entries(ops))("%s", (_, [f, shape, places, size]) => {
    const batch = (one: fc.Arbitrary<Plain>) => fc.array(one, { minLength: 3, maxLength: 3 })
    const cases = fc.tuple(batch(plain(shape)), batch(plain(places, indexOf(size))))
    const together = (xs: ReadonlyArray<Plain>): Plain => ({
      shape: [xs.length, ...xs[0]!.shape],
      data: xs.flatMap(({ data }) => data)
    })
    const loss: Indexing = (x, indices) => sumOp(sin(f(x, indices)))
    const second: Indexing = (x, indices) => grad((x: Tensor) => sumOp(mul(x, grad(loss)(x, indices))))(x)

    it("of operands, indices or both: vmap is one after the other, with derivatives of two orders", () => {
      const axes = fc.constantFrom<ReadonlyArray<0 | null>>([0, 0], [0, null], [null, 0])
      fc.assert(
        fc.property(cases, axes, fc.constantFrom(f, grad(loss), second), ([xs, is], inAxes, g) => {
          const [inX, inI] = inAxes
          const x = (b: number): Tensor => tensor(xs[inX === null ? 0 : b]!)
          const i = (b: number) => int32(is[inI === null ? 0 : b]!)
          const all = vmap(g, { inAxes })(
            inX === null ? x(0) : tensor(together(xs)),
            inI === null ? i(0) : int32(together(is))
          )
          expectClose(all, valuesOf(stack(xs.map((_, b) => g(x(b), i(b))))))
        }),
        { numRuns: 60 }
      )
    })

    it("an index that is out of range in one of them is an error, not an element of its neighbour", () => {
      fc.assert(
        fc.property(cases, ([xs, is]) => {
          const wrong = is.with(1, { ...is[1]!, data: is[1]!.data.with(0, size) })
          const [tag, message] = failureOf(vmap(f)(tensor(together(xs)), int32(together(wrong))))
          expect(tag).toBe("IndexError")
          expect(message).toContain(`indices from ${-size} to ${size - 1} for an axis of size ${size}, got ${size}`)
        }),
        { numRuns: 10 }
      )
    })
  })
})

describe("errors", () => {
  const x: Tensor = Tensor.zeros([2, 3])

  it("an index that is out of range", () => {
    expect(failureOf(take(x, list(0, 3), { axis: 1 })))
      .toEqual(["IndexError", "take requires indices from -3 to 2 for an axis of size 3, got 3"])
    expect(failureOf(take(x, -7))).toEqual([
      "IndexError",
      "take requires indices from -6 to 5 for an axis of size 6, got -7"
    ])
    expect(failureOf(gather(x, Tensor.make([[0, 1], [1, 5]], { dtype: "int32" }))))
      .toEqual(["IndexError", "gather requires indices from -3 to 2 for an axis of size 3, got 5"])
    expect(failureOf(takeAlongAxis(x, reshape(list(0, 2, 0), [1, 3]), 0)))
      .toEqual(["IndexError", "takeAlongAxis requires indices from -2 to 1 for an axis of size 2, got 2"])
    expect(failureOf(scatterAdd(x, Tensor.make([[-3]], { dtype: "int32" }), 1)))
      .toEqual(["IndexError", "scatterAdd requires indices from -2 to 1 for an axis of size 2, got -3"])
  })

  it("an axis of size 0 has no index, and nothing to take is nothing", () => {
    const nothing: Tensor = Tensor.zeros([0, 3])
    expect(failureOf(take(nothing, 0, { axis: 0 }))[0]).toBe("IndexError")
    expectClose(take(nothing, list(), { axis: 0 }), { shape: [0, 3], data: [] })
    expectClose(take(nothing, list(2, 1), { axis: 1 }), { shape: [0, 2], data: [] })
    expectClose(gather(nothing, Tensor.zeros([0, 1], "int32")), { shape: [0, 3], data: [] })
    expectClose(scatterAdd(nothing, Tensor.zeros([0, 1], "int32"), 1), { shape: [0, 3], data: [] })
  })

  it("indices that are not int32", () => {
    const halves: Tensor = Tensor.make([0.5])
    expect(failureOf(take(x, cast(halves, "float32") as Effect.Effect<Tensor<any, any>, OpError>)))
      .toEqual(["DTypeError", "take requires int32, got float32[1]; use cast"])
    expect(failureOf(gather(x, halves))).toEqual(["DTypeError", "gather requires int32, got float64[1]; use cast"])
    expect(failureOf(oneHot(cast(halves, "bool") as Effect.Effect<Tensor<any, any>, OpError>, 2)))
      .toEqual(["DTypeError", "oneHot requires int32, got bool[1]; use cast"])
    for (const wrong of [NaN, 0.5, Infinity, 2 ** 31]) {
      expect(failureOf(take(x, wrong)))
        .toEqual(["DTypeError", `take requires a number that int32 can hold, got ${wrong}; use cast`])
    }
  })

  it("shapes and axes that do not fit", () => {
    expect(failureOf(take(x, 0, { axis: 2 })))
      .toEqual(["AxisError", "take requires an axis from -2 to 1, got 2 for shape [2, 3]"])
    const none: Tensor<any, "int32"> = list()
    expect(failureOf(takeAlongAxis(x, none, 0)))
      .toEqual(["ShapeError", "takeAlongAxis requires indices with the axes of the tensor, got [2, 3] and [0]"])
    const three: Tensor<any, "int32"> = list(0, 0, 0)
    expect(failureOf(gather(x, three))).toEqual([
      "ShapeError",
      "gather requires indices with at most 2 coordinates along a last axis for [2, 3], got [3]"
    ])
    const updates: Tensor = Tensor.ones([2, 4])
    expect(failureOf(scatterAdd(x, Tensor.zeros([2, 1], "int32"), updates))[0]).toBe("ShapeError")
    const more: Tensor = Tensor.ones([2, 2, 3])
    expect(failureOf(scatterAdd(x, Tensor.zeros([2, 1], "int32"), more)))
      .toEqual(["ShapeError", "scatterAdd requires updates that broadcast to [2, 3], got [2, 2, 3]"])
    expect(failureOf(diagonal(x, { axis1: 1, axis2: -1 })))
      .toEqual(["AxisError", "diagonal requires distinct axes, got [1, -1] for shape [2, 3]"])
    expect(failureOf(diagonal(x, { offset: 0.5 })))
      .toEqual(["DTypeError", "diagonal requires whole numbers as positions, got 0.5"])
    const vector: Tensor = Tensor.zeros([3])
    expect(failureOf(tril(vector))).toEqual(["ShapeError", "tril requires at least two axes, got [3]"])
    expect(failureOf(oneHot(0, -1))[0]).toBe("ShapeError")
  })

  it("operands and parameters that are not normal, as a document could hold them", () => {
    const float = (...shape: ReadonlyArray<number>) => ({ shape, dtype: "float64" as const })
    const int = (...shape: ReadonlyArray<number>) => ({ shape, dtype: "int32" as const })
    const refused = (infer: () => unknown, tag: string) => expect(infer).toThrow(expect.objectContaining({ _tag: tag }))
    for (const axis of [-1, 2, 0.5, NaN]) {
      refused(() => asPrimitive(primitives.take).infer([float(2, 3), int(1)], { axis }), "AxisError")
      refused(() => asPrimitive(primitives.scatter).infer([float(1, 3), int(1)], { axis, size: 2 }), "ShapeError")
    }
    refused(() => asPrimitive(primitives.take).infer([float(2), float(1)], { axis: 0 }), "DTypeError")
    refused(() => asPrimitive(primitives.scatter).infer([float(2), float(2)], { axis: 0, size: 2 }), "DTypeError")
    for (const size of [-1, 0.5, NaN, 2 ** 40]) {
      refused(() => asPrimitive(primitives.scatter).infer([float(1), int(1)], { axis: 0, size }), "ShapeError")
      refused(() => asPrimitive(primitives.index).infer([int(1)], { sizes: [size] }), "ShapeError")
    }
    refused(() => asPrimitive(primitives.index).infer([int(3)], { sizes: [2, 2] }), "ShapeError")
    refused(() => asPrimitive(primitives.index).infer([int()], { sizes: [] }), "ShapeError")
    // a position has to be int32
    refused(() => asPrimitive(primitives.index).infer([int(2)], { sizes: [2 ** 16, 2 ** 15] }), "ShapeError")
  })
})

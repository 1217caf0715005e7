/**
 * Movement against loops over indices, and its derivatives by following every element to where it goes.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { concat, ensure, flip, pad, slice, split, stack, sum, Tensor, tile } from "wengert"
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
  tabulate,
  tensor,
  valuesOf
} from "../support/naive.ts"

/** With operands and parameters of any type, as decoded documents have them. */
const asPrimitive = (primitive: Primitive): Primitive => primitive

type Bound = number | null
type Spec = null | number | readonly [Bound, Bound, number?]

/** The positions that Python's `start:stop:step` takes of `size`, by JavaScript's own `slice`, which clips alike. */
const positions = (size: number, start: Bound, stop: Bound, step: number): ReadonlyArray<number> => {
  const all = Array.from({ length: size }, (_, i) => i)
  if (step > 0) return all.slice(start ?? 0, stop ?? size).filter((_, i) => i % step === 0)
  // going down from `start` to just above `stop` is going up between them, reversed
  const above = (bound: number): number => Math.max(0, (bound < 0 ? bound + size : bound) + 1)
  const up = all.slice(stop === null ? 0 : above(stop), start === null ? size : above(start))
  return up.reverse().filter((_, i) => i % -step === 0)
}

const sliced = (x: Plain, specs: ReadonlyArray<Spec>): Plain => {
  const taken = x.shape.map((d, a) => {
    const spec = specs[a] ?? null
    if (typeof spec === "number") return [spec < 0 ? spec + d : spec]
    const [start, stop, step = 1] = spec ?? [null, null]
    return positions(d, start, stop, step)
  })
  const whole = tabulate(taken.map((p) => p.length), (index) => at(x, index.map((i, a) => taken[a]![i]!)))
  return { ...whole, shape: whole.shape.filter((_, a) => typeof specs[a] !== "number") }
}

const bound = fc.option(fc.integer({ min: -5, max: 5 }), { nil: null })
const specOf = (size: number): fc.Arbitrary<Spec> =>
  fc.oneof(
    fc.constant(null),
    ...(size === 0 ? [] : [fc.integer({ min: -size, max: size - 1 })]),
    fc.tuple(bound, bound),
    fc.tuple(bound, bound, fc.constantFrom(1, 2, 3, -1, -2))
  )

const withSpecs = shapes().chain((shape) =>
  fc.tuple(
    plain(shape, extended),
    fc.nat({ max: shape.length }).chain((n) => fc.tuple(...shape.slice(0, n).map(specOf)))
  )
)

/** `x` with 0 for what is asked for outside of it. */
const atOr = (x: Plain, index: Index, other: number): number =>
  index.every((i, a) => i >= 0 && i < x.shape[a]!) ? at(x, index) : other

describe("values", () => {
  it("slice takes the positions that Python takes", () => {
    fc.assert(fc.property(withSpecs, ([x, specs]) => expectClose(slice(tensor(x), ...specs), sliced(x, specs))))
  })

  it("pad puts a value around", () => {
    const cases = shapes().chain((shape) =>
      fc.tuple(
        plain(shape, extended),
        fc.tuple(...shape.map(() => fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })))),
        fc.constantFrom(undefined, 0, 1.5, NaN)
      )
    )
    fc.assert(fc.property(cases, ([x, widths, value]) => {
      const shape = x.shape.map((d, a) => widths[a]![0] + d + widths[a]![1])
      const expected = tabulate(shape, (index) => atOr(x, index.map((i, a) => i - widths[a]![0]), value ?? 0))
      expectClose(pad(tensor(x), widths, { value }), expected)
    }))
  })

  it("flip reverses axes", () => {
    const cases = shapes({ minLength: 1 }).chain((shape) => fc.tuple(plain(shape, extended), axisOf(shape)))
    fc.assert(fc.property(cases, ([x, axis]) => {
      const last = x.shape.map((d) => d - 1)
      const reversed = (axes: ReadonlyArray<number>) =>
        tabulate(x.shape, (index) => at(x, index.map((i, a) => axes.includes(a) ? last[a]! - i : i)))
      expectClose(flip(tensor(x), axis), reversed([axis < 0 ? axis + x.shape.length : axis]))
      expectClose(flip(tensor(x)), reversed(x.shape.map((_, a) => a)))
    }))
  })

  it("concat puts one after the other", () => {
    const cases = shapes({ minLength: 1 }).chain((shape) =>
      axisOf(shape).chain((axis) => {
        const resized = (size: number) => plain(shape.with(axis, size), extended)
        return fc.tuple(fc.array(fc.nat({ max: 3 }).chain(resized), { minLength: 1, maxLength: 3 }), fc.constant(axis))
      })
    )
    fc.assert(fc.property(cases, ([xs, axis]) => {
      const i = axis < 0 ? axis + xs[0]!.shape.length : axis
      const places = xs.flatMap((x) => Array.from({ length: x.shape[i]! }, (_, k) => ({ x, k })))
      const expected = tabulate(xs[0]!.shape.with(i, places.length), (index) => {
        const { k, x } = places[index[i]!]!
        return at(x, index.with(i, k))
      })
      expectClose(concat(xs.map((x) => tensor(x)), axis), expected)
    }))
  })

  it("stack makes a new axis", () => {
    const cases = shapes().chain((shape) =>
      fc.tuple(fc.array(plain(shape, extended), { minLength: 1, maxLength: 3 }), axisOf([...shape, 0]))
    )
    fc.assert(fc.property(cases, ([xs, axis]) => {
      const i = axis < 0 ? axis + xs[0]!.shape.length + 1 : axis
      const expected = tabulate(
        xs[0]!.shape.toSpliced(i, 0, xs.length),
        (index) => at(xs[index[i]!]!, index.toSpliced(i, 1))
      )
      expectClose(stack(xs.map((x) => tensor(x)), axis), expected)
    }))
  })

  it("split gives equal parts, or those between indices, and concat puts them together again", () => {
    const cases = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat({ max: 3 }), fc.nat({ max: 2 })).chain(
      ([parts, size, other]) => fc.tuple(fc.constant(parts), plain([other, parts * size]))
    )
    fc.assert(fc.property(cases, ([parts, x]) => {
      const size = x.shape[1]! / parts
      const pieces = Effect.runSync(split(tensor(x), parts, -1))
      expect(pieces.length).toBe(parts)
      pieces.forEach((piece, k) => expectClose(Effect.succeed(piece), sliced(x, [null, [k * size, (k + 1) * size]])))
      expectClose(concat(pieces, 1), x)
    }))
    fc.assert(fc.property(plain([4]), fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 3 }), (x, indices) => {
      const pieces: ReadonlyArray<Tensor> = Effect.runSync(split(tensor(x), indices))
      const edges = [0, ...indices, 4]
      expect(pieces.length).toBe(indices.length + 1)
      pieces.forEach((piece, k) => expectClose(Effect.succeed(piece), sliced(x, [[edges[k]!, edges[k + 1]!]])))
    }))
  })

  it("tile repeats, along new axes too", () => {
    const repeats = fc.array(fc.nat({ max: 2 }), { maxLength: 4 })
    fc.assert(fc.property(shapes().chain((shape) => plain(shape, extended)), repeats, (x, times) => {
      const rank = Math.max(x.shape.length, times.length)
      const filled = (dims: Index) => [...Array<number>(rank - dims.length).fill(1), ...dims]
      const [shape, counts] = [filled(x.shape), filled(times)]
      const expected = tabulate(
        shape.map((d, a) => d * counts[a]!),
        (index) => at({ ...x, shape }, index.map((i, a) => i % shape[a]!))
      )
      expectClose(tile(tensor(x), times), expected)
    }))
  })

  it("dtypes are kept, and float32 beside float64 gives float64", () => {
    for (const dtype of ["float64", "float32", "int32", "bool"] as const) {
      const x = tensor({ shape: [2], data: [0, 1] }, dtype)
      const programs = [slice(x, [0, 1]), pad(x, [[1, 1]]), pad(x, [[1, 1]], { value: 1 }), flip(x), concat([x, x])]
      for (const program of [...programs, stack([x, x]), tile(x, 2)]) expect(valuesOf(program).dtype).toBe(dtype)
    }
    const single: Tensor = tensor({ shape: [1], data: [0.5] }, "float32")
    const double: Tensor = Tensor.make([0.25])
    expect(valuesOf(concat([single, double]))).toEqual({ shape: [2], dtype: "float64", data: [0.5, 0.25] })
    expect(valuesOf(stack([sum(single), 2])).dtype).toBe("float32")
  })

  it("ensure lets the shape pass, −1 standing for any size", () => {
    const x: Tensor = Tensor.ones([2, 3])
    expectClose(ensure(x, [2, -1]), { shape: [2, 3], data: Array(6).fill(1) })
    expect(failureOf(ensure(x, [3, 2]))).toEqual(["ShapeError", "ensure requires shape [3, 2], got [2, 3]"])
  })
})

describeMovements({
  "slice": [(x) => slice(x, [null, null, 2], 1, [1, 3]), [5, 2, 4]],
  "slice backwards": [(x) => slice(x, [4, 0, -3]), [6]],
  "slice of nothing": [(x) => slice(x, [2, 1]), [3]],
  "pad": [(x) => pad(x, [[1, 2], [0, 1]]), [2, 3]],
  "pad with a value": [(x) => pad(x, [[2, 0]], { value: -1 }), [3]],
  "flip": [(x) => flip(x, [0, -1]), [2, 2, 3]],
  "concat": [(x) => concat([x, Tensor.zeros([2, 1]), x], 1), [2, 3]],
  "stack": [(x) => stack([x, Tensor.zeros([2]), x], 1), [2]],
  "split": [(x) => Effect.map(split(x, 3), ([, second]) => second!), [6, 2]],
  "tile": [(x) => tile(x, [2, 1, 3]), [2, 2]],
  "ensure": [(x) => ensure(x, [3]), [3]]
})

describe("errors", () => {
  const x: Tensor = Tensor.zeros([2, 3])

  it("slice", () => {
    expect(failureOf(slice(x, 2))).toEqual([
      "IndexError",
      "slice requires indices from -2 to 1 for an axis of size 2, got 2"
    ])
    expect(failureOf(slice(x, null, -4))[0]).toBe("IndexError")
    expect(failureOf(slice(x, 0, 0, 0))).toEqual(["IndexError", "slice requires at most 2 entries for [2, 3], got 3"])
    expect(failureOf(slice(x, [0, 1, 0]))).toEqual(["IndexError", "slice requires a step that is not 0, got 0"])
    for (const wrong of [NaN, 0.5, Infinity]) {
      const message = `slice requires whole numbers as positions, got ${wrong}`
      expect(failureOf(slice(x, wrong))).toEqual(["DTypeError", message])
      expect(failureOf(slice(x, [wrong, null]))).toEqual(["DTypeError", message])
    }
  })

  it("pad", () => {
    const widths: ReadonlyArray<readonly [number, number]> = [[1, 1]]
    expect(failureOf(pad(x, widths)))
      .toEqual(["ShapeError", "pad requires a pair of widths for each of the 2 axes of [2, 3], got [[1, 1]]"])
    expect(failureOf(pad(x, [[-1, 0], [0, 0.5]])))
      .toEqual(["ShapeError", "pad requires a list of whole numbers, got [0, 0.5]"])
    expect(failureOf(pad(x, [[-1, 0], [0, 1]]))).toEqual([
      "ShapeError",
      "pad requires whole, non-negative widths for the axes of [2, 3], got [-1, 0] before, [0, 1] after and [0, 0] " +
      "between the elements"
    ])
    expect(failureOf(pad(Tensor.zeros([1], "int32"), [[0, 1]], { value: 0.5 })))
      .toEqual(["DTypeError", "pad requires a number that int32 can hold, got 0.5; use cast"])
  })

  it("flip", () => {
    expect(failureOf(flip(x, 2))).toEqual([
      "AxisError",
      "flip requires an axis from -2 to 1, got 2 for shape [2, 3]"
    ])
    expect(failureOf(flip(x, [0, -2])))
      .toEqual(["AxisError", "flip requires distinct axes, got [0, -2] for shape [2, 3]"])
  })

  it("concat and stack", () => {
    const y: Tensor = Tensor.zeros([3, 3])
    const whole: Tensor = Tensor.zeros([2, 3], "int32")
    const none: ReadonlyArray<Tensor> = []
    expectClose(concat([x, y]), { shape: [5, 3], data: Array(15).fill(0) })
    expect(failureOf(concat([x, y], 1)))
      .toEqual(["ShapeError", "concat requires operands of one shape apart from axis 1, got [2, 3] and [3, 3]"])
    expect(failureOf(concat([x, x], 2))[0]).toBe("AxisError")
    expect(failureOf(concat([x, whole])))
      .toEqual(["DTypeError", "concat requires operands of one dtype, got float64 and int32; use cast"])
    expect(failureOf(concat(none))[0]).toBe("ShapeError")
    expect(failureOf(stack(none)))
      .toEqual(["ShapeError", "stack requires operands of one shape, got none"])
    expect(failureOf(stack([x, y])))
      .toEqual(["ShapeError", "stack requires operands of one shape, got [2, 3] and [3, 3]"])
    expect(failureOf(stack([x, x], 3))).toEqual(["AxisError", "stack requires an axis from -3 to 2, got 3"])
  })

  it("split and tile", () => {
    const parts: number = 2
    expect(failureOf(split(x, parts, 1)))
      .toEqual(["ShapeError", "split requires a number of parts that divides axis 1 of [2, 3], got 2"])
    expect(failureOf(split(x, [0.5]))).toEqual(["DTypeError", "split requires whole numbers as positions, got 0.5"])
    expect(failureOf(tile(x, -1))).toEqual([
      "ShapeError",
      "tile requires whole, non-negative dims with at most 2^32 elements, got [-1]"
    ])
  })

  it("parameters that are not normal, as a document could hold them", () => {
    const float = (...shape: ReadonlyArray<number>) => ({ shape, dtype: "float64" as const })
    const refused = (infer: () => unknown, tag: string) => expect(infer).toThrow(expect.objectContaining({ _tag: tag }))
    const ranges = [[[0], [4], [1]], [[-1], [2], [1]], [[2], [1], [1]], [[0], [3], [0]], [[0.5], [3], [1]], [
      [],
      [],
      []
    ]]
    for (const [start, stop, step] of ranges) {
      refused(() => asPrimitive(primitives.slice).infer([float(3)], { start, stop, step }), "IndexError")
    }
    for (
      const [low, high, interior] of [[[-1], [0], [0]], [[0], [0.5], [0]], [[0], [0], [-1]], [[], [], []], [[2 ** 40], [
        0
      ], [0]]]
    ) {
      refused(() => asPrimitive(primitives.pad).infer([float(3)], { low, high, interior }), "ShapeError")
    }
    for (const axes of [[-1], [1, 0], [0, 0], [2], [0.5]]) {
      refused(() => asPrimitive(primitives.flip).infer([float(2, 2)], { axes }), "AxisError")
    }
    for (const axis of [-1, 1, 0.5]) {
      refused(() => asPrimitive(primitives.concat).infer([float(2), float(2)], { axis }), "AxisError")
    }
    refused(() => asPrimitive(primitives.concat).infer([], { axis: 0 }), "ShapeError")
    refused(
      () => asPrimitive(primitives.concat).infer([float(2), { shape: [2], dtype: "float32" }], { axis: 0 }),
      "DTypeError"
    )
  })
})

/**
 * Making tensors of data and by rule, reading them, and what is refused.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { DType } from "wengert"
import { add, broadcastTo, grad, mul, reshape, sum, Tensor, vmap } from "wengert"
import { extended, failureOf, plain, shapes, tensor, valuesOf } from "../support/naive.ts"
import { nested } from "../support/nested.ts"

const read = (x: Tensor) => valuesOf(Effect.succeed(x))
const made = (input: unknown, options?: Parameters<typeof Tensor.fromUnknown>[1]) =>
  valuesOf(Tensor.fromUnknown(input, options))
const refused = (input: unknown, options?: Parameters<typeof Tensor.fromUnknown>[1]) =>
  failureOf(Tensor.fromUnknown(input, options))

describe("of data", () => {
  it("nested arrays, there and back", () => {
    fc.assert(fc.property(shapes().chain((shape) => plain(shape, extended)), (x) => {
      // below an empty axis, nesting does not tell the shape
      const seen = x.shape.includes(0) ? x.shape.slice(0, x.shape.indexOf(0) + 1) : x.shape
      expect(made(nested(x))).toEqual({ shape: seen, dtype: "float64", data: x.data })
      expect(Effect.runSync(Tensor.toArray(tensor(x)))).toEqual(nested(x))
    }))
  })

  it("numbers are float64, booleans are bool, typed arrays keep their dtype", () => {
    expect(read(Tensor.make(2))).toEqual({ shape: [], dtype: "float64", data: [2] })
    expect(read(Tensor.make([[true], [false]]))).toEqual({ shape: [2, 1], dtype: "bool", data: [1, 0] })
    expect(read(Tensor.make([]))).toEqual({ shape: [0], dtype: "float64", data: [] })
    const arrays = {
      float64: new Float64Array([0, 1]),
      float32: new Float32Array([0, 1]),
      int32: new Int32Array([0, 1])
    }
    for (const [dtype, array] of Object.entries(arrays)) {
      expect(read(Tensor.make(array))).toEqual({ shape: [2], dtype, data: [0, 1] })
      for (const other of [...Object.keys(arrays), "bool"] as Array<DType>) {
        expect(Tensor.make(array, { dtype: other }).dtype).toBe(other)
      }
    }
  })

  it("narrower typed arrays become int32, or the dtype that is asked for", () => {
    const pixels = [0, 7, 255]
    const arrays = [Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Uint32Array].map((Class) =>
      new Class(pixels)
    )
    for (const array of arrays) expect(read(Tensor.make(array))).toEqual({ shape: [3], dtype: "int32", data: pixels })
    expect(read(Tensor.make(new Int8Array([-1])))).toEqual({ shape: [1], dtype: "int32", data: [-1] })
    for (const array of arrays) {
      expect(read(Tensor.make(array, { dtype: "float32", shape: [3, 1] })))
        .toEqual({ shape: [3, 1], dtype: "float32", data: pixels })
    }
    expect(refused(new Uint32Array([2 ** 31]))[0]).toBe("DTypeError")
    const detached = new Float64Array(2)
    structuredClone(detached, { transfer: [detached.buffer] })
    expect(refused(detached))
      .toEqual(["ShapeError", "Tensor.fromUnknown requires elements, got a typed array whose buffer is detached"])
    expect(refused([Tensor.ones([2]), Tensor.ones([2])])[1]).toContain(
      "got a tensor at [0]; put tensors together by stack"
    )
  })

  it("options say another shape and dtype", () => {
    expect(read(Tensor.make([1, 2, 3, 4], { shape: [2, 2], dtype: "int32" })))
      .toEqual({ shape: [2, 2], dtype: "int32", data: [1, 2, 3, 4] })
    expect(read(Tensor.make(0.1, { dtype: "float32" })).data).toEqual([Math.fround(0.1)])
    expect(read(Tensor.make([0, 1], { dtype: "bool" })).data).toEqual([0, 1])
  })

  it("elements are copied", () => {
    const source = new Float64Array([1, 2])
    const x = Tensor.make(source)
    source[0] = 9
    const data = Effect.runSync(Tensor.data(x))
    data[1] = 9
    expect(read(x).data).toEqual([1, 2])
  })

  it("ragged arrays are a ShapeError, thrown by make", () => {
    const message = "requires nested arrays of one shape, got an array of 1 instead of an array of 2 at [1]"
    expect(() => Tensor.make([[1, 2], [3]])).toThrow(expect.objectContaining({
      _tag: "ShapeError",
      op: "Tensor.make",
      message: `Tensor.make ${message}`
    }))
    expect(refused([[1, 2], [3]])).toEqual(["ShapeError", `Tensor.fromUnknown ${message}`])
    expect(refused([1, [2]])[1]).toContain("got an array of 1 instead of a number at [1]")
    expect(refused([[1], 2])[1]).toContain("got 2 instead of an array of 1 at [1]")
    expect(refused([[], [1]])[1]).toContain("got an array of 1 instead of an array of 0 at [1]")
  })

  it("a shape of another size is a ShapeError", () => {
    expect(refused([1, 2, 3], { shape: [2, 2] }))
      .toEqual(["ShapeError", "Tensor.fromUnknown requires as many elements as shape [2, 2] has, got 3"])
    expect(refused([1], { shape: [-1] })[0]).toBe("ShapeError")
  })

  it("values that a dtype cannot hold are a DTypeError", () => {
    for (const [value, dtype] of [[1.5, "int32"], [NaN, "int32"], [2 ** 31, "int32"], [2, "bool"]] as const) {
      expect(refused([0, value], { dtype }))
        .toEqual([
          "DTypeError",
          `Tensor.fromUnknown requires numbers that ${dtype} can hold, got ${value} at [1]`
        ])
    }
    expect(refused(new Uint8Array([1, 0, 7]), { dtype: "bool" }))
      .toEqual(["DTypeError", `Tensor.fromUnknown requires numbers that bool can hold, got 7 at [2]`])
    expect(refused([1], { dtype: "float16" as DType })[0]).toBe("DTypeError")
  })
})

describe("of anything", () => {
  it("what is no number is refused, with its place", () => {
    const message = (got: string) => `Tensor.fromUnknown requires numbers alone or booleans alone, got ${got}`
    const foreign: ReadonlyArray<readonly [unknown, string]> = [
      ["1", `"1"`],
      [[["1"]], `"1" at [0][0]`],
      [null, "null"],
      [undefined, "undefined"],
      [[1, undefined], "undefined at [1]"],
      [[1, true], "true at [1]"],
      [[true, 0], "0 at [1]"],
      [[1n], "a bigint at [0]"],
      [{ length: 1, 0: 1 }, "an object"],
      [new BigInt64Array(1), "an instance of BigInt64Array"],
      [new DataView(new ArrayBuffer(8)), "an instance of DataView"],
      [new Map(), "an instance of Map"],
      [() => 1, "a function"]
    ]
    for (const [input, got] of foreign) expect(refused(input)).toEqual(["DTypeError", message(got)])
  })

  it("arrays that contain themselves", () => {
    const cyclic: Array<unknown> = []
    cyclic.push(cyclic, cyclic)
    expect(refused(cyclic))
      .toEqual(["ShapeError", "Tensor.fromUnknown requires arrays nested at most 64 deep, got deeper or cyclic ones"])
  })

  it("arrays with holes, however long", () => {
    expect(refused(Array(2 ** 32 - 1))[0]).toBe("DTypeError")
    const holes = [1]
    holes.length = 3
    expect(refused(holes)[1]).toContain("got undefined at [1]")
    // a size that nobody has memory for, from few arrays
    const row = Array(1e5).fill(0)
    expect(refused(Array(1e5).fill(row))[0]).toBe("ShapeError")
  })

  it("objects that throw when they are read", () => {
    const hostile = Object.defineProperty([1, 2], 1, {
      get: () => {
        throw new Error("no")
      }
    })
    expect(refused(hostile))
      .toEqual(["DTypeError", "Tensor.fromUnknown requires data that can be read, got an object that throws"])
  })

  it("no value makes it throw", () => {
    fc.assert(fc.property(fc.anything({ withSparseArray: true, withTypedArray: true, withBigInt: true }), (input) => {
      const { _tag } = Effect.runSync(Effect.result(Tensor.fromUnknown(input)))
      expect(["Success", "Failure"]).toContain(_tag)
    }))
  })
})

describe("by rule", () => {
  it("constants", () => {
    for (const dtype of ["float64", "float32", "int32", "bool"] as const) {
      expect(read(Tensor.zeros([2, 1], dtype))).toEqual({ shape: [2, 1], dtype, data: [0, 0] })
      expect(read(Tensor.ones([2], dtype))).toEqual({ shape: [2], dtype, data: [1, 1] })
    }
    expect(read(Tensor.full([2], 0.5))).toEqual({ shape: [2], dtype: "float64", data: [0.5, 0.5] })
    expect(read(Tensor.full([], true))).toEqual({ shape: [], dtype: "bool", data: [1] })
    expect(read(Tensor.full([1], 3, "int32"))).toEqual({ shape: [1], dtype: "int32", data: [3] })
    expect(() => Tensor.full([1], 0.5, "int32")).toThrow("Tensor.full requires numbers that int32 can hold, got 0.5")
    expect(() => Tensor.zeros([-1])).toThrow("Tensor.zeros requires whole, non-negative dims")
  })

  it("constants cost nothing until their elements are read", () => {
    const large = [2 ** 16, 2 ** 16]
    // 32 GiB of elements, which nobody has
    const ones = Tensor.ones(large)
    expect(String(ones)).toMatch(/^tensor\(\[\[1., 1., 1., ..., 1., 1., 1.\],/)
    expect(Effect.runSync(broadcastTo(7, large)).shape).toEqual(large)
    expect(Effect.runSync(reshape(ones, [2 ** 32])).size).toBe(2 ** 32)
    expect(failureOf(add(ones, Tensor.eye(1)))[1]).toContain(
      "requires a shape that fits into memory, got float64[65536"
    )
    expect(failureOf(Tensor.data(ones))[0]).toBe("ShapeError")
    expect(failureOf(broadcastTo(Tensor.make([1, 2]), [2 ** 31, 2])))
      .toEqual(["ShapeError", "broadcastTo requires a shape that fits into memory, got float64[2147483648,2]"])
    // what is read is as if it had been there from the start
    const third = Tensor.full([2, 2], 1 / 3, "float32")
    expect(String(third)).toBe(String(Tensor.make([[1 / 3, 1 / 3], [1 / 3, 1 / 3]], { dtype: "float32" })))
    expect(read(third).data).toEqual(Array(4).fill(Math.fround(1 / 3)))
    expect(read(Tensor.full([2], -0)).data).toEqual([-0, -0])
  })

  it("take the dtype as an option too", () => {
    expect(Tensor.zeros([1], { dtype: "int32" }).dtype).toBe("int32")
    expect(Tensor.ones([1], { dtype: "bool" }).dtype).toBe("bool")
    expect(Tensor.full([1], 2, { dtype: "float32" }).dtype).toBe("float32")
    expect(Tensor.eye(1, 1, { dtype: "int32" }).dtype).toBe("int32")
    expect(Tensor.arange(0, 1, 1, { dtype: "int32" }).dtype).toBe("int32")
    expect(Tensor.spec([1], { dtype: "int32" }).dtype).toBe("int32")
    expect(() => Tensor.zeros([1], { dtype: "float16" as DType }))
      .toThrow(`Tensor.zeros requires float64, float32, int32, bool as dtype, got "float16"`)
    expect(() => Tensor.zeros([1], { dType: "int32" } as never)).toThrow(`requires options { dtype }, got "dType"`)
  })

  it("are refused what is no shape and no number", () => {
    // oxlint-disable-next-line no-sparse-arrays
    for (const shape of [3, undefined, null, "3", [, 2], ["3"], [1.5], [2n], { length: 1 }, [2 ** 33]]) {
      expect(() => Tensor.zeros(shape as never)).toThrow("Tensor.zeros requires whole, non-negative dims")
    }
    for (const value of [undefined, "7", null, [1]]) {
      expect(() => Tensor.full([2], value as never)).toThrow("Tensor.full requires a number or a boolean")
    }
  })

  it("eye", () => {
    fc.assert(fc.property(fc.nat({ max: 4 }), fc.nat({ max: 4 }), (n, m) => {
      const rows = Array.from({ length: n }, (_, i) => Array.from({ length: m }, (_, j) => i === j ? 1 : 0))
      expect(Effect.runSync(Tensor.toArray(Tensor.eye(n, m)))).toEqual(rows)
      expect(Tensor.eye(n).shape).toEqual([n, n])
    }))
  })

  it("arange counts while it is before the end", () => {
    const quarters = fc.integer({ min: -12, max: 12 }).map((n) => n / 4)
    fc.assert(fc.property(quarters, quarters, quarters.filter((step) => step !== 0), (start, stop, step) => {
      const expected: Array<number> = []
      for (let x = start; step > 0 ? x < stop : x > stop; x += step) expected.push(x)
      expect(read(Tensor.arange(start, stop, step)).data).toEqual(expected)
    }))
    expect(read(Tensor.arange(3)).data).toEqual([0, 1, 2])
    expect(Tensor.arange(0, 3, 1, "int32").dtype).toBe("int32")
    for (const [start, stop, step] of [[0, 1, 0], [0, Infinity, 1], [NaN, 1, 1]] as const) {
      expect(() => Tensor.arange(start, stop, step)).toThrow(
        `Tensor.arange requires finite bounds and a step that is not 0, got ${start}, ${stop} and ${step}`
      )
    }
    expect(() => Tensor.arange(0, 1, 0.5, "int32")).toThrow(
      "Tensor.arange requires numbers that int32 can hold, got 0.5"
    )
  })

  it("linspace divides the interval, and ends exactly", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.nat({ max: 9 }), fc.boolean(), (start, stop, num, endpoint) => {
        const { data } = read(Tensor.linspace(start, stop, num, { endpoint }))
        const gaps = endpoint ? num - 1 : num
        expect(data.length).toBe(num)
        data.forEach((x, i) => expect(x).toBeCloseTo(start + (i === 0 ? 0 : i * (stop - start) / gaps), 5))
        if (num > 0) expect(data[0]).toBe(start)
        if (endpoint && num > 1) expect(data.at(-1)).toBe(stop)
      })
    )
    expect(read(Tensor.linspace(-1.7e308, 1.7e308, 5)).data).toEqual([-1.7e308, -0.85e308, 0, 0.85e308, 1.7e308])
    expect(Tensor.linspace(0, 1, 3, { dtype: "float32" }).dtype).toBe("float32")
    expect(() => Tensor.linspace(0, 1, -1)).toThrow("Tensor.linspace requires whole, non-negative dims")
  })

  it("spec has no elements", () => {
    const x = Tensor.spec([2, 3], "float32")
    expect([x.shape, x.dtype, x.size]).toEqual([[2, 3], "float32", 6])
    expect(failureOf(Tensor.data(x))[0]).toBe("TracedValueError")
    expect(() => Tensor.spec([0.5])).toThrow("Tensor.spec requires whole, non-negative dims")
  })
})

describe("reading", () => {
  it("item is the only element, as a number", () => {
    expect(Effect.runSync(Tensor.item(add(1, 2)))).toBe(3)
    expect(Effect.runSync(Tensor.item(Tensor.make([[5]])))).toBe(5)
    expect(Effect.runSync(Tensor.item(Tensor.make(true)))).toBe(1)
    expect(failureOf(Tensor.item(Tensor.make([1, 2]))))
      .toEqual(["ShapeError", "Tensor.item requires one element, got 2 in shape [2]"])
  })

  it("toArray gives booleans for bool, data a typed array", () => {
    expect(Effect.runSync(Tensor.toArray(Tensor.make([[true, false]])))).toEqual([[true, false]])
    expect(Effect.runSync(Tensor.toArray(Tensor.make(2)))).toBe(2)
    expect(Effect.runSync(Tensor.data(Tensor.make([1, 2], { dtype: "int32" })))).toEqual(Int32Array.of(1, 2))
    expect(Effect.runSync(Tensor.data(Tensor.make([true])))).toEqual(Uint8Array.of(1))
  })

  it("works where a transformation knows the value, and is a typed error where it does not", () => {
    const f = (x: Tensor<[]>) => Effect.flatMap(Tensor.item(x), (value) => value > 0 ? mul(x, 3) : mul(x, 5))
    expect(Effect.runSync(Effect.flatMap(grad(f)(Tensor.make(1)), Tensor.item))).toBe(3)
    expect(Effect.runSync(Effect.flatMap(grad(f)(Tensor.make(-1)), Tensor.item))).toBe(5)
    expect(failureOf(vmap((x: Tensor<[]>) => f(x))(Tensor.make([1, 2])))).toEqual([
      "TracedValueError",
      "Tensor.item requires a value that is known, got one that depends on an abstract argument; use cond, where or scan " +
      "instead of reading it"
    ])
    expect(Effect.runSync(Tensor.item(sum(Tensor.ones([3]))))).toBe(3)
  })
})

/**
 * Printing. The expected texts of arrays are those of `numpy.array2string(x, separator=", ")`, NumPy 2.4, except that
 * booleans are JavaScript's.
 */
import * as fc from "fast-check"
import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import { Tensor } from "wengert"
import { plain, shapes, tensor } from "../support/naive.ts"
import { nested } from "../support/nested.ts"

const lines = (...rows: ReadonlyArray<string>): string => rows.join("\n")

/** The arrays in a printed tensor, which then read like JSON. */
const parsed = (text: string): unknown =>
  JSON.parse(text.replace(/^tensor\(/, "").replace(/(, shape=\[[^\]]*\])?, \w+\)$/, "").replace(/\.(?!\d)/g, ".0"))

describe("printing", () => {
  it("vectors, with the point that marks floats", () => {
    expect(inspect(Tensor.make([1, 2, 3]))).toBe("tensor([1., 2., 3.], float64)")
    expect(inspect(Tensor.make([-1.5, 10.25], { dtype: "float32" }))).toMatch(
      /^tensor\(\[ ?-1\.5 ?, 10\.25\], float32\)$/
    )
    expect(inspect(Tensor.make([-1, 10], { dtype: "int32" }))).toBe("tensor([-1, 10], int32)")
    expect(inspect(Tensor.make([true, false]))).toBe("tensor([ true, false], bool)")
  })

  it("scalars and empty tensors", () => {
    expect(inspect(Tensor.make(3.5))).toBe("tensor(3.5, float64)")
    expect(inspect(Tensor.make(-0))).toBe("tensor(-0., float64)")
    expect(inspect(Tensor.make(true))).toBe("tensor(true, bool)")
    expect(inspect(Tensor.zeros([0]))).toBe("tensor([], float64)")
    expect(inspect(Tensor.zeros([2, 0], "int32"))).toBe("tensor([], shape=[2, 0], int32)")
  })

  it("what is not finite", () => {
    expect(inspect(Tensor.make([NaN, -Infinity, 1]))).toBe("tensor([ nan, -inf,   1.], float64)")
    expect(inspect(Tensor.make(Infinity))).toBe("tensor(inf, float64)")
  })

  it("at most eight significant digits", () => {
    expect(inspect(Tensor.make(1 / 3))).toBe("tensor(0.33333333, float64)")
    expect(inspect(Tensor.make(0.1 + 0.2))).toBe("tensor(0.3, float64)")
    expect(inspect(Tensor.make(1 / 3, { dtype: "float32" }))).toBe("tensor(0.33333334, float32)")
  })

  it("matrices in aligned columns, and an empty line between them", () => {
    expect(inspect(Tensor.make([[1, 20], [-3, 4]]))).toBe(lines(
      "tensor([[ 1., 20.],",
      "        [-3.,  4.]], float64)"
    ))
    expect(inspect(Tensor.make([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], { dtype: "int32" }))).toBe(lines(
      "tensor([[[1, 2],",
      "         [3, 4]],",
      "",
      "        [[5, 6],",
      "         [7, 8]]], int32)"
    ))
  })

  it("dots for the middle of what is large", () => {
    expect(inspect(Tensor.arange(1001))).toBe("tensor([   0.,    1.,    2., ...,  998.,  999., 1000.], float64)")
    const rows = [0, 1, 2, 97, 98, 99].map((i) =>
      `[${Array(3).fill(i).map((n) => String(n).padStart(2)).join(", ")}, ...`
    )
    const text = inspect(
      Tensor.make(Int32Array.from({ length: 2000 }, (_, i) => Math.floor(i / 20)), { shape: [100, 20] })
    )
    for (const row of rows) expect(text).toContain(row)
    expect(text.split("\n").length).toBe(rows.length + 1)
    expect(inspect(Tensor.arange(1000)).split(",").length).toBe(1000 + 1)
  })

  it("every element is there, in its place", () => {
    fc.assert(fc.property(shapes().chain((shape) => plain(shape)), (x) => {
      if (x.data.length > 0) {
        expect(parsed(inspect(tensor(x)))).toEqual(nested({ ...x, data: x.data.map((v) => v + 0) }))
      }
    }))
  })

  it("all rows of a matrix have the same width", () => {
    fc.assert(fc.property(plain([3, 4], fc.double({ noDefaultInfinity: true })), (x) => {
      const rows = inspect(tensor(x)).split("\n").map((row) => row.match(/\[[^[\]]*\]/)![0].length)
      expect(new Set(rows).size).toBe(1)
    }))
  })

  it("the same inside of other things", () => {
    const x = Tensor.make([1, 2])
    expect(inspect({ x })).toBe("{ x: tensor([1., 2.], float64) }")
    expect(inspect(Tensor.spec([2, 3], "float32"))).toBe("Spec(float32[2,3])")
  })
})

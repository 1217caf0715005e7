/**
 * Contractions against their definitions, as loops over all indices, and their derivatives where coefficients are not
 * finite.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { dot, grad, jvp, mask, matmul, outer, sum as sumOp, Tensor, tensordot } from "wengert"
import type { Index, Plain } from "../support/naive.ts"
import {
  at,
  expectClose,
  extended,
  failureOf,
  integers,
  plain,
  sum,
  tabulate,
  tensor,
  valuesOf
} from "../support/naive.ts"

const dim = fc.nat({ max: 3 })
const dims = (maxLength: number) => fc.array(dim, { maxLength })
const pair = (a: Index, b: Index, element = extended) => fc.tuple(plain(a, element), plain(b, element))

const upTo = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, k) => k)

/** A vector as a matrix with one row, or one column. */
const asMatrix = (x: Plain, side: "row" | "column"): Plain =>
  x.shape.length > 1 ? x : { ...x, shape: side === "row" ? [1, x.shape[0]!] : [x.shape[0]!, 1] }

/** Σₖ a[…, i, k]·b[…, k, j], where an axis in front of size 1 is repeated. */
const product = (a: Plain, b: Plain): Plain => {
  const [lhs, rhs] = [asMatrix(a, "row"), asMatrix(b, "column")]
  const front = (x: Plain) => x.shape.slice(0, -2)
  const rank = Math.max(front(lhs).length, front(rhs).length)
  const batch = upTo(rank).map((axis) => {
    const [n = 1, m = 1] = [lhs, rhs].map((x) => front(x)[axis - rank + front(x).length])
    return n === 1 ? m : n
  })
  const from = (x: Plain, outer: Index) => front(x).map((d, i) => d === 1 ? 0 : outer[i + rank - front(x).length]!)
  const [rows, columns] = [lhs.shape.at(-2)!, rhs.shape.at(-1)!]
  const { data } = tabulate([...batch, rows, columns], (index) => {
    const outer = index.slice(0, -2)
    const [i, j] = index.slice(-2)
    return sum(
      upTo(rhs.shape.at(-2)!).map((k) => at(lhs, [...from(lhs, outer), i!, k]) * at(rhs, [...from(rhs, outer), k, j!]))
    )
  })
  return { data, shape: [...batch, ...a.shape.length > 1 ? [rows] : [], ...b.shape.length > 1 ? [columns] : []] }
}

/** Shapes of two operands of `matmul`: at random vectors, matrices or stacks, some of whose front axes have size 1. */
const factors = fc.tuple(
  dim,
  dim,
  dim,
  dims(2),
  fc.nat({ max: 3 }),
  fc.nat({ max: 3 }),
  fc.infiniteStream(fc.boolean())
)
  .map(([n, k, m, batch, rankA, rankB, ones]): readonly [Index, Index] => {
    const front = (rank: number) =>
      batch.slice(Math.max(0, batch.length - Math.max(0, rank - 1))).map((d) => ones.next().value ? 1 : d)
    return [rankA === 0 ? [k] : [...front(rankA), n, k], rankB === 0 ? [k] : [...front(rankB), k, m]]
  })

describe("values", () => {
  it("matmul is its definition: matrices, vectors, and stacks that broadcast", () => {
    fc.assert(
      fc.property(
        factors.chain(([a, b]) => pair(a, b)),
        ([a, b]) => expectClose(matmul(tensor(a), tensor(b)), product(a, b))
      ),
      { numRuns: 300 }
    )
  })

  it("dot sums over the last axis and the second to last", () => {
    const shapes = fc.tuple(dims(2), dim, dims(1), fc.option(dim, { nil: undefined }))
    fc.assert(
      fc.property(shapes.chain(([f, k, g, m]) => pair([...f, k], m === undefined ? [k] : [...g, k, m])), ([a, b]) => {
        const depth = a.shape.at(-1)!
        const rest = b.shape.length === 1 ? [] : b.shape.toSpliced(-2, 1)
        const split = a.shape.length - 1
        expectClose(
          dot(tensor(a), tensor(b)),
          tabulate([...a.shape.slice(0, -1), ...rest], (index) => {
            const right = index.slice(split)
            const place = Math.max(right.length - 1, 0)
            return sum(
              upTo(depth).map((k) => at(a, [...index.slice(0, split), k]) * at(b, right.toSpliced(place, 0, k)))
            )
          })
        )
      })
    )
  })

  it("dot with a scalar multiplies", () => {
    fc.assert(fc.property(plain([2, 2]), (x) => {
      const twice = { ...x, data: x.data.map((v) => 2 * v) }
      expectClose(dot(2, tensor(x)), twice)
      expectClose(dot(tensor(x), tensor({ shape: [], data: [2] })), twice)
    }))
  })

  it("outer has all products", () => {
    fc.assert(fc.property(fc.tuple(dims(2), dims(2)).chain(([a, b]) => pair(a, b)), ([a, b]) =>
      expectClose(
        outer(tensor(a), tensor(b)),
        tabulate([a.data.length, b.data.length], ([i, j]) => a.data[i!]! * b.data[j!]!)
      )))
  })

  it("tensordot with a number sums over the last axes and the first", () => {
    fc.assert(
      fc.property(
        fc.tuple(dims(2), dims(2), dims(2)).chain(([f, k, g]) =>
          fc.tuple(pair([...f, ...k], [...k, ...g]), fc.constant(k))
        ),
        ([[a, b], k]) => {
          const split = a.shape.length - k.length
          const shape = [...a.shape.slice(0, split), ...b.shape.slice(k.length)]
          expectClose(
            tensordot(tensor(a), tensor(b), k.length),
            tabulate(shape, (index) => {
              const terms = tabulate(
                k,
                (inner) => at(a, [...index.slice(0, split), ...inner]) * at(b, [...inner, ...index.slice(split)])
              )
              return sum(terms.data)
            })
          )
        }
      )
    )
  })

  it("tensordot with lists sums over pairs of axes, in any order and from either end", () => {
    fc.assert(fc.property(pair([2, 3, 2], [2, 1, 3]), ([a, b]) => {
      const expected = tabulate(
        [2, 1],
        ([i, j]) => sum(tabulate([3, 2], ([k, l]) => at(a, [i!, k!, l!]) * at(b, [l!, j!, k!])).data)
      )
      expectClose(tensordot(tensor(a), tensor(b), [[1, 2], [2, 0]]), expected)
      expectClose(tensordot(tensor(a), tensor(b), [[-1, 1], [0, -1]]), expected)
    }))
  })
})

describe("dtypes", () => {
  it("float32 stays, and joins with float64", () => {
    const [a, b] = [tensor({ shape: [2], data: [0.1, 0.2] }, "float32"), tensor({ shape: [2], data: [3, 4] })]
    expect(valuesOf(matmul(a, a)).dtype).toBe("float32")
    expect(valuesOf(matmul(a, b)).dtype).toBe("float64")
    // the sum is rounded to float32 once
    expect(valuesOf(dot(a, a)).data).toEqual([Math.fround(Math.fround(0.1) ** 2 + Math.fround(0.2) ** 2)])
  })

  it("int32 is exact, and wraps around", () => {
    fc.assert(fc.property(pair([2, 3], [3, 2], integers), ([a, b]) => {
      expectClose(matmul(tensor(a, "int32"), tensor(b, "int32")), product(a, b))
    }))
    const x = tensor({ shape: [2], data: [2 ** 31 - 1, 5] }, "int32")
    // (2³¹ − 1)² + 25 = 2⁶² − 2³² + 26
    expect(valuesOf(dot(x, x))).toEqual({ shape: [], dtype: "int32", data: [26] })
  })

  it("others are refused", () => {
    const truth: Tensor = tensor({ shape: [2], data: [1, 0] }, "bool")
    const whole: Tensor = tensor({ shape: [2], data: [1, 0] }, "int32")
    expect(failureOf(dot(truth, truth)))
      .toEqual(["DTypeError", "dot requires float64 or float32 or int32, got bool[2]; use cast"])
    expect(failureOf(matmul(whole, tensor({ shape: [2], data: [1, 0] }))))
      .toEqual(["DTypeError", "matmul requires operands of one dtype, got int32 and float64; use cast"])
  })
})

describe("errors", () => {
  const ones = (...shape: ReadonlyArray<number>): Tensor => Tensor.ones(shape)

  it("matmul", () => {
    expect(failureOf(matmul(ones(2, 3), ones(2, 3))))
      .toEqual(["ShapeError", "matmul requires the inner axis to have one size, got 3 and 2 in [2, 3] and [2, 3]"])
    expect(failureOf(matmul(ones(2, 2, 3), ones(3, 3, 2))))
      .toEqual(["ShapeError", "matmul requires batch axis -1 to have one size, got 2 and 3 in [2, 2, 3] and [3, 3, 2]"])
    expect(failureOf(matmul(ones(), ones(3))))
      .toEqual(["ShapeError", "matmul requires operands with at least one axis, got [] and [3]; use mul"])
  })

  it("dot", () => {
    expect(failureOf(dot(ones(2, 3), ones(2, 3))))
      .toEqual(["ShapeError", "dot requires axes of equal sizes to sum over, got axes [1] of [2, 3] and [0] of [2, 3]"])
  })

  it("tensordot", () => {
    expect(failureOf(tensordot(ones(2, 3), ones(2, 3), [[0], [1]])))
      .toEqual([
        "ShapeError",
        "tensordot requires axes of equal sizes to sum over, got axes [0] of [2, 3] and [1] of [2, 3]"
      ])
    expect(failureOf(tensordot(ones(2, 3), ones(2, 3), 3)))
      .toEqual(["AxisError", "tensordot requires a number of axes from 0 to 2 for shapes [2, 3] and [2, 3], got 3"])
    expect(failureOf(tensordot(ones(2, 3), ones(2, 3), [[2], [0]])))
      .toEqual(["AxisError", "tensordot requires an axis from -2 to 1, got 2 for shape [2, 3]"])
    expect(failureOf(tensordot(ones(2, 2), ones(2, 2), [[0, -2], [0, 1]])))
      .toEqual(["AxisError", "tensordot requires distinct axes, got [0, -2] for shape [2, 2]"])
  })
})

describe("derivatives", () => {
  it("of a quadratic form: (A + Aᵀ)·x", () => {
    fc.assert(fc.property(pair([3, 3], [3], integers), ([a, x]) => {
      const f = (x: Tensor<[3]>) => dot(x, matmul(tensor(a) as Tensor<[3, 3]>, x))
      const expected = tabulate([3], ([i]) => sum(upTo(3).map((j) => (at(a, [i!, j]) + at(a, [j, i!])) * x.data[j]!)))
      expectClose(grad(f)(tensor(x)), expected)
    }))
  })

  const coefficients = Tensor.make([[1, 2], [Infinity, NaN], [3, 4]])
  const rows = tensor({ shape: [3], data: [1, 0, 1] }, "bool") as Tensor<[3], "bool">

  it("a coefficient that meets masked rows alone has no influence backwards", () => {
    const f = (x: Tensor<[2]>) => sumOp(mask(matmul(coefficients, x), rows))
    expectClose(grad(f)(Tensor.make([1, 1])), { shape: [2], data: [4, 6] })
  })

  it("nor forwards", () => {
    const f = (x: Tensor<[3]>) => matmul(mask(x, rows), coefficients)
    const ones = Tensor.make([1, 1, 1])
    const tangent = Effect.map(jvp(f, [ones], [ones]), ([, tangent]) => tangent)
    expectClose(tangent, { shape: [2], data: [4, 6] })
  })
})

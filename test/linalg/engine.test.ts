/**
 * Compiled, the loops are those of the reference, and so are the numbers, to the last bit.
 */
import type { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { grad, jit, Linalg, square, sum, Tensor } from "wengert"
import { untyped } from "../grad/support/run.ts"
import { dataOf, flipped, plus, random, randomMatrix, run, times, type X } from "./support/matrices.ts"

type Program = (...xs: ReadonlyArray<X>) => Effect.Effect<X | { readonly [part: string]: X }, any>

const partsOf = (result: X | { readonly [part: string]: X }): ReadonlyArray<Float64Array> =>
  "dtype" in result
    ? [dataOf(result as X)]
    : Object.entries(result).toSorted(([a], [b]) => a < b ? -1 : 1).map(([, x]) => dataOf(x))

const programs: { readonly [name: string]: Program } = {
  cholesky: (a) => Linalg.cholesky(a),
  lu: (a) => untyped(Linalg.lu(a)),
  solve: (a, b) => Linalg.solve(a, b),
  // the derivative with respect to b solves for the transpose
  "solve, transposed": (a, b) => untyped(grad((b: X) => sum(square(Linalg.solve(a, b))))(b)),
  "triangularSolve, lower": (a, b) => Linalg.triangularSolve(a, b, { lower: true }),
  "triangularSolve, upper": (a, b) => Linalg.triangularSolve(a, b),
  "triangularSolve, transposed": (a, b) => Linalg.triangularSolve(a, b, { lower: true, transposed: true }),
  "triangularSolve, ones": (a, b) => Linalg.triangularSolve(a, b, { transposed: true, unitDiagonal: true })
}

const definite = (n: number): X => {
  const a = randomMatrix(n, n, n)
  return plus(times(a, flipped(a)), Tensor.eye(n))
}

const batch = (dtype: "float64" | "float32"): X => {
  const next = random(9)
  const data = Array.from({ length: 45 }, (_, at) => next() + (at % 9 % 4 === 0 ? 4 : 0))
  return untyped(Tensor.make(data, { shape: [5, 3, 3], dtype }))
}

describe.each(Object.entries(programs))("%s", (_, f) => {
  const compiled = jit(f)

  it.each([1, 2, 3, 7, 40])("of %i rows", (n) => {
    const args = [definite(n), randomMatrix(n, n === 7 ? 1 : n, 4)]
    expect(partsOf(run(compiled(...args)))).toEqual(partsOf(run(f(...args))))
  })

  it.each(["float64", "float32"] as const)("of several matrices in %s", (dtype) => {
    const args = [batch(dtype), untyped<X>(Tensor.ones([5, 3, 2], dtype))]
    expect(partsOf(run(compiled(...args)))).toEqual(partsOf(run(f(...args))))
  })

  it("of nothing", () => {
    const args: ReadonlyArray<X> = [Tensor.zeros([2, 0, 0]), Tensor.zeros([2, 0, 3])]
    expect(partsOf(run(compiled(...args)))).toEqual(partsOf(run(f(...args))))
  })
})

it("rows are exchanged alike, and singular matrices are found", () => {
  const a: X = Tensor.make([[[0, 2, 1], [1, 0, 0], [3, 0, 1]], [[1, 2, 3], [2, 4, 6], [1, 0, 1]], [[NaN, 1, 1], [
    1,
    2,
    1
  ], [1, 1, 1]]])
  const b: X = Tensor.ones([3, 3, 1])
  for (const name of ["lu", "solve"] as const) {
    expect(partsOf(run(jit(programs[name]!)(a, b)))).toEqual(partsOf(run(programs[name]!(a, b))))
  }
})

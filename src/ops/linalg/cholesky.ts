/**
 * The Cholesky decomposition.
 */
import * as Effect from "effect/Effect"
import { operation } from "../../core/operation.ts"
import type { Primitive } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { mul, where } from "../algebra.ts"
import { tril } from "../movement/diagonals.ts"
import { decomposition, flipped, matricesOf, onDiagonal, partsOf, product, symmetrized } from "./matrix.ts"
import { solveTriangular } from "./solvers.ts"

/** L, row by row (Golub and Van Loan 2013, section 4.2); NaN where the matrix is not positive definite. */
const factorOf = (a: Float64Array, n: number): Float64Array => {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * n + j]!
      for (let k = 0; k < j; k++) rest -= a[i * n + k]! * a[j * n + k]!
      if (i > j) a[i * n + j] = rest / a[j * n + j]!
      else if (rest > 0 && rest < Infinity) a[i * n + i] = Math.sqrt(rest)
      else return a.fill(NaN)
    }
    a.fill(0, i * n + i + 1, (i + 1) * n)
  }
  return a
}

/** L of symmetric matrices, of which it reads the lower triangle. */
export const choleskyPrimitive: Primitive<"cholesky", {}, 1, 1> = decomposition("cholesky", {
  kind: "square matrices",
  results: (n, _, dtype) => [{ shape: [n, n], dtype }],
  of: (a, n) => [factorOf(a, n)],
  // dL = L·Φ(L⁻¹·dA·L⁻ᵀ), where Φ keeps the lower triangle and half of the diagonal (Giles 2008, section 3.2.1; Murray 2016)
  jvp: ({ outputs: [l], tangents: [da] }) =>
    Effect.gen(function*() {
      const lower = { lower: true, transposed: false, unit: false }
      const left = yield* solveTriangular(l, da, lower)
      const both = yield* solveTriangular(l, yield* flipped(left), lower)
      const half: Tensor = yield* where(onDiagonal(l.shape.at(-1)!), mul(both, 0.5), tril(both))
      return [yield* product(l, half)]
    })
})

/**
 * The lower triangular L with A = L·Lᵀ, for symmetric positive definite A.
 *
 * Floats; matrices lie along the last two axes. It is made of (A + Aᵀ)/2, so that derivatives are symmetric. L is NaN, all of it, where A is not
 * positive definite, for which NumPy raises. Fails with `ShapeError` unless matrices are square, and with `DTypeError`.
 * Sources: Golub and Van Loan, "Matrix Computations", 4th ed., section 4.2; derivative: Giles, "Collected matrix
 * derivative results", 2008; Murray, arXiv:1602.07527.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Linalg.cholesky(Tensor.make([[4, 2], [2, 10]]))))
 * // => tensor([[2., 0.],
 * // =>         [1., 3.]], float64)
 * ```
 */
export const cholesky: Typed.SquareMap<"Linalg.cholesky"> = signed((a: Operand) =>
  operation("Linalg.cholesky", [a], ([a], { op }) =>
    symmetrized(matricesOf(op, a, "square matrices")).pipe(
      Effect.flatMap((x) => partsOf(choleskyPrimitive, x)),
      Effect.map(([l]) => l)
    ))
)

/**
 * The QR decomposition.
 */
import * as Effect from "effect/Effect"
import { operation } from "../../core/operation.ts"
import type { OpEffect, Primitive } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { plus, sub } from "../algebra.ts"
import { tril } from "../movement/diagonals.ts"
import { concatAll, sliceAxis } from "../movement/parts.ts"
import { orthogonalize } from "./arithmetic/householder.ts"
import { adjointProduct, decomposition, flipped, matricesOf, partsOf, product, sidesOf } from "./matrix.ts"
import { solveTriangular } from "./solvers.ts"

/** Q with orthonormal columns, and R. */
export const qrPrimitive: Primitive<"qr", {}, 1, 2> = decomposition("qr", {
  kind: "matrices with at least as many rows as columns",
  results: (rows, columns, dtype) => [{ shape: [rows, columns], dtype }, { shape: [columns, columns], dtype }],
  of: (a, rows, columns) => {
    const { q, r } = orthogonalize(a, rows, columns)
    return [q, r]
  },
  // with X = dA·R⁻¹ and M = Qᵀ·X, Ω = tril(M, −1) − tril(M, −1)ᵀ: dQ = X − Q·(M − Ω), dR = (M − Ω)·R (Walter and Lehmann 2010)
  jvp: ({ outputs: [q, r], tangents: [da] }) =>
    Effect.gen(function*() {
      const upper = { lower: false, transposed: true, unit: false }
      const x = yield* flipped(yield* solveTriangular(r, yield* flipped(da), upper))
      const m = yield* adjointProduct(q, x)
      const below = yield* tril(m, -1)
      const rest: Tensor = yield* plus(yield* sub(m, below), yield* flipped(below))
      return [yield* sub(x, yield* product(q, rest)), yield* product(rest, r)]
    })
})

/** Q and R of matrices that may be wide: Q is that of their first columns. */
const factorsOf = (x: Tensor): OpEffect<{ readonly q: Tensor; readonly r: Tensor }> =>
  Effect.gen(function*() {
    const [rows, columns] = sidesOf(x)
    const axis = x.shape.length - 1
    const [q, r] = yield* partsOf(qrPrimitive, yield* sliceAxis(x, axis, 0, Math.min(rows, columns)))
    if (columns <= rows) return { q: q!, r: r! }
    const others = yield* adjointProduct(q!, yield* sliceAxis(x, axis, rows, columns))
    return { q: q!, r: yield* concatAll([r!, others], axis) }
  })

/**
 * `{ q, r }` with A = Q·R: the columns of Q orthonormal, R upper triangular, by reflections; the reduced decomposition, which is NumPy's default,
 * with the signs of LAPACK.
 *
 * Floats; for matrices of m rows and n columns along the last two axes, k = min(m, n): Q is m by k, R is k by n. NaN, all of them, where a matrix is not finite. Derivatives
 * are NaN where the first k columns are not independent. Fails with `ShapeError` for less than two axes. Sources: Golub and Van
 * Loan, "Matrix Computations", 4th ed., section 5.2; derivative: Walter and Lehmann, arXiv:1009.6112.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * const { q, r } = Effect.runSync(Linalg.qr(Tensor.make([[3, 1], [4, 2]])))
 * console.log(r)
 * // => tensor([[-5. , -2.2],
 * // =>         [ 0. ,  0.4]], float64)
 * console.log(q)
 * // => tensor([[-0.6, -0.8],
 * // =>         [-0.8,  0.6]], float64)
 * ```
 */
export const qr: Typed.Qr = signed((a: Operand) =>
  operation("Linalg.qr", [a], ([a], { op }) => factorsOf(matricesOf(op, a)))
)

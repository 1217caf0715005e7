/**
 * The LU decomposition, and the determinant that follows from it.
 */
import * as Effect from "effect/Effect"
import { operation } from "../../core/operation.ts"
import type { OpEffect, Primitive } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { Zero } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { plus, where } from "../algebra.ts"
import { takeAlong } from "../indexing/picking.ts"
import { tril, triu } from "../movement/diagonals.ts"
import { eliminate } from "./arithmetic/elimination.ts"
import { asColumn, decomposition, flipped, matricesOf, onDiagonal, partsOf, product } from "./matrix.ts"
import { solveTriangular } from "./solvers.ts"

/** L below the diagonal with U on and above it, the order of rows, and the sign of the permutation. */
export const luPrimitive: Primitive<"lu", {}, 1, 3> = decomposition("lu", {
  kind: "square matrices",
  results: (n, _, dtype) => [{ shape: [n, n], dtype }, { shape: [n], dtype: "int32" }, { shape: [], dtype }],
  of: (a, n) => {
    const { order, sign } = eliminate(a, n)
    return [a, order, [sign]]
  },
  // M = L⁻¹·dA[p]·U⁻¹: dL = L·tril(M, −1), dU = triu(M)·U (Giles 2008; de Hoog, Anderssen and Lukas 2011)
  jvp: ({ outputs: [packed, order, sign], tangents: [da] }) =>
    Effect.gen(function*() {
      const moved = yield* takeAlong("lu", da, yield* asColumn(order), -2)
      const left = yield* solveTriangular(packed, moved, { lower: true, transposed: false, unit: true })
      // M·U = left
      const right = yield* solveTriangular(packed, yield* flipped(left), {
        lower: false,
        transposed: true,
        unit: false
      })
      const m = yield* flipped(right)
      const dl = yield* product(yield* lowerOf(packed), yield* tril(m, -1))
      const du = yield* product(yield* triu(m), yield* triu(packed))
      return [yield* plus(dl, du), new Zero(order), new Zero(sign)]
    })
})

/** L, of what has both factors. */
const lowerOf = (packed: Tensor): OpEffect<Tensor> =>
  Effect.flatMap(tril(packed, -1), (below: Tensor) => where(onDiagonal(packed.shape.at(-1)!), 1, below))

/**
 * `{ permutation, l, u }` with A[permutation] = L·U: L lower triangular with ones on the diagonal, U upper triangular, rows exchanged so that no
 * element of L is larger than 1.
 *
 * Floats; square matrices lie along the last two axes; the permutation is int32, and has no derivative. A singular matrix has factors too, but their
 * derivatives are NaN. Fails with `ShapeError` unless matrices are square. Sources: Golub and Van Loan, "Matrix
 * Computations", 4th ed., section 3.4; derivative: de Hoog, Anderssen and Lukas, "Differentiation of matrix functionals using triangular
 * factorization", Math. Comp. 80 (2011) 1585.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * const { l, permutation, u } = Effect.runSync(Linalg.lu(Tensor.make([[1, 4], [2, 2]])))
 * console.log(permutation) // => tensor([1, 0], int32)
 * console.log(l)
 * // => tensor([[1. , 0. ],
 * // =>         [0.5, 1. ]], float64)
 * console.log(u)
 * // => tensor([[2., 2.],
 * // =>         [0., 3.]], float64)
 * ```
 */
export const lu: Typed.Lu = signed((a: Operand) =>
  operation(
    "Linalg.lu",
    [a],
    ([a], { op }) =>
      Effect.flatMap(partsOf(luPrimitive, matricesOf(op, a, "square matrices")), ([packed, permutation]) =>
        Effect.map(Effect.all([lowerOf(packed!), triu(packed!)]), ([l, u]) => ({ permutation, l, u })))
  )
)

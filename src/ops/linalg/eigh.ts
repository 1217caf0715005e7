/**
 * Eigenvalues and eigenvectors of symmetric matrices.
 */
import * as Effect from "effect/Effect"
import { operation, type Taken } from "../../core/operation.ts"
import type { OpEffect, Primitive } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { div, mul, sub, where } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { less } from "../elementwise/comparison.ts"
import { abs } from "../elementwise/unary.ts"
import { symmetricEigen } from "./arithmetic/symmetric.ts"
import {
  adjointProduct,
  asColumn,
  asRow,
  decomposition,
  epsilonOf,
  largestOf,
  matricesOf,
  onDiagonal,
  partsOf,
  product,
  symmetrized
} from "./matrix.ts"
import { spectralDiagonal } from "./spectral.ts"

/**
 * 1/d for differences or sums d of the spectra of n×n matrices, with 0 on the diagonal. Where d is less than the error of these numbers, of which the
 * largest are `size`, what is divided by it has no derivative: NaN.
 */
export const reciprocals = (d: Tensor, size: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const n = d.shape.at(-1)!
    const least: Tensor = yield* mul(size, n * epsilonOf(d.dtype))
    const apart: Tensor = yield* less(asColumn(yield* asColumn(least)), abs(d))
    const one = yield* castTo(apart, d.dtype)
    const known: Tensor = yield* where(apart, d, 0)
    // 0/0 where they coincide
    return yield* where(onDiagonal(n), 0, div(one, known))
  })

/** Eigenvalues, ascending, and eigenvectors, as columns, of symmetric matrices. */
export const eighPrimitive: Primitive<"eigh", {}, 1, 2> = decomposition("eigh", {
  kind: "square matrices",
  results: (n, _, dtype) => [{ shape: [n], dtype }, { shape: [n, n], dtype }],
  of: (a, n) => {
    const { values, vectors } = symmetricEigen(a, n)
    return [values, vectors]
  },
  // with P = Vᵀ·dA·V: dw = diag P, dV = V·(F∘P), where F = 1/(wⱼ − wᵢ) beside the diagonal (Giles 2008, section 3.1)
  jvp: ({ outputs: [w, v], primals: [a], tangents: [da] }) =>
    Effect.gen(function*() {
      const moved = yield* product(da, v)
      const dw = yield* spectralDiagonal({ a, s: w, u: v, v, symmetric: true }, da)
      const gaps: Tensor = yield* sub(asRow(w), asColumn(w))
      const f = yield* reciprocals(gaps, yield* largestOf(yield* abs(w)))
      const turn: Tensor = yield* mul(f, yield* adjointProduct(v, moved))
      return [dw, yield* product(v, turn)]
    })
})

const eigenOf = (op: string, a: Taken): OpEffect<ReadonlyArray<Tensor>> =>
  Effect.flatMap(symmetrized(matricesOf(op, a, "square matrices")), (x) => partsOf(eighPrimitive, x))

/**
 * `{ eigenvalues, eigenvectors }` of symmetric matrices: eigenvalues ascending, eigenvectors as columns, A·V = V·diag(w).
 *
 * Floats; square matrices lie along the last two axes. It takes (A + Aᵀ)/2. Both are NaN where a matrix is not finite. An eigenvector is known up to its sign, and
 * has a derivative where its eigenvalue is simple: where two of them differ by less than n·ε times the largest, the derivative of what tells them
 * apart is NaN. Fails with `ShapeError` unless matrices are square. Sources: Golub and Van Loan, "Matrix Computations", 4th ed., section
 * 8.3; derivative: Giles, "Collected matrix derivative results", 2008, section 3.1.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { abs, Linalg, Tensor } from "wengert"
 *
 * const { eigenvalues, eigenvectors } = Effect.runSync(Linalg.eigh(Tensor.make([[3, 0], [0, 1]])))
 * console.log(eigenvalues) // => tensor([1., 3.], float64)
 * console.log(Effect.runSync(abs(eigenvectors)))
 * // => tensor([[0., 1.],
 * // =>         [1., 0.]], float64)
 * ```
 */
export const eigh: Typed.Eigh = signed((a: Operand) =>
  operation(
    "Linalg.eigh",
    [a],
    ([a], { op }) => Effect.map(eigenOf(op, a), ([eigenvalues, eigenvectors]) => ({ eigenvalues, eigenvectors }))
  )
)

/**
 * The eigenvalues of symmetric matrices, ascending. It takes (A + Aᵀ)/2.
 *
 * The gradient and the Hessian (`hessian`, `hvp`, `grad` of `grad`) of a symmetric function of them are right also where eigenvalues coincide; of another
 * function its Hessian is NaN there, and so is what is not in one list: forward over forward mode, orders from 3 on, a `jit` inside. Source: Lewis and
 * Sendov, SIAM J. Matrix Anal. Appl. 23 (2001) 368.
 * Everything else is as for `eigh`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, Linalg, sum, square, Tensor } from "wengert"
 *
 * const f = (a: Tensor<[2, 2]>) => sum(square(Linalg.eigvalsh(a)))
 * console.log(Effect.runSync(grad(f)(Tensor.eye(2))))
 * // => tensor([[2., 0.],
 * // =>         [0., 2.]], float64)
 * ```
 */
export const eigvalsh: Typed.Spectrum<"Linalg.eigvalsh"> = signed((a: Operand) =>
  operation("Linalg.eigvalsh", [a], ([a], { op }) => Effect.map(eigenOf(op, a), ([w]) => w))
)

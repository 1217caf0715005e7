/**
 * The singular value decomposition, and what follows from it.
 */
import * as Effect from "effect/Effect"
import { operation } from "../../core/operation.ts"
import type { OpEffect, Primitive } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, div, mul, plus, sub } from "../algebra.ts"
import { singularValues } from "./arithmetic/singular.ts"
import { reciprocals } from "./eigh.ts"
import {
  adjointProduct,
  asColumn,
  asRow,
  decomposition,
  flipped,
  largestOf,
  matricesOf,
  partsOf,
  product,
  sidesOf
} from "./matrix.ts"
import { nonZero, spectralDiagonal } from "./spectral.ts"

/** U, singular values, descending, and V, of matrices with at least as many rows as columns. */
export const svdPrimitive: Primitive<"svd", {}, 1, 3> = decomposition("svd", {
  kind: "matrices with at least as many rows as columns",
  results: (rows, n, dtype) => [{ shape: [rows, n], dtype }, { shape: [n], dtype }, { shape: [n, n], dtype }],
  of: (a, rows, n) => {
    const { s, u, v } = singularValues(a, rows, n)
    return [u, s, v]
  },
  // With P = Uᵀ·dA·V, and Ω the skew part of Uᵀ·dU or Vᵀ·dV, the sum of these is (P + Pᵀ)/(sⱼ − sᵢ) and their difference
  // (P − Pᵀ)/(sⱼ + sᵢ); beside its own columns U moves by (1 − U·Uᵀ)·dA·V/s (Giles 2008, section 3.2; Townsend 2016)
  jvp: ({ outputs: [u, s, v], primals: [a], tangents: [da] }) =>
    Effect.gen(function*() {
      const moved = yield* product(da, v)
      const p = yield* adjointProduct(u, moved)
      const pt = yield* flipped(p)
      const size = yield* largestOf(s)
      const [row, column] = [yield* asRow(s), yield* asColumn(s)]
      const even: Tensor = yield* mul(reciprocals(yield* sub(row, column), size), plus(p, pt))
      const odd: Tensor = yield* mul(reciprocals(yield* add(row, column), size), sub(p, pt))
      const turnU: Tensor = yield* mul(yield* plus(even, odd) as OpEffect<Tensor>, 0.5)
      const turnV: Tensor = yield* mul(yield* sub(even, odd) as OpEffect<Tensor>, 0.5)
      const ds = yield* spectralDiagonal({ a, s, u, v, symmetric: false }, da)
      const inside = yield* product(u, turnU)
      const du = sidesOf(u)[0] === sidesOf(u)[1] ? inside : yield* plus(inside, yield* outside(u, s, p, moved))
      return [du, ds, yield* product(v, turnV)]
    })
})

/** (1 − U·Uᵀ)·dA·V/s, from Uᵀ·dA·V and dA·V. Where s is 0, it has none. */
export const outside = (u: Tensor, s: Tensor, p: Tensor, moved: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const rest: Tensor = yield* sub(moved, yield* product(u, p))
    return yield* div(rest, yield* asRow(yield* nonZero(s))) as OpEffect<Tensor>
  })

/** U, s and V of matrices that may be wide, whose transposes are tall. */
export const singularOf = (
  x: Tensor
): OpEffect<{ readonly u: Tensor; readonly s: Tensor; readonly v: Tensor }> =>
  Effect.gen(function*() {
    const [rows, columns] = sidesOf(x)
    const [u, s, v] = yield* partsOf(svdPrimitive, rows < columns ? yield* flipped(x) : x)
    return rows < columns ? { u: v!, s: s!, v: u! } : { u: u!, s: s!, v: v! }
  })

/**
 * `{ u, s, vt }` with A = U·diag(s)·Vᵀ: singular values descending, columns of U and rows of Vᵀ orthonormal. It is the thin decomposition, NumPy's with
 * `full_matrices=False`: the columns that a full one has besides have no derivative.
 *
 * Floats; for matrices of m rows and n columns along the last two axes, k = min(m, n): U is m by k, Vᵀ is k by n. NaN, all of them, where a matrix is not finite, for which NumPy
 * raises. Vectors are known up to sign, and have a derivative where their singular value is simple and not 0; elsewhere it is NaN. A singular value
 * that is 0, to rounding, has derivative 0, the shortest subgradient. Of a symmetric function of singular values the Hessian is right also where they
 * coincide or are 0 (see `eigvalsh`). Fails with `ShapeError` for less than two axes. Sources: Demmel and Veselić, SIAM J. Matrix Anal.
 * Appl. 13 (1992) 1204; derivative: Giles, "Collected matrix derivative results", 2008; Townsend, "Differentiating the singular value
 * decomposition", 2016; Seeger et al., arXiv:1710.08717.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * const { s } = Effect.runSync(Linalg.svd(Tensor.make([[0, 2], [-3, 0], [0, 0]])))
 * console.log(s) // => tensor([3., 2.], float64)
 * ```
 */
export const svd: Typed.Svd = signed((a: Operand) =>
  operation(
    "Linalg.svd",
    [a],
    ([a], { op }) =>
      Effect.flatMap(singularOf(matricesOf(op, a)), ({ s, u, v }) => Effect.map(flipped(v), (vt) => ({ u, s, vt })))
  )
)

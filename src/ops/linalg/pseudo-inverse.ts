/**
 * The pseudo-inverse, and what is solved by it.
 */
import * as Effect from "effect/Effect"
import { ArgumentError, describe } from "../../core/errors.ts"
import { operation } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, div, mul, sub, where } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { greater } from "../elementwise/comparison.ts"
import { sumOver } from "../movement/layout.ts"
import {
  asColumn,
  derived,
  epsilonOf,
  flipped,
  largestOf,
  matricesOf,
  product,
  scaleColumns,
  sidesOf
} from "./matrix.ts"
import { system } from "./solvers.ts"
import { singularOf } from "./svd.ts"

/** Singular values above this part of the largest count: by default max(m, n)·ε, as in NumPy's `matrix_rank`. */
const toleranceOf = (op: string, x: Tensor, options: Typed.RankOptions | undefined): number => {
  const { rtol = Math.max(...sidesOf(x)) * epsilonOf(x.dtype) } = checkOptions(op, options, { rtol: "number" })
  if (rtol >= 0) return rtol
  throw new ArgumentError({ op, message: `${op} requires a number from 0 on as rtol, got ${describe(rtol)}` })
}

/** Which singular values count. */
export const significant = (s: Tensor, rtol: number): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const least: Tensor = yield* mul(yield* largestOf(s), rtol)
    return yield* greater(s, yield* asColumn(least)) as OpEffect<Tensor>
  })

/** A⁺, with the derivative that it has as long as the rank stays (Golub and Pereyra 1973, theorem 4.3). */
const pseudoInverse = (rtol: number): (x: Tensor) => OpEffect<Tensor> => {
  const self = derived(
    (x) =>
      Effect.gen(function*() {
        const { s, u, v } = yield* singularOf(x)
        const counts = yield* significant(s, rtol)
        const known: Tensor = yield* where(counts, s, 1)
        const inverted: Tensor = yield* where(counts, div(1, known), mul(s, 0))
        return yield* product(yield* scaleColumns(v, inverted), yield* flipped(u))
      }),
    // dA⁺ = −A⁺·dA·A⁺ + A⁺·A⁺ᵀ·dAᵀ·(1 − A·A⁺) + (1 − A⁺·A)·dAᵀ·A⁺ᵀ·A⁺
    (x, dx) =>
      Effect.gen(function*() {
        const p = yield* self(x)
        const [pt, dxt] = [yield* flipped(p), yield* flipped(dx)]
        const moved = yield* product(yield* product(p, dx), p)
        const left = yield* product(yield* product(p, pt), dxt)
        const right = yield* product(dxt, yield* product(pt, p))
        const besides: Tensor = yield* sub(left, yield* product(yield* product(left, x), p))
        const beyond: Tensor = yield* sub(right, yield* product(p, yield* product(x, right)))
        return yield* sub(yield* add(besides, beyond) as OpEffect<Tensor>, moved) as OpEffect<Tensor>
      })
  )
  return self
}

/**
 * The pseudo-inverse of Moore and Penrose, of matrices of any rank: singular values of at most `rtol` times the largest, max(m, n)·ε by default,
 * count as 0.
 *
 * Floats; matrices of m rows and n columns along the last two axes give n rows and m columns. NaN, all of it, where a matrix is not finite. Its derivative is that along matrices of
 * the same rank, also where singular values coincide. Fails with `ShapeError` for less than two axes, and with `ArgumentError` for an `rtol`
 * that is not a number from 0 on. Sources: Golub and Van Loan, "Matrix Computations", 4th ed., section 5.5.2; derivative: Golub and Pereyra, SIAM
 * J. Numer. Anal. 10 (1973) 413.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Linalg.pinv(Tensor.make([[2, 0], [0, 0]]))))
 * // => tensor([[0.5, 0. ],
 * // =>         [0. , 0. ]], float64)
 * ```
 */
export const pinv: Typed.Pinv = signed((a: Operand, options?: Typed.RankOptions) =>
  operation("Linalg.pinv", [a], ([a], { op }) => {
    const x = matricesOf(op, a)
    return pseudoInverse(toleranceOf(op, x, options))(x)
  })
)

/**
 * The X for which ‖A·X − B‖ is least, and of those the shortest: A⁺·B, for matrices of any shape and rank. Options are those of `pinv`.
 *
 * Floats, which join; matrices lie along the last two axes, those before broadcast, and B may be a vector. The residual is one product away, and `matrixRank` tells
 * the rank. Everything else is as for `pinv`; fails with `ShapeError` unless A has as many rows as B.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * // the line through (0, 1), (1, 3), (2, 5)
 * const a = Tensor.make([[1, 0], [1, 1], [1, 2]])
 * console.log(Effect.runSync(Linalg.lstsq(a, Tensor.make([1, 3, 5])))) // => tensor([1., 2.], float64)
 * ```
 */
export const lstsq: Typed.Lstsq = signed((a: Operand, b: Operand, options?: Typed.RankOptions) =>
  operation("Linalg.lstsq", [a, b], (operands, { op }) => {
    const rtol = toleranceOf(op, matricesOf(op, operands[0]), options)
    return system(op, operands, "matrices", (x, y) => Effect.flatMap(pseudoInverse(rtol)(x), (p) => product(p, y)))
  })
)

/**
 * The number of singular values above `rtol` times the largest, max(m, n)·ε by default.
 *
 * Floats; matrices lie along the last two axes, which go away; the result is int32. It is a step: no path leads through it. Of a matrix that is not finite it is 0. Fails with
 * `ShapeError` for less than two axes, and with `ArgumentError` for an `rtol` that is not a number from 0 on.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Linalg.matrixRank(Tensor.make([[1, 2], [2, 4]])))) // => tensor(1, int32)
 * ```
 */
export const matrixRank: Typed.MatrixRank = signed((a: Operand, options?: Typed.RankOptions) =>
  operation("Linalg.matrixRank", [a], ([a], { op }) => {
    const x = matricesOf(op, a)
    const rtol = toleranceOf(op, x, options)
    return singularOf(x).pipe(
      Effect.flatMap(({ s }) => significant(s, rtol)),
      Effect.flatMap((counts) => castTo(counts, "int32")),
      Effect.flatMap((counts) => sumOver(counts, [counts.shape.length - 1]))
    )
  })
)

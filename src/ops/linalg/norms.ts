/**
 * Norms of matrices.
 */
import * as Effect from "effect/Effect"
import { operation } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, mul, plus, sub, where } from "../algebra.ts"
import { abs } from "../elementwise/unary.ts"
import { sumOver } from "../movement/layout.ts"
import { max, min } from "../reduction/extremum.ts"
import { normOver } from "../reduction/norm.ts"
import { reciprocals } from "./eigh.ts"
import {
  adjointProduct,
  asColumn,
  asRow,
  derived,
  epsilonOf,
  flipped,
  largestOf,
  matricesOf,
  product,
  sidesOf
} from "./matrix.ts"
import { significant } from "./pseudo-inverse.ts"
import { outside, singularOf } from "./svd.ts"

/**
 * U·Vᵀ over the singular values that are not 0: the gradient of their sum, and of its subgradients the shortest. It depends on no choice of U and V, so that its
 * derivative is right where singular values coincide: with P = Uᵀ·dA·V the skew part is (P − Pᵀ)/(sᵢ + sⱼ). Tall matrices.
 */
const polar: (x: Tensor) => OpEffect<Tensor> = derived(
  (x) =>
    Effect.gen(function*() {
      const { s, u, v } = yield* singularOf(x)
      const counts = yield* significant(s, sidesOf(x)[0] * epsilonOf(x.dtype))
      const used: Tensor = yield* where(yield* asRow(counts), u, mul(u, 0))
      return yield* product(used, yield* flipped(v))
    }),
  (x, dx) =>
    Effect.gen(function*() {
      const { s, u, v } = yield* singularOf(x)
      const moved = yield* product(dx, v)
      const p = yield* adjointProduct(u, moved)
      const sums: Tensor = yield* add(asRow(s), asColumn(s))
      const turn: Tensor = yield* mul(reciprocals(sums, yield* largestOf(s)), sub(p, yield* flipped(p)))
      const inside = yield* product(u, turn)
      const [rows, columns] = sidesOf(x)
      const dq = rows === columns ? inside : yield* plus(inside, yield* outside(u, s, p, moved))
      return yield* product(dq, yield* flipped(v))
    })
)

/** The sum of the singular values of tall matrices. */
const nuclear: (x: Tensor) => OpEffect<Tensor> = derived(
  (x) => Effect.flatMap(singularOf(x), ({ s }) => sumOver(s, [s.shape.length - 1])),
  (x, dx) =>
    Effect.gen(function*() {
      const terms: Tensor = yield* mul(yield* polar(x), dx)
      return yield* sumOver(terms, [x.shape.length - 2, x.shape.length - 1])
    })
)

const [rows, columns] = [-2, -1] as const

/** The largest or smallest of the sums of sizes along an axis. */
const ofSums = (x: Tensor, axis: -1 | -2, pick: (x: Tensor) => OpEffect<Tensor>): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const sizes: Tensor = yield* abs(x)
    return yield* pick(yield* sumOver(sizes, [x.shape.length + axis]))
  })

const largest = (x: Tensor): OpEffect<Tensor> => max(x, { axis: -1 })
const smallest = (x: Tensor): OpEffect<Tensor> => min(x, { axis: -1 })

/** The norms, by their names. */
const norms: ReadonlyMap<unknown, (x: Tensor) => OpEffect<Tensor>> = new Map<unknown, (x: Tensor) => OpEffect<Tensor>>([
  ["fro", (x) => normOver(x, [x.shape.length - 2, x.shape.length - 1])],
  ["nuc", (x) => sidesOf(x)[0] < sidesOf(x)[1] ? Effect.flatMap(flipped(x), nuclear) : nuclear(x)],
  [2, (x) => Effect.flatMap(singularOf(x), ({ s }) => largest(s))],
  [-2, (x) => Effect.flatMap(singularOf(x), ({ s }) => smallest(s))],
  [1, (x) => ofSums(x, rows, largest)],
  [-1, (x) => ofSums(x, rows, smallest)],
  [Infinity, (x) => ofSums(x, columns, largest)],
  [-Infinity, (x) => ofSums(x, columns, smallest)]
])

/**
 * A norm of matrices, by `ord`: `"fro"`, the root of the sum of squares, by default; `"nuc"`, the sum of the singular values; 2 and −2, the largest
 * and the smallest of them; 1 and −1, the largest and the smallest sum of sizes along a column; ∞ and −∞, along a row.
 *
 * Floats; matrices lie along the last two axes, which go away. Those by singular values are NaN where a matrix is not finite. The nuclear norm has right gradients and
 * Hessians also where singular values coincide; where some are 0, to rounding, its gradient is the shortest subgradient. Fails with `ShapeError` for less than two
 * axes, for nothing to choose from, and with `ArgumentError` for another `ord`. Source: Golub and Van Loan, "Matrix Computations", 4th ed., section 2.3; derivative of the
 * nuclear norm: Watson, "Characterization of the subdifferential of some matrix norms", Linear Algebra Appl. 170 (1992) 33.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, Linalg, Tensor } from "wengert"
 *
 * const a = Tensor.make([[3, 0], [0, -4]])
 * console.log(Effect.runSync(Linalg.matrixNorm(a))) // => tensor(5., float64)
 * console.log(Effect.runSync(Linalg.matrixNorm(a, { ord: "nuc" }))) // => tensor(7., float64)
 * console.log(Effect.runSync(grad((a: Tensor<[2, 2]>) => Linalg.matrixNorm(a, { ord: "nuc" }))(a)))
 * // => tensor([[ 1.,  0.],
 * // =>         [ 0., -1.]], float64)
 * ```
 */
export const matrixNorm: Typed.MatrixNorm = signed((a: Operand, options?: Typed.MatrixNormOptions) =>
  operation("Linalg.matrixNorm", [a], ([a], { op }) => {
    const { ord = "fro" } = checkOptions(op, options, { ord: [...norms.keys()] as ReadonlyArray<string | number> })
    return norms.get(ord)!(matricesOf(op, a))
  })
)

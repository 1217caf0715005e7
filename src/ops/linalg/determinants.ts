/**
 * Determinants.
 */
import * as Effect from "effect/Effect"
import { operation } from "../../core/operation.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { range } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { fromData } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { mul, sub, where } from "../algebra.ts"
import { log } from "../elementwise/exponential.ts"
import { abs, sign } from "../elementwise/unary.ts"
import { broadcastAxes, sumOver, unreduce } from "../movement/layout.ts"
import { prod } from "../reduction/sums.ts"
import { luPrimitive } from "./lu.ts"
import {
  adjointProduct,
  asColumn,
  asRow,
  derived,
  diagonalsOf,
  flipped,
  matricesOf,
  onDiagonal,
  partsOf,
  product,
  scaleColumns,
  sidesOf
} from "./matrix.ts"
import { singularOf } from "./svd.ts"

/** The diagonal of U, and the sign of the exchanges of rows. */
const pivotsOf = (x: Tensor): OpEffect<{ readonly pivots: Tensor; readonly exchanges: Tensor }> =>
  Effect.gen(function*() {
    const [packed, , exchanges] = yield* partsOf(luPrimitive, x)
    return { pivots: yield* diagonalsOf(packed!), exchanges: exchanges! }
  })

const signOf = ({ exchanges, pivots }: { readonly pivots: Tensor; readonly exchanges: Tensor }): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const signs: Tensor = yield* sign(pivots)
    const each: Tensor = yield* prod(signs, { axis: -1 })
    return yield* mul(exchanges, each) as OpEffect<Tensor>
  })

/** The products of singular values without those that masks mark, which have axes before them; with the sign of det U · det V. */
const productsWithout = ({ orientation, s }: Frame, marks: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const lead = orientation.shape
    const shape = [...lead, ...marks.shape]
    const all = yield* broadcastAxes(s, shape, [...range(lead.length), shape.length - 1])
    const rest: Tensor = yield* where(marks, 1, all)
    const products: Tensor = yield* prod(rest, { axis: -1 })
    return yield* mul(
      products,
      yield* unreduce(orientation, products.shape, range(products.shape.length).slice(lead.length))
    )
  })

/** True where one of the first two of three indices is the third. */
const inPair = (n: number): Tensor =>
  fromData(
    [n, n, n],
    "bool",
    Uint8Array.from({ length: n ** 3 }, (_, at) => {
      const [i, j, k] = [Math.floor(at / n / n), Math.floor(at / n) % n, at % n]
      return i === k || j === k ? 1 : 0
    })
  )

/** A singular value decomposition, and whether its vectors turn space (1) or reflect it (−1). */
interface Frame {
  readonly u: Tensor
  readonly s: Tensor
  readonly v: Tensor
  readonly orientation: Tensor
}

const frameOf = (x: Tensor): OpEffect<Frame> =>
  Effect.gen(function*() {
    const { s, u, v } = yield* singularOf(x)
    const orientation = yield* signOf(yield* pivotsOf(yield* product(u, yield* flipped(v))))
    return { u, s, v, orientation }
  })

/**
 * The matrix of cofactors, ∂det/∂A, also of singular matrices: ±U·diag(Πₖ≠ᵢ sₖ)·Vᵀ. Its derivative, with G = Uᵀ·dA·V, is that of the
 * cofactors of a diagonal matrix, which are products of all sₖ but two.
 */
const cofactors: (x: Tensor) => OpEffect<Tensor> = derived(
  (x) =>
    Effect.gen(function*() {
      const frame = yield* frameOf(x)
      const rest = yield* productsWithout(frame, onDiagonal(sidesOf(x)[0]))
      return yield* product(yield* scaleColumns(frame.u, rest), yield* flipped(frame.v))
    }),
  (x, dx) =>
    Effect.gen(function*() {
      const frame = yield* frameOf(x)
      const { u, v } = frame
      const [n] = sidesOf(x)
      const g = yield* adjointProduct(u, yield* product(dx, v))
      const rest = yield* productsWithout(frame, inPair(n))
      const apart: Tensor = yield* where(onDiagonal(n), 0, rest)
      // of a diagonal one the sum over the others, of one beside it the element across, negative
      const along: Tensor = yield* mul(apart, yield* asRow(yield* diagonalsOf(g)))
      const onto = yield* sumOver(along, [along.shape.length - 1])
      const across: Tensor = yield* mul(apart, yield* flipped(g))
      const turned: Tensor = yield* where(onDiagonal(n), yield* asColumn(onto), sub(0, across))
      return yield* product(yield* product(u, turned), yield* flipped(v))
    })
)

const determinant: (x: Tensor) => OpEffect<Tensor> = derived(
  (x) =>
    Effect.flatMap(
      pivotsOf(x),
      ({ exchanges, pivots }) => mul(exchanges, prod(pivots, { axis: -1 }) as OpEffect<Tensor>) as OpEffect<Tensor>
    ),
  (x, dx) =>
    Effect.gen(function*() {
      const terms: Tensor = yield* mul(yield* cofactors(x), dx)
      return yield* sumOver(terms, [dx.shape.length - 2, dx.shape.length - 1])
    })
)

/**
 * The determinant of square matrices.
 *
 * Floats; matrices lie along the last two axes, which go away. Its gradient is the matrix of cofactors, also of singular matrices, and its Hessian is
 * right there too; derivatives of a higher order are NaN where singular values coincide. It over- and underflows where
 * `slogdet` does not. Fails with `ShapeError` unless matrices are square. Source: Golub and Van Loan, "Matrix Computations", 4th ed.,
 * section 3.2; derivative: Stewart, "On the adjugate matrix", Linear Algebra Appl. 283 (1998) 151.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, Linalg, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Linalg.det(Tensor.make([[1, 2], [3, 4]])))) // => tensor(-2., float64)
 * const singular = Tensor.make([[1, 0], [0, 0]])
 * console.log(Effect.runSync(grad((a: Tensor<[2, 2]>) => Linalg.det(a))(singular)))
 * // => tensor([[0., 0.],
 * // =>         [0., 1.]], float64)
 * ```
 */
export const det: Typed.SquareScalar<"Linalg.det"> = signed((a: Operand) =>
  operation("Linalg.det", [a], ([a], { op }) => determinant(matricesOf(op, a, "square matrices")))
)

/**
 * `{ sign, logabsdet }` of square matrices: the sign of the determinant, and the logarithm of its size, where that itself would over- or underflow.
 *
 * Floats; matrices lie along the last two axes, which go away. A matrix that is singular to the last bit has sign 0 and logarithm −∞, with a gradient that
 * is NaN; else the gradient of the logarithm is A⁻ᵀ, and the sign is a step. Fails with `ShapeError` unless matrices are square. Source: Giles, "Collected matrix derivative results", 2008,
 * section 2.2.4.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * const { logabsdet, sign } = Effect.runSync(Linalg.slogdet(Tensor.make([[0, 1], [1, 0]])))
 * console.log(sign) // => tensor(-1., float64)
 * console.log(logabsdet) // => tensor(0., float64)
 * ```
 */
export const slogdet: Typed.Slogdet = signed((a: Operand) =>
  operation("Linalg.slogdet", [a], ([a], { op }) => {
    const x = matricesOf(op, a, "square matrices")
    return Effect.gen(function*() {
      const parts = yield* pivotsOf(x)
      const terms: Tensor = yield* log(abs(parts.pivots))
      return { sign: yield* signOf(parts), logabsdet: yield* sumOver(terms, [terms.shape.length - 1]) }
    })
  })
)

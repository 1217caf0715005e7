/**
 * Reads, prints and applies sparse matrices. The functions of `Sparse`.
 *
 * A row is an element of a result, a column an element of an argument, both counted in row-major order.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { jacobian, mul, Sparse, Tensor } from "wengert"
 *
 * const f = (x: Tensor<[3]>) => mul(x, x)
 * const J = Effect.runSync(jacobian(f, { sparse: true })(Tensor.make([1, 2, 3])))
 * console.log(J.values) // => tensor([2., 4., 6.], float64)
 * console.log(Effect.runSync(Sparse.toDense(J)))
 * // => tensor([[2., 0., 0.],
 * // =>         [0., 4., 0.],
 * // =>         [0., 0., 6.]], float64)
 * ```
 */
import * as Effect from "effect/Effect"
import type { DType } from "../core/dtype.ts"
import { ArgumentError, describe, type OpError, ShapeError, showShape } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { apply, lone, operation } from "../core/operation.ts"
import { sameShape, type Shape, sizeOf } from "../core/shape.ts"
import type { Tensor } from "../core/tensor.ts"
import { showAval } from "../core/tensor.ts"
import { mul } from "../ops/algebra.ts"
import { scatterPrimitive, takeAt } from "../ops/indexing/indexed.ts"
import { reshapeTo } from "../ops/movement/layout.ts"
import type { Matrix, Pattern } from "../types/sparse.ts"
import type { Joined } from "../types/tree.ts"
import * as Class from "./matrix.ts"
import { rowCount } from "./rows.ts"

export type { Matrix, Pattern }

/** A pattern, or a matrix. */
const checkPattern = (op: string, given: unknown): Class.Pattern => {
  if (Class.Pattern.is(given)) return given
  throw new ArgumentError({ op, message: `${op} requires what sparsity gives, got ${describe(given)}` })
}

const checkMatrix = (op: string, given: unknown): Class.Matrix => {
  if (Class.Pattern.is(given) && given instanceof Class.Matrix) return given
  throw new ArgumentError({
    op,
    message: `${op} requires a sparse matrix, as jacobian gives it, got ${describe(given)}`
  })
}

/** For each element of a pattern its row. */
const rowsOf = (pattern: Class.Pattern): Int32Array => {
  const rows = Class.Pattern.rows(pattern)
  const found = new Int32Array(rows.members.length)
  for (let r = 0; r < rowCount(rows); r++) found.fill(r, rows.starts[r], rows.starts[r + 1])
  return found
}

const largest = 2 ** 31 - 1

/**
 * The matrix with all its zeros, of shape `[...result, ...argument]`.
 *
 * Fails with `ShapeError` where it had 2³¹ elements or more.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { hessian, mul, Sparse, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor<[2]>) => sum(mul(x, mul(x, x)))
 * const H = hessian(f, { sparse: true })(Tensor.make([1, 2]))
 * console.log(Effect.runSync(Effect.flatMap(H, Sparse.toDense)))
 * // => tensor([[ 6.,  0.],
 * // =>         [ 0., 12.]], float64)
 * ```
 */
export const toDense = <R extends Shape, C extends Shape, D extends DType>(
  matrix: Matrix<R, C, D>
): Effect.Effect<Tensor<Joined<R, C>, D>, OpError> =>
  Effect.gen(function*() {
    const given = yield* attempt(() => checkMatrix("Sparse.toDense", matrix), undefined)
    const { columnShape, rowShape, values } = given
    const shape = [...rowShape, ...columnShape]
    const size = sizeOf(shape)
    if (size > largest) {
      return yield* new ShapeError({
        op: "Sparse.toDense",
        shapes: [shape],
        message: `Sparse.toDense requires a matrix with less than 2^31 elements, got ${showShape(shape)}`
      })
    }
    const columns = sizeOf(columnShape)
    const { members } = Class.Pattern.rows(given)
    const places = rowsOf(given).map((r, e) => r * columns + members[e]!)
    const at = Class.integers(places)
    const dense: Tensor<any, any> = yield* apply(scatterPrimitive, [values, at], { axis: 0, size })
    return yield* reshapeTo(dense, shape) as Effect.Effect<Tensor<Joined<R, C>, D>, OpError>
  })

/**
 * The matrix times a vector: for a sparse Jacobian, the derivative of the result along a tangent of the argument.
 *
 * `x` has the argument's shape and the dtype of the matrix, the product the result's shape. Fails with `ShapeError` for
 * another shape, and as `mul` does for dtypes. It can be differentiated, by the elements of the matrix too.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { jacobian, mul, Sparse, Tensor } from "wengert"
 *
 * const f = (x: Tensor<[3]>) => mul(x, x)
 * const J = Effect.runSync(jacobian(f, { sparse: true })(Tensor.make([1, 2, 3])))
 * console.log(Effect.runSync(Sparse.matvec(J, Tensor.make([1, 10, 100])))) // => tensor([  2.,  40., 600.], float64)
 * ```
 */
export const matvec = <R extends Shape, C extends Shape, D extends DType, E = never, Q = never>(
  matrix: Matrix<R, C, D>,
  x: Tensor<C, D> | Effect.Effect<Tensor<C, D>, E, Q>
): Effect.Effect<Tensor<R, D>, OpError | E, Q> =>
  operation("Sparse.matvec", [x], ([x]) =>
    Effect.gen(function*() {
      const given = yield* attempt(() => checkMatrix("Sparse.matvec", matrix), undefined)
      const { columnShape, indices, rowShape, values } = given
      const vector = lone(x)
      if (!sameShape(vector.shape, columnShape)) {
        const shapes = [columnShape, vector.shape]
        const message = `Sparse.matvec requires a vector of shape ${showShape(columnShape)}, got ${showAval(vector)}`
        return yield* new ShapeError({ op: "Sparse.matvec", shapes, message })
      }
      const flat = yield* reshapeTo(vector, [vector.size])
      const products: Tensor<any, any> = yield* mul(values, yield* takeAt(flat, indices, 0))
      const rows = Class.integers(rowsOf(given))
      const sums = yield* apply(scatterPrimitive, [products, rows], { axis: 0, size: sizeOf(rowShape) })
      return yield* reshapeTo(sums, rowShape)
    })) as Effect.Effect<any, any, any>

/** Cells of a picture along its longer side, at most. */
const finest = 64

/** How many elements lie in each cell of a picture, row by row. */
const cells = (pattern: Class.Pattern, most: number) => {
  const [rows, columns] = [sizeOf(pattern.rowShape), sizeOf(pattern.columnShape)]
  const step = Math.max(1, Math.ceil(Math.max(rows, columns) / most))
  const [height, width] = [Math.ceil(rows / step), Math.ceil(columns / step)]
  const counts = Array.from({ length: height }, () => new Int32Array(width))
  const { members } = Class.Pattern.rows(pattern)
  rowsOf(pattern).forEach((r, e) => counts[Math.floor(r / step)]![Math.floor(members[e]! / step)]!++)
  return { step, width, height, counts }
}

/**
 * The pattern as text: `x` where an element can be nonzero, `.` where not; of a large matrix, whether any can in a square
 * of `step` by `step`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { slice, sparsity, Sparse, sub, Tensor } from "wengert"
 *
 * const differences = (x: Tensor<[4]>) => sub(slice(x, [1, 4]), slice(x, [0, 3]))
 * console.log(Sparse.print(Effect.runSync(sparsity(differences)(Tensor.spec([4])))))
 * // => sparse 3×4, 6 elements
 * // => x x . .
 * // => . x x .
 * // => . . x x
 * ```
 */
export const print = (pattern: Pattern): string => {
  const { counts, step } = cells(checkPattern("Sparse.print", pattern), finest)
  const lines = counts.map((row) => Array.from(row, (n) => n === 0 ? "." : "x").join(" "))
  return [`${pattern}${step === 1 ? "" : `; a cell is ${step}×${step}`}`, ...lines].join("\n")
}

/**
 * The pattern as a picture: an SVG document, with a square for each element, or for each cell of a large matrix, as dark
 * as it is full.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, sparsity, Sparse, Tensor } from "wengert"
 *
 * const picture = Sparse.toSvg(Effect.runSync(sparsity((x: Tensor<[2]>) => mul(x, x))(Tensor.spec([2]))))
 * console.log(picture.startsWith("<svg")) // => true
 * ```
 */
export const toSvg = (pattern: Pattern): string => {
  const { counts, height, step, width } = cells(checkPattern("Sparse.toSvg", pattern), 4 * finest)
  const most = counts.reduce((m, row) => row.reduce((a, b) => Math.max(a, b), m), 0)
  const squares = counts.flatMap((row, y) =>
    Array.from(
      row,
      (n, x) =>
        n === 0 ? "" : `<rect x="${x}" y="${y}" width="1" height="1" opacity="${(0.25 + 0.75 * n / most).toFixed(2)}"/>`
    )
  )
  const scale = Math.max(1, Math.floor(512 / Math.max(width, height, 1)))
  const title = `${pattern}${step === 1 ? "" : `; a cell is ${step}×${step}`}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width * scale}" height="${
      height * scale
    }" shape-rendering="crispEdges">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#f4f4f2"/>`,
    `<g fill="#1f4e79">`,
    ...squares.filter((square) => square !== ""),
    "</g>",
    "</svg>"
  ].join("\n")
}

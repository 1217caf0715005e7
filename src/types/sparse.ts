/**
 * Sparse matrices, as the compiler sees them.
 */
import type { DType } from "../core/dtype.ts"
import type { Shape } from "../core/shape.ts"
import type { Tensor } from "../core/tensor.ts"

/** Where a matrix can be nonzero, in compressed sparse rows: the derivative of a tensor of shape `R` by one of shape `C`. */
export interface Pattern<R extends Shape = Shape, C extends Shape = Shape> {
  /** The shape of the result: rows are its elements. */
  readonly rowShape: R
  /** The shape of the argument: columns are its elements. */
  readonly columnShape: C
  /** For each row where its elements begin, and behind the last where they end: one more than there are rows. */
  readonly indptr: Tensor<[number], "int32">
  /** The column of each element, row by row and ascending in a row. */
  readonly indices: Tensor<[number], "int32">
  /** Number of elements. */
  readonly size: number
  /** One line: rows, columns and elements. */
  toString(): string
}

/** A sparse matrix: the elements of a pattern. What lies outside is zero by structure. */
export interface Matrix<R extends Shape = Shape, C extends Shape = Shape, D extends DType = DType>
  extends Pattern<R, C>
{
  /** The elements, in the order of `indices`. */
  readonly values: Tensor<[number], D>
  /** How they were computed: by passes of forward or of reverse mode, or by those of a gradient whose derivative is symmetric. */
  readonly mode: "forward" | "reverse" | "symmetric"
  /** In how many passes, for all results and arguments together. */
  readonly passes: number
}

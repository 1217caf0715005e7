/**
 * Sparse matrices, as sparse derivatives are: a pattern in compressed sparse rows, and the elements in it.
 */
import type { DType } from "../core/dtype.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import type { Tensor } from "../core/tensor.ts"
import { fromData } from "../core/tensor.ts"
import type * as Typed from "../types/sparse.ts"
import type { Plan } from "./compressed.ts"
import { rowCount, type Rows } from "./rows.ts"

/** Whole numbers, as they are. */
export const integers = (data: Int32Array): Tensor<[number], "int32"> =>
  // a shape at run time is frozen
  fromData([data.length], "int32", data) as Tensor<any, "int32">

/** A pattern. */
export class Pattern<R extends Shape = Shape, C extends Shape = Shape> implements Typed.Pattern<R, C> {
  readonly #rows: Rows
  readonly rowShape: R
  readonly columnShape: C
  readonly indptr: Tensor<[number], "int32">
  readonly indices: Tensor<[number], "int32">

  constructor(rowShape: R, columnShape: C, rows: Rows) {
    this.#rows = rows
    this.rowShape = rowShape
    this.columnShape = columnShape
    this.indptr = integers(rows.starts)
    this.indices = integers(rows.members)
    if (new.target === Pattern) Object.freeze(this)
  }

  /** Asked of the object itself, not of what it says. */
  static is(u: unknown): u is Pattern {
    return typeof u === "object" && u !== null && #rows in u
  }

  static rows(pattern: Pattern): Rows {
    return pattern.#rows
  }

  get size(): number {
    return this.indices.size
  }

  toString(): string {
    return `sparse ${rowCount(this.#rows)}×${sizeOf(this.columnShape)}, ${this.size} elements`
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString()
  }
}

/** A pattern with elements. */
export class Matrix<R extends Shape = Shape, C extends Shape = Shape, D extends DType = DType> extends Pattern<R, C>
  implements Typed.Matrix<R, C, D>
{
  readonly values: Tensor<[number], D>
  readonly mode: Plan["mode"]
  readonly passes: number

  constructor(rowShape: R, columnShape: C, rows: Rows, values: Tensor<[number], D>, { count, mode }: Plan) {
    super(rowShape, columnShape, rows)
    this.values = values
    this.mode = mode
    this.passes = count
    Object.freeze(this)
  }
}

/**
 * Diagonals and triangles of matrices.
 */
import * as Effect from "effect/Effect"
import { ShapeError, showShape } from "../../core/errors.ts"
import { checkDType, lone, operation } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { normalizeAxes, normalizeAxis, range } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { fromData } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { where } from "../algebra.ts"
import { accepts } from "../define.ts"
import { permute, reshapeTo, sumOver } from "./layout.ts"
import { sliceAxis } from "./parts.ts"
import { checkWhole } from "./slicing.ts"

/** Which diagonals. */
interface DiagonalOptions {
  readonly offset?: number | undefined
  readonly axis1?: number | undefined
  readonly axis2?: number | undefined
}

/**
 * The diagonals of the matrices along two axes, by default the first two: these axes go away, and the diagonals lie
 * along a new last axis. A positive offset is above the main diagonal, a negative one below it.
 *
 * Any dtype. Fails with `AxisError` unless these are two axes of the tensor, and with `DTypeError` for an offset that
 * is not whole.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { diagonal, Tensor } from "wengert"
 *
 * const x = Tensor.make([[1, 2, 3], [4, 5, 6]])
 * console.log(Effect.runSync(diagonal(x))) // => tensor([1., 5.], float64)
 * console.log(Effect.runSync(diagonal(x, { offset: 1 }))) // => tensor([2., 6.], float64)
 * ```
 */
export const diagonal: Typed.Diagonal = signed((x: Operand, options?: DiagonalOptions) =>
  operation("diagonal", [x], ([x]) => {
    const tensor = lone(x)
    const { axis1 = 0, axis2 = 1, offset = 0 } = checkOptions("diagonal", options, {
      axis1: "checked",
      axis2: "checked",
      offset: "number"
    })
    const { shape } = tensor
    normalizeAxes("diagonal", [axis1, axis2], shape)
    checkWhole("diagonal", offset)
    const [i, j] = [axis1, axis2].map((a) => normalizeAxis("diagonal", a, shape.length)) as [number, number]
    const others = range(shape.length).filter((a) => a !== i && a !== j)
    const [rows, columns] = [shape[i]!, shape[j]!]
    const [down, right] = [Math.max(-offset, 0), Math.max(offset, 0)]
    const count = Math.max(0, Math.min(rows - down, columns - right))
    // in row-major order, one step along the diagonal is a row and one more
    const start = count === 0 ? 0 : down * columns + right
    const stop = count === 0 ? 0 : start + (count - 1) * (columns + 1) + 1
    return permute(tensor, [...others, i, j]).pipe(
      Effect.flatMap((y) => reshapeTo(y, [...others.map((a) => shape[a]!), rows * columns])),
      Effect.flatMap((y) => sliceAxis(y, others.length, start, stop, columns + 1))
    )
  })
)

/**
 * The sum along the diagonal of a matrix: its trace. Options are those of `diagonal`, and several matrices give as many
 * sums.
 *
 * Float and int32. Fails as `diagonal` does.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { matrixTrace, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(matrixTrace(Tensor.make([[1, 2], [3, 4]])))) // => tensor(5., float64)
 * ```
 */
export const matrixTrace: Typed.MatrixTrace = signed((x: Operand, options?: DiagonalOptions) =>
  operation("matrixTrace", [x], ([x]) => {
    const tensor = lone(x)
    checkDType("matrixTrace", tensor, accepts.numeric)
    // signatures compute types from the actual operands
    const along: OpEffect<Tensor> = (diagonal as (x: Tensor, options?: DiagonalOptions) => OpEffect<Tensor>)(
      tensor,
      options
    )
    return Effect.flatMap(along, (y) => sumOver(y, [y.shape.length - 1]))
  })
)

const triangle = (name: string, keeps: (row: number, column: number, k: number) => boolean) => (x: Operand, k = 0) =>
  operation(name, [x], ([x]) => {
    const tensor = lone(x)
    checkWhole(name, k)
    const [rows, columns] = tensor.shape.slice(-2)
    if (rows === undefined || columns === undefined) {
      const shapes = [tensor.shape]
      throw new ShapeError({
        op: name,
        shapes,
        message: `${name} requires at least two axes, got ${showShape(tensor.shape)}`
      })
    }
    const kept = Uint8Array.from(
      { length: rows * columns },
      (_, i) => keeps(Math.floor(i / columns), i % columns, k) ? 1 : 0
    )
    return where(fromData([rows, columns], "bool", kept), tensor, 0)
  })

/**
 * The lower triangle of the last two axes, on and below the `k`th diagonal, with zeros above.
 *
 * Any dtype and at least two axes, else it fails with `ShapeError`. What is not kept has no influence, not even as NaN.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sum, Tensor, tril } from "wengert"
 *
 * console.log(Effect.runSync(sum(tril(Tensor.ones([3, 3])), { axis: 1 }))) // => tensor([1., 2., 3.], float64)
 * ```
 */
export const tril: Typed.Tri = signed(triangle("tril", (row, column, k) => column <= row + k))

/**
 * The upper triangle of the last two axes, on and above the `k`th diagonal, with zeros below.
 *
 * Any dtype and at least two axes, else it fails with `ShapeError`. What is not kept has no influence, not even as NaN.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sum, Tensor, triu } from "wengert"
 *
 * console.log(Effect.runSync(sum(triu(Tensor.ones([3, 3]), 1), { axis: 1 }))) // => tensor([2., 1., 0.], float64)
 * ```
 */
export const triu: Typed.Tri<"triu"> = signed(triangle("triu", (row, column, k) => column >= row + k))

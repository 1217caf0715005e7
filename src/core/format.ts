/**
 * Printing tensors as NumPy does: nested brackets, aligned columns, and dots in place of the middle of large axes.
 */
import type { DType, TypedArray } from "./dtype.ts"
import { isFloat } from "./dtype.ts"

const threshold = 1000
const edge = 3

/** A number with at most 8 significant digits, floats marked by a point, as NumPy prints it. */
const formatNumber = (value: number, dtype: DType): string => {
  if (dtype === "bool") return value === 0 ? "false" : "true"
  if (!isFloat(dtype)) return String(value)
  if (Number.isNaN(value)) return "nan"
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf"
  if (Object.is(value, -0)) return "-0."
  const text = String(Number(value.toPrecision(8)))
  return /[.e]/.test(text) ? text : `${text}.`
}

/** The text of a tensor, e.g. `tensor([[1., 2.], [3., 4.]], float64)`. */
export const formatTensor = (
  { dtype, shape, size }: { readonly shape: ReadonlyArray<number>; readonly dtype: DType; readonly size: number },
  data: TypedArray
): string => {
  const summarize = size > threshold
  const visible = (n: number): ReadonlyArray<number | undefined> =>
    summarize && n > 2 * edge
      ? [...Array(edge).keys(), undefined, ...Array.from({ length: edge }, (_, i) => n - edge + i)]
      : [...Array(n).keys()]

  const cells: Array<string> = []
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) {
      cells.push(formatNumber(data[offset]!, dtype))
      return
    }
    for (const i of visible(shape[axis]!)) if (i !== undefined) collect(axis + 1, offset * shape[axis]! + i)
  }
  collect(0, 0)
  const width = Math.max(0, ...cells.map((c) => c.length))

  let next = 0
  const prefix = "tensor("
  const show = (axis: number): string => {
    if (axis === shape.length) return shape.length === 0 ? cells[next++]! : cells[next++]!.padStart(width)
    const last = axis === shape.length - 1
    const separator = last ? ", " : `,${"\n".repeat(shape.length - axis - 1)}${" ".repeat(prefix.length + axis + 1)}`
    return `[${visible(shape[axis]!).map((i) => i === undefined ? "..." : show(axis + 1)).join(separator)}]`
  }
  const suffix = size === 0 && shape.length !== 1 ? `, shape=[${shape.join(", ")}]` : ""
  return `${prefix}${size === 0 ? "[]" : show(0)}${suffix}, ${dtype})`
}

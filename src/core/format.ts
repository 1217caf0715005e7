/**
 * Printing tensors as NumPy does: nested brackets, aligned columns, and dots in place of the middle of large axes.
 */
import type { DType } from "./dtype.ts"
import { isFloat } from "./dtype.ts"

const threshold = 1000
const edge = 3

/** Digits after the point, at most. */
const precision = 8

/** The shortest decimal that reads back as `value`, in scientific notation. */
const shortest = (value: number, dtype: DType): string => {
  if (dtype === "float64") return value.toExponential()
  for (let digits = 0; digits < precision; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value) return text
  }
  return value.toExponential(precision)
}

/** Digits after the point that a decimal needs. */
const decimals = (text: string): number => text.replace(/e.*/, "").replace(/\.?0*$/, "").split(".")[1]?.length ?? 0

/** Floats as NumPy prints them together: scientific where they are huge, tiny or far apart, and their points aligned. */
const formatFloats = (values: ReadonlyArray<number>, dtype: DType): Array<string> => {
  const sizes = values.filter((v) => Number.isFinite(v) && v !== 0).map(Math.abs)
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)]
  const scientific = most >= 1e8 || least < 1e-4 || most / least > 1000
  const digits = values.map((v) => {
    if (!Number.isFinite(v)) return 0
    const text = shortest(v, dtype)
    return scientific
      ? decimals(v.toExponential(Math.min(precision, decimals(text))))
      : decimals(Number(text).toFixed(precision))
  })
  const longest = Math.max(0, ...digits)
  return values.map((v, i) => {
    if (!Number.isFinite(v)) return Number.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf"
    const sign = Object.is(v, -0) ? "-" : ""
    if (scientific) {
      return sign + v.toExponential(longest).replace(/^(-?\d)e/, "$1.e").replace(/e([+-])(\d)$/, "e$10$2")
    }
    const fixed = Number(shortest(v, dtype)).toFixed(digits[i])
    return sign + (digits[i] === 0 ? `${fixed}.` : fixed) + " ".repeat(longest - digits[i]!)
  })
}

const formatElements = (values: ReadonlyArray<number>, dtype: DType): Array<string> =>
  isFloat(dtype)
    ? formatFloats(values, dtype)
    : values.map((v) => dtype === "bool" ? v === 0 ? "false" : "true" : String(v))

/** The text of a tensor with the elements `at`, e.g. `tensor([[1., 2.], [3., 4.]], float64)`. */
export const formatTensor = (
  { dtype, shape, size }: { readonly shape: ReadonlyArray<number>; readonly dtype: DType; readonly size: number },
  at: (i: number) => number
): string => {
  const summarize = size > threshold
  const visible = (n: number): ReadonlyArray<number | undefined> =>
    summarize && n > 2 * edge
      ? [...Array(edge).keys(), undefined, ...Array.from({ length: edge }, (_, i) => n - edge + i)]
      : [...Array(n).keys()]

  const values: Array<number> = []
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) {
      values.push(at(offset))
      return
    }
    for (const i of visible(shape[axis]!)) if (i !== undefined) collect(axis + 1, offset * shape[axis]! + i)
  }
  collect(0, 0)
  const cells = formatElements(values, dtype)
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

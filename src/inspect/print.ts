/**
 * The text of a Wengert list: typed, one equation a line, as intermediate representations are printed.
 *
 *     trace(a: float64[3])
 *       b: float64[3] = sin a
 *       c: float64[3] = mul b 2.0
 *       return c
 *
 * Equal lists have equal texts, so that a text can be compared with one that was kept.
 */
import type { TypedArray } from "../core/dtype.ts"
import type { DType } from "../core/dtype.ts"
import type { ParamKinds } from "../core/primitive.ts"
import type { Site } from "../core/site.ts"
import type { ConcreteTensor, Tensor } from "../core/tensor.ts"
import { dataOf, isConcrete, showAval } from "../core/tensor.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import { variableCount } from "../core/trace.ts"
import type { TreeDef } from "../core/tree.ts"
import { leafPaths, unflatten } from "../core/tree.ts"

/** How a list is printed. */
export interface PrintOptions {
  /** Append where each op was called, as `; file:line`. No by default. */
  readonly sites?: boolean | undefined
}

/** A float64 is a number with a point; a float32 says that it is one. */
const showNumber = (x: number, dtype: DType): string => {
  if (dtype === "bool") return x === 0 ? "false" : "true"
  if (dtype === "int32") return String(x)
  const digits = Object.is(x, -0) ? "-0" : String(dtype === "float32" ? shortest(x) : x)
  const text = Number.isInteger(x) && !digits.includes("e") ? `${digits}.0` : digits.replace("Infinity", "inf").replace("NaN", "nan")
  return dtype === "float32" ? `${text}f32` : text
}

/** The number with fewest digits that rounds to the float32 `x`. */
const shortest = (x: number): number => {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(x.toPrecision(digits))
    if (Math.fround(candidate) === x) return candidate
  }
  return x
}

/** How many elements a preview shows at most. */
const shown = 6

/** The elements in brackets; of many, the first few, rounded. */
const preview = (x: ConcreteTensor): string => {
  const data = dataOf(x)
  const rounded = (v: number): string => showNumber(Number(v.toPrecision(6)), x.dtype === "float32" ? "float64" : x.dtype)
  const go = (axis: number, offset: number, size: number): string => {
    if (axis === x.shape.length) return rounded(data[offset]!)
    const n = x.shape[axis]!
    const step = size / n
    const visible = data.length <= shown ? n : Math.min(n, step === 1 ? 3 : 1)
    const items = Array.from({ length: visible }, (_, i) => go(axis + 1, offset + i * step, step))
    return `[${[...items, ...(visible < n ? ["…"] : [])].join(", ")}]`
  }
  return data.length === 0 ? "[]" : go(0, 0, data.length)
}

/**
 * The loops of the matrix product.
 */
import type { DType, TypedArray } from "../../core/dtype.ts"
import { allocate } from "../../core/dtype.ts"

/** `batch` matrices of `rows`×`depth`, times as many of `depth`×`columns`. */
export interface ProductSizes {
  readonly batch: number
  readonly rows: number
  readonly depth: number
  readonly columns: number
}

/**
 * C = A·B, all of them row-major. Floats are added up in double precision and rounded once; int32 wraps around; over bools
 * it is an `or` of `and`s.
 */
export const multiply = (dtype: DType, a: TypedArray, b: TypedArray, sizes: ProductSizes): TypedArray => {
  if (dtype === "int32") return multiplyIntegers(a, b, sizes)
  // one kind of array for all floats, so that the loop is compiled once, and for it
  const c = multiplyFloats(wide(a), wide(b), sizes)
  if (dtype === "float64") return c
  const out = allocate(dtype, c.length)
  if (dtype === "bool") c.forEach((count, i) => out[i] = count === 0 ? 0 : 1)
  else out.set(c)
  return out
}

const wide = (x: TypedArray): Float64Array => x instanceof Float64Array ? x : new Float64Array(x)

/** Row by row, adding four rows of B at a time: a row of C is read and written depth/4 times, and memory runs forwards. */
const multiplyFloats = (
  a: Float64Array,
  b: Float64Array,
  { batch, columns, depth, rows }: ProductSizes
): Float64Array => {
  const c = new Float64Array(batch * rows * columns)
  const whole = depth - depth % 4
  for (let i = 0; i < batch * rows; i++) {
    const to = i * columns
    const left = i * depth
    const right = Math.floor(i / rows) * depth * columns
    for (let k = 0; k < whole; k += 4) {
      const a0 = a[left + k]!
      const a1 = a[left + k + 1]!
      const a2 = a[left + k + 2]!
      const a3 = a[left + k + 3]!
      const b0 = right + k * columns
      const b1 = b0 + columns
      const b2 = b1 + columns
      const b3 = b2 + columns
      for (let j = 0; j < columns; j++) {
        c[to + j]! += a0 * b[b0 + j]! + a1 * b[b1 + j]! + a2 * b[b2 + j]! + a3 * b[b3 + j]!
      }
    }
    for (let k = whole; k < depth; k++) {
      const a0 = a[left + k]!
      const b0 = right + k * columns
      for (let j = 0; j < columns; j++) c[to + j]! += a0 * b[b0 + j]!
    }
  }
  return c
}

const multiplyIntegers = (a: TypedArray, b: TypedArray, { batch, columns, depth, rows }: ProductSizes): Int32Array => {
  const c = new Int32Array(batch * rows * columns)
  for (let i = 0; i < batch * rows; i++) {
    for (let k = 0; k < depth; k++) {
      const from = (Math.floor(i / rows) * depth + k) * columns
      for (let j = 0; j < columns; j++) c[i * columns + j]! += Math.imul(a[i * depth + k]!, b[from + j]!)
    }
  }
  return c
}

/**
 * Element types and the typed arrays that hold them.
 */

/** The element types a tensor can have. `bool` is stored as one byte per element, 0 or 1. */
export type DType = "float64" | "float32" | "int32" | "bool"

/** The element types that carry derivatives. */
export type FloatDType = "float64" | "float32"

/** Row-major storage of a tensor's elements. */
export type TypedArray = Float64Array | Float32Array | Int32Array | Uint8Array

const constructors = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const

/** Every dtype, in the order in which documentation lists them. */
export const dtypes = ["float64", "float32", "int32", "bool"] as const satisfies ReadonlyArray<DType>

/** Bytes per element. */
export const byteSize = (dtype: DType): number => constructors[dtype].BYTES_PER_ELEMENT

/** True for the dtypes that carry derivatives. */
export const isFloat = (dtype: DType): dtype is FloatDType => dtype === "float64" || dtype === "float32"

/** The most elements that are stored, not merely known to be equal: as many as int32 indices reach. */
const most = 2 ** 31

/** A new zero-filled array for `size` elements of `dtype`. Throws a `RangeError` where there is no such memory. */
export const allocate = (dtype: DType, size: number): TypedArray => {
  if (size > most) throw new RangeError(`more than ${most} elements`)
  return new constructors[dtype](size)
}

/** Can `value` be an element of `dtype` without changing its meaning? Floats take any number; int32 whole numbers in range; bool 0 and 1. */
export const holds = (dtype: DType, value: number): boolean =>
  isFloat(dtype) || (dtype === "int32" ? (value | 0) === value : value === 0 || value === 1)

/**
 * The common dtype of two operands, or `undefined` where the user has to say `cast`: the floats join to `float64`;
 * `int32` and `bool` join only with themselves.
 */
export const promote = (a: DType, b: DType): DType | undefined =>
  a === b ? a : isFloat(a) && isFloat(b) ? "float64" : undefined

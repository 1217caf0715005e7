/**
 * Making tensors of numbers. Elements are copied, so that a tensor is immutable whatever happens to its source.
 */
import * as Effect from "effect/Effect"
import type { DType, TypedArray } from "./dtype.ts"
import { allocate, dtypeOfArray, dtypes, holds } from "./dtype.ts"
import { DTypeError, isOpError, ShapeError, showShape } from "./errors.ts"
import { operation } from "./operation.ts"
import type { Shape } from "./shape.ts"
import { checkShape, sameShape, sizeOf } from "./shape.ts"
import type { Tensor } from "./tensor.ts"
import { fromData, SpecTensor } from "./tensor.ts"
import type { ArangeDim, DTypeFrom, MakeOptions, ShapeFrom, TensorInput } from "./typed/construction.ts"
import type { Mutable } from "./typed/shape.ts"

/** Arrays nest no deeper than this; a cyclic one is reported rather than followed. */
const maxRank = 64

const checkDTypeName = (op: string, dtype: DType): void => {
  if (dtypes.includes(dtype)) return
  throw new DTypeError({ op, message: `${op} requires ${dtypes.join(", ")} as dtype, got ${String(dtype)}` })
}

/** Zeros for a new tensor. Throws `ShapeError`, also where there is no such amount of memory. */
const storage = (op: string, shape: Shape, dtype: DType): TypedArray => {
  checkDTypeName(op, dtype)
  const size = sizeOf(checkShape(op, shape))
  try {
    return allocate(dtype, size)
  } catch {
    throw new ShapeError({
      op,
      shapes: [shape],
      message: `${op} requires a shape that fits into memory, got ${showShape(shape)} with ${size} elements`
    })
  }
}

/** `value` at `place`, if `dtype` holds it. Throws `DTypeError`. */
const checked = (op: string, dtype: DType, value: number, place = ""): number => {
  if (holds(dtype, value)) return value
  throw new DTypeError({ op, dtypes: [dtype], message: `${op} requires numbers that ${dtype} can hold, got ${value}${place}` })
}

/** A tensor whose element at position i is `element(i)`. */
const tabulate = (op: string, shape: Shape, dtype: DType, element: (i: number) => number): Tensor<any, any> => {
  const data = storage(op, shape, dtype)
  for (let i = 0; i < data.length; i++) data[i] = checked(op, dtype, element(i))
  return fromData(shape, dtype, data)
}

const describe = (u: unknown): string =>
  u === null || u === undefined ? String(u) : Array.isArray(u) ? `${u.length} elements` : `a ${typeof u}`

/** The sizes of nested arrays, as their first elements have them, and the first element that is no array. */
const outline = (op: string, input: unknown): { readonly shape: Shape; readonly first: unknown } => {
  const shape: Array<number> = []
  let first = input
  while (Array.isArray(first)) {
    if (shape.length === maxRank) {
      throw new ShapeError({ op, message: `${op} requires arrays nested at most ${maxRank} deep, got deeper or cyclic ones` })
    }
    shape.push(first.length)
    if (first.length === 0) return { shape, first: 0 }
    first = first[0]
  }
  return { shape, first }
}

/** The elements of nested arrays of numbers, or of booleans. */
const fromNested = (op: string, input: unknown, wanted: DType | undefined): Tensor => {
  const { first, shape } = outline(op, input)
  const kind = typeof first
  const dtype = wanted ?? (kind === "boolean" ? "bool" : "float64")
  const data = storage(op, shape, dtype)
  const path: Array<number> = []
  const at = () => path.length === 0 ? "" : ` at [${path.join("][")}]`
  let next = 0
  const fill = (u: unknown, axis: number): void => {
    if (Array.isArray(u) ? u.length !== shape[axis] : axis < shape.length) {
      const expected = axis < shape.length ? `${shape[axis]} elements` : `a ${kind}`
      throw new ShapeError({
        op,
        shapes: [shape],
        message: `${op} requires nested arrays of one shape, got ${describe(u)} instead of ${expected}${at()}`
      })
    }
    if (Array.isArray(u)) {
      for (let i = 0; i < shape[axis]!; i++) {
        path.push(i)
        fill(u[i], axis + 1)
        path.pop()
      }
    } else if ((typeof u === "number" || typeof u === "boolean") && typeof u === kind) {
      data[next++] = checked(op, dtype, Number(u), at())
    } else {
      throw new DTypeError({ op, message: `${op} requires numbers alone or booleans alone, got ${describe(u)}${at()}` })
    }
  }
  fill(input, 0)
  return fromData(shape, dtype, data)
}

const fromTyped = (op: string, input: TypedArray, own: DType, wanted: DType = own): Tensor =>
  tabulate(op, [input.length], wanted, (i) => input[i]!)

/** Whatever it is as a tensor. Throws `ShapeError` or `DTypeError`. */
const build = (op: string, input: unknown, { dtype, shape }: MakeOptions): Tensor => {
  const own = dtypeOfArray(input)
  const tensor = own === undefined ? fromNested(op, input, dtype) : fromTyped(op, input as TypedArray, own, dtype)
}

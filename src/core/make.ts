/**
 * Making tensors of data. Elements are copied, so that a tensor is immutable whatever happens to its source.
 */
import * as Effect from "effect/Effect"
import type { DType, TypedArray } from "./dtype.ts"
import { allocate, dtypeOfArray, dtypes, holds } from "./dtype.ts"
import { DTypeError, isOpError, ShapeError, showShape } from "./errors.ts"
import { operation } from "./operation.ts"
import type { Shape } from "./shape.ts"
import { checkShape, sizeOf } from "./shape.ts"
import type { Tensor } from "./tensor.ts"
import { fromData } from "./tensor.ts"
import type { FromUnknown, Make, MakeOptions } from "./typed/construction.ts"
import { signed } from "./typed/operand.ts"

/** Arrays nest no deeper than this; a cyclic one is reported rather than followed. */
const maxRank = 64

/** Throws `DTypeError` for what is no dtype. */
export const checkDTypeName = (op: string, dtype: DType): void => {
  if (dtypes.includes(dtype)) return
  throw new DTypeError({ op, message: `${op} requires ${dtypes.join(", ")} as dtype, got ${dtype}` })
}

/** Zeros for a new tensor. Throws `ShapeError`, also where there is no such amount of memory. */
export const storage = (op: string, shape: Shape, dtype: DType): TypedArray => {
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

const showPath = (path: ReadonlyArray<number>): string => path.length === 0 ? "" : ` at [${path.join("][")}]`

/** `value` at `path`, if `dtype` holds it. Throws `DTypeError`. */
export const checked = (op: string, dtype: DType, value: number, path: ReadonlyArray<number> = []): number => {
  if (holds(dtype, value)) return value
  throw new DTypeError({
    op,
    dtypes: [dtype],
    message: `${op} requires numbers that ${dtype} can hold, got ${value}${showPath(path)}`
  })
}

const describe = (u: unknown): string =>
  u === null || u === undefined
    ? String(u)
    : Array.isArray(u)
    ? `an array of ${u.length}`
    : typeof u === "object"
    ? "an object"
    : `a ${typeof u}`

const mixed = (op: string, u: unknown, path: ReadonlyArray<number>): DTypeError =>
  new DTypeError({ op, message: `${op} requires numbers alone or booleans alone, got ${describe(u)}${showPath(path)}` })

/** The sizes of nested arrays, as their first elements have them, and the first element that is no array. */
const outline = (op: string, input: unknown): { readonly shape: Shape; readonly first: unknown } => {
  const shape: Array<number> = []
  let first = input
  while (Array.isArray(first)) {
    if (shape.length === maxRank) {
      throw new ShapeError({
        op,
        message: `${op} requires arrays nested at most ${maxRank} deep, got deeper or cyclic ones`
      })
    }
    shape.push(first.length)
    if (first.length === 0) return { shape, first: 0 }
    first = first[0]
  }
  return { shape, first }
}

/** What a tensor is made of. */
interface Parts {
  readonly shape: Shape
  readonly dtype: DType
  readonly data: TypedArray
}

/** The elements of nested arrays of numbers, or of booleans. */
const fromNested = (op: string, input: unknown, wanted: DType | undefined): Parts => {
  const { first, shape } = outline(op, input)
  const kind = typeof first
  if (kind !== "number" && kind !== "boolean") throw mixed(op, first, shape.map(() => 0))
  const dtype = wanted ?? (kind === "boolean" ? "bool" : "float64")
  const data = storage(op, shape, dtype)
  const path: Array<number> = []
  let next = 0
  const fill = (u: unknown, axis: number): void => {
    if (Array.isArray(u) ? u.length !== shape[axis] : axis < shape.length) {
      const expected = axis < shape.length ? `an array of ${shape[axis]}` : `a ${kind}`
      throw new ShapeError({
        op,
        message: `${op} requires nested arrays of one shape, got ${describe(u)} instead of ${expected}${showPath(path)}`
      })
    }
    if (Array.isArray(u)) {
      for (let i = 0; i < shape[axis]!; i++) {
        path.push(i)
        fill(u[i], axis + 1)
        path.pop()
      }
    } else if (typeof u === kind) {
      data[next++] = checked(op, dtype, Number(u), path)
    } else {
      throw mixed(op, u, path)
    }
  }
  fill(input, 0)
  return { shape, dtype, data }
}

const fromTyped = (op: string, input: TypedArray, own: DType, dtype: DType = own): Parts => {
  const data = storage(op, [input.length], dtype)
  if (dtype !== own || own === "bool") input.forEach((value, i) => checked(op, dtype, value, [i]))
  data.set(input)
  return { shape: [input.length], dtype, data }
}

/** Whatever it is as a tensor. Throws `ShapeError` or `DTypeError`. */
const build = (op: string, input: unknown, options: MakeOptions): Tensor<any, any> => {
  const own = dtypeOfArray(input)
  const { data, dtype, shape } = own === undefined
    ? fromNested(op, input, options.dtype)
    : fromTyped(op, input as TypedArray, own, options.dtype)
  if (options.shape !== undefined && sizeOf(checkShape(op, options.shape)) !== data.length) {
    throw new ShapeError({
      op,
      shapes: [options.shape],
      message: `${op} requires as many elements as shape ${showShape(options.shape)} has, got ${data.length}`
    })
  }
  return fromData(options.shape ?? shape, dtype, data)
}

/**
 * A tensor of a number, of nested arrays of numbers or booleans, or of a typed array.
 *
 * Numbers are float64 and booleans bool, unless options say another dtype that holds them; a typed array keeps its own
 * (a `Uint8Array` is bool). The shape is that of the nesting, or the one in the options. Throws `ShapeError` where
 * arrays are ragged, and `DTypeError` for a value that the dtype cannot hold.
 *
 * @example
 * ```ts
 * import { Tensor } from "wengert"
 *
 * const x = Tensor.make([[1, 2, 3], [4, 5, 6]]) // Tensor<[2, 3], "float64">
 * console.log(x.shape) // => [ 2, 3 ]
 * console.log(Tensor.make([1, 2], { dtype: "int32" })) // => tensor([1, 2], int32)
 * console.log(Tensor.make(new Float32Array([0.5]))) // => tensor([0.5], float32)
 * ```
 */
export const make: Make = signed((input: unknown, options: MakeOptions = {}) => build("Tensor.make", input, options))

/**
 * A tensor of data from outside, whatever it is: as `make`, but failing where that throws.
 *
 * Everything is checked: cyclic or ragged arrays, holes, strings, mixed types, and objects that throw when they are
 * read are a `ShapeError` or a `DTypeError` that says where.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor } from "wengert"
 *
 * const parsed: unknown = JSON.parse("[[1, 2], [3]]")
 * const { message } = Effect.runSync(Effect.flip(Tensor.fromUnknown(parsed)))
 * console.log(message.replace(/, at .*:\d+:\d+$/, "")) // without the line of this call
 * // => Tensor.fromUnknown requires nested arrays of one shape, got an array of 1 instead of an array of 2 at [1]
 * ```
 */
export const fromUnknown: FromUnknown = signed((input: unknown, options: MakeOptions = {}) =>
  operation("Tensor.fromUnknown", [], (_, { op }) => {
    try {
      return Effect.succeed(build(op, input, options))
    } catch (error) {
      if (isOpError(error)) throw error
      throw new DTypeError({ op, message: `${op} requires data that can be read, got an object that throws` })
    }
  }, "effectful")
)

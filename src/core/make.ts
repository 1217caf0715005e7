/**
 * Making tensors of data. Elements are copied, so that a tensor is immutable whatever happens to its source.
 */
import * as Effect from "effect/Effect"
import type { FromUnknown, Make, MakeOptions } from "../types/construction.ts"
import type { DType, TypedArray } from "./dtype.ts"
import { allocate, dtypes, holds, isFloat } from "./dtype.ts"
import { describe, DTypeError, isOpError, ShapeError, showShape } from "./errors.ts"
import { operation } from "./operation.ts"
import { checkOptions } from "./options.ts"
import type { Shape } from "./shape.ts"
import { checkShape, isArray, sizeOf } from "./shape.ts"
import { signed } from "./signed.ts"
import type { Tensor } from "./tensor.ts"
import { allocating, fromData, isTensor } from "./tensor.ts"

/** Arrays nest no deeper than this; a cyclic one is reported rather than followed. */
const maxRank = 64

/** Throws `DTypeError` for what is no dtype. */
export const checkDTypeName = (op: string, dtype: unknown): DType => {
  const known = dtypes.find((name) => name === dtype)
  if (known !== undefined) return known
  throw new DTypeError({ op, message: `${op} requires ${dtypes.join(", ")} as dtype, got ${describe(dtype)}` })
}

/** Zeros for a new tensor. Throws `ShapeError`, also where there is no such amount of memory. */
export const storage = (op: string, given: unknown, dtype: DType): TypedArray => {
  const shape = checkShape(op, given)
  return allocating(op, [{ shape, dtype }], () => allocate(dtype, sizeOf(shape)))
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

const mixed = (op: string, u: unknown, path: ReadonlyArray<number>): DTypeError =>
  isTensor(u)
    ? new DTypeError({
      op,
      message: `${op} requires numbers, got a tensor${showPath(path)}; put tensors together by stack`
    })
    : new DTypeError({
      op,
      message: `${op} requires numbers alone or booleans alone, got ${describe(u)}${showPath(path)}`
    })

/** The sizes of nested arrays, as their first elements have them, and the first element that is no array. */
const outline = (op: string, input: unknown): { readonly shape: Shape; readonly first: unknown } => {
  const shape: Array<number> = []
  let first = input
  while (isArray(first)) {
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
    if (isArray(u) ? u.length !== shape[axis] : axis < shape.length) {
      const expected = axis < shape.length ? `an array of ${shape[axis]}` : `a ${kind}`
      throw new ShapeError({
        op,
        message: `${op} requires nested arrays of one shape, got ${describe(u)} instead of ${expected}${showPath(path)}`
      })
    }
    if (isArray(u)) {
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

/** The dtype of typed arrays, by the names of their classes. Whatever is narrower becomes int32 or float32. */
const ownDTypes: { readonly [name: string]: DType } = {
  Float64Array: "float64",
  Float32Array: "float32",
  Float16Array: "float32",
  Int32Array: "int32",
  Int16Array: "int32",
  Int8Array: "int32",
  Uint32Array: "int32",
  Uint16Array: "int32",
  Uint8ClampedArray: "int32",
  Uint8Array: "int32"
}

/** The dtype that a typed array has by itself; `undefined` for anything else. */
const ownDType = (u: unknown): DType | undefined =>
  ArrayBuffer.isView(u) ? ownDTypes[(u as Uint8Array)[Symbol.toStringTag]] : undefined

const fromTyped = (op: string, input: TypedArray, own: DType, dtype: DType = own): Parts => {
  // ES2024, which the library of types does not know yet
  if ((input.buffer as { readonly detached?: boolean }).detached === true) {
    throw new ShapeError({ op, message: `${op} requires elements, got a typed array whose buffer is detached` })
  }
  const data = storage(op, [input.length], dtype)
  if (isFloat(dtype)) data.set(input)
  else for (let i = 0; i < data.length; i++) data[i] = checked(op, dtype, input[i]!, [i])
  return { shape: [input.length], dtype, data }
}

/** Whatever it is as a tensor. Throws `ShapeError` or `DTypeError`, and `ArgumentError` for options. */
const build = (op: string, input: unknown, options: MakeOptions | undefined): Tensor<any, any> => {
  const given = checkOptions(op, options, { shape: "checked", dtype: "checked" })
  const wanted = given.dtype === undefined ? undefined : checkDTypeName(op, given.dtype)
  const own = ownDType(input)
  const { data, dtype, shape } = own === undefined
    ? fromNested(op, input, wanted)
    // its class says that it is one
    : fromTyped(op, input as TypedArray, own, wanted)
  if (given.shape === undefined) return fromData(shape, dtype, data)
  const other = checkShape(op, given.shape)
  if (sizeOf(other) !== data.length) {
    throw new ShapeError({
      op,
      shapes: [other],
      message: `${op} requires as many elements as shape ${showShape(other)} has, got ${data.length}`
    })
  }
  return fromData(other, dtype, data)
}

/**
 * A tensor of a number, of nested arrays of numbers or booleans, or of a typed array.
 *
 * Numbers are float64 and booleans bool, unless options say another dtype that holds them. A typed array keeps its own
 * dtype; narrower integers are int32, bytes among them. The shape is that of the nesting, or the one in the options.
 * Throws `ShapeError` where arrays are ragged, and `DTypeError` for a value that the dtype cannot hold.
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
export const make: Make = signed((input: unknown, options?: MakeOptions) => build("Tensor.make", input, options))

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
export const fromUnknown: FromUnknown = signed((input: unknown, options?: MakeOptions) =>
  operation("Tensor.fromUnknown", [], (_, { op }) => {
    try {
      return Effect.succeed(build(op, input, options))
    } catch (error) {
      if (isOpError(error)) throw error
      throw new DTypeError({ op, message: `${op} requires data that can be read, got an object that throws` })
    }
  }, "effectful")
)

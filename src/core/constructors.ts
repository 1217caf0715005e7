/**
 * Making tensors of numbers. Elements are copied, so that a tensor is immutable whatever happens to its source.
 */
import * as Effect from "effect/Effect"
import type { DType, TypedArray } from "./dtype.ts"
import { allocate, dtypeOfArray, dtypes, holds } from "./dtype.ts"
import { DTypeError, isOpError, ShapeError, showShape } from "./errors.ts"
import { operation } from "./operation.ts"
import type { Shape } from "./shape.ts"
import { checkShape, sizeOf } from "./shape.ts"
import type { Tensor } from "./tensor.ts"
import { fromData, SpecTensor } from "./tensor.ts"
import type { ArangeDim, FromUnknown, Make, MakeOptions } from "./typed/construction.ts"
import { signed } from "./typed/operand.ts"
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

const showPath = (path: ReadonlyArray<number>): string => path.length === 0 ? "" : ` at [${path.join("][")}]`

/** `value` at `path`, if `dtype` holds it. Throws `DTypeError`. */
const checked = (op: string, dtype: DType, value: number, path: ReadonlyArray<number> = []): number => {
  if (holds(dtype, value)) return value
  throw new DTypeError({
    op,
    dtypes: [dtype],
    message: `${op} requires numbers that ${dtype} can hold, got ${value}${showPath(path)}`
  })
}

/** A tensor whose element at position i is `element(i)`. */
const tabulate = (op: string, shape: Shape, dtype: DType = "float64", element: (i: number) => number): Tensor<any, any> => {
  const data = storage(op, shape, dtype)
  for (let i = 0; i < data.length; i++) data[i] = checked(op, dtype, element(i))
  return fromData(shape, dtype, data)
}

const describe = (u: unknown): string =>
  u === null || u === undefined
    ? String(u)
    : Array.isArray(u)
    ? `${u.length} elements`
    : typeof u === "object"
    ? "an object"
    : `a ${typeof u}`

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
  const dtype = wanted ?? (kind === "boolean" ? "bool" : "float64")
  const data = storage(op, shape, dtype)
  const path: Array<number> = []
  let next = 0
  const fill = (u: unknown, axis: number): void => {
    if (Array.isArray(u) ? u.length !== shape[axis] : axis < shape.length) {
      const expected = axis < shape.length ? `${shape[axis]} elements` : `a ${kind}`
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
    } else if ((typeof u === "number" || typeof u === "boolean") && typeof u === kind) {
      data[next++] = checked(op, dtype, Number(u), path)
    } else {
      throw new DTypeError({ op, message: `${op} requires numbers alone or booleans alone, got ${describe(u)}${showPath(path)}` })
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
 * Numbers are float64 and booleans bool, unless options say another dtype that holds them; a typed array keeps its own (a
 * `Uint8Array` is bool). The shape is that of the nesting, or the one in the options. Throws `ShapeError` where arrays are ragged,
 * and `DTypeError` for a value that the dtype cannot hold.
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
 * Everything is checked: cyclic or ragged arrays, holes, strings, mixed types, and objects that throw when they are read are
 * a `ShapeError` or a `DTypeError` that says where.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor } from "wengert"
 *
 * const parsed: unknown = JSON.parse("[[1, 2], [3]]")
 * const message = Effect.match(Tensor.fromUnknown(parsed), { onSuccess: String, onFailure: (error) => error.message })
 * console.log(Effect.runSync(message))
 * // => Tensor.fromUnknown requires nested arrays of one shape, got 1 elements instead of 2 elements at [1]
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
  }))

/**
 * A tensor of zeros; over bool, of false.
 *
 * @example
 * ```ts
 * import { Tensor } from "wengert"
 *
 * console.log(Tensor.zeros([3], "int32")) // => tensor([0, 0, 0], int32)
 * ```
 */
export const zeros = <const S extends Shape, const D extends DType = "float64">(shape: S, dtype?: D): Tensor<Mutable<S>, D> =>
  tabulate("Tensor.zeros", shape, dtype, () => 0)

/**
 * A tensor of ones; over bool, of true.
 *
 * @example
 * ```ts
 * import { Tensor } from "wengert"
 *
 * console.log(Tensor.ones([2])) // => tensor([1., 1.], float64)
 * ```
 */
export const ones = <const S extends Shape, const D extends DType = "float64">(shape: S, dtype?: D): Tensor<Mutable<S>, D> =>
  tabulate("Tensor.ones", shape, dtype, () => 1)

/**
 * A tensor with `value` everywhere: a number, float64 by default, or a boolean. Throws `DTypeError` where the dtype cannot
 * hold it.
 *
 * @example
 * ```ts
 * import { Tensor } from "wengert"
 *
 * console.log(Tensor.full([2], 7)) // => tensor([7., 7.], float64)
 * console.log(Tensor.full([2], true)) // => tensor([true, true], bool)
 * ```
 */
export const full = <
  const S extends Shape,
  V extends number | boolean,
  const D extends DType = V extends boolean ? "bool" : "float64"
>(shape: S, value: V, dtype?: D): Tensor<Mutable<S>, D> =>
  tabulate("Tensor.full", shape, dtype ?? (typeof value === "boolean" ? "bool" : "float64"), () => Number(value))

/**
 * The n×n identity matrix, or the n×m matrix with ones on its main diagonal.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sum, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(sum(Tensor.eye(2, 3), { axis: 0 }))) // => tensor([1., 1., 0.], float64)
 * ```
 */
export const eye = <const N extends number, const M extends number = N, const D extends DType = "float64">(
  n: N,
  m?: M,
  dtype?: D
): Tensor<[N, M], D> => {
  const columns = m ?? n
  return tabulate("Tensor.eye", [n, columns], dtype, (i) => Math.floor(i / columns) === i % columns ? 1 : 0)
}

/**
 * `start, start + step, …` up to but without `stop`; `arange(stop)` starts at 0. The step is 1 by default, and may be negative.
 *
 * Throws `ShapeError` for a step of 0 and for bounds that are not finite, and `DTypeError` where the dtype (float64 by
 * default) cannot hold a value.
 *
 * @example
 * ```ts
 * import { Tensor } from "wengert"
 *
 * console.log(Tensor.arange(3)) // => tensor([0., 1., 2.], float64)
 * console.log(Tensor.arange(5, 0, -2, "int32")) // => tensor([5, 3, 1], int32)
 * ```
 */
export const arange = <const N extends number, const Stop extends number | undefined = undefined, const D extends DType = "float64">(
  start: N,
  stop?: Stop,
  step = 1,
  dtype?: D
): Tensor<[ArangeDim<N, Stop>], D> => {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  const size = Math.max(0, Math.ceil((to - from) / step))
  if (step === 0 || !Number.isFinite(size)) {
    const got = `${from}, ${to} and ${step}`
    throw new ShapeError({ op: "Tensor.arange", message: `Tensor.arange requires finite bounds and a step that is not 0, got ${got}` })
  }
  return tabulate("Tensor.arange", [size], dtype, (i) => from + i * step)
}

/**
 * `num` numbers at equal distances from `start` to `stop`, both of them included unless `endpoint` is false.
 *
 * Throws `ShapeError` unless `num` is whole and not negative, and `DTypeError` where the dtype (float64 by default) cannot
 * hold a value.
 *
 * @example
 * ```ts
 * import { Tensor } from "wengert"
 *
 * console.log(Tensor.linspace(0, 10, 3)) // => tensor([ 0.,  5., 10.], float64)
 * ```
 */
export const linspace = <const N extends number, const D extends DType = "float64">(
  start: number,
  stop: number,
  num: N,
  { dtype, endpoint = true }: { readonly endpoint?: boolean | undefined; readonly dtype?: D | undefined } = {}
): Tensor<[N], D> => {
  const gaps = endpoint ? num - 1 : num
  return tabulate("Tensor.linspace", [num], dtype, (i) =>
    endpoint && i === gaps && i > 0 ? stop : start + i * ((stop - start) / Math.max(gaps, 1)))
}

/**
 * An abstract argument: a shape and a dtype without elements, for `trace`.
 *
 * @example
 * ```ts
 * import { Tensor } from "wengert"
 *
 * console.log(Tensor.spec([2, 3], "float32")) // => Spec(float32[2,3])
 * ```
 */
export const spec = <const S extends Shape, const D extends DType = "float64">(shape: S, dtype?: D): Tensor<Mutable<S>, D> => {
  const named = dtype ?? "float64"
  checkDTypeName("Tensor.spec", named)
  return new SpecTensor(checkShape("Tensor.spec", shape), named)
}

/**
 * Making tensors by rule: constants, ranges, the identity.
 */
import type { ArangeDim } from "../types/construction.ts"
import type { Mutable } from "../types/shape.ts"
import type { DType } from "./dtype.ts"
import { ArgumentError, describe, DTypeError, ShapeError } from "./errors.ts"
import { checkDTypeName, checked, storage } from "./make.ts"
import { checkOptions, flag } from "./options.ts"
import type { Shape } from "./shape.ts"
import { checkShape } from "./shape.ts"
import type { Tensor } from "./tensor.ts"
import { filled, fromData, SpecTensor } from "./tensor.ts"

/** A dtype by itself, or as an option. */
type DTypeOption<D extends DType> = D | { readonly dtype?: D | undefined }

/** The dtype that was asked for, float64 by default. Throws `DTypeError`. */
const dtypeFrom = (op: string, given: DTypeOption<DType> | undefined, byDefault: DType = "float64"): DType => {
  const dtype = typeof given === "object" ? checkOptions(op, given, { dtype: "checked" }).dtype : given
  return dtype === undefined ? byDefault : checkDTypeName(op, dtype)
}

/** `value`, if it is a number. Throws `ArgumentError`. */
const checkNumber = (op: string, what: string, value: unknown): number => {
  if (typeof value === "number") return value
  throw new ArgumentError({ op, message: `${op} requires a number as ${what}, got ${describe(value)}` })
}

/** A tensor whose element at position i is `element(i)`. */
const tabulate = (op: string, shape: Shape, dtype: DType, element: (i: number) => number): Tensor<any, any> => {
  const data = storage(op, shape, dtype)
  for (let i = 0; i < data.length; i++) data[i] = checked(op, dtype, element(i))
  return fromData(shape, dtype, data)
}

/** A tensor of one value. */
const constant = (op: string, shape: Shape, dtype: DType, value: number): Tensor<any, any> =>
  filled(checkShape(op, shape), dtype, checked(op, dtype, value))

/**
 * A tensor of zeros; over bool, of false. Its elements take no memory until they are read.
 *
 * Float64, unless another dtype is given, by itself or as the option `{ dtype }`. Throws `ShapeError` for dims that are
 * not whole, or too large, and `DTypeError` for an unknown dtype.
 *
 * @example
 * ```ts
 * import { Tensor } from "wengert"
 *
 * console.log(Tensor.zeros([3], "int32")) // => tensor([0, 0, 0], int32)
 * console.log(Tensor.zeros([2], { dtype: "float32" })) // => tensor([0., 0.], float32)
 * ```
 */
export const zeros = <const S extends Shape, const D extends DType = "float64">(
  shape: S,
  dtype?: DTypeOption<D>
): Tensor<Mutable<S>, D> => constant("Tensor.zeros", shape, dtypeFrom("Tensor.zeros", dtype), 0)

/**
 * A tensor of ones; over bool, of true. Otherwise like `zeros`.
 *
 * @example
 * ```ts
 * import { Tensor } from "wengert"
 *
 * console.log(Tensor.ones([2])) // => tensor([1., 1.], float64)
 * ```
 */
export const ones = <const S extends Shape, const D extends DType = "float64">(
  shape: S,
  dtype?: DTypeOption<D>
): Tensor<Mutable<S>, D> => constant("Tensor.ones", shape, dtypeFrom("Tensor.ones", dtype), 1)

/**
 * A tensor with `value` everywhere: a number, float64 by default, or a boolean. Otherwise like `zeros`. Throws
 * `DTypeError` for anything else, and where the dtype cannot hold the value.
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
>(shape: S, value: V, dtype?: DTypeOption<D>): Tensor<Mutable<S>, D> => {
  const op = "Tensor.full"
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new DTypeError({ op, message: `${op} requires a number or a boolean, got ${describe(value)}` })
  }
  return constant(op, shape, dtypeFrom(op, dtype, typeof value === "boolean" ? "bool" : "float64"), Number(value))
}

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
  dtype?: DTypeOption<D>
): Tensor<[N, M], D> => {
  const op = "Tensor.eye"
  const columns: number = m ?? n
  const named = dtypeFrom(op, dtype)
  const data = storage(op, [n, columns], named)
  for (let i = 0; i < Math.min(n, columns); i++) data[i * columns + i] = 1
  const identity: Tensor<any, any> = fromData([n, columns], named, data)
  return identity
}

/**
 * `start, start + step, …` up to but without `stop`; `arange(stop)` starts at 0. The step is 1 by default, and may be
 * negative.
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
export const arange = <
  const N extends number,
  const Stop extends number | undefined = undefined,
  const D extends DType = "float64"
>(
  start: N,
  stop?: Stop,
  step = 1,
  dtype?: DTypeOption<D>
): Tensor<[ArangeDim<N, Stop>], D> => {
  const op = "Tensor.arange"
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  const all = [from, to, step].every((x) => typeof x === "number")
  const size = all ? Math.max(0, Math.ceil((to - from) / step)) : NaN
  if (step === 0 || !Number.isFinite(size)) {
    const got = `${describe(from)}, ${describe(to)} and ${describe(step)}`
    throw new ShapeError({ op, message: `${op} requires finite bounds and a step that is not 0, got ${got}` })
  }
  return tabulate(op, [size], dtypeFrom(op, dtype), (i) => from + i * step)
}

/**
 * `num` numbers at equal distances from `start` to `stop`, both of them included unless `endpoint` is false.
 *
 * Throws `ShapeError` unless `num` is whole and not negative, and `DTypeError` where the dtype (float64 by default)
 * cannot hold a value.
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
  options?: { readonly endpoint?: boolean | undefined; readonly dtype?: D | undefined }
): Tensor<[N], D> => {
  const op = "Tensor.linspace"
  const { dtype, endpoint = true } = checkOptions(op, options, { dtype: "checked", endpoint: flag })
  const [from, to] = [checkNumber(op, "start", start), checkNumber(op, "stop", stop)]
  const [count] = checkShape(op, [num]) as readonly [number]
  const gaps = Math.max(endpoint ? count - 1 : count, 1)
  // where the difference overflows, half of it does not
  const step = Number.isFinite(to - from) ? (to - from) / gaps : to / gaps - from / gaps
  const between = (i: number): number => Number.isFinite(i * step) || i === 0 ? from + i * step : to - (gaps - i) * step
  return tabulate(op, [count], dtypeFrom(op, dtype), (i) => endpoint && i === gaps ? to : between(i))
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
export const spec = <const S extends Shape, const D extends DType = "float64">(
  shape: S,
  dtype?: DTypeOption<D>
): Tensor<Mutable<S>, D> => {
  // its class does not know the shape
  const tensor: Tensor = new SpecTensor(checkShape("Tensor.spec", shape), dtypeFrom("Tensor.spec", dtype))
  return tensor
}

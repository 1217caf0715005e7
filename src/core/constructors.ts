/**
 * Making tensors by rule: constants, ranges, the identity.
 */
import type { DType } from "./dtype.ts"
import { ShapeError } from "./errors.ts"
import { checkDTypeName, checked, storage } from "./make.ts"
import type { Shape } from "./shape.ts"
import { checkShape } from "./shape.ts"
import type { Tensor } from "./tensor.ts"
import { fromData, SpecTensor } from "./tensor.ts"
import type { ArangeDim } from "./typed/construction.ts"
import type { Mutable } from "./typed/shape.ts"

/** A tensor whose element at position i is `element(i)`. */
const tabulate = (
  op: string,
  shape: Shape,
  dtype: DType = "float64",
  element: (i: number) => number
): Tensor<any, any> => {
  const data = storage(op, shape, dtype)
  for (let i = 0; i < data.length; i++) data[i] = checked(op, dtype, element(i))
  return fromData(shape, dtype, data)
}

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
export const zeros = <const S extends Shape, const D extends DType = "float64">(
  shape: S,
  dtype?: D
): Tensor<Mutable<S>, D> => tabulate("Tensor.zeros", shape, dtype, () => 0)

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
export const ones = <const S extends Shape, const D extends DType = "float64">(
  shape: S,
  dtype?: D
): Tensor<Mutable<S>, D> => tabulate("Tensor.ones", shape, dtype, () => 1)

/**
 * A tensor with `value` everywhere: a number, float64 by default, or a boolean. Throws `DTypeError` where the dtype
 * cannot hold it.
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
  dtype?: D
): Tensor<[ArangeDim<N, Stop>], D> => {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  const size = Math.max(0, Math.ceil((to - from) / step))
  if (step === 0 || !Number.isFinite(size)) {
    const got = `${from}, ${to} and ${step}`
    throw new ShapeError({
      op: "Tensor.arange",
      message: `Tensor.arange requires finite bounds and a step that is not 0, got ${got}`
    })
  }
  return tabulate("Tensor.arange", [size], dtype, (i) => from + i * step)
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
  { dtype, endpoint = true }: { readonly endpoint?: boolean | undefined; readonly dtype?: D | undefined } = {}
): Tensor<[N], D> => {
  const gaps = endpoint ? num - 1 : num
  return tabulate(
    "Tensor.linspace",
    [num],
    dtype,
    (i) => endpoint && i === gaps && i > 0 ? stop : start + i * ((stop - start) / Math.max(gaps, 1))
  )
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
  dtype?: D
): Tensor<Mutable<S>, D> => {
  const named = dtype ?? "float64"
  checkDTypeName("Tensor.spec", named)
  return new SpecTensor(checkShape("Tensor.spec", shape), named)
}

/**
 * `Tensor`, the type, and `Tensor`, the functions that make and read tensors.
 */
import { arange, eye, full, linspace, ones, spec, zeros } from "./core/constructors.ts"
import type { DType } from "./core/dtype.ts"
import { fromUnknown, make } from "./core/make.ts"
import { data, item, toArray } from "./core/readers.ts"
import type { Shape } from "./core/shape.ts"
import type * as Core from "./core/tensor.ts"

/**
 * An immutable n-dimensional array with shape `S` and dtype `D`, e.g. `Tensor<[2, 3], "float64">`.
 *
 * The type is gradual: literal and generic dims are checked by the compiler, `number` dims and an unknown rank (plain
 * `Tensor`) when the program runs. Tensors print like NumPy's under `console.log`.
 */
export type Tensor<S extends Shape = Shape, D extends DType = DType> = Core.Tensor<S, D>

/**
 * Makes tensors, and reads their elements. Reading is an Effect: under a transformation the value of a tensor may be
 * unknown.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, Tensor } from "wengert"
 *
 * const x = Tensor.make([1, 2, 3])
 * const program = Tensor.toArray(mul(x, 2))
 * console.log(Effect.runSync(program)) // => [ 2, 4, 6 ]
 * ```
 */
export const Tensor = {
  make,
  fromUnknown,
  zeros,
  ones,
  full,
  eye,
  arange,
  linspace,
  spec,
  item,
  toArray,
  data
} as const

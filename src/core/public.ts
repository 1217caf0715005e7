/**
 * `Tensor`, the type, and `Tensor`, the functions that make and read tensors.
 */
import type { DType } from "./dtype.ts"
import * as Tensor from "./namespace.ts"
import type { Shape } from "./shape.ts"
import type { TypeId } from "./tensor.ts"

/**
 * The shape itself, as the type of a property that leaves `Tensor` bivariant: for TypeScript two such questions with
 * different answers, not yet decided, are assignable to each other.
 */
type ShapeAsKnown<S> = S extends infer T extends Shape ? 0 extends 1 & T ? Shape : T : never

/**
 * An immutable n-dimensional array with shape `S` and dtype `D`, e.g. `Tensor<[2, 3], "float64">`.
 *
 * The type is gradual: literal and generic dims are checked by the compiler, `number` dims and an unknown rank (plain
 * `Tensor`) when the program runs. Tensors print like NumPy's under `console.log`.
 */
interface Tensor<S extends Shape = Shape, D extends DType = DType> {
  /** A phantom. Methods are bivariant: `Tensor` and `Tensor<[3]>` are mutually assignable, `Tensor<[3]>` and `Tensor<[4]>` are not. */
  readonly [TypeId]: { shape(_: S): void; dtype(_: D): void }
  readonly shape: ShapeAsKnown<S>
  readonly dtype: DType
  /** Number of elements. */
  readonly size: number
  /** Prints like NumPy. */
  toString(): string
}

export { Tensor }

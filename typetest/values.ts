/**
 * Tensors of many shapes, as their types say.
 */
import type { Shape } from "../src/index.ts"
import { Tensor } from "../src/index.ts"

/** A float64 tensor. */
export type F64<S extends Shape> = Tensor<S, "float64">

export const { zeros } = Tensor

export const scalar = zeros([])
export const x3 = zeros([3])
export const x4 = zeros([4])
export const x23 = zeros([2, 3])
export const x34 = zeros([3, 4])
export const x45 = zeros([4, 5])
export const x123 = zeros([1, 2, 3])
export const x234 = zeros([2, 3, 4])

export const single3 = zeros([3], "float32")
export const int = zeros([], "int32")
export const int3 = zeros([3], "int32")
export const int23 = zeros([2, 3], "int32")
export const bool = zeros([], "bool")
export const bool3 = zeros([3], "bool")
export const bool23 = zeros([2, 3], "bool")

/** A tensor of which the compiler knows nothing. */
export const unknown: Tensor = zeros([2, 3])

/** A tensor whose first dim is known at run time only. */
export const batch: Tensor<[number, 3], "float64"> = zeros([5, 3])

/** What is no tree, though it holds a tensor. */
export class Model {
  readonly w = x3
  size(): number {
    return this.w.size
  }
}

/**
 * Makes tensors, and reads their elements. Reading is an Effect: under a transformation the value of a tensor may be
 * unknown. The functions of `Tensor`.
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
export { arange, eye, full, linspace, ones, spec, zeros } from "./constructors.ts"
export { fromUnknown, make } from "./make.ts"
export { data, item, toArray } from "./readers.ts"

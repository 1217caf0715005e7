/**
 * Signatures of ops, one per shape of op, with the op's name as a parameter where messages need it:
 * `export const sin: FloatUnary<"sin">`.
 *
 * An op has a single signature with one type parameter per operand, so that nested calls infer and mistakes are one line:
 *
 *     const y: Effect<Tensor<[2, 3], "float64">, OpError> = add(x, 1)
 *     matmul(a, b) // "ShapeError: matmul: inner dimensions of [2, 3] and [4, 5] differ"
 *
 * Implementations see plain operands; {@link signed} puts the signature in front of them.
 */
export type { DTypeOf, ErrorOf, SaidBy, ServicesOf, ShapeOf } from "./operand.ts"
export type * from "./signatures/contraction.ts"
export type * from "./signatures/convolution.ts"
export type * from "./signatures/control.ts"
export type * from "./signatures/elementwise.ts"
export type * from "./signatures/fourier.ts"
export type * from "./signatures/indexing.ts"
export type * from "./signatures/linalg.ts"
export type * from "./signatures/movement.ts"
export type * from "./signatures/random.ts"
export type * from "./signatures/reduction.ts"
export type * from "./signatures/tree.ts"

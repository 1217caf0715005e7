/**
 * Signatures of linear algebra.
 */
import type * as Effect from "effect/Effect"
import type { OpError } from "../../core/errors.ts"
import type { Shape } from "../../core/shape.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type { CheckFloat } from "../dtype.ts"
import type { CheckMatrix, CheckSquare, Flipped, Lead, Rows } from "../linalg.ts"
import type { DTypeOf, ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"
import type { JoinOf } from "./elementwise.ts"

/** What an op of one operand gives. */
type Given<A, Result> = Effect.Effect<Result, OpError | ErrorOf<A>, ServicesOf<A>>

type Square<Name extends string, A> = CheckSquare<Name, ShapeOf<A>, CheckFloat<Name, SaidBy<A>, A>>
type Matrix<Name extends string, A> = CheckMatrix<Name, ShapeOf<A>, CheckFloat<Name, SaidBy<A>, A>>

/** Square matrices to matrices of the same size. */
export interface SquareMap<Name extends string> {
  <A extends Operand>(a: Square<Name, A>): Given<A, Tensor<ShapeOf<A>, DTypeOf<A>>>
}

/** Square matrices to a number each. */
export interface SquareScalar<Name extends string> {
  <A extends Operand>(a: Square<Name, A>): Given<A, Tensor<Lead<ShapeOf<A>>, DTypeOf<A>>>
}

/** Square matrices to as many numbers as they have rows. */
export interface Spectrum<Name extends string> {
  <A extends Operand>(a: Square<Name, A>): Given<A, Tensor<Rows<ShapeOf<A>>, DTypeOf<A>>>
}

/** Triangular factors of square matrices. */
export interface Lu {
  <A extends Operand>(a: Square<"Linalg.lu", A>): Given<A, {
    readonly permutation: Tensor<Rows<ShapeOf<A>>, "int32">
    readonly l: Tensor<ShapeOf<A>, DTypeOf<A>>
    readonly u: Tensor<ShapeOf<A>, DTypeOf<A>>
  }>
}

/** The sign of a determinant, and the logarithm of its size. */
export interface Slogdet {
  <A extends Operand>(a: Square<"Linalg.slogdet", A>): Given<A, {
    readonly sign: Tensor<Lead<ShapeOf<A>>, DTypeOf<A>>
    readonly logabsdet: Tensor<Lead<ShapeOf<A>>, DTypeOf<A>>
  }>
}

/** Eigenvalues and eigenvectors of symmetric matrices. */
export interface Eigh {
  <A extends Operand>(a: Square<"Linalg.eigh", A>): Given<A, {
    readonly eigenvalues: Tensor<Rows<ShapeOf<A>>, DTypeOf<A>>
    readonly eigenvectors: Tensor<ShapeOf<A>, DTypeOf<A>>
  }>
}

/** An orthogonal factor and a triangular one. */
export interface Qr {
  <A extends Operand>(a: Matrix<"Linalg.qr", A>): Given<A, {
    readonly q: Tensor<Shape, DTypeOf<A>>
    readonly r: Tensor<Shape, DTypeOf<A>>
  }>
}

/** Singular values and vectors. */
export interface Svd {
  <A extends Operand>(a: Matrix<"Linalg.svd", A>): Given<A, {
    readonly u: Tensor<Shape, DTypeOf<A>>
    readonly s: Tensor<Shape, DTypeOf<A>>
    readonly vt: Tensor<Shape, DTypeOf<A>>
  }>
}

/** Options of `triangularSolve`. */
export interface TriangularSolveOptions {
  readonly lower?: boolean | undefined
  readonly transposed?: boolean | undefined
  readonly unitDiagonal?: boolean | undefined
}

/** The solution for one triangle of a matrix. */
export interface TriangularSolve {
  <A extends Operand, B extends Operand>(
    a: Square<"Linalg.triangularSolve", A>,
    b: B,
    options?: TriangularSolveOptions
  ): Given<A | B, Tensor<Solution<ShapeOf<A>, ShapeOf<B>>, JoinOf<A, B>>>
}

/** The solution of linear equations. */
export interface Solve {
  <A extends Operand, B extends Operand>(
    a: Square<"Linalg.solve", A>,
    b: B
  ): Given<A | B, Tensor<Solution<ShapeOf<A>, ShapeOf<B>>, JoinOf<A, B>>>
}

/** The right hand side's own shape, where the axes in front of both are none. */
type Solution<A extends Shape, B extends Shape> = A extends readonly [number, number] ? B : Shape

/** How small singular values have to be beside the largest to count as 0. */
export interface RankOptions {
  readonly rtol?: number | undefined
}

/** The pseudo-inverse. */
export interface Pinv {
  <A extends Operand>(a: Matrix<"Linalg.pinv", A>, options?: RankOptions): Given<
    A,
    Tensor<Flipped<ShapeOf<A>>, DTypeOf<A>>
  >
}

/** The least-squares solution. */
export interface Lstsq {
  <A extends Operand, B extends Operand>(
    a: Matrix<"Linalg.lstsq", A>,
    b: B,
    options?: RankOptions
  ): Given<A | B, Tensor<Shape, JoinOf<A, B>>>
}

/** The rank of matrices. */
export interface MatrixRank {
  <A extends Operand>(a: Matrix<"Linalg.matrixRank", A>, options?: RankOptions): Given<
    A,
    Tensor<Lead<ShapeOf<A>>, "int32">
  >
}

/** A power of square matrices. */
export interface MatrixPower {
  <A extends Operand>(a: Square<"Linalg.matrixPower", A>, n: number): Given<A, Tensor<ShapeOf<A>, DTypeOf<A>>>
}

/** Which norm: Frobenius', the sum or the largest or smallest of singular values, or of sums of sizes along rows or columns. */
export interface MatrixNormOptions {
  readonly ord?: "fro" | "nuc" | number | undefined
}

/** A norm of matrices. */
export interface MatrixNorm {
  <A extends Operand>(a: Matrix<"Linalg.matrixNorm", A>, options?: MatrixNormOptions): Given<
    A,
    Tensor<Lead<ShapeOf<A>>, DTypeOf<A>>
  >
}

/** Products of vectors along an axis. */
export interface AlongVectors {
  <A extends Operand, B extends Operand>(
    a: A,
    b: B,
    options?: { readonly axis?: number | undefined }
  ): Given<A | B, Tensor<Shape, JoinOf<A, B>>>
}

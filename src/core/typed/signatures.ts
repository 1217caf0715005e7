import type * as Effect from "effect/Effect"
import type { DType } from "../dtype.ts"
import type { OpError } from "../errors.ts"
import type { Shape } from "../shape.ts"
import type { Operand, Tensor } from "../tensor.ts"
import type { DTypeOf, ErrorOf, Result, ServicesOf, ShapeOf } from "./operand.ts"
export type { DTypeOf, ErrorOf, Result, ServicesOf, ShapeOf } from "./operand.ts"

/** First cut: names and arities are final, results are refined family by family. */
interface One<_Name extends string> { <A extends Operand>(x: A): Result<ShapeOf<A>, DTypeOf<A>, A> }
interface Two<_Name extends string> { <A extends Operand, B extends Operand>(a: A, b: B): Result<Shape, DType, A | B> }
export interface Unary<Name extends string> extends One<Name> {}
export interface FloatUnary<Name extends string> extends One<Name> {}
export interface Binary<Name extends string> extends Two<Name> {}
export interface FloatBinary<Name extends string> extends Two<Name> {}
export interface Compare<_Name extends string> { <A extends Operand, B extends Operand>(a: A, b: B): Result<Shape, "bool", A | B> }
export interface Logical<_Name extends string> { <A extends Operand, B extends Operand>(a: A, b: B): Result<Shape, "bool", A | B> }
export interface LogicalNot { <A extends Operand>(x: A): Result<ShapeOf<A>, "bool", A> }
export interface Test<_Name extends string> { <A extends Operand>(x: A): Result<ShapeOf<A>, "bool", A> }
export interface Clip { <A extends Operand, B extends Operand, C extends Operand>(x: A, lo: B, hi: C): Result<Shape, DType, A | B | C> }
export interface ReductionOptions { readonly axis?: number | ReadonlyArray<number> | undefined; readonly keepDims?: boolean | undefined }
export interface AxisOptions { readonly axis?: number | undefined; readonly keepDims?: boolean | undefined }
export interface Reduction<_Name extends string> { <A extends Operand>(x: A, options?: ReductionOptions): Result<Shape, DTypeOf<A>, A> }
export interface FloatReduction<_Name extends string> { <A extends Operand>(x: A, options?: ReductionOptions): Result<Shape, DTypeOf<A>, A> }
export interface BoolReduction<_Name extends string> { <A extends Operand>(x: A, options?: ReductionOptions): Result<Shape, "bool", A> }
export interface ArgReduction<_Name extends string> { <A extends Operand>(x: A, options?: AxisOptions): Result<Shape, "int32", A> }
export interface AxisWise<_Name extends string> { <A extends Operand>(x: A, options?: { readonly axis?: number | undefined }): Result<Shape, DTypeOf<A>, A> }
export interface Cumulative<_Name extends string> { <A extends Operand>(x: A, options?: { readonly axis?: number | undefined }): Result<Shape, DTypeOf<A>, A> }
export interface Reshape { <A extends Operand>(x: A, shape: Shape): Result<Shape, DTypeOf<A>, A> }
export interface Transpose { <A extends Operand>(x: A, axes?: Shape): Result<Shape, DTypeOf<A>, A> }
export interface BroadcastTo { <A extends Operand>(x: A, shape: Shape): Result<Shape, DTypeOf<A>, A> }
export interface Squeeze { <A extends Operand>(x: A, axis?: number | ReadonlyArray<number>): Result<Shape, DTypeOf<A>, A> }
export interface ExpandDims { <A extends Operand>(x: A, axis: number | ReadonlyArray<number>): Result<Shape, DTypeOf<A>, A> }
export interface Concat { <As extends ReadonlyArray<Operand>>(xs: As, axis?: number): Result<Shape, DTypeOf<As[number]>, As[number]> }
export interface Stack { <As extends ReadonlyArray<Operand>>(xs: As, axis?: number): Result<Shape, DTypeOf<As[number]>, As[number]> }
export interface Split { <A extends Operand>(x: A, sections: number | Shape, axis?: number): Effect.Effect<Array<Tensor<Shape, DTypeOf<A>>>, OpError | ErrorOf<A>, ServicesOf<A>> }
export type SliceSpec = number | null | readonly [start: number | null, stop: number | null, step?: number]
export interface Slice { <A extends Operand>(x: A, ...spec: ReadonlyArray<SliceSpec>): Result<Shape, DTypeOf<A>, A> }
export interface Flip { <A extends Operand>(x: A, axis?: number | ReadonlyArray<number>): Result<ShapeOf<A>, DTypeOf<A>, A> }
export interface Pad { <A extends Operand>(x: A, widths: ReadonlyArray<readonly [number, number]>, options?: { readonly value?: number }): Result<Shape, DTypeOf<A>, A> }
export interface Tile { <A extends Operand>(x: A, repeats: number | Shape): Result<Shape, DTypeOf<A>, A> }
export interface Cast { <A extends Operand, D extends DType>(x: A, dtype: D): Result<ShapeOf<A>, D, A> }
export interface MatMul extends Two<"matmul"> {}
export interface Dot extends Two<"dot"> {}
export interface Outer extends Two<"outer"> {}
export interface Einsum { <As extends ReadonlyArray<Operand>>(equation: string, ...xs: As): Result<Shape, DTypeOf<As[number]>, As[number]> }
export interface TensorDot { <A extends Operand, B extends Operand>(a: A, b: B, axes?: number | readonly [Shape, Shape]): Result<Shape, DType, A | B> }
export interface Gather extends Two<"gather"> {}
export interface Take { <A extends Operand, I extends Operand>(x: A, indices: I, options?: { readonly axis?: number | undefined }): Result<Shape, DTypeOf<A>, A | I> }
export interface TakeAlongAxis { <A extends Operand, I extends Operand>(x: A, indices: I, axis: number): Result<Shape, DTypeOf<A>, A | I> }
export interface ScatterAdd { <A extends Operand, I extends Operand, U extends Operand>(x: A, indices: I, updates: U): Result<ShapeOf<A>, DTypeOf<A>, A | I | U> }
export interface OneHot { <I extends Operand, D extends DType = "float64">(indices: I, depth: number, options?: { readonly dtype?: D }): Result<Shape, D, I> }
export interface SortOptions { readonly axis?: number | undefined; readonly descending?: boolean | undefined }
export interface Sort { <A extends Operand>(x: A, options?: SortOptions): Result<ShapeOf<A>, DTypeOf<A>, A> }
export interface ArgSort { <A extends Operand>(x: A, options?: SortOptions): Result<ShapeOf<A>, "int32", A> }
export interface TopK { <A extends Operand>(x: A, k: number): Effect.Effect<{ readonly values: Tensor<Shape, DTypeOf<A>>; readonly indices: Tensor<Shape, "int32"> }, OpError | ErrorOf<A>, ServicesOf<A>> }
export interface Diagonal { <A extends Operand>(x: A, options?: { readonly offset?: number; readonly axis1?: number; readonly axis2?: number }): Result<Shape, DTypeOf<A>, A> }
export interface Tri<_Name extends string = "tril"> { <A extends Operand>(x: A, k?: number): Result<ShapeOf<A>, DTypeOf<A>, A> }
export interface Where { <M extends Operand, A extends Operand, B extends Operand>(mask: M, a: A, b: B): Result<Shape, DType, M | A | B> }
export interface Mask { <A extends Operand, M extends Operand, F extends Operand = 0>(x: A, mask: M, fill?: F): Result<Shape, DTypeOf<A>, A | M | F> }
export interface Cond { <P extends Operand, A, B>(pred: P, onTrue: () => A, onFalse: () => B): Effect.Effect<any, any, any> }
export interface SwitchCase { <I extends Operand, As extends ReadonlyArray<() => unknown>>(index: I, branches: As): Effect.Effect<any, any, any> }
export interface StopGradient extends One<"stopGradient"> {}
export interface ScanOptions { readonly length?: number; readonly reverse?: boolean }
export interface Scan { (f: (carry: any, x: any) => any, init: any, xs: any, options?: ScanOptions): Effect.Effect<any, any, any> }
export interface Ensure { <A extends Operand, const S extends Shape>(x: A, shape: S): Result<{ -readonly [K in keyof S]: S[K] }, DTypeOf<A>, A> }

/**
 * Making and reading tensors, in types: the shape and dtype of nested arrays, and the arrays that a tensor is read
 * into.
 *
 * A literal tells its sizes; an array that is only known by its elements' type has `number` dims. Like the run time,
 * the types look at the first element of each array alone.
 */
import type * as Effect from "effect/Effect"
import type { DType, TypedArray } from "../core/dtype.ts"
import type { DTypeError, ShapeError } from "../core/errors.ts"
import type { Shape } from "../core/shape.ts"
import type { Tensor } from "../core/tensor.ts"
import type { Mutable } from "./shape.ts"

/** A value, or arrays of values, nested. */
export type Nested<Element> = Element | ReadonlyArray<Nested<Element>>

/** What `Tensor.make` takes. */
export type TensorInput = Nested<number> | Nested<boolean> | TypedArray | Narrow

/** Typed arrays of smaller integers, such as images come in. */
type Narrow = Int16Array | Uint16Array | Int8Array | Uint8Array | Uint8ClampedArray | Uint32Array

/** The shape and dtype that the elements are to have. */
export interface MakeOptions {
  /** Another shape for the same number of elements, in row-major order. */
  readonly shape?: Shape | undefined
  /** By default float64 for numbers and bool for booleans; a typed array keeps its own. */
  readonly dtype?: DType | undefined
}

type ShapeOfNested<A> = 0 extends 1 & A ? Shape
  : [A] extends [number | boolean] ? []
  : [A] extends [TypedArray | Narrow] ? [number]
  : [A] extends [readonly []] ? [0]
  : [A] extends [readonly [infer First, ...ReadonlyArray<unknown>]] ? Grown<A["length"], ShapeOfNested<First>>
  : [A] extends [ReadonlyArray<infer Element>] ? Grown<number, ShapeOfNested<Element>>
  : Shape

type Grown<D extends number, S extends Shape> = number extends S["length"] ? Shape : [D, ...S]

type DTypeOfNested<A> = 0 extends 1 & A ? DType
  : [A] extends [never] ? "float64"
  : [A] extends [boolean] ? "bool"
  : [A] extends [number] ? "float64"
  : [A] extends [Float64Array] ? "float64"
  : [A] extends [Float32Array] ? "float32"
  : [A] extends [Int32Array] ? "int32"
  : [A] extends [Narrow] ? "int32"
  : [A] extends [readonly [infer First, ...ReadonlyArray<unknown>]] ? DTypeOfNested<First>
  : [A] extends [ReadonlyArray<infer Element>] ? DTypeOfNested<Element>
  : DType

/** The shape of what is made of `A` with options `O`. */
type ShapeFrom<A, O> = O extends { readonly shape: infer S extends Shape } ? Mutable<S>
  : "shape" extends keyof O ? Shape
  : ShapeOfNested<A>

/** The dtype of what is made of `A` with options `O`. */
type DTypeFrom<A, O> = O extends { readonly dtype: infer D extends DType } ? D
  : "dtype" extends keyof O ? DType
  : DTypeOfNested<A>

/** `Tensor.make`. */
export interface Make {
  <const A extends TensorInput, const O extends MakeOptions = {}>(
    input: A,
    options?: O
  ): Tensor<ShapeFrom<A, O>, DTypeFrom<A, O>>
}

/** `Tensor.fromUnknown`. */
export interface FromUnknown {
  <const O extends MakeOptions = {}>(
    input: unknown,
    options?: O
  ): Effect.Effect<Tensor<ShapeFrom<any, O>, DTypeFrom<any, O>>, ShapeError | DTypeError>
}

/** The size of `arange(N)`, where that is a literal natural number and there is no `Stop`. */
export type ArangeDim<N extends number, Stop> = [Stop] extends [undefined]
  ? `${N}` extends `${string}${"-" | "." | "e"}${string}` ? number : N
  : number

/** What an element of dtype `D` is read as. */
export type ElementOf<D extends DType> = D extends "bool" ? boolean : number

/** Arrays of elements, nested like the shape `S`. */
export type ArrayOf<S extends Shape, Element> = number extends S["length"] ? Nested<Element>
  : S extends readonly [number, ...infer Rest extends Shape] ? Array<ArrayOf<Rest, Element>>
  : Element

/** The typed array that holds dtype `D`. */
export type DataOf<D extends DType> = {
  readonly float64: Float64Array
  readonly float32: Float32Array
  readonly int32: Int32Array
  readonly bool: Uint8Array
}[D]

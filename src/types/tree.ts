/**
 * Trees in types: records, tuples and arrays, nested, with tensors (or what becomes tensors) as leaves.
 *
 * Mapped types keep tuples tuples and arrays arrays. Where a type already is a tree of tensors it is handed on as it is,
 * so that the user's own names for it stay in hovers and messages.
 */
import type * as Effect from "effect/Effect"
import type { DType, FloatDType } from "../core/dtype.ts"
import type { Shape } from "../core/shape.ts"
import type { Tensor } from "../core/tensor.ts"
import type { Box, IsAny, IsBad, IsFound, IsNever, Show } from "./check.ts"
import type { Join, Outside, Said, Settled } from "./dtype.ts"
import type { AxisIndex, InsertAt, SameShape } from "./shape.ts"
import type { Matrix, Pattern } from "./sparse.ts"

/** The children of a tree, as a union. */
type Children<T> = T extends ReadonlyArray<infer Child> ? Child : T extends object ? T[keyof T] : never

/**
 * The leaves of a tree, as a union: tensors, numbers and Effects. Questions about trees are asked of it. A type that
 * refers to itself has no end, so leaves more than eight deep count for nothing.
 */
type Leaves<T, Depth extends Array<0> = []> = IsAny<T> extends true ? never
  : T extends number | Tensor<any, any> | Effect.Effect<any, any, any> ? T
  : T extends object ? Depth["length"] extends 8 ? never : Leaves<Children<T>, [...Depth, 0]>
  : never

/** What a tree of operands, or an Effect of one, yields when it has run: tensors everywhere. */
export type TensorsOf<T> = IsAny<T> extends true ? T
  : T extends Tensor<any, any> ? T
  : T extends number ? Tensor<[], "float64">
  : T extends Effect.Effect<infer A, any, any> ? Adapted<A>
  : T extends object ? IsFound<NonTensors<T>> extends true ? { -readonly [K in keyof T]: TensorsOf<T[K]> } : T
  : T

/**
 * A tree whose numbers have become tensors. It is still of type `T`, also where that is a type parameter, so that a
 * generic optimiser can subtract a gradient of type `P` from parameters of type `P`; the price is that such a number has
 * the types of both.
 */
export type Adapted<T> = T & (IsFound<NonTensors<T>> extends true ? Mapped<T> : unknown)

type Mapped<T> = T extends number ? Tensor<[], "float64"> : { [K in keyof T]: TensorsOf<T[K]> }

/** The numbers and Effects in a tree. */
type NonTensors<T> = Exclude<Leaves<T>, Tensor<any, any>>

/** The same for a literal, which a `const` type parameter has made `readonly`. */
export type Literal<T> = Writable<TensorsOf<T>>

type Writable<T> = T extends Tensor<any, any> ? T : T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T

/** The errors that a tree of operands can fail with. */
export type ErrorsIn<T> = ErrorsOfLeaf<Leaves<T>>

type ErrorsOfLeaf<Leaf> = Leaf extends Tensor<any, any> ? never
  : Leaf extends Effect.Effect<infer A, infer E, any> ? E | ErrorsIn<A>
  : never

/** The services that a tree of operands needs. */
export type ServicesIn<T> = ServicesOfLeaf<Leaves<T>>

type ServicesOfLeaf<Leaf> = Leaf extends Tensor<any, any> ? never
  : Leaf extends Effect.Effect<infer A, any, infer R> ? R | ServicesIn<A>
  : never

/** The leaves that are certainly not floats, by their dtypes. */
export type NonFloatLeaves<T> = NonFloatLeaf<Leaves<T>>

type NonFloatLeaf<Leaf> = Leaf extends Tensor<any, infer D> ? Outside<readonly [D], FloatDType> extends true ? D : never
  : never

// ---- two trees that have to be alike

/** A leaf's shape, and what it says about the dtype. */
type LeafShape<T> = T extends number ? [] : T extends Tensor<infer S, any> ? S : never
type LeafSays<T> = T extends Tensor<any, infer D> ? readonly [D] : readonly []

/** A tree of operands with its Effects run, but its numbers still numbers, which adapt. */
export type Ran<T> = IsAny<T> extends true ? T
  : T extends Tensor<any, any> ? T
  : T extends Effect.Effect<infer A, any, any> ? Ran<A>
  : T extends object ? { -readonly [K in keyof T]: Ran<T[K]> }
  : T

/** Two trees of one structure, as one: each leaf as well as it is known. */
export type Merge<A, B> = A extends number | Tensor<any, any>
  ? Tensor<SameShape<LeafShape<A>, LeafShape<B>>, Settled<Join<LeafSays<A>, LeafSays<B>>>>
  : A extends object ? { -readonly [K in keyof A]: K extends keyof B ? Merge<A[K], B[K]> : never }
  : A

/** How an op speaks of two trees that differ: its sentence, and the error for leaves of two shapes. */
interface Saying {
  readonly shapes: string
  readonly sentence: string
}

/**
 * The sentence about the first difference of two trees; `never` where there is none for sure. Unlike operands of an op,
 * leaves that stand for one value have one dtype: floats are not joined, only numbers adapt.
 */
export type Difference<Say extends Saying, A, B, Path extends string = "result"> = Box<A> extends Box<B> ? never
  : unknown extends A ? never
  : unknown extends B ? never
  : Path extends TooDeep ? never
  : A extends number | Tensor<any, any>
    ? B extends number | Tensor<any, any>
      ? LeafDifference<Say, LeafShape<A>, LeafShape<B>, LeafSays<A>, LeafSays<B>, Path>
    : Differ<Say, "a tensor", "a tree", Path>
  : B extends number | Tensor<any, any> ? Differ<Say, "a tree", "a tensor", Path>
  : A extends ReadonlyArray<unknown>
    ? B extends ReadonlyArray<unknown> ? A["length"] extends B["length"] ? ItemDifference<Say, A, B, Path>
      : number extends A["length"] | B["length"] ? Difference<Say, A[number], B[number], `${Path}[]`>
      : Differ<Say, `${A["length"]}`, `${B["length"]} items`, Path>
    : Differ<Say, "an array", "a record", Path>
  : [Exclude<keyof A, keyof B> | Exclude<keyof B, keyof A>] extends [never] ? FieldDifference<Say, A, B, Path>
  : Differ<
    Say,
    "records without",
    `with '${(Exclude<keyof A, keyof B> | Exclude<keyof B, keyof A>) & string}'`,
    Path
  >

/** Eight levels into the trees, to where a type that refers to itself would be followed without end. */
type TooDeep =
  `${string}${Step}${string}${Step}${string}${Step}${string}${Step}${string}${Step}${string}${Step}${string}${Step}${string}${Step}${string}`
type Step = "." | "["

type Differ<Say extends Saying, A extends string, B extends string, Path extends string> =
  `TreeMismatchError: ${Say["sentence"]} ${A} and ${B}${At<Path>}`

type LeafDifference<
  Say extends Saying,
  S extends Shape,
  T extends Shape,
  D extends Said,
  E extends Said,
  Path extends string
> = IsBad<SameShape<S, T>> extends true ? `${Say["shapes"]}: ${Say["sentence"]} ${Show<S>} and ${Show<T>}${At<Path>}`
  : D extends readonly [] ? never
  : E extends readonly [] ? never
  : IsNever<D[number] & E[number]> extends true ? Differ<Say, D[number], E[number], Path>
  : never

type ItemDifference<
  Say extends Saying,
  A extends ReadonlyArray<unknown>,
  B extends ReadonlyArray<unknown>,
  Path extends string
> = number extends A["length"] ? Difference<Say, A[number], B[number], `${Path}[]`>
  : { [K in keyof A]: Difference<Say, A[K], B[K & keyof B], `${Path}[${K & string}]`> }[number]

type FieldDifference<Say extends Saying, A, B, Path extends string> = {
  [K in keyof A]: Difference<Say, A[K], B[K & keyof B], `${Path}.${K & string}`>
}[keyof A]

type At<Path extends string> = Path extends "result" ? "" : ` at ${Path}`

/** `Arg`, unless two trees differ. */
export type CheckAlike<Say extends Saying, A, B, Arg> = IsFound<Difference<Say, A, B>> extends true
  ? Difference<Say, A, B>
  : Arg

// ---- batches

/** The tree with a new axis of size `N` in every leaf, at `Axes`: one place for all, or a tree of places. `null` is none. */
export type Batch<T, N extends number, Axes = 0> = [Axes] extends [null] ? T
  : [Axes] extends [number] ? BatchAll<T, N, Axes>
  : { [K in keyof T]: Batch<T[K], N, K extends keyof Axes ? Axes[K] : 0> }

type BatchAll<T, N extends number, Axis extends number> = IsAny<T> extends true ? T
  : T extends Tensor<infer S, infer D> ? Tensor<BatchShape<S, N, Axis>, D>
  : T extends number ? Tensor<[N], "float64">
  : T extends object ? { [K in keyof T]: BatchAll<T[K], N, Axis> }
  : T

/** Written so that TypeScript can infer a generic shape from a batch of it. */
type BatchShape<S extends Shape, N extends number, Axis extends number> = number extends S["length"] | Axis ? Shape
  : Axis extends 0 ? [N, ...S]
  : InsertAt<S, AxisIndex<[...S, N], Axis>, N>

/** The tree without the first axis of every leaf. */
export type Unbatch<T> = IsAny<T> extends true ? T
  : T extends Tensor<infer S, infer D> ?
    Tensor<S extends readonly [number, ...infer Rest extends Shape] ? Rest : Shape, D>
  : T extends object ? { -readonly [K in keyof T]: Unbatch<T[K]> }
  : T

/** The size of the first axis, which all leaves share; `number` where it is not known. */
export type LeadingDim<T> = [Leaves<T>] extends [never] ? number : LeadingDimOf<Leaves<T>>

type LeadingDimOf<Leaf> = Leaf extends Tensor<infer S, any> ?
  S extends readonly [infer N extends number, ...Shape] ? N : number
  : never

// ---- Jacobians

/** For every leaf of `Out` and every leaf of `In` a tensor with the axes of both. */
export type Jac<Out, In> = IsAny<Out> extends true ? Out
  : Out extends Tensor<infer S, infer D> ? JacOf<S, D, In>
  : Out extends object ? { -readonly [K in keyof Out]: Jac<Out[K], In> }
  : never

type JacOf<S extends Shape, D extends DType, In> = IsAny<In> extends true ? In
  : In extends Tensor<infer T, any> ? Tensor<Joined<S, T>, D>
  : In extends number ? Tensor<S, D>
  : In extends object ? { -readonly [K in keyof In]: JacOf<S, D, In[K]> }
  : never

/** Like `Jac`, with a sparse matrix for each block. */
export type SparseJac<Out, In> = IsAny<Out> extends true ? Out
  : Out extends Tensor<infer S, infer D> ? MatricesOf<S, D, In>
  : Out extends object ? { -readonly [K in keyof Out]: SparseJac<Out[K], In> }
  : never

type MatricesOf<S extends Shape, D extends DType, In> = IsAny<In> extends true ? In
  : In extends Tensor<infer T, any> ? Matrix<S, T, D>
  : In extends number ? Matrix<S, [], D>
  : In extends object ? { -readonly [K in keyof In]: MatricesOf<S, D, In[K]> }
  : never

/** Like `Jac`, with a pattern for each block. */
export type PatternOf<Out, In> = IsAny<Out> extends true ? Out
  : Out extends Tensor<infer S, any> ? PatternsOf<S, In>
  : Out extends object ? { -readonly [K in keyof Out]: PatternOf<Out[K], In> }
  : never

type PatternsOf<S extends Shape, In> = IsAny<In> extends true ? In
  : In extends Tensor<infer T, any> ? Pattern<S, T>
  : In extends number ? Pattern<S, []>
  : In extends object ? { -readonly [K in keyof In]: PatternsOf<S, In[K]> }
  : never

/** The axes of the one, and then those of the other. */
export type Joined<A extends Shape, B extends Shape> = number extends A["length"] ? Shape
  : number extends B["length"] ? Shape
  : [...A, ...B]

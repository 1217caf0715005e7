/**
 * Contractions in types: products summed over the axes that operands share. (`einsum` has a file of its own.)
 */
import type { Shape } from "../core/shape.ts"
import type { Product } from "./arithmetic.ts"
import type { Box, IsBad, IsFound, IsNever, Refuse, Show } from "./check.ts"
import type { Without } from "./reduction.ts"
import type { AxisIndex, Broadcast, Cut, SameDim } from "./shape.ts"

// ---- matmul

/**
 * NumPy's matmul: matrices are the last two axes, a lone axis is a vector, and the axes before broadcast. Where the inner
 * dims differ, a dim of the result is `never`; where there is no dim to mark, the result is.
 */
export type MatMul<A extends Shape, B extends Shape> = number extends A["length"] ? Shape
  : number extends B["length"] ? Shape
  : A extends readonly [...infer BatchA extends Shape, infer N extends number, infer K extends number]
    ? B extends readonly [...infer BatchB extends Shape, infer L extends number, infer M extends number]
      ? [...Broadcast<BatchA, BatchB>, N, If<K, L, M>]
    : B extends readonly [infer L extends number] ? [...BatchA, If<K, L, N>]
    : never
  : A extends readonly [infer K extends number]
    ? B extends readonly [...infer BatchB extends Shape, infer L extends number, infer M extends number]
      ? [...BatchB, If<K, L, M>]
    : B extends readonly [infer L extends number] ? If<K, L, []>
    : never
  : never

/** `D`, unless the inner dims differ. The first question settles generic dims. */
type If<K extends number, L extends number, D> = Box<K> extends Box<L> ? D : [SameDim<K, L>] extends [never] ? never : D

/** `Arg`, unless inner dims differ or batch dims do not broadcast. */
export type CheckMatMul<A extends Shape, B extends Shape, Arg> = IsBad<MatMul<A, B>> extends true
  ? Refuse<[A, B], MatMulRefusal<A, B>, Arg>
  : Arg

type MatMulRefusal<A extends Shape, B extends Shape> = A["length"] extends 0
  ? `ShapeError: matmul: requires at least one axis, got ${Show<A>} and ${Show<B>}`
  : B["length"] extends 0 ? `ShapeError: matmul: requires at least one axis, got ${Show<A>} and ${Show<B>}`
  : IsNever<SameDim<InnerOfA<A>, InnerOfB<B>>> extends true
    ? `ShapeError: matmul: inner dimensions of ${Show<A>} and ${Show<B>} differ`
  : `ShapeError: matmul: batch dimensions of ${Show<A>} and ${Show<B>} do not broadcast`

type InnerOfA<A extends Shape> = A extends readonly [...Shape, infer K extends number] ? K : number

type InnerOfB<B extends Shape> = B extends readonly [...Shape, infer L extends number, number] ? L
  : B extends readonly [infer L extends number] ? L
  : number

// ---- dot and outer

/** NumPy's dot: the last axis of A with the last but one of B; a scalar multiplies. */
export type Dot<A extends Shape, B extends Shape> = number extends A["length"] ? Shape
  : number extends B["length"] ? Shape
  : A extends readonly [] ? B
  : B extends readonly [] ? A
  : A extends readonly [...infer RestA extends Shape, infer K extends number]
    ? B extends readonly [...infer RestB extends Shape, infer L extends number, infer M extends number]
      ? [...RestA, ...RestB, If<K, L, M>]
    : B extends readonly [infer L extends number] ? If<K, L, RestA>
    : never
  : never

/** `Arg`, unless inner dims differ. */
export type CheckDot<A extends Shape, B extends Shape, Arg> = IsBad<Dot<A, B>> extends true
  ? Refuse<[A, B], `ShapeError: dot: inner dimensions of ${Show<A>} and ${Show<B>} differ`, Arg>
  : Arg

/** NumPy's outer: both operands flattened. */
export type Outer<A extends Shape, B extends Shape> = [Product<A>, Product<B>]

// ---- tensordot

/**
 * The axes that are not summed over, those of A first. `Axes` is n, for the last n of A with the first n of B, or a list
 * of axes for each.
 */
export type TensorDot<A extends Shape, B extends Shape, Axes> = number extends A["length"] | B["length"] ? Shape
  : Axes extends readonly [infer AxesA extends Shape, infer AxesB extends Shape]
    ? number extends AxesA["length"] | AxesA[number] | AxesB["length"] | AxesB[number] ? Shape
    : [...Without<A, AxisIndex<A, AxesA[number]>>, ...Without<B, AxisIndex<B, AxesB[number]>>]
  : Axes extends number ? number extends Axes ? Shape
    : Cut<B, Axes> extends [Shape, infer RestB extends Shape] ? [...InitOf<A, Axes>, ...RestB]
    : Shape
  : Shape

/** All but the last `n` dims. */
type InitOf<S extends Shape, N extends number, Dropped extends Array<0> = []> = Dropped["length"] extends N ? S
  : S extends readonly [...infer Init extends Shape, number] ? InitOf<Init, N, [...Dropped, 0]>
  : []

/** `Arg`, unless the axes that are summed over differ in size. */
export type CheckTensorDot<A extends Shape, B extends Shape, Axes, Arg> = IsFound<BadTensorDot<A, B, Axes>> extends true
  ? Refuse<[A, B], TensorDotRefusal<A, B, BadTensorDot<A, B, Axes>>, Arg>
  : Arg

type TensorDotRefusal<A extends Shape, B extends Shape, Bad> = Bad extends "rank"
  ? `AxisError: tensordot: ${Show<A>} and ${Show<B>} do not have so many axes`
  : `ShapeError: tensordot: contracted dimensions of ${Show<A>} and ${Show<B>} differ`

type BadTensorDot<A extends Shape, B extends Shape, Axes> = number extends A["length"] | B["length"] ? never
  : Axes extends readonly [infer AxesA extends Shape, infer AxesB extends Shape]
    ? number extends AxesA["length"] | AxesA[number] | AxesB["length"] | AxesB[number] ? never
    : AxesA["length"] extends AxesB["length"] ? Differing<DimsAt<A, AxesA>, DimsAt<B, AxesB>>
    : "length"
  : Axes extends number ? number extends Axes ? never
    : [Cut<A, Axes>] extends [never] ? "rank"
    : Cut<B, Axes> extends [infer InnerB extends Shape, Shape] ? Differing<LastOf<A, Axes>, InnerB>
    : "rank"
  : never

type DimsAt<S extends Shape, Axes extends Shape> = {
  [K in keyof Axes]: AxisIndex<S, Axes[K]> extends infer I extends keyof S ? S[I] & number : never
}

/** The last `n` dims. */
type LastOf<S extends Shape, N extends number, Dims extends Array<number> = []> = Dims["length"] extends N ? Dims
  : S extends readonly [...infer Init extends Shape, infer Last extends number] ? LastOf<Init, N, [Last, ...Dims]>
  : Dims

/** Something, where two lists of dims differ. */
type Differing<A extends Shape, B extends Shape> = {
  [K in keyof A]: IsNever<SameDim<A[K], B[K & keyof B] & number>> extends true ? K : never
}[number]

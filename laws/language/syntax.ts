/**
 * The language of random programs: values with types that say shape, dtype and range, words that make values from
 * values, and blocks of steps.
 *
 * A word is written once, against the public vocabulary. What it means is up to whoever gives it a vocabulary: wengert
 * runs it (`run`), the printer writes it down as TypeScript (`print`), exact arithmetic computes with it (`exact`).
 */
import type * as Effect from "effect/Effect"
import type * as wengert from "../../src/index.ts"
import type { Tensor } from "../../src/index.ts"

/** The vocabulary that words are written in. */
export type Vocabulary = typeof wengert

/** The shape of a value. */
export type Shape = ReadonlyArray<number>

/** The type of a value: its elements are from `low` to `high`, as far as is known. */
export interface Type {
  readonly shape: Shape
  readonly dtype: Tensor["dtype"]
  readonly low: number
  readonly high: number
}

/** A value while a program is written: the vocabulary knows what it is. */
export type Value = Tensor

/** A sub-program, as a function for the vocabulary. */
export type Body = (...args: ReadonlyArray<Value>) => Effect.Effect<any, any>

/** What a word asks of a sub-program: its parameters, and its results, of which `undefined` may be any float. */
export interface Signature {
  /** It sees nothing but its parameters. */
  readonly isClosed?: true | undefined
  readonly params: ReadonlyArray<Type>
  readonly results: ReadonlyArray<Type | undefined>
}

/** A word, fitted to operands of certain types. */
export interface Phrase {
  readonly blocks?: ReadonlyArray<Signature> | undefined
  /** The types of the results, given those of the results of the sub-programs. */
  readonly gives: (blocks: ReadonlyArray<ReadonlyArray<Type>>) => ReadonlyArray<Type>
  readonly write: (w: Vocabulary, xs: ReadonlyArray<Value>, bodies: ReadonlyArray<Body>) => unknown
}

/** How well a word behaves. */
export type Manner =
  /** Infinitely often differentiable. */
  | "smooth"
  /** Continuous, with kinks. */
  | "kinked"
  /** With jumps. */
  | "stepped"

/** A word of the language. */
export interface Word {
  readonly name: string
  readonly manner: Manner
  /** For each operand, which types will do. */
  readonly takes: ReadonlyArray<(type: Type) => boolean>
  /** Fits the word to operands; a dial chooses among what it can do. Nothing where it does not apply. */
  readonly fit: (types: ReadonlyArray<Type>, dial: number) => Phrase | undefined
}

/** A step of a program. Variables are numbered: what is around a block, its parameters, the results of its steps. */
export interface Step {
  readonly phrase: Phrase
  readonly operands: ReadonlyArray<number>
  readonly blocks: ReadonlyArray<Block>
  readonly types: ReadonlyArray<Type>
}

/** A program, or a sub-program that sees what is around it. */
export interface Block {
  /** The number of variables around it. */
  readonly outer: number
  readonly params: ReadonlyArray<Type>
  readonly steps: ReadonlyArray<Step>
  /** The variables that it gives: one alone, or an array. */
  readonly results: ReadonlyArray<number>
}

/** The number of elements of a shape. */
export const size = (shape: Shape): number => shape.reduce((n, d) => n * d, 1)

/** Is it float64 or float32? */
export const isFloatType = ({ dtype }: Type): boolean => dtype === "float64" || dtype === "float32"

/** The shape that two shapes broadcast to, if they do. */
export const broadcast = (...shapes: ReadonlyArray<Shape>): Shape | undefined => {
  const rank = Math.max(...shapes.map((s) => s.length))
  const dims = Array.from({ length: rank }, (_, i) => shapes.map((s) => s[i - rank + s.length] ?? 1))
  return dims.every((ds) => new Set(ds.filter((d) => d !== 1)).size <= 1)
    ? dims.map((ds) => Math.max(...ds))
    : undefined
}

/** The float dtype of a result. */
export const promoted = (types: ReadonlyArray<Type>): Tensor["dtype"] =>
  types.some(({ dtype }) => dtype === "float64") ? "float64" : types.some(isFloatType) ? "float32" : types[0]!.dtype

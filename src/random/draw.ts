/**
 * What all draws share: a key among the operands, a shape, and parameters that broadcast to it.
 */
import * as Effect from "effect/Effect"
import type { DType, FloatDType } from "../core/dtype.ts"
import { describe, ShapeError, showShape, TreeLeafError } from "../core/errors.ts"
import { attempt, failure } from "../core/evaluator.ts"
import { checkDTypeName } from "../core/make.ts"
import type { Taken } from "../core/operation.ts"
import { apply, checkDType, commonDType, operation } from "../core/operation.ts"
import { checkOptions, propertiesOf } from "../core/options.ts"
import type { OpEffect } from "../core/primitive.ts"
import type { Shape } from "../core/shape.ts"
import { broadcastShapes, checkShape } from "../core/shape.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { isEffect, isTensor } from "../core/tensor.ts"
import { conform, shapesOf } from "../ops/cast.ts"
import { accepts } from "../ops/define.ts"
import { broadcastLike } from "../ops/movement/layout.ts"
import { checkKeys, randomPrimitive } from "../ops/random/threefry.ts"
import type * as Typed from "../types/signatures.ts"

/** The words of a key. Throws `TreeLeafError` for what is no key. */
export const wordsOf = (op: string, key: unknown): Tensor => {
  const words = isTensor(key) ? undefined : propertiesOf(key)?.["threefry"]
  if (isTensor(words)) return words
  throw new TreeLeafError({
    op,
    path: "",
    message: `${op} requires a key, as Random.key makes one, got ${describe(key)}`
  })
}

/** The words of a key, or of what an Effect yields. */
const operandOf = (op: string, key: unknown): Operand => {
  if (isEffect(key)) {
    return Effect.flatMap(key as Effect.Effect<unknown>, (given) => attempt(() => wordsOf(op, given), undefined))
  }
  try {
    return wordsOf(op, key)
  } catch (error) {
    return failure(error, undefined) as Effect.Effect<never>
  }
}

/** The op `op` on a key and other operands. */
export const keyed = <A>(
  op: string,
  key: Typed.KeyOperand,
  operands: ReadonlyArray<Operand>,
  body: (words: Tensor, ...operands: ReadonlyArray<Taken>) => Effect.Effect<A, any, any>
): Effect.Effect<A, any, any> =>
  operation<A, ReadonlyArray<Operand>>(op, [operandOf(op, key), ...operands], ([first, ...rest]) => {
    // the words of a key are a tensor
    const words = first as Tensor
    checkKeys(op, words)
    if (words.shape.length === 1) return body(words, ...rest)
    throw new ShapeError({
      op,
      shapes: [words.shape],
      message: `${op} requires one key, got keys of shape ${showShape(words.shape.slice(0, -1))}; map over them by vmap`
    })
  })

/** The elements of a shape that a key draws: words, or uniform numbers from 0 up to 1. */
export const random = (words: Tensor, shape: Shape, dtype: DType): OpEffect<Tensor> =>
  apply(randomPrimitive, [words], { shape: [...shape], dtype })

/** A float dtype that was asked for, float64 by default. Throws `DTypeError`. */
export const floatOf = (op: string, dtype: unknown): FloatDType => {
  const known = checkDTypeName(op, dtype ?? "float64")
  checkDType(op, { dtype: known, shape: [] }, accepts.float)
  return known as FloatDType
}

/** The op that draws elements of a distribution without parameters from a uniform number. */
export const drawing =
  (op: string, from: (u: Tensor) => Effect.Effect<Tensor, any, any>) =>
  (key: Typed.KeyOperand, shape: Shape = [], options?: Typed.DrawOptions<FloatDType>) =>
    keyed(op, key, [], (words) => {
      const dtype = floatOf(op, checkOptions(op, options, { dtype: "checked" }).dtype)
      return Effect.flatMap(random(words, checkShape(op, shape), dtype), from)
    })

/** Parameters in their common float dtype, broadcast to the shape that was asked for: by default to each other. */
export const parameters = (
  op: string,
  given: ReadonlyArray<Taken>,
  shape: Shape | undefined
): { readonly dtype: DType; readonly shape: Shape; readonly tensors: OpEffect<ReadonlyArray<Tensor>> } => {
  const dtype = commonDType(op, given)
  checkDType(op, { dtype, shape: [] }, accepts.float)
  const shapes = shapesOf(given)
  const to = shape === undefined ? broadcastShapes(op, shapes) : checkBroadcast(op, shapes, checkShape(op, shape))
  const ready = conform(op, given, given.map(() => dtype))
  const tensors = Effect.isEffect(ready) ? ready : Effect.succeed(ready)
  return { dtype, shape: to, tensors: Effect.flatMap(tensors, Effect.forEach((x) => broadcastLike(x, to))) }
}

const broadcastsTo = (dims: Shape, shape: Shape): boolean =>
  dims.length <= shape.length && dims.every((d, i) => d === 1 || d === shape[shape.length - dims.length + i])

/** `shape`, if parameters broadcast to it. Throws `ShapeError`. */
export const checkBroadcast = (op: string, shapes: ReadonlyArray<Shape>, shape: Shape): Shape => {
  if (shapes.every((dims) => broadcastsTo(dims, shape))) return shape
  throw new ShapeError({
    op,
    shapes: [...shapes, shape],
    message: `${op} requires parameters that broadcast to the shape ${showShape(shape)}, got ${
      shapes.map(showShape).join(" and ")
    }`
  })
}

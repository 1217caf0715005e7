/**
 * The generator: what is drawn is a function of a key and a counter, and so the same in every engine, in any order.
 *
 * Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011: Threefry-2×32 with 20
 * rounds. How keys and counters are used is JAX's way (`jax_threefry_partitionable`), so that the words are those of JAX.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../../core/dtype.ts"
import { DTypeError, ShapeError, showShape } from "../../core/errors.ts"
import { checkDTypeName } from "../../core/make.ts"
import { apply, checkDType } from "../../core/operation.ts"
import type { Primitive } from "../../core/primitive.ts"
import { primitive, sameAxes } from "../../core/primitive.ts"
import { checkShape, sameShape, sizeOf } from "../../core/shape.ts"
import type { Aval } from "../../core/tensor.ts"
import { dataOf } from "../../core/tensor.ts"
import { accepts, batchTogether } from "../define.ts"

/** By how many bits the rounds rotate: four of the first row, four of the second, and again. */
export const rotations = [[13, 15, 26, 6], [17, 29, 16, 24]] as const

/** What a third word of the key is made of. */
export const parity = 0x1bd11bda

/** Two words, which the next block overwrites. */
export const words = new Int32Array(2)

/** Puts the block of a key and a counter into `words`. */
export const block = (key0: number, key1: number, counter0: number, counter1: number): void => {
  const schedule = [key0, key1, key0 ^ key1 ^ parity]
  let x = counter0 + key0 | 0
  let y = counter1 + key1 | 0
  for (let i = 0; i < 5; i++) {
    for (const n of rotations[i % 2]!) {
      x = x + y | 0
      y = (y << n | y >>> (32 - n)) ^ x
    }
    x = x + schedule[(i + 1) % 3]! | 0
    y = y + schedule[(i + 2) % 3]! + i + 1 | 0
  }
  words[0] = x
  words[1] = y
}

/** A number from 0 up to 1, of the 52 bits that two words begin with. */
export const unit = (high: number, low: number): number => ((high >>> 0) * 2 ** 20 + (low >>> 12)) * 2 ** -52

/** Throws unless it is a key, or several: pairs of words along the last axis. */
export const checkKeys = (op: string, x: Aval): void => {
  checkDType(op, x, accepts.integer)
  if (x.shape.at(-1) === 2) return
  throw new ShapeError({
    op,
    shapes: [x.shape],
    message: `${op} requires a key, two words along the last axis, got ${showShape(x.shape)}`
  })
}

/** The blocks of keys and counters, one by one. */
export const threefryPrimitive: Primitive<"threefry", {}, 2, 1> = primitive({
  name: "threefry",
  arity: 2,
  params: {},
  barrier: "steps",
  aligned: sameAxes,
  infer: ([key, counter]) => {
    for (const x of [key, counter]) checkKeys("threefry", x)
    if (sameShape(key.shape, counter.shape)) return [key]
    const shapes = [key.shape, counter.shape]
    throw new ShapeError({
      op: "threefry",
      shapes,
      message: `threefry requires as many counters as keys, got ${shapes.map(showShape).join(" and ")}`
    })
  },
  reference: ([key, counter]) => {
    const [keys, counters] = [dataOf(key), dataOf(counter)]
    const out = new Int32Array(keys.length)
    for (let i = 0; i < out.length; i += 2) {
      block(keys[i]!, keys[i + 1]!, counters[i]!, counters[i + 1]!)
      out.set(words, i)
    }
    return [out]
  },
  batch: batchTogether(() => threefryPrimitive)
})

/**
 * A tensor drawn for each key: of int32, all bits of which are random; or of floats, uniform from 0 up to 1, from 23 or 52
 * bits. The counter of an element is its place.
 */
export const randomPrimitive: Primitive<
  "random",
  { readonly shape: "integers"; readonly dtype: "dtype" },
  1,
  1
> = primitive({
  name: "random",
  arity: 1,
  params: { shape: "integers", dtype: "dtype" },
  barrier: "steps",
  infer: ([key], params) => {
    checkKeys("random", key)
    const dtype = checkDTypeName("random", params.dtype)
    if (dtype === "bool") throw new DTypeError({ op: "random", message: "random requires a numeric dtype, got bool" })
    const shape = [...key.shape.slice(0, -1), ...checkShape("random", params.shape)]
    return [{ shape: checkShape("random", shape), dtype }]
  },
  reference: ([key], params, [out]) => {
    const keys = dataOf(key)
    const size = sizeOf(params.shape)
    const data = allocate(out.dtype, sizeOf(out.shape))
    const bits = new Uint32Array(1)
    const float = new Float32Array(bits.buffer)
    for (let k = 0; k < keys.length / 2; k++) {
      for (let i = 0; i < size; i++) {
        block(keys[2 * k]!, keys[2 * k + 1]!, Math.floor(i / 2 ** 32), i | 0)
        const at = k * size + i
        if (out.dtype === "float64") data[at] = unit(words[0]!, words[1]!)
        else if (out.dtype === "int32") data[at] = words[0]! ^ words[1]!
        else {
          // a number from 1 up to 2
          bits[0] = 0x3f800000 | (words[0]! ^ words[1]!) >>> 9
          data[at] = float[0]! - 1
        }
      }
    }
    return [data]
  },
  batch: ({ operands: [key], params }) =>
    Effect.map(apply(randomPrimitive, [key], params), (y) => ({ outputs: [y], batched: [true] }))
})

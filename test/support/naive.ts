/**
 * Tensors as plain lists, for expected values that are computed by definition, with one loop over all indices.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { expect } from "vitest"
import type { DType, OpError } from "wengert"
import { Tensor } from "wengert"

export type Index = ReadonlyArray<number>

/** Elements in row-major order. */
export interface Plain {
  readonly shape: ReadonlyArray<number>
  readonly data: ReadonlyArray<number>
}

export const sizeOf = (shape: Index): number => shape.reduce((size, d) => size * d, 1)

/** All indices of a shape, in row-major order. */
export const indicesOf = (shape: Index): ReadonlyArray<Index> =>
  shape.reduce<ReadonlyArray<Index>>(
    (heads, d) => heads.flatMap((head) => Array.from({ length: d }, (_, i) => [...head, i])),
    [[]]
  )

export const at = ({ data, shape }: Plain, index: Index): number =>
  data[index.reduce((offset, i, axis) => offset * shape[axis]! + i, 0)]!

export const tabulate = (shape: Index, f: (index: Index) => number): Plain => ({ shape, data: indicesOf(shape).map(f) })

export const sum = (xs: ReadonlyArray<number>): number => xs.reduce((total, x) => total + x, 0)

const arrays = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array }

export const tensor = ({ data, shape }: Plain, dtype: DType = "float64"): Tensor =>
  Tensor.make(arrays[dtype].from(data), { shape, dtype })

/** What a program gives, as a plain list. */
export const valuesOf = (program: Effect.Effect<Tensor, OpError>): Plain & { readonly dtype: DType } =>
  Effect.runSync(Effect.gen(function*() {
    const x = yield* program
    return { shape: x.shape, dtype: x.dtype, data: Array.from(yield* Tensor.data(x)) }
  }))

/** What a program fails with. */
export const failureOf = (program: Effect.Effect<unknown, OpError>): readonly [tag: string, message: string] => {
  const error = Effect.runSync(Effect.flip(program))
  return [error._tag, sentenceOf(error)]
}

/** What an error says, without the place that it names, which is in a test. */
export const sentenceOf = ({ message, site }: OpError): string => {
  if (site === undefined) return message
  const place = `, at ${site.file}:${site.line}:${site.column}`
  expect(message.endsWith(place) && /\/test\/.*\.ts$/.test(site.file), message).toBe(true)
  return message.slice(0, -place.length)
}

/** The program gives these elements, up to rounding; NaN and infinities exactly. */
export const expectClose = (program: Effect.Effect<Tensor, OpError>, expected: Plain, tolerance = 1e-12): void => {
  const { data, shape } = valuesOf(program)
  expect(shape).toEqual(expected.shape)
  const off = data.flatMap((got, i) => {
    const want = expected.data[i]!
    return Object.is(got, want) || got === want || Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want))
      ? []
      : [{ got, want, i }]
  })
  expect(off).toEqual([])
}

/** Shapes up to rank 3, with empty and unit axes among them. */
export const shapes = (rank: { readonly minLength?: number; readonly maxLength?: number } = {}): fc.Arbitrary<Index> =>
  fc.array(fc.nat({ max: 3 }), { maxLength: 3, ...rank })

/** Numbers whose sums and products are exact in any order. */
export const halves = fc.integer({ min: -8, max: 8 }).map((n) => n / 2)

/** Such numbers, and those that are not finite. */
export const extended = fc.oneof({ weight: 4, arbitrary: halves }, fc.constantFrom(NaN, Infinity, -Infinity))

export const integers = fc.integer({ min: -8, max: 8 })

export const plain = (shape: Index, element: fc.Arbitrary<number> = halves): fc.Arbitrary<Plain> =>
  fc.array(element, { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((data) => ({ shape, data }))

/** An axis of a shape, counted from the start or from the end. */
export const axisOf = (shape: Index): fc.Arbitrary<number> => fc.integer({ min: -shape.length, max: shape.length - 1 })

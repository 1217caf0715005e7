/**
 * Ten thousand handwritten digits: a part of MNIST, as the `mnist` package ships it.
 */
import { Array, Data, Effect, Random } from "effect"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { Tensor } from "wengert"

/** A picture of 28 × 28 pixels, each from 0 (paper) to 1 (ink), and the digit that it shows. */
export interface Digit {
  readonly pixels: Float32Array
  readonly label: number
}

/** What to learn from, and what to be tested on. */
export interface Digits {
  readonly train: ReadonlyArray<Digit>
  readonly heldOut: ReadonlyArray<Digit>
}

/** Digits as a model takes them: one row of pixels and one label for each. */
export interface Batch {
  readonly images: Tensor<[number, 784], "float32">
  readonly labels: Tensor<[number], "int32">
}

/** The `mnist` package is not installed, or is not the one we know. */
export class DigitsUnavailable extends Data.TaggedError("DigitsUnavailable")<{ readonly cause: unknown }> {}

const size = 28 * 28

/** The package has a file for each digit: the pixels of all its pictures, one after the other. */
const readDigits = (label: number): Effect.Effect<ReadonlyArray<Digit>, DigitsUnavailable> =>
  Effect.tryPromise({
    try: async () => {
      const path = fileURLToPath(import.meta.resolve(`mnist/src/digits/${label}.json`))
      const { data } = JSON.parse(await readFile(path, "utf8")) as { readonly data: ReadonlyArray<number> }
      const pixels = Float32Array.from(data)
      return Array.makeBy(pixels.length / size, (i) => ({ label, pixels: pixels.subarray(i * size, (i + 1) * size) }))
    },
    catch: (cause) => new DigitsUnavailable({ cause })
  })

/** All digits in random order, 8,000 to learn from and 2,000 held out. */
export const loadDigits: Effect.Effect<Digits, DigitsUnavailable> = Effect.gen(function*() {
  const digits = yield* Effect.forEach(Array.range(0, 9), readDigits)
  const [train, heldOut] = Array.splitAt(yield* Random.shuffle(digits.flat()), 8000)
  return { train, heldOut }
})

/** Stacks digits into tensors. */
export const toBatch = (digits: ReadonlyArray<Digit>): Batch => {
  const pixels = new Float32Array(digits.length * size)
  digits.forEach((digit, i) => pixels.set(digit.pixels, i * size))
  return {
    images: Tensor.make(pixels, { shape: [digits.length, 784] }),
    labels: Tensor.make(Int32Array.from(digits, (digit) => digit.label))
  }
}

/** The digits in a new random order, cut into batches. */
export const shuffledBatches = (digits: ReadonlyArray<Digit>, batchSize: number): Effect.Effect<Array<Batch>> =>
  Effect.map(Random.shuffle(digits), (shuffled) => Array.chunksOf(shuffled, batchSize).map(toBatch))

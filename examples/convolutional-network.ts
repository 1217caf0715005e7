/**
 * A small convolutional network reads handwritten digits: two convolutions, each with a pooling behind it, and one matrix. It learns from 8,000 of the
 * demo's digits, compiled on one core, and is tested on the 2,000 others.
 *
 * Source of the architecture: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998.
 */
import { Console, Effect, Random as EffectRandom } from "effect"
import assert from "node:assert/strict"
import { add, conv, matmul, maxPool, mul, Random, relu, reshape, Tensor } from "wengert"
import type { Digit } from "./demo/digits.ts"
import { loadDigits } from "./demo/digits.ts"
import type { Model } from "./demo/models.ts"
import { train } from "./demo/training.ts"

type Float<Shape extends ReadonlyArray<number>> = Tensor<Shape, "float32">

/** Normal weights of a size that keeps the variance of a layer's outputs near that of its inputs (He et al., 2015). */
const weights = <const S extends ReadonlyArray<number>>(shape: S, inputs: number) =>
  Effect.orDie(mul(Random.normal(Random.next, shape, { dtype: "float32" }), Math.sqrt(2 / inputs)))

const network: Model<{
  readonly kernels1: Float<[5, 5, 1, 16]>
  readonly bias1: Float<[16]>
  readonly kernels2: Float<[5, 5, 16, 32]>
  readonly bias2: Float<[32]>
  readonly weights3: Float<[512, 10]>
  readonly bias3: Float<[10]>
}> = {
  name: "convolutional network",
  initial: Effect.all({
    kernels1: weights([5, 5, 1, 16], 25),
    bias1: Effect.succeed(Tensor.zeros([16], "float32")),
    kernels2: weights([5, 5, 16, 32], 25 * 16),
    bias2: Effect.succeed(Tensor.zeros([32], "float32")),
    weights3: weights([512, 10], 512),
    bias3: Effect.succeed(Tensor.zeros([10], "float32"))
  }).pipe(Random.withKey(Random.key(0)), Effect.orDie),
  logits: (p, images) =>
    Effect.gen(function*() {
      const picture = yield* reshape(images, [-1, 28, 28, 1])
      const first = yield* maxPool(relu(add(conv(picture, p.kernels1), p.bias1)), 2)
      const second = yield* maxPool(relu(add(conv(first, p.kernels2), p.bias2)), 2)
      return yield* add(matmul(reshape(second, [-1, 512]), p.weights3), p.bias3)
    })
}

/** The picture moved by whole pixels: what leaves it on one side does not come back on the other. */
const moved = ({ label, pixels }: Digit, down: number, right: number): Digit => ({
  label,
  pixels: pixels.map((_, i) => {
    const [row, column] = [Math.floor(i / 28) - down, i % 28 - right]
    return row >= 0 && row < 28 && column >= 0 && column < 28 ? pixels[28 * row + column]! : 0
  })
})

const program = Effect.gen(function*() {
  const { heldOut, train: given } = yield* loadDigits
  // each also a pixel further up, down, left and right: a digit stays what it is
  const directions = [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]] as const
  const digits = { heldOut, train: directions.flatMap(([down, right]) => given.map((one) => moved(one, down, right))) }
  const accuracy = yield* train(network, digits, { epochs: 2, batchSize: 64, learningRate: 0.04 }).pipe(
    // how far it has come is not what it has to say
    Effect.provideService(Console.Console, { ...console, log: console.error })
  )
  assert.ok(accuracy >= 0.985, `${accuracy}`)
  console.log("at least 98.5 % of the held-out digits") // => at least 98.5 % of the held-out digits
})

await Effect.runPromise(EffectRandom.withSeed(program, "wengert"))

/**
 * The demo's network learns to read digits: the same program for Node and for a browser.
 */
import { Effect, Random as EffectRandom } from "effect"
import {
  add,
  argmax,
  cast,
  equal,
  jit,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  Random,
  sub,
  sum,
  Tensor,
  Tree,
  valueAndGrad
} from "wengert"
import { perceptron } from "../../examples/demo/models.ts"

/** Pictures of 28×28 pixels, one after the other, and what they show. */
export interface Pictures {
  readonly pixels: Float32Array
  readonly labels: Int32Array
}

/** How well it reads 2,000 pictures that it has not seen, and the last loss. */
export interface Learnt {
  readonly accuracy: number
  readonly loss: number
}

type Images = Tensor<[number, 784], "float32">
type Labels = Tensor<[number], "int32">
type Parameters = Effect.Success<typeof perceptron.initial>

const [learning, size, epochs, batchSize, rate] = [8000, 784, 10, 32, 0.04]

/** Learns from 8,000 of the pictures, in an order that a key decides. */
export const learn = ({ labels, pixels }: Pictures): Effect.Effect<Learnt, unknown> =>
  Effect.gen(function*() {
    const batchOf = (indices: ArrayLike<number>) => {
      const images = new Float32Array(indices.length * size)
      for (let i = 0; i < indices.length; i++) {
        images.set(pixels.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size)
      }
      const shown: Labels = Tensor.make(Int32Array.from(indices, (i) => labels[i]!))
      const drawn: Images = Tensor.make(images, { shape: [indices.length, size] })
      return [drawn, shown] as const
    }
    const loss = (p: Parameters, images: Images, labels: Labels) =>
      neg(
        mean(sum(mul(oneHot(labels, 10, { dtype: "float32" }), logSoftmax(perceptron.logits(p, images))), { axis: 1 }))
      )
    const zeros: Parameters = {
      weights1: Tensor.zeros([784, 128], "float32"),
      bias1: Tensor.zeros([128], "float32"),
      weights2: Tensor.zeros([128, 10], "float32"),
      bias2: Tensor.zeros([10], "float32")
    }
    /** Gradient descent with momentum, as in the demo. */
    const step = jit((p: Parameters, velocity: Parameters, images: Images, labels: Labels) =>
      Effect.gen(function*() {
        const [value, gradient] = yield* valueAndGrad(loss)(p, images, labels)
        const next = yield* Tree.zipWith(velocity, gradient, (v, d) => add(mul(0.9, v), d))
        return { p: yield* Tree.zipWith(p, next, (x, v) => sub(x, mul(rate, v))), velocity: next, value }
      })
    )
    const test = jit((p: Parameters, images: Images, labels: Labels) =>
      mean(cast(equal(argmax(perceptron.logits(p, images), { axis: 1 }), labels), "float32"))
    )

    const order = yield* Tensor.data(yield* Random.permutation(Random.key(0), labels.length))
    let parameters: Parameters = yield* EffectRandom.withSeed(perceptron.initial, "wengert")
    let velocity = zeros
    let last = Infinity
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let first = 0; first < learning; first += batchSize) {
        const batch = batchOf(order.slice(first, Math.min(first + batchSize, learning)))
        const next = yield* step(parameters, velocity, ...batch)
        parameters = next.p
        velocity = next.velocity
        last = yield* Tensor.item(next.value)
      }
    }
    return { accuracy: yield* Tensor.item(yield* test(parameters, ...batchOf(order.slice(learning)))), loss: last }
  })

/**
 * Two classifiers: programs that give an image one score (a logit) for each of the ten digits.
 */
import { Effect, Random } from "effect"
import type { OpError } from "wengert"
import { add, matmul, relu, Tensor } from "wengert"

type Float<Shape extends ReadonlyArray<number>> = Tensor<Shape, "float32">

/** Named tensors. A gradient has the same names and shapes. */
export interface Parameters {
  readonly [name: string]: Tensor<ReadonlyArray<number>, "float32">
}

/** A program with parameters to be learnt. */
export interface Model<P> {
  readonly name: string
  readonly initial: Effect.Effect<P>
  readonly logits: (parameters: P, images: Float<[number, 784]>) => Effect.Effect<Float<[number, 10]>, OpError>
}

/** Random weights of a size that keeps the variance of a layer's outputs near that of its inputs (He et al., 2015). */
const randomWeights = <In extends number, Out extends number>(
  inputs: In,
  outputs: Out
): Effect.Effect<Float<[In, Out]>> =>
  Effect.map(Random.Random, (random) => {
    const limit = Math.sqrt(6 / inputs)
    const weights = Float32Array.from({ length: inputs * outputs }, () => limit * (2 * random.nextDoubleUnsafe() - 1))
    return Tensor.make(weights, { shape: [inputs, outputs] })
  })

/** Softmax regression: every logit is a weighted sum of the pixels. */
export const softmaxRegression: Model<{
  readonly weights: Float<[784, 10]>
  readonly bias: Float<[10]>
}> = {
  name: "softmax regression, 784-10",
  initial: Effect.succeed({
    weights: Tensor.zeros([784, 10], "float32"),
    bias: Tensor.zeros([10], "float32")
  }),
  logits: (p, images) => add(matmul(images, p.weights), p.bias)
}

/** A multilayer perceptron with one hidden layer. */
export const perceptron: Model<{
  readonly weights1: Float<[784, 128]>
  readonly bias1: Float<[128]>
  readonly weights2: Float<[128, 10]>
  readonly bias2: Float<[10]>
}> = {
  name: "multilayer perceptron, 784-128-10",
  initial: Effect.all({
    weights1: randomWeights(784, 128),
    bias1: Effect.succeed(Tensor.zeros([128], "float32")),
    weights2: randomWeights(128, 10),
    bias2: Effect.succeed(Tensor.zeros([10], "float32"))
  }),
  logits: (p, images) => {
    const hidden = relu(add(matmul(images, p.weights1), p.bias1))
    return add(matmul(hidden, p.weights2), p.bias2)
  }
}

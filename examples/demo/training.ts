/**
 * Learning from examples: the loss, its gradient, and many small steps downhill.
 */
import { Effect, Record } from "effect"
import type { OpError } from "wengert"
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
  sub,
  sum,
  Tensor,
  valueAndGrad
} from "wengert"
import type { Batch, Digits } from "./digits.ts"
import { shuffledBatches, toBatch } from "./digits.ts"
import type { Model, Parameters } from "./models.ts"
import { makeProgress } from "./progress.ts"

/** How to train: how often to see every example, how many at once, and how long the first steps are. */
export interface Schedule {
  readonly epochs: number
  readonly batchSize: number
  readonly learningRate: number
}

/** Where training stands. */
interface State<P> {
  readonly parameters: P
  readonly velocity: P
  readonly loss: Tensor<[], "float32">
}

type Logits = Effect.Effect<Tensor<[number, 10], "float32">, OpError>

/** Mean over the batch of −log softmax(logits) at the label. */
const crossEntropy = (logits: Logits, labels: Batch["labels"]) =>
  neg(mean(sum(mul(oneHot(labels, 10, { dtype: "float32" }), logSoftmax(logits)), { axis: 1 })))

/** Share of the batch whose largest logit is that of the label. */
const accuracy = (logits: Logits, labels: Batch["labels"]) =>
  mean(cast(equal(argmax(logits, { axis: 1 }), labels), "float32"))

/** Combines two sets of parameters, tensor by tensor, with a program that keeps shapes. */
const zipWith = <P extends Parameters>(
  a: P,
  b: P,
  f: (x: Tensor, y: Tensor) => Effect.Effect<Tensor, OpError>
): Effect.Effect<P, OpError> => {
  const combined: Effect.Effect<unknown, OpError> = Effect.all(Record.map(a as Parameters, (x, name) => f(x, b[name]!)))
  // A record that is made anew from the names of a P, with tensors of the same shapes, is a P.
  return combined as Effect.Effect<P, OpError>
}

const momentum = 0.9

/** Trains a model by gradient descent with momentum, and gives its accuracy on digits that it has not seen. */
export const train = Effect.fn("train")(function*<P extends Parameters>(
  model: Model<P>,
  digits: Digits,
  { batchSize, epochs, learningRate }: Schedule
) {
  const loss = (parameters: P, { images, labels }: Batch) => crossEntropy(model.logits(parameters, images), labels)

  /** v ← μ v + ∇loss, p ← p − η v (Polyak, 1964). */
  const step = jit((state: State<P>, batch: Batch, rate: Tensor<[], "float32">) =>
    Effect.gen(function*() {
      const [value, gradient] = yield* valueAndGrad(loss)(state.parameters, batch)
      const velocity = yield* zipWith(state.velocity, gradient, (v, g) => add(mul(momentum, v), g))
      const parameters = yield* zipWith(state.parameters, velocity, (p, v) => sub(p, mul(rate, v)))
      return { parameters, velocity, loss: value }
    })
  )
  const test = jit((parameters: P, { images, labels }: Batch) => accuracy(model.logits(parameters, images), labels))

  const parameters = yield* model.initial
  const velocity = yield* zipWith(parameters, parameters, (p) => mul(0, p))
  let state: State<P> = { parameters, velocity, loss: Tensor.make(Infinity, { dtype: "float32" }) }

  const heldOut = toBatch(digits.heldOut)
  const stepsPerEpoch = Math.ceil(digits.train.length / batchSize)
  const progress = yield* makeProgress(epochs, stepsPerEpoch)
  let reached = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    const batches = yield* shuffledBatches(digits.train, batchSize)
    for (const [i, batch] of batches.entries()) {
      // The steps become shorter, until the last one has no length.
      const rate = learningRate * (1 - (epoch + i / stepsPerEpoch) / epochs)
      state = yield* step(state, batch, Tensor.make(rate, { dtype: "float32" }))
      yield* progress.step(yield* Tensor.item(state.loss))
    }
    reached = yield* Tensor.item(yield* test(state.parameters, heldOut))
    yield* progress.epoch(reached)
  }
  return reached
}, Effect.scoped)

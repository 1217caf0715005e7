/**
 * Learning from examples: the loss, its gradient, and many small steps downhill.
 */
import { Array, Effect, Record } from "effect"
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

/** How to train. */
export interface Schedule {
  readonly epochs: number
  readonly batchSize: number
  readonly learningRate: number
  readonly momentum: number
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

/** Combines two sets of parameters, tensor by tensor, with an op that keeps shapes. */
const zipWith = <P extends Parameters>(
  a: P,
  b: P,
  f: (x: Tensor, y: Tensor) => Effect.Effect<Tensor, OpError>
): Effect.Effect<P, OpError> =>
  // The names are those of P, which the type of a record's values cannot tell.
  Effect.all(Record.map(a as Parameters, (x, name) => f(x, b[name]!))) as Effect.Effect<
    unknown,
    OpError
  > as Effect.Effect<P, OpError>

/** Trains a model by gradient descent with momentum; gives its accuracy on digits that it has not seen. */
export const train = Effect.fn("train")(function*<P extends Parameters>(
  model: Model<P>,
  digits: Digits,
  { batchSize, epochs, learningRate, momentum }: Schedule
) {
  const loss = (parameters: P, { images, labels }: Batch) => crossEntropy(model.logits(parameters, images), labels)

  /** v ← μ v + ∇loss, p ← p − η v (Polyak, 1964). */
  const step = jit((state: State<P>, batch: Batch) =>
    Effect.gen(function*() {
      const [value, gradient] = yield* valueAndGrad(loss)(state.parameters, batch)
      const velocity = yield* zipWith(state.velocity, gradient, (v, g) => add(mul(momentum, v), g))
      const parameters = yield* zipWith(state.parameters, velocity, (p, v) => sub(p, mul(learningRate, v)))
      return { parameters, velocity, loss: value }
    })
  )
  const test = jit((parameters: P, { images, labels }: Batch) => accuracy(model.logits(parameters, images), labels))

  const progress = yield* makeProgress(epochs, Math.ceil(digits.train.length / batchSize))
  const heldOut = toBatch(digits.heldOut)
  const parameters = yield* model.initial
  const velocity = yield* zipWith(parameters, parameters, (p) => mul(0, p))
  let state: State<P> = { parameters, velocity, loss: Tensor.make(new Float32Array(1), { shape: [] }) }
  let reached = 0
  for (const _ of Array.range(1, epochs)) {
    for (const batch of yield* shuffledBatches(digits.train, batchSize)) {
      state = yield* step(state, batch)
      yield* progress.step(yield* Tensor.item(state.loss))
    }
    reached = yield* Tensor.item(yield* test(state.parameters, heldOut))
    yield* progress.epoch(reached)
  }
  return reached
}, Effect.scoped)

/**
 * Derivatives that you know better than the chain rule: `customVjp` and `customJvp`.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import {
  add,
  customJvp,
  customVjp,
  exp,
  grad,
  log,
  matmul,
  mean,
  mul,
  round,
  sigmoid,
  square,
  sub,
  Tensor
} from "wengert"

type Scalar = Tensor<[], "float64">
type Weights = Tensor<[3], "float64">

/**
 * Rounding. Its derivative is 0, so that nothing can learn through it; the straight-through estimator says 1 instead (Y.
 * Bengio, N. Léonard and A. Courville, "Estimating or propagating gradients through stochastic neurons", 2013).
 */
const quantized = customVjp(
  (w: Weights) => round(w),
  (w) => Effect.map(round(w), (q) => [q, []] as const),
  (_, ct) => Effect.succeed([ct])
)

/** log(1 + eˣ). The chain rule says eˣ / (1 + eˣ), which is ∞/∞ for large x; it is the logistic function. */
const softplus = customJvp(
  (x: Scalar) => log(add(1, exp(x))),
  ([x], [dx]) => Effect.all([log(add(1, exp(x))), mul(sigmoid(x), dx)])
)

const program = Effect.gen(function*() {
  const x = Tensor.make([[1, 0, 2], [0, 1, -1], [3, 1, 0], [1, 1, 1]])
  const truth = Tensor.make([2, -1, 3])
  const y = yield* matmul(x, truth)
  const loss = (round: typeof quantized) => (w: Weights) => mean(square(sub(matmul(x, round(w)), y)))

  console.log("weights that are whole numbers, learnt through round")
  let weights: Weights = Tensor.zeros([3])
  console.log("  gradient by the chain rule:", yield* grad(loss(round))(weights))
  console.log("  gradient straight through: ", yield* grad(loss(quantized))(weights))
  for (let step = 0; step < 50; step++) {
    weights = yield* sub(weights, mul(0.05, grad(loss(quantized))(weights)))
  }
  const learnt = yield* round(weights)
  console.log("  learnt:", learnt)
  assert.deepEqual(yield* Tensor.toArray(learnt), yield* Tensor.toArray(truth))

  console.log("softplus at 800")
  const at = Tensor.make(800)
  const byTheChainRule = yield* grad((x: Scalar) => log(add(1, exp(x))))(at)
  const byTheRule = yield* grad(softplus)(at)
  console.log("  derivative by the chain rule:", byTheChainRule)
  console.log("  derivative by the custom rule:", byTheRule)
  console.log("  and the second, of the rule:", yield* grad(grad(softplus))(Tensor.make(0)))
  assert.equal(yield* Tensor.item(byTheRule), 1)
})

Effect.runSync(program)

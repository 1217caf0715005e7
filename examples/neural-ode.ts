/**
 * A neural ordinary differential equation: a small network learns how a pendulum moves from watching it.
 *
 * The network says how fast a state changes, `scan` follows it by the method of Runge and Kutta, `vmap` does so from many
 * states at once, and the gradient goes back through all steps (R. Chen, Y. Rubanova, J. Bettencourt and D. Duvenaud,
 * "Neural ordinary differential equations", 2018).
 */
import { Effect, Random } from "effect"
import assert from "node:assert/strict"
import {
  add,
  matmul,
  mean,
  mul,
  neg,
  scan,
  sin,
  slice,
  square,
  stack,
  sub,
  tanh,
  Tensor,
  valueAndGrad,
  vmap
} from "wengert"
import type { OpError } from "wengert"

type State = Tensor<[2], "float64">
type States = Tensor<[number, 2], "float64">
type Weights = Tensor<ReadonlyArray<number>, "float64">
type Field = (x: State) => Effect.Effect<State, OpError>

/** The states on the way from `start`: steps of the classical Runge–Kutta method. */
const follow = (field: Field, length: number, dt: number) => (start: State) => {
  const step = (x: State) =>
    Effect.gen(function*() {
      const k1 = yield* field(x)
      const k2 = yield* field(yield* add(x, mul(dt / 2, k1)))
      const k3 = yield* field(yield* add(x, mul(dt / 2, k2)))
      const k4 = yield* field(yield* add(x, mul(dt, k3)))
      const next = yield* add(x, mul(dt / 6, add(add(k1, k4), mul(2, add(k2, k3)))))
      return [next, next] as const
    })
  return Effect.map(scan(step, start, null, { length }), ([, path]) => path)
}

/** How a damped pendulum moves: θ′ = ω and ω′ = −sin θ − ω/4. */
const pendulum: Field = (x) =>
  Effect.flatMap(slice(x, 1), (velocity) => stack([velocity, neg(add(sin(slice(x, 0)), mul(0.25, velocity)))]))

/** What is learnt instead: a network with one hidden layer. */
interface Network {
  readonly inner: Tensor<[2, 16], "float64">
  readonly bias: Tensor<[16], "float64">
  readonly outer: Tensor<[16, 2], "float64">
}

const fieldOf = ({ bias, inner, outer }: Network): Field => (x) => matmul(tanh(add(matmul(x, inner), bias)), outer)

/** One step downhill, and nine tenths of the last step again (B. Polyak, 1964). */
const descend = (now: Weights, before: Weights, slope: Weights) =>
  sub(add(now, mul(0.9, sub(now, before))), mul(0.5, slope))

/** How far the paths of a network are from those that were seen. */
const loss = (network: Network, starts: States, paths: Tensor<[number, number, 2], "float64">) =>
  mean(square(sub(vmap(follow(fieldOf(network), 8, 0.1))(starts), paths)))

const random = <const S extends ReadonlyArray<number>>(limit: number, ...shape: S) =>
  Effect.map(
    Effect.replicateEffect(Random.nextBetween(-limit, limit), shape.reduce((n, d) => n * d, 1)),
    (numbers) => Tensor.make(numbers, { shape })
  )

const program = Effect.gen(function*() {
  const starts = yield* random(2, 32, 2)
  const paths = yield* vmap(follow(pendulum, 8, 0.1))(starts)

  let network: Network = yield* Effect.all({ inner: random(1, 2, 16), bias: random(1, 16), outer: random(0.1, 16, 2) })
  let previous = network
  for (let epoch = 0; epoch <= 300; epoch++) {
    const [error, slope] = yield* valueAndGrad(loss)(network, starts, paths)
    if (epoch % 50 === 0) console.log(`${epoch} steps: mean squared error ${(yield* Tensor.item(error)).toFixed(5)}`)
    const next: Network = yield* Effect.all({
      inner: descend(network.inner, previous.inner, slope.inner),
      bias: descend(network.bias, previous.bias, slope.bias),
      outer: descend(network.outer, previous.outer, slope.outer)
    })
    previous = network
    network = next
  }

  // a longer way than it has ever seen
  const start = Tensor.make([1.5, 0])
  const [truth, learnt] = [yield* follow(pendulum, 60, 0.1)(start), yield* follow(fieldOf(network), 60, 0.1)(start)]
  for (const step of [9, 29, 59]) {
    const [seen, predicted] = [yield* slice(truth, step), yield* slice(learnt, step)]
    console.log(`after ${(step + 1) / 10} s: the pendulum ${seen}, the network ${predicted}`)
  }
  const error = yield* Tensor.item(mean(square(sub(truth, learnt))))
  console.log(`mean squared error over 6 s: ${error.toFixed(5)}`)
  assert(error < 5e-3)
})

Effect.runSync(program.pipe(Random.withSeed("pendulum")))

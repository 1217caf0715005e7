/**
 * Hamiltonian Monte Carlo on a correlated Gaussian: 64 chains side by side draw 500 points each. The gradient of the density drives the leapfrog, loops are
 * entries of the list, keys are arguments, and all chains together are one compiled program.
 *
 * Source: R. M. Neal, "MCMC using Hamiltonian dynamics", in Handbook of Markov Chain Monte Carlo, 2011, section 5.3.
 */
import { Effect } from "effect"
import { add, dot, exp, forLoop, grad, jit, less, mul, Random, scan, sub, sum, Tensor, vmap, where } from "wengert"

type Vector = Tensor<[3], "float64">

const mean: Vector = Tensor.make([1, -2, 0.5])
const covariance = [[1, 0.8, 0], [0.8, 2, -0.5], [0, -0.5, 1.5]] as const
/** The inverse of the covariance. */
const precision: Tensor<[3, 3], "float64"> = Tensor.make([
  [2.75 / 1.79, -1.2 / 1.79, -0.4 / 1.79],
  [-1.2 / 1.79, 1.5 / 1.79, 0.5 / 1.79],
  [-0.4 / 1.79, 0.5 / 1.79, 1.36 / 1.79]
])
const [chains, warmup, draws] = [64, 100, 500]
const [step, leaps] = [0.25, 8]

/** −log of the density, up to a constant. */
const potential = (q: Vector) => {
  const away = sub(q, mean)
  return mul(0.5, dot(away, dot(precision, away)))
}
const force = grad(potential)

/** Half a step of the momentum, steps of both, and half a step back. */
const leapfrog = (q: Vector, p: Vector) =>
  Effect.gen(function*() {
    const half: Vector = yield* sub(p, mul(step / 2, force(q)))
    const [end, momentum] = yield* forLoop(0, leaps, (_, [q, p]: readonly [Vector, Vector]) =>
      Effect.gen(function*() {
        const next: Vector = yield* add(q, mul(step, p))
        const push: Vector = yield* sub(p, mul(step, force(next)))
        return [next, push] as const
      }), [q, half] as const)
    const last: Vector = yield* add(momentum, mul(step / 2, force(end)))
    return [end, last] as const
  })

const energy = (q: Vector, p: Vector) => add(potential(q), mul(0.5, dot(p, p)))

/** One transition: where the chain is next, and whether it moved. */
const transition = (q: Vector, key: Random.Key) =>
  Effect.gen(function*() {
    const [kick, chance] = yield* Random.split(key)
    const p: Vector = yield* Random.normal(kick, [3])
    const [next, momentum] = yield* leapfrog(q, p)
    const isAccepted = yield* less(Random.uniform(chance), exp(sub(energy(q, p), energy(next, momentum))))
    const kept: Vector = yield* where(isAccepted, next, q)
    return [kept, { kept, accepted: yield* where(isAccepted, 1, 0) }] as const
  })

const chain = (key: Random.Key) =>
  Effect.gen(function*() {
    const [start, run] = yield* Random.split(key)
    const steps = yield* Random.keys(run, warmup + draws)
    const q: Vector = yield* Random.normal(start, [3])
    const [, visited] = yield* scan(transition, q, steps)
    return visited
  })

const keys = Effect.runSync(Random.keys(Random.key(0), chains))
const { accepted, kept } = Effect.runSync(jit(vmap(chain))(keys))
const rate = Effect.runSync(Tensor.item(Effect.runSync(sum(mul(accepted, 1 / (chains * (warmup + draws)))))))
const points = Effect.runSync(Tensor.toArray(kept)).flatMap((visited) => visited.slice(warmup))
const average = (f: (x: ReadonlyArray<number>) => number) =>
  points.reduce((total, x) => total + f(x), 0) / points.length
const center = [0, 1, 2].map((i) => average((x) => x[i]!))
const spread = [0, 1, 2].map((i) => [0, 1, 2].map((j) => average((x) => (x[i]! - center[i]!) * (x[j]! - center[j]!))))

// 32,000 draws, of which about one in two counts, leave errors of 1 % of a variance
const error = Math.max(
  ...center.map((x, i) => Math.abs(x - [1, -2, 0.5][i]!)),
  ...spread.flatMap((row, i) => row.map((x, j) => Math.abs(x - covariance[i]![j]!)))
)
console.log("accepted", rate > 0.8 && rate < 1) // => accepted true
console.log("mean and covariance within 0.06:", error < 0.06) // => mean and covariance within 0.06: true

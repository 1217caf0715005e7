/**
 * A Kalman filter learns its noises: a rotation that decays, pushed at random, is seen through noise for 1,000 steps, and both sizes are those for which
 * what was seen is most likely. The gradient goes back through all steps.
 *
 * Source: S. Särkkä, "Bayesian Filtering and Smoothing", 2013, theorem 4.2 and section 12.3.1.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { add, div, exp, grad, hessian, jit, Linalg, matmul, mul, norm, scan, slice, square, sub } from "wengert"
import { Tensor, transpose } from "wengert"

type Vector = Tensor<[2], "float64">
type Matrix = Tensor<[2, 2], "float64">

const steps = 1000
const motion = [[0.95, 0.1], [-0.1, 0.95]] as const
/** What the data are made with: how hard the state is pushed, and how noisy it is seen. */
const made = { push: 0.1, noise: 0.5 }

/** Numbers in [0, 1): mulberry32, by T. Ettinger (public domain). */
const random = (seed: number): () => number => {
  let state = seed
  return () => {
    state = state + 0x6d2b79f5 | 0
    let t = Math.imul(state ^ state >>> 15, 1 | state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) / 4294967296
  }
}

/** What is seen, step by step. */
const simulate = (): ReadonlyArray<ReadonlyArray<number>> => {
  const next = random(1)
  // Box and Muller's method
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  let state: ReadonlyArray<number> = [0, 0]
  return Array.from({ length: steps }, () => {
    const pushes = [normal(), normal()]
    const noises = [normal(), normal()]
    state = motion.map((row, i) => row[0] * state[0]! + row[1] * state[1]! + made.push * pushes[i]!)
    return state.map((x, i) => x + made.noise * noises[i]!)
  })
}

const observations = Tensor.make(simulate(), { shape: [steps, 2] })

/** What is believed of a state. */
interface Belief {
  readonly mean: Vector
  readonly covariance: Matrix
}

/** The log likelihood of what is seen, from the logarithms of both sizes. */
const likelihood = (parameters: Vector) =>
  Effect.gen(function*() {
    const f: Matrix = Tensor.make(motion)
    const one: Matrix = Tensor.eye(2)
    const push = yield* mul(square(exp(slice(parameters, 0))), one)
    const noise = yield* mul(square(exp(slice(parameters, 1))), one)
    const step = (
      { belief, total }: { readonly belief: Belief; readonly total: Tensor<[], "float64"> },
      y: Vector
    ) =>
      Effect.gen(function*() {
        const mean = yield* matmul(f, belief.mean)
        const covariance = yield* add(matmul(matmul(f, belief.covariance), transpose(f)), push)
        const surprise = yield* sub(y, mean)
        const spread = yield* add(covariance, noise)
        // Kᵀ = S⁻¹·P, for both are symmetric
        const gain = yield* transpose(Linalg.solve(spread, covariance))
        const { logabsdet } = yield* Linalg.slogdet(spread)
        const distance = matmul(surprise, Linalg.solve(spread, surprise))
        const log = div(add(add(distance, logabsdet), 2 * Math.log(2 * Math.PI)), -2)
        const after: Belief = {
          mean: yield* add(mean, matmul(gain, surprise)),
          covariance: yield* sub(covariance, matmul(gain, covariance))
        }
        return [{ belief: after, total: yield* add(total, log) }, []] as const
      })
    const prior: Belief = { mean: Tensor.zeros([2]), covariance: Tensor.zeros([2, 2]) }
    const [{ total }] = yield* scan(step, { belief: prior, total: Tensor.make(0) }, observations)
    return total
  })

/**
 * The logarithm of the density of all 2,000 numbers at once, with their covariance matrix, at e⁻¹ and e⁻¹: `numpy.linalg.cholesky` and
 * `scipy.linalg.solve_triangular` of NumPy 2.4.6 and SciPy 1.17.1.
 */
const ofNumPy = -1820.0222098333847
/** Where SciPy 1.17.1 finds the largest likelihood, of a filter in NumPy (Nelder and Mead's method, to 1e-9). */
const ofSciPy = { parameters: [-2.45214355, -0.68117928], likelihood: -1609.1193630114572 }

const program = Effect.gen(function*() {
  let parameters: Vector = Tensor.make([-1, -1])
  const before = yield* Tensor.item(likelihood(parameters))
  assert.ok(Math.abs(before - ofNumPy) < 1e-10 * Math.abs(ofNumPy))
  console.log(`log p(y) = ${before.toFixed(6)}`) // => log p(y) = -1820.022210

  // up the gradient, until Newton's method finds the top
  const slope = jit(grad(likelihood))
  for (let step = 0; step < 40; step++) {
    const gradient = yield* slope(parameters)
    parameters = yield* add(parameters, div(gradient, add(norm(gradient), 4000)))
  }
  const curvature = jit(hessian(likelihood))
  for (let step = 0; step < 4; step++) {
    parameters = yield* sub(parameters, Linalg.solve(curvature(parameters), slope(parameters)))
  }
  const value = yield* Tensor.item(likelihood(parameters))
  assert.ok(Math.abs(value - ofSciPy.likelihood) < 1e-8 * Math.abs(ofSciPy.likelihood))
  const found = yield* Tensor.data(parameters)
  for (const [i, expected] of ofSciPy.parameters.entries()) assert.ok(Math.abs(found[i]! - expected) < 1e-5)
  console.log(`log p(y) = ${value.toFixed(6)}`) // => log p(y) = -1609.119363
  const [push, noise] = Array.from(found, (p) => Math.exp(p).toFixed(4))
  console.log(`push ${push}, noise ${noise}`) // => push 0.0861, noise 0.5060
})

await Effect.runPromise(program)

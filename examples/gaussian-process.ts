/**
 * Regression by a Gaussian process: a length scale, a size and a noise are learnt from the log marginal likelihood.
 *
 * Source: C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine Learning", 2006, algorithm 2.1 and section 5.4.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import {
  add,
  diagonal,
  div,
  exp,
  hessian,
  jit,
  Linalg,
  log,
  matmul,
  mul,
  neg,
  norm,
  reshape,
  slice,
  square
} from "wengert"
import { sub, sum, Tensor, valueAndGrad } from "wengert"

const n = 40
const places = Array.from({ length: n }, (_, i) => i / 4)
const x = Tensor.make(places)
const y = Tensor.make(places.map((x, i) => Math.sin(x) + 0.1 * Math.cos(17 * i)))

/** Logarithms of the length scale, of the size of the function and of that of the noise. */
type Parameters = Tensor<[3], "float64">

/** The covariance of what is observed. */
const covariance = (parameters: Parameters) =>
  Effect.gen(function*() {
    const [length, size, noise] = [0, 1, 2].map((i) => exp(slice(parameters, i)))
    const distance = sub(reshape(x, [n, 1]), reshape(x, [1, n]))
    const smooth = mul(square(size!), exp(div(square(div(distance, length!)), -2)))
    return yield* add(smooth, mul(square(noise!), Tensor.eye(n)))
  })

/** log p(y) = −½·yᵀ·K⁻¹·y − ½·log|K| − ½·n·log 2π */
const likelihood = (parameters: Parameters) =>
  Effect.gen(function*() {
    const l = yield* Linalg.cholesky(covariance(parameters))
    const z = yield* Linalg.triangularSolve(l, y, { lower: true })
    const halfOfLog = sum(log(diagonal(l)))
    return yield* sub(neg(add(div(matmul(z, z), 2), halfOfLog)), n / 2 * Math.log(2 * Math.PI))
  })

/** What `numpy.linalg.slogdet` and `numpy.linalg.solve` of NumPy 2.4.6 give for the same formula, without a decomposition. */
const ofNumPy = -14.43736341354731
/** Where SciPy 1.17.1 finds the largest likelihood (Nelder and Mead's method, to 1e-11), and how large it is. */
const ofSciPy = { parameters: [0.78655912, 0.30965936, -2.54498081], likelihood: 23.162397120378763 }

const program = Effect.gen(function*() {
  let parameters: Parameters = Tensor.make([0, 0, -1])
  const before = yield* Tensor.item(likelihood(parameters))
  assert.ok(Math.abs(before - ofNumPy) < 1e-10 * Math.abs(ofNumPy))
  console.log(`log p(y) = ${before.toFixed(9)}`) // => log p(y) = -14.437363414

  // up the gradient, until Newton's method finds the top
  const slope = jit(valueAndGrad(likelihood))
  for (let step = 0; step < 300; step++) {
    const [, gradient] = yield* slope(parameters)
    parameters = yield* add(parameters, div(gradient, add(norm(gradient), 100)))
  }
  const curvature = jit(hessian(likelihood))
  for (let step = 0; step < 5; step++) {
    const [, gradient] = yield* slope(parameters)
    parameters = yield* sub(parameters, Linalg.solve(curvature(parameters), gradient))
  }
  const after = yield* Tensor.item(likelihood(parameters))
  assert.ok(Math.abs(after - ofSciPy.likelihood) < 1e-9)
  const found = yield* Tensor.data(parameters)
  for (const [i, expected] of ofSciPy.parameters.entries()) assert.ok(Math.abs(found[i]! - expected) < 1e-6)
  console.log(`log p(y) = ${after.toFixed(9)}`) // => log p(y) = 23.162397120
  const [length, size, noise] = Array.from(found, (p) => Math.exp(p).toFixed(4))
  console.log(`length ${length}, size ${size}, noise ${noise}`) // => length 2.1958, size 1.3630, noise 0.0785
})

await Effect.runPromise(program)

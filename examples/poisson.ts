/**
 * A physics-informed network: −Δu = f on the unit square, with u = 0 around it. `laplacian` says in one forward pass how far
 * the network is from the equation, `jacobian` how that depends on its weights, and Levenberg and Marquardt what to change.
 *
 * Source: M. Raissi, P. Perdikaris and G. Karniadakis, "Physics-informed neural networks", Journal of Computational Physics
 * 378, 2019; the method of least squares is that of D. Marquardt, 1963.
 */
import { Effect, Random } from "effect"
import assert from "node:assert/strict"
import {
  abs,
  add,
  dot,
  jacobian,
  jit,
  laplacian,
  matmul,
  max,
  mean,
  mul,
  prod,
  sin,
  slice,
  square,
  sub,
  tanh,
  Tensor,
  transpose,
  vmap
} from "wengert"
import { solve } from "./support/solve.ts"

type Point = Tensor<[2], "float64">
type Weights = Tensor<[number], "float64">

const hidden = 12

/** A network with one hidden layer, whose weights are a vector; a factor makes it 0 on the boundary. */
const u = (w: Weights) => (x: Point) =>
  Effect.gen(function*() {
    const [a, b, c] = [slice(w, [0, hidden]), slice(w, [hidden, 2 * hidden]), slice(w, [2 * hidden, 3 * hidden])]
    const inner = add(add(mul(a, slice(x, 0)), mul(b, slice(x, 1))), c)
    const outer = slice(w, [3 * hidden, 4 * hidden])
    return yield* mul(prod(mul(x, sub(1, x))), dot(tanh(inner), outer))
  })

/** sin(πx)·sin(πy), and the f that belongs to it. */
const exact = (x: Point) => prod(sin(mul(Math.PI, x)))
const f = (x: Point) => mul(2 * Math.PI ** 2, exact(x))

const side = 12
const points: Tensor<[number, 2], "float64"> = Tensor.make(
  Array.from({ length: side * side }, (_, i) => [(i % side + 0.5) / side, (Math.floor(i / side) + 0.5) / side])
)

/** By how much the equation is missed at each point. */
const residuals = (w: Weights) => vmap((x: Point) => add(laplacian(u(w))(x), f(x)))(points)

/** The misfit, the matrix JᵀJ of its least squares, and its slope Jᵀr. */
const leastSquares = jit((w: Weights) =>
  Effect.gen(function*() {
    const [r, J] = [yield* residuals(w), yield* jacobian(residuals)(w)]
    const Jt = yield* transpose(J)
    return yield* Effect.all({ misfit: mean(square(r)), JtJ: matmul(Jt, J), slope: matmul(Jt, r) })
  })
)

const misfitOf = jit((w: Weights) => mean(square(residuals(w))))

const program = Effect.gen(function*() {
  const random = yield* Effect.replicateEffect(Random.nextBetween(-2, 2), 4 * hidden)
  let w: Weights = Tensor.make(random)
  let damping = 1
  for (let step = 0; step <= 60; step++) {
    const { JtJ, misfit, slope } = yield* leastSquares(w)
    const now = yield* Tensor.item(misfit)
    if (step % 10 === 0) console.log(`${step} steps: mean squared residual ${now.toExponential(1)}`)
    // nearer to steepest descent until a step helps
    for (; damping < 1e9; damping *= 4) {
      const next: Weights = yield* sub(w, solve(yield* add(JtJ, mul(Tensor.eye(4 * hidden), damping)), slope))
      if ((yield* Tensor.item(misfitOf(next))) < now) {
        w = next
        damping /= 5
        break
      }
    }
  }
  const error = yield* Tensor.item(max(abs(sub(vmap(u(w))(points), vmap(exact)(points)))))
  console.log(`largest error: ${error.toExponential(1)}`)
  assert(error < 1e-3)
})

await Effect.runPromise(program.pipe(Random.withSeed("poisson")))

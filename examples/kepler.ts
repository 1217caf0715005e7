/**
 * A planet's orbit by Taylor series of order 20: x(t + h) = Σ xₖ hᵏ, where x′ = f(x) says each coefficient by those before
 * it, (k + 1)·xₖ₊₁ = the k-th coefficient of f(x(t)), which is what `jet` gives. The last ones say how far the series reaches.
 *
 * Source: À. Jorba and M. Zou, "A software package for the numerical integration of ODEs by means of high-order Taylor
 * methods", Experimental Mathematics 14, 2005.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import {
  abs,
  add,
  concat,
  div,
  jet,
  jit,
  less,
  max,
  minimum,
  mul,
  neg,
  norm,
  pow,
  square,
  sub,
  sum,
  Tensor,
  whileLoop
} from "wengert"

type Vector = Tensor<[2], "float64">
type Scalar = Tensor<[], "float64">

interface State {
  readonly position: Vector
  readonly velocity: Vector
}

/** The sun is at 0, and its mass 1: x″ = −x/|x|³. */
const field = ({ position, velocity }: State) => ({
  position: velocity,
  velocity: neg(div(position, pow(sum(square(position)), 1.5)))
})

const order = 20

/** The coefficients of the path through a state. What one order computes, the next finds in the list. */
const series = (start: State) =>
  Effect.gen(function*() {
    const path: [State, ...Array<State>] = [start]
    while (path.length <= order) {
      const slope = (yield* jet(field)(path)).at(-1)!
      path.push(
        yield* Effect.all({
          position: div(slope.position, path.length),
          velocity: div(slope.velocity, path.length)
        })
      )
    }
    return path
  })

const size = ({ position, velocity }: State) => max(abs(concat([position, velocity], 0)))

/** How far a series reaches to full precision: 1/e² of its radius of convergence, as its last two coefficients tell it. */
const reach = (path: ReadonlyArray<State>) => {
  const radius = (k: number) => pow(div(size(path[0]!), size(path[k]!)), 1 / k)
  return mul(minimum(radius(order - 1), radius(order)), Math.exp(-2))
}

/** The sum of a series, by Horner's rule. */
const evaluate = (path: ReadonlyArray<State>, h: Scalar) =>
  Effect.gen(function*() {
    let { position, velocity } = path.at(-1)!
    for (const c of path.slice(0, -1).reverse()) {
      position = yield* add(mul(position, h), c.position)
      velocity = yield* add(mul(velocity, h), c.velocity)
    }
    return { position, velocity }
  })

/** The state after a time, and the number of steps there. */
const follow = jit((start: State, time: Scalar) =>
  whileLoop(
    ({ left }) => less(0, left),
    ({ left, state, steps }) =>
      Effect.gen(function*() {
        const path = yield* series(state)
        const h = yield* minimum(left, reach(path))
        return yield* Effect.all({ state: evaluate(path, h), left: sub(left, h), steps: add(steps, 1) })
      }),
    { state: start, left: time, steps: Tensor.make(0) }
  )
)

/** ½|v|² − 1/|x|, which stays as it is. */
const energy = ({ position, velocity }: State) => sub(mul(sum(square(velocity)), 0.5), div(1, norm(position)))

// an ellipse of eccentricity 0.6 and major semiaxis 1, from the perihelion; a year takes 2π
const eccentricity = 0.6
const start: State = {
  position: Tensor.make([1 - eccentricity, 0]),
  velocity: Tensor.make([0, Math.sqrt((1 + eccentricity) / (1 - eccentricity))])
}

const program = Effect.gen(function*() {
  const before = yield* Tensor.item(energy(start))
  for (const years of [1, 10, 100]) {
    const { state, steps } = yield* follow(start, Tensor.make(2 * Math.PI * years))
    const drift = Math.abs((yield* Tensor.item(energy(state))) / before - 1)
    const away = yield* Tensor.item(norm(sub(state.position, start.position)))
    console.log(
      `after ${years} years, ${yield* Tensor.item(steps)} steps: the energy is off by ${drift.toExponential(1)}, ` +
        `the planet by ${away.toExponential(1)}`
    )
    assert(drift < 1e-13 && away < 1e-9)
  }
})

await Effect.runPromise(program)

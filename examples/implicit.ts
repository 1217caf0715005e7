/**
 * The derivative of a solution, from the equation that it solves: Kepler's M = E − e·sin E, which nobody can solve for E.
 *
 * A solver may take any number of steps. To differentiate what it found costs one more equation of the same kind, and no
 * memory for the steps.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { add, div, fixedPoint, forLoop, grad, greater, implicitRoot, jvp, max, mul, norm, sin, sub, sum } from "wengert"
import { abs, Tensor, whileLoop } from "wengert"
import type { OpError } from "wengert"

type Angles = Tensor<[3], "float64">

/** When we look (mean anomalies), and how far from a circle the orbit is. */
interface Orbit {
  readonly times: Angles
  readonly eccentricity: Tensor<[], "float64">
}

/** Where Kepler's equation takes E: to itself, where E solves it. */
const step = (E: Angles, { eccentricity, times }: Orbit) => add(times, mul(eccentricity, sin(E)))

/** How far E is from a solution. */
const residual = (E: Angles, orbit: Orbit) => sub(step(E, orbit), E)

type Map = (x: Angles) => Effect.Effect<Angles, OpError>

/** Goes from `start` on, as long as anything moves. */
const follow = (next: Map, start: Angles) =>
  Effect.map(
    whileLoop(
      ({ moved }) => greater(moved, 1e-14),
      ({ x }) =>
        Effect.gen(function*() {
          const there = yield* next(x)
          return { x: there, moved: yield* max(abs(sub(there, x))) }
        }),
      { x: start, moved: Tensor.make(Infinity) }
    ),
    ({ x }) => x
  )

/** Newton's method for angles that do not depend on each other: x − f(x) / f'(x). */
const newton = (f: Map, start: Angles) =>
  follow((x) => Effect.flatMap(jvp(f, [x], [Tensor.ones([3])]), ([y, slope]) => sub(x, div(y, slope))), start)

const solutions = {
  "60 steps, unrolled": (start: Angles, orbit: Orbit) => forLoop(0, 60, (_, E) => step(E, orbit), start),
  "fixedPoint": fixedPoint(step, follow),
  "implicitRoot": implicitRoot(residual, newton)
}

const program = Effect.gen(function*() {
  const orbit: Orbit = { times: Tensor.make([0.5, 1, 2]), eccentricity: Tensor.make(0.3) }
  const start = Tensor.zeros([3])
  const gradients: Array<Orbit> = []
  for (const [name, solve] of Object.entries(solutions)) {
    const height = (orbit: Orbit) => sum(sin(solve(start, orbit)))
    const gradient = yield* grad(height)(orbit)
    gradients.push(gradient)
    console.log(`${name}: E = ${yield* solve(start, orbit)}`)
    console.log(`  gradient by times ${gradient.times}, by eccentricity ${gradient.eccentricity}`)
  }
  const [unrolled, ...implicit] = gradients
  for (const { eccentricity, times } of implicit) {
    const difference = yield* Tensor.item(
      add(norm(sub(times, unrolled!.times)), abs(sub(eccentricity, unrolled!.eccentricity)))
    )
    console.log(`difference from unrolling: ${difference.toExponential(1)}`)
    assert(difference < 1e-12)
  }
})

Effect.runSync(program)

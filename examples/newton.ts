/**
 * Newton's method: to the minimum of Rosenbrock's banana in seven steps, by gradients and Hessians that nobody wrote down.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { add, grad, hessian, mul, norm, slice, square, sub, Tensor } from "wengert"
import { solve } from "./support/solve.ts"

type Point = Tensor<[2], "float64">

/** (1 − x)² + 100 (y − x²)², whose minimum is at (1, 1). */
const banana = (p: Point) => {
  const [x, y] = [slice(p, 0), slice(p, 1)]
  return add(square(sub(1, x)), mul(100, square(sub(y, square(x)))))
}

const newton = Effect.gen(function*() {
  let p: Point = Tensor.make([-1.2, 1])
  for (let step = 0;; step++) {
    const gradient = yield* grad(banana)(p)
    const length = yield* Tensor.item(norm(gradient))
    const [x, y] = yield* Tensor.toArray(p)
    console.log(`step ${step}: (${x!.toFixed(9)}, ${y!.toFixed(9)}), ‖gradient‖ = ${length.toExponential(1)}`)
    if (length < 1e-12 || step === 10) return p
    p = yield* sub(p, solve(yield* hessian(banana)(p), gradient))
  }
})

const minimum = Effect.runSync(newton)
const distance = Effect.runSync(Tensor.item(norm(sub(minimum, 1))))
console.log(`distance from (1, 1): ${distance}`)
assert(distance < 1e-12)

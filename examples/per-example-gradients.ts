/**
 * One gradient for each example of a batch: `vmap(grad(loss))`.
 *
 * Private learning needs them: each example's gradient is shortened to a length of at most 1 before they are added up, so
 * that no example can say too much (M. Abadi et al., "Deep learning with differential privacy", 2016).
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { add, div, dot, expandDims, grad, maximum, mean, norm, square, sub, sum, Tensor, vmap } from "wengert"

interface Line {
  readonly slope: Tensor<[2], "float64">
  readonly offset: Tensor<[], "float64">
}

/** How far the line is from one example. */
const loss = ({ offset, slope }: Line, x: Tensor<[2], "float64">, y: Tensor<[], "float64">) =>
  square(sub(add(dot(slope, x), offset), y))

const line: Line = { slope: Tensor.make([0.5, -1]), offset: Tensor.make(0.1) }
const xs = Tensor.make([[1, 2], [0, 1], [3, -1], [0.2, 0.1]])
const ys = Tensor.make([0, -1, 9, 0.4])

const program = Effect.gen(function*() {
  // the line is the same for all examples
  const gradients = yield* vmap(grad(loss), { inAxes: [null, 0, 0] })(line, xs, ys)
  console.log("a gradient for each example, by slope")
  console.log(gradients.slope)

  const lengths = yield* norm(gradients.slope, { axis: 1 })
  const clipped = yield* sum(div(gradients.slope, expandDims(maximum(1, lengths), 1)), { axis: 0 })
  console.log("their lengths", lengths)
  console.log("the sum of them, each shortened to 1", clipped)

  // their mean is the gradient of the mean
  const meanLoss = (line: Line) => mean(vmap(loss, { inAxes: [null, 0, 0] })(line, xs, ys))
  const atOnce = yield* grad(meanLoss)(line)
  const difference = yield* Tensor.item(norm(sub(mean(gradients.slope, { axis: 0 }), atOnce.slope)))
  console.log(`difference of their mean from the gradient of the mean: ${difference}`)
  assert(difference < 1e-12)
})

Effect.runSync(program)

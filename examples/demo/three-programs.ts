/**
 * Three programs that everybody tries first, and what their gradients are.
 *
 * Where no differentiable path leads from an input to the result, most systems answer with a zero or with nothing, and
 * do not say which of the two they mean. Here `unconnected: "none"` makes it a value of its own.
 */
import { Console, Effect, Option } from "effect"
import { cond, grad, greater, mul, stopGradient, sum, Tensor } from "wengert"

type Scalar = Tensor<[]>

/** x · y, but only when x is positive. */
const branch = (x: Scalar, y: Scalar) => cond(greater(x, 0), () => mul(x, y), () => 0)

/** The sum of a matrix under a mask of zeros and ones. */
const mask = Tensor.eye(5)
const masked = (x: Tensor<[5, 5]>) => sum(mul(x, mask))

/** x · y, with x for a constant. */
const stopped = (x: Scalar, y: Scalar) => mul(stopGradient(x), y)

const inBoth = { argnums: [0, 1], unconnected: "none" } as const

const report = Effect.fnUntraced(function*(
  program: string,
  gradients: { readonly [input: string]: Option.Option<Tensor> }
) {
  yield* Console.log(`  ${program}`)
  for (const [input, gradient] of Object.entries(gradients)) {
    const text = Option.isSome(gradient)
      ? `connected, ${JSON.stringify(yield* Tensor.toArray(gradient.value))}`
      : "unconnected"
    yield* Console.log(`    d/d${input}: ${text}`)
  }
})

export const threePrograms = Effect.gen(function*() {
  const y = Tensor.make(3)
  for (const x of [2, -1]) {
    const [dx, dy] = yield* grad(branch, inBoth)(Tensor.make(x), y)
    yield* report(`cond(x > 0, () => x · y, () => 0) at x = ${x}, y = 3`, { x: dx, y: dy })
  }

  const dx = yield* grad(masked, { unconnected: "none" })(Tensor.ones([5, 5]))
  yield* report("sum(x · mask), x and mask 5 × 5", { x: dx })

  const [none, dy] = yield* grad(stopped, inBoth)(Tensor.make(2), y)
  yield* report("stopGradient(x) · y at x = 2, y = 3", { x: none, y: dy })
})

/**
 * Higher derivatives: the n-th of tanh(sin x)·exp(x²), by `grad` nested n times and by Taylor mode; and sparse Hessians, whose time
 * grows with the number of unknowns, and not with its square.
 */
import { Effect } from "effect"
import {
  add,
  derivative,
  exp,
  grad,
  hessian,
  jit,
  mul,
  sin,
  slice,
  square,
  sub,
  sum,
  tanh,
  Tensor,
  trace
} from "wengert"
import type { OpError } from "wengert"
import { agree, measure, show, table, warnIfBusy } from "./measure.ts"

type Scalar = Tensor<[], "float64">
type Vector = Tensor<[number], "float64">
type F = (x: Scalar) => Effect.Effect<Scalar, OpError>

const run = Effect.runSync

const f: F = (x) => mul(tanh(sin(x)), exp(square(x)))

const orders = (): void => {
  console.log("The n-th derivative: equations, and µs to compute them compiled, for a batch of one\n")
  const x = Tensor.make(0.5)
  let nested: F = f
  const rows: Array<ReadonlyArray<string | number>> = []
  for (let n = 1; n <= 16; n++) {
    nested = grad(nested)
    if (n > 8 && n !== 12 && n !== 16) continue
    const ways = [nested, derivative(f, n)]
    const lists = ways.map((way) => run(trace(way)(x)).equations.length)
    const timed = ways.map((way) => {
      const compiled = jit(way)
      return measure(() => {
        let y = run(compiled(x))
        for (let i = 1; i < 100; i++) y = run(compiled(x))
        return run(Tensor.item(y))
      }, 200)
    })
    // sums of thousands of terms of both signs
    agree(`derivative ${n}`, timed[0]!.result, timed[1]!.result, 1e-6)
    rows.push([String(n), ...lists.map(String), ...timed.map(({ milliseconds }) => 10 * milliseconds)])
  }
  table(["order", "grad, nested", "Taylor", "grad, nested, µs", "Taylor, µs"], rows)
}

/** Σ (xᵢ₊₁ − xᵢ)² + xᵢ⁴, whose Hessian is tridiagonal. */
const chain = (x: Vector) => {
  const n = x.shape[0]
  return add(sum(square(sub(slice(x, [1, n]), slice(x, [0, n - 1])))), sum(square(square(x))))
}

const sparse = (): void => {
  console.log(
    "\nA tridiagonal Hessian: milliseconds, beside those of the gradient, for the same function of so many numbers\n"
  )
  const sparseHessian = hessian(chain, { sparse: true })
  const rows = [1000, 10_000, 100_000].map((n) => {
    const x: Vector = Tensor.make(Array.from({ length: n }, (_, i) => Math.sin(i)))
    const once = measure(() => run(sparseHessian(x)))
    const slope = measure(() => run(grad(chain)(x)))
    const compiled = jit((x: Vector) => Effect.map(sparseHessian(x), ({ values }) => values))
    const both = [compiled, jit(grad(chain))].map((f) => measure(() => run(f(x))))
    agree("the sum, compiled", run(Tensor.item(sum(both[0]!.result))), run(Tensor.item(sum(once.result.values))))
    const values = run(Tensor.toArray(once.result.values))
    agree("its size", once.result.size, 3 * n - 2)
    // along the diagonal 12x² + 4, at the ends 2 less; beside it −2
    agree("its first number", values[0]!, 2)
    agree("one in the middle", values[3 * 500]!, 12 * Math.sin(500) ** 2 + 4)
    agree("its right neighbour", values[3 * 500 + 1]!, -2)
    return [
      n.toLocaleString("en"),
      String(once.result.passes),
      once.milliseconds,
      slope.milliseconds,
      `× ${show(once.milliseconds / slope.milliseconds)}`,
      ...both.map(({ milliseconds }) => milliseconds),
      `× ${show(both[0]!.milliseconds / both[1]!.milliseconds)}`
    ]
  })
  table(["n", "passes", "Hessian", "gradient", "ratio", "compiled", "gradient", "ratio"], rows)
}

orders()
sparse()
warnIfBusy()

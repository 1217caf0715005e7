/**
 * Convolutions whose windows are more than is copied at once: compiled, they run in parts.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { compile, conv, convTranspose, grad, sin, sum, Tensor } from "wengert"
import { run } from "../grad/support/run.ts"

type X = Tensor<any, any>

const filled = (dtype: "float32" | "float64", ...shape: ReadonlyArray<number>): X =>
  Tensor.make(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(i * i + 1)), { shape, dtype })

const dataOf = (x: X): ArrayLike<number> => run(Tensor.data(x)) as ArrayLike<number>

/** The largest difference, beside the largest number. */
const distance = (a: X, b: X): number => {
  const [x, y] = [dataOf(a), dataOf(b)]
  let [difference, size] = [x.length === y.length ? 0 : Infinity, 1e-300]
  for (let i = 0; i < y.length; i++) {
    difference = Math.max(difference, Math.abs(x[i]! - y[i]!))
    size = Math.max(size, Math.abs(y[i]!))
  }
  return difference / size
}

describe.each(
  [
    ["float32", 1, 1e-5],
    ["float32", 2, 1e-5],
    ["float64", 1, 1e-13]
  ] as const
)("%s, groups: %d", (dtype, groups, tolerance) => {
  // a window has 200 elements, and an image 60·60 of them; five kernels do not fill a vector
  const x = filled(dtype, 2, 64, 64, 8)
  const w = filled(dtype, 5, 5, 8 / groups, groups === 1 ? 5 : 6)
  const f = (x: X, w: X) => conv(x, w, { groups }) as Effect.Effect<X, any>

  it("gives what the reference gives, and so do the gradients", () => {
    const both: any = grad(((x: X, w: X) => sum(sin(f(x, w) as never) as never)) as never, { argnums: [0, 1] })
    const program: any = (x: X, w: X) =>
      Effect.map(Effect.all([f(x, w), both(x, w)]), ([y, [dx, dw]]: any) => [y, dx, dw])
    const expected = run<ReadonlyArray<X>, any>(program(x, w))
    const executable = run<any, any>(compile(program)(x as never, w as never) as any)
    const got = run<ReadonlyArray<X>, any>(executable.run(x, w))
    got.forEach((y, i) => expect(distance(y, expected[i]!), `result ${i}`).toBeLessThan(tolerance))
  })
})

it("no windows of a convolution are there all at once", () => {
  const [x, w] = [filled("float32", 8, 32, 32, 16), filled("float32", 3, 3, 16, 16)]
  const loss = (x: X, w: X) => sum(sin(conv(x, w, { padding: "same" }) as never) as never)
  const gradient: any = grad(loss as never, { argnums: [0, 1] })
  const { kernels, peakBytes } = run<any, any>(compile(gradient)(x as never, w as never) as any)
  expect(kernels).toContain("dot, overlapAdd: float32[8,32,32,16], float32[3,3,16,16]")
  // images of half a megabyte, nine times as many windows: 4.7 MB for any of the three products
  expect(peakBytes).toBeLessThan(4 * x.size * 4 + 3 * 2 ** 21)
  const f: any = (y: X) => convTranspose(y, w as never, { padding: "same" })
  const back = run<any, any>(compile(f)(x as never) as any)
  expect(distance(run<X, any>(back.run(x)), run<X, any>(f(x)))).toBeLessThan(1e-5)
})

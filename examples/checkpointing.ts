/**
 * What a gradient keeps in memory, and how to keep less: `residuals` and `checkpoint`.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { add, checkpoint, grad, matmul, mul, residuals, sin, square, sum, tanh, Tensor } from "wengert"

type Batch = Tensor<[256, 32], "float64">
type Weights = Tensor<[32, 32], "float64">

/** One block of a deep network. */
const block = (x: Batch, w: Weights) => add(x, mul(0.1, tanh(matmul(sin(matmul(x, w)), w))))

/** A network of such blocks. */
const network = (apply: typeof block) => (weights: ReadonlyArray<Weights>, x: Batch) =>
  Effect.gen(function*() {
    let y = x
    for (const w of weights) y = yield* apply(y, w)
    return yield* sum(square(y))
  })

const plain = network(block)
const checkpointed = network(checkpoint(block))

/** Numbers between −1 and 1 that look like chance. */
const noise = <const S extends ReadonlyArray<number>>(seed: number, ...shape: S) =>
  sin(Tensor.make(Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => seed * (i + 1)), { shape }))

const program = Effect.gen(function*() {
  const x = yield* noise(1, 256, 32)
  const weights = yield* Effect.forEach([2, 3, 4, 5, 6, 7, 8, 9], (seed) => noise(seed, 32, 32))

  const total: Array<number> = []
  for (const [name, f] of Object.entries({ plain, checkpointed })) {
    const sizes = new Map<string, number>()
    for (const { bytes, origin } of yield* residuals(f)(weights, x)) {
      const what = origin.startsWith("args") ? "arguments" : `results of ${origin}`
      sizes.set(what, (sizes.get(what) ?? 0) + bytes)
    }
    console.log(`${name} keeps`)
    for (const [what, bytes] of sizes) console.log(`  ${String(bytes / 1024).padStart(4)} KiB of ${what}`)
    total.push([...sizes.values()].reduce((a, b) => a + b))
  }
  const [all, few] = total as [number, number]
  console.log(`which is ${(all / few).toFixed(1)} times less`)
  assert(few < all / 3)

  // the same computation twice gives the same gradient
  const gradients = yield* Effect.forEach([plain, checkpointed], (f) => grad(f)(weights, x))
  const [one, two] = yield* Effect.forEach(gradients, (ws) => Effect.forEach(ws, (w) => Tensor.toArray(w)))
  assert.deepEqual(one, two)
  console.log("and the same gradient")
})

Effect.runSync(program)

/**
 * A matrix of low rank, from two fifths of its elements: unknown ones are filled in, the result is projected to the nearest matrix of that rank, by its
 * singular values, and so on.
 *
 * Source: P. Jain, R. Meka and I. Dhillon, "Guaranteed rank minimization via singular value projection", NIPS 2010. Why so few elements
 * say all of it: E. Candès and B. Recht, "Exact matrix completion via convex optimization", 2009.
 */
import { Effect } from "effect"
import { div, grad, jit, Linalg, mask, matmul, mul, norm, slice, square, sub, sum, Tensor } from "wengert"

type Matrix = Tensor<[60, 40], "float64">

const [rows, columns, rank] = [60, 40, 2] as const

/** The matrix that nobody sees whole, a sum of two products: what was found is compared with it. */
const truth: Matrix = Tensor.make(
  Array.from(
    { length: rows },
    (_, i) =>
      Array.from({ length: columns }, (_, j) => Math.sin(i) * Math.cos(j) + Math.cos(2 * i) * Math.sin(3 * j + 1))
  ),
  { shape: [rows, columns] }
)

/** The elements that are seen: those where a shuffled count is below its limit. */
const seen: Tensor<[60, 40], "bool"> = Tensor.make(
  Array.from({ length: rows * columns }, (_, k) => (k * 7919 + (k * k) % 977) % 1000 < 400),
  { shape: [rows, columns] }
)

/** Half the sum of the squares of what is wrong with what is seen. */
const error = (x: Matrix) => div(sum(square(mask(sub(x, truth), seen))), 2)

/** The nearest matrix of that rank (Eckart and Young 1936). */
const project = (x: Matrix) =>
  Effect.gen(function*() {
    const { s, u, vt } = yield* Linalg.svd(x)
    const scaled = mul(slice(u, null, [0, rank]), slice(s, [0, rank]))
    return yield* matmul(scaled, slice(vt, [0, rank])) as Effect.Effect<Matrix>
  })

/** Down the gradient, by the share of the elements that are seen, and back. */
const step = jit((x: Matrix) => Effect.flatMap(sub(x, mul(grad(error)(x), 1.5)), project))

const program = Effect.gen(function*() {
  const share = yield* Tensor.toArray(seen)
  console.log(`seen: ${share.flat().filter((b) => b).length} of ${rows * columns} elements`) // => seen: 939 of 2400 elements
  let x: Matrix = Tensor.zeros([rows, columns])
  for (let i = 0; i < 300; i++) x = yield* step(x)
  const wrong = yield* Tensor.item(div(norm(sub(x, truth)), norm(truth)))
  console.log(`rank ${yield* Tensor.item(Linalg.matrixRank(x, { rtol: 1e-8 }))}`) // => rank 2
  console.log(`error ${wrong < 1e-8 ? "below 1e-8" : wrong}`) // => error below 1e-8
})

await Effect.runPromise(program)

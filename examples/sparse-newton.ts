/**
 * Newton's method in 10,000 unknowns: −u″ + u³ = f on (0, 1) with u = 0 at both ends, as the minimum of an energy. Its
 * Hessian is tridiagonal; nobody said so, and three products with vectors give all of it.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { add, concat, grad, hessian, mul, norm, slice, type Sparse, square, sub, sum, Tensor } from "wengert"

type Vector = Tensor<[number], "float64">

const n = 10_000
const h = 1 / (n + 1)
const exact = Array.from({ length: n }, (_, i) => Math.sin(Math.PI * (i + 1) * h))
/** f is chosen so that u(t) = sin(πt). */
const f: Vector = Tensor.make(exact.map((u) => Math.PI ** 2 * u + u ** 3))
const end = Tensor.zeros([1])

/** Σ ½ (uᵢ₊₁ − uᵢ)²/h + h (¼ uᵢ⁴ − fᵢ uᵢ). */
const energy = (u: Vector) => {
  const inside = concat([end, u, end], 0)
  const slopes = sub(slice(inside, [1, n + 2]), slice(inside, [0, n + 1]))
  return add(mul(sum(square(slopes)), 0.5 / h), mul(sum(sub(mul(square(square(u)), 0.25), mul(f, u))), h))
}

/** The x with H·x = b, by elimination along the diagonals (Thomas' algorithm). */
const solve = (H: Sparse.Matrix<[number], [number], "float64">, b: Vector) =>
  Effect.gen(function*() {
    assert.equal(H.size, 3 * n - 2)
    const values = yield* Tensor.toArray(H.values)
    const x = yield* Tensor.toArray(b)
    // rows are diagonal and right, left, diagonal and right, …, left and diagonal
    const diagonal = Array.from({ length: n }, (_, i) => values[3 * i]!)
    for (let i = 1; i < n; i++) {
      const factor = values[3 * i - 1]! / diagonal[i - 1]!
      diagonal[i]! -= factor * values[3 * i - 2]!
      x[i]! -= factor * x[i - 1]!
    }
    for (let i = n - 1; i >= 0; i--) x[i] = (x[i]! - (i + 1 < n ? values[3 * i + 1]! * x[i + 1]! : 0)) / diagonal[i]!
    return Tensor.make(x)
  })

const newton = Effect.gen(function*() {
  let u: Vector = Tensor.zeros([n])
  for (let step = 1;; step++) {
    const H = yield* hessian(energy, { sparse: true })(u)
    const by = yield* solve(H, yield* grad(energy)(u))
    u = yield* sub(u, by)
    const length = yield* Tensor.item(norm(by))
    console.log(`step ${step}: ${H.passes} passes, ‖step‖ = ${length.toExponential(1)}`)
    if (length < 1e-6 || step === 10) return u
  }
})

const u = await Effect.runPromise(newton).then((u) => Effect.runPromise(Tensor.toArray(u)))
const error = Math.max(...u.map((v, i) => Math.abs(v - exact[i]!)))
console.log(`largest error: ${error.toExponential(1)}`)
// of the second order in h; h² is 1e-8
assert(error < 1e-7)

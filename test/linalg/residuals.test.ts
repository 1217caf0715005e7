/**
 * Accuracy: what is left over of the equations that decompositions and solutions obey, beside c·n·ε·‖A‖. Sources of the bounds: Higham,
 * "Accuracy and Stability of Numerical Algorithms", 2nd ed., theorems 9.3, 10.3, 19.4; Golub and Van Loan, 4th ed., sections 8.3, 8.6.
 */
import { describe, expect, it } from "vitest"
import { Linalg, Tensor } from "wengert"
import {
  conditioned,
  distance,
  flipped,
  plus,
  randomMatrix,
  run,
  scaled,
  sizeOf,
  skewness,
  times,
  type X
} from "./support/matrices.ts"

const orthogonal = (x: X): X => run(Linalg.qr(x)).q

const sizes = [1, 2, 3, 10, 60, 200]
const epsilon = 2 ** -52

/** Of every size, well and ill conditioned. */
const kinds: ReadonlyArray<readonly [string, (n: number) => X]> = [
  ["random", (n) => randomMatrix(n, n, n)],
  ["of condition 1e12", (n) => conditioned(n, 1e12, orthogonal)],
  ["of large elements", (n) => scaled(randomMatrix(n, n, n), Tensor.full([n], 1e150))],
  ["of small elements", (n) => scaled(randomMatrix(n, n, n), Tensor.full([n], 1e-150))]
]
const cases = kinds.flatMap(([name, of]) => sizes.map((n) => [`${n} × ${n}, ${name}`, of(n), n] as const))

/** As good as rounding allows: a modest multiple of n·ε·‖A‖. */
const within = (rest: number, n: number, size: number) => expect(rest / (n * epsilon * size)).toBeLessThan(20)

describe.each(cases)("%s", (_, a, n) => {
  it("A[p] = L·U, with |L| ≤ 1", () => {
    const { l, permutation, u } = run(Linalg.lu(a))
    const rows = run(Tensor.toArray(permutation)) as ReadonlyArray<number>
    const picked = run(Tensor.toArray(a)) as ReadonlyArray<ReadonlyArray<number>>
    within(distance(times(l, u), Tensor.make(rows.map((i) => picked[i]!))), n, sizeOf(l) * sizeOf(u))
    expect(Math.max(...Array.from(run(Tensor.data(l)), Math.abs))).toBe(1)
  })

  it("A·X = B", () => {
    const b = randomMatrix(n, 3, 7)
    const x = run(Linalg.solve(a, b)) as X
    within(distance(times(a, x), b), n, sizeOf(a) * sizeOf(x))
  })

  it("A = Q·R, with orthonormal columns", () => {
    const { q, r } = run(Linalg.qr(a))
    within(distance(times(q, r), a), n, sizeOf(a))
    within(skewness(q), n, 1)
  })

  it("A = U·S·Vᵀ, with orthonormal vectors, in order", () => {
    const { s, u, vt } = run(Linalg.svd(a))
    within(distance(times(scaled(u, s), vt), a), n, sizeOf(a))
    within(skewness(u), n, 1)
    within(skewness(flipped(vt)), n, 1)
    const values = Array.from<number>(run(Tensor.data(s)))
    expect(values.every((value, i) => value >= 0 && (i === 0 || value <= values[i - 1]!))).toBe(true)
  })

  it("A·V = V·W, with orthonormal vectors, in order", () => {
    const symmetric = plus(a, flipped(a))
    const { eigenvalues, eigenvectors } = run(Linalg.eigh(symmetric))
    within(distance(times(symmetric, eigenvectors), scaled(eigenvectors, eigenvalues)), n, sizeOf(symmetric))
    within(skewness(eigenvectors), n, 1)
    const values = Array.from<number>(run(Tensor.data(eigenvalues)))
    expect(values.every((value, i) => i === 0 || value >= values[i - 1]!)).toBe(true)
  })
})

describe.each(sizes.map((n) => [n, n]))("%i × %i", (n) => {
  it("A = L·Lᵀ, of condition 1e12 too", () => {
    for (const condition of [10, 1e12]) {
      const a = conditioned(n, condition, orthogonal, true)
      const l = run(Linalg.cholesky(a))
      within(distance(times(l, flipped(l)), a), n, sizeOf(a))
    }
  })

  it("tall and wide", () => {
    for (const a of [randomMatrix(2 * n, n, n), randomMatrix(n, 2 * n, n)]) {
      const { q, r } = run(Linalg.qr(a))
      const { s, u, vt } = run(Linalg.svd(a))
      within(distance(times(q, r), a), n, sizeOf(a))
      within(distance(times(scaled(u, s), vt), a), n, sizeOf(a))
      within(skewness(u), n, 1)
      within(skewness(flipped(vt)), n, 1)
      const p = run(Linalg.pinv(a)) as X
      // its condition is modest
      within(distance(times(times(a, p), a), a), n, 10 * sizeOf(a) * sizeOf(a) * sizeOf(p))
    }
  })

  it("in float32, to its rounding", () => {
    const a = randomMatrix(n, n, n, "float32")
    const { s, u, vt } = run(Linalg.svd(a))
    expect(s.dtype).toBe("float32")
    expect(distance(times(scaled(u, s), vt), a)).toBeLessThan(4 * n * 2 ** -23 * sizeOf(a))
    const { q, r } = run(Linalg.qr(a))
    expect(distance(times(q, r), a)).toBeLessThan(4 * n * 2 ** -23 * sizeOf(a))
  })
})

it("small singular values of a graded matrix have all digits", () => {
  // the columns of an orthogonal matrix, scaled: the singular values are the scales (Demmel and Veselić 1992)
  const scales = Array.from({ length: 8 }, (_, i) => 10 ** (-3 * i))
  const q = orthogonal(randomMatrix(8, 8))
  const { s } = run(Linalg.svd(scaled(q, Tensor.make(scales))))
  const found = run(Tensor.data(s))
  scales.forEach((scale, i) => expect(Math.abs(found[i]! / scale - 1)).toBeLessThan(1e-14))
})

it("matrices without rank have orthonormal vectors too", () => {
  for (const a of [Tensor.zeros([5, 3]), Tensor.ones([5, 3]), Tensor.ones([3, 5])] as ReadonlyArray<X>) {
    const { s, u, vt } = run(Linalg.svd(a))
    expect(skewness(u)).toBeLessThan(1e-14)
    expect(skewness(flipped(vt))).toBeLessThan(1e-14)
    expect(distance(times(scaled(u, s), vt), a)).toBeLessThan(1e-14)
  }
})

/**
 * Derivatives: where spectra are degenerate and matrices singular, closed forms and differences.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import {
  add,
  checkpoint,
  exp,
  explain,
  grad,
  GradientReport,
  hessian,
  jacfwd,
  jacrev,
  jit,
  Linalg,
  log,
  logsumexp,
  matmul,
  max,
  mul,
  slice,
  square,
  sum,
  Tensor,
  vmap
} from "wengert"
import { transpose } from "wengert"
import { Laws } from "wengert/laws"
import { expectClose, expectNumbers, untyped, valuesOf } from "../grad/support/run.ts"
import type { X } from "./support/matrices.ts"
import { table } from "./support/table.ts"
import { quadratic, turned } from "./support/turned.ts"

/** What has no derivative, or a law of its own. */
const others = ["cg", "gmres", "matrixRank"]

it("every function is in the table", () => {
  const covered = new Set([...Object.keys(table).map((name) => name.split(/[, ]/)[0]!), ...others])
  expect([...covered].toSorted()).toEqual(Object.keys(Linalg).toSorted())
})

it("matrixRank is a step", () => {
  Laws.check(Laws.stopsGradient((a: X) => Linalg.matrixRank(a), Laws.tensors([[2, 3]])))
})

/** All second derivatives of a function of an n×n matrix, as a matrix of n². */
const hessianOf = (f: (a: X) => Effect.Effect<X, any>, a: X) =>
  untyped<(a: X) => Effect.Effect<X>>(hessian(untyped<(a: X) => Effect.Effect<Tensor<[]>>>(f)))(a)
const gradientOf = (f: (a: X) => Effect.Effect<X, any>, a: X) =>
  grad(untyped<(a: X) => Effect.Effect<Tensor<[]>>>(f))(a)

/** A function of the eigenvalues. */
const ofSpectrum = (f: (w: X) => Effect.Effect<X, any>) => (a: X) =>
  Effect.flatMap(Linalg.eigvalsh(a) as Effect.Effect<X>, f)

const logdet = (a: X) => Effect.map(Linalg.slogdet(a), ({ logabsdet }) => logabsdet as X)
const nuclear = (a: X) => Linalg.matrixNorm(a, { ord: "nuc" }) as Effect.Effect<X, any>
const det = (a: X) => Linalg.det(a) as Effect.Effect<X, any>
const two: X = Tensor.make([[2, 0, 0], [0, 2, 0], [0, 0, 2]])

describe("degenerate spectra", () => {
  it.each<readonly [string, (w: X) => Effect.Effect<X, any>, (w: number) => number]>([
    ["Σ w²", (w) => sum(square(w)), (w) => 2 * w],
    ["Σ log w", (w) => sum(log(w as Tensor)) as Effect.Effect<X>, (w) => 1 / w],
    ["Σ eʷ", (w) => sum(exp(w)), Math.exp]
  ])("the gradient of %s is f′(A), where eigenvalues coincide", (_, f, slope) => {
    const g = (a: X) => Effect.flatMap(Linalg.eigvalsh(a) as Effect.Effect<X>, f)
    expectClose(gradientOf(g, two), [[slope(2), 0, 0], [0, slope(2), 0], [0, 0, slope(2)]], 1e-14)
    // of [[1, 1, 0], [1, 1, 0], [0, 0, 2]], with eigenvalues 0, 2, 2, in another basis
    const a: X = Tensor.make([[2, 0, 0], [0, 1.5, 0.5], [0, 0.5, 1.5]])
    const [p, q] = [(slope(2) + slope(1)) / 2, (slope(2) - slope(1)) / 2]
    expectClose(gradientOf(g, a), [[slope(2), 0, 0], [0, p, q], [0, q, p]], 1e-13)
  })

  it("the Hessian of squares of eigenvalues is that of the sum of squares of (A + Aᵀ)/2", () => {
    const expected = quadratic(3, (i, j, k, l) => Number(i === k && j === l) + Number(i === l && j === k))
    expectClose(hessianOf(ofSpectrum((w) => sum(square(w))), two), expected, 1e-14)
    expectClose(hessianOf(ofSpectrum((w) => sum(square(w))), Tensor.zeros([3, 3])), expected, 1e-14)
    const apart: X = Tensor.make([[1, 0, 0], [0, 2, 0], [0, 0, 4]])
    expectClose(hessianOf(ofSpectrum((w) => sum(square(w))), apart), expected, 1e-13)
  })

  it("the Hessian of Σ f(w) is the divided difference of f′, also where eigenvalues nearly coincide", () => {
    for (const gap of [0, 1e-15, 1e-12, 1e-9, 1e-7, 1e-3]) {
      const eigenvalues = [1, 1 + gap, 2.5]
      const { a, element } = turned(eigenvalues, (x, y) => -1 / (x * y))
      const found = hessianOf(ofSpectrum((w) => sum(log(w as Tensor)) as Effect.Effect<X>), a)
      // half of the digits of a difference of 1e-8
      expectClose(found, quadratic(3, element), 1e-8)
      if (gap < 1e-14) expectClose(found, quadratic(3, element), 1e-14)
    }
  })

  it("functions that are no sums, of each matrix of a batch, in reverse and forward over reverse mode, compiled", () => {
    // (Σ w)²: 2·tr(dA)²
    const f = ofSpectrum((w) => square(sum(w as Tensor)) as Effect.Effect<X>)
    expectClose(hessianOf(f, two), quadratic(3, (i, j, k, l) => i === j && k === l ? 2 : 0), 1e-14)
    // log Σ eʷ at 2: (tr dA²)/6 − (tr dA)²/18, twice
    const g = ofSpectrum((w) => logsumexp(w as Tensor) as Effect.Effect<X>)
    const expected = quadratic(
      3,
      (i, j, k, l) => (Number(i === k && j === l) + Number(i === l && j === k)) / 6 - (i === j && k === l ? 1 / 9 : 0)
    )
    const loose = untyped<(a: X) => Effect.Effect<Tensor<[]>>>(g)
    expectClose(hessianOf(g, two), expected, 1e-14)
    expectClose(untyped<(a: X) => Effect.Effect<X>>(jacrev(grad(loose)))(two), expected, 1e-14)
    expectClose(jit(untyped<(a: X) => Effect.Effect<X>>(hessian(loose)))(two), expected, 1e-14)
    const both: X = Tensor.make([[[2, 0, 0], [0, 2, 0], [0, 0, 2]], [[2, 0, 0], [0, 3, 0], [0, 0, 3]]])
    const [first] = valuesOf(vmap(untyped<(a: X) => Effect.Effect<X>>(hessian(loose)))(both)) as ReadonlyArray<any>
    expectNumbers(first, valuesOf(hessianOf(g, two)))
  })

  it("so have functions of singular values, of those too that are 0", () => {
    const ofSizes = (f: (s: X) => Effect.Effect<X, any>) => (a: X) =>
      Effect.flatMap(Linalg.svd(a), ({ s }) => f(s as X))
    const expected = (m: number, n: number) =>
      Array.from(
        { length: m },
        (_, i) =>
          Array.from({ length: n }, (_, j) =>
            Array.from({ length: m }, (_, k) => Array.from({ length: n }, (_, l) => i === k && j === l ? 2 : 0)))
      )
    const squares = ofSizes((s) => sum(square(s)) as Effect.Effect<X>)
    for (const [m, n] of [[2, 2], [3, 2], [2, 3]] as const) {
      expectClose(hessianOf(squares, Tensor.zeros([m, n])), expected(m, n), 1e-14)
      expectClose(hessianOf(squares, Tensor.ones([m, n])), expected(m, n), 1e-13)
    }
    // Σ log s is log |det|
    expectClose(
      hessianOf(ofSizes((s) => sum(log(s as Tensor)) as Effect.Effect<X>), two),
      quadratic(3, (i, j, k, l) => i === l && j === k ? -0.25 : 0),
      1e-14
    )
  })

  it("what is not defined is NaN, and never another number", () => {
    const all = (e: Effect.Effect<X, any>) => (valuesOf(e) as ReadonlyArray<any>).flat(Infinity).every(Number.isNaN)
    const first = (w: X) => slice(w, 0) as Effect.Effect<X, any>
    const moved = (w: X) => square(slice(w, 0)) as Effect.Effect<X, any>
    const zero: X = Tensor.zeros([3, 3])
    // of one of them, and of one of them whose gradient happens to be 0
    expect(all(hessianOf(ofSpectrum(first), two))).toBe(true)
    expect(all(hessianOf(ofSpectrum(moved), zero))).toBe(true)
    expect(all(hessianOf(ofSpectrum((w) => max(w as Tensor) as Effect.Effect<X>), two))).toBe(true)
    const nuclearBySum = (a: X) => Effect.flatMap(Linalg.svd(a), ({ s }) => sum(s) as unknown as Effect.Effect<X>)
    expect(all(hessianOf(nuclearBySum, zero))).toBe(true)
    // forward over forward mode does not see the function, third derivatives have other limits
    const cubes = untyped<(a: X) => Effect.Effect<Tensor<[]>>>(ofSpectrum((w) => sum(mul(w, square(w))) as never))
    const forward = untyped<(f: unknown) => (a: X) => Effect.Effect<X, any>>(jacfwd)
    expect(all(forward(forward(cubes))(two))).toBe(true)
    expect(all(forward(hessian(cubes))(two))).toBe(true)
  })

  it("what a list does not say about the eigenvalues in it is NaN: they, or what depends on them, were computed outside", () => {
    const coupling: X = Tensor.make([[2, 1, 1], [1, 2, 1], [1, 1, 2]])
    const f = ofSpectrum((w) => Effect.flatMap(matmul(coupling, w), (y) => sum(mul(y, square(y as X))) as never))
    const expected = valuesOf(hessianOf(f, two)) as ReadonlyArray<any>
    const found = (g: unknown) => valuesOf(hessianOf(untyped<typeof f>(g), two)) as ReadonlyArray<any>
    expect(expected.flat(Infinity).every(Number.isFinite)).toBe(true)
    expectNumbers(found(checkpoint(f)), expected)
    const everywhereNaN = (xs: ReadonlyArray<any>) => xs.flat(Infinity).every(Number.isNaN)
    expect(everywhereNaN(found(checkpoint(f, { policy: "dots" })))).toBe(true)
    expect(everywhereNaN(found(jit(f)))).toBe(true)
  })

  it("log |det A| has the Hessian −tr(A⁻¹·dA·A⁻¹·dA), where eigenvalues coincide", () => {
    expectClose(gradientOf(logdet, two), [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    expectClose(hessianOf(logdet, two), quadratic(3, (i, j, k, l) => i === l && j === k ? -0.25 : 0))
  })

  it("the nuclear norm has gradient U·Vᵀ and the Hessian of its skew part, where singular values coincide", () => {
    expectClose(gradientOf(nuclear, two), [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    // ‖2 + tE‖ = 6 + t·tr E + t²·‖(E − Eᵀ)/2‖²/4 + …
    const expected = quadratic(3, (i, j, k, l) => (Number(i === k && j === l) - Number(i === l && j === k)) / 4)
    expectClose(hessianOf(nuclear, two), expected, 1e-14)
  })

  it("the nuclear norm of a matrix without full rank has the shortest subgradient", () => {
    const a: X = Tensor.make([[0, 3, 0], [0, 0, 0], [0, 0, 0]])
    expectClose(gradientOf(nuclear, a), [[0, 1, 0], [0, 0, 0], [0, 0, 0]])
    const outer: X = Tensor.make([[1, 2], [2, 4], [3, 6]])
    // x·yᵀ / (‖x‖·‖y‖)
    const scale = Math.sqrt(14) * Math.sqrt(5)
    expectClose(gradientOf(nuclear, outer), [[1, 2], [2, 4], [3, 6]].map((row) => row.map((x) => x / scale)), 1e-14)
  })

  it("sums of squares, powers and exponentials need no spectrum", () => {
    const squares = (a: X) => square(Linalg.matrixNorm(a)) as Effect.Effect<X, any>
    expectClose(hessianOf(squares, two), quadratic(3, (i, j, k, l) => i === k && j === l ? 2 : 0), 1e-14)
    const trace = (a: X) => sum(mul(Linalg.matrixPower(a, 3), Tensor.eye(3))) as Effect.Effect<X, any>
    // tr A³: 3·tr(dA·(A·dA + dA·A)) = 12·tr(dA²)
    expectClose(hessianOf(trace, two), quadratic(3, (i, j, k, l) => i === l && j === k ? 12 : 0), 1e-13)
    const exponential = (a: X) => sum(mul(Linalg.expm(a), Tensor.eye(3))) as Effect.Effect<X, any>
    expectClose(hessianOf(exponential, two), quadratic(3, (i, j, k, l) => i === l && j === k ? Math.exp(2) : 0), 1e-12)
  })

  it("eigenvectors with equal eigenvalues have no derivative, and the one apart has its own", () => {
    const a: X = Tensor.make([[1, 0, 0], [0, 1, 0], [0, 0, 3]])
    const column = (from: number, to: number) => (a: X) =>
      Effect.flatMap(Linalg.eigh(a), ({ eigenvectors: v }) => {
        const part = slice(v as X, null, [from, to])
        // the projection, of which the sign is no matter
        return sum(mul(matmul(part, transpose(part)), Tensor.make([[1, 2, 3], [2, 4, 5], [3, 5, 6]]))) as Effect.Effect<
          X
        >
      })
    // d(v·vᵀ) = (A − 3)⁺-terms: elements beside the last, weighted by 1/(3 − 1)
    expectClose(gradientOf(column(2, 3), a), [[0, 0, 1.5], [0, 0, 2.5], [1.5, 2.5, 0]], 1e-14)
    const undefined_ = (valuesOf(gradientOf(column(0, 1), a)) as ReadonlyArray<ReadonlyArray<number>>).flat()
    expect(undefined_.some(Number.isNaN)).toBe(true)
    const report = GradientReport.render(
      Effect.runSync(explain(untyped<(a: X) => Effect.Effect<Tensor<[]>>>(column(0, 1)))(a))
    )
    expect(report).toContain("Linalg.eigh")
  })

  it("nearly equal eigenvalues count as equal", () => {
    const a: X = Tensor.make([[1, 0], [0, 1 + 2 ** -52]])
    const first = (a: X) =>
      Effect.flatMap(Linalg.eigh(a), ({ eigenvectors: v }) => square(slice(v as X, 0, 0)) as Effect.Effect<X>)
    expect((valuesOf(gradientOf(first, a)) as ReadonlyArray<ReadonlyArray<number>>).flat().some(Number.isNaN)).toBe(
      true
    )
  })
})

describe("singular matrices", () => {
  it("det has the gradient of cofactors, of every rank", () => {
    expectClose(gradientOf(det, Tensor.make([[1, 2], [2, 4]])), [[4, -2], [-2, 1]], 1e-14)
    // the cofactors of [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    const a: X = Tensor.make([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    expectClose(gradientOf(det, a), [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]], 1e-13)
    expectClose(gradientOf(det, Tensor.ones([3, 3])), [[0, 0, 0], [0, 0, 0], [0, 0, 0]], 1e-14)
    expectClose(gradientOf(det, Tensor.zeros([1, 1])), [[1]])
  })

  it("det has its Hessian there too: ±a third element", () => {
    // of a 3×3 matrix, ∂²det/∂aᵢⱼ∂aₖₗ = ε·ε·aₘₙ with m, n the indices that are left
    const parity = (i: number, k: number) => (k - i + 3) % 3 === 1 ? 1 : -1
    for (
      const a of [[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[2, 0, 0], [0, 2, 0], [
        0,
        0,
        2
      ]]]
    ) {
      const expected = quadratic(
        3,
        (i, j, k, l) => i === k || j === l ? 0 : parity(i, k) * parity(j, l) * a[3 - i - k]![3 - j - l]!
      )
      expectClose(hessianOf(det, Tensor.make(a) as X), expected, 1e-13)
    }
  })

  it("pinv has its derivative along matrices of the same rank", () => {
    // A = s·x·yᵀ has A⁺ = y·xᵀ / s, for unit vectors
    const along = (s: Tensor<[]>) => sum(Linalg.pinv(mul(s, Tensor.make([[0, 1], [0, 0]]))))
    expectNumbers(valuesOf(grad(along)(Tensor.make(2))), -0.25, 1e-14)
  })

  it("what has no derivative is NaN", () => {
    const singular: X = Tensor.make([[1, 2], [2, 4]])
    const numbers = (f: (a: X) => Effect.Effect<X, any>) =>
      (valuesOf(gradientOf(f, singular)) as ReadonlyArray<ReadonlyArray<number>>).flat()
    expect(numbers(logdet).every(Number.isNaN)).toBe(true)
    expect(numbers((a) => sum(Linalg.inverse(a)) as Effect.Effect<X>).every(Number.isNaN)).toBe(true)
    expect(numbers((a) => sum(Linalg.cholesky(a)) as Effect.Effect<X>).every(Number.isNaN)).toBe(true)
    expect(numbers((a) => Effect.flatMap(Linalg.lu(a), ({ u }) => sum(u) as Effect.Effect<X>)).some(Number.isNaN))
      .toBe(true)
  })
})

it("the gradient of log |det| by Cholesky's factor is the inverse, symmetric", () => {
  const a: X = Tensor.make([[4, 1], [1, 3]])
  const f = (a: X) =>
    Effect.gen(function*() {
      const diagonal = untyped<Tensor<[2]>>(yield* sum(mul(Linalg.cholesky(a), Tensor.eye(2)), { axis: 0 }))
      return untyped<X>(yield* sum(mul(2, log(diagonal))))
    })
  expectClose(gradientOf(f, a), valuesOf(Linalg.inverse(a)), 1e-14)
  expectClose(add(0, gradientOf(logdet, a)), valuesOf(Linalg.inverse(a)), 1e-14)
})

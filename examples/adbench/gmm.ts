/**
 * ADBench's Gaussian mixture: the log-likelihood of points under a mixture of normal distributions whose inverse
 * covariances come as triangular factors, with a Wishart prior on them.
 *
 * Source: F. Srajer, Z. Kukelova and A. Fitzgibbon, "A benchmark of selected algorithmic differentiation tools on some
 * problems in computer vision and machine learning", Optimization Methods and Software 33, 2018.
 */
import { Effect } from "effect"
import { add, concat, einsum, exp, lgamma, logsumexp, mul, pad, slice, square, sub, sum, take, Tensor } from "wengert"

type Vector = Tensor<[number], "float64">
type Matrix = Tensor<[number, number], "float64">

/** k components in d dimensions. */
export interface Mixture {
  /** Unnormalised logarithms of the weights, `[k]`. */
  readonly alphas: Vector
  /** `[k, d]`. */
  readonly means: Matrix
  /** Inverse covariance factors, `[k, d(d+1)/2]`: the logarithms of the diagonal, then the columns below it. */
  readonly icf: Matrix
}

/** The prior. */
export interface Wishart {
  readonly gamma: number
  readonly m: number
}

/** Where each element of a lower triangular d×d matrix stands in a row of `icf`; above the diagonal, behind its end. */
const places = (d: number): Tensor<[number, number], "int32"> => {
  const end = d * (d + 1) / 2
  const below = (row: number, column: number) => d + column * (d - 1) - column * (column - 1) / 2 + row - column - 1
  const place = (row: number, column: number) => row === column ? row : row > column ? below(row, column) : end
  const rows = Array.from({ length: d }, (_, row) => Array.from({ length: d }, (_, column) => place(row, column)))
  return Tensor.make(rows, { dtype: "int32" })
}

/** log Γ_d(a), the multivariate gamma function. */
const logGamma = (d: number, a: number) =>
  add(d * (d - 1) / 4 * Math.log(Math.PI), sum(lgamma(sub(a, mul(0.5, Tensor.arange(d))))))

/** The objective for points `x` of shape `[n, d]`: the log-likelihood of a mixture, and the logarithm of its prior. */
export const gmm = (x: Matrix, { gamma, m }: Wishart) => ({ alphas, icf, means }: Mixture) =>
  Effect.gen(function*() {
    const [n, d] = x.shape
    const [k] = alphas.shape
    const logDiagonal = yield* slice(icf, null, [0, d])
    const diagonal = yield* exp(logDiagonal)
    const below = yield* slice(icf, null, [d, null])
    const traces = yield* sum(logDiagonal, { axis: 1 })

    // the factors Q_k as matrices, and ‖Q_k (x_i − μ_k)‖²
    const Q = yield* take(pad(concat([diagonal, below], 1), [[0, 0], [0, 1]]), places(d), { axis: 1 })
    const deviations = sub(einsum("kij,nj->nki", Q, x), einsum("kij,kj->ki", Q, means))
    const distances = sum(square(deviations), { axis: 2 })
    const logDensities = logsumexp(sub(add(alphas, traces), mul(0.5, distances)), { axis: 1 })

    const N = d + m + 1
    const C = sub(N * d * (Math.log(gamma) - 0.5 * Math.log(2)), logGamma(d, N / 2))
    const frobenius = add(sum(square(diagonal)), sum(square(below)))
    const prior = sub(sub(mul(0.5 * gamma ** 2, frobenius), mul(m, sum(traces))), mul(k, C))
    const likelihood = sub(sum(logDensities), mul(n, logsumexp(alphas)))
    return yield* add(add(likelihood, prior), -n * d / 2 * Math.log(2 * Math.PI))
  })

/**
 * Powers of matrices, and their exponential.
 */
import * as Effect from "effect/Effect"
import { ArgumentError, describe } from "../../core/errors.ts"
import { operation } from "../../core/operation.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { scalar } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, div, mul, neg, plus, sub, where } from "../algebra.ts"
import { whileLoop } from "../control/while-loop.ts"
import { maximum, minimum } from "../elementwise/binary.ts"
import { less } from "../elementwise/comparison.ts"
import { log2 } from "../elementwise/exponential.ts"
import { exp2, pow } from "../elementwise/power.ts"
import { stopGradient } from "../elementwise/selection.ts"
import { abs, ceil } from "../elementwise/unary.ts"
import { broadcastLike, sumOver } from "../movement/layout.ts"
import { any } from "../reduction/sums.ts"
import { asColumn, identity, largestOf, matricesOf, product, sidesOf } from "./matrix.ts"
import { solveWith } from "./solvers.ts"

/** The unit matrix, as often as there are matrices. */
const unitLike = (x: Tensor): OpEffect<Tensor> => broadcastLike(identity(sidesOf(x)[0], x.dtype), x.shape)

/** Aⁿ, n > 0, by squaring. */
const powerOf = (x: Tensor, n: number): OpEffect<Tensor> =>
  Effect.gen(function*() {
    let result: Tensor | undefined
    for (let [rest, square] = [n, x]; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = result === undefined ? square : yield* product(result, square)
      if (rest > 1) square = yield* product(square, square)
    }
    return result!
  })

/**
 * Aⁿ for a whole number n: the unit matrix for 0, of the inverse for n below. About log₂ n products.
 *
 * Floats; square matrices lie along the last two axes. Where n is below 0 and the matrix is singular to the last bit, NaN, all of it. Fails with `ShapeError`
 * unless matrices are square, and with `ArgumentError` unless n is whole.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * // Fibonacci's numbers
 * console.log(Effect.runSync(Linalg.matrixPower(Tensor.make([[1, 1], [1, 0]]), 10)))
 * // => tensor([[89., 55.],
 * // =>         [55., 34.]], float64)
 * ```
 */
export const matrixPower: Typed.MatrixPower = signed((a: Operand, n: number) =>
  operation("Linalg.matrixPower", [a], ([a], { op }) => {
    if (!Number.isSafeInteger(n)) {
      throw new ArgumentError({ op, message: `${op} requires a whole number as power, got ${describe(n)}` })
    }
    const x = matricesOf(op, a, "square matrices")
    if (n === 0) return unitLike(x)
    const base = n > 0 ? Effect.succeed(x) : Effect.flatMap(unitLike(x), (one) => solveWith(x, one))
    return Effect.flatMap(base, (y) => powerOf(y, Math.abs(n)))
  })
)

/** The coefficients of Padé's approximant of eˣ of degree 13: (26 − k)! / (k! (13 − k)!), as ratios to the last. */
const pade = ((): ReadonlyArray<number> => {
  const b = [1]
  for (let k = 13; k > 0; k--) b.unshift(b[0]! * k * (27 - k) / (14 - k))
  return b
})()

/** The 1-norm up to which that approximant is exact in double precision (Al-Mohy and Higham 2009, table 3.1). */
const theta = 4.25

/** The squared matrix is squared again at most so often: norms are then below 2⁶⁴, where eᴬ is, but for special ones, no number. */
const mostSquarings = 64

/** The largest sum of sizes along a column. */
const norm1 = (x: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const sizes: Tensor = yield* abs(x)
    return yield* largestOf(yield* sumOver(sizes, [x.shape.length - 2]))
  })

/** Numbers beside the elements of matrices. */
const beside = (s: Tensor): OpEffect<Tensor> => Effect.flatMap(asColumn(s), asColumn)

/** A·2⁻ˢ, exactly. */
const halved = (x: Tensor, s: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const factor: Tensor = yield* exp2(neg(s))
    return yield* mul(x, yield* beside(factor)) as OpEffect<Tensor>
  })

/** log₂ of (13!)²/(26! 27!), the first coefficient of the backward error, over the unit roundoff. */
const logOfError = ((): number => {
  let log = 53
  for (let k = 1; k <= 27; k++) log += (k <= 13 ? 2 : 0) * Math.log2(k) - (k <= 26 ? 2 : 1) * Math.log2(k)
  return log
})()

/**
 * How often A is to be halved: so that ‖A⁸‖^(1/8) and its like, which bound what powers do and may be far below ‖A‖, are at most θ; and then, so that
 * rounding in the approximant does no harm (Al-Mohy and Higham 2009, algorithm 5.1).
 */
const halvings = (a: Tensor, a4: Tensor, a6: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const root = (x: Tensor, n: number): OpEffect<Tensor> =>
      Effect.flatMap(norm1(x), (size) => pow(size, 1 / n) as OpEffect<Tensor>)
    const [d6, d8, d10] = [
      yield* root(a6, 6),
      yield* root(yield* product(a4, a4), 8),
      yield* root(yield* product(a4, a6), 10)
    ]
    const size: Tensor = yield* minimum(maximum(d6, d8), maximum(d8, d10))
    const first: Tensor = yield* maximum(ceil(log2(div(size, theta))), 0)
    const b = yield* abs(yield* halved(a, first)) as OpEffect<Tensor>
    const norm = yield* norm1(b)
    const unit: Tensor = yield* div(b, yield* beside(yield* where(less(0, norm), norm, 1) as OpEffect<Tensor>))
    const high = yield* norm1(yield* powerOf(unit, 27))
    const error: Tensor = yield* add(add(log2(high), mul(log2(norm), 26)), logOfError)
    const more: Tensor = yield* maximum(ceil(div(error, 26)), 0)
    return yield* plus(first, more)
  })

/** eᴬ for A with norms up to θ: (V + U)/(V − U), with U the odd terms and V the even ones. */
const approximant = (a: Tensor, a2: Tensor, a4: Tensor, a6: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const one = yield* unitLike(a)
    const terms = (k: number): OpEffect<Tensor> =>
      add(mul(a6, pade[k + 6]!), add(mul(a4, pade[k + 4]!), mul(a2, pade[k + 2]!))) as OpEffect<Tensor>
    const all = (k: number): OpEffect<Tensor> =>
      Effect.gen(function*() {
        const high = yield* product(a6, yield* terms(k + 6))
        const low: Tensor = yield* add(yield* terms(k), mul(one, pade[k]!))
        return yield* plus(high, low)
      })
    const u = yield* product(a, yield* all(1))
    const v = yield* all(0)
    return yield* solveWith(yield* sub(v, u) as OpEffect<Tensor>, yield* plus(v, u))
  })

/** Squared `s` times. Where that is more often than ever of use, NaN. */
const squaredOften = (x: Tensor, s: Tensor): Effect.Effect<Tensor, any, any> =>
  Effect.gen(function*() {
    const carry = { done: scalar(x.dtype, 0) as Tensor, y: x }
    const { done, y } = yield* whileLoop(
      ({ done }) => any(less(done, s)) as OpEffect<Tensor<[], "bool">>,
      ({ done, y }) =>
        Effect.gen(function*() {
          const open = yield* beside(yield* less(done, s) as OpEffect<Tensor>)
          const next: Tensor = yield* where(open, yield* product(y, y), y)
          return { done: yield* add(done, 1) as OpEffect<Tensor>, y: next }
        }),
      carry,
      { maxSteps: mostSquarings }
    )
    const open = yield* beside(yield* less(done, s) as OpEffect<Tensor>)
    return yield* where(open, NaN, y)
  })

/** eᴬ, of the approximant of A·2⁻ˢ. */
const expmOf = (x: Tensor): Effect.Effect<Tensor, any, any> =>
  Effect.gen(function*() {
    const x2 = yield* product(x, x)
    const x4 = yield* product(x2, x2)
    const steps = [x, x4, yield* product(x4, x2)].map((y) => stopGradient(y) as OpEffect<Tensor>)
    const s = yield* halvings(...yield* Effect.all(steps as [OpEffect<Tensor>, OpEffect<Tensor>, OpEffect<Tensor>]))
    const b = yield* halved(x, s)
    const b2 = yield* product(b, b)
    const b4 = yield* product(b2, b2)
    return yield* squaredOften(yield* approximant(b, b2, b4, yield* product(b4, b2)), s)
  })

/**
 * The matrix exponential eᴬ = 1 + A + A²/2 + …, by scaling and squaring: Padé's approximant of degree 13 of A·2⁻ˢ, squared s times.
 *
 * Floats; square matrices lie along the last two axes. NaN, all of it, where a matrix is not finite, or so large that s were above 64. Its derivative is that of the approximant. Fails with
 * `ShapeError` unless matrices are square. Source: Al-Mohy and Higham, "A new scaling and squaring algorithm for the matrix
 * exponential", SIAM J. Matrix Anal. Appl. 31 (2009) 970, algorithm 5.1, with degree 13 throughout.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * // a turn by a right angle
 * const turn = Linalg.expm(Tensor.make([[0, -Math.PI / 2], [Math.PI / 2, 0]]))
 * console.log(Effect.runSync(Effect.flatMap(turn, (r) => Linalg.matrixNorm(r)))) // => tensor(1.41421356, float64)
 * ```
 */
export const expm: Typed.SquareMap<"Linalg.expm"> = signed((a: Operand) =>
  operation("Linalg.expm", [a], ([a], { op }) => expmOf(matricesOf(op, a, "square matrices")))
)

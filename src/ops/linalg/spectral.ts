/**
 * What derivatives of spectra are made of: of A = U·diag(s)·Vᵀ, the diagonal of Uᵀ·X·V, which is how s moves with A, and its
 * adjoint Σ cᵢ·uᵢ·vᵢᵀ, the gradient of a function of s whose partial derivatives are c.
 *
 * That gradient is a function of A even where some of s coincide and U and V are a choice: where the function is
 * symmetric in them, equal ones have equal cᵢ. So it has a derivative of its own, in which U and V do not occur by theirs: what couples the i-th
 * vector with the j-th is the divided difference (cᵢ − cⱼ)/(sᵢ − sⱼ), and where these coincide its limit, ∂cᵢ/∂sᵢ − ∂cᵢ/∂sⱼ.
 *
 * Sources: Lewis and Sendov, "Twice differentiable spectral functions", SIAM J. Matrix Anal. Appl. 23 (2001) 368, theorem 3.3; of
 * singular values: the same, "Nonsmooth analysis of singular values, part I", Set-Valued Analysis 13 (2005) 213.
 */
import * as Effect from "effect/Effect"
import type { DType, TypedArray } from "../../core/dtype.ts"
import { allocate } from "../../core/dtype.ts"
import { ShapeError, showShapes } from "../../core/errors.ts"
import { apply, checkDType } from "../../core/operation.ts"
import type { Around, OpEffect, ParamsOf, ParamSpec, Primitive, Tangent } from "../../core/primitive.ts"
import { isMask, primitive } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { range, sameShape, sizeOf } from "../../core/shape.ts"
import type { Aval, ConcreteTensor, Linear, Operand, Tensor } from "../../core/tensor.ts"
import { dataOf, fromData, isZero, Zero } from "../../core/tensor.ts"
import { add, div, guard, instantiate, mul, plus, sub, where, zeros } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { multiply } from "../contraction/matrix.ts"
import { batchTogether } from "../define.ts"
import { less, lessEqual, logicalAnd, logicalNot } from "../elementwise/comparison.ts"
import { abs } from "../elementwise/unary.ts"
import { broadcastAxes, broadcastLike, sumOver } from "../movement/layout.ts"
import { follow } from "./follow.ts"
import {
  adjointProduct,
  asColumn,
  asRow,
  checkMatrices,
  diagonalsOf,
  epsilonOf,
  flipped,
  largestOf,
  leadOf,
  onDiagonal,
  product,
  scaleColumns,
  sidesOf
} from "./matrix.ts"

export interface SpectralSpec extends ParamSpec {
  /** U is V, s are eigenvalues, and all matrices that A moves by are symmetric. */
  readonly symmetric: "boolean"
}

/** A, with s, U and V that follow from it. */
export interface Spectrum {
  readonly a: Tensor
  readonly s: Tensor
  readonly u: Tensor
  readonly v: Tensor
  readonly symmetric: boolean
}

/** The diagonal of Uᵀ·X·V. */
export const spectralDiagonal = (of: Spectrum, x: Tensor): OpEffect<Tensor> =>
  apply(spectralDiagonalPrimitive, [of.a, of.s, of.u, of.v, x], { symmetric: of.symmetric })

/** Σ cᵢ·uᵢ·vᵢᵀ */
export const spectralSum = (of: Spectrum, c: Tensor): OpEffect<Tensor> =>
  apply(spectralSumPrimitive, [of.a, of.s, of.u, of.v, c], { symmetric: of.symmetric })

/** The shape rule: A of m rows and n ≤ m columns, s, U, V, and what is given last; the result is of the other kind. */
const inferSpectral =
  (op: string, given: "matrices" | "numbers") => (operands: ReadonlyArray<Aval>): readonly [Aval] => {
    const [a] = operands as readonly [Aval]
    checkMatrices(op, a, "matrices with at least as many rows as columns")
    for (const x of operands) checkDType(op, x, [a.dtype])
    const [, n] = sidesOf(a)
    const [numbers, square]: ReadonlyArray<Shape> = [[...leadOf(a), n], [...leadOf(a), n, n]]
    const expected = [a.shape, numbers!, a.shape, square!, given === "matrices" ? a.shape : numbers!]
    const shapes = operands.map(({ shape }) => shape)
    if (!shapes.every((shape, i) => sameShape(shape, expected[i]!))) {
      throw new ShapeError({
        op,
        shapes,
        message: `${op} requires operands of shapes ${showShapes(expected)}, got ${showShapes(shapes)}`
      })
    }
    return [{ shape: given === "matrices" ? numbers! : a.shape, dtype: a.dtype }]
  }

const sizesOf = (a: Aval) => ({ batch: sizeOf(leadOf(a)), rows: sidesOf(a)[0], n: sidesOf(a)[1] })

/** The rules that both have: they are linear in what is given last, and matrices are by themselves. */
const shared = (name: string, given: "matrices" | "numbers", self: () => Primitive<string, SpectralSpec, 5, 1>) =>
  ({
    arity: 5,
    params: { symmetric: "boolean" },
    linear: [4],
    infer: inferSpectral(name, given),
    batch: batchTogether(self),
    aligned: ([a]) => Array.from({ length: 5 }, () => range(a.shape.length - 2).map((i) => [i, i] as const)),
    // matrices are by themselves: the image of one that is zero by structure is zero, whatever U and V are
    support: ({ contractions, operands: [a, s, u, v, x], params, supports }) =>
      Effect.gen(function*() {
        const y = yield* apply(self(), [a, s, u, v, x], params)
        const support = supports[4]
        if (!isMask(support) || contractions === "drop") return { outputs: [y], supports: ["full"] }
        const lead = range(a.shape.length - 2)
        const met = yield* sumOver(support, range(x.shape.length).slice(lead.length))
        const reached = yield* broadcastAxes(met, y.shape, lead)
        return { outputs: [yield* guard(reached, y)], supports: [reached] }
      })
  }) satisfies Partial<Primitive<string, SpectralSpec, 5, 1>>

/** In the dtype of a result. */
const rounded = (data: TypedArray, { dtype }: Aval): TypedArray => {
  if (dtype === "float64") return data
  const out = allocate(dtype, data.length)
  out.set(data)
  return out
}

/** The cotangents of what is not linear. */
const none = (operands: ReadonlyArray<Tensor | Linear>) => {
  const [a, s, u, v] = operands as readonly [Tensor, Tensor, Tensor, Tensor]
  return [new Zero(a), new Zero(s), new Zero(u), new Zero(v)] as const
}

/** The equation is linear in the last operand alone: the others have values. */
const given = (operands: ReadonlyArray<Tensor | Linear>, { symmetric }: ParamsOf<SpectralSpec>): Spectrum => {
  const [a, s, u, v] = operands as readonly [Tensor, Tensor, Tensor, Tensor]
  return { a, s, u, v, symmetric }
}

const sumOf = (a: Tangent, b: Tensor): OpEffect<Tensor> => isZero(a) ? Effect.succeed(b) : plus(a, b)

export const spectralDiagonalPrimitive: Primitive<"spectralDiagonal", SpectralSpec, 5, 1> = primitive({
  name: "spectralDiagonal",
  ...shared("spectralDiagonal", "matrices", () => spectralDiagonalPrimitive),
  reference: ([a, s, u, v, x], { symmetric }, [out]) => {
    const { batch, n, rows } = sizesOf(a)
    const moved = multiply("float64", dataOf(x), dataOf(v), { batch, rows, depth: n, columns: n })
    const [left, sums] = [dataOf(u), new Float64Array(batch * n)]
    for (let i = 0; i < batch * rows; i++) {
      const to = Math.floor(i / rows) * n
      for (let j = 0; j < n; j++) sums[to + j]! += left[i * n + j]! * moved[i * n + j]!
    }
    return [rounded(symmetric ? sums : smooth(s, sums), out)]
  },
  // linear in U, in V and in X
  jvp: ({ outputs: [out], params, primals, tangents: [, , du, dv, dx] }) =>
    Effect.gen(function*() {
      const [, s, u, v, x] = primals
      const moved: Tangent = isZero(dx) ? new Zero(out) : yield* spectralDiagonal(given(primals, params), dx)
      if (isZero(du) && isZero(dv)) return [moved]
      const left: Tangent = isZero(du) ? du : yield* mul(du, product(x, v))
      const both: Tensor = isZero(dv) ? left as Tensor : yield* sumOf(left, yield* mul(u, product(x, dv)))
      const turned = yield* sumOver(both, [both.shape.length - 2])
      // as a value, s that is 0 has a kink, and no second derivative
      return [yield* sumOf(moved, params.symmetric ? turned : yield* definedWhere(yield* areNot(s), turned))]
    }),
  transpose: ({ cotangents: [ct], operands, params }) =>
    Effect.map(spectralSum(given(operands, params), ct), (dx) => [...none(operands), dx])
})

export const spectralSumPrimitive: Primitive<"spectralSum", SpectralSpec, 5, 1> = primitive({
  name: "spectralSum",
  ...shared("spectralSum", "numbers", () => spectralSumPrimitive),
  reference: ([a, s, u, v, c], { symmetric }, [out]) => {
    const { batch, n, rows } = sizesOf(a)
    const [right, numbers] = [dataOf(v), symmetric ? dataOf(c) : smooth(s, Float64Array.from(dataOf(c)))]
    const scaled = Float64Array.from(dataOf(u), (x, i) => x * numbers[Math.floor(i / (rows * n)) * n + i % n]!)
    const turned = Float64Array.from(right, (_, i) => {
      const [row, column] = [Math.floor(i / n) % n, i % n]
      return right[i + (column - row) * (n - 1)]!
    })
    return [rounded(multiply("float64", scaled, turned, { batch, rows, depth: n, columns: n }), out)]
  },
  // of U and V the tangents are not read: they may not exist where this one does
  jvp: ({ around, outputs: [out], params, primals, tangents: [da, , , , dc] }) =>
    Effect.gen(function*() {
      const of = given(primals, params)
      const stretched: Tangent = isZero(dc) ? new Zero(out) : yield* spectralSum(of, dc)
      return [isZero(da) ? stretched : yield* sumOf(stretched, yield* turning(of, primals[4], da, around))]
    }),
  transpose: ({ cotangents: [ct], operands, params }) =>
    Effect.map(spectralDiagonal(given(operands, params), ct), (dc) => [...none(operands), dc])
})

/** |s| has a kink where s is 0: numbers beside singular values are 0 there. */
const smooth = (s: ConcreteTensor, numbers: Float64Array): Float64Array => {
  const [n, sizes, epsilon] = [s.shape.at(-1)!, dataOf(s), epsilonOf(s.dtype)]
  // the first is the largest
  return numbers.map((x, i) => sizes[i]! <= sizes[i - i % n]! * n * epsilon ? 0 : x)
}

/**
 * What Σ cᵢ·uᵢ·vᵢᵀ changes by as U and V turn. With P = Uᵀ·dA·V it is U·M·Vᵀ, where M is the even part of P times the divided differences
 * (cᵢ − cⱼ)/(sᵢ − sⱼ), and the odd part times (cᵢ + cⱼ)/(sᵢ + sⱼ); beside the columns of U it is (1 − U·Uᵀ)·dA·V·diag(c/s)·Vᵀ.
 */
const turning = (of: Spectrum, c: Tensor, da: Tensor, around: Around | undefined): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const { s, symmetric, u, v } = of
    const moved = yield* product(da, v)
    const p = yield* adjointProduct(u, moved)
    const moves = yield* movesOf(s, around)
    const slopes = yield* dividedDifferences(s, c, moves)
    const back = yield* flipped(v)
    if (symmetric) return yield* product(yield* product(u, yield* mul(slopes, p)), back)
    const pt = yield* flipped(p)
    const even: Tensor = yield* mul(slopes, mul(plus(p, pt) as Operand, 0.5) as OpEffect<Tensor>)
    const { isNone, ratios } = yield* ratiosOf(s, c, moves)
    const quotients: Tensor = yield* div(add(asRow(c), asColumn(c)), add(asRow(s), asColumn(s)))
    const means: Tensor = yield* where(logicalAnd(asRow(isNone), asColumn(isNone)), yield* asRow(ratios), quotients)
    const odd: Tensor = yield* mul(means, mul(sub(p, pt), 0.5) as OpEffect<Tensor>)
    // s that are 0 do not move by the kink of |s|; where the function has none there, c does
    const along: Tensor = yield* where(isNone, mul(ratios, diagonalsOf(p)), 0)
    const inner: Tensor = yield* where(onDiagonal(sidesOf(p)[0]), yield* asRow(along), plus(even, odd))
    const inside = yield* product(yield* product(u, inner), back)
    if (sidesOf(u)[0] === sidesOf(u)[1]) return inside
    const beside: Tensor = yield* sub(moved, product(u, p))
    return yield* plus(inside, yield* product(yield* scaleColumns(beside, ratios), back))
  })

/** A direction in which s moves alone, and how c does. */
interface Move {
  readonly t: Float64Array
  readonly dc: Tensor
}

/** Two directions in which no two of s move alike, and how c follows; none where the list around does not say. */
const movesOf = (s: Tensor, around: Around | undefined): OpEffect<ReadonlyArray<Move>> =>
  Effect.gen(function*() {
    const n = s.shape.at(-1)!
    const moves: Array<Move> = []
    for (const irrational of [(Math.sqrt(5) - 1) / 2, Math.SQRT2 - 1]) {
      const t = Float64Array.from({ length: n }, (_, i) => (i + 1) * irrational % 1)
      const direction = fromData([n], s.dtype, allocate(s.dtype, n).map((_, i) => t[i]!))
      const dc = around === undefined
        ? undefined
        : yield* follow(around, 1, yield* broadcastLike(direction, s.shape), 4)
      if (dc === undefined) return []
      moves.push({ t, dc: yield* instantiate(dc) })
    }
    return moves
  })

/** What the moves of c say of a limit: the mean, where both say the same and what is asked for `holds`, and elsewhere NaN. */
const limit = (
  moves: ReadonlyArray<Move>,
  estimate: (move: Move) => OpEffect<Tensor>,
  noise: (size: Tensor) => OpEffect<Tensor>,
  holds: (mean: Tensor) => OpEffect<Tensor>,
  like: Aval
): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const [one, other] = moves
    if (one === undefined || other === undefined) return yield* div(zeros(like), zeros(like)) as OpEffect<Tensor>
    const [a, b] = [yield* estimate(one), yield* estimate(other)]
    const size: Tensor = yield* plus(yield* abs(a) as OpEffect<Tensor>, yield* abs(b) as OpEffect<Tensor>)
    const largest: Tensor = yield* plus(yield* sizeOfAll(one.dc), yield* sizeOfAll(other.dc))
    const epsilon = epsilonOf(like.dtype)
    const allowed: Tensor = yield* add(mul(size, epsilon ** 0.25), yield* noise(yield* mul(largest, epsilon ** 0.75)))
    const both: Tensor = yield* plus(a, b)
    const mean: Tensor = yield* mul(both, 0.5)
    const agree: Tensor = yield* lessEqual(abs(sub(a, b)), allowed)
    return yield* definedWhere(yield* logicalAnd(agree, holds(mean)) as OpEffect<Tensor>, mean)
  })

/** A value where it has one; elsewhere it is NaN, of 0/0. */
const definedWhere = (holds: Tensor, x: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const one = yield* castTo(holds, x.dtype)
    return yield* mul(x, div(one, one)) as OpEffect<Tensor>
  })

/** The largest size of numbers along the last axis. */
const sizeOfAll = (x: Tensor): OpEffect<Tensor> => Effect.flatMap(abs(x) as OpEffect<Tensor>, largestOf)

/** A number for each matrix, beside its elements. */
const beside = (x: Tensor): OpEffect<Tensor> => Effect.flatMap(asColumn(x), asColumn)

/**
 * (cᵢ − cⱼ)/(sᵢ − sⱼ), with 0 on the diagonal. Where two of s are equal to half of the digits it is the limit; and NaN, where the function whose partial
 * derivatives are c is not symmetric in them, so that there is none.
 */
const dividedDifferences = (s: Tensor, c: Tensor, moves: ReadonlyArray<Move>): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const n = s.shape.at(-1)!
    const root = Math.sqrt(epsilonOf(s.dtype))
    const sizes: Tensor = yield* abs(s)
    const noise: Tensor = yield* mul(yield* beside(yield* largestOf(sizes)), n * epsilonOf(s.dtype))
    const least: Tensor = yield* add(mul(add(asRow(sizes), asColumn(sizes)), root / 2), noise)
    const gaps: Tensor = yield* sub(asRow(s), asColumn(s))
    const differences: Tensor = yield* sub(asRow(c), asColumn(c))
    const apart: Tensor = yield* less(least, abs(gaps))
    const near = yield* limit(
      moves,
      ({ dc, t }) =>
        mul(
          sub(asRow(dc), asColumn(dc)),
          matrix(n, s.dtype, (i, j) => 1 / (t[j]! - t[i]!))
        ) as OpEffect<Tensor>,
      beside,
      // equal ones have equal c, but for the digits that are left
      (mean) =>
        Effect.gen(function*() {
          const size: Tensor = yield* mul(abs(mean) as Operand, yield* beside(yield* largestOf(sizes)))
          const allowed: Tensor = yield* mul(add(size, yield* beside(yield* sizeOfAll(c))), root)
          return yield* lessEqual(abs(differences), allowed) as OpEffect<Tensor>
        }),
      gaps
    )
    const all: Tensor = yield* where(apart, div(differences, gaps), near)
    return yield* where(onDiagonal(n), 0, all) as OpEffect<Tensor>
  })

/** c/s. Where one of s is 0, to rounding, it is the limit; and NaN, where c is not 0 there. */
const ratiosOf = (
  s: Tensor,
  c: Tensor,
  moves: ReadonlyArray<Move>
): OpEffect<{ readonly isNone: Tensor; readonly ratios: Tensor }> =>
  Effect.gen(function*() {
    const isNone = yield* areZero(s)
    const near = yield* limit(
      moves,
      ({ dc, t }) =>
        div(dc, fromData([t.length], s.dtype, allocate(s.dtype, t.length).map((_, i) => t[i]!))) as OpEffect<Tensor>,
      asColumn,
      () =>
        Effect.gen(function*() {
          const allowed: Tensor = yield* mul(yield* asColumn(yield* sizeOfAll(c)), Math.sqrt(epsilonOf(s.dtype)))
          return yield* lessEqual(abs(c), allowed) as OpEffect<Tensor>
        }),
      s
    )
    return { isNone, ratios: yield* where(isNone, near, div(c, s)) }
  })

/** Which singular values are 0, to rounding. */
const areZero = (s: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const least: Tensor = yield* mul(yield* asColumn(yield* largestOf(s)), s.shape.at(-1)! * epsilonOf(s.dtype))
    return yield* lessEqual(s, least) as OpEffect<Tensor>
  })

const areNot = (s: Tensor): OpEffect<Tensor> =>
  Effect.flatMap(areZero(s), (zero) => logicalNot(zero) as OpEffect<Tensor>)

/** Singular values, and NaN where they are 0, to rounding. */
export const nonZero = (s: Tensor): OpEffect<Tensor> => Effect.flatMap(areNot(s), (holds) => definedWhere(holds, s))

const matrix = (n: number, dtype: DType, element: (i: number, j: number) => number): Tensor =>
  fromData([n, n], dtype, allocate(dtype, n * n).map((_, at) => element(Math.floor(at / n), at % n)))

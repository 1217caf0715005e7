/**
 * The contraction of two tensors: the one primitive behind `matmul`, `dot`, `tensordot` and `einsum`.
 */
import * as Effect from "effect/Effect"
import { DTypeError, ShapeError, showShape } from "../../core/errors.ts"
import { apply } from "../../core/operation.ts"
import type { AxisPair, OpEffect, ParamsOf, ParamSpec, Primitive, Tangent } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { checkAxes, range, sizeOf, stridesOf } from "../../core/shape.ts"
import type { Aval, ConcreteTensor, Tensor } from "../../core/tensor.ts"
import { dataOf, isLinear, isZero, Zero } from "../../core/tensor.ts"
import { guard, plus } from "../algebra.ts"
import { broadcastAxes, moveAxis, permute, sumOver } from "../movement/layout.ts"
import { gatherStrided } from "../movement/strided.ts"
import { multiply } from "./matrix.ts"

/** Pairs of axes that are summed over, and pairs that stay. */
export interface DotSpec extends ParamSpec {
  readonly contractLhs: "integers"
  readonly contractRhs: "integers"
  readonly batchLhs: "integers"
  readonly batchRhs: "integers"
}

type DotParams = ParamsOf<DotSpec>

/** The axes of one operand by their part in the product. */
interface Side {
  readonly batch: ReadonlyArray<number>
  readonly contract: ReadonlyArray<number>
  /** Those that the other operand does not have, in order. */
  readonly free: ReadonlyArray<number>
}

const sideOf = (rank: number, batch: ReadonlyArray<number>, contract: ReadonlyArray<number>): Side => ({
  batch,
  contract,
  free: range(rank).filter((i) => !batch.includes(i) && !contract.includes(i))
})

const sidesOf = (
  a: Aval,
  b: Aval,
  { batchLhs, batchRhs, contractLhs, contractRhs }: DotParams
): readonly [Side, Side] => [
  sideOf(a.shape.length, batchLhs, contractLhs),
  sideOf(b.shape.length, batchRhs, contractRhs)
]

const ascending = (m: number, n: number): number => m - n

const dims = (shape: Shape, axes: ReadonlyArray<number>): Array<number> => axes.map((i) => shape[i]!)

/** Throws `ShapeError` unless `axesA` of `a` and `axesB` of `b` have the same sizes. */
export const checkPairs = (
  name: string,
  a: Aval,
  axesA: ReadonlyArray<number>,
  b: Aval,
  axesB: ReadonlyArray<number>
): void => {
  if (axesA.length === axesB.length && axesA.every((i, n) => a.shape[i] === b.shape[axesB[n]!])) return
  throw new ShapeError({
    op: name,
    shapes: [a.shape, b.shape],
    message: `${name} requires axes of equal sizes to sum over, got axes [${axesA.join(", ")}] of ${
      showShape(a.shape)
    } and [${axesB.join(", ")}] of ${showShape(b.shape)}`
  })
}

/** The elements of `x` with its axes in the order given; a copy only where they have another. */
const elementsOf = (x: ConcreteTensor, order: ReadonlyArray<number>) => {
  const long = order.filter((i) => x.shape[i] !== 1)
  if (long.every((axis, i) => i === 0 || long[i - 1]! < axis)) return dataOf(x)
  const strides = stridesOf(x.shape)
  return gatherStrided(dataOf(x), x.dtype, dims(x.shape, order), dims(strides, order))
}

/**
 * The adjoint, for the operand whose axes are `mine` when the other one, `other`, has the axes `its`: the cotangent times
 * the other, summed over the other's free axes, which begin at `from` in the cotangent. Then the axes are where they were.
 */
const adjoint = (ct: Tensor, from: number, mine: Side, other: Tensor, its: Side): OpEffect<Tensor> => {
  // the axes of mine in the order in which the product has them: the contracted ones follow the other's order
  const paired = mine.contract.map((axis, n) => [axis, its.contract[n]!] as const).sort(([, a], [, b]) => a - b)
  const order = [...mine.batch, ...mine.free, ...paired.map(([axis]) => axis)]
  const product = dotGeneral(ct, other, {
    contractLhs: its.free.map((_, n) => from + n),
    contractRhs: its.free,
    batchLhs: range(mine.batch.length),
    batchRhs: its.batch
  })
  return Effect.flatMap(product, (x) => permute(x, range(order.length).map((axis) => order.indexOf(axis))))
}

/**
 * The product again, for a linear operand with a support. A coefficient that meets structural zeros alone, a whole row or
 * column of them, is left out; a result that is a sum of structural zeros alone is one itself. Other masked elements,
 * in rows that have a use, are zeros like any other.
 */
const guarded = (a: Tensor, b: Tensor, linear: "lhs" | "rhs", support: Tensor, params: DotParams) =>
  Effect.gen(function*() {
    const [lhs, rhs] = sidesOf(a, b, params)
    const [mine, its, coefficient] = linear === "lhs" ? [lhs, rhs, b] : [rhs, lhs, a]
    const met = yield* sumOver(support, mine.free)
    const used = yield* guard(
      yield* placed(met, [...mine.batch, ...mine.contract], coefficient.shape, [...its.batch, ...its.contract]),
      coefficient
    )
    const y = yield* linear === "lhs" ? dotGeneral(a, used, params) : dotGeneral(used, b, params)
    const from = mine.batch.length + (linear === "lhs" ? 0 : its.free.length)
    const places = [...range(mine.batch.length), ...mine.free.map((_, n) => from + n)]
    const reached = yield* sumOver(support, mine.contract)
    const outer = yield* placed(reached, [...mine.batch, ...mine.free], y.shape, places)
    return { outputs: [yield* guard(outer, y)], supports: [outer] } as const
  })

/** A mask that is left with the axes `axes`, in order, repeated to `shape`, where they have the places `places`. */
const placed = (
  m: Tensor,
  axes: ReadonlyArray<number>,
  shape: Shape,
  places: ReadonlyArray<number>
): OpEffect<Tensor> => {
  const left = axes.toSorted(ascending)
  const order = range(axes.length).sort((i, j) => places[i]! - places[j]!)
  const moved = permute(m, order.map((i) => left.indexOf(axes[i]!)))
  return Effect.flatMap(moved, (x) => broadcastAxes(x, shape, order.map((i) => places[i]!)))
}

/** The sum of products over the contracted axes, for every index of the batch and of the free axes; over bools, any of both. */
export const dotPrimitive: Primitive<"dot", DotSpec, 2, 1> = primitive({
  name: "dot",
  arity: 2,
  contracts: true,
  linear: "each",
  aligned: ([a, b], params) => {
    const [lhs, rhs] = sidesOf(a, b, params)
    const [batch, free] = [lhs.batch.length, lhs.free.length]
    const pairs = (side: Side, from: number): ReadonlyArray<AxisPair> => [
      ...side.batch.map((axis, n) => [axis, n] as const),
      ...side.free.map((axis, n) => [axis, from + n] as const)
    ]
    return [pairs(lhs, batch), pairs(rhs, batch + free)]
  },
  params: { contractLhs: "integers", contractRhs: "integers", batchLhs: "integers", batchRhs: "integers" },
  infer: ([a, b], params) => {
    if (a.dtype !== b.dtype) {
      const dtypes = [a.dtype, b.dtype]
      throw new DTypeError({
        op: "dot",
        dtypes,
        message: `dot requires operands of one dtype, got ${dtypes.join(" and ")}; use cast`
      })
    }
    const pairs = [[...params.batchLhs, ...params.contractLhs], [...params.batchRhs, ...params.contractRhs]] as const
    for (const [i, axes] of pairs.entries()) checkAxes("dot", axes.toSorted(ascending), [a, b][i]!.shape)
    checkPairs("dot", a, pairs[0], b, pairs[1])
    const [lhs, rhs] = sidesOf(a, b, params)
    return [{ shape: [...dims(a.shape, [...lhs.batch, ...lhs.free]), ...dims(b.shape, rhs.free)], dtype: a.dtype }]
  },
  reference: ([a, b], params) => {
    const [lhs, rhs] = sidesOf(a, b, params)
    const x = elementsOf(a, [...lhs.batch, ...lhs.free, ...lhs.contract])
    const y = elementsOf(b, [...rhs.batch, ...rhs.contract, ...rhs.free])
    const sizes = {
      batch: sizeOf(dims(a.shape, lhs.batch)),
      rows: sizeOf(dims(a.shape, lhs.free)),
      depth: sizeOf(dims(a.shape, lhs.contract)),
      columns: sizeOf(dims(b.shape, rhs.free))
    }
    return [multiply(a.dtype, x, y, sizes)]
  },
  // d(a·b) = da·b + a·db
  jvp: ({ params, primals: [a, b], tangents: [da, db] }) =>
    Effect.gen(function*() {
      const one: Tangent = isZero(da) ? da : yield* dotGeneral(da, b, params)
      const two: Tangent = isZero(db) ? db : yield* dotGeneral(a, db, params)
      return [isZero(one) ? two : isZero(two) ? one : yield* plus(one, two)]
    }),
  transpose: ({ cotangents: [ct], operands: [a, b], params }) =>
    Effect.gen(function*() {
      const [lhs, rhs] = sidesOf(a, b, params)
      // linear in one of them: the other is a coefficient
      return isLinear(a)
        ? [yield* adjoint(ct, lhs.batch.length + lhs.free.length, lhs, b as Tensor, rhs), new Zero(b)]
        : [new Zero(a), yield* adjoint(ct, rhs.batch.length, rhs, a, lhs)]
    }),
  support: ({ contractions, operands: [a, b], params, supports }) => {
    const support = supports[0] ?? supports[1]!
    return support === "full" || contractions === "drop"
      ? Effect.map(dotGeneral(a, b, params), (y) => ({ outputs: [y], supports: ["full"] }))
      : guarded(a, b, supports[0] === undefined ? "rhs" : "lhs", support, params)
  },
  // a batch of both is one more pair; a batch of one is a free axis, which comes first among its free axes
  batch: ({ batched: [a, b], operands: [x, y], params }) =>
    Effect.gen(function*() {
      const shift = (axes: ReadonlyArray<number>, by: boolean | undefined) =>
        by === true ? axes.map((i) => i + 1) : axes
      const pair = a && b ? [0] : []
      const z = yield* dotGeneral(x, y, {
        contractLhs: shift(params.contractLhs, a),
        contractRhs: shift(params.contractRhs, b),
        batchLhs: [...pair, ...shift(params.batchLhs, a)],
        batchRhs: [...pair, ...shift(params.batchRhs, b)]
      })
      const at = a && b ? 0 : a ? params.batchLhs.length : x.shape.length - params.contractLhs.length
      return { outputs: [yield* moveAxis(z, at, 0)], batched: [true] }
    })
})

/** The product for rules: result axes are the batch, then the free axes of `a`, then those of `b`. */
export const dotGeneral = (a: Tensor, b: Tensor, params: DotParams): OpEffect<Tensor> =>
  apply(dotPrimitive, [a, b], params)

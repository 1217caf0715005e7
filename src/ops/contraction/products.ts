/**
 * Products summed over the axes that operands share.
 */
import * as Effect from "effect/Effect"
import { isFloat } from "../../core/dtype.ts"
import { AxisError, describe, ShapeError, showShapes } from "../../core/errors.ts"
import type { Taken } from "../../core/operation.ts"
import { adapt, checkDType, commonDType, operation } from "../../core/operation.ts"
import type { Foresee, OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { checkWholes, listOf, normalizeAxes, range, reducedShape } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Aval, Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { mul } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { accepts } from "../define.ts"
import { permute, reshapeTo, sumOver } from "../movement/layout.ts"
import { checkPairs, dotGeneral } from "./dot.ts"

/** Factors of one dtype. */
export const factors = (name: string, operands: ReadonlyArray<Taken>): ReadonlyArray<OpEffect<Tensor>> => {
  const dtype = commonDType(name, operands)
  for (const x of operands) if (typeof x !== "number") checkDType(name, x, accepts.numeric)
  return operands.map((x) => typeof x === "number" ? Effect.succeed(adapt(name, x, dtype)) : castTo(x, dtype))
}

/** The user's function of two factors. */
const contraction = (
  name: string,
  a: Operand,
  b: Operand,
  f: (a: Tensor, b: Tensor) => Effect.Effect<Tensor<any, any>, any, any>,
  foresee?: Foresee
) =>
  operation(
    name,
    [a, b],
    // factors are tensors, as many as operands
    (operands) => operation(name, factors(name, operands), (tensors) => f(...tensors as [Tensor, Tensor])),
    "pure",
    foresee
  )

/** Of vectors and matrices of floats whose inner axes fit. */
const innerProduct: Foresee = (a: number | Aval, b: number | Aval) => {
  if (typeof a === "number" || typeof b === "number" || a.dtype !== b.dtype || !isFloat(a.dtype)) return undefined
  const [rankA, rankB] = [a.shape.length, b.shape.length]
  if (rankA < 1 || rankA > 2 || rankB < 1 || rankB > 2 || a.shape.at(-1) !== b.shape[0]) return undefined
  return { shape: [...a.shape.slice(0, -1), ...b.shape.slice(1)], dtype: a.dtype }
}

/** The sum over pairs of axes. */
const sumOfProducts = (
  name: string,
  a: Tensor,
  b: Tensor,
  contractLhs: ReadonlyArray<number>,
  contractRhs: ReadonlyArray<number>
) => {
  checkPairs(name, a, contractLhs, b, contractRhs)
  return dotGeneral(a, b, { contractLhs, contractRhs, batchLhs: [], batchRhs: [] })
}

/** A tensor whose axes have labels: words, as messages show them. */
export interface Labelled {
  readonly x: Tensor
  readonly labels: ReadonlyArray<string>
}

/** The labels of `n` axes that broadcast, which are aligned on the right. */
export const batchLabels = (n: number): Array<string> => range(Math.max(n, 0)).map((i) => `batch axis ${i - n}`)

const broadcasts = (label: string): boolean => label.startsWith("batch axis")

/** Throws `ShapeError` unless axes of one label have one size. Those that broadcast may have size 1 as well. */
export const checkLabels = (name: string, operands: ReadonlyArray<Labelled>): void => {
  const sizes = new Map<string, number>()
  for (const { labels, x } of operands) {
    for (const [i, label] of labels.entries()) {
      const [size, known] = [x.shape[i]!, sizes.get(label)]
      if (known === undefined || (known === 1 && broadcasts(label))) sizes.set(label, size)
      else if (size !== known && !(size === 1 && broadcasts(label))) {
        const shapes = operands.map((o) => o.x.shape)
        throw new ShapeError({
          op: name,
          shapes,
          message: `${name} requires ${label} to have one size, got ${known} and ${size} in ${showShapes(shapes)}`
        })
      }
    }
  }
}

/** `x` without the axes that its partner has in full, of which it has size 1, and summed over those that nobody needs. */
const prepared = ({ labels, x }: Labelled, partner: Labelled, needed: ReadonlyArray<string>): OpEffect<Labelled> =>
  Effect.gen(function*() {
    const sizeThere = (label: string) => partner.x.shape[partner.labels.indexOf(label)]
    const repeated = range(labels.length).filter((i) => x.shape[i] === 1 && (sizeThere(labels[i]!) ?? 1) !== 1)
    const own = labels.filter((_, i) => !repeated.includes(i))
    const y = yield* reshapeTo(x, reducedShape(x.shape, repeated))
    return yield* keep({ x: y, labels: own }, [...needed, ...partner.labels])
  })

/** Summed over the axes that are not needed. */
const keep = ({ labels, x }: Labelled, needed: ReadonlyArray<string>): OpEffect<Labelled> =>
  Effect.map(
    sumOver(x, range(labels.length).filter((i) => !needed.includes(labels[i]!))),
    (y) => ({ x: y, labels: labels.filter((l) => needed.includes(l)) })
  )

/** The product of two, summed over the axes that nobody needs. Operands are checked. */
export const contract = (a: Labelled, b: Labelled, needed: ReadonlyArray<string>): OpEffect<Labelled> =>
  Effect.gen(function*() {
    const lhs = yield* prepared(a, b, needed)
    const rhs = yield* prepared(b, a, needed)
    const shared = lhs.labels.filter((l) => rhs.labels.includes(l))
    const [batch, summed] = [shared.filter((l) => needed.includes(l)), shared.filter((l) => !needed.includes(l))]
    const x = yield* dotGeneral(lhs.x, rhs.x, {
      contractLhs: summed.map((l) => lhs.labels.indexOf(l)),
      contractRhs: summed.map((l) => rhs.labels.indexOf(l)),
      batchLhs: batch.map((l) => lhs.labels.indexOf(l)),
      batchRhs: batch.map((l) => rhs.labels.indexOf(l))
    })
    const free = [...lhs.labels, ...rhs.labels].filter((l) => !shared.includes(l))
    return { x, labels: [...batch, ...free] }
  })

/** With exactly the axes `labels`, in this order. */
export const arrange = (a: Labelled, labels: ReadonlyArray<string>): OpEffect<Tensor> =>
  Effect.flatMap(keep(a, labels), (kept) => permute(kept.x, labels.map((l) => kept.labels.indexOf(l))))

/**
 * The matrix product. A vector on the left is a row, one on the right a column; axes before the last two broadcast.
 *
 * Float and int32, which wraps around. Fails with `ShapeError` for scalars, where the inner axes differ in size, and where
 * the axes before do not broadcast.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { matmul, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(matmul(Tensor.make([[1, 2], [3, 4]]), Tensor.make([5, 6])))) // => tensor([17., 39.], float64)
 * ```
 */
export const matmul: Typed.MatMul = signed((a: Operand, b: Operand) =>
  contraction("matmul", a, b, (a, b) => {
    const [rankA, rankB] = [a.shape.length, b.shape.length]
    if (rankA === 0 || rankB === 0) {
      const shapes = [a.shape, b.shape]
      const message = `matmul requires operands with at least one axis, got ${showShapes(shapes)}; use mul`
      throw new ShapeError({ op: "matmul", shapes, message })
    }
    const [row, inner, column] = [rankA === 1 ? [] : ["rows"], "the inner axis", rankB === 1 ? [] : ["columns"]]
    const lhs = { x: a, labels: [...batchLabels(rankA - 2), ...row, inner] }
    const rhs = { x: b, labels: [...batchLabels(rankB - 2), inner, ...column] }
    checkLabels("matmul", [lhs, rhs])
    const labels = [...batchLabels(Math.max(rankA, rankB) - 2), ...row, ...column]
    return Effect.flatMap(contract(lhs, rhs, labels), (product) => arrange(product, labels))
  }, innerProduct)
)

/**
 * NumPy's `dot`: the product summed over the last axis of one and the second to last (of a vector the last) of the other.
 * A scalar multiplies.
 *
 * Float and int32, which wraps around. Fails with `ShapeError` where the two axes differ in size.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { dot, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(dot(Tensor.make([1, 2, 3]), Tensor.make([4, 5, 6])))) // => tensor(32., float64)
 * ```
 */
export const dot: Typed.Dot = signed(
  (a: Operand, b: Operand) =>
    contraction("dot", a, b, (a, b) =>
      a.shape.length === 0 || b.shape.length === 0
        ? mul(a, b)
        : sumOfProducts("dot", a, b, [a.shape.length - 1], [Math.max(b.shape.length - 2, 0)]), innerProduct)
)

/**
 * All products of an element of one with an element of the other; operands are flattened.
 *
 * Float and int32, which wraps around.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { outer, sum, Tensor } from "wengert"
 *
 * const table = outer(Tensor.make([1, 2]), Tensor.make([3, 4, 5]))
 * console.log(Effect.runSync(sum(table, { axis: 0 }))) // => tensor([ 9., 12., 15.], float64)
 * ```
 */
export const outer: Typed.Outer = signed((a: Operand, b: Operand) =>
  contraction("outer", a, b, (a, b) => mul(reshapeTo(a, [a.size, 1]), reshapeTo(b, [1, b.size])))
)

/**
 * The product summed over given axes: the last n of one and the first n of the other (by default 2), or a list for each.
 *
 * Float and int32, which wraps around. Fails with `ShapeError` where paired axes differ in size, with `AxisError` for a
 * wrong axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { tensordot, Tensor } from "wengert"
 *
 * const a = Tensor.make([[1, 2], [3, 4]])
 * console.log(Effect.runSync(tensordot(a, a, [[0, 1], [1, 0]]))) // => tensor(29., float64)
 * ```
 */
export const tensordot: Typed.TensorDot = signed(
  (a: Operand, b: Operand, axes: number | readonly [ReadonlyArray<number>, ReadonlyArray<number>] = 2) =>
    contraction("tensordot", a, b, (a, b) => {
      const [axesA, axesB] = listOf(axes, 2) ?? innermost(a.shape, b.shape, axes)
      return sumOfProducts("tensordot", a, b, fromStart(a.shape, axesA), fromStart(b.shape, axesB))
    })
)

/** The last `n` axes of one shape, and the first `n` of another. */
const innermost = (a: Shape, b: Shape, n: unknown): readonly [Shape, Shape] => {
  const most = Math.min(a.length, b.length)
  if (typeof n === "number" && Number.isInteger(n) && n >= 0 && n <= most) return [range(n).map((i) => i - n), range(n)]
  throw new AxisError({
    op: "tensordot",
    shapes: [a, b],
    message: `tensordot requires a number of axes from 0 to ${most} for shapes ${showShapes([a, b])}, got ${
      describe(n)
    }`
  })
}

/** Distinct axes, counted from the start. */
const fromStart = (shape: Shape, axes: unknown): ReadonlyArray<number> => {
  const given = checkWholes("tensordot", axes)
  normalizeAxes("tensordot", given, shape)
  return given.map((i) => i < 0 ? i + shape.length : i)
}

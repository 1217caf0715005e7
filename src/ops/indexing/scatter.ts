/**
 * Updates put where indices say, which pick as in `gather`: added, in place of what was there, or combined with it; and
 * sums and products of segments.
 *
 * Where several updates meet at one place, they are first brought together: they are put in the order of their places, and
 * neighbours at the same place are combined, 1, 2, 4, … apart.
 */
import * as Effect from "effect/Effect"
import { ArgumentError, describe, ShapeError, showShape } from "../../core/errors.ts"
import { adapt, apply, checkDType, commonDType, lone, operation } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { broadcastShapes, sameShape, sizeOf } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { constant, mul, plus, where, zeros } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { accepts } from "../define.ts"
import { maximum, minimum } from "../elementwise/binary.ts"
import { equal, logicalNot } from "../elementwise/comparison.ts"
import { broadcastAxes, broadcastLike, reshapeTo } from "../movement/layout.ts"
import { concatAll, sliceAxis } from "../movement/parts.ts"
import { indexPrimitive, scatterPrimitive, takeAt } from "./indexed.ts"
import { clipped, indicesOf, isInside, picked } from "./picking.ts"
import { argsort } from "./sorting.ts"

/** Rows, and the places among `size` that they belong to. */
interface Rows {
  /** Of shape `[n, ...]`. */
  readonly rows: Tensor
  /** Of shape `[n]`, from 0 up to `size`; with a `spare` place there, for what is dropped. */
  readonly places: Tensor
  readonly size: number
  readonly spare: boolean
}

type Combine = (x: Tensor, y: Tensor) => OpEffect<Tensor>

/** A mask of rows for all of their elements. */
const ofRows = (mask: Tensor, rows: Tensor): OpEffect<Tensor> => broadcastAxes(mask, rows.shape, [0])

/** Rows added up at their places. */
const sums = ({ places, rows, size, spare }: Rows): OpEffect<Tensor> =>
  spare
    ? Effect.flatMap(
      apply(scatterPrimitive, [rows, places], { axis: 0, size: size + 1 }),
      (all) => sliceAxis(all, 0, 0, size)
    )
    : apply(scatterPrimitive, [rows, places], { axis: 0, size })

/** Where is there a row? */
const isTouched = (rows: Rows): OpEffect<Tensor> =>
  Effect.flatMap(constant(rows.rows.shape, "bool", 1), (ones) => sums({ ...rows, rows: ones }))

/** What `combine` makes of the rows at each place, `initial` where there are none. The last row alone, without it. */
const together = (given: Rows, initial: Tensor, combine?: Combine): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const { places, rows } = given
    const n = places.shape[0]!
    if (n === 0) return initial
    const order: Tensor = yield* argsort(places)
    const sorted = yield* takeAt(places, order, 0)
    let y = yield* takeAt(rows, order, 0)
    for (let d = 1; d < n; d *= 2) {
      if (combine === undefined) break
      const alike: Tensor = yield* equal(sliceAxis(sorted, 0, d, n), sliceAxis(sorted, 0, 0, n - d))
      const later = yield* sliceAxis(y, 0, d, n)
      const both = yield* combine(later, yield* sliceAxis(y, 0, 0, n - d))
      const combined: Tensor = yield* where(yield* ofRows(alike, later), both, later)
      y = yield* concatAll([yield* sliceAxis(y, 0, 0, d), combined], 0)
    }
    // the last of its place holds them all
    const isLast = yield* concatAll([
      yield* logicalNot(equal(sliceAxis(sorted, 0, 1, n), sliceAxis(sorted, 0, 0, n - 1))),
      yield* constant([1], "bool", 1)
    ], 0)
    const kept: Tensor = yield* where(yield* ofRows(isLast, y), y, zeros(y))
    const all: Rows = { ...given, rows: kept, places: sorted }
    return yield* where(yield* isTouched(all), yield* sums(all), initial)
  })

/** What to do with coordinates that are out of range. */
export interface ScatterOptions {
  /** `"error"` (default) fails with `IndexError`, `"drop"` leaves the update out, `"clip"` takes the nearest place. */
  readonly outside?: "error" | "drop" | "clip" | undefined
}

/** What is asked for. Throws `ArgumentError`. */
const outsideOf = (op: string, options: ScatterOptions | undefined) =>
  checkOptions(op, options, { outside: ["error", "drop", "clip"] }).outside ?? "error"

/** The rows of updates, and their places in row-major order. */
const placed = (at: Tensor, updates: Tensor, sizes: Shape, rest: Shape, outside: "error" | "drop" | "clip") =>
  Effect.gen(function*() {
    const size = sizeOf(sizes)
    const near = outside === "error" ? at : yield* clipped(at, sizes)
    const found = yield* apply(indexPrimitive, [near], { sizes })
    const positions: Tensor = outside === "drop" ? yield* where(yield* isInside(at, near), found, size) : found
    const n = positions.size
    return {
      rows: yield* reshapeTo(updates, [n, ...rest]),
      places: yield* reshapeTo(positions, [n]),
      size,
      spare: outside === "drop"
    }
  })

const scatterWith =
  (op: string, put: (rows: Rows, x: Tensor) => OpEffect<Tensor>) =>
  (x: Operand, indices: Operand, updates: Operand, options?: ScatterOptions) =>
    operation(op, [x, indices, updates], ([x, indices, updates]) => {
      const outside = outsideOf(op, options)
      const dtype = commonDType(op, [x, updates])
      checkDType(op, { dtype, shape: [] }, accepts.numeric)
      const tensor = typeof x === "number" ? adapt(op, x, dtype) : x
      const added = typeof updates === "number" ? adapt(op, updates, dtype) : updates
      const at = indicesOf(op, indices)
      const { rest, sizes } = picked(op, tensor, at)
      const shape = [...at.shape.slice(0, -1), ...rest]
      if (!sameShape(broadcastShapes(op, [added.shape, shape]), shape)) {
        const message = `${op} requires updates that broadcast to ${showShape(shape)}, got ${showShape(added.shape)}`
        throw new ShapeError({ op, shapes: [added.shape, shape], message })
      }
      return Effect.gen(function*() {
        const all = yield* broadcastLike(yield* castTo(added, dtype), shape)
        const rows = yield* placed(at, all, sizes, rest, outside)
        const flat = yield* reshapeTo(yield* castTo(tensor, dtype), [sizeOf(sizes), ...rest])
        return yield* reshapeTo(yield* put(rows, flat), tensor.shape)
      })
    })

/** What was there, combined with all of the updates. */
const combining = (combine: Combine) => (rows: Rows, x: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const met = yield* together(rows, x, combine)
    return yield* where(yield* ofTouched(rows, x), combine(x, met), x)
  })

const ofTouched = (rows: Rows, x: Tensor): OpEffect<Tensor> =>
  Effect.flatMap(isTouched(rows), (mask) => broadcastLike(mask, x.shape))

/**
 * The tensor with updates added where the indices say, which pick as in `gather`; a place that is named twice gets
 * both.
 *
 * Numeric dtypes, which join as in `add`; indices are int32. Updates broadcast to the shape that `gather` gives. Fails
 * with `IndexError`, unless `outside` says `"drop"` or `"clip"`, with `ShapeError` and with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { scatterAdd, Tensor } from "wengert"
 *
 * const indices = Tensor.make([[0], [2], [0]], { dtype: "int32" })
 * const updates = Tensor.make([1, 2, 3])
 * console.log(Effect.runSync(scatterAdd(Tensor.zeros([3]), indices, updates))) // => tensor([4., 0., 2.], float64)
 * ```
 */
export const scatterAdd: Typed.Scatter<"scatterAdd"> = signed(
  scatterWith("scatterAdd", (rows, x) => Effect.flatMap(sums(rows), (added) => plus(x, added)))
)

/**
 * The tensor with updates in place of what was there; a place that is named twice gets the last of them. Otherwise like
 * `scatterAdd`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { scatter, Tensor } from "wengert"
 *
 * const indices = Tensor.make([[0], [2], [0], [7]], { dtype: "int32" })
 * const updates = Tensor.make([1, 2, 3, 4])
 * const x = Tensor.zeros([3])
 * console.log(Effect.runSync(scatter(x, indices, updates, { outside: "drop" }))) // => tensor([3., 0., 2.], float64)
 * ```
 */
export const scatter: Typed.Scatter<"scatter"> = signed(scatterWith("scatter", (rows, x) => together(rows, x)))

/**
 * The tensor multiplied by all updates that the indices put there. Otherwise like `scatterAdd`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { scatterMul, Tensor } from "wengert"
 *
 * const indices = Tensor.make([[0], [2], [0]], { dtype: "int32" })
 * const x = Tensor.make([5, 6, 7])
 * console.log(Effect.runSync(scatterMul(x, indices, Tensor.make([1, 2, 3])))) // => tensor([15.,  6., 14.], float64)
 * ```
 */
export const scatterMul: Typed.Scatter<"scatterMul"> = signed(scatterWith("scatterMul", combining(mul)))

/**
 * The larger of what is there and all updates that the indices put there. At a tie, the derivative is shared among the
 * largest. Otherwise like `scatterAdd`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { scatterMax, Tensor } from "wengert"
 *
 * const indices = Tensor.make([[0], [2], [0]], { dtype: "int32" })
 * const x = Tensor.make([2, 2, 2])
 * console.log(Effect.runSync(scatterMax(x, indices, Tensor.make([1, 0, 3])))) // => tensor([3., 2., 2.], float64)
 * ```
 */
export const scatterMax: Typed.Scatter<"scatterMax"> = signed(scatterWith("scatterMax", combining(maximum)))

/**
 * The smaller of what is there and all updates that the indices put there. At a tie, the derivative is shared among the
 * smallest. Otherwise like `scatterAdd`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { scatterMin, Tensor } from "wengert"
 *
 * const indices = Tensor.make([[0], [2], [0]], { dtype: "int32" })
 * const x = Tensor.make([2, 2, 2])
 * console.log(Effect.runSync(scatterMin(x, indices, Tensor.make([1, 0, 3])))) // => tensor([1., 2., 0.], float64)
 * ```
 */
export const scatterMin: Typed.Scatter<"scatterMin"> = signed(scatterWith("scatterMin", combining(minimum)))

const segments =
  (op: string, put: (rows: Rows, x: Tensor) => OpEffect<Tensor>, initial: number) =>
  (x: Operand, ids: Operand, count: number, options?: ScatterOptions) =>
    operation(op, [x, ids], ([x, ids]) => {
      const outside = outsideOf(op, options)
      const tensor = lone(x)
      const at = indicesOf(op, ids)
      checkDType(op, tensor, accepts.numeric)
      if (at.shape.length !== 1 || tensor.shape[0] !== at.shape[0]) {
        const shapes = [tensor.shape, at.shape]
        const message = `${op} requires one segment for each slice along the first axis of ${
          showShape(tensor.shape)
        }, got ${showShape(at.shape)}`
        throw new ShapeError({ op, shapes, message })
      }
      if (!Number.isInteger(count) || count < 0) {
        throw new ArgumentError({ op, message: `${op} requires a whole number of segments, got ${describe(count)}` })
      }
      const rest = tensor.shape.slice(1)
      return Effect.gen(function*() {
        const rows = yield* placed(yield* reshapeTo(at, [at.size, 1]), tensor, [count], rest, outside)
        return yield* put(rows, yield* constant([count, ...rest], tensor.dtype, initial))
      })
    })

/**
 * The sums of the slices along the first axis that belong to each of `count` segments: `segmentSum(x, ids, count)`. An empty
 * segment has 0.
 *
 * Numeric dtypes; `ids` are int32, one for each slice, in any order. Fails with `IndexError` for one that is out of range,
 * unless `outside` says `"drop"` or `"clip"`, with `ShapeError` and with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { segmentSum, Tensor } from "wengert"
 *
 * const ids = Tensor.make([0, 1, 0], { dtype: "int32" })
 * console.log(Effect.runSync(segmentSum(Tensor.make([1, 2, 3]), ids, 3))) // => tensor([4., 2., 0.], float64)
 * ```
 */
export const segmentSum: Typed.Segments<"segmentSum"> = signed(segments("segmentSum", sums, 0))

/**
 * The products of the slices along the first axis that belong to each of `count` segments. An empty segment has 1.
 * Otherwise like `segmentSum`; the derivative is the exact leave-one-out product, also where elements are 0.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { segmentProd, Tensor } from "wengert"
 *
 * const ids = Tensor.make([0, 1, 0], { dtype: "int32" })
 * console.log(Effect.runSync(segmentProd(Tensor.make([1, 2, 3]), ids, 3))) // => tensor([3., 2., 1.], float64)
 * ```
 */
export const segmentProd: Typed.Segments<"segmentProd"> = signed(
  segments("segmentProd", (rows, x) => together(rows, x, mul), 1)
)

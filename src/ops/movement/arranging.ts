/**
 * The elements of tensors in other arrangements: turned round, repeated, taken apart, spread over a grid.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "../../core/errors.ts"
import { AxisError, ShapeError, showShapes } from "../../core/errors.ts"
import { storage } from "../../core/make.ts"
import { lone, operation, operationOf } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { checkWholes, listOf, normalizeAxis, range, showList } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { fromData } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { mul } from "../algebra.ts"
import { shapesOf } from "../cast.ts"
import { takeAt } from "../indexing/indexed.ts"
import { broadcastAxes, reshapeTo } from "./layout.ts"
import { concatAll, sliceAxis } from "./parts.ts"

/** Turned round along one axis. */
const rolled = (x: Tensor, shift: number, axis: number): OpEffect<Tensor> => {
  const size = x.shape[axis]!
  const by = size === 0 ? 0 : ((shift % size) + size) % size
  if (by === 0) return Effect.succeed(x)
  return Effect.gen(function*() {
    return yield* concatAll(
      [yield* sliceAxis(x, axis, size - by, size), yield* sliceAxis(x, axis, 0, size - by)],
      axis
    )
  })
}

/** Done to the flattened tensor where no axis is given, whose shape `after` may give back. */
const flatOr = (
  op: string,
  x: Tensor,
  axis: unknown,
  f: (x: Tensor, axis: number) => OpEffect<Tensor>,
  after: "keeps" | "flat"
): OpEffect<Tensor> =>
  axis !== undefined
    ? f(x, normalizeAxis(op, axis, x.shape.length, x.shape))
    : reshapeTo(x, [x.size]).pipe(
      Effect.flatMap((flat) => f(flat, 0)),
      Effect.flatMap((y) => after === "keeps" ? reshapeTo(y, x.shape) : Effect.succeed(y))
    )

/**
 * The elements moved on by `shift` places along an axis, those that leave it at one end entering at the other; without an
 * axis, in row-major order. Several shifts belong to as many axes.
 *
 * Any dtype. Fails with `ShapeError` for shifts that are not whole, and with `AxisError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { roll, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(roll(Tensor.make([1, 2, 3]), 1))) // => tensor([3., 1., 2.], float64)
 * ```
 */
export const roll: Typed.Roll = signed((
  x: Operand,
  shift: unknown,
  options?: { readonly axis?: number | ReadonlyArray<number> | undefined }
) =>
  operation("roll", [x], ([x]) => {
    const { axis } = checkOptions("roll", options, { axis: "checked" })
    const shifts = checkWholes("roll", typeof shift === "number" ? [shift] : shift)
    const axes = listOf(axis) ?? [axis]
    if (axes.length !== shifts.length) {
      throw new AxisError({
        op: "roll",
        message: `roll requires an axis for each of ${shifts.length} shifts, got ${axes.length}`
      })
    }
    const tensor = lone(x)
    const { shape } = tensor
    const known = axes.map((a) => a === undefined ? a : normalizeAxis("roll", a, shape.length, shape))
    const turn = (y: Tensor, i: number) => flatOr("roll", y, known[i], (z, a) => rolled(z, shifts[i]!, a), "keeps")
    return range(shifts.length).reduce<OpEffect<Tensor>>(
      (y, i) => Effect.flatMap(y, (z) => turn(z, i)),
      Effect.succeed(tensor)
    )
  })
)

/** How often each slice is repeated, or one number for all. */
const countsOf = (repeats: unknown): ReadonlyArray<number> => {
  const counts = listOf(repeats, 2 ** 24) ?? [repeats]
  if (counts.every((n): n is number => Number.isSafeInteger(n) && (n as number) >= 0)) return counts
  throw new ShapeError({ op: "repeat", message: `repeat requires whole counts from 0 on, got ${showList(repeats)}` })
}

/** All slices so many times. */
const stretched = (x: Tensor, times: number, axis: number): OpEffect<Tensor> => {
  const { shape } = x
  const axes = range(shape.length).map((i) => i > axis ? i + 1 : i)
  return Effect.flatMap(
    broadcastAxes(x, shape.toSpliced(axis + 1, 0, times), axes),
    (y) => reshapeTo(y, shape.with(axis, shape[axis]! * times))
  )
}

/** The slices of an axis, each as often as is said of it. */
const rowsOf = (counts: ReadonlyArray<number>, { shape, size }: Tensor, axis: number | undefined): Tensor => {
  const slices = axis === undefined ? size : shape[axis]!
  if (counts.length !== slices) {
    throw new ShapeError({
      op: "repeat",
      message: `repeat requires one count or ${slices}, got ${counts.length}`,
      shapes: [shape]
    })
  }
  const total = counts.reduce((a, b) => a + b, 0)
  const rows = storage("repeat", [total], "int32")
  let end = 0
  counts.forEach((count, i) => rows.fill(i, end, end += count))
  return fromData([total], "int32", rows)
}

/**
 * Every element so many times in a row along an axis; without one, of the flattened tensor. A list has a count for each
 * slice along the axis. For the whole tensor again and again, `tile`.
 *
 * Any dtype. Fails with `ShapeError` for counts that are not whole, are negative, or are not one or as many as the axis
 * has, and with `AxisError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { repeat, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(repeat(Tensor.make([1, 2]), 2))) // => tensor([1., 1., 2., 2.], float64)
 * console.log(Effect.runSync(repeat(Tensor.make([1, 2]), [1, 3]))) // => tensor([1., 2., 2., 2.], float64)
 * ```
 */
export const repeat: Typed.Repeat = signed((
  x: Operand,
  repeats: number | ReadonlyArray<number>,
  options?: { readonly axis?: number | undefined }
) =>
  operation("repeat", [x], ([x]) => {
    const { axis } = checkOptions("repeat", options, { axis: "checked" })
    const tensor = lone(x)
    const along = axis === undefined ? axis : normalizeAxis("repeat", axis, tensor.shape.length, tensor.shape)
    const counts = countsOf(repeats)
    const rows = counts.length === 1 ? undefined : rowsOf(counts, tensor, along)
    const again = (y: Tensor, a: number) => rows === undefined ? stretched(y, counts[0]!, a) : takeAt(y, rows, a)
    return flatOr("repeat", tensor, along, again, "flat")
  })
)

/** An array of more tensors is a mistake: each is an equation. */
const mostTensors = 2 ** 20

/**
 * The slices along an axis, the first by default, without that axis: what `stack` puts together.
 *
 * Any dtype. Fails with `AxisError`, and with `ShapeError` for more than 2²⁰ slices.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, unstack } from "wengert"
 *
 * const [, second] = Effect.runSync(unstack(Tensor.make([[1, 2], [3, 4]])))
 * console.log(second) // => tensor([3., 4.], float64)
 * ```
 */
export const unstack: Typed.Unstack = signed((x: Operand, axis: number = 0) =>
  operation("unstack", [x], ([x]) => {
    const tensor = lone(x)
    const at = normalizeAxis("unstack", axis, tensor.shape.length, tensor.shape)
    if (tensor.shape[at]! > mostTensors) {
      const message = `unstack requires at most ${mostTensors} tensors, got ${tensor.shape[at]}`
      throw new ShapeError({ op: "unstack", shapes: [tensor.shape], message })
    }
    return Effect.forEach(
      range(tensor.shape[at]!),
      (i) => Effect.flatMap(sliceAxis(tensor, at, i, i + 1), (y) => reshapeTo(y, tensor.shape.toSpliced(at, 1)))
    )
  })
)

/** How a grid is laid out. */
export interface MeshgridOptions {
  /** `"xy"` (default): the first tensor runs along the second axis, as in pictures; `"ij"`: along the first. */
  readonly indexing?: "xy" | "ij" | undefined
}

/** The signature of `meshgrid`. */
export interface Meshgrid {
  (
    xs: ReadonlyArray<Operand>,
    options?: MeshgridOptions
  ): Effect.Effect<Array<Tensor>, OpError>
}

/**
 * The coordinates of a grid with these vectors along its axes: one tensor for each of them, of the shape of the grid.
 *
 * Any dtype. Fails with `ShapeError` unless all have one axis.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { meshgrid, Tensor } from "wengert"
 *
 * const [x, y] = Effect.runSync(meshgrid([Tensor.make([1, 2]), Tensor.make([3, 4])]))
 * console.log(Effect.runSync(Tensor.toArray(x!))) // => [ [ 1, 2 ], [ 1, 2 ] ]
 * console.log(Effect.runSync(Tensor.toArray(y!))) // => [ [ 3, 3 ], [ 4, 4 ] ]
 * ```
 */
export const meshgrid: Meshgrid = signed((xs: ReadonlyArray<Operand>, options?: MeshgridOptions) =>
  operationOf<ReadonlyArray<Tensor>>("meshgrid", xs, (operands) => {
    const { indexing = "xy" } = checkOptions("meshgrid", options, { indexing: ["xy", "ij"] })
    const all = operands.map(lone)
    if (all.some((x) => x.shape.length !== 1)) {
      const shapes = all.map((x) => x.shape)
      throw new ShapeError({
        op: "meshgrid",
        shapes,
        message: `meshgrid requires tensors with one axis, got ${showShapes(shapes)}`
      })
    }
    const axisOf = (i: number) => indexing === "xy" && i < 2 && all.length > 1 ? 1 - i : i
    const shape = range(all.length).map((i) => all[axisOf(i)]!.shape[0]!)
    return Effect.forEach(all, (x, i) => broadcastAxes(x, shape, [axisOf(i)]))
  })
)

/** The signature of `kron`. */
export interface Kron {
  (a: Operand, b: Operand): Effect.Effect<Tensor, OpError>
}

/**
 * The Kronecker product: every element of `a` times the whole of `b`, side by side along all axes. A tensor with fewer
 * axes gets axes of size 1 in front.
 *
 * Numeric dtypes, which join as in `mul`. Fails with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { kron, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(kron(Tensor.make([1, 10]), Tensor.make([1, 2])))) // => tensor([ 1.,  2., 10., 20.], float64)
 * ```
 */
export const kron: Kron = signed((a: Operand, b: Operand) =>
  operation("kron", [a, b], (operands) => {
    const shapes = shapesOf(operands)
    const rank = Math.max(...shapes.map((shape) => shape.length))
    const filled = (dims: Shape = []) => [...Array<number>(rank - dims.length).fill(1), ...dims]
    const [m, n] = [filled(shapes[0]), filled(shapes[1])]
    const spread = (i: number, shape: Shape) => {
      const x = operands[i]!
      return typeof x === "number" ? x : reshapeTo(x, shape)
    }
    const product = mul(spread(0, m.flatMap((d) => [d, 1])), spread(1, n.flatMap((d) => [1, d])))
    return Effect.flatMap(product, (z) => reshapeTo(z, m.map((d, i) => d * n[i]!)))
  })
)

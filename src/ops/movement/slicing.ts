/**
 * Parts of a tensor by position, as Python has them: negative indices count from the end, bounds beyond the ends are
 * clipped.
 */
import * as Effect from "effect/Effect"
import { describe, DTypeError, IndexError, ShapeError, showShape } from "../../core/errors.ts"
import { lone, operation } from "../../core/operation.ts"
import type { Shape } from "../../core/shape.ts"
import { listOf, normalizeAxis, range } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { reshapeTo } from "./layout.ts"
import { dilated, flipOver, sliceAxis, sliceTo } from "./parts.ts"

/** Throws `DTypeError` for a position that is not whole. */
export const checkWhole = (op: string, position: unknown): number => {
  if (Number.isSafeInteger(position)) return position as number
  throw new DTypeError({ op, message: `${op} requires whole numbers as positions, got ${describe(position)}` })
}

/** An index counted from the start. Throws `IndexError`. */
export const fromStart = (op: string, index: number, size: number): number => {
  const i = index < 0 ? index + size : index
  if (i >= 0 && i < size) return i
  throw new IndexError({
    op,
    message: `${op} requires indices from ${-size} to ${size - 1} for an axis of size ${size}, got ${index}`
  })
}

/** A part of an axis: `count` elements from `first` on, every `step`th, where a negative step goes down. */
interface Part {
  readonly first: number
  readonly step: number
  readonly count: number
}

/** The part that Python's `slice(start, stop, step)` takes of `size` elements: bounds beyond the ends are clipped. */
export const partOf = (size: number, start?: number | null, stop?: number | null, step = 1): Part => {
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1]
  const clip = (bound: number): number => Math.min(Math.max(bound < 0 ? bound + size : bound, least), most)
  const first = start === null || start === undefined ? (step > 0 ? least : most) : clip(start)
  const last = stop === null || stop === undefined ? (step > 0 ? most : least) : clip(stop)
  return { first, step, count: Math.max(0, Math.ceil((last - first) / step)) }
}

const partOfSpec = (spec: unknown, size: number): Part => {
  if (spec === null || spec === undefined) return partOf(size)
  const bounds = listOf(spec, 3)
  if (bounds === undefined) return { first: fromStart("slice", checkWhole("slice", spec), size), step: 1, count: 1 }
  const [start, stop, step] = bounds.map((n) => n === null || n === undefined ? undefined : checkWhole("slice", n))
  if (step === 0) throw new IndexError({ op: "slice", message: "slice requires a step that is not 0, got 0" })
  return partOf(size, start, stop, step)
}

/**
 * A part of a tensor. Per axis: `null` for all of it, an index (the axis goes away), or `[start, stop, step?]` with
 * open ends as `null`; axes without an entry are taken whole.
 *
 * Any dtype. Negative indices count from the end, bounds beyond the ends are clipped, and a negative step goes down, as
 * in NumPy. The derivative of what is left out is 0. Fails with `IndexError` for an index that is out of range, a step
 * of 0 or more entries than axes, and with `DTypeError` for numbers that are not whole.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { slice, Tensor } from "wengert"
 *
 * const x = Tensor.make([[1, 2, 3, 4], [5, 6, 7, 8]])
 * console.log(Effect.runSync(slice(x, 0))) // => tensor([1., 2., 3., 4.], float64)
 * console.log(Effect.runSync(slice(x, -1, [null, null, -2]))) // => tensor([8., 6.], float64)
 * console.log(Effect.runSync(slice(x, null, 1))) // => tensor([2., 6.], float64)
 * ```
 */
export const slice: Typed.Slice = signed((x: Operand, ...specs: ReadonlyArray<Typed.SliceSpec>) =>
  operation("slice", [x], ([x]) => {
    const tensor = lone(x)
    const { shape } = tensor
    if (specs.length > shape.length) {
      throw new IndexError({
        op: "slice",
        shapes: [shape],
        message: `slice requires at most ${shape.length} entries for ${showShape(shape)}, got ${specs.length}`
      })
    }
    const parts = shape.map((d, a) => partOfSpec(specs[a], d))
    const lowest = parts.map(({ count, first, step }) =>
      count === 0 ? 0 : step > 0 ? first : first + (count - 1) * step
    )
    const steps = parts.map(({ step }) => Math.abs(step))
    const stop = parts.map(({ count }, a) => lowest[a]! + dilated(count, steps[a]! - 1))
    const down = [...parts.keys()].filter((a) => parts[a]!.step < 0)
    const kept = parts.map(({ count }) => count).filter((_, a) => typeof specs[a] !== "number")
    return sliceTo(tensor, lowest, stop, steps).pipe(
      Effect.flatMap((y) => flipOver(y, down)),
      Effect.flatMap((y) => reshapeTo(y, kept))
    )
  })
)

/**
 * The parts of a tensor along `axis`, the first by default: so many equal ones, or those between the given indices.
 *
 * Any dtype. An index may be negative, and is clipped, as in `slice`. Fails with `ShapeError` where equal parts do not
 * divide the axis, and with `AxisError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { split, Tensor } from "wengert"
 *
 * const [head, tail] = Effect.runSync(split(Tensor.make([1, 2, 3]), [1]))
 * console.log(head) // => tensor([1.], float64)
 * console.log(tail) // => tensor([2., 3.], float64)
 * ```
 */
export const split: Typed.Split = signed((x: Operand, sections: number | ReadonlyArray<number>, axis: number = 0) =>
  operation("split", [x], ([x]) => {
    const tensor = lone(x)
    const at = normalizeAxis("split", axis, tensor.shape.length, tensor.shape)
    const edges = edgesOf(sections, tensor.shape, at)
    return Effect.forEach(edges.slice(1), (stop, i) => {
      const { count, first } = partOf(tensor.shape[at]!, edges[i], stop)
      return sliceAxis(tensor, at, first, first + count)
    })
  })
)

/** Where the parts begin, and where the last one ends. */
const edgesOf = (sections: unknown, shape: Shape, axis: number): ReadonlyArray<number> => {
  const size = shape[axis]!
  const edges = listOf(sections, 2 ** 24)
  if (edges !== undefined) return [0, ...edges.map((index) => checkWhole("split", index)), size]
  if (typeof sections !== "number" || !Number.isInteger(sections) || sections < 1 || size % sections !== 0) {
    throw new ShapeError({
      op: "split",
      shapes: [shape],
      message: `split requires a number of parts that divides axis ${axis} of ${showShape(shape)}, got ${
        describe(sections)
      }`
    })
  }
  return range(sections + 1).map((i) => i * (size / sections))
}

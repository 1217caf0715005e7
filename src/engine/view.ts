/**
 * Views: a tensor as some elements of another, in row-major storage. Movements that only select, repeat or reorder do no
 * work; they change the view through which the elements are read.
 */
import type { Shape } from "../core/shape.ts"
import { sizeOf, stridesOf } from "../core/shape.ts"

/** The elements `root[offset + Σ index·strides]` for all indices of `shape`. */
export interface View {
  /** The tensor that is stored, by number. */
  readonly root: number
  readonly shape: Shape
  readonly strides: ReadonlyArray<number>
  readonly offset: number
}

/** All of a stored tensor. */
export const whole = (root: number, shape: Shape): View => ({ root, shape, strides: stridesOf(shape), offset: 0 })

/** With the axes in another order. */
export const permuted = (x: View, permutation: ReadonlyArray<number>): View => ({
  ...x,
  shape: permutation.map((p) => x.shape[p]!),
  strides: permutation.map((p) => x.strides[p]!)
})

/** Repeated: axis i becomes axis `axes[i]`. */
export const broadcasted = (x: View, shape: Shape, axes: ReadonlyArray<number>): View => {
  const strides = shape.map(() => 0)
  axes.forEach((a, i) => strides[a] = x.shape[i] === 1 ? 0 : x.strides[i]!)
  return { ...x, shape, strides }
}

/** Every `step`th element from `start` on. */
export const sliced = (x: View, start: Shape, step: Shape, shape: Shape): View => ({
  ...x,
  shape,
  strides: x.strides.map((s, a) => s * step[a]!),
  offset: start.reduce((sum, s, a) => sum + s * x.strides[a]!, x.offset)
})

/** In reverse order along `axes`. */
export const flipped = (x: View, axes: ReadonlyArray<number>): View => ({
  ...x,
  strides: x.strides.map((s, a) => axes.includes(a) ? -s : s),
  offset: axes.reduce((sum, a) => sum + (x.shape[a]! - 1) * x.strides[a]!, x.offset)
})

/** An axis of a view whose axes are merged. */
export interface Run {
  readonly size: number
  readonly stride: number
}

/** The axes, with neighbours merged where they step alike, and without those of size 1. The view has elements. */
export const runsOf = ({ shape, strides }: Pick<View, "shape" | "strides">): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  for (let a = 0; a < shape.length; a++) {
    const [size, stride] = [shape[a]!, strides[a]!]
    if (size === 1) continue
    const last = runs.at(-1)
    if (last !== undefined && last.stride === stride * size) runs[runs.length - 1] = { size: last.size * size, stride }
    else runs.push({ size, stride })
  }
  return runs
}

/** Are the elements next to each other, in row-major order? */
export const isFlat = (x: View): boolean => {
  if (sizeOf(x.shape) === 0) return true
  const runs = runsOf(x)
  return runs.length === 0 || (runs.length === 1 && runs[0]!.stride === 1)
}

/** Is it one element, repeated? */
export const isUniform = (x: View): boolean => x.shape.every((d, a) => d === 1 || x.strides[a] === 0)

/** The view with another shape, where strides can say it. */
export const reshaped = (x: View, shape: Shape): View | undefined => {
  if (sizeOf(shape) === 0) return { ...x, shape, strides: stridesOf(shape) }
  const runs = [...runsOf(x)]
  const strides: Array<number> = []
  // from the last axis: each takes its part of a run
  let run = runs.pop()
  let left = run?.size ?? 1
  let stride = run?.stride ?? 1
  for (let a = shape.length - 1; a >= 0; a--) {
    const size = shape[a]!
    if (size === 1) {
      strides.unshift(0)
      continue
    }
    if (left === 1) {
      run = runs.pop()
      left = run?.size ?? 1
      stride = run?.stride ?? 1
    }
    if (left % size !== 0) return undefined
    strides.unshift(stride)
    left /= size
    stride *= size
  }
  return { ...x, shape, strides }
}

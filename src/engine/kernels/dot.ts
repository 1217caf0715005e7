/**
 * `dot` as products of matrices: which axes are rows and columns, and what has to be copied for that, all at once or in parts.
 */
import type { FloatDType } from "../../core/dtype.ts"
import { byteSize } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import type { Equation } from "../../core/trace.ts"
import type { Place } from "../emit/context.ts"
import { addressOf } from "../emit/context.ts"
import { loadStrip } from "../emit/load.ts"
import type { Run, View } from "../view.ts"
import { runsOf } from "../view.ts"
import type { Contraction } from "../vocabulary.ts"
import { contractionOf } from "../vocabulary.ts"
import type { I32 } from "../wasm/code.ts"
import { i32 } from "../wasm/code.ts"
import type { FunctionWriter } from "../wasm/module.ts"
import type { Kernel, KernelCall, Operand } from "./kernel.ts"
import { at } from "./kernel.ts"
import type { Matrix } from "./product.ts"
import { multiplication } from "./product.ts"

/** The axes of a factor with their strides: one for the rows, one for the columns, and those of the batch. */
interface Arranged {
  readonly matrix: Matrix
  readonly batch: ReadonlyArray<number>
  readonly address: I32
  readonly free: () => void
}

/** The axes of a factor by their part in the product. */
type Axes = readonly [batch: ReadonlyArray<number>, outer: ReadonlyArray<number>, inner: ReadonlyArray<number>]

const partOf = (view: View, axes: ReadonlyArray<number>): View => ({
  ...view,
  shape: axes.map((a) => view.shape[a]!),
  strides: axes.map((a) => view.strides[a]!)
})

/** The strides of a factor as a matrix; `undefined` where one for its rows and one for its columns are not enough. */
const matrixOf = (view: View, [, outer, inner]: Axes): Matrix | undefined => {
  const one = (runs: ReadonlyArray<Run>): number | undefined =>
    runs.length > 1 ? undefined : runs.length === 0 ? 1 : runs[0]!.stride < 0 ? undefined : runs[0]!.stride
  const [row, column] = [one(runsOf(partOf(view, outer))), one(runsOf(partOf(view, inner)))]
  return row === undefined || column === undefined ? undefined : { row, column }
}

const countOf = (view: View, axes: ReadonlyArray<number>): number => sizeOf(axes.map((a) => view.shape[a]!))

/** Copies a part of a factor row by row, from `from`. */
const copyPart = ({ context, f }: KernelCall, { aval }: Operand, view: View, from: I32, to: I32): void =>
  loadStrip(f, context, view, aval.dtype, {
    to,
    from,
    start: undefined,
    count: i32.const(sizeOf(view.shape)),
    complete: true
  })

/** A factor as matrices; a copy, where its strides are not enough. */
const arranged = (call: KernelCall, operand: Operand, axes: Axes): Arranged => {
  const { aval, place, view } = operand
  const [batch, outer, inner] = axes
  const matrix = matrixOf(view, axes)
  if (matrix !== undefined) {
    return { matrix, batch: batch.map((a) => view.strides[a]!), address: addressOf(place), free: () => {} }
  }
  const { context } = call
  const all = partOf(view, [...batch, ...outer, ...inner])
  const copy = context.allocate(aval.dtype, sizeOf(all.shape))
  copyPart(call, operand, all, addressOf(place), addressOf(copy))
  let stride = countOf(view, outer) * countOf(view, inner)
  const strides = batch.map(() => 0)
  for (let i = batch.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= view.shape[batch[i]!]!
  }
  return {
    matrix: { row: countOf(view, inner), column: 1 },
    batch: strides,
    address: addressOf(copy),
    free: () => context.free(copy)
  }
}

/** A copy of a factor is made in parts of at most this many bytes: windows of images are many times as large as these. */
const largestPart = 2 ** 21

/** How many of some axes are walked one by one, so that a part along the others is no larger. */
const walkedOf = (view: View, axes: ReadonlyArray<number>, bytesOfRow: number): number => {
  let walked = 0
  while (walked < axes.length - 1 && countOf(view, axes.slice(walked)) * bytesOfRow > largestPart) walked++
  return walked
}

/** Visits every index of some axes, with pointers that make `steps` along each. */
const forEachMatrix = (
  f: FunctionWriter,
  sizes: ReadonlyArray<number>,
  steps: ReadonlyArray<ReadonlyArray<number>>,
  pointers: ReadonlyArray<I32>,
  visit: (...pointers: readonly [I32, I32, I32]) => void
): void => {
  if (sizes.length === 0) return visit(...pointers as readonly [I32, I32, I32])
  f.for(i32.const(0), i32.const(sizes[0]!), 1, (i) => {
    const next = pointers.map((p, k) => {
      const step = steps[0]![k] ?? 0
      return step === 0 ? p : f.let(at(p, i, step))
    })
    forEachMatrix(f, sizes.slice(1), steps.slice(1), next, visit)
  })
}

/** What a product is made of. */
interface Parts {
  readonly dtype: FloatDType
  readonly x: Operand
  readonly y: Operand
  readonly contraction: Contraction
}

const partsOf = ({ equation, operands: [x, y] }: KernelCall, dot: Equation = equation): Parts => ({
  // the schedule leaves the other dtypes to products and sums
  dtype: dot.results[0]!.dtype as FloatDType,
  x: x!,
  y: y!,
  contraction: contractionOf(dot, x!.view.shape, y!.view.shape)
})

export const dot: Kernel = (call) => {
  const parts = partsOf(call)
  const { contraction: { lhs, rhs }, x, y } = parts
  const isLeftCopied = matrixOf(x.view, [lhs.batch, lhs.free, lhs.contract]) === undefined
  const isRightCopied = matrixOf(y.view, [rhs.batch, rhs.contract, rhs.free]) === undefined
  if (isLeftCopied && !isRightCopied) byRows(call, parts)
  else if (isRightCopied && !isLeftCopied) byDepth(call, parts)
  else atOnce(call, parts)
  // about eight products at once
  return { work: sizeOf(call.equation.results[0]!.shape) * parts.contraction.depth / 8, pauses: false }
}

const atOnce = (call: KernelCall, { contraction, dtype, x, y }: Parts): void => {
  const { f, results: [result] } = call
  const { columns, depth, lhs, rhs, rows } = contraction
  const bytes = byteSize(dtype)
  const left = arranged(call, x, [lhs.batch, lhs.free, lhs.contract])
  const right = arranged(call, y, [rhs.batch, rhs.contract, rhs.free])
  const { free, multiply } = multiplication(call, dtype, [left.matrix, right.matrix], { rows, depth, columns })
  const to = f.let(addressOf(result!))
  forEachMatrix(
    f,
    lhs.batch.map((i) => x.view.shape[i]!),
    lhs.batch.map((_, i) => [left.batch[i]! * bytes, right.batch[i]! * bytes] as const),
    [left.address, right.address],
    (a, b) => {
      multiply(a, b, to)
      to.set(i32.add(to, i32.const(rows * columns * bytes)))
    }
  )
  free()
  left.free()
  right.free()
}

/** A product whose left factor is copied, some rows at a time. */
const byRows = (call: KernelCall, parts: Parts): void => {
  const { columns, lhs, rows } = parts.contraction
  const to = call.f.let(addressOf(call.results[0]!))
  const walked = walkedOf(parts.x.view, lhs.free, parts.contraction.depth * byteSize(parts.dtype))
  const each = rows / countOf(parts.x.view, lhs.free.slice(0, walked)) * columns * byteSize(parts.dtype)
  rowsOf(call, parts, walked, [], undefined, () => to, () => to.set(i32.add(to, i32.const(each))))
}

/**
 * Rows of a product, for every index of the batch and of the first `walked` free axes of the left factor. They are written to
 * the address that `toOf` gives, and `then` is told; both know where the walk is by a pointer that makes `steps` along it.
 */
const rowsOf = (
  call: KernelCall,
  { contraction, dtype, x, y }: Parts,
  walked: number,
  steps: ReadonlyArray<number>,
  start: I32 | undefined,
  toOf: () => I32,
  then: (pointer: I32) => void
): void => {
  const { context, f } = call
  const { columns, depth, lhs, rhs } = contraction
  const bytes = byteSize(dtype)
  const [outer, inner] = [lhs.free.slice(0, walked), lhs.free.slice(walked)]
  const rows = countOf(x.view, inner)
  const own = matrixOf(x.view, [lhs.batch, lhs.free, lhs.contract])
  const copy = own === undefined ? context.allocate(dtype, rows * depth) : undefined
  const right = arranged(call, y, [rhs.batch, rhs.contract, rhs.free])
  const left = own ?? { row: depth, column: 1 }
  const { free, multiply } = multiplication(call, dtype, [left, right.matrix], { rows, depth, columns })
  forEachMatrix(
    f,
    [...lhs.batch, ...outer].map((i) => x.view.shape[i]!),
    [
      ...lhs.batch.map((a, i) => [x.view.strides[a]! * bytes, right.batch[i]! * bytes, 0]),
      ...outer.map((a, i) => [x.view.strides[a]! * bytes, 0, steps[i] ?? 0])
    ],
    [addressOf(x.place), right.address, start ?? i32.const(0)],
    (a, b, pointer) => {
      if (copy !== undefined) copyPart(call, x, partOf(x.view, [...inner, ...lhs.contract]), a, addressOf(copy))
      multiply(copy === undefined ? a : addressOf(copy), b, toOf())
      then(pointer)
    }
  )
  free()
  right.free()
  if (copy !== undefined) context.free(copy)
}

/**
 * Some rows of a product at a time, in storage of their own: `visit` is given where they are, a pointer that begins at `start` and makes `steps` along
 * the first axes of the product, and how many of its axes have been walked.
 */
export const productInParts = (
  call: KernelCall,
  dot: Equation,
  [start, steps]: readonly [start: I32, steps: ReadonlyArray<number>],
  visit: (rows: Place, pointer: I32, walked: number) => void
): number => {
  const parts = partsOf(call, dot)
  const { contraction: { columns, depth, lhs, rows }, dtype, x } = parts
  const walked = walkedOf(x.view, lhs.free, Math.max(columns, depth) * byteSize(dtype))
  const place = call.context.allocate(dtype, rows / countOf(x.view, lhs.free.slice(0, walked)) * columns)
  rowsOf(call, parts, walked, steps, start, () => addressOf(place), (pointer) => visit(place, pointer, walked))
  call.context.free(place)
  return rows * columns * depth / 8
}

/** A product whose right factor is copied, a part of what is summed over at a time. */
const byDepth = (call: KernelCall, { contraction, dtype, x, y }: Parts): void => {
  const { context, f, results: [result] } = call
  const { columns, lhs, rhs, rows } = contraction
  const bytes = byteSize(dtype)
  const walked = walkedOf(y.view, rhs.contract, columns * bytes)
  const inner = rhs.contract.slice(walked)
  const depth = countOf(y.view, inner)
  const copy = context.allocate(dtype, depth * columns)
  const left = arranged(call, x, [lhs.batch, lhs.free, lhs.contract])
  const { free, multiply } = multiplication(
    call,
    dtype,
    [left.matrix, { row: columns, column: 1 }],
    { rows, depth, columns },
    true
  )
  const to = f.let(addressOf(result!))
  const stepsOf = (a: number, b: number) => [x.view.strides[a]! * bytes, y.view.strides[b]! * bytes] as const
  forEachMatrix(
    f,
    lhs.batch.map((i) => x.view.shape[i]!),
    lhs.batch.map((a, i) => stepsOf(a, rhs.batch[i]!)),
    [left.address, addressOf(y.place)],
    (first, second) => {
      f.fill(to, rows * columns * bytes)
      forEachMatrix(
        f,
        rhs.contract.slice(0, walked).map((i) => y.view.shape[i]!),
        rhs.contract.slice(0, walked).map((b, i) => stepsOf(lhs.contract[i]!, b)),
        [first, second],
        (a, b) => {
          copyPart(call, y, partOf(y.view, [...inner, ...rhs.free]), b, addressOf(copy))
          multiply(a, addressOf(copy), to)
        }
      )
      to.set(i32.add(to, i32.const(rows * columns * bytes)))
    }
  )
  free()
  left.free()
  context.free(copy)
}

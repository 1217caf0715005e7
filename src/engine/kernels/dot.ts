/**
 * `dot` as products of matrices.
 *
 * The innermost loop keeps a tile of the result in registers: 6 rows of two vectors, or 5 where multiplication and addition
 * are not one instruction (more than 15 live vectors do not fit). Columns of the right factor are packed, 256 rows at a
 * time, so that they come from the first-level cache; the left factor is read where it lies, whatever its strides are.
 *
 * Source: K. Goto and R. A. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34, 2008.
 */
import { byteSize } from "../../core/dtype.ts"
import type { FloatDType } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import type { Equation } from "../../core/trace.ts"
import { addressOf } from "../emit/context.ts"
import type { Context, Place } from "../emit/context.ts"
import { loadStrip } from "../emit/load.ts"
import { copyBytes, copyStrided, moveElement } from "../emit/rows.ts"
import type { Run, View } from "../view.ts"
import { runsOf } from "../view.ts"
import type { Contraction } from "../vocabulary.ts"
import { contractionOf } from "../vocabulary.ts"
import type { I32, V128 } from "../wasm/code.ts"
import { f32x4, f64x2, i32, v128 } from "../wasm/code.ts"
import type { Callee, FunctionWriter } from "../wasm/module.ts"
import type { Kernel, KernelCall, Operand } from "./kernel.ts"
import { at } from "./kernel.ts"

/** Rows of the right factor that are packed together, and as many of its columns as fit into half of a second-level cache. */
const depthBlock = 256
const panelBlock = (dtype: FloatDType): number => 2 ** 19 / (depthBlock * byteSize(dtype))
/** A right factor of at most this many bytes is not packed: it is in the cache anyhow. */
const smallFactor = 8192
/** A loop over at most this depth is not one. */
const shortDepth = 16

/** A matrix by its strides, in elements. */
interface Matrix {
  readonly row: number
  readonly column: number
}

/** What a kernel for a tile is specialised on. */
interface Tile {
  readonly dtype: FloatDType
  readonly rows: number
  readonly a: Matrix
  /** Bytes from one row of the right factor, or of its packed columns, to the next. */
  readonly bStep: number
  /** Elements from one row of the result to the next. */
  readonly cRow: number
  /** Whether the tile is added to the result. */
  readonly adds: boolean
  /** The depth, where it is short. */
  readonly depth: number | undefined
}

/** Adds up one tile: `(a, b, c, depth)`. */
const tileKernel = (context: Context, tile: Tile): Callee => {
  const { a, adds, bStep, cRow, depth, dtype, rows } = tile
  return context.function(`tile ${JSON.stringify(tile)}`, 4, (f) => {
    const [left, right, to, count] = [f.integer(0), f.integer(1), f.integer(2), f.integer(3)]
    const bytes = byteSize(dtype)
    const op = dtype === "float64" ? f64x2 : f32x4
    const splat = dtype === "float64" ? v128.load64Splat : v128.load32Splat
    const zero = v128.const(new Array<number>(16).fill(0))
    const sums = Array.from(
      { length: rows },
      (_, r) => [0, 1].map((j) => f.let(adds ? v128.load(to, r * cRow * bytes + 16 * j) : zero))
    )
    const step = (k: number): void => {
      const b: readonly [V128, V128] = [f.let(v128.load(right, k * bStep)), f.let(v128.load(right, k * bStep + 16))]
      for (let r = 0; r < rows; r++) {
        const x = f.let(splat(left, (r * a.row + k * a.column) * bytes))
        for (const j of [0, 1] as const) {
          const sum = sums[r]![j]!
          sum.set(context.relaxed ? op.relaxedMadd(x, b[j], sum) : op.add(sum, op.mul(x, b[j])))
        }
      }
    }
    if (depth !== undefined) { for (let k = 0; k < depth; k++) step(k) }
    else {
      const advance = (n: number): void => {
        left.set(i32.add(left, i32.const(n * a.column * bytes)))
        right.set(i32.add(right, i32.const(n * bStep)))
        count.set(i32.sub(count, i32.const(n)))
      }
      f.while(i32.geS(count, i32.const(4)), () => {
        for (let k = 0; k < 4; k++) step(k)
        advance(4)
      })
      f.while(i32.gtS(count, i32.const(0)), () => {
        step(0)
        advance(1)
      })
    }
    sums.forEach((row, r) => row.forEach((sum, j) => f.do(v128.store(to, sum, r * cRow * bytes + 16 * j))))
  })
}

/** Packs rows of a matrix in panels of two vectors; what is missing of the last is zero: `(to, from, rows, columns)`. */
const pack = (context: Context, dtype: FloatDType, b: Matrix): Callee =>
  context.function(`pack ${dtype} ${b.row} ${b.column}`, 4, (f) => {
    const [to, from, rows, columns] = [f.integer(0), f.integer(1), f.integer(2), f.integer(3)]
    const bytes = byteSize(dtype)
    const width = 32 / bytes
    const panel = (isWhole: boolean): void => {
      const source = f.let<"i32">(from)
      const row = f.let(i32.const(0))
      f.repeat(() => {
        if (isWhole && b.column === 1) {
          for (const j of [0, 16]) f.do(v128.store(to, v128.load(source, j), j))
        } else {
          if (!isWhole) { for (const j of [0, 16]) f.do(v128.store(to, v128.const(new Array<number>(16).fill(0)), j)) }
          if (isWhole) {
            for (let j = 0; j < width; j++) moveElement(f, bytes, to, source, j * bytes, j * b.column * bytes)
          } else f.call(copyStrided(context, bytes, b.column), to, source, columns)
        }
        to.set(i32.add(to, i32.const(32)))
        source.set(i32.add(source, i32.const(b.row * bytes)))
        row.set(i32.add(row, i32.const(1)))
        return i32.ltS(row, rows)
      })
    }
    f.while(i32.geS(columns, i32.const(width)), () => {
      panel(true)
      from.set(i32.add(from, i32.const(width * b.column * bytes)))
      columns.set(i32.sub(columns, i32.const(width)))
    })
    f.if(columns, () => panel(false))
  })

interface Sizes {
  readonly rows: number
  readonly depth: number
  readonly columns: number
}

/** One product of matrices: `(a, b, c, packed)`, where rows of c are whole panels; it is stored there, or added to what is. */
const product = (
  context: Context,
  dtype: FloatDType,
  a: Matrix,
  b: Matrix,
  sizes: Sizes,
  { adds: accumulates, packs }: { readonly adds: boolean; readonly packs: boolean }
): Callee =>
  context.function(`product ${dtype} ${JSON.stringify([a, b, sizes, accumulates, packs])}`, 4, (f) => {
    const [left, right, to, packed] = [f.integer(0), f.integer(1), f.integer(2), f.integer(3)]
    const { columns, depth, rows } = sizes
    const bytes = byteSize(dtype)
    const width = 32 / bytes
    const cRow = Math.ceil(columns / width) * width
    const tileRows = context.relaxed ? 6 : 5
    const [deep, wide] = packs ? [depthBlock, panelBlock(dtype)] : [depth, cRow]
    /** What is left up to an end, or a whole block. */
    const part = (end: number, from: I32, block: number): I32 => {
      const rest = i32.sub(i32.const(end), from)
      return f.let(i32.select(rest, i32.const(block), i32.ltS(rest, i32.const(block))))
    }
    for (const adds of accumulates ? [true] : [false, true]) {
      const [first, end] = accumulates ? [0, depth] : adds ? [deep, depth] : [0, Math.min(deep, depth)]
      if (first >= end) continue
      const kernels = (tall: number) =>
        tileKernel(context, {
          dtype,
          rows: tall,
          a,
          bStep: packs ? 32 : b.row * bytes,
          cRow,
          adds,
          depth: depth <= shortDepth ? depth : undefined
        })
      f.for(i32.const(first), i32.const(end), deep, (k) => {
        const count = part(depth, k, deep)
        f.for(i32.const(0), i32.const(cRow), wide, (from) => {
          const panels = part(cRow, from, wide)
          const source = f.let(i32.add(at(right, k, b.row * bytes), i32.mul(from, i32.const(b.column * bytes))))
          if (packs) {
            const real = part(columns, from, wide)
            f.call(pack(context, dtype, b), packed, source, count, real)
          }
          // a few rows of the left factor stay in the first-level cache, while the packed columns come from the second
          const tiles = (i: I32, tall: number): void => {
            const x = f.let(i32.add(at(left, i, a.row * bytes), i32.mul(k, i32.const(a.column * bytes))))
            const row = f.let(i32.add(at(to, i, cRow * bytes), i32.mul(from, i32.const(bytes))))
            const panel = f.let<"i32">(packs ? packed : source)
            const step = f.let(packs ? i32.mul(count, i32.const(32)) : i32.const(32))
            const stop = f.let(at(row, panels, bytes))
            f.repeat(() => {
              f.call(kernels(tall), x, panel, row, count)
              panel.set(i32.add(panel, step))
              row.set(i32.add(row, i32.const(32)))
              return i32.ltU(row, stop)
            })
          }
          const whole = rows - rows % tileRows
          f.for(i32.const(0), i32.const(whole), tileRows, (i) => tiles(i, tileRows))
          if (whole < rows) tiles(i32.const(whole), rows - whole)
        })
      })
    }
  })

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

/** Writes a product of matrices, row by row, to `to`. */
type Multiply = (left: I32, right: I32, to: I32) => void

/** The product of two matrices; `adds` it to what is there. Its storage ends with `free`. */
const multiplication = (
  { context, f }: KernelCall,
  dtype: FloatDType,
  [left, right]: readonly [Matrix, Matrix],
  sizes: Sizes,
  adds = false
): { readonly multiply: Multiply; readonly free: () => void } => {
  const { columns, depth, rows } = sizes
  const bytes = byteSize(dtype)
  const width = 32 / bytes
  const packs = right.column !== 1 || right.row < 0 ||
    (depth * columns * bytes > smallFactor && rows > 12) || depth > depthBlock
  const panels = Math.ceil(columns / width) * width
  const packed = packs
    ? context.allocateBytes(Math.min(depth, depthBlock) * Math.min(panels, panelBlock(dtype)) * bytes)
    : undefined
  const padded = panels === columns ? undefined : context.allocateBytes(rows * panels * bytes)
  const callee = product(context, dtype, left, right, sizes, { packs, adds })
  const copyRows = (from: (i: I32) => I32, to: (i: I32) => I32): void =>
    f.for(i32.const(0), i32.const(rows), 1, (i) => {
      f.call(copyBytes(context), to(i), from(i), i32.const(columns * bytes))
    })
  return {
    multiply: (a, b, to) => {
      const scratch = packed === undefined ? i32.const(0) : addressOf(packed)
      if (padded === undefined) return f.call(callee, a, b, to, scratch)
      const [own, theirs] = [
        (i: I32) => at(addressOf(padded), i, panels * bytes),
        (i: I32) => at(to, i, columns * bytes)
      ]
      if (adds) copyRows(theirs, own)
      f.call(callee, a, b, addressOf(padded), scratch)
      copyRows(own, theirs)
    },
    free: () => {
      for (const place of [packed, padded]) if (place !== undefined) context.free(place)
    }
  }
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

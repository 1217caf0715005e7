/**
 * Products of two matrices.
 *
 * The innermost loop keeps a tile of the result in registers: 6 rows of two vectors, or 5 where multiplication and addition
 * are not one instruction (more than 15 live vectors do not fit). Columns of the right factor are packed, 256 rows at a
 * time, so that they come from the first-level cache; the left factor is read where it lies, whatever its strides are.
 *
 * Source: K. Goto and R. A. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34, 2008.
 */
import type { FloatDType } from "../../core/dtype.ts"
import { byteSize } from "../../core/dtype.ts"
import type { Context } from "../emit/context.ts"
import { addressOf } from "../emit/context.ts"
import { copyBytes, copyStrided, moveElement } from "../emit/rows.ts"
import type { I32, V128 } from "../wasm/code.ts"
import { f32x4, f64x2, i32, v128 } from "../wasm/code.ts"
import type { Callee } from "../wasm/module.ts"
import type { KernelCall } from "./kernel.ts"
import { at } from "./kernel.ts"

/** Rows of the right factor that are packed together, and as many of its columns as fit into half of a second-level cache. */
const depthBlock = 256
const panelBlock = (dtype: FloatDType): number => 2 ** 19 / (depthBlock * byteSize(dtype))
/** A right factor of at most this many bytes is not packed: it is in the cache anyhow. */
const smallFactor = 8192
/** A loop over at most this depth is not one. */
const shortDepth = 16

/** A matrix by its strides, in elements. */
export interface Matrix {
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

/** Of the left factor the rows, of the right one the columns, and what is summed over. */
export interface Sizes {
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

/** Writes a product of matrices, row by row, to `to`. */
type Multiply = (left: I32, right: I32, to: I32) => void

/** The product of two matrices; `adds` it to what is there. Its storage ends with `free`. */
export const multiplication = (
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

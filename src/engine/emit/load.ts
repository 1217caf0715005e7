/**
 * Views, read a strip at a time: the elements that strides name, stored next to each other.
 */
import type { DType } from "../../core/dtype.ts"
import { byteSize } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import type { Run, View } from "../view.ts"
import { runsOf } from "../view.ts"
import type { I32 } from "../wasm/code.ts"
import { i32, v128 } from "../wasm/code.ts"
import type { FunctionWriter } from "../wasm/module.ts"
import type { Context } from "./context.ts"
import { copyRow, moveElement } from "./rows.ts"
import { walk } from "./walk.ts"

/** Up to this many elements are moved one by one, without a loop. */
const fewElements = 32

/** The offsets of all elements of a view, in row-major order. */
const offsetsOf = (runs: ReadonlyArray<Run>): ReadonlyArray<number> =>
  runs.reduce<ReadonlyArray<number>>(
    (all, { size, stride }) => all.flatMap((o) => Array.from({ length: size }, (_, i) => o + i * stride)),
    [0]
  )

/** Elements at known offsets, two or four at once where they are next to each other. */
const moveAll = (f: FunctionWriter, bytes: number, to: I32, from: I32, offsets: ReadonlyArray<number>): void => {
  // offsets of loads are not negative
  const least = Math.min(...offsets)
  const start = least < 0 ? f.let(i32.add(from, i32.const(least * bytes))) : from
  const shift = Math.min(least, 0)
  const lanes = 16 / bytes
  for (let i = 0; i < offsets.length;) {
    const at = offsets[i]! - shift
    const together = bytes > 1 && i + lanes <= offsets.length &&
      Array.from({ length: lanes }, (_, k) => offsets[i + k]! - shift === at + k).every(Boolean)
    if (together) f.do(v128.store(to, v128.load(start, at * bytes), i * bytes))
    else moveElement(f, bytes, to, start, i * bytes, at * bytes)
    i += together ? lanes : 1
  }
}

/** The length of a view's rows. */
export const rowLength = (view: View): number => runsOf(view).at(-1)?.size ?? 1

/**
 * Stores the `count` elements from number `start` on at `to`; `from` is the address of the view's first element. With
 * `complete` no row is taken in part.
 */
export const loadStrip = (
  f: FunctionWriter,
  context: Context,
  view: View,
  dtype: DType,
  { complete, count, from, start, to }: {
    readonly to: I32
    readonly from: I32
    readonly start: I32 | undefined
    readonly count: I32
    readonly complete: boolean
  }
): void => {
  const runs = runsOf(view)
  const bytes = byteSize(dtype)
  const name = `load ${bytes} ${runs.map(({ size, stride }) => `${size}:${stride}`).join()}`
  if (start === undefined && sizeOf(view.shape) <= fewElements) {
    const all = context.function(
      `${name} all`,
      2,
      (g) => moveAll(g, bytes, g.integer(0), g.integer(1), offsetsOf(runs))
    )
    return f.call(all, to, from)
  }
  const { size, stride } = runs.at(-1) ?? { size: 1, stride: 0 }
  const part = context.function(`${name} ${complete}`, 4, (g) => {
    const [to, from, start, count] = [g.integer(0), g.integer(1), g.integer(2), g.integer(3)]
    walk(
      g,
      runs.map((run) => ({ size: run.size, steps: [run.stride * bytes] })),
      [from],
      start,
      count,
      complete,
      (length) => {
        if (complete && size <= fewElements / 2) moveAll(g, bytes, to, from, offsetsOf([{ size, stride }]))
        else copyRow(g, context, bytes, stride, to, from, length)
        to.set(i32.add(to, i32.mul(length, i32.const(bytes))))
      }
    )
  })
  f.call(part, to, from, start ?? i32.const(0), count)
}

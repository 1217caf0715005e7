/**
 * Walks over some of the elements of an array in row-major order, with pointers that step along.
 */
import type { I32 } from "../wasm/code.ts"
import { i32 } from "../wasm/code.ts"
import type { FunctionWriter, Local } from "../wasm/module.ts"

/** An axis of the array, and how many bytes each pointer steps along it. */
export interface Axis {
  readonly size: number
  readonly steps: ReadonlyArray<number>
}

/**
 * Visits the `count` elements from number `start` on, row by row: `row` is given the length of each row, or of the part of
 * it that is visited, and leaves the pointers where they are. Where rows are `complete`, all of them are visited as a whole.
 */
export const walk = (
  f: FunctionWriter,
  axes: ReadonlyArray<Axis>,
  pointers: ReadonlyArray<Local<"i32">>,
  start: I32,
  count: Local<"i32">,
  complete: boolean,
  row: (length: I32) => void
): void => {
  const last = axes.length - 1
  const step = (pointer: number, by: I32) => pointers[pointer]!.set(i32.add(pointers[pointer]!, by))
  const move = (axis: number, times: I32, sign: 1 | -1 = 1) =>
    axes[axis]!.steps.forEach((bytes, p) => {
      if (bytes !== 0) step(p, i32.mul(times, i32.const(sign * bytes)))
    })
  const rest = f.let(start)
  const indices = axes.map(() => f.local("i32"))
  for (let a = last; a >= 0; a--) {
    const size = i32.const(axes[a]!.size)
    indices[a]!.set(a === 0 ? rest : i32.remU(rest, size))
    if (a > 0) rest.set(i32.divU(rest, size))
    move(a, indices[a]!)
  }
  /** The next index along an axis; at its end, of the axis around it. */
  const advance = (axis: number): void => {
    if (axis < 0) return
    const { size, steps } = axes[axis]!
    const index = indices[axis]!
    index.set(i32.add(index, i32.const(1)))
    steps.forEach((bytes, p) => {
      if (bytes !== 0) step(p, i32.const(bytes))
    })
    if (axis > 0) {
      f.if(i32.eq(index, i32.const(size)), () => {
        index.set(i32.const(0))
        steps.forEach((bytes, p) => {
          if (bytes !== 0) step(p, i32.const(-bytes * size))
        })
        advance(axis - 1)
      })
    }
  }
  const { size } = axes[last]!
  const length = f.local("i32")
  f.while(i32.gtS(count, i32.const(0)), () => {
    if (complete) row(i32.const(size))
    else {
      length.set(i32.sub(i32.const(size), indices[last]!))
      length.set(i32.select(count, length, i32.ltS(count, length)))
      row(length)
      move(last, indices[last]!, -1)
      indices[last]!.set(i32.const(0))
    }
    count.set(i32.sub(count, complete ? i32.const(size) : length))
    advance(last - 1)
  })
}

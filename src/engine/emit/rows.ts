/**
 * Loops over rows: runs of elements that are next to each other, or equally far apart.
 */
import type { DType } from "../../core/dtype.ts"
import { byteSize, isFloat } from "../../core/dtype.ts"
import type { Code, F64, I32, V128 } from "../wasm/code.ts"
import { f32, f32x4, f64, f64x2, i32, i64, v128 } from "../wasm/code.ts"
import type { Callee, FunctionWriter } from "../wasm/module.ts"
import { callOf } from "../wasm/module.ts"
import type { Context } from "./context.ts"

/** One element moved, whatever it is: `copy(to, from)`. */
export const moveElement = (
  f: FunctionWriter,
  bytes: number,
  to: I32,
  from: I32,
  toOffset = 0,
  fromOffset = 0
): void => {
  if (bytes === 8) f.do(i64.store(to, i64.load(from, fromOffset), toOffset))
  else if (bytes === 4) f.do(i32.store(to, i32.load(from, fromOffset), toOffset))
  else f.do(i32.store8(to, i32.load8U(from, fromOffset), toOffset))
}

/** `bytes` copied: `(to, from, bytes)`. */
export const copyBytes = (context: Context): Callee =>
  context.function("copy bytes", 3, (f) => {
    const [to, from, bytes] = [f.integer(0), f.integer(1), f.integer(2)]
    const step = (size: number, move: () => void) => {
      f.while(i32.geU(bytes, i32.const(size)), () => {
        move()
        for (const pointer of [to, from]) pointer.set(i32.add(pointer, i32.const(size)))
        bytes.set(i32.sub(bytes, i32.const(size)))
      })
    }
    step(16, () => f.do(v128.store(to, v128.load(from))))
    step(4, () => f.do(i32.store(to, i32.load(from))))
    step(1, () => f.do(i32.store8(to, i32.load8U(from))))
  })

/** `count` elements of `bytes` each, `stride` elements apart, stored next to each other: `(to, from, count)`. */
export const copyStrided = (context: Context, bytes: number, stride: number): Callee =>
  context.function(`copy ${bytes} strided ${stride}`, 3, (f) => {
    const [to, from, count] = [f.integer(0), f.integer(1), f.integer(2)]
    f.while(i32.gtS(count, i32.const(0)), () => {
      moveElement(f, bytes, to, from)
      to.set(i32.add(to, i32.const(bytes)))
      if (stride !== 0) from.set(i32.add(from, i32.const(stride * bytes)))
      count.set(i32.sub(count, i32.const(1)))
    })
  })

/** One element repeated: `(to, from, count)`. */
const fillRow = (context: Context, bytes: number): Callee =>
  context.function(`fill ${bytes}`, 3, (f) => {
    const [to, from, count] = [f.integer(0), f.integer(1), f.integer(2)]
    if (bytes > 1) {
      const lanes = 16 / bytes
      const x = f.let(bytes === 8 ? v128.load64Splat(from) : v128.load32Splat(from))
      f.while(i32.geS(count, i32.const(lanes)), () => {
        f.do(v128.store(to, x))
        to.set(i32.add(to, i32.const(16)))
        count.set(i32.sub(count, i32.const(lanes)))
      })
    }
    f.call(copyStrided(context, bytes, 0), to, from, count)
  })

/** A row of `count` elements, `stride` apart, stored next to each other. */
export const copyRow = (
  f: FunctionWriter,
  context: Context,
  bytes: number,
  stride: number,
  to: I32,
  from: I32,
  count: I32
) => {
  if (stride === 1) f.call(copyBytes(context), to, from, bytes === 1 ? count : i32.mul(count, i32.const(bytes)))
  else f.call(stride === 0 ? fillRow(context, bytes) : copyStrided(context, bytes, stride), to, from, count)
}

/** The three reductions. */
export type Reducer = "sum" | "max" | "min"

/** What a reduction is computed in: floats in double precision, the others as they are. */
export const accumulatorType = (dtype: DType): "f64" | "i32" => isFloat(dtype) ? "f64" : "i32"

/** An element, as it is accumulated. */
export const loadWide = (dtype: DType, address: I32, offset = 0): Code<"f64" | "i32"> => {
  switch (dtype) {
    case "float64":
      return f64.load(address, offset)
    case "float32":
      return f64.promote(f32.load(address, offset))
    case "int32":
      return i32.load(address, offset)
    case "bool":
      return i32.load8U(address, offset)
  }
}

/** An accumulated value, as an element. */
export const storeNarrow = (f: FunctionWriter, dtype: DType, address: I32, value: Code<"f64" | "i32">): void => {
  // the accumulator's type follows from the dtype
  switch (dtype) {
    case "float64":
      return f.do(f64.store(address, value as F64))
    case "float32":
      return f.do(f32.store(address, f32.demote(value as F64)))
    case "int32":
      return f.do(i32.store(address, value as I32))
    case "bool":
      return f.do(i32.store8(address, value as I32))
  }
}

/** Two accumulated values in one. */
export const combine = (
  f: FunctionWriter,
  dtype: DType,
  reducer: Reducer,
  a: Code<"f64" | "i32">,
  b: Code<"f64" | "i32">
): Code<"f64" | "i32"> => {
  // the accumulator's type follows from the dtype
  if (isFloat(dtype)) {
    return f64[reducer === "sum" ? "add" : reducer](a as F64, b as F64)
  }
  if (reducer === "sum") return dtype === "bool" ? i32.or(a as I32, b as I32) : i32.add(a as I32, b as I32)
  const [x, y] = [f.let(a as I32), f.let(b as I32)]
  return i32.select(x, y, reducer === "max" ? i32.gtS(x, y) : i32.ltS(x, y))
}

/** What changes nothing. */
export const neutral = (dtype: DType, reducer: Reducer): Code<"f64" | "i32"> =>
  isFloat(dtype)
    ? f64.const(reducer === "sum" ? 0 : reducer === "max" ? -Infinity : Infinity)
    : i32.const(reducer === "sum" ? 0 : reducer === "max" ? -(2 ** 31) : 2 ** 31 - 1)

/**
 * A row of elements next to each other, reduced: `(from, count)`. Floats are added up in 8 or 16 lanes at once; a row is no
 * longer than a strip, so that few roundings meet in one lane.
 */
export const reduceRow = (context: Context, dtype: DType, reducer: Reducer): Callee =>
  context.function(`${reducer} row ${dtype}`, 2, (f) => {
    const [from, count] = [f.integer(0), f.integer(1)]
    const total = f.local<"f64" | "i32">(accumulatorType(dtype))
    total.set(neutral(dtype, reducer))
    const size = byteSize(dtype)
    if (isFloat(dtype)) {
      const [lanes, op] = dtype === "float64" ? [2, f64x2] as const : [4, f32x4] as const
      const pick = (x: V128, y: V128) => op[reducer === "sum" ? "add" : reducer](x, y)
      f.if(i32.geS(count, i32.const(4 * lanes)), () => {
        const sums = Array.from({ length: 4 }, (_, i) => f.let(v128.load(from, 16 * i)))
        const advance = () => {
          from.set(i32.add(from, i32.const(64)))
          count.set(i32.sub(count, i32.const(4 * lanes)))
        }
        advance()
        f.while(i32.geS(count, i32.const(4 * lanes)), () => {
          sums.forEach((sum, i) => sum.set(pick(sum, v128.load(from, 16 * i))))
          advance()
        })
        const all = f.let(pick(pick(sums[0]!, sums[1]!), pick(sums[2]!, sums[3]!)))
        for (let lane = 0; lane < lanes; lane++) {
          const one = dtype === "float64" ? f64x2.extract(all, lane) : f64.promote(f32x4.extract(all, lane))
          total.set(combine(f, dtype, reducer, total, one))
        }
      })
    }
    f.while(i32.gtS(count, i32.const(0)), () => {
      total.set(combine(f, dtype, reducer, total, loadWide(dtype, from)))
      from.set(i32.add(from, i32.const(size)))
      count.set(i32.sub(count, i32.const(1)))
    })
    f.return(total)
  }, accumulatorType(dtype))

/** A row of elements, accumulated element by element: `(accumulators, from, count)`. */
export const accumulateRow = (context: Context, dtype: DType, reducer: Reducer): Callee =>
  context.function(`${reducer} rows ${dtype}`, 3, (f) => {
    const [to, from, count] = [f.integer(0), f.integer(1), f.integer(2)]
    const [wide, size] = [accumulatorType(dtype) === "f64" ? 8 : 4, byteSize(dtype)]
    const advance = (n: number) => {
      to.set(i32.add(to, i32.const(n * wide)))
      from.set(i32.add(from, i32.const(n * size)))
      count.set(i32.sub(count, i32.const(n)))
    }
    if (isFloat(dtype)) {
      const op = (x: V128, y: V128) => f64x2[reducer === "sum" ? "add" : reducer](x, y)
      const load = (): V128 => dtype === "float64" ? v128.load(from) : f64x2.promoteLowF32x4(v128.load64Zero(from))
      f.while(i32.geS(count, i32.const(2)), () => {
        f.do(v128.store(to, op(v128.load(to), load())))
        advance(2)
      })
    }
    f.while(i32.gtS(count, i32.const(0)), () => {
      const known = isFloat(dtype) ? f64.load(to) : i32.load(to)
      const sum = combine(f, dtype, reducer, known, loadWide(dtype, from))
      // the accumulator's type follows from the dtype
      f.do(isFloat(dtype) ? f64.store(to, sum as F64) : i32.store(to, sum as I32))
      advance(1)
    })
  })

/** The value of `reduceRow`. */
export const reducedRow = (context: Context, dtype: DType, reducer: Reducer, from: I32, count: I32) =>
  callOf(reduceRow(context, dtype, reducer), accumulatorType(dtype), from, count)

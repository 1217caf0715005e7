/**
 * `threefry` and `random`: four blocks at a time.
 */
import { byteSize } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import { parity, rotations } from "../../ops/random/threefry.ts"
import { addressOf } from "../emit/context.ts"
import type { I32, V128 } from "../wasm/code.ts"
import { f32x4, f64x2, i32, i32x4, i64x2, v128 } from "../wasm/code.ts"
import type { FunctionWriter } from "../wasm/module.ts"
import type { Kernel, KernelCall } from "./kernel.ts"
import { at } from "./kernel.ts"

type Words = readonly [V128, V128]

/** The blocks of keys and counters: lanes of first words, and of second ones. */
const blocks = (f: FunctionWriter, [key0, key1]: Words, [counter0, counter1]: Words): Words => {
  const schedule = [key0, key1, f.let(v128.xor(v128.xor(key0, key1), i32x4.splat(i32.const(parity))))]
  const x = f.let(i32x4.add(counter0, key0))
  const y = f.let(i32x4.add(counter1, key1))
  for (let i = 0; i < 5; i++) {
    for (const n of rotations[i % 2]!) {
      x.set(i32x4.add(x, y))
      y.set(v128.xor(v128.or(i32x4.shl(y, i32.const(n)), i32x4.shrU(y, i32.const(32 - n))), x))
    }
    x.set(i32x4.add(x, schedule[(i + 1) % 3]!))
    y.set(i32x4.add(y, i32x4.add(schedule[(i + 2) % 3]!, i32x4.splat(i32.const(i + 1)))))
  }
  return [x, y]
}

/** The bytes of lanes of two vectors, counted through. */
const lanes = (...picked: ReadonlyArray<number>): ReadonlyArray<number> =>
  picked.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte))
const firstHalf = lanes(0, 4, 1, 5)
const secondHalf = lanes(2, 6, 3, 7)

/** Stores `count` elements of `bytes` bytes, or as many of them as two vectors have. */
const storeSome = (f: FunctionWriter, to: I32, bytes: number, vectors: ReadonlyArray<V128>, count: I32): void => {
  const each = 16 / bytes
  const kept = vectors.map((x) => f.let(x))
  f.if(i32.geS(count, i32.const(each * kept.length)), () => {
    kept.forEach((x, i) => f.do(v128.store(to, x, 16 * i)))
  }, () => {
    const store = bytes === 8 ? v128.store64Lane : v128.store32Lane
    for (let i = 0; i < each * kept.length; i++) {
      f.if(i32.gtS(count, i32.const(i)), () => f.do(store(to, kept[Math.floor(i / each)]!, i % each, i * bytes)))
    }
  })
}

/** Rounds cost more than what other kernels do with an element. */
const effort = (count: number) => ({ work: 20 * count, pauses: false })

export const threefry: Kernel = ({ f, operands: [key, counter], results: [result] }) => {
  const pairs = sizeOf(key!.aval.shape) / 2
  // words of four pairs, which stand beside each other in memory
  const pairsAt = (operand: KernelCall["operands"][number] | undefined, i: I32): Words => {
    const from = f.let(at(addressOf(operand!.place), i, 8))
    const [low, high] = [f.let(v128.load(from)), f.let(v128.load(from, 16))]
    return [f.let(v128.shuffle(low, high, lanes(0, 2, 4, 6))), f.let(v128.shuffle(low, high, lanes(1, 3, 5, 7)))]
  }
  f.for(i32.const(0), i32.const(pairs), 4, (i) => {
    const [x, y] = blocks(f, pairsAt(key, i), pairsAt(counter, i))
    const halves = [v128.shuffle(x, y, firstHalf), v128.shuffle(x, y, secondHalf)]
    storeSome(f, at(addressOf(result!), i, 8), 8, halves, f.let(i32.sub(i32.const(pairs), i)))
  })
  return effort(pairs)
}

/** Elements of four blocks. */
const elementsOf = (f: FunctionWriter, dtype: string, [x, y]: Words): ReadonlyArray<V128> => {
  if (dtype !== "float64") {
    const bits = v128.xor(x, y)
    if (dtype === "int32") return [bits]
    const one = f.hoist("float32 1", i32x4.splat(i32.const(0x3f800000)))
    return [f32x4.sub(v128.or(i32x4.shrU(bits, i32.const(9)), one), one)]
  }
  const one = f.hoist("float64 1", v128.const([0, 1].flatMap(() => [0, 0, 0, 0, 0, 0, 0xf0, 0x3f])))
  // the first word is the higher half of a number from 1 up to 2
  return [firstHalf, secondHalf].map((half) =>
    f64x2.sub(v128.or(i64x2.shrU(v128.shuffle(y, x, half), i32.const(12)), one), one)
  )
}

export const random: Kernel = ({ equation, f, operands: [key], results: [result] }) => {
  const { dtype, shape } = equation.results[0]!
  const size = sizeOf(shape.slice(key!.aval.shape.length - 1))
  const keys = sizeOf(key!.aval.shape) / 2
  const bytes = byteSize(dtype)
  const places = f.hoist("places", v128.const([0, 1, 2, 3].flatMap((n) => [n, 0, 0, 0])))
  const none = f.hoist("none", i32x4.splat(i32.const(0)))
  if (size === 0) return
  f.for(i32.const(0), i32.const(keys), 1, (k) => {
    const from = f.let(at(addressOf(key!.place), k, 8))
    const own: Words = [f.let(v128.load32Splat(from)), f.let(v128.load32Splat(from, 4))]
    const to = f.let(at(addressOf(result!), k, size * bytes))
    f.for(i32.const(0), i32.const(size), 4, (i) => {
      const drawn = blocks(f, own, [none, f.let(i32x4.add(i32x4.splat(i), places))])
      storeSome(f, at(to, i, bytes), bytes, elementsOf(f, dtype, drawn), f.let(i32.sub(i32.const(size), i)))
    })
  })
  return effort(sizeOf(shape))
}

/**
 * Sine and cosine of vectors, within 2 units in the last place over the whole domain; special cases as in C99, Annex F.
 *
 * Up to 10⁶ the argument is reduced by multiples of π/2 in parts (W. J. Cody and W. Waite, "Software Manual for the
 * Elementary Functions", 1980); a vector with a larger one, which no program meets often, goes to the host lane by lane.
 */
import type { V128 } from "../wasm/code.ts"
import { f32x4, f64x2, i32, i32x4, v128 } from "../wasm/code.ts"
import type { Callee } from "../wasm/module.ts"
import { callOf } from "../wasm/module.ts"
import type { Lanes } from "./lanes.ts"
import { eachLane, lanesOf } from "./lanes.ts"

/** π/2 in parts of 33 bits, so that the product with a whole number below 2²⁰ is exact, and what remains. */
const halfPi = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const

/** π/2 in parts as long as floats are, for products that are not rounded. */
const parts = {
  float32: [1.5707963705062866, -4.371138828673793e-8, -1.7151245100058819e-15],
  float64: [1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33]
} as const

const limit = 1e6

/** (−1)ᵏ/(2k + first)! for k = 1, 2, …: with |r| <= π/4 the first term left out is far below the last place. */
const series = (first: 0 | 1, terms: number): ReadonlyArray<number> => {
  let c = 1
  return Array.from({ length: terms }, (_, k) => c *= -1 / ((2 * k + 1 + first) * (2 * k + 2 + first)))
}
const sinTerms = { float32: series(1, 4), float64: series(1, 8) } as const
const cosTerms = { float32: series(0, 5), float64: series(0, 8) } as const

/** |x| = k·π/2 + r, and k as bits. */
interface Reduced {
  readonly k: V128
  readonly r: V128
}

/** With products that are not rounded: the first difference is exact, since |r| < 1. */
const reducedFused = (l: Lanes, x: V128): Reduced => {
  const t = l.let(l.madd(x, l.splat(2 / Math.PI), l.splat(l.magic)))
  const k = l.let(l.sub(t, l.splat(l.magic)))
  const r = parts[l.dtype].reduce<V128>((r, part) => l.nmadd(k, l.splat(part), r), x)
  return { k: l.let(l.bits.sub(t, l.splat(l.magic))), r: l.let(r) }
}

/** In double precision; the rounding of the second difference goes into the third. */
const reducedDoubles = (l: Lanes, x: V128): Reduced => {
  const k = l.let(l.nearest(l.mul(x, l.splat(2 / Math.PI))))
  const a = l.let(l.sub(x, l.mul(k, l.splat(halfPi[0]))))
  const second = l.let(l.mul(k, l.splat(halfPi[1])))
  const b = l.let(l.sub(a, second))
  const rest = l.sub(l.mul(k, l.splat(halfPi[2])), l.sub(l.sub(a, b), second))
  return { k, r: l.let(l.sub(b, rest)) }
}

/** For each precision; single precision in double precision, where products are rounded. */
const reduced = (l: Lanes, x: V128): Reduced => {
  if (l.fused) return reducedFused(l, x)
  if (l.dtype === "float64") {
    const { k, r } = reducedDoubles(l, x)
    return { k: l.let(l.toBits(k)), r }
  }
  const d = lanesOf("float64", l.f, false)
  const upper = v128.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15])
  const [low, high] = [
    reducedDoubles(d, l.let(f64x2.promoteLowF32x4(x))),
    reducedDoubles(d, l.let(f64x2.promoteLowF32x4(upper)))
  ]
  const joined = (a: V128, b: V128) =>
    l.let(v128.shuffle(a, b, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]))
  return {
    k: joined(i32x4.truncSatZeroF64x2(low.k), i32x4.truncSatZeroF64x2(high.k)),
    r: joined(f32x4.demoteZeroF64x2(low.r), f32x4.demoteZeroF64x2(high.r))
  }
}

/** sin(r + k·π/2) */
const quadrant = (l: Lanes, r: V128, k: V128): V128 => {
  const z = l.let(l.mul(r, r))
  const sine = l.let(l.madd(l.mul(r, z), l.polynomial(z, sinTerms[l.dtype]), r))
  const cosine = l.let(l.madd(z, l.polynomial(z, cosTerms[l.dtype]), l.splat(1)))
  const all = 8 * (l.dtype === "float64" ? 8 : 4) - 1
  const odd = l.bits.sub(l.splatBits(0n), v128.and(k, l.splatBits(1n)))
  const sign = l.bits.shl(l.bits.shrU(k, i32.const(1)), i32.const(all))
  return v128.xor(l.select(l.let(odd), cosine, sine), sign)
}

const withLarge = (l: Lanes, x: V128, host: Callee, near: (size: V128) => V128): V128 => {
  const size = l.let(l.abs(x))
  const y = l.f.let(near(size))
  // NaN and ∞ too
  l.f.if(v128.anyTrue(v128.not(l.le(size, l.splat(limit)))), () => {
    y.set(eachLane(l, x, (one) => callOf(host, "f64", one)))
  })
  return y
}

/** sin x; `host` is called for large arguments. */
export const sin = (l: Lanes, x: V128, host: Callee): V128 =>
  withLarge(l, x, host, (size) => {
    const { k, r } = reduced(l, size)
    return v128.xor(quadrant(l, r, k), v128.and(x, l.splat(-0)))
  })

/** cos x; `host` is called for large arguments. */
export const cos = (l: Lanes, x: V128, host: Callee): V128 =>
  withLarge(l, x, host, (size) => {
    const { k, r } = reduced(l, size)
    return quadrant(l, r, l.let(l.bits.add(k, l.splatBits(1n))))
  })

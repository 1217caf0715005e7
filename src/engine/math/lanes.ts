/**
 * Vectors of floats, with one vocabulary for both precisions, so that a function is written once.
 */
import type { FloatDType } from "../../core/dtype.ts"
import type { F64, V128 } from "../wasm/code.ts"
import { f32, f32x4, f64, f64x2, i32, i32x4, i64x2, v128 } from "../wasm/code.ts"
import type { FunctionWriter } from "../wasm/module.ts"

/** What both kinds of vectors can do. */
type Arithmetic = Pick<
  typeof f64x2,
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "min"
  | "max"
  | "pmin"
  | "pmax"
  | "abs"
  | "neg"
  | "sqrt"
  | "floor"
  | "ceil"
  | "trunc"
  | "nearest"
  | "eq"
  | "ne"
  | "lt"
  | "gt"
  | "le"
  | "ge"
>

const bytesOf = (array: Float32Array | Float64Array | BigInt64Array | Int32Array): ReadonlyArray<number> =>
  Array.from(new Uint8Array(array.buffer))

const floats = { float32: f32x4, float64: f64x2 } as const satisfies { readonly [D in FloatDType]: Arithmetic }
const integers = { float32: i32x4, float64: i64x2 } as const

/** Vectors of one precision, in one function. */
export interface Lanes extends Arithmetic {
  readonly dtype: FloatDType
  readonly f: FunctionWriter
  /** Does `madd` round once? */
  readonly fused: boolean
  /** x·y + z, and −x·y + z. */
  readonly madd: (x: V128, y: V128, z: V128) => V128
  readonly nmadd: (x: V128, y: V128, z: V128) => V128
  /** Number of lanes. */
  readonly width: 2 | 4
  /** Explicit bits of the significand, and the bias of the exponent (IEEE 754). */
  readonly mantissa: number
  readonly bias: number
  /** The same arithmetic on the bits. */
  readonly bits: Pick<typeof i64x2, "add" | "sub" | "shl" | "shrU">
  /** A value kept in a variable. */
  readonly let: (x: V128) => V128
  /** All lanes equal to `x`, rounded to the precision. */
  readonly splat: (x: number) => V128
  /** All lanes with these bits. */
  readonly splatBits: (x: bigint) => V128
  /** Where the mask is true `a`, else `b`. */
  readonly select: (mask: V128, a: V128, b: V128) => V128
  /** c₀ + x·(c₁ + x·(c₂ + …)). */
  readonly polynomial: (x: V128, coefficients: ReadonlyArray<number>) => V128
  /** The magnitude of `x` with the sign of `sign`. */
  readonly copySign: (x: V128, sign: V128) => V128
  /** 2ⁿ for the whole numbers n that are the bits of `n`, within the range of normal numbers. */
  readonly powerOfTwo: (n: V128) => V128
  /** What is added to make a float's whole part its lowest bits: 1.5·2^mantissa. */
  readonly magic: number
  /** Whole numbers as bits. */
  readonly toBits: (x: V128) => V128
  /** The upper bits, without the significand's, as whole numbers. */
  readonly exponent: (x: V128) => V128
}

/** The vectors of a precision, in a function under construction; `fused` where the machine multiplies and adds at once. */
export const lanesOf = (dtype: FloatDType, f: FunctionWriter, fused: boolean): Lanes => {
  const wide = dtype === "float64"
  const op: Arithmetic = floats[dtype]
  const bits = integers[dtype]
  const [mantissa, bias] = wide ? [52, 1023] : [23, 127]
  const magic = 1.5 * 2 ** mantissa
  const splat = (x: number): V128 =>
    f.hoist(
      `${dtype} ${Object.is(x, -0) ? "-0" : x}`,
      v128.const(bytesOf(wide ? Float64Array.of(x, x) : Float32Array.of(x, x, x, x)))
    )
  const splatBits = (x: bigint): V128 =>
    f.hoist(`${dtype} bits ${x}`, v128.const(bytesOf(wide ? BigInt64Array.of(x, x) : Int32Array.of(...four(x)))))
  const keep = (x: V128): V128 => f.let(x)
  const single = wide ? f64x2 : f32x4
  const madd = (x: V128, y: V128, z: V128) => fused ? single.relaxedMadd(x, y, z) : op.add(op.mul(x, y), z)
  return {
    ...op,
    dtype,
    f,
    width: wide ? 2 : 4,
    mantissa,
    bias,
    bits,
    let: keep,
    splat,
    splatBits,
    fused,
    madd,
    nmadd: (x, y, z) => fused ? single.relaxedNmadd(x, y, z) : op.sub(z, op.mul(x, y)),
    select: (mask, a, b) => fused ? bits.relaxedSelect(a, b, mask) : v128.select(a, b, mask),
    polynomial: (x, coefficients) =>
      coefficients.reduceRight<V128 | undefined>(
        (sum, c) => sum === undefined ? splat(c) : madd(sum, x, splat(c)),
        undefined
      )!,
    copySign: (x, sign) => v128.select(sign, x, splat(-0)),
    powerOfTwo: (n) => bits.shl(bits.add(n, splatBits(BigInt(bias))), i32.const(mantissa)),
    magic,
    toBits: (x) => bits.sub(op.add(x, splat(magic)), splat(magic)),
    exponent: (x) => {
      if (!wide) return f32x4.fromI32x4(i32x4.shrS(x, i32.const(mantissa)))
      const upper = keep(i32x4.shrS(x, i32.const(mantissa - 32)))
      return f64x2.fromLowI32x4(
        v128.shuffle(upper, upper, [4, 5, 6, 7, 12, 13, 14, 15, ...new Array<number>(8).fill(0)])
      )
    }
  }
}

const four = (x: bigint): ReadonlyArray<number> => new Array<number>(4).fill(Number(BigInt.asIntN(32, x)))

/** `g` of every lane, which is called with doubles. */
export const eachLane = ({ dtype, f, width }: Lanes, x: V128, g: (x: F64) => F64): V128 => {
  const source = f.let(x)
  const out = f.let(source)
  for (let lane = 0; lane < width; lane++) {
    out.set(
      dtype === "float64"
        ? f64x2.replace(out, lane, g(f64x2.extract(source, lane)))
        : f32x4.replace(out, lane, f32.demote(g(f64.promote(f32x4.extract(source, lane)))))
    )
  }
  return out
}

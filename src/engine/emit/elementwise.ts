/**
 * Elementwise primitives on registers.
 */
import type { DType } from "../../core/dtype.ts"
import { isFloat } from "../../core/dtype.ts"
import { exp, expm1, log, log1p, sech, sigmoid, silu, siluSlope, tanh } from "../math/exponential.ts"
import type { Lanes } from "../math/lanes.ts"
import { eachLane } from "../math/lanes.ts"
import { directionCosine, hypot, inversion } from "../math/plane.ts"
import { cos, sin } from "../math/trigonometric.ts"
import type { Named } from "../vocabulary.ts"
import type { F64, V128 } from "../wasm/code.ts"
import { f32, f32x4, f64, f64x2, i32, i32x4, v128 } from "../wasm/code.ts"
import { callOf } from "../wasm/module.ts"
import type { Context } from "./context.ts"
import type { HostName } from "./host.ts"
import type { Vectors } from "./vectors.ts"

/** Elements in registers. */
export interface Register {
  readonly dtype: DType
  readonly value: V128
}

/** What a lowering has to go by. */
interface At {
  readonly context: Context
  readonly v: Vectors
  /** The dtype of the result. */
  readonly dtype: DType
  /** Which derivative, of a family of functions. */
  readonly orders: ReadonlyArray<number>
}

type Lowering = (at: At, xs: ReadonlyArray<Register>) => V128

const values = (xs: ReadonlyArray<Register>): readonly [V128, V128, V128] =>
  // arity is checked by the shape rule of the primitive
  xs.map((x) => x.value) as unknown as readonly [V128, V128, V128]

/** A lowering for floats, and another for int32. */
const numeric =
  (float: (l: Lanes, x: V128, y: V128) => V128, integer: (v: Vectors, x: V128, y: V128) => V128): Lowering =>
  ({ v }, xs) => {
    const [x, y] = values(xs)
    const { dtype } = xs[0]!
    return isFloat(dtype) ? float(v.lanes(dtype), x, y) : integer(v, x, y)
  }

/** The same, and one for bools. */
const any = (
  float: (l: Lanes, x: V128, y: V128) => V128,
  integer: (v: Vectors, x: V128, y: V128) => V128,
  bool: (x: V128, y: V128) => V128
): Lowering =>
(at, xs) => {
  const [x, y] = values(xs)
  return xs[0]!.dtype === "bool" ? bool(x, y) : numeric(float, integer)(at, xs)
}

const floating = (f: (l: Lanes, x: V128, y: V128) => V128): Lowering =>
  numeric(f, () => {
    throw new Error("an int32 where the shape rule allows floats alone")
  })

const comparison = (
  float: (l: Lanes, x: V128, y: V128) => V128,
  integer: (x: V128, y: V128) => V128,
  bool: (x: V128, y: V128) => V128 = integer
): Lowering =>
(at, xs) => at.v.fromComparison(xs[0]!.dtype, any(float, (_, x, y) => integer(x, y), bool)(at, xs))

/** A function of the host, lane by lane. */
const hosted = (name: HostName): Lowering => ({ context, orders, v }, xs) => {
  const [x, y] = values(xs)
  const { dtype } = xs[0]!
  const callee = context.host(name)
  const more = orders.map((n) => f64.const(n))
  if (xs.length === 1) return eachLane(laneOf(v, dtype), x, (one) => callOf(callee, "f64", one, ...more))
  const [left, right] = [v.f.let(x), v.f.let(y)]
  const out = v.f.let(left)
  for (let lane = 0; lane < (dtype === "float64" ? 2 : v.width); lane++) {
    const of = (z: V128): F64 => dtype === "float64" ? f64x2.extract(z, lane) : f64.promote(f32x4.extract(z, lane))
    const result = callOf(callee, "f64", of(left), of(right), ...more)
    out.set(dtype === "float64" ? f64x2.replace(out, lane, result) : f32x4.replace(out, lane, f32.demote(result)))
  }
  return out
}

const laneOf = (v: Vectors, dtype: DType): Lanes => v.lanes(dtype === "float64" ? "float64" : "float32")

const vector = (f: (l: Lanes, x: V128) => V128): Lowering => floating((l, x) => f(l, x))

/** The remainder of int32, which is 0 where that of a number would be NaN. */
const remainder = (v: Vectors, x: V128, y: V128): V128 => {
  const [left, right] = [v.f.let(x), v.f.let(y)]
  const out = v.f.let(v.zero)
  for (let lane = 0; lane < v.width; lane++) {
    const divisor = i32x4.extract(right, lane)
    v.f.if(divisor, () => {
      out.set(i32x4.replace(out, lane, i32.remS(i32x4.extract(left, lane), divisor)))
    })
  }
  return out
}

/** What an int32 holds of floats: what lies outside goes through the host. */
const toInt32 = ({ context, v }: At, dtype: "float32" | "float64", x: V128): V128 => {
  const l = v.lanes(dtype)
  const source = v.f.let(x)
  const out = v.f.let(dtype === "float64" ? i32x4.truncSatZeroF64x2(source) : i32x4.truncSatF32x4(source))
  const outside = v128.not(l.lt(l.abs(source), l.splat(2 ** 31)))
  v.f.if(v128.anyTrue(outside), () => {
    for (let lane = 0; lane < v.width; lane++) {
      const one = dtype === "float64" ? f64x2.extract(source, lane) : f64.promote(f32x4.extract(source, lane))
      out.set(i32x4.replace(out, lane, i32.truncF64(callOf(context.host("toInt32"), "f64", one))))
    }
  })
  return out
}

const cast: Lowering = (at, [x]) => {
  const { dtype, v } = at
  const { dtype: from, value } = x!
  if (from === dtype) return value
  const one = (d: DType) => v.splat(d, 1)
  switch (dtype) {
    case "bool":
      return v.fromComparison(
        from,
        isFloat(from) ? v.lanes(from).ne(value, v.splat(from, 0)) : i32x4.ne(value, v.zero)
      )
    case "int32":
      return from === "bool" ? v128.and(v.maskFor("int32", value), one("int32")) : toInt32(at, from as "float64", value)
    case "float32":
      return from === "bool"
        ? v128.and(v.maskFor("float32", value), one("float32"))
        : from === "int32"
        ? f32x4.fromI32x4(value)
        : f32x4.demoteZeroF64x2(value)
    case "float64":
      return from === "bool"
        ? v128.and(value, one("float64"))
        : from === "int32"
        ? f64x2.fromLowI32x4(value)
        : f64x2.promoteLowF32x4(value)
  }
}

const logaddexp = (l: Lanes, x: V128, y: V128): V128 => {
  const tail = log1p(l, l.let(exp(l, l.let(l.neg(l.abs(l.sub(x, y)))))))
  return l.select(l.eq(x, y), l.add(x, l.splat(Math.LN2)), l.add(l.max(x, y), tail))
}

/** x for int32, which is whole. */
const same = (_: Vectors, x: V128): V128 => x

/** Every elementwise primitive; `copy` is the identity, by which views are stored, and `plusZero` a sum of one. */
const lowerings: { readonly [P in Named<"strip"> | "copy" | "plusZero"]: Lowering } = {
  copy: (_, [x]) => x!.value,
  plusZero: any((l, x) => l.add(x, l.splat(0)), (_, x) => x, (x) => x),
  abs: numeric((l, x) => l.abs(x), (_, x) => i32x4.abs(x)),
  acos: hosted("acos"),
  acosh: hosted("acosh"),
  add: any((l, x, y) => l.add(x, y), (_, x, y) => i32x4.add(x, y), v128.or),
  asin: hosted("asin"),
  asinh: hosted("asinh"),
  atan: hosted("atan"),
  atan2: hosted("atan2"),
  atanh: hosted("atanh"),
  cast,
  cbrt: hosted("cbrt"),
  ceil: numeric((l, x) => l.ceil(x), same),
  cos: (at, xs) => vector((l, x) => cos(l, x, at.context.host("cos")))(at, xs),
  cosh: hosted("cosh"),
  directionCosine: floating(directionCosine),
  div: floating((l, x, y) => l.div(x, y)),
  equal: comparison((l, x, y) => l.eq(x, y), i32x4.eq, (x, y) => v128.not(v128.xor(x, y))),
  erf: hosted("erf"),
  erfc: hosted("erfc"),
  erfcinv: hosted("erfcinv"),
  erfinv: hosted("erfinv"),
  exp: vector(exp),
  expm1: vector(expm1),
  floor: numeric((l, x) => l.floor(x), same),
  gelu: hosted("gelu"),
  i0: hosted("i0"),
  heaviside: floating((l, x, y) =>
    l.select(
      l.gt(x, y),
      l.splat(1),
      l.select(l.lt(x, y), l.splat(0), l.select(l.eq(x, y), l.splat(0.5), l.splat(NaN)))
    )
  ),
  hypot: floating(hypot),
  inversion: floating(inversion),
  less: comparison((l, x, y) => l.lt(x, y), i32x4.ltS),
  lessEqual: comparison((l, x, y) => l.le(x, y), i32x4.leS),
  lgamma: hosted("lgamma"),
  log: vector(log),
  log10: hosted("log10"),
  log1p: vector(log1p),
  log2: hosted("log2"),
  logaddexp: floating(logaddexp),
  logicalNot: (_, [x]) => v128.not(x!.value),
  lorentzFactor: floating((l, x) => l.div(l.splat(1), l.sqrt(l.mul(l.sub(l.splat(1), x), l.add(l.splat(1), x))))),
  maximum: numeric((l, x, y) => l.max(x, y), (_, x, y) => i32x4.maxS(x, y)),
  minimum: numeric((l, x, y) => l.min(x, y), (_, x, y) => i32x4.minS(x, y)),
  mul: any((l, x, y) => l.mul(x, y), (_, x, y) => i32x4.mul(x, y), v128.and),
  neg: numeric((l, x) => l.neg(x), (_, x) => i32x4.neg(x)),
  polygamma: hosted("polygamma"),
  pow: hosted("pow"),
  powDerivative: hosted("powDerivative"),
  // 0 where x <= 0, so that NaN stays
  relu: numeric((l, x) => v128.andNot(x, l.le(x, l.splat(0))), (v, x) => i32x4.maxS(x, v.zero)),
  rem: (at, xs) => xs[0]!.dtype === "int32" ? remainder(at.v, xs[0]!.value, xs[1]!.value) : hosted("rem")(at, xs),
  round: numeric((l, x) => l.nearest(x), same),
  sechSquared: vector((l, x) => {
    const s = l.let(sech(l, x))
    return l.mul(s, s)
  }),
  sigmoid: vector(sigmoid),
  sign: numeric(
    // NaN and −0 stay
    (l, x) => l.select(l.gt(x, l.splat(0)), l.splat(1), l.select(l.lt(x, l.splat(0)), l.splat(-1), x)),
    (v, x) => i32x4.maxS(i32x4.minS(x, v.splat("int32", 1)), v.splat("int32", -1))
  ),
  silu: (at, xs) => at.orders[0]! > 1 ? hosted("silu")(at, xs) : vector(at.orders[0] === 0 ? silu : siluSlope)(at, xs),
  sin: (at, xs) => vector((l, x) => sin(l, x, at.context.host("sin")))(at, xs),
  sincDerivative: hosted("sincDerivative"),
  sinh: hosted("sinh"),
  sqrt: floating((l, x) => l.sqrt(x)),
  sub: numeric((l, x, y) => l.sub(x, y), (_, x, y) => i32x4.sub(x, y)),
  tan: hosted("tan"),
  tanh: vector(tanh),
  trunc: numeric((l, x) => l.trunc(x), same),
  where: ({ dtype, v }, xs) => {
    const [mask, x, y] = values(xs)
    return v128.select(x, y, v.maskFor(dtype, mask))
  }
}

/** Those that are a few instructions: several of them share a loop. */
const simple: ReadonlySet<string> = new Set([
  ...[
    "copy",
    "plusZero",
    "abs",
    "add",
    "cast",
    "ceil",
    "div",
    "equal",
    "floor",
    "heaviside",
    "less",
    "lessEqual",
    "logicalNot",
    "lorentzFactor",
    "maximum"
  ],
  ...["minimum", "mul", "neg", "relu", "round", "sign", "sqrt", "sub", "trunc", "where"]
])

/** Is it only a few instructions? */
export const isSimple = (name: string): boolean => simple.has(name)

/** The value of an elementwise primitive. */
export const lower = (name: string, at: At, operands: ReadonlyArray<Register>): V128 =>
  // the schedule puts nothing else into strips
  lowerings[name as keyof typeof lowerings](at, operands)

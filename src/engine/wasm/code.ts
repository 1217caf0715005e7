/**
 * WebAssembly instructions as typed expressions: an operand of the wrong type does not compile.
 *
 * Source of the opcodes: WebAssembly core specification, §5.4, with SIMD, and the relaxed SIMD proposal.
 */
import type { Bytes } from "./bytes.ts"

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128"

/** The bytes that stand for the types in modules. */
export const typeCode: { readonly [T in ValueType]: number } = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b
}

/** An expression of type `T`. */
export interface Code<T extends ValueType = ValueType> {
  readonly type: T
  readonly write: (out: Bytes) => void
}

export type I32 = Code<"i32">
export type F32 = Code<"f32">
export type F64 = Code<"f64">
export type V128 = Code<"v128">

/** Writes an opcode: SIMD instructions, which have a prefix, are numbered from 0xfd000. */
const writeOpcode = (out: Bytes, opcode: number): void => {
  if (opcode < 0x100) return out.byte(opcode)
  out.byte(opcode >> 12)
  out.unsigned(opcode & 0xfff)
}

type Operands<A extends ReadonlyArray<ValueType>> = { readonly [K in keyof A]: Code<A[K]> }

/** An instruction without immediates. */
const instruction =
  <const A extends ReadonlyArray<ValueType>, R extends ValueType>(opcode: number, _: A, type: R) =>
  (...operands: Operands<A>): Code<R> => ({
    type,
    write: (out) => {
      for (let i = 0; i < operands.length; i++) operands[i]!.write(out)
      writeOpcode(out, opcode)
    }
  })

const unary = <T extends ValueType>(type: T, opcode: number) => instruction(opcode, [type], type)
const binary = <T extends ValueType>(type: T, opcode: number) => instruction(opcode, [type, type], type)
const compare = <T extends ValueType>(type: T, opcode: number) => instruction(opcode, [type, type], "i32")
const convert = <A extends ValueType, R extends ValueType>(from: A, opcode: number, to: R) =>
  instruction(opcode, [from], to)

/** A load from an address, with a constant offset. */
const load = <R extends ValueType>(opcode: number, type: R) => (address: I32, offset = 0): Code<R> => ({
  type,
  write: (out) => {
    address.write(out)
    writeOpcode(out, opcode)
    out.unsigned(0)
    out.unsigned(offset)
  }
})

/** A store. It has no value, so it is a statement. */
export type Statement = (out: Bytes) => void

const store =
  <T extends ValueType>(opcode: number, _: T) => (address: I32, value: Code<T>, offset = 0): Statement => (out) => {
    address.write(out)
    value.write(out)
    writeOpcode(out, opcode)
    out.unsigned(0)
    out.unsigned(offset)
  }

/** A store of one lane of a vector. */
const storeLane = (opcode: number) => (address: I32, value: V128, lane: number, offset = 0): Statement => (out) => {
  store(opcode, "v128")(address, value, offset)(out)
  out.byte(lane)
}

const floats = new DataView(new ArrayBuffer(8))

export const i32 = {
  const: (value: number): I32 => ({
    type: "i32",
    write: (out) => {
      out.byte(0x41)
      out.signed(value)
    }
  }),
  add: binary("i32", 0x6a),
  sub: binary("i32", 0x6b),
  mul: binary("i32", 0x6c),
  divU: binary("i32", 0x6e),
  remS: binary("i32", 0x6f),
  remU: binary("i32", 0x70),
  and: binary("i32", 0x71),
  or: binary("i32", 0x72),
  xor: binary("i32", 0x73),
  shl: binary("i32", 0x74),
  shrS: binary("i32", 0x75),
  shrU: binary("i32", 0x76),
  eqz: convert("i32", 0x45, "i32"),
  eq: compare("i32", 0x46),
  ne: compare("i32", 0x47),
  ltS: compare("i32", 0x48),
  ltU: compare("i32", 0x49),
  gtS: compare("i32", 0x4a),
  gtU: compare("i32", 0x4b),
  leS: compare("i32", 0x4c),
  leU: compare("i32", 0x4d),
  geS: compare("i32", 0x4e),
  geU: compare("i32", 0x4f),
  load: load(0x28, "i32"),
  load8U: load(0x2d, "i32"),
  store: store(0x36, "i32"),
  store8: store(0x3a, "i32"),
  truncF64: convert("f64", 0xaa, "i32"),
  /** The first where the third is not 0, else the second. */
  select: instruction(0x1b, ["i32", "i32", "i32"], "i32")
} as const

export const i64 = { load: load(0x29, "i64"), store: store(0x37, "i64"), extend: convert("i32", 0xac, "i64") } as const

export const f32 = {
  const: (value: number): F32 => ({
    type: "f32",
    write: (out) => {
      out.byte(0x43)
      floats.setFloat32(0, value, true)
      for (let i = 0; i < 4; i++) out.byte(floats.getUint8(i))
    }
  }),
  add: binary("f32", 0x92),
  load: load(0x2a, "f32"),
  store: store(0x38, "f32"),
  demote: convert("f64", 0xb6, "f32")
} as const

export const f64 = {
  const: (value: number): F64 => ({
    type: "f64",
    write: (out) => {
      out.byte(0x44)
      floats.setFloat64(0, value, true)
      for (let i = 0; i < 8; i++) out.byte(floats.getUint8(i))
    }
  }),
  add: binary("f64", 0xa0),
  sub: binary("f64", 0xa1),
  mul: binary("f64", 0xa2),
  div: binary("f64", 0xa3),
  sqrt: unary("f64", 0x9f),
  abs: unary("f64", 0x99),
  ge: compare("f64", 0x66),
  gt: compare("f64", 0x64),
  lt: compare("f64", 0x63),
  eq: compare("f64", 0x61),
  ne: compare("f64", 0x62),
  max: binary("f64", 0xa5),
  min: binary("f64", 0xa4),
  load: load(0x2b, "f64"),
  store: store(0x39, "f64"),
  promote: convert("f32", 0xbb, "f64"),
  fromI32: convert("i32", 0xb7, "f64")
} as const

const simd = (opcode: number): number => 0xfd000 + opcode
const vector1 = (opcode: number) => unary("v128", simd(opcode))
const vector2 = (opcode: number) => binary("v128", simd(opcode))
const vector3 = (opcode: number) => instruction(simd(opcode), ["v128", "v128", "v128"], "v128")
const shift = (opcode: number) => instruction(simd(opcode), ["v128", "i32"], "v128")
const reduceToBit = (opcode: number) => convert("v128", simd(opcode), "i32")

const extract = <R extends ValueType>(opcode: number, type: R) => (vector: V128, lane: number): Code<R> => ({
  type,
  write: (out) => {
    vector.write(out)
    writeOpcode(out, simd(opcode))
    out.byte(lane)
  }
})

const replace = <T extends ValueType>(opcode: number, _: T) => (vector: V128, lane: number, value: Code<T>): V128 => ({
  type: "v128",
  write: (out) => {
    vector.write(out)
    value.write(out)
    writeOpcode(out, simd(opcode))
    out.byte(lane)
  }
})

export const v128 = {
  load: load(simd(0x00), "v128"),
  load32Splat: load(simd(0x09), "v128"),
  load64Splat: load(simd(0x0a), "v128"),
  load32Zero: load(simd(0x5c), "v128"),
  load64Zero: load(simd(0x5d), "v128"),
  /** Two bytes, in the lowest lane of eight. */
  load16Splat: load(simd(0x08), "v128"),
  store: store(simd(0x0b), "v128"),
  store16Lane: storeLane(simd(0x59)),
  store32Lane: storeLane(simd(0x5a)),
  store64Lane: storeLane(simd(0x5b)),
  const: (bytes: ReadonlyArray<number>): V128 => ({
    type: "v128",
    write: (out) => {
      writeOpcode(out, simd(0x0c))
      out.append(bytes)
    }
  }),
  /** Byte `lanes[i]` of the two operands, counted through, becomes byte i. */
  shuffle: (a: V128, b: V128, lanes: ReadonlyArray<number>): V128 => ({
    type: "v128",
    write: (out) => {
      a.write(out)
      b.write(out)
      writeOpcode(out, simd(0x0d))
      out.append(lanes)
    }
  }),
  not: vector1(0x4d),
  and: vector2(0x4e),
  andNot: vector2(0x4f),
  or: vector2(0x50),
  xor: vector2(0x51),
  /** Bits of the first where the mask has ones, of the second where it has zeros. */
  select: vector3(0x52),
  anyTrue: reduceToBit(0x53)
} as const

export const i8x16 = { narrowS: vector2(0x65) } as const

export const i16x8 = { narrowS: vector2(0x85), extendLowU: vector1(0x89) } as const

export const i32x4 = {
  splat: convert("i32", simd(0x11), "v128"),
  extract: extract(0x1b, "i32"),
  replace: replace(0x1c, "i32"),
  eq: vector2(0x37),
  ne: vector2(0x38),
  ltS: vector2(0x39),
  gtS: vector2(0x3b),
  leS: vector2(0x3d),
  abs: vector1(0xa0),
  neg: vector1(0xa1),
  shl: shift(0xab),
  shrS: shift(0xac),
  shrU: shift(0xad),
  add: vector2(0xae),
  sub: vector2(0xb1),
  mul: vector2(0xb5),
  minS: vector2(0xb6),
  maxS: vector2(0xb8),
  extendLowU: vector1(0xa9),
  /** As `v128.select`, for masks of whole lanes. */
  relaxedSelect: vector3(0x10b),
  truncSatF32x4: vector1(0xf8),
  truncSatZeroF64x2: vector1(0xfc)
} as const

export const i64x2 = {
  splat: convert("i64", simd(0x12), "v128"),
  shl: shift(0xcb),
  shrS: shift(0xcc),
  shrU: shift(0xcd),
  add: vector2(0xce),
  sub: vector2(0xd1),
  eq: vector2(0xd6),
  ne: vector2(0xd7),
  ltS: vector2(0xd8),
  gtS: vector2(0xd9),
  extendLowS: vector1(0xc7),
  relaxedSelect: vector3(0x10c)
} as const

export const f32x4 = {
  splat: convert("f32", simd(0x13), "v128"),
  extract: extract(0x1f, "f32"),
  replace: replace(0x20, "f32"),
  eq: vector2(0x41),
  ne: vector2(0x42),
  lt: vector2(0x43),
  gt: vector2(0x44),
  le: vector2(0x45),
  ge: vector2(0x46),
  ceil: vector1(0x67),
  floor: vector1(0x68),
  trunc: vector1(0x69),
  nearest: vector1(0x6a),
  abs: vector1(0xe0),
  neg: vector1(0xe1),
  sqrt: vector1(0xe3),
  add: vector2(0xe4),
  sub: vector2(0xe5),
  mul: vector2(0xe6),
  div: vector2(0xe7),
  min: vector2(0xe8),
  max: vector2(0xe9),
  /** b where b < a, else a. One instruction, where `min` takes many. */
  pmin: vector2(0xea),
  /** b where a < b, else a. */
  pmax: vector2(0xeb),
  fromI32x4: vector1(0xfa),
  demoteZeroF64x2: vector1(0x5e),
  /** x·y + z, and −x·y + z. */
  relaxedMadd: vector3(0x105),
  relaxedNmadd: vector3(0x106)
} as const

export const f64x2 = {
  splat: convert("f64", simd(0x14), "v128"),
  extract: extract(0x21, "f64"),
  replace: replace(0x22, "f64"),
  eq: vector2(0x47),
  ne: vector2(0x48),
  lt: vector2(0x49),
  gt: vector2(0x4a),
  le: vector2(0x4b),
  ge: vector2(0x4c),
  ceil: vector1(0x74),
  floor: vector1(0x75),
  trunc: vector1(0x7a),
  nearest: vector1(0x94),
  abs: vector1(0xec),
  neg: vector1(0xed),
  sqrt: vector1(0xef),
  add: vector2(0xf0),
  sub: vector2(0xf1),
  mul: vector2(0xf2),
  div: vector2(0xf3),
  min: vector2(0xf4),
  max: vector2(0xf5),
  pmin: vector2(0xf6),
  pmax: vector2(0xf7),
  promoteLowF32x4: vector1(0x5f),
  fromLowI32x4: vector1(0xfe),
  relaxedMadd: vector3(0x107),
  relaxedNmadd: vector3(0x108)
} as const

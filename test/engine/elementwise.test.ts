/**
 * Every elementwise primitive, on every dtype that it takes: the engine gives what the reference gives, special values
 * included. Sizes are such that a strip is not full, that vectors are not full, and that there is nothing at all.
 */
import { expect, test } from "vitest"
import { Tensor } from "wengert"
import type { DType } from "wengert"
import { apply } from "../../src/core/operation.ts"
import type { Primitive } from "../../src/core/primitive.ts"
import { wayOf } from "../../src/engine/vocabulary.ts"
import { primitives } from "../../src/ops/vocabulary.ts"
import { expectAgreement, listOf } from "./support/run.ts"

const dtypes: ReadonlyArray<DType> = ["float64", "float32", "int32", "bool"]

const special: { readonly [D in DType]: ReadonlyArray<number> } = {
  float64: [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    2.5,
    -2.5,
    Infinity,
    -Infinity,
    NaN,
    5e-324,
    1e-310,
    1e300,
    -1e300,
    3,
    2 ** 31,
    -5e9
  ],
  float32: [0, -0, 1, -1, 0.5, -0.5, 2.5, -2.5, Infinity, -Infinity, NaN, 1e-45, 1e-40, 1e38, -1e38, 3, 2 ** 31, -5e9],
  int32: [0, 1, -1, 2, -2, 7, -7, 2 ** 31 - 1, -(2 ** 31), 65536, 12345, 3],
  bool: [0, 1, 1, 0]
}

/** Deterministic numbers: special ones, in all combinations of operands, and then ordinary ones. */
const operand = (dtype: DType, size: number, which: number): Tensor => {
  const values = special[dtype]
  const period = which === 0 ? 1 : values.length
  const element = (i: number): number => {
    if (i < 400) return values[Math.floor(i / period) % values.length]!
    const x = Math.sin((i + 1) * (which + 1) * 12.9898) * 43758.5453
    const fraction = x - Math.floor(x)
    return dtype === "bool"
      ? Number(fraction > 0.5)
      : dtype === "int32"
      ? Math.floor(200 * fraction - 100)
      : 20 * fraction - 10
  }
  return Tensor.make(Array.from({ length: size }, (_, i) => element(i)), { shape: [size], dtype })
}

/** How far vectors may be from the host's functions, in units of the last place; the others are the same arithmetic. */
const ulps: { readonly [name: string]: number } = {
  exp: 2,
  expm1: 3,
  log: 2,
  log1p: 2,
  // the reference is within 3 units itself
  // the host's own is not the nearest number either
  directionCosine: 3,
  hypot: 2,
  inversion: 4,
  // its five operations round to float32 here, in the reference once
  lorentzFactor: 4,
  sechSquared: 7,
  sigmoid: 4,
  tanh: 4,
  sin: 2,
  cos: 2
}

const operandDTypes = (name: string, dtype: DType): ReadonlyArray<DType> =>
  name === "where" ? ["bool", dtype, dtype] : [dtype, dtype]

const accepted = (primitive: Primitive): ReadonlyArray<DType> =>
  dtypes.filter((dtype) => {
    const avals = operandDTypes(primitive.name, dtype).slice(0, primitive.arity).map((d) => ({ shape: [], dtype: d }))
    try {
      primitive.infer(avals, paramsOf(primitive.name))
      return true
    } catch {
      return false
    }
  })

const paramsOf = (name: string) =>
  name === "cast" ? { dtype: "float64" } : name === "powDerivative" ? { x: 1, y: 1 } : { order: 1 }

const elementwise = (Object.values(primitives) as ReadonlyArray<Primitive>).filter((p) =>
  wayOf(p.name) === "strip" && p.name !== "cast"
)

test("there are as many as there should be", () => {
  expect(elementwise.length).toBeGreaterThan(45)
})

test.each(elementwise.flatMap((p) => accepted(p).map((dtype) => [p.name, dtype, p] as const)))(
  "%s of %s",
  (name, dtype, primitive) => {
    for (const size of [0, 1, 2, 3, 5, 1500]) {
      const args = operandDTypes(name, dtype).slice(0, primitive.arity).map((d, i) => operand(d, size, i))
      const list = listOf((...xs) => apply(primitive, xs, paramsOf(name)), args)
      // both are sums that cancel somewhere
      if (name === "logaddexp" || name === "silu") {
        expectAgreement(list, args, { share: dtype === "float64" ? 1e-15 : 3e-7 })
      } else expectAgreement(list, args, { ulps: ulps[name] ?? 0 })
    }
  }
)

test.each(dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const)))("cast of %s to %s", (from, to) => {
  for (const size of [0, 1, 3, 1500]) {
    const args = [operand(from, size, 0)]
    expectAgreement(listOf((x) => apply(primitives.cast, [x], { dtype: to }), args), args)
  }
})

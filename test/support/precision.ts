/**
 * The sweep: where every elementwise op is compared with the oracle, and the table that the oracle has made of it.
 */
import { readFileSync } from "node:fs"
import type { exact } from "./oracle.ts"

export type Name = keyof typeof exact

/** A point, and the derivatives there: in the order of `ordersOf`. */
export interface Row {
  readonly at: ReadonlyArray<number>
  readonly derivatives: ReadonlyArray<number>
}

/** All orders up to 2. */
export const ordersOf = (operands: number): ReadonlyArray<ReadonlyArray<number>> =>
  operands === 1 ? [[0], [1], [2]] : [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]

const f32 = Math.fround
const { MAX_VALUE, MIN_VALUE } = Number
const both = (xs: ReadonlyArray<number>): ReadonlyArray<number> => [...xs.filter((x) => x !== 0).map((x) => -x), ...xs]
/** Near 0: of the subnormal numbers of both formats, and of the normal ones. */
const tiny = [
  MIN_VALUE,
  1e-310,
  1e-200,
  f32(1e-45),
  f32(1e-40),
  f32(1e-30),
  f32(1e-20),
  f32(1e-10),
  f32(1e-5),
  f32(0.01)
]
const middle = [f32(0.3), 0.5, 0.75, 1, 1.25, 2, f32(3.7)]
/** Where exponentials saturate, in both formats. */
const saturating = [5, 10, 13, 18, 20, 30, 37.43, 40, 60, 80, 88, 100, 250, 350, 372, 500, 700, 709, 740]
/** Up to the largest numbers of both formats. */
const huge = [1e3, 1e5, 1e8, f32(1e16), f32(1e20), f32(1e38), 1e100, 1e154, 1e160, 1e200, 1e300, MAX_VALUE]
/** Beside 1, by units in the last place of both formats and more. */
const gaps = [2 ** -53, 1e-12, 2 ** -24, 2 ** -12, 2 ** -6]
const belowOne = gaps.map((d) => 1 - d)
const aboveOne = gaps.map((d) => 1 + 2 * d)

const real = [0, ...both([...tiny, ...middle, ...saturating, ...huge])]
/** Where exponentials are numbers that decimal arithmetic has. */
const growing = real.filter((x) => x < 1e8)
const symmetric = growing.filter((x) => x > -1e8)
const positive = [...tiny, ...middle, ...belowOne, ...aboveOne, ...saturating.filter((x) => x < 60), ...huge]
const inside = [0, ...both([...tiny, f32(0.3), 0.5, 0.75, ...belowOne])]
const angles = [0, ...both([...tiny, ...middle, 10, 100, 1e5, f32(1e10), 1e16])]
const gamma = [...tiny, ...middle, ...saturating.slice(0, 8), ...huge.slice(0, 7), -0.5, -1.25, -2.75, -10.5]

const unary: { readonly [N in Name]?: ReadonlyArray<number> } = {
  acos: inside,
  acosh: [...aboveOne, 1.25, 2, f32(3.7), 10, ...huge],
  asin: inside,
  asinh: real,
  atan: real,
  atanh: inside,
  cbrt: both(positive),
  cos: angles,
  cosh: symmetric,
  digamma: gamma,
  erf: real,
  erfc: real,
  erfcinv: [...tiny, f32(0.3), 0.75, 1, 1.25, 1.9, ...belowOne, ...aboveOne],
  erfinv: inside,
  exp: growing,
  exp2: [...growing, 1023.5, 1024 + 2e-13, -1074, -1060, 127.5, -140],
  expm1: growing,
  gelu: real,
  i0: [...symmetric, ...both([24, 29.5, 713.5])].filter((x) => Math.abs(x) < 714),
  lgamma: gamma.filter((x) => x !== 1 && x !== 2),
  log: positive,
  log10: positive,
  log1p: [...both(tiny), ...middle, ...belowOne.map((x) => -x), ...huge],
  log2: positive,
  neg: real,
  reciprocal: both(positive),
  rsqrt: positive,
  sigmoid: real,
  silu: real,
  sin: angles,
  sinc: [0, ...both([...tiny, f32(0.3), 0.75, 1.25, f32(3.7), 20.25])],
  sinh: symmetric,
  softplus: real,
  sqrt: positive,
  square: real,
  tan: angles,
  tanh: real
}

const grid = (xs: ReadonlyArray<number>, ys: ReadonlyArray<number>) => xs.flatMap((x) => ys.map((y) => [x, y] as const))
const sizes = [1e-200, f32(1e-30), f32(1e-10), f32(0.3), 1, f32(3.7), f32(1e10), f32(1e30), 1e200]
/** None as large as one of the others: on the diagonals some derivatives are zeros. */
const others = sizes.map((x) => x < 1e-100 || x > 1e100 ? 1.5 * x : f32(1.5 * x))
const plane = grid(both(sizes), both(others))

const pairs: { readonly [N in Name]?: ReadonlyArray<readonly [number, number]> } = {
  add: plane,
  // not so near the cut along the negative axis that a step leads across
  atan2: [
    ...plane.filter(([y, x]) => x > 0 || y / x < -1e-15 || y / x > 1e-15),
    ...grid([0], others),
    ...grid(both(sizes), [0])
  ],
  div: plane,
  hypot: [...plane, ...grid([0], both(sizes)), ...grid(both(sizes), [0])],
  logaddexp: grid(both([0, f32(0.3), 5, 37.43, 80, 700, 1e5]), both([0.5, 20, 350, 740, f32(1e30)])),
  mul: plane,
  pow: [
    ...grid([1e-310, 1e-200, f32(1e-30), f32(0.01), 0.75, 1, 1 + 2 ** -20, 2, f32(3.7), f32(1e10), f32(1e30), 1e200], [
      ...both([MIN_VALUE, 1e-10, f32(0.01), 0.5, 1, 1.5, 2, 3, 10, 100, 1000]),
      0
    ])
  ],
  rem: grid(both([0.25, 1, f32(7.3), 100, 12345678]), both([0.1, f32(0.3), f32(0.7), 1.3, f32(3.7), f32(1e5)])),
  sub: plane
}

/** Where each op is tried. */
export const points: { readonly [N in Name]?: ReadonlyArray<ReadonlyArray<number>> } = {
  ...Object.fromEntries(Object.entries(unary).map(([name, xs]) => [name, [...new Set(xs)].map((x) => [x])])),
  ...pairs
}

const file = new URL("../ops/precision.reference.json", import.meta.url)

/** Numbers that JSON has no words for. */
const numberOf = (x: number | string): number => typeof x === "string" ? Number(x) : x

/** The table: made by `scripts/precision-table.ts` out of the oracle, and so big that it is kept. */
export const readTable = (): Readonly<Record<string, ReadonlyArray<Row>>> =>
  Object.fromEntries(
    Object.entries(
      JSON.parse(readFileSync(file, "utf8")).ops as Record<string, ReadonlyArray<ReadonlyArray<number | string>>>
    )
      .map(([name, rows]) => {
        const operands = name in unary ? 1 : 2
        return [
          name,
          rows.map((row) => {
            const numbers = row.map(numberOf)
            return { at: numbers.slice(0, operands), derivatives: numbers.slice(operands) }
          })
        ]
      })
  )

/**
 * Every elementwise op and its derivatives to order 2, over its whole domain, against the oracle: relative errors below
 * 1e-12 in float64 and 1e-5 in float32, wherever the true value is representable.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { FloatDType } from "../../src/core/dtype.ts"
import * as w from "../../src/index.ts"
import { derivativeAt, exact } from "../support/oracle.ts"
import type { Name, Row } from "../support/precision.ts"
import { ordersOf, points, readTable } from "../support/precision.ts"

type X = w.Tensor<any, any>
type F = (...xs: ReadonlyArray<X>) => Effect.Effect<X, any>
type Mode = "forward" | "reverse"

const table = readTable()
const names = Object.keys(points) as ReadonlyArray<Name>

/** The derivative by operand `k`, elementwise: the others are constants. */
const partial = (f: F, k: number, mode: Mode): F => (...xs) => {
  const through = (x: X): Effect.Effect<w.Tensor, any> => f(...xs.with(k, x))
  return mode === "reverse"
    ? w.grad((x: X) => w.sum(through(x)))(xs[k]!)
    : Effect.map(w.jvp(through, [xs[k]!], [w.Tensor.ones(xs[k]!.shape, xs[k]!.dtype as FloatDType)]), ([, dy]) => dy)
}

/** What the library gives for a derivative, in a mode for each order, the innermost first. */
const computed = (
  f: F,
  rows: ReadonlyArray<ReadonlyArray<number>>,
  orders: ReadonlyArray<number>,
  modes: ReadonlyArray<Mode>,
  dtype: FloatDType
): ReadonlyArray<number> => {
  const along = orders.flatMap((n, k) => Array.from({ length: n }, () => k))
  const g = along.reduce((h, k, i) => partial(h, k, modes[i]!), f)
  const xs = orders.map((_, k) => w.Tensor.make(rows.map((row) => row[k]!), { dtype }))
  return Array.from(Effect.runSync(w.Tensor.data(Effect.runSync(g(...xs)))))
}

const limits = {
  float64: { largest: Number.MAX_VALUE, quantum: Number.MIN_VALUE, tolerance: 1e-12 },
  float32: { largest: (2 - 2 ** -23) * 2 ** 127, quantum: 2 ** -149, tolerance: 1e-5 }
} as const

/** Is it right: to the tolerance, or where the value is subnormal to some quanta; beyond the largest number, not finite? */
const isRight = (got: number, want: number, dtype: FloatDType): boolean => {
  const { largest, quantum, tolerance } = limits[dtype]
  const error = Math.abs(got - want)
  return error <= tolerance * Math.abs(want) + 64 * quantum ||
    (Math.abs(want) >= largest * (1 - tolerance) && !Number.isFinite(got))
}

const combinations: ReadonlyArray<ReadonlyArray<ReadonlyArray<Mode>>> = [
  [[]],
  [["forward"], ["reverse"]],
  [["forward", "forward"], ["reverse", "reverse"], ["reverse", "forward"]]
]

const offenders = (name: Name, rows: ReadonlyArray<Row>, dtype: FloatDType): ReadonlyArray<string> => {
  const f = (w as unknown as Record<string, F>)[name]!
  return ordersOf(rows[0]!.at.length).flatMap((orders, o) =>
    combinations[orders.reduce((a, b) => a + b, 0)]!.flatMap((modes) => {
      const got = computed(f, rows.map(({ at }) => at), orders, modes, dtype)
      return rows.flatMap(({ at, derivatives }, i) =>
        isRight(got[i]!, derivatives[o]!, dtype)
          ? []
          : [
            `${name}${JSON.stringify(orders)} at ${at.join(", ")} (${modes.join(", ")}): ${got[i]} for ${
              derivatives[o]
            }`
          ]
      )
    })
  )
}

describe.each(names)("%s", (name) => {
  const rows = table[name]!

  it("is in the table as the oracle has it", () => {
    expect(rows.map(({ at }) => at)).toEqual(points[name])
    const orders = ordersOf(rows[0]!.at.length)
    fc.assert(
      fc.property(fc.nat(rows.length - 1), fc.nat(orders.length - 1), (i, o) => {
        expect(derivativeAt(exact[name], rows[i]!.at, orders[o]!) + 0).toBe(rows[i]!.derivatives[o]! + 0)
      }),
      { numRuns: 2 }
    )
  })

  it("has relative errors below 1e-12 in float64, to order 2", () => {
    expect(offenders(name, rows, "float64")).toEqual([])
  })

  it("has relative errors below 1e-5 in float32, to order 2", () => {
    const { largest } = limits.float32
    const representable = rows.filter(({ at }) => at.every((x) => Math.fround(x) === x && Math.abs(x) <= largest))
    expect(representable.length).toBeGreaterThan(5)
    expect(offenders(name, representable, "float32")).toEqual([])
  })
})

/**
 * Every elementwise op and its derivatives to order 2, over its whole domain, against the oracle: relative errors below
 * 1e-12 in float64 and 1e-5 in float32, wherever the true value is representable.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { FloatDType } from "../../src/core/dtype.ts"
import { combinations, derivative, isRight, limits, opOf, valuesAt } from "../support/derivatives.ts"
import { derivativeAt, exact } from "../support/oracle.ts"
import type { Name, Row } from "../support/precision.ts"
import { ordersOf, points, readTable } from "../support/precision.ts"

const table = readTable()
const names = Object.keys(points) as ReadonlyArray<Name>

const offenders = (name: Name, rows: ReadonlyArray<Row>, dtype: FloatDType): ReadonlyArray<string> => {
  return ordersOf(rows[0]!.at.length).flatMap((orders, o) =>
    combinations[orders.reduce((a, b) => a + b, 0)]!.flatMap((modes) => {
      const got = valuesAt(derivative(opOf(name), orders, modes), rows.map(({ at }) => at), dtype)
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

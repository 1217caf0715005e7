/**
 * Writes test/ops/precision.reference.json: every elementwise op and its derivatives to order 2, at the points of the
 * sweep, rounded to doubles from 25 digits or more by the oracle. It takes some minutes; given names of ops, it does
 * those alone.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { derivativeAt, exact } from "../test/support/oracle.ts"
import type { Name } from "../test/support/precision.ts"
import { ordersOf, points } from "../test/support/precision.ts"

const file = new URL("../test/ops/precision.reference.json", import.meta.url)

const source = [
  "Made by scripts/precision-table.ts: central differences in decimal arithmetic (test/support/oracle.ts), right to 25",
  "digits and rounded to doubles. A row is a point, as the doubles it names, and f, f', f''; for two operands f, fx, fy,",
  "fxx, fxy, fyy."
]

const ops: Record<string, ReadonlyArray<ReadonlyArray<number | string>>> = existsSync(file)
  ? JSON.parse(readFileSync(file, "utf8")).ops
  : {}

const write = (): void => {
  const tables = Object.keys(ops).toSorted().map((name) =>
    `    "${name}": [\n${ops[name]!.map((row) => `      ${JSON.stringify(row)}`).join(",\n")}\n    ]`
  )
  const lines = source.map((line) => `    ${JSON.stringify(line)}`).join(",\n")
  writeFileSync(file, `{\n  "source": [\n${lines}\n  ],\n  "ops": {\n${tables.join(",\n")}\n  }\n}\n`)
}

const asked = process.argv.slice(2)
for (const [name, at] of Object.entries(points)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const started = performance.now()
  ops[name] = at.map((xs) => {
    const derivatives = ordersOf(xs.length).map((orders) => derivativeAt(exact[name as Name], xs, orders))
    return [...xs, ...derivatives].map((x) => Number.isFinite(x) ? x : String(x))
  })
  write()
  process.stdout.write(`${name}: ${at.length} points, ${Math.round(performance.now() - started)} ms\n`)
}

import { readdirSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import * as wengert from "../../src/index.ts"
import { table } from "./table.ts"

/** Ops without a derivative: their results are constants, or numbers to count with. */
const { ceil, floor, floorDivide, round, sign, trunc } = wengert
const steps: { readonly [name: string]: Laws.Program<[wengert.Tensor], wengert.OpError> } = {
  ...{ ceil, floor, round, sign, trunc },
  floorDivide: (x) => floorDivide(x, 0.75)
}
const others = [
  ...["equal", "greater", "greaterEqual", "isFinite", "isInf", "isNaN", "less", "lessEqual", "notEqual"],
  ...["logicalAnd", "logicalNot", "logicalOr", "any", "all"],
  ...["argmax", "argmin", "argsort", "oneHot"],
  // what it is has a law of its own
  "stopGradient"
]

/** The exports that come from the vocabulary. */
const vocabulary = async (): Promise<ReadonlyArray<string>> => {
  const ops = new URL("../../src/ops/", import.meta.url)
  const modules = await Promise.all(
    readdirSync(ops, { encoding: "utf8", recursive: true }).filter((file) => file.endsWith(".ts")).map((file) =>
      import(new URL(file, ops).href)
    )
  )
  const all = new Set(modules.flatMap((module) => Object.values(module as object)))
  // custom functions have the rules of their users
  return Object.entries(wengert)
    .filter(([name, value]) => typeof value === "function" && all.has(value) && !name.startsWith("custom"))
    .map(([name]) => name)
}

test("every op with a derivative is in the table", async () => {
  expect((await vocabulary()).toSorted()).toEqual([...Object.keys(table), ...Object.keys(steps), ...others].toSorted())
})

describe.each(Object.entries(table))("%s", (name, entries) => {
  test.each(entries.map((entry, i) => [entries.length === 1 ? "all laws" : `all laws (${i + 1})`, entry] as const))(
    "%s",
    (_, entry) => {
      Laws.check(Laws.primitive(entry.f, { name, runs: 4, ...entry }))
    }
  )
})

test.each(Object.entries(steps))("%s is a step: its gradient is 0, by having no connection", (_, step) => {
  Laws.check(Laws.stopsGradient(step, Laws.tensors([[3]], { elements: Laws.real(-2, 2) })))
})

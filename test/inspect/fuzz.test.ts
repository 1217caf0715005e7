/**
 * Documents of real programs, damaged at random: each is refused with a `TraceDecodeError`, or it is a valid document of
 * another list, which can be written, read again and run.
 */
import { Cause, Effect, Exit } from "effect"
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { Tensor, Trace, TraceDecodeError } from "wengert"
import { sizeOf } from "../../src/core/shape.ts"
import { subTraces } from "../../src/core/structure.ts"
import { dataOf, isConcrete } from "../../src/core/tensor.ts"
import { avalsOf } from "../../src/core/trace.ts"
import { flatten, unflatten } from "../../src/core/tree.ts"
import { validDocument } from "./documents.ts"
import { examples, family, listOf } from "./programs.ts"

type Json = null | boolean | number | string | Array<Json> | { [key: string]: Json }

/** Texts of the documents of small programs of all kinds. */
const documents: ReadonlyArray<string> = [
  JSON.stringify(validDocument()),
  ...examples.filter(({ name }) => name !== "linearSolve").flatMap(family).flatMap((example) => {
    const text = JSON.stringify(Effect.runSync(Trace.encode(listOf(example))))
    return text.length < 20_000 ? [text] : []
  })
]

/** What somebody might write in place of anything. */
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    2,
    3,
    0.5,
    64,
    1e9,
    2 ** 31,
    2 ** 53,
    NaN,
    Infinity,
    "",
    "*",
    "NaN"
  ),
  fc.constantFrom<unknown>(
    "float64[]",
    "float64[3]",
    "float32[3]",
    "int32[3]",
    "bool[3]",
    "float64[0]",
    "float64[4294967297]"
  ),
  fc.constantFrom<unknown>(
    "sin",
    "add",
    "where",
    "cond",
    "scan",
    "concat",
    "reshape",
    "sum",
    "constructor",
    "__proto__"
  ),
  fc.constantFrom("[]", "{}", "[[]]", "[0]", "[0, 1]", "[-1]", `["*"]`, `{ "a": "*" }`).map((text): unknown =>
    JSON.parse(text)
  ),
  fc.constantFrom<unknown>(undefined, () => 1, 1n, Symbol.iterator),
  fc.jsonValue()
)

const edit = fc.record({
  /** Where: an index into the list of all places. */
  at: fc.nat(),
  /** Where from, for edits that move something. */
  from: fc.nat(),
  how: fc.constantFrom("replace", "remove", "duplicate", "copy", "swap", "nudge", "truncate", "flip"),
  value: hostile,
  by: fc.constantFrom(-2, -1, 1, 2, 7)
})

type Place = readonly [parent: any, key: string | number]

const placesIn = (value: unknown): Array<Place> =>
  typeof value !== "object" || value === null
    ? []
    : Object.keys(value).flatMap((key) => [[value, key] as const, ...placesIn((value as any)[key])])

/** What holds functions cannot be cloned. */
const cloneOf = (value: unknown): unknown => {
  try {
    return structuredClone(value)
  } catch {
    return null
  }
}

const apply = (
  document: Json,
  { at, by, from, how, value }: typeof edit extends fc.Arbitrary<infer E> ? E : never
): void => {
  const places = placesIn(document)
  const [parent, key] = places[at % places.length]!
  const [other, otherKey] = places[from % places.length]!
  const old = parent[key]
  switch (how) {
    case "replace":
      parent[key] = value
      break
    case "remove":
      if (Array.isArray(parent)) parent.splice(Number(key), 1)
      else delete parent[key]
      break
    case "duplicate":
      if (Array.isArray(parent)) parent.splice(Number(key), 0, old)
      break
    case "copy":
      parent[key] = cloneOf(other[otherKey])
      break
    case "swap":
      if (Array.isArray(parent)) {
        const i = from % parent.length
        parent.splice(Number(key), 1, parent[i])
        parent.splice(i, 1, old)
      }
      break
    case "nudge":
      if (typeof old === "number") parent[key] = old + by
      break
    case "truncate":
      if (typeof old === "string" || Array.isArray(old)) parent[key] = old.slice(0, from % (old.length + 1))
      break
    case "flip":
      if (typeof old === "boolean") parent[key] = !old
      if (typeof old === "string" && old !== "") {
        const i = from % old.length
        parent[key] = old.slice(0, i) + String.fromCharCode(old.charCodeAt(i) + by) + old.slice(i + 1)
      }
  }
}

/** Can it be run in a test? Loops may have become long, or endless, and tensors large. */
const isSmall = (list: Trace): boolean =>
  avalsOf(list).every(({ shape }) => sizeOf(shape) <= 10_000) &&
  list.equations.every((equation) =>
    equation.primitive.name !== "while" &&
    (equation.primitive.name !== "scan" || Number(equation.params["length"]) <= 100) &&
    subTraces(equation).every(([, sub]) => isSmall(sub))
  )

const argumentsFor = (list: Trace): ReadonlyArray<unknown> =>
  unflatten(list.argumentTree, list.inputs.map(({ dtype, shape }) => Tensor.ones(shape, dtype))) as ReadonlyArray<
    unknown
  >

const outcomes = { refused: 0, read: 0, ran: 0 }

it("every damaged document is refused, or is a valid one", () => {
  fc.assert(
    fc.property(fc.nat(documents.length - 1), fc.array(edit, { minLength: 1, maxLength: 3 }), (which, edits) => {
      const document: Json = JSON.parse(documents[which]!)
      for (const e of edits) apply(document, e)
      const exit = Effect.runSyncExit(Trace.decode(document))
      if (Exit.isFailure(exit)) {
        const error = Cause.squash(exit.cause)
        if (!(error instanceof TraceDecodeError)) throw error
        outcomes.refused++
        return
      }
      outcomes.read++
      const list = exit.value
      const written = Effect.runSync(Trace.encode(list))
      expect(Trace.equals(Effect.runSync(Trace.decode(JSON.parse(JSON.stringify(written)))), list)).toBe(true)
      Trace.print(list)
      const args = argumentsFor(list)
      if (!Array.isArray(args) || !isSmall(list)) return
      const ran = Effect.runSyncExit(Trace.evaluate(list, args))
      if (Exit.isFailure(ran) && Cause.hasDies(ran.cause)) throw Cause.squash(ran.cause)
      if (Exit.isFailure(ran)) return
      outcomes.ran++
      const { leaves } = flatten("test", ran.value)
      for (const x of leaves) expect(isConcrete(x) && dataOf(x).length).toBe(sizeOf(x.shape))
    }),
    { numRuns: 4000 }
  )
  // both happen often, so that both are tested
  expect(outcomes.refused).toBeGreaterThan(1000)
  expect(outcomes.ran).toBeGreaterThan(200)
})

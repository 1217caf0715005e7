import { Effect } from "effect"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import { show } from "../../laws/trees.ts"
import type { Tensor } from "../../src/index.ts"
import { Trace, trace } from "../../src/index.ts"

type F = Laws.RandomProgram["f"]
type Args = ReadonlyArray<Tensor>

test.each<readonly [string, (f: F, args: Args) => Laws.Law, number]>([
  ["derivatives are limits of differences", (f, args) => Laws.gradient(f, args, { order: 2, kinks: "skip" }), 25],
  ["reverse mode is adjoint to forward mode", (f, args) => Laws.duality(f, args), 40],
  ["transformations leave the value alone", (f, args) => Laws.valueUnchanged(f, args), 40],
  ["jvp is linear", (f, args) => Laws.jvpLinear(f, args), 40],
  ["vjp is linear", (f, args) => Laws.vjpLinear(f, args), 40],
  ["linearize is jvp", (f, args) => Laws.linearizeIsJvp(f, args), 40],
  ["masks add up", (f, args) => Laws.masksAddUp(f, args), 40],
  ["stopGradient stops", (f, args) => Laws.stopsGradient(f, args), 40],
  ["Jacobians agree", (f, args) => Laws.jacobiansAgree(f, args), 20],
  ["Hessians are symmetric", (f, args) => Laws.hessianSymmetric(f, args), 10],
  ["vmap maps", (f, args) => Laws.batching(f, fc.constant(args)), 40],
  [
    "its list computes the same",
    (f, args) =>
      Laws.sameValue(
        "a list is its program",
        f,
        (...xs: Args) => Effect.flatMap(trace(f)(...xs), (list) => Trace.evaluate(list, xs)),
        args
      ),
    40
  ]
])("every program: %s", (name, of, runs) => {
  Laws.check(Laws.everyProgram(name, of), { runs })
})

test("random programs are programs, and their source says which", () => {
  const samples = fc.sample(Laws.program(), { seed: 42, numRuns: 100 })
  for (const { args, f } of samples) expect(Effect.runSync(f(...args)).dtype).toBe("float64")
  expect(new Set(samples.map(({ f }) => String(f))).size).toBeGreaterThan(90)
  expect(show(samples[0])).toMatch(/^\{ args: \[Tensor\.make\(.*f: function\*\(x0.*return v\d+ \} \}$/)
})

test("they shrink to one op", () => {
  const isShort = Laws.everyProgram(
    "its source has no sin",
    (f) => Laws.law("no sin", fc.constant(0), () => Effect.succeed(String(f).includes("sin(") ? "it has" : undefined))
  )
  expect(() => Laws.check(isShort, { runs: 100 })).toThrow("f: function*(x0) { const v1 = yield* sin(x0); return v1 }")
})

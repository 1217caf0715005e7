import { Effect, Exit } from "effect"
import * as fc from "fast-check"
import { stripTypeScriptTypes } from "node:module"
import { expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import { leavesOf, show } from "../../laws/trees.ts"
import type { Tensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"

test.each(Laws.everything().map((law) => [law.name, law] as const))("%s", (_, law) => {
  Laws.check(law)
})

const samples = fc.sample(Laws.program({ language: "all" }), { seed: 42, numRuns: 200 })
const valueOf = (f: Laws.RandomProgram["f"], args: ReadonlyArray<Tensor>): string =>
  show(leavesOf(Effect.runSync(f(...args))))
/** The derivative of the first result by the arguments that are floats; custom rules are needed for nothing else. */
const slopeOf = (f: Laws.RandomProgram["f"], args: ReadonlyArray<Tensor>): string => {
  const argnums = args.flatMap((x, i) => x.dtype.startsWith("float") ? [i] : [])
  const first = (...xs: ReadonlyArray<Tensor>) =>
    Effect.flatMap(f(...xs), (ys) => w.sum(w.cast(leavesOf(ys)[0]!, "float64")))
  const exit = Effect.runSyncExit(w.grad(first as never, { argnums } as never)(...args))
  return Exit.isSuccess(exit) ? show(leavesOf(exit.value)) : "none"
}

test("random programs are programs, and their source is the program", () => {
  for (const { args, f } of samples) {
    const javascript = stripTypeScriptTypes(`(${String(f)})`)
    // oxlint-disable-next-line typescript/no-implied-eval -- the text is what is tested
    const pasted = new Function("w", "Effect", `return ${javascript}`)(w, Effect) as Laws.RandomProgram["f"]
    expect(valueOf(pasted, args)).toBe(valueOf(f, args))
    if (String(f).includes("w.custom")) expect(slopeOf(pasted, args)).toBe(slopeOf(f, args))
  }
  expect(new Set(samples.map(({ f }) => String(f))).size).toBeGreaterThan(190)
})

test("they speak the whole language", () => {
  const text = fc.sample(Laws.program({ language: "all", length: 16 }), { seed: 42, numRuns: 600 })
    .map(({ f }) => String(f)).join("\n")
  const said = new Set(Array.from(text.matchAll(/w\.(\w+)/g), ([, name]) => name))
  const silent = Object.entries(Laws.domains).flatMap(([name, domain]) =>
    domain.kind === "elementwise" && name in w && !said.has(name) ? [name] : []
  )
  expect(silent).toEqual([])
  for (
    const name of [
      ...[
        "cond",
        "switchCase",
        "scan",
        "forLoop",
        "whileLoop",
        "associativeScan",
        "map",
        "where",
        "mask",
        "stopGradient"
      ],
      ...[
        "checkpoint",
        "grad",
        "jvp",
        "vmap",
        "hessian",
        "jacobian",
        "jit",
        "laplacian",
        "taylor",
        "Linalg",
        "customJvp",
        "customVjp",
        "gather",
        "take",
        "takeAlongAxis",
        "scatterAdd"
      ],
      ...["sort", "argsort", "argmax", "einsum", "tensordot", "matmul", "oneHot", "cast", "floor", "max", "norm", "std"]
    ]
  ) expect(said).toContain(name)
})

test("they shrink to one step", () => {
  const isShort = Laws.everyProgram(
    "its source has no sin",
    (f) => Laws.law("no sin", fc.constant(0), () => Effect.succeed(String(f).includes("w.sin(") ? "it has" : undefined))
  )
  expect(() => Laws.check(isShort, { runs: 100 })).toThrow(
    "f: Effect.fnUntraced(function*(x0: Tensor) {\n  const v1 = yield* w.sin(x0)\n  return v1\n})"
  )
})

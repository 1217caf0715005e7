/**
 * Where a report says a barrier is: file, line and column of the user's own call, from wherever it was called.
 */
import { Effect } from "effect"
import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as w from "wengert"
import { rounded } from "../support/rounded.ts"

const { Tensor } = w
type X = w.Tensor
type Scalar = w.Tensor<[]>
type Step = (x: Scalar) => Effect.Effect<any, any>

/** `file:line:column` of the only call of `op` on the line that holds a text. */
const callOf = (file: string, op: string, on: string): string => {
  const found = readFileSync(file, "utf8").split("\n").flatMap((line, i) => {
    const column = line.indexOf(`${op}(`)
    return line.includes(on) && column !== -1 ? [`${file}:${i + 1}:${column + 1}`] : []
  })
  if (found.length !== 1) throw new Error(`${op} with ${on} stands on ${found.length} lines`)
  return found[0]!
}
const here = (op: string, on: string) => callOf(import.meta.filename, op, on)

/** The places of the cut of a program's only argument. */
const cutOf = async (f: (x: any) => any, x: X) => {
  const { leaves: [leaf] } = await Effect.runPromise(w.explain(f as (x: X) => Effect.Effect<Scalar>)(x))
  return leaf!.cut.map(({ op, site }) =>
    `${op} ${site === undefined ? "nowhere" : `${site.file}:${site.line}:${site.column}`}`
  )
}

const ways: { readonly [way: string]: (f: Step) => (x: any) => any } = {
  "Effect.gen": (f) => (x) =>
    Effect.gen(function*() {
      const y = yield* w.mul(x, 2)
      return yield* f(y)
    }),
  "nested functions": (f) => {
    const inner = (x: Scalar) => w.mul(f(x), 2)
    const outer = (x: Scalar) => w.add(inner(x), 1)
    return outer
  },
  "an asynchronous step": (f) => (x) => Effect.andThen(Effect.promise(() => Promise.resolve()), f(x)),
  "a step that lets others run": (f) => (x) => Effect.andThen(Effect.yieldNow, Effect.suspend(() => f(x))),
  scan: (f) => (x) =>
    Effect.map(
      w.scan((c: any) => Effect.map(f(c), (y) => [y, y]) as any, x, null, { length: 3 }) as any,
      (r: any) => r[0]
    ),
  forLoop: (f) => (x) => w.forLoop(0, 3, (_, c: Scalar) => f(c), x),
  map: (f) => (x) => w.sum(w.map(f as any, w.stack([x, x])) as any),
  vmap: (f) => (x) => w.sum(w.vmap(f as any)(w.stack([x, x]) as any) as any),
  jit: (f) => w.jit(f as any) as any,
  checkpoint: (f) => w.checkpoint(f as any) as any,
  "jit of vmap of scan": (f) => (x) =>
    w.jit((x: any) =>
      w.sum(
        w.vmap((y: any) =>
          Effect.map(
            w.scan((c: any) => Effect.map(f(c), (y) => [y, y]) as any, y, null, { length: 2 }) as any,
            (r: any) => r[0]
          ) as any
        )(w.stack([x, x]) as any) as any
      ) as any
    )(x)
}

describe("the user's own call is named", () => {
  it.each(Object.entries(ways))("in %s", async (_, way) => {
    const f = way((x) => w.mul(w.round(x), 2)) // called so
    expect(await cutOf(f, Tensor.make(1.5))).toEqual([`round ${here("round", "// called so")}`])
  })

  it("in a helper of another file", async () => {
    const file = join(import.meta.dirname, "../support/rounded.ts")
    expect(await cutOf((x) => w.sin(rounded(x)), Tensor.make(1.5))).toEqual([
      `round ${callOf(file, "round", "rounded")}`
    ])
  })

  it("in the rule of a custom function, it is the call of the function whose rule gives no derivative", async () => {
    const flat = w.customJvp(
      (x: Scalar) => w.sin(x) as Effect.Effect<Scalar>,
      ([x]) => Effect.map(w.sin(x), (y) => [y, Tensor.make(0) as Scalar] as const)
    )
    const g = (x: Scalar) => w.mul(flat(x), 2) // by a rule
    expect(await cutOf(g, Tensor.make(1.5))).toEqual([`customJvp ${here("flat", "// by a rule")}`])
  })

  it("in a derivative, it is the call that was differentiated", async () => {
    const f = (x: Scalar) => w.mul(x, w.stopGradient(x)) // twice
    expect(await cutOf((x) => w.grad(f)(x), Tensor.make(1.5))).toEqual([
      `stopGradient ${here("stopGradient", "// twice")}`
    ])
  })
})

describe("a loop with a bound is called a loop", () => {
  const said = async (f: (x: Scalar) => any, x: number) => {
    const report = await Effect.runPromise(w.explain(f as any)(Tensor.make(x)) as Effect.Effect<w.GradientReport>)
    const [cause] = report.leaves[0]!.cut
    return { cause, text: w.GradientReport.render(report) }
  }

  it("where its body never ran", async () => {
    const f = (x: Scalar) => w.whileLoop((c) => w.less(c, 1), (c) => w.mul(c, x), Tensor.make(2), { maxSteps: 4 }) // never
    const { cause, text } = await said(f, 3)
    expect(cause).toMatchObject({ _tag: "BranchNotTaken", op: "whileLoop", branch: 1, ran: [0] })
    expect(`${cause!.site!.line}`).toBe(here("w.whileLoop", "// never").split(":").at(-2))
    expect(text).toContain("whileLoop never ran its body")
    expect(text).not.toMatch(/branch|cond/)
  })

  it("where its body replaced what it began with", async () => {
    const f = (x: Scalar) => w.whileLoop((c) => w.less(c, 9), () => Tensor.make(9), x, { maxSteps: 4 })
    const { cause, text } = await said(f, 3)
    expect(cause).toMatchObject({ op: "whileLoop", branch: 0 })
    expect(text).toContain("whileLoop did not end before its body ran")
    expect(text).not.toMatch(/branch|cond/)
  })

  it("and a cond in its body is a cond", async () => {
    const f = (x: Scalar) =>
      w.whileLoop(
        (c) => w.less(c, 9),
        (c) => w.cond(w.less(c, 0), () => w.mul(c, x), () => w.add(w.stopGradient(c), 5)),
        Tensor.make(2),
        { maxSteps: 4 }
      )
    expect((await said(f, 3)).text).toContain("the true branch of cond was not taken")
  })
})

describe("in transpiled sources", () => {
  const source = `import { Effect } from "effect"
import { explain, mul, round, Tensor } from "wengert"

interface Wide {
  readonly scale: number
}

const step = (x: Tensor<[]>, { scale }: Wide) =>
  mul(
    scale,
    round(x)
  )

const report = Effect.runSync(explain((x: Tensor<[]>) => step(x, { scale: 2 }))(Tensor.make(1.5)))
console.log(JSON.stringify(report.leaves[0]!.cut[0]!.site))
`
  const cache = join(import.meta.dirname, "../../.cache")

  it.each(["beside it", "in it"])("with the source map %s", async (where) => {
    mkdirSync(cache, { recursive: true })
    const folder = mkdtempSync(join(cache, "transpiled-"))
    try {
      const file = join(folder, "program.ts")
      writeFileSync(file, source)
      const outfile = join(folder, "out.mjs")
      // everything on one line: without the map no line is right
      await build({
        entryPoints: [file],
        outfile,
        format: "esm",
        minify: true,
        bundle: true,
        packages: "external",
        sourcemap: where === "in it" ? "inline" : true
      })
      const out = execFileSync(process.execPath, ["--enable-source-maps", "--conditions=wengert-source", outfile], {
        encoding: "utf8"
      })
      const site = JSON.parse(out)
      expect(`${site.file}:${site.line}:${site.column}`).toBe(`${file}:11:5`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

it("thousands of calls that share an equation have one site, and the others beside it", () => {
  const f = (x: w.Tensor<[2]>) =>
    Effect.gen(function*() {
      let y = x
      // each broadcasts the same number
      for (let i = 0; i < 20_000; i++) y = yield* w.mul(y, 2)
      return y
    })
  const { equations } = Effect.runSync(w.trace(f)(Tensor.spec([2])))
  const { site } = equations.find(({ primitive }) => primitive.name === "broadcast")!
  expect([site!.op, site!.file, site!.also]).toEqual(["mul", import.meta.filename, undefined])
})

/**
 * Gradients with their reasons: status, causes, cuts and counts of programs whose answers are known.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { Cause, GradientReport, LeafReport } from "wengert"
import * as w from "wengert"
import { linesOf } from "./support.ts"

const { Tensor } = w
type X = w.Tensor
type Scalar = w.Tensor<[]>

const here = linesOf(import.meta.filename)
const lines = readFileSync(import.meta.filename, "utf8").split("\n")

/** The report of a program at scalars, with respect to all of them. */
const reportOf = (f: (...xs: ReadonlyArray<any>) => Effect.Effect<X, any>, ...xs: ReadonlyArray<X | number>) =>
  Effect.runSync(
    w.explain(f as (...xs: ReadonlyArray<Scalar>) => Effect.Effect<Scalar>, { argnums: xs.map((_, i) => i) })(
      ...xs.map((x) => typeof x === "number" ? Tensor.make(x) : x) as ReadonlyArray<Scalar>
    )
  )

/** A cause as `Stopped stopGradient 12`. */
const shown = (causes: ReadonlyArray<Cause>) => causes.map((c) => `${c._tag} ${c.op} ${c.site?.line ?? "nowhere"}`)
const status = ({ leaves }: GradientReport) => leaves.map((leaf) => leaf.status)
const leaf = ({ leaves }: GradientReport, i = 0): LeafReport => leaves[i]!

describe("the three programs that every newcomer tries", () => {
  const branch = (x: Scalar, y: Scalar) => w.cond(w.greater(x, 0), () => w.mul(x, y), () => 0) // a branch

  it("a branch that is taken connects", () => {
    const report = reportOf(branch, 2, 3)
    expect(report.value).toBe(6)
    expect(status(report)).toEqual(["connected", "connected"])
    expect(report.leaves.map((l) => l.largest)).toEqual([3, 2])
    expect(leaf(report).witness.map((s) => s.op)).toEqual(["mul"])
  })

  it("one that is not taken does not, and is named with the one that ran", () => {
    const report = reportOf(branch, -1, 3)
    expect(status(report)).toEqual(["unconnected", "unconnected"])
    for (const { causes, cut, elements } of report.leaves) {
      expect(shown(causes)).toEqual([`BranchNotTaken cond ${here("// a branch")}`])
      expect(causes[0]).toMatchObject({ branch: 1, ran: [0] })
      expect(cut).toEqual(causes)
      expect(elements).toEqual({ nonzero: 0, zero: 0, masked: 1, infinite: 0, nan: 0 })
    }
  })

  it("a product with a mask of zeros is zero by numbers, a mask by structure", () => {
    const x = Tensor.full([5, 5], 2)
    const m = Tensor.make(Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => i === j ? 1 : 0)))
    const product = leaf(reportOf((x) => w.sum(w.mul(x, m)), x))
    expect(product.elements).toEqual({ nonzero: 5, zero: 20, masked: 0, infinite: 0, nan: 0 })
    expect(product.causes).toEqual([])
    const masked = leaf(reportOf((x) => w.sum(w.mask(x, w.greater(m, 0))), x)) // masked
    expect(masked.elements).toEqual({ nonzero: 5, zero: 0, masked: 20, infinite: 0, nan: 0 })
    expect(shown(masked.causes)).toEqual([`Masked mask ${here("// masked")}`])
    expect(masked.causes[0]).toMatchObject({ removed: 20 })
  })

  it("a stopped argument is unconnected", () => {
    const report = reportOf((x, y) => w.mul(w.stopGradient(x), y), 2, 3) // stopped
    expect(status(report)).toEqual(["unconnected", "connected"])
    expect(shown(leaf(report).causes)).toEqual([`Stopped stopGradient ${here("// stopped")}`])
    expect(leaf(report, 1).largest).toBe(2)
  })
})

describe("causes", () => {
  it("nothing leads from an argument that is not used", () => {
    expect(shown(leaf(reportOf((_, y) => w.sin(y), 1, 2)).causes)).toEqual(["Unused  nowhere"])
  })

  it("an argument that decides alone reaches the result through the decision", () => {
    const chosen = (x: Scalar) => w.cond(w.greater(x, 0), () => 1, () => 2) // decides
    expect(shown(leaf(reportOf(chosen, 1)).causes)).toEqual([`NonDifferentiable greater ${here("// decides")}`])
    const steps = (x: Scalar) =>
      w.whileLoop((c: Scalar) => w.less(c, x), (c) => w.add(c, 1), Tensor.make(0), { maxSteps: 5 }) // tests
    expect(shown(leaf(reportOf(steps, 3)).causes)).toEqual([`NonDifferentiable less ${here("// tests")}`])
    const index = (x: X) => w.take(Tensor.make([1, 2, 3]), w.argmax(x)) // index
    expect(shown(leaf(reportOf(index, Tensor.make([1, 5, 2]))).causes)).toEqual([
      `NonDifferentiable argmax ${here("// index")}`
    ])
  })

  it("all barriers that the derivative meets first are named, and the cut is a smallest set", () => {
    const f = (x: Scalar) =>
      Effect.gen(function*() {
        const a = yield* w.floor(w.stopGradient(x)) // both of these
        return yield* w.add(a, w.ceil(x)) // or this one
      })
    const { causes, cut } = leaf(reportOf(f, 1.5))
    expect(new Set(shown(causes))).toEqual(
      new Set([`Stopped stopGradient ${here("// both of these")}`, `NonDifferentiable ceil ${here("// or this one")}`])
    )
    expect(shown(cut)).toEqual([`NonDifferentiable ceil ${here("// or this one")}`])
  })

  it("barriers one behind the other must all go", () => {
    const { cut } = leaf(reportOf((x) => w.floor(w.stopGradient(w.round(x))), 1.5))
    expect(cut.map((c) => c.op)).toEqual(["round", "stopGradient", "floor"])
  })

  it("a barrier in a loop is one, however often it is crossed", () => {
    const f = (x: Scalar) => w.forLoop(0, 5, (_, c: Scalar) => w.mul(w.floor(c), 2), x)
    const g = (x: Scalar) =>
      Effect.gen(function*() {
        const looped = yield* f(x)
        return yield* w.add(looped, w.stopGradient(w.ceil(x)))
      })
    expect(leaf(reportOf(g, 1.5)).cut.map((c) => c.op)).toEqual(["floor"])
  })

  it("the rule of a custom function says what it connects", () => {
    const straight = w.customJvp(
      (x: Scalar) => w.floor(x) as Effect.Effect<Scalar>,
      ([x], [dx]) => Effect.map(w.floor(x), (y) => [y, dx] as const)
    )
    expect(status(reportOf((x) => straight(x), 1.5))).toEqual(["connected"])
    const constant = w.customJvp(
      (x: Scalar) => w.sin(x) as Effect.Effect<Scalar>,
      ([x]) => Effect.map(w.sin(x), (y) => [y, Tensor.make(0) as Scalar] as const)
    )
    expect(shown(leaf(reportOf((x) => constant(x), 1.5)).causes)[0]).toContain("NonDifferentiable customJvp")
  })
})

describe("inside of control flow", () => {
  const bodies: { readonly [name: string]: (f: (x: Scalar) => Effect.Effect<any, any>) => (x: Scalar) => any } = {
    jit: (f) => w.jit(f as any) as any,
    checkpoint: (f) => w.checkpoint(f as any) as any,
    scan: (f) => (x) =>
      Effect.map(
        w.scan((c: any) => Effect.map(f(c), (y) => [y, y]) as any, x, null, { length: 3 }) as any,
        (r: any) => r[0]
      ),
    forLoop: (f) => (x) => w.forLoop(0, 3, (_, c: Scalar) => f(c), x),
    whileLoop: (f) => (x) => w.whileLoop((c: Scalar) => w.less(c, 100), (c) => w.add(f(c), 60), x, { maxSteps: 4 }),
    cond: (f) => (x) => w.cond(w.less(x, 100), () => f(x), () => x)
  }
  it.each(Object.entries(bodies))("a barrier in the body of %s is named", (name, inside) => {
    const { causes, cut, status } = leaf(reportOf(inside((c) => w.mul(w.floor(c), 1.5)), 2.5)) // in a body
    expect(status).toBe("unconnected")
    expect(shown(cut)).toEqual([`NonDifferentiable floor ${here("// in a body")}`])
    // what was not taken would have connected too
    const others = causes.slice(1).map(({ _tag, site }) => [_tag, lines[site!.line - 1]!.includes(`    ${name}:`)])
    expect(others).toEqual(/while|cond/.test(name) ? [["BranchNotTaken", true]] : [])
  })

  it("branches in a loop: those that ran are told", () => {
    const f = (x: Scalar) =>
      w.forLoop(0, 3, (_, c: Scalar) => w.cond(w.less(c, 0), () => w.mul(c, x), () => 1), Tensor.make(2))
    expect(leaf(reportOf(f as any, 2)).causes).toMatchObject([{ _tag: "BranchNotTaken", branch: 1, ran: [0] }])
  })

  it("a branch that did not run may hold another barrier: both must go", () => {
    const f = (x: Scalar) => w.cond(w.less(x, 0), () => w.floor(x), () => 1)
    expect(leaf(reportOf(f, 1)).cut.map((c) => c._tag)).toEqual(["NonDifferentiable", "BranchNotTaken"])
  })
})

describe("numbers that are not finite", () => {
  it("in the derivative", () => {
    const { elements, nonFinite } = leaf(reportOf((x) => w.sum(w.sqrt(x)), Tensor.make([4, 0]))) // root
    expect(elements).toEqual({ nonzero: 1, zero: 0, masked: 0, infinite: 1, nan: 0 })
    expect(nonFinite).toMatchObject({ op: "sqrt", primitive: "div", index: [1], result: Infinity })
    expect(nonFinite!.operands[1]).toBe(0)
    expect(nonFinite!.site!.line).toBe(here("// root"))
    expect(nonFinite!.remedy).toContain("mask the input before sqrt")
  })

  it("in the value", () => {
    const f = (x: X) => w.sum(w.mul(w.log(x), x)) // logarithm
    const { nonFinite } = leaf(reportOf(f, Tensor.make([1, 0])))
    expect(nonFinite).toMatchObject({ op: "log", pass: "forward", index: [1], operands: [0], result: -Infinity })
    expect(nonFinite!.site!.line).toBe(here("// logarithm"))
  })

  it("in an argument", () => {
    const { nonFinite } = leaf(reportOf((x) => w.sum(w.mul(x, x)), Tensor.make([1, NaN])))
    expect(nonFinite).toMatchObject({ op: "args[0]", index: [1], operands: [], result: NaN })
  })

  it("not those that a mask keeps from the gradient", () => {
    const f = (x: X) => w.sum(w.mask(w.log(x), w.greater(x, 0)))
    const { elements, nonFinite } = leaf(reportOf(f, Tensor.make([1, 0])))
    expect(nonFinite).toBeUndefined()
    expect(elements).toEqual({ nonzero: 1, zero: 0, masked: 1, infinite: 0, nan: 0 })
  })

  it("inside of a loop", () => {
    const f = (x: Scalar) => w.forLoop(0, 4, (_, c: Scalar) => w.sub(c, w.sqrt(c)), x) // loop
    const { nonFinite } = leaf(reportOf(f, 1))
    expect(nonFinite).toMatchObject({ op: "sqrt", result: Infinity })
    expect(nonFinite!.site!.line).toBe(here("// loop"))
  })
})

describe("reports", () => {
  it("of trees name the leaves by their paths", () => {
    const loss = (p: { readonly layers: ReadonlyArray<{ readonly w: Scalar; readonly b: Scalar }> }) =>
      w.add(w.mul(p.layers[0]!.w, 2), w.stopGradient(p.layers[0]!.b))
    const report = Effect.runSync(w.explain(loss)({ layers: [{ w: Tensor.make(1), b: Tensor.make(2) }] }))
    expect(report.leaves.map((l) => `${l.path} ${l.status}`)).toEqual([
      "args[0].layers[0].b unconnected",
      "args[0].layers[0].w connected"
    ])
  })

  it("of second derivatives say why they are missing", () => {
    const f = (x: Scalar) => w.mul(x, w.stopGradient(x))
    const second = (x: Scalar) => w.grad(f)(x) // second
    expect(leaf(reportOf(second as any, 3)).causes.map((c) => c._tag)).toEqual(["Stopped"])
  })

  it("are data: what is written is read again", () => {
    const report = reportOf((x, y) => w.add(w.sum(w.sqrt(x)), w.floor(y)), Tensor.make([0, 4]), 1.5)
    const again = Effect.runSync(w.GradientReport.decode(JSON.parse(JSON.stringify(w.GradientReport.encode(report)))))
    expect(w.GradientReport.render(again)).toBe(w.GradientReport.render(report))
    expect(again.leaves[0]!.nonFinite!.result).toBe(Infinity)
    const refused = Effect.runSync(Effect.flip(w.GradientReport.decode({ value: "much" })))
    expect(refused._tag).toBe("ReportDecodeError")
  })

  it("are refused for what has no gradient", () => {
    const vector = Effect.runSync(Effect.flip(w.explain(((x: X) => w.sin(x)) as any)(Tensor.make([1, 2]))))
    expect(vector).toMatchObject({ _tag: "NonDifferentiableError", op: "explain" })
    const abstract = w.jit((x: Scalar) =>
      Effect.map(w.explain((x: Scalar) => w.sin(x))(x), ({ value }) => value) as any
    )
    expect(Effect.runSync(Effect.flip(abstract(Tensor.make(1)) as Effect.Effect<any, any>))._tag).toBe(
      "TracedValueError"
    )
  })
})

describe("what must be connected", () => {
  const f = (x: Scalar, y: Scalar) => w.mul(w.floor(x), y) // must be
  const line = here("// must be")
  const [x, y] = [Tensor.make(2.5), Tensor.make(3)]

  it.each([["grad", w.grad], ["valueAndGrad", w.valueAndGrad]] as const)("%s carries the report", (op, gradient) => {
    const error = Effect.runSync(Effect.flip(
      gradient(f, { argnums: [0, 1], unconnected: "error" })(x, y) as Effect.Effect<unknown, any>
    ))
    expect(error).toBeInstanceOf(w.UnconnectedGradientError)
    expect(error.paths).toEqual(["args[0]"])
    expect(error.message).toMatch(
      new RegExp(
        `^${op} requires .* got none from args\\[0\\] \\(floor has no derivative, at .*test\\.ts:${line}:\\d+\\)$`
      )
    )
    expect(error.report).toEqual(Effect.runSync(w.explain(f, { argnums: [0, 1] })(x, y)))
    expect(error.site.line).toBe(line)
  })

  it("where values are abstract, the causes alone", () => {
    const g = w.jit(w.grad(f, { argnums: [0, 1], unconnected: "error" }) as any)
    const error = Effect.runSync(Effect.flip(g(x, y) as Effect.Effect<unknown, any>))
    expect(error.report).toBeUndefined()
    expect(error.message).toContain(`floor has no derivative, at ${import.meta.filename}:${line}`)
  })

  it("requireConnected gives the report, or fails with it", () => {
    const product = w.requireConnected((x: Scalar, y: Scalar) => w.mul(x, y), { argnums: [0, 1] })
    expect(status(Effect.runSync(product(x, y)))).toEqual(["connected", "connected"])
    const error = Effect.runSync(Effect.flip(w.requireConnected(f, { argnums: [0, 1] })(x, y)))
    expect(error).toMatchObject({ _tag: "UnconnectedGradientError", op: "requireConnected", paths: ["args[0]"] })
    expect((error as w.UnconnectedGradientError).report!.leaves[1]!.largest).toBe(2)
  })
})

describe("vmap", () => {
  it("a barrier in the function is the user's, a branch is a selection", () => {
    const each = (f: (x: Scalar) => any) => (xs: X) => w.sum(w.vmap(f as any)(xs as any) as any)
    const xs = Tensor.make([1, -2, 3])
    const step = leaf(reportOf(each((x) => w.mul(w.round(x), 2)), xs)) // in each
    expect(shown(step.cut)).toEqual([`NonDifferentiable round ${here("// in each")}`])
    const branch = leaf(reportOf(each((x) => w.cond(w.greater(x, 0), () => w.log(x), () => 0)), xs)) // each branch
    expect(branch.elements).toEqual({ nonzero: 2, zero: 0, masked: 1, infinite: 0, nan: 0 })
    expect(shown(branch.causes)).toEqual([`Masked cond ${here("// each branch")}`])
  })
})

describe("long programs", () => {
  it("the witness of a program of 10,000 calls is whole", () => {
    const f = (x: Scalar) =>
      Effect.gen(function*() {
        let y: X = x
        for (let i = 0; i < 5000; i++) y = yield* w.sin(yield* w.mul(y, 1.5 + i * 1e-4))
        return y
      })
    expect(leaf(reportOf(f, 0.5)).witness.length).toBe(10_000)
  })
})

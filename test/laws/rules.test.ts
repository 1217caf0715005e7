/** Custom rules under the laws, what is to blame when one is wrong, and the runners in which all that is said. */
import { Context, Effect } from "effect"
import * as fc from "fast-check"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"
import { withJvp, withVjp } from "./custom.ts"

type X = AnyTensor
const { Tensor } = w
const at = Laws.tensors([[3]], { elements: Laws.real(0.5, 2) })

const sin = (x: X) => w.sin(x)
const sinWith = withJvp(sin, (x, dx) => w.mul(dx, w.sin(x)))
/** sin with the derivative sin. */
const wrongSin = (x: w.Operand): Effect.Effect<X, w.OpError> => Effect.flatMap(w.add(x, 0), (x: X) => sinWith(x))
const rightSin = withJvp(sin, (x, dx) => w.mul(dx, w.cos(x)))

/** What breaks. */
const broken = (laws: Laws.Law | Iterable<Laws.Law>): ReadonlyArray<Laws.LawBroken> =>
  Laws.verdicts(laws).filter((verdict) => verdict._tag === "LawBroken")
const blameOf = (laws: Laws.Law | Iterable<Laws.Law>): Laws.Blame | undefined => broken(laws)[0]?.blame

describe("Laws.customRule", () => {
  test("a rule that is right, in both modes or one", () => {
    Laws.check(Laws.customRule(rightSin, at, { runs: 3 }))
    // the absolute value keeps it from being linear in the cotangent, so there is no forward mode
    const oneWay = withVjp(sin, (x, ct) => w.mul(w.mul(w.sign(ct), w.abs(ct)), w.cos(x)))
    Laws.check(Laws.customRule(oneWay, at, { modes: "reverse", order: 1, runs: 2 }))
  })

  test("arguments may be trees, and not all of them floats", () => {
    interface Params {
      readonly scale: X
      readonly by: ReadonlyArray<X>
    }
    const affine = w.customJvp(
      ({ by: [b], scale }: Params, n: AnyTensor<[], "int32">) => w.add(w.mul(scale, b!), w.cast(n, "float64")),
      ([{ by: [b], scale }, n], [d]) =>
        Effect.all([
          w.add(w.mul(scale, b!), w.cast(n, "float64")),
          w.add(w.mul(d.scale, b!), w.mul(scale, d.by[0]!))
        ])
    )
    const point = fc.tuple(Laws.tensor([2]), Laws.tensor([2]), fc.constant(Tensor.make(2, { dtype: "int32" })))
      .map(([scale, b, n]): [Params, AnyTensor<[], "int32">] => [{ scale, by: [b] }, n])
    const laws = Laws.customRule(affine, point, { float32: false, runs: 2 })
    Laws.check(laws)
    expect(laws.length).toBeGreaterThan(20)
  })

  test("a rule that knows float64 alone", () => {
    const half = withJvp((x) => w.mul(x, 0.5), (_, dx) => w.mul(dx, Tensor.make(0.5)))
    const all = broken(Laws.customRule(half, at, { name: "half", runs: 2 }))
    expect(all.map(({ law }) => law)).toEqual(["half in float32: derivatives are limits of differences"])
    expect(all[0]!.reason).toContain("a tangent of type float32[3], got float64[3]")
    Laws.check(Laws.customRule(half, at, { float32: false, runs: 2 }))
  })

  test("each thing that can be wrong is seen by a law of its own", () => {
    const seenBy = (f: Laws.Program<[X], any, any>) =>
      broken(Laws.customRule(f, at, { name: "f", order: 1, runs: 2 })).map(({ law }) => law)
    expect(seenBy(wrongSin)).toContain("f: derivatives up to order 1 are limits of differences")
    const otherValue = w.customJvp(sin, ([x], [dx]) => Effect.all([w.mul(w.sin(x), 1.5), w.mul(dx, w.cos(x))]))
    expect(seenBy(otherValue)).toContain("f: transformations leave the value alone")
    // the mean of a batch is not that of an example, if the shape is what says how large it is
    const notLinear = withJvp(sin, (x, dx) => w.add(w.mul(dx, w.cos(x)), w.mul(0, w.abs(dx))))
    expect(seenBy(notLinear)).toContain("f: jvp is linear")
  })
})

describe("Laws.primitive", () => {
  test("knows where the elementwise ops of the package are smooth", () => {
    Laws.check(Laws.primitive(w.log1p, { runs: 1 }))
    const regions = new Set(Laws.primitive(w.abs).map(({ name }) => name.split(":")[0]!))
    expect(regions).toContain("abs, region 1")
    expect(regions).toContain("abs, region 2")
  })
  test("asks for the domain of all others", () => {
    expect(() => Laws.primitive(w.matmul as never)).toThrow("Laws.primitive requires the domain of matmul")
    expect(() => Laws.primitive((x: X) => w.sin(x), { name: "mine" })).toThrow("requires the domain of")
  })
})

describe("whose rule is to blame", () => {
  test("the equation, in a helper that a loop calls, with its place and its operands", () => {
    const helper = (x: X) => wrongSin(w.add(x, 1))
    const f = (x: X) =>
      Effect.flatMap(
        w.scan((c: X, x: X) => Effect.map(helper(x), (y) => [c, y] as const), 0.5, w.exp(x)),
        ([, ys]) => w.sum(ys)
      )
    const [error] = broken(Laws.gradient(f, at))
    expect(error!.blame).toMatchObject({ op: "customJvp", primitive: "customJvp" })
    const { reason, site } = error!.blame!
    expect(site!.file).toBe(import.meta.filename)
    expect(readFileSync(site!.file, "utf8").split("\n")[site!.line - 1]).toContain("sinWith(x)")
    expect(reason).toMatch(/^derivative: it is .*, differences give .* ± /)
    expect(error!.message).toContain(`to blame: customJvp, called at ${site!.file}:${site!.line}:`)
    expect(error!.message).toContain(`at ${error!.blame!.operands}: ${reason}`)
  })

  test("the first of several, whatever law is broken, and at the second order too", () => {
    const f = (x: X) => w.sum(w.exp(wrongSin(w.log(x))))
    for (
      const law of [
        Laws.gradient(f, at),
        Laws.sameDerivatives("it is sin", f, (x: X) => w.sum(w.exp(w.sin(w.log(x)))), at)
      ]
    ) {
      expect(blameOf(law)?.op).toBe("customJvp")
    }
    const second = withJvp(sin, (x, dx) => w.mul(dx, w.stopGradient(w.cos(x))))
    expect(blameOf(Laws.gradient((x: X) => w.tanh(second(x)), at, { order: 2 }))?.reason).toMatch(/^2nd derivative: /)
    const reverse = withVjp(sin, (x, ct) => w.mul(ct, w.sin(x)))
    expect(blameOf(Laws.gradient((x: X) => w.sum(reverse(x)), at, { modes: "reverse" }))?.op).toBe("customVjp")
  })

  test("what stops derivatives, if nothing else is", () => {
    const f = (x: X) => w.sum(w.mul(x, w.stopGradient(x)))
    expect(blameOf(Laws.gradient(f, at))?.op).toBe("stopGradient")
    expect(blameOf(Laws.gradient((x: X) => w.mul(f(x), wrongSin(x)), at))?.op).toBe("customJvp")
  })

  test("a random program", () => {
    const law = Laws.everyProgram(
      "wrong somewhere",
      (f, args) =>
        Laws.gradient(
          (...xs: ReadonlyArray<X>) => Effect.flatMap(f(...xs), (y) => wrongSin(Array.isArray(y) ? y[0] : y)),
          args
        ),
      { language: "smooth", length: 3 }
    )
    const [error] = broken(law)
    expect(error!.blame?.op).toBe("customJvp")
    expect(error!.source).toContain("Effect.fnUntraced(function*(")
  })

  test("nobody, where every equation by itself is right", () => {
    const [error] = broken(Laws.sameDerivatives("sin is cos", sin, (x: X) => w.cos(x), at))
    expect(error!.blame).toBeUndefined()
    expect(error!.message).not.toContain("to blame")
    const fails = (x: X) => w.reshape(x, [7])
    expect(broken(Laws.duality(fails, at))[0]!.blame).toBeUndefined()
  })
})

describe("verdicts are data", () => {
  test("one for each law, in order, those that hold too", () => {
    const all = Laws.verdicts([Laws.duality(wrongSin, at), Laws.gradient(wrongSin, at)], { runs: 3, seed: 7 })
    expect(all[0]).toEqual({ _tag: "LawHeld", law: expect.stringContaining("adjoint"), samples: 3, seed: 7 })
    expect(JSON.parse(JSON.stringify(all[1]))).toMatchObject({
      _tag: "LawBroken",
      law: expect.stringContaining("limits of differences"),
      reason: expect.stringContaining("differences give"),
      blame: { op: "customJvp", site: { file: import.meta.filename } },
      source: expect.stringContaining("args: [Tensor.make("),
      shrinks: expect.any(Number),
      seed: 7,
      path: expect.any(String)
    })
  })

  test("as an Effect, for programs that need services", async () => {
    class Rate extends Context.Service<Rate, number>()("Rate") {}
    const f = (x: X) => Effect.flatMap(Rate, (rate) => wrongSin(w.mul(rate, x)))
    const found = Laws.verdictsEffect([Laws.duality(f, at), Laws.gradient(f, at)], { runs: 2 })
    const [held, error] = await Effect.runPromise(Effect.provideService(found, Rate, 0.5))
    expect(held?._tag).toBe("LawHeld")
    expect(error?._tag === "LawBroken" && error.blame?.op).toBe("customJvp")
  })
})

describe("other runners", () => {
  const run = async (...args: ReadonlyArray<string>) => {
    const file = join(import.meta.dirname, "runners", args.at(-1)!)
    // a runner in a runner says so in the environment, and is another then
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== "NODE_TEST_CONTEXT"))
    return promisify(execFile)(process.execPath, ["--conditions=wengert-source", ...args.slice(0, -1), file], { env })
      .catch((error: { readonly stdout: string }) => error)
  }
  test("node:test", async () => {
    const { stdout } = await run("--test", "--test-reporter=tap", "node-test.ts")
    expect(stdout).toMatch(/# tests 3[^]*# pass 2[^]*# fail 1/)
    expect(stdout).toContain("to blame: customJvp, at Tensor.make(")
  })
  test("a plain script", async () => {
    const { stdout } = await run("script.ts")
    const verdicts = JSON.parse(stdout) as ReadonlyArray<Laws.Verdict>
    expect(verdicts.filter(({ _tag }) => _tag === "LawHeld").length).toBeGreaterThan(10)
    expect(verdicts.filter(({ _tag }) => _tag === "LawBroken").length).toBeGreaterThan(1)
  })
})

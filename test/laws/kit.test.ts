/** The laws can fail: each refutes a derivative that is wrong in its own way, and says how. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { central, oneSided } from "../../laws/differences.ts"
import { Laws } from "../../laws/index.ts"
import { leavesOf, rebuild, show } from "../../laws/trees.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"
import { withJvp, withVjp } from "./custom.ts"

type X = AnyTensor
const { Tensor } = w
const at = Laws.tensors([[3]], { elements: Laws.real(0.5, 2) })

describe("wrong rules are refuted", () => {
  const sin = (x: X) => w.sin(x)
  test.each<readonly [string, Laws.Program<[X], any, any>]>([
    ["sin' = sin", withJvp(sin, (x, dx) => w.mul(dx, w.sin(x)))],
    ["sin' = −cos", withJvp(sin, (x, dx) => w.neg(w.mul(dx, w.cos(x))))],
    ["a factor of 1.001", withJvp(sin, (x, dx) => w.mul(w.mul(dx, 1.001), w.cos(x)))],
    ["a factor of 1 + 10⁻⁵", withJvp(sin, (x, dx) => w.mul(w.mul(dx, 1 + 1e-5), w.cos(x)))],
    ["a derivative that is not finite", withJvp(sin, (_, dx) => w.div(dx, 0))],
    ["the derivative of a neighbour", withJvp(sin, (x, dx) => w.mul(dx, w.cos(w.flip(x))))],
    ["one element forgotten", withJvp(sin, (x, dx) => w.mul(w.mul(dx, Tensor.make([1, 1, 0])), w.cos(x)))]
  ])("%s, by differences", (_, f) => {
    expect(() => Laws.checkGradient(f, at)).toThrow(/derivative: it is .*, differences give .* ± /)
  })

  test("a second derivative that is wrong, though the first is right", () => {
    const f = withJvp(sin, (x, dx) => w.mul(dx, w.stopGradient(w.cos(x))))
    Laws.checkGradient(f, at)
    expect(() => Laws.checkGradient(f, at, { order: 2 })).toThrow("2nd derivative: it is 0, differences give")
  })

  test("a reverse mode that sums from the wrong end", () => {
    const f = withVjp((x: X) => w.cumsum(x), (_, ct) => w.cumsum(ct))
    expect(() => Laws.checkGradient(f, at, { modes: "reverse" })).toThrow("derivative: it is")
  })

  test("a derivative that is not linear", () => {
    const f = withJvp(sin, (_, dx) => w.square(dx))
    // it is refused before a law could see it
    expect(() => Laws.check(Laws.jvpLinear(f, at))).toThrow("is linear in the tangents, got mul")
    const g = withJvp(sin, (_, dx) => w.abs(dx))
    expect(() => Laws.check(Laws.jvpLinear(g, at))).toThrow("is linear in the tangents, got abs")
    const h = withJvp(sin, (_, dx) => w.broadcastTo(w.max(dx), [3]))
    expect(() => Laws.check(Laws.jvpLinear(h, at))).toThrow("is linear in the tangents, got max")
  })

  test("a rule that changes the value", () => {
    const f = w.customJvp(sin, ([x], [dx]) => Effect.all([w.cos(x), w.mul(dx, w.cos(x))]))
    expect(() => Laws.check(Laws.valueUnchanged(f, at))).toThrow("that of the program")
  })

  test("a gradient at a kink that is a subgradient, but not the shortest", () => {
    const rule = (slope: number) => withJvp((x: X) => w.relu(x), (_, dx) => w.mul(dx, slope))
    const zero = Tensor.make(0)
    Laws.check(Laws.subgradient(rule(0), [zero]))
    expect(() => Laws.check(Laws.subgradient(rule(0.5), [zero]))).toThrow("a shorter one exists")
    expect(() => Laws.check(Laws.subgradient(rule(1), [zero]))).toThrow("a shorter one exists")
    expect(() => Laws.check(Laws.subgradient(rule(-1), [zero]))).toThrow("is not the shortest subgradient")
  })

  test("max that gives all to the first", () => {
    const first = (x: X) => w.take(x, w.argmax(x))
    expect(() => Laws.check(Laws.subgradient(first, [Tensor.make([1, 1])]))).toThrow("a shorter one exists")
  })

  test("a mask that lets something through", () => {
    const leak = (x: X, m: AnyTensor<any, "bool">) => w.add(w.sum(w.where(m, w.log(x), 0)), w.mul(1e-3, w.sum(x)))
    expect(() => Laws.check(Laws.neverLeaks(leak, Laws.real(0.5, 2)))).toThrow("the result is")
  })

  test("programs that are not frozen, not stopped, not the same", () => {
    expect(() => Laws.check(Laws.stopsGradient((x: X) => w.mul(x, 2), at))).not.toThrow()
    const law = Laws.sameValue("one is the other", (x: X) => w.sin(x), (x: X) => w.cos(x), at)
    expect(() => Laws.check(law)).toThrow("one is the other: one is")
  })
})

describe("custom rules", () => {
  const positive = Laws.real(0.5, 2)
  test("by customJvp", () => {
    const f = withJvp((x) => w.sqrt(x), (x, dx) => w.mul(dx, w.div(0.5, w.sqrt(x))))
    Laws.check(Laws.primitive(f, { domain: [positive], poison: [-1] }))
  })
  test("whose rules use what the rules of the library do not: differences of tangents, quotients, selections", () => {
    const sin = (x: X) => w.sin(x)
    const rules: ReadonlyArray<(x: X, dx: X) => Effect.Effect<X, any>> = [
      (x, dx) => w.sub(w.mul(dx, w.add(w.cos(x), 1)), dx),
      (x, dx) => w.neg(w.sub(dx, w.mul(w.add(1, w.cos(x)), dx))),
      (x, dx) => w.div(dx, w.div(1, w.cos(x))),
      (x, dx) => w.where(w.greater(x, 1), w.mul(w.cos(x), dx), w.mul(dx, w.cos(x))),
      (x, dx) => w.flip(w.mul(w.flip(dx), w.flip(w.cos(x)))),
      (x, dx) => w.slice(w.concat([w.mul(dx, w.cos(x)), dx]), [0, 3]),
      (x, dx) => w.einsum("i,ij->j", dx, w.mul(w.cos(x), Tensor.eye(3)))
    ]
    for (const rule of rules) Laws.check(Laws.primitive(withJvp(sin, rule), { domain: at, runs: 3 }))
  })
  test("by customVjp, which has no forward mode", () => {
    const f = withVjp((x) => w.sqrt(x), (x, ct) => w.mul(ct, w.div(0.5, w.sqrt(x))))
    Laws.check(Laws.primitive(f, { domain: [positive], modes: "reverse", poison: [-1] }))
    const wrong = withVjp((x) => w.sqrt(x), (x, ct) => w.mul(ct, w.div(0.501, w.sqrt(x))))
    expect(() => Laws.checkGradient(wrong, at, { modes: "reverse" })).toThrow("derivative: it is")
  })
})

describe("what a broken law says", () => {
  const broken = (f: () => void): Laws.LawBroken => {
    try {
      f()
    } catch (error) {
      if (error instanceof Laws.LawBroken) return error
      throw error
    }
    throw new Error("the law holds")
  }
  const wrong = withJvp((x: X) => w.sin(x), (x, dx) => w.mul(dx, w.sin(x)))

  test("the law, the reason, the smallest sample as code, and how to see it again", () => {
    const error = broken(() => Laws.checkGradient(wrong, Laws.tensors([[2]])))
    expect(error._tag).toBe("LawBroken")
    expect(error.message).toMatch(/^.*: derivatives up to order 1 are limits of differences: derivative: it is /)
    expect(error.message).toContain("{ args: [Tensor.make([0, 0])], seed: 0 }")
    expect(error.message).toContain(`again: { seed: 42, path: ${JSON.stringify(error.path)} }`)
    const again = broken(() => Laws.checkGradient(wrong, Laws.tensors([[2]]), { seed: error.seed, path: error.path }))
    expect(again.reason).toBe(error.reason)
    expect(show(again.counterexample)).toBe(show(error.counterexample))
  })

  test("a program that fails, or dies", () => {
    const fails = (x: X) => w.reshape(x, [7])
    expect(broken(() => Laws.check(Laws.duality(fails, at))).reason).toContain("the program fails: ")
    const dies = (_: X): X => {
      throw new Error("out of luck")
    }
    expect(broken(() => Laws.check(Laws.duality(dies, at))).reason).toContain("out of luck")
  })

  test("a value that is not finite, and a point at the edge of the domain", () => {
    expect(broken(() => Laws.checkGradient(w.log, [Tensor.make([1, 0])])).reason).toBe(
      "the value is not finite: [0, -Infinity]"
    )
    expect(broken(() => Laws.checkGradient(w.sqrt, [Tensor.make(0)])).reason).toContain(
      "it is Infinity, differences give NaN"
    )
  })

  test("a jump", () => {
    const jump = (x: X) => w.mul(x, w.floor(x))
    expect(broken(() => Laws.checkGradient(jump, [Tensor.make(1)])).reason).toContain("differences have no limit")
  })

  test("the same as an Effect", async () => {
    const error = await Effect.runPromise(Effect.flip(Laws.checkEffect(Laws.gradient(wrong, Laws.tensors([[2]])))))
    expect(error._tag).toBe("LawBroken")
    expect(error.counterexample).toBeDefined()
  })

  test("a law is a property of fast-check", () => {
    fc.assert(Laws.property(Laws.gradient(w.sin, at)), { numRuns: 3 })
    const details = fc.check(Laws.property(Laws.gradient(wrong, at)), { numRuns: 3 })
    expect(String(details.errorInstance)).toContain("LawRefuted: derivative: it is")
  })
})

describe("differences know their error", () => {
  const unit = 2 ** -53
  const on = (f: (x: number) => number, x: number) => {
    const sample = (h: number) => Effect.succeed(Float64Array.of(f(x + h)))
    const found = Effect.runSync(central(sample, 0.125 * Math.max(1, Math.abs(x)), unit, Math.abs(x), Math.abs(f(x))))
    return { value: found.value[0]!, error: found.error[0]!, kink: found.kink[0]!, kinkError: found.kinkError[0]! }
  }
  test.each<readonly [string, (x: number) => number, (x: number) => number, fc.Arbitrary<number>]>([
    ["sin", Math.sin, Math.cos, Laws.real(-4, 4)],
    ["exp", Math.exp, Math.exp, Laws.real(-5, 5)],
    ["log", Math.log, (x) => 1 / x, Laws.logarithmic(1e-5, 1e5)],
    ["1/x", (x) => 1 / x, (x) => -1 / (x * x), Laws.logarithmic(1e-4, 1e4)],
    ["√x", Math.sqrt, (x) => 0.5 / Math.sqrt(x), Laws.logarithmic(1e-4, 1e4)],
    ["tan near its pole", Math.tan, (x) => 1 + Math.tan(x) ** 2, Laws.real(1.5, 1.57)],
    ["x³", (x) => x ** 3, (x) => 3 * x * x, Laws.real(-10, 10)],
    ["a constant", () => 3, () => 0, Laws.real(-10, 10)],
    ["sin 50x", (x) => Math.sin(50 * x), (x) => 50 * Math.cos(50 * x), Laws.real(-1, 1)]
  ])("%s", (_, f, derivative, domain) => {
    fc.assert(
      fc.property(domain, (x) => {
        const { error, kink, kinkError, value } = on(f, x)
        const truth = derivative(x)
        expect(Math.abs(value - truth)).toBeLessThanOrEqual(10 * error + 1e-12 * Math.abs(truth))
        expect(error).toBeLessThanOrEqual(1e-5 * Math.max(Math.abs(truth), Math.abs(f(x)), 1e-3))
        expect(Math.abs(kink)).toBeLessThanOrEqual(10 * kinkError + 1e-3 * Math.abs(truth))
      }),
      { seed: 42, numRuns: 200 }
    )
  })

  test("a kink has a jump of the derivative", () => {
    for (
      const [f, jump] of [[Math.abs, 2], [(x: number) => Math.max(x, 0.5 * x), 0.5], [
        (x: number) => Math.min(0, Math.sin(x)),
        -1
      ]] as const
    ) {
      const { kink, kinkError } = on(f, 0)
      expect(kink).toBeCloseTo(jump, 6)
      expect(kinkError).toBeLessThan(1e-3)
    }
  })

  test("from one side", () => {
    for (
      const [f, truth] of [[Math.abs, 1], [(x: number) => Math.exp(2 * x), 2], [
        (x: number) => x < 0 ? NaN : x * Math.sqrt(x),
        0
      ]] as const
    ) {
      const { error, value } = Effect.runSync(oneSided((h) => Effect.succeed(Float64Array.of(f(h))), 0.125, unit))
      expect(Math.abs(value[0]! - truth)).toBeLessThanOrEqual(10 * error[0]! + 1e-3)
    }
  })
})

describe("arbitraries", () => {
  const samples = <A>(arbitrary: fc.Arbitrary<A>) => fc.sample(arbitrary, { seed: 42, numRuns: 200 })

  test("numbers stay in their domain, and away from its holes", () => {
    for (const x of samples(Laws.real(-2, 3, { except: [0, 1], gap: 0.25 }))) {
      expect(x >= -2 && x <= 3 && Math.abs(x) >= 0.25 && Math.abs(x - 1) >= 0.25).toBe(true)
    }
    for (const x of samples(Laws.logarithmic(1e-4, 10))) expect(x >= 1e-4 && x <= 10).toBe(true)
    expect(samples(Laws.logarithmic(1e-4, 10)).some((x) => x < 1e-2)).toBe(true)
  })

  test("distinct elements do not tie", () => {
    for (const x of samples(Laws.distinct(Laws.shape({ maxRank: 2 })))) {
      const data = Array.from(Effect.runSync(Tensor.data(x))).toSorted((a, b) => a - b)
      for (const [i, v] of data.entries()) if (i > 0) expect(v - data[i - 1]!).toBeGreaterThanOrEqual(0.25)
    }
  })

  test("shapes that broadcast", () => {
    for (const [x, y, z] of samples(Laws.broadcastable([Laws.real(0, 1), Laws.real(0, 1), Laws.real(0, 1)]))) {
      expect(Effect.runSync(w.add(w.add(x, y), z)).shape).toEqual(x.shape)
    }
  })

  test("trees are taken apart and put together", () => {
    fc.assert(
      fc.property(Laws.tree(), (tree) => {
        expect(show(rebuild(tree, leavesOf(tree)))).toBe(show(tree))
      }),
      { seed: 42, numRuns: 100 }
    )
  })

  test("tensors are shown as the code that makes them", () => {
    expect(show(Tensor.make([[1, -0], [NaN, 1e-9]]))).toBe("Tensor.make([[1, -0], [NaN, 1e-9]])")
    expect(show(Tensor.make([0.1], { dtype: "float32" }))).toBe(
      `Tensor.make([0.10000000149011612], { dtype: "float32" })`
    )
    expect(show({ a: [Tensor.make([true]), 1], b: Tensor.zeros([0, 2]) })).toBe(
      "{ a: [Tensor.make([true]), 1], b: Tensor.make([], { shape: [0, 2] }) }"
    )
  })

  test("counterexamples shrink to small tensors", () => {
    const law = Laws.law(
      "no element is 1 or more",
      Laws.tensor([2]),
      (x) => Effect.map(Tensor.data(x), (data) => data.some((v) => v >= 1) ? "there is one" : undefined)
    )
    expect(() => Laws.check(law, { runs: 100 })).toThrow(/Tensor\.make\(\[0, 1(\.000\d+)?\]\)/)
  })
})

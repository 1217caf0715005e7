/** Where mutants of rules survived: each place has a law or a case that sees it. */
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"
import { cases } from "./cases.ts"

type X = AnyTensor
const { Tensor } = w
const numbers = (e: Effect.Effect<unknown, any>): unknown =>
  Effect.runSync(Effect.flatMap(e, (x) => Tensor.toArray(x as X)))

test.each(Object.entries(cases))("%s", (_, laws) => {
  Laws.check(laws())
})

test("kinks are seen", () => {
  for (const [name, domain] of Object.entries(Laws.domains)) {
    if (domain.kind !== "elementwise" || !(name in w)) continue
    const f = (w as unknown as Record<string, Laws.Program<ReadonlyArray<any>, any, any>>)[name]!
    for (const at of domain.kinks) {
      expect(() => Laws.checkGradient(f, at.map((x) => Tensor.make(x)))).toThrow("has a kink here")
    }
  }
})

test("a loop without a bound has no reverse mode, and says so", () => {
  const growing = (x: X) => w.sum(w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, 2), x))
  const e = Effect.flip(w.grad(growing)(Tensor.make([1, 1])) as Effect.Effect<X, any>)
  expect(Effect.runSync(e)).toMatchObject({ _tag: "MissingRuleError" })
})

describe("coefficients that are infinite", () => {
  test("whole Jacobians keep them where they are", () => {
    const expected = [[Infinity, 0, 0], [0, 0.25, 0], [0, 0, Infinity]]
    const x = Tensor.make([0, 4, 0])
    const root = (x: AnyTensor<[3]>) => w.sqrt(x)
    expect(numbers(w.jacfwd(root)(x))).toEqual(expected)
    expect(numbers(w.jacrev(root)(x))).toEqual(expected)
    const looped = (x: AnyTensor<[3]>) => w.map((x: X) => w.sqrt(x), x)
    expect(numbers(w.jacfwd(looped)(x))).toEqual(expected)
    expect(numbers(w.jacrev(looped)(x))).toEqual(expected)
  })
})

test("checkpoint by \"dots\" keeps its arguments and what contractions give", () => {
  const f = (x: X, y: X) => w.sum(w.sin(w.matmul(w.tanh(x), w.exp(y))))
  const kept = w.residuals(w.checkpoint(f, { policy: "dots" }))(Tensor.ones([2, 2]), Tensor.ones([2, 3]))
  const expected = [["args[0]", [2, 2]], ["args[1]", [2, 3]], ["checkpoint", [2, 3]]]
  expect(Effect.runSync(kept).map(({ origin, shape }) => [origin, shape])).toEqual(expected)
})

describe("edge points of the formulas", () => {
  /** The value, and the derivative by each argument; −0 is 0. */
  const at = (f: (...xs: ReadonlyArray<any>) => Effect.Effect<X, any>, ...xs: ReadonlyArray<number>) => {
    const scalar = (xs: ReadonlyArray<X>) => f(...xs) as Effect.Effect<AnyTensor<[]>, any>
    const [y, gs] = Effect.runSync(w.valueAndGrad(scalar)(xs.map((x) => Tensor.make(x) as X)))
    return [y, ...gs].map((g) => Effect.runSync(Tensor.item(g)) + 0)
  }

  // the derivatives are y·x^(y − 1) and xʸ·log x where these have limits
  test("pow", () => {
    expect(at(w.pow, 0, 2)).toEqual([0, 0, 0])
    expect(at(w.pow, 0, 1)).toEqual([0, 1, 0])
    expect(at(w.pow, 0, 3)).toEqual([0, 0, 0])
    expect(at(w.pow, 1, 0)).toEqual([1, 0, 0])
    expect(at(w.pow, 2, 0)).toEqual([1, 0, Math.LN2])
    expect(at((x: X) => w.pow(x, 2), -3)).toEqual([9, -6])
    expect(at((x: X) => w.pow(x, 0), 0)).toEqual([1, 0])
  })
  test("logaddexp at equal infinities shares, as a tie does", () => {
    expect(at(w.logaddexp, -Infinity, -Infinity)).toEqual([-Infinity, 0.5, 0.5])
    expect(at(w.logaddexp, Infinity, Infinity)).toEqual([Infinity, 0.5, 0.5])
    expect(at(w.logaddexp, -Infinity, 1)).toEqual([1, 0, 1])
    expect(at(w.logaddexp, 1, -Infinity)).toEqual([1, 1, 0])
  })
  test("clip is NaN where a bound is", () => {
    expect(at(w.clip, 0, NaN, 1)[0]).toBeNaN()
    expect(at(w.clip, 0, -1, NaN)[0]).toBeNaN()
    expect(at(w.clip, NaN, -1, 1)[0]).toBeNaN()
  })
})

/** What a gradient is where there is none: the subgradient of least norm, found by one-sided differences. */
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"
import { kinks } from "./kinks.ts"

type X = AnyTensor
const { Tensor } = w

describe("the gradient is the shortest subgradient", () => {
  test.each(Object.entries(kinks))("%s", (_, [f, ...args]) => {
    Laws.check(Laws.subgradient(f, args), { runs: 3 })
    // in both modes
    Laws.check(Laws.duality(f, args), { runs: 3 })
  })
})

test("a kink is reported, with both derivatives", () => {
  expect(() => Laws.checkGradient(w.abs, [Tensor.make(0)])).toThrow(
    "the program has a kink here: its derivative is -1 from the left and 1 from the right"
  )
})

test("a kink can be passed over", () => {
  Laws.checkGradient(w.abs, [Tensor.make([0, 1])], { kinks: "between" })
})

describe("holes of formulas where the function is smooth", () => {
  test("prod is the exact leave-one-out product, with one zero, two and three", () => {
    for (const data of [[0, 2, 3], [0, 0, 3], [0, 0, 0], [2, 0, 3, 4]]) {
      Laws.checkGradient(w.prod, [Tensor.make(data)], { order: 2, runs: 4 })
      Laws.checkGradient((x: X) => w.cumprod(x), [Tensor.make(data)], { order: 2, runs: 4 })
    }
    const gradient = Effect.runSync(w.grad((x: X) => w.prod(x))(Tensor.make([0, 2, 3])))
    expect(Effect.runSync(Tensor.toArray(gradient))).toEqual([6, 0, 0])
  })

  test("pow at (0, 2): x² is smooth, and 0ʸ is 0 for y > 0", () => {
    Laws.checkGradient((x: X) => w.pow(x, 2), [Tensor.make(0)], { order: 2 })
    Laws.checkGradient((y: X) => w.pow(0, y), [Tensor.make(2)], { order: 2 })
    const gradient = Effect.runSync(
      w.grad((x: AnyTensor<[]>, y: AnyTensor<[]>) => w.pow(x, y), { argnums: [0, 1] })(
        Tensor.make(0),
        Tensor.make(2)
      )
    )
    expect(gradient.map((g) => Effect.runSync(Tensor.item(g)))).toEqual([0, 0])
  })

  test("pow with whole exponents at 0, up to order 3", () => {
    for (const n of [0, 1, 2, 3, 4]) Laws.checkGradient((x: X) => w.pow(x, n), [Tensor.make(0)], { order: 3, runs: 4 })
  })

  test("sinc at 0", () => {
    Laws.checkGradient(w.sinc, [Tensor.make([0, 1e-9, -1e-3, 1])], { order: 3, runs: 4 })
  })

  test("softplus, log(eˣ + eʸ) and log Σ eˣ where the terms are equal", () => {
    Laws.checkGradient(w.softplus, [Tensor.make([0, 1])], { order: 3, runs: 4 })
    Laws.checkGradient(w.logaddexp, [Tensor.make([0, 1]), Tensor.make([0, 1])], { order: 3, runs: 4 })
    Laws.checkGradient(w.logsumexp, [Tensor.make([0, 0, 0])], { order: 3, runs: 4 })
  })

  test("gelu, silu, tanh, erf and var at 0", () => {
    const smooth: ReadonlyArray<Laws.Program<[X], any, any>> = [w.gelu, w.silu, w.tanh, w.erf, w.var]
    for (const f of smooth) {
      Laws.checkGradient(f, [Tensor.make([0, 0])], { order: 3, runs: 4 })
    }
  })

  test("the squared norm at 0, without the hole that the norm has", () => {
    Laws.checkGradient((x: X) => w.sum(w.square(x)), [Tensor.make([0, 0])], { order: 2, runs: 4 })
  })
})

test("sign has the derivative 0 everywhere, also where it jumps", () => {
  Laws.check(Laws.stopsGradient(w.sign, [Tensor.make([0, 1, -1])]))
})

/** What a gradient is where there is none: the subgradient of least norm, found by one-sided differences. */
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"

type X = AnyTensor
const { Tensor } = w
const at = (...data: ReadonlyArray<number>): [X] => [Tensor.make(data)]

const kinks: {
  readonly [name: string]: readonly [f: Laws.Program<ReadonlyArray<any>, any, any>, ...at: ReadonlyArray<X>]
} = {
  "abs at 0": [w.abs, ...at(0, 1, -1, -0)],
  "abs of a sum": [(x: X) => w.abs(w.sum(x)), ...at(1, 2, -3)],
  "relu at 0": [w.relu, ...at(0, 1, -1)],
  "relu of a product": [(x: X) => w.relu(w.mul(x, 3)), ...at(0, 2)],
  "a tie of two in max": [w.max, ...at(1, 1, 0)],
  "a tie of all in max": [w.max, ...at(2, 2, 2, 2)],
  "a tie in a row of max": [(x: X) => w.max(x, { axis: 1 }), Tensor.make([[1, 1, 0], [3, 2, 1]])],
  "ties in columns of max": [(x: X) => w.max(x, { axis: 0, keepDims: true }), Tensor.make([[1, 1], [1, 2], [0, 2]])],
  "a tie of two in min": [w.min, ...at(1, 1, 3)],
  "a tie of all in min": [w.min, ...at(-1, -1, -1)],
  "a tie in a row of min": [(x: X) => w.min(x, { axis: 1 }), Tensor.make([[1, 1, 2], [3, 2, 1]])],
  "a tie of maximum": [w.maximum, ...at(1, 2), ...at(1, 1)],
  "a tie of minimum": [w.minimum, ...at(1, 2), ...at(1, 3)],
  "the lower end of clip": [(x: X) => w.clip(x, -1, 1), ...at(-1, 0, 2)],
  "the upper end of clip": [(x: X) => w.clip(x, -1, 1), ...at(1, 0, -2)],
  "norm at 0": [w.norm, ...at(0, 0, 0)],
  "norm of a row of zeros": [(x: X) => w.norm(x, { axis: 1 }), Tensor.make([[0, 0], [3, 4]])],
  "std of equal elements": [w.std, ...at(2, 2, 2)],
  "std of a column of equal elements": [(x: X) => w.std(x, { axis: 0 }), Tensor.make([[1, 5], [1, 7]])],
  "hypot at the origin": [w.hypot, ...at(0, 3), ...at(0, 4)],
  "the 1-norm": [(x: X) => w.sum(w.abs(x)), ...at(0, 1, 0, -2)],
  "the ∞-norm": [(x: X) => w.max(w.abs(x)), ...at(1, 1, -1, 0.5)],
  "a hinge": [(x: X) => w.sum(w.relu(w.sub(1, x))), ...at(1, 0, 2)]
}

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

/**
 * Bug reports of other systems in which NaN or ∞ leaks out of what was masked, or a gradient is NaN where a subgradient
 * exists: the programs as they were reported, against what was expected there.
 *
 * At orders 2 and 3 a program is compared with one that says the same without singular parts.
 */
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"

type X = AnyTensor
type F = (x: X) => Effect.Effect<X, any>
const { Tensor } = w

const numbers = (x: X): ReadonlyArray<number> => Array.from(Effect.runSync(Tensor.data(x)), (v) => v + 0)

/** The gradient of Σ f, as often as `order` says; each is added up again. */
const derivative = (f: F, order: number): F => {
  const next = (g: F): F => (x) => w.grad((x: X) => w.sum(g(x)))(x)
  return Array.from({ length: order }).reduce<F>(next, f)
}

/** The gradient at `x` is `expected`; higher ones are those of `clean`, or 0. */
const expectGradient = (f: F, x: X, expected: ReadonlyArray<number>, clean?: F): void => {
  const [first, ...higher] = [1, 2, 3].map((order) => numbers(Effect.runSync(derivative(f, order)(x))))
  expect(first!.length).toBe(expected.length)
  for (const [i, v] of first!.entries()) expect(v).toBeCloseTo(expected[i]!, 12)
  for (const [k, found] of higher.entries()) {
    const same = clean === undefined ? expected.map(() => 0) : numbers(Effect.runSync(derivative(clean, k + 2)(x)))
    for (const [i, v] of found.entries()) {
      expect(Math.abs(v - same[i]!), `order ${k + 2}: ${v} for ${same[i]}`).toBeLessThanOrEqual(
        1e-12 * (1 + Math.abs(same[i]!))
      )
    }
    expect(found.length).toBe(same.length)
  }
}

const bool = (...bits: ReadonlyArray<number>) => Tensor.make(bits, { dtype: "bool" }) as AnyTensor<any, "bool">

describe("where: the branch that is not chosen leaks", () => {
  test("jax #347: √Σx² per row, where it exceeds ½, else 1", () => {
    const f: F = (x) =>
      Effect.gen(function*() {
        const norms = yield* w.sqrt(w.sum(w.square(x), { axis: 1 }))
        return yield* w.sum(w.where(w.greater(norms, 0.5), norms, 1))
      })
    const x = Tensor.make([[1, 2], [3, 4], [0, 0]])
    const clean: F = (x) => w.sum(w.sqrt(w.sum(w.square(w.slice(x, [0, 2])), { axis: 1 })))
    expectGradient(f, x, [1 / Math.sqrt(5), 2 / Math.sqrt(5), 0.6, 0.8, 0, 0], clean)
  })

  test("jax #1052: the same with arctan2(x, x) at 0", () => {
    expectGradient((x) => w.where(w.greater(x, 0.5), w.atan2(x, x), 0), Tensor.make(0), [0])
  })

  test("jax #2630: where(x > 0, 0, ∞·x) at 1", () => {
    expectGradient((x) => w.where(w.greater(x, 0), 0, w.mul(x, Infinity)), Tensor.make(1), [0])
  })

  test("jax #5798: where(x < 1, x, √x) at 0", () => {
    expectGradient((x) => w.where(w.less(x, 1), x, w.sqrt(x)), Tensor.make([0, 1e-9]), [1, 1])
  })

  test("jax #20601: select(false, β·NaN, 1)", () => {
    for (const x of [NaN, -2, 2]) {
      expectGradient((beta) => w.where(Tensor.make(false), w.mul(beta, x), 1), Tensor.make(2.3), [0])
    }
  })

  test("mlx #3668: max(√(x² + y²), ε) at the origin", () => {
    const f: F = (x) => w.maximum(w.sqrt(w.sum(w.square(x))), 1e-10)
    expectGradient(f, Tensor.make([0, 0]), [0, 0])
  })

  test("pytorch #4132 and #16317: 0/0 that is replaced afterwards", () => {
    const n = Tensor.make([0, 2])
    expectGradient((x) => w.sum(w.where(w.equal(n, 0), 0, w.div(x, n))), Tensor.make([0, 1]), [0, 0.5])
    const d = Tensor.make([0, 1])
    expectGradient((x) => w.sum(w.where(w.equal(d, 0), 0, w.div(x, d))), Tensor.make([1, 1]), [0, 1])
  })

  test("autograd #802: where(x ≥ 0, x, √−x) at 1", () => {
    expectGradient((x) => w.where(w.greaterEqual(x, 0), x, w.sqrt(w.neg(x))), Tensor.make(1), [1])
  })

  test("pytorch #17455: log(eˣ + 1) that overflows, overwritten by 0", () => {
    const f: F = (x) => w.sum(w.where(bool(1, 0), w.log(w.add(w.exp(x), 1)), 0))
    const clean: F = (x) => w.softplus(w.slice(x, 0))
    expectGradient(f, Tensor.make([0, 1000]), [0.5, 0], (x) => w.where(bool(1, 0), clean(x), 0))
  })

  test("pytorch #18287: where(x < 1, cos x, 0) at ∞", () => {
    const x = Tensor.make([0, Infinity])
    expectGradient(
      (x) => w.where(w.less(x, 1), w.cos(x), 0),
      x,
      [0, 0],
      (x) => w.cos(w.where(bool(1, 0), x, Math.PI / 2))
    )
  })

  test("pytorch #23395: where(x = 0, x/2, √x + 1) at 16 and 0", () => {
    const f: F = (x) => w.where(w.equal(x, 0), w.div(x, 2), w.add(w.sqrt(x), 1))
    expectGradient(f, Tensor.make([16, 0]), [0.125, 0.5], (x) => w.sqrt(w.where(bool(1, 0), x, 1)))
  })

  test("pytorch #36923: where(x ≥ t, x, t·(x/t)) with t = 0", () => {
    expectGradient((x) => w.where(w.greaterEqual(x, 0), x, w.mul(0, w.div(x, 0))), Tensor.make(1), [1])
  })

  test("pytorch #68425: where(a ≤ 0, eᵃ, 1 + a) at 1000", () => {
    expectGradient((a) => w.where(w.lessEqual(a, 0), w.exp(a), w.add(1, a)), Tensor.make(1000), [1])
    const float32 = Tensor.make(100, { dtype: "float32" })
    expectGradient((a) => w.where(w.lessEqual(a, 0), w.exp(a), w.add(1, a)), float32, [1])
  })

  test("pytorch #89543: a squared error that leaves out missing observations", () => {
    const [y, weights] = [Tensor.make([1, 2, NaN, NaN]), Tensor.make([0.5, -1, 2, 3])]
    const f: F = (x) => w.where(w.logicalNot(w.isNaN(y)), w.square(w.sub(w.mul(weights, x), y)), 0)
    // 2·w·(w·x − y), and 0 where y is missing
    const x = [3, 1, 2, 4]
    const expected = [2 * 0.5 * (0.5 * 3 - 1), 2 * -1 * (-1 * 1 - 2), 0, 0]
    const clean: F = (x) => w.square(w.sub(w.mul(weights, x), Tensor.make([1, 2, 0, 0])))
    expectGradient(f, Tensor.make(x), expected, (x) => w.where(bool(1, 1, 0, 0), clean(x), 0))
  })

  test("pytorch #108618: where(x > 2, log₂ x, 2x) at 0", () => {
    const f: F = (x) => w.where(w.greater(x, 2), w.log2(x), w.mul(2, x))
    expectGradient(f, Tensor.make([0, 2, 3]), [2, 2, 1 / (3 * Math.LN2)], (x) => w.log2(w.where(bool(0, 0, 1), x, 1)))
  })

  test("pytorch #156212: where(x ≤ 10, eˣ, 1) at NaN and 10¹⁰", () => {
    const f: F = (x) => w.where(w.lessEqual(x, 10), w.exp(x), 1)
    expectGradient(f, Tensor.make([1, NaN, 1e10]), [Math.E, 0, 0], (x) => w.exp(w.where(bool(1, 0, 0), x, 1)))
  })

  test("pytorch #187297 and Paddle #79464: where(x > 0, √x, x) below 0", () => {
    expectGradient((x) => w.where(w.greater(x, 0), w.sqrt(x), x), Tensor.make([-1, -4]), [1, 1])
  })

  test("tensorflow #38349: where(a < 15, a, 10^(eᵃ)) at 10", () => {
    expectGradient((a) => w.where(w.less(a, 15), a, w.pow(10, w.exp(a))), Tensor.make(10), [1])
  })

  test("tinygrad #12409: where(x = 0, 0, x·√x) at 0", () => {
    expectGradient((x) => w.where(w.equal(x, 0), 0, w.mul(x, w.sqrt(x))), Tensor.make([0]), [0])
    expectGradient((x) => w.where(w.equal(x, 0), 0, w.mul(x, w.sqrt(x))), Tensor.make([0], { dtype: "float32" }), [0])
  })
})

describe("masks of distances, softmaxes and losses", () => {
  test("jax #654 and #3407: energies of pairs, without the diagonal", () => {
    const keep = Tensor.make([[0, 1], [1, 0]], { dtype: "bool" }) as AnyTensor<any, "bool">
    const f: F = (x) =>
      Effect.gen(function*() {
        const between = yield* w.sub(w.expandDims(x, 0), w.expandDims(x, 1))
        const distance = yield* w.where(keep, w.sqrt(w.sum(w.square(between), { axis: 2 })), 0)
        return yield* w.sum(w.where(keep, w.div(1, distance), 0))
      })
    const x = Tensor.make([[1, 2, 3], [0.2, 4, 6]])
    const clean: F = (x) => w.div(2, w.norm(w.sub(w.slice(x, 0), w.slice(x, 1))))
    expectGradient(f, x, numbers(Effect.runSync(derivative(clean, 1)(x))), clean)
  })

  test("jax #9159 and jax_xc #29: cond, then vmap", () => {
    const normalize = (x: AnyTensor<[3]>) =>
      w.cond(w.all(w.equal(x, 0)), () => w.mul(x, 0), () => w.div(x, w.sqrt(w.sum(w.square(x)))))
    const each = w.vmap((x: AnyTensor<[3]>) => w.grad((x: AnyTensor<[3]>) => w.sum(normalize(x)))(x))
    expect(numbers(Effect.runSync(each(Tensor.zeros([4, 3]))))).toEqual(Array(12).fill(0))

    const log = (x: AnyTensor<[]>) => w.cond(w.greater(x, 0), () => w.log(x), () => 0)
    const x = Tensor.make([1, 0])
    expect(numbers(Effect.runSync(w.vmap(w.grad(log))(x)))).toEqual([1, 0])
    expectGradient((x) => w.vmap(log)(x as AnyTensor<[2]>), x, [1, 0], (x) => w.log(w.where(bool(1, 0), x, 1)))
  })

  test("jax #17070: the entropy of a masked softmax, normalised once more", () => {
    const m = bool(1, 1, 0)
    const f: F = (x) =>
      Effect.gen(function*() {
        const attention = yield* w.softmax(w.where(m, x, -Infinity))
        const normal = yield* w.mul(attention, w.div(1, w.sum(attention)))
        return yield* w.sum(w.where(m, w.mul(normal, w.neg(w.log2(normal))), 0))
      })
    const clean: F = (x) =>
      Effect.gen(function*() {
        const p = yield* w.softmax(w.slice(x, [0, 2]))
        return yield* w.sum(w.mul(p, w.neg(w.log2(p))))
      })
    const x = Tensor.make([0.5, -1, 3])
    expectGradient(f, x, numbers(Effect.runSync(derivative(clean, 1)(x))), clean)
  })

  test("jax #17117: softmax by hand over a mask, with a large logit masked", () => {
    const m = bool(1, 1, 0)
    const x = Tensor.make([1, 1, 1000])
    const softmax: F = (x) =>
      Effect.gen(function*() {
        const largest = yield* w.stopGradient(w.max(w.where(m, x, -Infinity)))
        const e = yield* w.where(m, w.exp(w.sub(x, largest)), 0)
        return yield* w.div(e, w.sum(e))
      })
    const p: F = (x) => w.mul(Tensor.make([1, 3, 5]), softmax(x))
    const clean: F = (x) => w.mul(Tensor.make([1, 3]), w.softmax(w.slice(x, [0, 2])))
    expectGradient(p, x, [-0.5, 0.5, 0], clean)
  })

  test("pytorch #23156: rows of NaN into a linear layer, masked at the loss", () => {
    const rows = Tensor.make([[1, 2], [3, 4], [NaN, NaN]])
    const m = Tensor.make([[true], [true], [false]]) as AnyTensor<any, "bool">
    expectGradient((weights) => w.sum(w.where(m, w.matmul(rows, weights), 0)), Tensor.make([[1, 2], [3, 4]]), [
      4,
      4,
      6,
      6
    ])
  })

  test("pytorch #41508: attention of rows that are masked altogether", () => {
    const m = Tensor.make([[true, true], [false, false]]) as AnyTensor<any, "bool">
    const f: F = (x) =>
      w.sum(w.square(w.where(w.any(m, { axis: 1, keepDims: true }), w.softmax(w.where(m, x, -Infinity)), 0)))
    const clean: F = (x) => w.sum(w.square(w.softmax(w.slice(x, 0))))
    const x = Tensor.make([[0.5, -1], [2, 3]])
    expectGradient(f, x, numbers(Effect.runSync(derivative(clean, 1)(x))), clean)
  })

  test("pytorch #64305 and #121416: squared errors of missing targets", () => {
    const y = Tensor.make([NaN, 1])
    const f: F = (x) => w.sum(w.where(w.isNaN(y), 0, w.square(w.sub(x, y))))
    expectGradient(f, Tensor.make([5, 3]), [0, 4], (x) => w.sum(w.square(w.where(bool(0, 1), x, 0))))
  })

  test("pytorch #67180: nansum of a product", () => {
    const a = Tensor.make([1, 2, NaN])
    const f: F = (b) => Effect.flatMap(w.mul(a, b), (c) => w.sum(w.where(w.isNaN(c), 0, c)))
    expectGradient(f, Tensor.make(1), [3])
  })

  test("tensorflow #11756: softmax after a mask by −∞", () => {
    const f: F = (x) => w.slice(w.softmax(w.where(bool(1, 0, 1, 1, 1), x, -Infinity)), 2)
    expectGradient(
      f,
      Tensor.make([1, 1, 1, 1, 1]),
      [-1 / 16, 0, 3 / 16, -1 / 16, -1 / 16],
      (x) => w.slice(w.softmax(w.concat([w.slice(x, [0, 1]), w.slice(x, [2, 5])])), 1)
    )
  })
})

describe("norms at 0", () => {
  test("autograd #151, pytorch #2421 and jax #3058: the norm", () => {
    expectGradientOnce(w.norm, Tensor.zeros([3]), [0, 0, 0])
  })

  test("autograd #586 and #617, jax #4177 and #21723: the norm squared", () => {
    expectGradientOnce((x) => w.square(w.norm(x)), Tensor.zeros([2]), [0, 0])
    expectGradientOnce((x) => w.sum(w.square(w.norm(x, { axis: -1 }))), Tensor.zeros([1, 2]), [0, 0])
  })

  test("pytorch #4320: the standard deviation of equal elements", () => {
    expectGradientOnce((x) => w.sum(w.std(x, { axis: 0 })), Tensor.ones([4, 2]), Array(8).fill(0))
  })

  const expectGradientOnce = (f: F, x: X, expected: ReadonlyArray<number>): void =>
    expect(numbers(Effect.runSync(derivative(f, 1)(x)))).toEqual(expected)
})

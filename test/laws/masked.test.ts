import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"

type X = AnyTensor
type M = AnyTensor<any, "bool">
const { Tensor } = w
const column = (x: X | Effect.Effect<X, any>) => w.expandDims(x, 1)

describe("the mask laws", () => {
  const elements = Laws.real(0.5, 2)
  test("where selects gradients", () => {
    Laws.check(Laws.whereSelects(w.sin, w.exp, Laws.tensors([[2, 3]])))
    Laws.check(Laws.whereSelects(w.mul, w.div, Laws.tensors([[2, 3], [3]], { elements })))
    Laws.check(Laws.whereSelects((x: X) => w.cumsum(x), (x: X) => w.reshape(x, [6]), Laws.tensors([[2, 3]])))
  })
  test("a mask multiplies", () => {
    Laws.check(Laws.maskMultiplies((x: X) => x, fc.tuple(Laws.tensor(Laws.shape({ maxRank: 3 })))))
    Laws.check(Laws.maskMultiplies((x: X) => x, fc.tuple(Laws.tensor([5, 5]))))
    Laws.check(Laws.maskMultiplies((x: X) => x, fc.tuple(Laws.tensor([5, 5], { dtype: "float32" }))))
  })
  test("complementary masks add up", () => {
    Laws.check(Laws.masksAddUp(w.matmul, Laws.tensors([[2, 3], [3, 2]])))
    Laws.check(Laws.masksAddUp((x: X) => ({ a: w.softmax(x), b: [w.sum(x)] }), Laws.tensors([[2, 3]])))
  })
  test("a mask by multiplication is honest: it leaks", () => {
    const byFactor = (x: X, m: M) => w.sum(w.mul(w.cast(m, "float64"), w.log(x)))
    expect(() => Laws.check(Laws.neverLeaks(byFactor, elements))).toThrow("without poison")
  })
})

describe("what mathematics gives stays", () => {
  test("where(x ≥ 0, √x, 0) at 0 has the derivative +∞", () => {
    const f = (x: AnyTensor<[]>) => w.where(w.greaterEqual(x, 0), w.sqrt(x), 0)
    expect(Effect.runSync(Tensor.item(w.grad(f)(Tensor.make(0))))).toBe(Infinity)
  })
  test("rows of a product that are not masked are as infinite as their factor, masked ones are 0", () => {
    const factor = Tensor.make([[Infinity, 1], [1, 1]])
    const m = Tensor.make([[true], [false]])
    const rows = (x: AnyTensor<[2, 2]>) => w.sum(w.where(m, w.matmul(x, factor), 0))
    expect(Effect.runSync(Tensor.toArray(w.grad(rows)(Tensor.ones([2, 2]))))).toEqual([[Infinity, 2], [0, 0]])
    const columns = (x: AnyTensor<[2, 2]>) => w.sum(w.where(w.transpose(m), w.matmul(factor, x), 0))
    expect(Effect.runSync(Tensor.toArray(w.grad(columns)(Tensor.ones([2, 2]))))).toEqual([[Infinity, 0], [2, 0]])
  })
  test("Σ [0, 1]·log x at [0, 1] is NaN, and so is its derivative there", () => {
    const f = (x: AnyTensor<[2]>) => w.sum(w.mul(Tensor.make([0, 1]), w.log(x)))
    const [value, gradient] = Effect.runSync(w.valueAndGrad(f)(Tensor.make([0, 1])))
    expect(Effect.runSync(Tensor.item(value))).toBeNaN()
    expect(Effect.runSync(Tensor.toArray(gradient))).toEqual([NaN, 1])
  })
})

test("what other ops do not select has no influence either", () => {
  const log = (x: X) => w.log(x)
  const programs: ReadonlyArray<(x: X) => Effect.Effect<AnyTensor, any>> = [
    (x) => w.slice(log(x), 1),
    (x) => w.take(log(x), 1),
    (x) => w.slice(w.cumsum(w.flip(log(x))), 0),
    (x) => w.slice(w.matmul(column(log(x)), Tensor.make([[1]])), 1, 0),
    (x) => w.max(log(x)),
    (x) => w.slice(w.sort(log(x)), 1),
    (x) => w.sum(w.clip(log(x), -1, 1)),
    (x) => w.sum(w.maximum(log(x), -1)),
    (x) => w.neg(w.sum(w.minimum(w.neg(log(x)), 1)))
  ]
  // the gradient of log at 1, and at 0 neither ∞ nor NaN
  for (const f of programs) {
    expect(Effect.runSync(Tensor.toArray(w.grad((x: AnyTensor<[2]>) => f(x))(Tensor.make([0, 1]))))).toEqual([0, 1])
  }
})

test("what is put beside an argument is constant: its tangent is 0, whatever comes after", () => {
  const zeros = Tensor.zeros([2])
  const programs: ReadonlyArray<(x: AnyTensor<[1]>) => Effect.Effect<AnyTensor, any>> = [
    (x) => w.concat([x, zeros]),
    (x) => w.pad(x, [[0, 2]]),
    (x) => w.scatterAdd(Tensor.zeros([3]), Tensor.make([[0]], { dtype: "int32" }), x),
    (x) => w.where(Tensor.make([true, false, false]), x, 0),
    (x) => w.reshape(w.stack([w.slice(x, 0), 0, 0]), [3])
  ]
  for (const f of programs) {
    const root = (x: AnyTensor<[1]>) => w.sqrt(f(x))
    const [, tangent] = Effect.runSync(w.jvp(root, [Tensor.make([4])], [Tensor.make([1])]))
    expect(Effect.runSync(Tensor.toArray(tangent))).toEqual([0.25, 0, 0])
    const [, pushforward] = Effect.runSync(w.linearize(root, Tensor.make([4])))
    expect(Effect.runSync(Tensor.toArray(pushforward(Tensor.make([1]))))).toEqual([0.25, 0, 0])
  }
})

test("whole Jacobians and Hessians do not leak", () => {
  const m = Tensor.make([false, true])
  const f = (x: AnyTensor<[2]>) => w.where(m, w.log(x), 0)
  // 0 and −0 are the same here
  const elements = (x: X) => Array.from(Effect.runSync(Tensor.data(x)), (v) => v + 0)
  for (const x of [0, -1, NaN, Infinity].map((bad) => Tensor.make([bad, 2]))) {
    for (const jacobian of [w.jacfwd, w.jacrev]) {
      expect(elements(Effect.runSync(jacobian(f)(x)))).toEqual([0, 0, 0, 0.5])
    }
    expect(elements(Effect.runSync(w.hessian((x: AnyTensor<[2]>) => w.sum(f(x)))(x)))).toEqual([0, 0, 0, -0.25])
  }
})

describe("shapes without elements", () => {
  test("a mask of nothing", () => {
    Laws.check(Laws.maskMultiplies((x: X) => x, fc.tuple(Laws.tensor(fc.constantFrom([0], [2, 0], [0, 3])))))
    Laws.check(Laws.masksAddUp(w.log, Laws.tensors([[0, 2]])))
  })
})

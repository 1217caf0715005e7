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
const weights = Tensor.make([[1, -2], [0.5, 3]])
const pair = Tensor.make([1, 2])
const indices = Tensor.make(Int32Array.of(2, 0, 0, 1))

const customLog = w.customJvp((x: X) => w.log(x), ([x], [dx]) => Effect.all([w.log(x), w.div(dx, x)]))

/** Programs that mask what would be NaN or infinite, in every way there is. Elements of x are from 1.25 to 2. */
const programs: {
  readonly [family: string]: { readonly [name: string]: (x: X, m: M) => Effect.Effect<AnyTensor, any> }
} = {
  elementwise: {
    "√x": (x, m) => w.sum(w.where(m, w.sqrt(x), 0)),
    "log x": (x, m) => w.sum(w.where(m, w.log(x), 0)),
    "x√x": (x, m) => w.sum(w.where(m, w.mul(x, w.sqrt(x)), 0)),
    "1/x, chosen as the alternative": (x, m) => w.sum(w.where(w.logicalNot(m), 0, w.div(1, x))),
    "eˣ with a factor": (x, m) => w.sum(w.mul(3, w.mask(w.exp(x), m))),
    "a fill": (x, m) => w.sum(w.square(w.mask(w.log(x), m, 2))),
    "x^1.5 and 1.5^x": (x, m) => w.sum(w.where(m, w.add(w.pow(x, 1.5), w.pow(1.5, x)), 0)),
    "atan2(x, x)": (x, m) => w.sum(w.where(m, w.mul(x, w.atan2(x, x)), 0)),
    "a chain: √log x": (x, m) => w.sum(w.where(m, w.sqrt(w.log(x)), 0)),
    "a long chain: tan √acosh x": (x, m) => w.sum(w.where(m, w.tan(w.sqrt(w.acosh(x))), 0)),
    "two masks, one inside the other": (x, m) => w.sum(w.mask(w.mul(w.mask(w.log(x), m), w.sqrt(x)), m)),
    "masked before and after": (x, m) => w.sum(w.where(m, w.log(w.where(m, x, 1)), 0)),
    "masked twice and added": (x, m) => w.sum(w.add(w.where(m, w.log(x), 0), w.where(m, w.sqrt(x), x.size))),
    "special functions": (x, m) => w.sum(w.where(m, w.mul(w.lgamma(x), w.add(w.digamma(x), w.sinc(x))), 0)),
    "log(eˣ + e^−x)": (x, m) => w.sum(w.where(m, w.logaddexp(x, w.neg(x)), 0)),
    "hypot and maximum": (x, m) => w.sum(w.where(m, w.hypot(w.maximum(x, 0.5), w.log(x)), 0))
  },
  "masked before what is singular": {
    "√ of 0": (x, m) => w.sum(w.sqrt(w.where(m, x, 0))),
    "powers of 0": (x, m) => w.sum(w.add(w.pow(w.mask(x, m), 0.5), w.cbrt(w.mask(x, m)))),
    "asin of 1": (x, m) => w.sum(w.asin(w.where(m, w.div(x, 4), 1))),
    "acosh of 1, then a product": (x, m) => w.sum(w.mul(x.size, w.acosh(w.where(m, x, 1)))),
    "√ of rows of 0": (x, m) => w.sum(w.sqrt(w.sum(w.mul(column(w.where(m, x, 0)), pair.size), { axis: 1 }))),
    "√ of what is concatenated with 0": (x, m) => w.sum(w.sqrt(w.concat([w.where(m, x, 0), Tensor.zeros([2])]))),
    "√ of what is padded with 0": (x, m) => w.sum(w.sqrt(w.pad(w.where(m, x, 0), [[1, 1]]))),
    "√ of what is scattered": (x, m) =>
      w.sum(w.sqrt(w.scatterAdd(Tensor.zeros([5]), w.slice(column(indices), [0, 3]), w.where(m, x, 0)))),
    "√ of what is taken": (x, m) => w.sum(w.sqrt(w.take(w.where(m, x, 0), indices))),
    "√ of a triangle": (x, m) => w.sum(w.sqrt(w.tril(w.mul(column(w.where(m, x, 0)), Tensor.ones([1, 3]))))),
    "√ of rows of a product": (x, m) => w.sum(w.sqrt(w.matmul(column(w.where(m, x, 0)), Tensor.ones([1, 2])))),
    "√ of the largest of rows": (x, m) =>
      w.sum(w.sqrt(w.max(w.mul(column(w.where(m, x, 0)), w.abs(pair)), { axis: 1 })))
  },
  broadcasting: {
    "a column against a row": (x, m) => w.sum(w.where(column(m), w.mul(column(w.log(x)), pair), 0)),
    "a row against a column": (x, m) => w.sum(w.where(m, w.div(column(pair), x), 0)),
    "a scalar that all share": (x, m) => w.mul(w.sum(w.where(m, w.div(w.sum(w.where(m, x, 0)), x), 0)), 2)
  },
  reduction: {
    "a mean": (x, m) => w.div(w.sum(w.where(m, w.log(x), 0)), w.add(1, w.sum(w.cast(m, "float64")))),
    // where all is masked there is no softmax
    "a softmax": (x, m) => w.sum(w.mul(w.where(w.any(m), w.softmax(w.where(m, x, -Infinity)), 0), w.where(m, x, 0))),
    "a softmax by hand": (x, m) =>
      Effect.gen(function*() {
        const e = yield* w.where(m, w.exp(x), 0)
        return yield* w.sum(w.square(w.div(e, w.add(1e-3, w.sum(e)))))
      }),
    "log Σ eˣ": (x, m) => w.log(w.add(1, w.sum(w.where(m, w.exp(x), 0)))),
    "norms of rows": (x, m) => w.sum(w.where(m, w.norm(w.mul(column(x), pair), { axis: 1 }), 0)),
    "√Σ of rows": (x, m) => w.sum(w.where(m, w.sqrt(w.sum(w.square(w.mul(column(x), pair)), { axis: 1 })), 0)),
    "products of rows": (x, m) => w.sum(w.where(m, w.prod(w.add(column(w.log(x)), pair), { axis: 1 }), 0)),
    "maxima of rows": (x, m) => w.sum(w.where(m, w.max(w.mul(column(w.log(x)), pair), { axis: 1 }), 0)),
    "variances and log Σ eˣ of rows": (x, m) =>
      Effect.gen(function*() {
        const rows = yield* w.mul(column(w.sqrt(x)), pair)
        return yield* w.sum(w.where(m, w.add(w.var(rows, { axis: 1 }), w.logsumexp(rows, { axis: 1 })), 0))
      }),
    "a running sum afterwards": (x, m) => w.sum(w.square(w.cumsum(w.where(m, w.log(x), 0)))),
    "running products of rows": (x, m) =>
      w.sum(w.where(column(m), w.cumprod(w.add(column(w.log(x)), pair), { axis: 1 }), 0)),
    "a softmax of rows": (x, m) => w.sum(w.square(w.where(column(m), w.softmax(w.mul(column(w.log(x)), pair)), 0)))
  },
  movement: {
    "reshape": (x, m) => w.sum(w.where(w.reshape(m, [3, 1]), w.log(w.reshape(x, [3, 1])), 0)),
    "transpose": (x, m) =>
      w.sum(w.where(w.transpose(column(m)), w.mul(w.transpose(column(w.log(x))), column(pair)), 0)),
    "flip": (x, m) => w.sum(w.square(w.where(w.flip(m), w.flip(w.log(x)), 0))),
    "pad": (x, m) => w.sum(w.square(w.where(w.pad(m, [[1, 2]]), w.pad(w.log(x), [[1, 2]]), 0))),
    "slice": (x, m) => w.sum(w.where(w.slice(m, [1, 3]), w.log(w.slice(x, [1, 3])), 0)),
    "slice backwards": (x, m) => w.sum(w.where(w.slice(m, [null, null, -2]), w.log(w.slice(x, [null, null, -2])), 0)),
    "concat": (x, m) => w.sum(w.square(w.where(w.concat([m, m]), w.concat([w.log(x), w.sqrt(x)]), 0))),
    "stack and tile": (x, m) => w.sum(w.where(w.stack([m, m], 1), w.stack([w.log(x), w.div(1, x)], 1), 0)),
    "split": (x, m) =>
      Effect.gen(function*() {
        const [x1, x2] = yield* w.split(w.log(x), [1])
        const [m1, m2] = yield* w.split(m, [1])
        return yield* w.add(w.sum(w.where(m1!, x1!, 0)), w.sum(w.square(w.where(m2!, x2!, 0))))
      })
  },
  indexing: {
    "take": (x, m) => w.sum(w.square(w.where(w.take(m, indices), w.take(w.log(x), indices), 0))),
    "gather": (x, m) => w.sum(w.where(w.gather(m, column(indices)), w.log(w.gather(x, column(indices))), 0)),
    "scatterAdd": (x, m) =>
      w.sum(w.square(w.scatterAdd(Tensor.zeros([4]), w.slice(column(indices), [0, 3]), w.where(m, w.log(x), 0)))),
    "diagonal": (x, m) => w.sum(w.where(m, w.diagonal(w.mul(column(w.log(x)), w.broadcastTo(x, [3, 3]))), 0)),
    "triangle": (x, m) => w.sum(w.where(column(m), w.tril(w.mul(column(w.log(x)), pair)), 0)),
    "sorting afterwards": (x, m) => w.sum(w.mul(w.sort(w.where(m, w.log(x), 9)), Tensor.make([1, 2, 3])))
  },
  contraction: {
    "rows of a product": (x, m) =>
      w.sum(w.square(w.where(column(m), w.matmul(w.mul(column(w.log(x)), pair), weights), 0))),
    "columns of a product": (x, m) => w.sum(w.where(m, w.matmul(pair, w.mul(column(pair), w.log(x))), 0)),
    "rows that a product adds up": (x, m) =>
      w.sum(w.square(w.matmul(pair, w.mul(column(pair), w.where(m, w.log(x), 0))))),
    "outer": (x, m) => w.sum(w.where(column(m), w.outer(w.log(x), pair), 0)),
    "einsum": (x, m) => w.sum(w.where(m, w.einsum("i,j->i", w.log(x), pair), 0)),
    "a batch of products": (x, m) =>
      w.sum(
        w.where(w.expandDims(column(m), 2), w.matmul(w.mul(w.expandDims(column(w.log(x)), 2), weights), weights), 0)
      )
  },
  control: {
    "a cond, masked afterwards": (x, m) =>
      w.sum(w.where(m, w.cond(w.greater(w.sum(w.where(m, x, 1)), 0), () => w.log(x), () => w.sqrt(x)), 0)),
    "a switchCase, masked before": (x, m) =>
      w.sum(w.switchCase(Tensor.make(1, { dtype: "int32" }), [() => w.neg(x), () => w.sqrt(w.where(m, x, 0))])),
    "a scan, masked afterwards": (x, m) =>
      Effect.flatMap(
        w.scan(
          (c: AnyTensor<[]>, x: AnyTensor<[]>) => Effect.map(w.log(x), (y) => [c, y] as const),
          Tensor.make(1),
          x as AnyTensor<[3]>
        ),
        ([, ys]) => w.sum(w.where(m, ys, 0))
      ),
    "a map, masked afterwards": (x, m) => w.sum(w.where(m, w.map((x: X) => w.log(x), x), 0)),
    "a forLoop, masked afterwards": (x, m) =>
      w.sum(w.where(m, w.forLoop(0, 2, (_, c: X) => w.mul(c, w.sqrt(w.log(x))), x), 0)),
    "a whileLoop, masked afterwards": (x, m) =>
      w.sum(
        w.where(
          m,
          w.whileLoop(
            (c: X) => w.less(w.sum(w.where(m, c, 0)), 20),
            (c: X) => w.mul(c, w.add(2, w.sqrt(w.log(x)))),
            x,
            { maxSteps: 4 }
          ),
          0
        )
      ),
    "an associativeScan, masked afterwards": (x, m) =>
      Effect.flatMap(
        w.stack([w.log(x), w.sqrt(x), x]),
        (rows) => w.sum(w.where(m, w.associativeScan((a: X, b: X) => w.mul(a, b), rows), 0))
      ),
    "a custom rule, masked afterwards": (x, m) => w.sum(w.where(m, customLog(x), 0)),
    "a scan": (x, m) =>
      Effect.map(
        w.scan(
          (c: AnyTensor<[]>, [x, m]: readonly [AnyTensor<[]>, AnyTensor<[], "bool">]) =>
            Effect.map(w.add(w.mul(c, 0.5), w.where(m, w.log(x), 0)), (c) => [c, c] as const),
          Tensor.make(1),
          [x as AnyTensor<[3]>, m as AnyTensor<[3], "bool">] as const
        ),
        ([carry]) => carry
      ),
    "cond under vmap": (x, m) =>
      w.sum(
        w.vmap((x: AnyTensor<[]>, m: AnyTensor<[], "bool">) => w.cond(m, () => w.log(x), () => 0))(x as any, m as any)
      ),
    "where under vmap": (x, m) =>
      w.sum(w.vmap((x: AnyTensor<[]>, m: AnyTensor<[], "bool">) => w.where(m, w.log(x), 0))(x as any, m as any)),
    "checkpoint": (x, m) => w.sum(w.checkpoint((x: X) => w.where(m, w.sqrt(w.log(x)), 0))(x))
  }
}

describe.each(Object.entries(programs))("what is masked has no influence at orders 1 to 3: %s", (_, family) => {
  test.each(Object.entries(family))("%s", (_, f) => {
    Laws.check(Laws.neverLeaks(f, Laws.real(1.25, 2), { order: 3, poison: [-1, 1, 1000], shape: [3] }), { runs: 2 })
    // and where nothing is hidden it is an ordinary program
    Laws.check(Laws.gradient((x: X) => f(x, Tensor.make([true, true, true])), [Tensor.make([1.5, 1.875, 1.25])]), {
      runs: 2
    })
    // what is not hidden is not 0 because something else is
    const mixed = (x: X) => f(x, Tensor.make([true, false, true]))
    Laws.checkGradient(mixed, [Tensor.make([1.5, 1.875, 1.25])], { runs: 1 })
  })
})

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

import { Context, Effect } from "effect"
import * as fc from "fast-check"
import { describe, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"

type X = AnyTensor
type S = AnyTensor<[]>
const { Tensor } = w
const scalars = Laws.tensors([[], []])

describe("a cond is the branch that it takes", () => {
  const positive = (x: S) => w.greater(x, 0)
  test.each<readonly [string, Laws.Program<[S, S], any, any>, Laws.Program<[S, S], any, any>]>([
    ["each reads one argument", (x) => w.sin(x), (_, y) => w.exp(y)],
    ["one reads none", (x, y) => w.mul(x, y), () => Tensor.make(7)],
    ["one is singular where the other is taken", (x, y) => w.mul(w.log(x), y), (x, y) => w.mul(w.sqrt(w.neg(x)), y)],
    ["trees", (x, y) => ({ a: w.mul(x, y), b: [x] }), (x, y) => ({ a: y, b: [w.cosh(x)] })],
    [
      "one in the other",
      (x, y) => w.cond(w.greater(y, 0), () => w.mul(x, y), () => w.neg(x)),
      (x, y) => w.cond(w.less(y, 0), () => y, () => x)
    ],
    ["with a stopped gradient", (x, y) => w.mul(w.stopGradient(x), y), (x, y) => w.mul(x, w.stopGradient(y))]
  ])("%s", (_, onTrue, onFalse) => {
    Laws.check(Laws.condTakesBranch(positive, onTrue, onFalse, scalars))
  })

  test("vectors", () => {
    Laws.check(Laws.condTakesBranch(
      (x: X) => w.greater(w.sum(x), 0),
      (x: X, y: X) => w.matmul(x, y),
      (x: X) => w.transpose(x),
      Laws.tensors([[2, 2], [2, 2]]).map(([x, y]): [X, X] => [x, y])
    ))
  })
})

describe("stopGradient", () => {
  test("is the identity and a constant", () => {
    Laws.check(Laws.stopsGradient(w.sin, Laws.tensors([[2, 3]])))
    Laws.check(Laws.stopsGradient((x: X, y: X) => ({ a: w.mul(x, y), b: [w.log(w.abs(y))] }), Laws.tensors([[3], [3]])))
  })
  test("freezes", () => {
    Laws.check([
      Laws.stoppingFreezes((c, x: X) => w.mul(c, w.square(x)), (x: X) => w.exp(x), Laws.tensors([[3]])),
      Laws.stoppingFreezes(
        (c, x: X, y: X) => w.sum(w.mul(w.sin(c), w.mul(x, y))),
        (x: X, y: X) => w.sub(x, y),
        Laws.tensors([[2], [2]])
      ),
      // the stabilised log Σ eˣ, whose shift cancels
      Laws.stoppingFreezes(
        (c, x: X) => w.add(c, w.log(w.sum(w.exp(w.sub(x, c))))),
        (x: X) => w.max(x),
        Laws.distinct([4]).map((x): [X] => [x])
      )
    ])
  })
  test("of a constant it is the same as a derivative by differences", () => {
    const c = 1.5
    Laws.checkGradient((x: S) => w.mul(w.stopGradient(Tensor.make(c)), w.square(x)), Laws.tensors([[]]), { order: 2 })
  })
})

describe("programs of every kind obey", () => {
  const all = <Args extends ReadonlyArray<any>>(f: Laws.Program<Args, any, any>, at: fc.Arbitrary<Args>) =>
    Laws.check([
      Laws.gradient(f, at, { order: 2 }),
      Laws.duality(f, at),
      Laws.valueUnchanged(f, at),
      Laws.jvpLinear(f, at),
      Laws.vjpLinear(f, at),
      Laws.linearizeIsJvp(f, at),
      Laws.masksAddUp(f, at),
      Laws.jacobiansAgree(f, at),
      Laws.hessianSymmetric(f, at),
      Laws.batching(f, at)
    ], { runs: 5 })

  test("records in, records out", () => {
    type Params = { readonly w: AnyTensor<[2, 2]>; readonly b: AnyTensor<[2]> }
    const layer = ({ b, w: weights }: Params, x: AnyTensor<[2]>) => ({
      y: w.tanh(w.add(w.matmul(weights, x), b)),
      all: [w.sum(b)]
    })
    const params = fc.record({ w: Laws.tensor([2, 2]), b: Laws.tensor([2]) })
    all(layer, fc.tuple(params, Laws.tensor([2])))
  })

  test("integers and bools beside floats are held fixed", () => {
    const f = (
      x: AnyTensor<[3]>,
      i: AnyTensor<[2], "int32">,
      m: AnyTensor<[3], "bool">
    ) => [w.take(w.sin(x), i), w.where(m, x, 2)]
    const at = fc.tuple(
      Laws.tensor([3]),
      Laws.tensor([2], { elements: fc.nat(2), dtype: "int32" }).map((i) => i as AnyTensor<[2], "int32">),
      Laws.mask([3])
    )
    all(f, at)
  })

  test("results that do not depend on all arguments, and results that are not floats", () => {
    const f = (x: X, y: X) => ({ both: w.mul(x, y), one: w.exp(x), none: Tensor.make(3), count: w.argmax(y) })
    all(f, Laws.tensors([[3], [3]]))
  })

  test("a function of nothing but numbers", () => {
    all((x: X) => [w.mul(w.sum(x), 2), 7], Laws.tensors([[2]]))
  })

  test("derivatives of derivatives inside the program", () => {
    const f = (x: AnyTensor<[2]>) => w.sum(w.mul(x, w.grad((y: AnyTensor<[2]>) => w.sum(w.mul(w.sin(y), x)))(x)))
    all(f, Laws.tensors([[2]]))
  })

  test("host control flow", () => {
    const f = (x: S) => Effect.flatMap(Tensor.item(x), (v) => v > 0 ? w.sin(x) : w.mul(x, 2))
    Laws.check([
      Laws.duality(f, Laws.tensors([[]], { elements: Laws.real(-2, 2, { except: [0] }) })),
      Laws.gradient(f, Laws.tensors([[]], { elements: Laws.real(0.5, 2) }), { order: 2 })
    ])
  })
})

test("laws of programs that need services are Effects", async () => {
  class Rate extends Context.Service<Rate, number>()("test/Rate") {}
  const f = (x: X) => Effect.flatMap(Rate, (rate) => Effect.delay(w.mul(x, rate), 1))
  const law = Laws.gradient(f, Laws.tensors([[2]]))
  await Effect.runPromise(Effect.provideService(Laws.checkEffect(law, { runs: 2 }), Rate, 0.1))
})

/** What the laws found, as small as they made it. */
import { Effect, Option } from "effect"
import { expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import * as w from "../../src/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"

type X = AnyTensor
const { Tensor } = w

/** `f` with the rule that its own derivative is. */
const withOwnRule = (f: (x: X) => Effect.Effect<X, any>) => w.customJvp(f, ([x], [dx]) => w.jvp(f, [x], [dx]))

test("the rule of a customJvp may compute value and tangent in one loop", () => {
  const loop = (x: X) => w.forLoop(0, 3, (_, c: X) => w.sin(w.mul(c, x)), x)
  const scan = (x: X) =>
    Effect.map(w.scan((c: X, x: X) => Effect.map(w.mul(c, x), (c) => [c, c] as const), 1, x), ([, y]) => y)
  for (const f of [loop, scan]) {
    const squared = (x: X) => Effect.flatMap(withOwnRule(f)(x), (y) => w.mul(y, y))
    const same = (x: X) => Effect.flatMap(f(x), (y) => w.mul(y, y))
    const at = Laws.tensors([[3]]).map(([x]): [X] => [x])
    Laws.check(Laws.sameDerivatives("with a rule and without", squared, same, at, { order: 3 }), { runs: 3 })
  }
})

test("a list is frozen where two ops share an equation", () => {
  const list = Effect.runSync(w.trace((x: X) => Effect.flatMap(w.sin(x), (y) => w.add(y, w.sin(x))))(Tensor.make(1)))
  const [{ site }] = list.equations as unknown as [{ readonly site: w.Site }]
  expect(site.also?.every((s) => Object.isFrozen(s))).toBe(true)
})

test("the rule of a customVjp may have a loop with coefficients and cotangents, and loops that start at 0", () => {
  const repeated = (c: X, x: X) =>
    Effect.map(
      w.scan((_: X, x: X) => Effect.map(w.broadcastTo(w.tanh(x), [1]), (c) => [c, x] as const), c, x),
      ([, y]) => y
    )
  const nested = (x: X) => w.forLoop(0, 2, (_, c: X) => repeated(c, x), x)
  for (const f of [(x: X) => repeated(x, x), nested]) {
    Laws.check(Laws.rulesChangeNothing(f, Laws.tensors([[1]])), { runs: 3 })
  }
})

test("the standard deviation of one element is 0 everywhere, and has no kink", () => {
  const spread = (x: X) => w.std(x, { axis: 0 })
  const hessian = w.hessian(spread as never) as unknown as (x: X) => Effect.Effect<X>
  expect(Array.from(Effect.runSync(Tensor.data(hessian(Tensor.make([0.25])))))).toEqual([0])
  Laws.checkGradient(spread, [Tensor.make([0.25])], { order: 2 })
})

test("an argument for which the rule of a customVjp gives zeros is not connected", () => {
  const second = w.customVjp(
    (_: X, y: X) => Effect.succeed(y),
    (_, y) => Effect.succeed([y, []] as const),
    (_, ct) => Effect.succeed([Tensor.zeros([]), ct])
  )
  const gradient = w.grad(second, { argnums: [0, 1], unconnected: "none" })(Tensor.make(0), Tensor.make(1))
  expect(Effect.runSync(gradient).map(Option.isSome)).toEqual([false, true])
  // a kink before it has a second derivative that is not a number
  const tied = (x: X) => Effect.flatMap(Effect.all([w.maximum(x, x), w.neg(x)]), ([y, z]) => second(y, z))
  expect(Effect.runSync(Tensor.item(w.grad(w.grad(tied))(Tensor.make(0.25))))).toBe(0)
})

test("a tie of equals has a second derivative that is not a number, and the kink is its reason", () => {
  const check = (f: (x: X) => Effect.Effect<X, any>) => () =>
    Laws.check(Laws.gradient(f, [Tensor.make(0.0576)], { order: 2, kinks: "between" }))
  for (const tied of [(x: X) => w.maximum(x, x), (x: X) => Effect.flatMap(w.stack([x, x]), (y) => w.max(y))]) {
    check(tied)()
    const report = Effect.runSync(w.explain(w.grad(tied as never) as never)(Tensor.make(0.0576) as never))
    expect(report.leaves[0]!.nonFinite!.remedy).toMatch(/is at a kink here, and its slope, which jumps there/)
  }
  // in a program that takes the first derivative itself, the second is its first
  const slope = (x: X) => w.grad((a: X) => w.maximum(x, a))(x)
  Laws.check(Laws.gradient(slope, [Tensor.make(0.0576)], { order: 1, kinks: "between" }))
  // no other NaN is excused
  const one = w.customJvp(
    (_: X) => Effect.succeed(Tensor.make(1)),
    (_, [dx]) => Effect.map(w.div(w.sub(dx, dx), 0), (nan) => [Tensor.make(1), nan])
  )
  const identity = w.customJvp((x: X) => w.mul(x, 1), ([x], [dx]) => Effect.all([w.mul(x, 1), w.mul(dx, one(x))]))
  expect(check(identity)).toThrow("2nd derivative: it is NaN")
})

test("what a kink makes NaN at order two is masked, and not multiplied, away", () => {
  Laws.check(Laws.maskMultiplies((x: X) => w.maximum(x, x), [Tensor.make(0.0576)]))
})

test("the derivative of a tie of equals is masked as it is, though its own is no number", () => {
  const slope = (x: X) => w.grad((a: X) => w.maximum(a, a))(x)
  Laws.check(Laws.examplesNeverLeak(slope, [Tensor.make(0.0576171875)]))
  // no other NaN is excused
  const root = (x: X) => w.sqrt(w.sub(x, x))
  expect(() => Laws.check(Laws.examplesNeverLeak(root, [Tensor.make(1)]))).toThrow("without any poison")
})

test("at a tie of equals the modes agree that the second derivative is no number, and nothing becomes connected by it", () => {
  const slope = (x: X) => w.grad((a: X) => w.maximum(a, a))(x)
  Laws.check(Laws.duality(slope, [Tensor.make(0.0576171875)]))
  Laws.check(Laws.connectivity((_: X, y: X) => slope(y), [Tensor.make(0.0576171875), Tensor.make(0.0224609375)]))
  // no other NaN is excused
  const root = (x: X) => w.sqrt(w.sub(x, x))
  expect(() => Laws.check(Laws.duality((x: X) => w.mul(x, root(x)), [Tensor.make(1)]))).toThrow("is NaN")
})

test("subnormal numbers round by as much as they are apart", () => {
  const f = (x: X) => Effect.flatMap(w.div(x, w.add(2.125, w.mul(1.875, w.tanh(x)))), (y) => w.mul(y, y))
  Laws.check(Laws.rulesChangeNothing(f, [Tensor.make(8.487983164e-314)]))
})

test("what is computed twice has a cotangent of its own, which may be infinite", () => {
  const f = (x: X) => w.Linalg.solve(w.add(w.mul(4, Tensor.eye(2, 2, { dtype: "float32" })), w.tanh(x)), x)
  const at = Tensor.make([[0, 0], [Infinity, 0]], { dtype: "float32" })
  for (let runs = 0; runs < 5; runs++) Laws.check(Laws.rewritingChangesNothing(f, [at]))
})

test("a branch that is a number has the dtype of the one beside it, on the host too", () => {
  const [, host] = Laws.writesOut({ language: "all" })
  expect(host!.name).toBe("every program: the same with loops and branches of the host")
  // among the first programs of this seed is `cond(p, () => 0, () => x)` of a float32
  Laws.check(host!, { seed: 91149937, runs: 10 })
})

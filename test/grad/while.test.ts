/**
 * Loops whose number of steps is known when they run: without a bound in forward mode, with one in every mode.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  add,
  div,
  grad,
  hessian,
  jacfwd,
  jvp,
  less,
  logicalAnd,
  maximum,
  mul,
  stack,
  sub,
  sum,
  Tensor,
  vmap,
  where,
  whileLoop
} from "wengert"
import { expectClose, expectFailure, expectSame, failureOf, untyped, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type F = (x: Scalar) => Effect.Effect<Scalar, OpError>

const scalar = (x: number): Scalar => Tensor.make(x)
const int = (x: number): Tensor<[], "int32"> => Tensor.make(x, { dtype: "int32" })

describe("whileLoop", () => {
  const powers = (options?: { readonly maxSteps: number }): F => (x) =>
    whileLoop((c: Scalar) => less(c, 100), (c) => mul(c, x), x, options)
  // the power of x that first reaches 100: 3⁵, 7³, 12², 200
  const cases = [[3, 5], [7, 3], [12, 2], [200, 1]] as const

  it("without a bound: forward mode, at any order", () => {
    for (const [x, n] of cases) {
      expectClose(jvp(powers(), [scalar(x)], [scalar(1)]), [x ** n, n * x ** (n - 1)])
      const once: F = (x) => Effect.map(jvp(powers(), [x], [scalar(1)]), ([, t]) => t)
      expectClose(jvp(once, [scalar(x)], [scalar(1)]), [n * x ** (n - 1), n * (n - 1) * x ** (n - 2)])
    }
  })

  it("without a bound: reverse mode is a typed error that says what to do", () => {
    expectFailure(grad(powers())(scalar(3)), "MissingRuleError", "give maxSteps, or use scan, forLoop or forward mode")
    // where nothing depends on it, there is nothing to run backwards
    const constant: F = (x) => Effect.flatMap(powers()(scalar(3)), (k) => mul(k, x))
    expect(valuesOf(grad(constant)(scalar(2)))).toBe(243)
  })

  it("with a bound: every mode and order, up to the bound", () => {
    for (const [x, n] of cases) {
      for (const maxSteps of [4, 7]) {
        const f = powers({ maxSteps })
        expectClose(f(scalar(x)), x ** n)
        expectClose(grad(f)(scalar(x)), n * x ** (n - 1))
        expectClose(grad(grad(f))(scalar(x)), n * (n - 1) * x ** (n - 2))
        expectClose(hessian(f)(scalar(x)), n * (n - 1) * x ** (n - 2))
        expectClose(jacfwd(f)(scalar(x)), n * x ** (n - 1))
      }
      // stopped after two steps: x³ at most
      expectClose(grad(powers({ maxSteps: 2 }))(scalar(x)), Math.min(n, 3) * x ** (Math.min(n, 3) - 1))
    }
    expectClose(grad(powers({ maxSteps: 0 }))(scalar(3)), 1)
  })

  it("elements of a batch stop for themselves, and keep their derivatives", () => {
    const xs = Tensor.make(cases.map(([x]) => x))
    const slopes = cases.map(([x, n]) => n * x ** (n - 1))
    expectClose(vmap(powers())(xs), cases.map(([x, n]) => x ** n))
    expectClose(vmap((x: Scalar) => Effect.map(jvp(powers(), [x], [scalar(1)]), ([, t]) => t))(xs), slopes)
    expectClose(vmap(grad(powers({ maxSteps: 6 })))(xs), slopes)
    expectClose(grad((x: Tensor<[number]>) => sum(vmap(powers({ maxSteps: 6 }))(x)))(xs), slopes)
  })

  it("an element that has stopped is not computed on: what it would become has no influence", () => {
    // 1/(1 − c) is infinite one step after the end
    const f: F = (x) => whileLoop((c: Scalar) => less(c, 1), (c) => maximum(add(c, 0.5), div(0.1, sub(1.5, c))), x)
    const xs = [0.5, 0, 1, 1.5, 9]
    expectSame(vmap(f)(Tensor.make(xs)), Effect.flatMap(Effect.forEach(xs, (x) => f(scalar(x))), (all) => stack(all)))
    expectSame(
      vmap((x: Scalar) => Effect.map(jvp(f, [x], [scalar(1)]), ([, t]) => t))(Tensor.make(xs)),
      Effect.flatMap(
        Effect.forEach(xs, (x) => Effect.map(jvp(f, [scalar(x)], [scalar(1)]), ([, t]) => t)),
        (all) => stack(all)
      )
    )
  })

  it("a carry of several types, closed-over values in test and body", () => {
    const f = (k: Scalar) =>
      whileLoop(
        ({ i, x }: { readonly i: Tensor<[], "int32">; readonly on: Tensor<[], "bool">; readonly x: Scalar }) =>
          logicalAnd(less(x, mul(k, 10)), less(i, 20)),
        ({ i, on, x }) => Effect.all({ i: add(i, 1), on: less(x, k), x: where(on, mul(x, k), add(x, k)) }),
        { i: int(0), on: Tensor.make(true), x: scalar(1) }
      )
    // 1 → 1·2 = 2 → 2·2 = 4 (2 < 2 is false from here) → 6 → … → 20
    const byHand = (k: number) => {
      let [i, on, x] = [0, true, 1]
      while (x < k * 10 && i < 20) [i, on, x] = [i + 1, x < k, on ? x * k : x + k]
      return { i, on, x }
    }
    for (const k of [1.5, 2, 3]) expectClose(f(scalar(k)), byHand(k))
    expectClose(vmap(f)(Tensor.make([1.5, 2, 3])), {
      i: [1.5, 2, 3].map((k) => byHand(k).i),
      on: [1.5, 2, 3].map((k) => byHand(k).on),
      x: [1.5, 2, 3].map((k) => byHand(k).x)
    })
  })

  it("a test that gives no bool scalar, and a carry that changes, are typed errors", () => {
    const loop = (test: unknown, body: unknown, options?: unknown) =>
      untyped<(...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>>(whileLoop)(test, body, {
        p: scalar(1)
      }, options)
    const same = (c: unknown) => c
    const never = () => Tensor.make(false)
    for (const options of [undefined, { maxSteps: 4 }]) {
      for (
        const test of [
          () => scalar(1),
          () => Tensor.make([true]),
          () => [],
          () => [never(), never()],
          () => int(0)
        ]
      ) {
        expect(["DTypeError", "TreeLeafError", "ShapeError"]).toContain(failureOf(loop(test, same, options))._tag)
      }
    }
    expect(failureOf(loop(never, () => ({ p: Tensor.make([1]) })))).toMatchObject({
      _tag: "TreeMismatchError",
      path: "carry.p"
    })
    expect(failureOf(loop(never, () => ({ p: int(1) })))).toMatchObject({ _tag: "TreeMismatchError", path: "carry.p" })
    expect(failureOf(loop(never, () => ({ q: scalar(1) })))).toMatchObject({ _tag: "TreeMismatchError", path: "carry" })
    for (const maxSteps of [-1, 1.5, NaN]) expect(failureOf(loop(never, same, { maxSteps }))._tag).toMatch(/Error$/)
  })
})

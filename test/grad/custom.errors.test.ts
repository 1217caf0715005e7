/**
 * Rules of the user's that do not fit their function, and functions that close over what is differentiated.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import { cond, customJvp, customVjp, grad, greater, mul, scan, sin, stopGradient, sum, Tensor, vmap } from "wengert"
import { expectClose, expectFailure, failureOf, untyped } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type F = (x: Scalar) => Effect.Effect<Scalar, OpError>
type Loose = (...args: ReadonlyArray<unknown>) => (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>

const scalar = (x: number): Scalar => Tensor.make(x)

describe("wrong rules are typed errors that name the leaf", () => {
  const out = (x: Scalar) => Effect.map(mul(x, 2), (y) => ({ p: y, q: [y] as const }))
  const good = { p: scalar(1), q: [scalar(1)] }
  const total = (f: (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>) =>
    untyped<(f: unknown) => (x: Scalar) => Effect.Effect<unknown, unknown>>(grad)((x: Scalar) =>
      Effect.map(f(x), (y) => (y as typeof good).p)
    )(scalar(3))
  const forward = (result: unknown) => total(untyped<Loose>(customJvp)(out, () => Effect.succeed(result)))
  const reverse = (first: unknown, back: unknown = [scalar(1)]) =>
    total(untyped<Loose>(customVjp)(out, () => Effect.succeed(first), () => Effect.succeed(back)))

  it("of customJvp", () => {
    const wrong: ReadonlyArray<readonly [unknown, string, string]> = [
      [
        [good, { p: scalar(1), q: [Tensor.make([1])] }],
        "q[0]",
        "a rule with a tangent of type float64[], got float64[1] at q[0]"
      ],
      [[good, { p: Tensor.make(1, { dtype: "float32" }), q: good.q }], "p", "got float32[] at p"],
      [[good, { p: scalar(1) }], "q[0]", "structure { p: *, q: [*] }, got { p: * }"],
      [
        [{ p: scalar(1), q: [Tensor.make(true)] }, good],
        "q[0]",
        "a rule with an output of type float64[], got bool[] at q[0]"
      ],
      [[scalar(1), good], "p", "a rule with an output with the structure { p: *, q: [*] }, got *"]
    ]
    for (const [result, path, phrase] of wrong) {
      expectFailure(forward(result), "TreeMismatchError", "customJvp requires", phrase)
      expect(failureOf(forward(result)).path).toBe(path)
    }
    for (const result of [good, [good], [good, good, good], scalar(1)]) {
      expect(failureOf(forward(result)).message).toContain("customJvp requires a rule that gives [output, tangent]")
    }
    expect(failureOf(forward([good, { p: scalar(1), q: ["text"] }]))._tag).toBe("TreeLeafError")
  })

  it("of customVjp", () => {
    expectFailure(
      reverse([{ p: scalar(1), q: [Tensor.make([1])] }, []]),
      "TreeMismatchError",
      "a forward rule with an output",
      "at q[0]"
    )
    for (const first of [good, [good], [good, [], []]]) {
      expect(failureOf(reverse(first)).message).toContain(
        "customVjp requires a forward rule that gives [output, residuals]"
      )
    }
    const back = (cts: unknown) => reverse([good, []], cts)
    expectFailure(
      back([Tensor.make([1])]),
      "TreeMismatchError",
      "a backward rule with cotangents of type float64[], got float64[1] at [0]"
    )
    expectFailure(back([Tensor.make(1, { dtype: "int32" })]), "TreeMismatchError", "got int32[] at [0]")
    expectFailure(back([scalar(1), scalar(2)]), "TreeMismatchError", "structure [*], got [*, *]")
    expectFailure(back(scalar(1)), "TreeMismatchError", "structure [*], got *")
    expect(failureOf(reverse([good, ["text"]]))._tag).toBe("TreeLeafError")
  })

  it("rules are not looked at before they are needed", () => {
    const f = untyped<Loose>(customJvp)((x: Scalar) => mul(x, 2), () => Effect.succeed("nonsense"))
    expectClose(f(scalar(3)), 6)
    expectClose(
      untyped<(f: unknown) => (x: unknown) => Effect.Effect<unknown, unknown>>(vmap)(f)(Tensor.make([1, 2])),
      [2, 4]
    )
  })
})

describe("closing over what is differentiated", () => {
  const rules: { readonly [name: string]: (k: Scalar) => F } = {
    customJvp: (k) => customJvp((x: Scalar) => mul(x, k), ([x], [dx]) => Effect.all([mul(x, 1), mul(dx, 1)])),
    customVjp: (k) =>
      customVjp(
        (x: Scalar) => mul(x, k),
        (x) => Effect.map(mul(x, 1), (y) => [y, []] as const),
        (_, ct) => Effect.succeed([ct])
      )
  }

  it.each(Object.entries(rules))("%s: is an error and never a lost derivative", (name, rule) => {
    const closing: F = (k) => rule(k)(scalar(2))
    expectFailure(
      grad(closing)(scalar(3)),
      "NonDifferentiableError",
      `${name} requires a function of its arguments`,
      "closes over a value"
    )
    expectFailure(grad((k: Scalar) => mul(k, rule(k)(k)))(scalar(3)), "NonDifferentiableError", "closes over")
    expectFailure(vmap(grad(closing))(Tensor.make([1, 2])), "NonDifferentiableError", "closes over")
    // of an intermediate value as well, and through control flow
    expectFailure(grad((k: Scalar) => Effect.flatMap(sin(k), closing))(scalar(3)), "NonDifferentiableError")
    expectFailure(
      grad((k: Scalar) => cond(greater(k, 0), () => closing(k), () => k))(scalar(3)),
      "NonDifferentiableError"
    )
  })

  it.each(Object.entries(rules))("%s: of a value that is not differentiated is fine", (_, rule) => {
    expectClose(rule(scalar(5))(scalar(2)), 10)
    expectClose(grad(rule(scalar(5)))(scalar(2)), 1)
    expectClose(grad((x: Scalar, k: Scalar) => rule(k)(x))(scalar(2), scalar(5)), 1)
    expectClose(vmap((k: Scalar) => grad(rule(k))(scalar(2)))(Tensor.make([1, 2])), [1, 1])
    const stopped: F = (x) => Effect.flatMap(stopGradient(x), (k) => rule(k)(x))
    expectClose(grad(stopped)(scalar(2)), 1)
  })

  it("a rule sees the values that it closes over, wherever they come from", () => {
    // ten times the derivative k, so that one sees the rule
    const forward = (k: Scalar): F =>
      customJvp((x: Scalar) => mul(x, k), ([x], [dx]) => Effect.all([mul(x, k), mul(dx, mul(k, 10))]))
    const reverse = (k: Scalar): F =>
      customVjp(
        (x: Scalar) => mul(x, k),
        (x) => Effect.map(mul(x, k), (y) => [y, []] as const),
        (_, ct) => Effect.map(mul(ct, mul(k, 10)), (back) => [back])
      )
    for (const rule of [forward, reverse]) {
      // another argument
      expectClose(grad((k: Scalar, x: Scalar) => rule(k)(x), { argnums: 1 })(scalar(5), scalar(2)), 50)
      // an element of a batch
      expectClose(vmap((k: Scalar) => grad(rule(k))(scalar(2)))(Tensor.make([1, 2])), [10, 20])
      expectClose(grad((x: Scalar) => sum(vmap((k: Scalar) => rule(k)(x))(Tensor.make([1, 2]))))(scalar(2)), 30)
      // what a loop goes over
      const loop: F = (x) =>
        Effect.map(
          scan((c: Scalar, k: Scalar) => Effect.map(rule(k)(c), (y) => [y, []] as const), x, Tensor.make([2, 3])),
          ([c]) => c
        )
      expectClose(grad(loop)(scalar(1)), 600)
      // an intermediate value, in a branch
      const branch: F = (x) =>
        Effect.flatMap(stopGradient(mul(x, 2)), (k) => cond(greater(x, 0), () => rule(k)(x), () => x))
      expectClose(grad(branch)(scalar(3)), 60)
    }
  })

  it("a rule may close over values of transformations around it", () => {
    const outer: F = (k) =>
      grad((x: Scalar) =>
        customJvp((x: Scalar) => mul(x, k), ([x], [dx]) => Effect.all([mul(x, k), mul(mul(dx, k), 7)]))(x)
      )(scalar(2))
    expectClose(outer(scalar(5)), 35)
    expectClose(grad(outer)(scalar(5)), 7)
    expectClose(vmap(outer)(Tensor.make([1, 2])), [7, 14])
  })
})

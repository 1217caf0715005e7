/**
 * Under `vmap` a `cond` becomes a `where`: all branches are computed for all elements, and what an element did not
 * choose has no influence on it, at any order and in any mode, also where it is infinite or NaN.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { OpError, Trace } from "wengert"
import {
  add,
  cast,
  checkpoint,
  cond,
  div,
  exp,
  forLoop,
  grad,
  greater,
  greaterEqual,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  linearize,
  log,
  mask,
  mul,
  scan,
  softmax,
  sqrt,
  square,
  sum,
  switchCase,
  Tensor,
  trace,
  vjp,
  vmap,
  where,
  whileLoop
} from "wengert"
import { expectClose, expectFailure, run, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type F = (x: Scalar) => Effect.Effect<Scalar, OpError>
type G = (x: Scalar) => Effect.Effect<Tensor, OpError>

const scalar = (x: number): Scalar => Tensor.make(x)

/** A program, and itself and its derivatives by hand. */
interface Guarded {
  readonly f: F
  readonly derivatives: readonly [f: (x: number) => number, df: (x: number) => number, ddf: (x: number) => number]
}

/** Programs with a branch that is infinite or NaN, or has such a derivative, where it is not chosen. */
const guarded: { readonly [name: string]: Guarded } = {
  "cond around a square root": {
    f: (x) => cond(greater(x, 0), () => sqrt(x), () => mul(x, 2)),
    derivatives: [
      (x) => x > 0 ? Math.sqrt(x) : 2 * x,
      (x) => x > 0 ? 0.5 / Math.sqrt(x) : 2,
      (x) => x > 0 ? -0.25 / x ** 1.5 : 0
    ]
  },
  "cond around a division by what is 0": {
    f: (x) => cond(greater(x, 0), () => div(exp(x), x), () => 0),
    derivatives: [
      (x) => x > 0 ? Math.exp(x) / x : 0,
      (x) => x > 0 ? Math.exp(x) * (x - 1) / x ** 2 : 0,
      (x) => x > 0 ? Math.exp(x) * (x * x - 2 * x + 2) / x ** 3 : 0
    ]
  },
  "switchCase around a logarithm": {
    f: (x) => switchCase(cast(greater(x, 0), "int32"), [() => square(x), () => log(x)]),
    derivatives: [
      (x) => x > 0 ? Math.log(x) : x * x,
      (x) => x > 0 ? 1 / x : 2 * x,
      (x) => x > 0 ? -1 / x ** 2 : 2
    ]
  },
  "cond inside of cond": {
    f: (x) => cond(greater(x, 0), () => cond(greater(x, 1), () => log(x), () => square(x)), () => mul(x, 3)),
    derivatives: [
      (x) => x > 1 ? Math.log(x) : x > 0 ? x * x : 3 * x,
      (x) => x > 1 ? 1 / x : x > 0 ? 2 * x : 3,
      (x) => x > 1 ? -1 / x ** 2 : x > 0 ? 2 : 0
    ]
  },
  "a root of a branch that is 0 without x, beside one that is masked": {
    f: (x) => sqrt(cond(greater(x, 0), () => where(greater(x, 1), x, mul(x, 2)), () => 0)),
    derivatives: [
      (x) => Math.sqrt(x > 1 ? x : x > 0 ? 2 * x : 0),
      (x) => x > 1 ? 0.5 / Math.sqrt(x) : x > 0 ? 1 / Math.sqrt(2 * x) : 0,
      (x) => x > 1 ? -0.25 / x ** 1.5 : x > 0 ? -((2 * x) ** -1.5) : 0
    ]
  },
  "where around a quotient, after a checkpoint": {
    f: (x) => checkpoint((y: Scalar) => where(greater(y, 0), div(square(y), y), 0))(x),
    derivatives: [(x) => Math.max(x, 0), (x) => x > 0 ? 1 : 0, () => 0]
  },
  "cond in the body of a scan": {
    f: (x) => {
      const body = (c: Scalar, k: Scalar) =>
        Effect.map(cond(greater(x, 0), () => mul(c, mul(k, sqrt(x))), () => add(c, k)), (n) => [n, []] as const)
      return Effect.map(scan(body, x, Tensor.make([1, 2])), ([c]) => c)
    },
    // x·√x·2√x above 0, x + 1 + 2 below
    derivatives: [(x) => x > 0 ? 2 * x * x : x + 3, (x) => x > 0 ? 4 * x : 1, (x) => x > 0 ? 4 : 0]
  },
  "a masked carry": {
    f: (x) => {
      const body = (c: Scalar, k: Scalar) =>
        Effect.map(where(greater(mul(x, k), 0), add(c, log(mul(x, k))), c), (n) => [n, []] as const)
      return Effect.map(scan(body, scalar(0), Tensor.make([1, -1, 0])), ([c]) => c)
    },
    // of log x, log(−x) and log 0 the one that exists
    derivatives: [
      (x) => x === 0 ? 0 : Math.log(Math.abs(x)),
      (x) => x === 0 ? 0 : 1 / x,
      (x) => x === 0 ? 0 : -1 / x ** 2
    ]
  },
  "a forLoop that leaves its domain": {
    f: (x) => forLoop(0, 3, (_, c: Scalar) => cond(greater(c, 0.5), () => sqrt(c), () => mul(c, 1)), x),
    derivatives: [
      (x) => x > 0.5 ? x ** (1 / 8) : x,
      (x) => x > 0.5 ? x ** (-7 / 8) / 8 : 1,
      (x) => x > 0.5 ? -7 / 64 * x ** (-15 / 8) : 0
    ]
  },
  "a whileLoop with a bound, where some elements are done at once": {
    f: (x) => whileLoop((c: Scalar) => greaterEqual(c, 2), (c) => sqrt(c), x, { maxSteps: 2 }),
    // 2 and 3 need one root
    derivatives: [
      (x) => x >= 2 ? Math.sqrt(x) : x,
      (x) => x >= 2 ? 0.5 / Math.sqrt(x) : 1,
      (x) => x >= 2 ? -0.25 / x ** 1.5 : 0
    ]
  }
}

const xs = [-1, 0, 0.25, 2, 3]
const batch = Tensor.make(xs)

/** The derivative of `f` in each mode. */
const modes: { readonly [name: string]: (f: F) => F } = {
  grad: (f) => grad(f),
  jvp: (f) => (x) => Effect.map(jvp(f, [x], [scalar(1)]), ([, t]) => t),
  linearize: (f) => (x) => Effect.flatMap(linearize(f, x), ([, push]) => push(scalar(1))),
  vjp: (f) => (x) => Effect.flatMap(vjp(f, x), ([, pull]) => Effect.map(pull(scalar(1)), ([ct]) => ct)),
  jacfwd: (f) => jacfwd(f),
  jacrev: (f) => jacrev(f)
}

describe.each(Object.entries(guarded))("%s", (_, { derivatives: [f0, f1, f2], f }) => {
  it("is a map under vmap", () => expectClose(vmap(f)(batch), xs.map(f0)))

  it.each(Object.entries(modes))("%s inside of vmap, to the second order", (_, mode) => {
    expectClose(vmap(mode(f))(batch), xs.map(f1))
    for (const outer of [modes.grad!, modes.jvp!, modes.jacfwd!]) expectClose(vmap(outer(mode(f)))(batch), xs.map(f2))
  })

  it("of vmap: the Jacobian is diagonal, and so is the Hessian of the sum", () => {
    const diagonal = (d: (x: number) => number) => xs.map((x, i) => xs.map((_, j) => i === j ? d(x) : 0))
    const many: (x: Tensor<[number]>) => Effect.Effect<Tensor<[number]>, OpError> = vmap(f)
    expectClose(jacfwd(many)(batch), diagonal(f1))
    expectClose(jacrev(many)(batch), diagonal(f1))
    const total = (x: Tensor<[number]>) => sum(many(x))
    expectClose(grad(total)(batch), xs.map(f1))
    expectClose(hessian(total)(batch), diagonal(f2))
    expectClose(hvp(total)([batch], [Tensor.make(xs.map(() => 1))]), [xs.map(f2)])
  })

  it("without vmap it is the same", () => {
    for (const x of xs) {
      expectClose(f(scalar(x)), f0(x))
      for (const mode of Object.values(modes)) expectClose(mode(f)(scalar(x)), f1(x))
      expectClose(grad(grad(f))(scalar(x)), f2(x))
      expectClose(jacfwd(grad(f))(scalar(x)), f2(x))
    }
  })
})

describe("what remains", () => {
  it("an infinite derivative of the branch that is chosen stays, in its own element alone", () => {
    const f: F = (x) => cond(greaterEqual(x, 0), () => sqrt(x), () => 0)
    expect(valuesOf(vmap(grad(f))(Tensor.make([-1, 0, 4])))).toEqual([0, Infinity, 0.25])
  })

  it("a predicate that all elements share takes one branch: the other is not computed", () => {
    const list: Trace = run(
      trace((x: Tensor<[number]>) =>
        vmap((y: Scalar, p: Tensor<[], "bool">) => cond(p, () => log(y), () => mul(y, 2)), { inAxes: [0, null] })(
          x,
          Tensor.make(true)
        )
      )(batch)
    )
    expect(list.equations.map((e) => e.primitive.name)).toContain("cond")
  })

  it("an index out of range is an IndexError alone, and in a batch", () => {
    const f: G = (x) => switchCase(cast(x, "int32"), [() => mul(x, 1), () => mul(x, 2)])
    expectFailure(f(scalar(2)), "IndexError", "from 0 to 1")
    expectFailure(vmap(f)(Tensor.make([0, 2])), "IndexError")
  })

  it("masked attention has no NaN, where whole rows are masked too", () => {
    const attend = (x: Tensor<[3]>, m: Tensor<[3], "bool">) => sum(mask(softmax(where(m, x, -Infinity)), m))
    const rows = Tensor.make([[1, 2, 3], [1, 2, 3]])
    const masks = Tensor.make([[true, false, true], [false, false, false]])
    expectClose(vmap(attend)(rows, masks), [1, 0])
    expectClose(vmap(grad(attend))(rows, masks), [[0, 0, 0], [0, 0, 0]])
  })
})

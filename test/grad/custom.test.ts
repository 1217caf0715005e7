/**
 * Derivatives that the user gives.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type OpError, Trace } from "wengert"
import {
  add,
  checkpoint,
  clip,
  cond,
  cos,
  customJvp,
  customVjp,
  div,
  exp,
  grad,
  greater,
  hessian,
  jacfwd,
  jacrev,
  jvp,
  linearize,
  log1p,
  mul,
  scan,
  sin,
  square,
  stopGradient,
  sub,
  sum,
  Tensor,
  trace,
  vjp,
  vmap
} from "wengert"
import { expectClose, expectFailure, run, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type Program = Effect.Effect<Scalar, OpError>
type F = (x: Scalar) => Program

const scalar = (x: number): Scalar => Tensor.make(x)
const number = fc.integer({ min: -12, max: 12 }).map((n) => n / 8)

/** sin with ten times its derivative, so that one sees whose derivative was taken. */
const loud: F = customJvp((x: Scalar) => sin(x), ([x], [dx]) => Effect.all([sin(x), mul(10, mul(dx, cos(x)))]))

/** The same by a reverse rule. */
const loudBack: F = customVjp(
  (x: Scalar) => sin(x),
  (x) => Effect.map(sin(x), (y) => [y, { x }] as const),
  ({ x }, ct) => Effect.map(mul(10, mul(ct, cos(x))), (back) => [back])
)

describe("a customJvp rule that is not linear in the tangent", () => {
  const rules: { readonly [op: string]: (x: Scalar, dx: Scalar) => Program } = {
    add: (_, dx) => add(dx, 1),
    mul: (_, dx) => mul(dx, dx),
    sin: (_, dx) => sin(dx)
  }
  const modes: { readonly [name: string]: (f: F) => Effect.Effect<unknown, any> } = {
    jvp: (f) => jvp(f, [scalar(1)], [scalar(1)]),
    grad: (f) => grad(f)(scalar(1)),
    linearize: (f) => linearize(f, scalar(1)),
    vjp: (f) => vjp(f, scalar(1)),
    jacfwd: (f) => jacfwd(f)(scalar(1)),
    jacrev: (f) => jacrev(f)(scalar(1))
  }
  const cases = Object.keys(rules).flatMap((op) => Object.keys(modes).map((mode) => [op, mode] as const))
  it.each(cases)("%s is named in %s", (op, mode) => {
    const f: F = customJvp((x: Scalar) => sin(x), ([x], [dx]) => Effect.all([sin(x), rules[op]!(x, dx)]))
    expectFailure(modes[mode]!(f), "NonLinearError", `got ${op}`)
  })
})

describe.each([["customJvp", loud], ["customVjp", loudBack]] as const)("%s", (_, f) => {
  const x = scalar(0.7)

  it("computes f, and the rule's derivative in reverse mode, nested", () => {
    fc.assert(
      fc.property(number, (v) => {
        const x = scalar(v)
        expectClose(f(x), Math.sin(v))
        expectClose(grad(f)(x), 10 * Math.cos(v))
        expectClose(Effect.flatMap(vjp(f, x), ([, pull]) => pull(scalar(3))), [30 * Math.cos(v)])
        expectClose(jacrev(f)(x), 10 * Math.cos(v))
        // the rule itself is differentiated as it stands
        expectClose(grad(grad(f))(x), -10 * Math.sin(v))
        expectClose(hessian(f)(x), -10 * Math.sin(v))
        expectClose(grad(grad(grad(f)))(x), -10 * Math.cos(v))
      }),
      { numRuns: 10 }
    )
  })

  it("inside of a program, and of every control flow", () => {
    const slope = 10 * Math.cos(0.7)
    const inside: { readonly [name: string]: readonly [F, number] } = {
      product: [(x) => mul(x, f(x)), Math.sin(0.7) + 0.7 * slope],
      cond: [(x) => cond(greater(x, 0), () => f(x), () => x), slope],
      checkpoint: [checkpoint(f), slope],
      scan: [
        (x) =>
          Effect.map(
            scan((c: Scalar) => Effect.map(f(c), (y) => [y, []] as const), x, null, { length: 2 }),
            ([c]) => c
          ),
        slope * 10 * Math.cos(Math.sin(0.7))
      ],
      "a custom function": [customJvp((x: Scalar) => mul(1, f(x)), ([x], [dx]) => Effect.all([f(x), mul(3, dx)])), 3],
      "a constant argument": [(y) => Effect.flatMap(f(scalar(1)), (k) => mul(k, y)), Math.sin(1)]
    }
    for (const [g, expected] of Object.values(inside)) expectClose(grad(g)(x), expected)
  })

  it("in batches, inside and outside of the derivative", () => {
    const xs = [-1, 0, 0.5]
    const batch = Tensor.make(xs)
    expectClose(vmap(f)(batch), xs.map(Math.sin))
    expectClose(vmap(grad(f))(batch), xs.map((x) => 10 * Math.cos(x)))
    expectClose(vmap(grad(grad(f)))(batch), xs.map((x) => -10 * Math.sin(x)))
    expectClose(grad((x: Tensor<[3]>) => sum(vmap(f)(x)))(batch), xs.map((x) => 10 * Math.cos(x)))
    expectClose(vmap(vmap(grad(f)))(Tensor.make([xs, xs])), [xs, xs].map((r) => r.map((x) => 10 * Math.cos(x))))
  })

  it("where nothing is differentiated, or a stopped value is, no rule is run", () => {
    expect(valuesOf(grad((y: Scalar) => mul(y, f(x)))(scalar(2)))).toBeCloseTo(Math.sin(0.7), 12)
    expect(valuesOf(grad((y: Scalar) => mul(y, f(stopGradient(y) as unknown as Scalar)))(x))).toBeCloseTo(
      Math.sin(0.7),
      12
    )
  })
})

describe("customJvp", () => {
  it("gives forward mode the rule's tangents", () => {
    expectClose(jvp(loud, [scalar(0.7)], [scalar(2)]), [Math.sin(0.7), 20 * Math.cos(0.7)])
    expectClose(Effect.flatMap(linearize(loud, scalar(0.7)), ([, push]) => push(scalar(2))), 20 * Math.cos(0.7))
    expectClose(jacfwd(loud)(scalar(0.7)), 10 * Math.cos(0.7))
  })

  it("log(1 + eˣ) without overflow, differentiated as often as one likes", () => {
    const softplus: F = customJvp(
      (x: Scalar) => log1p(exp(x)),
      ([x], [dx]) => Effect.all([log1p(exp(x)), mul(dx, sub(1, div(1, add(1, exp(x)))))])
    )
    expectClose(grad(softplus)(scalar(1000)), 1)
    expectClose(grad(grad(softplus))(scalar(0)), 0.25)
  })

  it("a rule may call its function: the k-th derivative of x → eˣ with rule 2·f(x)·dx is 2ᵏ·eˣ", () => {
    const f: F = customJvp(
      (x: Scalar) => exp(x),
      ([x], [dx]) => Effect.flatMap(f(x), (y) => Effect.map(mul(2, mul(y, dx)), (dy) => [y, dy] as const))
    )
    let g = f
    for (let k = 0; k < 5; k++) {
      expectClose(g(scalar(0.5)), 2 ** k * Math.exp(0.5))
      g = grad(g)
    }
    expectClose(vmap(grad(grad(f)))(Tensor.make([0, 1])), [4, 4 * Math.E])
  })

  const tree = customJvp(
    ({ a, b: [v] }: { readonly a: Scalar; readonly b: readonly [Tensor<[2]>] }, c: Scalar) =>
      Effect.all({ p: mul(a, v), q: add(c, sum(v)) }),
    ([{ a, b: [v] }, c], [{ a: da, b: [dv] }, dc]) =>
      Effect.gen(function*() {
        const y = { p: yield* mul(a, v), q: yield* add(c, sum(v)) }
        const dy = { p: yield* add(mul(da, v), mul(a, dv)), q: yield* mul(100, add(dc, sum(dv))) }
        return [y, dy] as const
      })
  )

  it("takes and gives trees", () => {
    const at = { a: scalar(2), b: [Tensor.make([3, 4])] } as const
    expect(valuesOf(tree(at, scalar(5)))).toEqual({ p: [6, 8], q: 12 })
    expect(valuesOf(jvp(tree, [at, scalar(5)], [at, scalar(1)]))).toEqual([{ p: [6, 8], q: 12 }, {
      p: [12, 16],
      q: 800
    }])
    const pulled = Effect.flatMap(
      vjp(tree, at, scalar(5)),
      ([, pull]) => pull({ p: Tensor.make([1, 10]), q: scalar(1) })
    )
    expect(valuesOf(pulled)).toEqual([{ a: 43, b: [[102, 120]] }, 100])
    // what is constant has a tangent of zero
    const q = (c: Scalar) => Effect.map(tree(at, c), ({ q }) => q)
    expect(valuesOf(jvp(q, [scalar(5)], [scalar(1)]))).toEqual([12, 100])
    const p = (a: Scalar) => Effect.flatMap(tree({ a, b: at.b }, scalar(5)), ({ p, q }) => add(sum(p), q))
    expect(valuesOf(jvp(p, [scalar(2)], [scalar(1)]))).toEqual([26, 7])
  })

  it("arguments that are not differentiated may be anything, and reach the rule as they are", () => {
    const power = customJvp(
      (x: Scalar, options: { readonly times: number; readonly name: string }, f: F) =>
        Effect.flatMap(f(x), (y) => mul(options.times, y)),
      ([x, { times }, f], [dx, options]) =>
        Effect.gen(function*() {
          expect(options).toEqual({ times: 3, name: "x" })
          return [yield* mul(times, f(x)), yield* mul(mul(times, dx), x)] as const
        }),
      { nonDifferentiable: [1, 2] }
    )
    const g: F = (x) => power(x, { times: 3, name: "x" }, (y) => square(y))
    expectClose(g(scalar(5)), 75)
    expectClose(grad(g)(scalar(5)), 15)
    expectClose(vmap(grad(g))(Tensor.make([1, 2])), [3, 6])
  })

  it("float32 and int32 leaves: tangents have the types of their primals", () => {
    const f = customJvp(
      (x: Tensor<[], "float32">, n: Tensor<[], "int32">) => Effect.all([mul(x, x), add(n, 1)]),
      ([x, n], [dx, dn]) =>
        Effect.gen(function*() {
          expect([dx.dtype, dn.dtype, dn.shape]).toEqual(["float32", "int32", []])
          return [yield* Effect.all([mul(x, x), add(n, 1)]), yield* Effect.all([mul(5, dx), mul(dn, 0)])] as const
        })
    )
    const [x, n] = [Tensor.make(3, { dtype: "float32" }), Tensor.make(1, { dtype: "int32" })]
    const g = (x: Tensor<[], "float32">) => Effect.map(f(x, n), ([y]) => y)
    expect(run(grad(g)(x)).dtype).toBe("float32")
    expect(valuesOf(grad(g)(x))).toBe(5)
  })
})

describe("customVjp", () => {
  it("clips the gradient that passes through it", () => {
    const clipped: F = customVjp(
      (x: Scalar) => mul(x, 1),
      (x) => Effect.succeed([x, []] as const),
      (_, ct) => Effect.map(mul(ct, 0), (zero) => [add(zero, 1)])
    )
    expectClose(grad((x: Scalar) => mul(100, clipped(x)))(scalar(2)), 1)
  })

  it("has a forward mode, the transpose of the backward rule; forward over reverse works", () => {
    expectClose(jvp(loudBack, [scalar(1)], [scalar(2)]), [Math.sin(1), 20 * Math.cos(1)])
    expectClose(jacfwd(loudBack)(scalar(1)), 10 * Math.cos(1))
    expectClose(jacfwd(jacfwd(loudBack))(scalar(1)), -10 * Math.sin(1))
    expectClose(vmap((x: Scalar) => jacfwd(loudBack)(x))(Tensor.make([1, 2])), [10 * Math.cos(1), 10 * Math.cos(2)])
    const lines = Effect.flatMap(linearize(loudBack, scalar(1)), ([, pushforward]) => pushforward(scalar(2)))
    expectClose(lines, 20 * Math.cos(1))
    expectClose(jvp((x: Scalar) => grad(loudBack)(x), [scalar(1)], [scalar(1)]), [10 * Math.cos(1), -10 * Math.sin(1)])
  })

  it("has no forward mode where the backward rule is not linear, and says so", () => {
    const bounded: F = customVjp(
      (x: Scalar) => sin(x),
      (x) => Effect.map(sin(x), (y) => [y, x] as const),
      (x, ct) => Effect.map(mul(clip(ct, -1, 1), cos(x)), (dx) => [dx])
    )
    expectFailure(jvp(bounded, [scalar(1)], [scalar(1)]), "MissingRuleError", "use customJvp")
    expectFailure(jacfwd(bounded)(scalar(1)), "MissingRuleError", "use customJvp")
    expectClose(grad((x: Scalar) => mul(5, bounded(x)))(scalar(1)), Math.cos(1))
  })

  it("several results: cotangents of those that are not used are zeros", () => {
    const seen: Array<unknown> = []
    const f = customVjp(
      (x: Scalar, y: Scalar) => Effect.all({ s: add(x, y), p: mul(x, y) }),
      (x, y) => Effect.map(Effect.all({ s: add(x, y), p: mul(x, y) }), (out) => [out, [x, y]] as const),
      ([x, y], ct) =>
        Effect.gen(function*() {
          seen.push(Object.keys(ct))
          return [yield* add(mul(2, ct.s), mul(ct.p, y)), yield* add(mul(3, ct.s), mul(ct.p, x))]
        })
    )
    const at = [scalar(5), scalar(7)] as const
    expectClose(grad((x: Scalar, y: Scalar) => Effect.map(f(x, y), ({ s }) => s), { argnums: [0, 1] })(...at), [2, 3])
    expectClose(grad((x: Scalar, y: Scalar) => Effect.map(f(x, y), ({ p }) => p), { argnums: [0, 1] })(...at), [7, 5])
    expectClose(Effect.flatMap(vjp(f, ...at), ([, pull]) => pull({ s: scalar(10), p: scalar(1) })), [27, 35])
    expect(seen).toEqual([["p", "s"], ["p", "s"], ["p", "s"]])
    // one argument alone gets its own cotangent
    expectClose(grad((y: Scalar) => Effect.map(f(scalar(5), y), ({ s }) => s))(scalar(7)), 3)
    expectClose(grad((x: Scalar) => Effect.map(f(x, scalar(7)), ({ s }) => s))(scalar(5)), 2)
  })

  it("an argument that is shared by a batch gets the sum of what the elements say", () => {
    const f = customVjp(
      (w: Scalar, x: Scalar) => mul(w, x),
      (w, x) => Effect.map(mul(w, x), (y) => [y, { w, x }] as const),
      ({ w, x }, ct) => Effect.all([mul(mul(10, ct), x), mul(mul(100, ct), w)])
    )
    const xs = Tensor.make([1, 2, 3])
    const g = (w: Scalar, x: Tensor<[3]>) => sum(vmap((x: Scalar) => f(w, x))(x))
    expectClose(grad(g, { argnums: [0, 1] })(scalar(2), xs), [60, [200, 200, 200]])
    const h = (w: Scalar, x: Tensor<[3]>) => sum(vmap(f, { inAxes: [null, 0] })(w, x))
    expectClose(grad(h, { argnums: [0, 1] })(scalar(2), xs), [60, [200, 200, 200]])
  })

  it("residuals may be any tree, also empty, and numbers", () => {
    for (const kept of [[], {}, [[], { a: 3 }], { deep: [{ er: Tensor.make([1, 2]) }] }]) {
      const f: F = customVjp(
        (x: Scalar) => mul(x, 2),
        (x) => Effect.map(mul(x, 2), (y) => [y, kept] as const),
        (residuals, ct) =>
          Effect.sync(() => {
            expect(JSON.stringify(Object.keys(residuals))).toBe(JSON.stringify(Object.keys(kept)))
            return [ct]
          })
      )
      expectClose(grad(f)(scalar(1)), 1)
      expectClose(vmap(grad(f))(Tensor.make([1, 2])), [1, 1])
    }
  })

  it("an argument left out of nonDifferentiable has no cotangent", () => {
    const f = customVjp(
      (x: Scalar, options: { readonly k: number }) => mul(x, options.k),
      (x, options) => Effect.map(mul(x, options.k), (y) => [y, [x]] as const),
      ([x], ct) => Effect.map(mul(ct, x), (back) => [back]),
      { nonDifferentiable: [1] }
    )
    expectClose(grad((x: Scalar) => f(x, { k: 3 }))(scalar(5)), 5)
  })
})

describe("lists", () => {
  it("hold the function as one equation, without its rule until it is asked for", () => {
    const names = (list: Trace) => list.equations.map((e) => e.primitive.name)
    expect(names(run(trace(loud)(scalar(1))))).toEqual(["customJvp"])
    expect(names(run(trace((x: Scalar) => grad(loud)(x))(scalar(1))))).not.toContain("customJvp")
  })

  it("write their rules in the fiber that asks, when that where the function was called has ended", () => {
    // the rule takes more steps than a fiber does without a pause, and so do the two functions around it
    const pausing = (x: Scalar) =>
      Effect.gen(function*() {
        for (let i = 0; i < 3000; i++) yield* Effect.sync(() => i)
        return x
      })
    const twice = (x: Tensor<[]>) =>
      customJvp((x: Scalar) => mul(x, 2), ([x], [dx]) =>
        Effect.gen(function*() {
          yield* pausing(x)
          return [yield* mul(x, 2), yield* mul(dx, 2)] as const
        }))(x)
    const f = (x: Scalar) => Effect.flatMap(Effect.flatMap(twice(x), twice), twice)
    const list = run(trace((x: Scalar) => f(x))(scalar(3)))
    expectClose(grad((x: Scalar) => Trace.evaluate(list, [x]))(scalar(3)), 8)
  })
})

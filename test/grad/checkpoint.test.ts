/**
 * Checkpointing changes no number; it changes what is kept.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError, Trace } from "wengert"
import {
  add,
  checkpoint,
  cond,
  cos,
  exp,
  grad,
  greater,
  hessian,
  jacfwd,
  jvp,
  log,
  matmul,
  mul,
  residuals,
  scan,
  sin,
  sqrt,
  sum,
  tanh,
  Tensor,
  trace,
  vmap,
  where
} from "wengert"
import { expectClose, expectSame, run, untyped, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type V = Tensor<[3], "float64">
type F = (x: V) => Effect.Effect<Scalar, OpError>
type Policy = "nothing" | "dots" | ((equation: { readonly primitive: { readonly name: string } }) => boolean)

/** `checkpoint`, with a policy. */
const kept = <G extends (...args: never) => unknown>(f: G, policy?: Policy): G =>
  untyped<(f: G, options?: { readonly policy: Policy }) => G>(checkpoint)(
    f,
    policy === undefined ? undefined : { policy }
  )

const policies: { readonly [name: string]: Policy | undefined } = {
  default: undefined,
  nothing: "nothing",
  dots: "dots",
  everything: () => true,
  "what a predicate chooses": ({ primitive }) => primitive.name === "tanh"
}

const w = Tensor.make([[0.5, -1, 0.25], [1, 0.5, -0.5], [0.75, 0.25, 1]])

/** A program in three layers, of which `lift` may change the middle ones. */
const layers = (lift: <G extends (...args: never) => unknown>(f: G) => G): F => (x) =>
  Effect.gen(function*() {
    const k = yield* sum(x)
    const layer = lift((y: V) => add(tanh(matmul(w, y)), mul(sin(y), k)))
    const guarded = lift((y: V, on: Tensor<[], "bool">) =>
      cond(on, () => where(greater(y, 0), sqrt(y), 0), () => log(y))
    )
    const y = yield* layer(x)
    const z = yield* layer(y)
    return yield* sum(mul(yield* guarded(z, yield* greater(k, -100)), exp(z)))
  })

const vector = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -8, max: 8 }).map((n) => n / 8)))
  .map((xs): V => Tensor.make(xs) as V)

describe.each(Object.entries(policies))("policy %s", (_, policy) => {
  const plain = layers((f) => f)
  const again = layers((f) => kept(f, policy))

  it("changes no number: values, gradients in both modes, second and third derivatives, batches", () => {
    fc.assert(
      fc.property(vector, vector, (x, v) => {
        expectSame(again(x), plain(x))
        expectSame(grad(again)(x), grad(plain)(x))
        expectSame(jvp(again, [x], [v]), jvp(plain, [x], [v]))
        expectSame(hessian(again)(x), hessian(plain)(x))
        const third = (f: F) => (x: V) => jvp((x: V) => jacfwd(grad(f))(x), [x], [v])
        if (policy === undefined || policy === "dots") expectSame(third(again)(x), third(plain)(x))
      }),
      { numRuns: 2 }
    )
    const rows = Tensor.make([[0.5, 1, -0.25], [0, 0.125, 1]])
    expectSame(vmap(grad(again))(rows), vmap(grad(plain))(rows))
  })

  it("nested, in loops, and around loops", () => {
    const step = (c: Scalar, x: Scalar) => Effect.map(mul(sin(c), add(x, cos(c))), (y) => [y, y] as const)
    const loop = (lift: <G extends (...args: never) => unknown>(f: G) => G): F => (x) =>
      lift((x: V) => Effect.map(scan(lift(step), Tensor.make(0.5), x), ([c]) => c))(x)
    fc.assert(
      fc.property(vector, (x) => {
        const [f, g] = [loop((f) => kept(kept(f, policy), policy)), loop((f) => f)]
        expectSame(grad(f)(x), grad(g)(x))
        expectSame(hessian(f)(x), hessian(g)(x))
      }),
      { numRuns: 2 }
    )
  })
})

describe("what is kept", () => {
  const x = Tensor.make([1, 2, 3])
  const origins = (f: F, options?: { readonly argnums: number }) => run(residuals(f, options)(x)).map((r) => r.origin)
  const deep = (lift: <G extends (...args: never) => unknown>(f: G) => G): F => (x) =>
    sum(lift((x: V) => exp(tanh(matmul(w, sin(x)))))(x))

  it("without a checkpoint: the values that derivatives need", () => {
    // cos x for sin, tanh for itself, exp for itself
    const plain = run(residuals(deep((f) => f))(x))
    expect(plain.length).toBeGreaterThanOrEqual(3)
    expect(
      plain.every(({ bytes, dtype, shape }) => dtype === "float64" && bytes === 8 * shape.reduce((n, d) => n * d, 1))
    ).toBe(true)
  })

  it("with one: its arguments alone, and what the policy chooses", () => {
    expect(origins(deep((f) => kept(f)))).toEqual(["args[0]"])
    expect(origins(deep((f) => kept(f, "nothing")))).toEqual(["args[0]"])
    expect(origins(deep((f) => kept(f, "dots"))).toSorted()).toEqual(["args[0]", "checkpoint"])
    expect(origins(deep((f) => kept(f, ({ primitive }) => primitive.name === "tanh"))).toSorted()).toEqual([
      "args[0]",
      "checkpoint"
    ])
    expect(origins(deep((f) => kept(f, () => false)))).toEqual(["args[0]"])
  })

  it("in bytes: a chain in blocks keeps one value for each block", () => {
    const chain = (lift: <G extends (...args: never) => unknown>(f: G) => G): F => (x) =>
      Effect.gen(function*() {
        let y = x
        const block = lift((y: V) => sin(sin(sin(sin(y)))))
        for (let i = 0; i < 5; i++) y = yield* block(y)
        return yield* sum(y)
      })
    const bytes = (f: F) => run(residuals(f)(x)).reduce((n, r) => n + r.bytes, 0)
    expect(bytes(chain((f) => f))).toBe(20 * 24)
    expect(bytes(chain((f) => kept(f)))).toBe(5 * 24)
  })

  it("a checkpointed loop keeps a carry for each block, and not one for each step", () => {
    const loop = (checkpoint: number | boolean): F => (x) =>
      Effect.flatMap(
        scan((c: V) => Effect.map(sin(c), (y) => [y, []] as const), x, null, { length: 64, checkpoint }),
        ([c]) => sum(c)
      )
    const bytes = (f: F) => run(residuals(f)(x)).reduce((n, r) => n + r.bytes, 0)
    expect(bytes(loop(false))).toBe(64 * 24)
    expect(bytes(loop(true))).toBe(8 * 24)
    expect(bytes(loop(16))).toBe(4 * 24)
  })

  it("the sources of residuals are the user's lines", () => {
    const [kept] = run(residuals((x: V) => sum(exp(x)))(x))
    expect(kept!.origin).toBe("exp")
    expect(kept!.site?.file).toMatch(/checkpoint\.test\.ts$/)
  })

  it("what is closed over is kept as it is, and differentiated", () => {
    const f = (k: Scalar) => checkpoint((x: Scalar) => mul(sin(mul(x, k)), k))(Tensor.make(0.5))
    const k = 1.25
    expectClose(grad(f)(Tensor.make(k)), Math.sin(k / 2) + 0.5 * k * Math.cos(k / 2))
  })

  it("the checkpoint is an equation of the list, and its body is computed again in the derivative", () => {
    const names = (list: Trace): ReadonlyArray<string> => list.equations.map((e) => e.primitive.name)
    const f = deep((f) => kept(f))
    expect(names(run(trace((x: V) => f(x))(x)))).toEqual(["checkpoint", "sum"])
    expect(names(run(trace((x: V) => grad(f)(x))(x))).filter((n) => n === "checkpoint").length).toBeGreaterThanOrEqual(
      1
    )
    expect(valuesOf(residuals((_: V) => Effect.succeed(Tensor.make(1)))(x).pipe(Effect.map(() => Tensor.make(0)))))
      .toBe(0)
  })
})

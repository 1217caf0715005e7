/**
 * Lists of 100,000 equations: nothing recurses on their length, and what a transformation writes is linear in it.
 *
 * Growth is counted in equations, not in time; what would be quadratic in time does not end within the timeout.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  add,
  checkpoint,
  cond,
  cos,
  grad,
  greater,
  hessian,
  jvp,
  less,
  linearize,
  mul,
  scan,
  sin,
  sub,
  sum,
  Tensor,
  Trace,
  trace,
  vmap,
  whileLoop
} from "wengert"
import { expectClose, run, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type F = (x: Scalar) => Effect.Effect<Scalar, OpError>

const scalar = (x: number): Scalar => Tensor.make(x)
const long = 100_000

/** x·(1 + 1/n)ⁿ, one product after the other: nearly e·x. */
const chain = (n: number): F => (x) =>
  Effect.gen(function*() {
    let y = x
    for (let i = 0; i < n; i++) y = yield* mul(y, 1 + 1 / n)
    return y
  })
const grown = (n: number): number => {
  let y = 1
  for (let i = 0; i < n; i++) y *= 1 + 1 / n
  return y
}

/** Σᵢ i·x with n products first and n sums after: every intermediate value lives long. */
const wide = (n: number): F => (x) =>
  Effect.gen(function*() {
    const all: Array<Scalar> = []
    for (let i = 0; i < n; i++) all.push(yield* mul(x, i))
    let y = scalar(0)
    for (const z of all) y = yield* add(y, z)
    return y
  })

describe("100,000 equations", () => {
  const x = scalar(2)
  const slope = grown(long)

  it("trace, evaluate, batch and evaluate again", () => {
    // one part is traced with source sites, which cost most, and the others from its list
    const part: Trace = run(trace((y: Scalar) => chain(long / 20)(y))(x))
    const f: F = (y) =>
      Effect.gen(function*() {
        let z: unknown = y
        for (let i = 0; i < 20; i++) z = yield* Trace.evaluate(part, [z])
        return z as Scalar
      })
    const list: Trace = run(trace(f)(x))
    expect(list.equations.length).toBe(long)
    const factor = grown(long / 20) ** 20
    expectClose(Trace.evaluate(list, [x]), 2 * factor, 1e-8)
    const again = (y: Scalar) => Effect.map(Trace.evaluate(list, [y]), (z) => z as Scalar)
    expectClose(vmap(again)(Tensor.make([1, 2])), [factor, 2 * factor], 1e-8)
  })

  it("grad", () => expectClose(grad(chain(long))(x), slope))

  it("jvp, and a pushforward", () => {
    expectClose(jvp(chain(long), [x], [scalar(3)]), [2 * slope, 3 * slope])
    const n = long / 10
    expectClose(Effect.flatMap(linearize(chain(n), x), ([, push]) => push(scalar(5))), 5 * grown(n))
  })

  it("grad of a wide list, whose every value is used twice", () => {
    const n = long / 10
    expect(valuesOf(grad(wide(n))(x))).toBe(n * (n - 1) / 2)
  })

  it("inside of a branch, a body and a checkpoint", () => {
    const n = long / 10
    const f: F = (x) => cond(greater(x, 0), () => checkpoint(chain(n))(x), () => x)
    const g: F = (x) =>
      Effect.map(scan((c: Scalar) => Effect.map(f(c), (y) => [y, []] as const), x, null, { length: 2 }), ([c]) => c)
    expectClose(grad(g)(x), grown(n) ** 2)
  })

  it("reading a value that depends on all of them", () => {
    const f: F = (x) =>
      Effect.gen(function*() {
        const y = yield* chain(long)(x)
        return (yield* Tensor.item(y)) > 0 ? yield* mul(x, 7) : x
      })
    expect(valuesOf(grad(f)(x))).toBe(7)
  })

  it("a loop of 100,000 steps, forwards and backwards", () => {
    const loop: F = (x) =>
      Effect.map(
        scan((c: Scalar) => Effect.map(mul(c, 1 + 1 / long), (y) => [y, []] as const), x, null, { length: long }),
        ([c]) => c
      )
    expectClose(grad(loop)(x), slope)
    const until: F = (x) => whileLoop((c: Scalar) => less(c, 5), (c) => mul(c, 1 + 1 / long), x)
    // 2·t is linear in its start, so its derivative is its half
    expectClose(Effect.flatMap(jvp(until, [x], [scalar(1)]), ([y, t]) => sub(mul(y, 0.5), t)), 0)
  })

  it("many leaves, many captured tensors, many results", () => {
    const many = Array.from({ length: long / 10 }, (_, i) => scalar(i))
    const f = (xs: ReadonlyArray<Scalar>) =>
      Effect.gen(function*() {
        let y = scalar(0)
        for (const [i, x] of xs.entries()) y = yield* add(y, mul(x, many[i]!))
        return y
      })
    expect(valuesOf(grad(f)(many))).toEqual(many.map((_, i) => i))
  })

  it("a branch that closes over many values", () => {
    const n = long / 20
    const f: F = (x) =>
      Effect.gen(function*() {
        const all: Array<Scalar> = []
        for (let i = 0; i < n; i++) all.push(yield* mul(x, i))
        const total = Effect.gen(function*() {
          let y = scalar(0)
          for (const z of all) y = yield* add(y, z)
          return y
        })
        return yield* cond(greater(x, 0), () => total, () => x)
      })
    expect(valuesOf(grad(f)(x))).toBe(n * (n - 1) / 2)
  })
})

describe("growth", () => {
  const program = (n: number) => (x: Tensor<[2]>) =>
    Effect.gen(function*() {
      let y = yield* mul(x, 1)
      for (let i = 0; i < n; i++) y = yield* add(mul(sin(y), cos(y)), mul(y, x))
      return yield* sum(y)
    })

  /** Equations of the list of `f`, those of sub-traces included. */
  const size = (f: (x: Tensor<[2]>) => Effect.Effect<unknown, OpError>): number =>
    run(trace(f)(Tensor.make([1, 2]))).equations.length

  it.each([
    ["the program", (n: number) => program(n)],
    ["grad", (n: number) => grad(program(n))],
    ["jvp", (n: number) => (x: Tensor<[2]>) => jvp(program(n), [x], [x])],
    ["grad of grad", (n: number) => grad((x: Tensor<[2]>) => sum(grad(program(n))(x)))],
    ["hessian", (n: number) => hessian(program(n))],
    [
      "vmap of grad",
      (n: number) => (x: Tensor<[2]>) =>
        vmap((k: Scalar) => grad(program(n))(x).pipe(Effect.flatMap((g) => mul(k, g))))(x)
    ]
  ])("%s writes a list that grows by the same number of equations with every step", (_, of) => {
    const [a, b, c] = [10, 20, 40].map((n) => size(of(n)))
    expect((c! - b!) / 20).toBe((b! - a!) / 10)
    expect((b! - a!) / 10).toBeGreaterThan(1)
  })

  it("a gradient is a small multiple of its program", () => {
    // four products and sums each for sin·cos and y·x: no more than a handful of equations for each of the five
    expect(size(grad(program(100))) / size(program(100))).toBeLessThan(5)
  })
})

/**
 * The generator against published vectors and JAX, and the same stream wherever a program runs.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { compile, Engine, jit, primitives, Random, scan, ShapeError, Tensor, TreeLeafError, vmap } from "wengert"
import { block, words } from "../../src/ops/random/threefry.ts"
import { expectClose, expectFailure, run, valuesOf } from "../grad/support/run.ts"

const jax = JSON.parse(readFileSync(new URL("./jax.reference.json", import.meta.url), "utf8"))
const key = Random.key(42)
const flat = (program: Effect.Effect<unknown, unknown>): unknown => valuesOf(program)
const wordsOf = (program: Effect.Effect<Random.Key<any>, unknown>) =>
  [valuesOf(Effect.map(program, ({ threefry }) => threefry))].flat(2)

describe("Threefry-2×32 with 20 rounds", () => {
  // the known answers that come with Random123 1.14 (D. E. Shaw Research), tests/kat_vectors
  it.each([
    [[0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
    [[-1, -1], [-1, -1], [0x1cb996fc, 0xbb002be7]],
    [[0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3], [0xc4923a9c, 0x483df7a0]]
  ])("key %j, counter %j", ([k0, k1], [c0, c1], answer) => {
    block(k0!, k1!, c0!, c1!)
    expect([...words]).toEqual(answer.map((x) => x | 0))
  })
})

describe("as JAX", () => {
  it("has its keys", () => {
    for (const [seed, expected] of jax.keys) {
      expect(valuesOf(Effect.succeed(Random.key(seed).threefry))).toEqual(expected)
    }
  })
  it("splits", () => {
    expect(wordsOf(Random.keys(key, 5))).toEqual(jax.split)
    expect(run(Random.split(key, 5)).flatMap((one) => valuesOf(Effect.succeed(one.threefry)))).toEqual(jax.split)
  })
  it("folds in", () => {
    for (const [data, expected] of jax.foldIn) expect(wordsOf(Random.foldIn(key, data))).toEqual(expected)
    expect(wordsOf(Random.foldIn(key, Tensor.make(7, { dtype: "int32" })))).toEqual(jax.foldIn[2][1])
  })
  it("draws its words and uniform numbers", () => {
    expect(flat(Random.bits(key, [7]))).toEqual(jax.bits)
    expect(flat(Random.uniform(key, [7], { dtype: "float32" }))).toEqual(jax.uniform32)
    expect(flat(Random.uniform(key, [7]))).toEqual(jax.uniform64)
    expectClose(Random.uniform(key, [7], { min: -3, max: 2.5 }), jax.between, 1e-15)
    expect(flat(Random.bernoulli(key, 0.3, [20]))).toEqual(jax.bernoulli.map(Boolean))
    const logits = Tensor.make([0.1, 0.2, 0.3, 0.4].map(Math.log))
    expect(flat(Random.categorical(key, logits, { shape: [20] }))).toEqual(jax.categorical)
  })
  it.each(["normal", "exponential", "laplace", "gumbel"] as const)("draws its %s numbers, up to rounding", (name) => {
    expectClose(Random[name](key, [9]), jax[name], 1e-14)
  })
})

type One = (key: Random.Key) => Effect.Effect<Tensor<any, any>, unknown>
/** Of the elementary functions, which the engine has of its own: words and uniform numbers have none. */
const rounding = 1e-14
const rates = Tensor.make([0.5, 3, 40])
const draws: { readonly [name: string]: One } = {
  bits: (key) => Random.bits(key, [5]),
  uniform: (key) => Random.uniform(key, [2, 3]),
  "uniform, float32": (key) => Random.uniform(key, [7], { dtype: "float32" }),
  "a lone number": (key) => Random.uniform(key),
  "no number": (key) => Random.uniform(key, [0]),
  normal: (key) => Random.normal(key, [3]),
  "normal, float32": (key) => Random.normal(key, [3], { dtype: "float32" }),
  truncatedNormal: (key) => Random.truncatedNormal(key, -1, 2, [3]),
  exponential: (key) => Random.exponential(key, [3]),
  gumbel: (key) => Random.gumbel(key, [3]),
  laplace: (key) => Random.laplace(key, [3]),
  gamma: (key) => Random.gamma(key, rates),
  beta: (key) => Random.beta(key, rates, 2),
  dirichlet: (key) => Random.dirichlet(key, rates, [2]),
  multivariateNormal: (key) => Random.multivariateNormal(key, Tensor.make([1, 2]), Tensor.make([[2, 1], [1, 3]]), [3]),
  poisson: (key) => Random.poisson(key, rates),
  bernoulli: (key) => Random.bernoulli(key, 0.5, [9]),
  categorical: (key) => Random.categorical(key, Tensor.make([0, 0.5, 1]), { shape: [9] }),
  randint: (key) => Random.randint(key, [9], -5, 5),
  permutation: (key) => Random.permutation(key, 9),
  choice: (key) => Random.choice(key, rates, [9]),
  "choice by weights": (key) => Random.choice(key, 5, [3], { p: Tensor.make([1, 2, 3, 2, 1]), replace: false }),
  split: (key) => Effect.map(Random.split(key, 3), ([, , last]) => last.threefry),
  keys: (key) => Effect.map(Random.keys(key, 3), ({ threefry }) => threefry),
  foldIn: (key) => Effect.map(Random.foldIn(key, -7), ({ threefry }) => threefry)
}

describe.each(Object.entries(draws))("%s", (_, draw) => {
  const expected = valuesOf(draw(key))
  const many = run(Random.keys(key, 4))
  const each = run(Random.split(key, 4)).map((one) => valuesOf(draw(one)))

  it("is the same compiled", () => {
    expectClose(jit(draw)(key), expected, rounding)
    expectClose(run(compile(draw)(key)).run(key), expected, rounding)
    expectClose(Effect.provide(draw(key), Engine.wasm), expected, rounding)
  })
  it("is the same for each of a batch of keys, compiled too", () => {
    expect(valuesOf(vmap(draw)(many))).toEqual(each)
    expectClose(jit(vmap(draw))(many), each, rounding)
  })
  it("is the same in a loop", () => {
    const loop = scan(
      (carry: Tensor<[]>, one: Random.Key) => Effect.map(draw(one), (y) => [carry, y] as const),
      Tensor.make(0),
      many as any
    )
    expect(valuesOf(Effect.map(loop as Effect.Effect<any>, ([, ys]) => ys))).toEqual(each)
  })
  it("is another with another key", () => {
    if (JSON.stringify(expected) === "[]") return
    expect(each.some((other) => JSON.stringify(other) !== JSON.stringify(expected))).toBe(true)
  })
})

describe("in the engine", () => {
  it("any number of keys and elements is as in the reference", () => {
    for (let n = 0; n < 10; n++) {
      for (const dtype of ["int32", "float32", "float64"] as const) {
        const keys = run(Random.keys(key, n)).threefry
        const [expected] = primitives.random.reference!([keys as any], { shape: [n], dtype }, [{
          shape: [n, n],
          dtype
        }])
        const draw = (one: Random.Key) =>
          dtype === "int32" ? Random.bits(one, [n]) : Random.uniform(one, [n], { dtype })
        const got = run(
          Effect.flatMap(jit(vmap(draw as One))({ threefry: keys }) as Effect.Effect<Tensor>, Tensor.data)
        )
        expect([...got]).toEqual([...expected as Float64Array])
      }
    }
  })
})

describe("keys", () => {
  it("are frozen, and of a type of their own", () => {
    expect(Object.isFrozen(key)).toBe(true)
    expectFailure(Random.normal(key.threefry as never), "TreeLeafError", "requires a key")
    expectFailure(Random.normal(7 as never), "TreeLeafError", "requires a key, as Random.key makes one, got 7")
    expectFailure(Random.normal({ threefry: Tensor.make([1, 2]) } as never), "DTypeError", "requires int32")
    expect(run(Effect.flip(Random.normal({} as never)))).toBeInstanceOf(TreeLeafError)
  })
  it("are taken one by one", () => {
    const error = run(Effect.flip(Random.normal(run(Random.keys(key, 3)) as never)))
    expect(error).toBeInstanceOf(ShapeError)
    expect((error as ShapeError).message).toContain(
      "Random.normal requires one key, got keys of shape [3]; map over them"
    )
  })
  it("may come from Effects", () => {
    expect(valuesOf(Random.normal(Random.foldIn(key, 1)))).toEqual(valuesOf(Random.normal(run(Random.foldIn(key, 1)))))
  })
  it("have seeds that are whole", () => {
    for (const seed of [0.5, NaN, Infinity, 2 ** 53]) expect(() => Random.key(seed)).toThrow("requires a whole number")
  })
})

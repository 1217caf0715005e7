/**
 * Keys from a service.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { ArgumentError, cond, forLoop, grad, greater, jit, mul, Random, Tensor, vmap } from "wengert"
import { run, valuesOf } from "../grad/support/run.ts"

const draw = Random.uniform(Random.next)
const two = Effect.all([draw, draw])
const key = Random.key(3)

describe("Random.next", () => {
  it("is another key each time, and the same keys each run", () => {
    const program = Random.withKey(two, key)
    const [first, second] = valuesOf(program) as ReadonlyArray<number>
    expect(first).not.toBe(second)
    expect(valuesOf(program)).toEqual([first, second])
    expect(valuesOf(two.pipe(Random.withKey(key)))).toEqual([first, second])
    expect(valuesOf(Random.withKey(two, Random.key(4)))).not.toEqual([first, second])
  })
  it("folds the number of the run into the key", () => {
    const expected = [0, 1].map((i) => valuesOf(Random.uniform(Random.foldIn(key, i))))
    expect(valuesOf(Random.withKey(two, key))).toEqual(expected)
  })
  it("takes an Effect of a key, once", () => {
    let runs = 0
    const given = Effect.sync(() => {
      runs++
      return key
    })
    expect(valuesOf(Random.withKey(two, given))).toEqual(valuesOf(Random.withKey(two, key)))
    expect(runs).toBe(1)
  })
  it("never gives two fibers the same key", async () => {
    const many = Effect.all(Array.from({ length: 50 }, () => Effect.andThen(Effect.yieldNow, draw)), {
      concurrency: "unbounded"
    })
    const drawn = await Effect.runPromise(Random.withKey(many, key))
    expect(new Set(drawn.map(String)).size).toBe(50)
  })
  it("needs a key around it", () => {
    const error = run(Effect.flip(draw))
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as ArgumentError).message).toContain("give the program one by Random.withKey(program, key)")
  })
})

describe("under transformations", () => {
  const noisy = (x: Tensor<[]>) => mul(mul(x, x), draw)
  it("grad is that of the same draw", () => {
    const factor = valuesOf(Random.withKey(draw, key)) as number
    expect(valuesOf(Random.withKey(grad(noisy)(Tensor.make(3)), key))).toBe(6 * factor)
    expect(valuesOf(Random.withKey(grad(grad(noisy))(Tensor.make(3)), key))).toBe(2 * factor)
  })
  it("branches draw their own", () => {
    const f = (x: Tensor<[]>) => cond(greater(x, 0), () => draw, () => mul(draw, -1))
    const sign = (x: number) => Math.sign(valuesOf(Random.withKey(f(Tensor.make(x)), key)) as number)
    expect([sign(1), sign(-1)]).toEqual([1, -1])
  })
  it("is refused where it would draw the same in all runs", () => {
    const x = Tensor.make(1)
    for (
      const program of [
        jit(noisy)(x),
        vmap(noisy)(Tensor.ones([2])),
        forLoop(0, 2, (_, y: Tensor<[]>) => noisy(y), x)
      ]
    ) {
      const error = run(Effect.flip(Random.withKey(program as Effect.Effect<unknown, unknown>, key)))
      expect(error).toBeInstanceOf(ArgumentError)
      expect((error as ArgumentError).message).toContain("a program that draws anew each time")
    }
  })
  it("a key given inside is an argument like any other", () => {
    const f = (key: Random.Key, x: Tensor<[]>) => Random.withKey(noisy(x), key)
    const one = valuesOf(f(key, Tensor.make(2)))
    expect(valuesOf(jit(f)(key, Tensor.make(2)))).toEqual(one)
    expect(valuesOf(jit(f)(Random.key(9), Tensor.make(2)))).not.toEqual(one)
    const keys = run(Random.keys(key, 3))
    const each = run(Random.split(key, 3)).map((k) => valuesOf(f(k, Tensor.make(2))))
    expect(valuesOf(vmap(f as any, { inAxes: [0, null] } as any)(keys, Tensor.make(2)) as any)).toEqual(each)
  })
})

/**
 * Services under `jit`, and random numbers wherever a program is written once and run many times.
 */
import { Context, Effect, Random } from "effect"
import { describe, expect, it } from "vitest"
import { add, ArgumentError, forLoop, grad, jit, less, map, mul, scan, Tensor, vmap, whileLoop } from "wengert"

class Rate extends Context.Service<Rate, { readonly rate: number }>()("test/Rate") {}
const Scale = Context.Reference<number>("test/Scale", { defaultValue: () => 1 })

const number = (x: Effect.Effect<Tensor, unknown>) => Effect.runSync(Tensor.item(x))

describe("jit", () => {
  const one = Tensor.make(1)

  it("gives 1 with a rate of 1, and then 2 with 2, and 1 again", () => {
    const f = jit((x: Tensor<[]>) => Effect.flatMap(Rate, ({ rate }) => mul(x, rate)))
    const at = (rate: number) => number(Effect.provideService(f(one), Rate, { rate }))
    expect([at(1), at(2), at(1)]).toEqual([1, 2, 1])
  })

  it("sees references, given or by default, also through grad", () => {
    const f = jit((x: Tensor<[]>) => Effect.flatMap(Scale, (scale) => mul(mul(x, x), scale)))
    const at = (scale: number) => number(Effect.provideService(grad(f)(one), Scale, scale))
    expect([number(f(one)), at(3), at(5), number(f(one))]).toEqual([1, 6, 10, 1])
  })

  it("writes the list once while its services stay the same", () => {
    let written = 0
    const f = jit((x: Tensor<[]>) => {
      written++
      return Effect.flatMap(Rate, ({ rate }) => mul(x, rate))
    })
    const service = { rate: 2 }
    const call = f(one).pipe(Effect.withSpan("call"), Effect.provideService(Rate, service))
    expect([number(call), number(call), number(Effect.scoped(call))]).toEqual([2, 2, 2])
    expect(written).toBe(1)
  })
})

describe("random numbers are refused where they would repeat", () => {
  const noisy = (x: Tensor) => Effect.flatMap(Random.next, (noise) => add(x, noise))
  const x = Tensor.make([1, 2])
  const cases: { readonly [op: string]: Effect.Effect<unknown, unknown> } = {
    jit: jit(noisy)(x),
    vmap: vmap(noisy)(x),
    map: map(noisy, x),
    scan: scan((carry: Tensor, x: Tensor) => Effect.map(noisy(x), (y) => [carry, y] as const), Tensor.make(0), x),
    forLoop: forLoop(0, 2, (_, y: Tensor) => noisy(y), x),
    whileLoop: whileLoop((y: Tensor<[]>) => less(y, 3), (y) => noisy(y) as Effect.Effect<Tensor<[]>>, Tensor.make(0))
  }
  it.each(Object.entries(cases))("%s", (_, program) => {
    const error = Effect.runSync(Effect.flip(program))
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as ArgumentError).message).toContain("draws no random numbers")
  })

  it("but not where they are drawn once, or from a seed inside", () => {
    expect(number(grad((x: Tensor<[]>) => noisy(x))(Tensor.make(1)))).toBe(1)
    const seeded = jit((x: Tensor<[]>) => noisy(x).pipe(Random.withSeed("one")))
    expect(number(seeded(Tensor.make(1)))).toBe(number(seeded(Tensor.make(1))))
  })
})

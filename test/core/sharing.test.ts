/**
 * An op value that is used twice is computed once in an interpreter, and user Effects keep their meaning.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { add, cond, grad, greater, jvp, mul, sin, sum, Tensor, trace, vmap } from "wengert"
import type { Operand } from "wengert"

const run = <A>(effect: Effect.Effect<A, unknown>): A => Effect.runSync(effect)

/** x repeatedly added to itself and halved, every step used twice. */
const doubled = (x: Tensor, times: number): Effect.Effect<Tensor, any> => {
  let y = mul(add(x, x), 0.5) as Effect.Effect<Tensor, any>
  for (let i = 1; i < times; i++) y = mul(add(y, y), 0.5) as Effect.Effect<Tensor, any>
  return y
}

describe("an op value that is used twice", () => {
  it("is one equation", () => {
    const list = run(
      trace((x: Tensor) => {
        const y = sin(x)
        return mul(y, y)
      })(Tensor.spec([]))
    )
    expect(list.equations.map((e) => e.primitive.name)).toEqual(["sin", "mul"])
  })

  it("is computed once, plainly and under every transformation", () => {
    // computed for every use, 60 steps would take longer than the universe is old
    const f = (x: Tensor) => doubled(x, 60)
    const x = Tensor.make(3)
    expect(run(Tensor.item(f(x)))).toBe(3)
    expect(run(Tensor.item(grad(f)(x)))).toBe(1)
    expect(run(Tensor.item(grad(grad(f))(x)))).toBe(0)
    expect(run(Effect.flatMap(jvp(f, [x], [x]), ([, dx]) => Tensor.item(dx)))).toBe(3)
    expect(run(Tensor.toArray(vmap(f)(Tensor.make([1, 2]))))).toEqual([1, 2])
  })

  it("has a value of its own in each interpreter", () => {
    const shared = mul(Tensor.make(2), 3) as Effect.Effect<Tensor, any>
    const f = (x: Tensor) => mul(x, shared)
    expect(run(Tensor.item(shared))).toBe(6)
    expect(run(Tensor.item(grad(f)(Tensor.make(5))))).toBe(6)
    expect(run(Tensor.item(grad((x: Tensor) => mul(grad(f)(x), x))(Tensor.make(5))))).toBe(6)
    expect(run(Tensor.item(f(Tensor.make(5))))).toBe(30)
  })

  it("runs the user's Effects for each use", () => {
    let count = 0
    const counted = Effect.sync(() => {
      count++
      return Tensor.make(2)
    })
    const y = mul(counted, 3)
    expect(run(Tensor.item(add(y, y)))).toBe(12)
    expect(count).toBe(2)
  })

  it("runs the branches of a cond for each use", () => {
    let count = 0
    const y = cond(greater(Tensor.make(1), 0), () => {
      count++
      return Tensor.make(1)
    }, () => Tensor.make(0))
    run(add(y, y))
    expect(count).toBe(2)
  })

  it("gives fresh arrays", () => {
    const data = Tensor.data(Tensor.make([1, 2]))
    run(data)[0] = 7
    expect(run(data)).toEqual(Float64Array.of(1, 2))
  })
})

/** Expressions over one variable whose parts are used any number of times. */
const expressions = fc.array(
  fc.tuple(fc.constantFrom("add", "mul", "sin"), fc.nat(), fc.nat()),
  { minLength: 1, maxLength: 12 }
)

describe("the law of sharing", () => {
  it("sharing changes no value and no derivative", () => {
    fc.assert(
      fc.property(expressions, fc.double({ min: -1, max: 1, noNaN: true }), (steps, at) => {
        const shared = (x: Tensor): Effect.Effect<Tensor, any> => {
          const parts: Array<Operand> = [x]
          for (const [op, i, j] of steps) {
            const [a, b] = [parts[i % parts.length]!, parts[j % parts.length]!]
            parts.push(op === "add" ? mul(0.5, add(a, b)) : op === "mul" ? mul(a, b) : sin(a))
          }
          return sum(parts.at(-1)! as Tensor)
        }
        const named = (x: Tensor) =>
          Effect.gen(function*() {
            const parts: Array<Tensor> = [x]
            for (const [op, i, j] of steps) {
              const [a, b] = [parts[i % parts.length]!, parts[j % parts.length]!]
              parts.push(yield* (op === "add" ? mul(0.5, add(a, b)) : op === "mul" ? mul(a, b) : sin(a)))
            }
            return yield* sum(parts.at(-1)!)
          })
        const x = Tensor.make(at)
        for (const transformed of [(f: typeof named) => f(x), (f: typeof named) => grad(f)(x)]) {
          const [one, other] = [run(Tensor.item(transformed(shared))), run(Tensor.item(transformed(named)))]
          if (!Object.is(one, other)) throw new Error(`shared ${one}, named ${other}`)
        }
      }),
      { seed: 1, numRuns: 200 }
    )
  })
})

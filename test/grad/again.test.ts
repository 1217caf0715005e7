/**
 * A function that is called again mostly writes the same list, and what was derived from that is not derived again. Nobody
 * sees it, but in the time that it takes.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  CaptureSites,
  checkpoint,
  explain,
  floor,
  grad,
  hessian,
  jvp,
  mul,
  sin,
  square,
  sum,
  take,
  Tensor
} from "wengert"
import { valuesOf } from "./support/run.ts"

type Vector = Tensor<[number], "float64">

/** Where an error says that it happened. */
const siteOf = (program: Effect.Effect<unknown, OpError>) => Effect.runSync(Effect.flip(program)).site

/** Counts how often its derivative is derived: a policy is asked when a list is linearised. */
const counting = () => {
  const asked = { times: 0 }
  const policy = () => {
    asked.times++
    return false
  }
  const f = (x: Vector) => checkpoint((x: Vector) => sum(mul(sin(x), x)), { policy })(x)
  return { asked, f }
}

describe("the same list again", () => {
  it("is linearised once", () => {
    const { asked, f } = counting()
    const x = Tensor.make([1, 2])
    const first = valuesOf(grad(f)(x))
    const once = asked.times
    expect(once).toBeGreaterThan(0)
    expect(valuesOf(grad(f)(x))).toEqual(first)
    expect(valuesOf(grad(f)(Tensor.make([3, 4])))).not.toEqual(first)
    expect(asked.times).toBe(once)
  })

  it("is another list for another shape, and for what is read from outside", () => {
    const { asked, f } = counting()
    valuesOf(grad(f)(Tensor.make([1, 2])))
    const once = asked.times
    valuesOf(grad(f)(Tensor.make([1, 2, 3])))
    expect(asked.times).toBe(2 * once)

    let factor = 2
    const scaled = (x: Vector) => sum(mul(square(x), factor))
    const gradients = [2, 3, 2].map((n) => {
      factor = n
      return valuesOf(grad(scaled)(Tensor.make([1, 2])))
    })
    expect(gradients).toEqual([[4, 8], [6, 12], [4, 8]])
  })

  it("is another one for each value that the host's `if` may read", () => {
    const f = (x: Tensor<[], "float64">) => Effect.flatMap(Tensor.item(x), (value) => value > 0 ? square(x) : mul(x, 3))
    expect([1, -1, 2].map((x) => valuesOf(grad(f)(Tensor.make(x))))).toEqual([2, 3, 4])
  })

  it("closes over values of a transformation around it, each time others", () => {
    // one function, whose list holds another value each time
    let captured: Tensor<[], "float64"> = Tensor.make(0)
    const inner = (x: Tensor<[], "float64">) => mul(captured, square(x))
    const outer = (c: Tensor<[], "float64">) => {
      captured = c
      return grad(inner)(Tensor.make(3))
    }
    expect([1, 2].map((c) => valuesOf(grad(outer)(Tensor.make(c))))).toEqual([6, 6])
    expect([1, 2].map((c) => valuesOf(outer(Tensor.make(c))))).toEqual([6, 12])
  })

  it("names the user's line also where it was first written without", () => {
    const f = (x: Vector) => sum(take(x, Tensor.make([7], { dtype: "int32" })))
    const x = Tensor.make([1, 2])
    const without = siteOf(Effect.provideService(grad(f)(x), CaptureSites, false))
    expect(without).toBeUndefined()
    expect(siteOf(grad(f)(x))?.file).toContain("again.test.ts")
  })

  it("explains where the function stands now", () => {
    const [here, there] = [(x: Vector) => sum(floor(x)), (x: Vector) => sum(floor(x))]
    let current = here
    const f = (x: Vector) => current(x)
    const x = Tensor.make([1.5])
    const columns = [here, there].map((g) => {
      current = g
      valuesOf(grad(f)(x))
      return Effect.runSync(explain(f)(x)).leaves[0]!.causes[0]!.site!.column
    })
    expect(columns[0]).not.toBe(columns[1])
  })

  it("is what second derivatives and Hessians are made of", () => {
    const f = (x: Vector) => sum(mul(x, square(x)))
    for (const x of [[1, 2], [3, 4]]) {
      const expected = [[6 * x[0]!, 0], [0, 6 * x[1]!]]
      expect(valuesOf(hessian(f)(Tensor.make(x)))).toEqual(expected)
      expect(valuesOf(Effect.map(jvp(grad(f), [Tensor.make(x)], [Tensor.ones([2])]), ([, t]) => t)))
        .toEqual(x.map((v) => 6 * v))
    }
  })
})

/**
 * Forward mode: tangents of trees, and the derivative as a linear function.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Trace } from "wengert"
import {
  add,
  cond,
  cos,
  div,
  floor,
  greater,
  jvp,
  linearize,
  matmul,
  mul,
  sin,
  sqrt,
  stopGradient,
  sum,
  Tensor,
  trace,
  where
} from "wengert"
import { expectClose, expectSame, run, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)
const number = fc.integer({ min: -16, max: 16 }).map((n) => n / 4)

interface Params {
  readonly w: Tensor<[2, 2]>
  readonly rest: readonly [Scalar, { readonly b: Tensor<[2]> }]
}

const layer = ({ rest: [s, { b }], w }: Params, x: Tensor<[2]>) =>
  Effect.gen(function*() {
    const y = yield* add(matmul(w, x), mul(s, b))
    return { out: yield* sin(y), parts: [y, mul(s, s)] as const }
  })

const params = fc.tuple(fc.array(number, { minLength: 4, maxLength: 4 }), number, number, number).map(
  ([[a, b, c, d], s, p, q]): Params => ({
    w: Tensor.make([[a!, b!], [c!, d!]]),
    rest: [scalar(s), { b: Tensor.make([p, q]) }]
  })
)
const vector = fc.tuple(number, number).map(([a, b]): Tensor<[2]> => Tensor.make([a, b]))

describe("jvp", () => {
  it("gives the output, and the directional derivative in the tree of the output", () => {
    fc.assert(
      fc.property(params, vector, params, vector, (p, x, dp, dx) => {
        const program = jvp(layer, [p, x], [dp, dx])
        const expected = Effect.gen(function*() {
          const { out, parts: [y, square] } = yield* layer(p, x)
          const [s, { b }] = p.rest
          const [ds, { b: db }] = dp.rest
          const dy = yield* add(add(matmul(dp.w, x), matmul(p.w, dx)), add(mul(ds, b), mul(s, db)))
          return [
            { out, parts: [y, yield* square] },
            { out: yield* mul(cos(y), dy), parts: [dy, yield* mul(2, mul(s, ds))] }
          ]
        })
        expectSame(program, expected)
      }),
      { numRuns: 30 }
    )
  })

  it("is linear in the tangents", () => {
    fc.assert(
      fc.property(params, vector, vector, vector, number, (p, x, a, b, k) => {
        const zero: Params = { w: Tensor.zeros([2, 2]), rest: [scalar(0), { b: Tensor.zeros([2]) }] }
        const along = (dx: Effect.Effect<Tensor<[2]>, unknown>) =>
          Effect.flatMap(dx, (dx) => Effect.map(jvp(layer, [p, x], [zero, dx]), ([, { out }]) => out))
        expectSame(
          along(add(a, mul(k, b))),
          Effect.gen(function*() {
            return yield* add(yield* along(Effect.succeed(a)), yield* mul(k, yield* along(Effect.succeed(b))))
          })
        )
      }),
      { numRuns: 20 }
    )
  })

  it("outputs that do not depend on the primals have zero tangents, of their own type", () => {
    const f = (x: Tensor<[2], "float32">) => ({
      constant: Tensor.make([[1, 2]]),
      step: floor(x),
      stopped: stopGradient(x),
      mask: greater(x, 0),
      number: 3
    })
    const x = Tensor.make([1.5, -2], { dtype: "float32" })
    const [, tangent] = run(jvp(f, [x], [x]))
    expect(Object.entries(tangent).map(([key, { dtype, shape }]) => [key, dtype, shape])).toEqual([
      ["constant", "float64", [1, 2]],
      ["mask", "bool", [2]],
      ["number", "float64", []],
      ["step", "float32", [2]],
      ["stopped", "float32", [2]]
    ])
    expect(valuesOf(jvp(f, [x], [x]))).toMatchObject([{}, {
      constant: [[0, 0]],
      step: [0, 0],
      stopped: [0, 0],
      mask: [false, false],
      number: 0
    }])
  })

  it("the tangent stays in the dtype of its output", () => {
    const f = (x: Tensor<[], "float32">, y: Scalar) => [mul(x, y), mul(x, 2)] as const
    const [, [dxy, dx]] = run(jvp(f, [Tensor.make(3, { dtype: "float32" }), scalar(2)], [
      Tensor.make(1, { dtype: "float32" }),
      scalar(0)
    ]))
    expect([dxy.dtype, dx.dtype]).toEqual(["float64", "float32"])
  })

  it("what is not selected has no influence, whatever its derivative", () => {
    // √x has the derivative ∞ at 0, and log-like quotients NaN
    const f = (x: Tensor<[3]>) => where(greater(x, 0), div(sqrt(x), x), 0)
    expectClose(Effect.map(jvp(f, [Tensor.make([0, 4, -1])], [Tensor.make([1, 1, 1])]), ([, t]) => t), [0, -1 / 16, 0])
    const g = (x: Scalar) => cond(greater(x, 0), () => sqrt(x), () => mul(x, 0))
    expect(valuesOf(jvp(g, [scalar(0)], [scalar(1)]))).toEqual([0, 0])
  })

  it("a primal computed beside its tangent is the primal", () => {
    fc.assert(
      fc.property(params, vector, (p, x) => {
        expectSame(Effect.map(jvp(layer, [p, x], [p, x]), ([y]) => y.out), Effect.map(layer(p, x), ({ out }) => out))
      }),
      { numRuns: 10 }
    )
  })
})

describe("linearize", () => {
  it("is jvp with the tangents left open", () => {
    fc.assert(
      fc.property(params, vector, params, vector, (p, x, dp, dx) => {
        const program = Effect.gen(function*() {
          const [y, push] = yield* linearize(layer, p, x)
          return [y, yield* push(dp, dx)]
        })
        expectSame(program, jvp(layer, [p, x], [dp, dx]))
      }),
      { numRuns: 20 }
    )
  })

  it("the pushforward may be applied any number of times, in any order, also inside of other programs", () => {
    const program = Effect.gen(function*() {
      const [, push] = yield* linearize((x: Scalar) => mul(x, mul(x, x)), scalar(2))
      const first = yield* push(scalar(1))
      const [, tangent] = yield* jvp((t: Scalar) => push(t), [scalar(5)], [scalar(1)])
      return [first, yield* push(scalar(10)), yield* push(scalar(1)), tangent]
    })
    expect(valuesOf(program)).toEqual([12, 120, 12, 12])
  })

  it("the pushforward is linear: its list has no equation with the nonlinear part of f", () => {
    const f = (x: Tensor<[2]>) => sum(mul(sin(x), cos(sin(x))))
    const program = Effect.gen(function*() {
      const [, push] = yield* linearize(f, Tensor.make([1, 2]))
      return yield* trace((t: Tensor<[2]>) => push(t))(Tensor.make([1, 1]))
    })
    const list: Trace = run(program)
    expect(list.equations.map((e) => e.primitive.name)).not.toContain("sin")
    expect(list.equations.map((e) => e.primitive.name)).not.toContain("cos")
    expect(list.equations.length).toBeLessThan(12)
  })

  it("outputs without a tangent are zeros", () => {
    const program = Effect.flatMap(
      linearize((x: Scalar) => [stopGradient(x), mul(x, 2), floor(x)] as const, scalar(1)),
      ([, push]) => push(scalar(3))
    )
    expect(valuesOf(program)).toEqual([0, 6, 0])
  })
})

/**
 * Gradients of scalar functions: which arguments, what comes back, and what is refused.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  add,
  cast,
  cond,
  cos,
  div,
  exp,
  floor,
  grad,
  gradWithAux,
  greater,
  mul,
  sin,
  stopGradient,
  sum,
  Tensor,
  valueAndGrad
} from "wengert"
import { expectClose, expectFailure, failureOf, run, untyped, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)
const number = fc.integer({ min: -40, max: 40 }).map((n) => n / 8)

describe("values", () => {
  it("x·sin x has the gradient sin x + x·cos x, of the shape and dtype of x", () => {
    fc.assert(fc.property(fc.array(number, { maxLength: 4 }), (xs) => {
      const f = (x: Tensor<[number]>) => sum(mul(x, sin(x)))
      const x = Tensor.make(Float64Array.from(xs))
      expectClose(grad(f)(x), xs.map((v) => Math.sin(v) + v * Math.cos(v)))
      const single = run(grad(f)(Tensor.make(Float32Array.from(xs))))
      expect([single.dtype, single.shape]).toEqual(["float32", [xs.length]])
    }))
  })

  it("the sixth derivative of 1/x is 6!/x⁷, at 4 exactly 720/4⁷ = 0.0439453125", () => {
    const once = (x: Scalar) => grad((x: Scalar) => div(1, x))(x)
    const thrice = grad((x: Scalar) => grad(once)(x))
    const sixth = grad(grad(grad(thrice)))
    expect(valuesOf(sixth(scalar(4)))).toBe(0.0439453125)
  })

  it("the k-th derivative of exp is exp, and of sin a shifted sin", () => {
    fc.assert(
      fc.property(number, (x) => {
        let [e, s]: ReadonlyArray<(x: Scalar) => Effect.Effect<Scalar, unknown>> = [exp, sin] as const
        for (let k = 1; k <= 5; k++) {
          ;[e, s] = [grad(e), grad(s)]
          expectClose(e(scalar(x)), Math.exp(x))
          expectClose(s(scalar(x)), Math.sin(x + k * Math.PI / 2))
        }
      }),
      { numRuns: 20 }
    )
  })

  it("a plain number is a scalar", () => {
    expect(valuesOf(grad((x: number) => mul(x, x))(3))).toBe(6)
    expect(valuesOf(grad((xs: readonly [number, number]) => mul(xs[0], xs[1]))([2, 3]))).toEqual([3, 2])
  })

  it("of an argument itself is 1, of a constant 0", () => {
    expect(valuesOf(grad((x: Scalar) => Effect.succeed(x))(scalar(3)))).toBe(1)
    expect(valuesOf(grad((_: Scalar) => Effect.succeed(scalar(5)))(scalar(3)))).toBe(0)
  })

  it("a value that is used often adds up what comes from everywhere", () => {
    fc.assert(fc.property(number, fc.integer({ min: 1, max: 20 }), (x, n) => {
      const power = (x: Scalar) =>
        Effect.gen(function*() {
          let y = yield* mul(x, 1)
          for (let i = 1; i < n; i++) y = yield* mul(y, x)
          return y
        })
      expectClose(grad(power)(scalar(x)), n * x ** (n - 1))
    }))
  })

  it("the same tensor as two arguments is two arguments", () => {
    const x = scalar(3)
    expect(valuesOf(grad((a: Scalar, b: Scalar) => mul(mul(a, a), b), { argnums: [0, 1] })(x, x))).toEqual([18, 9])
  })

  it("a concrete tensor that f closes over is a constant, also if it is the argument", () => {
    const x = scalar(3)
    expect(valuesOf(grad((a: Scalar) => mul(a, x))(x))).toBe(3)
  })

  it("the function may be called any number of times, and its result kept", () => {
    const df = grad((x: Scalar) => mul(x, x))
    expect([1, 2, 1].map((x) => valuesOf(df(scalar(x))))).toEqual([2, 4, 2])
    const program = df(scalar(5))
    expect([valuesOf(program), valuesOf(program)]).toEqual([10, 10])
  })
})

describe("argnums", () => {
  const f = (x: Scalar, y: Scalar, z: Scalar) => mul(mul(x, y), mul(y, z))
  const args = [scalar(2), scalar(3), scalar(5)] as const
  // x·y²·z
  const partials = [45, 60, 18]

  it("a number gives one gradient, a list a tuple in its order", () => {
    expect(valuesOf(grad(f)(...args))).toBe(partials[0])
    expect(valuesOf(grad(f, { argnums: 2 })(...args))).toBe(partials[2])
    expect(valuesOf(grad(f, { argnums: [2, 0] })(...args))).toEqual([partials[2], partials[0]])
    expect(valuesOf(grad(f, { argnums: [1] })(...args))).toEqual([partials[1]])
    expect(valuesOf(grad(f, { argnums: [1, 1] })(...args))).toEqual([partials[1], partials[1]])
    expect(valuesOf(grad(f, { argnums: [] })(...args))).toEqual([])
  })

  it("arguments that are not differentiated may have any dtype", () => {
    const pick = (x: Scalar, n: Tensor<[], "int32">, p: Tensor<[], "bool">) =>
      cond(p, () => mul(x, cast(n, "float64")), () => mul(x, 0))
    const truth = Tensor.make(true)
    expect(valuesOf(grad(pick)(scalar(2), Tensor.make(7, { dtype: "int32" }), truth))).toBe(7)
  })

  it("out of range, or no whole number, is an AxisError", () => {
    for (const argnums of [3, -1, 0.5, [0, 3]]) {
      const program = grad(f, untyped<{ argnums: 0 }>({ argnums }))(...args)
      expectFailure(program, "AxisError", "argnums from 0 to 2 for 3 arguments")
    }
  })
})

describe("trees", () => {
  interface Params {
    readonly layers: ReadonlyArray<{ readonly w: Tensor<[2]>; readonly b: Scalar }>
    readonly scale: readonly [Scalar, { readonly deep: Tensor<[2]> }]
    readonly none: readonly []
  }

  const f = ({ layers, scale: [s, { deep }] }: Params) =>
    Effect.gen(function*() {
      let total = yield* mul(s, sum(mul(deep, deep)))
      for (const { b, w } of layers) total = yield* add(total, mul(b, sum(w)))
      return total
    })

  it("the gradient has the tree of the argument", () => {
    fc.assert(fc.property(fc.array(fc.tuple(number, number, number), { maxLength: 3 }), number, number, (ls, s, d) => {
      const params: Params = {
        none: [],
        scale: [scalar(s), { deep: Tensor.make([d, 1]) }],
        layers: ls.map(([v, w, b]) => ({ w: Tensor.make([v, w]), b: scalar(b) }))
      }
      expectClose(grad(f)(params), {
        layers: ls.map(([v, w, b]) => ({ w: [b, b], b: v + w })),
        scale: [d * d + 1, { deep: [2 * s * d, 2 * s] }],
        none: []
      })
    }))
  })

  it("the order in which a record was written does not matter", () => {
    const g = grad(({ a, b }: { readonly a: Scalar; readonly b: Scalar }) => div(a, b))
    expect(valuesOf(g({ a: scalar(1), b: scalar(2) }))).toEqual({ a: 0.5, b: -0.25 })
    expect(valuesOf(g({ b: scalar(2), a: scalar(1) }))).toEqual({ a: 0.5, b: -0.25 })
  })
})

describe("valueAndGrad and gradWithAux", () => {
  it("give the value beside the gradient", () => {
    expect(valuesOf(valueAndGrad((x: Scalar) => mul(x, x))(scalar(3)))).toEqual([9, 6])
  })

  it("give whatever else f tells, of any dtype, and do not differentiate it", () => {
    const f = (x: Scalar) =>
      Effect.gen(function*() {
        const value = yield* mul(x, x)
        return { value, aux: { sign: greater(x, 0), all: [x, mul(value, 2), 7], nothing: {} } }
      })
    expect(valuesOf(gradWithAux(f)(scalar(3)))).toEqual({
      value: 9,
      gradient: 6,
      aux: { sign: true, all: [3, 18, 7], nothing: {} }
    })
    expect(valuesOf(grad((x: Scalar) => Effect.map(gradWithAux(f)(x), ({ gradient }) => gradient))(scalar(3)))).toBe(2)
  })

  it("aux may depend on x alone, and its derivative reaches an outer gradient", () => {
    const inner = (y: Scalar) => ({ value: mul(y, y), aux: mul(mul(y, y), y) })
    const outer = (x: Scalar) => Effect.map(gradWithAux(inner)(x), ({ aux }) => aux)
    expect(valuesOf(grad(outer)(scalar(2)))).toBe(12)
  })

  it("other members of the result are no part of value or aux", () => {
    const f = (x: Scalar) => ({ value: mul(x, x), aux: mul(x, 3), extra: mul(x, 5), zzz: mul(x, 7), a: mul(x, 9) })
    expect(valuesOf(gradWithAux(f)(scalar(3)))).toEqual({ value: 9, gradient: 6, aux: 9 })
  })

  it("options hold for both", () => {
    const f = (x: Scalar, y: Scalar) => ({ value: mul(x, y), aux: y })
    expect(valuesOf(gradWithAux(f, { argnums: [1, 0] })(scalar(2), scalar(3)))).toMatchObject({ gradient: [2, 3] })
    expect(valuesOf(
      valueAndGrad((x: Scalar, _: Scalar) => mul(x, 2), { argnums: 1, unconnected: "none" })(
        scalar(2),
        scalar(3)
      )
    )).toEqual([4, null])
  })
})

describe("unconnected arguments", () => {
  const stopped = (x: Scalar, y: Scalar) => mul(stopGradient(x), y)
  const both = { argnums: [0, 1] } as const

  it("are zeros, none or an error", () => {
    const at = [scalar(2), scalar(3)] as const
    expect(valuesOf(grad(stopped, both)(...at))).toEqual([0, 2])
    expect(valuesOf(grad(stopped, { ...both, unconnected: "zero" })(...at))).toEqual([0, 2])
    expect(valuesOf(grad(stopped, { ...both, unconnected: "none" })(...at))).toEqual([null, 2])
    expect(failureOf(grad(stopped, { ...both, unconnected: "error" })(...at)))
      .toMatchObject({ _tag: "UnconnectedGradientError", paths: ["args[0]"] })
  })

  it("an error names all leaves, by their paths", () => {
    const f = ({ a }: { readonly a: Scalar; readonly b: readonly [Scalar, { readonly c: Scalar }] }) => mul(a, 2)
    const at = { a: scalar(1), b: [scalar(2), { c: scalar(3) }] } as const
    expect(failureOf(grad(f, { unconnected: "error" })(at)).paths).toEqual(["args[0].b[0]", "args[0].b[1].c"])
    expect(valuesOf(grad(f, { unconnected: "none" })(at))).toEqual({ a: 2, b: [null, { c: null }] })
  })

  it("zeros have the shape and dtype of their leaf", () => {
    const x = run(grad((_: Tensor<[2]>, y: Scalar) => mul(y, y))(Tensor.make([1, 2], { dtype: "float32" }), scalar(1)))
    expect([x.shape, x.dtype]).toEqual([[2], "float32"])
  })

  it("a numeric zero is connected", () => {
    expect(valuesOf(grad((x: Scalar) => mul(x, 0), { unconnected: "none" })(scalar(2)))).toBe(0)
  })

  it("steps, and what is not used, do not connect", () => {
    expect(valuesOf(grad((x: Scalar) => floor(x), { unconnected: "none" })(scalar(2.5)))).toBe(null)
    const cut = (x: Scalar) => cast(cast(x, "int32"), "float64")
    expect(valuesOf(grad(cut, { unconnected: "none" })(scalar(2.5)))).toBe(null)
    expect(valuesOf(grad((_: Scalar) => Effect.succeed(1), { unconnected: "none" })(scalar(2)))).toBe(null)
  })

  it("a branch that is not taken does not connect", () => {
    const f = (x: Scalar, y: Scalar) => cond(greater(x, 0), () => mul(x, y), () => 0)
    const none = grad(f, { ...both, unconnected: "none" })
    expect(valuesOf(none(scalar(2), scalar(3)))).toEqual([3, 2])
    expect(valuesOf(none(scalar(-1), scalar(3)))).toEqual([null, null])
    expect(valuesOf(grad(f, both)(scalar(-1), scalar(3)))).toEqual([0, 0])
    expect(failureOf(grad(f, { ...both, unconnected: "error" })(scalar(-1), scalar(3))).paths)
      .toEqual(["args[0]", "args[1]"])
  })

  it("in a nested gradient each order is asked for itself", () => {
    // the derivative of 3x is 3, which does not depend on x
    const second = grad((x: Scalar) => grad((x: Scalar) => mul(x, 3))(x), { unconnected: "none" })
    expect(valuesOf(second(scalar(1)))).toBe(null)
    // the one of x·cos x is −2·sin x − x·cos x, which happens to be 0
    const dip = (x: Scalar) => grad((x: Scalar) => mul(x, cos(x)))(x)
    expectClose(grad(dip, { unconnected: "none" })(scalar(0)), 0)
  })
})

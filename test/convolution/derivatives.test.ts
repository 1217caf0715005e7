/**
 * Derivatives, transposes, batches and masks of convolution and pooling.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  avgPool,
  conv,
  convTranspose,
  explain,
  grad,
  jit,
  linearTranspose,
  mask,
  maxPool,
  mul,
  reshape,
  resize,
  sin,
  slice,
  sqrt,
  sum,
  Tensor,
  vmap
} from "wengert"
import { Laws } from "wengert/laws"
import { expectClose, expectSame, run, valuesOf } from "../grad/support/run.ts"

type X = Tensor<any, "float64">
/** Numbers that do not tie. */
const filled = (...shape: ReadonlyArray<number>): X =>
  Tensor.make(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(i * i + 1)), { shape })

/** A convolution that may be: of one or two axes of places, with all its options. */
const convolutions = fc.record({
  rank: fc.constantFrom(1, 2),
  dims: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
  size: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  dilation: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  inputDilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  pads: fc.tuple(fc.integer({ min: 6, max: 7 }), fc.integer({ min: 0, max: 2 })),
  padding: fc.constantFrom("same", "pairs"),
  groups: fc.integer({ min: 1, max: 3 }),
  layout: fc.constantFrom("channelsLast" as const, "channelsFirst" as const)
}).map(({ dilation, dims, groups, inputDilation, layout, padding, pads, rank, size, stride }) => {
  const places = dims.slice(0, rank)
  const first = layout === "channelsFirst"
  const [each, out] = [2, 2]
  return {
    x: filled(...(first ? [2, groups * each, ...places] : [2, ...places, groups * each])),
    w: filled(
      ...(first
        ? [groups * out, each, ...size.slice(0, rank)]
        : [...size.slice(0, rank), each, groups * out])
    ),
    options: {
      stride: stride.slice(0, rank),
      dilation: dilation.slice(0, rank),
      padding: padding === "same" ? "same" as const : places.map(() => pads),
      groups,
      layout
    },
    inputDilation: inputDilation.slice(0, rank),
    places
  }
})

const inner = (a: unknown, b: unknown) => valuesOf(sum(mul(a as X, b as X)) as Effect.Effect<X, any>) as number

describe("conv", () => {
  it("is linear in both factors: its transposes and derivatives are those of the numbers", () => {
    fc.assert(
      fc.property(convolutions, ({ inputDilation, options, w, x }) => {
        const f = (x: X, w: X) => conv(x, w, { ...options, inputDilation }) as Effect.Effect<X, any>
        const y = run(f(x, w))
        const ct = run(sin(y) as Effect.Effect<X, any>)
        const [dx] = [run(linearTranspose((x: X) => f(x, w), x)(ct) as Effect.Effect<any, any>)].flat()
        const [dw] = [run(linearTranspose((w: X) => f(x, w), w)(ct) as Effect.Effect<any, any>)].flat()
        const expected = inner(y, ct)
        expect(Math.abs(inner(x, dx) - expected)).toBeLessThan(1e-11 * (1 + Math.abs(expected)))
        expect(Math.abs(inner(w, dw) - expected)).toBeLessThan(1e-11 * (1 + Math.abs(expected)))
        const weighted = (x: X, w: X) => sum(mul(f(x, w), ct)) as Effect.Effect<X, any>
        const compiled = jit(grad(weighted as never, { argnums: [0, 1] }) as never) as any
        expectSame(compiled(x, w), Effect.succeed([dx, dw]), 1e-11)
      }),
      { numRuns: 60 }
    )
  })
  it("agrees with its differences, to order 2", () => {
    Laws.checkGradient(
      (x: X, w: X) => sum(sin(conv(x, w, { padding: "same", stride: 2 }))) as Effect.Effect<X, any>,
      [filled(1, 3, 4, 2), filled(2, 3, 2, 2)],
      { order: 2, runs: 4 }
    )
  })
  it("of a batch is the batch of convolutions, by images, by kernels and by both", () => {
    const [xs, ws] = [filled(3, 1, 4, 5, 2), filled(3, 2, 2, 2, 3)]
    const f = (x: X, w: X) => conv(x, w, { padding: "same" }) as Effect.Effect<X, any>
    for (const [a, b] of [[0, 0], [0, null], [null, 0]] as const) {
      const at = (x: X, axis: number | null, i: number): X => run<X, any>(slice(x, axis === null ? 0 : i) as any)
      const got = valuesOf(
        vmap(f as any, { inAxes: [a, b] } as any)(
          a === null ? at(xs, null, 0) : xs,
          b === null ? at(ws, null, 0) : ws
        ) as any
      )
      const each = [0, 1, 2].map((i) => valuesOf(f(at(xs, a, i), at(ws, b, i))))
      expect(got).toEqual(each)
    }
  })
})

describe("convTranspose", () => {
  it("is the transpose of conv", () => {
    fc.assert(
      fc.property(convolutions, ({ options, places, w, x }) => {
        const y = run(conv(x, w, options) as Effect.Effect<X, any>)
        const ct = run(sin(y) as Effect.Effect<X, any>)
        const back = run(convTranspose(ct, w, { ...options, size: places }) as Effect.Effect<X, any>)
        expect(back.shape).toEqual(x.shape)
        const expected = inner(y, ct)
        expect(Math.abs(inner(x, back) - expected)).toBeLessThan(1e-11 * (1 + Math.abs(expected)))
        expectSame(
          jit(((y: X, w: X) => convTranspose(y, w, { ...options, size: places })) as never)(ct as never, w as never),
          Effect.succeed(back),
          1e-12
        )
      }),
      { numRuns: 60 }
    )
  })
  it("makes n·stride of n with the padding that keeps places, else the least", () => {
    const y = filled(1, 3, 4, 2)
    const w = filled(3, 3, 5, 2)
    const shape = (options: object) => run(convTranspose(y, w, options) as Effect.Effect<X, any>).shape
    expect(shape({ stride: 2, padding: "same" })).toEqual([1, 6, 8, 5])
    expect(shape({ stride: 2 })).toEqual([1, 7, 9, 5])
    expect(shape({ stride: 2, padding: [[1, 1], [1, 1]] })).toEqual([1, 5, 7, 5])
    expect(shape({ stride: 2, padding: [[1, 1], [1, 1]], size: [6, 8] })).toEqual([1, 6, 8, 5])
  })
})

describe("pooling", () => {
  it("agrees with its differences, to order 2", () => {
    const x = filled(1, 5, 4, 2)
    for (
      const pool of [
        (x: X) => maxPool(x, 2, { padding: "same", stride: [1, 2] }),
        (x: X) => avgPool(x, [3, 2], { padding: "same", countPadding: false }),
        (x: X) => resize(x, [1, 3, 6, 2])
      ]
    ) {
      Laws.checkGradient((x: X) => sum(sin(pool(x) as any)) as Effect.Effect<X, any>, [x], { order: 2, runs: 4 })
    }
  })
  it("shares the derivative among equal largest elements", () => {
    const x = Tensor.make([2, 2, 1, 1, 5, 5, 5, 0], { shape: [1, 8, 1] })
    const d = grad((x: X) => sum(maxPool(x, 4)) as Effect.Effect<Tensor<[]>, any>)(x)
    expectClose(reshape(d as any, [-1]) as any, [0.5, 0.5, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0])
  })
  it("has no derivative by padding", () => {
    const d = grad((x: X) => sum(maxPool(x, 3, { padding: "same", stride: 1 })) as Effect.Effect<Tensor<[]>, any>)(
      Tensor.make([-1, -2], { shape: [1, 2, 1] })
    )
    expect(valuesOf(reshape(d as any, [-1]) as any)).toEqual([2, 0])
  })
})

describe("what no window covers is zero by structure", () => {
  // sqrt is infinitely steep at 0: one that is not covered must not matter
  const x = Tensor.make([4, 0, 1, 0, 9, 0, 0], { shape: [1, 7, 1] })
  const loss = (options: object) => (x: X) =>
    sum(conv(sqrt(x) as any, Tensor.ones([1, 1, 1]), options) as any) as Effect.Effect<Tensor<[]>, any>
  it("between strides, and behind the last window", () => {
    const d = (options: object) => valuesOf(Effect.flatMap(grad(loss(options))(x), (y: X) => reshape(y, [-1])) as any)
    expect(d({ stride: 2, padding: [[0, 0]] })).toEqual([0.25, 0, 0.5, 0, 1 / 6, 0, Infinity])
    expect(d({ stride: 4 })).toEqual([0.25, 0, 0, 0, 1 / 6, 0, 0])
  })
  it("a mask before a convolution does not leak", () => {
    const hidden = Tensor.make([[[true], [false], [true], [false], [true], [false], [false]]])
    const f = (x: X) =>
      sum(conv(mask(sqrt(x) as any, hidden) as any, Tensor.ones([3, 1, 1]), { padding: "same" }) as any)
    const d = valuesOf(Effect.flatMap(grad(f as any)(x), (y: any) => reshape(y, [-1])) as any)
    expect(d).toEqual([0.5, 0, 1.5, 0, 0.5, 0, 0])
  })
})

describe("a loss of one feature map", () => {
  // the question with which this project began: what of the filters of the other channels?
  const x = filled(1, 4, 4, 2)
  const first = (w: X) => sum(sin(slice(conv(x, w) as any, null, null, null, 1))) as Effect.Effect<X, any>
  it("explains the filters of the others as zeros by structure", () => {
    const { leaves: [leaf] } = run(explain(first as any)(filled(2, 2, 2, 3)))
    expect(leaf!.status).toBe("connected")
    expect(leaf!.elements).toEqual({ nonzero: 8, zero: 0, masked: 16, infinite: 0, nan: 0 })
    expect(leaf!.causes.map(({ _tag, op }) => [_tag, op])).toEqual([["Masked", "slice"]])
  })
})

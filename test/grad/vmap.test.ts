/**
 * Batching is mapping: for every op, for any batch axes, and nested.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as wengert from "wengert"
import { add, grad, matmul, mul, sin, slice, sum, Tensor, vmap } from "wengert"
import { batchOf, expectMap, expectNestedMap } from "./support/batches.ts"
import { control } from "./support/control.ts"
import { ops } from "./support/ops.ts"
import { expectClose, expectFailure, failureOf, run, untyped, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)

/** What is exported and is no program of tensors. */
const others = new Set([
  "Tensor",
  "Trace",
  "trace",
  "CaptureSites",
  "compile",
  "explain",
  "requireConnected",
  "primitives",
  "residuals",
  "sparsity",
  "vmap"
])

describe("the tables", () => {
  it("have every exported op", () => {
    const exported = Object.entries(wengert)
      .filter(([name, value]) => typeof value === "function" && !name.endsWith("Error") && !others.has(name))
      .map(([name]) => name)
    const covered = [...Object.keys(ops), ...Object.keys(control)]
    expect(exported.filter((name) => !covered.includes(name))).toEqual([])
    expect(covered.filter((name) => !(name in wengert))).toEqual([])
    expect(new Set(covered).size).toBe(covered.length)
  })
})

describe.each([...Object.entries(ops), ...Object.entries(control)])("%s", (_, cases) => {
  it.each(cases.map((c, i) => [i, c] as const))("case %i: vmap is a map, whatever the axes", (_, c) => {
    fc.assert(fc.property(batchOf(c.args), (batch) => expectMap(c, batch)), { numRuns: 12 })
  })

  it("vmap of vmap is a map of a map", () => {
    for (const [i, c] of cases.entries()) expectNestedMap(c, i)
  })
})

describe("axes", () => {
  const params = { w: Tensor.make([[[1, 2]], [[3, 4]]]), b: [Tensor.make([10, 20]), scalar(100)] } as const
  type Params = { readonly w: Tensor<[2, 1]>; readonly b: readonly [Scalar, Scalar] }
  const f = ({ b: [b, c], w }: Params, x: Tensor<[2]>) =>
    Effect.gen(function*() {
      const y = yield* add(add(matmul(x, w), b), c)
      return { y, parts: [yield* sum(y), c] as const }
    })

  it("inAxes and outAxes may be trees along arguments and results", () => {
    const many = vmap(f, {
      inAxes: [{ w: 2, b: [0, null] }, null],
      outAxes: { y: 1, parts: [0, null] }
    })
    // x·w for both columns of w, b of one element each
    expect(
      valuesOf(untyped<(p: unknown, x: unknown) => Effect.Effect<unknown, unknown>>(many)(params, Tensor.make([1, 1])))
    )
      .toEqual({ y: [[114, 126]], parts: [[114, 126], 100] })
  })

  it("a prefix of the tree stands for everything below it", () => {
    const g = ({ a, b }: { readonly a: readonly [Scalar, Scalar]; readonly b: Scalar }) => add(mul(a[0], a[1]), b)
    const args = { a: [Tensor.make([1, 2]), Tensor.make([3, 4])], b: scalar(10) } as const
    const many = untyped<(x: unknown) => Effect.Effect<unknown, unknown>>(vmap(g, { inAxes: [{ a: 0, b: null }] }))
    expect(valuesOf(many(args))).toEqual([13, 18])
  })

  it("a spec that does not fit the tree is a TreeMismatchError that names the place", () => {
    const many = (inAxes: unknown) =>
      untyped<(f: unknown, o: unknown) => (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>>(vmap)(
        f,
        { inAxes }
      )(
        params,
        Tensor.make([1, 1])
      )
    expect(failureOf(many([{ w: 2 }, null]))).toMatchObject({ _tag: "TreeMismatchError", path: "args[0]" })
    expect(failureOf(many([{ w: 2, b: [0, null, 0] }, null]))).toMatchObject({
      _tag: "TreeMismatchError",
      path: "args[0].b"
    })
    expect(failureOf(many([{ w: 2, b: [0, "x"] }, null]))).toMatchObject({ path: "args[0].b[1]" })
    expect(failureOf(many([0]))).toMatchObject({ path: "args" })
  })

  it("axes out of range are AxisErrors", () => {
    const g = untyped<(f: unknown, o: unknown) => (x: Tensor) => Effect.Effect<unknown, unknown>>(vmap)
    const x = Tensor.make([[1, 2], [3, 4]])
    expectFailure(g((y: Tensor) => mul(y, 2), { inAxes: 2 })(x), "AxisError", "from -2 to 1, got 2 for shape [2, 2]")
    expectFailure(g((y: Tensor) => mul(y, 2), { inAxes: -3 })(x), "AxisError", "got -3")
    expectFailure(g((y: Tensor) => mul(y, 2), { inAxes: 0.5 })(x), "AxisError")
    expectFailure(g((y: Tensor) => sum(y), { outAxes: 1 })(x), "AxisError", "got 1 for shape [2]")
    expectFailure(g((y: Tensor) => mul(y, 2), {})(scalar(1)), "AxisError", "a scalar has none")
    expectFailure(g((y: Tensor) => mul(y, 2), { inAxes: null })(x), "AxisError", "at least one argument")
  })

  it("batches of different sizes name both leaves", () => {
    const g = untyped<(...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>>(
      vmap(({ a }: { readonly a: Scalar; readonly b: readonly [Scalar] }, c: Scalar) => mul(a, c))
    )
    const program = g({ a: Tensor.make([1, 2]), b: [Tensor.make([1, 2])] }, Tensor.make([1, 2, 3]))
    expectFailure(
      program,
      "ShapeError",
      "got 2 in axis 0 of args[0].a (float64[2]) and 3 in axis 0 of args[1] (float64[3])"
    )
  })

  it("a result without an out axis must not depend on the batch", () => {
    const constant = vmap((x: Scalar) => Effect.map(sin(x), (y) => [y, scalar(7)] as const), { outAxes: [0, null] })
    expectClose(constant(Tensor.make([0, 0])), [[0, 0], 7])
    const dependent = vmap((x: Scalar) => Effect.map(sin(x), (y) => ({ a: [y] })), { outAxes: null })
    expectFailure(dependent(Tensor.make([0, 0])), "AxisError", "result.a[0]")
  })

  it("what does not depend on the batch is repeated where an out axis is wanted", () => {
    expect(valuesOf(vmap((_: Scalar) => Effect.succeed(Tensor.make([1, 2])), { outAxes: 1 })(Tensor.make([5, 6, 7]))))
      .toEqual([[1, 1, 1], [2, 2, 2]])
  })
})

describe("sizes", () => {
  it("a batch of nothing has the types of a batch", () => {
    const f = (x: Tensor<[2], "float32">) => Effect.all([sum(x), wengert.greater(x, 0), slice(x, 0)])
    const ys = run(
      untyped<(x: unknown) => Effect.Effect<ReadonlyArray<Tensor>, unknown>>(vmap(f))(Tensor.zeros([0, 2], "float32"))
    )
    expect(ys.map(({ dtype, shape }) => [dtype, shape])).toEqual([["float32", [0]], ["bool", [0, 2]], ["float32", [0]]])
  })

  it("a batch of nothing has an empty gradient, and a loop over nothing", () => {
    const empty = Tensor.zeros([0])
    expect(valuesOf(vmap(grad((x: Scalar) => mul(x, sin(x))))(empty))).toEqual([])
    expect(valuesOf(grad((x: Tensor<[0]>) => sum(vmap((y: Scalar) => sin(y))(x)))(empty))).toEqual([])
    const until = (x: Scalar) => wengert.whileLoop((c: Scalar) => wengert.less(c, 9), (c) => mul(c, 2), x)
    expect(valuesOf(vmap(until)(empty))).toEqual([])
  })

  it("a batch of one is that one", () => {
    expectClose(vmap((x: Scalar) => mul(x, sin(x)))(Tensor.make([2])), [2 * Math.sin(2)])
  })
})

describe("closures", () => {
  it("a value closed over is the same for the whole batch", () => {
    const k = Tensor.make([10, 20])
    expect(valuesOf(vmap((x: Scalar) => mul(k, x))(Tensor.make([1, 2, 3])))).toEqual([[10, 20], [20, 40], [30, 60]])
  })

  it("its gradient is the sum over the batch", () => {
    const f = (k: Scalar) => sum(vmap((x: Scalar) => mul(k, mul(x, k)))(Tensor.make([1, 2, 3])))
    expect(valuesOf(grad(f)(scalar(5)))).toBe(2 * 5 * 6)
  })

  it("a value of one batch in a batch of another is an outer product", () => {
    const [xs, ys] = [Tensor.make([1, 2]), Tensor.make([3, 4, 5])]
    const table = vmap((x: Scalar) => vmap((y: Scalar) => mul(x, y))(ys))(xs)
    expect(valuesOf(table)).toEqual([[3, 4, 5], [6, 8, 10]])
    const flipped = vmap((x: Scalar) => vmap((y: Scalar) => mul(x, y), { outAxes: 0 })(ys), { outAxes: 1 })(xs)
    expect(valuesOf(flipped)).toEqual([[3, 6], [4, 8], [5, 10]])
  })
})

/**
 * Jacobians and Hessians: both modes agree, trees in give trees of trees out, and an infinite derivative stays in its
 * element.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  add,
  cast,
  cond,
  cumprod,
  cumsum,
  div,
  exp,
  floor,
  gather,
  grad,
  greater,
  hessian,
  hvp,
  jacfwd,
  jacobian,
  jacrev,
  jvp,
  less,
  log,
  logsumexp,
  matmul,
  max,
  mul,
  norm,
  outer,
  prod,
  scan,
  sin,
  softmax,
  sort,
  sqrt,
  square,
  stack,
  sum,
  tanh,
  Tensor,
  transpose,
  vmap,
  where,
  whileLoop
} from "wengert"
import { expectClose, expectFailure, expectSame, run, untyped, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type V = Tensor<[3], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)
const number = fc.integer({ min: -12, max: 12 }).map((n) => n / 8)
const vector = fc.tuple(number, number, number)
const v3 = (xs: ReadonlyArray<number>): V => Tensor.make(xs) as V

/** Functions of a vector, of every kind of dependence between its elements. */
const functions: { readonly [name: string]: (x: V) => Effect.Effect<Tensor, OpError> } = {
  elementwise: (x) => mul(sin(x), exp(x)),
  "a quadratic form": (x) => matmul(matmul(Tensor.make([[1, 2, 3], [4, 5, 6]]), x), Tensor.make([[1, -1], [2, 1]])),
  softmax: (x) => softmax(x),
  outer: (x) => outer(x, tanh(x)),
  "running sums and products": (x) => stack([cumsum(x), cumprod(x)]),
  gather: (x) => gather(square(x), Tensor.make([[2], [0], [2]], { dtype: "int32" })),
  "a scalar": (x) => logsumexp(x),
  "a constant": () => Effect.succeed(Tensor.make([1, 2])),
  "one element": (x) => max(x),
  sorted: (x) => sort(x),
  "a branch": (x) => cond(greater(sum(x), 0), () => square(x), () => sin(x)),
  "a loop": (x) =>
    Effect.map(scan((c, k) => Effect.map(add(mul(c, k), sin(c)), (y) => [y, y] as const), x, x), ([, ys]) => ys),
  "a batch": (x) => vmap((y: Scalar) => mul(y, x))(x)
}

describe.each(Object.entries(functions))("%s", (_, f) => {
  it("jacfwd, jacrev and one jvp for each column agree", () => {
    fc.assert(
      fc.property(vector, (xs) => {
        const x = v3(xs)
        expectSame(jacfwd(f)(x), jacrev(f)(x))
        const columns = Effect.forEach(
          [0, 1, 2],
          (k) => Effect.map(jvp(f, [x], [v3([0, 1, 2].map((i) => i === k ? 1 : 0))]), ([, t]) => t)
        )
        expectSame(
          jacfwd(f)(x),
          Effect.flatMap(columns, (all) => stack(all, -1))
        )
      }),
      { numRuns: 10 }
    )
  })

  it("Hessians are symmetric, whatever modes they are made of; hvp is Hessian times vector", () => {
    const g = (x: V) => Effect.map(sum(square(f(x))), (y) => y as Scalar)
    fc.assert(
      fc.property(vector, vector, (xs, vs) => {
        const [x, v] = [v3(xs), v3(vs)]
        const all = hessian(g)(x)
        expectSame(all, Effect.flatMap(all, (h) => transpose(h)))
        for (const other of [jacrev(jacfwd(g)), jacfwd(jacfwd(g)), jacrev(jacrev(g)), jacrev(grad(g))]) {
          expectSame(other(x), all)
        }
        expectSame(
          Effect.map(hvp(g)([x], [v]), ([hv]) => hv),
          matmul(all, v)
        )
      }),
      { numRuns: 5 }
    )
  })
})

describe("trees", () => {
  interface In {
    readonly a: Scalar
    readonly b: readonly [V, Tensor<[2, 1], "float64">]
  }
  const f = ({ a, b: [v, m] }: In) =>
    Effect.gen(function*() {
      return { p: yield* mul(a, v), q: [yield* mul(square(m), sum(v)), yield* mul(a, a)] as const }
    })
  const at: In = { a: scalar(2), b: [v3([1, 2, 3]), Tensor.make([[5], [7]])] }

  it("the result's tree stands outside, the argument's inside; axes of the output come first", () => {
    const zeros = (...shape: ReadonlyArray<number>): unknown => valuesOf(Effect.succeed(Tensor.zeros(shape)))
    const expected = {
      p: { a: [1, 2, 3], b: [[[2, 0, 0], [0, 2, 0], [0, 0, 2]], zeros(3, 2, 1)] },
      q: [
        // 2·m·Σv on the diagonal of m, m² along v
        { a: [[0], [0]], b: [[[[25, 25, 25]], [[49, 49, 49]]], [[[[60], [0]]], [[[0], [84]]]]] },
        { a: 4, b: [zeros(3), zeros(2, 1)] }
      ]
    }
    expect(valuesOf(jacfwd(f)(at))).toEqual(expected)
    expect(valuesOf(jacrev(f)(at))).toEqual(expected)
  })

  it("argnums as for grad", () => {
    const g = (x: Scalar, y: Scalar, z: Scalar) => mul(mul(x, y), mul(y, z))
    const args = [scalar(2), scalar(3), scalar(5)] as const
    for (const jacobian of [jacfwd, jacrev]) {
      expect(valuesOf(jacobian(g)(...args))).toBe(45)
      expect(valuesOf(jacobian(g, { argnums: [2, 0] })(...args))).toEqual([18, 45])
      expectFailure(jacobian(g, untyped({ argnums: 3 }))(...args), "AxisError")
    }
    // x·y²·z
    expect(valuesOf(hessian(g, { argnums: [1, 0] })(...args))).toEqual([[20, 30], [30, 0]])
  })

  it("the Hessian of a tree is a tree of trees, symmetric across its leaves", () => {
    const g = ({ a, b: [v, m] }: In) => Effect.map(mul(square(a), add(sum(mul(v, v)), sum(square(m)))), (y) => y)
    const h = valuesOf(hessian(g)(at)) as {
      a: { a: number; b: ReadonlyArray<unknown> }
      b: ReadonlyArray<{ a: unknown }>
    }
    // a²·(Σv² + Σm²): ∂a∂a = 2·(14 + 74), ∂a∂v = 4a·v
    expect(h.a.a).toBe(176)
    expect(h.a.b).toEqual([[8, 16, 24], [[40], [56]]])
    expect(h.b.map(({ a }) => a)).toEqual(h.a.b)
    const products = hvp(g)([at], [at])
    // homogeneous of degree 4: H·x = 3·∇
    expectSame(
      products,
      Effect.map(grad(g)(at), ({ a, b: [v, m] }) => [{ a: run(mul(a, 3)), b: [run(mul(v, 3)), run(mul(m, 3))] }])
    )
  })

  it("blocks without a connection are zeros of the right type", () => {
    const g = (x: Tensor<[2], "float32">, y: Scalar) => [floor(x), mul(y, 2)] as const
    const at = [Tensor.make([1.5, 2], { dtype: "float32" }), scalar(3)] as const
    for (const jacobian of [jacfwd(g, { argnums: [0, 1] }), jacrev(g, { argnums: [0, 1] })]) {
      const blocks = run(jacobian(...at)).flat()
      expect(blocks.map(({ shape }) => shape)).toEqual([[2, 2], [2], [2], []])
      expect(valuesOf(Effect.succeed(blocks))).toEqual([[[0, 0], [0, 0]], [0, 0], [0, 0], 2])
    }
  })

  it("of empty tensors they are empty", () => {
    const f = (x: Tensor<[0]>) => mul(x, sin(x))
    expect(run(jacfwd(f)(Tensor.zeros([0]))).shape).toEqual([0, 0])
    expect(run(jacrev(f)(Tensor.zeros([0]))).shape).toEqual([0, 0])
    expect(run(hessian((x: Tensor<[0]>) => sum(f(x)))(Tensor.zeros([0]))).shape).toEqual([0, 0])
  })
})

describe("infinite derivatives", () => {
  const jacobians = { jacfwd, jacrev } as const

  it.each(Object.entries(jacobians))("%s: one element's does not spoil the others", (_, jacobian) => {
    const root = (x: Tensor<[3]>) => sqrt(x)
    expectClose(jacobian(root)(v3([0, 4, 0])), [[Infinity, 0, 0], [0, 0.25, 0], [0, 0, Infinity]])
    expectClose(jacobian((x: V) => log(x))(v3([0, 2, 1])), [[Infinity, 0, 0], [0, 0.5, 0], [0, 0, 1]])
    expectClose(jacobian((x: V) => div(1, x))(v3([0, 2, 1])), [[-Infinity, 0, 0], [0, -0.25, 0], [0, 0, -1]])
    const masked = (x: V) => where(greater(x, 0), sqrt(x), 0)
    expectClose(jacobian(masked)(v3([0, 4, -1])), [[0, 0, 0], [0, 0.25, 0], [0, 0, 0]])
    // also behind an op that moves elements
    expectClose(jacobian((x: V) => transpose(stack([sqrt(x), x])))(v3([0, 4, 1])), [
      [[Infinity, 0, 0], [1, 0, 0]],
      [[0, 0.25, 0], [0, 1, 0]],
      [[0, 0, 0.5], [0, 0, 1]]
    ])
  })

  it("in the Hessian as well", () => {
    const f = (x: V) => sum(sqrt(x))
    for (const h of [hessian(f), jacrev(jacrev(f)), jacfwd(jacfwd(f)), jacrev(jacfwd(f))]) {
      expectClose(h(v3([0, 4, 1])), [[-Infinity, 0, 0], [0, -0.03125, 0], [0, 0, -0.25]])
    }
  })

  it("at a kink: the element of least norm", () => {
    expectClose(jacrev((x: V) => norm(x))(v3([0, 0, 0])), [0, 0, 0])
    expectClose(jacfwd((x: V) => max(x))(v3([1, 1, 0])), [0.5, 0.5, 0])
    expectClose(jacfwd((x: V) => prod(x))(v3([0, 2, 3])), [6, 0, 0])
  })
})

describe("forward mode alone", () => {
  it("jacfwd takes a loop of unknown length", () => {
    const f = (x: Scalar) => whileLoop((c: Scalar) => less(c, 100), (c) => mul(c, x), x)
    // 3⁵, after 3 → 9 → 27 → 81 → 243
    expect(valuesOf(jacfwd(f)(scalar(3)))).toBe(5 * 3 ** 4)
    expect(valuesOf(jacfwd(jacfwd(f))(scalar(3)))).toBe(20 * 3 ** 3)
  })

  it("jacrev of it is a typed error", () => {
    const f = (x: Scalar) => whileLoop((c: Scalar) => less(c, 100), (c) => mul(c, x), x)
    expectFailure(jacrev(f)(scalar(3)), "MissingRuleError", "give maxSteps")
  })
})

describe("dtypes", () => {
  const narrow: Tensor<[2], "float32"> = Tensor.make([1, 2], { dtype: "float32" })
  const widened = (x: typeof narrow) => cast(square(x), "float64")
  const narrowed = (x: Tensor<[2], "float64">) => cast(square(x), "float32")
  it.each([["jacfwd", jacfwd], ["jacrev", jacrev], ["jacobian", jacobian]])("%s has those of results", (_, mode) => {
    expect(run((mode as typeof jacrev)(widened)(narrow)).dtype).toBe("float64")
    expect(run((mode as typeof jacrev)(narrowed)(Tensor.make([1, 2]))).dtype).toBe("float32")
  })
})

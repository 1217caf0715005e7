import { Cause, Effect, Exit, Logger, References } from "effect"
import * as fc from "fast-check"
import { describe, expect, it, test } from "vitest"
import * as w from "../../src/index.ts"

const { Sparse, Tensor } = w
type Vector = w.Tensor<[number]>
type Matrix = w.Sparse.Matrix

const run = <A, E>(program: Effect.Effect<A, E>): A => Effect.runSync(program)
const array = (x: w.Tensor) => run(Tensor.toArray(x))
const dense = (m: Matrix) => array(run(Sparse.toDense(m)))
const failure = (program: Effect.Effect<unknown, unknown>): unknown => {
  const exit = Effect.runSyncExit(program)
  return Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
}
const part = (x: Vector, from: number, to: number) => w.slice(x, [from, to]) as Effect.Effect<Vector, w.OpError>
const at = (x: Vector, i: number) => w.reshape(part(x, i, i + 1), [])

/** Σ (xᵢ₊₁ − xᵢ²)², the chained Rosenbrock function without its second term. */
const chained = (x: Vector) => {
  const n = x.size
  const before = part(x, 0, n - 1)
  return w.sum(w.square(w.sub(part(x, 1, n), w.square(before))))
}

/** x₀·Σ xᵢ + Σ xᵢ³: an arrow. */
const arrow = (x: Vector) => w.add(w.mul(at(x, 0), w.sum(x)), w.sum(w.mul(x, w.square(x))))

describe("patterns and elements", () => {
  test("a chain has a tridiagonal Hessian, in three passes whatever its length", () => {
    for (const n of [4, 10, 1000]) {
      const x = Array.from({ length: n }, (_, i) => Math.sin(i))
      const H = run(w.hessian(chained, { sparse: true })(Tensor.make(x)))
      expect([H.passes, H.mode, H.size]).toEqual([3, "symmetric", 3 * n - 2])
      // of (b − a²)²: ∂a² is 12a² − 4b, ∂a∂b is −4a, ∂b² is 2
      const expected = x.flatMap((a, i) => [
        ...i > 0 ? [-4 * x[i - 1]!] : [],
        (i + 1 < n ? 12 * a * a - 4 * x[i + 1]! : 0) + (i > 0 ? 2 : 0),
        ...i + 1 < n ? [-4 * a] : []
      ])
      expect(array(H.values)).toEqual(expected.map((v) => expect.closeTo(v, 12)))
    }
  })

  test("an arrow has a Hessian of few passes, which a column coloring would take as many for as there are columns", () => {
    const x = Tensor.linspace(-1, 1, 40)
    const H = run(w.hessian(arrow, { sparse: true })(x))
    expect(H.passes).toBe(2)
    expect(dense(H)).toEqual(array(run(w.hessian(arrow)(x))))
  })

  test("blocks by argument and result, in the structure of the trees", () => {
    const f = ({ a, b }: { a: Vector; b: w.Tensor<[], "float32"> }, c: Vector) => ({
      sum: w.sum(w.mul(a, c)),
      scaled: w.mul(a, w.cast(b, "float64")),
      whole: w.argmax(a),
      // has no derivative either, and comes before those that have
      least: w.argmin(a)
    })
    const args = [
      { a: Tensor.make([1, 2, 3]), b: Tensor.make(2, { dtype: "float32" }) },
      Tensor.make([4, 5, 6])
    ] as const
    const J = run(w.jacobian(f, { argnums: [0, 1], sparse: true })(...args))
    const whole = run(w.jacrev(f, { argnums: [0, 1] })(...args))
    for (const name of ["least", "sum", "scaled", "whole"] as const) {
      expect(dense(J[name][0].a)).toEqual(array(whole[name][0].a))
      expect(dense(J[name][0].b)).toEqual(array(whole[name][0].b))
      expect(dense(J[name][1])).toEqual(array(whole[name][1]))
    }
    expect([J.scaled[0].a.size, J.scaled[1].size, J.whole[0].a.size]).toEqual([3, 0, 0])
    expect(J.sum[0].a.rowShape).toEqual([])
  })

  test("loops, gathers and branches are looked into", () => {
    const shifted = (x: Vector) =>
      w.scan(
        (carry: w.Tensor<[]>, xi: w.Tensor<[]>) => Effect.map(w.mul(carry, xi), (y) => [xi, y] as const),
        Tensor.make(1),
        x
      )
    const scanned = (x: Vector) => Effect.map(shifted(x), ([, ys]) => ys)
    expect(Sparse.print(run(w.sparsity(scanned)(Tensor.spec([4]))))).toBe(
      "sparse 4×4, 7 elements\nx . . .\nx x . .\n. x x .\n. . x x"
    )
    const gathered = (x: Vector) => w.take(w.square(x), Tensor.make([2, 0, 2], { dtype: "int32" }))
    const J = run(w.jacobian(gathered, { sparse: true })(Tensor.make([1, 2, 3])))
    expect([array(J.indptr), array(J.indices), array(J.values)]).toEqual([[0, 1, 2, 3], [2, 0, 2], [6, 2, 6]])
    const branching = (x: Vector) => w.cond(w.greater(at(x, 0), 0), () => part(x, 0, 1), () => part(x, 1, 2))
    const here = (x: number) => array((run(w.jacobian(branching, { sparse: true })(Tensor.make([x, 5])))).indices)
    expect([here(1), here(-1)]).toEqual([[0], [1]])
    // whichever is taken
    expect(array((run(w.sparsity(branching)(Tensor.spec([2])))).indices)).toEqual([0, 1])
  })

  test("what is selected by values that are not known may be anywhere", () => {
    const f = (x: Vector) => w.take(x, w.argsort(x))
    const J = run(w.jacobian(f, { sparse: true })(Tensor.make([3, 1, 2])))
    expect(array(J.indices)).toEqual([1, 2, 0])
    expect((run(w.sparsity(f)(Tensor.spec([3])))).size).toBe(9)
    const compiled = w.jit((x: Vector) =>
      Effect.map(w.jacobian(f, { sparse: true })(x), (J: any) => J.values as w.Tensor)
    )
    expect(array(run(compiled(Tensor.make([3, 1, 2]))))).toEqual([0, 1, 0, 0, 0, 1, 1, 0, 0])
  })

  test("a mask keeps what is infinite away from its neighbours", () => {
    const f = (x: Vector) => w.mask(w.sqrt(x), Tensor.make([true, false, true]))
    const J = run(w.jacobian(f, { sparse: true })(Tensor.make([1, 0, 0])))
    expect([array(J.indices), array(J.values)]).toEqual([[0, 2], [0.5, Infinity]])
  })

  test("any symmetric pattern, by few products with vectors", () => {
    const edges = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { minLength: 1, maxLength: 24 })
    fc.assert(
      fc.property(edges, (pairs) => {
        const [from, to] = [0, 1].map((end) => Tensor.make(pairs.map((pair) => pair[end]!), { dtype: "int32" })) as [
          w.Tensor<[number], "int32">,
          w.Tensor<[number], "int32">
        ]
        const weights = Tensor.make(pairs.map((_, i) => 2 ** i))
        // Σ 2ᵏ·xᵢ·xⱼ over the edges: exact, and different for every pair of elements
        const f = (x: Vector) => w.sum(w.mul(weights, w.mul(w.take(x, from, { axis: 0 }), w.take(x, to, { axis: 0 }))))
        const H = run(w.hessian(f, { sparse: true })(Tensor.ones([12])))
        const expected = Array.from({ length: 12 }, () => Array<number>(12).fill(0))
        for (const [k, [i, j]] of pairs.entries()) {
          expected[i]![j]! += 2 ** k
          expected[j]![i]! += 2 ** k
        }
        expect(dense(H)).toEqual(expected)
        expect(H.passes).toBeLessThanOrEqual(12)
      }),
      { seed: 42, numRuns: 200 }
    )
  })

  test("rows that are not the columns are no symmetric matrix", () => {
    const f = (a: Vector, b: Vector) => w.sum(w.mul(w.square(a), w.sum(w.cumsum(b))))
    const args = [Tensor.make([1, 2, 3]), Tensor.make([4, 5])] as const
    for (const argnums of [[0, 1], [1, 0], [0, 0]]) {
      const whole: ReadonlyArray<ReadonlyArray<w.Tensor>> = run(w.hessian(f, { argnums })(...args))
      const found: ReadonlyArray<ReadonlyArray<Matrix>> = run(w.hessian(f, { argnums, sparse: true })(...args))
      expect(found.flat().map(dense)).toEqual(whole.flat().map(array))
      expect(found[0]?.[0]?.mode).toBe(argnums[0] === 0 && argnums[1] === 1 ? "symmetric" : "forward")
    }
  })

  test("what a custom rule gives need not be symmetric", () => {
    // twice the true derivative by the first argument
    const product = w.customVjp(
      (a: Vector, b: Vector) => w.mul(a, b),
      (a: Vector, b: Vector) => Effect.map(w.mul(a, b), (y) => [y, [a, b] as const] as const),
      ([a, b], ct) => Effect.all([w.mul(ct, w.mul(b, 2)), w.mul(ct, a)])
    )
    const f = (x: Vector) =>
      Effect.flatMap(Effect.all([part(x, 0, 5), part(x, 1, 6)]), ([a, b]) => w.sum(product(a, b)))
    const x = Tensor.make([1, 2, 3, 4, 5, 6])
    const H = run(w.hessian(f, { sparse: true })(x))
    expect(dense(H)).toEqual(array(run(w.hessian(f)(x))))
    expect(array(H.values)).toEqual([2, 1, 2, 1, 2, 1, 2, 1, 2, 1])
  })

  test("a pattern that memory does not hold is a ShapeError", () => {
    const f = (x: Vector) => w.square(w.sum(x))
    expect(failure(w.hessian(f, { sparse: true })(Tensor.zeros([100_000])))).toMatchObject({
      _tag: "ShapeError",
      op: "hessian"
    })
  })
})

describe("a plan is made once for a function", () => {
  test("and made again where its list is another one", () => {
    let far = 1
    // reads something from outside, as programs do
    const f = (x: Vector) => w.sum(w.square(w.mul(part(x, far, x.size), part(x, 0, x.size - far))))
    const patterns = [1, 1, 2, 1].map((n) => {
      far = n
      const x = Tensor.linspace(1, 2, 9)
      const H = run(w.hessian(f, { sparse: true })(x))
      expect(dense(H)).toEqual(array(run(w.hessian(f)(x))))
      expect(dense(run(w.jacobian(w.grad(f), { sparse: true })(x)))).toEqual(dense(H))
      return String(array(H.indices))
    })
    expect(patterns[1]).toBe(patterns[0])
    expect(patterns[2]).not.toBe(patterns[0])
    expect(patterns[3]).toBe(patterns[0])
  })

  test("and made again where a result that has no derivative is another one", () => {
    let size = 2
    const f = (x: Vector) => ({ counted: Tensor.zeros([size], "int32"), squares: w.square(x) })
    for (size of [2, 5, 0]) {
      const { counted, squares } = run(w.jacobian(f, { sparse: true })(Tensor.linspace(1, 2, 3)))
      expect([counted.rowShape, counted.size, dense(squares)]).toEqual([[size], 0, [[2, 0, 0], [0, 3, 0], [0, 0, 4]]])
    }
  })

  test("and each time where values say where elements go", () => {
    const f = (x: Vector, i: w.Tensor<[number], "int32">) => w.sum(w.square(w.mul(w.take(x, i), part(x, 0, 3))))
    for (const indices of [[0, 1, 2], [4, 3, 0], [2, 2, 2]]) {
      const args = [Tensor.linspace(1, 2, 5), Tensor.make(indices, { dtype: "int32" })] as const
      expect(dense(run(w.hessian(f, { sparse: true })(...args)))).toEqual(array(run(w.hessian(f)(...args))))
    }
  })
})

describe("the mode is chosen by counting", () => {
  const told = (f: (x: Vector) => Effect.Effect<w.Tensor, any>, n: number) => {
    const messages: Array<unknown> = []
    const logger = Logger.make(({ message }) => messages.push(message))
    const J = run(
      (w.jacobian as any)(f)(Tensor.linspace(1, 2, n)).pipe(
        Effect.provideService(References.MinimumLogLevel, "Debug"),
        Effect.provide(Logger.layer([logger]))
      ) as Effect.Effect<w.Tensor>
    )
    expect(array(J)).toEqual(array(run((w.jacrev as any)(f)(Tensor.linspace(1, 2, n)) as Effect.Effect<w.Tensor>)))
    return String(messages.flat()[0])
  }
  it.each([
    ["few arguments", (x: Vector) => w.outer(x, x), 2, "forward mode, 2 passes"],
    ["few results", (x: Vector) => w.norm(x), 50, "reverse mode, 1 passes"],
    ["a sparse pattern", (x: Vector) => w.square(x), 50, "compressed, forward mode, 1 passes"],
    ["a dense pattern", (x: Vector) => w.cumsum(w.square(x)), 20, "forward mode, 20 passes"]
  ])("%s", (_, f, n, expected) => {
    expect(told(f, n)).toContain(expected)
  })

  test("rows are coloured where columns are full", () => {
    // each result is one argument times the first
    const f = (x: Vector) => w.reshape(w.sum(w.reshape(w.square(x), [2, 50]), { axis: 0 }), [50])
    const J = run(w.jacobian(f, { sparse: true })(Tensor.ones([100])))
    expect([J.mode, J.passes]).toEqual(["reverse", 1])
  })
})

describe("a sparse matrix", () => {
  const J = run(w.jacobian(w.square, { sparse: true })(Tensor.make([1, 2, 3])))

  test("times a vector, differentiated by its elements too", () => {
    expect(array(run(Sparse.matvec(J, Tensor.make([1, 1, 2]))))).toEqual([2, 4, 12])
    const third = (x: Vector) =>
      Effect.flatMap(w.hessian(chained, { sparse: true })(x), (H) => w.sum(Sparse.matvec(H, Tensor.ones([3]))))
    const expected = (x: Vector) => w.sum(w.hessian(chained)(x))
    const x = Tensor.make([0.5, -1, 2])
    expect(array(run(w.grad(third)(x)) as w.Tensor)).toEqual(
      array(run(w.grad(expected)(x)) as w.Tensor)
    )
  })

  test("a batch of them has a batch of elements", () => {
    const values = (x: Vector) => Effect.map(w.hessian(chained, { sparse: true })(x), (H) => H.values as w.Tensor)
    const xs = Tensor.make([[1, 2, 3], [4, 5, 6]])
    const rows = [[1, 2, 3], [4, 5, 6]].map((x) => array(run(values(Tensor.make(x)))))
    expect(array(run((w.vmap as any)(values)(xs) as Effect.Effect<w.Tensor>))).toEqual(rows)
  })

  test("is shown in a line, as a grid and as a picture", () => {
    expect(String(J)).toBe("sparse 3×3, 3 elements")
    expect(Sparse.print(J)).toBe("sparse 3×3, 3 elements\nx . .\n. x .\n. . x")
    const large = run(w.sparsity(w.square)(Tensor.spec([1000])))
    const lines = Sparse.print(large).split("\n")
    expect([lines[0], lines.length]).toEqual(["sparse 1000×1000, 1000 elements; a cell is 16×16", 64])
    expect(Sparse.toSvg(large).match(/<rect x/g)).toHaveLength(250)
  })

  test.each([
    [
      "options",
      () => w.jacobian((x: Vector) => w.square(x), { sparse: "yes" } as never)(Tensor.ones([2])),
      "ArgumentError"
    ],
    [
      "an unknown option",
      () => w.hessian(chained, { dense: true } as never)(Tensor.ones([2])),
      "ArgumentError"
    ],
    ["a vector", () => Sparse.matvec(J, Tensor.ones([2]) as never), "ShapeError"],
    ["what is no matrix", () => Sparse.toDense({} as never), "ArgumentError"],
    [
      "a result that is no scalar",
      () => w.hessian(w.square, { sparse: true })(Tensor.ones([2])),
      "NonDifferentiableError"
    ],
    [
      "arguments that are no floats",
      () => w.sparsity(w.neg)(Tensor.make([1], { dtype: "int32" })),
      "NonDifferentiableError"
    ]
  ])("refuses %s", (_, program, tag) => {
    expect(failure(program() as Effect.Effect<unknown, unknown>)).toMatchObject({ _tag: tag })
  })
})

/**
 * Values: those of NumPy and SciPy, and of closed forms; what is not defined; what is refused.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { add, grad, jit, Linalg, matmul, mul, slice, sum, Tensor, transpose, vmap } from "wengert"
import { expectClose, expectFailure, expectNumbers, type Read, untyped, valuesOf } from "../grad/support/run.ts"
import { distance, random, run, type X } from "./support/matrices.ts"

const reference = JSON.parse(readFileSync(new URL("./numpy.reference.json", import.meta.url), "utf8"))
const a: X = Tensor.make(reference.matrix)
const b: X = Tensor.make(reference.right)
const tall: X = run(slice(a, null, [0, 2]) as Effect.Effect<X>)

describe("NumPy's values", () => {
  it.each<readonly [string, Effect.Effect<unknown, unknown>]>([
    ["det", Linalg.det(a)],
    ["inverse", Linalg.inverse(a)],
    ["solve", Linalg.solve(a, b)],
    ["eigvalsh", Linalg.eigvalsh(add(a, transpose(a)))],
    ["svd", Effect.map(Linalg.svd(a), ({ s }) => s)],
    ["slogdet", Effect.map(Linalg.slogdet(a), ({ logabsdet, sign }) => [sign, logabsdet])],
    ["qr", Effect.map(Linalg.qr(a), ({ q, r }) => [q, r])],
    ["qrWide", Effect.map(Linalg.qr(transpose(tall)), ({ q, r }) => [q, r])],
    ["cholesky", Linalg.cholesky(matmul(a, transpose(a)))],
    ["pinv", Linalg.pinv(tall)],
    ["lstsq", Linalg.lstsq(tall, b)],
    ["expm", Linalg.expm(a)],
    ["power", Linalg.matrixPower(a, -3)],
    ["power7", Linalg.matrixPower(a, 7)],
    ["cross", Linalg.cross(Tensor.make([1, 2, 3]), Tensor.make([4, -5, 6]))],
    [
      "triangular",
      Effect.all([
        Linalg.triangularSolve(a, b),
        Linalg.triangularSolve(a, b, { lower: true, transposed: true, unitDiagonal: true })
      ])
    ],
    ["lu", Effect.map(Linalg.lu(a), ({ l, permutation, u }) => [permutation, l, u])]
  ])("%s", (name, program) => expectClose(program, reference[name], 1e-12))

  it.each(Object.entries<number>(reference.norms))("matrixNorm %s", (ord, value) => {
    expectClose(Linalg.matrixNorm(a, { ord: ord === "fro" || ord === "nuc" ? ord : Number(ord) }), value, 1e-13)
  })
})

describe("expm", () => {
  const turn = (t: number): X => Tensor.make([[0, -t], [t, 0]])

  it("of a turn is a rotation, at any angle", () => {
    for (const t of [0, 1e-9, 0.1, 3, 100, 1e6]) {
      expectClose(Linalg.expm(turn(t)), [[Math.cos(t), -Math.sin(t)], [Math.sin(t), Math.cos(t)]], 1e-15 * (10 + t))
    }
  })

  it("is not scaled more than it needs where powers are small", () => {
    // e^[[1, x], [0, −1]] = [[e, x·sinh 1], [0, 1/e]]; ‖A‖ says 18 halvings, which would cost six digits
    const x = 1e6
    const found = valuesOf(Linalg.expm(Tensor.make([[1, x], [0, -1]]))) as ReadonlyArray<ReadonlyArray<number>>
    expect(Math.abs(found[0]![1]! / (x * Math.sinh(1)) - 1)).toBeLessThan(1e-14)
    expectClose(Linalg.expm(Tensor.make([[0, 1e12], [0, 0]])), [[1, 1e12], [0, 1]])
  })

  it("of what is out of reach is NaN, and of −∞ nearly so is 0", () => {
    expectClose(Linalg.expm(Tensor.make([[1e30, 0], [0, 0]])), [[NaN, NaN], [NaN, NaN]])
    expectClose(Linalg.expm(Tensor.make([[-1e3, 0], [0, -800]])), [[0, 0], [0, 0]])
  })

  it("d/dt e^(tA) = A·e^(tA)", () => {
    const f = (t: Tensor<[]>) => sum(Linalg.expm(untyped<X>(mul(t, a)))) as Effect.Effect<Tensor<[], "float64">>
    const derivative = grad(f)(Tensor.make(0.3))
    expectClose(derivative, valuesOf(sum(matmul(a, Linalg.expm(untyped<X>(mul(Tensor.make(0.3), a)))))), 1e-12)
  })
})

describe("where NumPy raises, NaN for the whole matrix, and for no other of a batch", () => {
  const nan = [[NaN, NaN], [NaN, NaN]]
  const good = [[2, 1], [1, 3]]
  const indefinite = [[1, 2], [2, 1]]
  const singular = [[1, 2], [2, 4]]
  const infinite = [[1, Infinity], [Infinity, 1]]

  it.each<readonly [string, (x: X) => Effect.Effect<unknown, unknown>, ReadonlyArray<ReadonlyArray<number>>]>([
    ["cholesky, not positive definite", (x) => Linalg.cholesky(x), indefinite],
    ["cholesky, semidefinite", (x) => Linalg.cholesky(x), singular],
    ["cholesky, NaN", (x) => Linalg.cholesky(x), [[NaN, 0], [0, 1]]],
    ["cholesky, infinite", (x) => Linalg.cholesky(x), [[Infinity, 0], [0, 1]]],
    ["inverse, singular", (x) => Linalg.inverse(x), singular],
    ["inverse, a column of zeros", (x) => Linalg.inverse(x), [[0, 1], [0, 1]]],
    ["inverse, infinite", (x) => Linalg.inverse(x), infinite],
    ["solve, singular", (x) => Linalg.solve(x, Tensor.eye(2)), singular],
    ["triangularSolve, a zero on the diagonal", (x) => Linalg.triangularSolve(x, Tensor.eye(2)), [[1, 0], [0, 0]]],
    ["matrixPower, singular", (x) => Linalg.matrixPower(x, -1), singular],
    ["eigenvectors, infinite", (x) => Effect.map(Linalg.eigh(x), (r) => r.eigenvectors), infinite],
    ["q, infinite", (x) => Effect.map(Linalg.qr(x), ({ q }) => q), infinite],
    ["singular vectors, NaN", (x) => Effect.map(Linalg.svd(x), ({ u }) => u), [[NaN, 0], [0, 1]]],
    ["pinv, infinite", (x) => Linalg.pinv(x), infinite],
    ["expm, NaN", (x) => Linalg.expm(x), [[NaN, 0], [0, 1]]]
  ])("%s", (_, f, bad) => {
    expect(valuesOf(f(Tensor.make(bad)))).toEqual(nan)
    const [first, second] = valuesOf(f(Tensor.make([bad, good]))) as ReadonlyArray<Read>
    expect(first).toEqual(nan)
    expectNumbers(second!, valuesOf(f(Tensor.make(good))), 1e-14)
    const compiled = jit(untyped<(x: X) => Effect.Effect<X>>(f))
    expectNumbers(valuesOf(compiled(Tensor.make([bad, good]) as X)), [first!, second!], 1e-14)
    // NaN, as JSON has it
    expect(JSON.stringify(second)).not.toContain("null")
  })

  it("a determinant that is 0 is a number, and so is a rank", () => {
    expectNumbers(valuesOf(Linalg.det(Tensor.make(singular))), 0, 0)
    expectClose(Linalg.slogdet(Tensor.make(singular)), { sign: 0, logabsdet: -Infinity })
    expect(valuesOf(Linalg.matrixRank(Tensor.make([singular, good, [[0, 0], [0, 0]]])))).toEqual([1, 2, 0])
    expect(valuesOf(Linalg.matrixRank(Tensor.make([[1, 0], [0, 1e-3]]), { rtol: 1e-2 }))).toBe(1)
  })
})

describe("empty matrices", () => {
  it("have empty parts", () => {
    const none: X = Tensor.zeros([2, 0, 0])
    expect(valuesOf(Linalg.det(none))).toEqual([1, 1])
    expect(valuesOf(Linalg.cholesky(none))).toEqual([[], []])
    expect(valuesOf(Linalg.solve(none, Tensor.zeros([2, 0, 3])))).toEqual([[], []])
    expect(valuesOf(Linalg.eigvalsh(none))).toEqual([[], []])
    expect(run(Linalg.pinv(Tensor.zeros([0, 3]))).shape).toEqual([3, 0])
    expect(valuesOf(Linalg.matrixRank(Tensor.zeros([3, 0])))).toBe(0)
    expect(valuesOf(Linalg.expm(Tensor.zeros([0, 0])))).toEqual([])
  })
})

describe("refused", () => {
  const wide: X = Tensor.zeros([2, 3])
  const whole: X = untyped(Tensor.make([[1, 2], [3, 4]], { dtype: "int32" }))
  const squares = ["cholesky", "det", "eigh", "eigvalsh", "expm", "inverse", "lu", "slogdet"] as const

  it.each(squares)("%s of what is no square matrix of floats", (name) => {
    const f = untyped<(x: X) => Effect.Effect<unknown, unknown>>(Linalg[name])
    expectFailure(f(wide), "ShapeError", `Linalg.${name} requires square matrices along the last two axes, got [2, 3]`)
    expectFailure(f(Tensor.zeros([3])), "ShapeError", `Linalg.${name}`, "[3]")
    expectFailure(f(whole), "DTypeError", `Linalg.${name} requires float64 or float32, got int32[2, 2]`)
  })

  it("other shapes and options", () => {
    const x: X = Tensor.eye(2)
    expectFailure(
      Linalg.solve(x, Tensor.zeros([3])),
      "ShapeError",
      "Linalg.solve requires as many rows",
      "[2, 2] and [3]"
    )
    expectFailure(Linalg.lstsq(wide, Tensor.zeros([3])), "ShapeError", "Linalg.lstsq requires as many rows")
    expectFailure(Linalg.solve(Tensor.zeros([2, 2, 2]) as X, Tensor.zeros([3, 2, 1])), "ShapeError", "Linalg.solve")
    expectFailure(Linalg.matrixPower(x, 0.5), "ArgumentError", "Linalg.matrixPower requires a whole number", "0.5")
    expectFailure(
      Linalg.pinv(x, { rtol: -1 }),
      "ArgumentError",
      "Linalg.pinv requires a number from 0 on as rtol, got -1"
    )
    expectFailure(Linalg.matrixNorm(x, { ord: 3 }), "ArgumentError", "Linalg.matrixNorm", "as ord, got 3")
    expectFailure(Linalg.matrixNorm(Tensor.zeros([0, 3]) as X, { ord: 2 }), "ShapeError", "Linalg.matrixNorm")
    expectFailure(Linalg.cross(Tensor.zeros([2]), Tensor.zeros([2])), "ShapeError", "vectors of three elements", "[2]")
    expectFailure(Linalg.vecdot(Tensor.zeros([2]), Tensor.zeros([3])), "ShapeError", "vectors of one size")
    expectFailure(
      Linalg.qr(Tensor.zeros([3]) as X),
      "ShapeError",
      "Linalg.qr requires matrices along the last two axes"
    )
  })
})

describe("batches", () => {
  const next = random(5)
  const matrices = (count: number): X => Tensor.make(Array.from({ length: 9 * count }, next), { shape: [count, 3, 3] })

  it("axes in front broadcast, and numbers beside float32 stay so", () => {
    const x: X = run(add(matrices(2), mul(Tensor.eye(3), 4)) as Effect.Effect<X>)
    const right: X = Tensor.make(Array.from({ length: 12 }, next), { shape: [4, 1, 3, 1] })
    const found = run(Linalg.solve(x, right)) as X
    expect(found.shape).toEqual([4, 2, 3, 1])
    const one = run(slice(x, 1) as Effect.Effect<X>)
    const column = run(slice(right, 2, 0) as Effect.Effect<X>)
    const expected = run(Linalg.solve(one, column)) as X
    expect(distance(run(slice(found, 2, 1) as Effect.Effect<X>), expected)).toBeLessThan(1e-15)
    const single = Tensor.make([[4, 1], [1, 3]], { dtype: "float32" })
    expect(run(Linalg.solve(single, single)).dtype).toBe("float32")
    expect(run(Linalg.expm(single)).dtype).toBe("float32")
    expect(run(Linalg.solve(single, Tensor.eye(2))).dtype).toBe("float64")
  })

  it("many right hand sides of one matrix are its columns", () => {
    const x: X = Tensor.make([[4, 1], [1, 3]])
    const many: X = Tensor.make([[1, 2], [3, 4], [5, 6]])
    const solve = untyped<(b: X) => Effect.Effect<X>>(vmap((b: Tensor<[2]>) => Linalg.solve(x, b)))
    const expected = transpose(Linalg.solve(x, transpose(many)) as Effect.Effect<X>)
    expectClose(solve(many), valuesOf(expected))
  })
})

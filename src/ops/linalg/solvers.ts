/**
 * Linear equations A·X = B. A solution is linear in B, and its derivative is a solution again.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../../core/dtype.ts"
import { DTypeError, ShapeError, showShapes } from "../../core/errors.ts"
import type { Taken } from "../../core/operation.ts"
import { apply, commonDType, lone, operation } from "../../core/operation.ts"
import { checkOptions, flag } from "../../core/options.ts"
import type { OpEffect, ParamsOf, ParamSpec, Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { broadcastShapes, range, sameShape } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Aval, Operand, Tensor } from "../../core/tensor.ts"
import { dataOf, isZero, Zero } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { guard, neg, sub } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { repeat } from "../define.ts"
import { tril, triu } from "../movement/diagonals.ts"
import { broadcastLike, moveAxis, reshapeTo, sumOver, unreduce } from "../movement/layout.ts"
import { eliminate } from "./arithmetic/elimination.ts"
import { substitute } from "./arithmetic/substitution.ts"
import { checkMatrices, eachMatrix, flipped, identity, type Kind, leadOf, product, sidesOf } from "./matrix.ts"

/** Is it the equation with Aᵀ in place of A? */
export interface Sides extends ParamSpec {
  readonly transposed: "boolean"
}

/** What the author of a solver has to say. */
interface SolverSpec<S extends Sides> {
  readonly params: S
  /** Solves for one matrix: what takes the place of B, of that many columns, is X. Both are rows of numbers. */
  readonly of: (a: Float64Array, n: number, params: ParamsOf<S>) => (b: Float64Array, columns: number) => void
  /** The part of dA that belongs to what is read of A. */
  readonly read: (da: Tensor, params: ParamsOf<S>) => OpEffect<Tensor>
}

/** A primitive that solves A·X = B or Aᵀ·X = B for matrices A and B with the same axes in front. */
const solver = <const Name extends string, const S extends Sides>(
  name: Name,
  { of, params: spec, read }: SolverSpec<S>
): Primitive<Name, S, 2, 1> => {
  const solve = (a: Tensor, b: Tensor, params: ParamsOf<S>): OpEffect<Tensor> => apply(self, [a, b], params)
  const self: Primitive<Name, S, 2, 1> = primitive<Primitive<Name, S, 2, 1>>({
    name,
    arity: 2,
    params: spec,
    linear: [1],
    infer: ([a, b]) => {
      checkMatrices(name, a, "square matrices")
      checkMatrices(name, b)
      checkSystem(name, a, b)
      if (!sameShape(leadOf(a), leadOf(b))) throw unequal(name, "the same axes in front", a, b)
      return [b]
    },
    reference: ([a, b], params) => {
      const [n, columns] = sidesOf(b)
      const out = allocate(b.dtype, b.size)
      const size = n * columns
      eachMatrix(a, (matrix, i) => {
        const x = Float64Array.from(dataOf(b).subarray(i * size, (i + 1) * size))
        of(matrix, n, params)(x, columns)
        out.set(x, i * size)
      })
      return [out]
    },
    // A·dX = dB − dA·X
    jvp: ({ outputs: [x], params, primals: [a], tangents: [da, db] }) =>
      Effect.gen(function*() {
        if (isZero(da)) return [isZero(db) ? db : yield* solve(a, db, params)]
        const part = yield* read(da, params)
        const moved = yield* product(params.transposed ? yield* flipped(part) : part, x)
        return [yield* solve(a, isZero(db) ? yield* neg(moved) : yield* sub(db, moved), params)]
      }),
    transpose: ({ cotangents: [ct], operands: [a], params }) =>
      Effect.map(
        // the equation is linear in B alone
        solve(a as Tensor, ct, { ...params, transposed: !params.transposed }),
        (db) => [new Zero(a), db]
      ),
    // a column of zeros is one of the solution
    support: ({ contractions, operands: [a, b], params, supports: [, support] }) =>
      Effect.gen(function*() {
        const x = yield* solve(a, b, params)
        if (support === undefined || support === "full" || contractions === "drop") {
          return { outputs: [x], supports: ["full"] }
        }
        const rows = [b.shape.length - 2]
        const reached = yield* unreduce(yield* sumOver(support, rows), b.shape, rows)
        return { outputs: [yield* guard(reached, x)], supports: [reached] }
      }),
    batch: ({ batched: [many], operands: [a, b], params, size }) =>
      Effect.gen(function*() {
        if (many) {
          const all = b.shape.length === a.shape.length ? b : yield* repeat(b, size)
          return { outputs: [yield* solve(a, all, params)], batched: [true] }
        }
        // right hand sides of one matrix are its columns
        const rank = b.shape.length
        const [, columns] = sidesOf(b)
        const last = yield* moveAxis(b, 0, rank - 1)
        const side = yield* reshapeTo(last, [...last.shape.slice(0, -2), columns * size])
        const x = yield* reshapeTo(yield* solve(a, side, params), last.shape)
        return { outputs: [yield* moveAxis(x, rank - 1, 0)], batched: [true] }
      }),
    aligned: ([a, b]) => {
      const lead = range(a.shape.length - 2).map((i) => [i, i] as const)
      return [lead, [...lead, [b.shape.length - 1, b.shape.length - 1]]]
    }
  })
  return self
}

const unequal = (op: string, requires: string, a: Aval, b: Aval): ShapeError => {
  const shapes = [a.shape, b.shape]
  return new ShapeError({ op, shapes, message: `${op} requires ${requires}, got ${showShapes(shapes)}` })
}

/** Throws unless there is a row of B for each row of A, and both have one dtype. */
const checkSystem = (op: string, a: Aval, b: Aval): void => {
  if (a.dtype !== b.dtype) {
    const dtypes = [a.dtype, b.dtype]
    throw new DTypeError({ op, dtypes, message: `${op} requires operands of one dtype, got ${dtypes.join(" and ")}` })
  }
  if (sidesOf(a)[0] !== sidesOf(b)[0]) throw unequal(op, "as many rows on both sides", a, b)
}

/** Which triangle of A is read, and whether its diagonal is, or counts as ones. */
export interface Triangle extends Sides {
  readonly lower: "boolean"
  readonly unit: "boolean"
}

export const triangularSolvePrimitive: Primitive<"triangularSolve", Triangle, 2, 1> = solver("triangularSolve", {
  params: { lower: "boolean", transposed: "boolean", unit: "boolean" },
  of: (a, n, { lower, transposed, unit }) => (b, columns) => substitute(a, n, lower, transposed, unit, b, columns),
  read: (da, { lower, unit }) => lower ? tril(da, unit ? -1 : 0) : triu(da, unit ? 1 : 0)
})

/** The solution for a triangle of A, for rules. */
export const solveTriangular = (a: Tensor, b: Tensor, params: ParamsOf<Triangle>): OpEffect<Tensor> =>
  apply(triangularSolvePrimitive, [a, b], params)

export const solvePrimitive: Primitive<"solve", Sides, 2, 1> = solver("solve", {
  params: { transposed: "boolean" },
  of: (a, n, { transposed }) => {
    const { order } = eliminate(a, n)
    return (b, columns) => {
      if (transposed) {
        substitute(a, n, false, true, false, b, columns)
        substitute(a, n, true, true, true, b, columns)
        permuteRows(b, columns, order, true)
      } else {
        permuteRows(b, columns, order, false)
        substitute(a, n, true, false, true, b, columns)
        substitute(a, n, false, false, false, b, columns)
      }
    }
  },
  read: (da) => Effect.succeed(da)
})

/** Row `order[i]` becomes row i, or the other way round. */
const permuteRows = (b: Float64Array, columns: number, order: Int32Array, back: boolean): void => {
  const before = b.slice()
  order.forEach((from, i) => {
    const [source, target] = back ? [i, from] : [from, i]
    b.set(before.subarray(source * columns, (source + 1) * columns), target * columns)
  })
}

/** The solution of A·X = B, for rules. */
export const solveWith = (a: Tensor, b: Tensor): OpEffect<Tensor> =>
  apply(solvePrimitive, [a, b], { transposed: false })

/** The user's function in front: dtypes join, axes in front broadcast, and B may be a vector. */
export const system = (
  op: string,
  operands: ReadonlyArray<Taken>,
  kind: Kind,
  solve: (a: Tensor, b: Tensor) => OpEffect<Tensor>
): OpEffect<Tensor> => {
  const dtype = commonDType(op, operands)
  const [a, b] = operands.map(lone) as [Tensor, Tensor]
  const isVector = b.shape.length === 1
  const right = { shape: isVector ? [b.size, 1] : b.shape, dtype: b.dtype }
  checkMatrices(op, a, kind)
  checkMatrices(op, right)
  if (sidesOf(a)[0] !== sidesOf(right)[0]) throw unequal(op, "as many rows on both sides", a, b)
  const lead = broadcastShapes(op, [leadOf(a), leadOf(right)])
  const side = (x: Tensor, { shape }: Aval): OpEffect<Tensor> =>
    castTo(x, dtype).pipe(
      Effect.flatMap((y) => reshapeTo(y, shape)),
      Effect.flatMap((y) => broadcastLike(y, [...lead, ...shape.slice(-2)]))
    )
  return Effect.gen(function*() {
    const x = yield* solve(yield* side(a, a), yield* side(b, right))
    return isVector ? yield* reshapeTo(x, x.shape.slice(0, -1)) : x
  })
}

/**
 * The solution X of A·X = B for a triangular matrix A, of which it reads one triangle: the upper one, or with `lower` the
 * lower one. `transposed` solves Aᵀ·X = B, and `unitDiagonal` takes ones for the diagonal.
 *
 * Floats, which join; matrices lie along the last two axes, those before broadcast, and B may be a vector. X is NaN, all of it, where the diagonal has a
 * zero, for which SciPy's `solve_triangular` raises. Fails with `ShapeError` unless A is square and has as many rows as B.
 * Source: Golub and Van Loan, "Matrix Computations", 4th ed., section 3.1.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * const l = Tensor.make([[2, 0], [1, 3]])
 * console.log(Effect.runSync(Linalg.triangularSolve(l, Tensor.make([2, 7]), { lower: true }))) // => tensor([1., 2.], float64)
 * ```
 */
export const triangularSolve: Typed.TriangularSolve = signed((
  a: Operand,
  b: Operand,
  options?: Typed.TriangularSolveOptions
) =>
  operation("Linalg.triangularSolve", [a, b], (operands, { op }) => {
    const { lower = false, transposed = false, unitDiagonal: unit = false } = checkOptions(op, options, {
      lower: flag,
      transposed: flag,
      unitDiagonal: flag
    })
    return system(op, operands, "square matrices", (a, b) => solveTriangular(a, b, { lower, transposed, unit }))
  })
)

/**
 * The solution X of A·X = B for a square matrix A, by elimination with partial pivoting.
 *
 * Floats, which join; matrices lie along the last two axes, those before broadcast, and B may be a vector. X is NaN, all of it, where A is singular to
 * the last bit, for which NumPy raises; close to that, it has the error that the condition of A says. Its derivative is one more
 * solution. Fails with `ShapeError` unless A is square and has as many rows as B. Source: Golub and Van Loan,
 * "Matrix Computations", 4th ed., section 3.4.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * const a = Tensor.make([[0, 2], [3, 1]])
 * console.log(Effect.runSync(Linalg.solve(a, Tensor.make([4, 5])))) // => tensor([1., 2.], float64)
 * ```
 */
export const solve: Typed.Solve = signed((a: Operand, b: Operand) =>
  operation("Linalg.solve", [a, b], (operands, { op }) => system(op, operands, "square matrices", solveWith))
)

/**
 * The inverse of a square matrix. Where there is only a product with it, `solve` is faster and more accurate.
 *
 * Floats; matrices lie along the last two axes. NaN, all of it, where the matrix is singular to the last bit, for which NumPy raises. Fails with `ShapeError`
 * unless matrices are square. Its derivative is −A⁻¹·dA·A⁻¹.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(Linalg.inverse(Tensor.make([[2, 0], [0, 4]]))))
 * // => tensor([[0.5 , 0.  ],
 * // =>         [0.  , 0.25]], float64)
 * ```
 */
export const inverse: Typed.SquareMap<"Linalg.inverse"> = signed((a: Operand) =>
  operation("Linalg.inverse", [a], ([a], { op }) => {
    const x = lone(a)
    checkMatrices(op, x, "square matrices")
    return Effect.flatMap(broadcastLike(identity(sidesOf(x)[0], x.dtype), x.shape), (one) => solveWith(x, one))
  })
)

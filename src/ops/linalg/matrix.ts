/**
 * What all of linear algebra shares: matrices lie along the last two axes of a tensor, and the axes before count them.
 *
 * Where NumPy raises `LinAlgError` for the elements of a matrix (singular, not positive definite, not finite), the results are
 * NaN, all of that matrix: in a list, compiled, or beside others in a batch, nothing can be raised. Wrong shapes and dtypes
 * are typed errors.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../../core/dtype.ts"
import { allocate } from "../../core/dtype.ts"
import { ShapeError, showShape } from "../../core/errors.ts"
import type { Taken } from "../../core/operation.ts"
import { applyAll, checkDType, lone } from "../../core/operation.ts"
import type { OpEffect, ParamSpec, Primitive } from "../../core/primitive.ts"
import { none, primitive } from "../../core/primitive.ts"
import { range, sizeOf } from "../../core/shape.ts"
import type { Aval, ConcreteTensor, Operand, Tensor } from "../../core/tensor.ts"
import { dataOf, fromData } from "../../core/tensor.ts"
import { constant, mul, plus } from "../algebra.ts"
import { dotGeneral } from "../contraction/dot.ts"
import { customJvp } from "../control/custom-jvp.ts"
import { accepts } from "../define.ts"
import { diagonal } from "../movement/diagonals.ts"
import { permute, reshapeTo } from "../movement/layout.ts"
import { maxOver } from "../reduction/extremum.ts"

/** What matrices an op takes. */
export type Kind = "matrices" | "square matrices" | "matrices with at least as many rows as columns"

const fits = (kind: Kind, rows: number, columns: number): boolean =>
  kind === "matrices" || (kind === "square matrices" ? rows === columns : rows >= columns)

/** Throws `DTypeError` unless it is of floats, and `ShapeError` unless its last two axes are those of matrices of a kind. */
export const checkMatrices = (op: string, x: Aval, kind: Kind = "matrices"): void => {
  checkDType(op, x, accepts.float)
  const [rows, columns] = x.shape.slice(-2)
  if (rows !== undefined && columns !== undefined && fits(kind, rows, columns)) return
  throw new ShapeError({
    op,
    shapes: [x.shape],
    message: `${op} requires ${kind} along the last two axes, got ${showShape(x.shape)}`
  })
}

/** An operand that is a matrix, or several. Throws as `checkMatrices` does. */
export const matricesOf = (op: string, x: Taken, kind: Kind = "matrices"): Tensor => {
  const tensor = lone(x)
  checkMatrices(op, tensor, kind)
  return tensor
}

/** The sizes of the last two axes. */
export const sidesOf = ({ shape }: Aval): readonly [rows: number, columns: number] => [shape.at(-2)!, shape.at(-1)!]

/** The axes that count matrices. */
export const leadOf = ({ shape }: Aval): ReadonlyArray<number> => shape.slice(0, -2)

/** The matrices of a tensor in double precision, one by one, each a copy that may be written to. */
export const eachMatrix = (x: ConcreteTensor, visit: (a: Float64Array, i: number) => void): void => {
  const [rows, columns] = sidesOf(x)
  const data = dataOf(x)
  const size = rows * columns
  for (let i = 0; i < sizeOf(leadOf(x)); i++) visit(Float64Array.from(data.subarray(i * size, (i + 1) * size)), i)
}

/** How matrices are taken apart. */
interface Parts<Out extends number> {
  readonly kind: Kind
  /** The types of the parts of one matrix. */
  readonly results: (rows: number, columns: number, dtype: DType) => ReadonlyArray<Aval>
  /** The parts of one matrix, which lies row by row in storage that may be written to. */
  readonly of: (a: Float64Array, rows: number, columns: number) => ReadonlyArray<ArrayLike<number>>
  readonly jvp: NonNullable<Primitive<string, {}, 1, Out>["jvp"]>
}

/** A primitive that takes matrices apart, each by itself, in double precision. */
export const decomposition = <const Name extends string, const Out extends number>(
  name: Name,
  { jvp, kind, of, results }: Parts<Out>
): Primitive<Name, {}, 1, Out> => {
  // the number of results is known to the caller alone
  const self: Primitive<Name, {}, 1> = primitive<Primitive<Name, {}, 1>>({
    name,
    arity: 1,
    params: {},
    infer: ([x]) => {
      checkMatrices(name, x, kind)
      return results(...sidesOf(x), x.dtype).map(({ dtype, shape }) => ({ shape: [...leadOf(x), ...shape], dtype }))
    },
    reference: ([x], _, outs: ReadonlyArray<Aval>) => {
      const all = outs.map(({ dtype, shape }) => allocate(dtype, sizeOf(shape)))
      eachMatrix(x, (a, i) => of(a, ...sidesOf(x)).forEach((part, r) => all[r]!.set(part, i * part.length)))
      return all
    },
    jvp,
    // the batch is one more axis that counts matrices
    batch: ({ operands: [x] }) =>
      Effect.map(partsOf(self, x), (outputs) => ({ outputs, batched: outputs.map(() => true) }))
  })
  return self
}

/** All parts of the matrices of a tensor, for rules. */
export const partsOf = (self: Primitive<string, {}>, x: Operand): OpEffect<ReadonlyArray<Tensor>> =>
  applyAll<ParamSpec>(self, [x], none)

/** Aᵀ */
export const flipped = (x: Tensor): OpEffect<Tensor> => {
  const rank = x.shape.length
  return permute(x, [...range(rank - 2), rank - 1, rank - 2])
}

/** A·B, matrix by matrix: the axes in front are the same. */
export const product = (a: Tensor, b: Tensor): OpEffect<Tensor> => {
  const lead = range(a.shape.length - 2)
  return dotGeneral(a, b, {
    contractLhs: [lead.length + 1],
    contractRhs: [lead.length],
    batchLhs: lead,
    batchRhs: lead
  })
}

/** Aᵀ·B */
export const adjointProduct = (a: Tensor, b: Tensor): OpEffect<Tensor> =>
  Effect.flatMap(flipped(a), (x) => product(x, b))

/** Numbers, as a row beside the columns of matrices. */
export const asRow = (x: Tensor): OpEffect<Tensor> => reshapeTo(x, [...x.shape.slice(0, -1), 1, x.shape.at(-1)!])

/** Numbers, as a column beside the rows of matrices. */
export const asColumn = (x: Tensor): OpEffect<Tensor> => reshapeTo(x, [...x.shape, 1])

/** A·diag(s) */
export const scaleColumns = (x: Tensor, s: Tensor): OpEffect<Tensor> => Effect.flatMap(asRow(s), (row) => mul(x, row))

/** The diagonals of matrices. */
export const diagonalsOf = (x: Tensor): OpEffect<Tensor> => diagonal(x, { axis1: -2, axis2: -1 })

/** True on the diagonal. */
export const onDiagonal = (n: number): Tensor =>
  fromData([n, n], "bool", Uint8Array.from({ length: n * n }, (_, i) => i % (n + 1) === 0 ? 1 : 0))

/** Ones on the diagonal, zeros elsewhere. */
export const identity = (n: number, dtype: DType): Tensor => {
  const data = allocate(dtype, n * n)
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1
  return fromData([n, n], dtype, data)
}

/** (A + Aᵀ)/2: A itself, where it is symmetric. What is made of it depends on both triangles alike. */
export const symmetrized = (x: Tensor): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const half: Tensor = yield* mul(x, 0.5)
    return yield* plus(half, yield* flipped(half))
  })

/** The largest of numbers along the last axis; of none it is 0. */
export const largestOf = (x: Tensor): OpEffect<Tensor> =>
  x.shape.at(-1) === 0
    ? constant(x.shape.slice(0, -1), x.dtype, 0)
    : maxOver(x, [x.shape.length - 1])

/**
 * A function of matrices with a derivative of its own, `tangent(x, dx)`, linear in `dx`. It may call the function itself.
 */
export const derived = (
  f: (x: Tensor) => OpEffect<Tensor>,
  tangent: (x: Tensor, dx: Tensor) => OpEffect<Tensor>
): (x: Tensor) => OpEffect<Tensor> => {
  const self: (x: Tensor) => OpEffect<Tensor> = customJvp(
    f,
    ([x]: [Tensor], [dx]: [Tensor]) => Effect.all([self(x), tangent(x, dx)])
  )
  return self
}

/** The unit roundoff of a dtype, doubled. */
export const epsilonOf = (dtype: DType): number => dtype === "float32" ? 2 ** -23 : 2 ** -52

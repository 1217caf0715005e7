/**
 * Jacobians in the mode that takes the fewest passes, and sparsity patterns, for users.
 */
import * as Effect from "effect/Effect"
import { isFloat } from "../core/dtype.ts"
import { attempt } from "../core/evaluator.ts"
import { checkOptions, flag } from "../core/options.ts"
import type { OpEffect } from "../core/primitive.ts"
import type { Program } from "../core/program.ts"
import { sizeOf } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Aval } from "../core/tensor.ts"
import { fromData } from "../core/tensor.ts"
import {
  blockAval,
  type Blocks,
  forwardBlocks,
  type JacobianCall,
  jacobianCall,
  reverseBlocks
} from "../grad/jacobian.ts"
import { transform } from "../grad/transform.ts"
import { castTo } from "../ops/cast.ts"
import { takeAt } from "../ops/indexing/indexed.ts"
import type { AnyJacobian, JacobianOptions, SparseOptions, Sparsity } from "../types/transformations.ts"
import { type Derivative, derivativeAt, elementsOf, patternFitting, type Plan, planAt } from "./compressed.ts"
import { Matrix, Pattern } from "./matrix.ts"
import { toDense } from "./namespace.ts"
import type { Rows } from "./rows.ts"

/** The options of Jacobians and Hessians that can be sparse. */
export const checkSparse = (op: string, options: SparseOptions | undefined): SparseOptions =>
  checkOptions(op, options, { argnums: "checked", sparse: flag })

/** What the blocks of a pattern lie between. */
interface Spaces {
  readonly inputs: ReadonlyArray<Aval>
  readonly outputs: ReadonlyArray<Aval>
}

/** The part of a pattern that lies between one result and one argument, and where its elements lie in the whole, if it is a part. */
const blockOf = (rows: Rows, firstRow: number, height: number, firstColumn: number, width: number) => {
  // most patterns are one block
  if (height + 1 === rows.starts.length && width === rows.columns) return { rows, lie: undefined }
  const starts = new Int32Array(height + 1)
  const lie: Array<number> = []
  const members: Array<number> = []
  for (let r = 0; r < height; r++) {
    for (let e = rows.starts[firstRow + r]!; e < rows.starts[firstRow + r + 1]!; e++) {
      const c = rows.members[e]! - firstColumn
      if (c < 0 || c >= width) continue
      lie.push(e)
      members.push(c)
    }
    starts[r + 1] = members.length
  }
  return { rows: { columns: width, starts, members: Int32Array.from(members) }, lie: Int32Array.from(lie) }
}

/** Blocks by result and argument. */
const inBlocks = <A>(
  rows: Rows,
  { inputs, outputs }: Spaces,
  make: (rows: Rows, lie: Int32Array | undefined, output: Aval, input: Aval) => A
): ReadonlyArray<ReadonlyArray<A>> => {
  let row = 0
  return outputs.map((output) => {
    const [firstRow, height] = [row, sizeOf(output.shape)]
    row += height
    let column = 0
    return inputs.map((input) => {
      const [firstColumn, width] = [column, sizeOf(input.shape)]
      column += width
      const block = blockOf(rows, firstRow, height, firstColumn, width)
      return make(block.rows, block.lie, output, input)
    })
  })
}

/** A matrix for each result and argument. */
export const matrices = (
  op: string,
  derivative: Derivative,
  plan: Plan
): OpEffect<ReadonlyArray<ReadonlyArray<Matrix>>> =>
  Effect.gen(function*() {
    const all = yield* elementsOf(op, derivative, plan)
    const blocks = inBlocks(plan.rows, derivative, (rows, lie, output, input) =>
      Effect.gen(function*() {
        const { dtype } = blockAval(output, input)
        const values = lie === undefined
          ? all
          : yield* takeAt(all, fromData([lie.length], "int32", lie), 0)
        return new Matrix(output.shape, input.shape, rows, yield* castTo(values, dtype), plan)
      }))
    return yield* Effect.forEach(blocks, (row) => Effect.all(row))
  })

/** The blocks of the sparse Jacobian of a call, or of a symmetric one. */
export const sparseBlocks = (
  op: string,
  call: JacobianCall,
  isSymmetric = false
): OpEffect<ReadonlyArray<ReadonlyArray<Matrix>>> =>
  Effect.gen(function*() {
    const derivative = yield* derivativeAt(call)
    // however many passes it takes, there is one
    const plan = yield* planAt(op, derivative, isSymmetric ? "symmetric" : Infinity)
    return yield* matrices(op, derivative, plan!)
  })

const elements = (spaces: ReadonlyArray<Aval>): number => spaces.reduce((sum, { shape }) => sum + sizeOf(shape), 0)

/** No pattern is looked at to save less passes. */
const few = 8

/** The blocks of a Jacobian, in the mode that takes the fewest passes. */
const denseBlocks = (call: JacobianCall): OpEffect<Blocks> =>
  Effect.gen(function*() {
    const { inputs, outputs } = call
    const [forward, reverse] = [elements(inputs), elements(outputs.filter(({ dtype }) => isFloat(dtype)))]
    const tell = (mode: string, passes: number) =>
      Effect.logDebug(
        `jacobian: ${mode}, ${passes} passes; one for each column are ${forward}, for each row ${reverse}`
      )
    if (Math.min(forward, reverse) > few) {
      const derivative = yield* derivativeAt(call)
      // zeros are put between the elements then, so that it has to be worth it
      const plan = yield* planAt("jacobian", derivative, Math.min(forward, reverse) / 2)
      if (plan !== undefined) {
        yield* tell(`compressed, ${plan.mode} mode`, plan.count)
        const blocks = yield* matrices("jacobian", derivative, plan)
        return yield* Effect.forEach(blocks, (row) => Effect.forEach(row, toDense))
      }
    }
    const isForward = forward <= reverse
    yield* tell(isForward ? "forward mode" : "reverse mode", Math.min(forward, reverse))
    return yield* isForward ? forwardBlocks("jacobian", call) : reverseBlocks("jacobian", call)
  })

/**
 * The Jacobian, in the mode that takes the fewest passes: forward, one for each element of the arguments; reverse, one for
 * each element of the results; or, where its sparsity pattern allows it, fewer passes than both.
 *
 * The same value as `jacfwd` and `jacrev`, with their options and errors. With `sparse: true` blocks are sparse matrices
 * (`Sparse.Matrix`), in compressed sparse rows, with a row for each element of the result and a column for each of the
 * argument; a sparse matrix says in which mode and in how many passes it was computed. What is picked for dense blocks is
 * logged at level `Debug`.
 *
 * The pattern comes from the list of `f` and is sound for the arguments of the call: branches that are not taken, and what
 * masks leave out, are no part of it; where such values are unknown (under `jit` and `vmap`), all that could be taken is. Of
 * columns it makes a partial colouring at distance 2. Source: Gebremedhin, Manne and Pothen 2005.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { jacobian, mul, slice, Sparse, sub, Tensor } from "wengert"
 *
 * const f = (x: Tensor<[4]>) => sub(slice(mul(x, x), [1, 4]), slice(x, [0, 3]))
 * const J = Effect.runSync(jacobian(f, { sparse: true })(Tensor.make([1, 2, 3, 4])))
 * console.log(J.passes, J.mode) // => 2 forward
 * console.log(Effect.runSync(Sparse.toDense(J)))
 * // => tensor([[-1.,  4.,  0.,  0.],
 * // =>         [ 0., -1.,  6.,  0.],
 * // =>         [ 0.,  0., -1.,  8.]], float64)
 * ```
 */
export const jacobian = signed<AnyJacobian>(
  (f: Program, options?: SparseOptions) => (...args: ReadonlyArray<unknown>) =>
    Effect.gen(function*() {
      const { argnums = 0, sparse } = yield* attempt(() => checkSparse("jacobian", options), undefined)
      const call = yield* jacobianCall("jacobian", f, argnums, args)
      return call.assemble(yield* sparse === true ? sparseBlocks("jacobian", call) : denseBlocks(call))
    })
)

/**
 * Where the Jacobian of a function can be nonzero, for all arguments of the given types: specs, or tensors of which only
 * shape and dtype count.
 *
 * A tree like that of `jacobian`, with a `Sparse.Pattern` for each block; of a gradient, it is the pattern of the Hessian.
 * Options and errors are those of `jacobian`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, mul, slice, sparsity, Sparse, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor<[4]>) => sum(mul(slice(x, [1, 4]), slice(x, [0, 3])))
 * console.log(Sparse.print(Effect.runSync(sparsity(grad(f))(Tensor.spec([4])))))
 * // => sparse 4×4, 6 elements
 * // => . x . .
 * // => x . x .
 * // => . x . x
 * // => . . x .
 * ```
 */
export const sparsity = signed<Sparsity>((f: Program, options?: JacobianOptions) => (...args: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { argnums = 0 } = yield* attempt(() => checkOptions("sparsity", options, { argnums: "checked" }), undefined)
    const call = yield* jacobianCall("sparsity", f, argnums, args, "types")
    const { linear, tangents } = yield* transform.linearize(call.trace, call.active)
    const rows = yield* patternFitting("sparsity", linear, [], call.outputs, tangents)
    return call.assemble(inBlocks(rows, call, (block, _, { shape }, input) => new Pattern(shape, input.shape, block)))
  })
)

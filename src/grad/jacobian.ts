/**
 * Jacobians: a linear list, batched over a basis.
 */
import * as Effect from "effect/Effect"
import { allocate, isFloat } from "../core/dtype.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { linearBehind, type LinearTrace } from "../core/linear-trace.ts"
import { checkOptions } from "../core/options.ts"
import type { OpEffect } from "../core/primitive.ts"
import type { Program } from "../core/program.ts"
import { range, sizeOf } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Aval, ConcreteTensor, Tensor } from "../core/tensor.ts"
import { allocating, dataOf, filled, fromData } from "../core/tensor.ts"
import { outputAvals, project } from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import { castTo } from "../ops/cast.ts"
import { moveAxis, reshapeTo } from "../ops/movement/layout.ts"
import type { Jacobian, JacobianOptions } from "../types/transformations.ts"
import { traceCall, type TracedCall, unflattenActive } from "./arguments.ts"
import { guardTrace } from "./support.ts"
import { transform } from "./transform.ts"
import { withZeros } from "./vjp.ts"

/** All basis vectors of a leaf's space, along a new first axis. */
const basis = ({ dtype, shape }: Aval, size: number): ConcreteTensor => {
  const data = allocate(dtype, size * size)
  for (let i = 0; i < size; i++) data[i * size + i] = 1
  return fromData([size, ...shape], dtype, data)
}

/** Where it is not zero. */
const nonzero = (x: ConcreteTensor): ConcreteTensor => {
  const data = dataOf(x)
  const mask = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i++) mask[i] = data[i] === 0 ? 0 : 1
  return fromData(x.shape, "bool", mask)
}

/** For each linear input its vectors, along a new first axis, made when they are needed; `undefined` for one that stays 0. */
export type Vectors = ReadonlyArray<(() => ConcreteTensor) | undefined>

/** All basis vectors of input `k`. */
export const basisOf = ({ trace }: LinearTrace, coefficients: number, k: number): Vectors =>
  trace.inputs.slice(coefficients).map((aval, i) => i === k ? () => basis(aval, sizeOf(aval.shape)) : undefined)

/**
 * The images of `size` vectors, for a list that is linear in its inputs from `coefficients` on, or takes Taylor coefficients
 * there. A vector is zero by structure wherever it is zero, so that an infinite derivative there does not matter.
 */
export const images = (
  op: string,
  linear: LinearTrace,
  coefficients: ReadonlyArray<Tensor>,
  vectors: Vectors,
  size: number
): OpEffect<ReadonlyArray<Tensor>> =>
  Effect.gen(function*() {
    const spaces = linear.trace.inputs.slice(coefficients.length)
    // first what every vector keeps; contractions keep no support of a basis, a copy of the coefficients for each vector
    const guarded = yield* transform.support(yield* guardTrace(transform, linear), linear.linear, "drop")
    const many = vectors.map((v) => v !== undefined)
    const flags = [...coefficients.map(() => false), ...many, ...many]
    const batch = yield* transform.batch(guarded.trace, flags, size, guarded.trace.outputs.map(() => true))
    const given = yield* attempt(() =>
      allocating(op, batch.trace.inputs.filter((_, i) => flags[i]), () => {
        const values = spaces.map((aval, i) => vectors[i]?.() ?? filled(aval.shape, aval.dtype, 0))
        return [...values, ...values.map((x, i) => many[i] ? nonzero(x) : filled(x.shape, "bool", 0))]
      }), undefined)
    const all = yield* (yield* Interpreter).run(batch.trace, [...coefficients, ...given])
    return all.slice(0, linear.trace.outputs.length)
  })

/** A call that is differentiated, and the types of what the blocks of its Jacobian lie between. */
export interface JacobianCall extends TracedCall {
  readonly inputs: ReadonlyArray<Aval>
  readonly outputs: ReadonlyArray<Aval>
  /** The tree of results, of trees of arguments, of blocks by result and argument. */
  readonly assemble: (blocks: ReadonlyArray<ReadonlyArray<unknown>>) => unknown
}

/** The call of `op(f)`, with its list; only the types of its arguments are known, if so wanted. */
export const jacobianCall = (
  op: string,
  f: Program,
  argnums: number | ReadonlyArray<number>,
  args: ReadonlyArray<unknown>,
  known?: "values" | "types"
): Effect.Effect<JacobianCall, any, any> =>
  Effect.map(traceCall(op, f, args, argnums, known), (call) => ({
    ...call,
    inputs: call.leaves.filter((_, i) => call.active[i]),
    outputs: outputAvals(call.trace),
    assemble: (blocks) => unflatten(call.trace.resultTree, blocks.map((row) => unflattenActive(call, argnums, row)))
  }))

/** The arguments by which a Jacobian is wanted. */
const argnumsOf = (op: string, options: JacobianOptions | undefined) =>
  attempt(() => checkOptions(op, options, { argnums: "checked" }).argnums ?? 0, undefined)

/** The type of a block. A result that is not a float has no derivative: zeros, like the argument. */
export const blockAval = (y: Aval, x: Aval): Aval => ({
  dtype: isFloat(y.dtype) ? y.dtype : x.dtype,
  shape: [...y.shape, ...x.shape]
})

/** Blocks, by result and argument. */
export type Blocks = ReadonlyArray<ReadonlyArray<Tensor>>

/** The blocks of a Jacobian by forward mode. */
export const forwardBlocks = (op: string, call: JacobianCall): OpEffect<Blocks> =>
  Effect.gen(function*() {
    const { inputs, outputs, trace } = call
    const dual = yield* transform.jvp(trace, call.active)
    // the tangents alone; what they need of the primals is computed once for all basis vectors
    const results = range(dual.trace.outputs.length).slice(outputs.length)
    const linear = linearBehind(call.leaves.length, project(dual.trace, range(dual.trace.inputs.length), results))
    const { tangents } = dual
    const columns: Array<ReadonlyArray<Tensor>> = []
    for (const [k, x] of inputs.entries()) {
      const found = yield* images(op, linear, call.leaves, basisOf(linear, call.leaves.length, k), sizeOf(x.shape))
      const block = outputs.map((y) => blockAval(y, x))
      const placed = yield* Effect.forEach(found, (dy) =>
        Effect.flatMap(
          moveAxis(dy, 0, dy.shape.length - 1),
          (last) => reshapeTo(last, [...dy.shape.slice(1), ...x.shape])
        ))
      columns.push(withZeros(block, tangents, placed))
    }
    return outputs.map((_, o) => columns.map((column) => column[o]!))
  })

/** The blocks of a Jacobian by reverse mode. */
export const reverseBlocks = (op: string, call: JacobianCall): OpEffect<Blocks> =>
  Effect.gen(function*() {
    const { inputs, outputs, trace } = call
    const { linear, primal, tangents } = yield* transform.linearize(trace, call.active)
    const kept = (yield* (yield* Interpreter).run(primal, call.leaves)).slice(outputs.length)
    const { connected, linear: transposed } = yield* transform.transpose(linear, linear.trace.outputs.map(() => true))
    const rows: Array<ReadonlyArray<Tensor>> = []
    let k = 0
    for (const [o, y] of outputs.entries()) {
      const size = sizeOf(y.shape)
      const block = inputs.map((x) => blockAval(y, x))
      const found = tangents[o] ? yield* images(op, transposed, kept, basisOf(transposed, kept.length, k++), size) : []
      const placed = yield* Effect.forEach(found, (ct) =>
        Effect.flatMap(castTo(ct, y.dtype), (row) => reshapeTo(row, [...y.shape, ...ct.shape.slice(1)])))
      rows.push(withZeros(
        block,
        tangents[o] ? connected : inputs.map(() =>
          false
        ),
        placed
      ))
    }
    return rows
  })

/** A Jacobian by the mode that gives the blocks, for a transformation `op`. */
export const jacobianBy = (
  op: string,
  blocksOf: (op: string, call: JacobianCall) => OpEffect<Blocks>,
  f: Program,
  options: JacobianOptions | undefined
) =>
(...args: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const call = yield* jacobianCall(op, f, yield* argnumsOf(op, options), args)
    return call.assemble(yield* blocksOf(op, call))
  })

/**
 * The Jacobian by forward mode, one pass for each element of the arguments: for few arguments and large results.
 *
 * With respect to the argument `argnums`, the first by default; a list of them gives tuples. The result is the tree of
 * results whose leaves are trees of arguments; a block has the shape `[...result, ...argument]` and the result's dtype. Fails with
 * `NonDifferentiableError` for arguments that are not floats, with `AxisError` for wrong `argnums`, and with the errors
 * of `f`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { jacfwd, mul, stack, Tensor } from "wengert"
 *
 * const powers = (x: Tensor) => stack([x, mul(x, x), mul(x, mul(x, x))])
 * console.log(Effect.runSync(jacfwd(powers)(Tensor.make(2)))) // => tensor([ 1.,  4., 12.], float64)
 * ```
 */
export const jacfwd = signed<Jacobian<"jacfwd">>((f: Program, options?: JacobianOptions) =>
  jacobianBy("jacfwd", forwardBlocks, f, options)
)

/**
 * The Jacobian by reverse mode, one pass for each element of the results: for large arguments and small results.
 *
 * The same value as `jacfwd`, with the same options and errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { jacrev, mul, stack, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => stack([sum(x), sum(mul(x, x))])
 * console.log(Effect.runSync(jacrev(f)(Tensor.make([1, 2, 3]))))
 * // => tensor([[1., 1., 1.],
 * // =>         [2., 4., 6.]], float64)
 * ```
 */
export const jacrev = signed<Jacobian>((f: Program, options?: JacobianOptions) =>
  jacobianBy("jacrev", reverseBlocks, f, options)
)

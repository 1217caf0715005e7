/**
 * Jacobians and Hessians: a linear list, batched over a basis.
 */
import * as Effect from "effect/Effect"
import { allocate, isFloat } from "../core/dtype.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { linearBehind, type LinearTrace } from "../core/linear-trace.ts"
import { checkOptions } from "../core/options.ts"
import type { OpEffect } from "../core/primitive.ts"
import type { Program } from "../core/program.ts"
import { listOf, range } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Aval, Tensor } from "../core/tensor.ts"
import { filled, fromData } from "../core/tensor.ts"
import { outputAvals, project } from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import { moveAxis, reshapeTo } from "../ops/movement/layout.ts"
import type { Hessian, Hvp, Jacobian, JacobianOptions } from "../types/transformations.ts"
import { traceCall, unflattenActive } from "./arguments.ts"
import { gradientOf } from "./grad.ts"
import { jvp } from "./jvp.ts"
import { guardTrace } from "./support.ts"
import { transform } from "./transform.ts"
import { withZeros } from "./vjp.ts"

/** All basis vectors of a leaf's space, along a new first axis. */
const basis = ({ dtype, shape }: Aval, size: number): Tensor => {
  const data = allocate(dtype, size * size)
  for (let i = 0; i < size; i++) data[i * size + i] = 1
  return fromData([size, ...shape], dtype, data)
}

/**
 * The image of each basis vector of input `k`, for a list that is linear in its inputs from `coefficients` on, or takes
 * Taylor coefficients there. A basis
 * vector is zero by structure outside of its one element, so that an infinite derivative elsewhere does not matter.
 */
export const images = (
  linear: LinearTrace,
  coefficients: ReadonlyArray<Tensor>,
  k: number,
  size: number
): OpEffect<ReadonlyArray<Tensor>> =>
  Effect.gen(function*() {
    const spaces = linear.trace.inputs.slice(coefficients.length)
    // first what every vector keeps; contractions keep no support of a basis, a copy of the coefficients for each vector
    const guarded = yield* transform.support(yield* guardTrace(transform, linear), linear.linear, "drop")
    const many = (_: unknown, i: number) => i === k
    const flags = [...coefficients.map(() => false), ...spaces.map(many), ...spaces.map(many)]
    const batch = yield* transform.batch(guarded.trace, flags, size, guarded.trace.outputs.map(() => true))
    const vectors = spaces.map((aval, i) => i === k ? basis(aval, size) : filled(aval.shape, aval.dtype, 0))
    const supports = spaces.map(({ shape }, i) => {
      const mask: Aval = { shape, dtype: "bool" }
      return i === k ? basis(mask, size) : filled(shape, "bool", 0)
    })
    const all = yield* (yield* Interpreter).run(batch.trace, [...coefficients, ...vectors, ...supports])
    return all.slice(0, linear.trace.outputs.length)
  })

/** A call that is differentiated: its list, the inputs that are, and how the blocks of a Jacobian are put together. */
const traced = (op: string, f: Program, options: JacobianOptions | undefined, args: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { argnums = 0 } = yield* attempt(() => checkOptions(op, options, { argnums: "checked" }), undefined)
    const call = yield* traceCall(op, f, args, argnums)
    const { trace } = call
    return {
      call,
      trace,
      inputs: call.leaves.filter((_, i) => call.active[i]),
      outputs: outputAvals(trace),
      /** The tree of results, of trees of arguments. */
      assemble: (blocks: ReadonlyArray<ReadonlyArray<Tensor>>) =>
        unflatten(trace.resultTree, blocks.map((row) => unflattenActive(call, argnums, row)))
    }
  })

/** A Jacobian by forward mode, for a transformation `op`. */
const forwardJacobian =
  (op: string, f: Program, options: JacobianOptions | undefined) => (...args: ReadonlyArray<unknown>) =>
    Effect.gen(function*() {
      const { assemble, call, inputs, outputs, trace } = yield* traced(op, f, options, args)
      const dual = yield* transform.jvp(trace, call.active)
      // the tangents alone; what they need of the primals is computed once for all basis vectors
      const results = range(dual.trace.outputs.length).slice(outputs.length)
      const linear = linearBehind(call.leaves.length, project(dual.trace, range(dual.trace.inputs.length), results))
      const { tangents } = dual
      const columns: Array<ReadonlyArray<Tensor>> = []
      for (const [k, x] of inputs.entries()) {
        const found = yield* images(linear, call.leaves, k, x.size)
        const block = outputs.map(({ dtype, shape }) => ({
          // a result that is not a float has no derivative: zeros
          dtype: isFloat(dtype) ? dtype : x.dtype,
          shape: [...shape, ...x.shape]
        }))
        const placed = yield* Effect.forEach(found, (dy) =>
          Effect.flatMap(
            moveAxis(dy, 0, dy.shape.length - 1),
            (last) => reshapeTo(last, [...dy.shape.slice(1), ...x.shape])
          ))
        columns.push(withZeros(block, tangents, placed))
      }
      return assemble(outputs.map((_, o) => columns.map((column) => column[o]!)))
    })

/**
 * The Jacobian by forward mode, one pass for each element of the arguments: for few arguments and large results.
 *
 * With respect to the argument `argnums`, the first by default; a list of them gives tuples. The result is the tree of
 * results whose leaves are trees of arguments; a block has the shape `[...result, ...argument]`. Fails with
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
  forwardJacobian("jacfwd", f, options)
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
export const jacrev = signed<Jacobian>(
  (f: Program, options?: JacobianOptions) => (...args: ReadonlyArray<unknown>) =>
    Effect.gen(function*() {
      const { assemble, call, inputs, outputs, trace } = yield* traced("jacrev", f, options, args)
      const { linear, primal, tangents } = yield* transform.linearize(trace, call.active)
      const kept = (yield* (yield* Interpreter).run(primal, call.leaves)).slice(outputs.length)
      const { connected, linear: transposed } = yield* transform.transpose(linear, linear.trace.outputs.map(() => true))
      const rows: Array<ReadonlyArray<Tensor>> = []
      let k = 0
      for (const [o, y] of outputs.entries()) {
        const size = y.shape.reduce((n, d) => n * d, 1)
        const block = inputs.map(({ dtype, shape }) => ({ dtype, shape: [...y.shape, ...shape] }))
        const found = tangents[o] ? yield* images(transposed, kept, k++, size) : []
        const placed = yield* Effect.forEach(found, (ct) => reshapeTo(ct, [...y.shape, ...ct.shape.slice(1)]))
        rows.push(withZeros(block, tangents[o] ? connected : inputs.map(() => false), placed))
      }
      return assemble(rows)
    })
)

/**
 * All second derivatives of a function with a scalar float result, forward over reverse.
 *
 * A block has the shape `[...first, ...second]`; `argnums` and errors are those of `jacfwd` and `grad`. For a product
 * with a vector, `hvp` does not compute the matrix.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { hessian, mul, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => mul(sum(x), sum(x))
 * console.log(Effect.runSync(sum(hessian(f)(Tensor.make([1, 2])), { axis: 0 }))) // => tensor([4., 4.], float64)
 * ```
 */
export const hessian = signed<Hessian>((f: Program, options?: JacobianOptions) =>
  forwardJacobian("hessian", gradientOf("hessian", f, options), options)
)

/**
 * `hvp(f)(primals, tangents)`: the Hessian of a function with a scalar float result times a vector, without the matrix.
 *
 * Forward over reverse: it costs a small multiple of `f`. With respect to all arguments, of which primals, tangents and
 * the result are tuples. Errors are those of `grad` and `jvp`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { hvp, mul, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => sum(mul(x, mul(x, x)))
 * const [product] = Effect.runSync(hvp(f)([Tensor.make([1, 2])], [Tensor.make([1, 10])]))
 * console.log(product) // => tensor([  6., 120.], float64)
 * ```
 */
export const hvp = signed<Hvp>((f: Program) => (primals: ReadonlyArray<unknown>, tangents: ReadonlyArray<unknown>) => {
  const gradient = gradientOf("hvp", f, { argnums: (listOf(primals) ?? []).map((_, i) => i) })
  return Effect.map((jvp as any)(gradient, primals, tangents), ([, tangent]: any) => tangent)
})

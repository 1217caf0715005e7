/**
 * The transpose of a linear function, for users.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../core/dtype.ts"
import type { OpError } from "../core/errors.ts"
import { NonLinearError } from "../core/errors.ts"
import { evaluate } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { Linearized } from "../core/primitive.ts"
import { type Program, traceProgram } from "../core/program.ts"
import { range, sizeOf } from "../core/shape.ts"
import { dataOf, fromData, isConcrete } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { outputAvals, project, variableCount } from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import { flattenCall, flattenLike } from "./arguments.ts"
import { guardTrace } from "./support.ts"
import { transform } from "./transform.ts"
import { withZeros } from "./vjp.ts"

/** The signature of `linearTranspose`. */
export interface LinearTranspose {
  <Args extends ReadonlyArray<any>, A, E, R>(
    f: (...args: Args) => Effect.Effect<A, E, R>,
    ...primals: NoInfer<Args>
  ): (ct: A) => Effect.Effect<Args, E | OpError | NonLinearError, R>
}

/** Does a residual of a linearised function depend on where it was linearised? */
const dependsOnPoint = (primal: Trace, outputs: number): boolean => {
  const residuals = project(primal, range(primal.inputs.length), range(primal.outputs.length).slice(outputs))
  const depends = new Uint8Array(variableCount(residuals)).fill(1, 0, primal.inputs.length)
  for (const { operands, result, results } of residuals.equations) {
    if (operands.some((v) => depends[v] === 1)) depends.fill(1, result, result + results.length)
  }
  return residuals.outputs.some((v) => depends[v] === 1)
}

/** Is it its own derivative? Asked at two points, and only where the function can be computed here and now. */
const isItsDerivative = (trace: Trace, { linear, primal, tangents }: Linearized): boolean =>
  !trace.captured.every(isConcrete) ||
  [Math.E, -Math.PI].every((size) => {
    // no whole numbers and no two elements alike, so that steps and kinks show
    const point = trace.inputs.map(({ dtype, shape }) => {
      const data = allocate(dtype, sizeOf(shape))
      for (let i = 0; i < data.length; i++) data[i] = size * (1 + Math.sqrt(i))
      return fromData(shape, dtype, data)
    })
    const results = evaluate(primal, point)
    const image = evaluate(linear.trace, [...results.slice(trace.outputs.length), ...point])
    let next = 0
    return tangents.every((exists, i) => {
      const y = dataOf(results[i]!)
      const z = exists ? dataOf(image[next++]!) : undefined
      return y.every((v, k) => Object.is(v, z?.[k] ?? 0) || Math.abs(v - (z?.[k] ?? 0)) <= 1e-5 * Math.abs(v))
    })
  })

const linearTransposeOf =
  (f: Program, ...primals: ReadonlyArray<unknown>) => (ct: unknown): Effect.Effect<any, any, any> =>
    Effect.gen(function*() {
      const call = yield* flattenCall("linearTranspose", primals, "all")
      const trace = yield* traceProgram("linearTranspose", f, { tree: call.tree, avals: call.leaves })
      const parts = yield* transform.linearize(trace, call.active)
      const { linear, primal, tangents } = parts
      if (dependsOnPoint(primal, trace.outputs.length) || !isItsDerivative(trace, parts)) {
        return yield* new NonLinearError({
          op: "linearTranspose",
          message: "linearTranspose requires a linear function, got one that is not its own derivative"
        })
      }
      const avals = outputAvals(trace)
      const cts = yield* flattenLike("linearTranspose", "a cotangent", ct, { tree: trace.resultTree, avals })
      const transposed = yield* transform.transpose(linear, linear.trace.outputs.map(() => true))
      const { trace: guarded } = yield* guardTrace(transform, transposed.linear)
      const interpreter = yield* Interpreter
      const constants = (yield* interpreter.run(primal, call.leaves)).slice(avals.length)
      const found = yield* interpreter.run(guarded, [...constants, ...cts.filter((_, i) => tangents[i])])
      return unflatten(call.tree, withZeros(call.leaves, transposed.connected, found))
    })

/**
 * The adjoint of a linear function: `linearTranspose(f, ...primals)(ct)` gives a cotangent for each primal, a tuple.
 *
 * The primals are float tensors, or trees of them, that tell shapes and dtypes alone. Fails with `NonLinearError` if
 * `f` is not linear, with `TreeMismatchError` for a cotangent that does not look like the result, and with the errors
 * of `f`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { linearTranspose, slice, sub, Tensor } from "wengert"
 *
 * const differences = (x: Tensor) => sub(slice(x, [1, 3]), slice(x, [0, 2]))
 * const adjoint = linearTranspose(differences, Tensor.zeros([3]))
 * const [ct] = Effect.runSync(adjoint(Tensor.make([1, 10])))
 * console.log(ct) // => tensor([-1., -9., 10.], float64)
 * ```
 */
export const linearTranspose = signed<LinearTranspose>(linearTransposeOf)

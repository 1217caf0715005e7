/**
 * The solution of a linear equation as an equation of the list: M(c)·x = b, by a solver of the user's.
 *
 * It holds four lists: the solver, the solver of the transposed equation, M itself and its transpose. The derivative
 * is again a solution, dx = M⁻¹ (db − dM·x), and the transpose is the solution of the transposed equation; so neither the
 * solver nor its steps are ever differentiated.
 */
import * as Effect from "effect/Effect"
import { ShapeError } from "../../core/errors.ts"
import { Interpreter } from "../../core/interpreter.ts"
import { applyAll } from "../../core/operation.ts"
import type { ParamsOf, ParamSpec, Primitive, Unfolding } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { range } from "../../core/shape.ts"
import { isZero, sameAvals, type Tensor, Zero } from "../../core/tensor.ts"
import type { Trace } from "../../core/trace.ts"
import { outputAvals } from "../../core/trace.ts"
import { instantiate, neg, plus, repeat } from "../algebra.ts"

/** All lists take `(...coefficients, ...vector)` and give a vector. */
export interface LinearSystem extends ParamSpec {
  readonly solve: "trace"
  readonly solveTransposed: "trace"
  readonly matvec: "trace"
  readonly matvecTransposed: "trace"
  /** How many operands are coefficients. */
  readonly coefficients: "integer"
}

export const linearSolvePrimitive: Primitive<"linearSolve", LinearSystem> = primitive({
  name: "linearSolve",
  params: {
    solve: "trace",
    solveTransposed: "trace",
    matvec: "trace",
    matvecTransposed: "trace",
    coefficients: "integer"
  },
  infer: (operands, { coefficients, ...lists }) => {
    const vector = operands.slice(coefficients)
    const { matvec, matvecTransposed, solve, solveTransposed } = lists
    const fits = [solve, solveTransposed, matvec, matvecTransposed].every((list) =>
      sameAvals(list.inputs, operands) && sameAvals(outputAvals(list), vector)
    )
    if (!fits) {
      throw new ShapeError({
        op: "linearSolve",
        message: "linearSolve requires lists from vectors to vectors like the operand"
      })
    }
    return vector
  },
  // in the right hand side
  linear: ({ coefficients, solve }) => range(solve.inputs.length).slice(coefficients),
  *unfold<V>(args: ReadonlyArray<V>, { solve }: ParamsOf<LinearSystem>): Unfolding<V> {
    return yield { trace: solve, args }
  },
  // M dx = db − dM·x
  forward: ({ params, primals, tangents, transform }) =>
    Effect.gen(function*() {
      const { run } = yield* bound
      const { coefficients, matvec } = params
      const known = primals.slice(0, coefficients)
      const x = yield* applyAll(linearSolvePrimitive, primals, params)
      const active = tangents.map((t, i) => i < coefficients && !isZero(t))
      const dual = yield* transform.jvp(matvec, active, "linearize")
      const both = yield* run(dual.trace, [
        ...known,
        ...x,
        ...tangents.filter((_, i) => active[i]) as ReadonlyArray<Tensor>
      ])
      const moved = both.slice(x.length)
      let next = 0
      const right = yield* Effect.forEach(x, (_, i) =>
        Effect.gen(function*() {
          const db = yield* instantiate(tangents[coefficients + i]!)
          return dual.tangents[i] ? yield* plus(db, yield* neg(moved[next++]!)) : db
        }))
      return { outputs: x, tangents: yield* applyAll(linearSolvePrimitive, [...known, ...right], params) }
    }),
  transpose: ({ cotangents, operands, params }) =>
    Effect.gen(function*() {
      const { coefficients, matvec, matvecTransposed, solve, solveTransposed } = params
      // the equation is linear in its right hand side alone
      const known = operands.slice(0, coefficients) as ReadonlyArray<Tensor>
      const cts = yield* Effect.forEach(cotangents, instantiate)
      const backward = yield* applyAll(linearSolvePrimitive, [...known, ...cts], {
        coefficients,
        solve: solveTransposed,
        solveTransposed: solve,
        matvec: matvecTransposed,
        matvecTransposed: matvec
      })
      return [...known.map((x) => new Zero(x)), ...backward]
    }),
  batch: ({ batched, operands, params: { coefficients, ...lists }, size, transform }) =>
    Effect.gen(function*() {
      const flags = batched.map((b, i) => b || i >= coefficients)
      const all = operands.slice(coefficients).map(() => true)
      const many = (list: Trace) => Effect.map(transform.batch(list, flags, size, all), ({ trace }) => trace)
      const inputs = yield* Effect.forEach(operands, (x, i) =>
        flags[i] && !batched[i] ? repeat(x, size) : Effect.succeed(x))
      const outputs = yield* applyAll(linearSolvePrimitive, inputs, {
        coefficients,
        solve: yield* many(lists.solve),
        solveTransposed: yield* many(lists.solveTransposed),
        matvec: yield* many(lists.matvec),
        matvecTransposed: yield* many(lists.matvecTransposed)
      })
      return { outputs, batched: all }
    })
})

const bound = Effect.map(Interpreter, (interpreter) => ({
  run: (trace: Trace, args: ReadonlyArray<Tensor>) => interpreter.run(trace, args)
}))

/**
 * The solution of a linear equation as an equation of the list: M(c)·x = b, by a solver of the user's.
 *
 * It holds four lists: the solver, the solver of the transposed equation, M itself and its transpose. The derivative
 * is again a solution, dx = M⁻¹ (db − dM·x), and the transpose is the solution of the transposed equation; so neither the
 * solver nor its steps are ever differentiated.
 */
import * as Effect from "effect/Effect"
import { ShapeError } from "../../core/errors.ts"
import { applyAll } from "../../core/operation.ts"
import type { OpEffect, ParamsOf, ParamSpec, Primitive, Tangent, Unfolding } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { range } from "../../core/shape.ts"
import { isZero, sameAvals, type Tensor, Zero } from "../../core/tensor.ts"
import type { Trace } from "../../core/trace.ts"
import { outputAvals } from "../../core/trace.ts"
import { instantiate, neg, repeat, sub } from "../algebra.ts"
import { existing, nonZeros, split, spreadZeros } from "./slots.ts"
import { inline } from "./subtrace.ts"

/** All lists take `(...coefficients, ...vector)` and give a vector. */
export interface LinearSystem extends ParamSpec {
  readonly solve: "trace"
  readonly solveTransposed: "trace"
  readonly matvec: "trace"
  readonly matvecTransposed: "trace"
  /** How many operands are coefficients. */
  readonly coefficients: "integer"
}

type SystemParams = ParamsOf<LinearSystem>

/** The sections of the operands. */
const sections = ({ coefficients, solve }: SystemParams) => ({
  coefficients,
  vector: solve.inputs.length - coefficients
})

export const linearSolvePrimitive: Primitive<"linearSolve", LinearSystem, number, number> = primitive({
  name: "linearSolve",
  params: {
    solve: "trace",
    solveTransposed: "trace",
    matvec: "trace",
    matvecTransposed: "trace",
    coefficients: "integer"
  },
  infer: (operands, params) => {
    const { matvec, matvecTransposed, solve, solveTransposed } = params
    const { vector } = split(operands, sections(params))
    const fits = [solve, solveTransposed, matvec, matvecTransposed].every((list) =>
      sameAvals(list.inputs, operands) && sameAvals(outputAvals(list), vector)
    )
    if (fits) return vector
    throw new ShapeError({
      op: "linearSolve",
      message: "linearSolve requires lists from vectors to vectors like the operand"
    })
  },
  // in the right hand side
  linear: ({ coefficients, solve }) => range(solve.inputs.length).slice(coefficients),
  *unfold<V>(args: ReadonlyArray<V>, { solve }: SystemParams): Unfolding<V> {
    return yield { trace: solve, args }
  },
  // M dx = db − dM·x
  forward: ({ params, primals, tangents, transform }) =>
    Effect.gen(function*() {
      const { coefficients } = split(primals, sections(params))
      const { coefficients: dc, vector: db } = split(tangents, sections(params))
      const x = yield* applyAll(linearSolvePrimitive, primals, params)
      const dual = yield* transform.jvp(params.matvec, [...existing(dc), ...x.map(() => false)], "linearize")
      const both = yield* inline(dual.trace, [...coefficients, ...x, ...nonZeros(dc)])
      const moved = spreadZeros(dual.tangents, x, both.slice(x.length))
      const right = yield* Effect.forEach(moved, (dm, i) => difference(db[i] ?? new Zero(dm), dm))
      return { outputs: x, tangents: yield* applyAll(linearSolvePrimitive, [...coefficients, ...right], params) }
    }),
  transpose: ({ cotangents, operands, params }) =>
    Effect.gen(function*() {
      const { matvec, matvecTransposed, solve, solveTransposed } = params
      // the equation is linear in its right hand side alone
      const known = split(operands, sections(params)).coefficients as ReadonlyArray<Tensor>
      const cts = yield* Effect.forEach(cotangents, instantiate)
      const backward = yield* applyAll(linearSolvePrimitive, [...known, ...cts], {
        ...params,
        solve: solveTransposed,
        solveTransposed: solve,
        matvec: matvecTransposed,
        matvecTransposed: matvec
      })
      return [...known.map((x) => new Zero(x)), ...backward]
    }),
  batch: ({ batched, operands, params, size, transform }) =>
    Effect.gen(function*() {
      const { coefficients, vector } = split(operands, sections(params))
      const many = split(batched, sections(params))
      const all = vector.map(() => true)
      const each = (list: Trace) =>
        Effect.map(transform.batch(list, [...many.coefficients, ...all], size, all), ({ trace }) => trace)
      const right = yield* Effect.forEach(
        vector,
        (x, i) => many.vector[i] === true ? Effect.succeed(x) : repeat(x, size)
      )
      const outputs = yield* applyAll(linearSolvePrimitive, [...coefficients, ...right], {
        coefficients: coefficients.length,
        solve: yield* each(params.solve),
        solveTransposed: yield* each(params.solveTransposed),
        matvec: yield* each(params.matvec),
        matvecTransposed: yield* each(params.matvecTransposed)
      })
      return { outputs, batched: all }
    })
})

const difference = (x: Tangent, y: Tangent): OpEffect<Tensor> =>
  isZero(y) ? instantiate(x) : isZero(x) ? neg(y) : sub(x, y)

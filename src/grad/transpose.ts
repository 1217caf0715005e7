/**
 * Transposition: a linear list run backwards.
 *
 * Source: R. Frostig, M. Johnson, D. Maclaurin, A. Paszke and A. Radul, "Decomposing reverse-mode automatic
 * differentiation", 2021: reverse mode is linearisation followed by transposition.
 */
import * as Effect from "effect/Effect"
import { MissingRuleError } from "../core/errors.ts"
import { failure, isDone } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { linearBehind, type LinearTrace } from "../core/linear-trace.ts"
import type { Cotangent, OpEffect, Transform, Transposed } from "../core/primitive.ts"
import { applyRule, writeTrace } from "../core/program.ts"
import { subTraces } from "../core/structure.ts"
import type { Tensor } from "../core/tensor.ts"
import { isLinear, isZero, Linear, sameAval, Zero } from "../core/tensor.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import { avalsOf, outputAvals } from "../core/trace.ts"
import { plus } from "../ops/algebra.ts"

/** Does a list hold an equation that is given by its adjoint? */
const isGivenBackwards = ({ equations }: Trace): boolean =>
  equations.some((equation) =>
    equation.primitive.isAdjoint === true || subTraces(equation).some(([, list]) => isGivenBackwards(list))
  )

/** Is a list, behind its coefficients, a linear map from numbers to numbers, which is one number and so its own transpose? */
const isSelfTransposed = ({ linear, trace }: LinearTrace, cotangents: ReadonlyArray<boolean>): boolean => {
  const [x, y] = [trace.inputs.at(-1), outputAvals(trace)[0]]
  return cotangents.length === 1 && cotangents[0] === true && linear.indexOf(true) === linear.length - 1 &&
    x?.shape.length === 0 && y !== undefined && sameAval(x, y) && !isGivenBackwards(trace)
}

/**
 * The list from `[...coefficients, ...cotangents]`, one for each output marked in `cotangents`, to the cotangents of
 * those linear inputs that have one.
 *
 * Of one number with respect to one number that is the list as it stands, so that a derivative of a derivative finds in the
 * list what it needs: nested `grad` writes lists that grow with a power of the order, and not exponentially.
 */
export const transposeTrace = (
  transform: Transform,
  list: LinearTrace,
  cotangents: ReadonlyArray<boolean>
): OpEffect<Transposed> =>
  isSelfTransposed(list, cotangents)
    ? Effect.succeed({ linear: list, connected: [true] })
    : runBackwards(transform, list, cotangents)

const runBackwards = (
  transform: Transform,
  { linear, trace }: LinearTrace,
  cotangents: ReadonlyArray<boolean>
): OpEffect<Transposed> =>
  writeTrace((tracer) =>
    Effect.gen(function*() {
      const interpreter = yield* Interpreter
      const avals = avalsOf(trace)
      const values: Array<Tensor | Linear> = trace.inputs.map((aval, i) =>
        linear[i] ? new Linear(aval) : tracer.input(aval)
      )
      values.push(...trace.captured)
      const cts: Array<Tensor | undefined> = new Array(avals.length).fill(undefined)
      const cotangentOf = (v: Variable): Cotangent => cts[v] ?? new Zero(avals[v]!)

      const backward: Array<Equation> = []
      for (const equation of trace.equations) {
        const operands = equation.operands.map((v) => values[v]!)
        if (operands.some(isLinear)) {
          backward.push(equation)
          for (const aval of equation.results) values.push(new Linear(aval))
        } else {
          // none of them is linear
          const known = operands as ReadonlyArray<Tensor>
          const bound = interpreter.bind(equation.primitive, known, equation.params, equation.site)
          for (const x of isDone(bound) ? bound.value : yield* bound) values.push(x)
        }
      }

      for (const [i, v] of trace.outputs.entries()) {
        if (!cotangents[i]) continue
        const ct = tracer.input(avals[v]!)
        const known = cts[v]
        cts[v] = known === undefined ? ct : yield* plus(known, ct)
      }

      for (let i = backward.length - 1; i >= 0; i--) {
        const { operands, params, primitive, result, results, site } = backward[i]!
        const after = results.map((_, r) => cotangentOf(result + r))
        if (after.every(isZero)) continue
        if (primitive.transpose === undefined) {
          return yield* failure(
            new MissingRuleError({
              op: primitive.name,
              rule: "transpose",
              message: `${primitive.name} requires a transpose rule to be run backwards, and has none: it is not linear`
            }),
            site
          )
        }
        const ran = applyRule(
          interpreter,
          site,
          () =>
            primitive.transpose!({ cotangents: after, operands: operands.map((v) => values[v]!), params, transform })
        )
        const before = isDone(ran) ? ran.value : yield* ran
        for (let o = 0; o < operands.length; o++) {
          const [v, ct] = [operands[o]!, before[o]!]
          if (isZero(ct) || !isLinear(values[v])) continue
          const known = cts[v]
          cts[v] = known === undefined ? ct : yield* plus(known, ct)
        }
      }

      const results = trace.inputs.flatMap((_, i) => linear[i] ? [cotangentOf(i)] : [])
      return {
        outputs: results.filter((ct) => !isZero(ct)),
        connected: results.map((ct) => !isZero(ct))
      }
    })
  ).pipe(
    Effect.map(({ connected, trace }) => ({
      linear: linearBehind(linear.filter((l) => !l).length, trace),
      connected
    }))
  )

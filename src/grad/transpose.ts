/**
 * Transposition: a linear list run backwards.
 *
 * Source: R. Frostig, M. Johnson, D. Maclaurin, A. Paszke and A. Radul, "Decomposing reverse-mode automatic
 * differentiation", 2021: reverse mode is linearisation followed by transposition.
 */
import * as Effect from "effect/Effect"
import { MissingRuleError } from "../core/errors.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { Step, Transform } from "../core/primitive.ts"
import { applyRule, writeTrace } from "../core/program.ts"
import type { Tensor } from "../core/tensor.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import { avalsOf } from "../core/trace.ts"
import { plus } from "../ops/algebra.ts"

/**
 * For a list that is linear in the inputs marked `linear`: the list from `[...coefficients, ...cotangents]`, one for
 * each output marked in `cotangents`, to the cotangents of those linear inputs that have one.
 */
export const transposeTrace = (
  transform: Transform,
  trace: Trace,
  linear: ReadonlyArray<boolean>,
  cotangents: ReadonlyArray<boolean>
): Step<{ readonly trace: Trace; readonly connected: ReadonlyArray<boolean> }> =>
  Effect.gen(function*() {
    let connected: ReadonlyArray<boolean> = []
    const avals = avalsOf(trace)
    const transposed = yield* writeTrace((tracer) =>
      Effect.gen(function*() {
        const interpreter = yield* Interpreter
        const values: Array<Tensor | undefined> = trace.inputs.map((aval, i) =>
          linear[i] ? undefined : tracer.input(aval)
        )
        values.push(...trace.captured)
        const cts: Array<Tensor | undefined> = new Array(avals.length).fill(undefined)
        const accumulate = (v: Variable, ct: Tensor) =>
          Effect.map(cts[v] === undefined ? Effect.succeed(ct) : plus(cts[v], ct), (sum) => {
            cts[v] = sum
          })

        const backward: Array<Equation> = []
        for (const equation of trace.equations) {
          const operands = equation.operands.map((v) => values[v])
          if (operands.every((x) => x !== undefined)) {
            values.push(...yield* interpreter.bind(equation.primitive, operands, equation.params, equation.site))
          } else {
            backward.push(equation)
            for (let r = 0; r < equation.results.length; r++) values.push(undefined)
          }
        }

        for (const [i, v] of trace.outputs.entries()) if (cotangents[i]) yield* accumulate(v, tracer.input(avals[v]!))

        for (let i = backward.length - 1; i >= 0; i--) {
          const { operands, params, primitive, result, results, site } = backward[i]!
          const after = cts.slice(result, result + results.length)
          if (after.every((ct) => ct === undefined)) continue
          const { transpose } = primitive
          if (transpose === undefined) {
            return yield* new MissingRuleError({
              op: primitive.name,
              rule: "transpose",
              site,
              message: `${primitive.name} requires a transpose rule to be run backwards, and has none: it is not linear`
            })
          }
          const before = yield* applyRule(
            site,
            () =>
              transpose({
                cotangents: after,
                operands: operands.map((v) => values[v]),
                avals: operands.map((v) => avals[v]!),
                params,
                transform
              })
          )
          for (const [o, v] of operands.entries()) {
            const ct = before[o]
            if (ct !== undefined && values[v] === undefined) yield* accumulate(v, ct)
          }
        }

        const results = trace.inputs.flatMap((_, i) => linear[i] ? [cts[i]] : [])
        connected = results.map((ct) => ct !== undefined)
        return results.filter((ct) => ct !== undefined)
      })
    )
    return { trace: transposed, connected }
  })

/**
 * Forward mode: every equation of a list, followed by its tangent.
 *
 * Source: A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 3.
 */
import * as Effect from "effect/Effect"
import { isDone } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { linearBehind } from "../core/linear-trace.ts"
import type { Around, Dual, Linearized, OpEffect, Tangent, Transform } from "../core/primitive.ts"
import { applyRule, withTracer, writeTrace } from "../core/program.ts"
import type { Tensor } from "../core/tensor.ts"
import { isZero, sameAval, showAval, Zero } from "../core/tensor.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import { eliminateDeadCode, type Live, sealLive } from "../core/trace.ts"
import type { Tracer } from "../core/tracer.ts"
import { tuple } from "../core/tree.ts"

/**
 * Applies a list to primals and tangents in the ambient interpreter. In mode `"linearize"` every equation applied is
 * either free of tangents or linear in them.
 */
const pushForward = (
  transform: Transform,
  trace: Trace,
  primals: ReadonlyArray<Tensor>,
  tangents: ReadonlyArray<Tangent>,
  inputs: Around["inputs"],
  mode: "jvp" | "linearize"
): OpEffect<Dual> =>
  Effect.gen(function*() {
    const interpreter = yield* Interpreter
    const values: Array<Tensor> = [...primals, ...trace.captured]
    const pushed: Array<Tangent> = [...tangents, ...trace.captured.map((x) => new Zero(x))]
    for (const equation of trace.equations) {
      const { params, primitive, site } = equation
      const operands = equation.operands.map((v) => values[v]!)
      const active = equation.operands.map((v) => pushed[v]!)
      const isActive = !active.every(isZero)
      if (isActive && primitive.forward !== undefined) {
        const both = yield* applyRule(
          interpreter,
          site,
          () => primitive.forward!({ primals: operands, tangents: active, params, mode, transform })
        )
        values.push(...both.outputs)
        pushed.push(...both.tangents)
      } else {
        const bound = interpreter.bind(primitive, operands, params, site)
        const outputs = isDone(bound) ? bound.value : yield* bound
        values.push(...outputs)
        const around: Around = { trace, equation, inputs, values, tangents: pushed, transform }
        pushed.push(
          ...isActive && primitive.jvp !== undefined
            ? yield* applyRule(interpreter, site, () =>
              primitive.jvp!({ primals: operands, tangents: active, outputs, params, around }))
            : equation.results.map((aval) =>
              new Zero(aval)
            )
        )
      }
      checkTangents(equation, values, pushed)
    }
    return { outputs: trace.outputs.map((v) => values[v]!), tangents: trace.outputs.map((v) => pushed[v]!) }
  })

/** A tangent has the shape and dtype of its primal; a rule that breaks this is a defect of the rule. */
const checkTangents = (equation: Equation, values: ReadonlyArray<Tensor>, pushed: ReadonlyArray<Tangent>): void => {
  for (let r = 0; r < equation.results.length; r++) {
    const x = values[equation.result + r]!
    const dx = pushed[equation.result + r]!
    if (!sameAval(dx, x)) {
      throw new Error(`the derivative of ${equation.primitive.name} gives a tangent ${showAval(dx)} for ${showAval(x)}`)
    }
  }
}

/** Writes primals and tangents of a list: inputs and outputs are `[...primals, ...tangents that exist]`. */
const dual = (
  transform: Transform,
  trace: Trace,
  active: ReadonlyArray<boolean>,
  inputs: Around["inputs"],
  mode: "jvp" | "linearize"
) =>
(
  tracer: Tracer
) => {
  const primals = trace.inputs.map((aval) => tracer.input(aval))
  const tangents = trace.inputs.map((aval, i) => active[i] ? tracer.input(aval) : new Zero(aval))
  return Effect.map(pushForward(transform, trace, primals, tangents, inputs, mode), (after) => ({
    outputs: [...after.outputs, ...after.tangents.filter((t) => !isZero(t))],
    tangents: after.tangents.map((t) => !isZero(t))
  }))
}

/** Forward mode as a function from list to list. */
export const jvpTrace = (
  transform: Transform,
  trace: Trace,
  active: ReadonlyArray<boolean>,
  inputs: Around["inputs"],
  mode: "jvp" | "linearize" = "jvp"
): ReturnType<Transform["jvp"]> => writeTrace(dual(transform, trace, active, inputs, mode))

/** The list taken apart into what is computed once and what is linear in the tangents. */
export const linearizeTrace = (
  transform: Transform,
  trace: Trace,
  active: ReadonlyArray<boolean>,
  inputs: Around["inputs"]
): OpEffect<Linearized> =>
  withTracer(
    dual(transform, trace, active, inputs, "linearize"),
    (tracer, { outputs, tangents }) => ({
      ...split(tracer.draft(outputs), trace.inputs.length, trace.outputs.length),
      tangents
    })
  )

/** Takes a list apart at its inputs from `boundary` on: the equations that depend on them, and the others. */
const split = (
  { draft, outputs }: ReturnType<Tracer["draft"]>,
  boundary: number,
  primalOutputs: number
): Omit<Linearized, "tangents"> => {
  const { inputs } = draft
  const linear = new Uint8Array(draft.avals.length)
  const varies = new Uint8Array(draft.avals.length)
  for (const v of inputs) varies[v] = 1
  for (const v of inputs.slice(boundary)) linear[v] = 1
  const sides: [Array<Equation>, Array<Equation>] = [[], []]
  for (const equation of draft.equations) {
    const { operands, result, results } = equation
    let isLinear = 0
    let isVarying = 0
    for (const v of operands) {
      isLinear |= linear[v]!
      isVarying |= varies[v]!
    }
    // a constant is not kept, but made again
    if (isLinear === 0) sides[0].push(equation)
    if (isLinear === 1 || isVarying === 0) sides[1].push(equation)
    for (let r = result; r < result + results.length; r++) {
      linear[r] = isLinear
      varies[r] = isVarying
    }
  }
  const tangentOutputs = outputs.slice(primalOutputs)
  const needed = eliminateDeadCode(draft.avals.length, sides[1], tangentOutputs)
  const residuals = new Set<Variable>()
  const need = (v: Variable): void => {
    if (linear[v] === 0 && varies[v] === 1) residuals.add(v)
  }
  for (const { operands } of needed.equations) operands.forEach(need)
  tangentOutputs.forEach(need)

  const list = (inputs: ReadonlyArray<Variable>, live: Live, outputs: ReadonlyArray<Variable>) =>
    sealLive({ ...draft, inputs }, live, outputs, {
      argumentTree: tuple(inputs.length),
      resultTree: tuple(outputs.length)
    })
  const results = [...outputs.slice(0, primalOutputs), ...residuals]
  return {
    primal: list(inputs.slice(0, boundary), eliminateDeadCode(draft.avals.length, sides[0], results), results),
    linear: linearBehind(residuals.size, list([...residuals, ...inputs.slice(boundary)], needed, tangentOutputs)),
    residuals: residuals.size
  }
}

/**
 * Forward mode: every equation of a list, followed by its tangent.
 *
 * Source: A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 3.
 */
import * as Effect from "effect/Effect"
import { Interpreter } from "../core/interpreter.ts"
import type { Linearized, Step, Transform } from "../core/primitive.ts"
import { writeTrace } from "../core/program.ts"
import { sameShape } from "../core/shape.ts"
import { atSite } from "../core/site.ts"
import type { Tensor } from "../core/tensor.ts"
import { showAval } from "../core/tensor.ts"
import type { Draft, Equation, Trace, Variable } from "../core/trace.ts"
import { avalsOf, seal } from "../core/trace.ts"
import { tuple } from "../core/tree.ts"

/** A tangent that may not exist: then nothing here depends on what is differentiated. */
export type Tangent = Tensor | undefined

/**
 * Applies a list to primals and tangents in the ambient interpreter. In mode `"linearize"` every equation applied is
 * either free of tangents or linear in them.
 */
export const pushForward = (
  transform: Transform,
  trace: Trace,
  primals: ReadonlyArray<Tensor>,
  tangents: ReadonlyArray<Tangent>,
  mode: "jvp" | "linearize"
): Step<{ readonly outputs: ReadonlyArray<Tensor>; readonly tangents: ReadonlyArray<Tangent> }> =>
  Effect.gen(function*() {
    const interpreter = yield* Interpreter
    const values: Array<Tensor> = [...primals, ...trace.captured]
    const dots: Array<Tangent> = [...tangents, ...trace.captured.map(() => undefined)]
    for (const equation of trace.equations) {
      const { params, primitive, site } = equation
      const operands = equation.operands.map((v) => values[v]!)
      const active = equation.operands.map((v) => dots[v])
      const differentiable = primitive.jvp !== undefined || primitive.forward !== undefined
      if (!differentiable || active.every((t) => t === undefined)) {
        for (const x of yield* interpreter.bind(primitive, operands, params, site)) {
          values.push(x)
          dots.push(undefined)
        }
      } else if (primitive.forward !== undefined) {
        const both = yield* atSite(site, primitive.forward({ primals: operands, tangents: active, params, mode, transform }))
        values.push(...both.outputs)
        dots.push(...both.tangents)
      } else {
        const outputs = yield* interpreter.bind(primitive, operands, params, site)
        const after = yield* atSite(site, primitive.jvp!({ primals: operands, tangents: active, outputs, params }))
        values.push(...outputs)
        dots.push(...after)
      }
      checkTangents(equation, values, dots)
    }
    return { outputs: trace.outputs.map((v) => values[v]!), tangents: trace.outputs.map((v) => dots[v]) }
  })

/** A tangent has the shape and dtype of its primal; a rule that breaks this is a defect of the rule. */
const checkTangents = (equation: Equation, values: ReadonlyArray<Tensor>, dots: ReadonlyArray<Tangent>): void => {
  for (let r = 0; r < equation.results.length; r++) {
    const x = values[equation.result + r]!
    const dx = dots[equation.result + r]
    if (dx !== undefined && (dx.dtype !== x.dtype || !sameShape(dx.shape, x.shape))) {
      throw new Error(`the derivative of ${equation.primitive.name} gives a tangent ${showAval(dx)} for ${showAval(x)}`)
    }
  }
}

/** The list that computes primals and tangents: inputs `[...primals, ...active tangents]`. */
const dual = (transform: Transform, trace: Trace, active: ReadonlyArray<boolean>, mode: "jvp" | "linearize") =>
  Effect.gen(function*() {
    let exist: ReadonlyArray<boolean> = []
    const both = yield* writeTrace((tracer) =>
      Effect.gen(function*() {
        const primals = trace.inputs.map((aval) => tracer.input(aval))
        const tangents = trace.inputs.map((aval, i) => active[i] ? tracer.input(aval) : undefined)
        const after = yield* pushForward(transform, trace, primals, tangents, mode)
        exist = after.tangents.map((t) => t !== undefined)
        return [...after.outputs, ...after.tangents.filter((t) => t !== undefined)]
      })
    )
    return { trace: both, tangents: exist }
  })

/** Forward mode as a function from list to list. */
export const jvpTrace = (transform: Transform, trace: Trace, active: ReadonlyArray<boolean>) =>
  dual(transform, trace, active, "jvp")

/** The list taken apart into what is computed once and what is linear in the tangents. */
export const linearizeTrace = (
  transform: Transform,
  trace: Trace,
  active: ReadonlyArray<boolean>
): Step<Linearized> =>
  Effect.map(dual(transform, trace, active, "linearize"), ({ tangents, trace: both }) => ({
    ...split(both, trace.inputs.length, trace.outputs.length),
    tangents
  }))

/** Takes a list apart at its inputs from `boundary` on: the equations that depend on them, and the others. */
const split = (both: Trace, boundary: number, primalOutputs: number): Omit<Linearized, "tangents"> => {
  const avals = avalsOf(both)
  const captured = new Map(both.captured.map((x, i) => [both.inputs.length + i, x]))
  const linear = new Uint8Array(avals.length).fill(1, boundary, both.inputs.length)
  const sides: [Array<Equation>, Array<Equation>] = [[], []]
  const residuals = new Set<Variable>()
  for (const equation of both.equations) {
    const side = equation.operands.some((v) => linear[v] === 1) ? 1 : 0
    sides[side].push(equation)
    if (side === 0) continue
    linear.fill(1, equation.result, equation.result + equation.results.length)
    for (const v of equation.operands) if (linear[v] === 0 && !captured.has(v)) residuals.add(v)
  }
  const tangentOutputs = both.outputs.slice(primalOutputs)
  for (const v of tangentOutputs) if (linear[v] === 0 && !captured.has(v)) residuals.add(v)

  const list = (inputs: ReadonlyArray<Variable>, equations: ReadonlyArray<Equation>, outputs: ReadonlyArray<Variable>) => {
    const draft: Draft = { avals, captured, inputs, equations }
    return seal(draft, outputs, { argumentTree: tuple(inputs.length), resultTree: tuple(outputs.length) })
  }
  const inputs = both.inputs.map((_, i) => i)
  return {
    primal: list(inputs.slice(0, boundary), sides[0], [...both.outputs.slice(0, primalOutputs), ...residuals]),
    linear: list([...residuals, ...inputs.slice(boundary)], sides[1], tangentOutputs),
    residuals: residuals.size
  }
}

/**
 * How one operand of an equation depends on another in the list around it.
 */
import * as Effect from "effect/Effect"
import { Interpreter } from "../../core/interpreter.ts"
import type { Around, OpEffect, Tangent } from "../../core/primitive.ts"
import { applyRule } from "../../core/program.ts"
import { isZero, type Tensor, Zero } from "../../core/tensor.ts"
import type { Equation, Trace, Variable } from "../../core/trace.ts"

/**
 * The tangent of the operand at `to`, were that at `from` alone moved by `tangent`: forward mode along the way that leads there, whose values are
 * known. Undefined where the list does not say.
 */
export const follow = (
  { equation, inputs, tangents, trace, transform, values }: Around,
  from: number,
  tangent: Tensor,
  to: number
): OpEffect<Tangent | undefined> =>
  Effect.gen(function*() {
    const [origin, target] = [equation.operands[from]!, equation.operands[to]!]
    const bound = inputs === "free" ? [] : trace.inputs.map((_, i) => i).filter((i) => !isZero(tangents[i]!))
    if (!isKnown(trace, bound, origin, target)) return undefined
    const interpreter = yield* Interpreter
    const moved = new Map<Variable, Tangent>([[origin, tangent]])
    for (const { operands, params, primitive, result, results, site } of between(trace, origin, target)) {
      const primals = operands.map((v) => values[v]!)
      const dots = operands.map((v) => moved.get(v) ?? new Zero(values[v]!))
      if (dots.every(isZero)) continue
      const outputs = results.map((_, r) => values[result + r]!)
      const images: ReadonlyArray<Tangent> = primitive.forward !== undefined
        ? (yield* applyRule(
          interpreter,
          site,
          () => primitive.forward!({ primals, tangents: dots, params, mode: "jvp", transform })
        )).tangents
        : primitive.jvp !== undefined
        ? yield* applyRule(interpreter, site, () => primitive.jvp!({ primals, tangents: dots, outputs, params }))
        : []
      images.forEach((image, r) => moved.set(result + r, image))
    }
    // what comes next belongs to the equation that asks
    return yield* applyRule(interpreter, equation.site, () =>
      Effect.succeed(moved.get(target) ?? new Zero(values[target]!)))
  })

/**
 * Does the list say how a variable depends on another? Not of an input, on which others may depend outside; nor where the one is reached,
 * beside the other, from inputs that are `bound` to it.
 */
const isKnown = (
  { captured, equations, inputs }: Trace,
  bound: ReadonlyArray<Variable>,
  origin: Variable,
  target: Variable
) => {
  if (origin < inputs.length + captured.length) return false
  const reached = new Set(bound)
  for (const { operands, result, results } of equations) {
    if (result > target) break
    if (operands.some((v) => reached.has(v))) {
      results.forEach((_, r) => result + r === origin || reached.add(result + r))
    }
  }
  return !reached.has(target)
}

/** The equations through which one variable depends on another. */
const between = ({ equations }: Trace, origin: Variable, target: Variable): ReadonlyArray<Equation> => {
  const reached = new Set([origin])
  const forward = equations.filter(({ operands, result, results }) => {
    if (result > target || !operands.some((v) => reached.has(v))) return false
    results.forEach((_, r) => reached.add(result + r))
    return true
  })
  const needed = new Set([target])
  return forward.reverse().filter(({ operands, result, results }) => {
    if (!results.some((_, r) => needed.has(result + r))) return false
    operands.forEach((v) => needed.add(v))
    return true
  }).reverse()
}

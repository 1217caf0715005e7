/**
 * The door for lists that users give: they may have been made by hand.
 */
import { dtypes } from "../core/dtype.ts"
import { ArgumentError, describe } from "../core/errors.ts"
import { propertiesOf } from "../core/options.ts"
import { listOf } from "../core/shape.ts"
import { isTensor } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"

/** Longer lists do not fit into memory. */
const longest = 2 ** 26

const isListOf = (u: unknown, is: (element: unknown) => boolean): boolean => listOf(u, longest)?.every(is) ?? false

const isAval = (u: unknown): boolean => {
  const { dtype, shape } = propertiesOf(u) ?? {}
  return dtypes.some((known) => known === dtype) && isListOf(shape, Number.isSafeInteger)
}

const isTree = (u: unknown): boolean => {
  const { children, keys, kind } = propertiesOf(u) ?? {}
  return kind === "leaf" || (isListOf(children, isTree) &&
    (kind === "array" || (kind === "record" && isListOf(keys, (key) => typeof key === "string"))))
}

/** Is it a list? Its equations are those that a writer or `Trace.decode` made, in an order in which they can be computed. */
export const isTrace = (u: unknown): u is Trace => {
  const list = propertiesOf(u)
  if (list === undefined) return false
  const { argumentTree, captured, equations, inputs, outputs, resultTree } = list
  if (!isListOf(inputs, isAval) || !isListOf(captured, isTensor)) return false
  let known = (inputs as Trace["inputs"]).length + (captured as Trace["captured"]).length
  const isKnown = (v: unknown): boolean => typeof v === "number" && Number.isSafeInteger(v) && v >= 0 && v < known
  const isEquation = (equation: unknown): boolean => {
    const { operands, params, primitive, result, results } = propertiesOf(equation) ?? {}
    if (result !== known || !isListOf(operands, isKnown) || !isListOf(results, isAval)) return false
    known += (results as Trace["inputs"]).length
    return typeof propertiesOf(primitive)?.["name"] === "string" && propertiesOf(params) !== undefined
  }
  return isListOf(equations, isEquation) && isListOf(outputs, isKnown) && isTree(argumentTree) && isTree(resultTree)
}

/** `u`, if it is a list. Throws `ArgumentError`. */
export const checkTrace = (op: string, u: unknown): Trace => {
  if (isTrace(u)) return u
  throw new ArgumentError({ op, message: `${op} requires a list that trace or Trace.decode gave, got ${describe(u)}` })
}

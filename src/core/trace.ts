/**
 * The Wengert list: a program written down as immutable data.
 *
 * Variables are numbered. First come the inputs, then the captured values, then the results of each equation in order,
 * so an operand always has a smaller number than what is computed from it: the list is in static single assignment form
 * and topologically sorted by construction. Control flow holds sub-traces in its parameters.
 *
 * Source: R. E. Wengert, "A simple automatic derivative evaluation program", CACM 7(8), 1964.
 */
import type { Primitive } from "./primitive.ts"
import type { Site } from "./site.ts"
import type { Aval, Tensor } from "./tensor.ts"
import type { TreeDef } from "./tree.ts"

/** The number of a variable. */
export type Variable = number

/** One line of the list: `results = primitive[params](operands)`. */
export interface Equation {
  readonly primitive: Primitive
  readonly operands: ReadonlyArray<Variable>
  readonly params: { readonly [name: string]: unknown }
  /** The first result; the others follow it. */
  readonly result: Variable
  readonly results: ReadonlyArray<Aval>
  /** Where the op was called, when the list was made for inspection. No part of the list's meaning. */
  readonly site?: Site | undefined
}

/** A Wengert list. */
export interface Trace {
  readonly inputs: ReadonlyArray<Aval>
  /** Values from outside of the program: concrete tensors, or variables of a list that is still being written. */
  readonly captured: ReadonlyArray<Tensor>
  readonly equations: ReadonlyArray<Equation>
  readonly outputs: ReadonlyArray<Variable>
  /** The structure of arguments and result. */
  readonly argumentTree: TreeDef
  readonly resultTree: TreeDef
}

/** Number of variables. */
export const variableCount = (trace: Trace): number => {
  const last = trace.equations.at(-1)
  return last === undefined
    ? trace.inputs.length + trace.captured.length
    : last.result + last.results.length
}

/** The aval of every variable. */
export const avalsOf = (trace: Trace): Array<Aval> => {
  const avals: Array<Aval> = [...trace.inputs, ...trace.captured]
  for (const equation of trace.equations) for (const aval of equation.results) avals.push(aval)
  return avals
}

/** The avals of the outputs. */
export const outputAvals = (trace: Trace): Array<Aval> => {
  const avals = avalsOf(trace)
  return trace.outputs.map((v) => avals[v]!)
}

/** A list in the making: numbers are handed out in the order of creation, so captured values lie anywhere. */
export interface Draft {
  readonly avals: ReadonlyArray<Aval>
  readonly inputs: ReadonlyArray<Variable>
  readonly captured: ReadonlyMap<Variable, Tensor>
  readonly equations: ReadonlyArray<Equation>
}

const freezeParams = (params: { readonly [name: string]: unknown }): void => {
  for (const value of Object.values(params)) {
    if (Array.isArray(value) && !Object.isFrozen(value)) {
      for (const element of value) if (Array.isArray(element)) Object.freeze(element)
      Object.freeze(value)
    }
  }
  Object.freeze(params)
}

const freezeAvals = (avals: ReadonlyArray<Aval>): ReadonlyArray<Aval> =>
  Object.freeze(avals.map((a) => Object.freeze({ shape: Object.freeze([...a.shape]), dtype: a.dtype })))

/**
 * The list that computes `outputs`: whatever they do not need is left out, and what remains is numbered anew, captured
 * values in the order of their first use. Linear in the length of the draft.
 */
export const seal = (
  draft: Draft,
  outputs: ReadonlyArray<Variable>,
  trees: { readonly argumentTree: TreeDef; readonly resultTree: TreeDef }
): Trace => {
  const needed = new Uint8Array(draft.avals.length)
  for (const v of outputs) needed[v] = 1
  const live: Array<Equation> = []
  for (let i = draft.equations.length - 1; i >= 0; i--) {
    const equation = draft.equations[i]!
    let isLive = false
    for (let r = 0; r < equation.results.length; r++) if (needed[equation.result + r] === 1) isLive = true
    if (!isLive) continue
    live.push(equation)
    for (const v of equation.operands) needed[v] = 1
  }
  live.reverse()

  const renumbered = new Int32Array(draft.avals.length).fill(-1)
  let next = 0
  for (const v of draft.inputs) renumbered[v] = next++
  const captured: Array<Tensor> = []
  const capture = (v: Variable): void => {
    if (renumbered[v] !== -1) return
    const value = draft.captured.get(v)
    if (value === undefined) return
    renumbered[v] = next++
    captured.push(value)
  }
  for (const equation of live) for (const v of equation.operands) capture(v)
  for (const v of outputs) capture(v)
  const equations = live.map((equation) => {
    freezeParams(equation.params)
    const sealed: Equation = {
      primitive: equation.primitive,
      operands: Object.freeze(equation.operands.map((v) => renumbered[v]!)),
      params: equation.params,
      result: next,
      results: freezeAvals(equation.results),
      ...(equation.site === undefined ? {} : { site: Object.freeze(equation.site) })
    }
    for (let r = 0; r < equation.results.length; r++) renumbered[equation.result + r] = next++
    return Object.freeze(sealed)
  })
  return Object.freeze({
    inputs: freezeAvals(draft.inputs.map((v) => draft.avals[v]!)),
    captured: Object.freeze(captured),
    equations: Object.freeze(equations),
    outputs: Object.freeze(outputs.map((v) => renumbered[v]!)),
    argumentTree: trees.argumentTree,
    resultTree: trees.resultTree
  })
}

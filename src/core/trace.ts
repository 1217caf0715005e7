/**
 * The Wengert list: a program written down as immutable data.
 *
 * Variables are numbered. First come the inputs, then the captured values, then the results of each equation in order,
 * so an operand always has a smaller number than what is computed from it: the list is in static single assignment form
 * and topologically sorted by construction. Control flow holds sub-traces in its parameters.
 *
 * Source: R. E. Wengert, "A simple automatic derivative evaluation program", CACM 7(8), 1964.
 */
import { flagsText, Memory } from "./memory.ts"
import type { Primitive } from "./primitive.ts"
import type { Site } from "./site.ts"
import type { Aval, Tensor } from "./tensor.ts"
import { avalOf } from "./tensor.ts"
import type { TreeDef } from "./tree.ts"
import { tuple } from "./tree.ts"

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

const knownOutputs = new WeakMap<Trace, ReadonlyArray<Aval>>()

/** The avals of the outputs. Kept beside the list, computed once. */
export const outputAvals = (trace: Trace): ReadonlyArray<Aval> => {
  let found = knownOutputs.get(trace)
  if (found === undefined) {
    const avals = avalsOf(trace)
    knownOutputs.set(trace, found = Object.freeze(trace.outputs.map((v) => avals[v]!)))
  }
  return found
}

/** A list in the making: numbers are handed out in the order of creation, so captured values lie anywhere. */
export interface Draft {
  readonly avals: ReadonlyArray<Aval>
  readonly inputs: ReadonlyArray<Variable>
  readonly captured: ReadonlyMap<Variable, Tensor>
  readonly equations: ReadonlyArray<Equation>
}

const freezeParams = (params: { readonly [name: string]: unknown }): void => {
  // equations share parameters, and those of other lists are frozen
  if (Object.isFrozen(params)) return
  for (const value of Object.values(params)) {
    if (Array.isArray(value) && !Object.isFrozen(value)) {
      for (const element of value) if (Array.isArray(element)) Object.freeze(element)
      Object.freeze(value)
    }
  }
  Object.freeze(params)
}

/** What is left of equations after dead-code elimination. */
export interface Live {
  readonly equations: ReadonlyArray<Equation>
  /** For equations that have lost results: the variables of those that remain. */
  readonly remaining: ReadonlyMap<Equation, ReadonlyArray<Variable>>
}

/**
 * Dead-code elimination: the equations that `outputs` need, in order; those that can do less when some of their results
 * are not needed, do.
 */
export const eliminateDeadCode = (
  variables: number,
  equations: ReadonlyArray<Equation>,
  outputs: ReadonlyArray<Variable>
): Live => {
  const needed = new Uint8Array(variables)
  for (const v of outputs) needed[v] = 1
  const found: Array<Equation> = []
  const remaining = new Map<Equation, ReadonlyArray<Variable>>()
  for (let i = equations.length - 1; i >= 0; i--) {
    let equation = equations[i]!
    const { primitive, result, results } = equation
    let isNeeded = false
    for (let r = 0; r < results.length; r++) if (needed[result + r] === 1) isNeeded = true
    if (!isNeeded) continue
    const pruned = primitive.prune?.(equation.params, results.map((_, r) => needed[result + r] === 1))
    if (pruned !== undefined) {
      const { params } = pruned
      equation = {
        ...equation,
        params,
        operands: pruned.operands.map((o) => equation.operands[o]!),
        results: pruned.results.map((r) => results[r]!)
      }
      remaining.set(equation, pruned.results.map((r) => result + r))
    }
    found.push(equation)
    for (const v of equation.operands) needed[v] = 1
  }
  return { equations: found.reverse(), remaining }
}

const projections = new Memory<Trace>()

/** The list with some of its inputs and outputs, which must need no other inputs. */
export const project = (trace: Trace, inputs: ReadonlyArray<Variable>, outputs: ReadonlyArray<number>): Trace => {
  const question = `${inputs.join(" ")} to ${outputs.join(" ")}`
  return projections.recall(trace, question) ?? projections.keep(
    trace,
    question,
    seal(
      {
        avals: avalsOf(trace),
        inputs,
        captured: new Map(trace.captured.map((x, i) => [trace.inputs.length + i, x])),
        equations: trace.equations
      },
      outputs.map((o) => trace.outputs[o]!),
      { argumentTree: tuple(inputs.length), resultTree: tuple(outputs.length) }
    )
  )
}

const uses = new Memory<ReadonlyArray<boolean>>()

/** The inputs that the marked outputs need. */
export const usedInputs = (trace: Trace, marked: ReadonlyArray<boolean>): ReadonlyArray<boolean> => {
  const question = flagsText(marked)
  return uses.recall(trace, question) ?? uses.keep(trace, question, findUsedInputs(trace, marked))
}

const findUsedInputs = (trace: Trace, marked: ReadonlyArray<boolean>): ReadonlyArray<boolean> => {
  const outputs = trace.outputs.filter((_, i) => marked[i])
  const used = new Uint8Array(trace.inputs.length)
  const use = (v: Variable): void => {
    if (v < used.length) used[v] = 1
  }
  const needed = eliminateDeadCode(variableCount(trace), trace.equations, outputs)
  for (const { operands } of needed.equations) operands.forEach(use)
  outputs.forEach(use)
  return trace.inputs.map((_, i) => used[i] === 1)
}

/** An equation that gets its place. */
type Numbered = { -readonly [K in keyof Equation]: Equation[K] }

/** How a draft becomes a list. */
interface Sealing {
  readonly argumentTree: TreeDef
  readonly resultTree: TreeDef
  /** Does nobody need the draft again? Then its equations become those of the list. */
  readonly isLast?: boolean
}

/**
 * The list that computes `outputs`: whatever they do not need is left out, and what remains is numbered anew, captured
 * values in the order of their first use. Linear in the length of the draft.
 */
export const seal = (draft: Draft, outputs: ReadonlyArray<Variable>, sealing: Sealing): Trace =>
  sealLive(draft, eliminateDeadCode(draft.avals.length, draft.equations, outputs), outputs, sealing)

/** The list of those equations of a draft that are needed. */
export const sealLive = (
  draft: Draft,
  { equations, remaining }: Live,
  outputs: ReadonlyArray<Variable>,
  { isLast = false, ...trees }: Sealing
): Trace => {
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
  if (draft.captured.size > 0) {
    for (const equation of equations) for (const v of equation.operands) capture(v)
    for (const v of outputs) capture(v)
  }
  const sealed = equations.map((equation) => {
    freezeParams(equation.params)
    const { operands, result, results } = equation
    const variables = remaining.get(equation)
    const numbered: Numbered = isLast ? equation : { ...equation }
    const places = operands.map((v) => renumbered[v]!)
    numbered.operands = Object.freeze(places)
    numbered.result = next
    Object.freeze(results)
    for (let r = 0; r < results.length; r++) renumbered[variables?.[r] ?? result + r] = next++
    return Object.freeze(numbered)
  })
  return Object.freeze({
    inputs: Object.freeze(draft.inputs.map((v) => avalOf(draft.avals[v]!))),
    captured: Object.freeze(captured),
    equations: Object.freeze(sealed),
    outputs: Object.freeze(outputs.map((v) => renumbered[v]!)),
    argumentTree: trees.argumentTree,
    resultTree: trees.resultTree
  })
}

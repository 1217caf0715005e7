/**
 * Abstract interpretation: a list applied to facts about values instead of values. Equations with sub-lists unfold step
 * by step; a decision that the facts do not make is made in every way, and the outcomes are joined.
 *
 * Source: P. Cousot and R. Cousot, "Abstract interpretation: a unified lattice model", POPL 1977.
 */
import type { SubCall, Values } from "./primitive.ts"
import { subTraces } from "./structure.ts"
import type { Tensor } from "./tensor.ts"
import { scalar } from "./tensor.ts"
import type { Equation, Trace } from "./trace.ts"

/** A decision was asked for that the facts do not make. */
export class Undecided extends Error {
  override readonly name = "Undecided"
}

/** What is followed through a list. */
export interface Facts<V> {
  /** What is known of a captured tensor. */
  readonly captured: (x: Tensor) => V
  /** What is known of the results of an equation; `undefined` to have it unfolded. */
  readonly apply: (equation: Equation, operands: ReadonlyArray<V>) => ReadonlyArray<V> | undefined
  /** What is known of an equation whose decisions have no end; nothing, by default. */
  readonly endless?: (equation: Equation, operands: ReadonlyArray<V>) => ReadonlyArray<V> | undefined
  /** Values as equations that unfold see them; `read` throws `Undecided` where nothing is known. */
  readonly values: Values<V>
  /** What is known whichever way was taken. */
  readonly join: (a: V, b: V) => V
  /** What is known of the arguments of a step of an equation, given what its operands and the steps before say; the same, by default. */
  readonly enter?: ((equation: Equation, step: SubCall<V>) => ReadonlyArray<V>) | undefined
  /** Told what is known of the results of every equation, those of sub-lists too. */
  readonly seen?: ((equation: Equation, results: ReadonlyArray<V>) => void) | undefined
}

/** What is known of the outputs of a list. */
export const interpret = <V>(facts: Facts<V>, trace: Trace, args: ReadonlyArray<V>): ReadonlyArray<V> => {
  const values: Array<V> = [...args, ...trace.captured.map(facts.captured)]
  for (const equation of trace.equations) {
    const operands = equation.operands.map((v) => values[v]!)
    const results = facts.apply(equation, operands) ?? explored(facts, equation, operands)
    facts.seen?.(equation, results)
    values.push(...results)
  }
  return trace.outputs.map((v) => values[v]!)
}

/** The results of an equation in all ways that it can go, joined. */
const explored = <V>(facts: Facts<V>, equation: Equation, operands: ReadonlyArray<V>): ReadonlyArray<V> => {
  const alternatives = Math.max(2, subTraces(equation).length)
  // facts only grow from step to step of a loop, at most once for each operand
  const most = operands.length + 1
  const explore = (answers: ReadonlyArray<number>): ReadonlyArray<V> => {
    try {
      return unfolded(facts, equation, operands, answers)
    } catch (error) {
      if (!(error instanceof Undecided)) throw error
      if (answers.length > most) {
        const known = facts.endless?.(equation, operands)
        if (known === undefined) throw error
        return known
      }
      return Array.from({ length: alternatives }, (_, a) => explore([...answers, a]))
        .reduce((a, b) => a.map((x, i) => facts.join(x, b[i]!)))
    }
  }
  return explore([])
}

/** The results of an equation whose undecided decisions are answered by `answers`, in order. */
const unfolded = <V>(
  facts: Facts<V>,
  equation: Equation,
  operands: ReadonlyArray<V>,
  answers: ReadonlyArray<number>
): ReadonlyArray<V> => {
  let next = 0
  const read = (x: V) => {
    try {
      return facts.values.read(x)
    } catch (error) {
      if (!(error instanceof Undecided) || next === answers.length) throw error
      return scalar("int32", answers[next++]!)
    }
  }
  const steps = equation.primitive.unfold!(operands, equation.params, { ...facts.values, read })
  let step = steps.next([])
  while (step.done !== true) {
    const { args, trace } = step.value
    step = steps.next(interpret(facts, trace, facts.enter?.(equation, step.value) ?? args))
  }
  return step.value
}

/** Sets of inputs on which a value depends, a bit for each, whatever the decisions are. */
const dependence: Facts<bigint> = {
  captured: () => 0n,
  apply: ({ primitive, results }, operands) => {
    const inputs = operands.reduce((a, b) => a | b, 0n)
    return inputs !== 0n && primitive.unfold !== undefined && primitive.linear === "lists"
      ? undefined
      : results.map(() => inputs)
  },
  values: {
    read: () => {
      throw new Undecided()
    },
    slice: (inputs) => inputs,
    stack: () => {
      let all = 0n
      return {
        put: (_, part) => {
          all |= part
        },
        done: () => all
      }
    }
  },
  join: (a, b) => a | b
}

/** For each output of a list, the inputs that it is computed from: `depends[output][input]`. */
export const dependenceOf = (trace: Trace): ReadonlyArray<ReadonlyArray<boolean>> =>
  interpret(dependence, trace, trace.inputs.map((_, i) => 1n << BigInt(i)))
    .map((inputs) => trace.inputs.map((_, i) => (inputs >> BigInt(i) & 1n) === 1n))

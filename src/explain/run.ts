/**
 * The graph of a run. Loops are unrolled and decisions are made as they were, so that a path in the graph is one that the
 * program went; what a branch would have done that did not run is in it too, behind a barrier.
 */
import * as Effect from "effect/Effect"
import { dependenceOf, type Facts, interpret, Undecided } from "../core/abstract.ts"
import { isFloat } from "../core/dtype.ts"
import { compute, concreteValues, evaluator } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { ParamKinds, Values } from "../core/primitive.ts"
import { range } from "../core/shape.ts"
import { subTraces } from "../core/structure.ts"
import type { ConcreteTensor, Tensor } from "../core/tensor.ts"
import { dataOf, isConcrete, scalar } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { tuple } from "../core/tree.ts"
import { decides } from "../grad/connectivity.ts"
import { transform } from "../grad/transform.ts"
import { condPrimitive } from "../ops/control/cond.ts"
import { linearSolvePrimitive } from "../ops/control/linear-solve.ts"
import { whilePrimitive } from "../ops/control/while.ts"
import { type Followed, Graph, type Node, nowhere, unknown } from "./graph.ts"

/** A run: its nodes, the inputs that are differentiated first, and the node of its result. */
export interface Run {
  readonly nodes: ReadonlyArray<Node>
  readonly result: number
}

/** The run of a list with one result, seen from its active inputs. */
export const runOf = (
  trace: Trace,
  args: ReadonlyArray<{ readonly value: Tensor; readonly active: boolean }>
): Run => {
  const graph = new Graph()
  const inputs = args.map(({ active, value }): Followed => ({
    value: isConcrete(value) ? value : undefined,
    node: active ? graph.input() : nowhere,
    isFloat: isFloat(value.dtype)
  }))
  const [result] = interpret(following(graph, decides(trace)), trace, inputs)
  return { nodes: graph.nodes, result: result!.node }
}

/** Values are computed only if something may be decided by them. */
const following = (graph: Graph, isComputing: boolean): Facts<Followed> => {
  const followed = (
    equation: Equation,
    nodes: ReadonlyArray<number>,
    values?: ReadonlyArray<ConcreteTensor | undefined>
  ) =>
    equation.results.map(({ dtype }, r): Followed => ({ value: values?.[r], node: nodes[r]!, isFloat: isFloat(dtype) }))

  const plain = (equation: Equation, operands: ReadonlyArray<Followed>) =>
    followed(
      equation,
      graph.plain(equation, operands),
      isComputing && operands.every(({ value }) => value !== undefined)
        ? compute(equation, operands.map(({ value }) => value!))
        : undefined
    )

  /** The branch that ran, and the others behind barriers. The results depend on what chooses, too. */
  const branching = (equation: Equation, [index, ...args]: ReadonlyArray<Followed>): ReadonlyArray<Followed> => {
    const chosen = index!.value === undefined ? undefined : dataOf(index!.value)[0]!
    if (chosen !== undefined) graph.ran(equation).add(chosen)
    const unseen = args.map(unknown)
    const outcomes = subTraces(equation).map(([, branch], b) => interpret(facts, branch, b === chosen ? args : unseen))
    const nodes = equation.results.map((_, r) => {
      const ends = outcomes.map((outcome) => outcome[r]!.node)
      if (chosen === undefined) return graph.join(ends, [index!.node])
      return ends.reduce(
        (node, end, b) =>
          b === chosen || end === nowhere
            ? node
            : graph.from(equation, { open: [node], blocked: [end] }, "BranchNotTaken", b),
        graph.join([ends[chosen]!], [index!.node])
      )
    })
    return followed(equation, nodes, chosen === undefined ? undefined : outcomes[chosen]!.map(({ value }) => value))
  }

  /** A loop that decides when it ends. Where that is not known, it may go round until all has met all. */
  const looping = (equation: Equation, operands: ReadonlyArray<Followed>): ReadonlyArray<Followed> => {
    const after = (rounds: number) => {
      const tests: Array<number> = []
      let [left, isKnown] = [rounds, true]
      const read = ({ node, value }: Followed): ConcreteTensor => {
        tests.push(node)
        if (value !== undefined) return value
        isKnown = false
        return scalar("bool", left-- > 0 ? 1 : 0)
      }
      const outcome = driven(equation, operands, { ...facts.values, read })
      return { outcome, isKnown, nodes: outcome.map(({ node }) => graph.join([node], tests)) }
    }
    const first = after(0)
    if (first.isKnown) return followed(equation, first.nodes, first.outcome.map(({ value }) => value))
    const all = [first, ...range(operands.length).map((n) => after(n + 1))]
    return followed(equation, equation.results.map((_, r) => graph.join(all.map(({ nodes }) => nodes[r]!))))
  }

  const driven = (equation: Equation, operands: ReadonlyArray<Followed>, values: Values<Followed>) => {
    const steps = equation.primitive.unfold!(operands, equation.params, values)
    let step = steps.next([])
    while (step.done !== true) step = steps.next(interpret(facts, step.value.trace, step.value.args))
    return step.value
  }

  /** A function with a rule of its own: its derivative depends on what the rule says, and its value on what it does. */
  const ruled = (equation: Equation, operands: ReadonlyArray<Followed>): ReadonlyArray<Followed> => {
    const outcome = driven(equation, operands, facts.values)
    const passes = kept(equation)
    const nodes = equation.results.map((_, r) => {
      const those = (wanted: (x: Followed, o: number) => boolean) => operands.filter(wanted).map(({ node }) => node)
      const isComputed = outcome[r]!.node !== nowhere
      return graph.from(equation, {
        open: those((x, o) => x.isFloat && passes(r, o)),
        blocked: isComputed ? those((x, o) => x.isFloat && !passes(r, o)) : [],
        decided: isComputed ? those((x) => !x.isFloat) : []
      }, "NonDifferentiable")
    })
    return followed(equation, nodes, outcome.map(({ value }) => value))
  }
  const rules = new Map<Equation, ReturnType<typeof passesOf>>()
  const kept = (equation: Equation) => {
    const known = rules.get(equation) ?? passesOf(equation)
    rules.set(equation, known)
    return known
  }

  const facts: Facts<Followed> = {
    captured: (x) => ({ value: isConcrete(x) ? x : undefined, node: nowhere, isFloat: isFloat(x.dtype) }),
    apply: (equation, operands) => {
      const { primitive } = equation
      if (primitive.unfold === undefined || operands.every(({ node }) => node === nowhere)) {
        return plain(equation, operands)
      }
      if (primitive === condPrimitive) return branching(equation, operands)
      if (primitive === whilePrimitive) return looping(equation, operands)
      return isRuled(equation) ? ruled(equation, operands) : undefined
    },
    values: {
      read: ({ value }) => {
        if (value === undefined) throw new Undecided()
        return value
      },
      slice: (x, index) => ({ ...x, value: x.value && concreteValues.slice(x.value, index) }),
      stack: (aval) => {
        const elements = concreteValues.stack(aval)
        const parts: Array<number> = []
        let isKnown = true
        return {
          put: (index, { node, value }) => {
            parts.push(node)
            if (value === undefined) isKnown = false
            else if (isKnown) elements.put(index, value)
          },
          done: () => ({
            value: isKnown ? elements.done() : undefined,
            node: graph.join(parts),
            isFloat: isFloat(aval.dtype)
          })
        }
      }
    },
    join: (a, b) => ({ value: undefined, node: graph.join([a.node, b.node]), isFloat: a.isFloat })
  }
  return facts
}

/** Does a rule say how it is differentiated, and not what it is made of? */
const isRuled = ({ primitive }: Equation): boolean =>
  primitive === linearSolvePrimitive || Object.values<keyof ParamKinds>(primitive.params).includes("lazy")

/** Through a rule, does the derivative of a result depend on that of an operand? */
const passesOf = (equation: Equation): (result: number, operand: number) => boolean => {
  const { inputs } = subTraces(equation)[0]![1]
  const places = range(inputs.length)
  // what a function closes over is no argument of its rule
  const args = typeof equation.params["args"] === "number" ? equation.params["args"] : inputs.length
  const active = inputs.map(({ dtype }, i) => i < args && isFloat(dtype))
  const alone: Trace = {
    inputs,
    captured: [],
    equations: [{ ...equation, operands: places, result: inputs.length }],
    outputs: equation.results.map((_, r) => inputs.length + r),
    argumentTree: tuple(inputs.length),
    resultTree: tuple(equation.results.length)
  }
  const { linear, residuals, tangents } = Effect.runSync(
    Effect.provideService(transform.linearize(alone, active), Interpreter, evaluator)
  )
  const depends = dependenceOf(linear.trace)
  const place = (flags: ReadonlyArray<boolean>, i: number) => flags.slice(0, i).filter(Boolean).length
  return (result, operand) =>
    tangents[result] === true && active[operand] === true &&
    depends[place(tangents, result)]![residuals + place(active, operand)]!
}

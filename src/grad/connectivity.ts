/**
 * Connectivity: which inputs of a linear list its first output depends on, given the values that decide.
 *
 * It is a function of the list and its coefficients, and no way of tracing: every value is followed by the set of inputs
 * on which it depends, through equations with sub-lists step by step, where a branch that is not taken does not connect.
 * A decision that is not known (it is abstract under `jit` or `vmap`) matters only if its answers connect differently.
 */
import * as Effect from "effect/Effect"
import { type Facts, interpret, Undecided } from "../core/abstract.ts"
import { TracedValueError } from "../core/errors.ts"
import { compute, concreteValues } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { LinearTrace } from "../core/linear-trace.ts"
import type { OpEffect } from "../core/primitive.ts"
import { subTraces } from "../core/structure.ts"
import type { ConcreteTensor, Tensor } from "../core/tensor.ts"
import { isConcrete } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"

/** A value, as far as it is known, and the inputs that it depends on: a bit for each. */
interface Followed {
  readonly value: ConcreteTensor | undefined
  readonly inputs: bigint
}

const unknown = (inputs: bigint): Followed => ({ value: undefined, inputs })

/** Dependence on inputs; where decisions are not known, whichever way they go has to connect alike. */
const dependence: Facts<Followed> = {
  captured: (x) => ({ value: isConcrete(x) ? x : undefined, inputs: 0n }),
  apply: (equation, operands) => {
    const inputs = operands.reduce((bits, x) => bits | x.inputs, 0n)
    if (inputs !== 0n) {
      return equation.primitive.linear === "lists" ? undefined : equation.results.map(() => unknown(inputs))
    }
    return operands.every(({ value }) => value !== undefined)
      ? compute(equation, operands.map(({ value }) => value!)).map((value) => ({ value, inputs }))
      : equation.results.map(() => unknown(inputs))
  },
  values: {
    read: ({ value }) => {
      if (value === undefined) throw new Undecided()
      return value
    },
    slice: ({ inputs, value }, index) =>
      value === undefined ? unknown(inputs) : { inputs, value: concreteValues.slice(value, index) },
    stack: (aval) => {
      const elements = concreteValues.stack(aval)
      let [inputs, isKnown] = [0n, true]
      return {
        put: (index, part) => {
          inputs |= part.inputs
          if (part.value === undefined) isKnown = false
          else if (isKnown) elements.put(index, part.value)
        },
        done: () => isKnown ? { inputs, value: elements.done() } : unknown(inputs)
      }
    }
  },
  join: (a, b) => {
    if (a.inputs !== b.inputs) throw new Undecided()
    return unknown(a.inputs)
  }
}

/** Is there a decision in it, at any depth? */
export const decides = (trace: Trace): boolean =>
  trace.equations.some((equation) => {
    const lists = subTraces(equation)
    return lists.length > 1 || lists.some(([, list]) => decides(list))
  })

/** The elements of a tensor, if they are known here. */
const valueOf = (x: Tensor, op: string): OpEffect<ConcreteTensor | undefined> =>
  Effect.flatMap(
    Interpreter,
    (interpreter) =>
      Effect.catchTag(interpreter.read(x, op, undefined), ["TracedValueError"], () => Effect.succeed(undefined))
  )

/**
 * Which linear inputs the first output depends on. Fails with `TracedValueError` where that depends on a value which is
 * not known.
 */
export const connectionsOf = (
  op: string,
  { linear, trace }: LinearTrace,
  coefficients: ReadonlyArray<Tensor>
): OpEffect<ReadonlyArray<boolean>> =>
  Effect.gen(function*() {
    const known = decides(trace)
      ? yield* Effect.forEach(coefficients, (x) => valueOf(x, op))
      : coefficients.map(() => undefined)
    let [coefficient, input] = [0, 0n]
    const args = linear.map((isLinear) =>
      isLinear ? unknown(1n << input++) : { value: known[coefficient++], inputs: 0n }
    )
    try {
      const reached = interpret(dependence, trace, args)[0]?.inputs ?? 0n
      return Array.from({ length: Number(input) }, (_, i) => (reached >> BigInt(i) & 1n) === 1n)
    } catch (error) {
      if (!(error instanceof Undecided)) throw error
      return yield* new TracedValueError({
        op,
        message: `${op} requires known values to tell which arguments are connected, got a cond or switchCase whose ` +
          `branches connect differently and whose predicate is abstract here; use unconnected: "zero", or take the ` +
          `gradient outside of jit and vmap`
      })
    }
  })

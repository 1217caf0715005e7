/**
 * Connectivity: which inputs of a linear list its first output depends on, given the values that decide.
 *
 * It is a function of the list and its coefficients, and no way of tracing: every value is followed by the set of inputs
 * on which it depends, through equations with sub-lists step by step, where a branch that is not taken does not connect.
 * A decision that is not known (it is abstract under `jit` or `vmap`) matters only if its answers connect differently.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../core/dtype.ts"
import { TracedValueError } from "../core/errors.ts"
import { compute } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { LinearTrace } from "../core/linear-trace.ts"
import type { Step, Values } from "../core/primitive.ts"
import { sizeOf } from "../core/shape.ts"
import { subTraces } from "../core/structure.ts"
import type { ConcreteTensor, Tensor } from "../core/tensor.ts"
import { dataOf, fromData, isConcrete, scalar } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"

/** A value, as far as it is known, and the inputs that it depends on: a bit for each. */
interface Followed {
  readonly value: ConcreteTensor | undefined
  readonly inputs: bigint
}

const unknown = (inputs: bigint): Followed => ({ value: undefined, inputs })

const union = (xs: ReadonlyArray<Followed>): bigint => xs.reduce((bits, x) => bits | x.inputs, 0n)

/** A decision was asked for whose value is not known. */
class Undecided extends Error {
  override readonly name = "Undecided"
}

/** Values as equations that unfold see them; decisions that are not known are answered by `answers`, in order. */
const valuesWith = (answers: ReadonlyArray<number>): Values<Followed> => {
  let next = 0
  return {
    read: ({ value }) => {
      if (value !== undefined) return value
      if (next === answers.length) throw new Undecided()
      return scalar("int32", answers[next++]!)
    },
    slice: ({ inputs, value }, index) => {
      if (value === undefined) return unknown(inputs)
      const shape = value.shape.slice(1)
      const size = sizeOf(shape)
      return { inputs, value: fromData(shape, value.dtype, dataOf(value).subarray(index * size, (index + 1) * size)) }
    },
    stack: ({ dtype, shape }) => {
      const data = allocate(dtype, sizeOf(shape))
      const size = sizeOf(shape.slice(1))
      let [inputs, isKnown] = [0n, true]
      return {
        put: (index, part) => {
          inputs |= part.inputs
          if (part.value === undefined) isKnown = false
          else if (isKnown) data.set(dataOf(part.value), index * size)
        },
        done: () => isKnown ? { inputs, value: fromData(shape, dtype, data) } : unknown(inputs)
      }
    }
  }
}

const unfolded = (equation: Equation, operands: ReadonlyArray<Followed>, answers: ReadonlyArray<number>) => {
  const steps = equation.primitive.unfold!(operands, equation.params, valuesWith(answers))
  let step = steps.next([])
  while (step.done !== true) step = steps.next(follow(step.value.trace, step.value.args))
  return step.value
}

/** The results of an equation whose decisions are known, or lead to the same connections whatever they are. */
const decided = (equation: Equation, operands: ReadonlyArray<Followed>): ReadonlyArray<Followed> => {
  const alternatives = Math.max(2, subTraces(equation).length)
  // connections only grow from step to step of a loop, at most once for each operand
  const most = operands.length + 1
  const explore = (answers: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<Followed>> => {
    try {
      return [unfolded(equation, operands, answers)]
    } catch (error) {
      if (!(error instanceof Undecided) || answers.length > most) throw error
      return Array.from({ length: alternatives }, (_, a) => explore([...answers, a])).flat()
    }
  }
  const [first, ...others] = explore([]) as [ReadonlyArray<Followed>, ...Array<ReadonlyArray<Followed>>]
  if (others.length === 0) return first
  if (others.some((other) => other.some((x, i) => x.inputs !== first[i]!.inputs))) throw new Undecided()
  return first.map(({ inputs }) => unknown(inputs))
}

/** The outputs of a list. Throws `Undecided`. */
const follow = (trace: Trace, args: ReadonlyArray<Followed>): ReadonlyArray<Followed> => {
  const values: Array<Followed> = [...args]
  for (const x of trace.captured) values.push({ value: isConcrete(x) ? x : undefined, inputs: 0n })
  for (const equation of trace.equations) {
    const operands = equation.operands.map((v) => values[v]!)
    const inputs = union(operands)
    if (inputs !== 0n && equation.primitive.linear === "lists") values.push(...decided(equation, operands))
    else if (inputs === 0n && operands.every(({ value }) => value !== undefined)) {
      const known = operands.map(({ value }) => value!)
      for (const value of compute(equation, known)) values.push({ value, inputs })
    } else for (let r = 0; r < equation.results.length; r++) values.push(unknown(inputs))
  }
  return trace.outputs.map((v) => values[v]!)
}

/** Is there a decision in it, at any depth? */
const decides = (trace: Trace): boolean =>
  trace.equations.some((equation) => {
    const lists = subTraces(equation)
    return lists.length > 1 || lists.some(([, list]) => decides(list))
  })

/** The elements of a tensor, if they are known here. */
const valueOf = (x: Tensor, op: string): Step<ConcreteTensor | undefined> =>
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
): Step<ReadonlyArray<boolean>> =>
  Effect.gen(function*() {
    const known = decides(trace)
      ? yield* Effect.forEach(coefficients, (x) => valueOf(x, op))
      : coefficients.map(() => undefined)
    let [coefficient, input] = [0, 0n]
    const args = linear.map((isLinear) =>
      isLinear ? unknown(1n << input++) : { value: known[coefficient++], inputs: 0n }
    )
    try {
      const reached = follow(trace, args)[0]?.inputs ?? 0n
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

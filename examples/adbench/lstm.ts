/**
 * ADBench's recurrent network: an LSTM whose gates are elementwise, predicting a sequence of characters, one scan over
 * the sequence.
 */
import { Effect } from "effect"
import { add, div, exp, log, mul, neg, scan, sigmoid, slice, sub, sum, tanh } from "wengert"
import type { Tensor } from "wengert"

type Vector = Tensor<[number], "float64">
type Matrix = Tensor<[number, number], "float64">

/** What is learnt. */
export interface LstmParameters {
  /** `[layers, 2, 4, b]`: weights and biases of the gates forget, in, out and change. */
  readonly main: Tensor<[number, number, number, number], "float64">
  /** `[3, b]`: the weights of the input, the weights of the output, the bias of the output. */
  readonly extra: Matrix
}

/** What is carried from one character to the next, for each layer. */
export type LstmState = Array<{ readonly hidden: Vector; readonly cell: Vector }>

/** A layer's parameters, one vector of a size b for each gate. */
const layer = (main: LstmParameters["main"], index: number) => {
  const gate = (name: number) => Effect.all({ weight: slice(main, index, 0, name), bias: slice(main, index, 1, name) })
  return Effect.all({ forget: gate(0), ingate: gate(1), outgate: gate(2), change: gate(3) })
}

type Layer = Effect.Success<ReturnType<typeof layer>>

/** One step of one layer on the input `u`. */
const step = ({ change, forget, ingate, outgate }: Layer, { cell, hidden }: LstmState[number], u: Vector) =>
  Effect.gen(function*() {
    const kept = mul(cell, sigmoid(add(mul(u, forget.weight), forget.bias)))
    const gained = mul(
      sigmoid(add(mul(hidden, ingate.weight), ingate.bias)),
      tanh(add(mul(hidden, change.weight), change.bias))
    )
    const next = yield* add(kept, gained)
    return { cell: next, hidden: yield* mul(sigmoid(add(mul(u, outgate.weight), outgate.bias)), tanh(next)) }
  })

/** The objective for characters `sequence` `[c, b]`: the mean negative log-likelihood of each, given those before it. */
export const lstm = (state: LstmState, sequence: Matrix) => ({ extra, main }: LstmParameters) =>
  Effect.gen(function*() {
    const layers = yield* Effect.forEach(state, (_, i) => layer(main, i))
    const [inWeight, outWeight, outBias] = yield* Effect.all([slice(extra, 0), slice(extra, 1), slice(extra, 2)])

    const predict = (state: LstmState, { target, u }: { readonly u: Vector; readonly target: Vector }) =>
      Effect.gen(function*() {
        let x = yield* mul(u, inWeight)
        const after: LstmState = []
        for (const [i, parameters] of layers.entries()) {
          const next = yield* step(parameters, state[i]!, x)
          after.push(next)
          x = next.hidden
        }
        const y = yield* add(mul(x, outWeight), outBias)
        const normalized = sub(y, log(add(2, sum(exp(y)))))
        return [after, yield* sum(mul(target, normalized))] as const
      })

    const pairs = { u: yield* slice(sequence, [0, -1]), target: yield* slice(sequence, [1, null]) }
    const [, logLikelihoods] = yield* scan(predict, state, pairs)
    return yield* neg(div(sum(logLikelihoods), pairs.u.size))
  })

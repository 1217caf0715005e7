/**
 * A recurrent network reads a text: `scan` is one line of the list, however long the text is, and so is its derivative.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { grad, slice, Tensor, trace } from "wengert"
import { isAvailable, readLstm, skipped } from "./adbench/data.ts"
import { lstm } from "./adbench/lstm.ts"

const program = Effect.gen(function*() {
  const { expected, parameters, sequence, state } = readLstm("l2_c1024")

  for (const length of [16, 128, 1024]) {
    const start = lstm(state, yield* slice(sequence, [0, length]))
    const list = yield* trace(grad(start))(parameters)
    const loss = yield* start(parameters)
    console.log(`${length} characters: loss ${loss}, ${list.equations.length} equations for the gradient`)
  }

  const gradient = yield* grad(lstm(state, sequence))(parameters)
  const found = [...yield* Tensor.data(gradient.main), ...yield* Tensor.data(gradient.extra)]
  const error = Math.max(...found.map((x, i) => Math.abs(x - expected.gradient[i]!)))
  console.log(`largest difference from the gradient that ADBench's authors derived by hand: ${error}`)
  assert(error < 1e-12)
})

if (isAvailable) Effect.runSync(program)
else console.log(skipped("the recurrent network"))

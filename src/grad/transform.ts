/**
 * The transformations, as functions from list to list.
 */
import * as Effect from "effect/Effect"
import type { LinearTrace } from "../core/linear-trace.ts"
import { flagsText, Memory } from "../core/memory.ts"
import type { Around, Contractions, OpEffect, Transform } from "../core/primitive.ts"
import type { Trace } from "../core/trace.ts"
import { batchTrace } from "./batch.ts"
import { jvpTrace, linearizeTrace } from "./forward.ts"
import { supportTrace } from "./support.ts"
import { taylorTrace } from "./taylor.ts"
import { transposeTrace } from "./transpose.ts"

/**
 * A transformation that is applied to a list once, and remembered. What a rule does beside writing, a user's rule too,
 * is so done once for each list; what fails is not remembered.
 */
const once = <Args extends ReadonlyArray<any>, A>(
  listOf: (given: Args[0]) => Trace,
  question: (...args: NoInfer<Args>) => string,
  transformation: (...args: Args) => OpEffect<A>
): (...args: Args) => OpEffect<A> => {
  const memory = new Memory<A>()
  return (...args) =>
    Effect.suspend(() => {
      const [trace, asked] = [listOf(args[0]), question(...args)]
      const known = memory.recall(trace, asked)
      return known === undefined
        ? Effect.map(transformation(...args), (answer) => memory.keep(trace, asked, answer))
        : Effect.succeed(known)
    })
}

type Flags = ReadonlyArray<boolean>

const itself = (trace: Trace): Trace => trace
const ofLinear = ({ trace }: LinearTrace): Trace => trace

/** Forward mode for lists whose inputs may, or may not, depend on one another. */
const forwardOf = (inputs: Around["inputs"]): Pick<Transform, "jvp" | "linearize"> => ({
  jvp: once(
    itself,
    (_: Trace, active: Flags, mode = "jvp") => `${mode} ${flagsText(active)}`,
    (trace: Trace, active: Flags, mode?: "jvp" | "linearize") => jvpTrace(within, trace, active, inputs, mode)
  ),
  linearize: once(
    itself,
    (_: Trace, active: Flags) => flagsText(active),
    (trace: Trace, active: Flags) => linearizeTrace(within, trace, active, inputs)
  )
})

/** What rules of primitives with sub-traces are handed, so that they can transform those. */
const within: Transform = {
  ...forwardOf("bound"),
  taylor: once(
    itself,
    (_: Trace, active: Flags, order: number, given = order) => `${flagsText(active)} ${order} ${given}`,
    (trace: Trace, active: Flags, order: number, given?: number) => taylorTrace(within, trace, active, order, given)
  ),
  transpose: once(
    ofLinear,
    ({ linear }: LinearTrace, cotangents: Flags) => `${flagsText(linear)} ${flagsText(cotangents)}`,
    (linear: LinearTrace, cotangents: Flags) => transposeTrace(within, linear, cotangents)
  ),
  support: once(
    ofLinear,
    ({ linear }: LinearTrace, supported: Flags, contractions: Contractions) =>
      `${flagsText(linear)} ${flagsText(supported)} ${contractions}`,
    (linear: LinearTrace, supported: Flags, contractions: Contractions) =>
      supportTrace(within, linear, supported, contractions)
  ),
  batch: once(
    itself,
    (_: Trace, batched: Flags, size: number, force: Flags = []) => `${flagsText(batched)} ${size} ${flagsText(force)}`,
    (trace: Trace, batched: Flags, size: number, force?: Flags) => batchTrace(within, trace, batched, size, force)
  )
}

/** The transformations of a whole program, whose arguments are independent. */
export const transform: Transform = { ...within, ...forwardOf("free") }

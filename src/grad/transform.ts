/**
 * The transformations, as functions from list to list.
 */
import * as Effect from "effect/Effect"
import { flagsText, Memory } from "../core/memory.ts"
import type { Step, Transform } from "../core/primitive.ts"
import type { Trace } from "../core/trace.ts"
import { batchTrace } from "./batch.ts"
import { jvpTrace, linearizeTrace } from "./forward.ts"
import { supportTrace } from "./support.ts"
import { transposeTrace } from "./transpose.ts"

/**
 * A transformation that is applied to a list once, and remembered. What a rule does beside writing, a user's rule too,
 * is so done once for each list; what fails is not remembered.
 */
const once = <Args extends ReadonlyArray<unknown>, A>(
  transformation: (trace: Trace, ...args: Args) => Step<A>,
  question: (...args: Args) => string
): (trace: Trace, ...args: Args) => Step<A> => {
  const memory = new Memory<A>()
  return (trace, ...args) =>
    Effect.suspend(() => {
      const asked = question(...args)
      const known = memory.recall(trace, asked)
      return known === undefined
        ? Effect.map(transformation(trace, ...args), (answer) => memory.keep(trace, asked, answer))
        : Effect.succeed(known)
    })
}

const transformWith = (contractions: Transform["contractions"]): Transform => {
  const self: Transform = {
    contractions,
    jvp: once(
      (trace, active: ReadonlyArray<boolean>, mode?: "jvp" | "linearize") => jvpTrace(self, trace, active, mode),
      (active, mode = "jvp") => `${mode} ${flagsText(active)}`
    ),
    linearize: once(
      (trace, active: ReadonlyArray<boolean>) => linearizeTrace(self, trace, active),
      flagsText
    ),
    transpose: once(
      (trace, linear: ReadonlyArray<boolean>, cotangents: ReadonlyArray<boolean>) =>
        transposeTrace(self, trace, linear, cotangents),
      (linear, cotangents) => `${flagsText(linear)} ${flagsText(cotangents)}`
    ),
    support: once(
      (trace, linear: ReadonlyArray<boolean>, supported: ReadonlyArray<boolean>) =>
        supportTrace(self, trace, linear, supported),
      (linear, supported) => `${flagsText(linear)} ${flagsText(supported)}`
    ),
    batch: once(
      (trace, batched: ReadonlyArray<boolean>, size: number, force?: ReadonlyArray<boolean>) =>
        batchTrace(self, trace, batched, size, force),
      (batched, size, force = []) => `${flagsText(batched)} ${size} ${flagsText(force)}`
    )
  }
  return self
}

/** What rules of primitives with sub-traces are handed, so that they can transform those. */
export const transform: Transform = transformWith("keep")

/** The same, for the supports of basis vectors. */
export const basisTransform: Transform = transformWith("drop")

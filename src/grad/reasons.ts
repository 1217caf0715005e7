/**
 * The seam to `explain`: a gradient that is refused says why, where the room that knows it is loaded.
 *
 * `grad` does not import that room, which is larger than itself, so that a program that asks for no reasons does not carry
 * it. Nothing but what an error says depends on it.
 */
import * as Effect from "effect/Effect"
import { UnconnectedGradientError } from "../core/errors.ts"
import type { OpEffect } from "../core/primitive.ts"
import type { Tensor } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"

/** An argument of a list, and whether it is differentiated. */
export interface Leaf {
  /** For example `args[0].layers[0].w`. */
  readonly path: string
  readonly value: Tensor
  readonly active: boolean
}

/** The error of `op` for a list with one scalar result, with reasons; `undefined` where it finds all connected. */
export type Explainer = (
  op: string,
  trace: Trace,
  leaves: ReadonlyArray<Leaf>
) => OpEffect<UnconnectedGradientError | undefined>

let explainer: Explainer | undefined

/** What explains from now on. */
export const explainWith = (known: Explainer): void => {
  explainer = known
}

/** The error for leaves that are unconnected: those at `missing`. */
export const refusal = (
  op: string,
  trace: Trace,
  leaves: ReadonlyArray<Leaf>,
  missing: ReadonlyArray<string>
): OpEffect<UnconnectedGradientError> =>
  Effect.map(
    explainer?.(op, trace, leaves) ?? Effect.succeed(undefined),
    (explained) =>
      explained ?? new UnconnectedGradientError({
        op,
        paths: missing,
        message: `${op} requires a differentiable path from every argument to the result, got none from ${
          missing.join(", ")
        }`
      })
  )

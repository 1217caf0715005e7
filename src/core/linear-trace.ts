/**
 * Linear lists: lists that are linear in some of their inputs, tangents or cotangents. Their other inputs are
 * coefficients, residuals for example.
 */
import type { Trace } from "./trace.ts"

/** A list, and the inputs that it is linear in. */
export interface LinearTrace {
  readonly trace: Trace
  /** For each input: is the list linear in it? The others are coefficients. */
  readonly linear: ReadonlyArray<boolean>
}

/** A list that is linear in its inputs behind so many coefficients. */
export const linearBehind = (coefficients: number, trace: Trace): LinearTrace => ({
  trace,
  linear: trace.inputs.map((_, i) => i >= coefficients)
})

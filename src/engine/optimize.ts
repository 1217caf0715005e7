/**
 * Passes from list to list.
 */
import type { Trace } from "../core/trace.ts"

/** The list that is compiled. */
export const optimize = (trace: Trace): Trace => trace

/**
 * The transformations, as functions from list to list.
 */
import type { Transform } from "../core/primitive.ts"
import { batchTrace } from "./batch.ts"
import { jvpTrace, linearizeTrace } from "./forward.ts"
import { supportTrace } from "./support.ts"
import { transposeTrace } from "./transpose.ts"

/** What rules of primitives with sub-traces are handed, so that they can transform those. */
export const transform: Transform = {
  jvp: (trace, active, mode) => jvpTrace(transform, trace, active, mode),
  linearize: (trace, active) => linearizeTrace(transform, trace, active),
  transpose: (trace, linear, cotangents) => transposeTrace(transform, trace, linear, cotangents),
  support: (trace, linear, supported) => supportTrace(transform, trace, linear, supported),
  batch: (trace, batched, size, force) => batchTrace(transform, trace, batched, size, force)
}

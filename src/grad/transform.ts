/**
 * The transformations, as functions from list to list.
 */
import type { Transform } from "../core/primitive.ts"
import { batchTrace } from "./batch.ts"
import { jvpTrace, linearizeTrace } from "./forward.ts"
import { supportTrace } from "./support.ts"
import { transposeTrace } from "./transpose.ts"

const transformWith = (contractions: Transform["contractions"]): Transform => {
  const self: Transform = {
    contractions,
    jvp: (trace, active, mode) => jvpTrace(self, trace, active, mode),
    linearize: (trace, active) => linearizeTrace(self, trace, active),
    transpose: (trace, linear, cotangents) => transposeTrace(self, trace, linear, cotangents),
    support: (trace, linear, supported) => supportTrace(self, trace, linear, supported),
    batch: (trace, batched, size, force) => batchTrace(self, trace, batched, size, force)
  }
  return self
}

/** What rules of primitives with sub-traces are handed, so that they can transform those. */
export const transform: Transform = transformWith("keep")

/** The same, for the supports of basis vectors. */
export const basisTransform: Transform = transformWith("drop")

/**
 * Laws of corners of rules that ordinary programs do not come to: custom rules that are not linear, results that are whole numbers, loops
 * of which a part has no batch, matrices without elements, what fails and what is not defined.
 */
import type { Cases } from "./cases.ts"
import { control } from "./corners/control.ts"
import { customRules } from "./corners/custom-rules.ts"
import { ends } from "./corners/ends.ts"
import { indices } from "./corners/indices.ts"
import { matrices } from "./corners/spectra.ts"
import { zeros } from "./corners/zeros.ts"

/** Corners, by name. */
export const corners: Cases = Object.fromEntries(
  Object.entries({ ...customRules, ...indices, ...control, ...zeros, ...ends, ...matrices })
    .map(([name, laws]) => [`a corner: ${name}`, laws])
)

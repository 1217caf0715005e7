/**
 * How much a list is. Sub-traces are shared in documents, so a short one can stand for a list that is longer than anybody
 * can print or run; what counts is the list with every sub-trace written out wherever it occurs.
 */
import { subTracesAndRules } from "../core/structure.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { limits } from "./document.ts"

/** Variables, and how deep sub-traces are nested. */
export interface Extent {
  readonly variables: number
  readonly nesting: number
}

/** What a document requires of a list, unless it is met. */
export const excessOf = ({ nesting, variables }: Extent): string | undefined =>
  nesting > limits.nesting
    ? `sub-traces nested at most ${limits.nesting} deep`
    : variables > limits.variables
    ? `at most ${limits.variables} variables, counting sub-traces wherever they occur`
    : undefined

/** Extents of lists that have been measured. */
export type Extents = Map<Trace, Extent>

type Counted = ReadonlyArray<unknown>

/** The extent of a list before its first equation. */
export const startOf = ({ captured, inputs }: { readonly captured: Counted; readonly inputs: Counted }): Extent => ({
  variables: inputs.length + captured.length,
  nesting: 0
})

/** The extent with one more equation, which has so many results. */
export const extend = (
  extent: Extent,
  equation: Pick<Equation, "params" | "primitive">,
  results: number,
  extents: Extents
): Extent => {
  let { nesting, variables } = extent
  for (const [, sub] of subTracesAndRules(equation)) {
    const inner = extents.get(sub)!
    variables += inner.variables
    nesting = Math.max(nesting, inner.nesting + 1)
  }
  return { variables: variables + results, nesting }
}

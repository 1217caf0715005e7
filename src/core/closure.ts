/**
 * Sub-traces are closed: what a sub-program takes from the list around it becomes an operand of the equation.
 */
import type { Aval, Tensor } from "./tensor.ts"
import { isConcrete } from "./tensor.ts"
import type { Trace } from "./trace.ts"
import { avalsOf, seal } from "./trace.ts"
import { tuple } from "./tree.ts"

/** The traced tensors that lists capture, each once. */
export const freeTensors = (traces: ReadonlyArray<Trace>): ReadonlyArray<Tensor> => [
  ...new Set(traces.flatMap((t) => t.captured.filter((x) => !isConcrete(x))))
]

/** The list with `free` as further inputs, at the end or in front, in place of what it captured of them. */
export const closeOver = (trace: Trace, free: ReadonlyArray<Tensor>, place: "end" | "front" = "end"): Trace => {
  const avals: Array<Aval> = avalsOf(trace)
  const extra = free.map((x) => avals.push(x) - 1)
  const first = trace.inputs.length
  const inputs = trace.inputs.map((_, i) => i)
  const captured = new Map<number, Tensor>()
  const renamed = new Map<number, number>()
  trace.captured.forEach((x, i) => {
    const j = free.indexOf(x)
    if (j === -1) captured.set(first + i, x)
    else renamed.set(first + i, extra[j]!)
  })
  const rename = (v: number): number => renamed.get(v) ?? v
  return seal(
    {
      avals,
      captured,
      inputs: place === "front" ? [...extra, ...inputs] : [...inputs, ...extra],
      equations: renamed.size === 0
        ? trace.equations
        : trace.equations.map((e) => ({ ...e, operands: e.operands.map(rename) }))
    },
    trace.outputs.map(rename),
    { argumentTree: tuple(first + free.length), resultTree: trace.resultTree }
  )
}

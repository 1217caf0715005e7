/**
 * Steps of a schedule, as a line of text each.
 */
import type { Aval } from "../core/tensor.ts"
import { showAval } from "../core/tensor.ts"
import type { Step } from "./schedule.ts"

/** `strip[6]: sin, mul; sum`, or `dot: float32[2,3], float32[3,4]`. */
export const describe = (step: Step, avals: ReadonlyArray<Aval>): string => {
  if (step.kind === "kernel") {
    const operands = step.operands.map((x) => showAval({ shape: x.shape, dtype: avals[x.root]!.dtype }))
    const names = [step.before, step.equation].flatMap((equation) =>
      equation === undefined ? [] : [equation.primitive.name]
    )
    return `${names.join(", ")}: ${operands.join(", ")}`
  }
  const items = step.items.map((item) => item.name).join(", ")
  const reductions = step.reductions.map((r) => r.name).join(", ")
  return `strip[${step.size}]: ${[items, reductions].filter((part) => part !== "").join("; ")}`
}

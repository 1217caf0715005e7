/**
 * How many equations a list has.
 */
import type { Trace } from "wengert"

/** The lists inside of an equation. */
const inner = ({ params, primitive }: Trace["equations"][number]): ReadonlyArray<Trace> =>
  Object.entries(primitive.params).flatMap(([name, kind]) =>
    // the kind says what the parameter is
    kind === "trace" ? [params[name] as Trace] : kind === "traces" ? params[name] as ReadonlyArray<Trace> : []
  )

/** Numbers of equations, by the name of the primitive. */
export type Counts = ReadonlyMap<string, number>

/** The equations of a list, and of the lists inside of it. */
export const count = (list: Trace, counts = new Map<string, number>()): Counts => {
  for (const equation of list.equations) {
    counts.set(equation.primitive.name, (counts.get(equation.primitive.name) ?? 0) + 1)
    for (const body of inner(equation)) count(body, counts)
  }
  return counts
}

/** The sum of all counts. */
export const total = (counts: Counts): number => [...counts.values()].reduce((a, b) => a + b, 0)

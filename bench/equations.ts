/**
 * The list of a gradient is as long as that of its objective, times a small number: what nobody needs is not there.
 */
import { Effect } from "effect"
import { Trace, trace } from "wengert"
import { isAvailable, skipped } from "../examples/adbench/data.ts"
import { agree, table } from "./measure.ts"
import { problems, squaredNorm } from "./problems.ts"

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

/** The primitives of which there are most, and how many more than before. */
const most = (before: Counts, after: Counts): string =>
  [...after].toSorted(([, a], [, b]) => b - a).slice(0, 4).map(([name, n]) => `${name} ${before.get(name) ?? 0}→${n}`)
    .join(
      ", "
    )

export const equations = (): void => {
  console.log("Equations of an objective and of its derivative, with those of loop bodies and branches\n")
  if (!isAvailable) {
    console.log(skipped("the equations of ADBench"))
    return
  }
  const rows = problems().map(({ derivative, expected, name, objective, parameters }) => {
    const lists = [trace(objective)(parameters), trace(derivative)(parameters)].map((list) => Effect.runSync(list))
    for (const [i, list] of lists.entries()) {
      agree(name, Effect.runSync(Effect.flatMap(Trace.evaluate(list, [parameters]), squaredNorm)), expected[i]!)
    }
    const [before, after] = lists.map((list) => count(list)) as [Counts, Counts]
    return [name, String(total(before)), String(total(after)), total(after) / total(before), most(before, after)]
  })
  table(["", "objective", "derivative", "ratio", "most of them"], rows)
}

if (import.meta.main) equations()

/**
 * The list of a gradient is as long as that of its objective, times a small number: what nobody needs is not there.
 */
import { Effect } from "effect"
import { Trace, trace } from "wengert"
import { isAvailable, skipped } from "../examples/adbench/data.ts"
import type { Counts } from "./count.ts"
import { count, total } from "./count.ts"
import { agree, table } from "./measure.ts"
import { problems, squaredNorm } from "./problems.ts"

/** The primitives of which there are most, and how many more than before. */
const most = (before: Counts, after: Counts): string =>
  [...after].toSorted(([, a], [, b]) => b - a).slice(0, 4).map(([name, n]) => `${name} ${before.get(name) ?? 0}→${n}`)
    .join(
      ", "
    )

const equations = (): void => {
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

equations()

/**
 * The list of a gradient is as long as that of its objective, times a small number: what nobody needs is not there.
 */
import { Effect } from "effect"
import { grad, square, sum, Tensor, Trace, trace } from "wengert"
import type { OpError } from "wengert"
import { reprojectionError } from "../examples/adbench/ba.ts"
import { isAvailable, readHand, skipped } from "../examples/adbench/data.ts"
import { hand } from "../examples/adbench/hand.ts"
import type { Counts } from "./count.ts"
import { count, total } from "./count.ts"
import { agree, table } from "./measure.ts"
import { smallest, squaredNorm } from "./problems.ts"

const run = <A>(program: Effect.Effect<A, OpError>): A => Effect.runSync(program)

/** The primitives of which there are most, before and after. */
const most = (before: Counts, after: Counts): string => {
  const first = [...after].toSorted(([, a], [, b]) => b - a).slice(0, 4)
  return first.map(([name, n]) => `${name} ${before.get(name) ?? 0} → ${n}`).join(", ")
}

/** A row of the table. */
const compare = (name: string, objective: Trace, derivative: Trace) => {
  const [before, after] = [count(objective), count(derivative)]
  return [name, String(total(before)), String(total(after)), total(after) / total(before), most(before, after)]
}

/** The derivatives that the benchmark asks for: gradients, and the Jacobians of `ba` and `hand`. */
const asked = () =>
  smallest().map(({ derivative, expected, name, objective, parameters }) => {
    const lists = [run(trace(objective)(parameters)), run(trace(derivative)(parameters))] as const
    for (const [i, list] of lists.entries()) {
      agree(name, run(Effect.flatMap(Trace.evaluate(list, [parameters]), squaredNorm)), expected[i]!)
    }
    return compare(name.split(" ")[0]!, ...lists)
  })

/** Gradients of what one minimises in `ba` and `hand`, the sum of the squares. */
const squares = () => {
  const { model, targets, theta } = readHand("hand1_t26_c100")
  const ofHand = (pose: typeof theta) => sum(square(hand(model, targets)(pose)))
  const ofBa = (...args: Parameters<typeof reprojectionError>) => sum(square(reprojectionError(...args)))
  const observation = [Tensor.spec([11]), Tensor.spec([3]), Tensor.spec([]), Tensor.spec([2])] as const
  return [
    compare(
      "ba, squares of one observation",
      run(trace(ofBa)(...observation)),
      run(trace(grad(ofBa, { argnums: [0, 1, 2] }))(...observation))
    ),
    compare("hand, squares", run(trace(ofHand)(theta)), run(trace(grad(ofHand))(theta)))
  ]
}

console.log("Equations of an objective and of its derivative, with those of loop bodies and branches\n")
if (isAvailable) table(["", "objective", "derivative", "ratio", "most of them"], [...asked(), ...squares()])
else console.log(skipped("the equations of ADBench"))

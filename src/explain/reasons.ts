/**
 * Which leaves of a list's arguments are connected with its result, and why the others are not.
 */
import type { Cause, LeafReport } from "../core/report.ts"
import type { Trace } from "../core/trace.ts"
import type { Leaf } from "../grad/reasons.ts"
import type { Barrier } from "./graph.ts"
import { connects, cutOf, frontierOf, leads, routesOf, wayOf } from "./paths.ts"
import * as remedy from "./remedy.ts"
import { runOf } from "./run.ts"
import { opOf, stepOf, stepsOf } from "./step.ts"

/** What is known of the connection of one leaf. */
export type Connection = Pick<LeafReport, "path" | "status" | "causes" | "cut" | "witness">

const causeOf = (path: string, only: boolean) => (barrier: Barrier): Cause => {
  const { _tag, branch, equation, ran } = barrier
  const step = { ...stepOf(equation), remedy: remedy.barred(path, opOf(equation), barrier, only) }
  return _tag === "BranchNotTaken"
    ? { _tag, ...step, branch, ran: [...ran].sort((a, b) => a - b) }
    : { _tag, ...step }
}

/** The connection of each active leaf with the one result of a list. What is abstract decides nothing. */
export const connectionsOf = (trace: Trace, leaves: ReadonlyArray<Leaf>): ReadonlyArray<Connection> => {
  const run = runOf(trace, leaves)
  const numbers = routesOf(run, "numbers")
  // what no number leads from may still decide
  let decisions: typeof numbers | undefined
  return leaves.filter(({ active }) => active).map(({ path }, leaf): Connection => {
    if (connects(numbers, leaf)) {
      const witness = stepsOf(wayOf(numbers, leaf).flatMap((n) => run.nodes[n]!.equation ?? []))
      return { path, status: "connected", causes: [], cut: [], witness }
    }
    const unconnected = { path, status: "unconnected", witness: [] } as const
    const routes = leads(numbers, leaf) ? numbers : decisions ??= routesOf(run, "decisions")
    if (!leads(routes, leaf)) {
      return {
        ...unconnected,
        causes: [{ _tag: "Unused", op: "", site: undefined, remedy: remedy.unused(path) }],
        cut: []
      }
    }
    const cut = cutOf(run, routes, leaf)
    const all = [...new Set([...frontierOf(run, routes, leaf), ...cut])]
    const cause = causeOf(path, all.length === 1)
    return { ...unconnected, causes: all.map(cause), cut: cut.map(cause) }
  })
}

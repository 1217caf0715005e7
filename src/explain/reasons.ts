/**
 * Which leaves of a list's arguments are connected with its result, and why the others are not.
 */
import type { Cause, LeafReport } from "../core/report.ts"
import type { Equation, Trace } from "../core/trace.ts"
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

/** How a derivative goes from a leaf to the result, or where it ends. */
export interface Route {
  readonly path: string
  readonly isConnected: boolean
  /** What it passes on its way; of a leaf that is not connected, with the barriers that it would cross. */
  readonly way: ReadonlyArray<Equation>
  /** All barriers that it meets first, and those of the cut. */
  readonly barriers: ReadonlyArray<Barrier>
  readonly cut: ReadonlyArray<Barrier>
}

/** The routes of the active leaves to the one result of a list. What is abstract decides nothing. */
export const leafRoutes = (trace: Trace, leaves: ReadonlyArray<Leaf>): ReadonlyArray<Route> => {
  const run = runOf(trace, leaves)
  const numbers = routesOf(run, "numbers")
  // what no number leads from may still decide
  let decisions: typeof numbers | undefined
  return leaves.filter(({ active }) => active).map(({ path }, leaf): Route => {
    const routes = leads(numbers, leaf) ? numbers : decisions ??= routesOf(run, "decisions")
    const way = leads(routes, leaf) ? wayOf(routes, leaf).flatMap((n) => run.nodes[n]!.equation ?? []) : []
    if (connects(numbers, leaf)) return { path, isConnected: true, way, barriers: [], cut: [] }
    if (!leads(routes, leaf)) return { path, isConnected: false, way, barriers: [], cut: [] }
    const cut = cutOf(run, routes, leaf)
    return {
      path,
      isConnected: false,
      way,
      barriers: [...new Set([...frontierOf(run, routes, leaf), ...cut])],
      cut
    }
  })
}

/** The connection of each active leaf with the one result of a list. */
export const connectionsOf = (trace: Trace, leaves: ReadonlyArray<Leaf>): ReadonlyArray<Connection> =>
  leafRoutes(trace, leaves).map(({ barriers, cut, isConnected, path, way }): Connection => {
    if (isConnected) return { path, status: "connected", causes: [], cut: [], witness: stepsOf(way) }
    const cause = causeOf(path, barriers.length === 1)
    return {
      path,
      status: "unconnected",
      causes: barriers.length === 0
        ? [{ _tag: "Unused", op: "", site: undefined, remedy: remedy.unused(path) }]
        : barriers.map(cause),
      cut: cut.map(cause),
      witness: []
    }
  })

/**
 * Paths through a run: the shortest that a derivative goes, and the smallest set of barriers that stands in its way.
 */
import type { Barrier, Node } from "./graph.ts"
import { nowhere } from "./graph.ts"
import type { Run } from "./run.ts"

const far = Infinity

/** What it costs to cross a barrier: of as many, those are preferred that the program met. */
const toll = (barrier: Barrier): number => barrier._tag === "BranchNotTaken" ? 2 ** 20 + 1 : 2 ** 20

/** For every node, the way to the result that crosses the fewest barriers, and of those the shortest. */
export interface Routes {
  readonly along: Along
  /** What it costs; `far` where no path leads to the result. */
  readonly cost: Float64Array
  /** The next node on it. */
  readonly next: Int32Array
}

/** Which edges are paths: those of numbers, or those of decisions too. */
export type Along = "numbers" | "decisions"

/** Nodes are numbered in the order of the computation, so one sweep backwards finds all shortest paths. */
export const routesOf = (
  { nodes, result }: Run,
  along: Along,
  isGone: (barrier: Barrier) => boolean = () => false
): Routes => {
  const cost = new Float64Array(nodes.length).fill(far)
  const length = new Int32Array(nodes.length)
  const next = new Int32Array(nodes.length).fill(nowhere)
  if (result !== nowhere) cost[result] = 0
  for (let n = result; n >= 0; n--) {
    const known = cost[n]!
    if (known === far) continue
    const { barrier, blocked, decided, open } = nodes[n]!
    const relax = (from: number, price: number): void => {
      if (price > cost[from]! || (price === cost[from]! && length[n]! + 1 >= length[from]!)) return
      cost[from] = price
      length[from] = length[n]! + 1
      next[from] = n
    }
    for (const from of open) relax(from, known)
    if (along === "decisions") { for (const from of decided) relax(from, known) }
    const behind = barrier === undefined || isGone(barrier) ? known : known + toll(barrier)
    for (const from of blocked) relax(from, behind)
  }
  return { along, cost, next }
}

/** Does any path lead to the result? */
export const leads = ({ cost }: Routes, node: number): boolean => cost[node]! < far

/** Does one without barriers? */
export const connects = ({ cost }: Routes, node: number): boolean => cost[node] === 0

/** The nodes behind `start` on its way. */
export const wayOf = ({ next }: Routes, start: number): ReadonlyArray<number> => {
  const way: Array<number> = []
  for (let n = next[start]!; n !== nowhere; n = next[n]!) way.push(n)
  return way
}

/** The barriers on the way of `start`, each once. */
const barriersOn = ({ nodes }: Run, routes: Routes, start: number): ReadonlyArray<Barrier> => {
  const found = new Set<Barrier>()
  let before = start
  for (const n of wayOf(routes, start)) {
    const { barrier, blocked } = nodes[n]!
    if (barrier !== undefined && blocked.includes(before) && !passing(nodes[n]!, routes).includes(before)) {
      found.add(barrier)
    }
    before = n
  }
  return [...found]
}

/** The nodes that pass on to a node without a barrier. */
const passing = ({ decided, open }: Node, { along }: Routes): ReadonlyArray<number> =>
  along === "decisions" && decided.length > 0 ? [...open, ...decided] : open

/** The barriers that a derivative from `start` meets first, on all of its paths to the result. */
export const frontierOf = ({ nodes, result }: Run, routes: Routes, start: number): ReadonlyArray<Barrier> => {
  const reached = new Uint8Array(nodes.length)
  reached[start] = 1
  const found = new Set<Barrier>()
  for (let n = start + 1; n <= result; n++) {
    const { barrier, blocked } = nodes[n]!
    if (passing(nodes[n]!, routes).some((from) => reached[from] === 1)) reached[n] = 1
    else if (barrier !== undefined && leads(routes, n) && blocked.some((from) => reached[from] === 1)) {
      found.add(barrier)
    }
  }
  return [...found]
}

/** So many nodes may be looked at in search of a smaller set. */
const budget = 2e7

/**
 * A smallest set of barriers whose removal connects `start` with the result: those on a shortest path, where a path costs
 * what it crosses. A loop may cross one barrier many times, which counts once: then smaller sets are tried one by one, as
 * far as the budget goes. (With labels that repeat the problem is NP-hard: H. Broersma, X. Li, G. Woeginger, S. Zhang,
 * "Paths and cycles in colored graphs", Australasian Journal of Combinatorics 31, 2005.)
 */
export const cutOf = (run: Run, routes: Routes, start: number): ReadonlyArray<Barrier> => {
  const known = barriersOn(run, routes, start)
  const standing = barriersAhead(run, routes, start)
  const left = { tries: standing.repeated ? budget / run.nodes.length : 0 }
  const search = (chosen: ReadonlyArray<Barrier>, from: number, size: number): ReadonlyArray<Barrier> | undefined => {
    if (size === 0) {
      return left.tries-- > 0 && connects(routesOf(run, routes.along, (b) => chosen.includes(b)), start)
        ? chosen
        : undefined
    }
    for (let i = from; i <= standing.all.length - size && left.tries > 0; i++) {
      const found = search([...chosen, standing.all[i]!], i + 1, size - 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  for (let size = 1; size < known.length; size++) {
    const found = search([], 0, size)
    if (found !== undefined) return found
  }
  return known
}

/** All barriers on all paths from `start` to the result, and whether one stands there more than once. */
const barriersAhead = ({ nodes, result }: Run, routes: Routes, start: number) => {
  const reached = new Uint8Array(nodes.length)
  reached[start] = 1
  const all = new Set<Barrier>()
  let repeated = false
  for (let n = start + 1; n <= result; n++) {
    const { barrier, blocked } = nodes[n]!
    const isCrossed = blocked.some((from) => reached[from] === 1)
    if (!isCrossed && !passing(nodes[n]!, routes).some((from) => reached[from] === 1)) continue
    reached[n] = 1
    if (!isCrossed || !leads(routes, n)) continue
    if (all.has(barrier!)) repeated = true
    all.add(barrier!)
  }
  return { all: [...all], repeated }
}

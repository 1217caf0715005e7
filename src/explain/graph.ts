/**
 * A run as a graph: what was computed from what, and where a derivative ends.
 */
import { isFloat } from "../core/dtype.ts"
import type { ConcreteTensor } from "../core/tensor.ts"
import type { Equation } from "../core/trace.ts"

/** Where a derivative ends. An op is one barrier, however often a loop runs it; of a `cond`, each branch is one. */
export interface Barrier {
  readonly _tag: "Stopped" | "NonDifferentiable" | "BranchNotTaken"
  readonly equation: Equation
  readonly branch: number
  /** The branches that the op has run. */
  readonly ran: ReadonlySet<number>
}

/** A value that was computed. */
export interface Node {
  /** What computed it; an input has no equation, nor has what is one of several values. */
  readonly equation: Equation | undefined
  /** The values that it was computed from and whose derivatives reach it. */
  readonly open: ReadonlyArray<number>
  /** Those whose derivatives end at the barrier. */
  readonly blocked: ReadonlyArray<number>
  /** Bools and whole numbers that decided what it is: a mask, an index, a predicate. */
  readonly decided: ReadonlyArray<number>
  readonly barrier: Barrier | undefined
}

/** The number of what depends on no input. */
export const nowhere = -1

/** A value of the program, as far as it is known, and its node. */
export interface Followed {
  readonly value: ConcreteTensor | undefined
  readonly node: number
  readonly isFloat: boolean
}

/** The value of what is not computed. */
export const unknown = ({ isFloat, node }: Followed): Followed => ({ value: undefined, node, isFloat })

const isSomewhere = (node: number): boolean => node !== nowhere

/** Nodes in the order of the computation: what something was computed from has a smaller number. */
export class Graph {
  readonly nodes: Array<Node> = []
  readonly #barriers = new Map<Equation, Map<number, Barrier>>()
  readonly #ran = new Map<Equation, Set<number>>()

  /** A new input. */
  input(): number {
    return this.nodes.push({ equation: undefined, open: [], blocked: [], decided: [], barrier: undefined }) - 1
  }

  /** What an equation computed. */
  from(
    equation: Equation,
    edges: {
      readonly open?: ReadonlyArray<number> | undefined
      readonly blocked?: ReadonlyArray<number> | undefined
      readonly decided?: ReadonlyArray<number> | undefined
    },
    tag: Barrier["_tag"],
    branch = 0
  ): number {
    const [open, blocked, decided] = [edges.open, edges.blocked, edges.decided]
      .map((nodes = []) => nodes.filter(isSomewhere))
    if (open!.length + blocked!.length + decided!.length === 0) return nowhere
    const barrier = blocked!.length === 0 ? undefined : this.#barrier(equation, tag, branch)
    return this.nodes.push({ equation, open: open!, blocked: blocked!, decided: decided!, barrier }) - 1
  }

  /** One of several values, and what decided which. */
  join(nodes: ReadonlyArray<number>, deciding: ReadonlyArray<number> = []): number {
    const [open, decided] = [nodes, deciding].map((all) => [...new Set(all.filter(isSomewhere))])
    if (decided!.length === 0 && open!.length < 2) return open![0] ?? nowhere
    return this.nodes.push({ equation: undefined, open: open!, blocked: [], decided: decided!, barrier: undefined }) - 1
  }

  /** The branches that an op has run. */
  ran(equation: Equation): Set<number> {
    return kept(this.#ran, equation, () => new Set())
  }

  #barrier(equation: Equation, _tag: Barrier["_tag"], branch: number): Barrier {
    const ofEquation = kept(this.#barriers, equation, () => new Map<number, Barrier>())
    return kept(ofEquation, branch, () => ({ _tag, equation, branch, ran: this.ran(equation) }))
  }

  /** The results of an op without lists: floats pass a derivative on to floats, unless the op is a barrier. */
  plain(equation: Equation, operands: ReadonlyArray<Followed>): ReadonlyArray<number> {
    const { primitive, results } = equation
    const tag = primitive.barrier === "stops" ? "Stopped" : "NonDifferentiable"
    const decided = operands.filter((x) => !x.isFloat).map(({ node }) => node)
    const floats = operands.filter((x) => x.isFloat).map(({ node }) => node)
    return results.map(({ dtype }) =>
      primitive.barrier === undefined && isFloat(dtype)
        ? this.from(equation, { open: floats, decided }, tag)
        : this.from(equation, { blocked: floats, decided }, tag)
    )
  }
}

const kept = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

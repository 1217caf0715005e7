/**
 * Lists as graphs: an op is a node, a value an edge. Effect's Graph writes the text, and is unstable: it stays in here.
 */
import * as Graph from "effect/Graph"
import { subTraces } from "../core/structure.ts"
import { showAval } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { checkTrace } from "./given.ts"
import { isLiteral, namesOf, showParams } from "./print.ts"

/** What a node is: a value that comes in, an op, or what goes out. */
interface Node {
  readonly kind: "input" | "op" | "result"
  readonly label: string
}

type Drawing = Graph.MutableDirectedGraph<Node, string>

/** Draws a list. Those that an equation holds hang on it, by their names. */
const draw = (drawing: Drawing, trace: Trace, title: string, holder: Graph.NodeIndex | undefined): void => {
  const names = namesOf(trace)
  const producers: Array<Graph.NodeIndex | undefined> = []
  const source = (label: string): Graph.NodeIndex => {
    const node = Graph.addNode<Node, string>(drawing, { kind: "input", label })
    if (holder !== undefined) Graph.addEdge(drawing, holder, node, title)
    return node
  }
  for (const [v, aval] of trace.inputs.entries()) producers.push(source(`${names[v]}: ${showAval(aval)}`))
  for (const [c, x] of trace.captured.entries()) {
    // a literal stands where it is used
    producers.push(isLiteral(x) ? undefined : source(`${names[trace.inputs.length + c]}: ${showAval(x)}`))
  }
  const avals = [...trace.inputs, ...trace.captured, ...trace.equations.flatMap(({ results }) => results)]
  const connect = (v: number, to: Graph.NodeIndex): void => {
    const from = producers[v]
    if (from !== undefined) Graph.addEdge(drawing, from, to, showAval(avals[v]!))
  }
  for (const equation of trace.equations) {
    const literals = equation.operands.filter((v) => producers[v] === undefined).map((v) => names[v]!)
    const label = [equation.primitive.name + showParams(equation), ...literals].join(" ")
    const node = Graph.addNode<Node, string>(drawing, { kind: "op", label })
    for (const v of equation.operands) connect(v, node)
    for (const _ of equation.results) producers.push(node)
    for (const [name, list] of subTraces(equation)) draw(drawing, list, name, node)
  }
  const result = Graph.addNode<Node, string>(drawing, { kind: "result", label: "return" })
  for (const v of trace.outputs) connect(v, result)
}

const graphOf = (trace: Trace): Graph.DirectedGraph<Node, string> =>
  Graph.directed((drawing) => {
    draw(drawing, trace, "trace", undefined)
    return undefined
  })

/**
 * The list as a Mermaid flowchart, for Markdown and documents: inputs are rounded, ops boxes, edges carry types,
 * with brackets as entities.
 *
 * Lists that an equation holds, the branches of a `cond` or the body of a loop, hang on it by their names.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sin, Tensor, Trace, trace } from "wengert"
 *
 * const list = Effect.runSync(trace((x: Tensor<[]>) => sin(x))(Tensor.spec([])))
 * console.log(Trace.toMermaid(list))
 * // => flowchart TD
 * // =>   0("a: float64#91;#93;")
 * // =>   1["sin"]
 * // =>   2(["return"])
 * // =>   0 -->|"float64#91;#93;"| 1
 * // =>   1 -->|"float64#91;#93;"| 2
 * ```
 */
export const toMermaid = (trace: Trace): string =>
  Graph.toMermaid(graphOf(checkTrace("Trace.toMermaid", trace)), {
    nodeLabel: ({ label }) => label,
    edgeLabel: (label) => label,
    nodeShape: ({ kind }) => kind === "op" ? "rectangle" : kind === "input" ? "rounded" : "stadium"
  })

/**
 * The list in the language of Graphviz, for `dot` and its kin; otherwise as `toMermaid`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sin, Tensor, Trace, trace } from "wengert"
 *
 * const list = Effect.runSync(trace((x: Tensor<[]>) => sin(x))(Tensor.spec([])))
 * console.log(Trace.toDot(list))
 * // => digraph "trace" {
 * // =>   "0" [label="a: float64[]"];
 * // =>   "1" [label="sin"];
 * // =>   "2" [label="return"];
 * // =>   "0" -> "1" [label="float64[]"];
 * // =>   "1" -> "2" [label="float64[]"];
 * // => }
 * ```
 */
export const toDot = (trace: Trace): string =>
  Graph.toGraphViz(graphOf(checkTrace("Trace.toDot", trace)), {
    nodeLabel: ({ label }) => label,
    edgeLabel: (label) => label,
    graphName: "trace"
  })

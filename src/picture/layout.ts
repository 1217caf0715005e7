/**
 * Where boxes stand: Graphviz says it, one group at a time. It is an optional dependency, and loaded when a page is made.
 */
import * as Effect from "effect/Effect"
import { ArgumentError } from "../core/errors.ts"
import type { Edge } from "./drawing.ts"

/** What is laid out: the sizes of boxes in pixels, and which box leads to which. */
export interface Sketch {
  readonly sizes: ReadonlyArray<{ readonly width: number; readonly height: number }>
  readonly arrows: ReadonlyArray<readonly [from: number, to: number]>
  /** The derivative is read from below. */
  readonly direction: "down" | "up"
}

/** Middles of boxes, and curves. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly middles: ReadonlyArray<readonly [x: number, y: number]>
  readonly edges: ReadonlyArray<Edge>
}

/** Graphviz counts in inches. */
const inch = 72

/** Passes over a graph are bounded, so that no graph takes long. */
const settings = `nodesep=0.25; ranksep=0.36; nslimit=8; nslimit1=8; mclimit=0.5; searchsize=20;`

const textOf = ({ arrows, direction, sizes }: Sketch): string =>
  [
    `digraph { rankdir=${direction === "down" ? "TB" : "BT"}; ${settings} node [shape=box fixedsize=true label=""];`,
    ...sizes.map(({ height, width }, i) => `${i} [width=${width / inch} height=${height / inch}];`),
    ...arrows.map(([from, to]) => `${from} -> ${to} [arrowhead=none];`),
    "}"
  ].join("\n")

const round = (x: number): number => Math.round(x * 10) / 10

/** Reads Graphviz's plain format (https://graphviz.org/docs/outputs/plain/), whose y grows upwards. */
const read = (plain: string, sketch: Sketch): Layout => {
  const middles: Array<readonly [number, number]> = []
  const edges: Array<Edge> = []
  let [width, height] = [0, 0]
  const point = (x: string, y: string) => [round(Number(x) * inch), round(height - Number(y) * inch)] as const
  for (const line of plain.split("\n")) {
    const [what, ...words] = line.split(" ")
    if (what === "graph") [width, height] = [round(Number(words[1]) * inch), round(Number(words[2]) * inch)]
    else if (what === "node") middles[Number(words[0])] = point(words[1]!, words[2]!)
    else if (what === "edge") {
      const count = Number(words[2])
      const points = Array.from({ length: count }, (_, i) => point(words[3 + 2 * i]!, words[4 + 2 * i]!))
      edges.push({ from: Number(words[0]), to: Number(words[1]), points })
    }
  }
  // no box, no graph
  return { width, height, middles: sketch.sizes.map((_, i) => middles[i]!), edges }
}

/** Lays out; fails with `ArgumentError` where Graphviz is not installed. */
export const graphviz: Effect.Effect<(sketch: Sketch) => Layout, ArgumentError> = Effect.map(
  Effect.tryPromise({
    try: async () => (await import("@hpcc-js/wasm-graphviz")).Graphviz.load(),
    catch: () =>
      new ArgumentError({
        op: "GradientReport.toHtml",
        message: "GradientReport.toHtml requires Graphviz, got no package @hpcc-js/wasm-graphviz; install it"
      })
  }),
  (library) => (sketch) => read(library.layout(textOf(sketch), "plain", "dot"), sketch)
)

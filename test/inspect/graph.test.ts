/**
 * Lists as graphs: every operand is an edge, lists inside of equations hang on them.
 */
import { Graphviz } from "@hpcc-js/wasm-graphviz"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { checkpoint, cond, greater, matmul, mul, sin, sum, Tensor, Trace, trace } from "wengert"
import { subTraces } from "../../src/core/structure.ts"
import { isConcrete } from "../../src/core/tensor.ts"
import { examples, family, listOf } from "./programs.ts"

const m = Tensor.make([[1, 2], [3, 4]])
const f = (x: Tensor<[]>) => cond(greater(x, 0), () => mul(x, 2), () => sum(matmul(m, m)))
const list = Effect.runSync(trace(f)(Tensor.spec([])))

describe("toMermaid", () => {
  const text = Trace.toMermaid(list)

  it("draws every equation, those of branches too, and says which branch", () => {
    for (const op of ["less", "cond", "mul", "dot"]) expect(text).toContain(`["${op}`)
    expect(text).toContain("|\"branches#91;0#93;\"|")
    expect(text).toContain("|\"branches#91;1#93;\"|")
  })

  it("has literals where they are used, and other constants as nodes", () => {
    expect(text).toContain("[\"mul 2.0\"]")
    expect(text).toContain(": float64#91;2,2#93;\")")
  })
})

describe("toDot", () => {
  it("has the same nodes and edges", () => {
    const [dot, mermaid] = [Trace.toDot(list).split("\n"), Trace.toMermaid(list).split("\n")]
    const count = (lines: ReadonlyArray<string>, part: string) => lines.filter((line) => line.includes(part)).length
    expect(count(dot, " -> ")).toBe(count(mermaid, " -->"))
    expect(count(dot, "[label=") - count(dot, " -> ")).toBe(mermaid.length - 1 - count(mermaid, " -->"))
  })
})

/** Programs with every op and all kinds of control flow, their derivatives, and names that are not made for a picture. */
const hostile = ["a\"b", "a\\", "a|b", "]--> 0", "</b>", "a\nb", "#quot;", "%%{init}%%", "a`b"]
const lists = [
  list,
  ...examples.flatMap(family).map(listOf),
  ...hostile.map((name) => {
    const policy = Object.defineProperty(() => true, "name", { value: name })
    return Effect.runSync(
      trace((x: Tensor<[]>) => checkpoint((x: Tensor<[]>) => sin(x), { policy })(x))(Tensor.spec([]))
    )
  })
]

/** What a picture has to show: what comes in, every equation, and a result, of each list. */
const sizeOf = ({ captured, equations, inputs }: Trace): number =>
  inputs.length + captured.filter((x) => !(isConcrete(x) && x.shape.length === 0)).length + 1 +
  equations.reduce((n, e) => n + 1 + subTraces(e).reduce((m, [, sub]) => m + sizeOf(sub), 0), 0)

describe("what is printed is valid", () => {
  it("for Graphviz, which finds every node and edge in it", async () => {
    const graphviz = await Graphviz.load()
    expect(() => graphviz.layout("digraph { \"a\\\" }", "json", "nop")).toThrow("syntax error")
    for (const list of lists) {
      const text = Trace.toDot(list)
      // read, and not laid out
      const read = graphviz.layout(text, "dot_json", "nop")
      const { edges = [], objects } = JSON.parse(read) as {
        readonly objects: ReadonlyArray<unknown>
        readonly edges?: ReadonlyArray<unknown>
      }
      expect(objects.length, text).toBe(sizeOf(list))
      expect(edges.length, text).toBe(text.match(/^ {2}"\d+" -> "\d+"/gm)?.length ?? 0)
    }
  })

  // by the grammar of flowcharts at https://mermaid.js.org/syntax/flowchart.html: a quoted text has no quote in it
  it("for Mermaid: a node or an edge a line, between nodes that are there", () => {
    for (const list of lists) {
      const [first, ...lines] = Trace.toMermaid(list).split("\n")
      expect(first).toBe("flowchart TD")
      const known = new Set<string>()
      for (const line of lines) {
        const [, id] = /^ {2}(\d+)(?:\["[^"]*"\]|\("[^"]*"\)|\(\["[^"]*"\]\))$/.exec(line) ?? []
        if (id !== undefined) known.add(id)
        else {
          const [, from, to] = /^ {2}(\d+) -->\|"[^"]*"\| (\d+)$/.exec(line) ?? []
          expect(known.has(from!) && known.has(to!), line).toBe(true)
        }
      }
      expect(known.size).toBe(sizeOf(list))
    }
  })
})

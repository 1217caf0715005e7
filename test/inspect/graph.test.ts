/**
 * Lists as graphs: every operand is an edge, lists inside of equations hang on them.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { cond, greater, matmul, mul, sum, Tensor, Trace, trace } from "wengert"

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

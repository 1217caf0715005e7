/**
 * Documents, and lists, as tests write them by hand.
 */
import { Effect } from "effect"
import { Trace } from "wengert"

/**
 * A document with a bit of everything: constants both ways, sub-traces, parameters, a record in the arguments.
 *
 *     trace(a: float64[9], k: float64[])
 *       b: float64[9] = [1.0, 2.0, 3.0, …]
 *       c: bool[] = less 0.0 k
 *       d: float64[9] = cond c a
 *         branches[0](a: float64[9])
 *           b: float64[9] = sin a
 *           return b
 *         branches[1](a: float64[9])
 *           b: float64[9] = broadcast[shape=[9], axes=[]] 2.0
 *           c: float64[9] = mul a b
 *           return c
 *       e: float64[] = sum[axes=[0]] d
 *       f: float64[9] = add d b
 *       return { a: e, b: [f] }
 */
export const validDocument = (): any => ({
  format: "wengert/trace",
  version: 1,
  traces: [
    {
      inputs: ["float64[9]"],
      captured: [],
      equations: [{ primitive: "sin", operands: [0], results: ["float64[9]"] }],
      outputs: [1],
      argumentTree: ["*"],
      resultTree: "*"
    },
    {
      inputs: ["float64[9]"],
      captured: [{ type: "float64[]", values: [2] }],
      equations: [
        { primitive: "broadcast", operands: [1], params: { shape: [9], axes: [] }, results: ["float64[9]"] },
        { primitive: "mul", operands: [0, 2], results: ["float64[9]"] }
      ],
      outputs: [3],
      argumentTree: ["*"],
      resultTree: "*"
    }
  ],
  inputs: ["float64[9]", "float64[]"],
  captured: [
    { type: "float64[]", values: [0] },
    {
      type: "float64[9]",
      byteOrder: "little",
      base64: "AAAAAAAA8D8AAAAAAAAAQAAAAAAAAAhAAAAAAAAAEEAAAAAAAAAUQAAAAAAAABhAAAAAAAAAHEAAAAAAAAAgQAAAAAAAACJA"
    }
  ],
  equations: [
    { primitive: "less", operands: [2, 1], results: ["bool[]"] },
    { primitive: "cond", operands: [4, 0], params: { branches: [0, 1] }, results: ["float64[9]"] },
    { primitive: "sum", operands: [5], params: { axes: [0] }, results: ["float64[]"] },
    { primitive: "add", operands: [5, 3], results: ["float64[9]"] }
  ],
  outputs: [6, 7],
  argumentTree: ["*", { k: "*" }],
  resultTree: { a: "*", b: ["*"] }
})

/** x · x · x · … */
export const longDocument = (equations: number): any => ({
  format: "wengert/trace",
  version: 1,
  traces: [],
  inputs: ["float64[]"],
  captured: [],
  equations: Array.from(
    { length: equations },
    (_, i) => ({ primitive: "mul", operands: [i, 0], results: ["float64[]"] })
  ),
  outputs: [equations],
  argumentTree: ["*"],
  resultTree: "*"
})

/** A list that holds the list of a document twice, in sub-traces that hold it twice, and so on: 2ⁿ times. */
export const doubled = (document: unknown, levels: number): Trace => {
  const decode = (d: unknown): Trace => Effect.runSync(Trace.decode(d))
  const { primitive } = decode(validDocument()).equations[1]!
  const twice = (list: Trace): Trace => ({
    ...list,
    equations: [{ ...list.equations[0]!, primitive, params: { branches: [list, list] } }]
  })
  return Array.from({ length: levels }).reduce<Trace>(twice, decode(document))
}

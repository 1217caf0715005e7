/**
 * Documents with mistakes: whatever is wrong with one is said, with the place.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { Tensor, Trace, TraceDecodeError } from "wengert"
import { validDocument } from "./documents.ts"

const refusal = (document: unknown): TraceDecodeError => Effect.runSync(Effect.flip(Trace.decode(document)))

/** The message and the path for a valid document after a change. */
const changed = (change: (document: any) => void): readonly [path: string, message: string] => {
  const document = validDocument()
  change(document)
  const { message, path } = refusal(document)
  return [path, message]
}

it("takes the valid document", () => {
  const list = Effect.runSync(Trace.decode(validDocument()))
  const args = [Tensor.ones([9]), { k: Tensor.make(1) }]
  const { a, b: [c] } = Effect.runSync(Trace.evaluate<ReadonlyArray<unknown>, any>(list, args))
  expect(String(a)).toBe("tensor(18., float64)")
  expect(String(c)).toBe("tensor([ 3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11.], float64)")
})

describe("says what is wrong, and where:", () => {
  const cases: ReadonlyArray<readonly [change: (d: any) => void, message: string]> = [
    [(d) => d.format = "onnx", `Trace.decode requires "wengert/trace" at format, got "onnx"`],
    [(d) => d.version = 2, "Trace.decode requires 1 at version, got 2"],
    [(d) => delete d.outputs, "Trace.decode requires a value at outputs, got nothing"],
    [(d) => d.comment = "hi", `Trace.decode requires no properties of other names at comment, got "comment"`],
    [
      (d) => d.equations[0].site = "x",
      `Trace.decode requires no properties of other names at equations[0].site, got "site"`
    ],
    [(d) => d.equations[3].operands[1] = "x", `Trace.decode requires a number at equations[3].operands[1], got "x"`],
    [
      (d) => d.equations[3].operands[1] = 0.5,
      "Trace.decode requires a whole number that is not negative at equations[3].operands[1], got 0.5"
    ],
    [
      (d) => d.equations[3].operands[1] = -1,
      "Trace.decode requires a whole number that is not negative at equations[3].operands[1], got -1"
    ],
    [
      (d) => d.equations[0].operands[1] = 4,
      "Trace.decode requires a variable that is known here, below 4 at equations[0].operands[1], got 4"
    ],
    [(d) => d.outputs[1] = 8, "Trace.decode requires a variable that is known here, below 8 at outputs[1], got 8"],
    [
      (d) => d.equations[0].primitive = "eval",
      `Trace.decode requires a primitive of the vocabulary at equations[0].primitive, got "eval"`
    ],
    [
      (d) => d.equations[0].primitive = "constructor",
      `Trace.decode requires a primitive of the vocabulary at equations[0].primitive, got "constructor"`
    ],
    [(d) => d.equations[3].operands = [5], "Trace.decode requires 2 operands of add at equations[3].operands, got 1"],
    [
      (d) => d.equations[3].operands = [5, 3, 3],
      "Trace.decode requires 2 operands of add at equations[3].operands, got 3"
    ],
    [
      (d) => d.equations[1].operands = [],
      "Trace.decode requires operands and parameters that fit the primitive at equations[1]"
    ],
    [(d) => d.equations[3].operands[1] = 1, "add requires operands of one shape, got [9] and [], at equations[3]"],
    [
      (d) => d.equations[3].results[0] = "float64[8]",
      "Trace.decode requires the type float64[9] that add gives at equations[3].results[0], got float64[8]"
    ],
    [
      (d) => d.equations[3].results[0] = "float32[9]",
      "Trace.decode requires the type float64[9] that add gives at equations[3].results[0], got float32[9]"
    ],
    [
      (d) => d.equations[3].results.push("float64[9]"),
      "Trace.decode requires 1 result of add at equations[3].results, got 2"
    ],
    [
      (d) => d.inputs[0] = "float64[09]",
      `Trace.decode requires a type such as "float64[2,3]" at inputs[0], got "float64[09]"`
    ],
    [
      (d) => d.inputs[0] = "bfloat16[9]",
      `Trace.decode requires a type such as "float64[2,3]" at inputs[0], got "bfloat16[9]"`
    ],
    [
      (d) => d.inputs[0] = "float64[1000000,1000000]",
      "Trace.decode requires whole, non-negative dims with at most 2^32 elements, got [1000000, 1000000], at inputs[0]"
    ],
    [
      (d) => d.inputs[0] = `float64[${"9".repeat(400)}]`,
      "Trace.decode requires whole, non-negative dims with at most 2^32 elements, got [Infinity], at inputs[0]"
    ],
    [
      (d) => d.inputs[0] = `float64[${Array(65).fill(1)}]`,
      "Trace.decode requires at most 64 axes at inputs[0], got 65"
    ],
    [(d) => d.equations = "none", `Trace.decode requires an array at equations, got "none"`],
    [
      (d) => d.captured[0].values[0] = null,
      `Trace.decode requires a number, "NaN", "Infinity", "-Infinity", "-0", true or false at captured[0].values[0], got null`
    ],
    [
      (d) => delete d.equations[2].params.axes,
      "Trace.decode requires a value at equations[2].params.axes, got nothing"
    ],
    [(d) => delete d.equations[2].params, "Trace.decode requires a value at equations[2].params.axes, got nothing"],
    [
      (d) => d.equations[2].params.keepDims = true,
      `Trace.decode requires no properties of other names at equations[2].params.keepDims, got "keepDims"`
    ],
    [
      (d) => d.equations[0].params = { axis: 1 },
      "Trace.decode requires no parameters of less at equations[0].params, got an object"
    ],
    [
      (d) => d.equations[2].params.axes = [0.5],
      "Trace.decode requires a whole number at equations[2].params.axes[0], got 0.5"
    ],
    [
      (d) => d.equations[2].params.axes = [-1],
      "sum requires ascending axes that count from the start, got [-1] for shape [9], at equations[2]"
    ],
    [
      (d) => d.equations[1].params.branches[1] = 2,
      `Trace.decode requires the place of a list in "traces" that comes before at equations[1].params.branches[1], got 2`
    ],
    [
      (d) =>
        d.traces[1].equations[1] = {
          primitive: "cond",
          operands: [0, 2],
          params: { branches: [0, 1] },
          results: ["float64[9]"]
        },
      `Trace.decode requires the place of a list in "traces" that comes before at traces[1].equations[1].params.branches[1], got 1`
    ],
    [
      (d) => d.equations[1].params.branches = [],
      "cond requires a scalar predicate and branches that agree, at equations[1]"
    ],
    [
      (d) => d.captured[0] = { type: "int32[]", values: [0.5] },
      "Trace.decode requires a value that int32 can hold at captured[0].values[0], got 0.5"
    ],
    [
      (d) => d.captured[0] = { type: "float32[]", values: [0.1] },
      "Trace.decode requires a value that float32 can hold at captured[0].values[0], got 0.1"
    ],
    [
      (d) => d.captured[0] = { type: "bool[]", values: [1] },
      "Trace.decode requires a value that bool can hold at captured[0].values[0], got 1"
    ],
    [
      (d) => d.captured[0].values[0] = Infinity,
      "Trace.decode requires a finite number at captured[0].values[0], got Infinity"
    ],
    [(d) => d.captured[0].values = [], "Trace.decode requires 1 value at captured[0].values, got 0"],
    [
      (d) => d.captured[1].values = [1],
      `Trace.decode requires either "values", or "base64" and "byteOrder" at captured[1]`
    ],
    [
      (d) => delete d.captured[0].values,
      `Trace.decode requires either "values", or "base64" and "byteOrder" at captured[0]`
    ],
    [(d) => d.captured[1].byteOrder = "big", `Trace.decode requires "little" at captured[1].byteOrder, got "big"`],
    [
      (d) => d.captured[1].type = "float64[8]",
      "Trace.decode requires the base64 of 64 bytes at captured[1].base64, got 96 characters"
    ],
    [
      (d) => d.captured[1].type = "float64[4294967296]",
      "Trace.decode requires the base64 of 34359738368 bytes at captured[1].base64, got 96 characters"
    ],
    [
      (d) => d.captured[1].base64 = d.captured[1].base64.replace(/.$/, "="),
      "Trace.decode requires the base64 of 72 bytes at captured[1].base64, got something else"
    ],
    [
      (d) => d.captured[1].base64 = "?".repeat(96),
      "Trace.decode requires the base64 of 72 bytes at captured[1].base64, got something else"
    ],
    [
      (d) => d.captured[0] = { type: "bool[9]", byteOrder: "little", base64: "AgICAgICAgIC" },
      "Trace.decode requires bytes 0 and 1 for bool at captured[0].base64, got others"
    ],
    [(d) => d.argumentTree = ["*"], "Trace.decode requires 2 leaves at argumentTree, got 1"],
    [(d) => d.resultTree = "*", "Trace.decode requires 2 leaves at resultTree, got 1"],
    [
      (d) => d.resultTree = { a: "*", b: 7 },
      `Trace.decode requires "*", or an array or a record of such at resultTree.b, got 7`
    ],
    [(d) => d.version = () => 1, "Trace.decode requires JSON data at version, got a function"],
    [(d) => d.inputs = new Date(), "Trace.decode requires JSON data at inputs, got an object"],
    [(d) => d.traces = undefined, "Trace.decode requires JSON data at traces, got undefined"],
    [(d) => d.outputs[0] = 6n, "Trace.decode requires JSON data at outputs[0], got 6"],
    [
      (d) => delete d.outputs[0],
      "Trace.decode requires a document without holes and prototypes at outputs[0], got the key 0"
    ]
  ]
  it.each(cases.map(([change, message]) => [message, change] as const))("%s", (message, change) => {
    const [path, said] = changed(change)
    expect(said).toBe(message)
    expect(message.split(", got ")[0] + message.split(", at ").slice(1).join()).toContain(path)
  })

  it("what is no document at all", () => {
    for (const value of [null, undefined, 1, "x", true, [], {}, () => 1, Symbol.iterator, new Map(), Tensor.make(1)]) {
      expect(refusal(value)).toBeInstanceOf(TraceDecodeError)
    }
  })
})

/**
 * Documents that nobody vouches for: whatever is wrong with one is said, with the place; nothing hangs, crashes or passes.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { Tensor, Trace, TraceDecodeError } from "wengert"
import { fromData } from "../../src/core/tensor.ts"
import { longDocument, validDocument } from "./documents.ts"

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
  const { a, b } = Effect.runSync(Trace.evaluate(list, args)) as { readonly a: Tensor; readonly b: ReadonlyArray<Tensor> }
  expect(String(a)).toBe("tensor(18., float64)")
  expect(String(b[0])).toBe("tensor([ 3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11.], float64)")
})

describe("says what is wrong, and where", () => {
  const cases: ReadonlyArray<readonly [what: string, (d: any) => void, path: string, message: string]> = [
    ["another format", (d) => d.format = "onnx", "format", `decode requires "wengert/trace" at format, got "onnx"`],
    ["another version", (d) => d.version = 2, "version", "decode requires 1 at version, got 2"],
    ["a missing field", (d) => delete d.outputs, "outputs", "decode requires a value at outputs, got nothing"],
    ["an unknown field", (d) => d.comment = "hi", "comment", `decode requires no properties of other names at comment, got "comment"`],
    [
      "an unknown field of an equation",
      (d) => d.equations[0].site = "x",
      "equations[0].site",
      `decode requires no properties of other names at equations[0].site, got "site"`
    ],
    [
      "a wrong type",
      (d) => d.equations[3].operands[1] = "x",
      "equations[3].operands[1]",
      `decode requires a number at equations[3].operands[1], got "x"`
    ],
    [
      "half a variable",
      (d) => d.equations[3].operands[1] = 0.5,
      "equations[3].operands[1]",
      "decode requires a whole number that is not negative at equations[3].operands[1], got 0.5"
    ],
    [
      "a negative variable",
      (d) => d.equations[3].operands[1] = -1,
      "equations[3].operands[1]",
      "decode requires a whole number that is not negative at equations[3].operands[1], got -1"
    ],
    [
      "a forward reference",
      (d) => d.equations[0].operands[1] = 4,
      "equations[0].operands[1]",
      "decode requires a variable that is known here, below 4 at equations[0].operands[1], got 4"
    ],
    ["an output that does not exist", (d) => d.outputs[1] = 8, "outputs[1]", "decode requires a variable that is known here, below 8 at outputs[1], got 8"],
    ["an unknown primitive", (d) => d.equations[0].primitive = "eval", "equations[0].primitive", `decode requires a primitive of the vocabulary at equations[0].primitive, got "eval"`],
    ["a method of objects", (d) => d.equations[0].primitive = "constructor", "equations[0].primitive", `decode requires a primitive of the vocabulary at equations[0].primitive, got "constructor"`],
    ["too few operands", (d) => d.equations[3].operands = [5], "equations[3].operands", "decode requires 2 operands of add at equations[3].operands, got 1"],
    ["too many operands", (d) => d.equations[3].operands = [5, 3, 3], "equations[3].operands", "decode requires 2 operands of add at equations[3].operands, got 3"],
    ["no operands of a variadic primitive", (d) => d.equations[1].operands = [], "equations[1]", "decode requires operands and parameters that fit the primitive at equations[1]"],
    [
      "operands that do not fit",
      (d) => d.equations[3].operands[1] = 1,
      "equations[3]",
      "add requires operands of one shape, got [9] and [], at equations[3]"
    ],
    [
      "a wrong result type",
      (d) => d.equations[3].results[0] = "float64[8]",
      "equations[3].results[0]",
      "decode requires the type float64[9] that add gives at equations[3].results[0], got float64[8]"
    ],
    [
      "a wrong result dtype",
      (d) => d.equations[3].results[0] = "float32[9]",
      "equations[3].results[0]",
      "decode requires the type float64[9] that add gives at equations[3].results[0], got float32[9]"
    ],
    [
      "a result too many",
      (d) => d.equations[3].results.push("float64[9]"),
      "equations[3].results",
      "decode requires the 1 results of add at equations[3].results, got 2"
    ],
    ["a malformed type", (d) => d.inputs[0] = "float64[09]", "inputs[0]", `decode requires a type such as "float64[2,3]" at inputs[0], got "float64[09]"`],
    ["a type of another system", (d) => d.inputs[0] = "bfloat16[9]", "inputs[0]", `decode requires a type such as "float64[2,3]" at inputs[0], got "bfloat16[9]"`],
    [
      "a huge shape",
      (d) => d.inputs[0] = "float64[1000000,1000000]",
      "inputs[0]",
      "decode requires whole, non-negative dims with at most 2^32 elements, got [1000000, 1000000], at inputs[0]"
    ],
    [
      "a dim that is no number",
      (d) => d.inputs[0] = `float64[${"9".repeat(400)}]`,
      "inputs[0]",
      "decode requires whole, non-negative dims with at most 2^32 elements, got [Infinity], at inputs[0]"
    ],
    ["too many axes", (d) => d.inputs[0] = `float64[${Array(65).fill(1)}]`, "inputs[0]", "decode requires at most 64 axes at inputs[0], got 65"],
    ["a string for a list", (d) => d.equations = "none", "equations", `decode requires an array at equations, got "none"`],
    ["null for a value", (d) => d.captured[0].values[0] = null, "captured[0].values[0]", `decode requires a number, "NaN", "Infinity", "-Infinity", "-0", true or false at captured[0].values[0], got null`],
    ["a missing parameter", (d) => delete d.equations[2].params.axes, "equations[2].params.axes", "decode requires a value at equations[2].params.axes, got nothing"],
    ["missing parameters", (d) => delete d.equations[2].params, "equations[2].params.axes", "decode requires a value at equations[2].params.axes, got nothing"],
    [
      "an unknown parameter",
      (d) => d.equations[2].params.keepDims = true,
      "equations[2].params.keepDims",
      `decode requires no properties of other names at equations[2].params.keepDims, got "keepDims"`
    ],
    [
      "parameters of a primitive that has none",
      (d) => d.equations[0].params = { axis: 1 },
      "equations[0].params",
      "decode requires no parameters of less at equations[0].params, got an object"
    ],
    [
      "a parameter of another kind",
      (d) => d.equations[2].params.axes = [0.5],
      "equations[2].params.axes[0]",
      "decode requires a whole number at equations[2].params.axes[0], got 0.5"
    ],
    [
      "a parameter that the primitive refuses",
      (d) => d.equations[2].params.axes = [-1],
      "equations[2]",
      "sum requires ascending axes that count from the start, got [-1] for shape [9], at equations[2]"
    ],
    [
      "a sub-trace that does not exist",
      (d) => d.equations[1].params.branches[1] = 2,
      "equations[1].params.branches[1]",
      `decode requires the place of a list in "traces" that comes before at equations[1].params.branches[1], got 2`
    ],
    [
      "a sub-trace that holds itself",
      (d) => d.traces[1].equations[1] = { primitive: "cond", operands: [0, 2], params: { branches: [0, 1] }, results: ["float64[9]"] },
      "traces[1].equations[1].params.branches[1]",
      `decode requires the place of a list in "traces" that comes before at traces[1].equations[1].params.branches[1], got 1`
    ],
    ["no branches", (d) => d.equations[1].params.branches = [], "equations[1]", "decode requires operands and parameters that fit the primitive at equations[1]"],
    ["a value that the dtype cannot hold", (d) => d.captured[0] = { type: "int32[]", values: [0.5] }, "captured[0].values[0]", "decode requires a value that int32 can hold at captured[0].values[0], got 0.5"],
    ["a float64 in a float32", (d) => d.captured[0] = { type: "float32[]", values: [0.1] }, "captured[0].values[0]", "decode requires a value that float32 can hold at captured[0].values[0], got 0.1"],
    ["a number for a bool", (d) => d.captured[0] = { type: "bool[]", values: [1] }, "captured[0].values[0]", "decode requires a value that bool can hold at captured[0].values[0], got 1"],
    ["an infinite number", (d) => d.captured[0].values[0] = Infinity, "captured[0].values[0]", "decode requires a finite number at captured[0].values[0], got Infinity"],
    ["too few values", (d) => d.captured[0].values = [], "captured[0].values", "decode requires 1 values at captured[0].values, got 0"],
    ["values and bytes", (d) => d.captured[1].values = [1], "captured[1]", `decode requires either "values", or "base64" and "byteOrder" at captured[1]`],
    ["neither", (d) => delete d.captured[0].values, "captured[0]", `decode requires either "values", or "base64" and "byteOrder" at captured[0]`],
    ["bytes in the other order", (d) => d.captured[1].byteOrder = "big", "captured[1].byteOrder", `decode requires "little" at captured[1].byteOrder, got "big"`],
    ["bytes for another shape", (d) => d.captured[1].type = "float64[8]", "captured[1].base64", "decode requires the base64 of 64 bytes at captured[1].base64, got 96 characters"],
    ["bytes for a huge shape", (d) => d.captured[1].type = "float64[4294967296]", "captured[1].base64", "decode requires the base64 of 34359738368 bytes at captured[1].base64, got 96 characters"],
    ["bytes that are not base64", (d) => d.captured[1].base64 = "?".repeat(96), "captured[1].base64", "decode requires the base64 of 72 bytes at captured[1].base64, got something else"],
    ["bytes that are not bools", (d) => d.captured[0] = { type: "bool[9]", byteOrder: "little", base64: "AgICAgICAgIC" }, "captured[0].base64", "decode requires bytes 0 and 1 for bool at captured[0].base64, got others"],
    ["a structure with other leaves", (d) => d.argumentTree = ["*"], "argumentTree", "decode requires 2 leaves at argumentTree, got 1"],
    ["a result with other leaves", (d) => d.resultTree = "*", "resultTree", "decode requires 2 leaves at resultTree, got 1"],
    ["a structure that is none", (d) => d.resultTree = { a: "*", b: 7 }, "resultTree.b", `decode requires "*", or an array or a record of such at resultTree.b, got 7`],
    ["a function", (d) => d.version = () => 1, "version", "decode requires JSON data at version, got a function"],
    ["a class instance", (d) => d.inputs = new Date(), "inputs", "decode requires JSON data at inputs, got an object"],
    ["undefined", (d) => d.traces = undefined, "traces", "decode requires JSON data at traces, got undefined"],
    ["a bigint", (d) => d.outputs[0] = 6n, "outputs[0]", "decode requires JSON data at outputs[0], got 6"],
    ["a hole", (d) => delete d.outputs[0], "outputs[0]", "decode requires a document without holes and prototypes at outputs[0], got the key 0"]
  ]
  it.each(cases)("%s", (_, change, path, message) => {
    expect(changed(change)).toEqual([path, message])
  })

  it("what is no document at all", () => {
    for (const value of [null, undefined, 1, "x", true, [], {}, () => 1, Symbol.iterator, new Map(), Tensor.make(1)]) {
      expect(refusal(value)).toBeInstanceOf(TraceDecodeError)
    }
  })
})

describe("is not impressed by", () => {
  const within = <A>(milliseconds: number, run: () => A): A => {
    const started = performance.now()
    const result = run()
    expect(performance.now() - started).toBeLessThan(milliseconds)
    return result
  }

  it("cycles", () => {
    const self: Array<unknown> = []
    self.push(self, self)
    expect(changed((d) => d.argumentTree = self)[1]).toMatch(/not cyclic, and nested at most 128 deep/)
    expect(changed((d) => d.equations[0].params = d)[1]).toMatch(/not cyclic/)
  })

  it("depth", () => {
    let deep: unknown = "*"
    for (let i = 0; i < 100_000; i++) deep = i % 2 === 0 ? [deep] : { a: deep }
    expect(changed((d) => d.resultTree = deep)[1]).toMatch(/nested at most 128 deep/)
  })

  it("the same object a quintillion times", () => {
    let tree: unknown = "*"
    for (let i = 0; i < 60; i++) tree = [tree, tree]
    expect(within(20_000, () => changed((d) => d.resultTree = tree))[1]).toBe("decode requires a document of at most 10000000 values")
  })

  it("gigantic arrays with nothing in them", () => {
    expect(within(100, () => changed((d) => d.outputs = new Array(4294967295)))[0]).toBe("outputs[0]")
    const endless = new Proxy([], { get: (_, key) => key === "length" ? 2 ** 53 : 0, getOwnPropertyDescriptor: () => undefined })
    expect(within(100, () => changed((d) => d.outputs = endless))[0]).toBe("outputs[0]")
  })

  it("getters, proxies and exceptions", () => {
    let asked = 0
    const sly = validDocument()
    Object.defineProperty(sly, "version", { enumerable: true, get: () => asked++ === 0 ? 1 : 2 })
    expect(Effect.runSync(Trace.decode(sly)).equations.length).toBe(4)
    expect(asked).toBe(1)
    const throwing = Object.defineProperty(validDocument(), "version", {
      enumerable: true,
      get: () => {
        throw new Error("boom")
      }
    })
    expect(refusal(throwing).message).toBe("decode requires JSON data, got an object that cannot be read")
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(refusal(proxy)).toBeInstanceOf(TraceDecodeError)
  })

  it("prototypes", () => {
    const evil = `{ "__proto__": { "polluted": true }, `
    const text = JSON.stringify(validDocument())
    for (let at = text.indexOf("{"); at !== -1; at = text.indexOf("{", at + 1)) {
      const document: unknown = JSON.parse(text.slice(0, at) + evil + text.slice(at + 1))
      expect(refusal(document).message).toMatch(/without holes and prototypes at .*, got the key "__proto__"/)
    }
    expect("polluted" in {}).toBe(false)
    expect(changed((d) => Object.setPrototypeOf(d.equations[0], { params: {} }))[1]).toMatch(/JSON data at equations\[0\], got an object/)
    // ordinary names, in a structure of arguments
    const named = validDocument()
    named.resultTree = { constructor: "*", toString: "*" }
    const list = Effect.runSync(Trace.decode(named))
    const out = Effect.runSync(Trace.evaluate(list, [Tensor.ones([9]), { k: Tensor.make(1) }]))
    expect(Object.keys(out as object)).toEqual(["constructor", "toString"])
  })

  it("megabytes in a name, a type or a message", () => {
    const long = "9".repeat(10_000_000)
    for (const change of [
      (d: any) => d.equations[0].primitive = long,
      (d: any) => d.inputs[0] = `float64[${long}]`,
      (d: any) => d.inputs[0] = `float64[${"1,".repeat(5_000_000)}1]`,
      (d: any) => d.captured[1].base64 = long,
      (d: any) => d[long] = 1,
      (d: any) => d.equations[2].params.axes = Array(100_000).fill(1e15)
    ]) {
      const [path, message] = within(2000, () => changed(change))
      expect([path.length < 100, message.length < 600]).toEqual([true, true])
    }
  })

  const list = (equations: ReadonlyArray<unknown>, outputs: ReadonlyArray<number>): unknown => ({
    inputs: ["bool[]", "float64[]"],
    captured: [],
    equations,
    outputs,
    argumentTree: ["*", "*"],
    resultTree: ["*"]
  })
  const branchTo = (place: number) =>
    ({ primitive: "cond", operands: [0, 0, 1], params: { branches: [place, place] }, results: ["float64[]"] })
  const sine = { primitive: "sin", operands: [1], results: ["float64[]"] }
  const document = (traces: ReadonlyArray<unknown>, equations: ReadonlyArray<unknown>): any => ({
    format: "wengert/trace",
    version: 1,
    traces,
    ...list(equations, [2]) as object
  })

  it("sub-traces that stand for more than anybody can run", () => {
    const doubling = Array.from({ length: 60 }, (_, i) => i === 0 ? list([sine], [2]) : list([branchTo(i - 1), branchTo(i - 1)], [3]))
    expect(within(1000, () => refusal(document(doubling, [branchTo(59)]))).message).toMatch(/at most 10000000 variables/)
  })

  it("sub-traces nested too deep", () => {
    const loopOf = (place: number) => ({
      primitive: "scan",
      operands: [0, 1],
      params: { body: place, length: 1, reverse: false, consts: 1, carry: 1 },
      results: ["float64[]"]
    })
    const nested = Array.from({ length: 1000 }, (_, i) => i === 0 ? list([sine], [2]) : list([loopOf(i - 1)], [2]))
    expect(refusal(document(nested, [loopOf(999)])).message).toBe(
      "decode requires sub-traces nested at most 64 deep at traces[65].equations[0], got more"
    )
    const deepest = Effect.runSync(Trace.decode(document(nested.slice(0, 64), [loopOf(63)])))
    const args = [fromData([], "bool", Uint8Array.of(1)), Tensor.make(1)]
    expect(String(Effect.runSync(Trace.evaluate(deepest, args)))).toBe("tensor(0.84147098, float64)")
    expect(Trace.equals(Effect.runSync(Trace.decode(Effect.runSync(Trace.encode(deepest)))), deepest)).toBe(true)
  })

  it("a large sub-trace that is looked at again and again", () => {
    const large = list(Array.from({ length: 50_000 }, () => sine), [2])
    const often = document([large], Array.from({ length: 50_000 }, () => branchTo(0)))
    expect(within(20_000, () => refusal(often)).message).toMatch(/at most 10000000 variables/)
  })

  it("length: reading is linear", () => {
    const time = (n: number): number => {
      const long = longDocument(n)
      const started = performance.now()
      Effect.runSync(Trace.decode(long))
      return performance.now() - started
    }
    time(10_000)
    const [short, long] = [time(20_000), time(160_000)]
    expect(long).toBeLessThan(8 * 3 * short + 200)
  })
})

/**
 * Documents that were made to harm: nothing hangs, crashes or passes.
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

describe("decode is not impressed by", () => {
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
    expect(within(20_000, () => changed((d) => d.resultTree = tree))[1]).toBe(
      "Trace.decode requires a document of at most 10000000 values"
    )
  })

  it("gigantic arrays with nothing in them", () => {
    expect(within(2000, () => changed((d) => d.outputs = new Array(4294967295)))[0]).toBe("outputs[0]")
    const endless = new Proxy([], {
      get: (_, key) => key === "length" ? 2 ** 53 : 0,
      getOwnPropertyDescriptor: () => undefined
    })
    expect(within(2000, () => changed((d) => d.outputs = endless))[0]).toBe("outputs[0]")
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
    expect(refusal(throwing).message).toBe("Trace.decode requires JSON data, got an object that cannot be read")
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
    expect(changed((d) => Object.setPrototypeOf(d.equations[0], { params: {} }))[1]).toMatch(
      /JSON data at equations\[0\], got an object/
    )
    // ordinary names, in a structure of arguments
    const named = validDocument()
    named.resultTree = { constructor: "*", toString: "*" }
    const list = Effect.runSync(Trace.decode(named))
    const out = Effect.runSync(Trace.evaluate(list, [Tensor.ones([9]), { k: Tensor.make(1) }]))
    expect(Object.keys(out as object)).toEqual(["constructor", "toString"])
  })

  it("megabytes in a name, a type or a message", () => {
    const long = "9".repeat(10_000_000)
    for (
      const change of [
        (d: any) => d.equations[0].primitive = long,
        (d: any) => d.inputs[0] = `float64[${long}]`,
        (d: any) => d.inputs[0] = `float64[${"1,".repeat(5_000_000)}1]`,
        (d: any) => d.captured[1].base64 = long,
        (d: any) => d[long] = 1,
        (d: any) => d.equations[2].params.axes = Array(100_000).fill(1e15),
        (d: any) =>
          d.equations[3] = {
            ...d.equations[3],
            primitive: "concat",
            operands: Array(50_000).fill(0).with(1, 1),
            params: { axis: 0 }
          }
      ]
    ) {
      const [path, message] = within(5000, () => changed(change))
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
  const branchTo = (place: number) => ({
    primitive: "cond",
    operands: [0, 0, 1],
    params: { branches: [place, place] },
    results: ["float64[]"]
  })
  const sine = { primitive: "sin", operands: [1], results: ["float64[]"] }
  const document = (traces: ReadonlyArray<unknown>, equations: ReadonlyArray<unknown>): any => ({
    format: "wengert/trace",
    version: 1,
    traces,
    ...list(equations, [2]) as object
  })

  it("sub-traces that stand for more than anybody can run", () => {
    const doubling = Array.from(
      { length: 60 },
      (_, i) => i === 0 ? list([sine], [2]) : list([branchTo(i - 1), branchTo(i - 1)], [3])
    )
    expect(within(5000, () => refusal(document(doubling, [branchTo(59)]))).message).toMatch(
      /at most 10000000 variables/
    )
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
      "Trace.decode requires sub-traces nested at most 64 deep at traces[65].equations[0], got more"
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
    expect(long).toBeLessThan(8 * 5 * short + 500)
  })
})

/**
 * Which lists are the same program, and a hash that agrees.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { checkpoint, mul, sin, Tensor, Trace, trace } from "wengert"
import { fromData } from "../../src/core/tensor.ts"
import { doubled, longDocument, validDocument } from "./documents.ts"
import { examples, family, listOf } from "./programs.ts"

const decode = (document: unknown): Trace => Effect.runSync(Trace.decode(document))

const changed = (change: (document: any) => void): Trace => {
  const document = validDocument()
  change(document)
  return decode(document)
}

const capturing = (x: Tensor): Trace => Effect.runSync(trace(() => Effect.succeed(x))())

describe("equal programs give equal lists", () => {
  it.each(examples.map((example) => [example.name, example] as const))(
    "%s, its derivatives and batches",
    (_, example) => {
      for (const member of family(example)) {
        const [a, b] = [listOf(member), listOf(member)]
        // rules that are not written yet are equal to themselves alone
        for (const list of [a, b]) Effect.runSync(Effect.ignore(Trace.encode(list)))
        // a solver's rule calls its own function, and is written only as far as derivatives need it
        const isWritten = example.name !== "linearSolve"
        expect([Trace.equals(a, b) || !isWritten, Trace.hash(a) === Trace.hash(b)], member.name).toEqual([true, true])
      }
    }
  )

  it("wherever they were written", () => {
    const here = Effect.runSync(trace((x: Tensor<[]>) => mul(sin(x), 2))(Tensor.spec([])))
    const there = Effect.runSync(trace((y: Tensor<[]>) => mul(sin(y), 2))(Tensor.spec([])))
    expect(there.equations[0]!.site!.line).toBe(here.equations[0]!.site!.line + 1)
    expect([Trace.equals(here, there), Trace.hash(here) === Trace.hash(there)]).toEqual([true, true])
  })

  it("with or without a name for an intermediate value", () => {
    const direct = trace((x: Tensor<[]>) => mul(sin(x), 2))
    const named = trace((x: Tensor<[]>) =>
      Effect.gen(function*() {
        const y = yield* sin(x)
        return yield* mul(y, 2)
      })
    )
    expect(Trace.equals(Effect.runSync(direct(Tensor.spec([]))), Effect.runSync(named(Tensor.spec([]))))).toBe(true)
  })
})

const withInput = (type: string): Trace =>
  changed((d) => {
    d.inputs = ["float64[]", "float64[]", type]
    d.argumentTree = ["*", "*", "*"]
    d.traces = d.captured = d.equations = []
    d.outputs = [0, 1]
  })

/** What no program gives. */
const forged: Trace = (() => {
  const list = decode(validDocument())
  return {
    ...list,
    equations: list.equations.map((e) => ({ ...e, results: [{ shape: [], dtype: "int32" as const }] }))
  }
})()

describe("other programs give other lists", () => {
  const variants: ReadonlyArray<readonly [string, Trace]> = [
    ["another primitive", changed((d) => d.traces[0].equations[0].primitive = "cos")],
    ["another operand", changed((d) => d.equations[3].operands = [3, 5])],
    [
      "another parameter",
      changed((d) => {
        d.equations[2].params.axes = []
        d.equations[2].results = ["float64[9]"]
      })
    ],
    ["another sub-trace", changed((d) => d.equations[1].params.branches = [1, 0])],
    ["another captured value", changed((d) => d.captured[0].values = [1])],
    ["−0 for 0", changed((d) => d.captured[0].values = ["-0"])],
    ["a value inside of a sub-trace", changed((d) => d.traces[1].captured[0].values = [3])],
    ["another element among many", changed((d) => d.captured[1].base64 = d.captured[1].base64.replace(/A$/, "B"))],
    ["other outputs", changed((d) => d.outputs = [6, 5])],
    [
      "an output more",
      changed((d) => {
        d.outputs.push(5)
        d.resultTree.b.push("*")
      })
    ],
    [
      "an input more",
      changed((d) => {
        d.inputs.push("int32[]")
        d.argumentTree.push("*")
        d.equations.length = 0
        d.outputs = [0, 1]
      })
    ],
    ["another type of an input that nothing reads", withInput("int32[]")],
    ["and yet another", withInput("int32[1]")],
    ["another type of a result", forged],
    ["another argument name", changed((d) => d.argumentTree = ["*", { l: "*" }])],
    ["another argument structure", changed((d) => d.argumentTree = ["*", ["*"]])],
    ["another result structure", changed((d) => d.resultTree = ["*", "*"])],
    [
      "an equation less",
      changed((d) => {
        d.equations.pop()
        d.outputs = [6, 5]
      })
    ],
    [
      "the same in float32",
      decode(JSON.parse(
        JSON.stringify(longDocument(3)).replaceAll("float64", "float32")
      ))
    ],
    ["in float64", decode(longDocument(3))],
    ["the original", decode(validDocument())]
  ]

  it.each(variants)("%s", (name, a) => {
    const equal = variants.filter(([, b]) => Trace.equals(a, b)).map(([other]) => other)
    const alike = variants.filter(([, b]) => Trace.hash(a) === Trace.hash(b)).map(([other]) => other)
    expect([equal, alike]).toEqual([[name], [name]])
  })

  it("a user's function is equal only to itself", () => {
    const keep = () => true
    const list = (policy: unknown): Trace =>
      listOf({ name: "", f: (checkpoint as any)((x: any) => sin(x), { policy }), args: [Tensor.make(1)] })
    expect(Trace.equals(list(keep), list(keep))).toBe(true)
    expect(Trace.equals(list(keep), list(() => true))).toBe(false)
  })

  it("a traced value is equal only to itself", () => {
    const found: Array<boolean> = []
    Effect.runSync(
      trace((x: Tensor<[]>, y: Tensor<[]>) =>
        Effect.gen(function*() {
          const scaledBy = (z: Tensor<[]>) => trace((t: Tensor<[]>) => mul(t, z))(Tensor.make(1))
          const [a, b, c] = yield* Effect.all([scaledBy(x), scaledBy(x), scaledBy(y)])
          found.push(Trace.equals(a, b), Trace.equals(a, c), Trace.hash(a) === Trace.hash(b))
          return yield* mul(x, y)
        })
      )(Tensor.make(1), Tensor.make(2))
    )
    expect(found).toEqual([true, false, true])
  })
})

describe("captured elements", () => {
  const bits = (x: number): bigint => new BigUint64Array(Float64Array.of(x).buffer)[0]!

  it("are equal by Object.is, whatever a NaN holds", () => {
    const payload = new Float64Array(new BigUint64Array([bits(NaN) + 1n]).buffer)
    const [a, b] = [
      capturing(fromData([1], "float64", Float64Array.of(NaN))),
      capturing(fromData([1], "float64", payload))
    ]
    expect([Trace.equals(a, b), Trace.hash(a) === Trace.hash(b)]).toEqual([true, true])
    const zero = (x: number) => capturing(Tensor.make([x]))
    expect([Trace.equals(zero(0), zero(-0)), Trace.hash(zero(0)) === Trace.hash(zero(-0))]).toEqual([false, false])
  })

  it("make another list and another hash, wherever they differ", () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 1, maxLength: 50 }), fc.nat(), fc.double(), (xs, at, x) => {
        const ys = xs.with(at % xs.length, x)
        const same = xs.every((value, i) => Object.is(value, ys[i]))
        const [a, b] = [capturing(Tensor.make(xs)), capturing(Tensor.make(ys))]
        expect([Trace.equals(a, b), Trace.hash(a) === Trace.hash(b)]).toEqual([same, same])
      })
    )
  })

  it("spread their hashes", () => {
    const hashes = new Set(Array.from({ length: 20_000 }, (_, i) => Trace.hash(capturing(Tensor.make([i, i / 3, -i])))))
    // of 20,000 random 32-bit numbers, 0.05 pairs collide
    expect(hashes.size).toBeGreaterThan(19_990)
  })
})

it("types spread their hashes", () => {
  const dims = [0, 1, 2, 3, 4, 5, 6]
  const shapes = dims.flatMap((a) => [[], [a], ...dims.flatMap((b) => [[a, b], ...dims.map((c) => [a, b, c])])])
  const types = new Set(shapes.flatMap((s) => ["float64", "float32", "int32", "bool"].map((dtype) => `${dtype}[${s}]`)))
  const identity = (type: string): Trace => decode({ ...longDocument(0), inputs: [type], outputs: [0] })
  expect(new Set([...types].map((type) => Trace.hash(identity(type)))).size).toBe(types.size)
})

describe("takes linear time", () => {
  it("for a long list", () => {
    const [a, b] = [decode(longDocument(100_000)), decode(longDocument(100_000))]
    expect([Trace.equals(a, b), Trace.hash(a) === Trace.hash(b)]).toEqual([true, true])
    expect(Trace.equals(a, decode(longDocument(99_999)))).toBe(false)
  })

  it("for sub-traces that occur again and again", () => {
    const [a, b] = [doubled(longDocument(1), 50), doubled(longDocument(1), 50)]
    expect([Trace.equals(a, b), Trace.hash(a) === Trace.hash(b)]).toEqual([true, true])
  })
})

it("a hash is the same in every process", () => {
  expect(Trace.hash(decode(validDocument()))).toBe(3723258874)
})

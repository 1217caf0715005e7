/**
 * Lists as documents: whatever is written is read again as the same list.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { checkpoint, cond, customJvp, less, mul, sin, sum, Tensor, Trace, trace } from "wengert"
import type { Primitive } from "../../src/core/primitive.ts"
import { subTraces } from "../../src/core/structure.ts"
import { dataOf, fromData, isConcrete } from "../../src/core/tensor.ts"
import { primitives } from "../../src/ops/vocabulary.ts"
import { doubled, longDocument, validDocument } from "./documents.ts"
import { examples, family, listOf } from "./programs.ts"

const encode = (list: Trace): any => Effect.runSync(Trace.encode(list))
const decode = (document: unknown): Trace => Effect.runSync(Trace.decode(document))
const json = <A>(value: A): A => JSON.parse(JSON.stringify(value))

const primitivesIn = (list: Trace): ReadonlySet<string> =>
  new Set(list.equations.flatMap((equation) => [
    equation.primitive.name,
    ...subTraces(equation).flatMap(([, sub]) => [...primitivesIn(sub)])
  ]))

const vocabulary: ReadonlyArray<Primitive> = Object.values(primitives)

describe("the vocabulary", () => {
  it("has unique names", () => {
    expect(new Set(vocabulary.map(({ name }) => name)).size).toBe(vocabulary.length)
  })

  it("has every primitive under its own name", () => {
    for (const [name, primitive] of Object.entries(primitives)) expect(primitive.name).toBe(name)
  })

  it("has what derivatives and batches use, and the examples use all of it", () => {
    const used = new Set(examples.flatMap(family).flatMap((example) => [...primitivesIn(listOf(example))]))
    expect([...used].toSorted()).toEqual(vocabulary.map(({ name }) => name).toSorted())
  })

  it("declares the arity of every primitive that has one", () => {
    const variadic = vocabulary.filter(({ arity }) => arity === undefined).map(({ name }) => name)
    expect(variadic.toSorted()).toEqual([
      "checkpoint",
      "concat",
      "cond",
      "customBackward",
      "customJvp",
      "customPullback",
      "customVjp",
      "jit",
      "linearSolve",
      "scan",
      "while"
    ])
  })
})

describe("what is written is read again", () => {
  // its rule calls its own function
  const encodable = examples.filter(({ name }) => name !== "linearSolve")

  it.each(encodable.map((example) => [example.name, example] as const))(
    "%s, its derivatives and batches",
    (_, example) => {
      for (const member of family(example)) {
        const list = listOf(member)
        const document = json(encode(list))
        const read = decode(document)
        expect(Trace.equals(read, list), member.name).toBe(true)
        expect(Trace.hash(read)).toBe(Trace.hash(list))
        expect(encode(read)).toEqual(document)
        expect(String(Effect.runSync(Trace.evaluate(read, member.args)))).toBe(
          String(Effect.runSync(Trace.evaluate(list, member.args)))
        )
      }
    }
  )

  it("is frozen, deeply", () => {
    const isFrozen = (value: unknown): boolean =>
      typeof value !== "object" || value === null || isConcrete(value) ||
      (Object.isFrozen(value) && Object.entries(value).every(([key, child]) => key === "primitive" || isFrozen(child)))
    expect(isFrozen(decode(encode(listOf(examples.find(({ name }) => name === "nested")!))))).toBe(true)
    expect(isFrozen(decode(encode(listOf(examples.find(({ name }) => name === "records")!))))).toBe(true)
  })

  const roundTrip = (value: Tensor): Tensor => {
    const list = Effect.runSync(trace(() => Effect.succeed(value))())
    return decode(json(encode(list))).captured[0]!
  }

  it("every number, bit by bit", () => {
    const elements = {
      float64: fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 5e-324, Number.MAX_VALUE)),
      float32: fc.oneof(fc.float(), fc.constantFrom(NaN, Infinity, -Infinity, -0, 1.401298464324817e-45)),
      int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      bool: fc.constantFrom(0, 1)
    }
    const arrays = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array }
    for (const dtype of ["float64", "float32", "int32", "bool"] as const) {
      fc.assert(fc.property(fc.array(elements[dtype], { maxLength: 40 }), (values) => {
        const x = fromData([values.length, 1], dtype, arrays[dtype].from(values))
        const read = roundTrip(x)
        if (!isConcrete(read)) throw new Error("expected elements")
        expect([read.dtype, read.shape]).toEqual([dtype, [values.length, 1]])
        expect([...dataOf(read)].every((v, i) => Object.is(v, dataOf(x)[i]))).toBe(true)
      }))
    }
  })

  it("readably where it is small, as little-endian bytes where it is not", () => {
    const constants = (x: Tensor) => encode(Effect.runSync(trace(() => Effect.succeed(x))())).captured[0]
    expect(constants(Tensor.make([1, NaN, -0, -Infinity]))).toEqual({
      type: "float64[4]",
      values: [1, "NaN", "-0", "-Infinity"]
    })
    expect(constants(fromData([2], "bool", Uint8Array.of(1, 0)))).toEqual({ type: "bool[2]", values: [true, false] })
    const many = constants(Tensor.make(Int32Array.from({ length: 9 }, (_, i) => i + 256)))
    expect(many).toEqual({
      type: "int32[9]",
      byteOrder: "little",
      base64: "AAEAAAEBAAACAQAAAwEAAAQBAAAFAQAABgEAAAcBAAAIAQAA"
    })
  })

  it("the policy of a checkpoint, by its name", () => {
    const f = (x: any) => sin(mul(x, 2))
    const policies = ["nothing", "dots"] as const
    const lists = policies.map((policy) => listOf({ name: "", f: checkpoint(f, { policy }), args: [Tensor.make(1)] }))
    expect(lists.map((list) => encode(list).equations[0].params.policy)).toEqual(policies)
    expect(lists.map((list) => decode(json(encode(list))).equations[0]!.params["policy"])).toEqual(policies)
    expect([Trace.equals(lists[0]!, lists[1]!), Trace.hash(lists[0]!) === Trace.hash(lists[1]!)]).toEqual([
      false,
      false
    ])
    for (const policy of ["dot", "", "toString", "__proto__", null, 0, {}, () => true]) {
      const document = encode(lists[0]!)
      const [equation] = document.equations
      const changed = { ...document, equations: [{ ...equation, params: { ...equation.params, policy } }] }
      expect(Effect.runSync(Effect.flip(Trace.decode(changed))).message).toMatch(
        /^Trace.decode requires ("nothing" \| "dots"|JSON data) at equations\[0\].params.policy, got /
      )
    }
  })

  it("with a sub-trace once, wherever it occurs", () => {
    const { args, f, name } = examples.find(({ name }) => name === "nested")!
    const once = encode(listOf({ args, f, name }))
    const twice = encode(listOf({ args, name, f: (...xs) => Effect.all([f(...xs), f(...xs)]) }))
    expect([once.equations.length, twice.equations.length]).toEqual([1, 2])
    expect(twice.traces).toEqual(once.traces)
  })

  it("also if it occurs a million times", () => {
    const started = performance.now()
    expect(encode(doubled(longDocument(1), 20)).traces.length).toBe(20)
    expect(performance.now() - started).toBeLessThan(2000)
    const error = Effect.runSync(Effect.flip(Trace.encode(doubled(longDocument(1), 30))))
    expect(error.message).toMatch(/at most 10000000 variables/)
  })

  it("as the same document, where lists are equal", () => {
    for (const example of encodable) expect(encode(listOf(example))).toEqual(encode(listOf(example)))
  })

  it("whatever the order of keys has become on the way", () => {
    const backwards = (value: any): any =>
      Array.isArray(value)
        ? value.map(backwards)
        : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).toReversed().map(([key, child]) => [key, backwards(child)]))
        : value
    for (const document of [validDocument(), encode(listOf(examples.find(({ name }) => name === "records")!))]) {
      expect(JSON.stringify(backwards(document))).not.toBe(JSON.stringify(document))
      expect(Trace.equals(decode(backwards(document)), decode(document))).toBe(true)
    }
    // keys that are whole numbers come first, and in their order, in every JavaScript object
    const numbered = listOf({
      name: "",
      args: [{ 10: Tensor.make(1), 9: Tensor.make(2), a: Tensor.make(3) }],
      f: (x) => x
    })
    expect(Trace.equals(decode(json(encode(numbered))), numbered)).toBe(true)
  })

  it("a list of 100,000 equations", () => {
    const list = decode(longDocument(100_000))
    expect(list.equations.length).toBe(100_000)
    expect(Trace.equals(decode(json(encode(list))), list)).toBe(true)
  })
})

describe("what cannot be written", () => {
  const failure = (list: Trace): string => Effect.runSync(Effect.flip(Trace.encode(list))).message

  it("a value of a transformation that is running", () => {
    let message = ""
    Effect.runSync(
      trace((x: Tensor<[3]>) =>
        Effect.gen(function*() {
          const inner = yield* trace((y: Tensor<[3]>) => mul(x, y))(Tensor.make([1, 2, 3]))
          message = (yield* Effect.flip(Trace.encode(inner))).message
          return yield* sum(x)
        })
      )(Tensor.make([1, 2, 3]))
    )
    expect(message).toBe(
      "Trace.encode requires captured values that are known, got Traced(float64[3]), a value of a transformation around the " +
        "program; make it an argument"
    )
  })

  it("a rule that fails, and one that calls its own function", () => {
    const wrong = customJvp((x: any) => sin(x), (_: any, [dx]: any) => [dx] as any)
    expect(failure(listOf({ name: "", f: wrong as any, args: [Tensor.make(1)] }))).toMatch(
      /^Trace.encode requires rules that can be written, got customJvp with rule, which fails: customJvp requires a rule/
    )
    const endless: any = customJvp(
      (x: any) => sin(x),
      ([x]: any, [dx]: any) => Effect.map(endless(x), (y) => [y, dx]) as any
    )
    expect(failure(listOf({ name: "", f: endless, args: [Tensor.make(1)] }))).toBe(
      "Trace.encode requires rules that do not call their own function, got customJvp"
    )
  })

  it("a function", () => {
    const chosen = checkpoint((x: Tensor<[]>) => sin(x), { policy: () => true })
    const message = "Trace.encode requires a checkpoint whose policy has a name (nothing, dots), got a function"
    expect(failure(listOf({ name: "", f: chosen, args: [Tensor.make(1)] }))).toBe(message)
    const inside = (x: Tensor<[]>) => cond(less(x, 1), () => chosen(x), () => x)
    expect(failure(listOf({ name: "", f: inside, args: [Tensor.make(1)] }))).toBe(message)
  })

  it("a primitive that only has the name of one", () => {
    const list = Effect.runSync(trace((x: Tensor<[]>) => sin(x))(Tensor.make(1)))
    const [equation] = list.equations
    const forged = { ...list, equations: [{ ...equation!, primitive: { ...equation!.primitive } }] }
    expect(failure(forged)).toBe("Trace.encode requires primitives of the vocabulary, got sin")
  })

  it("what no reader would take: too many axes, trees too deep, __proto__", () => {
    const shape = Array(65).fill(1)
    expect(failure(Effect.runSync(trace((x: Tensor) => Effect.succeed(x))(Tensor.zeros(shape))))).toMatch(
      /at most 64 axes/
    )
    let deep: any = Tensor.make(1)
    for (let i = 0; i < 130; i++) deep = [deep]
    expect(failure(listOf({ name: "", f: (x) => x, args: [deep] }))).toMatch(/trees of at most 120 levels/)
    expect(failure(listOf({ name: "", f: (x) => x, args: [{ ["__proto__"]: Tensor.make(1) }] }))).toMatch(/"__proto__"/)
  })
})

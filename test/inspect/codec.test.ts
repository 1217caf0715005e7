/**
 * Lists as documents: whatever is written is read again as the same list, and whatever else is read is refused.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { add, cond, customJvp, mul, sin, sum, Tensor, Trace, trace, TraceDecodeError, vmap } from "wengert"
import { dataOf, fromData, isConcrete } from "../../src/core/tensor.ts"
import { subTraces } from "../../src/core/structure.ts"
import { vocabulary } from "../../src/ops/vocabulary.ts"
import { examples, exported, family, listOf } from "./programs.ts"

const encode = (list: Trace): any => Effect.runSync(Trace.encode(list))
const decode = (document: unknown): Trace => Effect.runSync(Trace.decode(document))
const refusal = (document: unknown): TraceDecodeError => Effect.runSync(Effect.flip(Trace.decode(document)))
const json = <A>(value: A): A => JSON.parse(JSON.stringify(value))

const primitivesIn = (list: Trace): ReadonlySet<string> =>
  new Set(list.equations.flatMap((equation) => [
    equation.primitive.name,
    ...subTraces(equation).flatMap(([, sub]) => [...primitivesIn(sub)])
  ]))

describe("the vocabulary", () => {
  it("has unique names", () => {
    expect(new Set(vocabulary.map(({ name }) => name)).size).toBe(vocabulary.length)
  })

  it("has the primitive of every exported op, except custom rules", () => {
    const missing = [...exported].filter(([, primitive]) => !vocabulary.includes(primitive)).map(([name]) => name)
    expect(missing).toEqual(["customJvp", "customVjp"])
  })

  it("has what derivatives and batches use, and the examples use all of it", () => {
    const used = new Set(examples.flatMap(family).flatMap((example) => [...primitivesIn(listOf(example))]))
    expect([...used].toSorted()).toEqual(vocabulary.map(({ name }) => name).toSorted())
  })

  it("declares the arity of every primitive that has one", () => {
    const variadic = vocabulary.filter(({ arity }) => arity === undefined).map(({ name }) => name)
    expect(variadic).toEqual(["concat", "checkpoint", "cond", "scan", "while"])
  })
})

describe("what is written is read again", () => {
  const encodable = examples.filter(({ name }) => name !== "checkpoint")

  it.each(encodable.map((example) => [example.name, example] as const))("%s, its derivatives and batches", (_, example) => {
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
  })

  it("is frozen, deeply", () => {
    const isFrozen = (value: unknown): boolean =>
      typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen))
    const list = decode(encode(listOf(examples.find(({ name }) => name === "nested")!)))
    expect(isFrozen({ ...list, equations: list.equations.map(({ primitive: _, ...rest }) => Object.freeze(rest)) })).toBe(false)
    expect(Object.isFrozen(list)).toBe(true)
    for (const key of ["inputs", "captured", "outputs", "argumentTree", "resultTree"] as const) expect(isFrozen(list[key])).toBe(true)
    for (const { operands, params, results } of list.equations) expect([operands, params, results].every(isFrozen)).toBe(true)
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
    expect(constants(Tensor.make([1, NaN, -0, -Infinity]))).toEqual({ type: "float64[4]", values: [1, "NaN", "-0", "-Infinity"] })
    expect(constants(fromData([2], "bool", Uint8Array.of(1, 0)))).toEqual({ type: "bool[2]", values: [true, false] })
    const many = constants(Tensor.make(Int32Array.from({ length: 9 }, (_, i) => i + 256)))
    expect(many).toEqual({ type: "int32[9]", byteOrder: "little", base64: "AAEAAAEBAAACAQAAAwEAAAQBAAAFAQAABgEAAAcBAAAIAQAA" })
  })

  it("with a sub-trace once, wherever it occurs", () => {
    const f = (x: any) => vmap((x: any) => cond(true as any, () => sin(x), () => x) as any)(x)
    void f
    const body = (x: any): any => trace((x: any) => sin(sin(sin(x))))(x)
    void body
    const scans = examples.find(({ name }) => name === "nested")!
    const twice = listOf({ ...scans, f: (x: any, y: any) => Effect.all([scans.f(x, y), scans.f(x, y)] as any) })
    expect(twice.equations.length).toBe(2)
    expect(encode(twice).traces.length).toBe(encode(listOf(scans)).traces.length)
  })

  it("a list of 100,000 equations, in linear time", () => {
    const chain = (n: number) =>
      Effect.runSync(trace((x: Tensor<[]>) =>
        Effect.gen(function*() {
          let y: Tensor<[]> = x
          for (let i = 0; i < n; i++) y = yield* mul(y, x)
          return y
        })
      )(Tensor.spec([])))
    const list = chain(100_000)
    const started = performance.now()
    const document = encode(list)
    expect(Trace.equals(decode(document), list)).toBe(true)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

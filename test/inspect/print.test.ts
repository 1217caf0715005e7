/**
 * Lists as text.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import {
  add,
  cast,
  checkpoint,
  cond,
  grad,
  greater,
  less,
  mul,
  relu,
  scan,
  sin,
  sub,
  sum,
  Tensor,
  Trace,
  trace,
  transpose,
  where,
  whileLoop
} from "wengert"
import { fromData } from "../../src/core/tensor.ts"
import { longDocument, validDocument } from "./documents.ts"
import { examples, family, listOf } from "./programs.ts"

const textOf = (f: (...args: ReadonlyArray<any>) => any, ...args: ReadonlyArray<unknown>): string =>
  Trace.print(listOf({ name: "", f, args }))

const lines = (...text: ReadonlyArray<string>): string => text.join("\n")

/** The only line between the head and the return of a program that captures `x`, or what it returns. */
const captured = (x: Tensor): string =>
  textOf((y) => where(y, x, x), fromData(x.shape, "bool", new Uint8Array(x.size))).split("\n")[1]!.trim()

describe("prints", () => {
  it("the derivative of the README", () => {
    const f = (x: Tensor<[3]>) => sum(mul(x, sin(x)))
    expect(Trace.print(Effect.runSync(trace(grad(f))(Tensor.make([1, 2, 3]))))).toBe(lines(
      "trace(a: float64[3])",
      "  b: float64[3] = sin a",
      "  c: float64[3] = cos a",
      "  d: float64[3] = mul a c",
      "  e: float64[3] = add b d",
      "  return e"
    ))
  })

  it("inputs by their paths in records, one a line where they are many", () => {
    const model = ({ layers, scale }: any, x: any) =>
      Effect.gen(function*() {
        let y = x
        for (const { b, w } of layers) y = yield* relu(add(mul(w, y), b))
        return { all: [y, yield* mul(y, scale)], "the last": y }
      })
    const layer = () => ({ w: Tensor.make([1, 2]), b: Tensor.make([3, 4]) })
    expect(textOf(model, { scale: Tensor.make(3), layers: [layer(), layer()] }, Tensor.make([1, 1]))).toBe(lines(
      "trace(",
      "  layers[0].b: float64[2],",
      "  layers[0].w: float64[2],",
      "  layers[1].b: float64[2],",
      "  layers[1].w: float64[2],",
      "  scale: float64[],",
      "  a: float64[2]",
      ")",
      "  b: float64[2] = mul layers[0].w a",
      "  c: float64[2] = add b layers[0].b",
      "  d: float64[2] = relu c",
      "  e: float64[2] = mul layers[1].w d",
      "  f: float64[2] = add e layers[1].b",
      "  g: float64[2] = relu f",
      "  h: float64[2] = broadcast[shape=[2], axes=[]] scale",
      "  i: float64[2] = mul g h",
      `  return { all: [g, i], "the last": g }`
    ))
  })

  it("names that cannot be mistaken", () => {
    const one = Tensor.make(1)
    expect(textOf(({ a, b }, c) => sub(add(a, b), c), { a: one, b: one }, one)).toBe(lines(
      "trace(a: float64[], b: float64[], c: float64[])",
      "  d: float64[] = add a b",
      "  e: float64[] = sub d c",
      "  return e"
    ))
    // paths that two inputs have, that are no names, or that mean something else
    expect(
      textOf((...xs) => xs, { w: one }, { w: one }, { nan: one, "a b": one, ["x".repeat(40)]: one }).split("\n")[0]
    )
      .toBe("trace(a: float64[], b: float64[], c: float64[], d: float64[], e: float64[])")
    const many = textOf((x) =>
      Effect.gen(function*() {
        let y = x
        for (let i = 0; i < 800; i++) y = yield* sin(y)
        return y
      }), one).split("\n")
    expect([many[25], many[26], many[27], many.at(-1)]).toEqual([
      "  z: float64[] = sin y",
      "  aa: float64[] = sin z",
      "  ab: float64[] = sin aa",
      "  return adu"
    ])
  })

  it("captured scalars where they are used, exactly", () => {
    const literals = (
      dtype: "float64" | "float32" | "int32",
      ...values: ReadonlyArray<number>
    ): ReadonlyArray<string> =>
      values.map((v) =>
        textOf((x) => add(x, x.dtype === "int32" ? v : Tensor.full([], v, x.dtype)), Tensor.full([], 1, dtype)).match(
          /add a (\S+)/
        )![1]!
      )
    expect(literals("float64", 2, 0.1, -0, 1e21, 1e-7, NaN, Infinity, -Infinity)).toEqual(
      ["2.0", "0.1", "-0.0", "1e+21", "1e-7", "nan", "inf", "-inf"]
    )
    expect(literals("float32", 2, Math.fround(0.1), Math.fround(1 / 3), NaN, 3.4028234663852886e38)).toEqual(
      ["2.0f32", "0.1f32", "0.33333334f32", "nanf32", "3.4028235e+38f32"]
    )
    expect(literals("int32", 2, -7)).toEqual(["2", "-7"])
    expect(textOf((x) => where(fromData([], "bool", Uint8Array.of(1)), x, 0), Tensor.make(1))).toContain(
      "where true a 0.0"
    )
  })

  it("larger captured values at the top, with their first elements", () => {
    expect(captured(Tensor.make([[1, 2.5], [1 / 3, -0]]))).toBe("b: float64[2,2] = [[1.0, 2.5], [0.333333, -0.0]]")
    expect(captured(Tensor.make([1, 2, 3, 4, 5, 6, 7]))).toBe("b: float64[7] = [1.0, 2.0, 3.0, …]")
    expect(captured(Tensor.zeros([4, 5, 6]))).toBe("b: float64[4,5,6] = [[[0.0, 0.0, 0.0, …], …], …]")
    expect(captured(Tensor.make(Int32Array.of(123456789, -1)))).toBe("b: int32[2] = [123456789, -1]")
    expect(captured(fromData([2], "bool", Uint8Array.of(1, 0)))).toBe("b: bool[2] = [true, false]")
    expect(captured(Tensor.zeros([0, 3]))).toBe("b: float64[0,3] = []")
    expect(captured(fromData([1], "float32", Float32Array.of(0.1)))).toBe("b: float32[1] = [0.1]")
  })

  it("values of a transformation around the program", () => {
    let text = ""
    Effect.runSync(
      trace((x: Tensor<[3]>) =>
        Effect.gen(function*() {
          text = Trace.print(yield* trace((y: Tensor<[3]>) => mul(x, y))(Tensor.make([1, 2, 3])))
          return yield* sum(x)
        })
      )(Tensor.make([1, 2, 3]))
    )
    expect(text).toBe(lines(
      "trace(a: float64[3])",
      "  b: float64[3] = captured",
      "  c: float64[3] = mul b a",
      "  return c"
    ))
  })

  it("sub-traces below their equations, at any depth", () => {
    const f = (x: any) =>
      scan(
        (c: any, t: any) =>
          Effect.map(cond(greater(c, 0) as any, () => mul(c, t) as any, () => 0 as any), (y) => [y, [y, t]]) as any,
        x,
        Tensor.make([1, 2])
      )
    expect(textOf(f, Tensor.make(1))).toBe(lines(
      "trace(a: float64[])",
      "  b: float64[2] = [1.0, 2.0]",
      "  c: float64[], d: float64[2], e: float64[2] = scan[length=2, reverse=false, consts=0, carry=1] a b",
      "    body(a: float64[], b: float64[])",
      "      c: bool[] = less 0.0 a",
      "      d: float64[] = cond c a b",
      "        branches[0](a: float64[], b: float64[])",
      "          return 0.0",
      "        branches[1](a: float64[], b: float64[])",
      "          c: float64[] = mul a b",
      "          return c",
      "      return [d, [d, b]]",
      "  return [c, [d, e]]"
    ))
  })

  it("results that nobody reads as _", () => {
    const f = (x: any) =>
      Effect.map(
        whileLoop(({ n }: any) => less(n, 3) as any, ({ n, y }: any) => ({ n: add(n, 1), y: mul(y, 2) }) as any, {
          n: 0,
          y: x
        }) as any,
        ({ y }: any) => y
      )
    expect(textOf(f, Tensor.make(1)).split("\n")[1]).toMatch(/^  _: float64\[\], b: float64\[\] = while/)
  })

  it("parameters of every kind", () => {
    expect(textOf((x) => transpose(x), Tensor.zeros([2, 3]))).toContain("= transpose[permutation=[1, 0]] a")
    expect(textOf((x) => cast(x, "float32"), Tensor.make(1))).toContain("= cast[dtype=float32] a")
    const chooses = () => false
    expect(textOf((checkpoint as any)((x: any) => sin(x), { policy: chooses }), Tensor.make(1))).toContain(
      "= checkpoint[policy=chooses] a"
    )
    expect(textOf(checkpoint((x: any) => sin(x)) as any, Tensor.make(1))).toContain("= checkpoint[policy=nothing] a")
  })

  it("structures without leaves, and a lone argument that is returned", () => {
    expect(textOf(() => ({ a: [], b: {} }))).toBe(lines("trace()", "  return { a: [], b: {} }"))
    expect(textOf((x) => x, Tensor.make(1))).toBe(lines("trace(a: float64[])", "  return a"))
  })

  it("source sites, if asked", () => {
    const list = listOf({ name: "", args: [Tensor.make([1, 2])], f: (x) => mul(sin(x), 2) })
    const line = list.equations[0]!.site!.line
    expect(Trace.print(list, { sites: true })).toBe(lines(
      "trace(a: float64[2])",
      `  b: float64[2] = sin a                              ; print.test.ts:${line}`,
      `  c: float64[2] = broadcast[shape=[2], axes=[]] 2.0  ; print.test.ts:${line}`,
      `  d: float64[2] = mul b c                            ; print.test.ts:${line}`,
      "  return d"
    ))
    expect(Trace.print(list, { sites: false })).toBe(Trace.print(list))
    // a document has no sites
    const read = Effect.runSync(Effect.flatMap(Trace.encode(list), Trace.decode))
    expect(Trace.print(read, { sites: true })).toBe(Trace.print(list))
  })
})

describe("a text", () => {
  it.each(examples.map((example) => [example.name, example] as const))(
    "of %s is the same for equal lists",
    (_, example) => {
      for (const member of family(example)) expect(Trace.print(listOf(member))).toBe(Trace.print(listOf(member)))
    }
  )

  it("is what the documents say", () => {
    expect(Trace.print(Effect.runSync(Trace.decode(validDocument())))).toMatch(
      /^trace\(a: float64\[9\], k: float64\[\]\)\n/
    )
  })

  it("of 100,000 equations has as many lines", () => {
    const text = Trace.print(Effect.runSync(Trace.decode(longDocument(100_000))))
    expect(text.split("\n").length).toBe(100_002)
  })
})

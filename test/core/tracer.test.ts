/**
 * What a tracer captures, what it leaves out, and what it refuses: values of transformations that are not around.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { evaluator } from "../../src/core/evaluator.ts"
import { isConcrete, TracedTensor } from "../../src/core/tensor.ts"
import { outputAvals } from "../../src/core/trace.ts"
import { Tracer } from "../../src/core/tracer.ts"
import { add, cast, cos, EscapedTracerError, grad, mul, scan, sin, Tensor, Trace, trace } from "../../src/index.ts"

type Scalar = Tensor<[], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)
const run = <A, E>(program: Effect.Effect<A, E>): A => Effect.runSync(program)
const listOf = (f: (x: Scalar) => Effect.Effect<unknown, unknown>): Trace => run(trace(f)(scalar(2)))
const names = (list: Trace): ReadonlyArray<string> => list.equations.map((e) => e.primitive.name)
const elements = (list: Trace): ReadonlyArray<unknown> =>
  list.captured.map((x) => isConcrete(x) ? run(Tensor.toArray(x)) : "traced")

describe("capturing", () => {
  it("a scalar is captured once for each value and dtype", () => {
    const list = listOf((x) =>
      Effect.gen(function*() {
        const a = yield* mul(mul(mul(x, 2), 2), scalar(2))
        const b = yield* mul(mul(a, 0), -0)
        const c = yield* mul(mul(b, NaN), NaN)
        return yield* mul(cast(mul(cast(c, "float32"), 2), "float64"), 2)
      })
    )
    expect(elements(list)).toEqual([2, 0, -0, NaN, 2])
    expect(list.captured.map((x) => x.dtype)).toEqual(["float64", "float64", "float64", "float64", "float32"])
  })

  it("any other tensor is captured once for itself", () => {
    const [v, w] = [Tensor.make([1, 2]), Tensor.make([1, 2])]
    const list = listOf((x) => mul(add(mul(x, v), v), add(w, v)))
    expect(list.captured.length).toBe(2)
    expect(list.captured[0]).toBe(v)
    expect(list.captured[1]).toBe(w)
  })

  it("captured values stand in the order of their first use, and behind the inputs", () => {
    const [a, b, c] = [scalar(1), scalar(2), scalar(3)]
    const list = listOf((x) =>
      Effect.gen(function*() {
        yield* mul(a, x)
        return yield* add(mul(c, x), b)
      })
    )
    expect(elements(list)).toEqual([3, 2])
    expect(list.equations.map((e) => e.operands)).toEqual([[1, 0], [3, 2]])
  })

  it("what the outputs do not need is left out, inputs stay", () => {
    const f = (x: Scalar, y: Scalar) =>
      Effect.gen(function*() {
        const kept = yield* sin(x)
        const unused = yield* mul(cos(y), 5)
        yield* add(unused, kept)
        return kept
      })
    const list = run(trace(f)(scalar(1), scalar(2)))
    expect([names(list), list.inputs.length, list.captured.length]).toEqual([["sin"], 2, 0])
  })

  it("outputs may be inputs, captured values, numbers, and the same twice", () => {
    const v = Tensor.make([1, 2])
    const list = listOf((x) => Effect.succeed([x, v, x, 7, { v }]))
    expect(list.outputs).toEqual([0, 1, 0, 2, 1])
    expect(outputAvals(list).map((aval) => aval.shape)).toEqual([[], [2], [], [], [2]])
    const given = run(Trace.evaluate(list, [scalar(3)])) as readonly [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      { readonly v: Tensor }
    ]
    const all = [...given.slice(0, 4) as ReadonlyArray<Tensor>, given[4].v]
    expect(all.map((x) => run(Tensor.toArray(x)))).toEqual([3, [1, 2], 3, 7, [1, 2]])
  })

  it("a value of a transformation around is captured as it is", () => {
    const lists: Array<Trace> = []
    const f = (x: Scalar) =>
      Effect.gen(function*() {
        const y = yield* sin(x)
        lists.push(yield* trace((z: Scalar) => mul(mul(z, y), y))(scalar(3)))
        return y
      })
    run(grad(f)(scalar(1)))
    const [list] = lists
    expect(list!.captured.map((x) => x instanceof TracedTensor)).toEqual([true])
    expect(names(list!)).toEqual(["mul", "mul"])
  })

  it("a program that is run again gives an equal list, whatever was run in between", () => {
    const f = (x: Scalar) => mul(add(sin(x), 2), add(cos(x), 2))
    const [one, , two] = [listOf(f), listOf((x) => mul(x, 3)), listOf(f)]
    const plain = ({ equations, outputs }: Trace) => [
      equations.map(({ operands, primitive, result }) => [primitive.name, operands, result]),
      outputs
    ]
    expect(plain(two)).toEqual(plain(one))
  })

  it("what leaves a tracer is frozen", () => {
    const list = listOf((x) =>
      Effect.map(scan((c, y: Scalar) => [add(c, y), c] as const, x, Tensor.make([1, 2])), ([c]) => c)
    )
    const thawed: Array<string> = []
    const seen = new Set<unknown>()
    const visit = (u: unknown, path: string): void => {
      if (typeof u !== "object" || u === null || seen.has(u) || ArrayBuffer.isView(u)) return
      seen.add(u)
      if (!Object.isFrozen(u)) thawed.push(path)
      for (const [key, child] of Object.entries(u)) if (typeof child !== "function") visit(child, `${path}.${key}`)
    }
    visit(list, "trace")
    expect(thawed).toEqual([])
  })
})

describe("a tracer of one's own", () => {
  it("refuses values of siblings, of children and of itself once it is closed", () => {
    const parent = new Tracer(evaluator)
    const [child, sibling] = [new Tracer(parent), new Tracer(parent)]
    const aval = { shape: [], dtype: "float64" } as const
    const [p, c, s] = [parent.input(aval), child.input(aval), sibling.input(aval)]
    expect(child.variableOf("test", p)).toBe(1)
    expect(child.variableOf("test", p)).toBe(1)
    expect(child.variableOf("test", c)).toBe(0)
    expect(() => child.variableOf("test", s)).toThrow(EscapedTracerError)
    expect(() => parent.variableOf("test", c)).toThrow(EscapedTracerError)
    parent.close()
    expect(() => child.variableOf("test", parent.input(aval))).toThrow(EscapedTracerError)
    child.close()
    expect(() => child.variableOf("test", c)).toThrow(EscapedTracerError)
  })
})

/**
 * The Wengert list itself, and how programs become one.
 */
import { Context, Effect, Exit } from "effect"
import { describe, expect, expectTypeOf, it } from "vitest"
import { add, type EscapedTracerError, grad, mul, type OpError, sin, sum, Tensor, Trace, trace, vmap } from "wengert"
import { subTraces } from "../../src/core/structure.ts"
import { SpecTensor } from "../../src/core/tensor.ts"
import type { Trace as List } from "../../src/core/trace.ts"
import { avalsOf, outputAvals, variableCount } from "../../src/core/trace.ts"
import { examples, family, listOf } from "../inspect/programs.ts"

/** All lists: the list, the sub-traces of its equations, and so on. */
const withSubTraces = (list: List): ReadonlyArray<List> => [
  list,
  ...list.equations.flatMap((equation) => subTraces(equation).flatMap(([, sub]) => withSubTraces(sub)))
]

const isFrozen = (value: unknown): boolean =>
  typeof value !== "object" || value === null ||
  (Object.isFrozen(value) && Object.entries(value).every(([key, child]) => key === "primitive" || isFrozen(child)))

describe.each(
  examples.map((example) => [example.name, family(example).flatMap((e) => withSubTraces(listOf(e)))] as const)
)(
  "the lists of %s, its derivatives and batches",
  (_, lists) => {
    it("assign every variable once, before it is used", () => {
      for (const list of lists) {
        let next = list.inputs.length + list.captured.length
        for (const { operands, result, results } of list.equations) {
          expect(operands.every((v) => Number.isInteger(v) && v >= 0 && v < next)).toBe(true)
          expect(result).toBe(next)
          next += results.length
        }
        expect(variableCount(list)).toBe(next)
        expect(list.outputs.every((v) => v < next)).toBe(true)
      }
    })

    it("have the types that the shape rules give", () => {
      for (const list of lists) {
        const avals = avalsOf(list)
        for (const { operands, params, primitive, results } of list.equations) {
          const computed = primitive.infer(operands.map((v) => avals[v]!), params)
          expect(results).toEqual(computed.map(({ dtype, shape }) => ({ dtype, shape: [...shape] })))
          if (primitive.arity !== undefined) expect(operands.length).toBe(primitive.arity)
        }
        expect(outputAvals(list)).toEqual(list.outputs.map((v) => avals[v]))
      }
    })

    it("are frozen, deeply", () => {
      for (const list of lists) expect(isFrozen(list)).toBe(true)
    })

    it("hold nothing that their outputs do not need", () => {
      for (const list of lists) {
        const needed = new Set(list.outputs)
        for (const { operands, result, results } of [...list.equations].reverse()) {
          expect(results.some((_, r) => needed.has(result + r))).toBe(true)
          for (const v of operands) needed.add(v)
        }
        for (const [i] of list.captured.entries()) expect(needed.has(list.inputs.length + i)).toBe(true)
      }
    })

    it("have parameters of the kinds that their primitives declare", () => {
      const kinds: { readonly [kind: string]: (value: any) => boolean } = {
        integer: Number.isSafeInteger,
        integers: (value) => Array.isArray(value) && value.every(Number.isSafeInteger),
        boolean: (value) => typeof value === "boolean",
        dtype: (value) => ["float64", "float32", "int32", "bool"].includes(value),
        trace: (value) => Array.isArray(value.equations),
        traces: (value) => Array.isArray(value) && value.length > 0
      }
      for (const { equations } of lists) {
        for (const { params, primitive } of equations) {
          expect(Object.keys(params).toSorted()).toEqual(Object.keys(primitive.params).toSorted())
          for (const [name, kind] of Object.entries<string>(primitive.params)) {
            expect(kinds[kind]?.(params[name]) ?? true).toBe(true)
          }
        }
      }
    })
  }
)

describe("trace", () => {
  const run = <A>(effect: Effect.Effect<A, unknown>): A => Effect.runSync(effect)

  it("captures each value once, in the order of first use; equal scalars are one", () => {
    const [c, d] = [Tensor.make([1, 2]), Tensor.make([3, 4])]
    const list = run(
      trace((x: Tensor<[2]>) =>
        Effect.gen(function*() {
          const unused = yield* mul(c, 5)
          void unused
          const y = yield* add(mul(mul(x, d), 2), mul(c, 2))
          return yield* mul(y, mul(d, -0))
        })
      )(Tensor.spec([2]))
    )
    expect(list.captured.map(String)).toEqual([String(d), "tensor(2., float64)", String(c), "tensor(-0., float64)"])
  })

  it("leaves dead code out, and runs it nevertheless", () => {
    let ran = 0
    const list = run(
      trace((x: Tensor<[]>) =>
        Effect.gen(function*() {
          const dead = yield* Effect.tap(sin(x), () => Effect.sync(() => ran++))
          yield* mul(dead, dead)
          return yield* mul(x, 3)
        })
      )(Tensor.make(1))
    )
    expect(list.equations.map(({ primitive }) => primitive.name)).toEqual(["mul"])
    expect(ran).toBe(1)
  })

  it("takes abstract arguments, of which no value is known", () => {
    const f = (x: Tensor<[]>) => Effect.flatMap(Tensor.item(x), (v) => v > 0 ? sin(x) : mul(x, 2))
    expect(run(trace(f)(Tensor.make(1))).equations.map((e) => e.primitive.name)).toEqual(["sin"])
    expect(run(trace(f)(Tensor.make(-1))).equations.map((e) => e.primitive.name)).toEqual(["mul"])
    const error = run(Effect.flip(trace(f)(Tensor.spec([]))))
    expect([error._tag, error.message.includes("depends on an abstract argument")]).toEqual(["TracedValueError", true])
    // one abstract argument makes all of them abstract
    const second = trace((_: Tensor<[]>, y: Tensor<[]>) => f(y))
    expect(run(Effect.flip(second(Tensor.spec([]), Tensor.make(1))))._tag).toBe("TracedValueError")
    expect(run(trace((x: Tensor) => sin(x))(new SpecTensor([2, 3], "float32"))).inputs).toEqual([{
      shape: [2, 3],
      dtype: "float32"
    }])
  })

  it("keeps the structure of arguments and results", () => {
    const list = run(
      trace(({ w }: { readonly w: ReadonlyArray<Tensor<[]>> }, n: Tensor<[]>) => ({ all: w, n: sin(n) }))(
        { w: [Tensor.make(1), Tensor.make(2)] },
        Tensor.make(3)
      )
    )
    const out = run(Trace.evaluate(list, [{ w: [Tensor.make(4), Tensor.make(5)] }, Tensor.make(0)]))
    expect(out.all.map(String)).toEqual(["tensor(4., float64)", "tensor(5., float64)"])
    expect(String(out.n)).toBe("tensor(0., float64)")
    const error = run(Effect.flip(Trace.evaluate(list as Trace, [{ w: [Tensor.make(4)] }, Tensor.make(0)])))
    expect(error._tag).toBe("TreeMismatchError")
    expect(
      run(Effect.flip(Trace.evaluate(list, [{ w: [Tensor.make(4), Tensor.make([5])] as any }, Tensor.make(0)])))._tag
    )
      .toBe("TreeMismatchError")
  })

  it("runs under transformations, and through them", () => {
    const square = run(trace((x: Tensor<[]>) => mul(x, x))(Tensor.spec([])))
    const program = (x: Tensor<[]>) => Trace.evaluate(square, [x])
    expect(String(run(grad(program)(Tensor.make(3))))).toBe("tensor(6., float64)")
    expect(String(run(vmap(program)(Tensor.make([1, 2, 3]))))).toBe("tensor([1., 4., 9.], float64)")
    expect(Trace.equals(run(trace(program)(Tensor.spec([]))), square)).toBe(true)
  })

  it("keeps the program's own errors and services", () => {
    class Scale extends Context.Service<Scale, number>()("Scale") {}
    const f = (x: Tensor<[]>) =>
      Effect.gen(function*() {
        const scale = yield* Scale
        if (scale === 0) return yield* Effect.fail("no scale" as const)
        return yield* mul(x, scale)
      })
    const traced = trace(f)(Tensor.spec([]))
    expectTypeOf(traced).toEqualTypeOf<
      Effect.Effect<
        Trace<[x: Tensor<[]>], Tensor<[], "float64" | "float32" | "int32" | "bool">>,
        "no scale" | OpError,
        Scale
      >
    >()
    expect(run(Effect.provideService(traced, Scale, 2)).captured.map(String)).toEqual(["tensor(2., float64)"])
    expect(Effect.runSyncExit(Effect.provideService(traced, Scale, 0))).toEqual(Exit.fail("no scale"))
  })

  it("does not let traced values out", () => {
    let kept: Tensor<[]> | undefined
    run(trace((x: Tensor<[]>) => sin(kept = x))(Tensor.make(1)))
    expect(run(Effect.flip(sin(kept!)))._tag).toBe("EscapedTracerError" satisfies EscapedTracerError["_tag"])
  })

  it("gives the type of what evaluate gives", () => {
    const list = run(trace((x: Tensor<[2, 3]>) => ({ y: sum(x, { axis: 0 }), n: 1 }))(Tensor.spec([2, 3])))
    expectTypeOf(list).toExtend<Trace>()
    expectTypeOf(run(Trace.evaluate(list, [Tensor.zeros([2, 3])])).y.shape).toEqualTypeOf<[3]>()
    // @ts-expect-error an argument of another shape
    expect(Exit.isFailure(Effect.runSyncExit(Trace.evaluate(list, [Tensor.zeros([3, 2])])))).toBe(true)
    const read: Trace = run(Effect.flatMap(Trace.encode(list), Trace.decode))
    expectTypeOf(Trace.evaluate(read, [Tensor.zeros([2, 3])])).toEqualTypeOf<Effect.Effect<unknown, OpError>>()
  })
})

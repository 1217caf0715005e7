/**
 * Reverse mode with the cotangent left open.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  add,
  div,
  floor,
  grad,
  greater,
  jvp,
  log,
  mask,
  matmul,
  mul,
  sin,
  sqrt,
  stopGradient,
  sum,
  Tensor,
  trace,
  vjp,
  vmap,
  where
} from "wengert"
import { expectClose, expectNumbers, run, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)
const number = fc.integer({ min: -16, max: 16 }).map((n) => n / 4)
const vector = fc.array(number, { minLength: 3, maxLength: 3 })
const inner = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => a.reduce((s, v, i) => s + v * b[i]!, 0)

/** y = W·x, and the sum of its squares. */
const f = ({ w }: { readonly w: Tensor<[2, 3]> }, x: Tensor<[3]>) =>
  Effect.gen(function*() {
    const y = yield* matmul(w, x)
    return { y, more: [yield* sum(mul(y, y)), { w }] as const }
  })

describe("vjp", () => {
  it("gives the output, and cotangents in the trees of all primals", () => {
    fc.assert(
      fc.property(fc.tuple(vector, vector), vector, fc.tuple(number, number), number, (w, x, a, c) => {
        const program = Effect.gen(function*() {
          const [{ y }, pullback] = yield* vjp(
            f,
            { w: Tensor.make(w) as Tensor<[2, 3]> },
            Tensor.make(x) as Tensor<[3]>
          )
          const cts = yield* pullback({
            y: Tensor.make(a),
            more: [scalar(c), { w: Tensor.make([[0, 0, 0], [0, 0, 1]]) }]
          })
          return [y, cts]
        })
        const y = w.map((row) => inner(row, x))
        // what comes back to y: its own cotangent and 2c·y
        const ct = y.map((v, i) => a[i]! + 2 * c * v)
        expectClose(program, [y, [
          { w: ct.map((c, i) => x.map((v, k) => c * v + (i === 1 && k === 2 ? 1 : 0))) },
          x.map((_, k) => inner(ct, w.map((row) => row[k]!)))
        ]])
      }),
      { numRuns: 30 }
    )
  })

  it("is the adjoint of jvp: ⟨ct, J·t⟩ = ⟨Jᵀ·ct, t⟩", () => {
    const g = (x: Tensor<[3]>) => Effect.map(mul(sin(x), sum(mul(x, x))), (y) => y)
    fc.assert(fc.property(vector, vector, vector, (x, t, ct) => {
      const [at, along, back] = [x, t, ct].map((v) => Tensor.make(v) as Tensor<[3]>) as [
        Tensor<[3]>,
        Tensor<[3]>,
        Tensor<[3]>
      ]
      const [, forward] = valuesOf(jvp(g, [at], [along])) as [unknown, Array<number>]
      const [backward] = valuesOf(Effect.flatMap(vjp(g, at), ([, pullback]) => pullback(back))) as [Array<number>]
      expectNumbers(inner(forward, ct), inner(backward, t))
    }))
  })

  it("the pullback may be applied any number of times, under vmap and grad too", () => {
    const program = Effect.gen(function*() {
      const [, pullback] = yield* vjp((x: Scalar) => mul(x, mul(x, x)), scalar(2))
      const back = (ct: Scalar) => Effect.map(pullback(ct), ([x]) => x)
      return [
        yield* back(scalar(1)),
        yield* vmap(back)(Tensor.make([1, 2])),
        yield* grad(back)(scalar(7)),
        yield* back(scalar(1))
      ]
    })
    expect(valuesOf(program)).toEqual([12, [12, 24], 12, 12])
  })

  it("the pullback is linear: nothing of f is computed again", () => {
    const program = Effect.gen(function*() {
      const [, pullback] = yield* vjp((x: Scalar) => sin(sin(sin(x))), scalar(2))
      return yield* trace((ct: Scalar) => pullback(ct))(scalar(1))
    })
    expect(run(program).equations.map((e) => e.primitive.name)).toEqual(["mul", "mul", "mul"])
  })

  it("cotangents of outputs that do not depend on the primals are taken and have no influence", () => {
    const g = (x: Scalar) => Effect.all([floor(x), stopGradient(x), mul(x, 2), mul(Tensor.make(1), 3)])
    const pulled = Effect.flatMap(
      vjp(g, scalar(1)),
      ([, pullback]) => pullback([scalar(Infinity), scalar(NaN), scalar(1), scalar(10)])
    )
    expect(valuesOf(pulled)).toEqual([2])
  })

  it("bool and int32 outputs take cotangents of their own type, which have no influence", () => {
    const g = (x: Scalar) => Effect.all([greater(x, 0), mul(x, 2)])
    expect(valuesOf(Effect.flatMap(vjp(g, scalar(1)), ([, pullback]) => pullback([Tensor.make(true), scalar(3)]))))
      .toEqual([6])
  })

  it("primals without a connection get zeros of their own type", () => {
    const g = (x: Scalar, y: Tensor<[2], "float32">) => mul(x, floor(sum(y)))
    const [dx, dy] = run(
      Effect.flatMap(vjp(g, scalar(1), Tensor.make([1.5, 2], { dtype: "float32" })), ([, pull]) => pull(scalar(1)))
    )
    expect(valuesOf(Effect.succeed([dx, dy]))).toEqual([3, [0, 0]])
    expect([dy.dtype, dy.shape]).toEqual(["float32", [2]])
  })

  it("a primal of float32 gets a cotangent of float32, whatever it is joined with", () => {
    const g = (x: Tensor<[], "float32">, y: Scalar) => mul(x, y)
    const [dx, dy] = run(
      Effect.flatMap(vjp(g, Tensor.make(3, { dtype: "float32" }), scalar(2)), ([, pull]) => pull(scalar(1)))
    )
    expect([dx.dtype, dy.dtype]).toEqual(["float32", "float64"])
    expect(valuesOf(Effect.succeed([dx, dy]))).toEqual([2, 3])
  })

  it("where a mask selects nothing, the cotangent is exactly 0, whatever the derivative is", () => {
    // log and 1/√x have infinite derivatives at 0
    const g = (x: Tensor<[3]>) => where(greater(x, 0), add(log(x), div(1, sqrt(x))), 0)
    const x = Tensor.make([0, 4, -1])
    const pulled = (ct: Tensor<[3]>) => Effect.flatMap(vjp(g, x), ([, pullback]) => pullback(ct))
    expectClose(pulled(Tensor.make([1, 1, 1])), [[0, 1 / 4 - 1 / 16, 0]])
    expectClose(pulled(Tensor.make([Infinity, 1, NaN])), [[0, 1 / 4 - 1 / 16, 0]])
  })

  it("where mathematics gives infinity it stays", () => {
    const g = (x: Tensor<[2]>) => mask(sqrt(x), Tensor.make([true, false]))
    expect(valuesOf(Effect.flatMap(vjp(g, Tensor.make([0, 0])), ([, pullback]) => pullback(Tensor.make([1, 1])))))
      .toEqual([[Infinity, 0]])
  })
})

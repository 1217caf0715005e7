/**
 * Reverse mode with the cotangent left open.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  add,
  cond,
  div,
  grad,
  greater,
  jvp,
  log,
  mask,
  matmul,
  mul,
  sin,
  softmax,
  sqrt,
  stopGradient,
  sub,
  sum,
  Tensor,
  transpose,
  vjp,
  vmap,
  where
} from "wengert"
import { expectClose, expectNumbers, expectSame, run, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)
const number = fc.integer({ min: -16, max: 16 }).map((n) => n / 4)
const vector = fc.tuple(number, number, number).map((xs): Tensor<[3]> => Tensor.make(xs))
const matrix = fc.tuple(vector, vector).map((rows): Tensor<[2, 3]> =>
  Tensor.make(rows.map((r) => run(Tensor.toArray(r)))) as Tensor<[2, 3]>
)

/** A function of a tree that gives a tree, with values that are used often. */
const f = ({ w }: { readonly w: Tensor<[2, 3]> }, x: Tensor<[3]>) =>
  Effect.gen(function*() {
    const y = yield* matmul(w, x)
    return { y, more: [yield* sum(mul(y, y)), yield* softmax(w)] as const }
  })

describe("vjp", () => {
  it("gives the output, and cotangents in the trees of all primals", () => {
    fc.assert(fc.property(matrix, vector, fc.tuple(number, number), number, (w, x, [a, b], c) => {
      const program = Effect.gen(function*() {
        const [out, pullback] = yield* vjp(f, { w }, x)
        const ct = { y: Tensor.make([a, b]) as Tensor<[2]>, more: [scalar(c), Tensor.zeros([2, 3])] as const }
        return [out.y, ...yield* pullback(ct)] as const
      })
      const expected = Effect.gen(function*() {
        const y = yield* matmul(w, x)
        // the cotangent of y: ct + 2c·y
        const ct = yield* add(Tensor.make([a, b]), mul(2 * c, y))
        const dw = yield* matmul(transpose(Tensor.make([valuesOf(Effect.succeed(ct)) as Array<number>])) as never, [x] as never)
          .pipe(Effect.orElseSucceed(() => w))
        return { ct, y, dw }
      })
      const [y, { w: dw }, dx] = valuesOf(program) as [Array<number>, { w: Array<Array<number>> }, Array<number>]
      const { ct } = valuesOf(expected) as { ct: Array<number> }
      const [xs, ws] = [valuesOf(Effect.succeed(x)) as Array<number>, valuesOf(Effect.succeed(w)) as Array<Array<number>>]
      expectNumbers(y, ws.map((row) => row.reduce((s, v, k) => s + v * xs[k]!, 0)))
      expectNumbers(dw, ct.map((c) => xs.map((v) => c * v)))
      expectNumbers(dx, xs.map((_, k) => ct.reduce((s, c, i) => s + c * ws[i]![k]!, 0)))
    }), { numRuns: 30 })
  })
})

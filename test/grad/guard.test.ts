/**
 * Guards are written where a mask begins, and nowhere else.
 */
import { Effect } from "effect"
import { expect, it } from "vitest"
import * as w from "wengert"
import { evaluator } from "../../src/core/evaluator.ts"
import { Interpreter } from "../../src/core/interpreter.ts"
import { traceCall } from "../../src/grad/arguments.ts"
import { guardTrace } from "../../src/grad/support.ts"
import { transform } from "../../src/grad/transform.ts"

/** Is the backward list of a program the same when it has been guarded? */
const isItsOwn = (f: (x: any) => any) =>
  Effect.runSync(
    Effect.gen(function*() {
      const { active, trace } = yield* traceCall("grad", f, [w.Tensor.make([0.5, 2])], 0)
      const { linear } = yield* transform.linearize(trace, active)
      const { linear: backward } = yield* transform.transpose(linear, [true])
      return (yield* guardTrace(transform, backward)) === backward
    }).pipe(Effect.provideService(Interpreter, evaluator)) as Effect.Effect<boolean>
  )

it("a list in which no mask begins is its own", () => {
  expect(isItsOwn((x) => w.sum(w.mul(x, w.sin(x))))).toBe(true)
  expect(isItsOwn((x) => w.sum(w.mul(x, w.where(w.greater(x, 1), w.log(x), 0))))).toBe(false)
})

/**
 * The list behind a gradient: every program becomes one, and so does its derivative.
 *
 * R. E. Wengert wrote in 1964 that to differentiate a program it is enough to write down its elementary steps, one per
 * line. The list is plain data: it can be printed, drawn, compared, saved, sent, and run again.
 */
import { Console, Effect } from "effect"
import { grad, mul, sin, sum, Tensor, Trace, trace } from "wengert"

/** Σ x · sin x, whose gradient is sin x + x · cos x. */
const f = (x: Tensor<[3]>) => sum(mul(x, sin(x)))

export const wengertList = Effect.gen(function*() {
  const x = Tensor.spec([3], "float64")
  yield* Console.log("f(x) = sum(x · sin x)\n")
  yield* Console.log(Trace.print(yield* trace(f)(x)))
  yield* Console.log("\nand its gradient\n")
  yield* Console.log(Trace.print(yield* trace(grad(f))(x)))
})

/**
 * Derivatives of elementwise ops as the library gives them, in all modes, and when they are right.
 */
import { Effect } from "effect"
import type { FloatDType } from "../../src/core/dtype.ts"
import * as w from "../../src/index.ts"

type X = w.Tensor<any, any>
export type F = (...xs: ReadonlyArray<X>) => Effect.Effect<X, any>
export type Mode = "forward" | "reverse"

/** An op by its name. */
export const opOf = (name: string): F => (w as unknown as Record<string, F>)[name]!

/** The modes in which a derivative of order 0, 1 or 2 is computed, the innermost first. */
export const combinations: ReadonlyArray<ReadonlyArray<ReadonlyArray<Mode>>> = [
  [[]],
  [["forward"], ["reverse"]],
  [["forward", "forward"], ["reverse", "reverse"], ["reverse", "forward"], ["forward", "reverse"]]
]

/** The derivative by operand `k`, elementwise: the others are constants. */
const partial = (f: F, k: number, mode: Mode): F => (...xs) => {
  const through = (x: X): Effect.Effect<w.Tensor, any> => f(...xs.with(k, x))
  return mode === "reverse"
    ? w.grad((x: X) => w.sum(through(x)))(xs[k]!)
    : Effect.map(w.jvp(through, [xs[k]!], [w.Tensor.ones(xs[k]!.shape, xs[k]!.dtype as FloatDType)]), ([, dy]) => dy)
}

/** The program of a derivative, of so many orders by each operand. */
export const derivative = (f: F, orders: ReadonlyArray<number>, modes: ReadonlyArray<Mode>): F =>
  orders.flatMap((n, k) => Array.from({ length: n }, () => k)).reduce((g, k, i) => partial(g, k, modes[i]!), f)

/** What a program gives at each of some points. */
export const valuesAt = (
  f: F,
  points: ReadonlyArray<ReadonlyArray<number>>,
  dtype: FloatDType
): ReadonlyArray<number> => {
  const xs = points[0]!.map((_, k) => w.Tensor.make(points.map((at) => at[k]!), { dtype }))
  return Array.from(Effect.runSync(w.Tensor.data(Effect.runSync(f(...xs)))))
}

export const limits = {
  float64: { largest: Number.MAX_VALUE, quantum: Number.MIN_VALUE, tolerance: 1e-12 },
  float32: { largest: (2 - 2 ** -23) * 2 ** 127, quantum: 2 ** -149, tolerance: 1e-5 }
} as const

/** Is it right: to the tolerance, or where the value is subnormal to some quanta; beyond the largest number, not finite? */
export const isRight = (got: number, want: number, dtype: FloatDType): boolean => {
  const { largest, quantum, tolerance } = limits[dtype]
  const error = Math.abs(got - want)
  return error <= tolerance * Math.abs(want) + 64 * quantum ||
    (Math.abs(want) >= largest * (1 - tolerance) && !Number.isFinite(got))
}

/** Functions with a custom rule, right or wrong. */
import { Effect } from "effect"
import type { Tensor } from "../../src/index.ts"
import { customJvp, customVjp } from "../../src/index.ts"

/** `f` with the derivative `rule`, in both modes. */
export const withJvp = (
  f: (x: Tensor) => Effect.Effect<Tensor, any>,
  rule: (x: Tensor, dx: Tensor) => Effect.Effect<Tensor, any>
) => customJvp(f, ([x], [dx]) => Effect.all([f(x), rule(x, dx)]))

/** `f` with the derivative `rule`, in reverse mode. */
export const withVjp = (
  f: (x: Tensor) => Effect.Effect<Tensor, any>,
  rule: (x: Tensor, ct: Tensor) => Effect.Effect<Tensor, any>
) => customVjp(f, (x) => Effect.map(f(x), (y) => [y, x] as const), (x, ct) => Effect.map(rule(x, ct), (ct) => [ct]))

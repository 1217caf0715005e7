/**
 * What reverse mode keeps: the price of a derivative in memory.
 */
import * as Effect from "effect/Effect"
import { byteSize } from "../core/dtype.ts"
import type { OpError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { checkOptions } from "../core/options.ts"
import type { Program } from "../core/program.ts"
import { sizeOf } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import { CaptureSites, located, type Site, withEverySite } from "../core/site.ts"
import type { Aval } from "../core/tensor.ts"
import { avalsOf } from "../core/trace.ts"
import type { JacobianOptions } from "../types/transformations.ts"
import { writeCall } from "./arguments.ts"
import { transform } from "./transform.ts"

/** A value that is kept from the way forward for the way back. */
export interface Residual extends Aval {
  /** The path of an argument, or the name of the primitive that computed the value. */
  readonly origin: string
  readonly bytes: number
  /** Where the op was called that computed it. */
  readonly site?: Site | undefined
}

/** The signature of `residuals`. */
export interface Residuals {
  <Args extends ReadonlyArray<any>, A, E, R>(
    f: (...args: Args) => Effect.Effect<A, E, R>,
    options?: JacobianOptions
  ): (...args: Args) => Effect.Effect<ReadonlyArray<Residual>, E | OpError, R>
}

/**
 * What reverse mode of `f` keeps from the way forward for the way back: the price of a derivative in memory.
 *
 * One entry for each kept value: its shape, dtype and bytes, its `origin` (an argument, or the primitive that computed
 * it), and the source site of the op. Options and errors are those of `vjp`, with `argnums` as for `grad`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { exp, residuals, sin, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => sum(sin(exp(x)))
 * const kept = Effect.runSync(residuals(f)(Tensor.make([1, 2])))
 * console.log(kept.map(({ bytes, origin }) => `${origin}: ${bytes}`)) // => [ 'exp: 16', 'cos: 16' ]
 * ```
 */
export const residuals = signed<Residuals>(
  (f: Program, options?: JacobianOptions) => (...args: ReadonlyArray<unknown>) =>
    Effect.gen(function*() {
      const { argnums = 0 } = yield* attempt(
        () => checkOptions("residuals", options, { argnums: "checked" }),
        undefined
      )
      const call = yield* writeCall("residuals", f, args, argnums).pipe(
        Effect.provideService(CaptureSites, true),
        withEverySite
      )
      const { trace } = call
      const { primal } = yield* transform.linearize(trace, call.active)
      const avals = avalsOf(primal)
      const producers = new Map(primal.equations.flatMap((e) => e.results.map((_, r) => [e.result + r, e] as const)))
      return primal.outputs.slice(trace.outputs.length).map((v): Residual => {
        const { dtype, shape } = avals[v]!
        const equation = producers.get(v)
        return {
          origin: equation?.primitive.name ?? call.paths[v]!,
          shape,
          dtype,
          bytes: sizeOf(shape) * byteSize(dtype),
          site: located(equation?.site)
        }
      })
    })
)

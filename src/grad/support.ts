/**
 * Support: the symbolic zero mask, carried through a linear list.
 *
 * A linear value is exactly 0 outside of its support, because some `where` or an untaken branch did not select what lies
 * there. Following it, every multiplication by a coefficient is guarded, so that 0·∞ cannot appear where the 0 is
 * structural. Tangents and cotangents alike are linear lists, so one pass serves both modes, at every order: the guards
 * are part of the list. A support that nobody reads is dead code.
 */
import * as Effect from "effect/Effect"
import { Interpreter } from "../core/interpreter.ts"
import type { Step, Support, Supported, Transform } from "../core/primitive.ts"
import { applyRule, writeTrace } from "../core/program.ts"
import type { Tensor } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"

/**
 * The list again, guarded. Inputs marked `linear` are linear, those marked `supported` come with a support; supports are
 * further inputs, in order, behind all others. Supports of outputs are further outputs.
 */
export const supportTrace = (
  transform: Transform,
  trace: Trace,
  linear: ReadonlyArray<boolean>,
  supported: ReadonlyArray<boolean>
): Step<Supported> =>
  Effect.gen(function*() {
    let found: ReadonlyArray<Support | undefined> = []
    const guarded = yield* writeTrace((tracer) =>
      Effect.gen(function*() {
        const interpreter = yield* Interpreter
        const values: Array<Tensor> = trace.inputs.map((aval) => tracer.input(aval))
        const supports: Array<Support | undefined> = trace.inputs.map(({ shape }, i) =>
          linear[i] ? supported[i] ? tracer.input({ shape, dtype: "bool" }) as Tensor<any, "bool"> : "full" : undefined
        )
        for (const x of trace.captured) {
          values.push(x)
          supports.push(undefined)
        }
        for (const { operands, params, primitive, results, site } of trace.equations) {
          const inputs = operands.map((v) => values[v]!)
          const before = operands.map((v) => supports[v])
          const isLinear = before.some((s) => s !== undefined)
          const isMasked = before.some((s) => s !== undefined && s !== "full")
          const { support } = primitive
          if (isLinear && support !== undefined && (isMasked || primitive.masks === true)) {
            const after = yield* applyRule(
              site,
              () => support({ operands: inputs, supports: before, params, transform })
            )
            values.push(...after.outputs)
            supports.push(...after.supports)
          } else {
            values.push(...yield* interpreter.bind(primitive, inputs, params, site))
            for (let r = 0; r < results.length; r++) supports.push(isLinear ? "full" : undefined)
          }
        }
        found = trace.outputs.map((v) => supports[v])
        return [
          ...trace.outputs.map((v) => values[v]!),
          ...found.filter((s) => s !== undefined && s !== "full")
        ]
      })
    )
    return {
      trace: guarded,
      linear: found.map((s) => s !== undefined),
      supported: found.map((s) => s !== undefined && s !== "full")
    }
  })

/** The list with guards, its outputs alone. */
export const guardTrace = (transform: Transform, trace: Trace, linear: ReadonlyArray<boolean>): Step<Trace> =>
  Effect.flatMap(
    supportTrace(transform, trace, linear, linear.map(() => false)),
    ({ trace: guarded }) =>
      guarded.outputs.length === trace.outputs.length
        ? Effect.succeed(guarded)
        : writeTrace((tracer) =>
          Effect.map(
            tracer.run(guarded, guarded.inputs.map((aval) => tracer.input(aval))),
            (outputs) => outputs.slice(0, trace.outputs.length)
          )
        )
  )

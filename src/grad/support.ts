/**
 * Support: the symbolic zero mask, carried through a linear list.
 *
 * A linear value is exactly 0 outside of its support, because some `where` or an untaken branch did not select what lies
 * there. Following it, every multiplication by a coefficient is guarded, so that 0·∞ cannot appear where the 0 is
 * structural. Tangents and cotangents alike are linear lists, so one pass serves both modes, at every order: the guards
 * are part of the list. A support that nobody reads is dead code.
 */
import * as Effect from "effect/Effect"
import { isDone } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { LinearTrace } from "../core/linear-trace.ts"
import type { Contractions, OpEffect, Support, Supported, Transform } from "../core/primitive.ts"
import { isMask } from "../core/primitive.ts"
import { applyRule, writeTrace } from "../core/program.ts"
import type { Tensor } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import type { Tracer } from "../core/tracer.ts"

/** Writes the list again, guarded: its outputs, and where they can be nonzero. */
const guarded = (
  transform: Transform,
  { linear, trace }: LinearTrace,
  supported: ReadonlyArray<boolean>,
  contractions: Contractions
) =>
(tracer: Tracer) =>
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
      if (
        isLinear && primitive.support !== undefined && (before.some(isMask) || primitive.introducesSupport === true)
      ) {
        const after = yield* applyRule(
          interpreter,
          site,
          () => primitive.support!({ operands: inputs, supports: before, params, contractions, transform })
        )
        values.push(...after.outputs)
        supports.push(...after.supports)
      } else {
        const bound = interpreter.bind(primitive, inputs, params, site)
        for (const x of isDone(bound) ? bound.value : yield* bound) values.push(x)
        for (let r = 0; r < results.length; r++) supports.push(isLinear ? "full" : undefined)
      }
    }
    return { outputs: trace.outputs.map((v) => values[v]!), supports: trace.outputs.map((v) => supports[v]) }
  })

/**
 * The list again, guarded. Linear inputs marked `supported` come with a support; supports are further inputs, in order,
 * behind all others. Supports of outputs are further outputs.
 */
export const supportTrace = (
  transform: Transform,
  list: LinearTrace,
  supported: ReadonlyArray<boolean>,
  contractions: Contractions
): OpEffect<Supported> =>
  writeTrace((tracer) =>
    Effect.map(guarded(transform, list, supported, contractions)(tracer), ({ outputs, supports }) => ({
      outputs: [...outputs, ...supports.filter(isMask)],
      linear: supports.map((s) => s !== undefined),
      supported: supports.map(isMask)
    }))
  )

/** Can a mask begin in this list? */
const startsMask = ({ equations }: Trace): boolean =>
  equations.some(({ primitive }) => primitive.introducesSupport === true)

/**
 * The list with guards. Supports that come in by no input, and that nobody asks for, stay inside. A list in which no mask
 * begins is its own.
 */
export const guardTrace = (
  transform: Transform,
  list: LinearTrace,
  contractions: Contractions = "keep"
): OpEffect<LinearTrace> =>
  startsMask(list.trace)
    ? Effect.map(
      writeTrace(guarded(transform, list, list.linear.map(() => false), contractions)),
      ({ trace }) => ({ linear: list.linear, trace })
    )
    : Effect.succeed(list)

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
import type { Contractions, Step, Support, Supported, Transform } from "../core/primitive.ts"
import { applyRule, writeTrace } from "../core/program.ts"
import { range } from "../core/shape.ts"
import type { Tensor } from "../core/tensor.ts"
import { project } from "../core/trace.ts"

const isMask = (s: Support | undefined): s is Tensor<any, "bool"> => s !== undefined && s !== "full"

/**
 * The list again, guarded. Linear inputs marked `supported` come with a support; supports are further inputs, in order,
 * behind all others. Supports of outputs are further outputs.
 */
export const supportTrace = (
  transform: Transform,
  { linear, trace }: LinearTrace,
  supported: ReadonlyArray<boolean>,
  contractions: Contractions
): Step<Supported> =>
  writeTrace((tracer) =>
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
        if (isLinear && primitive.support !== undefined && (before.some(isMask) || primitive.masks === true)) {
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
      const found = trace.outputs.map((v) => supports[v])
      return {
        outputs: [...trace.outputs.map((v) => values[v]!), ...found.filter(isMask)],
        linear: found.map((s) => s !== undefined),
        supported: found.map(isMask)
      }
    })
  )

/** The list with guards, its outputs alone. */
export const guardTrace = (
  transform: Transform,
  { linear, trace }: LinearTrace,
  contractions: Contractions = "keep"
): Step<LinearTrace> =>
  Effect.map(
    transform.support({ linear, trace }, linear.map(() => false), contractions),
    ({ trace: guarded }) => ({
      linear,
      trace: guarded.outputs.length === trace.outputs.length
        ? guarded
        : project(guarded, range(guarded.inputs.length), range(trace.outputs.length))
    })
  )

/**
 * Batching: a list for one becomes a list for many. Inside, a batch is always the first axis.
 */
import * as Effect from "effect/Effect"
import { isDone } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { OpEffect, Transform } from "../core/primitive.ts"
import { applyRule, writeTrace } from "../core/program.ts"
import type { Tensor } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { repeat } from "../ops/algebra.ts"

/** The list for a batch of `size`: inputs marked `batched` have it in front, outputs marked in `force` have it in any case. */
export const batchTrace = (
  transform: Transform,
  trace: Trace,
  batched: ReadonlyArray<boolean>,
  size: number,
  force: ReadonlyArray<boolean> = []
): OpEffect<{ readonly trace: Trace; readonly batched: ReadonlyArray<boolean> }> =>
  writeTrace((tracer) =>
    Effect.gen(function*() {
      const interpreter = yield* Interpreter
      const values: Array<Tensor> = trace.inputs.map(({ dtype, shape }, i) =>
        tracer.input({ shape: batched[i] ? [size, ...shape] : shape, dtype })
      )
      const many: Array<boolean> = [...batched]
      for (const x of trace.captured) {
        values.push(x)
        many.push(false)
      }
      for (const { operands, params, primitive, results, site } of trace.equations) {
        const inputs = operands.map((v) => values[v]!)
        const flags = operands.map((v) => many[v]!)
        if (flags.includes(true)) {
          const after = yield* applyRule(
            interpreter,
            site,
            () => primitive.batch({ operands: inputs, batched: flags, size, params, transform })
          )
          values.push(...after.outputs)
          many.push(...after.batched)
        } else {
          const bound = interpreter.bind(primitive, inputs, params, site)
          values.push(...isDone(bound) ? bound.value : yield* bound)
          for (let r = 0; r < results.length; r++) many.push(false)
        }
      }
      const after = trace.outputs.map((v, i) => many[v]! || force[i] === true)
      const outputs: Array<Tensor> = []
      for (const [i, v] of trace.outputs.entries()) {
        outputs.push(after[i] && !many[v] ? yield* repeat(values[v]!, size) : values[v]!)
      }
      return { outputs, batched: after }
    })
  )

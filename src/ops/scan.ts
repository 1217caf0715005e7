/**
 * `scan` as one equation: a loop over the first axis with a carry, its body a sub-trace. A derivative is again a scan,
 * with a body as large as this one's and the same length.
 *
 * Operands and body inputs are `[...consts, ...carry, ...xs]`, body outputs and results `[...carry, ...ys]`; an x is a
 * slice of its operand, a y a slice of its result.
 */
import * as Effect from "effect/Effect"
import { ShapeError } from "../core/errors.ts"
import { applyAll } from "../core/operation.ts"
import type { Primitive, Step, Unfolding, Values } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import type { Aval, Tensor } from "../core/tensor.ts"
import { sameAvals } from "../core/tensor.ts"
import { outputAvals, project, usedInputs } from "../core/trace.ts"
import { repeat } from "./algebra.ts"
import { places } from "./branches.ts"
import { moveAxis } from "./layout.ts"
import {
  dualScan,
  guardedScan,
  linearizedScan,
  partition,
  type ScanParams,
  type ScanSpec,
  transposedScan,
  untilStable
} from "./scan-rules.ts"

const bindScan = (params: ScanParams, operands: ReadonlyArray<Tensor>): Step<ReadonlyArray<Tensor>> =>
  applyAll(scanPrimitive, operands, params)

const along = (length: number, { dtype, shape }: Aval): Aval => ({ dtype, shape: [length, ...shape] })

export const scanPrimitive: Primitive<"scan", ScanSpec> = primitive({
  name: "scan",
  params: { body: "trace", length: "integer", reverse: "boolean", consts: "integer", carry: "integer" },

  infer: (operands, params) => {
    const { body, carry, consts, length } = params
    const outputs = outputAvals(body)
    const inputs = body.inputs.map((aval, i) => i < consts + carry ? aval : along(length, aval))
    const isLength = [length, consts, carry].every((n) => Number.isInteger(n) && n >= 0)
    if (
      !isLength || consts + carry > inputs.length || outputs.length < carry || !sameAvals(inputs, operands) ||
      !sameAvals(outputs.slice(0, carry), body.inputs.slice(consts, consts + carry))
    ) {
      throw new ShapeError({
        op: "scan",
        message: "scan requires a body that fits its operands, and a carry that keeps its type"
      })
    }
    return outputs.map((aval, i) => i < carry ? aval : along(length, aval))
  },

  linear: "lists",
  *unfold<V>(operands: ReadonlyArray<V>, params: ScanParams, { slice, stack }: Values<V>): Unfolding<V> {
    const { body, carry: count, length, reverse } = params
    const { carry, consts, xs } = partition(operands, params)
    const ys = outputAvals(body).slice(count).map((aval) => stack(along(length, aval)))
    let state = carry
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step
      const outputs = yield { trace: body, args: [...consts, ...state, ...xs.map((x) => slice(x, t))] }
      state = outputs.slice(0, count)
      ys.forEach((y, i) => y.put(t, outputs[count + i]!))
    }
    return [...state, ...ys.map((y) => y.done())]
  },

  forward: ({ mode, params, primals, tangents, transform }) =>
    mode === "jvp"
      ? dualScan(bindScan, params, primals, tangents, transform)
      : linearizedScan(bindScan, params, primals, tangents, transform),

  transpose: ({ cotangents, operands, params, transform }) =>
    transposedScan(bindScan, params, operands, cotangents, transform),

  prune: (params, needed) => {
    const { body, carry: count, consts } = params
    // a carry is needed if its last value is, or if something needed is computed from it
    let marks = needed
    for (;;) {
      const { carry } = partition(usedInputs(body, marks), params)
      const grown = marks.map((m, i) => m || (i < count && carry[i]!))
      if (grown.every((m, i) => m === marks[i])) break
      marks = grown
    }
    const used = partition(usedInputs(body, marks), params)
    const carry = marks.slice(0, count)
    const operands = places([...used.consts, ...carry, ...used.xs])
    if (operands.length === body.inputs.length && !marks.includes(false)) return undefined
    const results = places(marks)
    return {
      params: {
        ...params,
        body: project(body, operands, results),
        consts: operands.filter((o) => o < consts).length,
        carry: places(carry).length
      },
      operands,
      results
    }
  },

  masks: true,
  support: ({ contractions, operands, params, supports, transform }) =>
    guardedScan(bindScan, params, operands, supports, contractions, transform),

  batch: ({ batched, operands, params, size, transform }) =>
    Effect.gen(function*() {
      const { body, carry: count } = params
      const flags = partition(batched, params)
      const outputs = body.outputs.map(() => false)
      const { carry, found } = yield* untilStable(flags.carry, (carry) =>
        Effect.map(
          transform.batch(body, [...flags.consts, ...carry, ...flags.xs], size, [...carry, ...outputs.slice(count)]),
          (many) => ({ carry: many.batched.slice(0, count), found: many })
        ))
      const parts = partition(operands, params)
      const initial = yield* Effect.forEach(parts.carry, (x, i) =>
        carry[i] && !flags.carry[i] ? repeat(x, size) : Effect.succeed(x))
      // time is the first axis of xs and ys, the batch the second
      const xs = yield* Effect.forEach(parts.xs, (x, i) =>
        flags.xs[i] ? moveAxis(x, 0, 1) : Effect.succeed(x))
      const results = yield* bindScan({ ...params, body: found.trace }, [...parts.consts, ...initial, ...xs])
      const placed = yield* Effect.forEach(results, (y, i) =>
        i >= count && found.batched[i] ? moveAxis(y, 1, 0) : Effect.succeed(y))
      return { outputs: placed, batched: [...carry, ...found.batched.slice(count)] }
    })
})

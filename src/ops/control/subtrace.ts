/**
 * Sub-traces: programs inside of equations. What a sub-program takes from around it becomes an operand of the equation,
 * so that a list and its sub-traces are closed.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../../core/dtype.ts"
import { ShapeError, showShape, TreeMismatchError } from "../../core/errors.ts"
import { attempt } from "../../core/evaluator.ts"
import { Interpreter } from "../../core/interpreter.ts"
import { adapt } from "../../core/operation.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { type Traced, writeTrace } from "../../core/program.ts"
import { sameShape } from "../../core/shape.ts"
import type { Aval, Tensor } from "../../core/tensor.ts"
import { dataOf, isConcrete, showAval } from "../../core/tensor.ts"
import type { Trace } from "../../core/trace.ts"
import { outputAvals } from "../../core/trace.ts"
import { leafPaths, sameTree, showTree } from "../../core/tree.ts"

/** The list with other outputs, made from its inputs and outputs by a program. */
export const mapOutputs = (
  trace: Trace,
  f: (outputs: ReadonlyArray<Tensor>, inputs: ReadonlyArray<Tensor>) => OpEffect<ReadonlyArray<Tensor>>,
  inputs: ReadonlyArray<Aval> = trace.inputs,
  take: (inputs: ReadonlyArray<Tensor>) => ReadonlyArray<Tensor> = (xs) => xs
): OpEffect<Trace> =>
  Effect.map(
    writeTrace((tracer) => {
      const xs = inputs.map((aval) => tracer.input(aval))
      return tracer.run(trace, take(xs)).pipe(
        Effect.flatMap((ys) => f(ys, xs)),
        Effect.map((outputs) => ({ outputs }))
      )
    }),
    ({ trace }) => trace
  )

/** Lists whose outputs agree in structure, shape and dtype; plain numbers adapt their dtype to what stands beside them. */
export const unifyOutputs = (op: string, traced: ReadonlyArray<Traced>): OpEffect<ReadonlyArray<Trace>> =>
  Effect.gen(function*() {
    const traces = traced.map((t) => t.trace)
    const first = traces[0]!
    const paths = leafPaths(first.resultTree, "result")
    const avals = traces.map(outputAvals)
    for (const [b, trace] of traces.entries()) {
      if (!sameTree(first.resultTree, trace.resultTree)) {
        return yield* new TreeMismatchError({
          op,
          path: "result",
          message: `${op} requires branches with results of one structure, got ${showTree(first.resultTree)} and ${
            showTree(trace.resultTree)
          }`
        })
      }
      for (const [i, path] of paths.entries()) {
        const [x, y] = [avals[0]![i]!, avals[b]![i]!]
        if (sameShape(x.shape, y.shape)) continue
        return yield* new ShapeError({
          op,
          shapes: [x.shape, y.shape],
          message: `${op} requires branches with results of one shape, got ${showShape(x.shape)} and ${
            showShape(y.shape)
          } at ${path}`
        })
      }
    }
    const dtypes: Array<DType> = []
    for (const [i, path] of paths.entries()) {
      const strong = traced.findIndex((t) => !t.weak[i])
      const dtype = avals[Math.max(strong, 0)]![i]!.dtype
      for (const b of traces.keys()) {
        if (traced[b]!.weak[i] || avals[b]![i]!.dtype === dtype) continue
        return yield* new TreeMismatchError({
          op,
          path,
          dtypes: [dtype, avals[b]![i]!.dtype],
          message: `${op} requires branches with results of one dtype, got ${dtype} and ${
            showAval(avals[b]![i]!)
          } at ${path}`
        })
      }
      dtypes.push(dtype)
    }
    return yield* Effect.forEach(traces, (trace, b) =>
      dtypes.every((d, i) => avals[b]![i]!.dtype === d)
        ? Effect.succeed(trace)
        : Effect.map(
          mapOutputs(trace, (outputs) => Effect.forEach(outputs, (y, i) => adaptTo(op, y, dtypes[i]!))),
          (cast) => ({ ...cast, resultTree: trace.resultTree })
        ))
  })

/** A list applied where we stand. */
export const inline = (trace: Trace, args: ReadonlyArray<Tensor>): OpEffect<ReadonlyArray<Tensor>> =>
  Effect.flatMap(Interpreter, (interpreter) => interpreter.run(trace, args))

/** A plain number that was taken as float64, in another dtype. Fails with `DTypeError` where that cannot hold it. */
export const adaptTo = (op: string, x: Tensor, dtype: DType): OpEffect<Tensor> =>
  x.dtype !== dtype && isConcrete(x)
    ? attempt(() => adapt(op, dataOf(x)[0]!, dtype), undefined)
    : Effect.succeed(x)

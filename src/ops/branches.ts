/**
 * Rules for equations that apply one of several lists to their operands. `lead` stands before those operands and is no
 * part of what the lists see: the index of a `cond`, nothing for a `checkpoint`.
 */
import * as Effect from "effect/Effect"
import type { Contractions, Cotangent, Dual, Step, Support, Tangent, Transform } from "../core/primitive.ts"
import { isLinear, type Linear, type Tensor, Zero } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { outputAvals, project, usedInputs } from "../core/trace.ts"
import { constant, maskOf } from "./algebra.ts"
import { existing, fillZeros, mapOutputs, nonZeros, spread, spreadZeros, union } from "./subtrace.ts"

/** Applies the equation with other branches. */
export type Bind = (branches: ReadonlyArray<Trace>, operands: ReadonlyArray<Tensor>) => Step<ReadonlyArray<Tensor>>

/** Results and tangents in one equation. A tangent that some branch has, the others have as zeros. */
export const dualBranches = (
  bind: Bind,
  lead: ReadonlyArray<Tensor>,
  branches: ReadonlyArray<Trace>,
  primals: ReadonlyArray<Tensor>,
  dots: ReadonlyArray<Tangent>,
  transform: Transform
): Step<Dual> =>
  Effect.gen(function*() {
    const avals = outputAvals(branches[0]!)
    const duals = yield* Effect.forEach(branches, (b) => transform.jvp(b, existing(dots)))
    const exist = union(duals.map((d) => d.tangents))
    const both = yield* Effect.forEach(duals, (d) =>
      mapOutputs(d.trace, (ys) =>
        Effect.map(
          fillZeros(d.tangents, exist, avals, ys.slice(avals.length)),
          (rest) => [...ys.slice(0, avals.length), ...rest]
        )))
    const ys = yield* bind(both, [...lead, ...primals, ...nonZeros(dots)])
    return { outputs: ys.slice(0, avals.length), tangents: spreadZeros(exist, avals, ys.slice(avals.length)) }
  })

/** The equation backwards. A cotangent that some branch has, the others have as zeros. */
export const transposeBranches = (
  bind: Bind,
  lead: ReadonlyArray<Tensor>,
  branches: ReadonlyArray<Trace>,
  operands: ReadonlyArray<Tensor | Linear>,
  cotangents: ReadonlyArray<Cotangent>,
  transform: Transform
): Step<ReadonlyArray<Cotangent>> =>
  Effect.gen(function*() {
    const linear = operands.map(isLinear)
    const wanted = existing(cotangents)
    const parts = yield* Effect.forEach(branches, (trace) => transform.transpose({ trace, linear }, wanted))
    const connected = union(parts.map((p) => p.connected))
    const avals = operands.filter(isLinear)
    const backward = yield* Effect.forEach(parts, (p) =>
      mapOutputs(p.linear.trace, (cts) => fillZeros(p.connected, connected, avals, cts)))
    const coefficients = operands.filter((x) =>
      !isLinear(x)
    )
    const cts = yield* bind(backward, [...lead, ...coefficients, ...nonZeros(cotangents)])
    const found = spreadZeros(connected, avals, cts)
    return operands.map((x) => isLinear(x) ? found.shift()! : new Zero(x))
  })

/** The equation with supports. What a branch does not compute from linear values is zero there by structure. */
export const supportBranches = (
  bind: Bind,
  lead: ReadonlyArray<Tensor>,
  branches: ReadonlyArray<Trace>,
  operands: ReadonlyArray<Tensor>,
  supports: ReadonlyArray<Support | undefined>,
  contractions: Contractions,
  transform: Transform
) =>
  Effect.gen(function*() {
    const avals = outputAvals(branches[0]!)
    const linear = supports.map((s) => s !== undefined)
    const masks = supports.filter((s) => s !== undefined && s !== "full")
    const supported = supports.map((s) => s !== undefined && s !== "full")
    const parts = yield* Effect.forEach(
      branches,
      (b) => transform.support({ trace: b, linear }, supported, contractions)
    )
    const isLinear = union(parts.map((p) => p.linear))
    const isMasked = isLinear.map((l, i) => l && parts.some((p) => p.supported[i] === true || !p.linear[i]))
    const guarded = yield* Effect.forEach(
      parts,
      (p) =>
        mapOutputs(p.trace, (ys) =>
          Effect.map(supportsOf(p, isMasked, ys), (all) => [...ys.slice(0, avals.length), ...all]))
    )
    const ys = yield* bind(guarded, [...lead, ...operands, ...masks])
    const after = spread(isMasked, ys.slice(avals.length))
    return {
      outputs: ys.slice(0, avals.length),
      supports: avals.map((_, i): Support | undefined =>
        isMasked[i] ? after[i]! : isLinear[i] ? "full" : undefined
      )
    }
  })

/** The supports of the marked results, from all that a guarded list gives: ones where it is full, zeros where not linear. */
export const supportsOf = (
  { linear, supported }: { readonly linear: ReadonlyArray<boolean>; readonly supported: ReadonlyArray<boolean> },
  marked: ReadonlyArray<boolean>,
  results: ReadonlyArray<Tensor>
): Step<ReadonlyArray<Tensor>> => {
  const found = spread(supported, results.slice(linear.length))
  return Effect.forEach(marked.flatMap((m, i) => m ? [i] : []), (i) => {
    const { shape } = results[i]!
    return found[i] === undefined ? constant(shape, "bool", linear[i] ? 1 : 0) : maskOf(found[i], shape)
  })
}

/** The equation for a batch whose elements all take the same branch. */
export const batchBranches = (
  bind: Bind,
  lead: ReadonlyArray<Tensor>,
  branches: ReadonlyArray<Trace>,
  operands: ReadonlyArray<Tensor>,
  batched: ReadonlyArray<boolean>,
  size: number,
  transform: Transform
) =>
  Effect.gen(function*() {
    const many = yield* Effect.forEach(branches, (b) => transform.batch(b, batched, size))
    const all = union(many.map((m) => m.batched))
    const forced = yield* Effect.forEach(branches, (b) => transform.batch(b, batched, size, all))
    return { outputs: yield* bind(forced.map((f) => f.trace), [...lead, ...operands]), batched: all }
  })

/** The places that are marked. */
export const places = (marks: ReadonlyArray<boolean>): ReadonlyArray<number> => marks.flatMap((m, i) => m ? [i] : [])

/** The branches with the needed results alone, and the operands (counted behind `lead`) that they still need. */
export const pruneBranches = (branches: ReadonlyArray<Trace>, needed: ReadonlyArray<boolean>) => {
  const used = union(branches.map((b) => usedInputs(b, needed)))
  if (!used.includes(false) && !needed.includes(false)) return undefined
  const [operands, results] = [places(used), places(needed)]
  return { branches: branches.map((b) => project(b, operands, results)), operands, results }
}

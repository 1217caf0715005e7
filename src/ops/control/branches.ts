/**
 * Rules for equations that apply one of several lists to their operands: that which an index chooses, as in a `cond`, or
 * the only one, as in a `checkpoint`. All lists take the same operands; what chooses between them is no operand here.
 */
import * as Effect from "effect/Effect"
import type {
  Contractions,
  Cotangent,
  Dual,
  OpEffect,
  Support,
  Tangent,
  TaylorArgs,
  Transform
} from "../../core/primitive.ts"
import { isMask } from "../../core/primitive.ts"
import { isLinear, type Linear, type Tensor, Zero } from "../../core/tensor.ts"
import type { Trace } from "../../core/trace.ts"
import { project, usedInputs } from "../../core/trace.ts"
import {
  type Accompanied,
  type Beside,
  besideOf,
  completed,
  existing,
  nonZeros,
  places,
  spreadZeros,
  union,
  withCoefficients,
  withSupports,
  withTangents,
  withZeros
} from "./slots.ts"

/** The lists of an equation. */
export interface Branches {
  readonly branches: ReadonlyArray<Trace>
  /** Applies the equation with these lists in their place. */
  readonly bind: (branches: ReadonlyArray<Trace>, operands: ReadonlyArray<Tensor>) => OpEffect<ReadonlyArray<Tensor>>
}

/** The equation with companions beside its values: those that one branch has beside a result, the others have too. */
const accompanied = (
  { bind }: Branches,
  lists: ReadonlyArray<Accompanied>,
  wanted: ReadonlyArray<boolean>,
  operands: ReadonlyArray<Tensor>,
  beside: Beside
) =>
  Effect.gen(function*() {
    const count = wanted.length
    const results = yield* bind(yield* Effect.forEach(lists, (list) => completed(list, wanted)), [
      ...operands,
      ...beside
    ])
    return { outputs: results.slice(0, count), beside: besideOf(wanted, results.slice(count)) }
  })

/** Results and tangents in one equation. */
export const dualBranches = (
  equation: Branches,
  primals: ReadonlyArray<Tensor>,
  tangents: ReadonlyArray<Tangent>,
  transform: Transform
): OpEffect<Dual> =>
  Effect.gen(function*() {
    const active = existing(tangents)
    const duals = yield* Effect.forEach(equation.branches, (b) => withTangents(transform, b, active))
    const wanted = union(duals.map(({ has }) => has))
    const { beside, outputs } = yield* accompanied(equation, duals, wanted, primals, nonZeros(tangents))
    return { outputs, tangents: spreadZeros(wanted, outputs, beside.flat()) }
  })

/** Results and their Taylor coefficients in one equation. */
export const taylorBranches = (
  equation: Branches,
  { coefficients, order, primals, transform }: Omit<TaylorArgs<unknown>, "params">
) =>
  Effect.gen(function*() {
    const active = coefficients.map((all) => all.length > 0)
    const lists = yield* Effect.forEach(equation.branches, (b) => withCoefficients(transform, b, active, order))
    const wanted = union(lists.map(({ has }) => has))
    const { beside, outputs } = yield* accompanied(equation, lists, wanted, primals, coefficients.flat())
    return { outputs, coefficients: beside }
  })

/** The equation backwards. A cotangent that some branch has, the others have as zeros. */
export const transposeBranches = (
  { bind, branches }: Branches,
  operands: ReadonlyArray<Tensor | Linear>,
  cotangents: ReadonlyArray<Cotangent>,
  transform: Transform
): OpEffect<ReadonlyArray<Cotangent>> =>
  Effect.gen(function*() {
    const linear = operands.map(isLinear)
    const wanted = existing(cotangents)
    const parts = yield* Effect.forEach(branches, (trace) => transform.transpose({ trace, linear }, wanted))
    const connected = union(parts.map((p) => p.connected))
    const avals = operands.filter(isLinear)
    const backward = yield* Effect.forEach(parts, (p) => withZeros(p.linear.trace, p.connected, connected, avals))
    const coefficients = operands.filter((x) => !isLinear(x))
    const found = spreadZeros(connected, avals, yield* bind(backward, [...coefficients, ...nonZeros(cotangents)]))
      .values()
    return operands.map((x) => isLinear(x) ? found.next().value ?? new Zero(x) : new Zero(x))
  })

/** The equation with supports. What a branch does not compute from linear values is zero there by structure. */
export const supportBranches = (
  equation: Branches,
  operands: ReadonlyArray<Tensor>,
  supports: ReadonlyArray<Support | undefined>,
  contractions: Contractions,
  transform: Transform
) =>
  Effect.gen(function*() {
    const linear = supports.map((s) => s !== undefined)
    const parts = yield* Effect.forEach(
      equation.branches,
      (trace) => transform.support({ trace, linear }, supports.map(isMask), contractions)
    )
    const isLinear = union(parts.map((p) => p.linear))
    const wanted = isLinear.map((l, i) => l && parts.some((p) => p.supported[i] === true || p.linear[i] === false))
    const lists = parts.map((part, b) => withSupports(equation.branches[b] as Trace, part))
    const { beside, outputs } = yield* accompanied(equation, lists, wanted, operands, supports.filter(isMask))
    return {
      outputs,
      // a support is the only companion
      supports: beside.map(([mask], i): Support | undefined => mask ?? (isLinear[i] === true ? "full" : undefined))
    }
  })

/** The equation for a batch whose elements all take the same branch. */
export const batchBranches = (
  { bind, branches }: Branches,
  operands: ReadonlyArray<Tensor>,
  batched: ReadonlyArray<boolean>,
  size: number,
  transform: Transform
) =>
  Effect.gen(function*() {
    const many = yield* Effect.forEach(branches, (b) => transform.batch(b, batched, size))
    const all = union(many.map((m) => m.batched))
    const forced = yield* Effect.forEach(branches, (b) => transform.batch(b, batched, size, all))
    return { outputs: yield* bind(forced.map((f) => f.trace), operands), batched: all }
  })

/** The branches with the needed results alone, and the operands that they still need. */
export const pruneBranches = (branches: ReadonlyArray<Trace>, needed: ReadonlyArray<boolean>) => {
  const used = union(branches.map((b) => usedInputs(b, needed)))
  if (!used.includes(false) && !needed.includes(false)) return undefined
  const [operands, results] = [places(used), places(needed)]
  return { branches: branches.map((b) => project(b, operands, results)), operands, results }
}

/**
 * Control flow by branches: `cond` and `switchCase`, as one primitive whose branches are sub-traces.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../../core/closure.ts"
import { describe, DTypeError, IndexError, ShapeError } from "../../core/errors.ts"
import { adapt, applyAll, checkDType, lone, operation } from "../../core/operation.ts"
import type {
  Dual,
  OpEffect,
  ParamsOf,
  ParamSpec,
  Primitive,
  Tangent,
  Transform,
  Unfolding,
  Values
} from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { type Program, type Traced, traceWeak } from "../../core/program.ts"
import { listOf } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Aval, Operand, Tensor } from "../../core/tensor.ts"
import { type ConcreteTensor, dataOf, sameAvals, scalar, showAval, wholeNumbers, Zero } from "../../core/tensor.ts"
import type { Trace } from "../../core/trace.ts"
import { outputAvals } from "../../core/trace.ts"
import { tuple, unflatten } from "../../core/tree.ts"
import type * as Typed from "../../types/signatures.ts"
import { where, zeros } from "../algebra.ts"
import { equal, less } from "../elementwise/comparison.ts"
import { takeAt } from "../indexing/indexed.ts"
import { broadcastAxes } from "../movement/layout.ts"
import {
  batchBranches,
  type Branches,
  dualBranches,
  pruneBranches,
  supportBranches,
  taylorBranches,
  transposeBranches
} from "./branches.ts"
import { existing, nonZeros, spreadZeros, union, withZeros } from "./slots.ts"
import { inline, mapOutputs, unifyOutputs } from "./subtrace.ts"

export interface CondSpec extends ParamSpec {
  readonly branches: "traces"
}

/** The branch that an index chooses: a bool chooses between 0 and 1. */
const chosen = (index: ConcreteTensor, branches: ReadonlyArray<Trace>): Trace => {
  const i = dataOf(index)[0]!
  const branch = branches[i]
  if (branch === undefined) {
    throw new IndexError({
      op: "switchCase",
      message: `switchCase requires an index from 0 to ${branches.length - 1} for ${branches.length} branches, got ${i}`
    })
  }
  return branch
}

/** The indices themselves; one that is out of range is an `IndexError`. */
const inRange = (indices: Tensor, size: number): OpEffect<Tensor> =>
  Effect.flatMap(
    // a negative index would count from the end
    where(less(indices, 0), size, indices),
    (positions) => takeAt(wholeNumbers(0, size), positions, 0)
  )

/** The branches behind an index; all of them take the other operands. */
const branchesOf = (index: Tensor, branches: ReadonlyArray<Trace>): Branches => ({
  branches,
  bind: (branches, operands) => applyAll(condPrimitive, [index, ...operands], { branches })
})

export const condPrimitive: Primitive<"cond", CondSpec> = primitive({
  name: "cond",
  params: { branches: "traces" },
  infer: ([index, ...rest], { branches: [first, ...others] }) => {
    checkDType("cond", index as Aval, ["bool", "int32"])
    const { dtype, shape } = index as Aval
    const fits = shape.length === 0 && first !== undefined && (dtype === "int32" || others.length === 1) &&
      sameAvals(first.inputs, rest) &&
      others.every((b) => sameAvals(b.inputs, rest) && sameAvals(outputAvals(b), outputAvals(first)))
    if (fits) return outputAvals(first)
    throw new ShapeError({ op: "cond", message: "cond requires a scalar predicate and branches that agree" })
  },
  linear: "lists",
  *unfold<V>([index, ...args]: ReadonlyArray<V>, { branches }: ParamsOf<CondSpec>, { read }: Values<V>): Unfolding<V> {
    return yield { trace: chosen(read(index as V), branches), args }
  },

  forward: ({ mode, params: { branches }, primals: [index, ...primals], tangents: [, ...tangents], transform }) =>
    mode === "jvp"
      ? dualBranches(branchesOf(index as Tensor, branches), primals, tangents, transform)
      : linearizedBranches(branchesOf(index as Tensor, branches), primals, tangents, transform),

  taylor: ({ coefficients: [, ...coefficients], params: { branches }, primals: [index, ...primals], ...given }) =>
    taylorBranches(branchesOf(index as Tensor, branches), { ...given, coefficients, primals }),

  transpose: ({ cotangents, operands: [index, ...rest], params: { branches }, transform }) =>
    Effect.map(
      // the index is an integer, and no linear operand
      transposeBranches(branchesOf(index as Tensor, branches), rest, cotangents, transform),
      (cts) => [new Zero(index as Tensor), ...cts]
    ),

  prune: ({ branches }, needed) => {
    const pruned = pruneBranches(branches, needed)
    return pruned &&
      { ...pruned, params: { branches: pruned.branches }, operands: [0, ...pruned.operands.map((o) => o + 1)] }
  },

  introducesSupport: true,
  support: ({ contractions, operands: [index, ...rest], params: { branches }, supports: [, ...supports], transform }) =>
    supportBranches(branchesOf(index as Tensor, branches), rest, supports, contractions, transform),

  batch: ({ batched: [choice, ...flags], operands: [index, ...rest], params: { branches }, size, transform }) =>
    choice === true
      ? eachChooses(index as Tensor, branches, rest, flags, size, transform)
      : batchBranches(branchesOf(index as Tensor, branches), rest, flags, size, transform)
})

/**
 * Branches that keep their residuals, and branches that are linear in the tangents. Every branch gives the residuals of
 * all: its own, and zeros for the others.
 */
const linearizedBranches = (
  { bind, branches }: Branches,
  primals: ReadonlyArray<Tensor>,
  tangents: ReadonlyArray<Tangent>,
  transform: Transform
): OpEffect<Dual> =>
  Effect.gen(function*() {
    const parts = yield* Effect.forEach(branches, (b) => transform.linearize(b, existing(tangents)))
    const exist = union(parts.map((p) => p.tangents))
    const avals = exist.length
    const residuals = parts.map((p) => p.linear.trace.inputs.slice(0, p.residuals))
    const forward = yield* Effect.forEach(parts, (p, b) =>
      mapOutputs(p.primal, (all) => {
        const [outputs, own] = [all.slice(0, avals), all.slice(avals)]
        const kept = residuals.map((others, r) => r === b ? Effect.succeed(own) : Effect.forEach(others, zeros))
        return Effect.map(Effect.all(kept), (kept) => [...outputs, ...kept.flat()])
      }))
    const results = yield* bind(forward, primals)
    const outputs = results.slice(0, avals)
    if (!exist.includes(true)) return { outputs, tangents: spreadZeros(exist, outputs, []) }
    const linear = yield* Effect.forEach(parts, ({ linear: { trace }, tangents, residuals: own }, b) => {
      const before = residuals.slice(0, b).flat().length
      const inputs = [...residuals.flat(), ...trace.inputs.slice(own)]
      return Effect.flatMap(
        mapOutputs(trace, (pushed) => Effect.succeed(pushed), inputs, (all) => [
          ...all.slice(before, before + own),
          ...all.slice(residuals.flat().length)
        ]),
        (list) => withZeros(list, tangents, exist, outputs)
      )
    })
    const pushed = yield* bind(linear, [...results.slice(avals), ...nonZeros(tangents)])
    return { outputs, tangents: spreadZeros(exist, outputs, pushed) }
  })

/** Where every element of a batch chooses for itself, all branches run, and `where` selects. */
const eachChooses = (
  index: Tensor,
  branches: ReadonlyArray<Trace>,
  operands: ReadonlyArray<Tensor>,
  batched: ReadonlyArray<boolean>,
  size: number,
  transform: Transform
) =>
  Effect.gen(function*() {
    const all = outputAvals(branches[0] as Trace).map(() => true)
    const results = yield* Effect.forEach(branches, (b) =>
      Effect.flatMap(transform.batch(b, batched, size, all), ({ trace }) => inline(trace, operands)))
    const checked = index.dtype === "bool" ? index : yield* inRange(index, branches.length)
    let outputs = results[0] as ReadonlyArray<Tensor>
    for (const [b, other] of results.entries()) {
      if (b === 0) {
        continue
      }
      const isChosen = yield* equal(checked, scalar(checked.dtype, b))
      outputs = yield* Effect.forEach(outputs, (y, i) =>
        where(broadcastAxes(isChosen, y.shape, [0]), other[i] as Tensor, y))
    }
    return { outputs, batched: all }
  })

/** Branches traced where they stand, agreeing in their results, and the traced values that they close over. */
const traceBranches = (name: string, thunks: ReadonlyArray<Program>) =>
  Effect.gen(function*() {
    const traced: Array<Traced> = []
    for (const f of thunks) traced.push(yield* traceWeak(name, f, { tree: tuple(0), avals: [] }))
    const unified = yield* unifyOutputs(name, traced)
    const free = freeTensors(unified)
    return { branches: unified.map((b) => closeOver(b, free)), free, tree: unified[0]!.resultTree }
  })

/** Thunks are in the order in which the user gave them, and `ordered` in that of the index. */
const branch = (
  name: string,
  index: Operand,
  thunks: ReadonlyArray<Program>,
  ordered: (branches: ReadonlyArray<Trace>) => ReadonlyArray<Trace> = (branches) => branches
): Effect.Effect<any, any, any> =>
  operation(name, [index], ([index]) =>
    Effect.gen(function*() {
      const i = lone(index)
      const { branches, free, tree } = yield* traceBranches(name, thunks)
      return unflatten(tree, yield* applyAll(condPrimitive, [i, ...free], { branches: ordered(branches) }))
    }), "effectful")

/**
 * `onTrue()` where the predicate is true, `onFalse()` where it is not; the thunks close over the values that they need.
 *
 * Only one of them is computed, and only it has a gradient; where `vmap` batches the predicate, both, and `where`
 * chooses. Both are traced, so they must give results of one structure, shape and dtype: a tree of tensors, numbers, or
 * Effects that yield them. Fails with `DTypeError` unless the predicate is a bool scalar, with `TreeMismatchError` or
 * `ShapeError` for results that differ, and with the errors of the thunks.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { cond, grad, less, sqrt, Tensor } from "wengert"
 *
 * const root = (x: Tensor) => cond(less(x, 0), () => 0, () => sqrt(x))
 * console.log(Effect.runSync(root(Tensor.make(9)))) // => tensor(3., float64)
 * console.log(Effect.runSync(grad(root)(Tensor.make(-1)))) // => tensor(0., float64)
 * ```
 */
export const cond: Typed.Cond = signed(
  ((pred: Operand, onTrue: Program, onFalse: Program) =>
    operation("cond", [pred], ([p]) => {
      if (typeof p === "number" || p.dtype !== "bool" || p.shape.length !== 0) {
        throw new DTypeError({
          op: "cond",
          message: `cond requires a bool scalar as predicate, got ${
            typeof p === "number" ? `the number ${p}` : showAval(p)
          }; compare, or reduce with any or all`
        })
      }
      return branch("cond", p, [onTrue, onFalse], (branches) => branches.toReversed())
    }, "effectful")) as Typed.Cond
)

/**
 * The result of the branch with the number `index`, from 0; otherwise like `cond`.
 *
 * The index is an int32 scalar, else a `DTypeError`, as for no branches at all; fails with `IndexError` for an index
 * without a branch.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, switchCase, Tensor } from "wengert"
 *
 * const x = Tensor.make(3)
 * const shapes = [() => mul(x, x), () => mul(x, 4), () => 0]
 * console.log(Effect.runSync(switchCase(1, shapes))) // => tensor(12., float64)
 * ```
 */
export const switchCase: Typed.SwitchCase =
  ((index: Operand, given: ReadonlyArray<Program>) =>
    operation("switchCase", [index], ([i]) => {
      const value = typeof i === "number" ? adapt("switchCase", i, "int32") : i
      // what is no function is refused when it is traced
      const branches = listOf(given, 2 ** 24) as ReadonlyArray<Program> | undefined
      if (value.dtype !== "int32" || value.shape.length !== 0 || branches === undefined || branches.length === 0) {
        throw new DTypeError({
          op: "switchCase",
          message: `switchCase requires an int32 scalar and at least one branch, got ${showAval(value)} and ${
            describe(given)
          }`
        })
      }
      return branch("switchCase", value, branches)
    }, "effectful")) as Typed.SwitchCase

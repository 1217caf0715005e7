/**
 * Control flow by branches: `cond` and `switchCase`, as one primitive whose branches are sub-traces.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../core/closure.ts"
import { describe, DTypeError, IndexError, ShapeError } from "../core/errors.ts"
import { adapt, applyAll, checkDType, lone, operation } from "../core/operation.ts"
import type { ParamsOf, ParamSpec, Primitive, Step, Unfolding, Values } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import { type Program, type Traced, traceWeak } from "../core/program.ts"
import { listOf } from "../core/shape.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { type ConcreteTensor, dataOf, sameAvals, scalar, showAval, wholeNumbers, Zero } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { outputAvals } from "../core/trace.ts"
import { tuple, unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { where, zeros } from "./algebra.ts"
import {
  batchBranches,
  type Bind,
  dualBranches,
  pruneBranches,
  supportBranches,
  transposeBranches
} from "./branches.ts"
import { equal, less } from "./comparison.ts"
import { takeAt } from "./indexed.ts"
import { broadcastAxes } from "./layout.ts"
import { existing, fillZeros, inline, mapOutputs, nonZeros, spreadZeros, unifyOutputs, union } from "./subtrace.ts"

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
const inRange = (indices: Tensor, size: number): Step<Tensor> =>
  Effect.flatMap(
    // a negative index would count from the end
    where(less(indices, 0), size, indices),
    (positions) => takeAt(wholeNumbers(0, size), positions, 0)
  )

/** The branches applied; all of them take `operands`, the first of which chooses. */
const bindCond: Bind = (branches, operands) => applyAll(condPrimitive, operands, { branches })

export const condPrimitive: Primitive<"cond", CondSpec> = primitive({
  name: "cond",
  params: { branches: "traces" },
  infer: ([index, ...rest], { branches }) => {
    checkDType("cond", index!, ["bool", "int32"])
    const first = outputAvals(branches[0]!)
    const fits = index!.shape.length === 0 && (index!.dtype === "int32" || branches.length === 2) &&
      branches.every((b) => sameAvals(b.inputs, rest) && sameAvals(outputAvals(b), first))
    if (!fits) {
      throw new ShapeError({ op: "cond", message: "cond requires a scalar predicate and branches that agree" })
    }
    return first
  },
  linear: "lists",
  *unfold<V>([index, ...args]: ReadonlyArray<V>, { branches }: ParamsOf<CondSpec>, { read }: Values<V>): Unfolding<V> {
    return yield { trace: chosen(read(index!), branches), args }
  },

  forward: ({ mode, params: { branches }, primals: [index, ...primals], tangents: [, ...dots], transform }) =>
    Effect.gen(function*() {
      if (mode === "jvp") return yield* dualBranches(bindCond, [index!], branches, primals, dots, transform)
      const active = existing(dots)
      const tangents = nonZeros(dots)
      const avals = outputAvals(branches[0]!)
      const parts = yield* Effect.forEach(branches, (b) => transform.linearize(b, active))
      const exist = union(parts.map((p) => p.tangents))
      // every branch gives the residuals of all: its own, and zeros for the others
      const residuals = parts.map((p) => p.linear.trace.inputs.slice(0, p.residuals))
      const forward = yield* Effect.forEach(parts, (p, b) =>
        mapOutputs(p.primal, (ys) =>
          Effect.map(
            Effect.forEach(
              residuals,
              (avals, r) =>
                r === b ? Effect.succeed(ys.slice(branches[b]!.outputs.length)) : Effect.forEach(avals, zeros)
            ),
            (all) => [...ys.slice(0, branches[b]!.outputs.length), ...all.flat()]
          )))
      const ys = yield* bindCond(forward, [index!, ...primals])
      const kept = ys.slice(avals.length)
      const linear = yield* Effect.forEach(parts, (p, b) => {
        const start = residuals.slice(0, b).flat().length
        return mapOutputs(
          p.linear.trace,
          (dys) => fillZeros(p.tangents, exist, avals, dys),
          [...residuals.flat(), ...p.linear.trace.inputs.slice(p.residuals)],
          (xs) => [...xs.slice(start, start + p.residuals), ...xs.slice(kept.length)]
        )
      })
      const dys = exist.includes(true) ? yield* bindCond(linear, [index!, ...kept, ...tangents]) : []
      return { outputs: ys.slice(0, avals.length), tangents: spreadZeros(exist, avals, dys) }
    }),

  transpose: ({ cotangents, operands: [index, ...rest], params: { branches }, transform }) =>
    Effect.map(
      // the index is an integer, and no linear operand
      transposeBranches(bindCond, [index as Tensor], branches, rest, cotangents, transform),
      (cts) => [new Zero(index!), ...cts]
    ),

  prune: ({ branches }, needed) => {
    const pruned = pruneBranches(branches, needed)
    return pruned &&
      { ...pruned, params: { branches: pruned.branches }, operands: [0, ...pruned.operands.map((o) => o + 1)] }
  },

  masks: true,
  support: ({ contractions, operands: [index, ...rest], params: { branches }, supports: [, ...supports], transform }) =>
    supportBranches(bindCond, [index!], branches, rest, supports, contractions, transform),

  batch: ({ batched: [choice, ...flags], operands: [index, ...rest], params: { branches }, size, transform }) =>
    Effect.gen(function*() {
      if (!choice) return yield* batchBranches(bindCond, [index!], branches, rest, flags, size, transform)
      const all = branches[0]!.outputs.map(() => true)
      const forced = yield* Effect.forEach(branches, (b) => transform.batch(b, flags, size, all))
      // every element chooses for itself: all branches run, and where selects
      const results = yield* Effect.forEach(forced, (f) => inline(f.trace, rest))
      const checked = index!.dtype === "bool" ? index! : yield* inRange(index!, branches.length)
      let outputs = results[0]!
      for (let b = 1; b < branches.length; b++) {
        const isChosen = yield* equal(checked, scalar(checked.dtype, b))
        outputs = yield* Effect.forEach(
          outputs,
          (y, i) => where(broadcastAxes(isChosen, y.shape, [0]), results[b]![i]!, y)
        )
      }
      return { outputs, batched: all }
    })
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
      const i = lone(index!)
      const { branches, free, tree } = yield* traceBranches(name, thunks)
      return unflatten(tree, yield* bindCond(ordered(branches), [i, ...free]))
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
      const predicate = typeof p === "number" ? p : p!
      if (typeof predicate === "number" || predicate.dtype !== "bool" || predicate.shape.length !== 0) {
        throw new DTypeError({
          op: "cond",
          message: `cond requires a bool scalar as predicate, got ${
            typeof predicate === "number" ? `the number ${predicate}` : showAval(predicate)
          }; compare, or reduce with any or all`
        })
      }
      return branch("cond", predicate, [onTrue, onFalse], ([yes, no]) => [no!, yes!])
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
      const value = typeof i === "number" ? adapt("switchCase", i, "int32") : i!
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

/**
 * Checkpointing: a program whose intermediate values are not kept for the way back, but computed again.
 *
 * Source: A. Griewank and A. Walther, "Algorithm 799: Revolve", ACM TOMS 26(1), 2000, for the trade.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../../core/closure.ts"
import { ShapeError } from "../../core/errors.ts"
import { attempt } from "../../core/evaluator.ts"
import { applyAll } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import { type CheckpointPolicy, chooses, policyNames } from "../../core/policy.ts"
import type { ParamsOf, ParamSpec, Primitive, Unfolding } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { flattenResult, type Program, traceProgram } from "../../core/program.ts"
import { signed } from "../../core/signed.ts"
import { here } from "../../core/site.ts"
import { sameAvals, type Tensor } from "../../core/tensor.ts"
import type { Equation, Trace } from "../../core/trace.ts"
import { avalsOf, outputAvals, seal } from "../../core/trace.ts"
import { tuple, unflatten } from "../../core/tree.ts"
import type { Checkpoint, CheckpointOptions } from "../../types/transformations.ts"
import {
  batchBranches,
  type Branches,
  dualBranches,
  pruneBranches,
  supportBranches,
  taylorBranches,
  transposeBranches
} from "./branches.ts"
import { existing, nonZeros, spreadZeros } from "./slots.ts"

export interface CheckpointSpec extends ParamSpec {
  readonly body: "trace"
  readonly policy: "policy"
}

/** Takes the results of chosen equations out of a list: one list computes them, in another they are inputs. */
const keep = (both: Trace, boundary: number, outputs: number, policy: CheckpointPolicy) => {
  const avals = avalsOf(both)
  const dependsOnTangents = new Uint8Array(avals.length).fill(1, boundary, both.inputs.length)
  const chosen: Array<Equation> = []
  const others: Array<Equation> = []
  const choose = chooses(policy)
  for (const equation of both.equations) {
    const { operands, result, results } = equation
    const isLinear = operands.some((v) => dependsOnTangents[v] === 1)
    if (isLinear) dependsOnTangents.fill(1, result, result + results.length)
    if (!isLinear && choose(equation)) chosen.push(equation)
    else others.push(equation)
  }
  const kept = chosen.flatMap(({ result, results }) => results.map((_, r) => result + r))
  const inputs = both.inputs.map((_, i) => i)
  const captured = new Map(both.captured.map((x, i) => [both.inputs.length + i, x]))
  const list = (equations: ReadonlyArray<Equation>, from: ReadonlyArray<number>, to: ReadonlyArray<number>) =>
    seal({ avals, captured, inputs: from, equations }, to, {
      argumentTree: tuple(from.length),
      resultTree: tuple(to.length)
    })
  return {
    primal: list(both.equations, inputs.slice(0, boundary), [...both.outputs.slice(0, outputs), ...kept]),
    again: list(others, [...inputs.slice(0, boundary), ...kept, ...inputs.slice(boundary)], both.outputs.slice(outputs))
  }
}

const branchesOf = ({ body, policy }: ParamsOf<CheckpointSpec>): Branches => ({
  branches: [body],
  bind: ([body], operands) => applyAll(checkpointPrimitive, operands, { body: body as Trace, policy })
})

export const checkpointPrimitive: Primitive<"checkpoint", CheckpointSpec> = primitive({
  name: "checkpoint",
  params: { body: "trace", policy: "policy" },
  infer: (operands, { body }) => {
    if (!sameAvals(operands, body.inputs)) {
      throw new ShapeError({ op: "checkpoint", message: "checkpoint requires a body that fits its operands" })
    }
    return outputAvals(body)
  },
  linear: "lists",
  *unfold<V>(args: ReadonlyArray<V>, { body }: ParamsOf<CheckpointSpec>): Unfolding<V> {
    return yield { trace: body, args }
  },
  forward: ({ mode, params, primals, tangents, transform }) =>
    Effect.gen(function*() {
      if (mode === "jvp") return yield* dualBranches(branchesOf(params), primals, tangents, transform)
      const { body, policy } = params
      const dual = yield* transform.jvp(body, existing(tangents), "linearize")
      const outputs = body.outputs.length
      const { again, primal } = keep(dual.trace, primals.length, outputs, policy)
      const results = yield* applyAll(checkpointPrimitive, primals, { body: primal, policy })
      const kept = [...primals, ...results.slice(outputs), ...nonZeros(tangents)]
      const pushed = yield* applyAll(checkpointPrimitive, kept, { body: again, policy })
      return { outputs: results.slice(0, outputs), tangents: spreadZeros(dual.tangents, outputAvals(body), pushed) }
    }),
  taylor: ({ params, ...given }) => taylorBranches(branchesOf(params), given),
  transpose: ({ cotangents, operands, params, transform }) =>
    transposeBranches(branchesOf(params), operands, cotangents, transform),
  prune: ({ body, policy }, needed) => {
    const pruned = pruneBranches([body], needed)
    return pruned && { ...pruned, params: { body: pruned.branches[0] as Trace, policy } }
  },
  introducesSupport: true,
  support: ({ contractions, operands, params, supports, transform }) =>
    supportBranches(branchesOf(params), operands, supports, contractions, transform),
  batch: ({ batched, operands, params, size, transform }) =>
    batchBranches(branchesOf(params), operands, batched, size, transform)
})

const checkpointed = (f: Program, args: ReadonlyArray<unknown>, options: CheckpointOptions | undefined) =>
  Effect.gen(function*() {
    const { policy = "nothing" } = yield* attempt(() => {
      const given = checkOptions("checkpoint", options, { policy: "checked" })
      return typeof given.policy === "function"
        ? given
        : checkOptions("checkpoint", given, { policy: policyNames })
    }, undefined)
    const { leaves, tree } = yield* flattenResult("checkpoint", args)
    const trace = yield* traceProgram("checkpoint", f, { tree, avals: leaves })
    const free = freeTensors([trace])
    const operands: ReadonlyArray<Tensor> = [...leaves, ...free]
    return unflatten(
      trace.resultTree,
      yield* applyAll(checkpointPrimitive, operands, { body: closeOver(trace, free), policy })
    )
  })

/**
 * `f`, whose derivative computes the intermediate values of `f` again instead of keeping them: less memory, more time.
 *
 * With a `policy` some are kept: `"pushed"` those of contractions, or what a predicate on equations chooses. What is kept
 * is what `residuals` lists. Source: Griewank and Walther, ACM TOMS 26 (2000) 19, for the trade.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { checkpoint, exp, residuals, sin, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor) => sum(sin(exp(x)))
 * const kept = (g: typeof f) => Effect.map(residuals(g)(Tensor.make([1, 2])), (all) => all.map((r) => r.origin))
 * console.log(Effect.runSync(kept(f))) // => [ 'exp', 'cos' ]
 * console.log(Effect.runSync(kept(checkpoint(f)))) // => [ 'args[0]' ]
 * ```
 */
export const checkpoint: Checkpoint = signed(
  (f: Program, options?: CheckpointOptions) => (...args: ReadonlyArray<unknown>) =>
    here("checkpoint", () => checkpointed(f, args, options))
)

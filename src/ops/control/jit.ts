/**
 * A call of a list as one equation: what `jit` writes. It means what the list means, and stays together, so that an
 * engine can compile it as a unit.
 */
import * as Effect from "effect/Effect"
import { ShapeError } from "../../core/errors.ts"
import { applyAll } from "../../core/operation.ts"
import type { ParamsOf, ParamSpec, Primitive, Unfolding } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { sameAvals } from "../../core/tensor.ts"
import { outputAvals } from "../../core/trace.ts"
import type { Trace } from "../../core/trace.ts"
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

export interface CallSpec extends ParamSpec {
  readonly call: "trace"
}

/**
 * A call. Its supports are followed into its list, unless it is `opaque`: not linear in what a derivative makes of its
 * operands.
 */
const callPrimitive = <const Name extends string>(name: Name, opaque = false): Primitive<Name, CallSpec> => {
  const of = ({ call }: ParamsOf<CallSpec>): Branches => ({
    branches: [call],
    bind: ([call], operands) => applyAll(self, operands, { call: call as Trace })
  })
  const self: Primitive<Name, CallSpec> = primitive({
    name,
    params: { call: "trace" },
    infer: (operands, { call }) => {
      if (sameAvals(operands, call.inputs)) return outputAvals(call)
      throw new ShapeError({ op: name, message: `${name} requires operands that fit its list` })
    },
    linear: "lists",
    *unfold<V>(args: ReadonlyArray<V>, { call }: ParamsOf<CallSpec>): Unfolding<V> {
      return yield { trace: call, args }
    },
    forward: ({ mode, params, primals, tangents, transform }) =>
      Effect.gen(function*() {
        if (mode === "jvp") return yield* dualBranches(of(params), primals, tangents, transform)
        const { call } = params
        const parts = yield* transform.linearize(call, existing(tangents))
        const results = yield* applyAll(self, primals, { call: parts.primal })
        const [outputs, residuals] = [results.slice(0, call.outputs.length), results.slice(call.outputs.length)]
        const pushed = parts.tangents.includes(true)
          ? yield* applyAll(self, [...residuals, ...nonZeros(tangents)], { call: parts.linear.trace })
          : []
        return { outputs, tangents: spreadZeros(parts.tangents, outputs, pushed) }
      }),
    taylor: ({ params, ...given }) => taylorBranches(of(params), given),
    transpose: ({ cotangents, operands, params, transform }) =>
      transposeBranches(of(params), operands, cotangents, transform),
    prune: ({ call }, needed) => {
      const pruned = pruneBranches([call], needed)
      return pruned && { ...pruned, params: { call: pruned.branches[0] as Trace } }
    },
    introducesSupport: !opaque,
    ...(opaque ? {} : {
      support: ({ contractions, operands, params, supports, transform }) =>
        supportBranches(of(params), operands, supports, contractions, transform)
    }),
    batch: ({ batched, operands, params, size, transform }) =>
      batchBranches(of(params), operands, batched, size, transform)
  })
  return self
}

export const jitPrimitive: Primitive<"jit", CallSpec> = callPrimitive("jit")

/**
 * A user's backward rule that is not linear in the cotangent, one that clips for example: in it, a constant beside a
 * cotangent is no structural zero.
 */
export const backwardPrimitive: Primitive<"customBackward", CallSpec> = callPrimitive("customBackward", true)

/**
 * A call of a list as one equation: what `jit` writes. It means what the list means, and stays together, so that an
 * engine can compile it as a unit.
 */
import * as Effect from "effect/Effect"
import { ShapeError } from "../core/errors.ts"
import { applyAll } from "../core/operation.ts"
import type { ParamsOf, ParamSpec, Primitive, Unfolding } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import { sameAvals } from "../core/tensor.ts"
import { outputAvals } from "../core/trace.ts"
import {
  batchBranches,
  type Bind,
  dualBranches,
  pruneBranches,
  supportBranches,
  transposeBranches
} from "./branches.ts"
import { existing, nonZeros, spreadZeros } from "./subtrace.ts"

export interface CallSpec extends ParamSpec {
  readonly call: "trace"
}

/** A call. Supports are followed into its list where that is linear in what a derivative makes of its operands. */
const callPrimitive = <const Name extends string>(
  name: Name,
  support: Primitive<Name, CallSpec>["support"]
): Primitive<Name, CallSpec> => {
  const bind: Bind = ([call], operands) => applyAll(self, operands, { call: call! })
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
    forward: ({ mode, params: { call }, primals, tangents, transform }) =>
      Effect.gen(function*() {
        if (mode === "jvp") return yield* dualBranches(bind, [], [call], primals, tangents, transform)
        const parts = yield* transform.linearize(call, existing(tangents))
        const results = yield* bind([parts.primal], primals)
        const [outputs, residuals] = [results.slice(0, call.outputs.length), results.slice(call.outputs.length)]
        const dots = parts.tangents.includes(true)
          ? yield* bind([parts.linear.trace], [...residuals, ...nonZeros(tangents)])
          : []
        return { outputs, tangents: spreadZeros(parts.tangents, outputs, dots) }
      }),
    transpose: ({ cotangents, operands, params: { call }, transform }) =>
      transposeBranches(bind, [], [call], operands, cotangents, transform),
    prune: ({ call }, needed) => {
      const pruned = pruneBranches([call], needed)
      return pruned && { ...pruned, params: { call: pruned.branches[0]! } }
    },
    masks: support !== undefined,
    ...(support === undefined ? {} : { support }),
    batch: ({ batched, operands, params: { call }, size, transform }) =>
      batchBranches(bind, [], [call], operands, batched, size, transform)
  })
  return self
}

export const jitPrimitive: Primitive<"jit", CallSpec> = callPrimitive(
  "jit",
  ({ contractions, operands, params: { call }, supports, transform }) =>
    supportBranches(
      ([call], operands) => applyAll(jitPrimitive, operands, { call: call! }),
      [],
      [call],
      operands,
      supports,
      contractions,
      transform
    )
)

/**
 * A user's backward rule that is not linear in the cotangent, one that clips for example: in it, a constant beside a
 * cotangent is no structural zero.
 */
export const backwardPrimitive: Primitive<"customBackward", CallSpec> = callPrimitive("customBackward", undefined)

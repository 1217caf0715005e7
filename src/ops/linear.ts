/**
 * Constructor of primitives that are linear in their only operand and say nothing about its values: movements, sums,
 * conversions. Its derivative is itself. Its support is itself too, over the booleans: where a sum of `or`s is true, the
 * sum of the values can be nonzero.
 */
import * as Effect from "effect/Effect"
import { apply } from "../core/operation.ts"
import type { OpEffect, ParamsOf, ParamSpec, Primitive, Support } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import type { Shape } from "../core/shape.ts"
import type { Aval, Tensor } from "../core/tensor.ts"

/** What the author of a linear primitive has to say. */
export interface LinearSpec<Name extends string, S extends ParamSpec>
  extends
    Pick<Required<Primitive<Name, S, 1, 1>>, "infer" | "reference">,
    Pick<Primitive<Name, S, 1, 1>, "aligned" | "repeats" | "selects">
{
  readonly params: S
  /** The adjoint: from the cotangent of the result to that of the operand. */
  transpose(ct: Tensor, operand: Aval, params: ParamsOf<S>): OpEffect<Tensor>
  /**
   * For a primitive that leaves places of its result empty: a mask of ones, whose image says which are not; nothing, where
   * these parameters leave none. What lies in the empty places is zero by structure.
   */
  ones?(shape: Shape, params: ParamsOf<S>): OpEffect<Tensor> | undefined
  /** The parameters for an operand with a batch axis in front. */
  batch(params: ParamsOf<S>, size: number): ParamsOf<S>
}

/** A primitive that is linear in its only operand. */
export const linear = <const Name extends string, const S extends ParamSpec>(
  name: Name,
  spec: LinearSpec<Name, S>
): Primitive<Name, S, 1, 1> => {
  const self: Primitive<Name, S, 1, 1> = primitive({
    name,
    arity: 1,
    params: spec.params,
    linear: "all",
    introducesSupport: spec.ones !== undefined,
    repeats: spec.repeats,
    selects: spec.selects,
    ...(spec.aligned === undefined ? {} : { aligned: spec.aligned }),
    infer: spec.infer,
    reference: spec.reference,
    jvp: ({ params, tangents: [dx] }) => Effect.map(apply(self, [dx], params), (dy) => [dy]),
    transpose: ({ cotangents: [ct], operands: [x], params }) => Effect.map(spec.transpose(ct, x, params), (dx) => [dx]),
    support: ({ operands: [x], params, supports: [support] }) =>
      Effect.gen(function*() {
        const y = yield* apply(self, [x], params)
        const ones = support === "full" ? spec.ones?.(x.shape, params) : Effect.succeed(support as Tensor)
        const mask = ones === undefined ? undefined : yield* ones
        const s: Support = mask === undefined ? "full" : yield* apply(self, [mask], params)
        return { outputs: [y], supports: [s] }
      }),
    batch: ({ operands: [x], params, size }) =>
      Effect.map(
        apply(self, [x], spec.batch(params, size)),
        (y) => ({ outputs: [y], batched: [true] })
      )
  })
  return self
}

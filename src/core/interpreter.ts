/**
 * The interpreter gives programs their meaning. It is a service with a default, so plain programs need nothing and run
 * with `Effect.runSync`; a transformation provides its own interpreter to the program it is given.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { OpError } from "./errors.ts"
import { evaluator } from "./evaluator.ts"
import type { Primitive } from "./primitive.ts"
import type { Site } from "./site.ts"
import type { ConcreteTensor, Tensor } from "./tensor.ts"
import type { Equation, Trace } from "./trace.ts"

/** What a program needs of its surroundings. */
export interface Interpreter {
  /** Applies a primitive to tensors. */
  readonly bind: (
    primitive: Primitive,
    operands: ReadonlyArray<Tensor>,
    params: Equation["params"],
    site: Site | undefined
  ) => Effect.Effect<ReadonlyArray<Tensor>, OpError>
  /** Applies a whole list to tensors. */
  readonly run: (trace: Trace, args: ReadonlyArray<Tensor>) => Effect.Effect<ReadonlyArray<Tensor>, OpError>
  /** The elements of a tensor, for `op`. */
  readonly read: (
    tensor: Tensor,
    op: string,
    site: Site | undefined
  ) => Effect.Effect<ConcreteTensor, OpError>
}

/** The ambient interpreter; by default the evaluator, which computes at once. */
export const Interpreter = Context.Reference<Interpreter>("wengert/Interpreter", { defaultValue: () => evaluator })

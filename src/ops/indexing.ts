/**
 * Indexing: elements picked, and put back, by tensors of int32 indices.
 *
 * `take` picks along one axis; `scatter`, its adjoint, adds up what was picked. `index` turns coordinates into positions in
 * row-major order. Everything else is written with these three. Negative indices count from the end; one that is out of
 * range is an `IndexError`, never another element.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../core/dtype.ts"
import { allocate } from "../core/dtype.ts"
import { ShapeError, showShape, showShapes } from "../core/errors.ts"
import type { Op, Taken } from "../core/operation.ts"
import { adapt, apply, checkDType, commonDType, lone, op, operation } from "../core/operation.ts"
import type { Primitive, Step } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import type { Shape } from "../core/shape.ts"
import { broadcastShapes, checkShape, normalizeAxis, range, sameShape, sizeOf } from "../core/shape.ts"
import type { Aval, ConcreteTensor, Operand, Tensor } from "../core/tensor.ts"
import { dataOf, fromData } from "../core/tensor.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { signed } from "../core/typed/signatures.ts"
import { plus } from "./algebra.ts"
import { equal } from "./comparison.ts"
import { accepts, repeat } from "./define.ts"
import { broadcastLike, castTo, moveAxis, permute, reshapeTo } from "./layout.ts"
import { fromStart } from "./slicing.ts"

/** Checks the operands of a primitive that indexes along `axis`, which counts from the start and must be below `bound`. */
const checkIndexed = (op: string, indices: Aval, { shape }: Aval, axis: number, bound: number): void => {
  checkDType(op, indices, accepts.integer)
  if (normalizeAxis(op, axis, bound, shape) !== axis) {
    throw new ShapeError({ op, shapes: [shape], message: `${op} requires an axis that counts from the start, got ${axis}` })
  }
}

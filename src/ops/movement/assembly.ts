/**
 * Assembly: tensors put together from others, along new axes or by repetition.
 */
import * as Effect from "effect/Effect"
import { commonDType, lone, operation, operationOf } from "../../core/operation.ts"
import type { Shape } from "../../core/shape.ts"
import { checkShape, normalizeAxis, range } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { conform, shapesOf } from "../cast.ts"
import { broadcastAxes, reshapeTo } from "./layout.ts"
import { checkShapes, concatAll } from "./parts.ts"

/**
 * Tensors of one shape along a new axis, which is at `axis` of the result, the first by default.
 *
 * Any dtype; float32 beside float64 gives float64. Fails with `ShapeError` where the shapes differ, with `AxisError`
 * and with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { stack, sum, Tensor } from "wengert"
 *
 * const x = Tensor.make([1, 2, 3])
 * console.log(Effect.runSync(stack([sum(x), 0]))) // => tensor([6., 0.], float64)
 * ```
 */
export const stack: Typed.Stack = signed((xs: ReadonlyArray<Operand>, axis: number = 0) =>
  operationOf("stack", xs, (operands) => {
    const shapes = shapesOf(operands)
    checkShapes("stack", shapes)
    const shape = shapes[0]!
    const at = normalizeAxis("stack", axis, shape.length + 1)
    const dtype = commonDType("stack", operands)
    const ready = conform("stack", operands, operands.map(() => dtype))
    return Effect.gen(function*() {
      const all = Effect.isEffect(ready) ? yield* ready : ready
      return yield* concatAll(yield* Effect.forEach(all, (x) => reshapeTo(x, shape.toSpliced(at, 0, 1))), at)
    })
  })
)

/**
 * A tensor repeated so many times along each axis. Where there are fewer repeats than axes they belong to the last
 * axes; where there are more, the tensor gets axes of size 1 in front.
 *
 * Any dtype. Fails with `ShapeError` unless repeats are whole and not negative.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tensor, tile } from "wengert"
 *
 * console.log(Effect.runSync(tile(Tensor.make([1, 2]), 2))) // => tensor([1., 2., 1., 2.], float64)
 * ```
 */
export const tile: Typed.Tile = signed((x: Operand, repeats: number | ReadonlyArray<number>) =>
  operation("tile", [x], ([x]) => {
    const tensor = lone(x)
    const given = checkShape("tile", typeof repeats === "number" ? [repeats] : repeats)
    const rank = Math.max(tensor.shape.length, given.length)
    const filled = (dims: Shape) => [...Array<number>(rank - dims.length).fill(1), ...dims]
    const times = filled(given)
    const shape = filled(tensor.shape)
    // every axis gets one in front of it that counts the repeats
    return reshapeTo(tensor, shape).pipe(
      Effect.flatMap((y) =>
        broadcastAxes(y, shape.flatMap((d, a) => [times[a]!, d]), range(rank).map((a) => 2 * a + 1))
      ),
      Effect.flatMap((y) => reshapeTo(y, shape.map((d, a) => times[a]! * d)))
    )
  })
)

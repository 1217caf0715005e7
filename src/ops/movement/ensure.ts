/**
 * Checking a shape when the program runs, and knowing it from then on.
 */
import * as Effect from "effect/Effect"
import { ShapeError, showShape } from "../../core/errors.ts"
import { lone, operation } from "../../core/operation.ts"
import type { Shape } from "../../core/shape.ts"
import { checkWholes } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"

/**
 * The operand itself, with a shape that the compiler knows from here on: data from outside becomes `Tensor<[3]>`.
 *
 * In the shape, −1 stands for any size. Fails with `ShapeError` for another shape.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ensure, Tensor } from "wengert"
 *
 * const x = ensure(Tensor.fromUnknown(JSON.parse("[1, 2, 3]")), [3]) // yields a Tensor<[3], …>
 * console.log(Effect.runSync(x)) // => tensor([1., 2., 3.], float64)
 * ```
 */
export const ensure: Typed.Ensure = signed((x: Operand, given: Shape) =>
  operation("ensure", [x], ([x]) => {
    const tensor = lone(x)
    const shape = checkWholes("ensure", given)
    if (tensor.shape.length === shape.length && shape.every((d, a) => d === -1 || d === tensor.shape[a])) {
      return Effect.succeed(tensor)
    }
    throw new ShapeError({
      op: "ensure",
      shapes: [tensor.shape, shape],
      message: `ensure requires shape ${showShape(shape)}, got ${showShape(tensor.shape)}`
    })
  })
)

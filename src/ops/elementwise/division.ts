/**
 * Division that rounds down, with its remainder, and numbers that are not finite.
 */
import * as Effect from "effect/Effect"
import { checkDType, commonDType, lone, operation } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { add, div, mul, sub, where } from "../algebra.ts"
import { castTo, conform } from "../cast.ts"
import { accepts, composed } from "../define.ts"
import { rem } from "./binary.ts"
import { equal, isNaN, less, logicalAnd, notEqual } from "./comparison.ts"
import { exp2 } from "./power.ts"
import { abs, floor, round } from "./unary.ts"

/** The user's function in front of what two numeric operands of one shape and dtype give. */
const ofTwo = (name: string, f: (x: Tensor, y: Tensor) => OpEffect<Tensor>) => (x: Operand, y: Operand) =>
  operation(name, [x, y], (operands) => {
    const dtype = commonDType(name, operands)
    checkDType(name, { shape: [], dtype }, accepts.numeric)
    const ready = conform(name, operands, [dtype, dtype])
    return Effect.gen(function*() {
      const [a, b] = Effect.isEffect(ready) ? yield* ready : ready
      return yield* f(a!, b!)
    })
  })

/** Is there a remainder with another sign than the divisor? */
const isOpposite = (r: Tensor, y: Tensor): OpEffect<Tensor> =>
  logicalAnd(notEqual(r, 0), notEqual(less(r, 0), less(y, 0)))

/**
 * The remainder of a division that rounds down, elementwise: it has the sign of the divisor. (`rem` has that of the
 * dividend.)
 *
 * Numeric dtypes, which join as in `add`. mod' = 1 for x and −⌊x/y⌋ for y. Fails with `ShapeError` and with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mod, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(mod(Tensor.make([5, -5]), 3))) // => tensor([2., 1.], float64)
 * ```
 */
export const mod: Typed.Binary<"mod"> = signed(
  ofTwo("mod", (x, y) => Effect.flatMap(rem(x, y), (r) => where(isOpposite(r, y), add(r, y), r)))
)

/**
 * ⌊x/y⌋, elementwise: the quotient that belongs to `mod`, exact where x/y would round up.
 *
 * Numeric dtypes, which join as in `add`. Its derivative is zero: no path leads through it. Over int32, division by 0
 * gives 0. Fails with `ShapeError` and with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { floorDivide, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(floorDivide(Tensor.make([5, -5]), 3))) // => tensor([ 1., -2.], float64)
 * ```
 */
export const floorDivide: Typed.Binary<"floorDivide"> = signed(
  ofTwo("floorDivide", (x, y) =>
    Effect.gen(function*() {
      // of whole numbers with 32 bits, the quotient in float64 lies on the right side of every whole number
      if (x.dtype === "int32") {
        return yield* castTo(yield* floor(div(castTo(x, "float64"), castTo(y, "float64"))), "int32")
      }
      const r: Tensor = yield* rem(x, y)
      // x − r is a multiple of y, so its quotient is whole but for rounding
      const quotient = yield* round(div(sub(x, r), y))
      const down: Tensor = yield* where(isOpposite(r, y), sub(quotient, 1), quotient)
      return yield* where(equal(y, 0), floor(div(x, y)), down)
    }))
)

/**
 * True where the operand is infinite. Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { isInf, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(isInf(Tensor.make([1, -Infinity, NaN])))) // => tensor([false,  true, false], bool)
 * ```
 */
export const isInf: Typed.Test<"isInf"> = composed("isInf", "float", (x) => equal(abs(x), Infinity), "bool")

/** What `nanToNum` puts in place of numbers that are not finite. */
export interface NanToNumOptions {
  /** In place of NaN, 0 by default. */
  readonly nan?: number | undefined
  /** In place of ∞, by default the largest number of the dtype. */
  readonly posInf?: number | undefined
  /** In place of −∞, by default the lowest number of the dtype. */
  readonly negInf?: number | undefined
}

const largest = { float64: Number.MAX_VALUE, float32: (2 - 2 ** -23) * 2 ** 127 } as const

/**
 * The operand with numbers in place of NaN, ∞ and −∞: 0, and the largest and lowest that there are, or those of the
 * options. What is replaced has no influence, on derivatives neither.
 *
 * Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { nanToNum, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(nanToNum(Tensor.make([1, NaN, Infinity]), { posInf: 9 }))) // => tensor([1., 0., 9.], float64)
 * ```
 */
export const nanToNum: Typed.NanToNum = signed((x: Operand, options?: NanToNumOptions) =>
  operation("nanToNum", [x], ([x]) => {
    const tensor = lone(x)
    checkDType("nanToNum", tensor, accepts.float)
    const most = largest[tensor.dtype === "float32" ? "float32" : "float64"]
    const { nan = 0, negInf = -most, posInf = most } = checkOptions("nanToNum", options, {
      nan: "number",
      posInf: "number",
      negInf: "number"
    })
    return where(
      isNaN(tensor),
      nan,
      where(equal(tensor, Infinity), posInf, where(equal(tensor, -Infinity), negInf, tensor))
    )
  })
)

/**
 * x·2ⁿ, elementwise, without overflow or underflow on the way. Floats and int32 exponents, which have no derivative.
 * Fails with `ShapeError` and with `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ldexp, Tensor } from "wengert"
 *
 * const n = Tensor.make([3, -1], { dtype: "int32" })
 * console.log(Effect.runSync(ldexp(Tensor.make([1, 5]), n))) // => tensor([8. , 2.5], float64)
 * ```
 */
export const ldexp: Typed.Ldexp = signed((x: Operand, n: Operand) =>
  operation("ldexp", [x, n], ([x, n]) => {
    const tensor = lone(x)
    checkDType("ldexp", tensor, accepts.float)
    const given = typeof n === "number" ? lone(n) : n
    if (typeof n !== "number") checkDType("ldexp", given, accepts.integer)
    return Effect.gen(function*() {
      const power = yield* castTo(given, "float64")
      // 2ⁿ itself may be too large or too small: three factors, none of which is while the product is not
      const third: Tensor = yield* round(div(power, 3))
      const factor = Effect.flatMap(exp2(third), (y) => castTo(y, "float64"))
      const wide: Tensor = yield* castTo(tensor, "float64")
      const most: Tensor = yield* mul(mul(wide, factor), factor)
      return yield* castTo(yield* mul(most, exp2(sub(power, mul(third, 2)))), tensor.dtype)
    })
  })
)

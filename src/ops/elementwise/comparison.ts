/**
 * Comparison and logic: bool results, which carry no derivative. NaN compares as IEEE 754 says: it is unequal to itself.
 */
import { operation } from "../../core/operation.ts"
import type { Elementwise } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { addPrimitive, mulPrimitive, sub } from "../algebra.ts"
import { binaryOp, composed, predicate, unaryOp } from "../define.ts"

export const equalPrimitive = predicate("equal", 2, "any", (x, y) => x === y)
export const lessPrimitive = predicate("less", 2, "numeric", (x, y) => x < y)
export const lessEqualPrimitive = predicate("lessEqual", 2, "numeric", (x, y) => x <= y)
export const notPrimitive = predicate("logicalNot", 1, "bool", (x) => x === 0)

/**
 * Is x = y? Elementwise, to bool; NaN is unequal to itself. Any dtype; operands join and broadcast as in `add`, with
 * its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { equal, Tensor } from "wengert"
 *
 * const x = Tensor.make([1, NaN])
 * console.log(Effect.runSync(equal(x, Tensor.make([1, NaN])))) // => tensor([ true, false], bool)
 * ```
 */
export const equal: Typed.Compare<"equal"> = signed(binaryOp(equalPrimitive))

/**
 * Is x < y? Elementwise, to bool; false where one is NaN. Float and int32, which join and broadcast as in `add`, with
 * its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { less, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(less(Tensor.make([3, 2, 1]), 2))) // => tensor([false, false,  true], bool)
 * ```
 */
export const less: Typed.Compare<"less"> = signed(binaryOp(lessPrimitive))

/**
 * Is x ≤ y? Elementwise, to bool; false where one is NaN. Float and int32, which join and broadcast as in `add`, with
 * its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { lessEqual, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(lessEqual(Tensor.make([3, 2, 1]), 2))) // => tensor([false,  true,  true], bool)
 * ```
 */
export const lessEqual: Typed.Compare<"lessEqual"> = signed(binaryOp(lessEqualPrimitive))

/**
 * ¬x, elementwise. Bools; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { logicalNot, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(logicalNot(Tensor.make([true, false])))) // => tensor([false,  true], bool)
 * ```
 */
export const logicalNot: Typed.LogicalNot = signed(unaryOp(notPrimitive))

/**
 * Is x ≠ y? Elementwise, to bool; NaN is unequal to itself. Any dtype; operands join and broadcast as in `add`, with
 * its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { notEqual, Tensor } from "wengert"
 *
 * const x = Tensor.make([1, NaN])
 * console.log(Effect.runSync(notEqual(x, Tensor.make([1, NaN])))) // => tensor([false,  true], bool)
 * ```
 */
export const notEqual: Typed.Compare<"notEqual"> = signed((x: Operand, y: Operand) =>
  logicalNot(binaryOp(equalPrimitive, "any", "notEqual")(x, y))
)

/** x > y is y < x: the operands run in the order in which they were written, and are compared in the other. */
const swapped = (name: string, self: Elementwise<string, 2>, x: Operand, y: Operand) =>
  operation(name, [x, y], ([x, y]) => binaryOp(self, "numeric", name)(y, x), "pure", self.foresee)

/**
 * Is x > y? Elementwise, to bool; false where one is NaN. Float and int32, which join and broadcast as in `add`, with
 * its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { greater, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(greater(Tensor.make([3, 2, 1]), 2))) // => tensor([ true, false, false], bool)
 * ```
 */
export const greater: Typed.Compare<"greater"> = signed((x: Operand, y: Operand) =>
  swapped("greater", lessPrimitive, x, y)
)

/**
 * Is x ≥ y? Elementwise, to bool; false where one is NaN. Float and int32, which join and broadcast as in `add`, with
 * its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { greaterEqual, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(greaterEqual(Tensor.make([3, 2, 1]), 2))) // => tensor([ true,  true, false], bool)
 * ```
 */
export const greaterEqual: Typed.Compare<"greaterEqual"> = signed((x: Operand, y: Operand) =>
  swapped("greaterEqual", lessEqualPrimitive, x, y)
)

/**
 * x ∧ y, elementwise. Bools, which broadcast; fails with `ShapeError`, and with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { logicalAnd, Tensor } from "wengert"
 *
 * const a = Tensor.make([true, false])
 * const b = Tensor.make([true, true])
 * console.log(Effect.runSync(logicalAnd(a, b))) // => tensor([ true, false], bool)
 * ```
 */
export const logicalAnd: Typed.Logical<"logicalAnd"> = signed(binaryOp(mulPrimitive, "bool", "logicalAnd"))

/**
 * x ∨ y, elementwise. Bools, which broadcast; fails with `ShapeError`, and with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { logicalOr, Tensor } from "wengert"
 *
 * const a = Tensor.make([true, false])
 * const b = Tensor.make([true, false])
 * console.log(Effect.runSync(logicalOr(a, b))) // => tensor([ true, false], bool)
 * ```
 */
export const logicalOr: Typed.Logical<"logicalOr"> = signed(binaryOp(addPrimitive, "bool", "logicalOr"))

/**
 * Is it not a number? Elementwise, to bool. Float and int32; fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { isNaN, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(isNaN(Tensor.make([1, NaN, Infinity])))) // => tensor([false,  true, false], bool)
 * ```
 */
export const isNaN: Typed.Test<"isNaN"> = composed("isNaN", "numeric", (x) => notEqual(x, x), "bool")

/**
 * Is it neither NaN nor infinite? Elementwise, to bool. Floats; fails with `DTypeError` for other dtypes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { isFinite, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(isFinite(Tensor.make([1, NaN, Infinity])))) // => tensor([ true, false, false], bool)
 * ```
 */
export const isFinite: Typed.Test<"isFinite"> = composed("isFinite", "float", (x) => equal(sub(x, x), 0), "bool")

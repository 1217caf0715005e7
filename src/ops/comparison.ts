/**
 * Comparison and logic: bool results, which carry no derivative. NaN compares as IEEE 754 says: it is unequal to itself.
 */
import type { Op } from "../core/operation.ts"
import { op, operation } from "../core/operation.ts"
import type { Primitive } from "../core/primitive.ts"
import type { Operand } from "../core/tensor.ts"
import { signed } from "../core/typed/operand.ts"
import type * as Typed from "../core/typed/signatures.ts"
import { add, mul, sub } from "./algebra.ts"
import { binaryOp, composed, predicate, unaryOp } from "./define.ts"

const equalPrimitive = predicate("equal", 2, "any", (x, y) => x === y)
const lessPrimitive = predicate("less", 2, "numeric", (x, y) => x! < y!)
const lessEqualPrimitive = predicate("lessEqual", 2, "numeric", (x, y) => x! <= y!)
const notPrimitive = predicate("logicalNot", 1, "bool", (x) => x === 0)

/** x = y. */
export const equal: Op<Typed.Compare<"equal">> = op(binaryOp("equal", equalPrimitive), equalPrimitive)

/** x < y. */
export const less: Op<Typed.Compare<"less">> = op(binaryOp("less", lessPrimitive), lessPrimitive)

/** x ≤ y. */
export const lessEqual: Op<Typed.Compare<"lessEqual">> = op(binaryOp("lessEqual", lessEqualPrimitive), lessEqualPrimitive)

/** ¬x. */
export const logicalNot: Op<Typed.LogicalNot> = op(unaryOp("logicalNot", notPrimitive), notPrimitive)

/** x ≠ y. */
export const notEqual: Typed.Compare<"notEqual"> = signed((x: Operand, y: Operand) => logicalNot(equal(x, y)))

/** x > y is y < x: the operands run in the order in which they were written, and are compared in the other. */
const swapped = (name: string, self: Primitive<{}>, x: Operand, y: Operand) =>
  operation(name, [x, y], ([x, y]) => binaryOp(name, self)(y!, x!))

/** x > y. */
export const greater: Typed.Compare<"greater"> = signed((x: Operand, y: Operand) =>
  swapped("greater", lessPrimitive, x, y)
)

/** x ≥ y. */
export const greaterEqual: Typed.Compare<"greaterEqual"> = signed((x: Operand, y: Operand) =>
  swapped("greaterEqual", lessEqualPrimitive, x, y)
)

/** x ∧ y. Over bools the product is `and`. */
export const logicalAnd: Typed.Logical<"logicalAnd"> = signed(binaryOp("logicalAnd", mul.primitive, "bool"))

/** x ∨ y. Over bools the sum is `or`. */
export const logicalOr: Typed.Logical<"logicalOr"> = signed(binaryOp("logicalOr", add.primitive, "bool"))

/** Is it not a number? */
export const isNaN: Typed.Test<"isNaN"> = composed("isNaN", "numeric", (x) => notEqual(x, x))

/** Is it neither NaN nor infinite? Then, and only then, x − x = 0. */
export const isFinite: Typed.Test<"isFinite"> = composed("isFinite", "float", (x) => equal(sub(x, x), 0))

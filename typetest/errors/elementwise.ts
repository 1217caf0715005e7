/**
 * Elementwise programs that must not compile. The line after an `error:` comment has exactly that one mistake.
 */
import * as Effect from "effect/Effect"
import type { Shape, Tensor } from "../../src/index.ts"
import {
  abs,
  add,
  clip,
  cos,
  div,
  equal,
  greater,
  hypot,
  isFinite,
  isNaN,
  less,
  logaddexp,
  logicalAnd,
  logicalNot,
  logicalOr,
  mask,
  maximum,
  mul,
  neg,
  pow,
  rem,
  sin,
  sqrt,
  sub,
  where
} from "../../src/index.ts"
import type { F64 } from "../values.ts"
import { batch, bool23, bool3, int, int23, int3, single3, x23, x234, x3, x34, x4, zeros } from "../values.ts"

// ---- broadcasting

// error: ShapeError: add: cannot broadcast [2, 3] with [4]
add(x23, x4)
// error: ShapeError: mul: cannot broadcast [2, 3] with [3, 4]
mul(x23, x34)
// error: ShapeError: sub: cannot broadcast [4] with [2, 3]
sub(x4, x23)
// error: ShapeError: div: cannot broadcast [2, 3, 4] with [3]
div(x234, x3)
// error: ShapeError: pow: cannot broadcast [3] with [4]
pow(x3, x4)
// error: ShapeError: maximum: cannot broadcast [2, 3] with [2, 1, 4]
maximum(x23, zeros([2, 1, 4]))
// error: ShapeError: add: cannot broadcast [0] with [3]
add(zeros([0]), x3)
// error: ShapeError: add: cannot broadcast [?, 3] with [4]
add(batch, x4)
// error: ShapeError: hypot: cannot broadcast [3] with [2]
hypot(sin(x3), zeros([2]))
// error: ShapeError: less: cannot broadcast [3] with [4]
less(x3, x4)
// error: ShapeError: logicalAnd: cannot broadcast [2, 3] with [2]
logicalAnd(bool23, zeros([2], "bool"))
// error: ShapeError: clip: cannot broadcast [3] with [4]
clip(x3, x4, 1)
// error: ShapeError: clip: cannot broadcast [2, 3] with [2]
clip(x23, 0, zeros([2]))
// error: ShapeError: where: cannot broadcast [3] with [4]
where(bool3, x4, 0)
// error: ShapeError: where: cannot broadcast [2, 3] with [4]
where(bool23, x3, x4)
// error: ShapeError: mask: cannot broadcast [2, 3] with [2]
mask(x23, zeros([2], "bool"))
// error: ShapeError: mask: cannot broadcast [3] with [4]
mask(x3, bool3, x4)

// a mistake inside of a larger program is reported once, where it is made
// error: ShapeError: add: cannot broadcast [2, 3] with [4]
mul(add(x23, x4), sin(x23))
// error: ShapeError: add: cannot broadcast [2, 3] with [4]
neg(mul(2, add(x23, x4)))
Effect.gen(function*() {
  // error: ShapeError: mul: cannot broadcast [3] with [4]
  return yield* add(yield* mul(x3, x4), x3)
})
// error: ShapeError: add: cannot broadcast [3] with [4]
Effect.flatMap(sin(x3), (y) => add(y, x4))

// a helper's own mistake
export const helper = <S extends Shape>(x: F64<S>) =>
  // error: ShapeError: sub: cannot broadcast [3] with [4]
  add(x, sub(x3, x4))
export const rows = <N extends number>(x: F64<[N, 3]>) =>
  // error: ShapeError: add: cannot broadcast
  add(x, x4)

// ---- floats only

// error: DTypeError: sin requires a float dtype, got int32; use cast
sin(int3)
// error: DTypeError: cos requires a float dtype, got bool; use cast
cos(bool3)
// error: DTypeError: sqrt requires a float dtype, got int32; use cast
sqrt(add(int3, 1))
// error: DTypeError: isFinite requires a float dtype, got int32; use cast
isFinite(int3)
// error: DTypeError: div requires a float dtype, got int32; use cast
div(int3, int3)
// error: DTypeError: div requires a float dtype, got int32; use cast
div(int3, 2)
// error: DTypeError: pow requires a float dtype, got int32; use cast
pow(2, int3)
// error: DTypeError: logaddexp requires a float dtype, got bool; use cast
logaddexp(bool3, bool3)
// error: DTypeError: sin requires a float dtype, got int32; use cast
export const integers = <S extends Shape>(x: Tensor<S, "int32">) => sin(x)

// ---- numbers only

// error: DTypeError: neg requires a numeric dtype, got bool; use cast
neg(bool3)
// error: DTypeError: abs requires a numeric dtype, got bool; use cast
abs(bool3)
// error: DTypeError: isNaN requires a numeric dtype, got bool; use cast
isNaN(bool3)
// error: DTypeError: add requires a numeric dtype, got bool; use cast
add(bool3, bool3)
// error: DTypeError: mul requires a numeric dtype, got bool; use cast
mul(bool3, 1)
// error: DTypeError: greater requires a numeric dtype, got bool; use cast
greater(bool3, bool3)
// error: DTypeError: rem requires a numeric dtype, got bool; use cast
rem(1, bool3)

// ---- dtypes that do not mix

// error: DTypeError: add: int32 and float64 do not mix; use cast
add(int3, x3)
// error: DTypeError: add: float64 and int32 do not mix; use cast
add(x3, int)
// error: DTypeError: mul: int32 and float32 do not mix; use cast
mul(int3, single3)
// error: DTypeError: sub: bool and float64 do not mix; use cast
sub(bool3, x3)
// error: DTypeError: maximum: bool and int32 do not mix; use cast
maximum(bool3, int3)
// error: DTypeError: equal: int32 and float64 do not mix; use cast
equal(int3, x3)
// error: DTypeError: clip: int32 and float64 do not mix; use cast
clip(int3, x3, 1)
// error: DTypeError: where: float64 and int32 do not mix; use cast
where(bool3, x3, int3)
// error: DTypeError: mask: int32 and float64 do not mix; use cast
mask(int3, bool3, x3)
// error: DTypeError: add: int32 and float64 do not mix; use cast
add(neg(int23), sin(x3))

// error: DTypeError: mul: int32 cannot hold 0.5; use cast
mul(int3, 0.5)
// error: DTypeError: sub: int32 cannot hold -1.25; use cast
sub(-1.25, int3)

// ---- bools only

// error: DTypeError: logicalNot requires a bool dtype, got float64; use cast
logicalNot(x3)
// error: DTypeError: logicalOr requires a bool dtype, got int32; use cast
logicalOr(int3, int3)
// error: DTypeError: logicalAnd: bool and float64 do not mix; use cast
logicalAnd(bool3, x3)
// error: DTypeError: where requires a bool dtype, got float64; use cast
where(x3, x3, 0)
// error: DTypeError: mask requires a bool dtype, got int32; use cast
mask(x3, int3)

// ---- no operands at all

// error: not assignable to parameter of type 'Operand'
sin("x")
// error: not assignable to parameter of type 'Operand'
sin([1, 2])
// error: not assignable to parameter of type 'Operand'
add(x3, true)
// error: Expected 2 arguments, but got 1
add(x3)

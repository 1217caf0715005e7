/**
 * Indexing and contractions that must not compile.
 */
import {
  dot,
  einsum,
  gather,
  matmul,
  oneHot,
  outer,
  scatterAdd,
  slice,
  take,
  takeAlongAxis,
  tensordot
} from "../../src/index.ts"
import { batch, bool23, int, int3, scalar, single3, x23, x234, x3, x34, x4, x45, zeros } from "../values.ts"

const pick = zeros([2, 1], "int32")

// ---- slices

// error: IndexError: slice: index 4 is out of range for axis 0 of [4, 5]
slice(x45, 4)
// error: IndexError: slice: index -6 is out of range for axis 1 of [4, 5]
slice(x45, null, -6)
// error: IndexError: slice: index 5 is out of range for axis 1 of [4, 5]
slice(x45, [0, 2], 5)
// error: IndexError: slice: 3 entries for the 2 axes of [4, 5]
slice(x45, 0, 0, 0)
// error: IndexError: slice: a step of 0
slice(x45, [0, 4, 0])
// error: Argument of type '[number]' is not assignable to parameter of type 'SliceSpec'
slice(x45, [1])
// error: not assignable to parameter of type 'SliceSpec'
slice(x45, "1:2")

// ---- tensors of indices

// error: DTypeError: gather requires a int32 dtype, got float64; use cast
gather(x23, zeros([2, 1]))
// error: ShapeError: gather: indices of shape [4, 3] do not index [2, 3]
gather(x23, zeros([4, 3], "int32"))
// error: ShapeError: gather: indices of shape [] do not index [2, 3]
gather(x23, int)
// error: DTypeError: take requires a int32 dtype, got float64; use cast
take(x23, x3)
// error: AxisError: take: axis 2 is out of range for [2, 3]
take(x23, int3, { axis: 2 })
// error: ShapeError: takeAlongAxis: indices of shape [3] do not fit [2, 3] off axis 1
takeAlongAxis(x23, int3, 1)
// error: ShapeError: takeAlongAxis: indices of shape [4, 1] do not fit [2, 3] off axis 1
takeAlongAxis(x23, zeros([4, 1], "int32"), 1)
// error: AxisError: takeAlongAxis: axis 2 is out of range for [2, 3]
takeAlongAxis(x23, zeros([2, 3], "int32"), 2)
// error: ShapeError: scatterAdd: updates of shape [2, 4] do not fit [2, 3]
scatterAdd(x23, pick, zeros([2, 4]))
// error: DTypeError: scatterAdd: float64 and int32 do not mix; use cast
scatterAdd(x23, pick, zeros([2, 3], "int32"))
// error: DTypeError: scatterAdd requires a numeric dtype, got bool; use cast
scatterAdd(bool23, pick, bool23)
// error: DTypeError: oneHot requires a int32 dtype, got float64; use cast
oneHot(x3, 5)
// error: Type '"float16"' is not assignable to type
oneHot(int3, 5, { dtype: "float16" })

// ---- contractions

// error: ShapeError: matmul: inner dimensions of [2, 3] and [4, 5] differ
matmul(x23, x45)
// error: ShapeError: matmul: inner dimensions of [2, 3] and [2, 3] differ
matmul(x23, x23)
// error: ShapeError: matmul: inner dimensions of [2, 3] and [4] differ
matmul(x23, x4)
// error: ShapeError: matmul: inner dimensions of [4] and [2, 3] differ
matmul(x4, x23)
// error: ShapeError: matmul: inner dimensions of [3] and [4] differ
matmul(x3, x4)
// error: ShapeError: matmul: inner dimensions of [?, 3] and [4, 5] differ
matmul(batch, x45)
// error: ShapeError: matmul: batch dimensions of [2, 3, 4] and [3, 4, 5] do not broadcast
matmul(x234, zeros([3, 4, 5]))
// error: ShapeError: matmul: requires at least one axis, got [2, 3] and []
matmul(x23, scalar)
// error: ShapeError: matmul: requires at least one axis, got [] and [3]
matmul(2, x3)
// error: DTypeError: matmul: float64 and int32 do not mix; use cast
matmul(x23, int3)
// error: DTypeError: matmul requires a numeric dtype, got bool; use cast
matmul(bool23, zeros([3], "bool"))
// error: ShapeError: dot: inner dimensions of [2, 3] and [2, 4, 5] differ
dot(x23, zeros([2, 4, 5]))
// error: ShapeError: dot: inner dimensions of [3] and [4] differ
dot(x3, x4)
// error: DTypeError: outer: float32 and int32 do not mix; use cast
outer(single3, int3)
// error: ShapeError: tensordot: contracted dimensions of [2, 3] and [3, 4] differ
tensordot(x23, x34)
// error: ShapeError: tensordot: contracted dimensions of [2, 3, 4] and [3, 4] differ
tensordot(x234, x34, [[0], [0]])
// error: AxisError: tensordot: [3] and [3] do not have so many axes
tensordot(x3, x3)
// error: ShapeError: einsum ij,jk->ik: label j is both 3 and 4
einsum("ij,jk->ik", x23, x45)
// error: ShapeError: einsum ii->i: label i is both 2 and 3
einsum("ii->i", x23)
// error: ShapeError: einsum ij,j->i: more labels than axes of [3]
einsum("ij,j->i", x3, x3)
// error: ShapeError: einsum i,i->i: fewer labels than axes of [2, 3]
einsum("i,i->i", x23, x3)
// error: ShapeError: einsum ij->iz: output label z is in no operand
einsum("ij->iz", x23)
// error: ShapeError: einsum ij->ii: output label i is given twice
einsum("ij->ii", x23)
// error: ShapeError: einsum ij,jk->ik: more subscripts than operands
einsum("ij,jk->ik", x23)
// error: ShapeError: einsum ij->i: fewer subscripts than operands
einsum("ij->i", x23, x3)
// error: DTypeError: einsum: float64 and int32 do not mix; use cast
einsum("ij,j->i", x23, int3)

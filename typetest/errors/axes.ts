/**
 * Reductions and movements that must not compile.
 */
import {
  all,
  any,
  argmax,
  argsort,
  broadcastTo,
  concat,
  conv,
  cumsum,
  diagonal,
  ensure,
  expandDims,
  flip,
  logSoftmax,
  max,
  mean,
  norm,
  pad,
  prod,
  reshape,
  softmax,
  sort,
  split,
  squeeze,
  stack,
  std,
  sum,
  tile,
  topK,
  transpose,
  tril,
  triu
} from "../../src/index.ts"
import { batch, bool3, int3, scalar, single3, x123, x23, x234, x3, x34, x4, zeros } from "../values.ts"

// ---- reductions

// error: AxisError: sum: axis 2 is out of range for [2, 3]
sum(x23, { axis: 2 })
// error: AxisError: sum: axis -3 is out of range for [2, 3]
sum(x23, { axis: -3 })
// error: AxisError: sum: axis 0 is out of range for []
sum(scalar, { axis: 0 })
// error: AxisError: mean: axis 5 is out of range for [2, 3, 4]
mean(x234, { axis: [0, 5] })
// error: AxisError: max: axis -1 is given twice
max(x23, { axis: [1, -1] })
// error: AxisError: prod: axis 0 is given twice
prod(x23, { axis: [0, 0], keepDims: true })
// error: AxisError: argmax: axis 1 is out of range for [3]
argmax(x3, { axis: 1 })
// error: AxisError: sum: axis 2 is out of range for [?, 3]
sum(batch, { axis: 2 })
// error: AxisError: cumsum: axis 2 is out of range for [2, 3]
cumsum(x23, { axis: 2 })
// error: AxisError: softmax: axis -2 is out of range for [3]
softmax(x3, { axis: -2 })
// error: AxisError: sort: axis 1 is out of range for [3]
sort(x3, { axis: 1 })
// error: AxisError: argsort: axis 4 is out of range for [2, 3]
argsort(x23, { axis: 4, descending: true })
// error: DTypeError: mean requires a float dtype, got int32; use cast
mean(int3)
// error: DTypeError: std requires a float dtype, got bool; use cast
std(bool3)
// error: DTypeError: norm requires a float dtype, got int32; use cast
norm(int3, { axis: 0 })
// error: DTypeError: logSoftmax requires a float dtype, got int32; use cast
logSoftmax(int3)
// error: DTypeError: prod requires a numeric dtype, got bool; use cast
prod(bool3)
// error: DTypeError: any requires a bool dtype, got float64; use cast
any(x3)
// error: DTypeError: all requires a bool dtype, got int32; use cast
all(int3, { axis: 0 })
// error: 'axes' does not exist in type
sum(x23, { axes: 0, keepDims: true })
// error: Type 'string' is not assignable to type
sum(x23, { axis: "0" })
// error: Type 'number' is not assignable to type 'boolean | undefined'
sum(x23, { keepDims: 1 })

// ---- reshape

// error: ShapeError: reshape: [2, 3] has 6 elements, [4] has 4
reshape(x23, [4])
// error: ShapeError: reshape: [2, 3, 4] has 24 elements, [5, 5] has 25
reshape(x234, [5, 5])
// error: ShapeError: reshape: [4, -1] does not determine -1 for [2, 3]
reshape(x23, [4, -1])
// error: ShapeError: reshape: several -1 in [-1, -1]
reshape(x23, [-1, -1])
// error: ShapeError: reshape: [0, -1] does not determine -1 for [0, 3]
reshape(zeros([0, 3]), [0, -1])
// error: ShapeError: reshape: [] has 1 elements, [2] has 2
reshape(scalar, [2])

// ---- transpose, broadcastTo, squeeze, expandDims, flip

// error: AxisError: transpose: not a permutation of the 3 axes of [2, 3, 4]
transpose(x234, [0, 1])
// error: AxisError: transpose: not a permutation of the 3 axes of [2, 3, 4]
transpose(x234, [0, 1, 1])
// error: AxisError: transpose: not a permutation of the 2 axes of [2, 3]
transpose(x23, [0, 2])
// error: ShapeError: broadcastTo: [2, 3] does not broadcast to [3, 3]
broadcastTo(x23, [3, 3])
// error: ShapeError: broadcastTo: [2, 3] does not broadcast to [3]
broadcastTo(x23, [3])
// error: ShapeError: broadcastTo: [3] does not broadcast to [1]
broadcastTo(x3, [1])
// error: ShapeError: squeeze: axis 1 of [1, 2, 3] has size 2, not 1
squeeze(x123, 1)
// error: AxisError: squeeze: axis 3 is out of range for [1, 2, 3]
squeeze(x123, [0, 3])
// error: AxisError: expandDims: axis 3 is out of range for
expandDims(x23, 3)
// error: AxisError: expandDims: axis -1 is given twice
expandDims(x3, [1, 3, -1])
// error: AxisError: flip: axis 2 is out of range for [2, 3]
flip(x23, 2)

// ---- pad, tile, diagonal, triangles

// error: ShapeError: pad: 1 pairs for the 2 axes of [2, 3]
pad(x23, [[1, 1]])
// error: Source has 1 element(s) but target requires 2
pad(x3, [[1]])
// error: not assignable to parameter of type 'number | readonly number[]'
tile(x23, "2")
// error: AxisError: diagonal: axes 0 and 1 are not two axes of [3]
diagonal(x3)
// error: AxisError: diagonal: axes 1 and -1 are not two axes of [2, 3]
diagonal(x23, { axis1: 1, axis2: -1 })
// error: ShapeError: tril: requires at least two axes, got [3]
tril(x3)
// error: ShapeError: triu: requires at least two axes, got []
triu(scalar)

// ---- concat, stack, split

// error: ShapeError: concat: shapes [2, 3], [3, 4] differ off axis 0
concat([x23, x34])
// error: ShapeError: concat: shapes [2, 3], [4, 3] differ off axis 1
concat([x23, zeros([4, 3])], 1)
// error: ShapeError: concat: shapes [2, 3], [3] differ off axis 0
concat([x23, x3])
// error: AxisError: concat: axis 2 is out of range for [2, 3]
concat([x23, x23], 2)
// error: DTypeError: concat: float64 and int32 do not mix; use cast
concat([x3, int3])
// error: ShapeError: stack: shapes [2, 3], [3, 4] differ
stack([x23, x34])
// error: ShapeError: stack: shapes [3], [3], [4] differ
stack([x3, x3, x4])
// error: AxisError: stack: axis 3 is out of range for [2, 3, ?]
stack([x23, x23], 3)
// error: DTypeError: stack: float32 and int32 do not mix; use cast
stack([single3, single3, int3])
// error: ShapeError: split: axis 0 of [2, 3] does not divide into 3 equal sections
split(x23, 3)
// error: ShapeError: split: axis -1 of [2, 3] does not divide into 2 equal sections
split(x23, 2, -1)
// error: AxisError: split: axis 2 is out of range for [2, 3]
split(x23, [1], 2)

// ---- topK, ensure

// error: ShapeError: topK: the last axis of [2, 3] has no 5 elements
topK(x23, 5)
// error: ShapeError: topK: the last axis of [] has no 1 elements
topK(scalar, 1)
// error: ShapeError: ensure: [2, 3] is not [3, 2]
ensure(x23, [3, 2])
// error: ShapeError: ensure: [2, 3] is not [6]
ensure(x23, [6])

// ---- convolution

// error: ShapeError: conv: images [2, 3, 4] and kernels [3, 4] differ in rank
conv(x234, x34)
// error: ShapeError: conv: 4 channels, and kernels for 3
conv(x234, x234)

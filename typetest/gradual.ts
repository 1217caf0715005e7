/**
 * What the compiler does not know is never an error: unknown ranks, `number` dims and unknown dtypes are checked at run
 * time. What it knows in spite of them is kept.
 */
import type { Shape, Tensor } from "../src/index.ts"
import {
  add,
  argmax,
  cast,
  clip,
  concat,
  cond,
  cumsum,
  diagonal,
  einsum,
  ensure,
  equal,
  expandDims,
  flip,
  gather,
  grad,
  greater,
  hessian,
  jacrev,
  logicalNot,
  matmul,
  mean,
  mul,
  neg,
  oneHot,
  pad,
  reshape,
  scan,
  sin,
  slice,
  softmax,
  sort,
  split,
  squeeze,
  stack,
  sum,
  take,
  tensordot,
  topK,
  transpose,
  vmap,
  where
} from "../src/index.ts"
import type { Equal, Yield } from "./assert.ts"
import { is } from "./assert.ts"
import type { F64 } from "./values.ts"
import { batch, bool3, int, int3, unknown, x23, x3, x34, x4, zeros } from "./values.ts"

declare const axis: number
declare const axes: ReadonlyArray<number>
declare const anyAxes: number | ReadonlyArray<number> | undefined
declare const options: { readonly axis: number | ReadonlyArray<number>; readonly keepDims: boolean }
declare const flag: boolean
declare const shape: ReadonlyArray<number>
declare const equation: string
declare const several: ReadonlyArray<F64<[2, 3]>>
declare const someFloat: Tensor<[3], "float64" | "float32">

// unknown rank and dtype
const withUnknown = add(unknown, x3)
is<Equal<Yield<typeof withUnknown>, Tensor>>()
const unknownWithNumber = mul(2, unknown)
is<Equal<Yield<typeof unknownWithNumber>, Tensor>>()
const unknownInside = neg(sin(unknown))
is<Equal<Yield<typeof unknownInside>, Tensor>>()
const unknownMatmul = matmul(unknown, x34)
is<Equal<Yield<typeof unknownMatmul>, Tensor>>()
const unknownSum = sum(unknown)
is<Equal<Yield<typeof unknownSum>, Tensor<[]>>>()
const unknownCompared = equal(unknown, int3)
is<Equal<Yield<typeof unknownCompared>, Tensor<Shape, "bool">>>()
const unknownReshaped = reshape(unknown, [2, -1])
is<Equal<Yield<typeof unknownReshaped>, Tensor<[2, number]>>>()
const unknownEinsum = einsum("ij,jk->ik", unknown, zeros([3, 4]))
is<Equal<Yield<typeof unknownEinsum>, Tensor<[number, 4]>>>()
const unknownSliced = slice(unknown, 0, [1, 2])
is<Equal<Yield<typeof unknownSliced>, Tensor>>()
const unknownBroadcast = where(bool3, unknown, 0)
is<Equal<Yield<typeof unknownBroadcast>, Tensor>>()
const unknownEnsured = ensure(unknown, [2, 3])
is<Equal<Yield<typeof unknownEnsured>, Tensor<[2, 3]>>>()

// dims that are only numbers
const batched = add(batch, x3)
is<Equal<Yield<typeof batched>, F64<[number, 3]>>>()
const batchedBy = add(batch, x23)
is<Equal<Yield<typeof batchedBy>, F64<[2, 3]>>>()
const layer = matmul(batch, x34)
is<Equal<Yield<typeof layer>, F64<[number, 4]>>>()
const batchSum = sum(batch, { axis: 0, keepDims: true })
is<Equal<Yield<typeof batchSum>, F64<[1, 3]>>>()
const batchFlat = reshape(batch, [-1])
is<Equal<Yield<typeof batchFlat>, F64<[number]>>>()
const batchTail = slice(batch, [1, null], 0)
is<Equal<Yield<typeof batchTail>, F64<[number]>>>()
const batches = concat([batch, x23])
is<Equal<Yield<typeof batches>, F64<[number, 3]>>>()
const aligned = stack([batch, x23])
is<Equal<Yield<typeof aligned>, F64<[2, 2, 3]>>>()

// arguments that are not literal
const dynamicAxis = sum(x23, { axis })
is<Equal<Yield<typeof dynamicAxis>, F64<Shape>>>()
const dynamicAxes = sum(x23, { axis: axes, keepDims: true })
is<Equal<Yield<typeof dynamicAxes>, F64<Shape>>>()
const dynamicBoth = mean(x23, { axis: anyAxes })
is<Equal<Yield<typeof dynamicBoth>, F64<Shape>>>()
const dynamicOptions = sum(x23, options)
is<Equal<Yield<typeof dynamicOptions>, F64<Shape>>>()
const dynamicSqueeze = squeeze(x23, anyAxes)
is<Equal<Yield<typeof dynamicSqueeze>, F64<Shape>>>()
const dynamicExpand = expandDims(x23, anyAxes ?? 0)
is<Equal<Yield<typeof dynamicExpand>, F64<Shape>>>()
const dynamicKeep = sum(x23, { axis: 0, keepDims: flag })
is<Equal<Yield<typeof dynamicKeep>, F64<Shape>>>()
const dynamicShape = reshape(x23, shape)
is<Equal<Yield<typeof dynamicShape>, F64<Shape>>>()
const dynamicDim = reshape(x23, [axis, 3])
is<Equal<Yield<typeof dynamicDim>, F64<[number, 3]>>>()
const dynamicPermutation = transpose(x23, axes)
is<Equal<Yield<typeof dynamicPermutation>, F64<Shape>>>()
const dynamicEquation = einsum(equation, x23, x34)
is<Equal<Yield<typeof dynamicEquation>, F64<Shape>>>()
const ellipsis = einsum("...ij,jk->...ik", x23, x34)
is<Equal<Yield<typeof ellipsis>, F64<Shape>>>()
const dynamicBound = slice(x23, null, [0, axis])
is<Equal<Yield<typeof dynamicBound>, F64<[2, number]>>>()
const dynamicIndex = slice(x23, axis)
is<Equal<Yield<typeof dynamicIndex>, F64<[3]>>>()
const dynamicConcat = concat(several)
is<Equal<Yield<typeof dynamicConcat>, F64<[number, 3]>>>()
const dynamicStack = stack(several)
is<Equal<Yield<typeof dynamicStack>, F64<[number, 2, 3]>>>()
const dynamicDepth = oneHot(int3, axis)
is<Equal<Yield<typeof dynamicDepth>, F64<[3, number]>>>()
const dynamicSplit = split(x23, axis, 1)
is<Equal<Yield<typeof dynamicSplit>, Array<F64<[2, number]>>>>()
const dynamicTake = take(x23, int3, { axis })
is<Equal<Yield<typeof dynamicTake>, F64<Shape>>>()

// dtypes of which something is known
const joined = add(someFloat, x3)
is<Equal<Yield<typeof joined>, F64<[3]>>>()
const kept = sin(someFloat)
is<Equal<Yield<typeof kept>, Tensor<[3], "float64" | "float32">>>()

// and all of these are programs
export const programs = [
  argmax(unknown),
  cast(unknown, "int32"),
  clip(unknown, 0, x3),
  cumsum(unknown, { axis: 3 }),
  diagonal(unknown, { axis1: 4, axis2: 5 }),
  flip(unknown, 7),
  flip(x23, anyAxes),
  gather(unknown, int),
  logicalNot(unknown),
  pad(unknown, [[1, 1]]),
  softmax(unknown, { axis: 2 }),
  sort(unknown),
  squeeze(unknown, 0),
  tensordot(unknown, x4, 1),
  topK(unknown, 3),
  cond(greater(unknown, 0), () => unknown, () => x3),
  scan((carry, x) => [add(carry, x), x], unknown, unknown),
  grad((x: Tensor) => sum(x))(x3),
  grad((x: Tensor) => x)(x3),
  hessian((x: Tensor) => sum(x))(x3),
  jacrev((x: Tensor) => x)(unknown),
  vmap((x: Tensor) => x)(unknown)
]

// a union of operands is one of them
declare const numberOrTensor: number | F64<[3]>
const either = mul(numberOrTensor, x23)
is<Equal<Yield<typeof either>, F64<[2, 3]>>>()

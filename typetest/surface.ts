/** Stand-in for the package's surface. */
import type { DType } from "../src/core/dtype.ts"
import type { Shape } from "../src/core/shape.ts"
import type { Tensor as T } from "../src/core/tensor.ts"
import type * as Op from "../src/core/typed/signatures.ts"
import type * as Tr from "../src/core/typed/transformations.ts"
export type { DType } from "../src/core/dtype.ts"
export type { Shape } from "../src/core/shape.ts"
export type { OpError, UnconnectedGradientError } from "../src/core/errors.ts"
export type Tensor<S extends Shape = Shape, D extends DType = DType> = T<S, D>
export declare namespace Tensor {
  const zeros: <const S extends Shape, const D extends DType = "float64">(shape: S, dtype?: D) => T<{ -readonly [K in keyof S]: S[K] }, D>
}
export declare const neg: Op.Unary<"neg">
export declare const abs: Op.Unary<"abs">
export declare const sign: Op.Unary<"sign">
export declare const square: Op.Unary<"square">
export declare const floor: Op.Unary<"floor">
export declare const ceil: Op.Unary<"ceil">
export declare const round: Op.Unary<"round">
export declare const trunc: Op.Unary<"trunc">
export declare const relu: Op.Unary<"relu">
export declare const sqrt: Op.FloatUnary<"sqrt">
export declare const rsqrt: Op.FloatUnary<"rsqrt">
export declare const cbrt: Op.FloatUnary<"cbrt">
export declare const reciprocal: Op.FloatUnary<"reciprocal">
export declare const exp: Op.FloatUnary<"exp">
export declare const expm1: Op.FloatUnary<"expm1">
export declare const exp2: Op.FloatUnary<"exp2">
export declare const log: Op.FloatUnary<"log">
export declare const log1p: Op.FloatUnary<"log1p">
export declare const log2: Op.FloatUnary<"log2">
export declare const log10: Op.FloatUnary<"log10">
export declare const sin: Op.FloatUnary<"sin">
export declare const cos: Op.FloatUnary<"cos">
export declare const tan: Op.FloatUnary<"tan">
export declare const asin: Op.FloatUnary<"asin">
export declare const acos: Op.FloatUnary<"acos">
export declare const atan: Op.FloatUnary<"atan">
export declare const sinh: Op.FloatUnary<"sinh">
export declare const cosh: Op.FloatUnary<"cosh">
export declare const tanh: Op.FloatUnary<"tanh">
export declare const asinh: Op.FloatUnary<"asinh">
export declare const acosh: Op.FloatUnary<"acosh">
export declare const atanh: Op.FloatUnary<"atanh">
export declare const sigmoid: Op.FloatUnary<"sigmoid">
export declare const softplus: Op.FloatUnary<"softplus">
export declare const gelu: Op.FloatUnary<"gelu">
export declare const silu: Op.FloatUnary<"silu">
export declare const erf: Op.FloatUnary<"erf">
export declare const erfc: Op.FloatUnary<"erfc">
export declare const lgamma: Op.FloatUnary<"lgamma">
export declare const digamma: Op.FloatUnary<"digamma">
export declare const sinc: Op.FloatUnary<"sinc">
export declare const add: Op.Binary<"add">
export declare const sub: Op.Binary<"sub">
export declare const mul: Op.Binary<"mul">
export declare const rem: Op.Binary<"rem">
export declare const minimum: Op.Binary<"minimum">
export declare const maximum: Op.Binary<"maximum">
export declare const div: Op.FloatBinary<"div">
export declare const pow: Op.FloatBinary<"pow">
export declare const atan2: Op.FloatBinary<"atan2">
export declare const hypot: Op.FloatBinary<"hypot">
export declare const logaddexp: Op.FloatBinary<"logaddexp">
export declare const equal: Op.Compare<"equal">
export declare const notEqual: Op.Compare<"notEqual">
export declare const less: Op.Compare<"less">
export declare const lessEqual: Op.Compare<"lessEqual">
export declare const greater: Op.Compare<"greater">
export declare const greaterEqual: Op.Compare<"greaterEqual">
export declare const logicalAnd: Op.Logical<"logicalAnd">
export declare const logicalOr: Op.Logical<"logicalOr">
export declare const isNaN: Op.Test<"isNaN">
export declare const isFinite: Op.Test<"isFinite">
export declare const sum: Op.Reduction<"sum">
export declare const prod: Op.Reduction<"prod">
export declare const max: Op.Reduction<"max">
export declare const min: Op.Reduction<"min">
export declare const mean: Op.FloatReduction<"mean">
export declare const logsumexp: Op.FloatReduction<"logsumexp">
declare const variance: Op.FloatReduction<"var">
export { variance as var }
export declare const std: Op.FloatReduction<"std">
export declare const norm: Op.FloatReduction<"norm">
export declare const any: Op.BoolReduction<"any">
export declare const all: Op.BoolReduction<"all">
export declare const argmax: Op.ArgReduction<"argmax">
export declare const argmin: Op.ArgReduction<"argmin">
export declare const cumsum: Op.Cumulative<"cumsum">
export declare const cumprod: Op.Cumulative<"cumprod">
export declare const softmax: Op.AxisWise<"softmax">
export declare const logSoftmax: Op.AxisWise<"logSoftmax">
export declare const tril: Op.Tri<"tril">
export declare const triu: Op.Tri<"triu">
export declare const logicalNot: Op.LogicalNot
export declare const clip: Op.Clip
export declare const reshape: Op.Reshape
export declare const transpose: Op.Transpose
export declare const broadcastTo: Op.BroadcastTo
export declare const squeeze: Op.Squeeze
export declare const expandDims: Op.ExpandDims
export declare const concat: Op.Concat
export declare const stack: Op.Stack
export declare const split: Op.Split
export declare const slice: Op.Slice
export declare const flip: Op.Flip
export declare const pad: Op.Pad
export declare const tile: Op.Tile
export declare const cast: Op.Cast
export declare const matmul: Op.MatMul
export declare const dot: Op.Dot
export declare const outer: Op.Outer
export declare const einsum: Op.Einsum
export declare const tensordot: Op.TensorDot
export declare const gather: Op.Gather
export declare const take: Op.Take
export declare const takeAlongAxis: Op.TakeAlongAxis
export declare const scatterAdd: Op.ScatterAdd
export declare const oneHot: Op.OneHot
export declare const sort: Op.Sort
export declare const argsort: Op.ArgSort
export declare const topK: Op.TopK
export declare const diagonal: Op.Diagonal
export declare const where: Op.Where
export declare const mask: Op.Mask
export declare const cond: Op.Cond
export declare const switchCase: Op.SwitchCase
export declare const stopGradient: Op.StopGradient
export declare const scan: Op.Scan
export declare const ensure: Op.Ensure
export declare const grad: Tr.Grad
export declare const valueAndGrad: Tr.ValueAndGrad
export declare const gradWithAux: Tr.GradWithAux
export declare const jvp: Tr.Jvp
export declare const vjp: Tr.Vjp
export declare const linearize: Tr.Linearize
export declare const jacfwd: Tr.Jacobian<"jacfwd">
export declare const jacrev: Tr.Jacobian<"jacrev">
export declare const hessian: Tr.Hessian
export declare const hvp: Tr.Hvp
export declare const vmap: Tr.Vmap
export declare const jit: Tr.Jit
export declare const checkpoint: Tr.Checkpoint

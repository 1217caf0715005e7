/**
 * Automatic differentiation on Effect.
 *
 * A program is a function from trees of tensors to an Effect of a tree of tensors. A transformation (`grad`, `jvp`,
 * `vmap`, …) writes it down as a Wengert list, an immutable list of equations, and gives a program again: so
 * transformations nest in any order, to any order of derivative, and keep a program's own errors and services.
 *
 * Ops take numbers, tensors and Effects that yield tensors, and fail with `OpError`. Where NumPy has the name, its
 * meaning and defaults hold; at a kink the derivative is the minimum-norm subgradient; what a mask or an untaken branch
 * leaves out has a derivative of exactly 0.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, greater, mask, sqrt, sum, Tensor } from "wengert"
 *
 * // the derivative of sqrt at 0 is infinite; masked, it has no influence
 * const f = (x: Tensor) => sum(mask(sqrt(x), greater(x, 0)))
 * console.log(Effect.runSync(grad(f)(Tensor.make([0, 0.25])))) // => tensor([0., 1.], float64)
 * ```
 */
export { Trace, trace } from "./inspect/trace.ts"
export { Tensor } from "./core/public.ts"
export * as Tree from "./core/trees.ts"
export * as Linalg from "./linalg/namespace.ts"
export * as Random from "./random/namespace.ts"

// the vocabulary
export { add, div, mul, neg, sub, where } from "./ops/algebra.ts"
export { kron, meshgrid, repeat, roll, unstack } from "./ops/movement/arranging.ts"
export { stack, tile } from "./ops/movement/assembly.ts"
export { associativeScan } from "./ops/control/associative.ts"
export { clip, logaddexp, maximum, minimum, rem } from "./ops/elementwise/binary.ts"
export { checkpoint } from "./ops/control/checkpoint.ts"
export {
  equal,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual
} from "./ops/elementwise/comparison.ts"
export { conv, convTranspose } from "./ops/convolution/conv.ts"
export { avgPool, maxPool } from "./ops/convolution/pool.ts"
export { resize } from "./ops/convolution/resize.ts"
export { dot, matmul, outer, tensordot } from "./ops/contraction/products.ts"
export { cond, switchCase } from "./ops/control/cond.ts"
export { cummax, cummin, cumprod, cumsum, logcumsumexp, logSoftmax, softmax } from "./ops/reduction/cumulative.ts"
export { diagonal, matrixTrace, tril, triu } from "./ops/movement/diagonals.ts"
export { floorDivide, isInf, ldexp, mod, nanToNum } from "./ops/elementwise/division.ts"
export { einsum } from "./ops/contraction/einsum.ts"
export { exp2, pow } from "./ops/elementwise/power.ts"
export { atan2, hypot } from "./ops/elementwise/angle.ts"
export {
  abs,
  cbrt,
  ceil,
  floor,
  reciprocal,
  relu,
  round,
  rsqrt,
  sign,
  sqrt,
  square,
  trunc
} from "./ops/elementwise/unary.ts"
export { exp, expm1, log, log10, log1p, log2, sigmoid, silu } from "./ops/elementwise/exponential.ts"
export {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cos,
  cosh,
  sin,
  sinh,
  tan,
  tanh
} from "./ops/elementwise/trigonometric.ts"
export { ensure } from "./ops/movement/ensure.ts"
export { argmax, argmin, max, min } from "./ops/reduction/extremum.ts"
export { gather, oneHot, take, takeAlongAxis } from "./ops/indexing/picking.ts"
export { cast } from "./ops/cast.ts"
export { broadcastTo, expandDims, reshape, squeeze, transpose } from "./ops/movement/layout.ts"
export { map, scan } from "./ops/control/loop.ts"
export { concat, flip, pad } from "./ops/movement/parts.ts"
export { fft, ifft, irfft, rfft } from "./ops/fourier/fft.ts"
export { all, any, logsumexp, mean, norm, prod, std, sum, variance as var } from "./ops/reduction/sums.ts"
export {
  scatter,
  scatterAdd,
  scatterMax,
  scatterMin,
  scatterMul,
  segmentProd,
  segmentSum
} from "./ops/indexing/scatter.ts"
export { mask, stopGradient } from "./ops/elementwise/selection.ts"
export { slice, split } from "./ops/movement/slicing.ts"
export { argsort, sort, topK } from "./ops/indexing/sorting.ts"
export { digamma, erf, erfc, erfcinv, erfinv, gelu, i0, lgamma, sinc, softplus } from "./ops/elementwise/special.ts"
export { median, nanMean, nanVar, quantile } from "./ops/reduction/statistics.ts"
export { forLoop, whileLoop } from "./ops/control/while-loop.ts"

// the transformations
export { grad, gradWithAux, valueAndGrad } from "./grad/grad.ts"
export { customJvp } from "./ops/control/custom-jvp.ts"
export { customVjp } from "./ops/control/custom-vjp.ts"
export { hessian } from "./sparse/hessian.ts"
export { hvp } from "./grad/hvp.ts"
export { jacfwd, jacrev } from "./grad/jacobian.ts"
export { jacobian, sparsity } from "./sparse/jacobian.ts"
export * as Sparse from "./sparse/namespace.ts"
export { fixedPoint, implicitRoot } from "./grad/implicit.ts"
export { derivative, jet, laplacian, taylor } from "./grad/jet.ts"
export { jvp, linearize } from "./grad/jvp.ts"
export { linearTranspose } from "./grad/linear-transpose.ts"
export { residuals } from "./grad/residuals.ts"
export { vjp } from "./grad/vjp.ts"
export { vmap } from "./grad/vmap.ts"

export {
  type Cause,
  type Elements,
  explain,
  type ExplainOptions,
  GradientReport,
  type LeafReport,
  type NonFinite,
  type RenderOptions,
  requireConnected,
  type Step
} from "./explain/index.ts"

// what runs programs
export { compile, type Executable } from "./engine/compile.ts"
export { Engine } from "./engine/engine.ts"
export { CompileError } from "./engine/machine.ts"
export { jit } from "./engine/jit.ts"

// the machinery that shows through
// declarations of other packages find the names there
// oxlint-disable-next-line unicorn/require-module-specifiers
export type {} from "./names.ts"
export { CaptureSites, type Site } from "./core/site.ts"
export { type ElementwiseName, type ParamsOfPrimitive, type PrimitiveName, primitives } from "./ops/vocabulary.ts"
export type { DType } from "./core/dtype.ts"
export type { Primitive } from "./core/primitive.ts"
export type { Shape } from "./core/shape.ts"
export type { Operand } from "./core/tensor.ts"
export {
  ArgumentError,
  AxisError,
  DTypeError,
  EscapedTracerError,
  IndexError,
  MissingRuleError,
  NonDifferentiableError,
  NonLinearError,
  type OpError,
  ReportDecodeError,
  ShapeError,
  TraceDecodeError,
  TracedValueError,
  TraceEncodeError,
  TreeLeafError,
  TreeMismatchError,
  UnconnectedGradientError
} from "./core/errors.ts"

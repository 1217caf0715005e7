/**
 * The public surface of `wengert`.
 */
export { add, div, mul, neg, sub, where } from "./ops/algebra.ts"
export { atan2, clip, exp2, hypot, logaddexp, maximum, minimum, pow, rem } from "./ops/binary.ts"
export { equal, greater, greaterEqual, isFinite, isNaN, less, lessEqual, logicalAnd, logicalNot, logicalOr, notEqual } from "./ops/comparison.ts"
export { cond, switchCase } from "./ops/control.ts"
export { mask, stopGradient } from "./ops/selection.ts"
export { abs, acos, acosh, asin, asinh, atan, atanh, cbrt, ceil, cos, cosh, exp, expm1, floor, log, log10, log1p, log2, reciprocal, relu, round, rsqrt, sigmoid, sign, silu, sin, sinh, sqrt, square, tan, tanh, trunc } from "./ops/elementwise.ts"
export { broadcastTo, cast, expandDims, reshape, squeeze, sum, transpose } from "./ops/layout.ts"
export { digamma, erf, erfc, gelu, lgamma, sinc, softplus } from "./ops/special.ts"
export { grad, gradWithAux, valueAndGrad } from "./grad/grad.ts"
export { jvp, linearize } from "./grad/jvp.ts"
export { vjp } from "./grad/vjp.ts"
export { Trace, trace } from "./trace.ts"
export { hessian, hvp, jacfwd, jacrev } from "./grad/jacobian.ts"
export { linearTranspose } from "./grad/linear.ts"
export { vmap } from "./grad/vmap.ts"

/**
 * The vocabulary: every primitive that a document may name.
 *
 * Nothing but reading documents needs the whole of it, so only `Trace.decode` imports it. Primitives that hold a user's
 * function (custom rules) are no part of it: no document can hold one.
 */
import { primitiveOf } from "../core/operation.ts"
import type { Primitive } from "../core/primitive.ts"
import { add, div, mul, neg, sub, where } from "./algebra.ts"
import { atan2, hypot, logaddexp, maximum, minimum, pow, rem } from "./binary.ts"
import { cast } from "./cast.ts"
import { checkpoint } from "./checkpoint.ts"
import { equal, less, lessEqual, logicalNot } from "./comparison.ts"
import { dot } from "./contraction.ts"
import { cond } from "./control.ts"
import { cumsum } from "./cumulative.ts"
import { abs, cbrt, ceil, floor, relu, round, sign, sqrt, trunc } from "./elementwise.ts"
import { exp, expm1, log, log10, log1p, log2, sigmoid } from "./exponential.ts"
import { argmax, argmin, max, min } from "./extremum.ts"
import { gather, scatterAdd, take } from "./indexing.ts"
import { broadcastTo, reshape, sum, transpose } from "./layout.ts"
import { scan } from "./loop.ts"
import { concat, flip, pad } from "./movement.ts"
import { stopGradient } from "./selection.ts"
import { slice } from "./slicing.ts"
import { argsort } from "./sorting.ts"
import { digamma, erf, erfc, lgamma, sinc } from "./special.ts"
import { acos, acosh, asin, asinh, atan, atanh, cos, cosh, sin, sinh, tan, tanh } from "./trigonometric.ts"
import { whileLoop } from "./while.ts"

/** Every primitive that a document may name. Names are unique. */
export const vocabulary: ReadonlyArray<Primitive> = [
  ...[add, div, mul, neg, sub, where],
  ...[atan2, hypot, logaddexp, maximum, minimum, pow, rem],
  ...[equal, less, lessEqual, logicalNot],
  ...[abs, acos, acosh, asin, asinh, atan, atanh, cbrt, ceil, cos, cosh, exp, expm1, floor, log, log10, log1p, log2],
  ...[relu, round, sigmoid, sign, sin, sinh, sqrt, tan, tanh, trunc],
  ...[digamma, erf, erfc, lgamma, sinc],
  ...[broadcastTo, cast, reshape, sum, transpose, concat, flip, pad, slice],
  ...[argmax, argmin, max, min, argsort, cumsum, dot],
  ...[gather, scatterAdd, take],
  ...[stopGradient, checkpoint, cond, scan, whileLoop]
].map((f): Primitive => {
  const found = primitiveOf(f)
  if (found === undefined) throw new Error(`${f.name} is no primitive`)
  return found
})

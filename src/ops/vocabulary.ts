/**
 * The vocabulary: every primitive, by name.
 *
 * From it follow the types of names and parameters, and of every table over primitives: a table that misses one does not
 * compile. Nothing but such tables needs the whole of it, so a program that does not read documents or run compiled does
 * not carry it.
 */
import type { Elementwise, ParamsOf, Primitive } from "../core/primitive.ts"
import { addPrimitive, divPrimitive, mulPrimitive, negPrimitive, subPrimitive, wherePrimitive } from "./algebra.ts"
import { castPrimitive } from "./cast.ts"
import { dotPrimitive } from "./contraction/dot.ts"
import { checkpointPrimitive } from "./control/checkpoint.ts"
import { condPrimitive } from "./control/cond.ts"
import { customJvpPrimitive } from "./control/custom-jvp.ts"
import { customVjpPrimitive, pullbackPrimitive } from "./control/custom-vjp.ts"
import { backwardPrimitive, jitPrimitive } from "./control/jit.ts"
import { linearSolvePrimitive } from "./control/linear-solve.ts"
import { scanPrimitive } from "./control/scan.ts"
import { whilePrimitive } from "./control/while.ts"
import { overlapAddPrimitive, windowsPrimitive } from "./convolution/windows.ts"
import { atan2Primitive, directionCosinePrimitive, hypotPrimitive, inversionPrimitive } from "./elementwise/angle.ts"
import { logaddexpPrimitive, maximumPrimitive, minimumPrimitive, remPrimitive } from "./elementwise/binary.ts"
import { equalPrimitive, lessEqualPrimitive, lessPrimitive, notPrimitive } from "./elementwise/comparison.ts"
import {
  expm1Primitive,
  expPrimitive,
  log10Primitive,
  log1pPrimitive,
  log2Primitive,
  logPrimitive,
  sigmoidPrimitive,
  siluPrimitive
} from "./elementwise/exponential.ts"
import { heavisidePrimitive } from "./elementwise/kink.ts"
import { powDerivativePrimitive, powPrimitive } from "./elementwise/power.ts"
import { stopGradientPrimitive } from "./elementwise/selection.ts"
import {
  erfcinvPrimitive,
  erfcPrimitive,
  erfinvPrimitive,
  erfPrimitive,
  geluPrimitive,
  i0Primitive,
  lgammaPrimitive,
  polygammaPrimitive,
  sincPrimitive
} from "./elementwise/special.ts"
import {
  acoshPrimitive,
  acosPrimitive,
  asinhPrimitive,
  asinPrimitive,
  atanhPrimitive,
  atanPrimitive,
  coshPrimitive,
  cosPrimitive,
  lorentzFactorPrimitive,
  sechSquaredPrimitive,
  sinhPrimitive,
  sinPrimitive,
  tanhPrimitive,
  tanPrimitive
} from "./elementwise/trigonometric.ts"
import {
  absPrimitive,
  cbrtPrimitive,
  ceilPrimitive,
  floorPrimitive,
  reluPrimitive,
  roundPrimitive,
  signPrimitive,
  sqrtPrimitive,
  truncPrimitive
} from "./elementwise/unary.ts"
import { fftPrimitive } from "./fourier/fft.ts"
import { indexPrimitive, scatterPrimitive, takePrimitive } from "./indexing/indexed.ts"
import { argsortPrimitive } from "./indexing/sorting.ts"
import { choleskyPrimitive } from "./linalg/cholesky.ts"
import { eighPrimitive } from "./linalg/eigh.ts"
import { luPrimitive } from "./linalg/lu.ts"
import { qrPrimitive } from "./linalg/qr.ts"
import { solvePrimitive, triangularSolvePrimitive } from "./linalg/solvers.ts"
import { spectralDiagonalPrimitive, spectralSumPrimitive } from "./linalg/spectral.ts"
import { svdPrimitive } from "./linalg/svd.ts"
import { broadcastPrimitive, reshapePrimitive, sumPrimitive, transposePrimitive } from "./movement/layout.ts"
import { concatPrimitive, flipPrimitive, padPrimitive, slicePrimitive } from "./movement/parts.ts"
import { randomPrimitive, threefryPrimitive } from "./random/threefry.ts"
import { gammaSlopePrimitive, logGammaVariatePrimitive, poissonPrimitive } from "./random/variates.ts"
import { cumsumPrimitive } from "./reduction/cumulative.ts"
import { argmaxPrimitive, argminPrimitive, maxPrimitive, minPrimitive } from "./reduction/extremum.ts"
import { directionPrimitive, normPrimitive } from "./reduction/norm.ts"
import { logSoftmaxPrimitive, logsumexpPrimitive, softmaxPrimitive } from "./reduction/softmax.ts"

/** Words under their own names. */
const byName = <const Words extends { readonly [Name in keyof Words]: Primitive<Name & string> }>(
  words: Words
): Words => Object.freeze(words)

/** Every primitive, by its name. */
export const primitives = byName({
  abs: absPrimitive,
  acos: acosPrimitive,
  acosh: acoshPrimitive,
  add: addPrimitive,
  argmax: argmaxPrimitive,
  argmin: argminPrimitive,
  argsort: argsortPrimitive,
  asin: asinPrimitive,
  asinh: asinhPrimitive,
  atan: atanPrimitive,
  atan2: atan2Primitive,
  atanh: atanhPrimitive,
  broadcast: broadcastPrimitive,
  cast: castPrimitive,
  cbrt: cbrtPrimitive,
  ceil: ceilPrimitive,
  checkpoint: checkpointPrimitive,
  cholesky: choleskyPrimitive,
  concat: concatPrimitive,
  cond: condPrimitive,
  cos: cosPrimitive,
  cosh: coshPrimitive,
  cumsum: cumsumPrimitive,
  customBackward: backwardPrimitive,
  customJvp: customJvpPrimitive,
  customPullback: pullbackPrimitive,
  customVjp: customVjpPrimitive,
  direction: directionPrimitive,
  directionCosine: directionCosinePrimitive,
  div: divPrimitive,
  dot: dotPrimitive,
  eigh: eighPrimitive,
  equal: equalPrimitive,
  erf: erfPrimitive,
  erfc: erfcPrimitive,
  erfcinv: erfcinvPrimitive,
  erfinv: erfinvPrimitive,
  exp: expPrimitive,
  expm1: expm1Primitive,
  fft: fftPrimitive,
  flip: flipPrimitive,
  floor: floorPrimitive,
  gammaSlope: gammaSlopePrimitive,
  gelu: geluPrimitive,
  i0: i0Primitive,
  heaviside: heavisidePrimitive,
  hypot: hypotPrimitive,
  index: indexPrimitive,
  inversion: inversionPrimitive,
  jit: jitPrimitive,
  less: lessPrimitive,
  lessEqual: lessEqualPrimitive,
  lgamma: lgammaPrimitive,
  linearSolve: linearSolvePrimitive,
  log: logPrimitive,
  log10: log10Primitive,
  log1p: log1pPrimitive,
  log2: log2Primitive,
  logaddexp: logaddexpPrimitive,
  logGammaVariate: logGammaVariatePrimitive,
  logSoftmax: logSoftmaxPrimitive,
  logicalNot: notPrimitive,
  logsumexp: logsumexpPrimitive,
  lorentzFactor: lorentzFactorPrimitive,
  lu: luPrimitive,
  max: maxPrimitive,
  maximum: maximumPrimitive,
  min: minPrimitive,
  minimum: minimumPrimitive,
  mul: mulPrimitive,
  neg: negPrimitive,
  norm: normPrimitive,
  overlapAdd: overlapAddPrimitive,
  pad: padPrimitive,
  poisson: poissonPrimitive,
  polygamma: polygammaPrimitive,
  pow: powPrimitive,
  powDerivative: powDerivativePrimitive,
  qr: qrPrimitive,
  random: randomPrimitive,
  relu: reluPrimitive,
  rem: remPrimitive,
  reshape: reshapePrimitive,
  round: roundPrimitive,
  scan: scanPrimitive,
  scatter: scatterPrimitive,
  sechSquared: sechSquaredPrimitive,
  sigmoid: sigmoidPrimitive,
  sign: signPrimitive,
  silu: siluPrimitive,
  sin: sinPrimitive,
  sincDerivative: sincPrimitive,
  sinh: sinhPrimitive,
  slice: slicePrimitive,
  softmax: softmaxPrimitive,
  solve: solvePrimitive,
  spectralDiagonal: spectralDiagonalPrimitive,
  spectralSum: spectralSumPrimitive,
  sqrt: sqrtPrimitive,
  stopGradient: stopGradientPrimitive,
  sub: subPrimitive,
  sum: sumPrimitive,
  svd: svdPrimitive,
  take: takePrimitive,
  tan: tanPrimitive,
  tanh: tanhPrimitive,
  threefry: threefryPrimitive,
  transpose: transposePrimitive,
  triangularSolve: triangularSolvePrimitive,
  trunc: truncPrimitive,
  where: wherePrimitive,
  while: whilePrimitive,
  windows: windowsPrimitive
})

/** The primitives, as a type. */
export type Primitives = typeof primitives

/** The names of all primitives. */
export type PrimitiveName = keyof Primitives

/** The parameters of the primitive `Name`. */
export type ParamsOfPrimitive<Name extends PrimitiveName> = ParamsOf<Primitives[Name]["params"]>

/** The names of the primitives that apply a function of numbers, element by element. */
export type ElementwiseName = {
  [Name in PrimitiveName]: Primitives[Name] extends Elementwise ? Name : never
}[PrimitiveName]

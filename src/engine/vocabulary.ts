/**
 * How the engine computes each primitive. A primitive without an entry does not compile.
 */
import type { Shape } from "../core/shape.ts"
import { range, sizeOf } from "../core/shape.ts"
import type { Equation } from "../core/trace.ts"
import type { PrimitiveName } from "../ops/vocabulary.ts"

/**
 * - `view`: moves elements, which strides express.
 * - `strip`: elementwise; shares a walk with others of its size.
 * - `reduction`: at the end of a strip.
 * - `inline`: replaced by the list that it holds.
 * - `written`: replaced by simpler primitives.
 * - `kernel`: code of its own.
 * - `host`: by the reference arithmetic, outside of the module. None of these is hot, or a call is long beside its entry.
 */
export type Way = "view" | "strip" | "reduction" | "inline" | "written" | "kernel" | "host"

/** The ways of all primitives, by name. */
export const ways = {
  abs: "strip",
  acos: "strip",
  acosh: "strip",
  add: "strip",
  argmax: "kernel",
  argmin: "kernel",
  argsort: "host",
  asin: "strip",
  asinh: "strip",
  atan: "strip",
  atan2: "strip",
  atanh: "strip",
  broadcast: "view",
  cast: "strip",
  cbrt: "strip",
  ceil: "strip",
  checkpoint: "kernel",
  cholesky: "kernel",
  concat: "kernel",
  cond: "kernel",
  cos: "strip",
  cosh: "strip",
  cumsum: "kernel",
  customBackward: "inline",
  customJvp: "inline",
  customPullback: "host",
  customVjp: "inline",
  direction: "written",
  directionCosine: "strip",
  div: "strip",
  dot: "kernel",
  eigh: "host",
  equal: "strip",
  erf: "strip",
  erfc: "strip",
  erfcinv: "strip",
  erfinv: "strip",
  exp: "strip",
  expm1: "strip",
  fft: "host",
  flip: "view",
  floor: "strip",
  gammaSlope: "host",
  gelu: "strip",
  i0: "strip",
  heaviside: "strip",
  hypot: "strip",
  index: "kernel",
  inversion: "strip",
  jit: "inline",
  less: "strip",
  lessEqual: "strip",
  lgamma: "strip",
  linearSolve: "inline",
  log: "strip",
  log10: "strip",
  log1p: "strip",
  log2: "strip",
  logGammaVariate: "host",
  logSoftmax: "written",
  logaddexp: "strip",
  logicalNot: "strip",
  logsumexp: "written",
  lorentzFactor: "strip",
  lu: "kernel",
  max: "reduction",
  maximum: "strip",
  min: "reduction",
  minimum: "strip",
  mul: "strip",
  neg: "strip",
  norm: "written",
  overlapAdd: "kernel",
  pad: "kernel",
  poisson: "host",
  polygamma: "strip",
  pow: "strip",
  powDerivative: "strip",
  qr: "host",
  random: "kernel",
  relu: "strip",
  rem: "strip",
  reshape: "view",
  round: "strip",
  scan: "kernel",
  scatter: "kernel",
  sechSquared: "strip",
  sigmoid: "strip",
  sign: "strip",
  silu: "strip",
  sin: "strip",
  sincDerivative: "strip",
  sinh: "strip",
  slice: "view",
  softmax: "written",
  solve: "kernel",
  spectralDiagonal: "host",
  spectralSum: "host",
  sqrt: "strip",
  stopGradient: "view",
  sub: "strip",
  sum: "reduction",
  svd: "host",
  take: "kernel",
  tan: "strip",
  tanh: "strip",
  threefry: "kernel",
  transpose: "view",
  triangularSolve: "kernel",
  trunc: "strip",
  where: "strip",
  while: "kernel",
  windows: "view"
} as const satisfies { readonly [P in PrimitiveName]: Way }

/** The names of those that are computed in a way. */
export type Named<W extends Way> = {
  [P in keyof typeof ways]: (typeof ways)[P] extends W ? P : never
}[keyof typeof ways]

/** How a primitive is computed; one that the engine has never heard of, by its own reference arithmetic. */
export const wayOf = (name: string): Way => name in ways ? ways[name as keyof typeof ways] : "host"

/** The axes of one factor by their part in a contraction. */
export interface Factor {
  readonly batch: ReadonlyArray<number>
  readonly contract: ReadonlyArray<number>
  readonly free: ReadonlyArray<number>
}

/** A contraction as `batch` products of matrices `rows`×`depth` and `depth`×`columns`. */
export interface Contraction {
  readonly lhs: Factor
  readonly rhs: Factor
  readonly batch: number
  readonly rows: number
  readonly depth: number
  readonly columns: number
}

/** The parts of a `dot`. */
export const contractionOf = ({ params }: Equation, a: Shape, b: Shape): Contraction => {
  // the primitive's parameters are lists of axes
  const axes = (name: string) => params[name] as ReadonlyArray<number>
  const factor = (shape: Shape, batch: ReadonlyArray<number>, contract: ReadonlyArray<number>): Factor => ({
    batch,
    contract,
    free: range(shape.length).filter((i) => !batch.includes(i) && !contract.includes(i))
  })
  const lhs = factor(a, axes("batchLhs"), axes("contractLhs"))
  const rhs = factor(b, axes("batchRhs"), axes("contractRhs"))
  const count = (shape: Shape, axes: ReadonlyArray<number>) => sizeOf(axes.map((i) => shape[i]!))
  return {
    lhs,
    rhs,
    batch: count(a, lhs.batch),
    rows: count(a, lhs.free),
    depth: count(a, lhs.contract),
    columns: count(b, rhs.free)
  }
}

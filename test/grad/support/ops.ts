/**
 * Every op of the public surface, as programs with arguments of fixed types: what `vmap` is compared with a map for.
 */
import type { Effect } from "effect"
import type { DType } from "wengert"
import * as w from "wengert"
import { untyped } from "./run.ts"

type Tensor = w.Tensor

/** What the elements of an argument are: any numbers, or only such that the op can take. */
export type Elements = "any" | "positive" | "unit" | { readonly below: number }

/** The type of an argument, and its elements. */
export interface Argument {
  readonly shape: ReadonlyArray<number>
  readonly dtype: DType
  readonly elements: Elements
}

/** A program, and what it takes. */
export interface Case {
  readonly args: ReadonlyArray<Argument>
  readonly f: (...args: ReadonlyArray<Tensor>) => Effect.Effect<unknown, unknown>
}

export const float = (
  shape: ReadonlyArray<number>,
  elements: Elements = "any",
  dtype: DType = "float64"
): Argument => ({
  shape,
  dtype,
  elements
})
export const positive = (...shape: ReadonlyArray<number>): Argument => float(shape, "positive")
export const int = (shape: ReadonlyArray<number>, below = 3): Argument => ({
  shape,
  dtype: "int32",
  elements: { below }
})
export const bool = (...shape: ReadonlyArray<number>): Argument => ({ shape, dtype: "bool", elements: { below: 2 } })

/** A program of one, two or three tensors. */
export const of = (
  args: ReadonlyArray<Argument>,
  f: (x: Tensor, y: Tensor, z: Tensor) => Effect.Effect<unknown, unknown>
): Case => ({ args, f: (...xs) => f(xs[0]!, xs[1]!, xs[2]!) })

const unary = (f: (x: Tensor) => Effect.Effect<unknown, unknown>, elements: Elements = "any"): ReadonlyArray<Case> => [
  of([float([2, 3], elements)], f),
  of([float([], elements, "float32")], f)
]
const binary = (f: (x: Tensor, y: Tensor) => Effect.Effect<unknown, unknown>): ReadonlyArray<Case> => [
  of([float([2, 3]), float([2, 3])], f),
  of([float([2, 3]), float([3])], f),
  of([float([]), float([2, 1])], f),
  of([positive(2), positive(2, 2)], (x, y) => f(y, x))
]
const ofBools = (f: (x: Tensor, y: Tensor) => Effect.Effect<unknown, unknown>): ReadonlyArray<Case> => [
  of([bool(2, 3), bool(3)], f)
]

interface Reducing {
  readonly axis?: number | ReadonlyArray<number>
  readonly keepDims?: boolean
}
type Reduce = (x: Tensor, options: Reducing) => Effect.Effect<unknown, unknown>

/** All axes, one, several, kept or not: more than one call of the op can be typed for. */
const reduction = (f: object, argument: (shape: ReadonlyArray<number>) => Argument = float): ReadonlyArray<Case> =>
  ([{}, { axis: 1 }, { axis: [0, -1] }, { axis: -1, keepDims: true }, { axis: [] }] as ReadonlyArray<Reducing>).map((
    options
  ) => of([argument([2, 3, 2])], (x) => untyped<Reduce>(f)(x, options)))
const alongOne = (
  f: (x: Tensor, options: { readonly axis?: number }) => Effect.Effect<unknown, unknown>
): ReadonlyArray<Case> => [
  of([float([2, 3])], (x) => f(x, {})),
  of([float([2, 3])], (x) => f(x, { axis: 0 })),
  of([float([2, 3])], (x) => f(x, { axis: -1 }))
]

/** Cases for every op that computes something of tensors, apart from control flow. */
export const ops: { readonly [name: string]: ReadonlyArray<Case> } = {
  // arithmetic
  add: [...binary(w.add), of([int([2]), int([])], w.add)],
  sub: binary(w.sub),
  mul: [...binary(w.mul), of([float([2]), float([2], "any", "float32")], w.mul)],
  div: binary(w.div),
  pow: binary(w.pow),
  rem: binary(w.rem),
  minimum: binary(w.minimum),
  maximum: binary(w.maximum),
  atan2: binary(w.atan2),
  hypot: binary(w.hypot),
  logaddexp: binary(w.logaddexp),
  neg: unary(w.neg),
  abs: unary(w.abs),
  sign: unary(w.sign),
  sqrt: unary(w.sqrt, "positive"),
  rsqrt: unary(w.rsqrt, "positive"),
  cbrt: unary(w.cbrt),
  square: unary(w.square),
  reciprocal: unary(w.reciprocal),
  exp: unary(w.exp),
  exp2: unary(w.exp2),
  expm1: unary(w.expm1),
  log: unary(w.log, "positive"),
  log2: unary(w.log2, "positive"),
  log10: unary(w.log10, "positive"),
  log1p: unary(w.log1p, "positive"),
  sin: unary(w.sin),
  cos: unary(w.cos),
  tan: unary(w.tan),
  asin: unary(w.asin, "unit"),
  acos: unary(w.acos, "unit"),
  atan: unary(w.atan),
  sinh: unary(w.sinh),
  cosh: unary(w.cosh),
  tanh: unary(w.tanh),
  asinh: unary(w.asinh),
  acosh: unary(w.acosh, "positive"),
  atanh: unary(w.atanh, "unit"),
  sigmoid: unary(w.sigmoid),
  softplus: unary(w.softplus),
  relu: unary(w.relu),
  gelu: unary(w.gelu),
  i0: unary(w.i0),
  silu: unary(w.silu),
  erf: unary(w.erf),
  erfc: unary(w.erfc),
  erfcinv: unary(w.erfcinv, "unit"),
  erfinv: unary(w.erfinv, "unit"),
  lgamma: unary(w.lgamma, "positive"),
  digamma: unary(w.digamma, "positive"),
  sinc: unary(w.sinc),
  floor: unary(w.floor),
  ceil: unary(w.ceil),
  round: unary(w.round),
  trunc: unary(w.trunc),
  stopGradient: unary(w.stopGradient),
  clip: [
    of([float([2, 3]), float([3]), float([])], (x, lo, hi) => w.clip(x, lo, hi)),
    of([float([3])], (x) => w.clip(x, -1, 1))
  ],

  // comparison, logic and selection
  equal: [...binary(w.equal), of([int([3]), int([3])], w.equal)],
  notEqual: binary(w.notEqual),
  less: binary(w.less),
  lessEqual: binary(w.lessEqual),
  greater: binary(w.greater),
  greaterEqual: binary(w.greaterEqual),
  logicalAnd: ofBools(w.logicalAnd),
  logicalOr: ofBools(w.logicalOr),
  logicalNot: [of([bool(2)], w.logicalNot)],
  isNaN: unary((x) => w.isNaN(w.log(x))),
  isFinite: unary((x) => w.isFinite(w.reciprocal(x))),
  where: [
    of([bool(2, 3), float([3]), float([2, 1])], w.where),
    of([bool(), float([2]), float([])], w.where),
    of([bool(2)], (m) => w.where(m, 1, 0))
  ],
  mask: [of([float([2, 3]), bool(3)], (x, m) => w.mask(x, m)), of([float([2]), bool(2), float([])], w.mask)],

  // reductions
  sum: reduction(w.sum),
  mean: reduction(w.mean),
  prod: reduction(w.prod),
  max: reduction(w.max),
  min: reduction(w.min),
  logsumexp: reduction(w.logsumexp),
  var: reduction(w.var),
  std: reduction(w.std),
  norm: reduction(w.norm),
  any: reduction(w.any, (shape) => bool(...shape)),
  all: reduction(w.all, (shape) => bool(...shape)),
  argmax: [...alongOne(w.argmax), of([float([2, 2])], (x) => w.argmax(x, { axis: 1, keepDims: true }))],
  argmin: alongOne(w.argmin),
  cumsum: alongOne(w.cumsum),
  cumprod: alongOne(w.cumprod),
  softmax: alongOne(w.softmax),
  logSoftmax: alongOne(w.logSoftmax),

  // movement
  reshape: [of([float([2, 3])], (x) => w.reshape(x, [3, -1])), of([float([1])], (x) => w.reshape(x, []))],
  transpose: [of([float([2, 3, 1])], (x) => w.transpose(x)), of([float([2, 3, 1])], (x) => w.transpose(x, [1, 2, 0]))],
  broadcastTo: [of([float([3, 1])], (x) => w.broadcastTo(x, [2, 3, 2])), of([float([])], (x) => w.broadcastTo(x, [2]))],
  squeeze: [of([float([1, 2, 1])], (x) => w.squeeze(x)), of([float([1, 2, 1])], (x) => w.squeeze(x, -1))],
  expandDims: [of([float([2])], (x) => w.expandDims(x, 0)), of([float([2])], (x) => w.expandDims(x, [0, -1]))],
  concat: [
    of([float([2, 3]), float([1, 3])], (x, y) => w.concat([x, y, x])),
    of([float([2, 3]), float([2, 1], "any", "float32")], (x, y) => w.concat([x, y], -1))
  ],
  stack: [
    of([float([2]), float([2])], (x, y) => w.stack([x, y])),
    of([float([]), float([])], (x, y) => w.stack([x, 1, y], -1))
  ],
  split: [of([float([4, 2])], (x) => w.split(x, 2)), of([float([2, 5])], (x) => w.split(x, [1, 3], -1))],
  slice: [
    of([float([4, 3])], (x) => w.slice(x, [1, 3], -1)),
    of([float([4, 3])], (x) => w.slice(x, [null, null, -2])),
    of([float([4, 3])], (x) => w.slice(x, null, [2, 0, -1]))
  ],
  flip: [of([float([2, 3])], (x) => w.flip(x)), of([float([2, 3])], (x) => w.flip(x, -1))],
  pad: [
    of([float([2, 1])], (x) => w.pad(x, [[1, 0], [0, 2]])),
    of([float([2])], (x) => w.pad(x, [[2, 1]], { value: 7 }))
  ],
  tile: [
    of([float([2, 1])], (x) => w.tile(x, [2, 3])),
    of([float([2])], (x) => w.tile(x, 2)),
    of([float([])], (x) => w.tile(x, [2, 2]))
  ],
  cast: (["float32", "float64", "int32", "bool"] as const).map((d) => of([int([2, 2], 2)], (x) => w.cast(x, d))),
  ensure: [of([float([2, 3])], (x) => w.ensure(x, [2, 3]))],

  // contraction
  matmul: [
    of([float([2, 3]), float([3, 2])], w.matmul),
    of([float([3]), float([3])], w.matmul),
    of([float([2, 1, 2, 3]), float([2, 3, 1])], w.matmul),
    of([float([3]), float([2, 3, 2])], w.matmul)
  ],
  dot: [
    of([float([2, 3]), float([2, 3, 2])], w.dot),
    of([float([]), float([2])], w.dot),
    of([int([3]), int([3])], w.dot)
  ],
  outer: [of([float([2]), float([3])], w.outer), of([float([2, 2]), float([])], w.outer)],
  einsum: [
    of([float([2, 3]), float([3, 2])], (x, y) => w.einsum("ij,jk->ik", x, y)),
    of([float([2, 2])], (x) => w.einsum("ii->i", x)),
    of([float([2, 2])], (x) => w.einsum("ij->", x)),
    of([float([2, 3]), float([3]), float([2])], (x, y, z) => w.einsum("ij,j,i->j", x, y, z)),
    of([float([2, 2, 3]), float([2, 3])], (x, y) => w.einsum("bij,bj->bi", x, y))
  ],
  tensordot: [
    of([float([2, 3, 2]), float([3, 2, 1])], (x, y) => w.tensordot(x, y)),
    of([float([2, 3]), float([2, 3])], (x, y) => w.tensordot(x, y, [[0, 1], [0, 1]]))
  ],

  // convolution
  conv: [
    of([float([1, 4, 3, 2]), float([2, 2, 2, 3])], (x, k) => w.conv(x, k, { padding: "same", stride: 2 })),
    of([float([1, 5, 4]), float([3, 2, 4])], (x, k) => w.conv(x, k, { groups: 2 })),
    of([float([1, 2, 5]), float([3, 2, 2])], (x, k) => w.conv(x, k, { dilation: 2, layout: "channelsFirst" }))
  ],
  convTranspose: [
    of([float([1, 2, 2, 3]), float([3, 2, 2, 3])], (x, k) => w.convTranspose(x, k, { stride: 2 })),
    of([float([1, 3, 4]), float([2, 1, 4])], (x, k) => w.convTranspose(x, k, { groups: 4, padding: "same" }))
  ],
  maxPool: [of([float([1, 4, 5, 2])], (x) => w.maxPool(x, 2, { padding: "same", stride: [1, 2] }))],
  avgPool: [of([float([1, 5, 2])], (x) => w.avgPool(x, 2, { countPadding: false, padding: [[1, 1]] }))],
  resize: [
    of([float([2, 3])], (x) => w.resize(x, [3, 2])),
    of([float([4])], (x) => w.resize(x, [6], { method: "nearest" }))
  ],

  // Fourier transforms
  fft: [
    of([float([2, 3]), float([2, 3])], (re, im) => w.fft({ re, im }, { axis: 0 }) as any),
    of([float([5])], (x) => w.fft(x, { n: 4, norm: "ortho" }) as any)
  ],
  ifft: [of([float([2, 3]), float([2, 3])], (re, im) => w.ifft({ re, im }, { axis: [0, 1] }) as any)],
  rfft: [of([float([2, 5])], (x) => w.rfft(x) as any)],
  irfft: [of([float([3]), float([3])], (re, im) => w.irfft({ re, im }, { n: 5 }) as any)],

  // indexing
  gather: [
    of([float([3, 2]), int([2, 1])], (x, i) => w.gather(x, i)),
    of([float([3, 3, 2]), int([2, 2])], (x, i) => w.gather(x, i)),
    of([float([3]), int([1])], (x, i) => w.gather(x, i))
  ],
  take: [
    of([float([3, 2]), int([2, 2])], (x, i) => w.take(x, i, { axis: 0 })),
    of([float([2, 3]), int([])], (x, i) => w.take(x, i, { axis: -1 })),
    of([float([2, 3]), int([4])], (x, i) => w.take(x, i))
  ],
  takeAlongAxis: [
    of([float([3, 2]), int([2, 2])], (x, i) => w.takeAlongAxis(x, i, 0)),
    of([float([2, 3]), int([1, 3])], (x, i) => w.takeAlongAxis(x, i, -1))
  ],
  scatterAdd: [
    of([float([3, 2]), int([4, 1]), float([4, 2])], w.scatterAdd),
    of([float([3, 3]), int([2, 2]), float([])], w.scatterAdd)
  ],
  oneHot: [of([int([2])], (i) => w.oneHot(i, 3)), of([int([])], (i) => w.oneHot(i, 2, { dtype: "bool" }))],
  sort: [...alongOne(w.sort), of([float([4])], (x) => w.sort(x, { descending: true }))],
  argsort: [...alongOne(w.argsort), of([float([4])], (x) => w.argsort(x, { descending: true }))],
  topK: [of([float([2, 4])], (x) => w.topK(x, 2))],
  diagonal: [
    of([float([3, 3])], (x) => w.diagonal(x)),
    of([float([2, 3, 2])], (x) => w.diagonal(x, { offset: 1, axis1: -1, axis2: 0 }))
  ],
  tril: [of([float([3, 2])], (x) => w.tril(x)), of([float([2, 2, 2])], (x) => w.tril(x, -1))],
  triu: [of([float([2, 3])], (x) => w.triu(x, 1))],
  matrixTrace: [of([float([2, 3, 3])], (x) => w.matrixTrace(x))],
  kron: [of([float([2, 2]), float([1, 3])], (x, y) => w.kron(x, y))],
  meshgrid: [of([float([2]), float([3])], (x, y) => w.meshgrid([x, y]))],
  repeat: [of([float([2, 3])], (x) => w.repeat(x, 2)), of([float([2, 3])], (x) => w.repeat(x, 3, { axis: 1 }))],
  roll: [of([float([2, 3])], (x) => w.roll(x, 4)), of([float([2, 3])], (x) => w.roll(x, -1, { axis: 1 }))],
  unstack: [of([float([2, 3])], (x) => w.unstack(x)), of([float([2, 3])], (x) => w.unstack(x, -1))],

  cummax: alongOne(w.cummax),
  cummin: alongOne(w.cummin),
  logcumsumexp: alongOne(w.logcumsumexp),
  median: [of([float([2, 3])], (x) => w.median(x)), of([float([2, 3])], (x) => w.median(x, { axis: 0 }))],
  quantile: [of([float([4, 3])], (x) => w.quantile(x, [0.3, 0.9], { axis: 0 }))],
  nanMean: [of([float([2, 3])], (x) => w.nanMean(x, { axis: 1 }))],
  nanVar: [of([float([2, 3])], (x) => w.nanVar(x, { axis: 1 }))],

  floorDivide: binary(w.floorDivide),
  mod: binary(w.mod),
  ldexp: [of([float([2]), int([2], 4)], w.ldexp)],
  isInf: unary(w.isInf),
  nanToNum: unary((x) => w.nanToNum(x, { nan: 1 })),

  scatter: [of([float([3, 2]), int([4, 1]), float([4, 2])], (x, i, y) => w.scatter(x, i, y, { outside: "drop" }))],
  scatterMul: [of([float([3]), int([4, 1]), float([4])], (x, i, y) => w.scatterMul(x, i, y))],
  scatterMax: [of([float([3]), int([4, 1]), float([4])], (x, i, y) => w.scatterMax(x, i, y))],
  scatterMin: [of([float([3]), int([4, 1]), float([4])], (x, i, y) => w.scatterMin(x, i, y, { outside: "clip" }))],
  segmentSum: [of([float([4, 2]), int([4])], (x, i) => w.segmentSum(x, i, 3))],
  segmentProd: [of([float([4]), int([4])], (x, i) => w.segmentProd(x, i, 3))]
}

/**
 * One good call of every function that the package exports, for tests that spoil it.
 */
import { Effect } from "effect"
import * as W from "wengert"
import { Tensor, Trace } from "wengert"

const x = Tensor.make([[1, 2], [3, 4]])
const definite = Tensor.make([[4, 1], [1, 3]])
const v = Tensor.make([0.5, 0.25])
const s = Tensor.make(0.5)
const s32 = Tensor.make(0.5, { dtype: "float32" })
const key = W.Random.key(1)
const image = Tensor.ones([1, 3, 3, 2])
const kernel = Tensor.ones([2, 2, 2, 2])
const b = Tensor.make([true, false])
const i = Tensor.make([0, 1], { dtype: "int32" })
const at = Tensor.make([[0], [1]], { dtype: "int32" })
const square = (y: Tensor) => W.sum(W.mul(y, y))
const curve = (y: Tensor) => W.mul(y, y)
const list = Effect.runSync(W.trace(square)(v))
const report = Effect.runSync(W.explain(square)(v))
const document = Effect.runSync(Trace.encode(list))

const solve = (_: unknown, start: Tensor) => Effect.succeed(start)

/** Arguments of a call; where the function gives a function, arguments of that one too. */
export interface Call {
  readonly args: ReadonlyArray<unknown>
  readonly next?: ReadonlyArray<unknown>
}

const call = (...args: ReadonlyArray<unknown>): Call => ({ args })
const apply = (args: ReadonlyArray<unknown>, next: ReadonlyArray<unknown>): Call => ({ args, next })

const ops: { readonly [Name in keyof typeof W]?: Call } = {
  all: call(b, { axis: 0, keepDims: true }),
  any: call(b, { axis: 0, keepDims: true }),
  argmax: call(x, { axis: 0, keepDims: true }),
  argmin: call(x, { axis: 0, keepDims: true }),
  argsort: call(x, { axis: 0, descending: true }),
  associativeScan: call(W.add, v, { axis: 0, reverse: false }),
  atan2: call(x, v),
  broadcastTo: call(v, [2, 2]),
  cast: call(x, "int32"),
  compile: apply([curve], [v]),
  checkpoint: apply([curve, { policy: "dots" }], [v]),
  clip: call(x, 0, v),
  concat: call([x, x], 1),
  avgPool: call(image, 2, { countPadding: false, layout: "channelsLast", padding: "same", stride: 1 }),
  conv: call(image, kernel, {
    dilation: 1,
    groups: 1,
    inputDilation: 1,
    layout: "channelsLast",
    padding: [[0, 1], [1, 0]],
    stride: [1, 2]
  }),
  convTranspose: call(image, kernel, {
    dilation: 1,
    groups: 1,
    layout: "channelsLast",
    padding: "same",
    size: [6, 6],
    stride: 2
  }),
  maxPool: call(image, [2, 2], { layout: "channelsLast", padding: "valid", stride: 1 }),
  cond: call(W.less(s, 1), () => s, () => 0),
  cumprod: call(x, { axis: 0 }),
  cumsum: call(x, { axis: 0 }),
  customJvp: apply([curve, (_: unknown, [d]: ReadonlyArray<Tensor>) => [curve(v), d]], [v]),
  customVjp: apply([curve, (y: Tensor) => [curve(y), y], (y: Tensor, ct: Tensor) => [W.mul(y, ct)]], [v]),
  derivative: apply([(y: Tensor) => W.mul(y, y), 2], [s]),
  diagonal: call(x, { offset: 0, axis1: 0, axis2: 1 }),
  dot: call(x, x),
  einsum: call("ij,jk->ik", x, x),
  ensure: call(v, [-1]),
  expandDims: call(v, 0),
  fft: call({ im: v, re: v }, { axis: 0, n: 3, norm: "ortho" }),
  fixedPoint: apply([(y: Tensor, z: Tensor) => W.add(W.mul(y, 0.5), z), solve], [v, v]),
  flip: call(x, 0),
  forLoop: call(0, 2, (_: unknown, y: Tensor) => W.mul(y, 2), v),
  gather: call(x, at, { outside: "fill", fill: 1 }),
  explain: apply([square, { argnums: 0 }], [v]),
  requireConnected: apply([square, { argnums: 0 }], [v]),
  grad: apply([square, { argnums: 0, unconnected: "zero" }], [v]),
  gradWithAux: apply([(y: Tensor) => ({ value: square(y), aux: y }), { argnums: 0, unconnected: "zero" }], [v]),
  hessian: apply([square, { argnums: 0, sparse: false }], [v]),
  hvp: apply([square], [[v], [v]]),
  ifft: call({ im: x, re: x }, { axis: [0, 1], n: [3, 3], norm: "ortho" }),
  irfft: call({ im: x, re: x }, { axis: 0, n: 3, norm: "ortho" }),
  implicitRoot: apply([(y: Tensor, z: Tensor) => W.sub(y, z), solve], [v, v]),
  jacfwd: apply([curve, { argnums: 0 }], [v]),
  jacobian: apply([curve, { argnums: 0, sparse: false }], [v]),
  jacrev: apply([curve, { argnums: 0 }], [v]),
  jet: apply([curve], [[v, v]]),
  jit: apply([curve], [v]),
  jvp: call(curve, [v], [v]),
  laplacian: apply([square], [v]),
  linearTranspose: apply([(y: Tensor) => W.mul(y, 2), v], [v]),
  linearize: call(curve, v),
  logSoftmax: call(x, { axis: 0, where: b }),
  logsumexp: call(x, { axis: 0, keepDims: true, where: b, b: v }),
  map: call(square, x),
  mask: call(v, b, 0),
  matmul: call(x, x),
  max: call(x, { axis: 0, keepDims: true }),
  mean: call(x, { axis: 0, keepDims: true }),
  min: call(x, { axis: 0, keepDims: true }),
  norm: call(x, { axis: 0, keepDims: true }),
  oneHot: call(i, 3, { dtype: "float32" }),
  outer: call(v, v),
  pad: call(v, [[1, 0]], { value: 2 }),
  prod: call(x, { axis: 0, keepDims: true }),
  reshape: call(x, [4, -1]),
  residuals: apply([curve], [v]),
  rfft: call(x, { axis: 0, n: 3, norm: "ortho" }),
  resize: call(x, [3, 4], { antialias: false, method: "linear" }),
  scan: call((c: Tensor, y: Tensor) => [W.add(c, y), c], s, v, { length: 2, reverse: true, checkpoint: true }),
  scatterAdd: call(x, at, 1, { outside: "drop" }),
  slice: call(x, 0, [0, null, 1]),
  sparsity: apply([curve, { argnums: 0 }], [v]),
  softmax: call(x, { axis: 0, where: b }),
  sort: call(x, { axis: 0, descending: true }),
  split: call(x, 2, 0),
  squeeze: call(Tensor.ones([1, 2]), 0),
  stack: call([v, v], 0),
  std: call(x, { axis: 0, keepDims: true, ddof: 1 }),
  sum: call(x, { axis: 0, keepDims: true }),
  taylor: apply([curve, 2], [v, v]),
  switchCase: call(1, [() => s, () => s]),
  cummax: call(x, { axis: 0 }),
  cummin: call(x, { axis: 0 }),
  kron: call(x, v),
  ldexp: call(v, i),
  logcumsumexp: call(x, { axis: 0 }),
  matrixTrace: call(x, { offset: 0, axis1: 0, axis2: 1 }),
  median: call(x, { axis: 0, keepDims: true }),
  meshgrid: call([v, v], { indexing: "ij" }),
  nanMean: call(x, { axis: 0, keepDims: true }),
  nanToNum: call(x, { nan: 1, posInf: 2, negInf: 3 }),
  nanVar: call(x, { axis: 0, keepDims: true }),
  quantile: call(x, [0.5, 0.25], { axis: 0, keepDims: true }),
  repeat: call(x, 2, { axis: 0 }),
  roll: call(x, [1], { axis: [0] }),
  scatter: call(x, at, 1, { outside: "drop" }),
  scatterMax: call(x, at, 1, { outside: "clip" }),
  scatterMin: call(x, at, 1, { outside: "error" }),
  scatterMul: call(x, at, 1, { outside: "drop" }),
  segmentProd: call(x, i, 2, { outside: "drop" }),
  segmentSum: call(x, i, 2, { outside: "clip" }),
  take: call(x, i, { axis: 0 }),
  takeAlongAxis: call(x, at, 0),
  tensordot: call(x, x, 1),
  tile: call(v, [2]),
  topK: call(v, 1),
  trace: apply([square], [v]),
  transpose: call(x, [1, 0]),
  tril: call(x, 0),
  triu: call(x, 0),
  valueAndGrad: apply([square, { argnums: 0, unconnected: "zero" }], [v]),
  var: call(x, { axis: 0, keepDims: true, ddof: 1 }),
  vjp: call(square, v),
  vmap: apply([square, { inAxes: 0, outAxes: 0 }], [x]),
  unstack: call(x, 0),
  where: call(b, v, 0),
  whileLoop: call((y: Tensor) => W.less(y, 3), (y: Tensor) => W.add(y, 1), s, { maxSteps: 8 })
}

const binary = [
  "add",
  "div",
  "equal",
  "floorDivide",
  "greater",
  "greaterEqual",
  "hypot",
  "less",
  "lessEqual",
  "logaddexp",
  "maximum",
  "minimum",
  "mod",
  "mul",
  "notEqual",
  "pow",
  "rem",
  "sub"
] as const
const logical = ["logicalAnd", "logicalOr"] as const
const unary = [
  "abs",
  "acos",
  "acosh",
  "asin",
  "asinh",
  "atan",
  "atanh",
  "cbrt",
  "ceil",
  "cos",
  "cosh",
  "digamma",
  "erf",
  "erfc",
  "erfcinv",
  "erfinv",
  "exp",
  "exp2",
  "expm1",
  "floor",
  "gelu",
  "i0",
  "isFinite",
  "isInf",
  "isNaN",
  "lgamma",
  "log",
  "log10",
  "log1p",
  "log2",
  "neg",
  "reciprocal",
  "relu",
  "round",
  "rsqrt",
  "sigmoid",
  "sign",
  "silu",
  "sin",
  "sinc",
  "sinh",
  "softplus",
  "sqrt",
  "square",
  "stopGradient",
  "tan",
  "tanh",
  "trunc"
] as const

const diagonal = Effect.runSync(W.jacobian(curve, { sparse: true })(v))

const members: { readonly [name: string]: Call } = {
  "Tensor.make": call([1, 2], { shape: [2], dtype: "float32" }),
  "Tensor.fromUnknown": call([1, 2], { shape: [2], dtype: "float32" }),
  "Tensor.zeros": call([2], "int32"),
  "Tensor.ones": call([2], { dtype: "int32" }),
  "Tensor.full": call([2], 1, "int32"),
  "Tensor.eye": call(2, 3, "int32"),
  "Tensor.arange": call(0, 4, 1, "int32"),
  "Tensor.linspace": call(0, 1, 3, { endpoint: true, dtype: "float32" }),
  "Tensor.spec": call([2], "int32"),
  "Tensor.item": call(s),
  "Tensor.toArray": call(v),
  "Tensor.data": call(v),
  "Trace.print": call(list),
  "Trace.toMermaid": call(list),
  "Trace.toDot": call(list),
  "Trace.evaluate": call(list, [v]),
  "Trace.encode": call(list),
  "Trace.decode": call(document),
  "Trace.equals": call(list, list),
  "Trace.hash": call(list),
  "GradientReport.decode": call(W.GradientReport.encode(report)),
  "GradientReport.encode": call(report),
  "GradientReport.render": call(report, { color: true, source: () => undefined }),
  "Linalg.cg": call((y: Tensor) => W.mul(y, 2), v, { start: v, rtol: 1e-8, maxSteps: 9 }),
  "Linalg.cholesky": call(definite),
  "Linalg.cross": call(Tensor.ones([3, 1]), Tensor.ones([3, 2]), { axis: 0 }),
  "Linalg.det": call(definite),
  "Linalg.eigh": call(definite),
  "Linalg.eigvalsh": call(definite),
  "Linalg.expm": call(x),
  "Linalg.gmres": call((y: Tensor) => W.mul(y, 2), v, { start: v, rtol: 1e-8, maxSteps: 9, restart: 2 }),
  "Linalg.inverse": call(x),
  "Linalg.lstsq": call(x, v, { rtol: 1e-9 }),
  "Linalg.lu": call(x),
  "Linalg.matrixNorm": call(x, { ord: "nuc" }),
  "Linalg.matrixPower": call(x, 3),
  "Linalg.matrixRank": call(x, { rtol: 1e-9 }),
  "Linalg.pinv": call(x, { rtol: 1e-9 }),
  "Linalg.qr": call(x),
  "Linalg.slogdet": call(x),
  "Linalg.solve": call(x, v),
  "Linalg.svd": call(x),
  "Linalg.triangularSolve": call(x, v, { lower: true, transposed: true, unitDiagonal: true }),
  "Linalg.vecdot": call(x, v, { axis: -1 }),
  "Random.bernoulli": call(key, v, [3, 2]),
  "Random.beta": call(key, v, 2, [3, 2]),
  "Random.bits": call(key, [2]),
  "Random.categorical": call(key, x, { axis: 0, shape: [3, 2] }),
  "Random.choice": call(key, x, [2], { axis: 1, p: v, replace: false }),
  "Random.dirichlet": call(key, v, [3]),
  "Random.exponential": call(key, [2], { dtype: "float32" }),
  "Random.foldIn": call(key, 3),
  "Random.gamma": call(key, v, [3, 2]),
  "Random.gumbel": call(key, [2], { dtype: "float32" }),
  "Random.key": call(7),
  "Random.keys": call(key, 2),
  "Random.laplace": call(key, [2], { dtype: "float32" }),
  "Random.multivariateNormal": call(key, v, definite, [3]),
  "Random.normal": call(key, [2], { dtype: "float32" }),
  "Random.permutation": call(key, x, { axis: 1 }),
  "Random.poisson": call(key, v, [3, 2]),
  "Random.randint": call(key, [2], 0, 9),
  "Random.split": call(key, 2),
  "Random.truncatedNormal": call(key, -1, v, [3, 2]),
  "Random.uniform": call(key, [2], { dtype: "float32", max: 2, min: s32 }),
  "Random.withKey": call(W.Random.next, key),
  "Sparse.matvec": call(diagonal, v),
  "Sparse.print": call(diagonal),
  "Sparse.toDense": call(diagonal),
  "Sparse.toSvg": call(diagonal),
  "Tree.leaves": call({ v, s }),
  "Tree.map": call({ v, s }, (y: Tensor) => W.mul(y, 2)),
  "Tree.paths": call({ v, s }),
  "Tree.reduce": call({ v, s }, 0, (total: Tensor, y: Tensor) => W.add(total, W.sum(y))),
  "Tree.zipWith": call({ v, s }, { v, s }, (y: Tensor, z: Tensor) => W.mul(y, z))
}

const fill = (names: ReadonlyArray<string>, args: ReadonlyArray<unknown>) =>
  Object.fromEntries(names.map((name) => [name, call(...args)]))

/** By name: `sin`, `Tensor.make`. */
export const calls: { readonly [name: string]: Call } = {
  ...fill(unary, [v]),
  ...fill(binary, [x, v]),
  ...fill(logical, [b, b]),
  logicalNot: call(b),
  ...ops as { readonly [name: string]: Call },
  ...members
}

/** Everything that is exported and can be called, apart from errors and services. */
export const functions: ReadonlyMap<string, (...args: ReadonlyArray<unknown>) => unknown> = new Map(
  [
    ...Object.entries(W),
    ...Object.entries(Tensor).map(([name, value]) => [`Tensor.${name}`, value] as const),
    ...Object.entries(Trace).map(([name, value]) => [`Trace.${name}`, value] as const),
    ...Object.entries(W.GradientReport).map(([name, value]) => [`GradientReport.${name}`, value] as const),
    ...Object.entries(W.Linalg).map(([name, value]) => [`Linalg.${name}`, value] as const),
    ...Object.entries(W.Random).map(([name, value]) => [`Random.${name}`, value] as const),
    ...Object.entries(W.Sparse).map(([name, value]) => [`Sparse.${name}`, value] as const),
    ...Object.entries(W.Tree).map(([name, value]) => [`Tree.${name}`, value] as const)
  ].flatMap(([name, value]) =>
    typeof value === "function" && !name.endsWith("Error") && name !== "CaptureSites" ? [[name, value as never]] : []
  )
)

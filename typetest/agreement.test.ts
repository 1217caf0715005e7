/**
 * Promises of the compiler, kept at run time: every case asserts the static shape and dtype of a program, runs it, and
 * compares. This is where the signatures, which implementations cannot be checked against, meet them.
 */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { DType, OpError, Shape } from "../src/index.ts"
import {
  add,
  all,
  any,
  argmax,
  argsort,
  avgPool,
  broadcastTo,
  cast,
  clip,
  concat,
  cond,
  conv,
  convTranspose,
  cumsum,
  diagonal,
  div,
  dot,
  einsum,
  ensure,
  equal,
  expandDims,
  flip,
  gather,
  grad,
  greater,
  hessian,
  isNaN,
  jacfwd,
  jacrev,
  jit,
  Linalg,
  logicalAnd,
  logicalNot,
  mask,
  matmul,
  max,
  maxPool,
  mean,
  mul,
  neg,
  oneHot,
  outer,
  pad,
  Random,
  reshape,
  resize,
  scatterAdd,
  sin,
  slice,
  softmax,
  sort,
  squeeze,
  stack,
  stopGradient,
  sub,
  sum,
  switchCase,
  take,
  takeAlongAxis,
  Tensor,
  tensordot,
  tile,
  transpose,
  tril,
  vmap,
  where
} from "../src/index.ts"
import type { DTypeOf, ShapeOf } from "../src/types/signatures.ts"
import type { Equal } from "./assert.ts"
import { bool23, bool3, int, int23, int3, scalar, single3, x123, x23, x234, x3, x34, x4, x45, zeros } from "./values.ts"

/** A case: the shape and dtype are exactly what the compiler says about the program, or they do not compile. */
const promises = <P extends Effect.Effect<Tensor, OpError>, const S extends Shape, const D extends DType>(
  name: string,
  program: P,
  shape: Equal<ShapeOf<P>, { -readonly [K in keyof S]: S[K] }> extends true ? S : ShapeOf<P>,
  dtype: Equal<DTypeOf<P>, D> extends true ? D : DTypeOf<P>
): void =>
  it(name, () => {
    const result = Effect.runSync(program)
    expect([result.shape, result.dtype]).toEqual([shape, dtype])
  })

const pick = zeros([2, 1], "int32")

describe("elementwise", () => {
  promises("one operand", sin(x3), [3], "float64")
  promises("a number alone", sin(1), [], "float64")
  promises("float32", sin(single3), [3], "float32")
  promises("int32", neg(int3), [3], "int32")
  promises("the same shape", add(x3, x3), [3], "float64")
  promises("a number in front", sub(1, x23), [2, 3], "float64")
  promises("a number behind adapts", mul(single3, 2), [3], "float32")
  promises("two numbers", add(1, 2), [], "float64")
  promises("a scalar in front", add(scalar, x23), [2, 3], "float64")
  promises("a lower rank", add(x23, x3), [2, 3], "float64")
  promises("ones on both sides", add(zeros([2, 1, 3]), zeros([4, 1])), [2, 4, 3], "float64")
  promises("size zero", add(zeros([0, 3]), zeros([1, 3])), [0, 3], "float64")
  promises("float32 with float64", add(single3, x3), [3], "float64")
  promises("int32 with int32", add(int3, int3), [3], "int32")
  promises("int32 with a number", add(int3, 1), [3], "int32")
  promises("a quotient", div(single3, 2), [3], "float32")
  promises("nested", add(mul(x3, 2), sin(x3)), [3], "float64")
  promises("a comparison", greater(x23, 0), [2, 3], "bool")
  promises("equal bools", equal(bool3, bool3), [3], "bool")
  promises("logic", logicalAnd(bool23, bool3), [2, 3], "bool")
  promises("not", logicalNot(bool3), [3], "bool")
  promises("isNaN", isNaN(x3), [3], "bool")
  promises("clip", clip(x23, 0, x3), [2, 3], "float64")
  promises("cast", cast(x23, "int32"), [2, 3], "int32")
  promises("stopGradient", stopGradient(x3), [3], "float64")
  promises("where", where(bool23, x3, 0), [2, 3], "float64")
  promises("where with one float32", where(bool3, single3, 0), [3], "float32")
  promises("mask", mask(x23, bool3), [2, 3], "float64")
})

const square = Tensor.make([[4, 1, 0], [1, 3, 1], [0, 1, 2]])
const squares = Tensor.make([[[4, 1], [1, 3]], [[2, 0], [0, 2]], [[1, 0], [0, 1]]])

describe("linear algebra", () => {
  promises("a matrix of the same size", Linalg.cholesky(square), [3, 3], "float64")
  promises("matrices of the same size", Linalg.expm(squares), [3, 2, 2], "float64")
  promises("a number for each matrix", Linalg.det(squares), [3], "float64")
  promises("a spectrum for each matrix", Linalg.eigvalsh(squares), [3, 2], "float64")
  promises("eigenvectors", Effect.map(Linalg.eigh(square), (r) => r.eigenvectors), [3, 3], "float64")
  promises("a permutation", Effect.map(Linalg.lu(square), (r) => r.permutation), [3], "int32")
  promises("a solution for a vector", Linalg.solve(square, x3), [3], "float64")
  promises("a solution for a matrix", Linalg.triangularSolve(square, zeros([3, 4])), [3, 4], "float64")
  promises("a pseudo-inverse", Linalg.pinv(x23), [3, 2], "float64")
  promises("a norm", Linalg.matrixNorm(x234), [2], "float64")
  promises("a rank", Linalg.matrixRank(x23), [], "int32")
})

describe("random numbers", () => {
  const key = Random.key(0)
  promises("uniform", Random.uniform(key, [2, 3]), [2, 3], "float64")
  promises("normal, float32", Random.normal(key, [3], { dtype: "float32" }), [3], "float32")
  promises("a lone number", Random.exponential(key), [], "float64")
  promises("gamma", Random.gamma(key, x23), [2, 3], "float64")
  promises("gamma of a shape", Random.gamma(key, single3, [2, 3]), [2, 3], "float32")
  promises("bernoulli", Random.bernoulli(key, 0.5, [3]), [3], "bool")
  promises("poisson", Random.poisson(key, x3), [3], "int32")
  promises("bits", Random.bits(key, [3]), [3], "int32")
  promises("a permutation", Random.permutation(key, 3), [3], "int32")
  promises("a permutation of rows", Random.permutation(key, x23), [2, 3], "float64")
  promises("keys", Effect.map(Random.keys(key, 3), ({ threefry }) => threefry), [3, 2], "int32")
  promises("a key", Effect.map(Random.split(key), ([one]) => one.threefry), [2], "int32")
})

describe("convolution", () => {
  const images = zeros([2, 9, 8, 3])
  const kernels = zeros([3, 2, 3, 4])
  promises("within images", conv(images, kernels), [2, 7, 7, 4], "float64")
  promises("with the same places", conv(images, kernels, { padding: "same" }), [2, 9, 8, 4], "float64")
  promises("with strides", conv(images, kernels, { stride: 2 }), [2, 4, 4, 4], "float64")
  promises(
    "channels first",
    conv(zeros([2, 3, 9]), zeros([4, 3, 2]), { layout: "channelsFirst" }),
    [2, 4, 8],
    "float64"
  )
  promises("its transpose", convTranspose(zeros([2, 7, 7, 4]), kernels), [2, 9, 8, 3], "float64")
  promises("pooled", maxPool(images, 2), [2, 4, 4, 3], "float64")
  promises("pooled, in windows of two sizes", avgPool(images, [3, 2]), [2, 3, 4, 3], "float64")
  promises("pooled with strides", maxPool(images, 2, { stride: 1 }), [2, 8, 7, 3], "float64")
  promises("resized", resize(x23, [4, 6]), [4, 6], "float64")
})

describe("reductions", () => {
  promises("all axes", sum(x234), [], "float64")
  promises("one axis", sum(x234, { axis: 1 }), [2, 4], "float64")
  promises("a negative axis", sum(x234, { axis: -1 }), [2, 3], "float64")
  promises("several axes", sum(x234, { axis: [0, -1] }), [3], "float64")
  promises("kept", sum(x234, { axis: 1, keepDims: true }), [2, 1, 4], "float64")
  promises("all kept", sum(x23, { keepDims: true }), [1, 1], "float64")
  promises("int32", max(int23, { axis: 0 }), [3], "int32")
  promises("mean of float32", mean(single3), [], "float32")
  promises("any", any(bool23, { axis: 0 }), [3], "bool")
  promises("all", all(bool23), [], "bool")
  promises("argmax", argmax(x23, { axis: 0 }), [3], "int32")
  promises("argmax, flat and kept", argmax(x23, { axis: 1, keepDims: true }), [2, 1], "int32")
  promises("softmax", softmax(x23), [2, 3], "float64")
  promises("cumsum along an axis", cumsum(x23, { axis: 1 }), [2, 3], "float64")
  promises("cumsum, flat", cumsum(x23), [6], "float64")
  promises("sort", sort(x23, { axis: 0, descending: true }), [2, 3], "float64")
  promises("argsort", argsort(x23), [2, 3], "int32")
})

describe("movement", () => {
  promises("reshape", reshape(x234, [6, 4]), [6, 4], "float64")
  promises("reshape with -1", reshape(x234, [-1, 4]), [6, 4], "float64")
  promises("reshape to a vector", reshape(x234, [-1]), [24], "float64")
  promises("reshape of size zero", reshape(zeros([0, 3]), [-1, 3]), [0, 3], "float64")
  promises("transpose", transpose(x23), [3, 2], "float64")
  promises("transpose by axes", transpose(x234, [2, 0, -2]), [4, 2, 3], "float64")
  promises("broadcastTo", broadcastTo(x3, [2, 3]), [2, 3], "float64")
  promises("squeeze", squeeze(zeros([1, 2, 1])), [2], "float64")
  promises("squeeze an axis", squeeze(x123, 0), [2, 3], "float64")
  promises("expandDims", expandDims(x23, 1), [2, 1, 3], "float64")
  promises("expandDims at the end", expandDims(x23, -1), [2, 3, 1], "float64")
  promises("expandDims at several places", expandDims(x23, [0, -1]), [1, 2, 3, 1], "float64")
  promises("flip", flip(x23, 0), [2, 3], "float64")
  promises("pad", pad(x23, [[1, 0], [2, 3]]), [3, 8], "float64")
  promises("tile", tile(x23, [2, 1, 2]), [2, 2, 6], "float64")
  promises("tile by a number", tile(x23, 3), [2, 9], "float64")
  promises("concat", concat([x23, zeros([3, 3]), sin(zeros([1, 3]))]), [6, 3], "float64")
  promises("concat at the end", concat([x23, zeros([2, 1], "float32")], -1), [2, 4], "float64")
  promises("stack", stack([x23, x23]), [2, 2, 3], "float64")
  promises("stack at the end", stack([x3, x3, sin(x3)], -1), [3, 3], "float64")
  promises("diagonal", diagonal(x34), [3], "float64")
  promises("diagonal above", diagonal(x34, { offset: 2 }), [2], "float64")
  promises("diagonal below, of other axes", diagonal(x234, { offset: -1, axis1: 1, axis2: 2 }), [2, 2], "float64")
  promises("tril", tril(x34), [3, 4], "float64")
  promises("ensure", ensure(x23, [2, 3]), [2, 3], "float64")
})

describe("slices", () => {
  promises("a range", slice(x45, [1, 3]), [2, 5], "float64")
  promises("an index", slice(x45, 2), [5], "float64")
  promises("a negative index", slice(x45, null, -1), [4], "float64")
  promises("open ends", slice(x45, [1, null], [null, -1]), [3, 4], "float64")
  promises("a step", slice(x45, null, [0, 5, 2]), [4, 3], "float64")
  promises("downwards", slice(x45, [null, null, -1], [null, 0, -2]), [4, 2], "float64")
  promises("downwards between bounds", slice(x45, null, [-2, 0, -1]), [4, 3], "float64")
  promises("clipped", slice(x45, [2, 99], [-99, 2]), [2, 2], "float64")
  promises("empty", slice(x45, [3, 1]), [0, 5], "float64")
})

describe("indexing", () => {
  promises("gather", gather(x23, pick), [2, 3], "float64")
  promises("gather elements", gather(x23, zeros([5, 2], "int32")), [5], "float64")
  promises("take, flat", take(x23, int3), [3], "float64")
  promises("take along an axis", take(x34, zeros([2, 2], "int32"), { axis: 1 }), [3, 2, 2], "float64")
  promises("takeAlongAxis", takeAlongAxis(x23, zeros([2, 5], "int32"), 1), [2, 5], "float64")
  promises("scatterAdd", scatterAdd(x23, pick, x23), [2, 3], "float64")
  promises("oneHot", oneHot(int3, 5), [3, 5], "float64")
  promises("oneHot of a dtype", oneHot(int3, 5, { dtype: "float32" }), [3, 5], "float32")
})

describe("contractions", () => {
  promises("matrix by matrix", matmul(x23, x34), [2, 4], "float64")
  promises("matrix by vector", matmul(x23, x3), [2], "float64")
  promises("vector by matrix", matmul(x3, x34), [4], "float64")
  promises("vector by vector", matmul(x3, x3), [], "float64")
  promises("batches", matmul(zeros([7, 1, 2, 3]), zeros([5, 3, 4])), [7, 5, 2, 4], "float64")
  promises("dot", dot(x23, zeros([5, 3, 4])), [2, 5, 4], "float64")
  promises("dot with a scalar", dot(2, x23), [2, 3], "float64")
  promises("outer", outer(x23, x4), [6, 4], "float64")
  promises("tensordot", tensordot(x234, x34), [2], "float64")
  promises("tensordot by axes", tensordot(x234, x34, [[1], [0]]), [2, 4, 4], "float64")
  promises("einsum", einsum("bij,bjk->bik", zeros([8, 2, 3]), zeros([8, 3, 5])), [8, 2, 5], "float64")
  promises("einsum, implicit", einsum("ij, jk", x23, x34), [2, 4], "float64")
  promises("einsum of one operand", einsum("ii->", zeros([3, 3])), [], "float64")
  promises("einsum with a scalar result", einsum("ij,ij->", x23, x23), [], "float64")
})

describe("control flow", () => {
  promises("cond", cond(greater(sum(x3), 0), () => sin(x3), () => x3), [3], "float64")
  promises("cond with a number", cond(greater(scalar, 0), () => sum(single3), () => 0), [], "float32")
  promises("switchCase", switchCase(int, [() => x3, () => sin(x3), () => mul(x3, 2)]), [3], "float64")
})

describe("transformations", () => {
  const f = (x: Tensor<[3], "float64">) => sum(mul(x, sin(x)))
  const g = (x: Tensor<[3], "float64">) => matmul(x, x34)
  promises("grad", grad(f)(x3), [3], "float64")
  promises("grad of float32", grad((x: Tensor<[3], "float32">) => sum(sin(x)))(single3), [3], "float32")
  promises("jacfwd", jacfwd(g)(x3), [4, 3], "float64")
  promises("jacrev", jacrev(g)(x3), [4, 3], "float64")
  promises("hessian", hessian(f)(x3), [3, 3], "float64")
  promises("vmap", vmap(f)(x23), [2], "float64")
  promises("vmap of grad", vmap(grad(f))(x23), [2, 3], "float64")
  promises("vmap along other axes", vmap(g, { inAxes: 1, outAxes: -1 })(zeros([3, 6])), [4, 6], "float64")
  promises("grad of vmap", grad((x: Tensor<[2, 3], "float64">) => sum(vmap(f)(x)))(x23), [2, 3], "float64")
  promises("jit", jit(g)(x3), [4], "float64")
})

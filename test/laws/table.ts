/**
 * Every op with a derivative, on domains where it is smooth. Some are near a singularity, where rounding is worst.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"

type X = AnyTensor
const { Tensor } = w

type F = Laws.Program<ReadonlyArray<any>, any, any>

/** A program and where it is smooth. */
export interface Entry extends Laws.PrimitiveOptions {
  readonly f: F
}

/** A program, and the shapes of its arguments: where it is smooth is what the domain table says of its name. */
interface Whole {
  readonly f: F
  readonly shapes: ReadonlyArray<ReadonlyArray<number>>
  readonly elements: fc.Arbitrary<number>
}

const any = Laws.real(-2, 2)
const positive = Laws.real(0.25, 4)
const nonZero = Laws.real(-3, 3, { except: [0], gap: 0.1 })

/** An elementwise op. */
const each = (
  f: F,
  domain: ReadonlyArray<fc.Arbitrary<number>>,
  poison: ReadonlyArray<number> = [],
  more: Partial<Entry> = {}
): Entry => ({ f, domain, poison, ...more })

/** Any op, on tensors of these shapes. */
const on = (f: F, shapes: Whole["shapes"], elements = any): Whole => ({ f, shapes, elements })

const kinds = new Map(Object.entries(Laws.domains).map(([name, { kind }]) => [name, kind]))

/** The entries of an op, on what the domain table says of it. */
const placed = (name: string, entry: Entry | Whole): Entry =>
  !("shapes" in entry) ? entry : {
    f: entry.f,
    domain: kinds.get(name) === "untied"
      ? fc.tuple(...entry.shapes.map((shape) => Laws.distinct(shape)))
      : Laws.tensors(entry.shapes, { elements: entry.elements }),
    runs: 4
  }

/** An op on one tensor, smooth where no two elements are the same. */
const untied = (f: F, shape: ReadonlyArray<number>): Entry => ({ f, domain: fc.tuple(Laws.distinct(shape)), runs: 4 })

const column = (...data: ReadonlyArray<number>) => Tensor.make(Int32Array.from(data), { shape: [data.length, 1] })
const indices = (...data: ReadonlyArray<number>) => Tensor.make(Int32Array.from(data))

/** Every elementwise op: the domain table knows where it is smooth. */
const elementwise = Object.fromEntries(
  Object.entries(Laws.domains).flatMap(([name, domain]) => {
    if (domain.kind !== "elementwise" || !(name in w)) return []
    // every name is an op of the package
    const f = (w as unknown as Record<string, F>)[name]!
    return [[name, [{ f }]]]
  })
)

const entries: { readonly [name: string]: Entry | Whole | ReadonlyArray<Entry | Whole> } = {
  ...elementwise,

  // with operands that are not floats
  where: [
    each((x: X, y: X) => w.where(w.greater(x, y), x, w.mul(x, y)), [Laws.real(1, 2), any.map((x) => x / 4)], [], {
      // a NaN is not greater
      nan: false
    }),
    { f: w.where, domain: fc.tuple(Laws.mask([2, 3]), ...[1, 2].map(() => Laws.tensor([2, 3]))) },
    { f: w.where, domain: fc.tuple(Laws.mask([3]), Laws.tensor([2, 3]), Laws.tensor([])) }
  ],
  mask: [
    { f: w.mask, domain: fc.tuple(Laws.tensor([2, 3]), Laws.mask([3])) },
    { f: w.mask, domain: fc.tuple(Laws.tensor([2, 3]), Laws.mask([2, 3]), Laws.tensor([])) }
  ],

  pow: [
    ...elementwise["pow"]!,
    ...[0, 1, 2, 3].map((n) => each((x: X) => w.pow(x, n), [any])),
    each((x: X) => w.pow(x, -2), [nonZero])
  ],

  // reductions
  sum: [
    on(w.sum, [[2, 3]]),
    on((x: X) => w.sum(x, { axis: 0 }), [[2, 3]]),
    on((x: X) => w.sum(x, { axis: -1, keepDims: true }), [[2, 3]])
  ],
  mean: [on(w.mean, [[2, 3]]), on((x: X) => w.mean(x, { axis: [0, 2], keepDims: true }), [[2, 1, 3]])],
  prod: [
    on(w.prod, [[2, 3]]),
    on((x: X) => w.prod(x, { axis: 1 }), [[2, 3]], Laws.real(-1, 1).map(Math.round))
  ],
  max: [on(w.max, [[2, 3]]), on((x: X) => w.max(x, { axis: 0 }), [[3, 2]])],
  min: [on(w.min, [[2, 3]]), on((x: X) => w.min(x, { axis: 1, keepDims: true }), [[3, 2]])],
  logsumexp: [on(w.logsumexp, [[2, 3]]), on((x: X) => w.logsumexp(x, { axis: 0 }), [[2, 3]], Laws.real(-9, 9))],
  var: [on(w.var, [[2, 3]]), on((x: X) => w.var(x, { axis: 0 }), [[2, 3]])],
  std: [on(w.std, [[2, 3]]), on((x: X) => w.std(x, { axis: 1, keepDims: true }), [[2, 3]])],
  norm: [on(w.norm, [[2, 3]], positive), on((x: X) => w.norm(x, { axis: 0 }), [[2, 3]], nonZero)],

  // along an axis
  cumsum: [on(w.cumsum, [[2, 3]]), on((x: X) => w.cumsum(x, { axis: 0 }), [[2, 3]])],
  cumprod: [on((x: X) => w.cumprod(x, { axis: 1 }), [[2, 3]], Laws.real(-1, 1).map(Math.round)), on(w.cumprod, [[5]])],
  softmax: [on(w.softmax, [[2, 3]]), on((x: X) => w.softmax(x, { axis: 0 }), [[2, 3]], Laws.real(-9, 9))],
  logSoftmax: [on(w.logSoftmax, [[2, 3]]), on((x: X) => w.logSoftmax(x, { axis: 0 }), [[2, 3]], Laws.real(-9, 9))],
  sort: [on(w.sort, [[5]]), on((x: X) => w.sort(x, { axis: 0 }), [[3, 2]])],
  topK: on((x: X) => w.topK(x, 2), [[2, 4]]),

  cummax: untied((x: X) => w.cummax(x, { axis: 0 }), [3, 2]),
  cummin: untied(w.cummin, [4]),
  logcumsumexp: on((x: X) => w.logcumsumexp(x, { axis: 1 }), [[2, 3]], Laws.real(-9, 9)),

  // statistics
  median: [untied(w.median, [5]), untied((x: X) => w.median(x, { axis: 1, keepDims: true }), [2, 4])],
  quantile: untied((x: X) => w.quantile(x, [0.3, 0.9], { axis: 0 }), [4, 2]),
  nanMean: on(w.nanMean, [[2, 3]]),
  nanVar: on((x: X) => w.nanVar(x, { axis: 0 }), [[2, 3]]),

  // division
  mod: [
    each(w.mod, [Laws.real(2.2, 2.8), Laws.real(1.5, 2)]),
    each(w.mod, [Laws.real(-2.8, -2.2), Laws.real(1.5, 2)])
  ],
  nanToNum: on(w.nanToNum, [[3]]),
  ldexp: on((x: X) => w.ldexp(x, 3), [[3]]),

  // shape
  kron: on(w.kron, [[2, 2], [1, 3]]),
  matrixTrace: on(w.matrixTrace, [[2, 3, 3]]),
  meshgrid: on((x: X, y: X) => w.meshgrid([x, y]), [[2], [3]]),
  repeat: on((x: X) => w.repeat(x, 2, { axis: 1 }), [[2, 3]]),
  roll: on((x: X) => w.roll(x, 2, { axis: 1 }), [[2, 3]]),
  unstack: on((x: X) => w.unstack(x, 1), [[2, 3]]),
  broadcastTo: on((x: X) => w.broadcastTo(x, [2, 3]), [[3]]),
  cast: [on((x: X) => w.cast(x, "float64"), [[3]]), on((x: X) => w.cast(x, "float32"), [[3]])],
  concat: on((x: X, y: X) => w.concat([x, y], 1), [[2, 1], [2, 2]]),
  diagonal: [
    on((x: X) => w.diagonal(x), [[3, 2]]),
    on((x: X) => w.diagonal(x, { offset: 1, axis1: 2, axis2: 0 }), [[3, 2, 3]])
  ],
  ensure: on((x: X) => w.ensure(x, [2, 3]), [[2, 3]]),
  expandDims: on((x: X) => w.expandDims(x, 1), [[2, 3]]),
  flip: [on((x: X) => w.flip(x), [[2, 3]]), on((x: X) => w.flip(x, 0), [[2, 3]])],
  pad: [on((x: X) => w.pad(x, [[1, 2]]), [[3]]), on((x: X) => w.pad(x, [[1, 0], [0, 2]], { value: 7 }), [[2, 2]])],
  reshape: on((x: X) => w.reshape(x, [3, 2]), [[2, 3]]),
  slice: [
    on((x: X) => w.slice(x, [1, 3]), [[4]]),
    on((x: X) => w.slice(x, -1, [null, null, -2]), [[2, 5]]),
    on((x: X) => w.slice(x, null, 1), [[2, 3]])
  ],
  split: on((x: X) => w.split(x, [1], 1), [[2, 3]]),
  squeeze: on((x: X) => w.squeeze(x), [[1, 3, 1]]),
  stack: on((x: X, y: X) => w.stack([x, y], 1), [[3], [3]]),
  tile: [on((x: X) => w.tile(x, 2), [[3]]), on((x: X) => w.tile(x, [2, 3]), [[2, 2]])],
  transpose: [on((x: X) => w.transpose(x), [[2, 3]]), on((x: X) => w.transpose(x, [2, 0, 1]), [[2, 3, 2]])],
  tril: on((x: X) => w.tril(x), [[3, 3]]),
  triu: on((x: X) => w.triu(x, 1), [[2, 3, 3]]),

  // contractions
  dot: [on(w.dot, [[3], [3]]), on(w.dot, [[2, 3], [3, 2]]), on(w.dot, [[2, 3], [3]])],
  einsum: [
    on((x: X, y: X) => w.einsum("ij,jk->ik", x, y), [[2, 3], [3, 2]]),
    on((x: X, y: X) => w.einsum("bij,bj->bi", x, y), [[2, 2, 3], [2, 3]]),
    on((x: X) => w.einsum("ii->i", x), [[3, 3]]),
    on((x: X) => w.einsum("ii", x), [[3, 3]]),
    on((x: X, y: X, z: X) => w.einsum("i,ij,j->", x, y, z), [[2], [2, 3], [3]])
  ],
  fft: [
    on((re: X, im: X) => w.fft({ re, im }, { axis: 0 }) as any, [[3, 2], [3, 2]]),
    on((x: X) => w.fft(x, { n: 5, norm: "ortho" }) as any, [[4]])
  ],
  ifft: [on((re: X, im: X) => w.ifft({ re, im }, { axis: [0, 1] }) as any, [[2, 3], [2, 3]])],
  rfft: [on((x: X) => w.rfft(x) as any, [[5]])],
  irfft: [on((re: X, im: X) => w.irfft({ re, im }) as any, [[3], [3]])],
  conv: [
    on((x: X, k: X) => w.conv(x, k, { padding: "same", stride: 2 }), [[1, 4, 3, 2], [2, 3, 2, 2]]),
    on((x: X, k: X) => w.conv(x, k, { dilation: 2, groups: 2, inputDilation: 2 }), [[2, 4, 2], [2, 1, 2]]),
    on((x: X, k: X) => w.conv(x, k, { layout: "channelsFirst", padding: [[1, 0]], stride: 3 }), [[1, 2, 5], [2, 2, 2]])
  ],
  convTranspose: [
    on((x: X, k: X) => w.convTranspose(x, k, { stride: 2 }), [[1, 2, 2, 2], [3, 1, 2, 2]]),
    on((x: X, k: X) => w.convTranspose(x, k, { groups: 2, padding: "same", stride: 3 }), [[1, 2, 4], [2, 1, 4]])
  ],
  maxPool: [
    untied((x: X) => w.maxPool(x, 2), [1, 4, 2, 1]),
    untied((x: X) => w.maxPool(x, 3, { padding: "same", stride: 1 }), [1, 4, 1])
  ],
  avgPool: [
    on((x: X) => w.avgPool(x, 2), [[1, 4, 3, 1]]),
    on((x: X) => w.avgPool(x, 3, { countPadding: false, padding: "same", stride: 1 }), [[1, 4, 2]])
  ],
  resize: [
    on((x: X) => w.resize(x, [3, 4]), [[2, 3]]),
    on((x: X) => w.resize(x, [2]), [[5]]),
    on((x: X) => w.resize(x, [4], { method: "nearest" }), [[3]])
  ],
  matmul: [
    on(w.matmul, [[2, 3], [3, 2]]),
    on(w.matmul, [[3], [3, 2]]),
    on(w.matmul, [[2, 3], [3]]),
    on(w.matmul, [[2, 1, 2, 3], [2, 3, 1]])
  ],
  outer: on(w.outer, [[2], [3]]),
  tensordot: [
    on((x: X, y: X) => w.tensordot(x, y, 1), [[2, 3], [3, 2]]),
    // axes in another order
    on((x: X, y: X) => w.tensordot(x, y, [[0, 2], [1, 0]]), [[2, 3, 2], [2, 2]]),
    on((x: X, y: X) => w.tensordot(x, y, [[2, 0], [0, 2]]), [[3, 1, 2], [2, 2, 3]])
  ],

  // indexing
  gather: on((x: X) => w.gather(x, Tensor.make(Int32Array.of(0, 1, 1, 0), { shape: [2, 2] })), [[2, 3]]),
  scatterAdd: on((x: X, y: X) => w.scatterAdd(x, Tensor.make(Int32Array.of(0, 2, 0), { shape: [3, 1] }), y), [[3], [
    3
  ]]),
  take: [
    on((x: X) => w.take(x, indices(2, 0, 2)), [[3]]),
    // twice the same, and along the other axis, where the second derivative meets itself
    on((x: X) => w.square(w.take(w.sin(x), indices(1, -1, 1), { axis: 1 })), [[2, 3]])
  ],
  scatter: on((x: X, y: X) => w.scatter(x, column(0, 2, 0), y), [[3], [3]]),
  scatterMul: on((x: X, y: X) => w.scatterMul(x, column(0, 2, 0), y), [[3], [3]]),
  scatterMax: untied((x: X) => w.scatterMax(w.slice(x, [0, 3]), column(0, 2, 0), w.slice(x, [3, 6])), [6]),
  scatterMin: untied((x: X) => w.scatterMin(w.slice(x, [0, 3]), column(0, 2, 0), w.slice(x, [3, 6])), [6]),
  segmentSum: on((x: X) => w.segmentSum(x, indices(1, 0, 1), 2), [[3, 2]]),
  segmentProd: on((x: X) => w.segmentProd(x, indices(1, 0, 1), 3), [[3]]),
  takeAlongAxis: on(
    (x: X) => w.takeAlongAxis(x, Tensor.make(Int32Array.of(0, 0, 2, 1), { shape: [2, 2] }), 1),
    [[2, 3]]
  ),

  // control flow
  cond: [
    on((x: X, y: X) => w.cond(w.greater(w.sum(y), -99), () => w.mul(x, y), () => x), [[3], [3]]),
    on((x: X, y: X) => w.cond(w.greater(w.sum(y), 99), () => w.mul(x, y), () => w.sin(x)), [[3], [3]])
  ],
  switchCase: [0, 1, 2].map((i) =>
    on(
      (x: X) => w.switchCase(Tensor.make(i, { dtype: "int32" }), [() => w.sin(x), () => w.mul(x, x), () => w.neg(x)]),
      [[3]]
    )
  ),
  scan: on(
    (c: X, xs: X) => w.scan((c: X, x: X) => Effect.map(w.tanh(w.add(w.mul(c, x), x)), (c) => [c, c] as const), c, xs),
    [[2], [3, 2]]
  ),
  associativeScan: on((xs: X) => w.associativeScan((a: X, b: X) => w.mul(a, w.add(b, 1)), xs), [[5, 2]]),
  map: on((xs: X) => w.map((x: X) => w.mul(x, w.sin(x)), xs), [[3, 2]]),
  forLoop: on((x: X, y: X) => w.forLoop(0, 3, (_, c: X) => w.sin(w.mul(c, y)), x), [[2], [2]]),
  whileLoop: on(
    (x: X) => w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, w.add(c, 1)), x, { maxSteps: 6 }),
    [[2]],
    Laws.real(1, 1.25)
  ),
  checkpoint: [
    on((x: X) => w.checkpoint((x: X) => w.sin(w.mul(x, x)))(x), [[3]]),
    on((x: X, y: X) => w.checkpoint((x: X, y: X) => w.sin(w.matmul(w.tanh(x), w.exp(y))), { policy: "dots" })(x, y), [
      [2, 2],
      [2, 2]
    ])
  ]
}

/** Every op with a derivative, as entries of the battery. */
export const table: { readonly [name: string]: ReadonlyArray<Entry> } = Object.fromEntries(
  Object.entries(entries).map(([name, all]) => [name, [all].flat().map((entry) => placed(name, entry))])
)

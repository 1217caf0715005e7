/**
 * Laws of programs that rules are prone to get wrong: singular behind a mask, in loops, of whole numbers, at the edges of their
 * domains. The tests check them, and mistakes in rules are tried on them.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { Laws } from "../../laws/index.ts"
import { apply } from "../../src/core/operation.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"
import { table as linalg } from "../linalg/support/table.ts"
import { corners } from "./corners.ts"

type X = AnyTensor
type I = AnyTensor<any, "int32">
type M = AnyTensor<any, "bool">
type F = Laws.Program<ReadonlyArray<any>, any, any>
const { Tensor } = w

/** Laws, on so many samples each. */
const on = (runs: number, ...laws: ReadonlyArray<Laws.Law>): ReadonlyArray<Laws.Law> =>
  laws.map((law) => ({ ...law, runs }))

/** Laws by name. They are made when they are asked for: a function that was differentiated remembers its derivative. */
export type Cases = { readonly [name: string]: () => ReadonlyArray<Laws.Law> }

/** The cases of a family of programs. */
const each = <P>(
  family: string,
  programs: { readonly [name: string]: P },
  laws: (program: P, name: string) => ReadonlyArray<Laws.Law>
): Cases =>
  Object.fromEntries(
    Object.entries(programs).map(([name, program]) => [`${family}: ${name}`, () => laws(program, name)])
  )

/** The same program, which has not been differentiated yet. */
const fresh = <G extends (...args: ReadonlyArray<any>) => unknown>(f: G): G => ((...args) => f(...args)) as G

const column = (x: X | Effect.Effect<X, any>) => w.expandDims(x, 1)
const weights = Tensor.make([[1, -2], [0.5, 3]])
const pair = Tensor.make([1, 2])
const indices = Tensor.make(Int32Array.of(2, 0, 0, 1))

const customLog = w.customJvp((x: X) => w.log(x), ([x], [dx]) => Effect.all([w.log(x), w.div(dx, x)]))

type Given = X | Effect.Effect<X, any>
/** A line of numbers as an image, and back. */
const image = (x: Given): any => w.reshape(x, [1, -1, 1])
const flat = (x: Given): any => w.reshape(x, [-1])
const kernel = (size: number): X => Tensor.make([1, -2, 3].slice(0, size), { shape: [size, 1, 1] })
/** A convolution of a line of numbers, of which the first three are looked at. */
const kernelOn = (
  x: Given,
  { size = 3, ...options }: { readonly size?: number; readonly [option: string]: unknown }
): any => w.slice(flat(w.conv(image(x), kernel(size), options)), [0, 3])
/** Zeros that depend on x, at which a root is infinitely steep, behind its elements. */
const withZeros = (x: Given): any => flat(w.stack([x, w.mul(0, x)] as any, 1))

/** Programs that mask what would be NaN or infinite, in every way there is. Elements of x are from 1.25 to 2. */
const programs: {
  readonly [family: string]: { readonly [name: string]: (x: X, m: M) => Effect.Effect<AnyTensor, any> }
} = {
  elementwise: {
    "√x": (x, m) => w.sum(w.where(m, w.sqrt(x), 0)),
    "log x": (x, m) => w.sum(w.where(m, w.log(x), 0)),
    "x√x": (x, m) => w.sum(w.where(m, w.mul(x, w.sqrt(x)), 0)),
    "1/x, chosen as the alternative": (x, m) => w.sum(w.where(w.logicalNot(m), 0, w.div(1, x))),
    "eˣ with a factor": (x, m) => w.sum(w.mul(3, w.mask(w.exp(x), m))),
    "a fill": (x, m) => w.sum(w.square(w.mask(w.log(x), m, 2))),
    "x^1.5 and 1.5^x": (x, m) => w.sum(w.where(m, w.add(w.pow(x, 1.5), w.pow(1.5, x)), 0)),
    "atan2(x, x)": (x, m) => w.sum(w.where(m, w.mul(x, w.atan2(x, x)), 0)),
    "a chain: √log x": (x, m) => w.sum(w.where(m, w.sqrt(w.log(x)), 0)),
    "a long chain: tan √acosh x": (x, m) => w.sum(w.where(m, w.tan(w.sqrt(w.acosh(x))), 0)),
    "two masks, one inside the other": (x, m) => w.sum(w.mask(w.mul(w.mask(w.log(x), m), w.sqrt(x)), m)),
    "masked before and after": (x, m) => w.sum(w.where(m, w.log(w.where(m, x, 1)), 0)),
    "masked twice and added": (x, m) => w.sum(w.add(w.where(m, w.log(x), 0), w.where(m, w.sqrt(x), x.size))),
    "special functions": (x, m) => w.sum(w.where(m, w.mul(w.lgamma(x), w.add(w.digamma(x), w.sinc(x))), 0)),
    "log(eˣ + e^−x)": (x, m) => w.sum(w.where(m, w.logaddexp(x, w.neg(x)), 0)),
    "hypot and maximum": (x, m) => w.sum(w.where(m, w.hypot(w.maximum(x, 0.5), w.log(x)), 0))
  },
  "masked before what is singular": {
    "√ of 0": (x, m) => w.sum(w.sqrt(w.where(m, x, 0))),
    "powers of 0": (x, m) => w.sum(w.add(w.pow(w.mask(x, m), 0.5), w.cbrt(w.mask(x, m)))),
    "asin of 1": (x, m) => w.sum(w.asin(w.where(m, w.div(x, 4), 1))),
    "acosh of 1, then a product": (x, m) => w.sum(w.mul(x.size, w.acosh(w.where(m, x, 1)))),
    "√ of rows of 0": (x, m) => w.sum(w.sqrt(w.sum(w.mul(column(w.where(m, x, 0)), pair.size), { axis: 1 }))),
    "√ of what is concatenated with 0": (x, m) => w.sum(w.sqrt(w.concat([w.where(m, x, 0), Tensor.zeros([2])]))),
    "√ of what is padded with 0": (x, m) => w.sum(w.sqrt(w.pad(w.where(m, x, 0), [[1, 1]]))),
    "√ of what is scattered": (x, m) =>
      w.sum(w.sqrt(w.scatterAdd(Tensor.zeros([5]), w.slice(column(indices), [0, 3]), w.where(m, x, 0)))),
    "√ of what is taken": (x, m) => w.sum(w.sqrt(w.take(w.where(m, x, 0), indices))),
    "√ of a triangle": (x, m) => w.sum(w.sqrt(w.tril(w.mul(column(w.where(m, x, 0)), Tensor.ones([1, 3]))))),
    "√ of rows of a product": (x, m) => w.sum(w.sqrt(w.matmul(column(w.where(m, x, 0)), Tensor.ones([1, 2])))),
    "√ of the largest of rows": (x, m) =>
      w.sum(w.sqrt(w.max(w.mul(column(w.where(m, x, 0)), w.abs(pair)), { axis: 1 })))
  },
  broadcasting: {
    "a column against a row": (x, m) => w.sum(w.where(column(m), w.mul(column(w.log(x)), pair), 0)),
    "a row against a column": (x, m) => w.sum(w.where(m, w.div(column(pair), x), 0)),
    "a scalar that all share": (x, m) => w.mul(w.sum(w.where(m, w.div(w.sum(w.where(m, x, 0)), x), 0)), 2)
  },
  reduction: {
    "a mean": (x, m) => w.div(w.sum(w.where(m, w.log(x), 0)), w.add(1, w.sum(w.cast(m, "float64")))),
    // where all is masked there is no softmax
    "a softmax": (x, m) => w.sum(w.mul(w.where(w.any(m), w.softmax(w.where(m, x, -Infinity)), 0), w.where(m, x, 0))),
    "a softmax by hand": (x, m) =>
      Effect.gen(function*() {
        const e = yield* w.where(m, w.exp(x), 0)
        return yield* w.sum(w.square(w.div(e, w.add(1e-3, w.sum(e)))))
      }),
    "log Σ eˣ": (x, m) => w.log(w.add(1, w.sum(w.where(m, w.exp(x), 0)))),
    "norms of rows": (x, m) => w.sum(w.where(m, w.norm(w.mul(column(x), pair), { axis: 1 }), 0)),
    "√Σ of rows": (x, m) => w.sum(w.where(m, w.sqrt(w.sum(w.square(w.mul(column(x), pair)), { axis: 1 })), 0)),
    "products of rows": (x, m) => w.sum(w.where(m, w.prod(w.add(column(w.log(x)), pair), { axis: 1 }), 0)),
    "maxima of rows": (x, m) => w.sum(w.where(m, w.max(w.mul(column(w.log(x)), pair), { axis: 1 }), 0)),
    "variances and log Σ eˣ of rows": (x, m) =>
      Effect.gen(function*() {
        const rows = yield* w.mul(column(w.sqrt(x)), pair)
        return yield* w.sum(w.where(m, w.add(w.var(rows, { axis: 1 }), w.logsumexp(rows, { axis: 1 })), 0))
      }),
    "a running sum afterwards": (x, m) => w.sum(w.square(w.cumsum(w.where(m, w.log(x), 0)))),
    "running products of rows": (x, m) =>
      w.sum(w.where(column(m), w.cumprod(w.add(column(w.log(x)), pair), { axis: 1 }), 0)),
    "a softmax of rows": (x, m) => w.sum(w.square(w.where(column(m), w.softmax(w.mul(column(w.log(x)), pair)), 0)))
  },
  convolution: {
    "windows": (x, m) => w.sum(w.square(kernelOn(w.where(m, w.log(x), 0), { padding: "same" }))),
    "windows, masked afterwards": (x, m) => w.sum(w.where(m, kernelOn(w.log(x), { padding: "same", size: 1 }), 0)),
    "what lies between windows": (x, m) => w.sum(w.where(m, kernelOn(w.sqrt(withZeros(x)), { size: 1, stride: 2 }), 0)),
    "what lies behind the last window": (x, m) =>
      w.sum(
        w.where(
          m,
          kernelOn(w.sqrt(w.concat([w.repeat(x, 2), w.mul(0, x)])), { size: 2, stride: 2, padding: [[0, 0]] }),
          0
        )
      ),
    "what lies between the elements of windows": (x, m) =>
      w.sum(w.where(m, kernelOn(w.sqrt(withZeros(w.repeat(x, 2))), { size: 2, dilation: 2, stride: 4 }), 0)),
    "overlapping windows": (x, m) =>
      w.sum(w.square(flat(w.convTranspose(image(w.where(m, w.log(x), 0)), kernel(3), { stride: 2 })))),
    "the largest of windows": (x, m) =>
      w.sum(flat(w.maxPool(image(w.where(m, w.sqrt(x), 0)), 2, { stride: 1, padding: "same" }))),
    "a spectrum": (x, m) =>
      Effect.flatMap(
        w.rfft(w.where(m, w.log(x), 0) as any) as any,
        ({ im, re }: any) => w.sum(w.add(w.square(re), w.square(im)))
      )
  },
  movement: {
    "reshape": (x, m) => w.sum(w.where(w.reshape(m, [3, 1]), w.log(w.reshape(x, [3, 1])), 0)),
    "transpose": (x, m) =>
      w.sum(w.where(w.transpose(column(m)), w.mul(w.transpose(column(w.log(x))), column(pair)), 0)),
    "flip": (x, m) => w.sum(w.square(w.where(w.flip(m), w.flip(w.log(x)), 0))),
    "pad": (x, m) => w.sum(w.square(w.where(w.pad(m, [[1, 2]]), w.pad(w.log(x), [[1, 2]]), 0))),
    "slice": (x, m) => w.sum(w.where(w.slice(m, [1, 3]), w.log(w.slice(x, [1, 3])), 0)),
    "slice backwards": (x, m) => w.sum(w.where(w.slice(m, [null, null, -2]), w.log(w.slice(x, [null, null, -2])), 0)),
    "concat": (x, m) => w.sum(w.square(w.where(w.concat([m, m]), w.concat([w.log(x), w.sqrt(x)]), 0))),
    "stack and tile": (x, m) => w.sum(w.where(w.stack([m, m], 1), w.stack([w.log(x), w.div(1, x)], 1), 0)),
    "split": (x, m) =>
      Effect.gen(function*() {
        const [x1, x2] = yield* w.split(w.log(x), [1])
        const [m1, m2] = yield* w.split(m, [1])
        return yield* w.add(w.sum(w.where(m1!, x1!, 0)), w.sum(w.square(w.where(m2!, x2!, 0))))
      })
  },
  indexing: {
    "take": (x, m) => w.sum(w.square(w.where(w.take(m, indices), w.take(w.log(x), indices), 0))),
    "gather": (x, m) => w.sum(w.where(w.gather(m, column(indices)), w.log(w.gather(x, column(indices))), 0)),
    "scatterAdd": (x, m) =>
      w.sum(w.square(w.scatterAdd(Tensor.zeros([4]), w.slice(column(indices), [0, 3]), w.where(m, w.log(x), 0)))),
    "diagonal": (x, m) => w.sum(w.where(m, w.diagonal(w.mul(column(w.log(x)), w.broadcastTo(x, [3, 3]))), 0)),
    "triangle": (x, m) => w.sum(w.where(column(m), w.tril(w.mul(column(w.log(x)), pair)), 0)),
    "sorting afterwards": (x, m) => w.sum(w.mul(w.sort(w.where(m, w.log(x), 9)), Tensor.make([1, 2, 3])))
  },
  contraction: {
    "rows of a product": (x, m) =>
      w.sum(w.square(w.where(column(m), w.matmul(w.mul(column(w.log(x)), pair), weights), 0))),
    "columns of a product": (x, m) => w.sum(w.where(m, w.matmul(pair, w.mul(column(pair), w.log(x))), 0)),
    "rows that a product adds up": (x, m) =>
      w.sum(w.square(w.matmul(pair, w.mul(column(pair), w.where(m, w.log(x), 0))))),
    "outer": (x, m) => w.sum(w.where(column(m), w.outer(w.log(x), pair), 0)),
    "einsum": (x, m) => w.sum(w.where(m, w.einsum("i,j->i", w.log(x), pair), 0)),
    "a batch of spectra": (x, m) =>
      w.sum(
        w.where(
          column(m),
          w.Linalg.eigvalsh(w.mul(w.expandDims(column(w.log(x)), 2), Tensor.make([[1, 2], [2, 5]]))),
          0
        )
      ),
    "a batch of singular values": (x, m) =>
      Effect.flatMap(
        w.Linalg.svd(w.mul(w.expandDims(column(w.log(x)), 2), weights)),
        ({ s }) => w.sum(w.where(column(m), s, 0))
      ),
    "a batch of products": (x, m) =>
      w.sum(
        w.where(w.expandDims(column(m), 2), w.matmul(w.mul(w.expandDims(column(w.log(x)), 2), weights), weights), 0)
      )
  },
  control: {
    "a cond, masked afterwards": (x, m) =>
      w.sum(w.where(m, w.cond(w.greater(w.sum(w.where(m, x, 1)), 0), () => w.log(x), () => w.sqrt(x)), 0)),
    "a switchCase, masked before": (x, m) =>
      w.sum(w.switchCase(Tensor.make(1, { dtype: "int32" }), [() => w.neg(x), () => w.sqrt(w.where(m, x, 0))])),
    "a scan, masked afterwards": (x, m) =>
      Effect.flatMap(
        w.scan(
          (c: AnyTensor<[]>, x: AnyTensor<[]>) => Effect.map(w.log(x), (y) => [c, y] as const),
          Tensor.make(1),
          x as AnyTensor<[3]>
        ),
        ([, ys]) => w.sum(w.where(m, ys, 0))
      ),
    "a map, masked afterwards": (x, m) => w.sum(w.where(m, w.map((x: X) => w.log(x), x), 0)),
    "a forLoop, masked afterwards": (x, m) =>
      w.sum(w.where(m, w.forLoop(0, 2, (_, c: X) => w.mul(c, w.sqrt(w.log(x))), x), 0)),
    "a whileLoop, masked afterwards": (x, m) =>
      w.sum(
        w.where(
          m,
          w.whileLoop(
            (c: X) => w.less(w.sum(w.where(m, c, 0)), 20),
            (c: X) => w.mul(c, w.add(2, w.sqrt(w.log(x)))),
            x,
            { maxSteps: 4 }
          ),
          0
        )
      ),
    "an associativeScan, masked afterwards": (x, m) =>
      Effect.flatMap(
        w.stack([w.log(x), w.sqrt(x), x]),
        (rows) => w.sum(w.where(m, w.associativeScan((a: X, b: X) => w.mul(a, b), rows), 0))
      ),
    "a custom rule, masked afterwards": (x, m) => w.sum(w.where(m, customLog(x), 0)),
    "a scan": (x, m) =>
      Effect.map(
        w.scan(
          (c: AnyTensor<[]>, [x, m]: readonly [AnyTensor<[]>, AnyTensor<[], "bool">]) =>
            Effect.map(w.add(w.mul(c, 0.5), w.where(m, w.log(x), 0)), (c) => [c, c] as const),
          Tensor.make(1),
          [x as AnyTensor<[3]>, m as AnyTensor<[3], "bool">] as const
        ),
        ([carry]) => carry
      ),
    "cond under vmap": (x, m) =>
      w.sum(
        w.vmap((x: AnyTensor<[]>, m: AnyTensor<[], "bool">) => w.cond(m, () => w.log(x), () => 0))(x as any, m as any)
      ),
    "where under vmap": (x, m) =>
      w.sum(w.vmap((x: AnyTensor<[]>, m: AnyTensor<[], "bool">) => w.where(m, w.log(x), 0))(x as any, m as any)),
    "checkpoint": (x, m) => w.sum(w.checkpoint((x: X) => w.where(m, w.sqrt(w.log(x)), 0))(x))
  }
}

const hidden = Object.entries(programs).map(([family, all]) =>
  each(`masked, ${family}`, all, (f) => {
    const point = Tensor.make([1.5, 1.875, 1.25])
    return [
      ...on(2, Laws.neverLeaks(fresh(f), Laws.real(1.25, 2), { order: 3, poison: [-1, 1, 1000], shape: [3] })),
      // and where nothing is hidden it is an ordinary program
      ...on(2, Laws.gradient((x: X) => f(x, Tensor.make([true, true, true])), [point])),
      // what is not hidden is not 0 because something else is
      ...on(1, Laws.gradient((x: X) => f(x, Tensor.make([true, false, true])), [point]))
    ]
  })
)

const ints = (shape: ReadonlyArray<number>, high: number) =>
  Laws.tensor(shape, { elements: fc.nat(high), dtype: "int32" })
const floats = (shape: ReadonlyArray<number>) => Laws.distinct(shape)

/** Programs with whole numbers or bools, and their arguments. */
const whole: { readonly [name: string]: readonly [F, fc.Arbitrary<ReadonlyArray<any>>] } = {
  "take": [(x: X, i: I) => w.take(w.sin(x), i), fc.tuple(floats([3]), ints([2], 2))],
  "take rows": [(x: X, i: I) => w.take(w.sin(x), i), fc.tuple(floats([3, 2]), ints([2], 2))],
  "take along an axis": [(x: X, i: I) => w.take(w.sin(x), i, { axis: 1 }), fc.tuple(floats([2, 3]), ints([2], 2))],
  "takeAlongAxis": [(x: X, i: I) => w.takeAlongAxis(x, i, 1), fc.tuple(floats([2, 3]), ints([2, 2], 2))],
  "gather": [(x: X, i: I) => w.gather(w.sin(x), i), fc.tuple(floats([3, 2]), ints([2, 1], 2))],
  "scatterAdd": [
    (x: X, i: I, y: X) => w.scatterAdd(x, i, w.sin(y)),
    fc.tuple(floats([3]), ints([2, 1], 2), floats([2]))
  ],
  "the index of the largest": [(x: X) => w.take(w.square(x), w.argmax(x)), fc.tuple(floats([4]))],
  "the order of a sort": [
    (x: X, y: X) => w.takeAlongAxis(y, w.argsort(x, { axis: 0 }), 0),
    fc.tuple(floats([3, 2]), floats([3, 2]))
  ],
  "a sort": [(x: X) => w.square(w.sort(x, { axis: 0 })), fc.tuple(floats([3, 2]))],
  "a switch": [
    (x: X, i: I) => w.switchCase(i as never, [() => w.sin(x), () => w.mul(x, x), () => w.neg(x)]),
    fc.tuple(floats([3]), ints([], 2))
  ],
  "a mask": [
    (x: X, m: M) => w.where(m, w.log(w.square(x)), x),
    fc.tuple(Laws.tensor([3], { elements: Laws.real(0.5, 2) }), Laws.mask([3]))
  ]
}

/** Programs that mask in ways of their own. */
const one = Laws.real(1.25, 2)
const singular: { readonly [name: string]: Laws.Masked<any> } = {
  "through a cast": (x, m) => w.sum(w.cast(w.cast(w.where(m, w.log(x), 0), "float32"), "float64")),
  "through a cast, before a singular function": (x, m) =>
    w.sum(w.sqrt(w.cast(w.cast(w.where(m, x, 0), "float32"), "float64"))),
  "through a carry that is reset to a constant": (x, m) =>
    Effect.map(
      w.scan(
        (c: X, [x, m]: readonly [X, M]) =>
          Effect.map(
            Effect.all([w.where(m, w.add(w.mul(c, 0.5), w.log(x)), 0), w.mul(c, 2)]),
            ([c, y]) => [c, y] as const
          ),
        Tensor.make(0) as X,
        [x, m] as const
      ),
      ([c, ys]) => [c, ys]
    ),
  "through a carry that is reset, before a singular function": (x, m) =>
    Effect.map(
      w.scan(
        (c: X, [x, m]: readonly [X, M]) =>
          Effect.map(Effect.all([w.where(m, x, 0), w.sqrt(c)]), ([c, y]) => [c, y] as const),
        Tensor.make(4) as X,
        [x, m] as const
      ),
      ([c, ys]) => [w.sqrt(c), ys]
    ),
  "of a cond with one constant branch": (x, m) =>
    w.sum(w.map(([x, m]: readonly [X, M]) => w.cond(m as never, () => w.log(x), () => 0), [x, m] as const)),
  "of a cond with one constant branch, before a singular function": (x, m) =>
    w.sum(
      w.vmap((x: X, m: M) => w.sqrt(w.cond(m as never, () => x as AnyTensor<[]>, () => 0)))(x as never, m as never)
    ),
  "before a singular function": (x, m) => w.sum(w.mul(2, w.sqrt(w.mul(3, w.where(m, x, 0)))))
}

/** What is a constant by structure has no derivative, before a singular function too. */
const resets = (c: X, xs: X) =>
  Effect.map(
    w.scan((c: X, x: X) => Effect.map(w.mul(w.sqrt(c), x), (y) => [0, y] as const), c, xs),
    ([, ys]) => ys
  )
const constantBranch = (x: X) => w.sqrt(w.cond(w.greater(w.sum(x), 5), () => x, () => 0))
const constants: { readonly [name: string]: readonly [F, ReadonlyArray<X>] } = {
  "a carry that is reset": [resets, [Tensor.make(4), Tensor.make([1, 2, 3])]],
  "a cond whose constant branch is taken": [constantBranch, [Tensor.make(1)]],
  "the same in a loop": [(xs: X) => w.map(constantBranch, xs), [Tensor.make([1, 9, 2])]]
}

const growing = (x: X, y: X) =>
  w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, w.add(1.5, w.square(y))), x)
const two = Laws.tensors([[2], [2]], { elements: Laws.real(0.5, 1.25) })
const three = Laws.tensors([[2], [2], [2]], { elements: Laws.real(0.5, 1.25) })
const rows = Laws.tensors([[3, 2], [3, 2]], { elements: Laws.real(0.5, 1.25) })
const far = Laws.logarithmic(1.5, 1e8)
const either = fc.tuple(far, fc.constantFrom(1, -1)).map(([x, sign]) => sign * x)

/** Loops without a bound. */
const loops: Cases = {
  "a loop without a bound has derivatives in forward mode, of order 1 to 3": () => {
    const f = fresh(growing)
    return on(4, Laws.gradient(f, two, { order: 3, modes: "forward" }), Laws.jvpLinear(f, two))
  },
  "it may see several values around it": () => {
    const f = (x: X, y: X, z: X) =>
      w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, w.add(w.add(1.5, w.square(y)), w.sin(z))), x)
    return on(3, Laws.gradient(f, three, { order: 2, modes: "forward" }))
  },
  "it is what it is with one, in a batch too": () => {
    const bounded = (x: X, y: X) =>
      w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, w.add(1.5, w.square(y))), x, { maxSteps: 12 })
    return on(
      6,
      Laws.sameValue("a bound that is not met changes nothing", fresh(growing), bounded, two),
      Laws.sameValue("in a batch", w.vmap(fresh(growing)) as never, w.vmap(bounded) as never, rows)
    )
  },
  "a batch of loops that each decide": () =>
    on(
      4,
      Laws.gradient(
        (xs: X) =>
          w.sum(
            w.vmap((x: X) => w.whileLoop((c: X) => w.less(c, 20), (c: X) => w.mul(c, w.add(1.5, w.square(x))), x))(
              xs as never
            )
          ),
        Laws.tensors([[3]], { elements: Laws.real(0.5, 1.25) }),
        { modes: "forward", order: 2 }
      )
    ),
  "it is masked": () =>
    on(
      3,
      Laws.neverLeaks(
        (x: X, m: M) =>
          w.sum(
            w.where(m, w.mul(x, w.whileLoop((c: X) => w.less(c, 9), (c: X) => w.mul(2, c), Tensor.make(1) as X)), 0)
          ),
        Laws.real(0.5, 2)
      )
    )
}

/** Rules with several arguments, singular behind a mask. */
const rules = (): { readonly [name: string]: F } => {
  const f = (x: X, y: X, z: X) => w.mul(w.log(x), w.add(w.sqrt(y), z))
  const byJvp = w.customJvp(f, ([x, y, z], [dx, dy, dz]) =>
    Effect.all([
      f(x, y, z),
      w.add(
        w.mul(w.div(dx, x), w.add(w.sqrt(y), z)),
        w.mul(w.log(x), w.add(w.div(dy, w.mul(2, w.sqrt(y))), dz))
      )
    ]))
  const byVjp = w.customVjp(
    f,
    (x, y, z) => Effect.map(f(x, y, z), (r) => [r, [x, y, z] as const] as const),
    ([x, y, z], ct) =>
      Effect.all([
        w.mul(ct, w.div(w.add(w.sqrt(y), z), x)),
        w.mul(ct, w.div(w.log(x), w.mul(2, w.sqrt(y)))),
        w.mul(ct, w.log(x))
      ])
  )
  return { customJvp: byJvp as F, customVjp: byVjp as F, f: f as F }
}
const ruleDomain = [Laws.real(0.5, 2), Laws.real(0.25, 2), Laws.real(-1, 1)]

const newton = (f: (x: X) => Effect.Effect<X, any>, start: X) =>
  w.forLoop(0, 8, (_, x: X) =>
    Effect.gen(function*() {
      const [y, dy] = yield* w.jvp(f, [x], [w.Tensor.ones([...start.shape])])
      return yield* w.sub(x, w.div(y, dy))
    }), start)
/** The solution of a linear equation by Jacobi's iteration, whatever the matrix is. */
const iterate = (step: (x: X) => Effect.Effect<X, any>, start: X) => w.forLoop(0, 80, (_, x: X) => step(x), start)

// neither A nor the derivative of the step is symmetric
const matrix = Tensor.make([[0.1, 0.3, 0], [-0.2, 0.1, 0.25], [0, 0.05, -0.3]])
const step = (x: X, p: X) => w.add(w.matmul(matrix, w.sin(x)), p)

const equations: Cases = {
  "a cubic, elementwise": () => {
    const residual = (x: X, p: X) => w.sub(w.add(x, w.mul(0.0625, w.mul(x, w.square(x)))), p)
    const root = w.implicitRoot(residual, newton)
    return [
      ...on(6, Laws.solves(root, residual, Tensor.zeros([3]), Laws.tensor([3]))),
      ...on(4, Laws.gradient((p: X) => root(Tensor.zeros([3]), p), Laws.tensors([[3]]), { order: 2 }))
    ]
  },
  "a fixed point of a step that is not symmetric": () => {
    const solution = w.fixedPoint(step, iterate)
    const residual = (x: X, p: X) => w.sub(step(x, p), x)
    const f = (p: X) => solution(Tensor.zeros([3]), p)
    return [
      ...on(4, Laws.solves(solution, residual, Tensor.zeros([3]), Laws.tensor([3]))),
      ...on(3, Laws.gradient(f, Laws.tensors([[3]]), { order: 2 })),
      ...on(2, Laws.batching(f, Laws.tensors([[3]])))
    ]
  },
  "a linear system that is not symmetric, by its matrix and its right-hand side": () => {
    const residual = (x: X, { a, b }: { readonly a: X; readonly b: X }) => w.sub(w.add(x, w.matmul(a, x)), b)
    // x ← b − A·x contracts for small A; so does it for what derivatives ask
    const solve = (f: (x: X) => Effect.Effect<X, any>, start: X) => w.forLoop(0, 80, (_, x: X) => w.sub(x, f(x)), start)
    const solution = w.implicitRoot(residual, solve)
    const f = (a: X, b: X) => solution(Tensor.zeros([3]), { a, b })
    const at = fc.tuple(Laws.tensor([3, 3], { elements: Laws.real(-0.25, 0.25) }), Laws.tensor([3]))
    return [
      ...on(4, Laws.gradient(f, at, { order: 2 })),
      ...on(3, Laws.duality(f, at), Laws.jacobiansAgree(f, at), Laws.transposesTwice(f, at)),
      ...on(2, Laws.batching(f, at))
    ]
  },
  "the transpose of a linear function is its adjoint": () => {
    const differences = (x: X) => w.sub(w.slice(x, [1, 4]), w.mul(Tensor.make([1, 2, 3]), w.slice(x, [0, 3])))
    // of a linear function, the transpose is the pullback
    const pulled = (ct: X) => Effect.map(w.linearTranspose(differences, Tensor.zeros([4]))(ct), ([x]) => x)
    const pullback = (ct: X) =>
      Effect.flatMap(w.vjp(differences, Tensor.zeros([4])), ([, pull]) => Effect.map(pull(ct), ([x]) => x))
    return [
      Laws.transposesTwice(differences, Laws.tensors([[4]])),
      Laws.sameDerivatives("linearTranspose is vjp", pulled, pullback, Laws.tensors([[3]]))
    ]
  }
}

/** Zeros at which a root is infinitely steep, where no window comes. */
const uncovered: Cases = each("what no window covers", {
  "between windows": (x: X) => [withZeros(x), { stride: 2 }] as const,
  "between the elements of windows": (x: X) =>
    [withZeros(w.repeat(x, 2)), { size: 2, dilation: 2, stride: 4 }] as const,
  "behind the last window": (x: X) => [w.concat([x, w.mul(0, w.slice(x, [0, 2]))]), { size: 3, stride: 3 }] as const
}, (given) => {
  const f = (x: X) => {
    const [line, { size = 1, ...options }] = given(x) as readonly [Given, { readonly size?: number }]
    return w.sum(w.square(flat(w.conv(image(w.sqrt(line as never)), kernel(size), options))))
  }
  const at = Laws.tensors([[3]], { elements: Laws.real(1.25, 2) })
  return on(2, Laws.gradient(f, at, { order: 2 }))
})

/** Random numbers: the slopes of gamma variates, whose derivatives are of their own, and what they are on the average. */
const random: Cases = {
  "slopes of gamma variates": () => {
    const at = fc.tuple(
      Laws.tensor([2], { elements: Laws.real(0.3, 6) }),
      Laws.tensor([2], { elements: Laws.real(-2, 1.5) })
    )
    return [1, 2, 3, 4].flatMap((order) => {
      const slope = (a: X, y: X): Effect.Effect<X, any> => apply(w.primitives.gammaSlope, [a, y], { order })
      return on(2, Laws.gradient(slope, at, { order: order > 2 ? 1 : 2 }), Laws.batching(slope, at))
    })
  },
  "batches of keys": () => {
    const noisy = (words: I, x: X) =>
      w.mul(x, w.Random.uniform({ threefry: words as AnyTensor<[2], "int32"> }, [2]) as any)
    return on(2, Laws.batching(noisy as never, fc.tuple(ints([2], 1000), floats([2])) as never))
  },
  "gamma variates": () => {
    const key = w.Random.key(1)
    const draw = (a: X) => w.Random.gamma(key, a)
    return [
      // 2,000 of them leave a few percent
      ...on(
        3,
        Laws.law(
          "the mean of gamma variates of shape a is a",
          fc.constantFrom(0.4, 1.5, 6),
          (a) =>
            Effect.gen(function*() {
              const mean = (a: AnyTensor<[]>) => w.mean(w.Random.gamma(key, a, [2000]))
              const slope = yield* Tensor.item(w.grad(mean as never)(Tensor.make(a) as never) as any) as Effect.Effect<
                number
              >
              return Math.abs(slope - 1) < 0.15 ? undefined : `its derivative is ${slope}`
            })
        )
      ),
      ...on(2, Laws.batching(draw, Laws.tensors([[2]], { elements: Laws.real(0.3, 6) })))
    ]
  }
}

/** Inverses are inverses, far from 0 too. */
const spectrum = (g: (w: X) => Effect.Effect<AnyTensor, any>) => (a: X) =>
  Effect.flatMap(w.Linalg.eigvalsh(a) as any, g as any)
const sizes = (g: (s: X) => Effect.Effect<AnyTensor, any>) => (a: X) => Effect.flatMap(w.Linalg.svd(a), ({ s }) => g(s))
const twice = Tensor.make([[2, 0, 0], [0, 1.5, 0.5], [0, 0.5, 1.5]])
const rankOne = Tensor.make([[1, 2], [2, 4], [3, 6]])

/** Symmetric functions of spectra, where some of these coincide. */
const coinciding: Cases = each<readonly [F, X]>("a spectrum that coincides", {
  "Σ log w": [spectrum((x) => w.sum(w.log(x))), twice],
  "Σ w², in a batch": [
    spectrum((x) => w.square(w.sum(w.square(x)))),
    Tensor.make([[[2, 0], [0, 2]], [[1, 0], [0, 3]]])
  ],
  "a function that is no sum": [spectrum((x) => w.mul(w.sum(w.square(x)), w.logsumexp(x))), twice],
  "Σ s³": [sizes((s) => w.sum(w.pow(s, 3))), twice],
  "a function of sizes that is no sum": [sizes((s) => w.logsumexp(s)), Tensor.make([[0, 2], [2, 0], [0, 0]])],
  "where some are 0": [sizes((s) => w.mul(w.sum(w.log1p(w.square(s))), w.sum(w.square(s)))), rankOne],
  "where all are 0": [sizes((s) => w.sum(w.cosh(s))), Tensor.zeros([2, 3])]
}, ([f, at]) =>
  on(
    2,
    Laws.gradient(fresh(f), [at], { order: 2, modes: "reverse" }),
    Laws.gradient(w.grad(fresh(f) as never) as F, [at], { modes: "forward" })
  ))

const inverses: Cases = {
  "cosh(acosh x) is x": () => [
    Laws.sameDerivatives(
      "cosh(acosh x)",
      (x: X) => w.cosh(w.acosh(x)),
      (x: X) => x,
      Laws.tensors([[3]], { elements: far }),
      {
        order: 1
      }
    )
  ],
  "sinh(asinh x) is x": () => [
    Laws.sameDerivatives(
      "sinh(asinh x)",
      (x: X) => w.sinh(w.asinh(x)),
      (x: X) => x,
      Laws.tensors([[3]], { elements: either }),
      { order: 1 }
    )
  ],
  "r·sin φ and r·cos φ of φ = atan2(y, x) are y and x": () => {
    const polar = (y: X, x: X) =>
      Effect.flatMap(
        Effect.all([w.atan2(y, x), w.hypot(y, x)]),
        ([phi, r]) => Effect.all([w.mul(r, w.sin(phi)), w.mul(r, w.cos(phi))])
      )
    const at = Laws.tensors([[3], [3]], { elements: either })
    return [Laws.sameDerivatives("polar coordinates", polar, (y: X, x: X) => [y, x], at, { order: 1 })]
  }
}

/** Every edge point and every kink of the domain table. */
const edges: Cases = Object.fromEntries(
  Object.entries(Laws.domains).flatMap(([name, domain]) => {
    if (domain.kind !== "elementwise" || !(name in w)) return []
    const f = (w as unknown as Record<string, F>)[name]!
    const point = (at: ReadonlyArray<number>) => at.map((x) => Tensor.make(x))
    return [
      ...domain.edges.map((at) => [
        `${name} is smooth at ${at.join(", ")}`,
        () => on(3, Laws.gradient(fresh(f), point(at), { order: 2 }))
      ]),
      ...domain.kinks.map((at) => [
        `${name} has a kink at ${at.join(", ")}`,
        () =>
          on(
            3,
            Laws.subgradient(fresh(f), point(at)),
            Laws.duality(fresh(f), point(at)),
            Laws.gradient(fresh(f), point(at), { kinks: "between" })
          )
      ])
    ]
  })
)

export const cases: Cases = {
  ...Object.assign({}, ...hidden),
  ...each("a batch of whole numbers", whole, ([f, at]) => [
    ...on(8, Laws.batching(fresh(f), at)),
    ...on(4, Laws.gradient(fresh(f), at, { order: 2 })),
    ...on(4, Laws.sparseAgrees(fresh(f), at))
  ]),
  ...loops,
  ...Object.fromEntries(
    ["customJvp", "customVjp"].map((name) => [`${name} of several arguments, singular behind a mask`, () => {
      const { [name]: g, f } = rules()
      const at = Laws.alike(ruleDomain)
      const masked: Laws.Masked<any> = (x, m) =>
        Effect.flatMap(
          Effect.all([w.mul(x, 0.5), w.neg(x)]),
          ([y, z]) => w.sum(w.where(m, g!(x, y, z) as Effect.Effect<X, any>, 0))
        )
      return [
        ...Laws.primitive(g!, { name, domain: at, runs: 4 }),
        ...on(4, Laws.sameDerivatives("with a rule and without", g!, f!, at)),
        ...on(4, Laws.neverLeaks(masked, ruleDomain[0]!, { poison: [-1] }))
      ]
    }])
  ),
  ...equations,
  ...each("a mask", singular, (f, name) => {
    // and what is not masked is not 0
    const x = Tensor.make([1.5, 1.875, 1.25], { dtype: name.includes("cast") ? "float32" : "float64" })
    return [
      ...on(4, Laws.neverLeaks(fresh(f), one, { order: 2, poison: [-1, 0], shape: [3] })),
      ...on(2, Laws.gradient((x: X) => f(x, Tensor.make([true, true, true])), [x], { order: 2 }))
    ]
  }),
  ...each("constant", constants, ([f, at]) => [
    ...on(3, Laws.gradient(fresh(f), at, { order: 2 })),
    ...on(2, Laws.duality(fresh(f), at), Laws.jacobiansAgree(fresh(f), at))
  ]),
  ...uncovered,
  ...random,
  ...coinciding,
  ...corners,
  ...inverses,
  ...edges,
  ...each("linear algebra", linalg, ([f, domain], name) => Laws.primitive(f, { name, domain, runs: 3 }))
}

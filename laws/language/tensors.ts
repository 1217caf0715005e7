/**
 * Words for whole tensors: reductions, movement, indexing, sorting and contraction.
 */
import type { Interval } from "../domains.ts"
import { within } from "./conform.ts"
import type { Manner, Shape, Type, Value, Vocabulary, Word } from "./syntax.ts"
import { broadcast, isFloatType, promoted, size } from "./syntax.ts"

type Write = (w: Vocabulary, x: Value) => unknown

const isRanked = (type: Type): boolean => isFloatType(type) && type.shape.length > 0
const isIndex = ({ dtype }: Type): boolean => dtype === "int32"

/** A word for one float with at least one axis; `of` may refuse it. */
const ranked = (
  name: string,
  of: (x: Type, axis: number) => { readonly type: Type; readonly write: Write } | undefined,
  manner: Manner = "smooth"
): Word => ({
  name,
  manner,
  takes: [isRanked],
  fit: ([x], dial) => {
    const found = of(x!, dial % x!.shape.length)
    return found && { gives: () => [found.type], write: (w, [x]) => found.write(w, x!) }
  }
})

/** A word that moves elements, and leaves their range alone. */
const movement = (
  name: string,
  shape: (x: Shape, axis: number) => Shape | undefined,
  write: (axis: number, x: Shape) => Write
) =>
  ranked(name, (x, axis) => {
    const moved = shape(x.shape, axis)
    return moved && { type: { ...x, shape: moved }, write: write(axis, x.shape) }
  })

const without = (shape: Shape, axis: number): Shape => shape.filter((_, i) => i !== axis)
const withDim = (shape: Shape, axis: number, dim: number): Shape => shape.map((d, i) => i === axis ? dim : d)

/** The range of a sum of n numbers. */
const summed = ({ high, low }: Type, n: number): Interval => [Math.min(low, n * low), Math.max(high, n * high)]

/** The range of a product of n numbers. */
const multiplied = ({ high, low }: Type, n: number): Interval => {
  const most = Math.max(1, -low, high) ** n
  return [low >= 0 ? 0 : -most, most]
}

const ranging = (type: Type, shape: Shape, [low, high]: Interval): Type => ({ ...type, shape, low, high })

/** The most that log Σ eˣ may see, so that all orders of it have digits. */
const moderate: Interval = [-8, 8]

/** Reductions, and running ones. */
export const reductions: ReadonlyArray<Word> = [
  {
    name: "sum",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x]) => ({ gives: () => [ranging(x!, [], summed(x!, size(x!.shape)))], write: (w, [x]) => w.sum(x!) })
  },
  ranked("sum", (x, axis) => ({
    type: ranging(x, without(x.shape, axis), summed(x, x.shape[axis]!)),
    write: (w, x) => w.sum(x, { axis })
  })),
  ranked("mean", (x, axis) => ({
    type: { ...x, shape: withDim(x.shape, axis, 1) },
    write: (w, x) => w.mean(x, { axis, keepDims: true })
  })),
  ranked("prod", (x, axis) => {
    const range = multiplied(x, x.shape[axis]!)
    return { type: ranging(x, without(x.shape, axis), range), write: (w, x) => w.prod(x, { axis }) }
  }),
  ranked(
    "cumsum",
    (x, axis) => ({ type: ranging(x, x.shape, summed(x, x.shape[axis]!)), write: (w, x) => w.cumsum(x, { axis }) })
  ),
  ranked("cumprod", (x, axis) => ({
    type: ranging(x, x.shape, multiplied(x, x.shape[axis]!)),
    write: (w, x) => w.cumprod(x, { axis })
  })),
  ranked("logsumexp", (x, axis) => {
    const low = Math.max(x.low, moderate[0])
    return {
      type: { ...x, shape: without(x.shape, axis), low, high: Math.min(x.high, moderate[1]) + 4 },
      write: (w, y) => w.logsumexp(within(x, moderate)(w, y), { axis })
    }
  }),
  ranked(
    "softmax",
    (x, axis) => ({ type: { ...x, low: 0, high: 1 }, write: (w, y) => w.softmax(within(x, moderate)(w, y), { axis }) })
  ),
  ranked("logSoftmax", (x, axis) => ({
    type: { ...x, low: -20, high: 0 },
    write: (w, y) => w.logSoftmax(within(x, moderate)(w, y), { axis })
  })),
  ranked("var", (x, axis) => ({
    type: { ...x, shape: without(x.shape, axis), low: 0, high: (x.high - x.low) ** 2 },
    write: (w, x) => w.var(x, { axis })
  })),
  ranked("norm", (x, axis) => ({
    type: { ...x, shape: without(x.shape, axis), low: 0.5, high: 1 + 3 * Math.max(-x.low, x.high) },
    // away from the kink at 0
    write: (w, y) => w.norm(w.concat([y, w.Tensor.full([...withDim(x.shape, axis, 1)], 0.5, x.dtype)], axis), { axis })
  })),
  ranked("std", (x, axis) => ({
    type: { ...x, shape: without(x.shape, axis), low: 0, high: x.high - x.low },
    write: (w, x) => w.std(x, { axis })
  }), "kinked"),
  ...(["max", "min"] as const).map((name) =>
    ranked(
      name,
      (x, axis) => ({ type: { ...x, shape: without(x.shape, axis) }, write: (w, x) => w[name](x, { axis }) }),
      "kinked"
    )
  )
]

/** Movement. */
export const movements: ReadonlyArray<Word> = [
  movement("flip", (x) => x, (axis) => (w, x) => w.flip(x, axis)),
  movement("transpose", (x) => x.toReversed(), () => (w, x) => w.transpose(x)),
  movement("slice", (x) => x.slice(1), () => (w, x) => w.slice(x, -1)),
  movement(
    "slice",
    (x, axis) => withDim(x, axis, Math.ceil(x[axis]! / 2)),
    (axis) => (w, x) => w.slice(x, ...Array.from({ length: axis }, () => null), [null, null, -2])
  ),
  movement("reshape", (x) => [size(x)], () => (w, x) => w.reshape(x, [-1])),
  movement(
    "expandDims",
    (x, axis) => [...x.slice(0, axis), 1, ...x.slice(axis)],
    (axis) => (w, x) => w.expandDims(x, axis)
  ),
  movement(
    "squeeze",
    (x, axis) => x[axis] === 1 ? without(x, axis) : undefined,
    (axis) => (w, x) => w.squeeze(x, axis)
  ),
  movement("concat", (x, axis) => withDim(x, axis, 2 * x[axis]!), (axis) => (w, x) => w.concat([x, w.neg(x)], axis)),
  movement(
    "stack",
    (x, axis) => [...x.slice(0, axis), 2, ...x.slice(axis)],
    (axis) => (w, x) => w.stack([x, w.neg(x)], axis)
  ),
  movement("tile", (x) => withDim(x, x.length - 1, 2 * x.at(-1)!), () => (w, x) => w.tile(x, 2)),
  movement("broadcastTo", (x) => [2, ...x], (_, shape) => (w, x) => w.broadcastTo(x, [2, ...shape])),
  movement(
    "diagonal",
    (x) => x.length === 2 ? [Math.min(x[0]!, x[1]!)] : undefined,
    () => (w, x) => w.diagonal(x)
  ),
  ...(["tril", "triu"] as const).map((name) =>
    ranked(name, (x) =>
      x.shape.length < 2
        ? undefined
        : { type: { ...x, low: Math.min(0, x.low), high: Math.max(0, x.high) }, write: (w, x) => w[name](x) })
  ),
  ranked("pad", (x, axis) => ({
    type: {
      ...x,
      shape: withDim(x.shape, axis, x.shape[axis]! + 1),
      low: Math.min(0, x.low),
      high: Math.max(0, x.high)
    },
    write: (w, y) => w.pad(y, x.shape.map((_, i) => i === axis ? [0, 1] : [0, 0]) as never)
  }))
].map((word) =>
  // what is put beside itself is negated
  word.name === "concat" || word.name === "stack" ? { ...word, fit: symmetric(word.fit) } : word
)

/** With a range that has −x for every x. */
function symmetric(fit: Word["fit"]): Word["fit"] {
  return (types, dial) => {
    const phrase = fit(types, dial)
    return phrase && {
      ...phrase,
      gives: (blocks) =>
        phrase.gives(blocks).map((t) => ({ ...t, low: Math.min(t.low, -t.high), high: Math.max(t.high, -t.low) }))
    }
  }
}

/** Sums over three neighbours, and over places that are dilated or left out; the largest of two; twice as many places. */
export const convolutions: ReadonlyArray<Word> = [
  ...([{}, { padding: "same" }, { stride: 2 }, { padding: [[2, 0]], dilation: 2 }] as const).map((options, i) =>
    ranked(`conv ${i}`, (x) => {
      const [n] = x.shape
      if (x.shape.length !== 1 || (i !== 1 && n! < 3) || (i === 3 && n! < 4)) return undefined
      const places = [n! - 2, n!, Math.floor((n! - 3) / 2) + 1, n! - 2][i]!
      const most = 4 * Math.max(-x.low, x.high)
      return {
        type: { ...x, shape: [places], low: -most, high: most },
        write: (w, y) => {
          const kernel = w.Tensor.make([1, -2, 1], { shape: [3, 1, 1], dtype: x.dtype as "float64" })
          return w.reshape(w.conv(w.reshape(y, [1, n!, 1]) as any, kernel, options) as any, [places])
        }
      }
    })
  ),
  ranked("convTranspose", (x) => {
    const [n] = x.shape
    if (n === undefined || n === 0 || x.shape.length > 1) return undefined
    const most = 3 * Math.max(-x.low, x.high)
    return {
      type: { ...x, shape: [2 * n + 1], low: -most, high: most },
      write: (w, y) => {
        const kernel = w.Tensor.make([1, -2, 1], { shape: [3, 1, 1], dtype: x.dtype as "float64" })
        return w.reshape(w.convTranspose(w.reshape(y, [1, n, 1]) as any, kernel, { stride: 2 }) as any, [2 * n + 1])
      }
    }
  }),
  ranked("maxPool", (x) => {
    const [n] = x.shape
    if (x.shape.length !== 1 || n! < 2) return undefined
    const places = Math.floor(n! / 2)
    return {
      type: { ...x, shape: [places] },
      write: (w, y) => w.reshape(w.maxPool(w.reshape(y, [1, n!, 1]) as any, 2) as any, [places])
    }
  }, "kinked"),
  ranked("spectrum", (x, axis) => {
    const n = x.shape[axis]!
    const most = 2 * n * Math.max(-x.low, x.high)
    return n === 0 ? undefined : {
      type: { ...x, low: -most, high: most },
      write: (w, y) => w.irfft({ re: y, im: w.mul(0.5, y) } as any, { axis, n, norm: "forward" })
    }
  }),
  ranked("resize", (x) => {
    const shape = x.shape.map((d) => d === 0 ? 0 : d + 1)
    return { type: { ...x, shape }, write: (w, y) => w.resize(y, shape) }
  })
]

const indices = (w: Vocabulary, data: ReadonlyArray<number>, shape: Shape = [data.length]): any =>
  w.Tensor.make(data, { shape, dtype: "int32" })

/** Indexing, by constants and by what was computed, and sorting. */
export const indexing: ReadonlyArray<Word> = [
  ranked("take", (x, axis) => ({
    type: { ...x, shape: withDim(x.shape, axis, 3) },
    write: (w, y) => w.take(y, indices(w, [0, x.shape[axis]! - 1, 0]), { axis })
  })),
  {
    name: "take",
    manner: "smooth",
    takes: [isIndex, isRanked],
    fit: ([i, x], dial) => {
      const axis = x!.shape.findIndex((d, a) => a >= dial % x!.shape.length && d > i!.high)
      if (axis === -1 || i!.low < 0) return undefined
      const shape = [...x!.shape.slice(0, axis), ...i!.shape, ...x!.shape.slice(axis + 1)]
      return { gives: () => [{ ...x!, shape }], write: (w, [i, x]) => w.take(x!, i as never, { axis }) }
    }
  },
  ranked("gather", (x) => ({
    type: { ...x, shape: [2, ...x.shape.slice(1)] },
    write: (w, y) => w.gather(y, indices(w, [x.shape[0]! - 1, 0], [2, 1]))
  })),
  {
    name: "takeAlongAxis",
    manner: "smooth",
    takes: [isIndex, isRanked],
    fit: ([i, x]) => {
      const axis = x!.shape.length - 1
      const isAlong = i!.shape.length === x!.shape.length && i!.shape.every((d, a) => a === axis || d === x!.shape[a])
      if (!isAlong || i!.low < 0 || i!.high >= x!.shape[axis]!) return undefined
      return { gives: () => [{ ...x!, shape: i!.shape }], write: (w, [i, x]) => w.takeAlongAxis(x!, i as never, axis) }
    }
  },
  {
    name: "scatterAdd",
    manner: "smooth",
    takes: [isIndex, isRanked],
    fit: ([i, x]) => {
      if (i!.shape.length !== 1 || x!.shape.length < 1 || x!.shape[0] !== i!.shape[0] || i!.low < 0) return undefined
      const { dtype } = x!
      const n = i!.shape[0]!
      const rows = [i!.high + 2, ...x!.shape.slice(1)]
      const [low, high] = summed(x!, n)
      return {
        gives: () => [{ ...x!, shape: rows, low: Math.min(0, low) + 1, high: Math.max(0, high) + 1 }],
        write: (w, [i, x]) =>
          w.scatterAdd(w.Tensor.ones(rows, dtype) as never, w.expandDims(i!, 1) as never, x as never)
      }
    }
  },
  {
    name: "oneHot",
    manner: "stepped",
    takes: [isIndex],
    fit: ([i]) =>
      i!.low < 0 ? undefined : {
        gives: () => [{ shape: [...i!.shape, i!.high + 1], dtype: "float64", low: 0, high: 1 }],
        write: (w, [x]) => w.oneHot(x as never, i!.high + 1)
      }
  },
  ranked("sort", (x, axis) => ({ type: x, write: (w, x) => w.sort(x, { axis }) }), "kinked"),
  ranked("sort", (x) => ({ type: x, write: (w, x) => w.sort(x, { descending: true }) }), "kinked")
]

/** A word for two floats, each element of whose result is a sum of products. */
const product = (
  name: string,
  of: (
    x: Shape,
    y: Shape,
    dial: number
  ) => readonly [shape: Shape, terms: number, write: (w: Vocabulary, x: any, y: any) => unknown] | undefined
): Word => ({
  name,
  manner: "smooth",
  takes: [isRanked, isRanked],
  fit: ([x, y], dial) => {
    const found = of(x!.shape, y!.shape, dial)
    if (found === undefined || x!.low === -Infinity || y!.low === -Infinity) return undefined
    const [shape, terms, write] = found
    const most = terms * Math.max(-x!.low, x!.high) * Math.max(-y!.low, y!.high)
    return {
      gives: () => [{ shape, dtype: promoted([x!, y!]), low: -most, high: most }],
      write: (w, [x, y]) => write(w, x, y)
    }
  }
})

/** Contractions. */
export const contractions: ReadonlyArray<Word> = [
  product("matmul", (x, y) => {
    const inner = x.at(-1)!
    if (inner !== (y.length === 1 ? y[0] : y.at(-2))) return undefined
    const batch = broadcast(x.slice(0, -2), y.slice(0, -2))
    return batch &&
      [
        [...batch, ...x.length > 1 ? [x.at(-2)!] : [], ...y.length > 1 ? [y.at(-1)!] : []],
        inner,
        (w, x, y) => w.matmul(x, y)
      ]
  }),
  product(
    "outer",
    (x, y) => x.length === 1 && y.length === 1 ? [[x[0]!, y[0]!], 1, (w, x, y) => w.outer(x, y)] : undefined
  ),
  product("tensordot", (x, y, dial) => {
    // axes in any order
    const [i, j] = [dial % x.length, (dial >> 1) % y.length]
    return x[i] === y[j]
      ? [[...without(x, i), ...without(y, j)], x[i]!, (w, x, y) => w.tensordot(x, y, [[i], [j]])]
      : undefined
  }),
  product("tensordot", (x, y) =>
    x.length === 2 && y.length === 2 && x[0] === y[1] && x[1] === y[0]
      ? [[], size(x), (w, x, y) => w.tensordot(x, y, [[0, 1], [1, 0]])]
      : undefined),
  product("einsum", (x, y, dial) => {
    const spec = specs.filter(([ranks, same]) => ranks[0] === x.length && ranks[1] === y.length && same(x, y))
    const found = spec[dial % Math.max(1, spec.length)]
    return found && [found[2](x, y), size(x), (w, x, y) => w.einsum(found[3] as never, x, y as never)]
  })
]

/** Two operands of einsum: their ranks, what must be equal, the shape of the result. */
const specs: ReadonlyArray<
  readonly [readonly [number, number], (x: Shape, y: Shape) => boolean, (x: Shape, y: Shape) => Shape, string]
> = [
  [[1, 1], (x, y) => x[0] === y[0], () => [], "i,i->"],
  [[1, 1], () => true, (x, y) => [y[0]!, x[0]!], "i,j->ji"],
  [[1, 2], (x, y) => x[0] === y[1], (_, y) => [y[0]!], "j,ij->i"],
  [[2, 1], (x, y) => x[0] === y[0], (x) => [x[1]!], "ij,i->j"],
  [[2, 2], (x, y) => x[0] === y[0], (x, y) => [y[1]!, x[1]!], "ki,kj->ji"],
  [[2, 2], (x, y) => x.join() === y.join(), (x) => [x[0]!], "ij,ij->i"],
  [[2, 2], (x) => x[0] === x[1], (x, y) => [x[0]!, y[1]!], "ii,kj->ij"]
]

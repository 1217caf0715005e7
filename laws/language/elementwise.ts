/**
 * Words for elementwise ops, made from the domain table: operands are brought into a region where the op is smooth, and
 * the range of the result is what the op gives there.
 */
import * as Effect from "effect/Effect"
import * as wengert from "../../src/index.ts"
import type { Elementwise, Interval } from "../domains.ts"
import { domains } from "../domains.ts"
import { within } from "./conform.ts"
import type { Manner, Type, Value, Vocabulary, Word } from "./syntax.ts"
import { broadcast, isFloatType, promoted } from "./syntax.ts"

type Name = keyof typeof domains
type Op = (...xs: ReadonlyArray<wengert.Operand>) => Effect.Effect<wengert.Tensor, any>

const { Tensor } = wengert

/** Points from one end of an interval to the other. */
const grid = ([low, high]: Interval, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, i) => low + (high - low) * i / (count - 1))

/** The range of an op on a box: of what it gives on a grid, and a little more. */
const rangeOf = (op: Op, box: ReadonlyArray<Interval>): Interval => {
  const points = box.reduce<ReadonlyArray<ReadonlyArray<number>>>(
    (lists, interval) => lists.flatMap((list) => grid(interval, box.length === 1 ? 33 : 9).map((x) => [...list, x])),
    [[]]
  )
  const columns = box.map((_, k) => Tensor.make(points.map((p) => p[k]!)))
  const data = Array.from(Effect.runSync(Effect.flatMap(op(...columns), Tensor.data)))
  const [low, high] = [Math.min(...data), Math.max(...data)]
  const margin = 0.05 * (high - low)
  return [low === 0 ? 0 : low - margin, high + margin]
}

/** A word for an elementwise op on the regions given. */
const elementwise = (name: Name, regions: Elementwise["regions"], manner: Manner = "smooth"): Word => {
  const op = (wengert as unknown as Record<string, Op>)[name]!
  return {
    name,
    manner,
    takes: regions[0]!.map(() => isFloatType),
    fit: (types, dial) => {
      const shape = broadcast(...types.map((t) => t.shape))
      if (shape === undefined) return undefined
      const region = regions[dial % regions.length]!
      const box = types.map(({ high, low }, k): Interval => {
        const [min, max] = region[k]!
        return low >= min && high <= max ? [low, high] : [min, max]
      })
      const [low, high] = rangeOf(op, box)
      if (!Number.isFinite(low) || !Number.isFinite(high)) return undefined
      return {
        gives: () => [{ shape, dtype: promoted(types), low, high }],
        // every name of the table is an op
        write: (w, xs) =>
          (w as unknown as Record<string, Op>)[name]!(...xs.map((x, k) => within(types[k]!, region[k]!)(w, x)))
      }
    }
  }
}

/** Ops with more room than their table entry: linear and bilinear ones, which keep the ranges that they get. */
const arithmetic = (
  name: "add" | "mul" | "neg" | "square" | "sub",
  of: (...xs: ReadonlyArray<number>) => number
): Word => ({
  name,
  manner: "smooth",
  takes: Array.from({ length: of.length === 0 ? 2 : of.length }, () => isFloatType),
  fit: (types) => {
    const shape = broadcast(...types.map((t) => t.shape))
    if (shape === undefined) return undefined
    const ends = types.reduce<ReadonlyArray<ReadonlyArray<number>>>(
      (lists, { high, low }) => lists.flatMap((list) => [[...list, low], [...list, high]]),
      [[]]
    ).map((list) => of(...list))
    const isKnown = types.every(({ low }) => low !== -Infinity)
    if (!isKnown && (name === "mul" || name === "square")) return undefined
    const [low, high] = isKnown
      ? [Math.min(...ends, name === "square" ? 0 : Infinity), Math.max(...ends)]
      : [-Infinity, Infinity]
    return {
      gives: () => [{ shape, dtype: promoted(types), low, high }],
      write: (w, xs) => (w as unknown as Record<string, Op>)[name]!(...xs)
    }
  }
})

/** Sums, products and their like. */
export const algebra: ReadonlyArray<Word> = [
  arithmetic("neg", (x) => -x),
  arithmetic("add", (x, y) => x + y),
  arithmetic("mul", (x, y) => x * y),
  arithmetic("sub", (x, y) => x - y),
  arithmetic("square", (x) => x * x)
]

/** A continuous word with kinks; `range` gives the range of the result. */
const withKinks = (
  name: "abs" | "clip" | "maximum" | "minimum" | "relu",
  range: (low: ReadonlyArray<number>, high: ReadonlyArray<number>) => Interval,
  write: (w: Vocabulary, x: Value, y: Value) => unknown,
  arity: 1 | 2 = 1
): Word => ({
  name,
  manner: "kinked",
  takes: Array.from({ length: arity }, () => isFloatType),
  fit: (types) => {
    const shape = broadcast(...types.map((t) => t.shape))
    const [low, high] = range(types.map((t) => t.low), types.map((t) => t.high))
    return shape && {
      gives: () => [{ shape, dtype: promoted(types), low, high }],
      write: (w, [x, y]) => write(w, x!, y!)
    }
  }
})

/** Ops with kinks, on both sides of them. */
export const kinked: ReadonlyArray<Word> = [
  withKinks("abs", ([a], [b]) => [0, Math.max(-a!, b!)], (w, x) => w.abs(x)),
  withKinks("relu", (_, [b]) => [0, Math.max(0, b!)], (w, x) => w.relu(x)),
  withKinks("maximum", (a, b) => [Math.max(...a), Math.max(...b)], (w, x, y) => w.maximum(x, y), 2),
  withKinks("minimum", (a, b) => [Math.min(...a), Math.min(...b)], (w, x, y) => w.minimum(x, y), 2),
  withKinks("clip", () => [-1, 1], (w, x) => w.clip(x, -1, 1)),
  withKinks("clip", ([, a], [, b]) => [a! - 1, b! + 1], (w, x, y) => w.clip(x, w.sub(y, 1), w.add(y, 1)), 2)
]

const spoken = new Set([...algebra, ...kinked].map(({ name }) => name))

/** Every other elementwise op, where it is smooth. */
export const smooth: ReadonlyArray<Word> = Object.entries(domains).flatMap(([name, domain]) =>
  // two names belong to the derivatives of other ops, and no op
  domain.kind !== "elementwise" || spoken.has(name) || !(name in wengert)
    ? []
    : [elementwise(name as Name, domain.regions)]
)

/** A threshold that no value ties with: a golden fraction of the range. */
const threshold = ({ high, low }: Type, dial: number): number => {
  const [from, to] = low === -Infinity ? [-1, 1] : [low, high]
  return Math.round(1e3 * (from + (to - from) * ((dial + 1) * 0.6180339887 % 1))) / 1e3 + 0.0003
}

const bool = (shape: Type["shape"]): Type => ({ shape, dtype: "bool", low: 0, high: 1 })
const isBool = ({ dtype }: Type): boolean => dtype === "bool"

/** Steps, whose derivative is 0, and predicates. */
export const steps: ReadonlyArray<Word> = [
  ...(["floor", "ceil", "round", "trunc", "sign"] as const).map((name): Word => ({
    name,
    manner: "stepped",
    takes: [isFloatType],
    fit: ([x]) => ({
      gives: () => [{
        ...x!,
        low: name === "sign" ? -1 : Math.floor(x!.low),
        high: name === "sign" ? 1 : Math.ceil(x!.high)
      }],
      write: (w, [x]) => w[name](x!)
    })
  })),
  ...(["greater", "less", "greaterEqual", "lessEqual"] as const).map((name): Word => ({
    name,
    manner: "stepped",
    takes: [isFloatType],
    fit: ([x], dial) => ({ gives: () => [bool(x!.shape)], write: (w, [y]) => w[name](y!, threshold(x!, dial)) })
  })),
  {
    name: "equal",
    manner: "stepped",
    takes: [isFloatType],
    fit: ([x], dial) => ({
      gives: () => [bool(x!.shape)],
      write: (w, [y]) => (dial % 2 === 0 ? w.equal : w.notEqual)(y!, threshold(x!, dial))
    })
  },
  {
    name: "isFinite",
    manner: "stepped",
    takes: [isFloatType],
    fit: ([x], dial) => ({
      gives: () => [bool(x!.shape)],
      write: (w, [y]) => (dial % 2 === 0 ? w.isFinite : w.isNaN)(y!)
    })
  },
  {
    name: "logicalNot",
    manner: "stepped",
    takes: [isBool],
    fit: ([x]) => ({ gives: () => [x!], write: (w, [x]) => w.logicalNot(x!) })
  },
  ...(["logicalAnd", "logicalOr"] as const).map((name): Word => ({
    name,
    manner: "stepped",
    takes: [isBool, isBool],
    fit: ([x, y]) => {
      const shape = broadcast(x!.shape, y!.shape)
      return shape === undefined ? undefined : { gives: () => [bool(shape)], write: (w, [x, y]) => w[name](x!, y!) }
    }
  })),
  {
    name: "any",
    manner: "stepped",
    takes: [isBool],
    fit: (_, dial) => ({ gives: () => [bool([])], write: (w, [x]) => (dial % 2 === 0 ? w.any : w.all)(x!) })
  },
  {
    name: "cast",
    manner: "stepped",
    takes: [({ dtype }) => dtype !== "float64"],
    fit: ([x]) => ({ gives: () => [{ ...x!, dtype: "float64" }], write: (w, [x]) => w.cast(x!, "float64") })
  },
  {
    // numbers of float32 are not exact
    name: "float32",
    manner: "stepped",
    takes: [({ dtype }) => dtype === "bool" || dtype === "int32"],
    fit: ([x]) => ({ gives: () => [{ ...x!, dtype: "float32" }], write: (w, [x]) => w.cast(x!, "float32") })
  },
  {
    name: "argmax",
    manner: "stepped",
    takes: [(type) => isFloatType(type) && type.shape.length > 0],
    fit: ([x], dial) => {
      const axis = x!.shape.length - 1
      return {
        gives: () => [{ shape: x!.shape.slice(0, -1), dtype: "int32", low: 0, high: x!.shape.at(-1)! - 1 }],
        write: (w, [x]) => (dial % 2 === 0 ? w.argmax : w.argmin)(x!, { axis })
      }
    }
  },
  {
    name: "argsort",
    manner: "stepped",
    takes: [(type) => isFloatType(type) && type.shape.length > 0],
    fit: ([x], dial) => ({
      gives: () => [{ shape: x!.shape, dtype: "int32", low: 0, high: x!.shape.at(-1)! - 1 }],
      write: (w, [x]) => w.argsort(x!, { descending: dial % 2 === 1 })
    })
  }
]

/** Choices by predicates, and what stops. */
export const selection: ReadonlyArray<Word> = [
  {
    name: "where",
    manner: "smooth",
    takes: [isBool, isFloatType, isFloatType],
    fit: ([m, x, y]) => {
      const shape = broadcast(m!.shape, x!.shape, y!.shape)
      if (shape === undefined) return undefined
      const type = { shape, dtype: promoted([x!, y!]), low: Math.min(x!.low, y!.low), high: Math.max(x!.high, y!.high) }
      return { gives: () => [type], write: (w, [m, x, y]) => w.where(m as never, x!, y!) }
    }
  },
  {
    name: "mask",
    manner: "smooth",
    takes: [isBool, isFloatType],
    fit: ([m, x], dial) => {
      if (broadcast(m!.shape, x!.shape)?.join() !== x!.shape.join()) return undefined
      const fill = dial % 4 - 1
      return {
        gives: () => [{ ...x!, low: Math.min(x!.low, fill), high: Math.max(x!.high, fill) }],
        write: (w, [m, x]) => fill === 0 ? w.mask(x!, m as never) : w.mask(x!, m as never, fill)
      }
    }
  },
  {
    // what is not selected is singular: a leak would show
    name: "sqrt",
    manner: "stepped",
    takes: [isFloatType],
    fit: ([x], dial) => {
      const at = threshold(x!, dial)
      const top = x!.low === -Infinity ? Infinity : Math.sqrt(Math.max(0, x!.high - at) + 1)
      return {
        gives: () => [{ ...x!, low: -1, high: top }],
        write: (w, [y]) => w.where(w.greater(y!, at), w.sqrt(w.sub(y!, at)), w.neg(w.sigmoid(y!)))
      }
    }
  },
  {
    name: "stopGradient",
    manner: "stepped",
    takes: [isFloatType],
    fit: ([x]) => ({ gives: () => [x!], write: (w, [x]) => w.stopGradient(x!) })
  }
]

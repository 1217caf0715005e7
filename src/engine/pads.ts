/**
 * Sums of padded tensors that do not meet: the parts of a gradient by slices. They are the parts next to each other.
 */
import { sizeOf } from "../core/shape.ts"
import type { Site } from "../core/site.ts"
import type { Variable } from "../core/trace.ts"
import type { ParamsOfPrimitive } from "../ops/vocabulary.ts"
import type { Rewriter } from "./rewriter.ts"

/** A part of an axis. */
interface Part {
  readonly start: number
  readonly value: Variable
}

/** What is padded along one axis alone, without gaps, and along which. */
const partOf = (rewriter: Rewriter, v: Variable): { readonly axis: number; readonly part: Part } | undefined => {
  const producer = rewriter.producerOf(v)
  if (producer?.primitive.name !== "pad") return undefined
  // the name says what the parameters are
  const { high, interior, low } = producer.params as ParamsOfPrimitive<"pad">
  const padded = low.flatMap((n, a) => n + high[a]! > 0 ? [a] : [])
  if (padded.length !== 1 || interior.some((n) => n > 0)) return undefined
  return { axis: padded[0]!, part: { start: low[padded[0]!]!, value: producer.operands[0]! } }
}

/** A concatenation of parts and zeros, in which each part was made by `merged`. */
const partsOf = (rewriter: Rewriter, v: Variable, axis: number): ReadonlyArray<Part> | undefined => {
  const producer = rewriter.producerOf(v)
  if (producer?.primitive.name !== "concat" || producer.params["axis"] !== axis) return undefined
  let start = 0
  const parts: Array<Part> = []
  for (const value of producer.operands) {
    const isZero = Object.is(rewriter.uniformOf(value), 0)
    // 0 + x, which a further 0 does not change
    if (!isZero && !isSumWithZero(rewriter, value)) return undefined
    if (!isZero) parts.push({ start, value })
    start += rewriter.avalOf(value).shape[axis]!
  }
  return parts
}

const isSumWithZero = (rewriter: Rewriter, v: Variable): boolean => {
  const producer = rewriter.producerOf(v)
  return producer?.primitive.name === "add" && Object.is(rewriter.uniformOf(producer.operands[1]!), 0)
}

/**
 * The sum of two tensors, padded along one axis, that do not overlap: their concatenation, with 0 added to each, since −0 + 0
 * is 0. One may be such a sum itself.
 */
export const merged = (
  rewriter: Rewriter,
  [x, y]: readonly [Variable, Variable],
  site: Site | undefined
): Variable | undefined => {
  const found = partOf(rewriter, y) ?? partOf(rewriter, x)
  if (found === undefined) return undefined
  const { axis, part } = found
  const other = partOf(rewriter, y) === undefined ? y : x
  const single = partOf(rewriter, other)
  const rest = single?.axis === axis ? [single.part] : partsOf(rewriter, other, axis)
  if (rest === undefined) return undefined
  const sizeAt = (v: Variable) => rewriter.avalOf(v).shape[axis]!
  const parts = [...rest, part].filter((p) => sizeAt(p.value) > 0).toSorted((a, b) => a.start - b.start)
  const meets = parts.some((p, i) => i > 0 && parts[i - 1]!.start + sizeAt(parts[i - 1]!.value) > p.start)
  const aval = rewriter.avalOf(x)
  if (meets || sizeOf(aval.shape) === 0) return undefined
  const withZero = (v: Variable): Variable =>
    isSumWithZero(rewriter, v)
      ? v
      : rewriter.apply("add", [v, rewriter.filled(rewriter.avalOf(v), 0)], {}, site)
  const pieces: Array<Variable> = []
  let end = 0
  const zeros = (upTo: number): void => {
    if (upTo > end) pieces.push(rewriter.filled({ dtype: aval.dtype, shape: aval.shape.with(axis, upTo - end) }, 0))
  }
  for (const { start, value } of parts) {
    zeros(start)
    pieces.push(withZero(value))
    end = start + sizeAt(value)
  }
  zeros(aval.shape[axis]!)
  return rewriter.apply("concat", pieces, { axis }, site)
}

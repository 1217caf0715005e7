/**
 * Values made to be of a type, so that a sub-program gives what is asked of it.
 */
import type { Phrase, Type, Value, Vocabulary } from "./syntax.ts"
import { broadcast } from "./syntax.ts"

type Make = (w: Vocabulary, x: any) => any

/** `x` from low to high: unchanged where it is known to be. */
export const within = (
  { high, low }: Type,
  [min, max]: readonly [number, number],
  squash: "tanh" | "clip" = "tanh"
): Make =>
  low >= min && high <= max
    ? (_, x) => x
    : squash === "clip"
    ? (w, x) => w.clip(x, min, max)
    : min === -max
    ? (w, x) => w.mul(max, w.tanh(x))
    : (w, x) => w.add((min + max) / 2, w.mul((max - min) / 2, w.tanh(x)))

const isShape = (a: Type, b: Type): boolean => a.shape.join() === b.shape.join()

/** What makes a float of one type one of another; nothing where it is already. */
export const conform = (from: Type, to: Type, squash: "tanh" | "clip"): Phrase | undefined => {
  const isIn = from.low >= to.low && from.high <= to.high
  if (to.dtype === "bool") {
    // nothing that is computed from short numbers ties with this one
    const isPositive: Make = (w, x) => w.greater(x, 0.37)
    return {
      gives: () => [to],
      write: (w, [x]) => from.shape.length === 0 ? isPositive(w, x) : w.any(isPositive(w, x))
    }
  }
  if (isIn && isShape(from, to) && from.dtype === to.dtype) return undefined
  const fits = broadcast(from.shape, to.shape)?.join() === to.shape.join()
  // a mean is not exact, and a sum may leave the range
  const [reduce, range] = squash === "clip"
    ? ["sum", { ...from, low: -Infinity }] as const
    : ["mean", from] as const
  const bounded = within(fits ? from : range, [to.low, to.high], squash)
  return {
    gives: () => [to],
    write: (w, [x]) => {
      const inside: Value = fits ? bounded(w, x) : bounded(w, reduce === "sum" ? w.sum(x!) : w.mean(x!))
      const shaped: Value = isShape(fits ? from : { ...from, shape: [] }, to)
        ? inside
        : w.broadcastTo(inside, to.shape) as any
      return from.dtype === to.dtype ? shaped : w.cast(shaped, to.dtype)
    }
  }
}

/**
 * Words of random numbers: with a key of their own, so that a program draws the same each time that it runs.
 */
import { within } from "./conform.ts"
import type { Word } from "./syntax.ts"
import { isFloatType } from "./syntax.ts"

/** Random numbers. */
export const random: ReadonlyArray<Word> = [
  {
    name: "noise",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x], dial) => ({
      gives: () => [{ ...x!, low: x!.low - 1, high: x!.high + 1 }],
      write: (w, [a]) => {
        const noise = w.Random.uniform(w.Random.key(dial), x!.shape, { min: -1, dtype: x!.dtype as "float64" })
        return w.add(a!, noise as any)
      }
    })
  },
  {
    name: "truncatedNormal",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x], dial) => ({
      gives: () => [{ ...x!, low: -1, high: 2 }],
      write: (w, [a]) => w.Random.truncatedNormal(w.Random.key(dial), within(x!, [-1, 1])(w, a), 2, x!.shape)
    })
  },
  {
    name: "dropout",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x], dial) => ({
      gives: () => [{ ...x!, low: Math.min(0, x!.low), high: Math.max(0, x!.high) }],
      write: (w, [a]) => w.where(w.Random.bernoulli(w.Random.key(dial), 0.5, x!.shape) as any, a as any, 0)
    })
  }
]

/**
 * Long lists made short: blocks of equations that repeat, as an unrolled loop leaves them, and parts of what is long still.
 */

/** A place among the equations of a list: one equation, a block that stands `count` times in a row, or some entries. */
export type Entry =
  | { readonly kind: "equation"; readonly start: number; readonly end: number }
  | {
    readonly kind: "repeat"
    readonly start: number
    readonly end: number
    readonly period: number
    readonly body: ReadonlyArray<Entry>
  }
  | { readonly kind: "part"; readonly start: number; readonly end: number; readonly body: ReadonlyArray<Entry> }

/** Blocks are at most so long. */
const longest = 1000

/** A repetition that covers fewer equations is not worth a fold. */
const worthwhile = 8

/** The repetition that starts here and covers the most; of those that cover as much, that of the shortest block. */
const repetitionAt = (words: ReadonlyArray<number>, start: number, end: number) => {
  let best: { readonly period: number; readonly count: number } | undefined
  for (let period = 1; period <= Math.min(longest, (end - start) >> 1); period++) {
    if (words[start] !== words[start + period]) continue
    let same = start
    while (same + period < end && words[same] === words[same + period]) same++
    const count = Math.floor((same - start) / period) + 1
    if (count > 2 && count * period > (best === undefined ? worthwhile - 1 : best.count * best.period)) {
      best = { period, count }
    }
  }
  return best
}

/** The equations from `start` to `end` as entries, equations that are alike being the same word. */
const folded = (words: ReadonlyArray<number>, start: number, end: number): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  for (let i = start; i < end;) {
    const found = repetitionAt(words, i, end)
    const next = i + (found === undefined ? 1 : found.count * found.period)
    entries.push(
      found === undefined
        ? { kind: "equation", start: i, end: next }
        : { kind: "repeat", start: i, end: next, period: found.period, body: folded(words, i, i + found.period) }
    )
    i = next
  }
  return entries
}

/** More entries are not drawn side by side: a layout takes long, and nobody finds a way in it. */
const crowded = 120

/** Entries in parts of about √n, where they are too many. */
const parted = (entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> => {
  if (entries.length <= crowded) return entries
  const size = Math.min(crowded, Math.max(24, Math.ceil(Math.sqrt(entries.length))))
  const parts: Array<Entry> = []
  for (let i = 0; i < entries.length; i += size) {
    const body = entries.slice(i, i + size)
    parts.push({ kind: "part", start: body[0]!.start, end: body.at(-1)!.end, body })
  }
  return parted(parts)
}

const partedInside = (entry: Entry): Entry =>
  entry.kind === "repeat" ? { ...entry, body: parted(entry.body.map(partedInside)) } : entry

/** The entries of a list, its equations given by words: those that are alike have the same. */
export const entriesOf = (words: ReadonlyArray<string>): ReadonlyArray<Entry> => {
  const numbers = new Map<string, number>()
  const known = words.map((word) => {
    const n = numbers.get(word) ?? numbers.size
    numbers.set(word, n)
    return n
  })
  return parted(folded(known, 0, known.length).map(partedInside))
}

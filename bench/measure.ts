/**
 * Times, as medians, and tables of them.
 */

/** A result, and the median of the milliseconds that it took. */
export interface Measured<A> {
  readonly result: A
  readonly milliseconds: number
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}

/** Milliseconds on the clock and on the processor of everything measured so far. */
const spent = { clock: 0, processor: 0 }

/** Runs `work` until half a second is over, at least three times and at most a hundred; the first run warms up. */
export const measure = <A>(work: () => A, budget = 500): Measured<A> => {
  let result = work()
  const times: Array<number> = []
  const before = { clock: performance.now(), processor: process.cpuUsage() }
  const end = performance.now() + budget
  while (times.length < 3 || (times.length < 100 && performance.now() < end)) {
    const start = performance.now()
    result = work()
    times.push(performance.now() - start)
  }
  const { system, user } = process.cpuUsage(before.processor)
  spent.clock += performance.now() - before.clock
  spent.processor += (system + user) / 1000
  return { result, milliseconds: median(times) }
}

/** Says so, if something else has had the processor for a good part of what was measured: then times are too long. */
export const warnIfBusy = (): void => {
  const share = 1 - spent.processor / spent.clock
  if (share > 0.1) {
    console.log(`\n  The machine is busy: ${(100 * share).toFixed(0)} % of these times were spent waiting.`)
  }
}

/** Three significant digits, or all of a large number. */
export const show = (x: number): string => x >= 100 ? x.toFixed(0) : x.toPrecision(3)

/** Prints rows under headings: the first column to the left, numbers to the right. */
export const table = (headings: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): void => {
  const cells = [headings, ...rows].map((row) => row.map((cell) => typeof cell === "number" ? show(cell) : cell))
  const widths = headings.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)))
  for (const [r, row] of cells.entries()) {
    console.log(`  ${row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("   ")}`)
    if (r === 0) console.log(`  ${widths.map((width) => "─".repeat(width)).join("   ")}`)
  }
}

/** Throws unless two numbers agree to this share of the second. */
export const agree = (what: string, found: number, expected: number, tolerance = 1e-9): void => {
  if (!(Math.abs(found - expected) <= tolerance * Math.abs(expected))) {
    throw new Error(`${what}: ${found} instead of ${expected}`)
  }
}

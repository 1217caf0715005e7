/**
 * The memory plan: which bytes of one arena each value has, and for how long. Nothing is allocated when a program runs.
 */

/** Everything is aligned to this many bytes. */
const alignment = 16

/** A first-fit allocator over addresses from 0, which knows the most that was ever used. */
export class Arena {
  /** What is free, in order; the last range has no end. */
  readonly #free: Array<[from: number, to: number]> = [[0, Infinity]]
  readonly #sizes = new Map<number, number>()
  #peak = 0

  /** The most bytes that were in use at once, holes between them included. */
  get peak(): number {
    return this.#peak
  }

  allocate(bytes: number): number {
    // vectors read beyond the end
    const size = Math.ceil((bytes + alignment) / alignment) * alignment
    const i = this.#free.findIndex(([from, to]) => to - from >= size)
    const range = this.#free[i]!
    const [at] = range
    range[0] += size
    if (range[0] === range[1]) this.#free.splice(i, 1)
    this.#sizes.set(at, size)
    this.#peak = Math.max(this.#peak, at + size)
    return at
  }

  free(at: number): void {
    const size = this.#sizes.get(at)
    if (size === undefined) return
    this.#sizes.delete(at)
    const i = this.#free.findIndex(([from]) => from > at)
    const [before, after] = [this.#free[i - 1], this.#free[i]!]
    if (after[0] === at + size) after[0] = at
    else this.#free.splice(i, 0, [at, at + size])
    const range = this.#free[before === undefined ? 0 : i]!
    if (before !== undefined && before[1] === range[0]) {
      before[1] = range[1]
      this.#free.splice(i, 1)
    }
  }
}

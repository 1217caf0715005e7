/**
 * Sets of whole numbers below some size, known by numbers of their own, so that values whose elements depend on the same
 * inputs share one set: a sum of n elements and its broadcast cost n, not n².
 */

/** The set that is empty, and the one of all. */
export const empty = 0
export const full = 1

/** Sets of whole numbers below `size`. */
export class IndexSets {
  readonly size: number
  /** Elements that sets take together, at most; beyond, a set is taken for that of all, which holds it. */
  readonly #most: number
  #starts = new Int32Array(1024)
  #members: Int32Array
  #count = 0
  /** The last unions: of which sets, and what. A place for each hash. */
  readonly #cached: Int32Array
  readonly #mark: Int32Array
  #stamp = 0

  constructor(size: number, most: number) {
    this.size = size
    this.#most = most
    this.#members = new Int32Array(Math.max(1024, 2 * size))
    this.#cached = new Int32Array(3 * 2 ** Math.ceil(Math.log2(Math.max(1024, 2 * size)))).fill(-1)
    this.#mark = new Int32Array(size)
  }

  /** The set of one. */
  singleton(member: number): number {
    return this.size === 1 ? full : member + 2
  }

  /** How many members it has. */
  sizeOf(set: number): number {
    if (set === empty) return 0
    if (set === full) return this.size
    const s = set - 2 - this.size
    return s < 0 ? 1 : this.#starts[s + 1]! - this.#starts[s]!
  }

  /** Its members, ascending, written to `out` from `at` on; as many as were written. */
  copy(set: number, out: Int32Array, at: number): number {
    if (set === empty) return 0
    if (set === full) {
      for (let i = 0; i < this.size; i++) out[at + i] = i
      return this.size
    }
    const s = set - 2 - this.size
    if (s < 0) {
      out[at] = set - 2
      return 1
    }
    const [from, to] = [this.#starts[s]!, this.#starts[s + 1]!]
    for (let i = from; i < to; i++) out[at + i - from] = this.#members[i]!
    return to - from
  }

  /** What is in either. */
  union(a: number, b: number): number {
    if (a === b || b === empty || a === full) return a
    if (a === empty || b === full) return b
    const [x, y] = a < b ? [a, b] : [b, a]
    const places = this.#cached.length / 3
    const place = 3 * ((Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b)) & (places - 1))
    if (this.#cached[place] === x && this.#cached[place + 1] === y) return this.#cached[place + 2]!
    const found = this.#merge(x, y)
    this.#cached[place] = x
    this.#cached[place + 1] = y
    this.#cached[place + 2] = found
    return found
  }

  /** What is in any of them. */
  unionOf(sets: Int32Array, from: number, to: number): number {
    let one = empty
    let different = 0
    for (let i = from; i < to; i++) {
      const set = sets[i]!
      if (set === empty || set === one) continue
      if (set === full) return full
      different++
      if (different === 1) one = set
    }
    if (different < 2) return one
    // two or more: members are marked, and then put in order
    const stamp = ++this.#stamp
    let count = 0
    const at = this.#reserve(this.size)
    for (let i = from; i < to; i++) {
      const set = sets[i]!
      if (set === empty) continue
      const s = set - 2 - this.size
      if (s < 0) {
        count = this.#add(set - 2, stamp, at, count)
      } else {
        for (let k = this.#starts[s]!; k < this.#starts[s + 1]!; k++) {
          count = this.#add(this.#members[k]!, stamp, at, count)
        }
      }
      if (count === this.size) return full
    }
    this.#members.subarray(at, at + count).sort()
    return this.#close(at, count)
  }

  #add(member: number, stamp: number, at: number, count: number): number {
    if (this.#mark[member] === stamp) return count
    this.#mark[member] = stamp
    this.#members[at + count] = member
    return count + 1
  }

  /** The union of two sets that are neither empty nor full, and not the same. */
  #merge(x: number, y: number): number {
    const [n, m] = [this.sizeOf(x), this.sizeOf(y)]
    const at = this.#reserve(2 * (n + m))
    // both behind one another, behind the place of the result
    const left = at + n + m
    this.copy(x, this.#members, left)
    this.copy(y, this.#members, left + n)
    let [i, j, count] = [left, left + n, 0]
    while (i < left + n || j < left + n + m) {
      const a = i < left + n ? this.#members[i]! : this.size
      const b = j < left + n + m ? this.#members[j]! : this.size
      this.#members[at + count++] = a < b ? a : b
      if (a <= b) i++
      if (b <= a) j++
    }
    return count === this.size ? full : count === n ? x : count === m ? y : this.#close(at, count)
  }

  /** Place for so many members, behind those that are there. */
  #reserve(count: number): number {
    const at = this.#starts[this.#count]!
    if (at + count > this.#members.length) this.#members = grown(this.#members, 2 * (at + count))
    return at
  }

  /** The set whose members were written. */
  #close(at: number, count: number): number {
    if (at + count > this.#most) return full
    if (this.#count + 2 > this.#starts.length) this.#starts = grown(this.#starts, 2 * this.#starts.length)
    this.#starts[++this.#count] = at + count
    return this.#count + 1 + this.size
  }
}

const grown = (array: Int32Array, length: number): Int32Array<ArrayBuffer> => {
  const longer = new Int32Array(length)
  longer.set(array)
  return longer
}

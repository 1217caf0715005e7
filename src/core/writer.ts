/**
 * The writer of a list: it hands out variables, captures what comes from outside, and numbers values, so that an equation
 * which computes what another one computes already is that one.
 *
 * Source of the numbering: J. Cocke and J. T. Schwartz, "Programming Languages and Their Compilers", 1970.
 */
import type { DType } from "./dtype.ts"
import type { Primitive } from "./primitive.ts"
import { none } from "./primitive.ts"
import type { Site } from "./site.ts"
import { alsoAt } from "./site.ts"
import type { Aval, Tensor } from "./tensor.ts"
import { avalOf, dataOf, isConcrete, valueOf } from "./tensor.ts"
import type { Draft, Equation, Trace, Variable } from "./trace.ts"
import { seal } from "./trace.ts"
import type { TreeDef } from "./tree.ts"
import { tuple } from "./tree.ts"

/** An equation that may still learn of further calls that it serves. */
type Written = { -readonly [K in keyof Equation]: Equation[K] }

/** One step of an integer hash: xor and multiply (G. Fowler, L. C. Noll and K.-P. Vo, FNV). */
const mix = (hash: number, word: number): number => Math.imul(hash ^ word, 0x01000193)

/** A number that is the same for same parameters; lists and functions are left to the comparison. */
const hashParam = (value: unknown): number => {
  if (typeof value === "number") return value | 0
  if (typeof value === "boolean") return value ? 1 : 2
  if (typeof value === "string") return value.length
  return Array.isArray(value) ? value.reduce<number>((h, v) => mix(h, hashParam(v)), value.length) : 0
}

/** The same data, or the same list or function. */
const sameParam = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) ||
  (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((x, i) => sameParam(x, b[i])))

const sameParams = (a: Equation["params"], b: Equation["params"]): boolean => {
  if (a === b) return true
  for (const name in a) if (!sameParam(a[name], b[name])) return false
  return true
}

const sameOperands = (a: ReadonlyArray<Variable>, b: ReadonlyArray<Variable>, commutes: boolean): boolean => {
  if (commutes && a[0] === b[1] && a[1] === b[0]) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Places of what was written so far, by their hashes: a table with open addresses, half of them free, that grows. */
class Numbers {
  /** Places from 1 on; 0 is free. */
  #slots = new Int32Array(64)
  #hashes = new Int32Array(32)
  #count = 0

  /** The first slot where something with this hash may be. */
  slot(hash: number): number {
    return this.#seek(hash, spread(hash))
  }

  /** The next one. */
  after(hash: number, slot: number): number {
    return this.#seek(hash, slot + 1)
  }

  /** What is in a slot; −1 if nothing. */
  place(slot: number): number {
    return this.#slots[slot]! - 1
  }

  #seek(hash: number, from: number): number {
    const mask = this.#slots.length - 1
    let slot = from & mask
    for (;;) {
      const place = this.#slots[slot]!
      if (place === 0 || this.#hashes[place - 1] === hash) return slot
      slot = (slot + 1) & mask
    }
  }

  /** The hash of what comes next. */
  add(hash: number): void {
    if (this.#count === this.#hashes.length) {
      const hashes = new Int32Array(2 * this.#count)
      hashes.set(this.#hashes)
      this.#hashes = hashes
      this.#slots = new Int32Array(2 * this.#slots.length)
      for (let i = 0; i < this.#count; i++) this.#put(hashes[i]!, i + 1)
    }
    this.#hashes[this.#count++] = hash
    this.#put(hash, this.#count)
  }

  #put(hash: number, place: number): void {
    const mask = this.#slots.length - 1
    let slot = spread(hash) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = place
  }
}

/** The high bits of a product depend on all bits of its factors: down with them. */
const spread = (hash: number): number => hash ^ (hash >>> 15)

export class Writer {
  readonly #avals: Array<Aval> = []
  readonly #inputs: Array<Variable> = []
  readonly #captured = new Map<Variable, Tensor>()
  readonly #equations: Array<Written> = []
  /** Captured tensors, and captured scalars by value, so that each has one variable. */
  readonly #known = new Map<unknown, Variable>()
  readonly #constants = {
    float64: new Map(),
    float32: new Map(),
    int32: new Map(),
    bool: new Map()
  } as const satisfies { readonly [D in DType]: Map<unknown, Variable> }
  readonly #numbers = new Numbers()
  /** The avals of the last equation with one result, which the next one often shares. */
  #single: ReadonlyArray<Aval> = []

  /** Number of equations written so far. */
  get length(): number {
    return this.#equations.length
  }

  /** What the equation of a variable is; inputs and captured values have none. */
  producerOf(v: Variable): Equation | undefined {
    // equations stand in the order of their results
    let [low, high] = [0, this.#equations.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#equations[middle]!.result <= v) low = middle + 1
      else high = middle
    }
    const equation = this.#equations[low - 1]
    return equation !== undefined && v < equation.result + equation.results.length ? equation : undefined
  }

  /** The variable whose value an equation would have to the last bit: x·1 is x. */
  unchanged({ commutes, unit }: Primitive, [x, y]: ReadonlyArray<Variable>): Variable | undefined {
    if (unit === undefined || x === undefined || y === undefined) return undefined
    return this.#isEverywhere(y, unit) ? x : commutes === true && this.#isEverywhere(x, unit) ? y : undefined
  }

  /** Is a variable known to have this value in all elements? */
  #isEverywhere(v: Variable, value: number): boolean {
    const captured = this.#captured.get(v)
    if (captured !== undefined) {
      return isConcrete(captured) &&
        (captured.shape.length === 0 ? dataOf(captured)[0] : valueOf(captured)) === value
    }
    const producer = this.producerOf(v)
    return producer?.primitive.repeats === true && this.#isEverywhere(producer.operands[0] as Variable, value)
  }

  /** A new input. */
  input(aval: Aval): Variable {
    const v = this.#avals.push(avalOf(aval)) - 1
    this.#inputs.push(v)
    return v
  }

  /** The variable of a value from outside, the same one for the same value. */
  capture(tensor: Tensor): Variable {
    const value = isConcrete(tensor) && tensor.shape.length === 0 ? dataOf(tensor)[0]! : undefined
    const key = value === undefined ? tensor : Object.is(value, -0) ? "-0" : value
    const known: Map<unknown, Variable> = value === undefined ? this.#known : this.#constants[tensor.dtype]
    const found = known.get(key)
    if (found !== undefined) return found
    const v = this.#avals.push(avalOf(tensor)) - 1
    known.set(key, v)
    this.#captured.set(v, tensor)
    return v
  }

  /**
   * The equation that applies the primitive to values: the one that was written before, if there is one, or a new one. The
   * types of its results are inferred, if they are not known.
   */
  write(
    primitive: Primitive,
    operands: ReadonlyArray<Variable>,
    params: Equation["params"],
    values: ReadonlyArray<Aval>,
    site: Site | undefined,
    known?: ReadonlyArray<Aval>
  ): Equation {
    const hash = this.#hash(primitive, operands, params)
    const commutes = primitive.commutes === true
    for (let slot = this.#numbers.slot(hash);; slot = this.#numbers.after(hash, slot)) {
      const twin = this.#equations[this.#numbers.place(slot)]
      if (twin === undefined) break
      if (
        twin.primitive === primitive && sameOperands(twin.operands, operands, commutes) &&
        sameParams(twin.params, params)
      ) {
        if (site !== undefined) twin.site = alsoAt(twin.site, site)
        return twin
      }
    }
    const results = this.#frozen(known ?? primitive.infer(values, params))
    const equation: Written = { primitive, operands, params, result: this.#avals.length, results, site }
    this.#equations.push(equation)
    for (let r = 0; r < results.length; r++) this.#avals.push(results[r]!)
    this.#numbers.add(hash)
    return equation
  }

  /** What differs in the primitive alone, the comparison tells apart. */
  #hash(primitive: Primitive, operands: ReadonlyArray<Variable>, params: Equation["params"]): number {
    let hash = 0x811c9dc5
    if (primitive.commutes === true) {
      hash = mix(mix(hash, Math.min(operands[0]!, operands[1]!)), Math.max(operands[0]!, operands[1]!))
    } else for (let i = 0; i < operands.length; i++) hash = mix(hash, operands[i]!)
    if (params !== none) { for (const name in params) hash = mix(hash, hashParam(params[name])) }
    return hash
  }

  /** Avals of results, immutable. */
  #frozen(results: ReadonlyArray<Aval>): ReadonlyArray<Aval> {
    if (results.length !== 1) return Object.freeze(results.map(avalOf))
    const aval = avalOf(results[0]!)
    if (this.#single[0] !== aval) this.#single = Object.freeze([aval])
    return this.#single
  }

  /** What has been written so far. */
  get draft(): Draft {
    return { avals: this.#avals, inputs: this.#inputs, captured: this.#captured, equations: this.#equations }
  }

  /** The list that computes `outputs`, with the equations of the writer, which must not write again. */
  seal(
    outputs: ReadonlyArray<Variable>,
    argumentTree: TreeDef = tuple(this.#inputs.length),
    resultTree: TreeDef = tuple(outputs.length)
  ): Trace {
    return seal(this.draft, outputs, { argumentTree, resultTree, isLast: true })
  }
}

/**
 * The writer of a list: it hands out variables, captures what comes from outside, and numbers values, so that an equation
 * which computes what another one computes already is that one.
 *
 * Source of the numbering: J. Cocke and J. T. Schwartz, "Programming Languages and Their Compilers", 1970.
 */
import type { DType } from "./dtype.ts"
import type { Primitive } from "./primitive.ts"
import type { Site } from "./site.ts"
import { alsoAt } from "./site.ts"
import type { Aval, Tensor } from "./tensor.ts"
import { avalOf, dataOf, isConcrete } from "./tensor.ts"
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

/** The equations written so far, by their hashes: a table with open addresses, half of them free, that grows. */
class Numbers {
  /** Places of equations in the list, from 1 on. */
  #slots = new Int32Array(64)
  readonly #hashes: Array<number> = []
  readonly #equations: Array<Written>

  constructor(equations: Array<Written>) {
    this.#equations = equations
  }

  /** The equation with this hash that is `same`. */
  find(hash: number, same: (equation: Written) => boolean): Written | undefined {
    const mask = this.#slots.length - 1
    for (let slot = spread(hash) & mask;; slot = (slot + 1) & mask) {
      const place = this.#slots[slot]!
      if (place === 0) return undefined
      if (this.#hashes[place - 1] === hash && same(this.#equations[place - 1]!)) return this.#equations[place - 1]
    }
  }

  /** The hash of the last equation. */
  add(hash: number): void {
    this.#hashes.push(hash)
    if (2 * this.#hashes.length <= this.#slots.length) this.#place(hash, this.#hashes.length)
    else {
      this.#slots = new Int32Array(2 * this.#slots.length)
      for (let i = 0; i < this.#hashes.length; i++) this.#place(this.#hashes[i]!, i + 1)
    }
  }

  #place(hash: number, place: number): void {
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
  /** The equation that computes a variable. */
  readonly #producers: Array<Equation | undefined> = []
  /** Captured tensors, and captured scalars by value, so that each has one variable. */
  readonly #known = new Map<unknown, Variable>()
  readonly #constants = {
    float64: new Map(),
    float32: new Map(),
    int32: new Map(),
    bool: new Map()
  } as const satisfies { readonly [D in DType]: Map<unknown, Variable> }
  readonly #numbers = new Numbers(this.#equations)
  /** Primitives in the order in which they first came. */
  readonly #primitives = new Map<Primitive, number>()
  /** The avals of the last equation with one result, which the next one often shares. */
  #single: ReadonlyArray<Aval> = []

  /** Number of equations written so far. */
  get length(): number {
    return this.#equations.length
  }

  /** What the equation of a variable is; inputs and captured values have none. */
  producerOf(v: Variable): Equation | undefined {
    return this.#producers[v]
  }

  #variable(aval: Aval, producer: Equation | undefined): Variable {
    const v = this.#avals.push(aval) - 1
    this.#producers.push(producer)
    return v
  }

  /** A new input. */
  input(aval: Aval): Variable {
    const v = this.#variable(avalOf(aval), undefined)
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
    const v = this.#variable(avalOf(tensor), undefined)
    known.set(key, v)
    this.#captured.set(v, tensor)
    return v
  }

  /** The equation that applies the primitive: the one that was written before, if there is one, or a new one. */
  write(
    primitive: Primitive,
    operands: ReadonlyArray<Variable>,
    params: Equation["params"],
    infer: () => ReadonlyArray<Aval>,
    site: Site | undefined
  ): Equation {
    const commutes = primitive.commutes === true
    let first = this.#primitives.get(primitive)
    if (first === undefined) this.#primitives.set(primitive, first = this.#primitives.size)
    let hash = mix(0x811c9dc5, first)
    if (commutes) hash = mix(mix(hash, Math.min(operands[0]!, operands[1]!)), Math.max(operands[0]!, operands[1]!))
    else for (let i = 0; i < operands.length; i++) hash = mix(hash, operands[i]!)
    for (const name in params) hash = mix(hash, hashParam(params[name]))

    const twin = this.#numbers.find(
      hash,
      (e) => e.primitive === primitive && sameOperands(e.operands, operands, commutes) && sameParams(e.params, params)
    )
    if (twin !== undefined) {
      twin.site = alsoAt(twin.site, site)
      return twin
    }
    const results = this.#frozen(infer())
    const equation: Written = { primitive, operands, params, result: this.#avals.length, results, site }
    this.#equations.push(equation)
    for (let r = 0; r < results.length; r++) this.#variable(results[r]!, equation)
    this.#numbers.add(hash)
    return equation
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

  /** The list that computes `outputs`. */
  seal(
    outputs: ReadonlyArray<Variable>,
    argumentTree: TreeDef = tuple(this.#inputs.length),
    resultTree: TreeDef = tuple(outputs.length)
  ): Trace {
    return seal(this.draft, outputs, { argumentTree, resultTree })
  }
}

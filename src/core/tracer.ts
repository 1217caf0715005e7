/**
 * The tracer: the interpreter that writes a program down.
 *
 * A tracer knows the interpreter around it, its parent. Values of the parents and concrete tensors are captured; a value
 * of any other tracer has escaped. When a tracer was given values for its inputs, reading a traced tensor computes what
 * it needs in the parent, and remembers it: so the host's `if` and loops may depend on data under `grad`, and nothing is
 * computed that nobody reads.
 */
import * as Effect from "effect/Effect"
import type { DType } from "./dtype.ts"
import type { OpError } from "./errors.ts"
import { TracedValueError } from "./errors.ts"
import { attempt, escaped } from "./evaluator.ts"
import type { Interpreter } from "./interpreter.ts"
import type { Primitive } from "./primitive.ts"
import type { Site } from "./site.ts"
import type { Aval, ConcreteTensor, Tensor } from "./tensor.ts"
import { avalOf, dataOf, isConcrete, TracedTensor } from "./tensor.ts"
import type { Draft, Equation, Trace, Variable } from "./trace.ts"
import { seal } from "./trace.ts"
import { tuple } from "./tree.ts"

/** What a tracer may be told at the start. */
export interface TracerOptions {
  /** Where a decision can be read (the predicate of a `cond`), write down only what is taken. */
  readonly resolve?: boolean | undefined
}

export class Tracer implements Interpreter {
  readonly parent: Interpreter
  readonly #resolve: boolean
  #open = true
  readonly #avals: Array<Aval> = []
  readonly #inputs: Array<Variable> = []
  readonly #captured = new Map<Variable, Tensor>()
  readonly #equations: Array<Equation> = []
  /** The equation that computes a variable. */
  readonly #producers: Array<Equation | undefined> = []
  /** Captured tensors, and captured scalars by value, so that each has one variable. */
  readonly #known = new Map<unknown, Variable>()
  readonly #constants = {
    float64: new Map(),
    float32: new Map(),
    int32: new Map(),
    bool: new Map()
  } as const satisfies {
    readonly [D in DType]: Map<unknown, Variable>
  }
  /** The avals of the last equation with one result, which the next one often shares. */
  #single: ReadonlyArray<Aval> = []
  /** Captured constants, and what is computed from them alone. */
  readonly #isConstant: Array<boolean | undefined> = []
  readonly #constantEquations = new Map<string, ReadonlyArray<TracedTensor>>()
  readonly #aliases = new Map<Tensor, Tensor>()
  /** Values of variables in the parent, as far as they have been asked for. */
  readonly #values = new Map<Variable, Tensor>()

  constructor(parent: Interpreter, options: TracerOptions = {}) {
    this.parent = parent
    this.#resolve = options.resolve === true
  }

  /** A new input; with a `value`, what depends on it can be read. */
  input(aval: Aval, value?: Tensor): Tensor {
    const x = this.#variable(avalOf(aval), undefined)
    this.#inputs.push(x.id)
    if (value !== undefined) this.#values.set(x.id, value)
    return x
  }

  /** Number of equations written so far. */
  get length(): number {
    return this.#equations.length
  }

  #variable(aval: Aval, producer: Equation | undefined): TracedTensor {
    const id = this.#avals.length
    this.#avals.push(aval)
    this.#producers.push(producer)
    this.#isConstant.push(undefined)
    return new TracedTensor(aval, this, id)
  }

  /** From now on `tensor`, of a list that is written already, stands for `value`. */
  alias(tensor: Tensor, value: Tensor): void {
    this.#aliases.set(tensor, value)
  }

  /** What a tensor of a list that is written already stands for, here or in the parents. */
  #aliasOf(tensor: Tensor): Tensor | undefined {
    return this.#aliases.get(tensor) ?? (this.parent instanceof Tracer ? this.parent.#aliasOf(tensor) : undefined)
  }

  #isAround(tracer: object): boolean {
    for (let i: Interpreter = this.parent; i instanceof Tracer; i = i.parent) if (i === tracer) return i.#open
    return false
  }

  /** The variable of a tensor, capturing it if it is not ours. Throws `EscapedTracerError`. */
  variableOf(op: string, tensor: Tensor): Variable {
    if (tensor instanceof TracedTensor && tensor.tracer === this && this.#open) return tensor.id
    if (!isConcrete(tensor) && !(tensor instanceof TracedTensor && this.#isAround(tensor.tracer))) {
      const alias = this.#aliasOf(tensor)
      if (alias === undefined) throw escaped(op, tensor)
      return this.variableOf(op, alias)
    }
    const value = isConcrete(tensor) && tensor.shape.length === 0 ? dataOf(tensor)[0]! : undefined
    const key = value === undefined ? tensor : Object.is(value, -0) ? "-0" : value
    const known = value === undefined ? this.#known : this.#constants[tensor.dtype]
    const found = known.get(key)
    if (found !== undefined) return found
    const { id } = this.#variable(avalOf(tensor), undefined)
    known.set(key, id)
    this.#captured.set(id, tensor)
    this.#values.set(id, tensor)
    if (isConcrete(tensor)) this.#isConstant[id] = true
    return id
  }

  bind<P>(
    primitive: Primitive<P>,
    operands: ReadonlyArray<Tensor>,
    params: P,
    site: Site | undefined
  ): Effect.Effect<ReadonlyArray<Tensor>, OpError> {
    if (this.#resolve && primitive.resolve !== undefined) {
      return Effect.catchTag(
        primitive.resolve({
          operands,
          params,
          read: (x) => this.read(x, primitive.name, site),
          run: (trace, args) => this.run(trace, args)
        }),
        "TracedValueError",
        () => this.#record(primitive, operands, params, site)
      )
    }
    return this.#record(primitive, operands, params, site)
  }

  #record<P>(
    primitive: Primitive<P>,
    operands: ReadonlyArray<Tensor>,
    params: P,
    site: Site | undefined
  ): Effect.Effect<ReadonlyArray<Tensor>, OpError> {
    return attempt(() => {
      const variables = operands.map((x) => this.variableOf(primitive.name, x))
      const key = this.#constantKey(primitive, variables, params)
      const known = key === undefined ? undefined : this.#constantEquations.get(key)
      if (known !== undefined) return known
      const results = this.#frozen(primitive.infer(operands, params))
      const equation: Equation = {
        primitive,
        operands: variables,
        params: params as Equation["params"],
        result: this.#avals.length,
        results,
        site
      }
      this.#equations.push(equation)
      const written = results.map((aval) => this.#variable(aval, equation))
      if (key !== undefined) {
        this.#constantEquations.set(key, written)
        for (const x of written) this.#isConstant[x.id] = true
      }
      return written
    }, site)
  }

  /** Avals of results, immutable. */
  #frozen(results: ReadonlyArray<Aval>): ReadonlyArray<Aval> {
    if (results.length !== 1) return Object.freeze(results.map(avalOf))
    const aval = avalOf(results[0]!)
    if (this.#single[0] !== aval) this.#single = Object.freeze([aval])
    return this.#single
  }

  /**
   * What an equation of constants computes, as text: rules write the same zeros and masks again and again, and the list
   * needs them once. `undefined` for all other equations.
   */
  #constantKey(primitive: Primitive, operands: ReadonlyArray<Variable>, params: unknown): string | undefined {
    if (operands.length === 0 || operands.length > 3) return undefined
    for (const v of operands) if (this.#isConstant[v] !== true) return undefined
    const values = Object.entries(params as object)
    return values.every(([, value]) => typeof value !== "function" && !isTraceLike(value))
      ? `${primitive.name} ${operands.join(" ")} ${JSON.stringify(values)}`
      : undefined
  }

  run(trace: Trace, args: ReadonlyArray<Tensor>): Effect.Effect<ReadonlyArray<Tensor>, OpError> {
    return replay(this, trace, args)
  }

  read(tensor: Tensor, op: string, site: Site | undefined): Effect.Effect<ConcreteTensor, OpError> {
    if (!(tensor instanceof TracedTensor) || tensor.tracer !== this) return this.parent.read(tensor, op, site)
    return Effect.flatMap(this.#force(tensor.id, op, site), (value) => this.parent.read(value, op, site))
  }

  /** The value of a variable in the parent: computes, in order, the equations that it needs and that have no value yet. */
  #force(wanted: Variable, op: string, site: Site | undefined): Effect.Effect<Tensor, OpError> {
    const { parent } = this
    const values = this.#values
    const producers = this.#producers
    return Effect.gen(function*() {
      const stack = [wanted]
      while (stack.length > 0) {
        const v = stack.at(-1)!
        if (values.has(v)) {
          stack.pop()
          continue
        }
        const equation = producers[v]
        if (equation === undefined) {
          return yield* new TracedValueError({
            op,
            site,
            message: `${op} requires a value that is known, got one that depends on an abstract argument; ` +
              `use cond, where or scan instead of reading it`
          })
        }
        const missing = equation.operands.filter((o) => !values.has(o))
        if (missing.length > 0) {
          for (const o of missing) stack.push(o)
          continue
        }
        const operands = equation.operands.map((o) => values.get(o)!)
        const results = yield* parent.bind(equation.primitive, operands, equation.params, equation.site)
        results.forEach((x, r) => values.set(equation.result + r, x))
      }
      return values.get(wanted)!
    })
  }

  /** What has been written so far, and the variables of `outputs`. Throws `EscapedTracerError`. */
  draft(outputs: ReadonlyArray<Tensor>): { readonly draft: Draft; readonly outputs: ReadonlyArray<Variable> } {
    const variables = outputs.map((x) => this.variableOf("trace", x))
    return {
      draft: { avals: this.#avals, inputs: this.#inputs, captured: this.#captured, equations: this.#equations },
      outputs: variables
    }
  }

  /** The list that computes `outputs`. Throws `EscapedTracerError`. */
  seal(
    outputs: ReadonlyArray<Tensor>,
    argumentTree = tuple(this.#inputs.length),
    resultTree = tuple(outputs.length)
  ): Trace {
    const written = this.draft(outputs)
    return seal(written.draft, written.outputs, { argumentTree, resultTree })
  }

  /** After this, its tensors are errors. */
  close(): void {
    this.#open = false
  }
}

/** Does a parameter hold lists? Equations that do are not looked into. */
const isTraceLike = (value: unknown): boolean =>
  typeof value === "object" && value !== null && (!Array.isArray(value) || value.some(isTraceLike))

/** Applies a list to tensors, equation by equation, in `interpreter`. */
export const replay = (
  interpreter: Interpreter,
  trace: Trace,
  args: ReadonlyArray<Tensor>
): Effect.Effect<ReadonlyArray<Tensor>, OpError> =>
  Effect.gen(function*() {
    const values: Array<Tensor> = [...args, ...trace.captured]
    for (const { operands, params, primitive, site } of trace.equations) {
      const results = yield* interpreter.bind(primitive, operands.map((v) => values[v]!), params, site)
      for (const x of results) values.push(x)
    }
    return trace.outputs.map((v) => values[v]!)
  })

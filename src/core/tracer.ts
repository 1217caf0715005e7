/**
 * The tracer: the interpreter that writes a program down.
 *
 * A tracer knows the interpreter around it, its parent. Values of the parents and concrete tensors are captured; a value
 * of any other tracer has escaped. When a tracer was given values for its inputs, reading a traced tensor computes what
 * it needs in the parent, and remembers it: so the host's `if` and loops may depend on data under `grad`, and nothing is
 * computed that nobody reads.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "./errors.ts"
import { TracedValueError } from "./errors.ts"
import { escaped, failure, isDone } from "./evaluator.ts"
import type { Interpreter } from "./interpreter.ts"
import type { Primitive } from "./primitive.ts"
import type { Site } from "./site.ts"
import type { Aval, ConcreteTensor, Tensor } from "./tensor.ts"
import { avalOf, isConcrete, TracedTensor } from "./tensor.ts"
import type { Draft, Equation, Trace, Variable } from "./trace.ts"
import type { TreeDef } from "./tree.ts"
import { Writer } from "./writer.ts"

export class Tracer implements Interpreter {
  readonly parent: Interpreter
  /** Where what is written happens that has no site of its own: rules write on behalf of an op. */
  site: Site | undefined
  #open = true
  readonly #writer = new Writer()
  /** The tensors that stand for variables, which are one for each; captured values stand for themselves. */
  readonly #tensors: Array<TracedTensor | undefined> = []
  /** Inputs that stand for values around a program whose list is written already. */
  readonly #standIns = new Map<Tensor, Tensor>()
  /** Values of variables in the parent, as far as they have been asked for. */
  readonly #values = new Map<Variable, Tensor>()

  constructor(parent: Interpreter) {
    this.parent = parent
  }

  /** A new input; with a `value`, what depends on it can be read. */
  input(aval: Aval, value?: Tensor): Tensor {
    const v = this.#writer.input(aval)
    if (value !== undefined) this.#values.set(v, value)
    return this.#tensor(v, avalOf(aval))
  }

  #tensor(v: Variable, aval: Aval): TracedTensor {
    return this.#tensors[v] ??= new TracedTensor(aval, this, v)
  }

  /** Number of equations written so far. */
  get length(): number {
    return this.#writer.length
  }

  /** A new input that stands for `tensor`, on which the program closes over. */
  standIn(tensor: Tensor): Tensor {
    const x = this.input(tensor)
    this.#standIns.set(tensor, x)
    return x
  }

  /** What stands for a tensor of a list that is written already, here or in the parents. */
  #standInOf(tensor: Tensor): Tensor | undefined {
    return this.#standIns.get(tensor) ?? (this.parent instanceof Tracer ? this.parent.#standInOf(tensor) : undefined)
  }

  #isAround(tracer: object): boolean {
    for (let i: Interpreter = this.parent; i instanceof Tracer; i = i.parent) if (i === tracer) return i.#open
    return false
  }

  /** The variable of a tensor, capturing it if it is not ours. Throws `EscapedTracerError`. */
  variableOf(op: string, tensor: Tensor): Variable {
    if (tensor instanceof TracedTensor && tensor.tracer === this && this.#open) return tensor.id
    const standIn = isConcrete(tensor) ? undefined : this.#standInOf(tensor)
    if (standIn !== undefined) return this.variableOf(op, standIn)
    if (!isConcrete(tensor) && !(tensor instanceof TracedTensor && this.#isAround(tensor.tracer))) {
      throw escaped(op, tensor)
    }
    const v = this.#writer.capture(tensor)
    this.#values.set(v, tensor)
    return v
  }

  bind(
    primitive: Primitive,
    operands: ReadonlyArray<Tensor>,
    params: Equation["params"],
    own: Site | undefined
  ): Effect.Effect<ReadonlyArray<Tensor>, OpError> {
    const site = own ?? this.site
    try {
      const variables = operands.map((x) => this.variableOf(primitive.name, x))
      const same = this.#writer.unchanged(primitive, variables)
      if (same !== undefined) return Effect.succeed([this.#tensor(same, operands[variables.indexOf(same)] as Tensor)])
      const { result, results } = this.#writer.write(primitive, variables, params, operands, site)
      return Effect.succeed(results.map((aval, r) => this.#tensor(result + r, aval)))
    } catch (error) {
      return failure(error, site)
    }
  }

  run(trace: Trace, args: ReadonlyArray<Tensor>): Effect.Effect<ReadonlyArray<Tensor>, OpError> {
    return replay(this, trace, args)
  }

  read(tensor: Tensor, op: string, site: Site | undefined): Effect.Effect<ConcreteTensor, OpError> {
    if (!(tensor instanceof TracedTensor) || tensor.tracer !== this) return this.parent.read(tensor, op, site)
    if (!this.#open) return failure(escaped(op, tensor), site)
    return Effect.flatMap(this.#force(tensor.id, op, site), (value) => this.parent.read(value, op, site))
  }

  /** The value of a variable in the parent: computes, in order, the equations that it needs and that have no value yet. */
  #force(wanted: Variable, op: string, site: Site | undefined): Effect.Effect<Tensor, OpError> {
    const { parent } = this
    const values = this.#values
    const writer = this.#writer
    return Effect.gen(function*() {
      const stack = [wanted]
      while (stack.length > 0) {
        const v = stack.at(-1)!
        if (values.has(v)) {
          stack.pop()
          continue
        }
        const equation = writer.producerOf(v)
        if (equation === undefined) {
          return yield* failure(
            new TracedValueError({
              op,
              message: `${op} requires a value that is known, got one that depends on an abstract argument; ` +
                `use cond, where or scan instead of reading it`
            }),
            site
          )
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
    return { draft: this.#writer.draft, outputs: variables }
  }

  /** The list that computes `outputs`. Throws `EscapedTracerError`. */
  seal(outputs: ReadonlyArray<Tensor>, argumentTree?: TreeDef, resultTree?: TreeDef): Trace {
    return this.#writer.seal(outputs.map((x) => this.variableOf("trace", x)), argumentTree, resultTree)
  }

  /** After this, its tensors are errors. */
  close(): void {
    this.#open = false
  }
}

/** Applies a list to tensors, equation by equation, in `interpreter`. */
export const replay = (
  interpreter: Interpreter,
  trace: Trace,
  args: ReadonlyArray<Tensor>
): Effect.Effect<ReadonlyArray<Tensor>, OpError> =>
  Effect.gen(function*() {
    const values: Array<Tensor> = [...args, ...trace.captured]
    for (const { operands, params, primitive, site } of trace.equations) {
      const bound = interpreter.bind(primitive, operands.map((v) => values[v]!), params, site)
      for (const x of isDone(bound) ? bound.value : yield* bound) values.push(x)
    }
    return trace.outputs.map((v) => values[v]!)
  })

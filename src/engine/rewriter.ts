/**
 * A list written again, simpler: equations whose operands are known are computed, what is computed twice is computed once,
 * and what nobody needs is left out.
 */
import { compute } from "../core/evaluator.ts"
import type { ParamSpec, Primitive } from "../core/primitive.ts"
import { sameShape, sizeOf } from "../core/shape.ts"
import type { Site } from "../core/site.ts"
import type { Aval, ConcreteTensor, Tensor } from "../core/tensor.ts"
import { dataOf, filled, isConcrete, scalar } from "../core/tensor.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import { Writer } from "../core/writer.ts"
import type { ParamsOfPrimitive, PrimitiveName } from "../ops/vocabulary.ts"
import { primitives } from "../ops/vocabulary.ts"
import { listOf, simplify } from "./simplify.ts"
import { wayOf } from "./vocabulary.ts"

/** Results up to this size are computed when the list is compiled, if everything that they need is known. */
const smallSize = 4096

/** A list that is being written again. */
export class Rewriter {
  readonly #writer = new Writer()
  readonly #avals: Array<Aval> = []
  readonly #known: Array<ConcreteTensor | undefined> = []
  readonly #uniform: Array<number | undefined> = []
  readonly #paramsOf: (spec: ParamSpec, params: Equation["params"]) => Equation["params"]

  /** `paramsOf` says what becomes of parameters, lists among them. */
  constructor(paramsOf: (spec: ParamSpec, params: Equation["params"]) => Equation["params"]) {
    this.#paramsOf = paramsOf
  }

  #register(v: Variable, aval: Aval, known?: Tensor): Variable {
    this.#avals[v] = aval
    if (known !== undefined && isConcrete(known)) {
      this.#known[v] = known
      if (known.size <= smallSize) this.#uniform[v] = uniformValue(known)
    }
    return v
  }

  input(aval: Aval): Variable {
    return this.#register(this.#writer.input(aval), aval)
  }

  /** A value from outside; one whose elements are all equal is a scalar, repeated. */
  capture(tensor: Tensor): Variable {
    if (isConcrete(tensor) && tensor.shape.length > 0 && tensor.size > 0 && tensor.size <= smallSize) {
      const value = uniformValue(tensor)
      if (value !== undefined) return this.filled(tensor, value)
    }
    return this.#register(this.#writer.capture(tensor), tensor, tensor)
  }

  /** All elements equal to `value`. */
  filled({ dtype, shape }: Aval, value: number): Variable {
    const one = scalar(dtype, value)
    const v = this.#register(this.#writer.capture(one), one, one)
    return shape.length === 0 ? v : this.apply("broadcast", [v], { shape, axes: [] })
  }

  avalOf(v: Variable): Aval {
    return this.#avals[v]!
  }

  /** The elements of a captured value. */
  knownOf(v: Variable): ConcreteTensor | undefined {
    return this.#known[v]
  }

  /** What all elements are equal to, if they are and it is known. */
  uniformOf(v: Variable): number | undefined {
    return this.#uniform[v]
  }

  producerOf(v: Variable): Equation | undefined {
    return this.#writer.producerOf(v)
  }

  /** A primitive with one result. */
  apply<Name extends PrimitiveName>(
    name: Name,
    operands: ReadonlyArray<Variable>,
    params: ParamsOfPrimitive<Name>,
    site?: Site
  ): Variable {
    return this.equation(primitives[name], operands, params, site)[0]!
  }

  /** A primitive, simplified if it can be; the variables of its results. */
  equation(
    primitive: Primitive,
    operands: ReadonlyArray<Variable>,
    params: Equation["params"],
    site: Site | undefined,
    given?: ReadonlyArray<Aval>
  ): ReadonlyArray<Variable> {
    const simpler = simplify(this, primitive, operands, params, site)
    if (simpler !== undefined) return [simpler]
    const types = operands.map((v) => this.#avals[v]!)
    const avals = given ?? primitive.infer(types, params)
    const folded = this.#fold(primitive, operands, params, avals)
    if (folded !== undefined) return folded
    const { result } = this.#writer.write(primitive, operands, params, types, site, avals)
    return avals.map((aval, r) => {
      this.#register(result + r, aval)
      if (wayOf(primitive.name) === "view") this.#uniform[result] = this.#uniform[operands[0]!]
      return result + r
    })
  }

  /** The results, where all operands are known, or are one number each. */
  #fold(
    primitive: Primitive,
    operands: ReadonlyArray<Variable>,
    params: Equation["params"],
    results: ReadonlyArray<Aval>
  ): ReadonlyArray<Variable> | undefined {
    const { name } = primitive
    if (operands.length === 0 || primitive.reference === undefined) return undefined
    try {
      const uniform = operands.map((v) => this.#uniform[v])
      if (wayOf(name) === "strip" && uniform.every((x) => x !== undefined)) {
        const scalars = operands.map((v, i) => scalar(this.#avals[v]!.dtype, uniform[i]!))
        const aval = { shape: [], dtype: results[0]!.dtype }
        const [value] = compute({ primitive, params, results: [aval] }, scalars)
        return [this.filled(results[0]!, dataOf(value!)[0]!)]
      }
      const known = operands.map((v) => this.#valueOf(v))
      // a view of a scalar costs nothing, and says more than its elements
      if (wayOf(name) === "view" && uniform[0] !== undefined) return undefined
      if (results.every((aval) => sizeOf(aval.shape) <= smallSize) && known.every((x) => x !== undefined)) {
        return compute({ primitive, params, results }, known).map((value) => this.capture(value))
      }
    } catch {
      // it fails when it runs, if it does
    }
    return undefined
  }

  /** The elements of a value, if they are known and few. */
  #valueOf(v: Variable): ConcreteTensor | undefined {
    const [uniform, { dtype, shape }] = [this.#uniform[v], this.#avals[v]!]
    if (this.#known[v] !== undefined || uniform === undefined || sizeOf(shape) > smallSize) return this.#known[v]
    return filled(shape, dtype, uniform)
  }

  /** All equations of a list, after its inputs. */
  inline(trace: Trace, inputs: ReadonlyArray<Variable>): ReadonlyArray<Variable> {
    const renamed: Array<Variable> = [...inputs]
    for (const [i, x] of trace.captured.entries()) renamed[trace.inputs.length + i] = this.capture(x)
    for (const { operands, params, primitive, result, results, site } of trace.equations) {
      const args = operands.map((v) => renamed[v]!)
      const list = listOf(primitive, params)
      const found = list === undefined
        ? this.equation(primitive, args, this.#paramsOf(primitive.params, params), site, results)
        : this.inline(list, args)
      found.forEach((v, r) => renamed[result + r] = v)
    }
    return trace.outputs.map((v) => renamed[v]!)
  }

  seal(outputs: ReadonlyArray<Variable>, { argumentTree, resultTree }: Trace): Trace {
    return this.#writer.seal(outputs, argumentTree, resultTree)
  }
}

const uniformValue = (x: ConcreteTensor): number | undefined => {
  const data = dataOf(x)
  const [first] = data
  return data.every((value) => Object.is(value, first)) ? first : undefined
}

/** Same shape and dtype. */
export const sameAval = (a: Aval, b: Aval): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)

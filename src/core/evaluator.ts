/**
 * The evaluator: the interpreter that computes at once, by the reference arithmetic of each primitive.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "./errors.ts"
import { EscapedTracerError, isOpError, TracedValueError, withSite } from "./errors.ts"
import type { Interpreter } from "./interpreter.ts"
import type { Primitive } from "./primitive.ts"
import type { Site } from "./site.ts"
import type { Tensor } from "./tensor.ts"
import { ConcreteTensor, fromData, isConcrete, SpecTensor } from "./tensor.ts"
import type { Equation, Trace } from "./trace.ts"
import { variableCount } from "./trace.ts"

/** A thrown typed error as a failure; anything else is a defect, and thrown on. */
export const failure = (error: unknown, site: Site | undefined): Effect.Effect<never, OpError> => {
  if (isOpError(error)) return Effect.fail(withSite(error, site))
  throw error
}

/** Runs `thunk`, turning the typed errors that rules throw into failures. */
export const attempt = <A>(thunk: () => A, site: Site | undefined): Effect.Effect<A, OpError> => {
  try {
    return Effect.succeed(thunk())
  } catch (error) {
    return failure(error, site)
  }
}

/** The error for a traced tensor that reached a place where its tracer does not exist (any more). */
export const escaped = (op: string, tensor: Tensor): OpError =>
  tensor instanceof SpecTensor
    ? new TracedValueError({
      op,
      message: `${op} requires a value, got ${tensor}; an abstract argument can only be given to trace`
    })
    : new EscapedTracerError({
      op,
      shapes: [tensor.shape],
      dtypes: [tensor.dtype],
      message:
        `${op} requires values of the running transformation, got ${tensor}, which belongs to one that has ended or ` +
        `is not around this program; return it from the transformed function instead of keeping it aside`
    })

const concrete = (op: string, tensor: Tensor): ConcreteTensor => {
  if (isConcrete(tensor)) return tensor
  throw escaped(op, tensor)
}

const compute = (
  primitive: Primitive,
  operands: ReadonlyArray<ConcreteTensor>,
  params: Equation["params"]
): Array<ConcreteTensor> => {
  const results = primitive.infer(operands, params)
  const computed = primitive.reference(operands, params, results, evaluate)
  return results.map((aval, i) => {
    const value = computed[i]!
    return value instanceof ConcreteTensor ? value : fromData(aval.shape, aval.dtype, value)
  })
}

/** For every equation, the variables that nothing reads after it. Kept beside the list, computed once. */
const deaths = new WeakMap<Trace, ReadonlyArray<ReadonlyArray<number>>>()

const deathsOf = (trace: Trace): ReadonlyArray<ReadonlyArray<number>> => {
  let found = deaths.get(trace)
  if (found === undefined) {
    const seen = new Uint8Array(variableCount(trace))
    for (const v of trace.outputs) seen[v] = 1
    const out: Array<Array<number>> = new Array(trace.equations.length)
    for (let i = trace.equations.length - 1; i >= 0; i--) {
      const equation = trace.equations[i]!
      const last: Array<number> = []
      for (let r = 0; r < equation.results.length; r++) {
        if (seen[equation.result + r] === 0) last.push(equation.result + r)
      }
      for (const v of equation.operands) {
        if (seen[v] === 0) {
          seen[v] = 1
          last.push(v)
        }
      }
      out[i] = last
    }
    deaths.set(trace, found = out)
  }
  return found
}

/** Computes the outputs of a list; a value is forgotten after its last use. Throws typed errors. */
export const evaluate = (trace: Trace, args: ReadonlyArray<ConcreteTensor>): ReadonlyArray<ConcreteTensor> => {
  const values: Array<ConcreteTensor | undefined> = new Array(variableCount(trace))
  for (let i = 0; i < args.length; i++) values[i] = args[i]
  for (let i = 0; i < trace.captured.length; i++) {
    values[trace.inputs.length + i] = concrete("evaluate", trace.captured[i]!)
  }
  const dying = deathsOf(trace)
  for (let i = 0; i < trace.equations.length; i++) {
    const { operands, params, primitive, result, results, site } = trace.equations[i]!
    let computed: ReadonlyArray<TypedArrayOrTensor>
    try {
      computed = primitive.reference(operands.map((v) => values[v]!), params, results, evaluate)
    } catch (error) {
      throw isOpError(error) ? withSite(error, site) : error
    }
    for (let r = 0; r < results.length; r++) {
      const value = computed[r]!
      const aval = results[r]!
      values[result + r] = value instanceof ConcreteTensor ? value : fromData(aval.shape, aval.dtype, value)
    }
    const dead = dying[i]!
    for (let d = 0; d < dead.length; d++) values[dead[d]!] = undefined
  }
  return trace.outputs.map((v) => values[v]!)
}
type TypedArrayOrTensor = ReturnType<Primitive["reference"]>[number]

/** The interpreter that computes at once. */
export const evaluator: Interpreter = {
  bind: (primitive, operands, params, site) =>
    attempt(() => compute(primitive, operands.map((x) => concrete(primitive.name, x)), params), site),
  run: (trace, args) => attempt(() => evaluate(trace, args.map((x) => concrete("evaluate", x))), undefined),
  read: (tensor, op, site) => attempt(() => concrete(op, tensor), site)
}

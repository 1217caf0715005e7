/**
 * The evaluator: the interpreter that computes at once, by the reference arithmetic of each primitive.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { allocate } from "./dtype.ts"
import type { OpError } from "./errors.ts"
import { EscapedTracerError, isOpError, TracedValueError, withSite } from "./errors.ts"
import type { Interpreter } from "./interpreter.ts"
import type { Primitive, Values } from "./primitive.ts"
import { sizeOf } from "./shape.ts"
import type { Site } from "./site.ts"
import type { Aval, Tensor } from "./tensor.ts"
import { allocating, ConcreteTensor, dataOf, fromData, isConcrete, SpecTensor, tooLarge } from "./tensor.ts"
import type { Equation, Trace } from "./trace.ts"
import { variableCount } from "./trace.ts"

/** Is it a value already? Then there is no need to ask the fiber for it. */
export const isDone = <A>(effect: Effect.Effect<A, any, any>): effect is Exit.Success<A> =>
  Exit.isExit(effect) && Exit.isSuccess(effect)

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

const asTensor = (value: ReturnType<NonNullable<Primitive["reference"]>>[number], aval: Aval): ConcreteTensor =>
  value instanceof ConcreteTensor ? value : fromData(aval.shape, aval.dtype, value)

/** Concrete tensors, as equations that unfold see them. */
export const concreteValues: Values<ConcreteTensor> = {
  read: (x) => x,
  slice: (x, index) => {
    const shape = x.shape.slice(1)
    const size = sizeOf(shape)
    return fromData(shape, x.dtype, dataOf(x).subarray(index * size, (index + 1) * size))
  },
  stack: ({ dtype, shape }) => {
    const data = allocating("stack", [{ dtype, shape }], () => allocate(dtype, sizeOf(shape)))
    const size = sizeOf(shape.slice(1))
    return {
      put: (index, part) => data.set(dataOf(part), index * size),
      done: () => fromData(shape, dtype, data)
    }
  }
}

/** Somebody may want the processor between two steps. */
type Pauses<A> = Generator<void, A, void>

/** The results of an equation; where it unfolds, with a pause before each step. */
function* computed(
  primitive: Primitive,
  operands: ReadonlyArray<ConcreteTensor>,
  params: Equation["params"],
  results: ReadonlyArray<Aval>
): Pauses<ReadonlyArray<ConcreteTensor>> {
  if (primitive.unfold === undefined) {
    const values = allocating(primitive.name, results, () => primitive.reference!(operands, params, results))
    return values.map((value, r) => asTensor(value, results[r]!))
  }
  const steps = primitive.unfold(operands, params, concreteValues)
  let step = steps.next([])
  while (step.done !== true) {
    yield
    step = steps.next(yield* evaluating(step.value.trace, step.value.args))
  }
  return step.value
}

/** Without pauses. */
const atOnce = <A>(pauses: Pauses<A>): A => {
  let step = pauses.next()
  while (step.done !== true) step = pauses.next()
  return step.value
}

/** Milliseconds after which other fibers, and interruption, get their turn. */
const patience = 10

/** With the processor given up now and then, so that long work can be interrupted. */
const cooperatively = <A>(pauses: Pauses<A>, site: Site | undefined): Effect.Effect<A, OpError> => {
  try {
    const end = performance.now() + patience
    for (;;) {
      const step = pauses.next()
      if (step.done === true) return Effect.succeed(step.value)
      if (performance.now() > end) return Effect.flatMap(Effect.yieldNow, () => cooperatively(pauses, site))
    }
  } catch (error) {
    return failure(error, site)
  }
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

/** The outputs of a list; a value is forgotten after its last use. Throws typed errors. */
function* evaluating(trace: Trace, args: ReadonlyArray<ConcreteTensor>): Pauses<ReadonlyArray<ConcreteTensor>> {
  const values: Array<ConcreteTensor | undefined> = new Array(variableCount(trace))
  for (let i = 0; i < args.length; i++) values[i] = args[i]
  for (let i = 0; i < trace.captured.length; i++) {
    values[trace.inputs.length + i] = concrete("evaluate", trace.captured[i]!)
  }
  const dying = deathsOf(trace)
  for (let i = 0; i < trace.equations.length; i++) {
    const { operands, params, primitive, result, results, site } = trace.equations[i]!
    const known = operands.map((v) => values[v]!)
    try {
      if (primitive.reference !== undefined) {
        const found = primitive.reference(known, params, results)
        for (let r = 0; r < results.length; r++) values[result + r] = asTensor(found[r]!, results[r]!)
      } else {
        const found = yield* computed(primitive, known, params, results)
        for (let r = 0; r < results.length; r++) values[result + r] = found[r]!
      }
    } catch (error) {
      const typed = tooLarge(primitive.name, results, error)
      throw isOpError(typed) ? withSite(typed, site) : typed
    }
    const dead = dying[i]!
    for (let d = 0; d < dead.length; d++) values[dead[d]!] = undefined
  }
  return trace.outputs.map((v) => values[v]!)
}

/** Computes the outputs of a list, at once. Throws typed errors. */
export const evaluate = (trace: Trace, args: ReadonlyArray<ConcreteTensor>): ReadonlyArray<ConcreteTensor> =>
  atOnce(evaluating(trace, args))

/** Computes the results of an equation, at once. Throws typed errors. */
export const compute = (
  { params, primitive, results }: Pick<Equation, "params" | "primitive" | "results">,
  operands: ReadonlyArray<ConcreteTensor>
): ReadonlyArray<ConcreteTensor> => atOnce(computed(primitive, operands, params, results))

/** The interpreter that computes at once. */
export const evaluator: Interpreter = {
  bind: (primitive, operands, params, site) => {
    try {
      const known = operands.map((x) => concrete(primitive.name, x))
      return cooperatively(computed(primitive, known, params, primitive.infer(known, params)), site)
    } catch (error) {
      return failure(error, site)
    }
  },
  run: (trace, args) => {
    try {
      return cooperatively(evaluating(trace, args.map((x) => concrete("evaluate", x))), undefined)
    } catch (error) {
      return failure(error, undefined)
    }
  },
  read: (tensor, op, site) => attempt(() => concrete(op, tensor), site)
}

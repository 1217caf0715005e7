/**
 * Ops: Effects that apply primitives.
 *
 * An op is built when the user's code calls it, and carries the call's site if somebody wants it. When it runs, it takes
 * its operands (running those that are Effects, in order), asks the fiber for the ambient interpreter and binds.
 *
 * An op whose operands are numbers, tensors and such ops has one value within one interpreter: used twice, it is computed
 * once. Other Effects among its operands keep their meaning, and run each time that the op runs.
 */
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Fiber from "effect/Fiber"
import type { DType } from "./dtype.ts"
import { holds, promote } from "./dtype.ts"
import type { OpError } from "./errors.ts"
import { asOp, describe, DTypeError, isOpError, showShape, TreeLeafError, withSite } from "./errors.ts"
import { failure, isDone } from "./evaluator.ts"
import { Interpreter } from "./interpreter.ts"
import type { Foresee, ParamsOf, ParamSpec, Primitive } from "./primitive.ts"
import { listOf } from "./shape.ts"
import type { Site } from "./site.ts"
import {
  CaptureSites,
  enter,
  EverySite,
  frames,
  leave,
  ofRule,
  siteNow,
  siteOf,
  siteRunning,
  type Stack
} from "./site.ts"
import type { Aval, Operand, Tensor } from "./tensor.ts"
import { isConcrete, isEffect, isTensor, scalar, TracedTensor } from "./tensor.ts"

/** An operand that has been run: a tensor, or a number that has not taken a dtype yet. */
export type Taken = number | Tensor

/** A running op: its interpreter and its site. */
export class RunningOp {
  readonly op: string
  readonly interpreter: Interpreter
  readonly site: Site | undefined
  constructor(op: string, interpreter: Interpreter, site: Site | undefined) {
    this.op = op
    this.interpreter = interpreter
    this.site = site
  }
  /** Applies a primitive and gives all of its results. */
  bindAll<S extends ParamSpec>(
    primitive: Primitive<string, S>,
    operands: ReadonlyArray<Tensor>,
    params: ParamsOf<S>
  ): Effect.Effect<ReadonlyArray<Tensor>, OpError> {
    return this.interpreter.bind(primitive, operands, params, this.site)
  }
  /** Applies a primitive with one result. */
  bind<S extends ParamSpec>(
    primitive: Primitive<string, S>,
    operands: ReadonlyArray<Tensor>,
    params: ParamsOf<S>
  ): Effect.Effect<Tensor, OpError> {
    const bound = this.interpreter.bind(primitive, operands, params, this.site)
    return isDone(bound)
      ? Effect.succeed(bound.value[0]!)
      : Effect.map(bound, (results) => results[0]!)
  }
}

/** E and R of what a body composes are those of the op, and stand in the signature of the user's function. */
type Body<A, Operands extends ReadonlyArray<Operand> = ReadonlyArray<Operand>> = (
  operands: { readonly [I in keyof Operands]: Taken },
  running: RunningOp
) => Effect.Effect<A, any, any>

const checkTaken = (op: string, operand: unknown): void => {
  if (typeof operand === "number" || isTensor(operand)) return
  throw new TreeLeafError({
    op,
    path: "",
    message: `${op} requires numbers, booleans, tensors or Effects that yield tensors, got ${
      listOf(operand) === undefined ? describe(operand) : "an array; make a tensor of it with Tensor.make"
    }`
  })
}

/** Nothing that an Effect could do happens when it runs. */
const isPure = (operand: Operand): boolean =>
  typeof operand !== "object" || isTensor(operand) || (Operation.is(operand) && operand.isPure)

class Operation<A> {
  static is(u: unknown): u is Operation<unknown> {
    return typeof u === "object" && u !== null && #value in u
  }
  readonly op: string
  readonly operands: ReadonlyArray<Operand>
  readonly body: Body<A>
  readonly site: Site | undefined
  readonly purity: Purity
  readonly isPure: boolean
  /** What comes out, of an op that cannot fail. */
  readonly aval: Aval | undefined
  /** The value in the interpreter that ran it last; in others, values are numbered anyway. */
  #value: Effect.Effect<A, any, any> | undefined
  #ranIn: Interpreter | undefined
  constructor(
    op: string,
    operands: ReadonlyArray<Operand>,
    body: Body<A>,
    purity: Purity,
    site: Site | undefined,
    aval: Aval | undefined
  ) {
    this.op = op
    this.operands = operands
    this.body = body
    this.site = site
    this.purity = purity
    this.aval = aval
    this.isPure = purity === "pure" && operands.every(isPure)
  }

  /** Takes the operands and applies the body. Operands that are ops are run at once, as deep as `depth` allows. */
  run(fiber: AnyFiber, depth: number): Effect.Effect<A, any, any> {
    const interpreter = fiber.getRef(Interpreter)
    if (!this.isPure) return this.#from(0, this.operands, fiber, interpreter, depth)
    if (this.#ranIn === interpreter) return this.#value!
    const ran = this.#from(0, this.operands, fiber, interpreter, depth)
    return isDone(ran)
      ? this.#keep(interpreter, ran)
      : Effect.flatMap(ran, (value) => this.#keep(interpreter, Effect.succeed(value)))
  }

  #keep(interpreter: Interpreter, value: Effect.Effect<A, any, any>): Effect.Effect<A, any, any> {
    this.#ranIn = interpreter
    return this.#value = value
  }

  #from(
    start: number,
    operands: ReadonlyArray<unknown>,
    fiber: AnyFiber,
    interpreter: Interpreter,
    depth: number
  ): Effect.Effect<A, any, any> {
    let taken = operands
    for (let i = start; i < operands.length; i++) {
      const x = operands[i]
      if (typeof x === "number" || isTensor(x)) continue
      if (typeof x === "boolean") {
        taken = taken.with(i, scalar("bool", x ? 1 : 0))
        continue
      }
      if (!isEffect(x)) continue
      const ran = Operation.is(x) && depth < maxDepth ? x.run(fiber, depth + 1) : x as Effect.Effect<unknown>
      if (!isDone(ran)) {
        const sofar = taken
        return Effect.flatMap(ran, (value) => this.#from(i + 1, sofar.with(i, value), fiber, interpreter, depth))
      }
      taken = taken.with(i, ran.value)
    }
    const site = this.aval === undefined ? this.site : ofRule
    return site === undefined
      ? this.#apply(interpreter, taken)
      : onBehalfOf(site, () => this.#apply(interpreter, taken))
  }

  /** An op that cannot fail does, where it runs outside of the program in which it was built. */
  #blamed(error: unknown): unknown {
    const { aval, op } = this
    const named = asOp(error, op)
    return aval === undefined || !isOpError(named) ? named : withSite(named, siteRunning(op))
  }

  #apply(interpreter: Interpreter, operands: ReadonlyArray<unknown>): Effect.Effect<A, any, any> {
    const { body, op, purity, site } = this
    try {
      for (const x of operands) checkTaken(op, x)
      // they are checked
      const ran = body(operands as ReadonlyArray<Taken>, new RunningOp(op, interpreter, site))
      // what fails in a user's program inside of an op is the user's doing
      return purity === "effectful" || isDone(ran) ? ran : Effect.mapError(ran, (error) => this.#blamed(error))
    } catch (error) {
      return failure(error, site)
    }
  }
}

/** Ops that `run` builds, now or in what it gives, happen where the op was called on whose behalf it runs. */
export const onBehalfOf = <A, E, R>(
  site: Site | undefined,
  run: () => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  if (site === undefined) return run()
  const before = enter(site)
  let given: Effect.Effect<A, E, R>
  try {
    given = run()
  } finally {
    leave(before)
  }
  // an op has its site already, and a value needs none
  return isDone(given) || given instanceof Operation ? given : Effect.provideService(given, CaptureSites, site)
}

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** Ops in ops are run without the fiber's help down to this depth, so that no expression is too deep for the stack. */
const maxDepth = 16

// an Operation is an Effect: what it evaluates to is decided when a fiber runs it
Object.setPrototypeOf(
  Operation.prototype,
  Effectable.Prototype<Effect.Effect<unknown, any, any> & Operation<unknown>>({
    label: "Operation",
    evaluate(fiber): Effect.Effect<unknown, any, any> {
      return this.run(fiber, 0)
    }
  })
)

/** Whether the body of an op does nothing but apply primitives; those of control flow run the user's programs. */
type Purity = "pure" | "effectful"

/** What comes out, if that is known and nothing can go wrong. */
const foreseen = (operands: ReadonlyArray<Operand>, foresee: Foresee): Aval | undefined => {
  const fiber = Fiber.getCurrent()
  if (fiber?.getRef(EverySite) === true) return undefined
  const known: Array<number | Aval> = []
  for (const operand of operands) {
    const x = foreseenOperand(operand, fiber)
    if (x === undefined) return undefined
    known.push(x)
  }
  return foresee(...known)
}

const foreseenOperand = (x: unknown, fiber: AnyFiber | undefined): number | Aval | undefined => {
  if (typeof x === "number") return x
  if (!isTensor(x)) return Operation.is(x) ? x.aval : undefined
  // a value of another tracer may have escaped
  return isConcrete(x) || (x instanceof TracedTensor && x.tracer === fiber?.getRef(Interpreter)) ? x : undefined
}

/**
 * The op `op` on `operands`, with the meaning `body`. Errors that `body` throws are its failures; `foresee` may say when there are none.
 */
export const operation = <A, const Operands extends ReadonlyArray<Operand>>(
  op: string,
  operands: Operands,
  body: Body<A, Operands>,
  purity: Purity = "pure",
  foresee?: Foresee
): Effect.Effect<A, any, any> => {
  let site = siteNow()
  const aval = site === true && foresee !== undefined ? foreseen(operands, foresee) : undefined
  if (site === true && aval === undefined) {
    // written out here, for a function to do it would be one more frame, which is a fifth of the cost
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = frames
    const stack: Stack = new Error()
    Error.stackTraceLimit = stackTraceLimit
    site = siteOf(stack, op)
  }
  // the prototype set above makes it one, and it gives the body what it takes
  return new Operation(
    op,
    operands,
    body as Body<A>,
    purity,
    typeof site === "object" ? site : undefined,
    aval
  ) as unknown as Effect.Effect<A, any, any>
}

/** The same, of a list of operands that the user gives as one argument. */
export const operationOf = <A = Tensor>(op: string, given: unknown, body: Body<A>): Effect.Effect<A, any, any> => {
  const operands = listOf(given, 2 ** 24)
  // what is in the list is looked at when it is taken
  if (operands !== undefined) return operation(op, operands as ReadonlyArray<Operand>, body)
  return operation(op, [], () => {
    throw new TreeLeafError({ op, path: "", message: `${op} requires an array of operands, got ${describe(given)}` })
  })
}

/** A number as a scalar of `dtype`. Throws `DTypeError` where the dtype cannot hold it. */
export const adapt = (op: string, value: number, dtype: DType): Tensor => {
  if (!holds(dtype, value)) {
    throw new DTypeError({
      op,
      dtypes: [dtype],
      message: `${op} requires a number that ${dtype} can hold, got ${value}; use cast`
    })
  }
  return scalar(dtype, value)
}

/** Numbers alone are float64. */
export const lone = (taken: Taken): Tensor => typeof taken === "number" ? scalar("float64", taken) : taken

/** The dtype that operands agree on; numbers adapt to the tensors beside them. Throws `DTypeError`. */
export const commonDType = (op: string, operands: ReadonlyArray<Taken>): DType => {
  let dtype: DType | undefined
  for (const x of operands) {
    if (typeof x === "number") continue
    const joined: DType | undefined = dtype === undefined ? x.dtype : promote(dtype, x.dtype)
    if (joined === undefined) {
      const dtypes = operands.filter(isTensor).map((t) => t.dtype)
      throw new DTypeError({
        op,
        dtypes,
        message: `${op} requires operands of one dtype, got ${dtypes.join(" and ")}; use cast`
      })
    }
    dtype = joined
  }
  return dtype ?? "float64"
}

/** Throws `DTypeError` unless the dtype is one of `accepted`. */
export const checkDType = (op: string, { dtype, shape }: Aval, accepted: ReadonlyArray<DType>): void => {
  if (accepted.includes(dtype)) return
  throw new DTypeError({
    op,
    dtypes: [dtype],
    shapes: [shape],
    message: `${op} requires ${accepted.join(" or ")}, got ${dtype}${showShape(shape)}; use cast`
  })
}

/** Applies a primitive with one result, as rules do: the operands have the right shapes and dtypes already. */
export const apply = <S extends ParamSpec>(
  primitive: Primitive<string, S>,
  operands: ReadonlyArray<Operand>,
  params: ParamsOf<S>
): Effect.Effect<Tensor, OpError> =>
  // the operands of rules are values, or programs that fail with OpError alone
  operation(primitive.name, operands, (xs, running) =>
    running.bind(primitive, xs as ReadonlyArray<Tensor>, params)) as Effect.Effect<Tensor, OpError>

/** Applies a primitive with any number of results. */
export const applyAll = <S extends ParamSpec>(
  primitive: Primitive<string, S>,
  operands: ReadonlyArray<Operand>,
  params: ParamsOf<S>
): Effect.Effect<ReadonlyArray<Tensor>, OpError> =>
  operation(
    primitive.name,
    operands,
    (xs, running) => running.bindAll(primitive, xs as ReadonlyArray<Tensor>, params)
  ) as Effect.Effect<ReadonlyArray<Tensor>, OpError>

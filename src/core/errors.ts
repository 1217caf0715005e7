/**
 * Everything that can go wrong, as typed errors.
 *
 * A message is a sentence of the form "op requires X, got Y", with operand shapes and dtypes; the same facts are in the
 * fields, so that a program can act on them. Where the source site is known, both carry it.
 */
import * as Data from "effect/Data"
import type { DType } from "./dtype.ts"
import type { GradientReport } from "./report.ts"
import type { Site } from "./site.ts"
import { formatSite, located } from "./site.ts"

/** What every error of an op says. */
export interface OpFailure {
  /** The op that refused. */
  readonly op: string
  /** "op requires X, got Y". */
  readonly message: string
  /** Shapes of the operands, where they matter. */
  readonly shapes?: ReadonlyArray<ReadonlyArray<number>> | undefined
  /** Dtypes of the operands, where they matter. */
  readonly dtypes?: ReadonlyArray<DType> | undefined
  /** Where the op was called. */
  readonly site?: Site | undefined
}

/** Operand shapes that an op cannot take: not broadcastable, ragged, a reshape to another size, … */
export class ShapeError extends Data.TaggedError("ShapeError")<OpFailure> {}

/** Operand dtypes that an op cannot take, or a value that a dtype cannot hold. */
export class DTypeError extends Data.TaggedError("DTypeError")<OpFailure> {}

/** An axis out of range, given twice, or a list that is not a permutation. */
export class AxisError extends Data.TaggedError("AxisError")<OpFailure> {}

/** An index outside the axis that it indexes. */
export class IndexError extends Data.TaggedError("IndexError")<OpFailure> {}

/** An argument that is no operand, and not what it should be: an unknown option, a program that is no function, … */
export class ArgumentError extends Data.TaggedError("ArgumentError")<OpFailure> {}

/** A traced value that is used after, or outside of, the transformation that made it. */
export class EscapedTracerError extends Data.TaggedError("EscapedTracerError")<OpFailure> {}

/** The value of a traced tensor was asked for, but under abstract tracing it has none. */
export class TracedValueError extends Data.TaggedError("TracedValueError")<OpFailure> {}

/** Two trees that should have the same structure, or leaves that should have the same shape and dtype, do not. */
export class TreeMismatchError extends Data.TaggedError("TreeMismatchError")<
  OpFailure & {
    /** Path of the first leaf that differs, e.g. `params.layers[0].w`. */
    readonly path: string
  }
> {}

/** A leaf of an argument or result tree that is not a tensor: a function, a class instance, a string, … */
export class TreeLeafError extends Data.TaggedError("TreeLeafError")<
  OpFailure & {
    readonly path: string
  }
> {}

/** A derivative was asked for where none is defined: an integer or bool argument, a result that is not a float scalar. */
export class NonDifferentiableError extends Data.TaggedError("NonDifferentiableError")<OpFailure> {}

/** The transpose of a function was asked for that is not linear. */
export class NonLinearError extends Data.TaggedError("NonLinearError")<OpFailure> {}

/** `unconnected: "error"`: some argument leaves have no differentiable path to the result. */
export class UnconnectedGradientError extends Data.TaggedError("UnconnectedGradientError")<
  OpFailure & {
    /** Paths of the unconnected leaves. */
    readonly paths: ReadonlyArray<string>
    /** What `explain` says of all leaves, where values are known. */
    readonly report?: GradientReport | undefined
  }
> {}

/** A transformation needs a rule that a primitive does not have. */
export class MissingRuleError extends Data.TaggedError("MissingRuleError")<
  OpFailure & {
    readonly rule: string
  }
> {}

/** A document that does not describe a valid trace. */
export class TraceDecodeError extends Data.TaggedError("TraceDecodeError")<{
  readonly message: string
  /** Where in the document, e.g. `equations[3].operands[1]`. */
  readonly path: string
}> {}

/** A trace that cannot be written down as a document, because it holds values of an outer tracer or a user's function. */
export class TraceEncodeError extends Data.TaggedError("TraceEncodeError")<{
  readonly message: string
}> {}

/** A document that does not describe a gradient's report. */
export class ReportDecodeError extends Data.TaggedError("ReportDecodeError")<{
  readonly message: string
}> {}

/** The errors that any op can fail with. */
export type OpError =
  | ShapeError
  | DTypeError
  | AxisError
  | IndexError
  | ArgumentError
  | EscapedTracerError
  | TracedValueError
  | TreeMismatchError
  | TreeLeafError
  | NonDifferentiableError
  | NonLinearError
  | MissingRuleError

/** Is it one of the errors that ops fail with? */
export const isOpError = (u: unknown): u is OpError =>
  u instanceof ShapeError || u instanceof DTypeError || u instanceof AxisError || u instanceof IndexError ||
  u instanceof ArgumentError || u instanceof EscapedTracerError || u instanceof TracedValueError ||
  u instanceof TreeMismatchError || u instanceof TreeLeafError || u instanceof NonDifferentiableError ||
  u instanceof NonLinearError || u instanceof MissingRuleError

/** The same error, with the place where it happened. */
export const withSite = (error: OpError, site: Site | undefined): OpError => {
  if (site === undefined || error.site !== undefined) return error
  const place = located(site)
  if (place === undefined) return error
  const placed = Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error))
  return Object.assign(placed, { site: place, message: `${error.message}, at ${formatSite(place)}` })
}

/** The same error, as one of the op that was called: what fails inside of it is its own doing. */
export const asOp = <E>(error: E, op: string): E => {
  if (!isOpError(error) || error.op === op) return error
  const renamed = Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error))
  const { message } = error
  return Object.assign(renamed, {
    op,
    message: message.startsWith(`${error.op} `) ? op + message.slice(error.op.length) : message
  })
}

/** `[2, 3]`, as messages show a shape. */
export const showShape = (shape: ReadonlyArray<number>): string => `[${shape.join(", ")}]`

/** `[2, 3] and [4]`, as messages show several. */
export const showShapes = (shapes: ReadonlyArray<ReadonlyArray<number>>): string => {
  const shown = shapes.map(showShape)
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`
}

const maxText = 40

/** What kind of object it is. Reading may run code of somebody's, which may throw. */
const describeObject = (u: object): string => {
  try {
    if (Array.isArray(u)) return `an array of ${u.length}`
    if (u instanceof Promise) return "a Promise; make an Effect of it with Effect.promise"
    const { dtype, shape } = u as { readonly dtype?: unknown; readonly shape?: unknown }
    if (typeof dtype === "string" && Array.isArray(shape)) return `a tensor ${dtype}[${shape.join(",")}]`
    const prototype: unknown = Object.getPrototypeOf(u)
    if (prototype === Object.prototype || prototype === null) return "an object"
    const tag: unknown = "_tag" in u ? u._tag : undefined
    const { constructor } = u
    const name = typeof constructor === "function" && constructor !== Object ? constructor.name : ""
    return name !== "" ? `an instance of ${name}` : typeof tag === "string" ? `a value tagged ${tag}` : "an object"
  } catch {
    return "an object that throws"
  }
}

/** Any value as messages name it: in a few words, and whatever it does when it is looked at. */
export const describe = (u: unknown): string => {
  switch (typeof u) {
    case "string":
      return JSON.stringify(u.length > maxText ? `${u.slice(0, maxText)}…` : u)
    case "object":
      return u === null ? "null" : describeObject(u)
    case "number":
    case "boolean":
    case "undefined":
      return String(u)
    default:
      return `a ${typeof u}`
  }
}

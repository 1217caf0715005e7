/**
 * What `explain` finds out about a gradient: plain data, one entry for each leaf of the arguments.
 *
 * The types are those of the schemas, so that what is written as JSON is what is read again.
 */
import * as Schema from "effect/Schema"
import { dtypes } from "./dtype.ts"
import type { Site } from "./site.ts"

const Index = Schema.Array(Schema.Int)

const Place = Schema.Struct({
  file: Schema.String,
  line: Schema.Int,
  column: Schema.Int,
  op: Schema.optional(Schema.String),
  also: Schema.optional(Schema.Array(Schema.suspend((): Schema.Codec<Site> => Place)))
})

const step = { op: Schema.String, site: Schema.optional(Place) }

/** An op on the way from an argument to the result, as the user called it, and where that was. */
export const Step = Schema.Struct(step)
export type Step = typeof Step.Type

const cause = { ...step, remedy: Schema.String }

/**
 * Why a leaf is unconnected, or why elements of its gradient are zero by structure.
 *
 * `Unused`: no path leads to the result at all. `Stopped`: the path ends at a `stopGradient`. `NonDifferentiable`: at an
 * op whose result moves in steps, or is no float. `BranchNotTaken`: it leads through a branch that did not run. `Masked`:
 * elements were not selected.
 */
export const Cause = Schema.TaggedUnion({
  Unused: cause,
  Stopped: cause,
  NonDifferentiable: cause,
  /** The branch on the path, and those that ran, by their numbers: for `cond`, 0 is the false branch and 1 the true one. */
  BranchNotTaken: { ...cause, branch: Schema.Int, ran: Index },
  /** How many elements were not selected there, in one run of the op. */
  Masked: { ...cause, removed: Schema.Int }
})
export type Cause = typeof Cause.Type

/** Where a number that is not finite was made, of numbers that are. */
export const NonFinite = Schema.Struct({
  ...step,
  /** The equation of the list, which belongs to `op` or to its derivative. */
  primitive: Schema.String,
  pass: Schema.Literals(["forward", "backward"]),
  /** Place of the element in the result of the equation. */
  index: Index,
  /** The operands there; of an operand with other axes, the element of largest size. */
  operands: Schema.Array(Schema.Number),
  result: Schema.Number,
  remedy: Schema.String
})
export type NonFinite = typeof NonFinite.Type

/** How many elements of a gradient are what; together they are all. */
export const Elements = Schema.Struct({
  nonzero: Schema.Int,
  /** 0 as a number. */
  zero: Schema.Int,
  /** 0 by structure, whatever the numbers are. */
  masked: Schema.Int,
  infinite: Schema.Int,
  nan: Schema.Int
})
export type Elements = typeof Elements.Type

/** What is known of the gradient of one leaf. */
export const LeafReport = Schema.Struct({
  /** For example `args[0].layers[0].w`. */
  path: Schema.String,
  shape: Index,
  dtype: Schema.Literals(dtypes),
  status: Schema.Literals(["connected", "unconnected"]),
  /** Why it is unconnected, or why elements of it are zero by structure. */
  causes: Schema.Array(Cause),
  /** Of a leaf that is unconnected: a smallest set of barriers that connects it when they are gone. */
  cut: Schema.Array(Cause),
  /** Of a leaf that is connected: a shortest path from it to the result. */
  witness: Schema.Array(Step),
  elements: Elements,
  /** What made the first number that is not finite, of those that reach this gradient. */
  nonFinite: Schema.optional(NonFinite),
  /** The largest size of an element; NaN if one is NaN. */
  largest: Schema.Number,
  /** The Euclidean norm. */
  norm: Schema.Number
})
export type LeafReport = typeof LeafReport.Type

/** A value, and why its gradient is what it is. */
export const Report = Schema.Struct({ value: Schema.Number, leaves: Schema.Array(LeafReport) })

/** Why a gradient is what it is: the value of the function, and what is known of each leaf. */
export interface GradientReport {
  readonly value: number
  readonly leaves: ReadonlyArray<LeafReport>
}

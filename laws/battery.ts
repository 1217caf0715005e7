/**
 * Every law that programs obey, one line each: `everything` says them of random programs, `primitive` of an op. What
 * has derivatives joins both by a line of its own.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { cond, greater, jit, mul, sin, stopGradient, sum, tanh } from "../src/index.ts"
import { batching } from "./batching.ts"
import { condTakesBranch } from "./branches.ts"
import { chainRule, sumAndProductRule } from "./calculus.ts"
import type { Law } from "./check.ts"
import { connectivity } from "./connectivity.ts"
import { duality, valueUnchanged } from "./duality.ts"
import { hessianSymmetric, jacobiansAgree } from "./jacobians.ts"
import { examplesNeverLeak } from "./leaks.ts"
import { jvpLinear, linearizeIsJvp, vjpLinear } from "./linearity.ts"
import { maskMultiplies, masksAddUp, masksOnce, whereSelects } from "./masks.ts"
import type { Modes } from "./modes.ts"
import type { ProgramOptions } from "./programs.ts"
import { engineAgrees, listsAreData, rewritingChangesNothing, rulesChangeNothing } from "./rewriting.ts"
import { sparseAgrees } from "./sparse.ts"
import { stoppingFreezes, stopsGradient } from "./stopping.ts"
import { taylorNests } from "./taylor.ts"
import { transposesTwice } from "./transposing.ts"
import type { Program } from "./trees.ts"
import { isFloat, leavesOf, run } from "./trees.ts"

type Args = ReadonlyArray<any>
type F = Program<Args, any, any>

/** A law of all programs. */
export interface Line {
  /** What it says of every program. */
  readonly name: string
  /** What it says of one at its arguments; `batch` draws arguments that differ, all of one structure and shape. */
  readonly of: (f: F, at: fc.Arbitrary<Args> | Args, batch: fc.Arbitrary<Args>) => Law<any>
  /** Which modes the program must have: both, unless said otherwise. */
  readonly modes?: Modes | undefined
  /** Random programs that it is said of: of the whole language by default, 40 of them. */
  readonly programs?: ProgramOptions & { readonly runs?: number } | undefined
  /** Does it hold at every argument, also at infinities, NaN, and what else is special? */
  readonly anywhere?: true | undefined
  /** The most samples for an op; none where an op by itself has nothing to show. */
  readonly ops?: number | undefined
}

/** Every float leaf of the results by an op. */
const each = (f: F, op: (y: Tensor) => Effect.Effect<Tensor, any>) => (...xs: Args) =>
  Effect.flatMap(run(f, xs), (ys) => Effect.forEach(ys.filter(isFloat), op))

/** The same program with another value, shapes and dtypes alike. */
const other = (f: F) => each(f, (y) => sin(y))

/** Whether the elements of the first float argument are positive on the whole. */
const isPositive = (...xs: Args) => greater(sum(leavesOf(xs).find(isFloat)!), 0.0625)

/** One program or the other, as the arguments say. */
const branching = (f: F) => (...xs: Args) =>
  cond(
    isPositive(...xs),
    () => Effect.map(run(f, xs), (ys) => ys.filter(isFloat)),
    // either gives as many tensors
    () => other(f)(...xs) as Effect.Effect<any>
  )

/** A sum of the results, with one of them frozen or stopped in front. */
const weighing = (f: F) => (c: Tensor, ...xs: Args) => each(f, (y) => mul(sum(c), tanh(y)))(...xs)

const short = { length: 5, runs: 20 }
/** What hardly depends on numbers needs few samples of an op. */
const few = 2

export const battery: ReadonlyArray<Line> = [
  { name: "reverse mode is adjoint to forward mode", of: duality },
  { name: "transformations leave the value alone", of: valueUnchanged, anywhere: true },
  { name: "jvp is linear", of: jvpLinear, modes: "forward" },
  { name: "vjp is linear", of: vjpLinear, modes: "reverse" },
  { name: "linearize is jvp", of: linearizeIsJvp, modes: "forward", anywhere: true },
  { name: "the transpose of the transpose", of: transposesTwice },
  { name: "the sum and the product rule", of: (f, at) => sumAndProductRule(f, other(f), at), modes: "forward" },
  {
    name: "the chain rule",
    of: (f, at) => chainRule(f, (...ys) => Effect.forEach(ys, (y) => tanh(y)), at),
    modes: "forward"
  },
  { name: "Jacobians agree", of: jacobiansAgree, programs: { runs: 20 } },
  { name: "Hessians are symmetric", of: hessianSymmetric, programs: { runs: 20 }, ops: few },
  { name: "vmap maps", of: (f, _, batch) => batching(f, batch), modes: "reverse" },
  {
    name: "vmap of cond is map of cond",
    of: (f, _, batch) => batching(branching(f), batch),
    programs: { length: 4 },
    ops: 1
  },
  {
    name: "cond takes a branch",
    of: (f, at) => condTakesBranch(isPositive, f, other(f), at),
    programs: { length: 4 },
    ops: 1
  },
  { name: "where selects gradients", of: (f, at) => whereSelects(f, other(f), at), modes: "reverse", ops: few },
  { name: "masks add up", of: masksAddUp, modes: "reverse" },
  { name: "masks are idempotent", of: (f, at) => masksOnce(f, at), ops: few },
  { name: "a mask multiplies", of: maskMultiplies, ops: few },
  {
    name: "an example that is masked has no influence",
    of: (f, _, batch) => examplesNeverLeak(f, batch),
    programs: short,
    // orders 1 and 2 are part of order 3, below
    ops: 0
  },
  {
    name: "an example that is masked has no influence at order 3",
    of: (f, _, batch) => examplesNeverLeak(f, batch, { order: 3 }),
    programs: { length: 3, runs: 5 },
    ops: 1
  },
  { name: "stopGradient stops", of: stopsGradient, ops: few },
  {
    name: "stopGradient commutes with vmap",
    of: (f, _, batch) => batching(each(f, (y) => stopGradient(y)), batch),
    programs: { length: 4, runs: 20 },
    ops: few
  },
  {
    name: "stopGradient freezes",
    of: (f, at) => stoppingFreezes(weighing(f), f, at),
    programs: { language: "differentiable", length: 4, runs: 20 },
    ops: 1
  },
  { name: "connectivity is sound both ways", of: connectivity, ops: few },
  { name: "rewriting changes nothing", of: rewritingChangesNothing, programs: short, ops: 1, anywhere: true },
  {
    name: "a rule that is the derivative changes nothing",
    of: rulesChangeNothing,
    programs: short,
    ops: 1,
    anywhere: true
  },
  {
    name: "Taylor coefficients are nested derivatives",
    of: (f, at) => taylorNests(f, at),
    programs: short,
    modes: "forward",
    ops: few
  },
  { name: "sparse derivatives are the dense ones", of: sparseAgrees, programs: { runs: 20 }, ops: few },
  { name: "lists are data", of: listsAreData, programs: short, ops: 1, anywhere: true },
  { name: "jit agrees with the reference", of: (f, at) => engineAgrees("jit", (f) => jit(f), f, at), anywhere: true }
]

/**
 * Every law of random programs: one line for each. What has derivatives joins by a line of its own.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { cond, greater, jit, logicalNot, mul, sin, stopGradient, sum, tanh } from "../src/index.ts"
import { batching } from "./batching.ts"
import { condTakesBranch } from "./branches.ts"
import { chainRule, sumAndProductRule } from "./calculus.ts"
import type { Law } from "./check.ts"
import { connectivity } from "./connectivity.ts"
import { duality, valueUnchanged } from "./duality.ts"
import { exact } from "./exactness.ts"
import { gradient } from "./gradient.ts"
import { hessianSymmetric, jacobiansAgree } from "./jacobians.ts"
import { examplesNeverLeak } from "./leaks.ts"
import { jvpLinear, linearizeIsJvp, vjpLinear } from "./linearity.ts"
import { masksAddUp, masksOnce, whereSelects } from "./masks.ts"
import type { Language, RandomProgram } from "./programs.ts"
import { everyProgram } from "./programs.ts"
import { engineAgrees, listsAreData, rewritingChangesNothing } from "./rewriting.ts"
import { stoppingFreezes, stopsGradient } from "./stopping.ts"
import { transposesTwice } from "./transposing.ts"
import { isFloat, run } from "./trees.ts"
import { writesOut } from "./unrolling.ts"

type F = RandomProgram["f"]
type Args = ReadonlyArray<Tensor>

/** Every float leaf of the results by an op. */
const each = (f: F, op: (y: Tensor) => Effect.Effect<Tensor, any>) => (...xs: Args) =>
  Effect.flatMap(run(f, xs), (ys) => Effect.forEach(ys, op))

/** The same program with another value, shapes and dtypes alike. */
const other = (f: F) => each(f, (y) => sin(y))

/** Whether the first elements of the arguments are positive on the whole. */
const isPositive = (...xs: Args) => greater(sum(xs.find(isFloat)!), 0.0625)
const branching = (f: F) => (...xs: Args) =>
  cond(isPositive(...xs), () => run(f, xs) as Effect.Effect<any>, () => other(f)(...xs) as Effect.Effect<any>)

/** The arguments, smaller, or with everything the other way round: each row of a batch in its own way. */
const rows = (args: Args): fc.Arbitrary<Args> =>
  fc.constantFrom(1, -0.875, 0.75, -0.5).map((scale) =>
    args.map((x): Tensor =>
      x.dtype === "int32"
        ? x
        : isFloat(x)
        ? Effect.runSync(mul(x, scale))
        : scale > 0
        ? x
        : Effect.runSync(logicalNot(x as Tensor<any, "bool">))
    )
  )

/** A sum of the results, with one of them frozen or stopped in front. */
const weighing = (f: F) => (c: Tensor, ...xs: Args) =>
  Effect.flatMap(
    run(f, xs),
    (ys) => Effect.forEach(ys.filter(isFloat), (y) => mul(sum(c), tanh(y)))
  )

/** A law of all programs: its name, what it says of one, what programs may say (everything, by default), how often. */
type Line = readonly [
  name: string,
  of: (f: F, args: Args) => Law,
  options?: { readonly language?: Language; readonly length?: number; readonly runs?: number }
]

const lines: ReadonlyArray<Line> = [
  [
    "derivatives are limits of differences",
    (f, args) => gradient(f, args, { order: 2, kinks: "between" }),
    { language: "differentiable", runs: 50 }
  ],
  [
    "derivatives of order 3 are limits of differences",
    (f, args) => gradient(f, args, { order: 3 }),
    { language: "smooth", length: 5, runs: 15 }
  ],
  ["reverse mode is adjoint to forward mode", duality],
  ["transformations leave the value alone", valueUnchanged],
  ["jvp is linear", jvpLinear],
  ["vjp is linear", vjpLinear],
  ["linearize is jvp", linearizeIsJvp],
  ["the transpose of the transpose", transposesTwice],
  ["the sum and the product rule", (f, args) => sumAndProductRule(f, other(f), args)],
  ["the chain rule", (f, args) => chainRule(f, (...ys) => Effect.forEach(ys, (y) => tanh(y as Tensor)), args)],
  ["Jacobians agree", jacobiansAgree, { runs: 20 }],
  ["Hessians are symmetric", hessianSymmetric, { runs: 20 }],
  ["vmap maps", (f, args) => batching(f, rows(args))],
  ["vmap of cond is map of cond", (f, args) => batching(branching(f), rows(args)), { length: 4 }],
  ["cond takes a branch", (f, args) => condTakesBranch(isPositive, f, other(f), args), { length: 4 }],
  ["where selects gradients", (f, args) => whereSelects(f, other(f), args)],
  ["masks add up", masksAddUp],
  ["masks are idempotent", masksOnce],
  ["an example that is masked has no influence", (f, args) => examplesNeverLeak(f, args), { length: 5, runs: 20 }],
  [
    "an example that is masked has no influence at order 3",
    (f, args) => examplesNeverLeak(f, args, { order: 3 }),
    { length: 3, runs: 5 }
  ],
  ["stopGradient stops", stopsGradient],
  [
    "stopGradient commutes with vmap",
    (f, args) => batching(each(f, (y) => stopGradient(y)), rows(args)),
    { length: 4, runs: 20 }
  ],
  [
    "stopGradient freezes",
    (f, args) => stoppingFreezes(weighing(f), f, args),
    { language: "differentiable", length: 4, runs: 20 }
  ],
  ["connectivity is sound both ways", connectivity],
  ["rewriting changes nothing", rewritingChangesNothing, { length: 5, runs: 20 }],
  ["lists are data", listsAreData, { length: 5, runs: 20 }],
  ["jit agrees with the reference", (f, args) => engineAgrees("jit", (f) => jit(f), f, args)]
]

/**
 * Every law of random programs, as the tests and `npm run laws` check them.
 *
 * @example
 * ```ts
 * import { Laws } from "wengert/laws"
 *
 * for (const law of Laws.everything()) Laws.check(law, { runs: 1 })
 * ```
 */
export const everything = (): ReadonlyArray<Law> => [
  ...lines.map(([name, of, { runs = 40, ...options } = {}]): Law => ({
    ...everyProgram(name, of, { language: "all", ...options }),
    runs
  })),
  ...writesOut({ language: "all" }).map((law) => ({ ...law, runs: 25 })),
  { ...exact({ order: 1 }), runs: 60 },
  { ...exact({ order: 3, length: 5 }), runs: 25 }
]

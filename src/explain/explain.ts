/**
 * `explain`: a gradient with its reasons.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "../core/errors.ts"
import { UnconnectedGradientError } from "../core/errors.ts"
import { attempt, evaluator } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { checkOptions } from "../core/options.ts"
import type { OpEffect as Stepwise } from "../core/primitive.ts"
import type { Program } from "../core/program.ts"
import type { GradientReport, LeafReport } from "../core/report.ts"
import { signed } from "../core/signed.ts"
import { CaptureSites, formatSite, withEverySite } from "../core/site.ts"
import { type ConcreteTensor, dataOf, isConcrete, type Tensor } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { writeCall } from "../grad/arguments.ts"
import { scalarResult } from "../grad/grad.ts"
import { explainWith, type Leaf } from "../grad/reasons.ts"
import type {
  Argnums,
  CheckArguments,
  CheckProgram,
  CheckScalar,
  ErrorOfProgram,
  Parameters,
  ServicesOfProgram
} from "../types/gradient.ts"
import type { TensorsOf } from "../types/tree.ts"
import { type KnownLeaf, maskedBy, numbersOf, watchGradient } from "./gradient.ts"
import { connectionsOf } from "./reasons.ts"
import { listed } from "./remedy.ts"
import { headline } from "./render.ts"
import { about } from "./subject.ts"

/** Options of `explain`, which are those of `grad`. */
export interface ExplainOptions<N extends Argnums = Argnums> {
  readonly argnums?: N | undefined
}

/** The signature of `explain`. */
export interface Explain {
  <Args extends Parameters, Out, const N extends Argnums = undefined>(
    this: CheckProgram<
      "explain",
      Args,
      Out,
      CheckScalar<"explain", TensorsOf<Out>, CheckArguments<"explain", Args, N>>
    >,
    f: (...args: Args) => Out,
    options?: ExplainOptions<N>
  ): (...args: Args) => Effect.Effect<GradientReport, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** The signature of `requireConnected`. */
export interface RequireConnected {
  <Args extends Parameters, Out, const N extends Argnums = undefined>(
    this: CheckProgram<
      "requireConnected",
      Args,
      Out,
      CheckScalar<"requireConnected", TensorsOf<Out>, CheckArguments<"requireConnected", Args, N>>
    >,
    f: (...args: Args) => Out,
    options?: ExplainOptions<N>
  ): (...args: Args) => Effect.Effect<
    GradientReport,
    ErrorOfProgram<Out> | OpError | UnconnectedGradientError,
    ServicesOfProgram<Out>
  >
}

/** The elements of tensors, read where the program runs. */
const readAll = (op: string, tensors: ReadonlyArray<Tensor>): Stepwise<ReadonlyArray<ConcreteTensor>> =>
  Effect.flatMap(
    Interpreter,
    (interpreter) =>
      Effect.forEach(tensors, (x) => isConcrete(x) ? Effect.succeed(x) : interpreter.read(x, op, undefined))
  )

/** The report of a list with one scalar result, at numbers. */
const reported = (trace: Trace, leaves: ReadonlyArray<KnownLeaf>): Stepwise<GradientReport> =>
  Effect.gen(function*() {
    const { gradient, value } = yield* watchGradient(trace, leaves)
    const connections = connectionsOf(trace, leaves)
    const active = leaves.filter(({ active }) => active)
    return about({ trace, leaves }, {
      value: dataOf(value)[0]!,
      leaves: active.map(({ path, value: { dtype, shape, size } }, leaf): LeafReport => {
        const { causes, cut, status, witness } = connections[leaf]!
        const watched = gradient[leaf]
        return {
          path,
          shape,
          dtype,
          status,
          causes: status === "connected" ? maskedBy(watched, path) : causes,
          cut,
          witness,
          ...numbersOf(watched, size)
        }
      })
    })
  })

/** A list of which everything is known, and its arguments. */
const known = (
  op: string,
  trace: Trace,
  leaves: ReadonlyArray<Leaf>
): Stepwise<{ readonly trace: Trace; readonly leaves: ReadonlyArray<KnownLeaf> }> =>
  Effect.gen(function*() {
    const values = yield* readAll(op, leaves.map(({ value }) => value))
    return {
      trace: { ...trace, captured: yield* readAll(op, trace.captured) },
      leaves: leaves.map((leaf, i) => ({ ...leaf, value: values[i]! }))
    }
  })

const explained = (op: string, f: Program, options: ExplainOptions | undefined, args: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { argnums = 0 } = yield* attempt(() => checkOptions(op, options, { argnums: "checked" }), undefined)
    const call = yield* writeCall(op, f, args, argnums).pipe(Effect.provideService(CaptureSites, true), withEverySite)
    yield* scalarResult(op, call.trace, call.trace.resultTree)
    const { leaves, trace } = yield* known(
      op,
      call.trace,
      call.leaves.map((value, i) => ({ value, path: call.paths[i]!, active: call.active[i]! }))
    )
    return yield* Effect.provideService(reported(trace, leaves), Interpreter, evaluator)
  })

/**
 * Why the gradient of a scalar function is what it is: for each leaf of the arguments whether it is connected, and if not,
 * what stands in the way and where; which elements are zero by structure; what made the first number that is not finite.
 *
 * The gradient is that of `grad`, whose options hold: `argnums` says which arguments to differentiate, the first by default.
 * It explains any scalar program, so `explain` of the sum of a `grad` says why a second derivative is missing. Values must
 * be known: inside of `jit`, `vmap` or an abstract `trace` it fails with `TracedValueError`; otherwise as `grad` does.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { explain, floor, mul, Tensor } from "wengert"
 *
 * const f = (x: Tensor<[]>, y: Tensor<[]>) => mul(floor(x), y)
 * const { leaves: [x, y] } = Effect.runSync(explain(f, { argnums: [0, 1] })(Tensor.make(2.5), Tensor.make(3)))
 * console.log(x!.status, x!.causes.map((c) => `${c._tag} ${c.op}`)) // => unconnected [ 'NonDifferentiable floor' ]
 * console.log(y!.status, y!.witness.map((step) => step.op)) // => connected [ 'mul' ]
 * ```
 */
export const explain = signed<Explain>(
  (f: Program, options?: ExplainOptions) => (...args: ReadonlyArray<unknown>) => explained("explain", f, options, args)
)

/** What a leaf is unconnected by, for a message: `args[0] (floor has no derivative, at main.ts:3:12)`. */
const because = ({ causes, path }: Pick<LeafReport, "causes" | "path">): string =>
  `${path} (${
    causes.map((c) => `${headline(c)}${c.site === undefined ? "" : `, at ${formatSite(c.site)}`}`).join("; ")
  })`

/** The error for leaves that are not connected, or nothing where all are. */
const refusalOf = (
  op: string,
  leaves: ReadonlyArray<Pick<LeafReport, "causes" | "path" | "status">>,
  report: GradientReport | undefined
): UnconnectedGradientError | undefined => {
  const missing = leaves.filter(({ status }) => status === "unconnected")
  if (missing.length === 0) return undefined
  return new UnconnectedGradientError({
    op,
    paths: missing.map(({ path }) => path),
    report,
    site: missing.flatMap(({ causes }) => causes.flatMap(({ site }) => site ?? []))[0],
    message: `${op} requires a differentiable path from every argument to the result, got none from ${
      listed(missing.map(because))
    }`
  })
}

/**
 * The report of `explain` for a function all of whose arguments are connected; for tests, and for programs that rely on it.
 *
 * Fails with `UnconnectedGradientError`, which carries the report and names the causes and their lines, where no
 * differentiable path leads from a leaf to the result; otherwise as `explain`, whose options hold.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { floor, mul, requireConnected, Tensor, type UnconnectedGradientError } from "wengert"
 *
 * const f = (x: Tensor<[]>, y: Tensor<[]>) => mul(floor(x), y)
 * const check = requireConnected(f, { argnums: [0, 1] })(Tensor.make(2.5), Tensor.make(3))
 * const { paths, report } = Effect.runSync(Effect.flip(check)) as UnconnectedGradientError
 * console.log(paths, report!.leaves[0]!.cut[0]!.op) // => [ 'args[0]' ] floor
 * ```
 */
export const requireConnected = signed<RequireConnected>(
  (f: Program, options?: ExplainOptions) => (...args: ReadonlyArray<unknown>) =>
    Effect.flatMap(explained("requireConnected", f, options, args), (report) => {
      const refused = refusalOf("requireConnected", report.leaves, report)
      return refused === undefined ? Effect.succeed(report) : Effect.fail(refused)
    })
)

// where this room is loaded, `unconnected: "error"` has reasons too
explainWith((op, trace, leaves) =>
  known(op, trace, leaves).pipe(
    Effect.flatMap(({ leaves, trace }) => Effect.provideService(reported(trace, leaves), Interpreter, evaluator)),
    Effect.map((report) => refusalOf(op, report.leaves, report)),
    // what is abstract has no numbers, but paths
    Effect.catchTag(["TracedValueError"], () => Effect.succeed(refusalOf(op, connectionsOf(trace, leaves), undefined)))
  )
)

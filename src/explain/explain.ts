/**
 * `explain`: a gradient with its reasons.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "../core/errors.ts"
import { evaluator } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { Step as Stepwise } from "../core/primitive.ts"
import type { Program } from "../core/program.ts"
import { range } from "../core/shape.ts"
import { CaptureSites } from "../core/site.ts"
import { type ConcreteTensor, dataOf, isConcrete, scalar, type Tensor } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import type {
  Argnums,
  CheckArguments,
  CheckScalar,
  CheckYield,
  ErrorOfProgram,
  Parameters,
  ServicesOfProgram
} from "../core/typed/gradient.ts"
import { signed } from "../core/typed/operand.ts"
import type { TensorsOf } from "../core/typed/tree.ts"
import { traceCall } from "../grad/arguments.ts"
import { scalarResult } from "../grad/grad.ts"
import { transform } from "../grad/transform.ts"
import { Blaming, firstOf } from "./blame.ts"
import type { Barrier } from "./graph.ts"
import { coefficient, full, outside, watch, type Watched } from "./numbers.ts"
import { connects, cutOf, frontierOf, leads, routesOf, wayOf } from "./paths.ts"
import * as remedy from "./remedy.ts"
import type { Cause, Elements, GradientReport, LeafReport, NonFinite, Step } from "./report.ts"
import { runOf } from "./run.ts"

/** Options of `explain`, which are those of `grad`. */
export interface ExplainOptions<N extends Argnums = Argnums> {
  readonly argnums?: N | undefined
}

/** The signature of `explain`. */
export interface Explain {
  <Args extends Parameters, Out, const N extends Argnums = undefined>(
    f:
      & ((...args: Args) => Out)
      & CheckYield<Out>
      & CheckScalar<"explain", TensorsOf<Out>>
      & CheckArguments<"explain", Args, N>,
    options?: ExplainOptions<N>
  ): (...args: Args) => Effect.Effect<GradientReport, ErrorOfProgram<Out> | OpError, ServicesOfProgram<Out>>
}

/** The elements of tensors, read where the program runs. */
const readAll = (op: string, tensors: ReadonlyArray<Tensor>): Stepwise<ReadonlyArray<ConcreteTensor>> =>
  Effect.flatMap(
    Interpreter,
    (interpreter) =>
      Effect.forEach(tensors, (x) => isConcrete(x) ? Effect.succeed(x) : interpreter.read(x, op, undefined))
  )

/** What an equation is part of, as the user called it. */
const opOf = ({ primitive, site }: Equation): string => site?.op ?? primitive.name

const stepOf = (equation: Equation): Step => ({ op: opOf(equation), site: equation.site })

/** The gradient of a list at numbers, watched. */
const watchGradient = (
  trace: Trace,
  args: ReadonlyArray<ConcreteTensor>,
  active: ReadonlyArray<boolean>,
  paths: ReadonlyArray<string>
): Stepwise<{ readonly value: ConcreteTensor; readonly gradient: ReadonlyArray<Watched | undefined> }> =>
  Effect.gen(function*() {
    const { linear, primal, tangents } = yield* transform.linearize(trace, active)
    const { connected, linear: backward } = yield* transform.transpose(linear, tangents.filter((exists) => exists))
    // the loops of the way forward can be interrupted here
    const [value, ...residuals] = (yield* evaluator.run(primal, args)) as ReadonlyArray<ConcreteTensor>
    const seeds = tangents.filter((exists) => exists).map(() =>
      full({ value: scalar(value!.dtype, 1), blame: undefined })
    )
    const spread = (found: ReadonlyArray<Watched>) => {
      let next = 0
      return connected.map((c) => c ? found[next++] : undefined)
    }
    const plainly = residuals.map((value) => coefficient({ value, blame: undefined }))
    const found = watch(backward.trace, [...plainly, ...seeds])
    if (found.every(({ value }) => dataOf(value).every((x) => Number.isFinite(x)))) {
      return { value: value!, gradient: spread(found) }
    }

    // once more, to find out who made what is not finite
    const blaming = new Blaming()
    const given = args.map((x, i) => coefficient(blaming.given(paths[i]!, x)))
    const blamed = watch(primal, given, blaming).slice(1)
    blaming.pass = "backward"
    return { value: value!, gradient: spread(watch(backward.trace, [...blamed.map(coefficient), ...seeds], blaming)) }
  })

/** The elements of a gradient by what they are. */
const countOf = (watched: Watched | undefined, size: number): Elements => {
  const count = { nonzero: 0, zero: 0, masked: 0, infinite: 0, nan: 0 }
  if (watched?.support === undefined) return { ...count, masked: size }
  const data = dataOf(watched.value)
  const mask = isConcrete(watched.support) ? dataOf(watched.support) : undefined
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!
    if (mask?.[i] === 0) count.masked++
    else if (x === 0) count.zero++
    else if (Number.isNaN(x)) count.nan++
    else if (Number.isFinite(x)) count.nonzero++
    else count.infinite++
  }
  return count
}

const nonFiniteOf = (watched: Watched | undefined): NonFinite | undefined => {
  const origin = firstOf(watched?.blame)
  if (origin === undefined) return undefined
  const { index, made, operands, pass, result } = origin
  const [op, primitive, site] = typeof made === "string"
    ? [made, made, undefined]
    : [opOf(made), made.primitive.name, made.site]
  return { op, site, primitive, pass, index, operands, result, remedy: remedy.nonFinite(op, origin) }
}

const magnitude = (gradient: ConcreteTensor | undefined) => {
  let [largest, squares] = [0, 0]
  if (gradient !== undefined) {
    for (const x of dataOf(gradient)) largest = Math.max(largest, Math.abs(x))
    // scaled, so that squares neither overflow nor vanish
    const scale = largest > 0 && Number.isFinite(largest) ? largest : 1
    for (const x of dataOf(gradient)) squares += (x / scale) ** 2
    return { largest, norm: Number.isNaN(squares) ? NaN : scale * Math.sqrt(squares) }
  }
  return { largest, norm: 0 }
}

const explained = (f: Program, { argnums = 0 }: ExplainOptions, args: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const call = yield* traceCall("explain", f, args, argnums).pipe(Effect.provideService(CaptureSites, true))
    yield* scalarResult("explain", call.trace, call.trace.resultTree)
    const leaves = yield* readAll("explain", call.leaves)
    const trace: Trace = { ...call.trace, captured: yield* readAll("explain", call.trace.captured) }
    return yield* Effect.provideService(reported(trace, leaves, call.active, call.paths), Interpreter, evaluator)
  })

const lazily = <A>(make: () => A): () => A => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}

/** The report of a list with one scalar result. */
const reported = (
  trace: Trace,
  args: ReadonlyArray<ConcreteTensor>,
  active: ReadonlyArray<boolean>,
  paths: ReadonlyArray<string>
): Stepwise<GradientReport> =>
  Effect.gen(function*() {
    const { gradient, value } = yield* watchGradient(trace, args, active, paths)
    const run = runOf(trace, args, active)
    const numbers = routesOf(run, "numbers")
    // what no number leads from may still decide
    const decisions = lazily(() => routesOf(run, "decisions"))
    const leaves = range(args.length).filter((i) => active[i]).map((i, leaf): LeafReport => {
      const [path, { dtype, shape, size }] = [paths[i]!, args[i]!]
      const watched = gradient[leaf]
      const routes = leads(numbers, leaf) ? numbers : decisions()
      const isConnected = connects(numbers, leaf)
      const causeOf = (only: boolean) => ({ _tag, branch, equation, ran }: Barrier): Cause => {
        const step = {
          ...stepOf(equation),
          remedy: remedy.barred(path, opOf(equation), { _tag, branch, equation, ran }, only)
        }
        return _tag === "BranchNotTaken"
          ? { _tag, ...step, branch, ran: [...ran].sort((a, b) => a - b) }
          : { _tag, ...step }
      }
      const frontier = isConnected ? [] : frontierOf(run, routes, leaf)
      const cut = isConnected ? [] : cutOf(run, routes, leaf)
      const all = [...new Set([...frontier, ...cut])]
      const causes: ReadonlyArray<Cause> = isConnected
        ? maskedBy(watched, path)
        : leads(routes, leaf)
        ? all.map(causeOf(all.length === 1))
        : [{ _tag: "Unused", op: "", site: undefined, remedy: remedy.unused(path) }]
      return {
        path,
        shape,
        dtype,
        status: isConnected ? "connected" : "unconnected",
        causes,
        cut: cut.map(causeOf(all.length === 1)),
        witness: isConnected ? stepsOf(wayOf(routes, leaf).flatMap((n) => run.nodes[n]!.equation ?? [])) : [],
        elements: countOf(watched, size),
        nonFinite: nonFiniteOf(watched),
        ...magnitude(watched?.value)
      }
    })
    return { value: dataOf(value)[0]!, leaves }
  })

/** Steps as the user called them: what one call did is one step. */
const stepsOf = (equations: ReadonlyArray<Equation>): ReadonlyArray<Step> =>
  equations
    .filter((e, i) => i === 0 || e.site === undefined || e.site !== equations[i - 1]!.site)
    .map(stepOf)

/** The ops that made elements zero by structure. */
const maskedBy = (watched: Watched | undefined, path: string): ReadonlyArray<Cause> =>
  watched === undefined || !isConcrete(watched.support) || outside(watched.support) === 0
    ? []
    : [...watched.removers].map(([equation, removed]): Cause => ({
      _tag: "Masked",
      ...stepOf(equation),
      remedy: remedy.removed(path, opOf(equation)),
      removed
    }))

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
  (f: Program, options: ExplainOptions = {}) => (...args: ReadonlyArray<unknown>) => explained(f, options, args)
)

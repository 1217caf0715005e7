/**
 * What reasons cost: a report of a long program, sites of a small gradient, and supports where nothing is masked.
 */
import { Duration, Effect } from "effect"
import { CaptureSites, explain, grad, matmul, mean, mul, sin, square, sub, sum, tanh, Tensor } from "wengert"
import type { OpError, Trace } from "wengert"
import { GradientReport } from "wengert/html"
// `grad` guards its backward list always; what that costs is seen by leaving it out.
// oxlint-disable no-restricted-imports
import { evaluator } from "../src/core/evaluator.ts"
import { Interpreter } from "../src/core/interpreter.ts"
import type { Program } from "../src/core/program.ts"
import { traceCall } from "../src/grad/arguments.ts"
import { guardTrace } from "../src/grad/support.ts"
import { transform } from "../src/grad/transform.ts"
// oxlint-enable no-restricted-imports
import { gmmInputs, isAvailable, readGmm, skipped } from "../examples/adbench/data.ts"
import { gmm } from "../examples/adbench/gmm.ts"
import { agree, measure, table, warnIfBusy } from "./measure.ts"
import { squaredNorm } from "./problems.ts"

const run = Effect.runSync

/** A program of so many equations. */
const chain = (equations: number) => (x: Tensor<[4], "float64">) =>
  Effect.gen(function*() {
    let y = x
    for (let i = 0; i < equations; i += 2) y = yield* sin(yield* mul(y, 0.9999))
    return yield* sum(y)
  })

const report = (name: string, x: Tensor<[4], "float64">, check: (found: GradientReport) => void) => {
  const { milliseconds, result } = measure(() => run(explain(chain(10_000))(x)))
  check(result)
  return [name, milliseconds]
}

/** Two programs that give the same, in turn, so that both see the same machine: medians, and that of the ratios. */
const compared = (name: string, [one, two]: readonly [() => unknown, () => unknown], calls: number) => {
  const norm = (of: () => unknown) => run(squaredNorm(of()))
  agree(name, norm(one), norm(two), 0)
  const time = (f: () => unknown) => {
    const start = performance.now()
    for (let i = 0; i < calls; i++) f()
    return (performance.now() - start) / calls
  }
  const pairs = Array.from({ length: 45 }, (_, i) => {
    const [a, b] = i % 2 === 0 ? [time(one), time(two)] : [time(two), time(one)].toReversed() as [number, number]
    return { a, b, ratio: a / b }
  }).slice(5)
  const median = (of: (pair: { a: number; b: number; ratio: number }) => number) =>
    pairs.map(of).sort((x, y) => x - y)[pairs.length >> 1]!
  return [name, median(({ a }) => a), median(({ b }) => b), `${((median((p) => p.ratio) - 1) * 100).toFixed(1)} %`]
}

/** The gradient as `grad` makes it: written down, differentiated and run, with supports or without. */
const gradientOf = (f: Program, x: unknown, guards: boolean) => () =>
  run(
    // programs of this file ask for no services
    Effect.gen(function*() {
      const { active, leaves, trace } = yield* traceCall("grad", f, [x], 0)
      const { linear, primal } = yield* transform.linearize(trace, active)
      const { linear: plain } = yield* transform.transpose(linear, [true])
      const { trace: backward }: { trace: Trace } = guards ? yield* guardTrace(transform, plain) : plain
      const [, ...residuals] = yield* evaluator.run(primal, leaves)
      return yield* evaluator.run(backward, [...residuals, Tensor.make(1)])
    }).pipe(Effect.provideService(Interpreter, evaluator)) as Effect.Effect<ReadonlyArray<Tensor>, OpError>
  )

const supports = (name: string, f: Program, x: unknown, calls: number) =>
  compared(name, [gradientOf(f, x, true), gradientOf(f, x, false)], calls)

const filled = (rows: number, columns: number) =>
  Tensor.make(Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => Math.sin(i * 7 + j))))
const [inputs, targets] = [filled(64, 32), filled(64, 8)]
const mlp = ({ first, second }: { readonly first: Tensor; readonly second: Tensor }) =>
  mean(square(sub(matmul(tanh(matmul(inputs, first)), second), targets)))

const small = Tensor.make([0, 0.5, 1])
const tiny = (x: Tensor<[3], "float64">) => sum(mul(x, sin(x)))

console.log("A report of a program of 10,000 equations: milliseconds\n")
table(["", "explain"], [
  report("finite", Tensor.make([0.1, 0.2, 0.3, 0.4]), ({ leaves: [leaf] }) => {
    agree("steps of the witness", leaf!.witness.length, 10_001)
    agree("elements", leaf!.elements.nonzero, 4)
  }),
  report("not finite", Tensor.make([0.1, 0.2, 0.3, NaN]), ({ leaves: [leaf] }) => {
    agree("elements", leaf!.elements.nan, 1)
    if (leaf!.nonFinite?.op !== "args[0]") throw new Error(`the argument is to blame, not ${leaf!.nonFinite?.op}`)
  })
])

/** Equations of which none is like its neighbours. */
const unlike = (equations: number) => (x: Tensor<[4], "float64">) =>
  Effect.gen(function*() {
    let seed = 7
    let [y, before] = [x, x]
    for (let i = 0; i < equations; i++) {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      const next: typeof y = yield* seed < 2 ** 29 ? sin(y) : seed < 2 ** 30 ? tanh(y) : sub(y, before)
      if (seed % 7 < 3) before = y
      y = next
    }
    return yield* sum(y)
  })

const page = async (name: string, f: ReturnType<typeof chain>) => {
  const report = run(explain(f)(Tensor.make([0.1, 0.2, 0.3, 0.4])))
  const made = await Effect.runPromise(
    Effect.forEach(Array(5), () => Effect.timed(GradientReport.toHtml(report)))
  )
  const [, html] = made[0]!
  const drawn = /([\d,]+) equations<\/span>/.exec(html)?.[1]?.replace(",", "")
  if (!(Number(drawn) > 5000)) throw new Error(`the page has ${drawn} equations`)
  return [name, made.map(([time]) => Duration.toMillis(time)).sort((a, b) => a - b)[2]!, html.length / 1e6]
}
console.log("\nA page of a program of 5,000 equations, and of its derivative\n")
table(["", "ms", "MB"], [
  await page("a loop of the host's", chain(5000)),
  await page("none like its neighbours", unlike(5000))
])

console.log("\nSites in a small gradient, and supports where nothing is masked: milliseconds\n")
table(["", "with", "without", "more"], [
  compared("sites, Σ x sin x", [
    () => run(grad(tiny)(small)),
    () => run(Effect.provideService(Effect.suspend(() => grad(tiny)(small)), CaptureSites, false))
  ], 500),
  supports("supports, MLP 64·32·16·8", mlp, { first: filled(32, 16), second: filled(16, 8) }, 20),
  ...isAvailable
    ? gmmInputs.slice(0, 1).map((name) => {
      const { mixture, wishart, x } = readGmm(name)
      return supports(`supports, gmm ${name}`, gmm(x, wishart), mixture, 1)
    })
    : []
])
if (!isAvailable) console.log(skipped("supports in gmm"))
warnIfBusy()

/**
 * Writing a list, and each transformation of it, take time in proportion to its length.
 */
import { Effect } from "effect"
import { add, broadcastTo, cos, div, exp, mul, sin, slice, sub, sum, tanh, Tensor, Trace } from "wengert"
import type { OpError } from "wengert"
// The steps that `grad` and `vmap` consist of are measured one by one, without the memory of what was derived before;
// users never see them apart.
// oxlint-disable no-restricted-imports
import { traceProgram } from "../src/core/program.ts"
import { tuple } from "../src/core/tree.ts"
import { batchTrace } from "../src/grad/batch.ts"
import { linearizeTrace } from "../src/grad/forward.ts"
import { supportTrace } from "../src/grad/support.ts"
import { transform } from "../src/grad/transform.ts"
import { transposeTrace } from "../src/grad/transpose.ts"
// oxlint-enable no-restricted-imports
import { agree, measure, show, table, warnIfBusy } from "./measure.ts"

type Vector = Tensor<[4], "float64">

const run = Effect.runSync

/** A program of so many equations, whose numbers and derivatives stay within bounds. */
const chain = (equations: number) => (x: Vector) =>
  Effect.gen(function*() {
    let [y, z]: [Vector, Vector] = [x, x]
    for (let i = 0; i < equations; i += 8) {
      const a = yield* sin(yield* mul(y, z))
      const b = yield* tanh(yield* add(a, x))
      const c = yield* sub(y, b)
      y = yield* div(c, yield* exp(yield* cos(c)))
      z = b
    }
    return y
  })

const x = Tensor.make([0.1, 0.2, 0.3, 0.4])

const write = (program: ReturnType<typeof chain>) =>
  // the tracer hands on the errors of any program, and these fail as ops do
  traceProgram("bench", program, { tree: tuple(1), avals: [x] }) as Effect.Effect<Trace, OpError>

/** The lists of a chain, each made from another: list by list, how long that took. */
const lists = (equations: number) => {
  const traced = measure(() => run(write(chain(equations))))
  const linearized = measure(() => run(linearizeTrace(transform, traced.result, [true], "free")))
  const transposed = measure(() => run(transposeTrace(transform, linearized.result.linear, [true])))
  const backward = transposed.result.linear
  const guarded = measure(() => run(supportTrace(transform, backward, backward.linear.map(() => false), "keep")))
  const batched = measure(() => run(batchTrace(transform, traced.result, [true], 3)))
  return { traced, linearized, transposed, guarded, batched }
}

type Lists = ReturnType<typeof lists>

/** What a list gives for these inputs: tensors, like x unless said otherwise. */
const evaluate = <Result = Vector>(list: Trace, ...inputs: ReadonlyArray<Tensor>) =>
  run(Trace.evaluate(list, inputs)) as readonly [Result, ...Array<Result>]

const dot = (a: Vector, b: Vector): number => run(Tensor.item(sum(mul(a, b))))

/** ⟨u, J·v⟩ = ⟨Jᵀ·u, v⟩, and a batch of three is three times the result. */
const check = ({ batched, guarded, linearized, traced, transposed }: Lists): void => {
  const [y, ...residuals] = evaluate(linearized.result.primal, x)
  const [u, v] = [Tensor.make([1, 2, 3, 4]), Tensor.make([4, -1, 2, 3])]
  const [pushed] = evaluate(linearized.result.linear.trace, ...residuals, v)
  for (const { trace } of [transposed.result.linear, guarded.result]) {
    agree("a transposed list", dot(evaluate(trace, ...residuals, u)[0], v), dot(u, pushed), 1e-12)
  }
  const [many] = evaluate<Tensor<[3, 4], "float64">>(batched.result.trace, run(broadcastTo(x, [3, 4])))
  const expected = run(chain(traced.result.equations.length)(x))
  agree("a batched list", dot(run(slice(many, 2)), u), dot(expected, u), 1e-12)
  agree("a linearised list", dot(y, u), dot(expected, u), 1e-12)
}

const scaling = (): void => {
  console.log("Lists of many equations: µs for each equation of the list that a step is given\n")
  check(lists(1000))
  const rows = [1000, 10_000, 100_000].map((equations) => {
    const { batched, guarded, linearized, traced, transposed } = lists(equations)
    const { linear: { trace: linear }, primal } = linearized.result
    const { trace: backward } = transposed.result.linear
    const steps = [
      { ...traced, from: traced.result, to: [] },
      { ...linearized, from: traced.result, to: [primal, linear] },
      { ...transposed, from: linear, to: [backward] },
      { ...guarded, from: backward, to: [guarded.result.trace] },
      { ...batched, from: traced.result, to: [batched.result.trace] }
    ]
    return {
      equations,
      times: steps.map(({ from, milliseconds }) => 1000 * milliseconds / from.equations.length),
      growth: steps.map(({ from, to }) => to.reduce((n, list) => n + list.equations.length, 0) / from.equations.length)
    }
  })
  const [first, , last] = rows as [typeof rows[0], typeof rows[0], typeof rows[0]]
  table(["equations", "trace", "linearise", "transpose", "guard", "batch"], [
    ...rows.map(({ equations, times }) => [equations.toLocaleString("en"), ...times]),
    ["the last to the first", ...first.times.map((time, i) => `× ${show(last.times[i]! / time)}`)],
    ["equations written for each", "", ...last.growth.slice(1)]
  ])
  warnIfBusy()
}

scaling()

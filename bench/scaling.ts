/**
 * Writing a list, and each transformation of it, take time in proportion to its length.
 */
import { Effect } from "effect"
import { add, broadcastTo, cos, div, exp, mul, sin, slice, sub, sum, tanh, Tensor, Trace } from "wengert"
// The steps that `grad` and `vmap` consist of are measured one by one; users never see them apart.
// oxlint-disable no-restricted-imports
import { traceProgram } from "../src/core/program.ts"
import { tuple } from "../src/core/tree.ts"
import { transform } from "../src/grad/transform.ts"
// oxlint-enable no-restricted-imports
import { agree, measure, table } from "./measure.ts"

type Vector = Tensor<[4], "float64">

const run = Effect.runSync

/** A program of so many equations, whose numbers and derivatives stay within bounds. */
const chain = (equations: number) => (x: Vector) =>
  Effect.gen(function*() {
    let [y, z]: [Vector, Vector] = [x, x]
    for (let i = 0; i < equations; i += 8) {
      const a = yield* sin(yield* mul(y, z))
      const b = yield* tanh(yield* add(a, x))
      const c = yield* sub(b, z)
      y = yield* div(c, yield* exp(yield* cos(c)))
      z = b
    }
    return y
  })

const x = Tensor.make([0.1, 0.2, 0.3, 0.4])

/** The lists of a chain, each made from another: list by list, how long that took. */
const lists = (equations: number) => {
  const traced = measure(() => run(traceProgram("bench", chain(equations), { tree: tuple(1), avals: [x] })))
  const linearized = measure(() => run(transform.linearize(traced.result, [true])))
  const { linear, residuals } = linearized.result
  const isLinear = linear.inputs.map((_, i) => i >= residuals)
  const transposed = measure(() => run(transform.transpose(linear, isLinear, [true])))
  const guarded = measure(() => run(transform.support(transposed.result.trace, isLinear, isLinear.map(() => false))))
  const batched = measure(() => run(transform.batch(traced.result, [true], 3)))
  return { traced, linearized, transposed, guarded, batched }
}

type Lists = ReturnType<typeof lists>

const evaluate = (list: Trace, ...args: ReadonlyArray<Tensor>) =>
  run(Trace.evaluate(list, args)) as readonly [Vector, ...Array<Vector>]

const dot = (a: Vector, b: Vector): number => run(Tensor.item(sum(mul(a, b))))

/** ⟨u, J·v⟩ = ⟨Jᵀ·u, v⟩, and a batch of three is three times the result. */
const check = ({ batched, guarded, linearized, traced, transposed }: Lists): void => {
  const [y, ...residuals] = evaluate(linearized.result.primal, x)
  const [u, v] = [Tensor.make([1, 2, 3, 4]), Tensor.make([4, -1, 2, 3])]
  console.log(y, linearized.result.linear.inputs.length, residuals.length)
  const [pushed] = evaluate(linearized.result.linear, ...residuals, v)
  console.log(pushed)
  for (const { trace } of [transposed.result, guarded.result]) {
    agree("a transposed list", dot(evaluate(trace, ...residuals, u)[0], v), dot(u, pushed), 1e-12)
  }
  const [many] = evaluate(batched.result.trace, run(broadcastTo(x, [3, 4])))
  agree("a batched list", dot(run(slice(many, 2)), u), dot(evaluate(traced.result, x)[0], u), 1e-12)
  agree("a linearised list", dot(y, u), dot(evaluate(traced.result, x)[0], u), 1e-12)
}

export const scaling = (): void => {
  console.log("Lists of many equations: µs for each equation of the list that a step is given\n")
  check(lists(1000))
  const rows = [1000, 10_000, 100_000].map((equations) => {
    const { batched, guarded, linearized, traced, transposed } = lists(equations)
    const each = ({ milliseconds }: { readonly milliseconds: number }, { length }: ReadonlyArray<unknown>) =>
      1000 * milliseconds / length
    return [
      equations.toLocaleString("en"),
      each(traced, traced.result.equations),
      each(linearized, traced.result.equations),
      each(transposed, linearized.result.linear.equations),
      each(guarded, transposed.result.trace.equations),
      each(batched, traced.result.equations)
    ]
  })
  const [first, , last] = rows as [Array<number>, Array<number>, Array<number>]
  table(["equations", "trace", "linearise", "transpose", "guard", "batch"], [
    ...rows,
    ["ratio of the last to the first", ...first.slice(1).map((time, i) => last[i + 1]! / time)]
  ])
}

if (import.meta.main) scaling()

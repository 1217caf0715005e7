/**
 * Programs to draw: the three that the README begins with, and longer ones.
 */
import { Effect } from "effect"
import {
  add,
  cast,
  cond,
  cos,
  explain,
  greater,
  mul,
  neg,
  scan,
  sin,
  sqrt,
  stopGradient,
  sub,
  sum,
  tanh,
  Tensor,
  where
} from "wengert"
import { GradientReport } from "wengert/html"
import type { Laws } from "wengert/laws"

type Scalar = Tensor<[]>
type Vector = Tensor<[4]>

const both = { argnums: [0, 1] } as const
const at = Tensor.make([0.1, 0.2, 0.3, 0.4])

const branch = (x: Scalar, y: Scalar) => cond(greater(x, 0), () => mul(x, y), () => 0)
const product = (x: Tensor<[2, 2]>) => sum(mul(x, Tensor.eye(2)))
const stopped = (x: Scalar, y: Scalar) => mul(stopGradient(x), y)
const root = (x: Tensor<[2]>) => sum(sqrt(x))
const selected = (x: Tensor<[2]>) => sum(where(greater(x, 0), sqrt(x), 0))

const loops = (x: Vector) =>
  Effect.gen(function*() {
    let y: Vector = yield* scan((c: Vector) => Effect.map(sin(c), (d) => [d, d] as const), x, Tensor.arange(10)).pipe(
      Effect.map(([last]) => last)
    )
    for (let i = 0; i < 20; i++) y = yield* tanh(yield* add(y, x))
    return yield* sum(y)
  })

/** So many equations, none like its neighbours. */
const long = (equations: number) => (x: Vector) =>
  Effect.gen(function*() {
    let seed = 7
    const below = (n: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return Math.floor(seed / 2 ** 31 * n)
    }
    const known: Array<Vector> = [x]
    const some = () => known[Math.max(0, known.length - 1 - below(40))]!
    const ops = [sin, cos, neg, tanh, (y: Vector) => mul(y, some()), (y: Vector) => sub(y, some())]
    for (let i = 0; i < equations; i++) known.push(yield* ops[below(ops.length)]!(known.at(-1)!))
    let total: Vector = x
    for (const y of known) total = yield* add(total, y)
    return yield* sum(total)
  })

const reports = {
  branch: () => explain(branch, both)(Tensor.make(-1), Tensor.make(3)),
  product: () => explain(product)(Tensor.ones([2, 2])),
  stopped: () => explain(stopped, both)(Tensor.make(2), Tensor.make(3)),
  root: () => explain(root)(Tensor.make([4, 0])),
  selected: () => explain(selected)(Tensor.make([4, 0])),
  loops: () => explain(loops)(at),
  long: () => explain(long(2000))(at)
} as const

export type Name = keyof typeof reports

/** The page of a program. */
export const pageOf = (name: Name): Promise<string> =>
  Effect.runPromise(
    Effect.flatMap(reports[name](), (r) => GradientReport.toHtml(r))
  )

/** The report and the page of Σ of what a random program gives; nothing, where it has no floats to differentiate. */
export const pageOfRandom = async ({ args, f }: Laws.RandomProgram) => {
  const scalar = (...xs: ReadonlyArray<Tensor>) =>
    Effect.gen(function*() {
      let total: Tensor = Tensor.make(0)
      for (const y of [yield* f(...xs)].flat()) total = yield* add(total, sum(cast(y, "float64")))
      return total
    })
  const argnums = args.flatMap(({ dtype }, i) => dtype.startsWith("float") ? [i] : [])
  if (argnums.length === 0) return undefined
  const report = await Effect.runPromise(explain(scalar, { argnums })(...args))
  return { report, html: await Effect.runPromise(GradientReport.toHtml(report)) }
}

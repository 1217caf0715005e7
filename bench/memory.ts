/**
 * The memory and the time of a long loop's gradient, with and without checkpoints.
 */
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { add, grad, mul, scan, sin, sum, tanh, Tensor, trace } from "wengert"
import { count, total } from "./count.ts"
import { agree, table } from "./measure.ts"

type Vector = Tensor<[128], "float64">

const steps = 100_000

/** A loop that keeps a few vectors of every step for its way back. */
const loop = (length: number, checkpoint: boolean) => (w: Vector) => {
  const body = (x: Vector) => Effect.map(tanh(add(mul(w, x), sin(x))), (y) => [y, []] as const)
  return Effect.flatMap(scan(body, Tensor.full([128], 0.5), null, { length, checkpoint }), ([last]) => sum(last))
}

const weights = Tensor.linspace(0.1, 0.9, 128)

const runs = {
  "value": () => loop(steps, false)(weights),
  "gradient": () => sum(grad(loop(steps, false))(weights)),
  "gradient with checkpoints": () => sum(grad(loop(steps, true))(weights))
}

type Name = keyof typeof runs

/** What a run gives, and what it took. */
interface Report {
  readonly result: number
  readonly seconds: number
  readonly megabytes: number
}

const perform = (name: Name): Report => {
  const before = process.resourceUsage().maxRSS
  const start = performance.now()
  const result = Effect.runSync(Tensor.item(runs[name]()))
  const seconds = (performance.now() - start) / 1000
  return { result, seconds, megabytes: (process.resourceUsage().maxRSS - before) / 1024 }
}

/** The same in a process of its own: a peak of memory stays the peak of a process. */
const performApart = (name: Name): Report =>
  // what perform gives, printed below
  JSON.parse(
    execFileSync(process.execPath, [...process.execArgv, import.meta.filename, name], { encoding: "utf8" })
  ) as Report

/** Number of equations of a loop's gradient, with those of the loop's body. */
const equationsOf = (length: number, checkpoint: boolean): number =>
  total(count(Effect.runSync(trace(grad(loop(length, checkpoint)))(weights))))

const memory = (): void => {
  console.log(
    `A loop of ${steps.toLocaleString("en")} steps: its peak of memory above that of an empty process, and its time\n`
  )
  const names = Object.keys(runs) as Array<Name>
  const [value, plain, checkpointed] = names.map(performApart) as [Report, Report, Report]
  agree("the gradient with checkpoints", checkpointed.result, plain.result, 1e-12)
  table(
    ["", "MB", "seconds"],
    [value, plain, checkpointed].map(({ megabytes, seconds }, i) => [names[i]!, megabytes, seconds])
  )
  const less = (plain.megabytes / checkpointed.megabytes).toFixed(1)
  const slower = (checkpointed.seconds / plain.seconds).toFixed(2)
  console.log(`\n  with checkpoints ${less} times less memory, and ${slower} times the time`)
  for (const checkpoint of [false, true]) {
    const [short, long] = [equationsOf(steps / 100, checkpoint), equationsOf(steps, checkpoint)]
    agree("the number of equations", long, short, 0)
    console.log(`  the gradient${checkpoint ? " with checkpoints" : ""}, for a loop of any length: ${long} equations`)
  }
}

{
  const [, , name] = process.argv
  if (name === undefined) memory()
  // the name is one that performApart gave
  else console.log(JSON.stringify(perform(name as Name)))
}

/**
 * Every input of ADBench in a folder that is laid out like the data: `npm run adbench -- <folder> [--json]`.
 *
 * For each: the relative error of objective and derivative (of the sums of their squares, by the benchmark's own files), the
 * medians of milliseconds for both, compiled, the milliseconds from the first trace to the first derivative, and the peak
 * of the memory that the derivative's program uses.
 */
import { Effect } from "effect"
import { compile } from "wengert"
import type { OpError } from "wengert"
import { measure, table } from "./measure.ts"
import type { Problem } from "./problems.ts"

/** What is measured of an input. */
interface Line {
  readonly name: string
  readonly relativeError: number
  readonly objectiveMs: number
  readonly derivativeMs: number
  readonly compileMs: number
  readonly peakBytes: number
}

const [folder, ...options] = process.argv.slice(2).filter((word, i) => i === 0 || word !== "--")
const asJson = options.includes("--json")
if (folder === undefined || folder.startsWith("--")) {
  console.error("adbench requires a folder: npm run adbench -- <folder> [--json]")
  process.exit(1)
}
// the data is looked for where this says, as soon as its module is loaded
process.env["WENGERT_ADBENCH"] = folder
const { found, squaredNorm } = await import("./problems.ts")

const relativeErrorOf = (tree: unknown, expected: number): number =>
  Math.abs(Effect.runSync(squaredNorm(tree)) - expected) / Math.abs(expected)

const measured = ({ derivative, expected, name, objective, parameters }: Problem): Line => {
  const start = performance.now()
  const compiled = Effect.runSync(compile(derivative)(parameters))
  const slope = Effect.runSync(compiled.run(parameters))
  const compileMs = performance.now() - start
  const value = Effect.runSync(compile(objective)(parameters))
  const time = (program: Effect.Effect<unknown, OpError>) => measure(() => Effect.runSync(program), 1000)
  const [objectiveMs, derivativeMs] = [value, compiled].map(({ run }) => time(run(parameters)).milliseconds) as [
    number,
    number
  ]
  const relativeError = Math.max(
    relativeErrorOf(Effect.runSync(value.run(parameters)), expected[0]),
    relativeErrorOf(slope, expected[1])
  )
  return { name, relativeError, objectiveMs, derivativeMs, compileMs, peakBytes: compiled.peakBytes }
}

const lines: Array<Line> = []
for (const problem of found()) {
  const line = measured(problem)
  lines.push(line)
  if (asJson) console.log(JSON.stringify(line))
}
if (lines.length === 0) {
  console.error(`adbench finds no inputs in ${folder}`)
  process.exitCode = 1
} else if (!asJson) {
  const headings = ["", "relative error", "objective ms", "derivative ms", "ratio", "compile ms", "peak MB"]
  table(
    headings,
    lines.map((l) => [
      l.name,
      l.relativeError.toExponential(1),
      l.objectiveMs,
      l.derivativeMs,
      l.derivativeMs / l.objectiveMs,
      l.compileMs,
      l.peakBytes / 2 ** 20
    ])
  )
}

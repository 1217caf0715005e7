/**
 * The long run: `npm run laws -- --runs 10000 --seed random` checks every law of random programs, and the battery of every
 * op, on as many samples each, and prints what breaks as a program to paste into a test.
 *
 * `--only text` chooses the laws whose names contain a text, `--minutes n` stops after so long.
 */
import { SingleBar } from "cli-progress"
import { parseArgs } from "node:util"
import { Laws } from "../laws/index.ts"
import { table } from "../test/laws/table.ts"

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: "42" },
    only: { type: "string", default: "" },
    minutes: { type: "string", default: "Infinity" }
  }
})

const wholeNumber = (name: string, text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`--${name} requires a whole number, got ${text}`)
  return n
}
const runs = wholeNumber("runs", values.runs)
const seed = values.seed === "random" ? Math.floor(Math.random() * 2 ** 31) : wholeNumber("seed", values.seed)
const end = Date.now() + 60_000 * Number(values.minutes)

const batteries = Object.entries(table).flatMap(([name, entries]) =>
  [entries].flat().flatMap((entry) => Laws.primitive(entry.f, { name, ...entry }))
)
const laws = [...Laws.everything(), ...batteries].filter((law) => law.name.includes(values.only))

/** Samples between two looks at the clock. */
const chunk = 10

const bar = new SingleBar({
  format: "{bar} {percentage} % · {broken} broken · {law}",
  barsize: 30,
  barCompleteChar: "━",
  barIncompleteChar: "╌",
  hideCursor: true,
  noTTYOutput: false
})
if (process.stdout.isTTY) bar.start(laws.length * runs, 0, { broken: 0, law: "" })

console.log(`seed ${seed}`)
let samples = 0
const broken = new Set<Laws.Law>()
for (let from = 0; from < runs && Date.now() < end; from += chunk) {
  for (const [i, law] of laws.entries()) {
    if (Date.now() > end) break
    // a law that is broken says so once
    if (broken.has(law)) continue
    const count = Math.min(chunk, runs - from)
    bar.update(samples, { broken: broken.size, law: law.name })
    try {
      Laws.check(law, { runs: count, seed: (seed + 7919 * from + 104_729 * i) % 2 ** 31 })
    } catch (error) {
      if (!(error instanceof Laws.LawBroken)) throw error
      broken.add(law)
      console.log(`\n${error.message}\n`)
    }
    samples += count
  }
}
bar.stop()
console.log(`${laws.length} laws, ${samples} samples, ${broken.size} broken`)
process.exitCode = broken.size === 0 ? 0 : 1

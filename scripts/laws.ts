/**
 * The long run: `npm run laws -- --runs 10000 --seed random` checks every law of random programs, and the battery of every
 * op, on as many samples each. What breaks is printed as a program to paste into a test, with the line that shows it again.
 *
 * `--only text` chooses the law of that name, or those whose names contain a text, `--minutes n` stops after so long, and
 * `--path text` goes straight to what a run with that seed has found.
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
    path: { type: "string" },
    minutes: { type: "string", default: "Infinity" }
  }
})

const wholeNumber = (name: string, text: string, least: number): number => {
  const n = Number(text)
  if (Number.isInteger(n) && n >= least) return n
  throw new RangeError(`--${name} requires a whole number from ${least}, got ${text}`)
}
const runs = wholeNumber("runs", values.runs, 1)
const seed = values.seed === "random" ? Math.floor(Math.random() * 2 ** 31) : wholeNumber("seed", values.seed, 0)
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new RangeError(`--minutes requires a positive number, got ${values.minutes}`)
const end = Date.now() + 60_000 * minutes

const batteries = Object.entries(table).flatMap(([name, entries]) =>
  entries.flatMap((entry, i, { length }) =>
    Laws.primitive(entry.f, { ...entry, name: length === 1 ? name : `${name} (${i + 1})` })
  )
)
const all = [...Laws.everything(), ...batteries]
const named = all.filter((law) => law.name === values.only)
const laws = named.length > 0 ? named : all.filter((law) => law.name.includes(values.only))
if (laws.length === 0) throw new RangeError(`--only requires a part of the name of a law, got ${values.only}`)

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
      Laws.check(law, { runs: count, seed: (seed + 7919 * from + 104_729 * i) % 2 ** 31, path: values.path })
    } catch (error) {
      if (!(error instanceof Laws.LawBroken)) throw error
      broken.add(law)
      const again = `--only ${JSON.stringify(law.name)} --seed ${error.seed} --path ${error.path}`
      console.log(`\n${error.message}\n  or: npm run laws -- ${again}\n`)
    }
    samples += count
  }
}
bar.stop()
console.log(`${laws.length} laws, ${samples} samples, ${broken.size} broken`)
process.exitCode = broken.size === 0 ? 0 : 1

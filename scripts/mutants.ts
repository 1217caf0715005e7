/**
 * How strong are the laws? `npm run mutants` makes one mistake after the other in the rules of the primitives and in the
 * transformations, and counts those that the laws see. A mistake is tried only on laws that meet it on their way:
 * first those that saw another one in the same rule, and then the cheapest.
 *
 * `--only text` takes mistakes in files, rules or of kinds that contain the text, `--sample n` so many of them by chance, `--seed s`;
 * `--laws text` tries laws of entries that contain the text alone, as while one writes them;
 * `--json file` writes the report down, and `--again file` tries only what is alive in such a report; `--all` lists those that are
 * killed too. Mistakes that change nothing are in
 * `laws/equivalent.json`, each with the reason; one that is not there any more, or that a law sees, is an error.
 *
 * Source: R. DeMillo, R. Lipton and F. Sayward, "Hints on test data selection: help for the practicing programmer", 1978; all
 * mistakes in one program, by a switch: R. Untch, A. J. Offutt and M. J. Harrold, "Mutation analysis using mutant schemata", 1993.
 */
import { SingleBar } from "cli-progress"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Worker } from "node:worker_threads"
import type { Mutant } from "./mutants/mutations.ts"
import { weave } from "./mutants/mutations.ts"
import { findRules } from "./mutants/rules.ts"
import type { Answer, Place, Question, Start, Watched } from "./mutants/worker.ts"

const root = join(import.meta.dirname, "..")
const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    sample: { type: "string", default: "Infinity" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
    again: { type: "string" },
    laws: { type: "string", default: "" },
    all: { type: "boolean", default: false }
  }
})

// ---- the mistakes

const files = globSync("src/{ops,grad}/**/*.ts", { cwd: root }).toSorted()
const mutants: Array<Mutant> = []
const code = new Map<string, string>()
for (const source of findRules(root, files)) {
  // 0 is no mistake
  const woven = weave(source, mutants.length + 1)
  mutants.push(...woven.mutants)
  code.set(join(root, source.file), woven.code)
}

/** What says of a mistake which one it is, wherever it stands; of several that read the same, also which of them. */
const keys = new Map<number, string>()
const times = new Map<string, number>()
for (const { file, from, id, rule, to } of mutants) {
  const text = `${file} ${rule}: ${from} → ${to}`
  const count = (times.get(text) ?? 0) + 1
  times.set(text, count)
  keys.set(id, count === 1 ? text : `${text} (${count})`)
}
const keyOf = ({ id }: Mutant): string => keys.get(id)!

const equivalents = JSON.parse(readFileSync(join(root, "laws/equivalent.json"), "utf8")) as {
  readonly [key: string]: string
}
const known = new Set(keys.values())
const stale = Object.keys(equivalents).filter((key) => !known.has(key))

/** Numbers by chance, the same for the same seed (D. Lehmer's generator, with the multiplier of S. Park and K. Miller). */
const chance = (seed: number) => {
  let state = seed % 2_147_483_647
  return (): number => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647
}
const random = chance(Number(options.seed))
/** What was alive in a report. */
const alive: ReadonlySet<string> | undefined = options.again === undefined ? undefined : new Set(
  (JSON.parse(readFileSync(options.again, "utf8")) as ReadonlyArray<
    { readonly key: string; readonly verdict: Verdict }
  >)
    .filter(({ verdict }) => verdict === "survived" || verdict === "never met")
    .map(({ key }) => key)
)
const wanted = mutants
  .filter((m) => alive?.has(keyOf(m)) !== false)
  .filter((m) => `${m.file} ${m.rule} ${m.kind} ${m.mistake}`.includes(options.only))
  .map((mutant) => ({ mutant, at: random() }))
  .toSorted((a, b) => a.at - b.at)
  .slice(0, Number(options.sample))
  .map(({ mutant }) => mutant)

// ---- the threads

class Thread {
  #worker: Worker | undefined
  readonly #loadedWith: number
  constructor(loadedWith = 0) {
    this.#loadedWith = loadedWith
  }

  /** Answers a question; `undefined` where it takes longer than that. */
  async ask(question: Question, milliseconds = Infinity): Promise<Answer | undefined> {
    this.#worker ??= await this.start()
    const worker = this.#worker
    return new Promise((resolve) => {
      const timer = milliseconds === Infinity ? undefined : setTimeout(() => end(undefined), milliseconds)
      const end = (answer: Answer | undefined): void => {
        clearTimeout(timer)
        worker.removeAllListeners("message").removeAllListeners("error").removeAllListeners("exit")
        // one that does not answer goes round in circles
        if (answer === undefined) this.stop()
        resolve(answer)
      }
      worker.once("message", end).once("error", () => end(undefined)).once("exit", () => end(undefined))
      // a thread of this process has no origin
      const tell = worker.postMessage.bind(worker)
      tell(question)
    })
  }

  async start(): Promise<Worker> {
    const workerData: Start = { root, code, loadedWith: this.#loadedWith, laws: options.laws }
    const worker = new Worker(join(import.meta.dirname, "mutants/worker.ts"), {
      workerData,
      execArgv: ["--conditions=wengert-source", "--disable-warning=ExperimentalWarning"]
    })
    return new Promise((resolve, reject) => {
      worker.once("error", reject).once("message", ({ entries }: { readonly entries: number }) => {
        entryCount = entries
        worker.removeAllListeners("error")
        resolve(worker)
      })
    })
  }

  stop(): void {
    void this.#worker?.terminate()
    this.#worker = undefined
  }
}

let entryCount = 0
const threads = Array.from({ length: availableParallelism() }, () => new Thread())
const bar = new SingleBar({ format: "{bar} {value}/{total} · {what}", hideCursor: true, barsize: 30 })

/** Does all of them, as many at a time as there are threads. */
const share = async <A>(all: ReadonlyArray<A>, what: string, work: (thread: Thread, one: A) => Promise<void>) => {
  if (process.stdout.isTTY) bar.start(all.length, 0, { what })
  let next = 0
  await Promise.all(threads.map(async (thread) => {
    while (next < all.length) {
      await work(thread, all[next++]!)
      bar.increment()
    }
  }))
  bar.stop()
}

// ---- which laws meet which mistakes

const started = performance.now()
for (const thread of threads) await thread.ask({ _tag: "Try", mutant: 0, places: [] })
const meeting: Array<Array<{ readonly place: Place; readonly milliseconds: number }>> = mutants.map(() => [])
meeting.push([])
let lawCount = 0
const wrong: Array<Watched> = []
await share(Array.from({ length: entryCount }, (_, i) => i), "watching", async (thread, entry) => {
  const answer = await thread.ask({ _tag: "Watch", entry, count: mutants.length + 1 })
  if (answer?._tag !== "Watched") throw new Error(`the laws of entry ${entry} could not be watched`)
  for (const [law, watched] of answer.laws.entries()) {
    lawCount++
    if (watched.broken !== undefined) wrong.push(watched)
    for (const id of watched.met) meeting[id]!.push({ place: { entry, law }, milliseconds: watched.milliseconds })
  }
})
if (wrong.length > 0) {
  for (const { broken, name } of wrong) console.error(`${name}, without any mistake: ${broken}`)
  process.exit(1)
}
for (const all of meeting) all.sort((a, b) => a.milliseconds - b.milliseconds)
console.log(
  `${mutants.length} mistakes in ${code.size} files; ${lawCount} laws, watched in ` +
    `${((performance.now() - started) / 1000).toFixed(0)} s`
)

// ---- the trial

type Verdict = "killed" | "survived" | "never met" | "equivalent"
interface Outcome {
  readonly mutant: Mutant
  readonly verdict: Verdict
  readonly killer?: string | undefined
}
const outcomes: Array<Outcome> = []

/**
 * Laws are tried on a mistake for so long, as they take without it, and less on one that is known to change nothing; and so many
 * milliseconds at a time, so that an endless loop is noticed.
 */
const patience = { mistake: 30_000, equivalent: 3000 }
const portion = 2000

type Met = (typeof meeting)[number][number]

/** The cheapest laws first, in portions, as long as patience lasts. */
const portions = (met: ReadonlyArray<Met>, patience: number): ReadonlyArray<ReadonlyArray<Met>> => {
  const found: Array<Array<Met>> = []
  let [spent, inLast] = [0, Infinity]
  for (const one of met) {
    if (spent > patience) break
    if (inLast > portion) {
      found.push([])
      inLast = 0
    }
    found.at(-1)!.push(one)
    spent += one.milliseconds
    inLast += one.milliseconds
  }
  return found
}

/** The laws that may see a mistake. When modules are loaded nobody watches: those that meet others in the file. */
const lawsFor = (mutant: Mutant): ReadonlyArray<Met> => {
  if (!mutant.isStatic) return meeting[mutant.id]!
  const all = new Map<string, Met>()
  for (const { file, id } of mutants) {
    if (file === mutant.file) { for (const one of meeting[id]!) all.set(`${one.place.entry} ${one.place.law}`, one) }
  }
  return [...all.values()].toSorted((a, b) => a.milliseconds - b.milliseconds)
}

const isEquivalent = (mutant: Mutant): boolean => equivalents[keyOf(mutant)] !== undefined

/** The laws that saw other mistakes of a rule, the last one first: they are tried before the others. */
const killers = new Map<string, ReadonlyArray<Place>>()
const favourites = 6

const killerOf = async (thread: Thread, mutant: Mutant): Promise<string | undefined> => {
  const rule = `${mutant.file} ${mutant.rule}`
  const laws = lawsFor(mutant)
  const isSame = (a: Place, b: Place): boolean => a.entry === b.entry && a.law === b.law
  const favoured = (killers.get(rule) ?? []).flatMap((place) => laws.find((met) => isSame(met.place, place)) ?? [])
    .toSorted((a, b) => a.milliseconds - b.milliseconds)
  for (
    const met of [
      ...favoured.length === 0 ? [] : [favoured],
      ...portions(laws, patience[isEquivalent(mutant) ? "equivalent" : "mistake"])
    ]
  ) {
    const expected = met.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
    const question: Question = { _tag: "Try", mutant: mutant.id, places: met.map(({ place }) => place) }
    const answer = await thread.ask(question, 20_000 + 5 * expected)
    if (answer?._tag !== "Tried") return "it does not end, or does not load"
    const { killer } = answer
    if (killer === undefined) continue
    const others = (killers.get(rule) ?? []).filter((place) => !isSame(place, killer.place))
    killers.set(rule, [killer.place, ...others].slice(0, favourites))
    return killer.name
  }
  return undefined
}

/** The report so far, for a run that is stopped. */
const write = (): void => {
  if (options.json === undefined) return
  const report = outcomes.map(({ killer, mutant, verdict }) => ({ key: keyOf(mutant), ...mutant, verdict, killer }))
  writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`)
}

await share(wanted, "trying", async (thread, mutant) => {
  const one = mutant.isStatic ? new Thread(mutant.id) : thread
  const killer = await killerOf(one, mutant).catch(() => "it does not load")
  if (mutant.isStatic) one.stop()
  const verdict = killer !== undefined
    ? "killed"
    : isEquivalent(mutant)
    ? "equivalent"
    : lawsFor(mutant).length === 0
    ? "never met"
    : "survived"
  outcomes.push({ mutant, verdict, killer })
  if (outcomes.length % 50 !== 0) return
  write()
  if (!process.stdout.isTTY) console.log(`${outcomes.length} of ${wanted.length} tried`)
})
for (const thread of threads) thread.stop()

// ---- the report

const of = (verdict: Verdict) => outcomes.filter((o) => o.verdict === verdict)
const killed = of("killed")
const living = [...of("survived"), ...of("never met")]
const show = ({ mutant: { file, from, line, mistake, rule, to }, verdict, killer }: Outcome): string =>
  `${verdict.padEnd(10)} ${file}:${line} ${rule}, ${mistake}: ${from} → ${to}${
    killer === undefined ? "" : `\n           by ${killer}`
  }`

for (const outcome of living.toSorted((a, b) => a.mutant.id - b.mutant.id)) console.log(show(outcome))
if (options.all) { for (const outcome of killed) console.log(show(outcome)) }

console.log()
for (const kind of new Set(outcomes.map(({ mutant }) => mutant.kind))) {
  const counted = outcomes.filter(({ mutant, verdict }) => mutant.kind === kind && verdict !== "equivalent")
  const seen = counted.filter(({ verdict }) => verdict === "killed").length
  console.log(`${kind.padEnd(16)} ${String(seen).padStart(5)} of ${String(counted.length).padStart(5)}`)
}
const noLonger = killed.filter(({ mutant }) => equivalents[keyOf(mutant)] !== undefined)
for (const { mutant } of noLonger) console.log(`not equivalent: ${keyOf(mutant)}`)
for (const key of stale) console.log(`no longer there: ${key}`)
const counted = killed.length + living.length
const score = counted === 0 ? 100 : 100 * killed.length / counted
console.log(
  `\n${killed.length} of ${counted} mistakes killed, ${score.toFixed(1)} %; ${
    of("equivalent").length
  } change nothing; ` +
    `${((performance.now() - started) / 60_000).toFixed(1)} minutes`
)
write()
process.exitCode = score < 98 || stale.length > 0 || noLonger.length > 0 ? 1 : 0

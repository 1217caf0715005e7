/**
 * One of the threads that try mutants: it loads the library with all mistakes in it, and makes one at a time.
 */
import type { Effect as EffectModule } from "effect"
import * as fc from "fast-check"
import { registerHooks } from "node:module"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { fileURLToPath, pathToFileURL } from "node:url"
import { parentPort, workerData } from "node:worker_threads"
import type { Laws as LawsModule } from "../../laws/index.ts"
import type * as Wengert from "../../src/index.ts"
import type * as Cases from "../../test/laws/cases.ts"
import type * as Kinks from "../../test/laws/kinks.ts"
import type * as Table from "../../test/laws/table.ts"

/** What a thread is started with. */
export interface Start {
  readonly root: string
  /** The sources with mistakes in them. */
  readonly code: ReadonlyMap<string, string>
  /** A mistake that counts when modules are loaded. */
  readonly loadedWith: number
  /** Only entries whose names contain it. */
  readonly laws: string
}

/** A law, by its place in the table. */
export interface Place {
  readonly entry: number
  readonly law: number
}

/** What a thread is asked: to watch which mistakes the laws of an entry would meet, or whether a law sees one. */
export type Question =
  | { readonly _tag: "Watch"; readonly entry: number; readonly count: number }
  | { readonly _tag: "Try"; readonly mutant: number; readonly places: ReadonlyArray<Place> }

/** A law that was watched. */
export interface Watched {
  readonly name: string
  readonly milliseconds: number
  /** The mistakes on its way. */
  readonly met: ReadonlyArray<number>
  readonly broken: string | undefined
}

export type Answer =
  | { readonly _tag: "Ready"; readonly entries: number }
  | { readonly _tag: "Watched"; readonly entry: number; readonly laws: ReadonlyArray<Watched> }
  | { readonly _tag: "Tried"; readonly mutant: number; readonly killer: Killer | undefined }

/** The law that sees a mistake. */
export interface Killer {
  readonly name: string
  readonly place: Place
}

const { code, laws: wanted, loadedWith, root } = workerData as Start

let active = loadedWith
let met: Uint8Array | undefined

const switches = {
  is: (id: number): boolean => {
    if (met !== undefined) met[id] = 1
    return id === active
  },
  value: (x: unknown): unknown => x,
  negative: (x: unknown): unknown => x,
  ops: {} as typeof Wengert
}
Object.assign(globalThis, { $: switches })

registerHooks({
  load: (url, context, next) => {
    const woven = url.startsWith("file:") ? code.get(fileURLToPath(url)) : undefined
    return woven === undefined ? next(url, context) : { format: "module", source: woven, shortCircuit: true }
  }
})

const at = (file: string): string => pathToFileURL(join(root, file)).href
const { Effect } = await import("effect") as { readonly Effect: typeof EffectModule }
const wengert = await import(at("src/index.ts")) as typeof Wengert
const { Laws } = await import(at("laws/index.ts")) as { readonly Laws: typeof LawsModule }
const { table } = await import(at("test/laws/table.ts")) as typeof Table

switches.ops = wengert
switches.value = (x) => Effect.isEffect(x) ? x : Effect.succeed(x)
switches.negative = (x) => wengert.neg(x as Wengert.Tensor)

const { cases } = await import(at("test/laws/cases.ts")) as typeof Cases
const { kinks } = await import(at("test/laws/kinks.ts")) as typeof Kinks

type Entry = readonly [name: string, laws: () => ReadonlyArray<LawsModule.Law>]

/** The laws of an entry, new each time: a function that was differentiated remembers its derivative. */
const entries: ReadonlyArray<() => ReadonlyArray<LawsModule.Law>> = [
  ...Object.entries(table).flatMap(([name, all]) =>
    all.map((entry, i): Entry => [
      name,
      () => Laws.primitive(entry.f, { runs: 4, ...entry, name: all.length === 1 ? name : `${name} (${i + 1})` })
    ])
  ),
  ...Object.entries(kinks).map(([name, [f, ...args]]): Entry => [name, () => [
    { ...Laws.subgradient(f, args), name: `${name}: the gradient is the shortest subgradient`, runs: 3 },
    { ...Laws.duality(f, args), name: `${name}: reverse mode is adjoint to forward mode`, runs: 3 }
  ]]),
  ...Object.entries(cases),
  ...Laws.everything().map((law, i): Entry => [law.name, () => [Laws.everything()[i]!]])
].filter(([name]) => name.includes(wanted)).map(([, laws]) => laws)

/** Why a law does not hold: the smallest example, and who is to blame, are of no use here. */
const broken = (law: LawsModule.Law): string | undefined => {
  try {
    Laws.check({ ...law, about: undefined, arbitrary: fc.noShrink(law.arbitrary) })
    return undefined
  } catch (error) {
    return error instanceof Laws.LawBroken ? error.reason.slice(0, 200) : String(error).slice(0, 200)
  }
}

const answer = (question: Question): Answer => {
  if (question._tag === "Watch") {
    const { count, entry } = question
    return {
      _tag: "Watched",
      entry,
      laws: entries[entry]!().map((law) => {
        met = new Uint8Array(count)
        const start = performance.now()
        const reason = broken(law)
        const milliseconds = performance.now() - start
        const found = [...met.keys()].filter((id) => met![id] === 1)
        met = undefined
        return { name: law.name, milliseconds, met: found, broken: reason }
      })
    }
  }
  const { mutant, places } = question
  active = mutant
  const made = new Map<number, ReadonlyArray<LawsModule.Law>>()
  try {
    for (const { entry, law: l } of places) {
      if (!made.has(entry)) made.set(entry, entries[entry]!())
      const law = made.get(entry)![l]!
      if (broken(law) !== undefined) {
        return { _tag: "Tried", mutant, killer: { name: law.name, place: { entry, law: l } } }
      }
    }
    return { _tag: "Tried", mutant, killer: undefined }
  } finally {
    active = loadedWith
  }
}

const port = parentPort!
// a port of this process, which has no origin
const tell = port.postMessage.bind(port)
port.on("message", (question: Question) => tell(answer(question)))
tell({ _tag: "Ready", entries: entries.length } satisfies Answer)

/**
 * Programs that must not compile, what the compiler says about them, and what happens to those who run them anyway.
 *
 * Every line after a comment `// error: …` in `errors/` has exactly one diagnostic, which contains that text; no other
 * line has any. Where the text is the sentence of a typed error, the program fails with that error at run time.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import * as wengert from "../src/index.ts"
import * as values from "./values.ts"

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** What the compiler says, with the lines that elaborate on it. */
interface Diagnostic {
  readonly place: string
  readonly message: string
}

const diagnose = async (): Promise<ReadonlyArray<Diagnostic>> => {
  const run = promisify(execFile)(
    path("../node_modules/.bin/tsc"),
    ["-p", path("errors/tsconfig.json"), "--pretty", "false"],
    { cwd: path("..") }
  )
  // tsc exits with an error, as it should, and its diagnostics are its output
  const output = await run.then(({ stdout }) => stdout, (error: { readonly stdout: string }) => error.stdout)
  return output.split(/\n(?=\S)/).flatMap((text) => {
    const match = /^typetest\/errors\/(.+?)\((\d+),\d+\): error TS\d+: ([^]*)$/.exec(text)
    // mistakes elsewhere are what `tsc` on the whole project is for
    return match === null ? [] : [{ place: `${match[1]}:${match[2]}`, message: match[3]! }]
  })
}

/** A program that must not compile: the lines after the announcement, up to the next comment, empty line or statement. */
interface Announced extends Diagnostic {
  readonly program: string
  /** Is it part of a larger one? */
  readonly inner: boolean
}

const announced = readdirSync(path("errors")).filter((file) => file.endsWith(".ts")).flatMap(
  (file): Array<Announced> => {
    const lines = readFileSync(path(`errors/${file}`), "utf8").split("\n")
    return lines.flatMap((line, i) => {
      const match = /^\s*\/\/ error: (.*)$/.exec(line)
      if (match === null) return []
      const more = lines.slice(i + 2).findIndex((next) => !/^([ )\]}]|$)/.test(next) || next === "")
      return [{
        place: `${file}:${i + 2}`,
        inner: /^\s/.test(line),
        message: match[1]!,
        program: lines.slice(i + 1, i + 2 + more).join("\n").trim()
      }]
    })
  }
)

/** Is it what a typed error says? */
const isSentence = (message: string): boolean => /^[A-Z]\w*Error: /.test(message)

/** The programs that stand for themselves, and whose mistake is one of the typed errors. */
const runnable = announced.filter(({ inner, message, program }) =>
  !inner && isSentence(message) && !program.startsWith("export")
)

/** A sentence is read at once: this many characters of a diagnostic may come before it, which is one line of an editor. */
const patience = 125

const scope = { ...wengert, ...values, Effect, pick: values.zeros([2, 1], "int32") }

/** The program without its types, in a scope that has all that it may mention. */
const evaluate = (program: string): Effect.Effect<unknown, unknown> =>
  // what is evaluated is the text of this directory
  // oxlint-disable-next-line typescript/no-implied-eval
  new Function("scope", `with (scope) { return (${stripTypeScriptTypes(program)}) }`)(scope)

describe("programs that do not compile", async () => {
  const diagnostics = await diagnose()

  for (const { message, place, program } of announced) {
    it(`${place} ${program}`, () => {
      const here = diagnostics.filter((d) => d.place === place)
      expect(here).toHaveLength(1)
      expect(here[0]!.message).toContain(message)
      if (isSentence(message)) expect(here[0]!.message.indexOf(message.split(" ")[0]!)).toBeLessThan(patience)
    })
  }

  it("have no other mistakes", () => {
    const places = new Set(announced.map(({ place }) => place))
    expect(diagnostics.filter(({ place }) => !places.has(place))).toEqual([])
  })
})

describe("the same programs, run", () => {
  for (const { message, place, program } of runnable) {
    it(`${place} ${program}`, () => {
      const exit = Effect.runSyncExit(Effect.suspend(() => evaluate(program)))
      expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toMatchObject({ _tag: message.split(":")[0] })
    })
  }
})

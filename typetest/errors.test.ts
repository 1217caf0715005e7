/**
 * Programs that must not compile, and what the compiler says about them.
 *
 * Every line after a comment `// error: …` in `errors/` has exactly one diagnostic, which contains that text; no other
 * line has any.
 */
import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** What the compiler says, with the lines that elaborate on it. */
interface Diagnostic {
  readonly place: string
  readonly message: string
}

const diagnose = async (): Promise<ReadonlyArray<Diagnostic>> => {
  const run = promisify(execFile)(path("../node_modules/.bin/tsc"), [
    "-p",
    path("errors/tsconfig.json"),
    "--pretty",
    "false"
  ], { cwd: path("..") })
  // tsc exits with an error, as it should, and its diagnostics are its output
  const output = await run.then(({ stdout }) => stdout, (error: { readonly stdout: string }) => error.stdout)
  return output.split(/\n(?=\S)/).flatMap((text) => {
    const match = /^typetest\/errors\/(.+?)\((\d+),\d+\): error TS\d+: ([^]*)$/.exec(text)
    // mistakes elsewhere are what `tsc` on the whole project is for
    return match === null ? [] : [{ place: `${match[1]}:${match[2]}`, message: match[3]! }]
  })
}

const announced = readdirSync(path("errors")).filter((file) => file.endsWith(".ts")).flatMap((file) =>
  readFileSync(path(`errors/${file}`), "utf8").split("\n").flatMap((line, i, lines) => {
    const match = /^\s*\/\/ error: (.*)$/.exec(line)
    return match === null ? [] : [{ place: `${file}:${i + 2}`, program: lines[i + 1]!.trim(), message: match[1]! }]
  })
)

describe("programs that do not compile", async () => {
  const diagnostics = await diagnose()

  for (const { message, place, program } of announced) {
    it(`${place} ${program}`, () => {
      const here = diagnostics.filter((d) => d.place === place)
      expect(here).toHaveLength(1)
      expect(here[0]!.message).toContain(message)
    })
  }

  it("have no other mistakes", () => {
    const places = new Set(announced.map(({ place }) => place))
    expect(diagnostics.filter(({ place }) => !places.has(place))).toEqual([])
  })
})

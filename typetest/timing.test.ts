/**
 * How long the compiler takes for `user-program.ts`, and for a program of one op, over the package's declarations, as it does
 * for its users. Printed, and never asserted.
 */
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const place = path("../.cache/timing")

/** What `tsc` prints; an error is its matter, and does not stop the clock. */
const tsc = (...args: ReadonlyArray<string>): Promise<string> =>
  promisify(execFile)(path("../node_modules/.bin/tsc"), args)
    .then(({ stdout }) => stdout, (error: { readonly stdout: string }) => error.stdout)

/** A program beside the declarations instead of the sources. */
const write = (file: string, text: string): void =>
  writeFileSync(`${place}/typetest/${file}`, text.replaceAll(/(from "\.[^"]*)\.ts"/g, "$1.js\""))

/** Seconds of checking, as `tsc` counts them. */
const timed = async (program: string): Promise<number> => {
  const output = await tsc("-p", `${place}/typetest/${program}.json`, "--extendedDiagnostics")
  return Number(/Check time:\s*([\d.]+)s/.exec(output)?.[1])
}

/** Median of three, one after the other. */
const checkTime = async (program: string): Promise<number> =>
  [await timed(program), await timed(program), await timed(program)].sort((a, b) => a - b)[1]!

it("prints the check time of a user's program", async () => {
  await tsc(
    "-p",
    path("../tsconfig.build.json"),
    "--emitDeclarationOnly",
    "--declarationMap",
    "false",
    "--outDir",
    place
  )
  mkdirSync(`${place}/typetest`, { recursive: true })
  write("assert.ts", readFileSync(path("assert.ts"), "utf8"))
  write("program.ts", readFileSync(path("user-program.ts"), "utf8"))
  write("baseline.ts", readFileSync(path("baseline.ts"), "utf8"))
  for (const program of ["program", "baseline"]) {
    const config = { extends: "../../../tsconfig.json", include: [], exclude: [], files: [`${program}.ts`] }
    writeFileSync(`${place}/typetest/${program}.json`, JSON.stringify(config))
  }
  const [program, baseline] = [await checkTime("program"), await checkTime("baseline")]
  console.log(`check time ${program.toFixed(3)} s, of which ${baseline.toFixed(3)} s for one op`)
  expect(program).toBeGreaterThan(0)
})

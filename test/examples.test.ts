import { execFile } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { asPromised, printedLines, promisedLines } from "./support/snippets.ts"

const root = dirname(import.meta.dirname)
const conditions = process.env["WENGERT_TARGET"] === "dist" ? [] : ["--conditions=wengert-source"]

/** The demo trains for a minute; it has a stage of its own. */
const examples = globSync("examples/*.ts", { cwd: root }).filter((file) => basename(file) !== "demo.ts").toSorted()

test("the demo is there", () => {
  expect(globSync("examples/demo.ts", { cwd: root })).toEqual([join("examples", "demo.ts")])
})

test.concurrent.each(examples)("%s", async (example) => {
  // A failing example rejects, with what it printed.
  const { stdout } = await promisify(execFile)(process.execPath, [...conditions, example], { cwd: root })
  const promised = promisedLines(readFileSync(join(root, example), "utf8"))
  if (promised !== undefined) expect(asPromised(printedLines(stdout.trimEnd()), promised)).toEqual(promised)
})

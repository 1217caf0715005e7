import { execFileSync } from "node:child_process"
import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { beforeAll, describe, expect, test } from "vitest"
import type { Snippet } from "./support/snippets.ts"
import { asPromised, capture, promisedLines, snippetsOf } from "./support/snippets.ts"

const root = dirname(import.meta.dirname)
const built = process.env["WENGERT_TARGET"] === "dist"

/** Snippets live inside the package, so that `wengert` means the package itself. */
const home = join(root, ".cache", "snippets")
const pathOf = ({ file, line }: Snippet): string => join(home, file.replace(/\.ts$/, ""), `${line}.ts`)

const files = ["README.md", ...globSync("{docs/**/*.md,{src,laws}/**/*.ts}", { cwd: root })]
  // the pages of the API show the docstrings again
  .filter((file) => !file.endsWith(".test.ts") && !file.startsWith("docs/api/") && existsSync(join(root, file)))
  .toSorted()
const documents = files.map((file) => ({ file, snippets: snippetsOf(root, file) })).filter((_) => _.snippets.length > 0)
const snippets = documents.flatMap((document) => document.snippets)

beforeAll(() => {
  for (const snippet of snippets) {
    mkdirSync(dirname(pathOf(snippet)), { recursive: true })
    writeFileSync(pathOf(snippet), snippet.code)
  }
})

test("every program in the documentation type-checks", () => {
  const options = {
    extends: "../../tsconfig.json",
    compilerOptions: { noUnusedLocals: false, ...(built ? { customConditions: [] } : {}) },
    files: snippets.map(pathOf),
    include: []
  }
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify(options))
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
  const check = (): string => {
    try {
      return execFileSync(process.execPath, [tsc, "-p", home, "--pretty", "false"], { cwd: home, encoding: "utf8" })
    } catch (error) {
      return (error as { readonly stdout: string }).stdout
    }
  }
  expect(check()).toBe("")
})

describe.each(documents)("$file", ({ snippets }) => {
  test.each(snippets)("line $line", async (snippet) => {
    const printed = await capture(() => import(/* @vite-ignore */ pathToFileURL(pathOf(snippet)).href))
    const promised = promisedLines(snippet.code)
    if (promised !== undefined) expect(asPromised(printed, promised)).toEqual(promised)
  })
})

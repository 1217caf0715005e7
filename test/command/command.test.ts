/**
 * The command, as a process: what it prints, and its exit codes.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const main = join(import.meta.dirname, "../../src/command/main.ts")
const programs = join(import.meta.dirname, "programs.ts")

const run = (...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    const options = ["--conditions=wengert-source", main, ...args]
    execFile(process.execPath, options, { env: { ...process.env, NO_COLOR: "1" } }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err })
    })
  })

describe.concurrent("explain", () => {
  it("prints the report, with the user's line", async () => {
    const { code, err, out } = await run("explain", `${programs}#step`, "--args", "[2.5, 3]")
    expect([code, err]).toEqual([0, ""])
    expect(out).toContain("unconnected: args[0], float64[]")
    expect(out).toContain(`--> ${programs}:4:`)
    expect(out).toContain("use a straight-through estimator with customVjp")
  })

  it("with --ci fails for what is unconnected or not finite, and for nothing else", async () => {
    const all = await Promise.all([
      run("explain", `${programs}#step`, "--ci"),
      run("explain", `${programs}#root`, "--ci", "--args", "[[0, 1]]"),
      run("explain", `${programs}#product`, "--ci"),
      run("explain", `${programs}#layer`, "--ci", "--args", `[{ "w": [[1, 2]], "b": [3] }]`)
    ])
    expect(all.map(({ code }) => code)).toEqual([1, 1, 0, 0])
  })

  it("prints JSON, of random arguments with given shapes", async () => {
    const { code, out } = await run("explain", `${programs}#root`, "--json", "--shapes", "[[2, 3]]", "--seed", "7")
    expect(code).toBe(0)
    expect(JSON.parse(out).leaves).toMatchObject([{ path: "args[0]", shape: [2, 3] }])
  })

  it("writes a page beside it", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "wengert-page-")), "out.html")
    const { code, out } = await run("explain", `${programs}#step`, "--args", "[2.5, 3]", "--html", file)
    expect([code, out.includes("unconnected: args[0]")]).toEqual([0, true])
    expect(readFileSync(file, "utf8")).toMatch(/^<!doctype html>[^]*"op":"floor"[^]*<\/html>\n$/)
  })

  const refused: ReadonlyArray<readonly [args: ReadonlyArray<string>, says: string]> = [
    [["explain"], "Missing required argument"],
    [["explain", `${programs}#product`, "--colour"], "Unrecognized flag: --colour"],
    [["explian"], "explian"],
    [["explain", programs], "requires file.ts#name"],
    [["explain", "nowhere.ts#f"], "does not exist"],
    [["explain", `${programs}#seven`], "it exports branch, layer, product"],
    [["explain", `${programs}#product`, "--args", "{"], "--args requires JSON"],
    [["explain", `${programs}#product`, "--args", "[[1, [2]], 3]"], "requires nested arrays of one shape"],
    [["explain", `${programs}#product`, "--shapes", "[-1]"], "--shapes requires arrays of sizes"],
    [["explain", `${programs}#product`, "--html", "/nowhere/out.html"], "--html requires a file to write"],
    [["explain", `${programs}#wrong`, "--args", "[1]"], `at ${programs}:9:`]
  ]
  it.each(refused)("%s: one sentence, and exit code 2", async (args, says) => {
    const { code, err, out } = await run(...args)
    expect([code, out]).toEqual([2, ""])
    expect(err).toContain(says)
    expect(err.trim().split("\n").length).toBe(1)
  })
})

describe.concurrent("trace", () => {
  it.each([["text", "cond"], ["mermaid", "flowchart TD"], ["dot", "digraph"], ["json", "\"cond\""]])(
    "prints the list as %s",
    async (format, part) => {
      const { code, out } = await run("trace", `${programs}#branch`, "--format", format)
      expect([code, out.includes(part)]).toEqual([0, true])
    }
  )
})

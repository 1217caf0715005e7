/**
 * Builds the package into `dist`: `tsc` compiles every module by itself, then calls that run while a module loads are
 * marked as pure, so that a bundler can drop the ops that a program does not use.
 */
import { parse } from "acorn"
import type { AnyNode, Program } from "acorn"
import { spawnSync } from "node:child_process"
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const root = dirname(import.meta.dirname)
const dist = join(root, "dist")

/** Nodes whose contents run later, or never: what they call is not the module's doing. */
const runsLater = new Set([
  "ArrowFunctionExpression",
  "FunctionDeclaration",
  "FunctionExpression",
  "MethodDefinition"
])

const isNode = (value: unknown): value is AnyNode =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"

const children = (node: AnyNode | Program): ReadonlyArray<AnyNode> => Object.values(node).flat().filter(isNode)

/** Offsets of the calls and constructions that are evaluated while a module loads and whose value is kept. */
const loadTimeCalls = (node: AnyNode | Program): ReadonlyArray<number> => {
  if (runsLater.has(node.type)) return []
  if (node.type === "PropertyDefinition" && !node.static) return []
  // A call in statement position is made for its effect.
  if (node.type === "ExpressionStatement") return []
  if (node.type === "CallExpression" || node.type === "NewExpression") {
    // In `f(x)(y)` and `f(x).g(y)` one mark before the outermost call covers the chain.
    return [node.start, ...node.arguments.flatMap(loadTimeCalls)]
  }
  return children(node).flatMap(loadTimeCalls)
}

const mark = "/* @__PURE__ */ "

const markPureCalls = (source: string): string => {
  const offsets = new Set(loadTimeCalls(parse(source, { ecmaVersion: "latest", sourceType: "module" })))
  return [...offsets].toSorted((a, b) => b - a).reduce(
    (text, offset) => text.slice(0, offset) + mark + text.slice(offset),
    source
  )
}

rmSync(dist, { recursive: true, force: true })
const compiler = spawnSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" })
if (compiler.status !== 0) process.exit(1)
for (const file of globSync("**/*.js", { cwd: dist })) {
  const path = join(dist, file)
  writeFileSync(path, markPureCalls(readFileSync(path, "utf8")))
}

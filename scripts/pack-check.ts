/**
 * Checks the package as its users will get it: packs it, then asks publint and arethetypeswrong about the tarball, and
 * finally installs it beside its peers, imports and type-checks it from another project, and has two compilers write the
 * declarations of a library on top of it.
 */
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { filterProblems } from "@arethetypeswrong/core/problems"
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"

const root = dirname(import.meta.dirname)
const temporary = mkdtempSync(join(tmpdir(), "wengert-pack-"))
const problems: Array<string> = []
const report = (tool: string, found: ReadonlyArray<string>): void => {
  console.log(`${tool}: ${found.length === 0 ? "ok" : `${found.length} problems`}`)
  problems.push(...found.map((problem) => `${tool}: ${problem}`))
}

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/** Npm lists what it packed: as an array of packages, or by name. */
const pack = (): Packed => {
  const json = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", temporary], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  })
  return Object.values(JSON.parse(json) as Record<string, Packed>)[0]!
}

const checkContents = (packed: Packed): ReadonlyArray<string> => {
  const paths = packed.files.map((file) => file.path)
  const required = ["LICENSE", "README.md", "dist/src/index.js", "dist/src/index.d.ts", "dist/laws/index.js"]
  return [
    ...required.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
    ...paths.filter((path) => path.includes(".test.")).map((path) => `${path} is a test`)
  ]
}

const checkExports = async (tarball: Buffer): Promise<ReadonlyArray<string>> => {
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true })
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code)
}

/** The package is ESM only, so what `require` and Node 10 would resolve does not count. */
const checkTypes = async (tarball: Buffer): Promise<ReadonlyArray<string>> => {
  const analysis = await checkPackage(createPackageFromTarballData(tarball))
  if (analysis.types === false) return ["the package has no types"]
  return (["node16-esm", "bundler"] as const).flatMap((resolutionKind) =>
    filterProblems(analysis, { resolutionKind }).map((problem) => `${resolutionKind}: ${JSON.stringify(problem)}`)
  )
}

/** Runs a program in a project, and gives back what it says if it fails. */
const runIn = (project: string) => (command: string, args: ReadonlyArray<string>): ReadonlyArray<string> => {
  try {
    execFileSync(command, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
    return []
  } catch (error) {
    const { stderr, stdout } = error as { readonly stdout: string; readonly stderr: string }
    return [`${command} ${args.join(" ")}\n${stdout}${stderr}`]
  }
}

/** Another project, with the package unpacked into its `node_modules` and the peers beside it. */
const install = (tarball: string): string => {
  const project = join(temporary, "consumer")
  const modules = join(project, "node_modules")
  mkdirSync(join(modules, "wengert"), { recursive: true })
  execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", join(modules, "wengert")])
  mkdirSync(join(modules, "@hpcc-js"))
  for (const peer of ["effect", "fast-check", "@hpcc-js/wasm-graphviz"]) {
    symlinkSync(join(root, "node_modules", peer), join(modules, peer))
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }))
  return project
}

const checkConsumer = (project: string): ReadonlyArray<string> => {
  const program = `import { Effect } from "effect"
import { explain, grad, mul, sin, sum, Tensor } from "wengert"
import { GradientReport } from "wengert/html"
import * as Laws from "wengert/laws"
const f = (x: Tensor<[3]>) => sum(mul(x, sin(x)))
const x = Tensor.make([1, 2, 3])
const page = await Effect.runPromise(Effect.flatMap(explain(f)(x), (report) => GradientReport.toHtml(report)))
console.log(Effect.runSync(grad(f)(x)), page.length > 0, Object.keys(Laws).length > 0)
`
  writeFileSync(join(project, "index.ts"), program)
  const run = runIn(project)
  const types = ["--strict", "--target", "es2023", "--lib", "es2023,dom", "--noEmit", "index.ts"]
  return [
    ...run(process.execPath, ["index.ts"]),
    ...run("tsc", ["--module", "nodenext", ...types]),
    ...run("tsc", ["--module", "esnext", "--moduleResolution", "bundler", ...types])
  ]
}

/** Every function and value of the package under another name: the type of each is one that a library may have to write. */
const renamed = (project: string): string => {
  const list = `import * as w from "wengert"
const namesIn = (value) => Object.keys(value).filter((name) => name !== "primitives")
const isPlain = (value) => typeof value === "object" && !("key" in value)
console.log(namesIn(w).flatMap((name) => isPlain(w[name]) ? namesIn(w[name]).map((inner) => \`\${name}.\${inner}\`) : [name]).join("\\n"))`
  const names = execFileSync(process.execPath, ["--input-type=module", "--eval", list], {
    cwd: project,
    encoding: "utf8"
  })
  const exports = names.trim().split("\n").map((name) => `export const ${name.replace(".", "_")}_ = w.${name}`)
  return [`import * as w from "wengert"`, ...exports, ""].join("\n")
}

/** A library on top of the package has declarations, and these type-check, by the current compiler and by the one before. */
const checkDeclarations = (project: string): ReadonlyArray<string> => {
  copyFileSync(join(root, "typetest", "declarations.ts"), join(project, "library.ts"))
  writeFileSync(join(project, "renamed.ts"), renamed(project))
  const run = runIn(project)
  return [root, join(root, "tools")].flatMap((home, i) => {
    const tsc = join(home, "node_modules", "typescript", "bin", "tsc")
    const options = ["--strict", "--target", "es2023", "--lib", "es2023,dom", "--module", "nodenext"]
    const out = `declarations-${i}`
    const compile = (...args: ReadonlyArray<string>) => run(process.execPath, [tsc, ...options, ...args])
    const written = compile("--declaration", "--emitDeclarationOnly", "--outDir", out, "library.ts", "renamed.ts")
    return written.length > 0 ? written : compile("--noEmit", `${out}/library.d.ts`, `${out}/renamed.d.ts`)
  })
}

try {
  const packed = pack()
  const path = join(temporary, packed.filename)
  const tarball = readFileSync(path)
  console.log(`${packed.filename}: ${packed.files.length} files, ${(packed.size / 1024).toFixed(1)} kB`)
  report("contents", checkContents(packed))
  report("publint", await checkExports(tarball))
  report("attw", await checkTypes(tarball))
  const project = install(path)
  report("consumer", checkConsumer(project))
  report("declarations", checkDeclarations(project))
} finally {
  rmSync(temporary, { recursive: true, force: true })
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

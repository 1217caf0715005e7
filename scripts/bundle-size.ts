/**
 * Proves that a program pays only for what it imports: bundles small programs against the built package (Effect left
 * out) and looks for the ops that they do not use.
 */
import { dirname, join } from "node:path"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

const root = dirname(import.meta.dirname)

/** Ops of every family, and a function of the engine. A program that does not use them must not carry them. */
const ops = ["copy bytes", "argsort", "cholesky", "einsum", "erf", "gather", "lgamma", "scan", "scatterAdd", "while"]

/** Small programs, which use none of these ops. */
const programs = {
  "one op": `export { sin } from "wengert"`,
  "grad and mul": `export { grad, mul } from "wengert"`,
  "and Trace.print":
    `import { Trace } from "wengert"; export { grad, mul } from "wengert"; export const print = Trace.print`
}

/** The minified bundle of a module with this source, which lies in the package itself. */
const bundle = async (source: string): Promise<string> => {
  const entry = join(root, "entry.js")
  const building = await rolldown({
    cwd: root,
    external: /^effect(\/|$)/,
    input: entry,
    plugins: [{
      name: "entry",
      resolveId: (id) => id === entry ? id : null,
      load: (id) => id === entry ? source : null
    }],
    transform: { target: "es2023" }
  })
  const { output } = await building.generate({ format: "esm", minify: true })
  await building.close()
  return output[0].code
}

/** An op is in a bundle when its name is there as a string. */
const contains = (text: string, op: string): boolean => new RegExp(`["'\`]${op}["'\`]`).test(text)

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} kB`

const report = (name: string, text: string, complaint: string): void => {
  const size = `${kilobytes(text.length)} minified, ${kilobytes(gzipSync(text).length)} gzipped`
  console.log(`${name.padEnd(15)}  ${size}${complaint}`)
  if (complaint !== "") process.exitCode = 1
}

for (const [name, source] of Object.entries(programs)) {
  const text = await bundle(source)
  const carried = ops.filter((op) => contains(text, op))
  report(name, text, carried.length === 0 ? "" : `; carries ${carried.join(", ")}`)
}

// Looking for a name proves something only if that is the op's name.
const everything = await bundle(`export * from "wengert"`)
const unknown = ops.filter((op) => !contains(everything, op))
report("everything", everything, unknown.length === 0 ? "" : `; does not know ${unknown.join(", ")}`)

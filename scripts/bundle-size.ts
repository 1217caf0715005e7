/**
 * Proves that a program pays only for what it imports: bundles small programs against the built package (Effect left
 * out) and looks for the ops that they do not use.
 */
import { build } from "esbuild"
import { dirname } from "node:path"
import { gzipSync } from "node:zlib"

const root = dirname(import.meta.dirname)

interface Case {
  readonly name: string
  readonly source: string
  /** Ops that must not be in the bundle. */
  readonly absent: ReadonlyArray<string>
}

const cases: ReadonlyArray<Case> = [
  {
    name: "one op",
    source: `export { sin } from "wengert"`,
    absent: ["einsum", "lgamma", "erf", "scan", "sort", "gather", "while"]
  },
  {
    name: "grad and mul",
    source: `export { grad, mul } from "wengert"`,
    absent: ["einsum", "lgamma", "erf", "scan", "sort", "gather", "while"]
  },
  {
    name: "everything",
    source: `export * from "wengert"`,
    absent: []
  }
]

const bundle = async (source: string): Promise<string> => {
  const { outputFiles } = await build({
    bundle: true,
    external: ["effect", "effect/*"],
    format: "esm",
    legalComments: "none",
    minify: true,
    stdin: { contents: source, resolveDir: root },
    target: "es2023",
    write: false
  })
  return outputFiles[0]!.text
}

/** An op is in a bundle when the primitive's name is there as a string. */
const contains = (text: string, op: string): boolean => new RegExp(`["'\`]${op}["'\`]`).test(text)

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} kB`

for (const { absent, name, source } of cases) {
  const text = await bundle(source)
  const size = `${kilobytes(text.length)} minified, ${kilobytes(gzipSync(text).length)} gzipped`
  const unused = absent.filter((op) => contains(text, op))
  console.log(`${name.padEnd(12)}  ${size}${unused.length === 0 ? "" : `; contains ${unused.join(", ")}`}`)
  if (unused.length > 0) process.exitCode = 1
}

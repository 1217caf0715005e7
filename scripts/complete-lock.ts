/**
 * Completes `package-lock.json` after `npm install`: npm may leave out packages that exist for other platforms only
 * (https://github.com/npm/cli/issues/4828), and `npm ci` then refuses the lock. Entries are added without a hash; an
 * install on such a platform fills it in.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

interface Entry {
  readonly version?: string
  readonly optionalDependencies?: { readonly [name: string]: string }
  readonly [field: string]: unknown
}
interface Lock {
  readonly packages: { readonly [path: string]: Entry }
}

const path = join(dirname(import.meta.dirname), "package-lock.json")
const lock = JSON.parse(readFileSync(path, "utf8")) as Lock
const { packages } = lock

const operatingSystems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"]
const processors = ["arm64", "arm", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64"]

/** The platform that a package such as `@scope/linux-x64-musl` is for, as its name tells. */
const platformOf = (name: string): Partial<Record<"cpu" | "libc" | "os", ReadonlyArray<string>>> => {
  const words = name.split(/[/-]/)
  const cpu = processors.filter((processor) => words.includes(processor))
  const os = operatingSystems.filter((system) => words.includes(system))
  const libc = words.some((word) => word.startsWith("musl"))
    ? ["musl"]
    : words.some((word) => word.startsWith("gnu") || word === "glibc")
    ? ["glibc"]
    : undefined
  return { cpu, ...(libc === undefined ? {} : { libc }), os }
}

const missing = Object.values(packages)
  .flatMap((entry) => Object.entries(entry.optionalDependencies ?? {}))
  .filter(([name]) => packages[`node_modules/${name}`] === undefined)

const added = missing.map(([name, version]): readonly [string, Entry] => [
  `node_modules/${name}`,
  { version, dev: true, optional: true, ...platformOf(name) }
])
const complete = [...Object.entries(packages), ...added].toSorted(([a], [b]) => a.localeCompare(b, "en"))
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(complete) }, null, 2)}\n`)
console.log(`package-lock.json: ${added.length} packages of other platforms added`)

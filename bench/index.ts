/**
 * All benchmarks, or those that are named: `npm run bench -- scaling memory`. Those that can print
 * JSON lines (`peers`) do with `--json`.
 *
 * Each has a process of its own, so that none of them suffers from what the others have left in memory.
 */
import { execFileSync } from "node:child_process"
import { join } from "node:path"

const benchmarks = ["scaling", "equations", "memory", "orders", "adbench", "reasons", "peers"]

const words = process.argv.slice(2)
const names = words.filter((word) => !word.startsWith("--"))
const options = words.filter((word) => word.startsWith("--"))
const unknown = names.filter((name) => !benchmarks.includes(name))
if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.join(", ")}; there are ${benchmarks.join(", ")}`)
  process.exit(1)
}
for (const name of names.length > 0 ? names : benchmarks) {
  execFileSync(process.execPath, [...process.execArgv, join(import.meta.dirname, `${name}.ts`), ...options], {
    stdio: "inherit"
  })
  console.log()
}

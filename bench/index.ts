/**
 * All benchmarks, or those that are named: `npm run bench -- scaling memory`.
 */
import { adbench } from "./adbench.ts"
import { equations } from "./equations.ts"
import { memory } from "./memory.ts"
import { scaling } from "./scaling.ts"

const benchmarks = { scaling, equations, memory, adbench }

const names = process.argv.slice(2)
const unknown = names.filter((name) => !(name in benchmarks))
if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.join(", ")}; there are ${Object.keys(benchmarks).join(", ")}`)
  process.exit(1)
}
for (const [name, benchmark] of Object.entries(benchmarks)) {
  if (names.length > 0 && !names.includes(name)) continue
  benchmark()
  console.log()
}

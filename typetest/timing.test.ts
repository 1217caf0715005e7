/**
 * How long the compiler takes for `user-program.ts`, beyond loading the package. Printed, and never asserted.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** Seconds of checking, as `tsc` counts them. */
const checkTime = async (config: string): Promise<number> => {
  const { stdout } = await promisify(execFile)(path("../node_modules/.bin/tsc"), [
    "-p",
    path(`timing/${config}`),
    "--extendedDiagnostics"
  ])
  return Number(/Check time:\s*([\d.]+)s/.exec(stdout)?.[1])
}

const median = ([a, b, c]: readonly [number, number, number]): number =>
  a + b + c - Math.max(a, b, c) - Math.min(a, b, c)

const medianCheckTime = async (config: string): Promise<number> =>
  median([await checkTime(config), await checkTime(config), await checkTime(config)])

it("prints the check time of a user's program", async () => {
  const program = await medianCheckTime("tsconfig.json")
  const baseline = await medianCheckTime("tsconfig.baseline.json")
  console.log(`check time: ${program.toFixed(3)} s, of which the package alone ${baseline.toFixed(3)} s`)
  expect(program).toBeGreaterThan(0)
})

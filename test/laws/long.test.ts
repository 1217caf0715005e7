import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, test } from "vitest"

const script = join(import.meta.dirname, "..", "..", "scripts", "laws.ts")
const laws = async (...args: ReadonlyArray<string>) =>
  (await promisify(execFile)(process.execPath, ["--conditions=wengert-source", script, ...args], { timeout: 50_000 }))
    .stdout

test("npm run laws says how many laws it checked on how many samples", async () => {
  const printed = await laws("--runs", "12", "--seed", "random", "--only", "tanh: jvp is linear")
  expect(printed).toMatch(/^seed \d+\n1 laws, 12 samples, 0 broken\n$/)
})

test("it does not pass what it does not check", async () => {
  await expect(laws("--runs", "many")).rejects.toThrow("--runs requires a whole number from 1, got many")
  await expect(laws("--runs", "0")).rejects.toThrow("--runs requires a whole number from 1, got 0")
  await expect(laws("--minutes", "half")).rejects.toThrow("--minutes requires a positive number, got half")
  await expect(laws("--only", "no such")).rejects.toThrow("--only requires a part of the name of a law, got no such")
})

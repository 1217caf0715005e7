/**
 * The built package in a browser: the demo's network learns in headless Chromium, with the same numbers as here.
 */
import { Effect } from "effect"
import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"
import { rolldown } from "rolldown"
import { executable } from "../test/picture/browser.ts"
import type { Learnt, Pictures } from "./browser/learn.ts"
import { learn } from "./browser/learn.ts"

if (executable === undefined) {
  console.log("no Chromium: the network does not learn in a browser")
  process.exit()
}

const root = dirname(import.meta.dirname)

const pictures = async (): Promise<Pictures> => {
  const digits = await Promise.all(Array.from({ length: 10 }, async (_, label) => {
    const file = fileURLToPath(import.meta.resolve(`mnist/src/digits/${label}.json`))
    const { data } = JSON.parse(await readFile(file, "utf8")) as { readonly data: ReadonlyArray<number> }
    return { label, data }
  }))
  return {
    pixels: Float32Array.from(digits.flatMap(({ data }) => data)),
    labels: Int32Array.from(digits.flatMap(({ data, label }) => new Array<number>(data.length / 784).fill(label)))
  }
}

/** All of it in one module, which learns from what it is served. */
const script = async (): Promise<string> => {
  const entry = join(root, "scripts", "entry.ts")
  const source = `
    import { Effect } from "effect"
    import { learn } from "./browser/learn.ts"
    const get = async (name) => (await fetch(name)).arrayBuffer()
    const pixels = new Float32Array(await get("pixels"))
    const labels = new Int32Array(await get("labels"))
    window.learnt = await Effect.runPromise(learn({ pixels, labels }))
  `
  const building = await rolldown({
    cwd: root,
    input: entry,
    platform: "browser",
    plugins: [{
      name: "entry",
      resolveId: (id) => id === entry ? id : null,
      load: (id) => id === entry ? source : null
    }]
  })
  const { output } = await building.generate({ format: "esm" })
  await building.close()
  return output[0].code
}

/** What a page at an address of no machine learns, which is served from here. */
const inBrowser = async ({ labels, pixels }: Pictures): Promise<Learnt> => {
  const served: { readonly [path: string]: readonly [type: string, body: string | Buffer] } = {
    "/": ["text/html", "<!doctype html><script type=module src=script.js></script>"],
    "/script.js": ["text/javascript", await script()],
    "/pixels": ["application/octet-stream", Buffer.from(pixels.buffer)],
    "/labels": ["application/octet-stream", Buffer.from(labels.buffer)]
  }
  // the sandbox needs rights that a container may not have; the page is our own
  const browser = await chromium.launch({ executablePath: executable!, args: ["--no-sandbox"] })
  try {
    const page = await browser.newPage()
    const failed = new Promise<never>((_, reject) => page.on("pageerror", reject))
    await page.route("**/*", (route) => {
      const found = served[new URL(route.request().url()).pathname]
      return found === undefined
        ? route.fulfill({ status: 404 })
        : route.fulfill({ contentType: found[0], body: found[1] })
    })
    await page.goto("http://wengert.test/")
    const learnt = page.waitForFunction(() => (globalThis as { readonly learnt?: Learnt }).learnt, undefined, {
      timeout: 120_000
    })
    return await (await Promise.race([learnt, failed])).jsonValue() as Learnt
  } finally {
    await browser.close()
  }
}

const given = await pictures()
const here = await Effect.runPromise(learn(given))
const there = await inBrowser(given)
console.log(`here  ${(100 * here.accuracy).toFixed(2)} %, loss ${here.loss}`)
console.log(`there ${(100 * there.accuracy).toFixed(2)} %, loss ${there.loss}`)
if (there.accuracy !== here.accuracy || there.loss !== here.loss || here.accuracy < 0.95) {
  console.error("a browser learns something else than Node, or too little")
  process.exitCode = 1
}

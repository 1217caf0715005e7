/**
 * The pictures in the documentation: pages of reports in Chromium, as they are now. `npm run pictures` makes them anew.
 */
import { mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Page } from "playwright-core"
import { Viewer } from "../test/picture/browser.ts"
import { type Name, pageOf } from "../test/picture/programs.ts"

const directory = join(dirname(import.meta.dirname), "docs", "pictures")
mkdirSync(directory, { recursive: true })

const leaf = (path: string) => (page: Page) => page.locator("button.leaf").filter({ hasText: path }).click()
const box = (page: Page, text: string) => page.locator("#forward .box").filter({ hasText: text }).first()

/** What is shown, how, and what somebody has done there. */
const shots: ReadonlyArray<{
  readonly name: Name
  readonly scheme: "dark" | "light"
  readonly height: number
  readonly act: (page: Page) => Promise<unknown>
}> = [
  { name: "branch", scheme: "light", height: 520, act: leaf("args[1]") },
  { name: "product", scheme: "light", height: 430, act: (page) => box(page, "mul").hover() },
  { name: "stopped", scheme: "dark", height: 430, act: leaf("args[0]") },
  {
    name: "loops",
    scheme: "light",
    height: 720,
    act: async (page) => {
      await page.fill("#search", "sin")
      await page.press("#search", "Enter")
      await box(page, "repeated").click()
    }
  },
  { name: "long", scheme: "dark", height: 640, act: (page) => box(page, "equations").click() }
]

const viewer = await Viewer.launch()
for (const { act, height, name, scheme } of shots) {
  const { page } = await viewer.open(await pageOf(name), scheme)
  await page.setViewportSize({ width: 1280, height })
  for (const fit of await page.locator("button", { hasText: "fit" }).all()) await fit.click()
  await act(page)
  await page.screenshot({ path: join(directory, `${name}.png`) })
}
await viewer.close()

/**
 * A browser without a window: Chromium, where the machine has one.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type Browser, chromium, type Page } from "playwright-core"

/** Where Chromium is; `CHROMIUM` may name it. */
export const executable = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

/** A page that has been opened, and what it complained about or asked for. */
export interface Opened {
  readonly page: Page
  readonly complaints: ReadonlyArray<string>
}

/** Opens documents in one browser. */
export class Viewer {
  readonly #browser: Browser
  readonly #directory = mkdtempSync(join(tmpdir(), "wengert-pages-"))
  constructor(browser: Browser) {
    this.#browser = browser
  }

  static async launch(): Promise<Viewer> {
    // the sandbox needs rights that a container may not have; the pages are our own
    return new Viewer(await chromium.launch({ executablePath: executable!, args: ["--no-sandbox"] }))
  }

  async open(html: string, colorScheme: "dark" | "light" = "light"): Promise<Opened> {
    const page = await this.#browser.newPage({ viewport: { width: 1440, height: 860 }, colorScheme })
    const complaints: Array<string> = []
    page.on("pageerror", ({ message }) => complaints.push(message))
    page.on("console", (message) => complaints.push(message.text()))
    const file = join(this.#directory, "page.html")
    writeFileSync(file, html)
    const { href } = pathToFileURL(file)
    page.on("request", (request) => {
      if (request.url() !== href) complaints.push(`asks for ${request.url()}`)
    })
    await page.goto(href)
    await page.waitForSelector(".box")
    return { page, complaints }
  }

  async close(): Promise<void> {
    await this.#browser.close()
    rmSync(this.#directory, { recursive: true })
  }
}

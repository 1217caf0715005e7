/**
 * The page in a browser: what it shows, and what hovering, clicking and searching do. Skipped where there is no Chromium.
 */
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Laws } from "wengert/laws"
import { executable, type Opened, Viewer } from "./browser.ts"
import { type Name, pageOf, pageOfRandom } from "./programs.ts"

describe.skipIf(executable === undefined)("the page, in Chromium (skipped where there is none)", () => {
  let viewer: Viewer
  beforeAll(async () => {
    viewer = await Viewer.launch()
  }, 60_000)
  afterAll(() => viewer.close())

  const open = async (name: Name, scheme?: "dark" | "light") => viewer.open(await pageOf(name), scheme)

  const box = ({ page }: Opened, pane: "backward" | "forward", text: string) =>
    page.locator(`#${pane} .box`).filter({ hasText: text }).first()
  const titles = async ({ page }: Opened, pane: "backward" | "forward", selector = ".box") =>
    (await page.locator(`#${pane} ${selector} > .title`).allTextContents()).map((text) => text.replace(/^[▸▾] /, ""))
  const leaf = ({ page }: Opened, path: string) => page.locator("button.leaf").filter({ hasText: path })
  const lines = ({ page }: Opened, pane: "backward" | "forward", kind: string) =>
    page.locator(`#${pane} path.edges.${kind}`).last().getAttribute("d")
  /** The triangle of what can be opened. */
  const triangle = { position: { x: 12, y: 14 } } as const

  describe("the branch that is not taken", () => {
    it("says why, and a click on the leaf follows it to its barrier", async () => {
      const opened = await open("branch")
      expect(await leaf(opened, "args[1]").textContent()).toContain("the true branch of cond was not taken")
      await leaf(opened, "args[1]").click()
      expect(await leaf(opened, "args[1]").getAttribute("aria-pressed")).toBe("true")
      // what does not lie on the way steps back
      expect(await titles(opened, "forward", ".box.dim")).toContain("less")
      expect(await titles(opened, "forward", ".box.barrier:not(.dim)")).toEqual(["cond"])
      expect(await lines(opened, "forward", "barred")).toMatch(/^M/)
      expect(await opened.page.locator("#forward .idle-text").textContent()).toBe("the true branch, which did not run")
      // once more: nothing is followed
      await leaf(opened, "args[1]").click()
      expect(await titles(opened, "forward", ".box.dim")).toEqual([])
      expect(opened.complaints).toEqual([])
    })

    it("opens and closes", async () => {
      const opened = await open("branch")
      expect(await titles(opened, "forward")).toContain("mul")
      await box(opened, "forward", "cond").click(triangle)
      expect(await titles(opened, "forward")).not.toContain("mul")
      await box(opened, "forward", "cond").click(triangle)
      expect(await titles(opened, "forward")).toContain("mul")
      expect(opened.complaints).toEqual([])
    })
  })

  describe("the product with a mask", () => {
    it("tells types, lines and numbers of what the pointer is on", async () => {
      const opened = await open("product")
      const tip = opened.page.locator("#tip")
      expect(await tip.isVisible()).toBe(false)
      await box(opened, "forward", "mul").hover()
      const told = await tip.innerText()
      for (
        const part of ["float64[2,2]", "2 nonzero · 2 zero", "0 to 1", "programs.ts:", "sum(mul(x, Tensor.eye(2)))"]
      ) {
        expect(told).toContain(part)
      }
      await opened.page.mouse.move(3, 3)
      expect(await tip.isVisible()).toBe(false)
      expect(opened.complaints).toEqual([])
    })

    it("a click on the leaf in the list follows its path to the result, and back through the derivative", async () => {
      const opened = await open("product")
      await box(opened, "forward", "args[0]").click()
      const lit = ".box:not(.dim)"
      expect(new Set(await titles(opened, "forward", lit))).toEqual(new Set(["args[0]", "mul", "sum", "value 2"]))
      expect(new Set(await titles(opened, "backward", lit)))
        .toEqual(new Set(["∂ value = 1", "broadcast", "mul", "∂ args[0]"]))
      expect(await lines(opened, "forward", "barred")).toBe("")
      expect(await leaf(opened, "args[0]").textContent()).toContain("2 nonzero · 2 zero")
    })
  })

  describe("stopGradient", () => {
    it("is a barrier, behind which there is no derivative", async () => {
      const opened = await open("stopped")
      await leaf(opened, "args[0]").click()
      expect(await titles(opened, "forward", ".box.barrier")).toEqual(["stopGradient"])
      expect(await titles(opened, "backward", ".box.unconnected")).toEqual(["∂ args[0]: none"])
      expect(await titles(opened, "backward", ".box.connected")).toEqual(["∂ args[1]"])
    })

    it("is found; a click on what is found tells more, and shows what the derivative does for the same call", async () => {
      const opened = await open("stopped")
      await opened.page.press("body", "/")
      await opened.page.keyboard.type("MUL")
      expect(await opened.page.locator("#found").textContent()).toBe("2 found")
      expect(await titles(opened, "forward", ".box.found")).toEqual(["mul"])
      await opened.page.keyboard.press("Enter")
      expect(await opened.page.locator("#found").textContent()).toBe("1 of 2")
      expect(await opened.page.locator("#details").innerText()).toContain("d = mul c args[1]")
      expect(await titles(opened, "backward", ".box.echo")).toEqual(["mul"])
      await opened.page.keyboard.press("Escape")
      expect(await titles(opened, "forward", ".box.found")).toEqual([])
      expect(await opened.page.locator("#details").innerText()).toBe("")
    })
  })

  it("shows who made what is not finite, and what leaves out elements", async () => {
    const root = await open("root")
    expect(await titles(root, "forward", ".box.origin")).toEqual(["args[0]", "sqrt"])
    expect(await leaf(root, "args[0]").textContent()).toContain("mask the input before sqrt")
    const selected = await open("selected")
    expect(await titles(selected, "backward", ".box.mask")).toContain("where")
    expect(await leaf(selected, "args[0]").textContent()).toContain("1 nonzero · 1 zero by structure")
  })

  it("folds loops and what repeats, and turns to the other copies", async () => {
    const opened = await open("loops")
    expect(await titles(opened, "forward")).toEqual(expect.arrayContaining(["scan", "repeated 20 times"]))
    expect(await titles(opened, "forward")).not.toContain("tanh")
    await box(opened, "forward", "repeated").click()
    await box(opened, "forward", "tanh").click()
    const told = () => opened.page.locator("#details").innerText()
    const first = await told()
    await opened.page.locator(`#forward [aria-label="the next copy"]`).click()
    expect(await opened.page.locator("#forward .caption").textContent()).toBe("copy 2 of 20")
    await box(opened, "forward", "tanh").click()
    expect(await told()).not.toBe(first)
    // a scan is open where somebody looks for what is in it
    await opened.page.fill("#search", "sin")
    await opened.page.press("#search", "Enter")
    expect(await titles(opened, "forward")).toContain("sin")
    expect(await told()).toContain("in 10 runs")
    expect(opened.complaints).toEqual([])
  })

  it("stays usable with thousands of equations: what is out of sight is no element, and what is looked for comes", async () => {
    const opened = await open("long")
    const elements = () => opened.page.locator(".box").count()
    expect(await elements()).toBeLessThan(200)
    await opened.page.fill("#search", "tanh")
    await opened.page.press("#search", "Shift+Enter")
    const [, at, of] = /^(\d+) of (\d+)$/.exec(await opened.page.locator("#found").innerText())!
    expect(at).toBe(of)
    expect(await opened.page.locator(".box.chosen").isVisible()).toBe(true)
    expect(await elements()).toBeLessThan(300)
    // a leaf's path through all parts
    await opened.page.locator("button.leaf").click()
    expect(await titles(opened, "forward", ".box:not(.dim)")).toContain("args[0]")
    expect(opened.complaints).toEqual([])
  })

  it("of any program can be followed and opened everywhere", async () => {
    for (const program of fc.sample(Laws.program({ language: "all", length: 15 }), { numRuns: 8, seed: 42 })) {
      const made = await pageOfRandom(program)
      if (made === undefined) continue
      const opened = await viewer.open(made.html)
      for (const leaf of await opened.page.locator("button.leaf").all()) await leaf.click()
      // closed boxes are opened, and then those in them
      for (let n = 0; n < 20; n++) {
        const closed = opened.page.locator(`.box[aria-expanded="false"]`)
        if (await closed.count() === 0) break
        await closed.first().dispatchEvent("dblclick")
      }
      expect(opened.complaints).toEqual([])
    }
  })

  it("works from the keyboard", async () => {
    const opened = await open("branch")
    await box(opened, "forward", "cond").focus()
    await opened.page.keyboard.press("Shift+Enter")
    expect(await titles(opened, "forward")).not.toContain("mul")
    await box(opened, "forward", "less").focus()
    await opened.page.keyboard.press("Enter")
    expect(await opened.page.locator("#details").innerText()).toContain("less")
  })

  it("is light and dark, as the system is or as one says", async () => {
    const paper = ({ page }: Opened) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const [light, dark] = [await open("product"), await open("product", "dark")]
    expect(await paper(light)).not.toBe(await paper(dark))
    await light.page.click("#theme")
    expect(await paper(light)).toBe(await paper(dark))
  })
})

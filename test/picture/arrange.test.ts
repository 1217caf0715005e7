/**
 * What is drawn, without a browser: how lists are folded, and where boxes are when some are open.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { explain, GradientReport, mul, Tensor } from "wengert"
import { GradientReport as Pages } from "wengert/html"
import { Laws } from "wengert/laws"
import type { Drawing } from "../../src/picture/drawing.ts"
import { arrange, type Placed } from "../../src/picture/page/arrange.ts"
import { entriesOf, type Entry } from "../../src/picture/repeats.ts"
import { pageOf, pageOfRandom } from "./programs.ts"

describe("lists are folded", () => {
  const words = fc.array(fc.tuple(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 6 }), fc.nat(9)), {
    maxLength: 8
  })
    .map((blocks) => blocks.flatMap(([block, count]) => Array.from({ length: count }, () => block).flat()))

  const check = (list: ReadonlyArray<string>, entries: ReadonlyArray<Entry>, start: number, end: number): void => {
    expect(entries.map((e) => e.start)).toEqual(
      [start, ...entries.slice(0, -1).map((e) => e.end)].slice(0, entries.length)
    )
    if (entries.length > 0) expect(entries.at(-1)!.end).toBe(end)
    for (const entry of entries) {
      if (entry.kind === "equation") expect(entry.end).toBe(entry.start + 1)
      else if (entry.kind === "part") check(list, entry.body, entry.start, entry.end)
      else {
        for (let i = entry.start; i + entry.period < entry.end; i++) expect(list[i]).toBe(list[i + entry.period])
        expect((entry.end - entry.start) % entry.period).toBe(0)
        check(list, entry.body, entry.start, entry.start + entry.period)
      }
    }
  }

  it("into entries that cover them in order, and repetitions that are ones", () => {
    fc.assert(fc.property(words, (list) => check(list, entriesOf(list), 0, list.length)))
  })

  it("where a block repeats, also inside of a block, and nowhere else", () => {
    const inner = ["a", "b", "a", "b", "a", "b", "a", "b", "c"]
    const [entry, ...others] = entriesOf([...inner, ...inner, ...inner, "d"])
    expect(entry).toMatchObject({ kind: "repeat", period: 9, start: 0, end: 27 })
    expect((entry as Entry & { kind: "repeat" }).body).toMatchObject([{ kind: "repeat", period: 2, end: 8 }, {
      start: 8
    }])
    expect(others).toEqual([{ kind: "equation", start: 27, end: 28 }])
    // twice is no loop
    expect(entriesOf("abcdefabcdef".split("")).every(({ kind }) => kind === "equation")).toBe(true)
  })

  it("into parts where they are long, so that nothing is crowded", () => {
    const list = Array.from({ length: 20_000 }, (_, i) => String(i))
    const entries = entriesOf(list)
    check(list, entries, 0, list.length)
    const widest = (all: ReadonlyArray<Entry>): number =>
      Math.max(all.length, ...all.map((e) => e.kind === "equation" ? 0 : widest(e.body)))
    expect(widest(entries)).toBeLessThanOrEqual(120)
  })
})

/** The drawing in a page. */
const drawingOf = (html: string): Drawing =>
  JSON.parse(/<script type="application\/json" id="drawing">([^]*?)<\/script>/.exec(html)![1]!)

describe("whatever is open", () => {
  const overlaps = (a: Placed, b: Placed): boolean =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

  it("boxes of a group do not overlap, and lie in the box that holds them", async () => {
    const drawing = drawingOf(await pageOf("loops"))
    const { boxes, forward, groups } = drawing
    const holding = boxes.flatMap(({ holds }, b) => holds.length > 0 ? [b] : [])
    expect(holding.length).toBeGreaterThan(3)
    fc.assert(fc.property(fc.subarray(holding), (some) => {
      const open = new Set(some)
      const placed = arrange(drawing, forward, (b) => open.has(b)).boxes
      const at = new Map(placed.map((p) => [p.box, p]))
      for (const [i, a] of placed.entries()) {
        for (const b of placed.slice(i + 1)) {
          if (boxes[a.box]!.group === boxes[b.box]!.group) expect(overlaps(a, b)).toBe(false)
        }
        if (!a.isOpen) continue
        for (const inner of boxes[a.box]!.holds.flatMap((g) => groups[g]!.boxes)) {
          const { height, width, x, y } = at.get(inner)!
          expect(x >= a.x && y >= a.y && x + width <= a.x + a.width && y + height <= a.y + a.height).toBe(true)
        }
      }
    }))
  })

  it.each(["branch", "loops"] as const)("lines begin and end at their boxes: %s", async (name) => {
    const drawing = drawingOf(await pageOf(name))
    for (const isOpen of [() => false, () => true]) {
      const { boxes, curves } = arrange(drawing, drawing.forward, (b) => drawing.boxes[b]!.holds.length > 0 && isOpen())
      expect(curves.length).toBeGreaterThan(3)
      for (const { from, points, to } of curves) {
        for (const [box, [x, y]] of [[from, points[0]!], [to, points.at(-1)!]] as const) {
          const place = boxes.find((p) => p.box === box)!
          expect(x).toBeGreaterThanOrEqual(place.x)
          expect(x).toBeLessThanOrEqual(place.x + place.width)
          expect(Math.min(Math.abs(y - place.y), Math.abs(y - place.y - place.height))).toBeLessThan(1e-6)
        }
      }
    }
  })
})

describe("a page", () => {
  it("counts the elements of both lists, over all runs of a loop", async () => {
    const { items } = drawingOf(await pageOf("loops"))
    const sines = items.filter(({ op, statistics }) => op === "sin" && statistics?.runs === 10)
    expect(sines).toMatchObject([{ statistics: { size: 4, nonzero: 40, zero: 0, masked: 0, infinite: 0, nan: 0 } }])
    for (const { statistics: s } of items) {
      if (s !== undefined) expect(s.nonzero + s.zero + s.masked + s.infinite + s.nan).toBe(s.runs * s.size)
    }
  })

  it("of any program says what its report says, and has a place for everything", async () => {
    const programs = Laws.program({ language: "all", length: 15 })
    await fc.assert(
      fc.asyncProperty(programs, async (program) => {
        const page = await pageOfRandom(program)
        if (page === undefined) return
        const drawing = drawingOf(page.html)
        const { backward, boxes, forward, items, leaves } = drawing
        leaves.forEach(({ barriers, cut, gradient, item, path, statistics, status, way }, l) => {
          const leaf = page.report.leaves[l]!
          expect([path, status === "unconnected"]).toEqual([leaf.path, leaf.status === "unconnected"])
          expect(statistics).toMatchObject(leaf.elements)
          expect(cut.length > 0).toBe(leaf.cut.length > 0)
          for (const i of [item, gradient, ...way, ...barriers, ...cut]) expect(items[i]).toBeDefined()
        })
        for (const root of [forward, backward]) {
          const { boxes: placed } = arrange(drawing, root, (b) => boxes[b]!.holds.length > 0)
          for (const { height, width, x, y } of placed) expect(Number.isFinite(x + y + width + height)).toBe(true)
        }
      }),
      { numRuns: 60, seed: 42 }
    )
  })

  it("cannot be left by what a program is called: no text of it is markup", async () => {
    const report = Effect.runSync(
      explain((x: { readonly "</script><u>": Tensor<[]> }) => mul(x["</script><u>"], 2))({
        "</script><u>": Tensor.make(1)
      })
    )
    const html = await Effect.runPromise(Pages.toHtml(report, { source: () => "</script><i>&" }))
    expect(html.match(/<\/script>/g)).toHaveLength(2)
    expect(html).not.toContain("<u>")
    expect(html).not.toContain("<i>&")
    expect(drawingOf(html).leaves[0]!.path).toContain("</script><u>")
  })

  it("needs the list, which a report that was read does not have", async () => {
    const report = Effect.runSync(explain((x: Tensor<[]>) => mul(x, 2))(Tensor.make(1)))
    const read = Effect.runSync(GradientReport.decode(GradientReport.encode(report)))
    const error = await Effect.runPromise(Effect.flip(Pages.toHtml(read)))
    for (const [given, options] of [[report, { sources: 1 }], [report, { source: 1 }], [{}, {}], [null, {}]]) {
      const refused = await Effect.runPromise(Effect.flip(Pages.toHtml(given as never, options as never)))
      expect(refused).toMatchObject({ _tag: "ArgumentError", op: "GradientReport.toHtml" })
    }
    expect(error).toMatchObject({ _tag: "ArgumentError", op: "GradientReport.toHtml" })
  })
})

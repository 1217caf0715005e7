/**
 * Lists as items, boxes and groups: what long lists repeat is folded, and every group is laid out.
 */
import { isFloat } from "../core/dtype.ts"
import { formatSite, located, type Site } from "../core/site.ts"
import { hash, subTraces } from "../core/structure.ts"
import { showAval } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { opOf } from "../explain/step.ts"
import { namesOf, showParams } from "../inspect/print.ts"
import type { Box, Copies, Edge, Group, Item, Mark, Statistics } from "./drawing.ts"
import type { Layout, Sketch } from "./layout.ts"
import { entriesOf, type Entry } from "./repeats.ts"

/** What is said of the ends of a list: its inputs, and its outputs. */
export interface Ends {
  readonly inputs: ReadonlyArray<Pick<Item, "kind" | "op"> & Partial<Item>>
  readonly outputs: ReadonlyArray<Pick<Item, "op"> & Partial<Item>>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Characters of the title and of lines are so wide, lines so high, and boxes have so much around their text. */
const text = { title: 7.6, character: 7, line: 16, around: 20, longest: 30 }

const clipped = (line: string): string => line.length > text.longest ? `${line.slice(0, text.longest - 1)}…` : line

const sizeOf = ({ holds, lines, title }: Pick<Box, "holds" | "lines" | "title">) => ({
  // beside the title is room for a sign, and before it for the triangle of what can be opened
  width: Math.ceil(
    Math.max((title.length + (holds.length > 0 ? 4 : 2)) * text.title, ...lines.map((l) => l.length * text.character)) +
      text.around
  ),
  height: (1 + lines.length) * text.line + text.around - 6
})

/** The ops of some equations, the most frequent first. */
const summaryOf = (equations: ReadonlyArray<Equation>): string => {
  const counts = new Map<string, number>()
  for (const { primitive: { name } } of equations) counts.set(name, (counts.get(name) ?? 0) + 1)
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  return sorted.slice(0, 3).map(([name, n]) => n === 1 ? name : `${n} ${name}`).join(", ") +
    (sorted.length > 3 ? ", …" : "")
}

/** Draws lists. What it has drawn is data. */
export class Sketchbook {
  readonly items: Array<Mutable<Item>> = []
  readonly boxes: Array<Mutable<Box>> = []
  readonly groups: Array<Mutable<Group>> = []
  /** The items of an equation: a list that stands in several places has several. */
  readonly itemsOf = new Map<Equation, Array<number>>()
  readonly #lay: (sketch: Sketch) => Layout
  readonly #counts: (equation: Equation) => Statistics | undefined
  readonly #direction: Sketch["direction"]
  /** Places in the user's source, each once. */
  readonly sites: Array<Site> = []
  readonly #siteNumbers = new Map<Site | string, number | undefined>()

  constructor(
    lay: (sketch: Sketch) => Layout,
    counts: (equation: Equation) => Statistics | undefined,
    direction: Sketch["direction"],
    before?: Sketchbook
  ) {
    this.#lay = lay
    this.#counts = counts
    this.#direction = direction
    if (before !== undefined) {
      ;[this.items, this.boxes, this.groups, this.sites] = [before.items, before.boxes, before.groups, before.sites]
      this.#siteNumbers = before.#siteNumbers
    }
  }

  /** The number of the site of an equation. */
  siteOf({ site }: Equation): number | undefined {
    if (site === undefined) return undefined
    if (this.#siteNumbers.has(site)) return this.#siteNumbers.get(site)
    const place = located(site)
    const text = place === undefined ? "" : `${formatSite(place)} ${place.op}`
    if (!this.#siteNumbers.has(text)) {
      const { also: _, ...alone } = place ?? {}
      this.#siteNumbers.set(text, place === undefined ? undefined : this.sites.push(alone as Site) - 1)
    }
    const number = this.#siteNumbers.get(text)
    this.#siteNumbers.set(site, number)
    return number
  }

  mark(item: number, mark: Mark): void {
    this.items[item]!.mark = mark
  }

  /** Draws a list, and gives its group and the items of its ends. */
  draw(trace: Trace, title: string, ends: Ends) {
    const lines = this.#write(trace, ends)
    return { ...lines, group: this.#group(title, lines, entriesOf(this.#words(trace)), { ends: true }) }
  }

  /** Makes items of a list: those of sub-lists follow the equation that holds them. */
  #write(trace: Trace, ends: Ends): Written {
    const names = namesOf(trace)
    const avals = [...trace.inputs, ...trace.captured, ...trace.equations.flatMap(({ results }) => results)]
    const item = (known: Item): number => this.items.push(known) - 1
    const typeOf = (v: number) => showAval(avals[v]!)
    const plain = { params: "", operands: [] }
    const inputs = ends.inputs.map((end, v) => item({ ...plain, name: names[v]!, type: typeOf(v), ...end }))
    const values: Array<number> = [...inputs]
    trace.captured.forEach((x, c) => {
      const v = inputs.length + c
      values.push(item({ ...plain, kind: "constant", op: names[v]!, name: names[v]!, type: typeOf(v) }))
    })
    const equations = trace.equations.map((equation): Line => {
      const { operands, primitive, result, results } = equation
      const op = opOf(equation)
      const number = item({
        kind: "op",
        op: primitive.name,
        of: op === primitive.name ? undefined : op,
        name: results.map((_, r) => names[result + r]!).join(", "),
        params: showParams(equation),
        type: results.map(showAval).join(", "),
        operands: [...new Set(operands.map((v) => values[v]!))],
        site: this.siteOf(equation),
        statistics: this.#counts(equation),
        // a comparison decides; what is a float, and has no derivative, is in the way
        mark: primitive.barrier !== undefined && results.some(({ dtype }) => isFloat(dtype)) ? "barrier" : undefined
      })
      this.itemsOf.set(equation, [...this.itemsOf.get(equation) ?? [], number])
      for (const _ of results) values.push(number)
      const sub = subTraces(equation).map(([name, list]) => {
        const lists = this.#write(list, {
          inputs: list.inputs.map(() => ({ kind: "input", op: "" })),
          outputs: list.outputs.map(() => ({ op: "return" }))
        })
        for (const input of lists.inputs) this.items[input]!.op = this.items[input]!.name
        return { title: `${primitive.name} ${name}`, lines: lists, entries: entriesOf(this.#words(list)) }
      })
      return { equation, item: number, sub, next: this.items.length }
    })
    const outputs = ends.outputs.map((end, o) => {
      const v = trace.outputs[o]
      return item({
        ...plain,
        kind: "result",
        name: "",
        type: v === undefined ? "" : typeOf(v),
        operands: v === undefined ? [] : [values[v]!],
        ...end
      })
    })
    return { inputs, outputs, equations }
  }

  /** Equations as words: those that are alike, and were called in one place, have the same. */
  #words(trace: Trace): ReadonlyArray<string> {
    return trace.equations.map((equation) =>
      [
        equation.primitive.name,
        showParams(equation),
        equation.results.map(showAval).join(),
        subTraces(equation).map(([, list]) => hash(list)).join(),
        this.siteOf(equation)
      ].join("|")
    )
  }

  /** Lays out some entries of a list, with its ends if they belong there. */
  #group(
    title: string,
    list: Written,
    entries: ReadonlyArray<Entry>,
    shows: { ends: boolean; copies?: Copies }
  ): number {
    const group = this.groups.push({ title, width: 0, height: 0, boxes: [], edges: [] }) - 1
    const boxes: Array<number> = []
    /** Which box of this group shows an item. */
    const shown = new Map<number, number>()
    const add = (box: Omit<Box, "group" | "height" | "width" | "x" | "y">, items: ReadonlyArray<number>) => {
      for (const item of items) shown.set(item, boxes.length)
      boxes.push(this.boxes.push({ ...box, group, x: 0, y: 0, ...sizeOf(box) }) - 1)
    }
    const end = (item: number) => {
      const { kind, name, op, type } = this.items[item]!
      if (kind === "kept") return
      add({
        item,
        title: clipped(op),
        lines: [clipped(name === "" || name === op ? type : `${name}: ${type}`)],
        holds: []
      }, [
        item
      ])
    }
    if (shows.ends) list.inputs.forEach(end)
    for (const entry of entries) this.#entry(list, entry, shown, add)
    if (shows.ends) list.outputs.forEach(end)

    const arrows = new Map<string, readonly [number, number]>()
    // parts of a long list stand in their order: of what goes from each to each nobody would see anything
    const reach = entries[0]?.kind === "part" ? 1 : Infinity
    for (const [item, to] of shown) {
      for (const operand of this.items[item]!.operands) {
        const from = shown.get(operand)
        if (from !== undefined && from !== to && to - from <= reach) arrows.set(`${from} ${to}`, [from, to])
      }
    }
    const found = this.#lay({
      sizes: boxes.map((box) => this.boxes[box]!),
      arrows: [...arrows.values()],
      direction: this.#direction
    })
    found.middles.forEach(([x, y], i) => Object.assign(this.boxes[boxes[i]!]!, { x, y }))
    Object.assign(this.groups[group]!, {
      width: found.width,
      height: found.height,
      boxes,
      edges: found.edges.map((edge): Edge => ({ ...edge, from: boxes[edge.from]!, to: boxes[edge.to]! })),
      copies: shows.copies
    })
    return group
  }

  #entry(
    list: Written,
    entry: Entry,
    shown: ReadonlyMap<number, number>,
    add: (box: Omit<Box, "group" | "height" | "width" | "x" | "y">, items: ReadonlyArray<number>) => void
  ): void {
    const lines = list.equations.slice(entry.start, entry.end)
    const first = lines[0]!
    if (entry.kind !== "equation") {
      const copies = entry.kind === "repeat"
        ? {
          count: (entry.end - entry.start) / entry.period,
          first: first.item,
          stride: list.equations[entry.start + entry.period]!.item - first.item
        }
        : undefined
      const title = copies === undefined
        ? `equations ${entry.start + 1}–${entry.end}`
        : `repeated ${copies.count} times`
      const equations = lines.slice(0, entry.kind === "repeat" ? entry.period : undefined).map((l) => l.equation)
      add({
        title,
        lines: [clipped(summaryOf(equations))],
        holds: [this.#group("", list, entry.body, copies === undefined ? { ends: false } : { ends: false, copies })]
      }, lines.map(({ item }) => item))
      return
    }
    const { item, sub } = first
    const { name, op, operands, params, type } = this.items[item]!
    // what is not drawn beside it stands in it
    const others = operands.filter((o) => !shown.has(o)).map((o) => this.items[o]!).map(({ kind, name, op }) =>
      kind === "op" ? name : op
    )
    const holds = sub.map(({ entries, lines, title }) => this.#group(title, lines, entries, { ends: true }))
    add({
      item,
      title: clipped(op),
      lines: [
        `${name}: ${type}`,
        ...params === "" ? [] : [params.slice(1, -1)],
        ...others.length === 0 ? [] : [`with ${others.join(", ")}`]
      ].map(clipped),
      holds
    }, [item])
  }
}

interface Line {
  readonly equation: Equation
  readonly item: number
  readonly sub: ReadonlyArray<
    { readonly title: string; readonly lines: Written; readonly entries: ReadonlyArray<Entry> }
  >
  readonly next: number
}

/** A list whose items are made. */
interface Written {
  readonly inputs: ReadonlyArray<number>
  readonly outputs: ReadonlyArray<number>
  readonly equations: ReadonlyArray<Line>
}

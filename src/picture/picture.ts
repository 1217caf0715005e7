/**
 * A report as a picture: the list on the left, from its arguments down; its derivative on the right, back up to them.
 */
import * as Effect from "effect/Effect"
import type { GradientReport, LeafReport, Step } from "../core/report.ts"
import { formatSite, located, type Site } from "../core/site.ts"
import { showAval } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { leafRoutes, type Route } from "../explain/reasons.ts"
import { branchName } from "../explain/remedy.ts"
import { headline, made, showNumber } from "../explain/render.ts"
import { opOf } from "../explain/step.ts"
import type { Subject } from "../explain/subject.ts"
import { condPrimitive } from "../ops/control/cond.ts"
import type { Drawing, LeafDrawing } from "./drawing.ts"
import type { Layout, Sketch } from "./layout.ts"
import { Sketchbook } from "./sketch.ts"
import { observe, type Observed } from "./statistics.ts"

/** A shortest way from what is given to each output, along operands: the equations on it, from the first on. */
const waysOf = (trace: Trace): ReadonlyArray<ReadonlyArray<Equation>> => {
  const start = trace.inputs.length - 1
  const inputs = trace.inputs.length + trace.captured.length
  const producer: Array<Equation | undefined> = Array.from({ length: inputs }, () => undefined)
  const far: Array<number> = producer.map((_, v) => v === start ? 0 : Infinity)
  const before: Array<number> = producer.map(() => -1)
  for (const equation of trace.equations) {
    const nearest = equation.operands.reduce((a, b) => far[b]! < far[a]! ? b : a, equation.operands[0] ?? 0)
    for (const _ of equation.results) {
      producer.push(equation)
      far.push(equation.operands.length === 0 ? Infinity : far[nearest]! + 1)
      before.push(nearest)
    }
  }
  return trace.outputs.map((output) => {
    const way: Array<Equation> = []
    for (let v = output; producer[v] !== undefined && far[v]! < Infinity; v = before[v]!) way.push(producer[v]!)
    return way.reverse()
  })
}

const reasonsOf = ({ causes, cut, nonFinite }: LeafReport): LeafDrawing["reasons"] => {
  const where = (site: Site | undefined) => site === undefined ? undefined : formatSite(site)
  const all = [...causes, ...cut.filter((c) => !causes.some((k) => k.op === c.op && where(k.site) === where(c.site)))]
  return [
    ...all.map((cause) => ({ what: headline(cause), where: where(cause.site), cure: cause.remedy })),
    ...nonFinite === undefined
      ? []
      : [{ what: made(nonFinite), where: where(nonFinite.site), cure: nonFinite.remedy }]
  ]
}

const isAt = (a: Site | undefined, b: Site | undefined): boolean =>
  a !== undefined && b !== undefined && a.file === b.file && a.line === b.line && a.column === b.column

const statusOf = ({ nonFinite, status }: LeafReport): LeafDrawing["status"] =>
  status === "unconnected" ? status : nonFinite === undefined ? status : "not finite"

/** The two lists of a report, drawn. */
class Picture {
  readonly #down: Sketchbook
  readonly #up: Sketchbook
  readonly #observed: Observed
  readonly #report: GradientReport
  readonly #routes: ReadonlyArray<Route>
  readonly #subject: Subject
  /** To each gradient that there is, through the derivative. */
  readonly #waysBack: ReadonlyArray<ReadonlyArray<Equation>>

  constructor(report: GradientReport, subject: Subject, observed: Observed, lay: (sketch: Sketch) => Layout) {
    this.#report = report
    this.#subject = subject
    this.#observed = observed
    this.#waysBack = waysOf(observed.backward)
    this.#routes = leafRoutes(subject.trace, subject.leaves)
    this.#down = new Sketchbook(lay, observed.counts, "down")
    this.#up = new Sketchbook(lay, observed.counts, "up", this.#down)
  }

  drawing(sources: (file: string) => string | undefined): Drawing {
    const forward = this.#forward()
    const { drawn: backward, gradients } = this.#backward(forward.inputs)
    const middle = [...forward.outputs, ...backward.inputs.slice(this.#observed.kept.length)]
    const active = forward.inputs.filter((_, i) => this.#subject.leaves[i]!.active)
    const leaves = this.#report.leaves.map((leaf, l) => this.#leaf(leaf, l, [active[l]!, gradients[l]!], middle))
    this.#nameBranches()
    const { boxes, groups, items, sites } = this.#down
    for (const [box, { item }] of boxes.entries()) if (item !== undefined) this.#open(box)
    return {
      title: this.#subject.leaves.map(({ path }) => path).join(", "),
      value: showNumber(this.#report.value),
      items,
      boxes,
      groups,
      forward: forward.group,
      backward: backward.group,
      leaves,
      sites,
      sources: linesOf(sites, sources)
    }
  }

  #forward() {
    const { forward, arguments: known } = this.#observed
    const drawn = this.#down.draw(forward, "forward", {
      inputs: this.#subject.leaves.map(({ path }, i) => ({ kind: "input", op: path, statistics: known[i] })),
      outputs: [{ op: `value ${showNumber(this.#report.value)}` }]
    })
    return drawn
  }

  /** Branches of a `cond` have names, and some did not run. */
  #nameBranches(): void {
    const { boxes, groups, items, itemsOf } = this.#down
    const ran = new Map<number, ReadonlySet<number>>()
    for (const barrier of this.#routes.flatMap(({ barriers }) => barriers)) {
      if (barrier._tag !== "BranchNotTaken") continue
      for (const item of itemsOf.get(barrier.equation) ?? []) ran.set(item, barrier.ran)
    }
    for (const { holds, item } of boxes) {
      if (item === undefined || items[item]!.op !== condPrimitive.name) continue
      const op = holds.length === 2 ? "cond" : "switchCase"
      holds.forEach((group, b) => {
        const inner = groups[group]!.boxes.flatMap((box) => boxes[box]!.item ?? []).map((i) => items[i]!)
        const ops = inner.filter(({ kind }) => kind === "op")
        const isIdle = ran.get(item)?.has(b) === false ||
          (items[item]!.statistics !== undefined && ops.length > 0 && ops.every((i) => i.statistics === undefined))
        groups[group]!.title = `${branchName(op, b)}${isIdle ? ", which did not run" : ""}`
        if (isIdle) groups[group]!.isIdle = true
      })
    }
  }

  /** The derivative; what it keeps of the way forward has the names it has there. */
  #backward(leaves: ReadonlyArray<number>) {
    const { backward, gradients: found, kept } = this.#observed
    const { items } = this.#down
    const active = this.#report.leaves
    const names = this.#keptNames()
    const inputs = kept.map(({ made, statistics }) => {
      const kind = "kept" as const
      if (typeof made === "number") return { kind, op: items[leaves[made]!]!.op, statistics }
      if (made === undefined) return { kind, op: "constant", statistics }
      return { kind, op: names.get(made) ?? made.primitive.name, site: this.#down.siteOf(made), statistics }
    })
    const there = found.flatMap((statistics, i) => statistics === undefined ? [] : [{ i, statistics }])
    // where the value depends on nothing, the derivative starts from nothing
    const seed = backward.inputs.slice(inputs.length).map(() => ({ kind: "input" as const, op: "∂ value = 1" }))
    const drawn = this.#up.draw(backward, "backward", {
      inputs: [...inputs, ...seed],
      outputs: [
        ...there.map(({ i, statistics }) => ({
          op: `∂ ${active[i]!.path}`,
          statistics: { ...statistics, ...active[i]!.elements }
        })),
        ...active.filter((_, i) => found[i] === undefined).map(({ path, shape, dtype }) => ({
          op: `∂ ${path}: none`,
          type: showAval({ shape, dtype })
        }))
      ]
    })
    const order = [...there.map(({ i }) => i), ...active.flatMap((_, i) => found[i] === undefined ? [i] : [])]
    const gradients: Array<number> = []
    order.forEach((leaf, o) => {
      gradients[leaf] = drawn.outputs[o]!
    })
    return { drawn, gradients }
  }

  /** The names that equations have in the forward list, for those of the list that is differentiated which are the same. */
  #keptNames(): ReadonlyMap<Equation, string> {
    const { forward, primal } = this.#observed
    const { items, itemsOf } = this.#down
    const names = new Map<Equation, string>()
    const alike = this.#alike(forward.equations)
    for (const [word, equations] of this.#alike(primal.equations)) {
      const same = alike.get(word)
      if (same?.length !== equations.length) continue
      // what is alike stands in the same order
      equations.forEach((e, i) => names.set(e, items[itemsOf.get(same[i]!)![0]!]!.name))
    }
    return names
  }

  /** Equations of one primitive, called in one place. */
  #alike(equations: ReadonlyArray<Equation>): ReadonlyMap<string, ReadonlyArray<Equation>> {
    const found = new Map<string, Array<Equation>>()
    for (const equation of equations) {
      const word = `${equation.primitive.name} ${this.#down.siteOf(equation)}`
      const known = found.get(word)
      if (known === undefined) found.set(word, [equation])
      else known.push(equation)
    }
    return found
  }

  #leaf(
    leaf: LeafReport,
    l: number,
    [item, gradient]: readonly [number, number],
    middle: ReadonlyArray<number>
  ): LeafDrawing {
    const { dtype, elements, norm, path, shape } = leaf
    const route = this.#routes[l]!
    const { gradients } = this.#observed
    const place = gradients.slice(0, l).filter((g) => g !== undefined).length
    const back = gradients[l] === undefined ? [] : this.#waysBack[place]!
    const itemsOf = (equations: ReadonlyArray<Equation>) =>
      [...new Set(equations)].flatMap((e) => this.#down.itemsOf.get(e) ?? this.#up.itemsOf.get(e) ?? [])
    const barriers = itemsOf(route.barriers.map(({ equation }) => equation))
    const status = statusOf(leaf)
    const mark = status === "connected" ? "connected" as const : "unconnected" as const
    for (const end of [item, gradient]) this.#down.mark(end, status === "not finite" ? "origin" : mark)
    for (const barrier of barriers) this.#down.mark(barrier, "barrier")
    const size = shape.reduce((a, b) => a * b, 1)
    this.#markReasons(leaf)
    return {
      path,
      type: showAval({ shape, dtype }),
      status,
      reasons: reasonsOf(leaf),
      statistics: { runs: 1, size, least: 0, largest: 0, ...gradients[l], ...elements },
      norm: showNumber(norm),
      item,
      gradient,
      way: [
        item,
        ...itemsOf(route.way),
        ...route.way.length === 0 && !route.isConnected ? [] : middle,
        ...itemsOf(back),
        gradient
      ],
      barriers,
      cut: itemsOf(route.cut.map(({ equation }) => equation))
    }
  }

  /** Colours what left out elements, and what made the first number that is not finite. */
  #markReasons({ causes, nonFinite }: LeafReport): void {
    const masks = causes.filter(({ _tag }) => _tag === "Masked")
    if (masks.length === 0 && nonFinite === undefined) return
    const isOf = (equation: Equation, step: Step) =>
      opOf(equation) === step.op && isAt(located(equation.site), step.site)
    for (const { itemsOf } of [this.#down, this.#up]) {
      const made = nonFinite === undefined ? [] : [...itemsOf].filter(([equation]) => isOf(equation, nonFinite))
      // what a derivative computes on the way forward has no equation of its own there: then it is the call
      const exact = made.filter(([{ primitive }]) => primitive.name === nonFinite!.primitive)
      for (const [, items] of exact.length > 0 ? exact : made) for (const item of items) this.#down.mark(item, "origin")
      for (const [equation, items] of itemsOf) {
        if (equation.primitive.introducesSupport !== true || !masks.some((mask) => isOf(equation, mask))) continue
        for (const item of items) this.#down.mark(item, "mask")
      }
    }
  }

  /** Small branches are open from the beginning; loops and what repeats are not. */
  #open(box: number): void {
    const { boxes, groups, items } = this.#down
    const { holds, item } = boxes[box]!
    const size = holds.reduce((sum, group) => sum + groups[group]!.boxes.length, 0)
    if (items[item!]!.op === condPrimitive.name && size < 24) boxes[box]!.isOpen = true
  }
}

/** The lines of files that sites name. */
const linesOf = (sites: ReadonlyArray<Site>, read: (file: string) => string | undefined): Drawing["sources"] => {
  const found: Record<string, Record<number, string>> = {}
  const files = new Map<string, ReadonlyArray<string> | undefined>()
  for (const { file, line } of sites) {
    if (!files.has(file)) files.set(file, read(file)?.split(/\r?\n/))
    const text = files.get(file)?.[line - 1]
    if (text !== undefined) (found[file] ??= {})[line] = text.slice(0, 400)
  }
  return found
}

/** What a page about a report draws. */
export const draw = (
  report: GradientReport,
  subject: Subject,
  lay: (sketch: Sketch) => Layout,
  sources: (file: string) => string | undefined
): Effect.Effect<Drawing> =>
  Effect.map(
    // it has been differentiated before, at the same values
    Effect.orDie(observe(subject)),
    (observed) => new Picture(report, subject, observed, lay).drawing(sources)
  )

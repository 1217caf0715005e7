/**
 * Source sites: where in the user's program an op was called.
 *
 * An op keeps the stack of the call that built it, a few frames that nobody has looked at yet; that costs 2 to 5 µs, a tenth of a small
 * gradient. So ops keep none of which it is known, when they are built, that they cannot fail: of floats of one shape. Lists that are read,
 * by users or reports, want them all (`EverySite`). Only when an error or a report asks is the stack written out, mapped by source maps and
 * searched for the user's line. Ops that are built on behalf of others, in their bodies and rules, share the site of the op that the user
 * called, and keep none.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** A place in the user's source. Lines and columns start at 1. */
export interface Site {
  /** Empty where the stack does not say. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** The op that was called there. */
  readonly op?: string | undefined
  /** Where else the same was computed from the same values: calls that share an equation stand in the order of the program. */
  readonly also?: ReadonlyArray<Site> | undefined
}

/** A frame of V8, `at f (file:1:2)` or `at file:1:2`, or of other engines, `f@file:1:2`. */
const frame = /^(?:at (?:async )?(?:.*? \()?|[^@]*@)?(.+?):(\d+):(\d+)\)?$/

/** The file of a frame as a path. */
const pathOf = (file: string): string => {
  if (!file.startsWith("file://")) return file
  const path = decodeURI(file.slice("file://".length))
  // file:///C:/main.ts
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path
}

/** Rooms of this package, and the laws beside them: frames there are not the user's. */
const rooms = /^(?:src[/\\](?:core|ops|grad|engine|inspect|explain|sparse|linalg|random)|laws)[/\\]/

/** Where in this package a stack is taken, as the stack itself tells: bundlers and source maps move files. */
const ownFile = /^(.*[/\\])src[/\\]core[/\\](?:site|operation)\.[jt]s$/

/** The first frame of a stack that is the user's; a stack starts in this file. */
export const siteOfStack = (stack: string, op?: string): Site | undefined => {
  let home: string | undefined
  for (const line of stack.split("\n")) {
    const match = frame.exec(line.trim())
    if (match === null) continue
    const file = pathOf(match[1]!)
    // in a bundle without a source map nobody knows whose a frame is
    home ??= ownFile.exec(file)?.[1]
    if (home === undefined) return undefined
    const isOwn = file.startsWith(home) && rooms.test(file.slice(home.length))
    if (isOwn || /node_modules[/\\]effect[/\\]/.test(file) || file.startsWith("node:")) continue
    return { file, line: Number(match[2]), column: Number(match[3]), ...op !== undefined && { op } }
  }
  return undefined
}

const nowhere: Site = { file: "", line: 0, column: 0 }

/** A stack that nobody has looked at yet. */
export interface Stack {
  readonly stack?: string
}

/** How many frames a stack keeps: each costs, and a user's call is at most so many away. */
export const frames = 4

/** A call whose stack is looked at when somebody asks. */
class Call implements Site {
  readonly op: string | undefined
  #stack: Stack | undefined
  #place: Site = nowhere
  constructor(stack: Stack, op: string | undefined) {
    this.op = op
    this.#stack = stack
    Object.freeze(this)
  }
  #known(): Site {
    if (this.#stack !== undefined) {
      this.#place = siteOfStack(this.#stack.stack ?? "", this.op) ?? nowhere
      this.#stack = undefined
    }
    return this.#place
  }
  get file(): string {
    return this.#known().file
  }
  get line(): number {
    return this.#known().line
  }
  get column(): number {
    return this.#known().column
  }
}

/** The site of a stack that was taken where `op` was called. */
export const siteOf = (stack: Stack, op: string | undefined): Site => new Call(stack, op)

/** A site that is also another. */
class Together implements Site {
  readonly op: string | undefined
  readonly #first: Site
  readonly #before: Site
  readonly #last: Site
  constructor(before: Site, last: Site) {
    this.#first = before instanceof Together ? before.#first : before
    this.#before = before
    this.#last = last
    this.op = this.#first.op
    Object.freeze(this)
  }
  get file(): string {
    return this.#first.file
  }
  get line(): number {
    return this.#first.line
  }
  get column(): number {
    return this.#first.column
  }
  get also(): ReadonlyArray<Site> | undefined {
    const all: Array<Site> = []
    // a loop may call what it has called before as often as it likes: no recursion
    const left: Array<Site> = [this]
    for (let site = left.pop(); site !== undefined; site = left.pop()) {
      if (site instanceof Together) {
        left.push(site.#last, site.#before)
        continue
      }
      const { also = [], ...known } = located(site) ?? { ...nowhere, also: [] }
      for (const s of [known, ...also]) {
        if (s.file !== "" && !all.some((other) => samePlace(other, s))) all.push(Object.freeze(s))
      }
    }
    return all.length < 2 ? undefined : Object.freeze(all.slice(1))
  }
}

const samePlace = (a: Site, b: Site): boolean => a.file === b.file && a.line === b.line && a.column === b.column

/** The site of an equation that one more call shares: the first call's, with the others beside it. */
export const alsoAt = (site: Site | undefined, other: Site | undefined): Site | undefined =>
  site === undefined || other === undefined || site === other ? site ?? other : new Together(site, other)

/** A site as plain data, frozen; `undefined` where the stack does not say. */
export const located = (site: Site | undefined): Site | undefined => {
  if (site === undefined || site.file === "") return undefined
  const { also, column, file, line, op } = site
  return Object.freeze({ file, line, column, ...op !== undefined && { op }, ...also !== undefined && { also } })
}

/**
 * Whether ops remember where they were called (default: yes, those that can fail), so that errors, reports and equations name file, line
 * and column; a site stands for everything that happens on behalf of the op called there.
 */
export const CaptureSites = Context.Reference<boolean | Site>("wengert/CaptureSites", { defaultValue: () => true })

/** Whether ops that cannot fail remember it too. */
export const EverySite = Context.Reference<boolean>("wengert/EverySite", { defaultValue: () => false })

/** A program that writes a list which somebody reads: every op in it remembers where it was called. */
export const withEverySite = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(program, EverySite, true)

/** `file:line:column`, as editors and terminals link it. */
export const formatSite = (site: Site): string => `${site.file}:${site.line}:${site.column}`

/** The op on whose behalf something is built right now; it is set only while a body or a rule runs, and never across a step. */
let acting: Site | undefined

/** From here to {@link leave} everything is built on behalf of the op called at `site`; gives what `leave` is to restore. */
export const enter = (site: Site | undefined): Site | undefined => {
  const before = acting
  acting = site
  return before
}

/** Ends what {@link enter} began. */
export const leave = (before: Site | undefined): void => {
  acting = before
}

/** What is built belongs to a rule, and the tracer that runs it knows where that happens; or to an op that cannot fail. */
export const ofRule: Site = Object.freeze({ ...nowhere })

/** The site that an op built now has; `true` if it is to take the stack, `false` if it has none of its own. */
export const siteNow = (): Site | boolean => {
  if (acting !== undefined) return acting !== ofRule && acting
  const wanted = Fiber.getCurrent()?.getRef(CaptureSites) ?? true
  return wanted !== ofRule && wanted
}

/** The stack here, as far as so many frames. */
const stackNow = (count: number): Stack => {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = count
  const stack: Stack = new Error()
  Error.stackTraceLimit = stackTraceLimit
  return stack
}

/** The user's call site, when the running fiber wants it. To be called synchronously by what the user calls. */
export const captureSite = (op?: string): Site | undefined => {
  const site = siteNow()
  if (typeof site === "object") return site
  // this one, that which takes the stack, and that which calls it
  return site ? siteOf(stackNow(frames + 3), op) : undefined
}

/** Where the program runs in which `op` fails, which does not know where it was called. */
export const siteRunning = (op: string): Site => siteOf(stackNow(Infinity), op)

/** Everything that `run` does and builds happens on behalf of the op called at `site`. */
export const atSite = <A, E, R>(site: Site | undefined, run: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  site === undefined ? run() : Effect.provideService(Effect.suspend(run), CaptureSites, site)

/** The program that our function `op` gives: what it does happens where the user called that function, and is called so. */
export const here = <A, E, R>(op: string, run: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  atSite(captureSite(op), run)

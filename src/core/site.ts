/**
 * Source sites: where in the user's program an op was called.
 *
 * Capturing a stack costs about 2 µs, ten times an op, so it happens only under {@link CaptureSites}, which `trace` and
 * `explain` turn on. The op's constructor asks the fiber that is running it; there is no global switch.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** A place in the user's source. Lines and columns start at 1. */
export interface Site {
  readonly file: string
  readonly line: number
  readonly column: number
  /** The op that was called there. */
  readonly op?: string | undefined
  /** Where else the same was computed from the same values: calls that share an equation stand in the order of the program. */
  readonly also?: ReadonlyArray<Site> | undefined
}

const samePlace = (a: Site, b: Site): boolean => a.file === b.file && a.line === b.line && a.column === b.column

/** The site of an equation that one more call shares: the first call's, with the others beside it. */
export const alsoAt = (site: Site | undefined, other: Site | undefined): Site | undefined => {
  if (site === undefined || other === undefined || site === other) return site ?? other
  const known = [site, ...site.also ?? []]
  const { also = [], ...place } = other
  const more = [Object.freeze(place), ...also].filter((s) => !known.some((k) => samePlace(k, s)))
  return more.length === 0 ? site : Object.freeze({ ...site, also: Object.freeze([...site.also ?? [], ...more]) })
}

/**
 * Whether ops record where they were called (default: no). Provide `true` to have errors and equations name file, line
 * and column; a site stands for everything that happens on behalf of the op called there.
 */
export const CaptureSites = Context.Reference<boolean | Site>("wengert/CaptureSites", { defaultValue: () => false })

/** `file:line:column`, as editors and terminals link it. */
export const formatSite = (site: Site): string => `${site.file}:${site.line}:${site.column}`

const frame = /\(?((?:file:\/\/)?[^()\s]+):(\d+):(\d+)\)?$/

/** Frames of this package's own sources; the first frame outside them is the user's. */
const home = new URL("..", import.meta.url).href.replace(/^file:\/\//, "")
const own = new RegExp(`${home.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(core|ops|grad|engine|inspect|explain)/`)

/** The first user frame of a V8 stack trace. */
export const siteOfStack = (stack: string, op?: string): Site | undefined => {
  for (const line of stack.split("\n").slice(1)) {
    const match = frame.exec(line.trim())
    if (match === null || own.test(line) || line.includes("node_modules/effect") || line.includes("node:internal")) {
      continue
    }
    return Object.freeze({
      file: match[1]!.replace(/^file:\/\//, ""),
      line: Number(match[2]),
      column: Number(match[3]),
      ...op !== undefined && { op }
    })
  }
  return undefined
}

/** The user's call site, when the running fiber wants it. To be called synchronously by an op's constructor. */
export const captureSite = (op?: string): Site | undefined => {
  const fiber = Fiber.getCurrent()
  const wanted = fiber === undefined ? false : fiber.getRef(CaptureSites)
  if (typeof wanted === "object") return wanted
  if (!wanted) return undefined
  const stackTraceLimit = Error.stackTraceLimit
  Error.stackTraceLimit = 24
  const stack = new Error().stack
  Error.stackTraceLimit = stackTraceLimit
  return stack === undefined ? undefined : siteOfStack(stack, op)
}

/** Everything that `run` does and builds happens on behalf of the op called at `site`. */
export const atSite = <A, E, R>(site: Site | undefined, run: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  site === undefined ? run() : Effect.provideService(Effect.suspend(run), CaptureSites, site)

/** The program that a function of ours gives: what it does happens where the user called that function. */
export const here = <A, E, R>(run: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => atSite(captureSite(), run)

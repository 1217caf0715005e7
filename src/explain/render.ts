/**
 * The text of a report, in the manner of a good compiler: what, where, and what to do.
 */
import { checkOptions, flag } from "../core/options.ts"
import type { Cause, GradientReport, LeafReport, NonFinite, Step } from "../core/report.ts"
import { formatSite, type Site } from "../core/site.ts"
import { checkReport, sourceOf } from "./given.ts"
import { notTaken } from "./remedy.ts"

/** How a report is printed. */
export interface RenderOptions {
  /** Colours; by default on a terminal alone, and not where `NO_COLOR` is set. */
  readonly color?: boolean | undefined
  /** The text of a source file; by default it is read where there is a file system. */
  readonly source?: ((file: string) => string | undefined) | undefined
}

type Style = "bold" | "red" | "yellow" | "green" | "blue"

type Paint = (style: Style, text: string) => string

const codes: { readonly [S in Style]: number } = { bold: 1, red: 31, yellow: 33, green: 32, blue: 34 }

const isTerminal = (): boolean => {
  const { process } = globalThis as {
    readonly process?: {
      readonly stdout?: { readonly isTTY?: boolean }
      readonly env?: { readonly [name: string]: string | undefined }
    }
  }
  return process?.stdout?.isTTY === true && (process.env?.["NO_COLOR"] ?? "") === ""
}

/** A number with six digits at most. */
export const showNumber = (x: number): string =>
  Number.isInteger(x) && Math.abs(x) < 1e15 ? String(x) : String(Number(x.toPrecision(6))).replace("Infinity", "∞")

const plural = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`

/** What happened, in words. */
export const headline = (cause: Cause): string => {
  switch (cause._tag) {
    case "Unused":
      return "no path leads to the result"
    case "Stopped":
      return `${cause.op} makes a constant of it`
    case "NonDifferentiable":
      return `${cause.op} has no derivative`
    case "BranchNotTaken":
      return notTaken(cause.op, cause.branch, cause.ran)
    case "Masked":
      return `${cause.op} leaves out ${plural(cause.removed, "element")}`
  }
}

const elementsOf = ({ elements, shape }: LeafReport): string => {
  const parts = [
    [elements.nonzero, "nonzero"],
    [elements.zero, "zero"],
    [elements.masked, "zero by structure"],
    [elements.infinite, "infinite"],
    [elements.nan, "NaN"]
  ] as const
  const size = shape.reduce((a, b) => a * b, 1)
  return `${plural(size, "element")}: ${
    parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`).join(", ") || "none"
  }`
}

/** What made a number that is not finite, in words. */
export const made = ({ index, operands, pass, primitive, op, result }: NonFinite): string => {
  const of = primitive === op ? op : `${primitive}, on behalf of ${op},`
  const at = index.length === 0 ? "" : ` at [${index.join(", ")}]`
  return operands.length === 0
    ? `${op} holds ${showNumber(result)}${at}`
    : `${of} makes ${showNumber(result)} of ${operands.map(showNumber).join(" and ")}${at}, in the ${pass} pass`
}

/** At most so many steps of a path are shown, half of them from each end. */
const longest = 12

const pathOf = (steps: ReadonlyArray<Step>): string => {
  const names = steps.map(({ op }) => op)
  return names.length <= longest
    ? names.join(" → ")
    : [...names.slice(0, longest / 2), `… ${names.length - longest} more …`, ...names.slice(-longest / 2)].join(" → ")
}

/**
 * The text of a report: for each leaf its status, the reasons with the source line and a caret, and the cure. Throws
 * `ArgumentError` for what is no report, and for options that it does not know.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { explain, GradientReport, mul, stopGradient, Tensor } from "wengert"
 *
 * const f = (x: Tensor<[]>) => mul(stopGradient(x), 2)
 * const report = Effect.runSync(explain(f)(Tensor.make(3)))
 * console.log(GradientReport.render(report, { source: () => undefined }).split("\n")[2]) // => unconnected: args[0], float64[]
 * ```
 */
export const render = (report: GradientReport, options?: RenderOptions): string => {
  const op = "GradientReport.render"
  const given = checkOptions<RenderOptions>(op, options, { color: flag, source: "checked" })
  checkReport(op, report)
  const isColoured = given.color ?? isTerminal()
  const source = sourceOf(op, given.source)
  const paint: Paint = (style, text) => isColoured ? `\u001b[${codes[style]}m${text}\u001b[0m` : text
  const texts = new Map<string, ReadonlyArray<string> | undefined>()
  const lineOf = ({ file, line }: Site): string | undefined => {
    if (!texts.has(file)) texts.set(file, source(file)?.split(/\r?\n/))
    return texts.get(file)?.[line - 1]
  }

  /** The line of a site, with a caret under the call. */
  const excerpt = (site: Site | undefined): ReadonlyArray<string> => {
    if (site === undefined) return []
    const number = String(site.line)
    const margin = " ".repeat(number.length)
    const line = lineOf(site)
    const width = site.op !== undefined && line?.startsWith(site.op, site.column - 1) === true ? site.op.length : 1
    return [
      `${margin}${paint("blue", "-->")} ${formatSite(site)}`,
      ...line === undefined ? [] : [
        paint("blue", `${margin} |`),
        `${paint("blue", `${number} |`)} ${line}`,
        `${paint("blue", `${margin} |`)} ${" ".repeat(site.column - 1)}${paint("red", "^".repeat(width))}`
      ]
    ]
  }
  const cure = (remedy: string) => `${paint("green", "help:")} ${remedy}`
  const indent = (lines: ReadonlyArray<string>) => lines.map((line) => `  ${line}`)

  const leaf = (x: LeafReport): ReadonlyArray<string> => {
    const type = `${x.dtype}[${x.shape.join(",")}]`
    const [style, status]: readonly [Style, string] = x.status === "unconnected"
      ? ["red", "unconnected"]
      : x.nonFinite !== undefined
      ? ["red", "not finite"]
      : ["green", "connected"]
    const reasons = [...x.causes, ...x.cut.filter((c) => !x.causes.some((k) => sameCause(k, c)))]
    return [
      `${paint(style, paint("bold", `${status}:`))} ${paint("bold", x.path)}, ${type}`,
      ...indent([
        ...x.status === "connected" ? [`through ${x.witness.length === 0 ? "itself" : pathOf(x.witness)}`] : [],
        ...x.status === "connected"
          ? [`${elementsOf(x)}; largest ${showNumber(x.largest)}, norm ${showNumber(x.norm)}`]
          : [],
        ...reasons.flatMap((c) => [paint("yellow", headline(c)), ...excerpt(c.site), cure(c.remedy)]),
        ...x.cut.length > 1
          ? [`to connect it, ${plural(x.cut.length, "barrier")} must go: ${x.cut.map(({ op }) => op).join(", ")}`]
          : [],
        ...x.nonFinite === undefined
          ? []
          : [paint("red", made(x.nonFinite)), ...excerpt(x.nonFinite.site), cure(x.nonFinite.remedy)]
      ])
    ]
  }
  return [`value ${showNumber(report.value)}`, ...report.leaves.flatMap((x) => ["", ...leaf(x)])].join("\n")
}

const sameCause = (a: Cause, b: Cause): boolean => JSON.stringify(a) === JSON.stringify(b)

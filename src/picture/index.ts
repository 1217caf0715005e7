/**
 * Reports as pages, `wengert/html`: a room of its own, since it needs Graphviz, which a program without pictures does not.
 */
import * as Effect from "effect/Effect"
import { ArgumentError } from "../core/errors.ts"
import { checkOptions } from "../core/options.ts"
import { checkReport, sourceOf } from "../explain/given.ts"
import { GradientReport as Report } from "../explain/index.ts"
import type { GradientReport as ReportType } from "../explain/index.ts"
import { subjectOf } from "../explain/subject.ts"
import { graphviz } from "./layout.ts"
import { documentOf } from "./page/document.ts"
import { draw } from "./picture.ts"

/** Why a gradient is what it is: the value of the function, and what is known of each leaf. */
export type GradientReport = ReportType

/** How a page is made. */
export interface PageOptions {
  /** The text of a source file; by default it is read where there is a file system. */
  readonly source?: ((file: string) => string | undefined) | undefined
}

/**
 * A report as a page: the list and its derivative side by side, leaves and barriers coloured, every op with its types, its
 * line and its numbers; a click on a leaf follows its path, or shows its cut. Loops and what repeats can be opened.
 *
 * One document that asks for nothing from anywhere, to be kept or to be sent. Graphviz lays the list out: install
 * `@hpcc-js/wasm-graphviz` beside this package. Fails with `ArgumentError` where it is missing, for options that it does not
 * know, for what is no report, and for one that was read by `decode`, for the list itself is not in a document.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { explain, mul, stopGradient, Tensor } from "wengert"
 * import { GradientReport } from "wengert/html"
 *
 * const f = (x: Tensor<[]>, y: Tensor<[]>) => mul(stopGradient(x), y)
 * const page = Effect.gen(function*() {
 *   const report = yield* explain(f, { argnums: [0, 1] })(Tensor.make(2), Tensor.make(3))
 *   return yield* GradientReport.toHtml(report)
 * })
 * console.log((await Effect.runPromise(page)).split("\n")[0]) // => <!doctype html>
 * ```
 */
const toHtml = (report: GradientReport, options?: PageOptions): Effect.Effect<string, ArgumentError> =>
  Effect.gen(function*() {
    const op = "GradientReport.toHtml"
    const source = yield* Effect.try({
      try: () => {
        checkReport(op, report)
        return sourceOf(op, checkOptions<PageOptions>(op, options, { source: "checked" }).source)
      },
      // nothing else throws here
      catch: (error) => error as ArgumentError
    })
    const subject = subjectOf(report)
    if (subject === undefined) {
      return yield* new ArgumentError({
        op,
        message: `${op} requires a report that explain gave, got one that was read: it has no list`
      })
    }
    return documentOf(yield* draw(report, subject, yield* graphviz, source))
  })

/** What can be done with a report: a page of it with `toHtml`, beside what `GradientReport` of `wengert` does. */
export const GradientReport = { ...Report, toHtml } as const

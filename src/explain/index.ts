/**
 * Why a gradient is what it is. This room reads lists and reports; no transformation depends on it.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ReportDecodeError } from "../core/errors.ts"
import { type GradientReport as Report, Report as ReportSchema } from "../core/report.ts"
import { checkReport } from "./given.ts"
import { render } from "./render.ts"

/** Why a gradient is what it is: the value of the function, and what is known of each leaf. */
export type GradientReport = Report

const Json = Schema.toCodecJson(ReportSchema)

/**
 * The report as plain JSON data; numbers that JSON lacks are strings. Throws `ArgumentError` for what is no report.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { explain, GradientReport, log, Tensor } from "wengert"
 *
 * const report = Effect.runSync(explain(log)(Tensor.make(0)))
 * const text = JSON.stringify(GradientReport.encode(report))
 * console.log(Effect.runSync(GradientReport.decode(JSON.parse(text))).value) // => -Infinity
 * ```
 */
const encode = (report: GradientReport): unknown => {
  checkReport("GradientReport.encode", report)
  return Schema.encodeSync(Json)(report)
}

/** Reads a report. Fails with `ReportDecodeError` for what is none. */
const decode = (document: unknown): Effect.Effect<GradientReport, ReportDecodeError> =>
  Effect.suspend(() => Schema.decodeUnknownEffect(Json)(document)).pipe(
    Effect.mapError((error) =>
      new ReportDecodeError({ message: `GradientReport.decode requires a report, got ${error.message}` })
    ),
    // an object may throw when it is looked at
    Effect.catchDefect((defect) =>
      Effect.fail(new ReportDecodeError({ message: `GradientReport.decode requires a report, got ${String(defect)}` }))
    )
  )

/** What can be done with a report: print it with `render`, write it as JSON with `encode`, and read it with `decode`. */
export const GradientReport = { render, encode, decode } as const

export { explain, type ExplainOptions, requireConnected } from "./explain.ts"
export type { RenderOptions } from "./render.ts"
export type { Cause, Elements, LeafReport, NonFinite, Step } from "../core/report.ts"

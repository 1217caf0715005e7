/**
 * What the functions of reports are given: reports, and where the text of a file comes from.
 */
import * as Schema from "effect/Schema"
import { ArgumentError, describe } from "../core/errors.ts"
import { Report } from "../core/report.ts"
import { readSource } from "./source.ts"

const isReport = (u: unknown): boolean => {
  try {
    return Schema.is(Report)(u)
  } catch {
    // a proxy that throws is none
    return false
  }
}

/** Throws `ArgumentError` for what is no report. */
export const checkReport = (op: string, report: unknown): void => {
  if (isReport(report)) return
  throw new ArgumentError({ op, message: `${op} requires a report, as explain gives it, got ${describe(report)}` })
}

/** Where the text of a file comes from: what the option says, by default the file system. Throws `ArgumentError`. */
export const sourceOf = (op: string, source: unknown): (file: string) => string | undefined => {
  if (source === undefined) return readSource
  // a function of the user's, whose answer is looked at when it comes
  if (typeof source === "function") return source as (file: string) => string | undefined
  throw new ArgumentError({ op, message: `${op} requires a function of a file as source, got ${describe(source)}` })
}

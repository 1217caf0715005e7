/**
 * What reports are about: the list, at its arguments. Kept beside a report, and no longer than it, so that it stays data.
 */
import type { GradientReport } from "../core/report.ts"
import type { Trace } from "../core/trace.ts"
import type { KnownLeaf } from "./gradient.ts"

/** A list with one scalar result, and its arguments. */
export interface Subject {
  readonly trace: Trace
  readonly leaves: ReadonlyArray<KnownLeaf>
}

const subjects = new WeakMap<GradientReport, Subject>()

/** A report that is about this. */
export const about = (subject: Subject, report: GradientReport): GradientReport => {
  subjects.set(report, subject)
  return report
}

/** What a report is about; unknown of one that was read from a document. */
export const subjectOf = (report: GradientReport): Subject | undefined => subjects.get(report)

/**
 * The services around a call of a function that is written down: its list holds what they said then.
 */
import { CurrentMemoMap } from "effect/Layer"
import { Random } from "effect/Random"
import { CurrentStackFrame } from "effect/References"
import { Scheduler } from "effect/Scheduler"
import { Scope } from "effect/Scope"
import { ParentSpan } from "effect/Tracer"
import { Interpreter } from "../core/interpreter.ts"
import { CaptureSites } from "../core/site.ts"

/** The services that a program runs with, by their keys. */
export type Services = ReadonlyMap<string, unknown>

/** What is different in every run, and no part of what a program means. */
const passing: ReadonlySet<string> = new Set(
  [Interpreter, CaptureSites, Random, CurrentStackFrame, ParentSpan, Scheduler, Scope, CurrentMemoMap].map(({ key }) =>
    key
  )
)

const holds = (from: Services, to: Services): boolean => {
  for (const [key, service] of from) {
    if (!passing.has(key) && !(to.has(key) && Object.is(to.get(key), service))) return false
  }
  return true
}

/** The same services, each of them the same object? */
export const sameServices = (a: Services, b: Services): boolean => a === b || (holds(a, b) && holds(b, a))

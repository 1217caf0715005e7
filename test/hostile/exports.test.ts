/**
 * Every export, with any odd value in any place of its arguments and options: a typed error or an answer, never a defect.
 */
import { Cause, Effect, Exit } from "effect"
import { describe, expect, it } from "vitest"
import * as W from "wengert"
import { type Call, calls, functions } from "./calls.ts"
import { oddValues } from "./values.ts"

const errors = Object.values(W).filter((value) => typeof value === "function" && value.name.endsWith("Error"))
const isTyped = (error: unknown): boolean =>
  errors.some((Class) => error instanceof (Class as new(...args: ReadonlyArray<never>) => unknown))

/** Milliseconds after which work that lasts is interrupted, and what cannot be interrupted hangs. */
const [patience, limit] = [1000, 5000]

/** What is wrong with how a call ends; `undefined` where nothing is. */
const endOf = async (f: (...args: ReadonlyArray<unknown>) => unknown, { args, next }: Call) => {
  try {
    let result = f(...args)
    if (next !== undefined && typeof result === "function") result = result(...next)
    if (!Effect.isEffect(result)) return undefined
    const timed = Effect.timeoutOption(result as Effect.Effect<unknown, unknown>, patience)
    const exit = await Effect.runPromiseExit(timed)
    if (Exit.isSuccess(exit)) return undefined
    const errors = exit.cause.reasons.map((reason) => Cause.isFailReason(reason) ? reason.error : reason)
    const bad = errors.find((error) => !isTyped(error))
    return bad === undefined ? undefined : `ends with ${String(Cause.squash(exit.cause))}`
  } catch (error) {
    return isTyped(error) ? undefined : `throws ${String(error)}`
  }
}

const fault = async (f: (...args: ReadonlyArray<unknown>) => unknown, call: Call): Promise<string | undefined> => {
  const start = performance.now()
  const ending = await endOf(f, call)
  const took = performance.now() - start
  return ending ?? (took > limit ? `takes ${took} ms` : undefined)
}

/** The call with one argument, or one option of one argument, replaced. */
const spoiled = ({ args, next }: Call, value: unknown): ReadonlyArray<readonly [place: string, call: Call]> => {
  const optional = next === undefined ? {} : { next }
  const places = (list: ReadonlyArray<unknown>) =>
    list.flatMap((given, i) => [
      [`${i}`, list.with(i, value)] as const,
      ...typeof given === "object" && given !== null && Object.getPrototypeOf(given) === Object.prototype
        ? Object.keys(given).map((key) => [`${i}.${key}`, list.with(i, { ...given, [key]: value })] as const)
        : [],
      ...Array.isArray(given)
        ? given.map((_, j) => [`${i}[${j}]`, list.with(i, given.with(j, value))] as const)
        : []
    ])
  return [
    ...places(args).map(([place, args]) => [place, { args, ...optional }] as const),
    [`${args.length}`, { args: [...args, value], ...optional }],
    ...args.length === 0 ? [] : [["none", { args: [], ...optional }] as const],
    ...next === undefined ? [] : places(next).map(([place, next]) => [`next ${place}`, { args, next }] as const)
  ]
}

it("every function has a call", () => {
  expect(Object.keys(calls).toSorted()).toEqual([...functions.keys()].toSorted())
})

describe.each([...functions])("%s", (name, f) => {
  const call = calls[name]!

  it("answers the good call", async () => {
    expect(await fault(f, call)).toBe(undefined)
  })

  it("has no defects", async () => {
    const found: Array<string> = []
    for (const [odd, value] of oddValues) {
      for (const [place, other] of spoiled(call, value)) {
        const complaint = await fault(f, other)
        if (complaint !== undefined) found.push(`${odd} at ${place} ${complaint.slice(0, 120)}`)
      }
    }
    expect(found).toEqual([])
  }, 60_000)
})

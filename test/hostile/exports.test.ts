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

/** Milliseconds after which a call hangs, on any machine. */
const patience = 5000

/** What is wrong with how a call ends, or that it does not; `undefined` where nothing is. */
const fault = (f: (...args: ReadonlyArray<unknown>) => unknown, call: Call): string | undefined => {
  const start = performance.now()
  const ending = endOf(f, call)
  const took = performance.now() - start
  return ending ?? (took > patience ? `takes ${took} ms` : undefined)
}

const endOf = (f: (...args: ReadonlyArray<unknown>) => unknown, { args, next }: Call): string | undefined => {
  try {
    let result = f(...args)
    if (next !== undefined && typeof result === "function") result = result(...next)
    if (!Effect.isEffect(result)) return undefined
    const exit = Effect.runSyncExit(result as Effect.Effect<unknown, unknown>)
    if (Exit.isSuccess(exit)) return undefined
    const errors = exit.cause.reasons.map((reason) => Cause.isFailReason(reason) ? reason.error : reason)
    const bad = errors.find((error) => !isTyped(error))
    return bad === undefined ? undefined : `ends with ${String(Cause.squash(exit.cause))}`
  } catch (error) {
    return isTyped(error) ? undefined : `throws ${String(error)}`
  }
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

  it("answers the good call", () => {
    expect(fault(f, call)).toBe(undefined)
  })

  it("has no defects", () => {
    const found = oddValues.flatMap(([odd, value]) =>
      spoiled(call, value).flatMap(([place, call]) => {
        const complaint = fault(f, call)
        return complaint === undefined ? [] : [`${odd} at ${place} ${complaint.slice(0, 120)}`]
      })
    )
    expect(found).toEqual([])
  })
})

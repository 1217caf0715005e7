/**
 * What the command line says: which function, and its arguments.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { fromUnknown } from "../core/make.ts"
import type { Program } from "../core/program.ts"
import type { Tensor } from "../core/tensor.ts"

/** Input that the command cannot use; the sentence says why. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {}

const bad = (message: string) => Effect.fail(new BadInput({ message }))

/** What an unknown error says, in one line. */
export const sentenceOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0]!

/** The function `file#name`. */
export const programOf = (target: string): Effect.Effect<Program, BadInput> =>
  Effect.gen(function*() {
    const at = target.lastIndexOf("#")
    if (at < 1 || at === target.length - 1) return yield* bad(`wengert requires file.ts#name, got ${target}`)
    const [file, name] = [resolve(target.slice(0, at)), target.slice(at + 1)]
    if (!existsSync(file)) return yield* bad(`wengert requires a file, got ${file}, which does not exist`)
    const module = yield* Effect.tryPromise({
      try: (): Promise<{ readonly [name: string]: unknown }> => import(pathToFileURL(file).href),
      catch: (error) => new BadInput({ message: `wengert cannot load ${file}: ${sentenceOf(error)}` })
    })
    const found = module[name]
    if (typeof found === "function") return found as Program
    const functions = Object.keys(module).filter((key) => typeof module[key] === "function")
    return yield* bad(
      `wengert requires a function that ${file} exports, got ${name}; it exports ${functions.join(", ") || "none"}`
    )
  })

const isNested = (u: unknown): boolean =>
  typeof u === "number" || typeof u === "boolean" || (Array.isArray(u) && u.every(isNested))

/** Numbers and nested arrays of numbers are tensors, other arrays and records are trees of them. */
const treeOf = (u: unknown): Effect.Effect<unknown, BadInput> => {
  if (isNested(u)) {
    return Effect.mapError(fromUnknown(u), ({ message }) => new BadInput({ message: `--args: ${message}` }))
  }
  if (Array.isArray(u)) return Effect.forEach(u, treeOf)
  if (typeof u === "object" && u !== null) {
    return Effect.all(Object.fromEntries(Object.entries(u).map(([k, v]) => [k, treeOf(v)])))
  }
  return bad(`--args requires numbers, booleans, arrays and records, got ${JSON.stringify(u)}`)
}

const parsed = (flag: string, text: string): Effect.Effect<ReadonlyArray<unknown>, BadInput> =>
  Effect.suspend(() => {
    try {
      const found: unknown = JSON.parse(text)
      return Array.isArray(found)
        ? Effect.succeed(found)
        : bad(`${flag} requires a JSON array, one entry an argument, got ${text}`)
    } catch (error) {
      return bad(`${flag} requires JSON, got ${text}: ${sentenceOf(error)}`)
    }
  })

/** A generator of numbers in [0, 1): mulberry32, by T. Ettinger (public domain). */
const random = (seed: number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What the flags say of the arguments. */
export interface ArgumentFlags {
  readonly args: string | undefined
  readonly shapes: string | undefined
  readonly seed: number
}

/** The arguments of `f`: given, or random in [−1, 1) with given shapes, or a random scalar for each parameter. */
export const argumentsOf = (
  f: Program,
  { args, seed, shapes }: ArgumentFlags
): Effect.Effect<ReadonlyArray<any>, BadInput> =>
  Effect.gen(function*() {
    if (args !== undefined) return yield* Effect.forEach(yield* parsed("--args", args), treeOf)
    const wanted = shapes === undefined ? Array.from({ length: f.length }, () => []) : yield* parsed("--shapes", shapes)
    const next = random(seed)
    const made: Array<Tensor> = []
    for (const shape of wanted) {
      if (!Array.isArray(shape) || !shape.every((d) => Number.isInteger(d) && d >= 0)) {
        return yield* bad(`--shapes requires arrays of sizes, got ${JSON.stringify(shape)}`)
      }
      const size = shape.reduce((a: number, b: number) => a * b, 1)
      const elements = Array.from({ length: size }, () => 2 * next() - 1)
      made.push(yield* Effect.mapError(fromUnknown(elements, { shape }), ({ message }) => new BadInput({ message })))
    }
    return made
  })

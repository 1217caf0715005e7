/**
 * Programs as TypeScript, to be pasted into a test: the printer is a vocabulary whose words write themselves down.
 */
import type { Block, Body, Type, Value, Vocabulary } from "./syntax.ts"

/** Code that pretends to be the value that it computes: it can be called, indexed and taken apart. */
interface Code {
  readonly [Source]: string
}
const Source = Symbol("source")

/** `callee` is how it stands in front of arguments. */
const code = (text: string, callee = text): Code =>
  new Proxy(() => undefined, {
    get: (_, key) =>
      key === Source
        ? text
        : key === Symbol.iterator
        ? function*() {
          for (let i = 0;; i++) yield code(`${text}[${i}]`)
        }
        : code(/^\d+$/.test(String(key)) ? `${text}[${String(key)}]` : `${text}.${String(key)}`),
    has: (_, key) => key === Source,
    apply: (_, __, args: ReadonlyArray<unknown>) => code(`${callee}(${args.map(show).join(", ")})`)
    // a function has no members of its own that are asked for
  }) as unknown as Code

const isCode = (u: unknown): u is Code => typeof u === "function" && Source in u

/** The parameters of the functions around what is being written. */
let bound = 0

/** Anything that is passed to a word; functions in it have parameters that those around them have not. */
const show = (u: unknown): string => {
  if (isCode(u)) return u[Source]
  if (typeof u === "function") {
    const params = Array.from({ length: u.length }, () => `p${bound++}`)
    const body = show(u(...params.map((name) => code(name))))
    bound -= params.length
    return `(${params.join(", ")}) => ${body}`
  }
  if (Array.isArray(u)) return `[${u.map(show).join(", ")}]`
  if (typeof u === "object" && u !== null) {
    return `{ ${Object.entries(u).map(([key, value]) => `${key}: ${show(value)}`).join(", ")} }`
  }
  return typeof u === "string" ? JSON.stringify(u) : Object.is(u, -0) ? "-0" : String(u)
}

/** Words that write themselves down. Every member of it is code. */
const vocabulary = code("w") as unknown as Vocabulary

const annotation = ({ dtype, shape }: Type): string =>
  dtype === "float64" || dtype === "float32" ? "Tensor" : `Tensor<[${shape.join(", ")}], "${dtype}">`

/** A program as a function. Variables are named after the depth of their block. */
const write = (block: Block, around: ReadonlyArray<string>, depth: number): string => {
  const names = [...around]
  const name = () => {
    const text = `${
      depth === 0 ? names.length < block.params.length ? "x" : "v" : "abcdefgh"[depth - 1]
    }${names.length}`
    names.push(text)
    return text
  }
  const margin = "  ".repeat(depth + 1)
  const params = block.params.map((type) => `${name()}: ${annotation(type)}`)
  const lines = block.steps.map(({ blocks, operands, phrase, types }) => {
    const bodies = blocks.map((b): Body => {
      const text = write(b, names.slice(0, b.outer), depth + 1)
      // code is whatever its reader takes it for
      return code(text, `(${text})`) as unknown as Body
    })
    const made = show(phrase.write(vocabulary, operands.map((i) => code(names[i]!) as unknown as Value), bodies))
    const results = types.map(name)
    return `const ${results.length === 1 ? results[0] : `[${results.join(", ")}]`} = yield* ${made}`
  })
  const given = block.results.map((i) => names[i]!)
  const result = given.length === 1 ? given[0]! : `[${given.join(", ")}] as const`
  const body = (keyword: string, list: string) =>
    `${keyword}(function*(${list}) {\n${[...lines, `return ${result}`].map((l) => margin + l).join("\n")}\n${
      margin.slice(2)
    }})`
  if (depth === 0) return body("Effect.fnUntraced", params.join(", "))
  const head = `(${params.join(", ")}) =>`
  const last = block.steps.at(-1)
  if (last === undefined) return `${head} Effect.succeed(${result})`
  const isOne = block.steps.length === 1 && last.types.length === 1 && given.length === 1 && given[0] === names.at(-1)
  return isOne ? `${head} ${lines[0]!.slice(lines[0]!.indexOf("yield* ") + 7)}` : `${head} ${body("Effect.gen", "")}`
}

/** The program as TypeScript, for a test that says `import * as w from "wengert"`, and imports Effect and Tensor. */
export const print = (block: Block): string => write(block, [], 0)

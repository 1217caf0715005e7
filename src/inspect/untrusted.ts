/**
 * Reading what nobody vouches for: values of unknown origin are copied, taken for what a schema describes, or refused with
 * the path to what is wrong.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { isOpError, TraceDecodeError } from "../core/errors.ts"
import { limits } from "./document.ts"

/** Where in a document. */
export type Path = ReadonlyArray<PropertyKey>

/** A value as messages show it, in a few words. */
export const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === "object" && value !== null) return "an object"
  if (typeof value === "function") return "a function"
  return String(value)
}

/** `equations[3].operands[1]`. */
export const showPath = (keys: Path): string =>
  keys.reduce<string>((path, key) => {
    if (typeof key === "number") return `${path}[${key}]`
    const name = String(key).slice(0, 40)
    return /^[A-Za-z_$][\w$]*$/.test(name)
      ? (path === "" ? name : `${path}.${name}`)
      : `${path}[${JSON.stringify(name)}]`
  }, "")

/** `1 leaf`, `2 leaves`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** "Trace.decode requires X, got Y". */
export const refusal = (path: Path, requirement: string, got?: string): TraceDecodeError => {
  const shown = showPath(path)
  const where = shown === "" ? "" : ` at ${shown}`
  return new TraceDecodeError({
    path: shown,
    message: `Trace.decode requires ${requirement}${where}${got === undefined ? "" : `, got ${got}`}`
  })
}

/** What a rule gives. Whatever it throws, typed or not, says that the document asks for what cannot be. */
export const ruled = <A>(path: Path, rule: () => A): A => {
  try {
    return rule()
  } catch (error) {
    if (!isOpError(error)) throw refusal(path, "operands and parameters that fit the primitive")
    const where = showPath(path)
    throw new TraceDecodeError({ path: where, message: `${error.message.slice(0, 400)}, at ${where}` })
  }
}

/** An array or a record that is being copied, and how far. */
interface Frame {
  readonly from: { readonly [key: PropertyKey]: unknown }
  readonly to: { [key: PropertyKey]: unknown }
  /** The keys of a record; the length of an array. */
  readonly keys: ReadonlyArray<string> | number
  next: number
}

/** A plain one, of this realm or another; instances of classes have longer chains of prototypes. */
const isRecord = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * A copy of JSON data, every value read once: no getters, prototypes, cycles or surprises are left for those who read the
 * copy. Throws `TraceDecodeError` for what is not JSON, too deep or too large.
 */
const copyOf = (document: unknown): unknown => {
  const stack: Array<Frame> = []
  const path = (): Array<PropertyKey> =>
    stack.map(({ keys, next }) => typeof keys === "number" ? next - 1 : keys[next - 1]!)
  let values = 0
  const copy = (value: unknown): unknown => {
    if (++values > limits.values) throw refusal([], `a document of at most ${limits.values} values`)
    if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") {
      return value
    }
    const isArray = Array.isArray(value)
    if (typeof value !== "object" || !(isArray || isRecord(value))) throw refusal(path(), "JSON data", show(value))
    if (stack.length === limits.depth) {
      throw refusal(path(), `a document that is not cyclic, and nested at most ${limits.depth} deep`)
    }
    const keys = isArray ? value.length : Object.keys(value)
    // arrays are read and written like records, by their indices
    const to = (isArray ? [] : {}) as Frame["to"]
    stack.push({ from: value as Frame["from"], to, keys, next: 0 })
    return to
  }
  const root = copy(document)
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { from, keys, next, to } = frame
    if (next === (typeof keys === "number" ? keys : keys.length)) {
      stack.pop()
      continue
    }
    frame.next++
    const key = typeof keys === "number" ? next : keys[next]!
    if (key === "__proto__" || !Object.hasOwn(from, key)) {
      throw refusal(path(), "a document without holes and prototypes", `the key ${JSON.stringify(key)}`)
    }
    to[key] = copy(from[key])
  }
  return root
}

const unknownProperty = "no properties of other names"

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "MissingKey"
      ? "Expected a value"
      : issue._tag === "UnexpectedKey"
      ? unknownProperty
      : SchemaIssue.defaultLeafHook(issue)
})

/** "Expected array" is "an array". */
const requirementOf = (message: string): string =>
  message.replace(/^Expected /, "").replace(/^(array|object)$/, "an $1").replace(/^(boolean|number|string)$/, "a $1")

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((v, key) => (v as { readonly [key: PropertyKey]: unknown } | undefined)?.[key], value)

/** Takes a value for what a schema describes. Throws `TraceDecodeError`, with `path` before the path in the value. */
export const decodeWith = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })
  return (value: unknown, path: Path): S["Type"] => {
    const result = decode(value)
    if (Result.isSuccess(result)) return result.success
    const { message, path: inner } = issuesOf(result.failure.issue).issues[0]!
    const keys = inner === undefined ? [] : inner.map((key) => typeof key === "object" ? key.key : key)
    const found = message === unknownProperty ? keys.at(-1) : valueAt(value, keys)
    throw refusal([...path, ...keys], requirementOf(message), found === undefined ? "nothing" : show(found))
  }
}

/** JSON data that is safe to read, whatever the value is. Throws `TraceDecodeError`. */
export const jsonOf = (value: unknown): unknown => {
  try {
    return copyOf(value)
  } catch (error) {
    // getters and proxies may throw anything
    throw error instanceof TraceDecodeError ? error : refusal([], "JSON data", "an object that cannot be read")
  }
}

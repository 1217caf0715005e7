/**
 * The document of a Wengert list: what its JSON looks like, and how an unknown value is taken for one.
 *
 *     {
 *       "format": "wengert/trace", "version": 1, "traces": [],
 *       "inputs": ["float64[3]"],
 *       "captured": [{ "type": "float64[]", "values": [2] }],
 *       "equations": [{ "primitive": "mul", "operands": [0, 1], "results": ["float64[3]"] }],
 *       "outputs": [2],
 *       "argumentTree": ["*"], "resultTree": "*"
 *     }
 *
 * Variables are numbered as in the list. Sub-traces stand in `traces`, each after those that it holds itself, and
 * parameters refer to them by their place there: so a document is as long as the list, however often a sub-trace occurs.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { dtypes } from "../core/dtype.ts"
import { isOpError, TraceDecodeError } from "../core/errors.ts"

/** What a document may ask of its reader. What is beyond it is refused, by writers too. */
export const limits = {
  /** Depth of the JSON. */
  depth: 128,
  /** Numbers, strings, arrays, … in the document. */
  values: 2 ** 24,
  /** Axes of a tensor. */
  rank: 64,
  /** Bytes of one captured tensor. */
  bytes: 2 ** 28,
  /** Depth of sub-traces in sub-traces. */
  nesting: 64,
  /** Variables of the list, with every sub-trace written out wherever it occurs. */
  variables: 10_000_000
} as const

// ---- what it looks like

const dim = "(0|[1-9][0-9]*)"

const typePattern = new RegExp(`^(${dtypes.join("|")})\\[(${dim}(,${dim})*)?\\]$`)

/** `float64[2,3]`, as listings have it. The length is looked at first: a pattern is not to be run over megabytes. */
const Type = Schema.String.check(
  Schema.makeFilter((text) => text.length < 2000 && typePattern.test(text), { expected: `a type such as "float64[2,3]"` })
)

const Integer = Schema.Int.annotate({ expected: "a whole number" })

const Index = Schema.Natural.annotate({ expected: "a whole number that is not negative" })

/** The numbers that JSON cannot write as numbers. */
export const unwritable: ReadonlyMap<string, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0]
])

const Element = Schema.Union([Schema.Finite, Schema.Boolean, Schema.Literals(["NaN", "Infinity", "-Infinity", "-0"])])
  .annotate({ expected: `a number, "NaN", "Infinity", "-Infinity", "-0", true or false` })

/** Few elements are readable, row-major; many are the base64 of their bytes. */
const Constant = Schema.Struct({
  type: Type,
  values: Schema.optionalKey(Schema.Array(Element)),
  base64: Schema.optionalKey(Schema.String),
  byteOrder: Schema.optionalKey(Schema.Literal("little"))
})

/** A captured tensor, as a document has it. */
export type Constant = typeof Constant.Type

const Equation = Schema.Struct({
  primitive: Schema.String,
  operands: Schema.Array(Index),
  params: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  results: Schema.Array(Type)
})

/** A structure: `"*"` is a leaf, arrays and records are themselves. */
export type Tree = "*" | ReadonlyArray<Tree> | { readonly [key: string]: Tree }

const Tree: Schema.Codec<Tree> = Schema.Union([
  Schema.Literal("*"),
  Schema.Array(Schema.suspend(() => Tree)),
  Schema.Record(Schema.String, Schema.suspend(() => Tree))
]).annotate({ expected: `"*", or an array or a record of such` })

const List = Schema.Struct({
  inputs: Schema.Array(Type),
  captured: Schema.Array(Constant),
  equations: Schema.Array(Equation),
  outputs: Schema.Array(Index),
  argumentTree: Tree,
  resultTree: Tree
})

/** A list, as a document has it. */
export type List = typeof List.Type

const Document = Schema.Struct({
  format: Schema.Literal("wengert/trace"),
  version: Schema.Literal(1),
  traces: Schema.Array(List),
  ...List.fields
})

/**
 * The JSON of a Wengert list, made by `Trace.encode` and read by `Trace.decode`.
 *
 * It is plain data, for `JSON.stringify`: to keep a program, to send it, or to read it in another language.
 */
export type TraceDocument = typeof Document.Type

/** What a parameter looks like, by its kind. Sub-traces are referred to by their place in `traces`. */
export const paramSchemas = {
  integer: Integer,
  integers: Schema.Array(Integer),
  boolean: Schema.Boolean,
  dtype: Schema.Literals(["float64", "float32", "int32", "bool"]),
  pairs: Schema.Array(Schema.Tuple([Integer, Integer])),
  trace: Index,
  traces: Schema.Array(Index),
  opaque: Schema.Never
} as const

// ---- how it is read

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
    return /^[A-Za-z_$][\w$]*$/.test(name) ? (path === "" ? name : `${path}.${name}`) : `${path}[${JSON.stringify(name)}]`
  }, "")

/** "decode requires X, got Y". */
export const refusal = (path: Path, requirement: string, got?: string): TraceDecodeError => {
  const shown = showPath(path)
  const where = shown === "" ? "" : ` at ${shown}`
  return new TraceDecodeError({
    path: shown,
    message: `decode requires ${requirement}${where}${got === undefined ? "" : `, got ${got}`}`
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

const isRecord = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
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
    if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value
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
    throw refusal([...path, ...keys], message.replace(/^Expected /, ""), found === undefined ? "nothing" : show(found))
  }
}

const decodeDocument = decodeWith(Document)

/** Takes an unknown value for a document. Throws `TraceDecodeError`. */
export const readDocument = (value: unknown): TraceDocument => {
  let copy: unknown
  try {
    copy = copyOf(value)
  } catch (error) {
    // getters and proxies may throw anything
    throw error instanceof TraceDecodeError ? error : refusal([], "JSON data", "an object that cannot be read")
  }
  return decodeDocument(copy, [])
}

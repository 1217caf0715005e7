/**
 * The document of a Wengert list: what its JSON looks like.
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
import * as Schema from "effect/Schema"
import { dtypes } from "../core/dtype.ts"
import { policyNames } from "../core/policy.ts"

/** What a document may ask of its reader. What is beyond it is refused, by writers too. */
export const limits = {
  /** Depth of the JSON. */
  depth: 128,
  /** Numbers, strings, arrays, … in the document. */
  values: 10_000_000,
  /** Axes of a tensor. */
  rank: 64,
  /** Bytes of one captured tensor. */
  bytes: 2 ** 28,
  /** Depth of sub-traces in sub-traces. */
  nesting: 64,
  /** Variables of the list, with every sub-trace written out wherever it occurs. */
  variables: 10_000_000
} as const

const dim = "(0|[1-9][0-9]*)"

const typePattern = new RegExp(`^(${dtypes.join("|")})\\[(${dim}(,${dim})*)?\\]$`)

/** `float64[2,3]`, as listings have it. The length is looked at first: a pattern is not to be run over megabytes. */
const Type = Schema.String.check(
  Schema.makeFilter((text) => text.length < 2000 && typePattern.test(text), {
    expected: `a type such as "float64[2,3]"`
  })
)

const numbers = (expected: string, accept: (n: number) => boolean) =>
  Schema.Number.check(Schema.makeFilter(accept, { expected }))

const Integer = numbers("a whole number", Number.isSafeInteger)

const Index = numbers("a whole number that is not negative", (n) => Number.isSafeInteger(n) && n >= 0)

/** The numbers that JSON cannot write as numbers. */
export const unwritable: ReadonlyMap<string, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0]
])

const Element = Schema.Union([
  numbers("a finite number", Number.isFinite),
  Schema.Boolean,
  Schema.Literals(["NaN", "Infinity", "-Infinity", "-0"])
]).annotate({ expected: `a number, "NaN", "Infinity", "-Infinity", "-0", true or false` })

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

/** The whole of it. */
export const Document = Schema.Struct({
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
  dtype: Schema.Literals(dtypes),
  trace: Index,
  traces: Schema.Array(Index),
  lazy: Index,
  policy: Schema.Literals(policyNames)
} as const

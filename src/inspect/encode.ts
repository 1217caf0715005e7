/**
 * Wengert lists written as documents.
 */
import * as Effect from "effect/Effect"
import { describe, TraceEncodeError } from "../core/errors.ts"
import type { LazyTrace } from "../core/lazy.ts"
import type { ParamKinds, Primitive } from "../core/primitive.ts"
import { equals, hash, subTracesAndRules } from "../core/structure.ts"
import type { Equation, Trace } from "../core/trace.ts"
import type { TreeDef } from "../core/tree.ts"
import { primitives } from "../ops/vocabulary.ts"
import { writeConstant, writeType } from "./constant.ts"
import type { List, TraceDocument, Tree } from "./document.ts"
import { limits } from "./document.ts"
import type { Extents } from "./extent.ts"
import { excessOf, extend, startOf } from "./extent.ts"
import { isTrace } from "./given.ts"

const refuse = (requirement: string, got: string): TraceEncodeError =>
  new TraceEncodeError({ message: `Trace.encode requires ${requirement}, got ${got}` })

type Place = (trace: Trace) => number

/** For every kind of parameter: how it is written. `place` gives the place of a sub-trace in the document. */
const writeParam: {
  readonly [K in Exclude<keyof ParamKinds, "opaque">]: (value: ParamKinds[K], place: Place) => unknown
} = {
  integer: (n) => n,
  integers: (ns) => ns,
  boolean: (flag) => flag,
  dtype: (dtype) => dtype,
  trace: (trace, place) => place(trace),
  traces: (traces, place) => traces.map(place),
  // written before the document is
  lazy: (lazy, place) => place(lazy.written!)
}

/** The document has a few levels of its own around a tree. */
const treeDepth = limits.depth - 8

const writeTree = (tree: TreeDef, depth = 0): Tree => {
  if (depth > treeDepth) throw refuse(`trees of at most ${treeDepth} levels`, "a deeper one")
  if (tree.kind === "leaf") return "*"
  const children = tree.children.map((child) => writeTree(child, depth + 1))
  if (tree.kind === "array") return children
  if (tree.keys.includes("__proto__")) throw refuse("keys that every reader can take", `"__proto__"`)
  return Object.fromEntries(tree.keys.map((key, i) => [key, children[i]!]))
}

const words = new Set<Primitive>(Object.values(primitives))

const writeEquation = ({ operands, params, primitive, results }: Equation, place: Place): List["equations"][number] => {
  const written = Object.entries<keyof ParamKinds>(primitive.params).map(([name, kind]) => {
    if (kind === "opaque") {
      throw refuse("parameters that are data", `${primitive.name} with ${name}, which may be a function`)
    }
    // the primitive declares the kind of the value
    return [name, (writeParam[kind] as (value: unknown, place: Place) => unknown)(params[name], place)]
  })
  if (!words.has(primitive)) throw refuse("primitives of the vocabulary", primitive.name)
  return {
    primitive: primitive.name,
    operands,
    ...(written.length === 0 ? {} : { params: Object.fromEntries(written) }),
    results: results.map(writeType)
  }
}

const write = (root: Trace): TraceDocument => {
  const traces: Array<List> = []
  const places = new Map<Trace, number>()
  const byHash = new Map<number, Array<Trace>>()
  const extents: Extents = new Map()

  /** The place of a sub-trace, or of one that equals it: so equal lists give equal documents. */
  const placeAt = (depth: number): Place => (sub) => {
    const known = places.get(sub)
    if (known !== undefined) return known
    if (depth > limits.nesting) throw refuse(`sub-traces nested at most ${limits.nesting} deep`, "deeper ones")
    const list = writeList(sub, depth)
    const alike = byHash.get(hash(sub)) ?? []
    const twin = alike.find((other) => equals(other, sub))
    const place = twin === undefined ? traces.push(list) - 1 : places.get(twin)!
    if (twin === undefined) byHash.set(hash(sub), [...alike, sub])
    places.set(sub, place)
    return place
  }

  const writeList = (trace: Trace, depth: number): List => {
    const list: List = {
      inputs: trace.inputs.map(writeType),
      captured: trace.captured.map(writeConstant),
      equations: trace.equations.map((equation) => writeEquation(equation, placeAt(depth + 1))),
      outputs: trace.outputs,
      argumentTree: writeTree(trace.argumentTree),
      resultTree: writeTree(trace.resultTree)
    }
    const extent = trace.equations.reduce(
      (sum, equation) => extend(sum, equation, equation.results.length, extents),
      startOf(trace)
    )
    const excess = excessOf(extent)
    if (excess !== undefined) throw refuse(excess, "more")
    extents.set(trace, extent)
    return list
  }

  return { format: "wengert/trace", version: 1, traces, ...writeList(root, 0) }
}

/**
 * The list as a document: plain JSON data, to be kept or sent.
 *
 * Everything in it is described by its type and format version, numbers survive exactly (also NaN, the infinities and −0),
 * and equal lists give equal documents. Source sites are left out. Fails with `TraceEncodeError` where the list holds what
 * is not data: a value of a transformation that is still running, or a user's function (a custom rule).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, Tensor, Trace, trace } from "wengert"
 *
 * const program = Effect.gen(function*() {
 *   const list = yield* trace((x: Tensor<[]>) => mul(x, 2))(Tensor.make(1))
 *   const text = JSON.stringify(yield* Trace.encode(list))
 *   return Trace.equals(list, yield* Trace.decode(JSON.parse(text)))
 * })
 * console.log(Effect.runSync(program)) // => true
 * ```
 */
export const encode = (trace: Trace): Effect.Effect<TraceDocument, TraceEncodeError> =>
  Effect.gen(function*() {
    if (!isTrace(trace)) return yield* refuse("a list that trace or Trace.decode gave", describe(trace))
    yield* writeRules(trace, 0, new Set())
    try {
      return write(trace)
    } catch (error) {
      if (error instanceof TraceEncodeError) return yield* error
      throw error
    }
  })

/** Has the rules in a list, and those in the lists of its equations, written. */
const writeRules = (
  trace: Trace,
  depth: number,
  done: Set<Trace>,
  writing: ReadonlySet<Trace> = new Set()
): Effect.Effect<void, TraceEncodeError> =>
  depth > limits.nesting
    ? Effect.fail(refuse(`sub-traces nested at most ${limits.nesting} deep`, "deeper ones"))
    : Effect.gen(function*() {
      if (done.has(trace)) return
      done.add(trace)
      for (const equation of trace.equations) {
        for (const [name, kind] of Object.entries<keyof ParamKinds>(equation.primitive.params)) {
          if (kind !== "lazy") continue
          // the primitive declares the kind of the value
          yield* Effect.mapError((equation.params[name] as LazyTrace).trace, (error) =>
            refuse(
              "rules that can be written",
              `${equation.primitive.name} with ${name}, which fails: ${error.message}`
            ))
        }
        for (const [, sub] of subTracesAndRules(equation)) {
          if (writing.has(sub)) {
            return yield* refuse("rules that do not call their own function", equation.primitive.name)
          }
          yield* writeRules(sub, depth + 1, done, new Set([...writing, trace, sub]))
        }
      }
    })

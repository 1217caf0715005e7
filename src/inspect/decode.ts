/**
 * Documents read as Wengert lists.
 *
 * A document is not trusted. Whatever it says is checked, types are computed anew by the shape rules and compared, and
 * what it can ask of its reader is bounded. Reading is linear in the size of the document.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { TraceDecodeError } from "../core/errors.ts"
import { LazyTrace } from "../core/lazy.ts"
import type { ParamKinds, Primitive } from "../core/primitive.ts"
import { none } from "../core/primitive.ts"
import { sameShape } from "../core/shape.ts"
import type { Aval } from "../core/tensor.ts"
import { showAval } from "../core/tensor.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import type { TreeDef } from "../core/tree.ts"
import { leaf, leafCount } from "../core/tree.ts"
import { primitives } from "../ops/vocabulary.ts"
import type { TypeReader } from "./constant.ts"
import { readConstant, typeReader } from "./constant.ts"
import type { List, Tree } from "./document.ts"
import { Document, paramSchemas } from "./document.ts"
import type { Extent, Extents } from "./extent.ts"
import { excessOf, extend, startOf } from "./extent.ts"
import type { Path } from "./untrusted.ts"
import { count, decodeWith, jsonOf, refusal, ruled, show } from "./untrusted.ts"

/** What has been read of a document. */
interface Reading {
  readonly typeAt: TypeReader
  readonly traces: Array<Trace>
  readonly extents: Extents
}

// ---- parameters

/** For every kind of parameter: what its schema has accepted becomes the value. `at` finds a sub-trace. */
const readParam: {
  readonly [K in keyof ParamKinds]: (
    accepted: (typeof paramSchemas)[K]["Type"],
    at: (place: number, ...path: Path) => Trace
  ) => ParamKinds[K]
} = {
  integer: (n) => n,
  integers: Object.freeze,
  boolean: (flag) => flag,
  dtype: (dtype) => dtype,
  trace: (place, at) => at(place),
  traces: (places, at) => Object.freeze(places.map((place, i) => at(place, i))),
  lazy: (place, at) => LazyTrace.of(at(place)),
  policy: (name) => name
}

type Accept = (params: unknown, path: Path) => { readonly [name: string]: unknown }

const accepting = new WeakMap<Primitive, Accept>()

/** What schemas accept as the parameters of a primitive. */
const acceptParams = (primitive: Primitive): Accept => {
  let accept = accepting.get(primitive)
  if (accept === undefined) {
    const fields = Object.entries<keyof ParamKinds>(primitive.params).map(([name, kind]) =>
      [name, paramSchemas[kind]] as const
    )
    accepting.set(primitive, accept = decodeWith(Schema.Struct(Object.fromEntries(fields))))
  }
  return accept
}

const readParams = (primitive: Primitive, params: unknown, path: Path, { traces }: Reading): Equation["params"] => {
  if (Object.keys(primitive.params).length === 0) {
    if (params === undefined) return none
    throw refusal(path, `no parameters of ${primitive.name}`, show(params))
  }
  const accepted = acceptParams(primitive)(params ?? {}, path)
  const read = Object.entries<keyof ParamKinds>(primitive.params).map(([name, kind]) => {
    const at = (place: number, ...inner: Path): Trace => {
      const found = traces[place]
      if (found !== undefined) return found
      throw refusal([...path, name, ...inner], `the place of a list in "traces" that comes before`, String(place))
    }
    // the schema was the one of this kind
    return [name, (readParam[kind] as (accepted: unknown, at: unknown) => unknown)(accepted[name], at)]
  })
  return Object.freeze(Object.fromEntries(read))
}

// ---- lists

const words = new Map<string, Primitive>(Object.entries(primitives))

// Array.isArray does not take readonly arrays for arrays
const isArray = (tree: Tree): tree is ReadonlyArray<Tree> => Array.isArray(tree)

const readTree = (tree: Tree): TreeDef => {
  if (tree === "*") return leaf
  if (isArray(tree)) return Object.freeze({ kind: "array", children: Object.freeze(tree.map(readTree)) })
  const keys = Object.keys(tree).sort()
  const children = Object.freeze(keys.map((key) => readTree(tree[key]!)))
  return Object.freeze({ kind: "record", keys: Object.freeze(keys), children })
}

const checkVariable = (v: Variable, count: number, path: Path): void => {
  if (v >= count) throw refusal(path, `a variable that is known here, below ${count}`, String(v))
}

const checkExtent = (extent: Extent, path: Path): void => {
  const excess = excessOf(extent)
  if (excess !== undefined) throw refusal(path, excess, "more")
}

/** The types of results as the document has them, if they are what the primitive gives. */
const readResults = (
  texts: ReadonlyArray<string>,
  primitive: Primitive,
  computed: ReadonlyArray<Aval>,
  path: Path,
  { typeAt }: Reading
): ReadonlyArray<Aval> => {
  if (computed.length !== texts.length) {
    throw refusal(path, `${count(computed.length, "result")} of ${primitive.name}`, String(texts.length))
  }
  return Object.freeze(texts.map((text, r) => {
    const aval = typeAt(text, [...path, r])
    const { dtype, shape } = computed[r]!
    if (aval.dtype === dtype && sameShape(aval.shape, shape)) return aval
    throw refusal([...path, r], `the type ${showAval(computed[r]!)} that ${primitive.name} gives`, text)
  }))
}

const readList = (list: List, path: Path, reading: Reading): Trace => {
  const inputs = list.inputs.map((text, i) => reading.typeAt(text, [...path, "inputs", i]))
  const captured = list.captured.map((x, i) => readConstant(x, reading.typeAt, [...path, "captured", i]))
  const avals: Array<Aval> = [...inputs, ...captured]
  let extent = startOf(list)
  const equations = list.equations.map((equation, i): Equation => {
    const here = [...path, "equations", i]
    const primitive = words.get(equation.primitive)
    if (primitive === undefined) {
      throw refusal([...here, "primitive"], "a primitive of the vocabulary", show(equation.primitive))
    }
    const arity = primitive.arity ?? equation.operands.length
    if (equation.operands.length !== arity) {
      throw refusal(
        [...here, "operands"],
        `${count(arity, "operand")} of ${primitive.name}`,
        String(equation.operands.length)
      )
    }
    equation.operands.forEach((v, o) => checkVariable(v, avals.length, [...here, "operands", o]))
    const params = readParams(primitive, equation.params, [...here, "params"], reading)
    // before the shape rule, which looks at sub-traces
    extent = extend(extent, { primitive, params }, equation.results.length, reading.extents)
    checkExtent(extent, here)
    const computed = ruled(here, () => primitive.infer(equation.operands.map((v) => avals[v]!), params))
    const results = readResults(equation.results, primitive, computed, [...here, "results"], reading)
    const result = avals.length
    for (const aval of results) avals.push(aval)
    return Object.freeze({ primitive, operands: Object.freeze(equation.operands), params, result, results })
  })
  list.outputs.forEach((v, i) => checkVariable(v, avals.length, [...path, "outputs", i]))
  const treeOf = (key: "argumentTree" | "resultTree", leaves: number): TreeDef => {
    const tree = readTree(list[key])
    if (leafCount(tree) === leaves) return tree
    throw refusal([...path, key], count(leaves, "leaf", "leaves"), String(leafCount(tree)))
  }
  const trace: Trace = Object.freeze({
    inputs: Object.freeze(inputs),
    captured: Object.freeze(captured),
    equations: Object.freeze(equations),
    outputs: Object.freeze(list.outputs),
    argumentTree: treeOf("argumentTree", inputs.length),
    resultTree: treeOf("resultTree", list.outputs.length)
  })
  reading.extents.set(trace, extent)
  return trace
}

const decodeDocument = decodeWith(Document)

const read = (value: unknown): Trace => {
  const { traces, ...root } = decodeDocument(jsonOf(value), [])
  const reading: Reading = { typeAt: typeReader(), traces: [], extents: new Map() }
  for (const [i, list] of traces.entries()) reading.traces.push(readList(list, ["traces", i], reading))
  return readList(root, [], reading)
}

/**
 * The list that a document describes: what `Trace.encode` wrote, as it is or after `JSON.parse`.
 *
 * For documents from anywhere: whatever is wrong is a `TraceDecodeError` that says what, and where in the document
 * (`equations[3].operands[1]`). No code is run, what a document can ask for is bounded, and a list that is read is valid:
 * its types are those that the shape rules give. The list equals the one that was written.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Trace } from "wengert"
 *
 * const error = Effect.runSync(Effect.flip(Trace.decode({ format: "wengert/trace", version: 2 })))
 * console.log(error.message) // => Trace.decode requires 1 at version, got 2
 * ```
 */
export const decode = (document: unknown): Effect.Effect<Trace, TraceDecodeError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(read(document))
    } catch (error) {
      if (error instanceof TraceDecodeError) return Effect.fail(error)
      throw error
    }
  })

/**
 * When two lists are the same program: equality by structure, and a hash that agrees with it.
 *
 * Primitives count by name, parameters and trees deeply, captured elements by `Object.is`. Source sites do not count: where
 * a program was written is no part of what it means. Both walks are linear, and recurse only on how deeply sub-traces and
 * trees nest.
 */
import type { LazyTrace } from "./lazy.ts"
import type { ParamKinds, ParamSpec, Primitive } from "./primitive.ts"
import { sameShape } from "./shape.ts"
import type { Aval, Tensor } from "./tensor.ts"
import { dataOf, isConcrete, sameAval, sameAvals } from "./tensor.ts"
import type { Equation, Trace } from "./trace.ts"
import type { TreeDef } from "./tree.ts"
import { sameTree } from "./tree.ts"

/** The kind of a parameter that a primitive declares. */
export const kindOf = (primitive: Primitive, name: string): keyof ParamKinds => (primitive.params as ParamSpec)[name]!

/** The sub-traces among the parameters of an equation, with their names: `body`, `branches[0]`. */
export const subTraces = (
  { params, primitive }: Pick<Equation, "params" | "primitive">
): ReadonlyArray<readonly [name: string, trace: Trace]> => {
  const found: Array<readonly [string, Trace]> = []
  for (const name in primitive.params) {
    const kind = kindOf(primitive, name)
    // the primitive declares the kind of the value
    if (kind === "trace") found.push([name, params[name] as Trace])
    else if (kind === "traces") {
      ;(params[name] as ReadonlyArray<Trace>).forEach((t, i) => found.push([`${name}[${i}]`, t]))
    }
  }
  return found
}

/** The sub-traces of an equation, and the rules of users among them that are written. A rule may hold itself. */
export const subTracesAndRules = (
  equation: Pick<Equation, "params" | "primitive">
): ReadonlyArray<readonly [name: string, trace: Trace]> => {
  const found = [...subTraces(equation)]
  for (const name in equation.primitive.params) {
    if (kindOf(equation.primitive, name) !== "lazy") continue
    // the primitive declares the kind of the value
    const { written } = equation.params[name] as LazyTrace
    if (written !== undefined) found.push([name, written])
  }
  return found
}

/** Pairs of lists known to be equal, or being compared: a sub-trace which occurs often is compared once, and in itself not again. */
type Proven = Map<Trace, Trace>

/** For every kind of parameter: are two of them the same? */
const sameParam: {
  readonly [K in keyof ParamKinds]: (a: ParamKinds[K], b: ParamKinds[K], proven: Proven) => boolean
} = {
  integer: (a, b) => a === b,
  integers: sameShape,
  boolean: (a, b) => a === b,
  dtype: (a, b) => a === b,
  trace: (a, b, proven) => sameTrace(a, b, proven),
  traces: (a, b, proven) => a.length === b.length && a.every((trace, i) => sameTrace(trace, b[i]!, proven)),
  lazy: (a, b, proven) =>
    a === b || (a.written !== undefined && b.written !== undefined && sameTrace(a.written, b.written, proven)),
  policy: (a, b) => a === b
}

/** Concrete tensors by their elements; a traced tensor is equal only to itself. */
const sameTensor = (a: Tensor, b: Tensor): boolean => {
  if (a === b) return true
  if (!isConcrete(a) || !isConcrete(b) || !sameAval(a, b)) return false
  const [x, y] = [dataOf(a), dataOf(b)]
  for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return false
  return true
}

const sameParams = (a: Equation, b: Equation, proven: Proven): boolean => {
  if (a.params === b.params) return true
  for (const name in a.primitive.params) {
    // the primitive declares the kind of both values
    const same = sameParam[kindOf(a.primitive, name)] as (a: unknown, b: unknown, proven: Proven) => boolean
    if (!same(a.params[name], b.params[name], proven)) return false
  }
  return true
}

const sameEquation = (a: Equation, b: Equation, proven: Proven): boolean =>
  a === b || (a.primitive.name === b.primitive.name && sameShape(a.operands, b.operands) &&
    sameAvals(a.results, b.results) && sameParams(a, b, proven))

const sameTrace = (a: Trace, b: Trace, proven: Proven): boolean => {
  if (a === b || proven.get(a) === b) return true
  proven.set(a, b)
  const same = a.equations.length === b.equations.length && a.captured.length === b.captured.length &&
    sameAvals(a.inputs, b.inputs) && sameShape(a.outputs, b.outputs) &&
    sameTree(a.argumentTree, b.argumentTree) && sameTree(a.resultTree, b.resultTree) &&
    a.equations.every((equation, i) => sameEquation(equation, b.equations[i]!, proven)) &&
    a.captured.every((x, i) => sameTensor(x, b.captured[i]!))
  if (!same) proven.delete(a)
  return same
}

/** Are two lists the same program? As `Trace.equals` says it. */
export const equals = (a: Trace, b: Trace): boolean => sameTrace(a, b, new Map())

/** One round of MurmurHash3 over 32-bit words (A. Appleby, 2011). */
const mix = (hash: number, word: number): number => {
  const k = Math.imul(word, 0xcc9e2d51)
  const h = hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

const mixAll = <A>(hash: number, items: ReadonlyArray<A>, hashOf: (item: A) => number): number => {
  let h = mix(hash, items.length)
  for (let i = 0; i < items.length; i++) h = mix(h, hashOf(items[i]!))
  return h
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

/** Every NaN alike, −0 unlike 0. */
const hashNumber = (x: number): number => {
  if ((x | 0) === x && !Object.is(x, -0)) return x
  float[0] = Number.isNaN(x) ? NaN : x
  return mix(words[0]!, words[1]!)
}

const hashString = (text: string): number => {
  let h = text.length
  for (let i = 0; i < text.length; i++) h = mix(h, text.charCodeAt(i))
  return h
}

/** The same for numbers that are equal by `===`. */
const hashInteger = (n: number): number => hashNumber(n + 0)

const hashIntegers = (ns: ReadonlyArray<number>): number => mixAll(1, ns, hashInteger)

const hashAval = ({ dtype, shape }: Aval): number => mix(hashString(dtype), hashIntegers(shape))

const hashTree = (tree: TreeDef): number =>
  tree.kind === "leaf"
    ? 2
    : mixAll(tree.kind === "array" ? 3 : mixAll(4, tree.keys, hashString), tree.children, hashTree)

const hashedTensors = new WeakMap<Tensor, number>()

const hashTensor = (x: Tensor): number => {
  if (!isConcrete(x)) return hashAval(x)
  let h = hashedTensors.get(x)
  if (h === undefined) {
    h = hashAval(x)
    const data = dataOf(x)
    for (let i = 0; i < data.length; i++) h = mix(h, hashNumber(data[i]!))
    hashedTensors.set(x, h)
  }
  return h
}

/** For every kind of parameter: a number that is the same for same parameters. */
const hashParam: { readonly [K in keyof ParamKinds]: (value: ParamKinds[K]) => number } = {
  integer: hashInteger,
  integers: hashIntegers,
  boolean: Number,
  dtype: hashString,
  trace: (trace) => hash(trace),
  traces: (traces) => mixAll(6, traces, hash),
  // the same whether it is written or not
  lazy: () => 9,
  // a function has no number of its own
  policy: (policy) => typeof policy === "function" ? 7 : hashString(policy)
}

const hashEquation = ({ operands, params, primitive, results }: Equation): number => {
  let h = mixAll(mixAll(hashString(primitive.name), operands, hashInteger), results, hashAval)
  for (const name in primitive.params) {
    // the primitive declares the kind of the value
    h = mix(h, (hashParam[kindOf(primitive, name)] as (value: unknown) => number)(params[name]))
  }
  return h
}

const hashed = new WeakMap<Trace, number>()

/** The number of a list, as `Trace.hash` says it; computed once per list. */
export const hash = (trace: Trace): number => {
  let h = hashed.get(trace)
  if (h === undefined) {
    h = mixAll(8, trace.inputs, hashAval)
    h = mixAll(h, trace.captured, hashTensor)
    h = mixAll(h, trace.equations, hashEquation)
    h = mixAll(h, trace.outputs, hashInteger)
    h = mix(mix(h, hashTree(trace.argumentTree)), hashTree(trace.resultTree)) >>> 0
    hashed.set(trace, h)
  }
  return h
}

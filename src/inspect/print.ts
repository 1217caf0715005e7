/**
 * The text of a Wengert list: typed, one equation a line, as intermediate representations are printed.
 *
 *     trace(a: float64[3])
 *       b: float64[3] = sin a
 *       c: float64[3] = mul b 2.0
 *       return c
 *
 * Equal lists have equal texts, so a text can be compared with one that was kept.
 */
import type { DType } from "../core/dtype.ts"
import { checkOptions, flag } from "../core/options.ts"
import type { ParamKinds } from "../core/primitive.ts"
import { located, type Site } from "../core/site.ts"
import { subTraces } from "../core/structure.ts"
import type { ConcreteTensor, Tensor } from "../core/tensor.ts"
import { dataOf, isConcrete, showAval } from "../core/tensor.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import { variableCount } from "../core/trace.ts"
import type { TreeDef } from "../core/tree.ts"
import { leafPaths } from "../core/tree.ts"
import { checkTrace } from "./given.ts"

/** How a list is printed. */
export interface PrintOptions {
  /** Say behind each equation where its op was called, as `; file:line`. No by default. */
  readonly sites?: boolean | undefined
}

// ---- values

/** The number with the fewest digits that rounds to the float32 `x`. */
const shortest = (x: number): number => {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(x.toPrecision(digits))
    if (Math.fround(candidate) === x) return candidate
  }
  return x
}

/** A float always has a point, an exponent or a name. */
const showFloat = (x: number): string => {
  const text = Object.is(x, -0) ? "-0" : String(x).replace("Infinity", "inf").replace("NaN", "nan")
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

const showNumber = (x: number, dtype: DType): string =>
  dtype === "bool" ? (x === 0 ? "false" : "true") : dtype === "int32" ? String(x) : showFloat(x)

/** A scalar, exactly; a float32 says that it is one. */
const literal = (x: ConcreteTensor): string => {
  const value = dataOf(x)[0]!
  return x.dtype === "float32" ? `${showFloat(shortest(value))}f32` : showNumber(value, x.dtype)
}

/** A tensor of at most so many elements is shown whole. */
const small = 6

/** The elements in brackets, rounded; of many, the first few. */
const preview = (x: ConcreteTensor): string => {
  const data = dataOf(x)
  const go = (axis: number, offset: number, size: number): string => {
    const n = x.shape[axis]
    if (n === undefined) {
      const value = data[offset]!
      return showNumber(Number.isInteger(value) ? value : Number(value.toPrecision(6)), x.dtype)
    }
    const step = size / n
    const visible = data.length <= small ? n : Math.min(n, step === 1 ? 3 : 1)
    const items = Array.from({ length: visible }, (_, i) => go(axis + 1, offset + i * step, step))
    return `[${[...items, ...(visible < n ? ["…"] : [])].join(", ")}]`
  }
  return data.length === 0 ? "[]" : go(0, 0, data.length)
}

export const isLiteral = (x: Tensor): x is ConcreteTensor => isConcrete(x) && x.shape.length === 0

// ---- names

/** What must not be taken for a variable. */
const reserved: ReadonlySet<string> = new Set(["_", "false", "inf", "nan", "return", "true"])

/** `a`, `b`, …, `z`, `aa`, `ab`, … without those that are taken. */
const letters = (taken: ReadonlySet<string>): () => string => {
  let next = 0
  const fresh = (): string => {
    let name = ""
    for (let n = ++next; n > 0; n = Math.floor((n - 1) / 26)) name = String.fromCharCode(97 + (n - 1) % 26) + name
    return taken.has(name) ? fresh() : name
  }
  return fresh
}

/** Inputs that lie in records are named by their paths there, as long as these are short and differ. */
const inputNames = (tree: TreeDef): ReadonlyArray<string | undefined> => {
  const names = leafPaths(tree).map((path) => path.replace(/^\[\d+\]\.?/, ""))
  const count = new Map<string, number>()
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1)
  return names.map((name) =>
    /^[A-Za-z_$][^"]{0,31}$/.test(name) && !reserved.has(name) && count.get(name) === 1 ? name : undefined
  )
}

/** A name for every variable: literals for captured scalars, `_` for results that nothing reads. */
export const namesOf = (trace: Trace): ReadonlyArray<string> => {
  const paths = inputNames(trace.argumentTree)
  const fresh = letters(new Set(paths.filter((path) => path !== undefined)))
  const names = trace.inputs.map((_, i) => paths[i] ?? fresh())
  for (const x of trace.captured) names.push(isLiteral(x) ? literal(x) : fresh())
  const used = new Uint8Array(variableCount(trace))
  for (const { operands } of trace.equations) for (const v of operands) used[v] = 1
  for (const v of trace.outputs) used[v] = 1
  while (names.length < used.length) names.push(used[names.length] === 1 ? fresh() : "_")
  return names
}

// ---- lines

const list = (items: ReadonlyArray<string>): string => `[${items.join(", ")}]`

/** For every kind of parameter: its text in the brackets of an equation. Sub-traces stand below it. */
const showParam: {
  readonly [K in Exclude<keyof ParamKinds, "lazy" | "trace" | "traces">]: (value: ParamKinds[K]) => string
} = {
  integer: String,
  integers: (ns) => list(ns.map(String)),
  boolean: String,
  dtype: String,
  policy: (policy) => typeof policy === "string" ? policy : policy.name === "" ? "…" : policy.name
}

/** The parameters of an equation in brackets, as far as they are text. */
export const showParams = ({ params, primitive }: Equation): string => {
  const texts: Array<string> = []
  for (const [name, kind] of Object.entries<keyof ParamKinds>(primitive.params)) {
    if (kind === "trace" || kind === "traces" || kind === "lazy") continue
    // the primitive declares the kind of the value
    texts.push(`${name}=${(showParam[kind] as (value: unknown) => string)(params[name])}`)
  }
  return texts.length === 0 ? "" : list(texts)
}

const showKey = (key: string): string => /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)

/** A result with the names of its leaves in their places. */
const showResult = (tree: TreeDef, leaf: () => string): string => {
  if (tree.kind === "leaf") return leaf()
  const children = tree.children.map((child) => showResult(child, leaf))
  if (tree.kind === "array") return list(children)
  return children.length === 0
    ? "{}"
    : `{ ${children.map((child, i) => `${showKey(tree.keys[i]!)}: ${child}`).join(", ")} }`
}

const basename = (file: string): string => file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1)

interface Line {
  readonly text: string
  readonly site?: Site | undefined
}

/** A head that fits is one line; otherwise there is an input a line. */
const head = (name: string, inputs: ReadonlyArray<string>, indent: string): ReadonlyArray<string> => {
  const line = `${indent}${name}(${inputs.join(", ")})`
  if (line.length <= 100) return [line]
  return [
    `${indent}${name}(`,
    ...inputs.map((x, i) => `${indent}  ${x}${i < inputs.length - 1 ? "," : ""}`),
    `${indent})`
  ]
}

const write = (lines: Array<Line>, title: string, trace: Trace, indent: string): void => {
  const names = namesOf(trace)
  const declare = (v: Variable, aval: Trace["inputs"][number]): string => `${names[v]}: ${showAval(aval)}`
  for (const text of head(title, trace.inputs.map((aval, v) => declare(v, aval)), indent)) lines.push({ text })
  const inner = `${indent}  `
  trace.captured.forEach((x, i) => {
    if (isLiteral(x)) return
    const declared = declare(trace.inputs.length + i, x)
    lines.push({ text: `${inner}${declared} = ${isConcrete(x) ? preview(x) : "captured"}` })
  })
  for (const equation of trace.equations) {
    const { operands, primitive, result, results, site } = equation
    const left = results.map((aval, r) => declare(result + r, aval)).join(", ")
    lines.push({
      text: `${inner}${left} = ${[primitive.name + showParams(equation), ...operands.map((v) => names[v]!)].join(" ")}`,
      site
    })
    for (const [name, sub] of subTraces(equation)) write(lines, name, sub, `${inner}  `)
  }
  let next = 0
  lines.push({ text: `${inner}return ${showResult(trace.resultTree, () => names[trace.outputs[next++]!]!)}` })
}

/**
 * The text of a list.
 *
 * For reading a program, its derivative or its optimised form, and for tests that keep it. Inputs are named by their paths
 * in records of arguments, everything else by letters; captured scalars stand where they are used, `2.0` (float64),
 * `2.0f32`, `2` (int32) or `true`, larger captured values at the top with their first elements; a result that nothing reads
 * is `_`; sub-traces stand below their equation.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, sin, sum, Tensor, Trace, trace } from "wengert"
 *
 * const f = (x: Tensor<[3]>) => sum(mul(sin(x), 2))
 * console.log(Trace.print(Effect.runSync(trace(f)(Tensor.make([1, 2, 3])))))
 * // => trace(a: float64[3])
 * // =>   b: float64[3] = sin a
 * // =>   c: float64[3] = broadcast[shape=[3], axes=[]] 2.0
 * // =>   d: float64[3] = mul b c
 * // =>   e: float64[] = sum[axes=[0]] d
 * // =>   return e
 * ```
 */
export const print = (trace: Trace, options?: PrintOptions): string => {
  const { sites } = checkOptions("Trace.print", options, { sites: flag })
  const lines: Array<Line> = []
  write(lines, "trace", checkTrace("Trace.print", trace), "")
  if (sites !== true) return lines.map(({ text }) => text).join("\n")
  const placed = lines.map(({ site, text }) => ({ text, place: located(site) }))
  const width = placed.reduce((most, { place, text }) => place === undefined ? most : Math.max(most, text.length), 0)
  return placed.map(({ place, text }) =>
    place === undefined ? text : `${text.padEnd(Math.min(width, 72))}  ; ${basename(place.file)}:${place.line}`
  ).join("\n")
}

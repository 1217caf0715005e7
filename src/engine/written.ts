/**
 * Primitives that are written in simpler ones: norms, and what normalises along axes. The formulas are those of their
 * reference arithmetic, in `ops/norm.ts` and `ops/softmax.ts`, so that the special cases are the same.
 */
import { Memory } from "../core/memory.ts"
import { range, reducedShape, sizeOf } from "../core/shape.ts"
import type { Site } from "../core/site.ts"
import { subTraces } from "../core/structure.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import { mapTraces } from "./optimize.ts"
import { Rewriter } from "./rewriter.ts"
import type { Named } from "./vocabulary.ts"
import { wayOf } from "./vocabulary.ts"

type Unary = "abs" | "exp" | "log1p" | "sign" | "sqrt"
type Binary = "add" | "div" | "equal" | "less" | "mul" | "sub"

/** A small language about one operand and its axes. */
const language = (rewriter: Rewriter, x: Variable, axes: ReadonlyArray<number>, site: Site | undefined) => {
  const { dtype, shape } = rewriter.avalOf(x)
  const kept = range(shape.length).filter((a) => !axes.includes(a))
  return {
    dtype,
    /** A number for each element, or for each that is left. */
    each: (value: number) => rewriter.filled({ dtype, shape }, value),
    left: (value: number) => rewriter.filled({ dtype, shape: reducedShape(shape, axes) }, value),
    of: (name: Unary, a: Variable) => rewriter.apply(name, [a], {}, site),
    on: (name: Binary, a: Variable, b: Variable) => rewriter.apply(name, [a, b], {}, site),
    where: (mask: Variable, a: Variable, b: Variable) => rewriter.apply("where", [mask, a, b], {}, site),
    ones: (mask: Variable) => rewriter.apply("cast", [mask], { dtype }, site),
    reduce: (name: "max" | "sum", a: Variable) => rewriter.apply(name, [a], { axes }, site),
    spread: (a: Variable) => rewriter.apply("broadcast", [a], { shape, axes: kept }, site)
  }
}
type Language = ReturnType<typeof language>

/** What is known of exponentials along axes: the largest element, differences to it, and Σ eᵈ over all others but one. */
const shifted = (w: Language, x: Variable) => {
  const largest = w.reduce("max", x)
  const isLargest = w.on("equal", x, w.spread(largest))
  // ∞ − ∞ is 0 here
  const differences = w.where(isLargest, w.each(0), w.on("sub", x, w.spread(largest)))
  const others = w.reduce("sum", w.where(isLargest, w.each(0), w.of("exp", differences)))
  const ties = w.on("sub", w.reduce("sum", w.ones(isLargest)), w.left(1))
  return { largest, differences, rest: w.on("add", others, ties) }
}

/** Beyond this, or its inverse, squares may overflow or underflow; and the power of two that leads back. */
const far = { float64: { size: 1e140, power: 600 }, float32: { size: 1e15, power: 100 } } as const

/** The elements scaled to where their squares are numbers, and the root of the sum of these; infinite ones are units. */
const scaled = (w: Language, x: Variable) => {
  // the shape rule allows floats alone
  const { power, size } = far[w.dtype as keyof typeof far]
  const sizes = w.of("abs", x)
  const largest = w.reduce("max", sizes)
  const up = w.where(w.on("less", largest, w.left(1 / size)), w.left(2 ** power), w.left(1))
  const finite = w.where(w.on("less", w.left(size), largest), w.left(2 ** -power), up)
  const isInfinite = w.on("equal", largest, w.left(Infinity))
  const units = w.where(w.on("equal", sizes, w.each(Infinity)), w.of("sign", x), w.each(0))
  const elements = w.where(w.spread(isInfinite), units, w.on("mul", x, w.spread(finite)))
  const root = w.of("sqrt", w.reduce("sum", w.on("mul", elements, elements)))
  return { elements, root, scale: w.where(isInfinite, w.left(0), finite) }
}

const rules: {
  readonly [Name in Named<"written">]: (w: Language, x: Variable) => Variable
} = {
  logsumexp: (w, x) => {
    const { largest, rest } = shifted(w, x)
    return w.on("add", largest, w.of("log1p", rest))
  },
  softmax: (w, x) => {
    const { differences, rest } = shifted(w, x)
    return w.on("div", w.of("exp", differences), w.spread(w.on("add", rest, w.left(1))))
  },
  logSoftmax: (w, x) => {
    const { differences, rest } = shifted(w, x)
    return w.on("sub", differences, w.spread(w.of("log1p", rest)))
  },
  norm: (w, x) => {
    const { root, scale } = scaled(w, x)
    return w.on("div", root, scale)
  },
  direction: (w, x) => {
    const { elements, root } = scaled(w, x)
    return w.where(w.spread(w.on("equal", root, w.left(0))), x, w.on("div", elements, w.spread(root)))
  }
}

/** The variable that an equation stands for. */
const variableOf = (rewriter: Rewriter, { params, primitive, site }: Equation, x: Variable): Variable => {
  // the way says that it is one of these, and all of them have axes
  const [name, axes] = [primitive.name as Named<"written">, params["axes"] as ReadonlyArray<number>]
  const w = language(rewriter, x, axes, site)
  if (sizeOf(axes.map((a) => rewriter.avalOf(x).shape[a]!)) > 0) return rules[name](w, x)
  // of nothing
  return name === "norm" ? w.left(0) : name === "logsumexp" ? w.left(-Infinity) : x
}

const isWritten = ({ primitive }: Equation): boolean => wayOf(primitive.name) === "written"

/** Is there one, also in lists inside of equations? */
const concerns = (trace: Trace): boolean =>
  trace.equations.some((equation) => isWritten(equation) || subTraces(equation).some(([, list]) => concerns(list)))

const lists = new Memory<Trace>()

/** The list in simpler primitives. */
export const written = (trace: Trace): Trace => {
  if (!concerns(trace)) return trace
  return lists.recall(trace, "") ?? lists.keep(trace, "", writtenAnew(trace))
}

const writtenAnew = (trace: Trace): Trace => {
  const rewriter = new Rewriter((spec, params) => mapTraces(spec, params, written))
  const variables: Array<Variable> = trace.inputs.map((aval) => rewriter.input(aval))
  for (const x of trace.captured) variables.push(rewriter.capture(x))
  for (const equation of trace.equations) {
    const { operands, params, primitive, result, results, site } = equation
    const known = operands.map((v) => variables[v]!)
    const found = isWritten(equation)
      ? [variableOf(rewriter, equation, known[0]!)]
      : rewriter.equation(primitive, known, mapTraces(primitive.params, params, written), site, results)
    found.forEach((v, r) => variables[result + r] = v)
  }
  return rewriter.seal(trace.outputs.map((v) => variables[v]!), trace)
}

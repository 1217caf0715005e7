/**
 * Algebra that is exact in IEEE 754 arithmetic: a rule holds for NaN, for ±∞, and for the sign of 0, or it is not here.
 */
import type { Primitive } from "../core/primitive.ts"
import { sameShape, sizeOf } from "../core/shape.ts"
import type { Site } from "../core/site.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import type { ParamsOfPrimitive, PrimitiveName } from "../ops/vocabulary.ts"
import { merged } from "./pads.ts"
import type { Rewriter } from "./rewriter.ts"
import type { Named } from "./vocabulary.ts"
import { wayOf } from "./vocabulary.ts"

/** An equation about to be written. */
interface Call<Name extends PrimitiveName = PrimitiveName> {
  readonly rewriter: Rewriter
  readonly operands: ReadonlyArray<Variable>
  readonly params: ParamsOfPrimitive<Name>
  readonly site: Site | undefined
}

/** The variable that it is equal to, if there is one that is simpler. */
type Rule<Name extends PrimitiveName> = (
  call: Call<Name>,
  x: Variable,
  y: Variable,
  z: Variable
) => Variable | undefined

/** The operands of the equation that computes `v`, if that is `name`. */
const operandsOf = (rewriter: Rewriter, v: Variable, name: PrimitiveName): ReadonlyArray<Variable> | undefined => {
  const producer = rewriter.producerOf(v)
  return producer?.primitive.name === name ? producer.operands : undefined
}

const producedBy = <Name extends PrimitiveName>(rewriter: Rewriter, v: Variable, name: Name) => {
  const producer = rewriter.producerOf(v)
  // the name says what the parameters are
  return producer?.primitive.name === name
    ? { x: producer.operands[0]!, params: producer.params as ParamsOfPrimitive<Name> }
    : undefined
}

const isBool = ({ rewriter }: Call, v: Variable): boolean => rewriter.avalOf(v).dtype === "bool"

/** Is 1/c a float of the dtype, with nothing rounded? Powers of two are, if neither they nor their inverses are subnormal. */
const hasExactInverse = (c: number, dtype: string): boolean => {
  const exponent = Math.log2(Math.abs(c))
  return Number.isInteger(exponent) && 2 ** exponent === Math.abs(c) &&
    Math.abs(exponent) <= (dtype === "float64" ? 1022 : 126)
}

/** A result that is one of its operands, where the other one is the number that changes nothing. */
const neutral = ({ rewriter }: Call, [x, y]: readonly [Variable, Variable], value: number): Variable | undefined =>
  Object.is(rewriter.uniformOf(y), value) ? x : undefined

const equalBool: Rule<"equal"> = (call, x, y) => {
  if (!isBool(call, x)) return undefined
  for (const [one, other] of [[x, y], [y, x]] as const) {
    const value = call.rewriter.uniformOf(other)
    if (value === 1) return one
    if (value === 0) return call.rewriter.apply("logicalNot", [one], {}, call.site)
  }
  return undefined
}

const rules: { readonly [Name in PrimitiveName]?: Rule<Name> } = {
  add: (call, x, y) => {
    const { rewriter, site } = call
    if (isBool(call, x)) {
      if (x === y) return x
      for (const [one, other] of [[x, y], [y, x]] as const) {
        const value = rewriter.uniformOf(other)
        if (value !== undefined) return value === 0 ? one : other
      }
      return undefined
    }
    // x + 0 is not x for x = −0; x − 0 is
    const zero = rewriter.avalOf(x).dtype === "int32" ? 0 : -0
    const found = neutral(call, [x, y], zero) ?? neutral(call, [y, x], zero)
    if (found !== undefined) return found
    const negative = operandsOf(rewriter, y, "neg")
    if (negative !== undefined) return rewriter.apply("sub", [x, negative[0]!], {}, site)
    return merged(rewriter, [x, y], site)
  },
  sub: (call, x, y) => {
    const found = neutral(call, [x, y], 0)
    if (found !== undefined) return found
    const negative = operandsOf(call.rewriter, y, "neg")
    return negative === undefined ? undefined : call.rewriter.apply("add", [x, negative[0]!], {}, call.site)
  },
  mul: (call, x, y) => {
    const { rewriter, site } = call
    if (isBool(call, x) && x === y) return x
    for (const [one, other] of [[x, y], [y, x]] as const) {
      const value = rewriter.uniformOf(other)
      if (value === 1) return one
      if (value === -1) return rewriter.apply("neg", [one], {}, site)
      if (value === 0 && rewriter.avalOf(x).dtype !== "float64" && rewriter.avalOf(x).dtype !== "float32") return other
    }
    return undefined
  },
  div: (call, x, y) => {
    const { rewriter, site } = call
    const value = rewriter.uniformOf(y)
    if (value === undefined) return undefined
    if (value === 1) return x
    const aval = rewriter.avalOf(y)
    return hasExactInverse(value, aval.dtype)
      ? rewriter.apply("mul", [x, rewriter.filled(aval, 1 / value)], {}, site)
      : undefined
  },
  neg: ({ rewriter }, x) => operandsOf(rewriter, x, "neg")?.[0],
  logicalNot: ({ rewriter }, x) => operandsOf(rewriter, x, "logicalNot")?.[0],
  equal: equalBool,
  maximum: (_, x, y) => x === y ? x : undefined,
  minimum: (_, x, y) => x === y ? x : undefined,
  pow: ({ rewriter, site }, x, y) => {
    const value = rewriter.uniformOf(y)
    if (value === 0) return rewriter.filled(rewriter.avalOf(x), 1)
    if (value === 1) return x
    if (value === 2) return rewriter.apply("mul", [x, x], {}, site)
    if (value === -1) return rewriter.apply("div", [rewriter.filled(rewriter.avalOf(x), 1), x], {}, site)
    return undefined
  },
  powDerivative: ({ params: orders, rewriter, site }, x, y) => {
    // n·xⁿ⁻¹ for n = 2 and 3
    const n = rewriter.uniformOf(y)
    if (orders.x !== 1 || orders.y !== 0 || (n !== 2 && n !== 3)) return undefined
    const power = n === 2 ? x : rewriter.apply("mul", [x, x], {}, site)
    return rewriter.apply("mul", [power, rewriter.filled(rewriter.avalOf(x), n)], {}, site)
  },
  where: ({ rewriter, site }, mask, a, b) => {
    if (a === b) return a
    const value = rewriter.uniformOf(mask)
    if (value !== undefined) return value === 0 ? b : a
    const negated = operandsOf(rewriter, mask, "logicalNot")
    if (negated !== undefined) return rewriter.apply("where", [negated[0]!, b, a], {}, site)
    const [first, second] = [operandsOf(rewriter, a, "where"), operandsOf(rewriter, b, "where")]
    if (first?.[0] === mask) return rewriter.apply("where", [mask, first[1]!, b], {}, site)
    if (second?.[0] === mask) return rewriter.apply("where", [mask, a, second[2]!], {}, site)
    return undefined
  },
  cast: ({ params: { dtype }, rewriter }, x) => rewriter.avalOf(x).dtype === dtype ? x : undefined,
  stopGradient: (_, x) => x,

  reshape: ({ params: { shape }, rewriter, site }, x) => {
    if (sameShape(rewriter.avalOf(x).shape, shape)) return x
    const before = producedBy(rewriter, x, "reshape")
    return before && rewriter.apply("reshape", [before.x], { shape }, site)
  },
  transpose: ({ params: { permutation }, rewriter, site }, x) => {
    if (permutation.every((p, i) => p === i)) return x
    const before = producedBy(rewriter, x, "transpose")
    return before && rewriter.apply(
      "transpose",
      [before.x],
      { permutation: permutation.map((p) => before.params.permutation[p]!) },
      site
    )
  },
  broadcast: ({ params: { axes, shape }, rewriter, site }, x) => {
    if (sameShape(rewriter.avalOf(x).shape, shape)) return x
    const before = producedBy(rewriter, x, "broadcast")
    return before &&
      rewriter.apply("broadcast", [before.x], { shape, axes: before.params.axes.map((a) => axes[a]!) }, site)
  },
  slice: ({ params: { start, step, stop }, rewriter, site }, x) => {
    const { shape } = rewriter.avalOf(x)
    if (sameShape(stop, shape) && start.every((s) => s === 0) && step.every((s) => s === 1)) return x
    const before = producedBy(rewriter, x, "slice")
    if (before === undefined) return undefined
    const [from, by] = [before.params.start, before.params.step]
    const first = start.map((s, a) => from[a]! + s * by[a]!)
    return rewriter.apply(
      "slice",
      [before.x],
      {
        start: first,
        // behind the last element that is taken
        stop: first.map((s, a) => {
          const count = Math.ceil((stop[a]! - start[a]!) / step[a]!)
          return count === 0 ? s : s + (count - 1) * step[a]! * by[a]! + 1
        }),
        step: step.map((s, a) => s * by[a]!)
      },
      site
    )
  },
  flip: ({ params: { axes }, rewriter }, x) => {
    if (axes.every((a) => rewriter.avalOf(x).shape[a]! <= 1)) return x
    const before = producedBy(rewriter, x, "flip")
    return before && sameShape(before.params.axes, axes) ? before.x : undefined
  },
  pad: ({ params: { high, interior, low } }, x) => [...low, ...high, ...interior].every((n) => n === 0) ? x : undefined,
  take: ({ params: { axis }, rewriter, site }, x, indices) => {
    // an index that is known is a part by position
    const { shape } = rewriter.avalOf(x)
    const index = rewriter.uniformOf(indices)
    const size = shape[axis]!
    const at = index === undefined ? -1 : index < 0 ? index + size : index
    const aval = rewriter.avalOf(indices)
    if (at < 0 || at >= size || sizeOf(aval.shape) !== 1) return undefined
    const part = rewriter.apply(
      "slice",
      [x],
      {
        start: shape.map((_, a) => a === axis ? at : 0),
        stop: shape.map((d, a) => a === axis ? at + 1 : d),
        step: shape.map(() => 1)
      },
      site
    )
    return rewriter.apply("reshape", [part], { shape: shape.toSpliced(axis, 1, ...aval.shape) }, site)
  }
}

/** Equations that stand for a list: the list takes their place. */
const inlined: { readonly [Name in Named<"inline">]: string } = {
  customBackward: "call",
  customJvp: "call",
  customVjp: "call",
  jit: "call",
  linearSolve: "solve"
}

/** The list that takes the place of an equation. */
export const listOf = ({ name }: Primitive, params: Equation["params"]): Trace | undefined =>
  // the way says that there is one, under that name
  wayOf(name) === "inline" ? params[inlined[name as Named<"inline">]] as Trace : undefined

/** What an equation is equal to, by one of the rules. */
export const simplify = (
  rewriter: Rewriter,
  { name }: Primitive,
  operands: ReadonlyArray<Variable>,
  params: Equation["params"],
  site: Site | undefined
): Variable | undefined => {
  const rule = rules[name as PrimitiveName] as Rule<any> | undefined
  return rule?.({ rewriter, operands, params, site }, operands[0]!, operands[1]!, operands[2]!)
}

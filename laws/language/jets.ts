/**
 * Tensors of Taylor polynomials with rational coefficients: what moves, combines and reduces their elements.
 */
import * as Effect from "effect/Effect"
import * as wengert from "../../src/index.ts"
import type { Jet, Rational } from "./rational.ts"
import { addJets, coefficient, compare, constant, none, rational, scaleJet, toNumber } from "./rational.ts"
import type { Shape } from "./syntax.ts"
import { broadcast, size } from "./syntax.ts"

/** A tensor of Taylor polynomials, and which arguments it is connected to, as bits. */
export interface Exact {
  readonly shape: Shape
  readonly data: ReadonlyArray<Jet>
  readonly from: number
}

export type Operand = Exact | number
export type Axis = { readonly axis?: number | undefined; readonly keepDims?: boolean | undefined }
export type Program = (...args: ReadonlyArray<Exact>) => unknown

const { Tensor } = wengert
const minusOne: Rational = rational(-1)

export const make = (shape: Shape, data: ReadonlyArray<Jet>, ...of: ReadonlyArray<Exact>): Exact => ({
  shape,
  data,
  from: of.reduce((from, x) => from | x.from, 0)
})
export const lift = (x: Operand | wengert.Tensor): Exact =>
  typeof x === "number" ? make([], [constant(x)]) : "~wengert/Tensor" in x ? ofTensor(x) : x

/** A constant of the package. */
const ofTensor = (x: wengert.Tensor): Exact => make(x.shape, Array.from(Effect.runSync(Tensor.data(x)), constant))

/** The value of an element. */
export const value = (jet: Jet): Rational => coefficient(jet, 0)
export const number = (jet: Jet): number => toNumber(value(jet))

/** A sub-program gives a value, an Effect of one, or an array of them. */
export const called = (made: unknown): any => {
  const result = Effect.isEffect(made) ? Effect.runSync(made as Effect.Effect<unknown>) : made
  return typeof result === "number" ? lift(result) : result
}

/** What an op of the package does to places: elements come from the operands in turn, or are `fill`. */
export const routed = (
  xs: ReadonlyArray<Operand>,
  op: (...places: ReadonlyArray<wengert.Tensor>) => Effect.Effect<wengert.Tensor, any>,
  fill: Jet = constant(0)
): Exact => {
  const operands = xs.map(lift)
  let next = 1
  // place 0 is what the op fills in
  const places = operands.map(({ data, shape }) => Tensor.make(data.map(() => next++), { shape }) as wengert.Tensor)
  const all = [fill, ...operands.flatMap(({ data }) => data)]
  const y = Effect.runSync(op(...places))
  return make(y.shape, Array.from(Effect.runSync(Tensor.data(y)), (place) => all[place]!), ...operands)
}

export const spread = (x: Operand, shape: Shape): Exact => routed([x], (x) => wengert.broadcastTo(x, [...shape]))

/** An elementwise op. */
export const each = (f: (...jets: ReadonlyArray<Jet>) => Jet) => (...xs: ReadonlyArray<Operand>): Exact => {
  const shape = broadcast(...xs.map((x) => lift(x).shape))!
  const operands = xs.map((x) => spread(x, shape))
  return make(shape, operands[0]!.data.map((_, i) => f(...operands.map((x) => x.data[i]!))), ...operands)
}

/** An elementwise op whose result is a constant. */
export const step = (f: (...xs: ReadonlyArray<Rational>) => number) => (...xs: ReadonlyArray<Operand>): Exact => ({
  ...each((...jets) => constant(f(...jets.map(value))))(...xs),
  from: 0
})

/** Comparison with the other operand. */
export const compared = (holds: (sign: number) => boolean) => step((a, b) => holds(compare(a, b)) ? 1 : 0)

/** The places of the elements along an axis, line by line; without an axis there is one line. */
const linesOf = (shape: Shape, axis: number | undefined): ReadonlyArray<ReadonlyArray<number>> => {
  if (axis === undefined) return [Array.from({ length: size(shape) }, (_, i) => i)]
  const at = axis < 0 ? axis + shape.length : axis
  const [length, stride] = [shape[at]!, size(shape.slice(at + 1))]
  return Array.from({ length: size(shape) / length }, (_, line) => {
    const first = Math.floor(line / stride) * stride * length + line % stride
    return Array.from({ length }, (_, k) => first + k * stride)
  })
}

export const reduction =
  (f: (line: ReadonlyArray<Jet>) => Jet) => (x: Operand, { axis, keepDims }: Axis = {}): Exact => {
    const { data, from, shape } = lift(x)
    const isOver = (i: number) => axis === undefined || i === (axis < 0 ? axis + shape.length : axis)
    const reduced = shape.flatMap((d, i) => isOver(i) ? keepDims === true ? [1] : [] : [d])
    return { shape: reduced, from, data: linesOf(shape, axis).map((line) => f(line.map((i) => data[i]!))) }
  }

/** Line by line along an axis, the last by default. */
export const along =
  (f: (line: ReadonlyArray<Jet>, options: any) => ReadonlyArray<Jet>) => (x: Operand, options: any = {}): Exact => {
    const { data, from, shape } = lift(x)
    const result = [...data]
    for (const line of linesOf(shape, options.axis ?? -1)) {
      f(line.map((i) => data[i]!), options).forEach((jet, k) => result[line[k]!] = jet)
    }
    return { shape, from, data: result }
  }

export const total = (jets: ReadonlyArray<Jet>): Jet => jets.reduce(addJets, constant(0))
const mean = (jets: ReadonlyArray<Jet>): Jet => scaleJet(total(jets), { n: 1n, d: BigInt(jets.length) })
export const minus = (jet: Jet): Jet => scaleJet(jet, minusOne)

/** At a kink: the derivative that is declared, and none of the second order and above; a constant has no kink. */
export const bent = (jet: Jet, order: number): Jet =>
  jet.length < 2 ? jet : Array.from({ length: order + 1 }, (_, k) => k < 2 ? coefficient(jet, k) : none)

/** The largest elements share the derivative; with sign −1, the smallest. */
export const extreme = (sign: number, order: number) => (jets: ReadonlyArray<Jet>): Jet => {
  const best = jets.reduce((best, jet) => sign * compare(value(jet), value(best)) > 0 ? jet : best)
  const tied = jets.filter((jet) => compare(value(jet), value(best)) === 0)
  return tied.length === 1 ? best : bent(mean(tied), order)
}

/** The order of a line, by value; equals stay in their order. */
export const orderOf = (line: ReadonlyArray<Jet>, descending = false): ReadonlyArray<number> =>
  line.map((_, i) => i).sort((i, j) => compare(value(line[i]!), value(line[j]!)) * (descending ? -1 : 1))

export const stacked = (xs: ReadonlyArray<Exact>, axis = 0): Exact => routed(xs, (...xs) => wengert.stack(xs, axis))

/** The first-axis slices. */
export const rowsOf = (x: Exact): ReadonlyArray<Exact> =>
  Array.from({ length: x.shape[0]! }, (_, i) => routed([x], (x) => wengert.slice(x, i)))

/** Results of sub-programs, one beside the other. */
export const gathered = (results: ReadonlyArray<Exact | ReadonlyArray<Exact>>, axis = 0): any =>
  Array.isArray(results[0])
    ? results[0].map((_, i) => stacked((results as ReadonlyArray<ReadonlyArray<Exact>>).map((r) => r[i]!), axis))
    : stacked(results as ReadonlyArray<Exact>, axis)

/** An argument that moves along a direction. */
export const moving = (shape: Shape, at: ArrayLike<number>, along: ArrayLike<number>, leaf: number): Exact => ({
  shape,
  data: Array.from(at, (x, i): Jet => [rational(x), rational(along[i]!)]),
  from: 1 << leaf
})

/** An argument that stays. */
export const still = (shape: Shape, at: ArrayLike<number>): Exact => make(shape, Array.from(at, constant))

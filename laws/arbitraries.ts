/**
 * Arbitraries: numbers of a domain, shapes, tensors, masks, argument lists and trees. All shrink towards little: few
 * axes, short axes, and numbers that are short and near 0.
 */
import * as fc from "fast-check"
import { Tensor } from "../src/index.ts"
import { leavesOf, rebuild, show } from "./trees.ts"
import { withElements } from "./values.ts"

/** The shape of a tensor. */
type Shape = ReadonlyArray<number>

/** The element types of tensors. */
type DType = Tensor["dtype"]

/** How elements of tensors are drawn. */
export interface ElementOptions {
  /** The elements, by default `real(-2, 2)`. */
  readonly elements?: fc.Arbitrary<number> | undefined
  /** `"float64"` by default. */
  readonly dtype?: DType | undefined
}

/** How numbers are drawn. */
export interface RealOptions {
  /** Points to stay away from: poles, kinks. */
  readonly except?: ReadonlyArray<number> | undefined
  /** How far to stay away from them: 1/16 by default. */
  readonly gap?: number | undefined
}

/** What samples of laws about programs are: arguments, and the seed of directions, weights and masks. */
export interface Sample<Args> {
  readonly args: Args
  readonly seed: number
}

/** Arguments, given or drawn. */
const drawn = <Args extends ReadonlyArray<any>>(at: fc.Arbitrary<Args> | Args): fc.Arbitrary<Args> =>
  Array.isArray(at) ? fc.constant(at as Args) : at as fc.Arbitrary<Args>

/** Arguments, given or drawn, with a seed. */
export const sampled = <Args extends ReadonlyArray<any>>(at: fc.Arbitrary<Args> | Args): fc.Arbitrary<Sample<Args>> =>
  fc.record({ args: drawn(at), seed: fc.nat(999) })

/** The arguments of three examples, of one structure and shape: those that differ from the first are replaced by it. */
export const examples = <Args extends ReadonlyArray<any>>(
  at: fc.Arbitrary<Args> | Args
): fc.Arbitrary<ReadonlyArray<Args>> => {
  // show, with every element a 0, tells structures, shapes and dtypes apart
  const kind = (row: Args) => show(rebuild(row, leavesOf(row).map((x) => withElements(x, () => 0))))
  return fc.array(drawn(at), { minLength: 3, maxLength: 3 })
    .map((rows) => rows.map((row) => kind(row) === kind(rows[0]!) ? row : rows[0]!))
}

/**
 * Numbers from `min` to `max`, away from given points; half of them short (multiples of 1/8), half of them with all
 * digits.
 *
 * @example
 * ```ts
 * import * as fc from "fast-check"
 * import { Laws } from "wengert/laws"
 *
 * // where 1/x is differentiable
 * const regular = Laws.real(-2, 2, { except: [0], gap: 0.1 })
 * console.log(fc.sample(regular, { seed: 1, numRuns: 100 }).every((x) => Math.abs(x) >= 0.1)) // => true
 * ```
 */
export const real = (
  min: number,
  max: number,
  { except = [], gap = 1 / 16 }: RealOptions = {}
): fc.Arbitrary<number> => {
  const [low, high] = [Math.ceil(min * 8), Math.floor(max * 8)]
  const most = 0x7fffffff
  // the number that all others shrink to
  const near = min > 0 ? min : max < 0 ? max : 0
  const fine = fc.integer({ min: near === min ? 0 : -most, max: near === max ? 0 : most })
    .map((n) => near + (n < 0 ? near - min : max - near) * n / most)
  const short = fc.integer({ min: low, max: high }).map((n) => n / 8)
  const all = low > high ? fine : fc.oneof({ withCrossShrink: true }, short, fine)
  return except.length === 0 ? all : all.filter((x) => except.every((p) => Math.abs(x - p) >= gap))
}

/**
 * Numbers whose logarithm is even between those of `min` and `max`, both positive: for what varies over magnitudes.
 *
 * @example
 * ```ts
 * import { log } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * // near the pole of the derivative
 * Laws.checkGradient(log, Laws.tensors([[3]], { elements: Laws.logarithmic(1e-4, 1) }))
 * ```
 */
export const logarithmic = (min: number, max: number): fc.Arbitrary<number> =>
  real(Math.log(min), Math.log(max)).map((x) => Math.min(max, Math.max(min, Math.exp(x))))

/** What breaks arithmetic: NaN, infinities, zeros of either sign, the largest and the smallest numbers. */
export const special: ReadonlyArray<number> = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE
]

/**
 * Shapes of up to `maxRank` axes (2 by default) of up to `maxDim` elements (3 by default).
 *
 * @example
 * ```ts
 * import * as fc from "fast-check"
 * import { sum } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.duality((x) => sum(x), fc.tuple(Laws.tensor(Laws.shape({ maxRank: 3 })))))
 * ```
 */
export const shape = (
  { maxDim = 3, maxRank = 2, minDim = 1, minRank = 0 }: {
    readonly maxRank?: number | undefined
    readonly minRank?: number | undefined
    readonly maxDim?: number | undefined
    readonly minDim?: number | undefined
  } = {}
): fc.Arbitrary<Shape> => fc.array(fc.integer({ min: minDim, max: maxDim }), { minLength: minRank, maxLength: maxRank })

const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1)

const isArbitrary = <A>(u: unknown): u is fc.Arbitrary<A> => u instanceof fc.Arbitrary

/** Drawn elements of one shape, as many as it has. */
const filled = (shape: Shape, { dtype = "float64", elements = real(-2, 2) }: ElementOptions): fc.Arbitrary<Tensor> => {
  const size = sizeOf(shape)
  return fc.array(elements, { minLength: size, maxLength: size }).map((data) =>
    Tensor.make(data, { shape, dtype }) as Tensor
  )
}

/**
 * A tensor of a shape, given or drawn.
 *
 * @example
 * ```ts
 * import * as fc from "fast-check"
 * import { take } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const indices = Laws.tensor([4], { elements: fc.nat(2), dtype: "int32" })
 * Laws.check(Laws.duality((x, i) => take(x, i), fc.tuple(Laws.tensor([3]), indices)))
 * ```
 */
export const tensor = <const S extends Shape = Shape>(
  of: S | fc.Arbitrary<S>,
  options: ElementOptions = {}
): fc.Arbitrary<Tensor<S>> => isArbitrary<S>(of) ? of.chain((s) => filled(s, options)) : filled(of, options)

/** Tensors of these shapes, in order. */
export type Tensors<Shapes extends ReadonlyArray<Shape>> = { -readonly [K in keyof Shapes]: Tensor<Shapes[K]> }

/**
 * Argument lists: a tensor of each shape.
 *
 * @example
 * ```ts
 * import { matmul } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.duality(matmul, Laws.tensors([[2, 3], [3, 2]])))
 * ```
 */
export const tensors = <const Shapes extends ReadonlyArray<Shape>>(
  shapes: Shapes,
  options: ElementOptions = {}
): fc.Arbitrary<Tensors<Shapes>> =>
  fc.tuple(...shapes.map((s) => filled(s, options))) as fc.Arbitrary<unknown> as fc.Arbitrary<Tensors<Shapes>>

/**
 * Argument lists: a tensor of one drawn shape for each domain.
 *
 * @example
 * ```ts
 * import { atan2 } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.checkGradient(atan2, Laws.alike([Laws.real(0.5, 2), Laws.real(-2, 2)]))
 * ```
 */
export const alike = <const Domains extends ReadonlyArray<fc.Arbitrary<number>>>(
  domains: Domains,
  of: fc.Arbitrary<Shape> = shape(),
  dtype: DType = "float64"
): fc.Arbitrary<TensorFor<Domains>> =>
  of.chain((s) => fc.tuple(...domains.map((elements) => filled(s, { elements, dtype })))) as fc.Arbitrary<any>

/** A tensor for each of a list of domains. */
export type TensorFor<Domains extends ReadonlyArray<unknown>> = { -readonly [K in keyof Domains]: Tensor }

/**
 * Argument lists: a tensor for each domain, of shapes that broadcast, some of them with fewer or shorter axes.
 *
 * @example
 * ```ts
 * import { mul } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.duality(mul, Laws.broadcastable([Laws.real(-2, 2), Laws.real(-2, 2)])))
 * ```
 */
export const broadcastable = <const Domains extends ReadonlyArray<fc.Arbitrary<number>>>(
  domains: Domains,
  of: fc.Arbitrary<Shape> = shape({ minRank: 1 })
): fc.Arbitrary<TensorFor<Domains>> => {
  const part = (s: Shape): fc.Arbitrary<Shape> =>
    fc.tuple(fc.nat(s.length), fc.array(fc.boolean(), { minLength: s.length, maxLength: s.length }))
      .map(([drop, ones]) => s.map((d, i) => ones[i] ? 1 : d).slice(drop))
  return of.chain((s) =>
    fc.tuple(
      ...domains.map((elements, i) => (i === 0 ? fc.constant(s) : part(s)).chain((p) => filled(p, { elements })))
    )
  ) as fc.Arbitrary<any>
}

/**
 * A tensor whose elements differ by at least 1/4: nothing ties, so that what depends on the order of elements is
 * smooth.
 *
 * @example
 * ```ts
 * import * as fc from "fast-check"
 * import { max } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.checkGradient((x) => max(x, { axis: 0 }), fc.tuple(Laws.distinct([3, 2])))
 * ```
 */
export const distinct = (of: Shape | fc.Arbitrary<Shape>): fc.Arbitrary<Tensor> => {
  const one = (s: Shape): fc.Arbitrary<Tensor> => {
    const places = Array.from({ length: sizeOf(s) }, (_, i) => i - Math.floor(sizeOf(s) / 2))
    return fc.tuple(
      fc.shuffledSubarray(places, { minLength: places.length }),
      fc.array(real(0, 0.25), { minLength: places.length, maxLength: places.length })
    ).map(([order, jitter]) => Tensor.make(order.map((n, i) => n / 2 + jitter[i]!), { shape: s }) as Tensor)
  }
  return isArbitrary<Shape>(of) ? of.chain(one) : one(of)
}

/**
 * A bool tensor of a shape, given or drawn.
 *
 * @example
 * ```ts
 * import * as fc from "fast-check"
 * import { mask } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.duality((x, m) => mask(x, m), fc.tuple(Laws.tensor([2, 3]), Laws.mask([3]))))
 * ```
 */
export const mask = <const S extends Shape = Shape>(of: S | fc.Arbitrary<S>): fc.Arbitrary<Tensor<S, "bool">> =>
  tensor(of, { elements: fc.nat(1), dtype: "bool" }) as fc.Arbitrary<Tensor<S, "bool">>

/**
 * A tree of tensors: records and arrays, up to two deep.
 *
 * @example
 * ```ts
 * import * as fc from "fast-check"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.duality((tree: any) => tree, fc.tuple(Laws.tree())))
 * ```
 */
export const tree = (leaf: fc.Arbitrary<Tensor> = tensor(shape({ maxRank: 1 }))): fc.Arbitrary<unknown> => {
  const node = (child: fc.Arbitrary<unknown>) =>
    fc.oneof(
      child,
      fc.array(child, { minLength: 1, maxLength: 2 }),
      fc.dictionary(fc.constantFrom("w", "b", "layers"), child, { minKeys: 1, maxKeys: 2, noNullPrototype: true })
    )
  return node(node(leaf))
}

/**
 * The mask laws: selection selects gradients, and what is not selected has no influence, whatever it is.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { grad, linearize, logicalNot, mask, mul, sum, vjp, where } from "../src/index.ts"
import { mask as arbitraryMask, sampled, shape, special, tensor } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import type { Modes } from "./modes.ts"
import { along, gradient, showWord, weighed, wordsOf } from "./modes.ts"
import type { Flat, Program, Result } from "./trees.ts"
import { atPoint, run } from "./trees.ts"
import { difference, direction, random, randomMask, read, rounding, roundoff, withElements } from "./values.ts"

/** Applies an operation with a mask to every leaf. */
const eachWith = (
  masks: ReadonlyArray<Tensor<any, "bool">>,
  ys: ReadonlyArray<Tensor>,
  f: (y: Tensor, m: Tensor<any, "bool">, i: number) => Effect.Effect<Tensor, any>
): Effect.Effect<ReadonlyArray<Tensor>, any> => Effect.forEach(ys, (y, i) => f(y, masks[i]!, i))

/** The cotangents of all float leaves of the arguments. */
const pulled = <R>(f: Flat<any, R>, xs: ReadonlyArray<Tensor>, cts: ReadonlyArray<Tensor>) =>
  Effect.flatMap(vjp(f, xs), ([, pullback]) => Effect.flatMap(pullback(cts), ([found]) => read(found)))

const plus = (a: ReadonlyArray<Float64Array>, b: ReadonlyArray<Float64Array>) =>
  a.map((data, leaf) => data.map((v, i) => v + b[leaf]![i]!))

/**
 * `where` selects gradients: the gradient of `where(m, f, g)` is that of `f` where m is true, plus that of `g` where
 * it is not.
 *
 * Both programs must be regular, and give results of one structure and shape.
 *
 * @example
 * ```ts
 * import { exp, sin } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const law = Laws.whereSelects(sin, exp, Laws.tensors([[2, 3]]))
 * Laws.check(law)
 * console.log(law.name) // => where(m, sin, exp) selects gradients
 * ```
 */
export const whereSelects = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  g: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(
    `where(m, ${nameOf(f)}, ${nameOf(g)}) selects gradients`,
    sampled(at),
    ({ args, seed }) =>
      Effect.gen(function*() {
        const [one, other] = [atPoint(f, args), atPoint(g, args)]
        const { xs } = one
        const ys = yield* one.f(xs)
        const masks = ys.map(({ shape }, i) => randomMask(seed + i, shape))
        const cts = direction(seed, 0, ys)
        const both: Flat<any, R> = (xs) =>
          Effect.flatMap(
            Effect.all([one.f(xs), other.f(xs)]),
            ([as, bs]) => eachWith(masks, as, (a, m, i) => where(m, a, bs[i]!))
          )
        const selected = yield* pulled(both, xs, cts)
        const ofF = yield* pulled(one.f, xs, yield* eachWith(masks, cts, (ct, m) => mask(ct, m)))
        const ofG = yield* pulled(other.f, xs, yield* eachWith(masks, cts, (ct, m) => mask(ct, logicalNot(m))))
        const slack = rounding(roundoff(xs), ofF, ofG, yield* read(ys), yield* read(cts))
        return difference(["the gradient of where", selected], ["where of the gradients", plus(ofF, ofG)], slack)
      })
  )

/**
 * Complementary masks add up: the gradient through a mask, plus that through its negation, is the gradient.
 *
 * @example
 * ```ts
 * import { cumsum } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.masksAddUp(cumsum, Laws.tensors([[5]])))
 * ```
 */
export const masksAddUp = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(
    `${nameOf(f)}: complementary masks add up to the gradient`,
    sampled(at),
    ({ args, seed }) =>
      Effect.gen(function*() {
        const { f: g, xs } = atPoint(f, args)
        const ys = yield* g(xs)
        const masks = ys.map(({ shape }, i) => randomMask(seed + i, shape))
        const cts = direction(seed, 0, ys)
        const masked = (negated: boolean): Flat<any, R> => (xs) =>
          Effect.flatMap(g(xs), (ys) => eachWith(masks, ys, (y, m) => mask(y, negated ? logicalNot(m) : m)))
        const whole = yield* pulled(g, xs, cts)
        const [some, others] = [yield* pulled(masked(false), xs, cts), yield* pulled(masked(true), xs, cts)]
        const slack = rounding(roundoff(xs), some, others, yield* read(ys), yield* read(cts))
        return difference(["the gradient of both parts", plus(some, others)], ["the gradient", whole], slack)
      })
  )

/**
 * A mask multiplies: the gradient of `sum(mask(x, m))` is m, and so is that of `sum(mul(x, m))` for a mask of 0 and 1.
 *
 * @example
 * ```ts
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.maskMultiplies(Laws.tensor([5, 5])))
 * ```
 */
export const maskMultiplies = (at: fc.Arbitrary<Tensor>): Law =>
  law(
    "the gradient of sum(mask(x, m)) and of sum(mul(x, m)) is m",
    fc.record({ x: at, seed: fc.nat(999) }),
    ({ seed, x }) =>
      Effect.gen(function*() {
        const m = randomMask(seed, x.shape)
        const bits = yield* read([m])
        const factor = withElements(x, (i) => bits[0]![i]!)
        const masked = yield* grad((x: Tensor) => sum(mask(x, m)))(x)
        const multiplied = yield* grad((x: Tensor) => sum(mul(x, factor)))(x)
        return difference(["the gradient of sum(mask(x, m))", yield* read([masked])], ["m", bits], () => 0) ??
          difference(["the gradient of sum(mul(x, m))", yield* read([multiplied])], ["m", bits], () => 0)
      })
  )

/** How a program is tried with poison. */
export interface LeakOptions {
  /** Up to which order of derivatives: 2 by default. */
  readonly order?: number | undefined
  /** Which modes the program has: `"both"`, by default, or `"reverse"` alone, with a rule by `customVjp`. */
  readonly modes?: Modes | undefined
  /** What masked elements are replaced by: the singular points of the program, beside NaN, infinities and zeros. */
  readonly poison?: ReadonlyArray<number> | undefined
}

/** A program with an argument that it masks. The mask has the argument's shape. */
export type Masked<E = never, R = never> = (x: Tensor, m: Tensor<any, "bool">) => Result<E, R>

/**
 * What is masked has no influence. The program masks its argument `x` by `m`, anyhow; then the elements of `x` where
 * `m` is false are replaced by NaN, by infinities, by singular points. Neither a result nor a derivative of any order
 * or mode may change by a bit, and the gradient at these elements is exactly 0.
 *
 * `elements` are those of x where the program is regular.
 *
 * @example
 * ```ts
 * import { log, sum, where } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.neverLeaks((x, m) => sum(where(m, log(x), 0)), Laws.real(0.5, 2), { poison: [0, -1] }))
 * console.log("no leak") // => no leak
 * ```
 */
export const neverLeaks = <E, R>(
  f: Masked<E, R>,
  elements: fc.Arbitrary<number>,
  options: LeakOptions & {
    /** The shapes of x, by default of up to two axes. */
    readonly shape?: ReadonlyArray<number> | fc.Arbitrary<ReadonlyArray<number>> | undefined
  } = {}
): Law<Services<R>> =>
  law(
    `${nameOf(f)}: what is masked has no influence`,
    masked([elements], options.shape),
    ({ m, seed, xs }) => refuteLeak(([x]) => run((x: Tensor) => f(x, m), [x!]), xs, m, seed, options)
  )

/** Tensors of one shape and a mask for them. */
export const masked = (
  domains: ReadonlyArray<fc.Arbitrary<number>>,
  of: ReadonlyArray<number> | fc.Arbitrary<ReadonlyArray<number>> = shape({ minRank: 1 })
) =>
  (of instanceof fc.Arbitrary ? of : fc.constant(of)).chain((s) =>
    fc.record({
      xs: fc.tuple(...domains.map((elements) => tensor(s, { elements }))),
      m: arbitraryMask(s),
      seed: fc.nat(999)
    })
  )

/** Why elements of `xs` where the mask is false have an influence on `f`. */
export const refuteLeak = <R>(
  f: Flat<any, R>,
  xs: ReadonlyArray<Tensor>,
  m: Tensor<any, "bool">,
  seed: number,
  { modes, order = 2, poison = [] }: LeakOptions
): Effect.Effect<string | undefined, any, R> =>
  Effect.gen(function*() {
    const [bits] = yield* read([m])
    const clean = yield* read(xs)
    const bad = [...special, ...poison]
    const next = random(seed)
    const spoilt = (x: number): number => xs.length > 1 && next() < 0.25 ? x : bad[Math.floor(next() * bad.length)]!
    const dirty = xs.map((x, leaf) =>
      withElements(x, (i) => bits![i] === 1 ? clean[leaf]![i]! : spoilt(clean[leaf]![i]!))
    )
    const poisoned = (yield* read(dirty)).map((data) => `[${data.join(", ")}]`).join(", ")
    const ys = yield* f(xs)
    const value = weighed(f, direction(seed, 0, ys))
    const directions = Array.from({ length: order }, (_, k) => direction(seed, k + 1, xs))
    const hidden = (leaves: ReadonlyArray<Float64Array>) =>
      leaves.map((data) => data.map((v, i) => bits![i] === 1 ? v : 0))
    const reason = difference(
      ["the result", yield* read(yield* f(dirty))],
      ["without poison", yield* read(ys)],
      () => 0
    )
    if (reason !== undefined) return `${reason}; poisoned: ${poisoned}`
    const reasonAtOnce = yield* leakAtOnce(f, [xs, dirty], ys, directions[0] ?? [], modes, hidden)
    if (reasonAtOnce !== undefined) return `${reasonAtOnce}; poisoned: ${poisoned}`
    for (let k = 1; k <= order; k++) {
      for (const word of wordsOf(k, modes)) {
        // reverse mode outermost gives all elements, and shows where the leak is
        const isReverse = word.at(-1) === "R"
        const derivative: Flat<any, R> = isReverse
          ? gradient(along(word.slice(0, -1), value, directions))
          : (xs) => Effect.map(along(word, value, directions)(xs), (y) => [y])
        const expected = yield* read(yield* derivative(xs))
        const reason = difference(
          [`order ${k}, ${showWord(word)}: the derivative`, yield* read(yield* derivative(dirty))],
          ["without poison", isReverse ? hidden(expected) : expected],
          () => 0
        )
        if (reason !== undefined) return `${reason}; poisoned: ${poisoned}`
      }
    }
    return undefined
  })

/** Why `linearize` or `vjp` leaks. */
const leakAtOnce = <R>(
  f: Flat<any, R>,
  [clean, dirty]: readonly [ReadonlyArray<Tensor>, ReadonlyArray<Tensor>],
  ys: ReadonlyArray<Tensor>,
  ts: ReadonlyArray<Tensor>,
  modes: Modes | undefined,
  hidden: (leaves: ReadonlyArray<Float64Array>) => ReadonlyArray<Float64Array>
): Effect.Effect<string | undefined, any, R> =>
  Effect.gen(function*() {
    const cts = direction(1, 0, ys)
    const reason = difference(
      ["vjp", yield* pulled(f, dirty, cts)],
      ["without poison", hidden(yield* pulled(f, clean, cts))],
      () => 0
    )
    if (reason !== undefined || modes === "reverse") return reason
    const pushedBy = (xs: ReadonlyArray<Tensor>) =>
      Effect.flatMap(linearize(f, xs), ([, pushforward]) => Effect.flatMap(pushforward(ts), read))
    return difference(["linearize", yield* pushedBy(dirty)], ["without poison", yield* pushedBy(clean)], () => 0)
  })

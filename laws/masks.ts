/**
 * The mask laws: selection selects gradients.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { cast, logicalNot, mask, mul, vjp, where } from "../src/index.ts"
import { sampled } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { refuteSame } from "./sameness.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { difference, direction, randomMask, read, rounding, roundoff } from "./values.ts"

/** Applies an operation with a mask to every leaf. */
const eachWith = (
  masks: ReadonlyArray<Tensor<any, "bool">>,
  ys: ReadonlyArray<Tensor>,
  f: (y: Tensor, m: Tensor<any, "bool">, i: number) => Effect.Effect<Tensor, any>
): Effect.Effect<ReadonlyArray<Tensor>, any> => Effect.forEach(ys, (y, i) => f(y, masks[i]!, i))

/** The program, and an operation with a mask of its own on every leaf of its results. */
const eachMasked = <R>(
  g: Flat<any, R>,
  seed: number,
  f: (y: Tensor, m: Tensor<any, "bool">) => Effect.Effect<Tensor, any>
): Flat<any, R> =>
(xs) => Effect.flatMap(g(xs), (ys) => eachWith(ys.map(({ shape }, i) => randomMask(seed + i, shape)), ys, f))

/** The cotangents of all float leaves of the arguments. */
const pulled = <R>(f: Flat<any, R>, xs: ReadonlyArray<Tensor>, cts: ReadonlyArray<Tensor>) =>
  Effect.flatMap(vjp(f, xs), ([, pullback]) => Effect.flatMap(pullback(cts), ([found]) => read(found)))

const plus = (a: ReadonlyArray<Float64Array>, b: ReadonlyArray<Float64Array>) =>
  a.map((data, leaf) => data.map((v, i) => v + b[leaf]![i]!))

/**
 * `where` selects gradients: ∇⟨ct, where(m, f, g)⟩ = ∇⟨m·ct, f⟩ + ∇⟨¬m·ct, g⟩, the gradient of `f` where m is true,
 * plus that of `g` where it is not.
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
 * Complementary masks add up: ∇⟨ct, mask(f, m)⟩ + ∇⟨ct, mask(f, ¬m)⟩ = ∇⟨ct, f⟩. The gradient through a mask, plus that
 * through its negation, is the gradient.
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
 * Masks are idempotent, mask(mask(y, m), m) = mask(y, m): what is masked twice by one mask is what is masked once, in
 * value and in derivatives up to an `order`, 2 by default.
 *
 * @example
 * ```ts
 * import { cumsum } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.masksOnce(cumsum, Laws.tensors([[5]])))
 * ```
 */
export const masksOnce = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args,
  { order = 2 }: { readonly order?: number | undefined } = {}
): Law<Services<R>> =>
  law(`${nameOf(f)}: masks are idempotent`, sampled(at), ({ args, seed }) => {
    const { f: g, xs } = atPoint(f, args)
    const once = eachMasked(g, seed, (y, m) => mask(y, m))
    const twice = eachMasked(g, seed, (y, m) => mask(mask(y, m), m))
    return refuteSame(["what is masked twice", twice], ["what is masked once", once], xs, seed, {
      isExact: true,
      order
    })
  })

/**
 * A mask multiplies: mask(y, m) = m·y for a mask of 0 and 1, in value and in derivatives up to order 2, as far as those of
 * the program are finite: 0·NaN is NaN, and what is masked is not.
 *
 * @example
 * ```ts
 * import { cumsum } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.maskMultiplies(cumsum, Laws.tensors([[5]])))
 * ```
 */
export const maskMultiplies = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  law(`${nameOf(f)}: a mask multiplies`, sampled(at), ({ args, seed }) => {
    const { f: g, xs } = atPoint(f, args)
    const masked = eachMasked(g, seed, (y, m) => mask(y, m))
    const multiplied = eachMasked(g, seed, (y, m) => mul(y, cast(m, y.dtype)))
    return refuteSame(["mask(y, m)", masked], ["m·y", multiplied], xs, seed, { finite: g, isExact: true })
  })
